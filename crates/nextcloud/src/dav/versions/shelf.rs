//! The versions of the files that a person sees, as a WebDAV backend.

use allmende_files::{Entry as FileEntry, versions::Version};
use allmende_types::{ETag, Name, Permissions, SpacePath, Timestamp};
use allmende_webdav::{
    Backend, ByteStream, Cursor, DeadProperty, Entry, Error, ErrorKind, Kind, MakeCollection, Page,
    Patch, Patched, Put, ReadRange, Remove, Removed, Resource, Result, Transfer, Unlocked, Written,
    lock::{Lock, LockRequest, LockTimeout, LockToken},
};
use allmende_webdav_proto::request::PropUpdate;
use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, header};

use super::{Named, properties::LABEL, refused};
use crate::dav::{
    errors::from_files,
    home::Home,
    item::{Item, encoded},
};

/// The versions of the files of one person, for one request.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    home: Home,
    current: Current,
}

/// Whether the content that a file has now counts among its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Current {
    /// As of those that are looked at and named.
    Listed,
    /// As of those that are read, brought back and removed.
    PassedOver,
}

impl Shelf {
    /// The versions, for a request with this method.
    pub(super) fn new(home: Home, method: &str) -> Self {
        let current = match method {
            "PROPFIND" | "PROPPATCH" => Current::Listed,
            _ => Current::PassedOver,
        };
        Self { home, current }
    }

    async fn find(&self, path: &SpacePath) -> Result<Option<Thing>> {
        let (file, number) = match Named::of(path) {
            Named::File(file) => (file, None),
            Named::Version(file, number) => (file, Some(number)),
            Named::All | Named::Nothing => return Ok(None),
        };
        let view = &self.home.view;
        let file = view.stat(&[file]).await.map_err(from_files)?.pop().flatten();
        let readable =
            |entry: &FileEntry| !entry.is_folder() && entry.permissions.contains(Permissions::READ);
        let Some(file) = file.filter(readable) else { return Ok(None) };
        let Some(number) = number else { return Ok(Some(Thing::File(Box::new(file)))) };
        let mut found = view.version(&file, number).await.map_err(from_files)?;
        if found.is_none() && self.current == Current::Listed {
            let all = view.versions(&file).await.map_err(from_files)?;
            found = all.into_iter().find(|version| version.number == number);
        }
        let name = Name::new(&number.to_string())?;
        Ok(found.map(|version| Thing::Version(Box::new(Shown { file, name, version }))))
    }
}

/// The versions of a file, or one of them.
#[derive(Debug, Clone)]
pub(crate) enum Thing {
    File(Box<FileEntry>),
    Version(Box<Shown>),
}

/// A version under the name by which it is listed.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    file: FileEntry,
    name: Name,
    pub(super) version: Version,
}

impl Thing {
    pub(super) fn version(&self) -> Option<&Version> {
        self.shown().map(|shown| &shown.version)
    }

    fn shown(&self) -> Option<&Shown> {
        match self {
            Self::File(_) => None,
            Self::Version(shown) => Some(shown),
        }
    }

    fn asked(entry: &Entry<Self>) -> Result<&Shown> {
        let refused = || Error::new(ErrorKind::Forbidden, "");
        entry.resource.shown().ok_or_else(refused)
    }
}

impl Resource for Thing {
    fn kind(&self) -> Kind {
        match self {
            Self::File(_) => Kind::Collection,
            Self::Version(_) => Kind::File,
        }
    }

    fn name(&self) -> Option<&Name> {
        self.shown().map(|shown| &shown.name)
    }

    fn etag(&self) -> Option<ETag> {
        self.version().map(|version| version.entry.etag())
    }

    fn last_modified(&self) -> Timestamp {
        self.version().map_or(Timestamp::EPOCH, |version| version.entry.node.modified)
    }

    fn content_length(&self) -> u64 {
        self.version().map_or(0, |version| version.entry.node.size)
    }

    fn content_type(&self) -> &str {
        let known = self.version().and_then(|version| version.entry.media_type());
        known.unwrap_or("application/octet-stream")
    }

    fn add_headers(&self, headers: &mut HeaderMap) {
        let Some(version) = self.version() else { return };
        Item(version.entry.clone()).add_headers(headers);
        if let Some(name) = version.entry.name()
            && let Ok(value) = HeaderValue::from_str(&attachment(name.as_str()))
        {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
    }
}

/// As with the original, the two names come the other way round than those of files.
fn attachment(name: &str) -> String {
    let encoded = encoded(name);
    format!("attachment; filename=\"{encoded}\"; filename*=UTF-8''{encoded}")
}

fn refuse<T>(text: &'static str) -> Result<T> {
    Err(Error::new(ErrorKind::Forbidden, text))
}

#[async_trait]
impl Backend for Shelf {
    type Resource = Thing;

