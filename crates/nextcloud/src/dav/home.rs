//! A person's view of the files as a WebDAV backend.

use std::sync::Arc;

use allmende_comments::Comments;
use allmende_files::{
    Error as FilesError, ErrorKind as FilesErrorKind, FolderRequest, LockOrder, MountKind,
    PutRequest, TransferRequest, View, Written as FilesWritten,
};
use allmende_reminders::Reminders;
use allmende_sharing::Sharing;
use allmende_storage::{
    Expect as StoreExpect, Lock as StoreLock, LockDepth as StoreDepth, LockScope as StoreScope,
    PropertyOwner,
};
use allmende_tags::Tags;
use allmende_types::{InstanceId, Name, Permissions, Revision, SpacePath};
use allmende_webdav::{
    Backend, ByteStream, Change, Cursor, DeadProperty, Entry, Error, ErrorKind, Expect, Kind,
    MakeCollection, Page, Patch, Patched, Put, Quota, ReadRange, Remove, Removed, Result, Target,
    Transfer, Unlocked, Written,
    lock::{Lock, LockDepth, LockRequest, LockScope, LockTimeout, LockToken},
};
use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    errors::from_files,
    headers::ContentHeaders,
    item::{Item, OC_ETAG},
    lock::{shown, store_timeout},
    patch, teams,
};

/// The id of the node that a write made or moved.
pub(crate) const OC_FILE_ID: HeaderName = HeaderName::from_static("oc-fileid");

/// One person's files, for one request.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// What the person sees.
    pub(crate) view: View,
    /// The person's name, as owner of their files.
    pub(crate) display_name: Arc<str>,
    /// What is known of team folders and shares.
    pub(crate) sharing: Sharing,
    /// Labels on files.
    pub(crate) tags: Tags,
    /// What people say of files.
    pub(crate) comments: Comments,
    /// Files that people want to be reminded of.
    pub(crate) reminders: Reminders,
    /// Ends every file id.
    pub(crate) instance: Arc<InstanceId>,
    /// Changes when a backup was restored.
    pub(crate) data_fingerprint: Arc<str>,
}

impl Home {
    /// The view with the lock tokens of a request.
    pub(crate) fn with_tokens(&self, tokens: &[LockToken]) -> View {
        if tokens.is_empty() {
            return self.view.clone();
        }
        // A text that can be no token of ours opens nothing.
        let tokens = tokens.iter().filter_map(|token| token.as_str().parse().ok());
        self.view.with_lock_tokens(tokens.collect())
    }

    /// The headers that tell a client what its write made.
    pub(crate) fn identify(&self, item: &Item, headers: &mut HeaderMap, etag: ETagHeaders) {
        set(headers, OC_FILE_ID, &item.0.id().file_id(&self.instance));
        if etag == ETagHeaders::Tell {
            let etag = item.0.etag().to_string();
            set(headers, header::ETAG, &etag);
            set(headers, OC_ETAG, &etag);
        }
    }

    fn written(&self, written: FilesWritten, etag: ETagHeaders) -> Written<Item> {
        let change = if written.is_new() { Change::Created } else { Change::Replaced };
        let item = Item(written.entry);
        let mut answer = Written::new(item.clone(), change);
        self.identify(&item, &mut answer.headers, etag);
        answer
    }

    fn transfer(request: &Transfer<'_, Item>) -> TransferRequest {
        let mut transfer = TransferRequest::new(request.target.path.clone());
        transfer.expect = expectation(&request.target);
        transfer.revision = revision(&request.source, request.expect);
        // Observed: a folder is copied with all that is in it, whatever depth was asked.
        transfer.depth = StoreDepth::Infinity;
        transfer
    }

    /// Locks with the paths of the nodes that they were taken on.
    async fn with_roots(&self, locks: Vec<Vec<StoreLock>>) -> Result<Vec<Vec<Lock>>> {
        let ids: Vec<_> = locks.iter().flatten().map(|lock| lock.node).collect();
        if ids.is_empty() {
            return Ok(vec![Vec::new(); locks.len()]);
        }
        let mut entries = self.view.stat(&ids).await.map_err(from_files)?.into_iter();
        let now = self.view.files().now();
        let place = |lock: &StoreLock, entry: Option<allmende_files::Entry>| {
            let entry = entry?;
            let kind = if entry.is_folder() { Kind::Collection } else { Kind::File };
            Some(shown(lock, entry.path?, kind, now))
        };
        Ok(locks
            .into_iter()
            .map(|group| {
                group.iter().filter_map(|lock| place(lock, entries.next().flatten())).collect()
            })
            .collect())
    }
}

