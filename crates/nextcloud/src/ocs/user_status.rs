//! What people say of themselves: online or busy, and a message.

use allmende_accounts::FieldUpdate;
use allmende_ocs::{
    Code, Nothing, OcsError, Reply,
    endpoints::{
        NoParameters,
        user_status::{
            Beat, ByMessage, ByUser, ClearAt, CustomMessage, NewPresence, OwnStatus, Page,
            Predefined, PredefinedMessage, Presence, PublicStatus, Span,
        },
    },
};
use allmende_types::UserId;

use super::{Call, Outcome, people::find, unavailable};

/// Where the status is kept: a field of the person that no profile shows.
const FIELD: &str = ".user_status";
/// Characters of a message.
const LONGEST: usize = 80;

/// The predefined messages: id, icon, text, and seconds or the day's end after which they
/// are cleared.
const PREDEFINED: [(&str, &str, &str, Option<Clear>); 6] = [
    ("meeting", "📅", "In a meeting", Some(Clear::After(3600))),
    ("commuting", "🚌", "Commuting", Some(Clear::After(1800))),
    ("be-right-back", "⏳", "Be right back", Some(Clear::After(900))),
    ("remote-work", "🏡", "Working remotely", Some(Clear::DayEnd)),
    ("sick-leave", "🤒", "Out sick", Some(Clear::DayEnd)),
    ("vacationing", "🌴", "Vacationing", None),
];

#[derive(Clone, Copy)]
enum Clear {
    After(u64),
    DayEnd,
}

/// A person's status, without what has run out; none if it was never set.
async fn stored(call: &Call<'_>, id: &UserId) -> Result<Option<OwnStatus>, OcsError> {
    let fields = call.inner.accounts.profile(id).await.map_err(unavailable)?;
    let Some(field) = fields.iter().find(|field| field.name == FIELD) else { return Ok(None) };
    let Ok(mut status) = serde_json::from_str::<OwnStatus>(&field.value) else { return Ok(None) };
    if status.clear_at.is_some_and(|end| end <= call.now().unix()) {
        without_message(&mut status);
    }
    Ok(Some(status))
}

fn without_message(status: &mut OwnStatus) {
    status.message = None;
    status.message_id = None;
    status.message_is_predefined = false;
    status.icon = None;
    status.clear_at = None;
}

/// The caller's status, to be changed; offline if it was never set.
async fn own(call: &Call<'_>) -> Result<OwnStatus, OcsError> {
    let id = &call.who()?.person.id;
    Ok(stored(call, id).await?.unwrap_or_else(|| {
        let mut fresh = OwnStatus::new(id.as_str(), Presence::Offline);
        fresh.status_is_user_defined = false;
        fresh
    }))
}

async fn keep(call: &Call<'_>, status: OwnStatus) -> Result<OwnStatus, OcsError> {
    let value = serde_json::to_string(&status).map_err(unavailable)?;
    let update = FieldUpdate { value: Some(value), scope: None };
    let id = &call.who()?.person.id;
    call.inner.accounts.set_profile_field(id, FIELD, update).await.map_err(unavailable)?;
    Ok(status)
}

pub(super) async fn get(call: &Call<'_>, _: NoParameters) -> Outcome<OwnStatus> {
    let status = stored(call, &call.who()?.person.id).await?;
    status
        .map(Reply::new)
        .ok_or_else(|| OcsError::new(Code::NOT_FOUND, "No status for the current user"))
}

pub(super) async fn set_presence(call: &Call<'_>, input: NewPresence) -> Outcome<OwnStatus> {
    let mut status = own(call).await?;
    status.status = input.status_type;
    status.status_is_user_defined = true;
    Ok(Reply::new(keep(call, status).await?))
}

fn check_clear_at(call: &Call<'_>, clear_at: Option<i64>) -> Result<(), OcsError> {
    match clear_at {
        Some(end) if end <= call.now().unix() => {
            Err(OcsError::bad_request("ClearAt is in the past"))
        }
        _ => Ok(()),
    }
}

