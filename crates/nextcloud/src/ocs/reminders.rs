//! Reminders of files.

use allmende_files::Entry;
use allmende_ocs::{
    Code, Nothing, OcsError, Reply,
    endpoints::reminders::{ById, NewReminder, Reminder},
};
use allmende_reminders::{Error, ErrorKind, Set};
use allmende_types::{NodeId, Timestamp};
use http::StatusCode;

use super::{Call, Outcome, unavailable};

pub(super) async fn get(call: &Call<'_>, input: ById) -> Outcome<Reminder> {
    // Of a file that they do not see people have no reminder that is worth telling.
    let Some(entry) = look_up(call, input.file_id).await? else {
        return Ok(Reply::new(Reminder::default()));
    };
    let person = &call.who()?.person.id;
    let due = call.inner.reminders.of_nodes(person, &[entry.id()]).await.map_err(failed)?;
    let due_date = due.into_iter().next().flatten().map(Timestamp::to_rfc3339);
    Ok(Reply::new(Reminder { due_date }))
}

pub(super) async fn set(call: &Call<'_>, input: NewReminder) -> Outcome<Nothing> {
    let due = Timestamp::from_rfc3339(input.due_date.trim());
    let due = due.map_err(|_| OcsError::bad_request("Invalid due date"))?;
    let entry = look_up(call, input.file_id).await?.ok_or_else(missing)?;
    let person = &call.who()?.person.id;
    let set = call.inner.reminders.set(person, entry.id(), due, call.now()).await;
    let reply = Reply::new(Nothing);
    Ok(match set.map_err(failed)? {
        Set::New => reply.with_status(StatusCode::CREATED),
        Set::Changed => reply,
    })
}

pub(super) async fn delete(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let node = node(input.file_id).ok_or_else(missing)?;
    let person = &call.who()?.person.id;
    // Also of what they no longer see.
    call.inner.reminders.remove(person, node).await.map_err(failed)?;
    Ok(Reply::new(Nothing))
}

fn node(id: u64) -> Option<NodeId> {
    i64::try_from(id).ok().map(NodeId)
}

/// The entry, if the caller sees it.
async fn look_up(call: &Call<'_>, id: u64) -> Result<Option<Entry>, OcsError> {
    let Some(node) = node(id) else { return Ok(None) };
    let view = call.view().await?;
    let found = view.stat(&[node]).await.map_err(unavailable)?;
    Ok(found.into_iter().next().flatten())
}

fn missing() -> OcsError {
    OcsError::new(Code::NOT_FOUND, "")
}

fn failed(error: Error) -> OcsError {
    match error.kind() {
        ErrorKind::NotFound => missing(),
        ErrorKind::Past => OcsError::bad_request("Due date must be in the future"),
        ErrorKind::TooMany => OcsError::bad_request("There are too many reminders"),
        _ => unavailable(error),
    }
}
