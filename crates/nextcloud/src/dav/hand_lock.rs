//! `LOCK` and `UNLOCK` with `X-User-Lock`: locks that people set by hand (`files_lock`).

use allmende_files::{Entry, ErrorKind as FilesErrorKind, HandLock};
use allmende_sharing::Config;
use allmende_storage::{Lock, LockKind, LockTimeout, LockToken as StoreToken};
use allmende_types::SpacePath;
use allmende_webdav::{DavBody, Error, ErrorKind, Result, lock::LockToken};
use http::{HeaderMap, Method, Response, StatusCode};

use super::{
    answer,
    errors::from_files,
    headers,
    home::Home,
    properties::{HolderNames, lock_body},
};

/// Whether a request is about a lock that is set by hand.
pub(super) fn is_meant(method: &Method, headers: &HeaderMap) -> bool {
    let by_hand = headers.get("x-user-lock").is_some_and(|value| value != "0" && !value.is_empty());
    by_hand && matches!(method.as_str(), "LOCK" | "UNLOCK")
}

/// Sets or ends a lock. Who is refused is shown the lock that stands.
pub(super) async fn handle(
    home: &Home,
    path: &SpacePath,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response<DavBody>> {
    let kind = match headers::text(headers, "x-user-lock-type")? {
        None => Some(LockKind::Person),
        Some(number) => number.trim().parse().ok().and_then(LockKind::from_number),
    };
    let kind = kind.ok_or_else(|| {
        Error::new(ErrorKind::BadRequest, "X-User-Lock-Type is none of 0, 1 and 2")
    })?;
    let entry = home.view.get(path).await.map_err(from_files)?;
    let outcome = if method.as_str() == "LOCK" {
        let config = home.sharing.config().await.map_err(|error| {
            let text = "The settings cannot be read now";
            Error::new(ErrorKind::Unavailable, text).with_source(error)
        })?;
        let held = home.view.lock_by_hand(&entry, wish(kind, &config)?).await;
        held.map(|held| Some(held.lock()))
    } else {
        home.view.unlock_by_hand(&entry, kind).await.map(|()| None)
    };
    match outcome {
        Ok(lock) => show(home, &entry, lock.as_ref(), StatusCode::OK).await,
        Err(error) => match error.kind() {
            FilesErrorKind::Locked(locks) => {
                let lock = locks.first().map(|standing| &standing.lock);
                show(home, &entry, lock, StatusCode::LOCKED).await
            }
            FilesErrorKind::NotFound => {
                show(home, &entry, None, StatusCode::PRECONDITION_FAILED).await
            }
            FilesErrorKind::NotAFile => {
                let text = "Only files can be locked by hand";
                Err(Error::new(ErrorKind::Forbidden, text).with_source(error))
            }
            _ => Err(from_files(error)),
        },
    }
}

/// A wish for a lock of a kind, which lasts as long as the configuration says
/// (`files_lock` / `lock_timeout`, in minutes): without an end, if nothing is set, or nothing
/// that is more than 0.
pub(crate) fn wish(kind: LockKind, config: &Config) -> Result<HandLock> {
    let minutes = config.get("files_lock", "lock_timeout");
    let minutes: i64 = minutes.and_then(|text| text.trim().parse().ok()).unwrap_or(-1);
    let timeout = match u32::try_from(minutes) {
        Ok(0) | Err(_) => LockTimeout::Infinite,
        Ok(minutes) => LockTimeout::Seconds(minutes.saturating_mul(60)),
    };
    Ok(HandLock { token: fresh_token()?, kind, timeout })
}

/// A token that says where the lock comes from, as the original's do.
fn fresh_token() -> Result<StoreToken> {
    let random = LockToken::random();
    let named = random.as_str().replacen("opaquelocktoken:", "opaquelocktoken:files_lock/", 1);
    named
        .parse()
        .map_err(|error| Error::new(ErrorKind::Internal, "no lock token").with_source(error))
}

async fn show(
    home: &Home,
    entry: &Entry,
    lock: Option<&Lock>,
    status: StatusCode,
) -> Result<Response<DavBody>> {
    let names = HolderNames::of(home, lock).await?;
    // A lock changes no content: the etag is the one that the file had.
    let mut response = answer::multistatus(lock_body(&entry.etag(), lock, &names).into());
    *response.status_mut() = status;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_say_where_they_come_from() {
        let token = fresh_token().unwrap();
        assert!(token.as_str().starts_with("opaquelocktoken:files_lock/"), "{token}");
        assert_ne!(token, fresh_token().unwrap());
    }
}
