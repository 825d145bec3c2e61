//! The mail that tells people of their account.

use allmende_accounts::Person;
use allmende_ocs::{Code, Nothing, OcsError, Reply, endpoints::cloud::users::ById};
use allmende_sharing::Queued;

use super::{
    Call, Outcome,
    people::{find, may_manage},
    rich, unavailable,
};
use crate::mails;

/// `POST /cloud/users/{id}/welcome`: sends the mail once more.
pub(super) async fn again(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let person = find(call, &input.userid).await?.ok_or_else(OcsError::not_visible)?;
    if !may_manage(call, &person.id).await? {
        return Err(OcsError::not_visible());
    }
    let Some(address) = person.email.as_deref() else {
        return Err(OcsError::new(Code::INVALID, "Email address not available"));
    };
    match send(call, &person, address).await? {
        Queued::Queued => Ok(Reply::new(Nothing)),
        Queued::NoServer => Err(OcsError::new(Code::EXISTS, "Sending email failed")),
    }
}

/// Mails a person that they have an account; without a password they get a link to choose
/// one, and earlier links are void.
pub(super) async fn send(
    call: &Call<'_>,
    person: &Person,
    address: &str,
) -> Result<Queued, OcsError> {
    let inner = call.inner;
    let link = match person.has_password {
        true => None,
        false => {
            let link = call.accounts.create_password_link(&person.id, call.now()).await;
            Some(link.map_err(unavailable)?)
        }
    };
    let language = rich::language(&person.language, call.headers);
    let (name, url) = (&inner.options.name, &inner.sharing.options().url);
    let mail = mails::welcome(person, address, name, url, link.as_ref(), language);
    inner.sharing.queue_mail(&mail, call.now()).await.map_err(unavailable)
}
