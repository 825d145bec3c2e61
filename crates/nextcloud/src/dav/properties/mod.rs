//! The properties of the dialect: everything in `oc:` and `nc:` that clients ask for.
//!
//! The table says which there are and what each needs to be loaded; [`page`] writes them.

mod locks;
mod page;
mod sharing;

use allmende_storage::PropertyOwner;
use allmende_webdav::{Entry, PropertyPage, PropertyProvider, Result, Selection, Slot};
use allmende_webdav_proto::{Namespace, PropName, request::PropUpdate};
use async_trait::async_trait;

use self::page::Loaded;
pub(crate) use self::{
    locks::{HolderNames, LockProperties, lock_body},
    sharing::SharingProperties,
};
use super::{errors::from_files, home::Home, item::Item, patch::SETTABLE};

/// The provider of the dialect's properties.
#[derive(Debug)]
pub(crate) struct Properties;

macro_rules! table {
    ($($variant:ident = $name:expr,)*) => {
        /// The properties of the dialect.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Known { $($variant,)* }

        const NAMES: &[PropName] = &[$($name,)*];
        const ALL: &[Known] = &[$(Known::$variant,)*];
    };
}

table! {
    // Overrides of the core's own: the root is called like its owner, and these two are
    // set under another name than they are read.
    DisplayName = PropName::dav("displayname"),
    LastModified = PropName::dav("lastmodified"),
    CreationDate = PropName::dav("creationdate"),
    // What the desktop client keeps of every file.
    Id = PropName::oc("id"),
    FileId = PropName::oc("fileid"),
    Permissions = PropName::oc("permissions"),
    Size = PropName::oc("size"),
    Checksums = PropName::oc("checksums"),
    DownloadUrl = PropName::oc("downloadURL"),
    Ddc = PropName::oc("dDC"),
    DataFingerprint = PropName::oc("data-fingerprint"),
    // What the mobile clients show.
    Favourite = PropName::oc("favorite"),
    Tags = PropName::oc("tags"),
    OwnerId = PropName::oc("owner-id"),
    OwnerName = PropName::oc("owner-display-name"),
    ShareAttributes = PropName::nc("share-attributes"),
    HasPreview = PropName::nc("has-preview"),
    MountType = PropName::nc("mount-type"),
    IsMountRoot = PropName::nc("is-mount-root"),
    IsFederated = PropName::nc("is-federated"),
    CreationTime = PropName::nc("creation_time"),
    UploadTime = PropName::nc("upload_time"),
    LastActivity = PropName::nc("last_activity"),
    DownloadUrlExpiration = PropName::nc("download-url-expiration"),
    ContainedFolders = PropName::nc("contained-folder-count"),
    ContainedFiles = PropName::nc("contained-file-count"),
    Hidden = PropName::nc("hidden"),
    // What may be shared on, for clients and for other servers.
    OcsSharePermissions = PropName::from_static(Namespace::OCS, "share-permissions"),
    OcmSharePermissions = PropName::from_static(Namespace::OCM, "share-permissions"),
    // Known names of things that are not here: their absence is the answer.
    Note = PropName::nc("note"),
    HideDownload = PropName::nc("hide-download"),
    IsEncrypted = PropName::nc("is-encrypted"),
    RichWorkspace = PropName::nc("rich-workspace"),
}

impl Known {
    fn of(slot: Slot) -> Option<Self> {
        ALL.get(usize::from(slot.0)).copied()
    }

    fn needs(self) -> Need {
        match self {
            Self::Favourite => Need::Favourites,
            Self::ContainedFolders | Self::ContainedFiles => Need::Children,
            _ => Need::Nothing,
        }
    }
}

/// What a property needs beside the entry itself: one query for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    Favourites,
    Children,
}

#[async_trait]
impl PropertyProvider<Home> for Properties {
    fn find(&self, name: &PropName) -> Option<Slot> {
        let at = NAMES.iter().position(|known| known == name)?;
        u16::try_from(at).ok().map(Slot)
    }

    fn admit(&self, slot: Slot, _: &PropUpdate) -> Result<()> {
        let name = NAMES.get(usize::from(slot.0));
        if name.is_some_and(|name| SETTABLE.contains(name)) {
            Ok(())
        } else {
            Err(allmende_webdav::Error::protected_property())
        }
    }

    async fn load(
        &self,
        home: &Home,
        page: &[Entry<Item>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<Item>>> {
        let needs = |need: Need| {
            let known = |slot: Slot| Known::of(slot).is_some_and(|known| known.needs() == need);
            selection.wanted.iter().any(|wanted| known(wanted.slot))
        };
        let ids = || page.iter().map(|entry| entry.resource.0.id()).collect::<Vec<_>>();
        let mut loaded = Loaded::new(home);
        if needs(Need::Favourites) {
            let owner = PropertyOwner::Person(home.view.person().clone());
            let key = allmende_files::favourite_key();
            let stored = home.view.properties(&ids(), &owner).await.map_err(from_files)?;
            loaded.favourites =
                stored.iter().map(|all| all.iter().any(|property| property.key == key)).collect();
        }
        if needs(Need::Children) {
            loaded.children = home.view.count_children(&ids()).await.map_err(from_files)?;
        }
        Ok(Box::new(loaded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_property() {
        assert_eq!(NAMES.len(), ALL.len());
        for (at, name) in NAMES.iter().enumerate() {
            let slot = Properties.find(name).unwrap();
            assert_eq!(usize::from(slot.0), at, "{name} stands twice");
            assert_eq!(Known::of(slot), Some(ALL[at]));
        }
        assert_eq!(Properties.find(&PropName::dav("getetag")), None);
    }
}
