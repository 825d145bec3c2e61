//! The public keys of people.

use allmende_ocs::{
    Code, OcsError, Reply,
    endpoints::identity_proof::{ByCloudId, Key},
};

use super::{Call, Outcome, people::find, unavailable};
use crate::push::PersonKey;

/// `GET /identityproof/key/{cloudId}`. A key is made for people who ask; strangers are told
/// those that there are, and cannot have the server search for primes.
pub(super) async fn get(call: &Call<'_>, input: ByCloudId) -> Outcome<Key> {
    let missing = || OcsError::new(Code::NOT_FOUND, "");
    let mut person = find(call, &input.cloud_id).await?;
    if person.is_none()
        && let Some((id, host)) = input.cloud_id.rsplit_once('@')
        && call.origin.host.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(host))
    {
        person = find(call, id).await?;
    }
    let person = person.ok_or_else(missing)?;
    let sharing = &call.inner.sharing;
    let key = match call.who {
        Some(_) => Some(PersonKey::of(sharing, &person.id).await.map_err(unavailable)?),
        None => PersonKey::find(sharing, &person.id).await.map_err(unavailable)?,
    };
    Ok(Reply::new(Key { public: key.ok_or_else(missing)?.public }))
}