    async fn resolve(&self, path: &SpacePath) -> Result<Option<Thing>> {
        self.find(path).await
    }

    async fn children(
        &self,
        folder: &Entry<Thing>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Thing>> {
        let Thing::File(file) = &folder.resource else { return refuse("") };
        let all = self.home.view.versions(file).await.map_err(from_files)?;
        let after: Option<i64> = after.and_then(|cursor| cursor.as_str().parse().ok());
        let from = after.map_or(0, |after| all.partition_point(|v| v.number <= after));
        let rest = all.len() - from;
        let mut items = Vec::with_capacity(rest.min(limit));
        for version in all.into_iter().skip(from).take(limit) {
            let name = Name::new(&version.number.to_string())?;
            let file = (**file).clone();
            items.push(Thing::Version(Box::new(Shown { file, name, version })));
        }
        let last = items.last().and_then(Resource::name).filter(|_| rest > items.len());
        let next = last.map(|name| Cursor::new(name.as_str()));
        Ok(Page { items, next })
    }

    async fn read(&self, file: &Entry<Thing>, range: ReadRange) -> Result<ByteStream> {
        let range = match range {
            ReadRange::Whole => allmende_storage::ByteRange::ALL,
            ReadRange::Part { start, length } => allmende_storage::ByteRange::new(start, length),
        };
        let Shown { version, .. } = Thing::asked(file)?;
        Ok(self.home.view.read_version(version, range).await.map_err(from_files)?.body)
    }

    async fn put(&self, _: Put<'_, Thing>) -> Result<Written<Thing>> {
        refuse("Versions come by writing the file")
    }

    async fn make_collection(&self, _: MakeCollection<'_>) -> Result<Written<Thing>> {
        refuse("Versions have no folders")
    }

    async fn remove(&self, remove: Remove<'_, Thing>) -> Result<Removed> {
        let Shown { file, version, .. } = Thing::asked(&remove.source)?;
        if !file.permissions.contains(Permissions::DELETE) {
            return Err(refused("delete this version", "delete"));
        }
        self.home.view.remove_version(file, version).await.map_err(from_files)?;
        Ok(Removed::default())
    }

    async fn copy(&self, _: Transfer<'_, Thing>) -> Result<Written<Thing>> {
        refuse("")
    }

    async fn rename(&self, _: Transfer<'_, Thing>) -> Result<Written<Thing>> {
        refuse("")
    }

    async fn patch_properties(&self, patch: Patch<'_, Thing>) -> Result<Patched> {
        let Shown { file, version, .. } = Thing::asked(&patch.target)?;
        let mut label = None;
        let mut wrong = Vec::new();
        for (at, change) in patch.changes.iter().enumerate() {
            let text = match change {
                PropUpdate::Set(element) if element.name == LABEL => element.text().into_owned(),
                PropUpdate::Remove(name) if *name == LABEL => String::new(),
                _ => {
                    wrong.push((at, Error::protected_property()));
                    continue;
                }
            };
            if text.chars().count() > Version::MAX_LABEL {
                wrong.push((at, Error::new(ErrorKind::Conflict, "The name is too long")));
            }
            label = Some(text);
        }
        if !file.permissions.contains(Permissions::UPDATE) {
            let refused = || refused("update the version's metadata", "update");
            wrong = (0..patch.changes.len()).map(|at| (at, refused())).collect();
        }
        if !wrong.is_empty() {
            return Ok(Patched::Refused(wrong));
        }
        // No name is how clients take one away.
        let label = label.as_deref().filter(|label| !label.is_empty());
        self.home.view.label_version(file, version, label).await.map_err(from_files)?;
        Ok(Patched::Done)
    }

    async fn dead_properties(&self, page: &[Entry<Thing>]) -> Result<Vec<Vec<DeadProperty>>> {
        Ok(page.iter().map(|_| Vec::new()).collect())
    }

    async fn locks(&self, paths: &[&SpacePath]) -> Result<Vec<Vec<Lock>>> {
        // Nothing here can be locked.
        Ok(vec![Vec::new(); paths.len()])
    }

    async fn lock(&self, _: LockRequest<'_, Thing>) -> Result<Lock> {
        refuse("Versions cannot be locked")
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
