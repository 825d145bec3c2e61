//! `nc:reminder-due-date`: when the caller is reminded of an entry of a listing.

use allmende_files::MountKind;
use allmende_types::{NodeId, Timestamp};
use allmende_webdav::{
    Entry, Error, ErrorKind, PropertyPage, PropertyProvider, Result, Selection, Slot, Wanted,
};
use allmende_webdav_proto::{PropName, multistatus::PropsWriter};
use async_trait::async_trait;

use super::{home::Home, item::Item};

static DUE: PropName = PropName::nc("reminder-due-date");

/// The provider of the property: one query for a page.
#[derive(Debug)]
pub(super) struct ReminderProperties;

#[async_trait]
impl PropertyProvider<Home> for ReminderProperties {
    fn find(&self, name: &PropName) -> Option<Slot> {
        (*name == DUE).then_some(Slot(0))
    }

    async fn load(
        &self,
        home: &Home,
        page: &[Entry<Item>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<Item>>> {
        let for_guests = |entry: &Entry<Item>| {
            let mount = entry.resource.0.mount.as_ref();
            mount.is_some_and(|mount| mount.kind == MountKind::Link)
        };
        if selection.wanted.is_empty() || page.iter().any(for_guests) {
            return Ok(Box::new(Loaded(Vec::new())));
        }
        let ids: Vec<NodeId> = page.iter().map(|entry| entry.resource.0.id()).collect();
        let due = home.reminders.of_nodes(home.view.person(), &ids).await.map_err(|error| {
            let text = "The reminders cannot be read now";
            Error::new(ErrorKind::Unavailable, text).with_source(error)
        })?;
        Ok(Box::new(Loaded(due)))
    }
}

/// The times of a page, if they were asked for.
struct Loaded(Vec<Option<Timestamp>>);

impl PropertyPage<Item> for Loaded {
    fn write(&self, index: usize, _: &Entry<Item>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let due = self.0.get(index).copied().flatten();
        out.found_text(&wanted.name, &due.map_or_else(String::new, Timestamp::to_rfc3339));
    }

    fn exists(&self, _: usize, _: &Entry<Item>, _: &Wanted) -> bool {
        // As of the other properties of the dialect.
        false
    }
}
