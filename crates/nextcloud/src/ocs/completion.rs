//! People as others meet them: completion of their names, and the card beside a name.

use allmende_accounts::{Group, Person};
use allmende_ocs::{
    Code, OcsError, Reply,
    endpoints::{
        core::autocomplete::{Query, Suggestion},
        hovercard::{Action, ById, Card},
    },
};
use allmende_sharing::{Brevity, Caller, Look, ShareKind, ShareeQuery};

use super::{
    Call, Outcome, code, contact, people::find, shares::refused, unavailable, user_status,
};

/// Suggestions without a wish.
const LIMIT: u32 = 10;

/// Names that fit what was typed: first those named in full.
pub(super) async fn autocomplete(call: &Call<'_>, input: Query) -> Outcome<Vec<Suggestion>> {
    let caller = Caller { person: &call.who()?.person.id, now: call.now() };
    let mut query = ShareeQuery::new(input.search);
    query.brevity = Brevity::Taken;
    query.per_page = input.limit.unwrap_or(LIMIT).max(1);
    query.kinds = if input.share_types.is_empty() {
        vec![ShareKind::Person]
    } else {
        let number = |kind: &u32| ShareKind::from_number((*kind).into());
        input.share_types.iter().filter_map(number).collect()
    };
    let found = call.inner.sharing.sharees(caller, &query).await.map_err(refused)?;
    let people: Vec<Person> = found.exact.people.into_iter().chain(found.wide.people).collect();
    let ids: Vec<_> = people.iter().map(|person| person.id.clone()).collect();
    let statuses = user_status::of_people(call.inner, &ids).await?;
    let mut suggestions = Vec::new();
    for (person, status) in people.iter().zip(statuses) {
        let mut one = Suggestion::person(person.id.as_str(), &person.display_name);
        one.share_with_display_name_unique =
            person.email.clone().unwrap_or_else(|| person.id.to_string());
        if let Some(status) = status {
            one.status = user_status::shown(&status);
        }
        suggestions.push(one);
    }
    suggestions.extend(found.exact.groups.iter().chain(&found.wide.groups).map(group));
    suggestions.extend(found.exact.mails.iter().map(|address| mail(address)));
    Ok(Reply::new(suggestions))
}

fn group(group: &Group) -> Suggestion {
    let mut one = Suggestion::person(group.id.as_str(), &group.display_name);
    one.icon = "icon-group".to_owned();
    one.source = "groups".to_owned();
    one
}

fn mail(address: &str) -> Suggestion {
    let mut one = Suggestion::person(address, address);
    one.icon = "icon-mail".to_owned();
    one.source = "emails".to_owned();
    one.share_with_display_name_unique = address.to_owned();
    one
}

/// The card of a person: name, and what one can do.
pub(super) async fn hovercard(call: &Call<'_>, input: ById) -> Outcome<Card> {
    let missing = || code(Code::NOT_FOUND);
    let person = find(call, &input.user_id).await?.ok_or_else(missing)?;
    if !is_known(call, &person).await? {
        return Err(missing());
    }
    let ways = contact::ways(call, &person).await?;
    let actions = ways.into_iter().map(|way| Action {
        title: way.title,
        icon: way.icon,
        hyperlink: Some(way.target),
        app_id: way.app.to_owned(),
    });
    Ok(Reply::new(Card {
        user_id: person.id.to_string(),
        display_name: person.display_name,
        actions: actions.collect(),
    }))
}

/// Whether the caller may know of a person: whom a search does not show, a card does not
/// either.
pub(super) async fn is_known(call: &Call<'_>, person: &Person) -> Result<bool, OcsError> {
    let me = &call.who()?.person.id;
    let ids = std::slice::from_ref(&person.id);
    let known = call.inner.sharing.knows(me, ids, Look::Named).await.map_err(unavailable)?;
    Ok(known == [true])
}
