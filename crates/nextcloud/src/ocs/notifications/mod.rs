//! Notifications: what a person is told, and how they put it away.

pub(super) mod push;
mod text;

use std::collections::HashMap;

use allmende_accounts::Person;
use allmende_events::{Notification as Stored, NotificationId, NotificationKind, Reader};
use allmende_files::Entry;
use allmende_ocs::{
    Assoc, Code, Nothing, OcsError, Reply, Value,
    endpoints::{
        NoParameters,
        notifications::{Action, ActionMethod, ById, Ids, Notification, RichObject},
    },
};
use allmende_types::{GroupId, NodeId, Principal, UserId};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Call, Outcome, rich, unavailable, user_status};
use crate::{pages::Language, service::Inner};

const PRESENCE: HeaderName = HeaderName::from_static("x-nextcloud-user-status");

/// The most that are listed: clients show a screen of them, and poll.
const MOST: usize = 100;
/// How many ids of a question are looked at.
const IDS: usize = 200;

pub(super) async fn list(call: &Call<'_>, _: NoParameters) -> Outcome<Vec<Notification>> {
    let reader = reader(call).await?;
    let all = call.inner.events.notifications(&reader, MOST).await.map_err(unavailable)?;
    let status = user_status::of_people(call.inner, std::slice::from_ref(&reader.person)).await?;
    let presence = status.into_iter().flatten().next().map_or("online", |status| {
        // Clients that see `offline` keep silent, though this one is asking.
        match user_status::presence_name(status.status) {
            "offline" => "online",
            name => name,
        }
    });
    let reply = Reply::new(show(&Audience::of(call)?, all).await?);
    Ok(reply.with_header(PRESENCE, HeaderValue::from_static(presence)))
}

pub(super) async fn get(call: &Call<'_>, input: ById) -> Outcome<Notification> {
    let gone = || OcsError::new(Code::NOT_FOUND, "").with_data(Value::Null);
    let reader = reader(call).await?;
    let id = id(input.id).ok_or_else(gone)?;
    let found = call.inner.events.notification(&reader, id).await.map_err(unavailable)?;
    let mut shown = show(&Audience::of(call)?, vec![found.ok_or_else(gone)?]).await?;
    shown.pop().map(Reply::new).ok_or_else(gone)
}

pub(super) async fn exists(call: &Call<'_>, input: Ids) -> Outcome<Vec<u64>> {
    let reader = reader(call).await?;
    let all = call.inner.events.notifications(&reader, usize::MAX).await.map_err(unavailable)?;
    let there = |asked: &u64| id(*asked).is_some_and(|id| all.iter().any(|one| one.id == id));
    Ok(Reply::new(input.ids.into_iter().take(IDS).filter(there).collect()))
}

pub(super) async fn delete(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let reader = reader(call).await?;
    if let Some(id) = id(input.id) {
        call.inner.events.dismiss_one(&reader, id).await.map_err(unavailable)?;
    }
    Ok(Reply::new(Nothing))
}

pub(super) async fn delete_all(call: &Call<'_>, _: NoParameters) -> Outcome<Nothing> {
    let reader = reader(call).await?;
    call.inner.events.dismiss_all(&reader).await.map_err(unavailable)?;
    Ok(Reply::new(Nothing))
}

fn id(id: u64) -> Option<NotificationId> {
    i64::try_from(id).ok().map(NotificationId)
}

async fn reader(call: &Call<'_>) -> Result<Reader, OcsError> {
    let person = call.who()?.person.id.clone();
    let memberships = call.inner.accounts.memberships_of(&person).await.map_err(unavailable)?;
    Ok(Reader { person, groups: memberships.groups, circles: memberships.circles })
}

/// Who notifications are shown to, and how.
pub(crate) struct Audience<'a> {
    inner: &'a Inner,
    me: &'a Person,
    /// The address of the installation.
    base: String,
    language: Language,
}

impl<'a> Audience<'a> {
    fn of(call: &'a Call<'_>) -> Result<Self, OcsError> {
        let me = &call.who()?.person;
        let language = rich::language(&me.language, call.headers);
        Ok(Self { inner: call.inner, me, base: call.origin.base_url(), language })
    }

    /// A person who asks for nothing now.
    pub(crate) fn away(inner: &'a Inner, me: &'a Person) -> Self {
        let language = rich::language(&me.language, &HeaderMap::new());
        Self { inner, me, base: inner.sharing.options().url.clone(), language }
    }
}

