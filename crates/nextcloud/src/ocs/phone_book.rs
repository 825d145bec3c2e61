//! Who has a telephone number: mobile clients match their address book with it.

use std::collections::HashMap;

use allmende_ocs::{Assoc, OcsError, Reply, endpoints::cloud::users::Numbers};

use super::{Call, Outcome, profile, unavailable};

/// Numbers in one request, at most.
const MOST: usize = 2000;

/// Federated ids of people, by the entries of an address book. The original leaves out who
/// keeps the number private.
pub(super) async fn search(call: &Call<'_>, input: Numbers) -> Outcome<Assoc<String>> {
    let country =
        profile::calling_code(&input.location).ok_or_else(|| OcsError::bad_request(""))?;
    let mut asked: HashMap<String, Vec<&str>> = HashMap::new();
    let mut count = 0;
    for (entry, numbers) in input.search.iter() {
        for number in numbers {
            count += 1;
            if let Some(number) = profile::phone_of(number, country) {
                asked.entry(number).or_default().push(entry);
            }
        }
    }
    if count > MOST {
        return Err(OcsError::bad_request(format!("More than {MOST} numbers")));
    }
    let numbers: Vec<String> = asked.keys().cloned().collect();
    let accounts = &call.accounts;
    let found = accounts.people_with_field("phone", &numbers).await.map_err(unavailable)?;
    let ids: Vec<_> = found.iter().map(|(id, _)| id.clone()).collect();
    let profiles = accounts.profiles(&ids).await.map_err(unavailable)?;
    let host = call.origin.host.as_deref().unwrap_or("localhost");
    let mut matches = Assoc::default();
    let mut known = Vec::new();
    for ((id, number), fields) in found.iter().zip(&profiles) {
        let private =
            fields.iter().any(|field| field.name == "phone" && field.scope == "v2-private");
        if private {
            continue;
        }
        known.push(id.clone());
        for entry in asked.get(number).into_iter().flatten() {
            if matches.get(entry).is_none() {
                matches.push(*entry, format!("{id}@{host}"));
            }
        }
    }
    // Where people are shown only whom their phone book has, it is this one.
    let me = &call.who()?.person.id;
    call.inner.sharing.keep_phone_book(me, &known).await.map_err(unavailable)?;
    Ok(Reply::new(matches))
}
