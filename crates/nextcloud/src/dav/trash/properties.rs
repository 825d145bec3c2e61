//! The properties of what lies in the trash. The trash itself has hardly any.

use std::collections::{BTreeSet, HashMap};

use allmende_files::Trashed;
use allmende_types::UserId;
use allmende_webdav::{
    Entry, Error, ErrorKind, PropertyPage, PropertyProvider, Result, Selection, Slot, Wanted,
};
use allmende_webdav_proto::{PropName, Tag, multistatus::PropsWriter, request::PropUpdate};
use async_trait::async_trait;

use super::bin::{Bin, Thing};
use crate::dav::patch::FAVOURITE;

/// The provider of the trash.
#[derive(Debug)]
pub(super) struct TrashProperties;

macro_rules! table {
    ($($variant:ident = $name:expr,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Known { $($variant,)* }

        const NAMES: &[PropName] = &[$($name,)*];
        const ALL: &[Known] = &[$(Known::$variant,)*];
    };
}

table! {
    // Overrides of the core's own.
    DisplayName = PropName::dav("displayname"),
    ETag = PropName::dav("getetag"),
    LastModified = PropName::dav("getlastmodified"),
    QuotaUsed = PropName::dav("quota-used-bytes"),
    QuotaAvailable = PropName::dav("quota-available-bytes"),
    // What clients show of the files in it.
    Id = PropName::oc("id"),
    FileId = PropName::oc("fileid"),
    Permissions = PropName::oc("permissions"),
    Size = PropName::oc("size"),
    HasPreview = PropName::nc("has-preview"),
    FileName = PropName::nc("trashbin-filename"),
    Location = PropName::nc("trashbin-original-location"),
    Title = PropName::nc("trashbin-title"),
    DeletionTime = PropName::nc("trashbin-deletion-time"),
    DeletedById = PropName::nc("trashbin-deleted-by-id"),
    DeletedByName = PropName::nc("trashbin-deleted-by-display-name"),
    Backend = PropName::nc("trashbin-backend"),
    // Known, and not shown here.
    Favourite = FAVOURITE,
}

/// How clients tell whose trash something comes from.
const OWN: &str = "OCA\\Files_Trashbin\\Trash\\LegacyTrashBackend";
const TEAM: &str = "OCA\\GroupFolders\\Trash\\TrashBackend";

#[async_trait]
impl PropertyProvider<Bin> for TrashProperties {
    fn find(&self, name: &PropName) -> Option<Slot> {
        let at = NAMES.iter().position(|known| known == name)?;
        u16::try_from(at).ok().map(Slot)
    }

    fn admit(&self, slot: Slot, _: &PropUpdate) -> Result<()> {
        match ALL.get(usize::from(slot.0)) {
            Some(Known::Favourite) => Ok(()),
            _ => Err(Error::protected_property()),
        }
    }

    async fn load(
        &self,
        bin: &Bin,
        page: &[Entry<Thing>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<Thing>>> {
        let mut names = HashMap::new();
        let by = |entry: &Entry<Thing>| entry.resource.item()?.by.clone();
        let is_name =
            |wanted: &Wanted| ALL.get(usize::from(wanted.slot.0)) == Some(&Known::DeletedByName);
        if selection.wanted.iter().any(is_name) {
            let own = bin.home.view.person();
            names.insert(own.clone(), bin.home.display_name.to_string());
            let others: BTreeSet<UserId> =
                page.iter().filter_map(by).filter(|by| by != own).collect();
            let others: Vec<UserId> = others.into_iter().collect();
            if !others.is_empty() {
                let found = bin.people.0.people_by_id(&others).await.map_err(|error| {
                    Error::new(ErrorKind::Unavailable, "The server cannot answer now")
                        .with_source(error)
                })?;
                let found = found.into_iter().flatten();
                names.extend(found.map(|person| (person.id, person.display_name)));
            }
        }
        Ok(Box::new(Loaded { names }))
    }
}

/// The names of those who deleted what a page shows; who is gone has only an id.
#[derive(Debug)]
struct Loaded {
    names: HashMap<UserId, String>,
}

impl PropertyPage<Thing> for Loaded {
    fn write(&self, _: usize, entry: &Entry<Thing>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let name = &wanted.name;
        let known = ALL.get(usize::from(wanted.slot.0));
        let (Some(item), Some(known)) = (entry.resource.item(), known) else {
            return out.missing(name);
        };
        let node = &item.entry.node;
        match known {
            Known::DisplayName | Known::FileName => out.found_text(name, item.title().as_str()),
            // As observed: neither a quoted tag nor one of the content.
            Known::ETag | Known::DeletionTime => {
                out.found(name, |xml| xml.number(item.deleted.unix()));
            }
            Known::LastModified => out.found(name, |xml| xml.http_date(item.deleted)),
            Known::Id | Known::FileId => out.found(name, |xml| xml.number(node.id.0)),
            Known::Permissions => out.found_text(name, &item.entry.letters()),
            Known::Size => out.found(name, |xml| xml.number(node.size)),
            Known::HasPreview => {
                let media_type = item.entry.media_type().unwrap_or_default();
                let has = allmende_previews::renders(media_type);
                out.found_text(name, if has { "true" } else { "false" });
            }
            Known::Location | Known::Title => out.found_text(name, &item.location.to_string()),
            Known::DeletedById => self.deleted_by(item, name, out, UserId::as_str),
            Known::DeletedByName => self.deleted_by(item, name, out, |by| {
                self.names.get(by).map_or(by.as_str(), String::as_str)
            }),
            Known::Backend => {
                out.found_text(name, if item.team().is_some() { TEAM } else { OWN });
            }
            Known::Favourite | Known::QuotaUsed | Known::QuotaAvailable => out.missing(name),
        }
    }

    fn exists(&self, _: usize, _: &Entry<Thing>, _: &Wanted) -> bool {
        // As of the other properties of the dialect.
        false
    }
}

impl Loaded {
    /// Writes what is known of who deleted something; nothing of a guest.
    fn deleted_by<'a>(
        &self,
        item: &'a Trashed,
        name: &Tag,
        out: &mut PropsWriter<'_>,
        text: impl FnOnce(&'a UserId) -> &'a str,
    ) {
        match &item.by {
            Some(by) => out.found_text(name, text(by)),
            None => out.missing(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_property() {
        assert_eq!(NAMES.len(), ALL.len());
        for (at, name) in NAMES.iter().enumerate() {
            let slot = TrashProperties.find(name).unwrap();
            assert_eq!(usize::from(slot.0), at, "{name} stands twice");
            let admitted = TrashProperties.admit(slot, &PropUpdate::Remove(name.clone())).is_ok();
            assert_eq!(admitted, ALL[at] == Known::Favourite);
        }
        assert_eq!(TrashProperties.find(&PropName::dav("getcontentlength")), None);
    }
}
