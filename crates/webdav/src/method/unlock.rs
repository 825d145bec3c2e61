//! UNLOCK (RFC 4918, section 9.11).

use allmende_webdav_proto::{Condition, headers::LockTokenHeader};
use http::{Response, StatusCode};

use crate::{
    backend::{Backend, Unlocked},
    body::DavBody,
    condition::check,
    error::{Error, ErrorKind, Result},
    handler::Call,
    lock::LockToken,
    respond,
};

pub(super) async fn unlock<B: Backend>(call: &Call<'_, B>) -> Result<Response<DavBody>> {
    let Some(header) = LockTokenHeader::from_headers(call.headers())? else {
        return Err(Error::new(ErrorKind::BadRequest, "UNLOCK needs a Lock-Token"));
    };
    let checked = check(call, call.existing()?).await?;
    let entry = checked.entry()?;
    match call.backend.unlock(&entry.path, &LockToken::new(header.token())).await? {
        Unlocked::Done => Ok(respond::empty(StatusCode::NO_CONTENT)),
        Unlocked::NoSuchLock => {
            let message = "The lock token does not match a lock on this resource";
            Err(Error::new(ErrorKind::Conflict, message)
                .with_exception("Sabre\\DAV\\Exception\\LockTokenMatchesRequestUri")
                .with_condition(Condition::LockTokenMatchesRequestUri))
        }
    }
}