/// Whether an answer carries the etag of what was written. Clients of the original know
/// it from PUT and from the MOVE of a file; from anything else they read it anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ETagHeaders {
    Tell,
    Omit,
}

#[async_trait]
impl Backend for Home {
    type Resource = Item;

    async fn resolve(&self, path: &SpacePath) -> Result<Option<Item>> {
        Ok(self.view.resolve(path).await.map_err(from_files)?.map(Item))
    }

    async fn children(
        &self,
        folder: &Entry<Item>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Item>> {
        let after = after.map(|cursor| Name::new(cursor.as_str())).transpose()?;
        let after = after.map(allmende_storage::Cursor);
        let page = self.view.children(&folder.resource.0, after.as_ref(), limit).await;
        let page = page.map_err(from_files)?;
        Ok(Page {
            items: page.items.into_iter().map(Item).collect(),
            next: page.next.map(|cursor| Cursor::new(cursor.0.as_str())),
        })
    }

    async fn read(&self, file: &Entry<Item>, range: ReadRange) -> Result<ByteStream> {
        let range = match range {
            ReadRange::Whole => allmende_storage::ByteRange::ALL,
            ReadRange::Part { start, length } => allmende_storage::ByteRange::new(start, length),
        };
        Ok(self.view.read(&file.resource.0, range).await.map_err(from_files)?.body)
    }

    async fn put(&self, put: Put<'_, Item>) -> Result<Written<Item>> {
        let told = ContentHeaders::read(put.context.headers)?;
        let mut request = PutRequest::new(put.target.path.clone());
        request.expect = expectation(&put.target);
        request.seen = put.target.seen.as_ref().map(|Item(seen)| Box::new(seen.node.clone()));
        request.length = put.length;
        request.announced = told.announced;
        request.checksums.clone_from(&told.checksums);
        request.hashes.clone_from(&told.hashes);
        request.modified = told.modified;
        request.created = told.created;
        request.parents = told.parents;
        let view = self.with_tokens(put.context.tokens);
        let written = view.put(request, put.body).await.map_err(|error| match error.kind() {
            // Observed: what stands where a folder should be is as good as nothing there.
            FilesErrorKind::NotAFolder => {
                let text = "The parent of the file could not be found";
                Error::new(ErrorKind::NotFound, text).with_source(error)
            }
            _ => from_files(error),
        })?;
        let hashes = written.hashes.clone();
        let mut answer = self.written(written, ETagHeaders::Tell);
        let headers = &mut answer.headers;
        told.acknowledge(headers);
        for hash in hashes.iter() {
            let name = format!("x-hash-{}", hash.algorithm().to_ascii_lowercase());
            if let Ok(name) = HeaderName::try_from(name) {
                set(headers, name, hash.value());
            }
        }
        let entry = &answer.resource.0;
        set(headers, HeaderName::from_static("x-nc-ownerid"), entry.owner.as_str());
        set(headers, HeaderName::from_static("x-nc-permissions"), &entry.letters());
        Ok(answer)
    }

    async fn make_collection(&self, make: MakeCollection<'_>) -> Result<Written<Item>> {
        let told = ContentHeaders::read(make.context.headers)?;
        let plan = patch::Plan::of(make.properties).map_err(|mut refused| {
            refused.pop().map_or_else(Error::protected_property, |(_, error)| error)
        })?;
        let mut request = FolderRequest::new(make.path.clone());
        request.modified = told.modified;
        request.created = told.created;
        let view = self.with_tokens(make.context.tokens);
        plan.prepare(&mut request, view.person());
        let entry = view.make_folder(request).await.map_err(from_files)?;
        let mut answer = Written::new(Item(entry), Change::Created);
        self.identify(&answer.resource, &mut answer.headers, ETagHeaders::Omit);
        told.acknowledge(&mut answer.headers);
        Ok(answer)
    }

    async fn remove(&self, remove: Remove<'_, Item>) -> Result<Removed> {
        let source = &remove.source;
        if source.path.is_root() {
            let text = "Permission denied to delete home folder";
            return Err(Error::new(ErrorKind::Forbidden, text));
        }
        let view = self.with_tokens(remove.context.tokens);
        let revision = revision(source, remove.expect);
        view.remove(&source.resource.0, revision).await.map_err(from_files)?;
        Ok(Removed::default())
    }

    async fn copy(&self, copy: Transfer<'_, Item>) -> Result<Written<Item>> {
        let view = self.with_tokens(copy.context.tokens);
        let written = view.copy_to(&copy.source.resource.0, Self::transfer(&copy)).await;
        Ok(self.written(written.map_err(from_transfer)?, ETagHeaders::Omit))
    }

    async fn rename(&self, rename: Transfer<'_, Item>) -> Result<Written<Item>> {
        let source = &rename.source.resource;
        let view = self.with_tokens(rename.context.tokens);
        let written = view.move_to(&source.0, Self::transfer(&rename)).await;
        let written = written.map_err(from_transfer)?;
        let etag = if source.0.is_folder() { ETagHeaders::Omit } else { ETagHeaders::Tell };
        Ok(self.written(written, etag))
    }

    async fn patch_properties(&self, patch: Patch<'_, Item>) -> Result<Patched> {
        if let Some(rules) = teams::rules_to_set(patch.changes) {
            let entry = &patch.target.resource.0;
            teams::set_rules(self, entry, rules, patch.context.tokens).await?;
            return Ok(Patched::Done);
        }
        if is_only_shown(&patch.target.resource.0) {
            let refused = |at| (at, Error::new(ErrorKind::Forbidden, "This link shows only"));
            return Ok(Patched::Refused((0..patch.changes.len()).map(refused).collect()));
        }
        let plan = match patch::Plan::of(patch.changes) {
            Ok(plan) => plan,
            Err(refused) => return Ok(Patched::Refused(refused)),
        };
        let view = self.with_tokens(patch.context.tokens);
        plan.apply(&view, &patch.target.resource.0).await.map_err(from_files)?;
        Ok(Patched::Done)
    }

    async fn dead_properties(&self, page: &[Entry<Item>]) -> Result<Vec<Vec<DeadProperty>>> {
        let ids: Vec<_> = page.iter().map(|entry| entry.resource.0.id()).collect();
        // Each person has properties of their own, as with the original.
        let owner = PropertyOwner::Person(self.view.person().clone());
        let stored = self.view.properties(&ids, &owner).await.map_err(from_files)?;
        Ok(stored
            .into_iter()
            .map(|properties| properties.into_iter().filter_map(patch::dead).collect())
            .collect())
    }

    async fn quotas(&self, page: &[Entry<Item>]) -> Result<Vec<Option<Quota>>> {
        let entries: Vec<_> = page.iter().map(|entry| &entry.resource.0).collect();
        let quotas = self.view.quotas(&entries).await.map_err(from_files)?;
        let quota = |(entry, space): (&allmende_files::Entry, allmende_files::Quota)| {
            let (used, available) = (entry.node.size, space.free());
            entry.is_folder().then_some(Quota { used, available })
        };
        Ok(entries.into_iter().zip(quotas).map(quota).collect())
    }

    async fn locks(&self, paths: &[&SpacePath]) -> Result<Vec<Vec<Lock>>> {
        let mut nodes = Vec::with_capacity(paths.len());
        for path in paths {
            nodes.push(self.nearest(path).await?.0.id());
        }
        let locks = self.view.locks_covering(&nodes).await.map_err(from_files)?;
        self.with_roots(locks).await
    }

    async fn locks_on(&self, page: &[Entry<Item>]) -> Result<Vec<Vec<Lock>>> {
        let nodes: Vec<_> = page.iter().map(|entry| entry.resource.0.id()).collect();
        let locks = self.view.locks_covering(&nodes).await.map_err(from_files)?;
        self.with_roots(locks).await
    }

    async fn lock(&self, request: LockRequest<'_, Item>) -> Result<Lock> {
        let LockRequest { target, scope, depth, owner, timeout, context } = request;
        let token = LockToken::random();
        let order = LockOrder {
            token: token.as_str().parse().map_err(|error| {
                Error::new(ErrorKind::Internal, "no lock token").with_source(error)
            })?,
            scope: match scope {
                LockScope::Exclusive => StoreScope::Exclusive,
                LockScope::Shared => StoreScope::Shared,
            },
            depth: match depth {
                LockDepth::Zero => StoreDepth::Zero,
                LockDepth::Infinity => StoreDepth::Infinity,
            },
            owner: owner.map(|owner| owner.to_fragment()).unwrap_or_default(),
            timeout: store_timeout(timeout),
        };
        let view = self.with_tokens(context.tokens);
        let made = view.lock(target.path.clone().into(), order).await.map_err(from_files)?;
        let kind = if made.entry.is_folder() { Kind::Collection } else { Kind::File };
        Ok(shown(&made.lock, target.path, kind, view.files().now()))
    }

    async fn refresh_lock(
        &self,
        path: &SpacePath,
        token: &LockToken,
        timeout: LockTimeout,
    ) -> Result<Option<Lock>> {
        let Ok(token) = token.as_str().parse() else { return Ok(None) };
        let Some(item) = self.resolve(path).await? else { return Ok(None) };
        match self.view.refresh_lock(&item.0, &token, store_timeout(timeout)).await {
            Ok(lock) => {
                Ok(self.with_roots(vec![vec![lock]]).await?.pop().and_then(|mut l| l.pop()))
            }
            Err(error) if *error.kind() == allmende_files::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(from_files(error)),
        }
    }

    async fn unlock(&self, path: &SpacePath, token: &LockToken) -> Result<Unlocked> {
        let Ok(token) = token.as_str().parse() else { return Ok(Unlocked::NoSuchLock) };
        let Some(item) = self.resolve(path).await? else { return Ok(Unlocked::NoSuchLock) };
        match self.view.unlock(&item.0, &token).await {
            Ok(()) => Ok(Unlocked::Done),
            Err(error) if *error.kind() == allmende_files::ErrorKind::NotFound => {
                Ok(Unlocked::NoSuchLock)
            }
            Err(error) => Err(from_files(error)),
        }
    }
}

impl Home {
    /// What stands at a path, or the nearest folder above it.
    async fn nearest(&self, path: &SpacePath) -> Result<Item> {
        let mut path = path.clone();
        loop {
            if let Some(item) = self.resolve(&path).await? {
                return Ok(item);
            }
            path = path.parent().ok_or_else(|| Error::not_found(&SpacePath::root()))?;
        }
    }
}

/// Whether a stranger sees this through a link that lets nothing be changed: they leave
/// nothing behind, not even properties of their own.
fn is_only_shown(entry: &allmende_files::Entry) -> bool {
    let mount = entry.mount.as_ref();
    mount.is_some_and(|mount| mount.kind == MountKind::Link)
        && !entry.permissions.contains(Permissions::UPDATE)
}

/// The answer to a failed COPY or MOVE. Observed: below a file there is no place of the
/// right kind.
fn from_transfer(error: FilesError) -> Error {
    match error.kind() {
        FilesErrorKind::NotAFolder => {
            let text = "The destination node is not a collection";
            Error::new(ErrorKind::UnsupportedMediaType, text).with_source(error)
        }
        _ => from_files(error),
    }
}

/// What a write expects at its target.
fn expectation(target: &Target<Item>) -> StoreExpect {
    match (target.expect, &target.seen) {
        (Expect::Any, _) => StoreExpect::Any,
        (Expect::AsSeen, None) => StoreExpect::Absent,
        (Expect::AsSeen, Some(Item(seen))) => StoreExpect::Unchanged(seen.id(), seen.node.revision),
    }
}

fn revision(source: &Entry<Item>, expect: Expect) -> Option<Revision> {
    (expect == Expect::AsSeen).then_some(source.resource.0.node.revision)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
