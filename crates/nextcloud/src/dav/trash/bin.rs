//! What a person has in the trash, as a WebDAV backend.

use allmende_files::{Trash, Trashed};
use allmende_storage::PropertyOwner;
use allmende_types::{ETag, Name, SpacePath, Timestamp};
use allmende_webdav::{
    Backend, ByteStream, Cursor, DeadProperty, Entry, Error, ErrorKind, Kind, MakeCollection, Page,
    Patch, Patched, Put, ReadRange, Remove, Removed, Resource, Result, Transfer, Unlocked, Written,
    lock::{Lock, LockRequest, LockTimeout, LockToken},
};
use async_trait::async_trait;
use http::HeaderMap;

use crate::{
    dav::{errors::from_files, home::Home, item::Item, patch},
    people::People,
};

/// One person's trash, for one request.
#[derive(Debug, Clone)]
pub(crate) struct Bin {
    pub(super) home: Home,
    pub(super) people: People,
    pub(super) trash: Trash,
}

/// Something in the trash, or the trash itself.
#[derive(Debug, Clone)]
pub(crate) enum Thing {
    Trash,
    Item(Box<Trashed>),
}

impl Thing {
    pub(super) async fn at(bin: &Bin, path: &SpacePath) -> Result<Option<Self>> {
        if path.is_root() {
            return Ok(Some(Self::Trash));
        }
        let found = bin.trash.resolve(path).await.map_err(from_files)?;
        Ok(found.map(|item| Self::Item(Box::new(item))))
    }

    pub(super) fn item(&self) -> Option<&Trashed> {
        match self {
            Self::Trash => None,
            Self::Item(item) => Some(item),
        }
    }

    fn asked(entry: &Entry<Self>) -> Result<&Trashed> {
        let refused = || Error::new(ErrorKind::Forbidden, "");
        entry.resource.item().ok_or_else(refused)
    }
}

impl Resource for Thing {
    fn kind(&self) -> Kind {
        match self.item() {
            Some(item) if !item.entry.is_folder() => Kind::File,
            _ => Kind::Collection,
        }
    }

    fn name(&self) -> Option<&Name> {
        self.item().map(|item| &item.name)
    }

    fn etag(&self) -> Option<ETag> {
        self.item().map(|item| item.entry.etag())
    }

    fn last_modified(&self) -> Timestamp {
        self.item().map_or(Timestamp::EPOCH, |item| item.deleted)
    }

    fn content_length(&self) -> u64 {
        self.item().map_or(0, |item| item.entry.node.size)
    }

    fn content_type(&self) -> &str {
        let known = self.item().and_then(|item| item.entry.media_type());
        known.unwrap_or("application/octet-stream")
    }

    fn add_headers(&self, headers: &mut HeaderMap) {
        if let Some(item) = self.item() {
            Item(item.entry.clone()).add_headers(headers);
        }
    }
}

fn refuse<T>(text: &'static str) -> Result<T> {
    Err(Error::new(ErrorKind::Forbidden, text))
}

#[async_trait]
impl Backend for Bin {
    type Resource = Thing;

    async fn resolve(&self, path: &SpacePath) -> Result<Option<Thing>> {
        Thing::at(self, path).await
    }

    async fn children(
        &self,
        folder: &Entry<Thing>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Thing>> {
        let after = after.map(|cursor| Name::new(cursor.as_str())).transpose()?;
        let after = after.map(allmende_storage::Cursor);
        let page = match folder.resource.item() {
            None => self.trash.list(after.as_ref(), limit).await,
            Some(item) => self.trash.children(item, after.as_ref(), limit).await,
        };
        let page = page.map_err(from_files)?;
        Ok(Page {
            items: page.items.into_iter().map(|item| Thing::Item(Box::new(item))).collect(),
            next: page.next.map(|cursor| Cursor::new(cursor.0.as_str())),
        })
    }

    async fn read(&self, file: &Entry<Thing>, range: ReadRange) -> Result<ByteStream> {
        let range = match range {
            ReadRange::Whole => allmende_storage::ByteRange::ALL,
            ReadRange::Part { start, length } => allmende_storage::ByteRange::new(start, length),
        };
        let item = Thing::asked(file)?;
        Ok(self.home.view.read(&item.entry, range).await.map_err(from_files)?.body)
    }

    async fn put(&self, put: Put<'_, Thing>) -> Result<Written<Thing>> {
        match put.target.seen {
            Some(_) => refuse(""),
            None => refuse("Not allowed to create files in the trashbin"),
        }
    }

    async fn make_collection(&self, _: MakeCollection<'_>) -> Result<Written<Thing>> {
        refuse("Not allowed to create folders in the trashbin")
    }

    async fn remove(&self, remove: Remove<'_, Thing>) -> Result<Removed> {
        let item = Thing::asked(&remove.source)?;
        self.trash.remove(item).await.map_err(from_files)?;
        Ok(Removed::default())
    }

    async fn copy(&self, _: Transfer<'_, Thing>) -> Result<Written<Thing>> {
        refuse("")
    }

    async fn rename(&self, _: Transfer<'_, Thing>) -> Result<Written<Thing>> {
        refuse("")
    }

    /// What belongs to the person alone, such as a mark, can be set here too: it comes back
    /// with the file.
    async fn patch_properties(&self, patch: Patch<'_, Thing>) -> Result<Patched> {
        let item = Thing::asked(&patch.target)?;
        match patch::Plan::of(patch.changes) {
            Ok(plan) => plan.apply(&self.home.view, &item.entry).await.map_err(from_files)?,
            Err(refused) => return Ok(Patched::Refused(refused)),
        };
        Ok(Patched::Done)
    }

    async fn dead_properties(&self, page: &[Entry<Thing>]) -> Result<Vec<Vec<DeadProperty>>> {
        let items: Vec<_> = page.iter().map(|entry| entry.resource.item()).collect();
        let ids: Vec<_> = items.iter().flatten().map(|item| item.id()).collect();
        let owner = PropertyOwner::Person(self.home.view.person().clone());
        let stored = self.home.view.properties(&ids, &owner).await.map_err(from_files)?;
        let mut stored = stored.into_iter();
        let own = |item: Option<&Trashed>| {
            let properties = item.and_then(|_| stored.next()).unwrap_or_default();
            properties.into_iter().filter_map(patch::dead).collect()
        };
        Ok(items.into_iter().map(own).collect())
    }

    async fn locks(&self, paths: &[&SpacePath]) -> Result<Vec<Vec<Lock>>> {
        // Locks end where something is removed, and nothing here can be locked.
        Ok(vec![Vec::new(); paths.len()])
    }

    async fn lock(&self, _: LockRequest<'_, Thing>) -> Result<Lock> {
        refuse("What lies in the trash cannot be locked")
    }

    async fn refresh_lock(
        &self,
        _: &SpacePath,
        _: &LockToken,
        _: LockTimeout,
    ) -> Result<Option<Lock>> {
        Ok(None)
    }

    async fn unlock(&self, _: &SpacePath, _: &LockToken) -> Result<Unlocked> {
        Ok(Unlocked::NoSuchLock)
    }
}