pub(super) async fn set_predefined(
    call: &Call<'_>,
    input: PredefinedMessage,
) -> Outcome<OwnStatus> {
    let Some((id, icon, text, _)) = PREDEFINED.iter().find(|(id, ..)| *id == input.message_id)
    else {
        let text = format!("Message-Id \"{}\" is not supported", input.message_id);
        return Err(OcsError::bad_request(text));
    };
    check_clear_at(call, input.clear_at)?;
    let mut status = own(call).await?;
    status.message = Some((*text).to_owned());
    status.icon = Some((*icon).to_owned());
    status.message_id = Some((*id).to_owned());
    status.message_is_predefined = true;
    status.clear_at = input.clear_at;
    Ok(Reply::new(keep(call, status).await?))
}

pub(super) async fn set_custom(call: &Call<'_>, input: CustomMessage) -> Outcome<OwnStatus> {
    check_clear_at(call, input.clear_at)?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (message, icon) = (filled(input.message), filled(input.status_icon));
    if message.as_ref().is_some_and(|message| message.chars().count() > LONGEST) {
        let text = "Message is too long, supplied string has more than 80 characters";
        return Err(OcsError::bad_request(text));
    }
    if icon.as_ref().is_some_and(|icon| icon.is_ascii() || icon.chars().count() > 12) {
        return Err(OcsError::bad_request("Status-Icon is longer than one character"));
    }
    let mut status = own(call).await?;
    without_message(&mut status);
    status.message = message;
    status.icon = icon;
    status.clear_at = input.clear_at;
    Ok(Reply::new(keep(call, status).await?))
}

pub(super) async fn clear_message(call: &Call<'_>, _: NoParameters) -> Outcome<Nothing> {
    let mut status = own(call).await?;
    without_message(&mut status);
    keep(call, status).await?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn revert(call: &Call<'_>, input: ByMessage) -> Outcome<Nothing> {
    let mut status = own(call).await?;
    if status.message_id.as_deref() == Some(input.message_id.as_str()) {
        without_message(&mut status);
        keep(call, status).await?;
    }
    Ok(Reply::new(Nothing))
}

pub(super) async fn predefined(_: &Call<'_>, _: NoParameters) -> Outcome<Vec<Predefined>> {
    let one = |(id, icon, message, clear): &(&str, &str, &str, Option<Clear>)| {
        let clear_at = clear.map(|clear| match clear {
            Clear::After(seconds) => ClearAt::Period(seconds),
            Clear::DayEnd => ClearAt::EndOf(Span::Day),
        });
        Predefined {
            id: (*id).to_owned(),
            icon: (*icon).to_owned(),
            message: (*message).to_owned(),
            clear_at,
        }
    };
    Ok(Reply::new(PREDEFINED.iter().map(one).collect()))
}

/// The statuses of others are not listed: whoever knows a person asks for theirs.
pub(super) async fn list(_: &Call<'_>, _: Page) -> Outcome<Vec<PublicStatus>> {
    Ok(Reply::new(Vec::new()))
}

pub(super) async fn get_of(call: &Call<'_>, input: ByUser) -> Outcome<PublicStatus> {
    let missing = || OcsError::new(Code::NOT_FOUND, "No status for the requested userId");
    let person = find(call, &input.user_id).await?.ok_or_else(missing)?;
    let status = stored(call, &person.id).await?.ok_or_else(missing)?;
    Ok(Reply::new(status.into()))
}

pub(super) async fn heartbeat(call: &Call<'_>, input: Beat) -> Outcome<Option<OwnStatus>> {
    let mut status = own(call).await?;
    // What a person chose stands; a sign of life changes only what nobody chose.
    if !status.status_is_user_defined {
        status.status = input.status;
        status = keep(call, status).await?;
    }
    Ok(Reply::new(Some(status)))
}
