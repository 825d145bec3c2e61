//! An event as an activity, in the reader's language.

use std::collections::HashMap;

use allmende_events::Event;
use allmende_files::Entry;
use allmende_ocs::{
    Assoc, OcsError,
    endpoints::{
        activity::{Activity, Preview, RichText},
        notifications::RichObject,
    },
};
use allmende_types::{CircleId, EventKind, GroupId, Principal, SpacePath, UserId};

use super::{
    super::{Call, rich, unavailable},
    Place, text,
};
use crate::pages::Language;

/// What all activities of a page are shown with.
pub(super) struct Stage {
    base: String,
    me: UserId,
    language: Language,
    people: HashMap<String, String>,
    groups: HashMap<String, String>,
    circles: HashMap<String, String>,
}

impl Stage {
    /// Looks up the names of all people, groups and circles of a page; of circles those that the
    /// reader may know of.
    pub(super) async fn set(call: &Call<'_>, shown: &[(Event, Place)]) -> Result<Self, OcsError> {
        let who = &call.who()?.person;
        let (mut people, mut groups): (Vec<UserId>, Vec<GroupId>) = (Vec::new(), Vec::new());
        let mut circles: Vec<CircleId> = Vec::new();
        for (event, _) in shown {
            people.extend(event.fact.actor.as_ref().and_then(Principal::person).cloned());
            let detail = |name: &str| event.fact.details.get(name);
            match detail("type").map(String::as_str) {
                Some("1") => groups.extend(detail("with").and_then(|id| id.parse().ok())),
                Some("7") => circles.extend(detail("with").and_then(|id| id.parse().ok())),
                _ => people.extend(detail("with").and_then(|id| id.parse().ok())),
            }
            people.extend(detail("person").and_then(|id| id.parse().ok()));
            groups.extend(detail("group").and_then(|id| id.parse().ok()));
        }
        people.sort_unstable();
        people.dedup();
        groups.sort_unstable();
        groups.dedup();
        let accounts = &call.inner.accounts;
        let known = accounts.people_by_id(&people).await.map_err(unavailable)?;
        let people = known.into_iter().flatten();
        let people = people.map(|one| (one.id.key(), one.display_name)).collect();
        let names = accounts.group_names(&groups).await.map_err(unavailable)?;
        let named = groups.iter().zip(names);
        let groups = named.filter_map(|(id, name)| Some((id.to_string(), name?))).collect();
        circles.sort_unstable();
        circles.dedup();
        let found = accounts.circles_by_id(&who.id, &circles).await.map_err(unavailable)?;
        let named = circles.iter().zip(found);
        let circles = named.filter_map(|(id, of)| Some((id.to_string(), of?.name))).collect();
        Ok(Self {
            base: call.origin.base_url(),
            me: who.id.clone(),
            language: rich::language(&who.language, call.headers),
            people,
            groups,
            circles,
        })
    }

    /// The activity; none if people are not told of such events.
    pub(super) fn show(&self, event: &Event, place: &Place, previews: bool) -> Option<Activity> {
        let fact = &event.fact;
        // What came from where the reader sees nothing has, to them, just come.
        let unseen =
            fact.node.as_ref().is_some_and(|node| node.from.is_some()) && place.before.is_none();
        let kind = match fact.kind {
            EventKind::FileMoved if unseen => EventKind::FileCreated,
            kind => kind,
        };
        let saying = text::saying(kind)?;
        let actor = fact.actor.as_ref().and_then(Principal::person);
        let own = actor.is_some_and(|actor| actor.key() == self.me.key());
        let template = if own { saying.own } else { saying.others }.of(self.language);
        let file = fact.node.as_ref().map(|node| {
            let entry = place.file.as_ref();
            let name = entry.and_then(Entry::name).map_or(&*node.name, |name| name.as_str());
            let path = path_of(place, &node.name);
            (node.node, name.to_owned(), path)
        });
        let mut things: Assoc<RichObject> = Assoc::default();
        if template.contains("{user}") {
            things.push("user", self.actor(fact.actor.as_ref()));
        }
        if let Some((id, name, path)) = &file {
            let shown = rich::file(&self.base, *id, name, path.as_ref());
            for mark in ["file", "newfile"] {
                if template.contains(&format!("{{{mark}}}")) {
                    things.push(mark, shown.clone());
                }
            }
            if template.contains("{oldfile}") {
                things.push("oldfile", self.old(event, place));
            }
        } else if template.contains("{file}") {
            let name = fact.details.get("name").map_or("", String::as_str);
            things.push("file", rich::highlight("file", name));
        }
        for mark in ["device", "group", "tag", "with"] {
            if template.contains(&format!("{{{mark}}}")) {
                things.push(mark, self.detail(event, mark));
            }
        }
        let mut activity = Activity::default();
        activity.activity_id = u64::try_from(event.id.0).unwrap_or_default();
        activity.app = saying.app.into();
        activity.kind = saying.kind.into();
        activity.user = actor.map(UserId::to_string).unwrap_or_default();
        activity.subject = rich::plain(template, &things);
        activity.subject_rich = RichText(template.into(), things);
        activity.icon = format!("{}/core/img/logo.svg", self.base);
        activity.datetime = fact.at.to_rfc3339();
        if let Some((id, name, path)) = file {
            let path = path.map_or(name, |path| path.to_string());
            activity.object_type = "files".into();
            activity.object_id = u64::try_from(id.0).unwrap_or_default();
            activity.object_name = format!("/{path}");
            activity.objects.push(id.to_string(), format!("/{path}"));
            activity.link = format!("{}/f/{id}", self.base);
            if previews {
                let preview = place.file.as_ref().map(|entry| self.preview(entry));
                activity.previews = Some(preview.into_iter().collect());
            }
        } else if previews {
            activity.previews = Some(Vec::new());
        }
        Some(activity)
    }

