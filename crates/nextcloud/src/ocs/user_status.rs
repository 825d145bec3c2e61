//! What people say of themselves: online or busy, and a message.

use allmende_accounts::{FieldUpdate, ProfileField};
use allmende_ocs::{
    Code, Nothing, OcsError, Reply, Value,
    endpoints::{
        NoParameters,
        user_status::{
            Beat, ByMessage, ByUser, ClearAt, CustomMessage, NewPresence, OwnStatus, Page,
            Predefined, PredefinedMessage, Presence, PublicStatus, Span,
        },
    },
};
use allmende_sharing::Look;
use allmende_types::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{Call, Outcome, completion, people::find, unavailable};
use crate::service::Inner;

/// Where the status is kept: a field of the person that no profile shows.
const FIELD: &str = ".user_status";
/// Seconds after which somebody who gave no sign of life, and chose no presence, is away.
const ALIVE: i64 = 15 * 60;
/// Statuses that are read for a list of them.
const MOST: u64 = 1000;
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

/// A status as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    status: OwnStatus,
    /// When it was set, or the last sign of life.
    #[serde(default)]
    since: i64,
}

/// Reads a status that was kept, without what has run out.
fn read(text: &str, now: Timestamp) -> Option<Kept> {
    let mut kept: Kept = serde_json::from_str(text).ok()?;
    if kept.status.clear_at.is_some_and(|end| end <= now.unix()) {
        without_message(&mut kept.status);
    }
    if !kept.status.status_is_user_defined && kept.since + ALIVE <= now.unix() {
        kept.status.status = Presence::Offline;
    }
    Some(kept)
}

/// A person's status; none if it was never set.
async fn stored(call: &Call<'_>, id: &UserId) -> Result<Option<OwnStatus>, OcsError> {
    let mut found = of_people(call.inner, std::slice::from_ref(id)).await?;
    Ok(found.pop().flatten())
}

/// The statuses of people, in their order; none for those who never set one.
pub(crate) async fn of_people(
    inner: &Inner,
    ids: &[UserId],
) -> Result<Vec<Option<OwnStatus>>, OcsError> {
    let kept = kept_by(inner, ids).await?;
    Ok(kept.into_iter().map(|kept| kept.map(|(status, _)| status)).collect())
}

/// The same, each with the time at which it was set.
pub(crate) async fn kept_by(
    inner: &Inner,
    ids: &[UserId],
) -> Result<Vec<Option<(OwnStatus, i64)>>, OcsError> {
    let profiles = inner.accounts.profiles(ids).await.map_err(unavailable)?;
    let status = |fields: &Vec<ProfileField>| {
        let field = fields.iter().find(|field| field.name == FIELD)?;
        let kept = read(&field.value, inner.now())?;
        Some((kept.status, kept.since))
    };
    Ok(profiles.iter().map(status).collect())
}

/// A status as it stands beside the name of a person.
pub(super) fn shown(status: &OwnStatus) -> Value {
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::from);
    let presence = presence_name(status.status.as_others_see_it());
    [
        ("status", Value::from(presence)),
        ("message", text(&status.message)),
        ("icon", text(&status.icon)),
        ("clearAt", status.clear_at.map_or(Value::Null, Value::from)),
    ]
    .into_iter()
    .collect()
}

/// The word for a presence.
pub(crate) fn presence_name(presence: Presence) -> &'static str {
    match presence {
        Presence::Online => "online",
        Presence::Away => "away",
        Presence::Dnd => "dnd",
        Presence::Busy => "busy",
        Presence::Invisible => "invisible",
        Presence::Offline => "offline",
    }
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
    let kept = Kept { status, since: call.now().unix() };
    let value = serde_json::to_string(&kept).map_err(unavailable)?;
    let update = FieldUpdate { value: Some(value), scope: None };
    let id = &call.who()?.person.id;
    call.accounts.set_profile_field(id, FIELD, update).await.map_err(unavailable)?;
    Ok(kept.status)
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

/// The statuses of everybody who has one and is shown to the caller.
pub(super) async fn list(call: &Call<'_>, input: Page) -> Outcome<Vec<PublicStatus>> {
    let all = recent(call).await?.into_iter();
    let limit = input.limit.map_or(usize::MAX, |limit| limit as usize);
    let page = all.skip(input.offset.unwrap_or(0) as usize).take(limit);
    Ok(Reply::new(page.map(|(status, _)| status).collect()))
}

/// The statuses of those whom the caller may be shown, each with the time at which it was set,
/// the latest first.
pub(super) async fn recent(call: &Call<'_>) -> Result<Vec<(PublicStatus, i64)>, OcsError> {
    let page = allmende_accounts::Page { offset: 0, limit: MOST };
    let all = call.accounts.field_of_all(FIELD, page).await.map_err(unavailable)?;
    let ids: Vec<UserId> = all.iter().map(|(id, _)| id.clone()).collect();
    let me = &call.who()?.person.id;
    let shown = call.inner.sharing.knows(me, &ids, Look::Listed).await.map_err(unavailable)?;
    let mut all: Vec<(PublicStatus, i64)> = all
        .iter()
        .zip(shown)
        .filter(|(_, shown)| *shown)
        .filter_map(|((_, text), _)| read(text, call.now()))
        .map(|kept| (kept.status.into(), kept.since))
        .collect();
    all.sort_by_key(|(_, since)| std::cmp::Reverse(*since));
    Ok(all)
}

pub(super) async fn get_of(call: &Call<'_>, input: ByUser) -> Outcome<PublicStatus> {
    let missing = || OcsError::new(Code::NOT_FOUND, "No status for the requested userId");
    let person = find(call, &input.user_id).await?.ok_or_else(missing)?;
    if !completion::is_known(call, &person).await? {
        return Err(missing());
    }
    let status = stored(call, &person.id).await?.ok_or_else(missing)?;
    Ok(Reply::new(status.into()))
}

pub(super) async fn heartbeat(call: &Call<'_>, input: Beat) -> Outcome<Option<OwnStatus>> {
    if !matches!(input.status, Presence::Online | Presence::Away) {
        return Err(OcsError::bad_request(""));
    }
    let mut status = own(call).await?;
    // What a person chose stands; a sign of life changes only what nobody chose.
    if !status.status_is_user_defined {
        status.status = input.status;
        status = keep(call, status).await?;
    }
    Ok(Reply::new(Some(status)))
}
