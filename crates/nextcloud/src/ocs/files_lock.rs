//! Locks that people set on files by hand, by the ids of the files.

use allmende_accounts::Accounts;
use allmende_files::{Entry, Error, ErrorKind, View};
use allmende_ocs::{
    Code, Nothing, OcsError, Reply,
    endpoints::files_lock::{FileLock, LockOf},
};
use allmende_storage::{Lock, LockKind};
use allmende_types::{NodeId, Timestamp};

use super::{Call, Outcome, unavailable};
use crate::dav::hand_lock_wish;

/// Something is locked.
const LOCKED: Code = Code(423);

pub(super) async fn set(call: &Call<'_>, input: LockOf) -> Outcome<FileLock> {
    let (view, entry, kind) = look_up(call, input).await?;
    let config = call.inner.sharing.config().await.map_err(unavailable)?;
    let wish = hand_lock_wish(kind, &config).map_err(unavailable)?;
    match view.lock_by_hand(&entry, wish).await {
        Ok(held) => {
            let accounts = &call.inner.accounts;
            Ok(Reply::new(told(accounts, &held.lock(), call.now()).await?))
        }
        Err(error) => Err(refused(call, error).await),
    }
}

pub(super) async fn end(call: &Call<'_>, input: LockOf) -> Outcome<Nothing> {
    let (view, entry, kind) = look_up(call, input).await?;
    match view.unlock_by_hand(&entry, kind).await {
        Ok(()) => Ok(Reply::new(Nothing)),
        Err(error) => Err(refused(call, error).await),
    }
}

/// The file, if the caller sees it.
async fn look_up(call: &Call<'_>, input: LockOf) -> Result<(View, Entry, LockKind), OcsError> {
    let kind = LockKind::from_number(input.lock_type.unwrap_or_default().into());
    let kind = kind.ok_or_else(|| OcsError::bad_request("No such type of locks"))?;
    let missing = || OcsError::new(Code::NOT_FOUND, "File not found");
    let node = i64::try_from(input.file_id).map(NodeId).map_err(|_| missing())?;
    let view = call.view().await?.with_origin(call.origin.told(call.headers));
    let found = view.stat(&[node]).await.map_err(unavailable)?;
    let entry = found.into_iter().next().flatten().ok_or_else(missing)?;
    Ok((view, entry, kind))
}

async fn told(accounts: &Accounts, lock: &Lock, now: Timestamp) -> Result<FileLock, OcsError> {
    let holder = accounts.person(&lock.holder).await.map_err(unavailable)?;
    let mut told = FileLock::default();
    told.id = lock.node.0;
    told.user_id = lock.holder.to_string();
    told.display_name = holder.map_or_else(|| lock.holder.to_string(), |one| one.display_name);
    told.file_id = lock.node.0;
    let token = lock.token.as_str();
    told.token = token.strip_prefix("opaquelocktoken:").unwrap_or(token).to_owned();
    told.eta = lock.expires.map_or(-1, |end| (end.unix() - now.unix()).max(0));
    told.creation = lock.created.unix();
    told.kind = lock.kind.number();
    Ok(told)
}

async fn refused(call: &Call<'_>, error: Error) -> OcsError {
    match error.kind() {
        ErrorKind::Locked(locks) => {
            let Some(standing) = locks.first() else { return OcsError::new(LOCKED, "") };
            let name = told(&call.inner.accounts, &standing.lock, call.now()).await;
            match name {
                Ok(lock) => OcsError::new(LOCKED, "").with_data(lock.to_value()),
                Err(error) => error,
            }
        }
        ErrorKind::NotFound => OcsError::new(Code::PRECONDITION_FAILED, ""),
        ErrorKind::NotAFile => OcsError::new(Code::FORBIDDEN, "Only files can be locked"),
        ErrorKind::Forbidden => {
            OcsError::new(Code::FORBIDDEN, "Who locks a file must be able to change it")
        }
        _ => unavailable(error),
    }
}