    fn actor(&self, actor: Option<&Principal>) -> RichObject {
        match actor {
            Some(Principal::Person(id)) => self.person(id.as_str()),
            Some(_) => rich::highlight("guest", text::SOMEBODY.of(self.language)),
            None => rich::highlight("server", text::SERVER.of(self.language)),
        }
    }

    fn person(&self, id: &str) -> RichObject {
        let name = self.people.get(&id.to_ascii_lowercase());
        rich::person(id, name.map_or(id, String::as_str))
    }

    fn group(&self, id: &str) -> RichObject {
        rich::group(id, self.groups.get(id).map_or(id, String::as_str))
    }

    fn detail(&self, event: &Event, name: &str) -> RichObject {
        let details = &event.fact.details;
        let value = details.get(name).map_or("", String::as_str);
        let kind = details.get("type").map(String::as_str);
        match (name, kind) {
            ("group", _) | ("with", Some("1")) => self.group(value),
            ("with", Some("7")) => {
                let name = self.circles.get(value);
                let name = name.map_or(text::A_TEAM.of(self.language), String::as_str);
                rich::circle(value, name)
            }
            ("with", Some("3")) => rich::highlight("link", text::A_LINK.of(self.language)),
            ("with", Some("0")) => self.person(value),
            // Acts on people name them so.
            ("with", None) => self.person(details.get("person").map_or("", String::as_str)),
            _ => rich::highlight(name, value),
        }
    }

    /// Where a file lay before.
    fn old(&self, event: &Event, place: &Place) -> RichObject {
        let node = event.fact.node.as_ref();
        let Some((node, (_, name))) = node.and_then(|node| Some((node, node.from.as_ref()?)))
        else {
            return rich::highlight("file", "");
        };
        let path = place.before.as_ref().and_then(|folder| below(folder, name));
        rich::file(&self.base, node.node, name, path.as_ref())
    }

    fn preview(&self, entry: &Entry) -> Preview {
        let (id, base) = (entry.id(), &self.base);
        let media_type = entry.media_type().unwrap_or("dir");
        let image = allmende_previews::renders(media_type);
        let mut preview = Preview::default();
        preview.link = format!("{base}/f/{id}");
        preview.source = if image {
            format!("{base}/core/preview?fileId={id}&x=150&y=150&a=true")
        } else {
            format!("{base}/core/img/logo.svg")
        };
        preview.mime_type = media_type.into();
        preview.is_mime_type_icon = !image;
        preview.file_id = u64::try_from(id.0).unwrap_or_default();
        preview.view = "files".into();
        preview.filename = entry.name().map(ToString::to_string).unwrap_or_default();
        preview
    }
}

/// The path that the reader has to the file, or had.
fn path_of(place: &Place, name: &str) -> Option<SpacePath> {
    let now = place.file.as_ref().and_then(|entry| entry.path.clone());
    now.or_else(|| place.folder.as_ref().and_then(|folder| below(folder, name)))
}

fn below(folder: &Entry, name: &str) -> Option<SpacePath> {
    let name = allmende_types::Name::new(name).ok()?;
    Some(folder.path.as_ref()?.join(name))
}