/// Notifications in the reader's language: three look-ups, whatever their number.
pub(crate) async fn show(
    to: &Audience<'_>,
    all: Vec<Stored>,
) -> Result<Vec<Notification>, OcsError> {
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let me = to.me;
    let (accounts, files) = (&to.inner.accounts, &to.inner.files);
    let mut people: Vec<UserId> = (all.iter())
        .filter_map(|one| one.actor.as_ref().and_then(Principal::person).cloned())
        .collect();
    people.sort_unstable();
    people.dedup();
    let known = accounts.people_by_id(&people).await.map_err(unavailable)?;
    let names = known.into_iter().flatten().map(|one| (one.id.key(), one.display_name)).collect();
    let mut groups: Vec<GroupId> = (all.iter())
        .filter_map(|one| one.details.get("group").and_then(|id| id.parse().ok()))
        .collect();
    groups.sort_unstable();
    groups.dedup();
    let titles = accounts.group_names(&groups).await.map_err(unavailable)?;
    let groups = groups.iter().map(ToString::to_string).zip(titles);
    let mut nodes: Vec<NodeId> = all.iter().filter_map(|one| one.node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let view = files.view(&me.id).await.map_err(unavailable)?;
    let entries = view.stat(&nodes).await.map_err(unavailable)?;
    let entries = nodes.into_iter().zip(entries).filter_map(|(id, entry)| Some((id, entry?)));
    let stage = Stage {
        base: to.base.clone(),
        me: me.id.to_string(),
        language: to.language,
        people: names,
        groups: groups.filter_map(|(id, name)| Some((id, name?))).collect(),
        entries: entries.collect(),
    };
    Ok(all.iter().map(|one| stage.show(one)).collect())
}

/// What all notifications of a list are shown with.
struct Stage {
    base: String,
    me: String,
    language: Language,
    people: HashMap<String, String>,
    groups: HashMap<String, String>,
    entries: HashMap<NodeId, Entry>,
}

impl Stage {
    fn show(&self, stored: &Stored) -> Notification {
        let template = text::subject(stored.kind).of(self.language);
        let mut things: Assoc<RichObject> = Assoc::default();
        for (mark, thing) in [
            ("user", Self::user as fn(&Self, &Stored) -> RichObject),
            ("file", Self::file),
            ("group", Self::group),
            ("device", |_, one| rich::highlight("device", detail(one, "device"))),
        ] {
            if template.contains(&format!("{{{mark}}}")) {
                things.push(mark, thing(self, stored));
            }
        }
        let announced = stored.kind == NotificationKind::Announcement;
        let mut shown = Notification::default();
        shown.notification_id = u64::try_from(stored.id.0).unwrap_or_default();
        shown.app = stored.object.app.as_ref().into();
        shown.user = self.me.clone();
        shown.datetime = stored.at.to_rfc3339();
        shown.object_type = stored.object.kind.as_ref().into();
        shown.object_id = stored.object.id.as_ref().into();
        if announced {
            shown.subject = detail(stored, "subject").into();
        } else {
            shown.subject = rich::plain(template, &things);
            shown.subject_rich = template.into();
            shown.subject_rich_parameters = things;
        }
        shown.message = detail(stored, "message").into();
        shown.link = match (detail(stored, "link"), stored.node) {
            ("", Some(node)) => format!("{}/f/{node}", self.base),
            (link, _) => link.into(),
        };
        shown.icon = format!("{}/core/img/logo.svg", self.base);
        shown.should_notify = true;
        shown.actions = self.actions(stored);
        shown
    }

    fn user(&self, stored: &Stored) -> RichObject {
        match stored.actor.as_ref().and_then(Principal::person) {
            Some(id) => {
                let name = self.people.get(&id.key());
                rich::person(id.as_str(), name.map_or(id.as_str(), String::as_str))
            }
            None => rich::highlight("guest", text::SOMEBODY.of(self.language)),
        }
    }

    fn group(&self, stored: &Stored) -> RichObject {
        let id = detail(stored, "group");
        rich::group(id, self.groups.get(id).map_or(id, String::as_str))
    }

    /// The file as the reader sees it; what it was called when they were told, if they do not
    /// see it (yet).
    fn file(&self, stored: &Stored) -> RichObject {
        let name = detail(stored, "name");
        let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
        let entry = stored.node.and_then(|id| self.entries.get(&id));
        match (entry, stored.node) {
            (Some(entry), Some(id)) => {
                let last = entry.path.as_ref().and_then(|path| path.file_name());
                let name = last.or(entry.name()).map_or(name, |name| name.as_str());
                rich::file(&self.base, id, name, entry.path.as_ref())
            }
            _ if name.is_empty() => rich::highlight("file", text::A_FILE.of(self.language)),
            _ => rich::highlight("file", name),
        }
    }

    /// What can be done: clients call the addresses with their own credentials.
    fn actions(&self, stored: &Stored) -> Vec<Action> {
        let id = &stored.object.id;
        let api = match stored.kind {
            NotificationKind::PendingShare => {
                let kind = match &*stored.object.kind {
                    "remote_share" => "remote_shares",
                    _ => "shares",
                };
                format!("{}/ocs/v2.php/apps/files_sharing/api/v1/{kind}/pending/{id}", self.base)
            }
            NotificationKind::TransferRequested => {
                format!("{}/ocs/v2.php/apps/files/api/v1/transferownership/{id}", self.base)
            }
            _ => return Vec::new(),
        };
        let action = |label: &str, method, primary| Action {
            label: label.into(),
            link: api.clone(),
            method,
            primary,
        };
        vec![
            action(text::ACCEPT.of(self.language), ActionMethod::Post, true),
            action(text::DECLINE.of(self.language), ActionMethod::Delete, false),
        ]
    }
}

fn detail<'a>(stored: &'a Stored, name: &str) -> &'a str {
    stored.details.get(name).map_or("", String::as_str)
}
