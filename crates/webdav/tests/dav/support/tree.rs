//! A tree in memory: the shortest backend that keeps the whole contract.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::SystemTime,
};

use allmende_types::{ETag, Name, SpacePath, Timestamp};
use allmende_webdav::{
    Backend, ByteStream, Change, Cursor, DeadProperty, Entry, Error, ErrorKind, Expect, Kind,
    MakeCollection, Page, Patch, Patched, Put, Quota, ReadRange, Remove, Removed, Resource, Result,
    Target, Transfer, TransferDepth, Unlocked, Written,
    lock::{GuardedWrite, Lock, LockRequest, LockTimeout, LockToken, MemoryLocks, NewLock},
};
use allmende_webdav_proto::{Element, request::PropUpdate};
use bytes::Bytes;
use futures_util::{StreamExt, stream};

#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryTree {
    state: Arc<Mutex<State>>,
    locks: Arc<MemoryLocks>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    nodes: BTreeMap<SpacePath, Node>,
    revision: u64,
    /// What goes wrong next.
    pub(crate) fault: Fault,
    /// The most resources that were handed out by one call.
    pub(crate) largest_page: usize,
    /// How many resources were handed out by listings.
    pub(crate) listed: usize,
}

/// What goes wrong.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// Listings fail after so many pages.
    ListingAfter(usize),
    /// Nothing can be looked up.
    Resolve,
    /// Somebody else writes to every file between its look-up and the write.
    Interference,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    name: Option<Name>,
    kind: Kind,
    content: Bytes,
    revision: u64,
    properties: Vec<Element>,
}

impl Resource for Node {
    fn kind(&self) -> Kind {
        self.kind
    }
    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }
    fn etag(&self) -> Option<ETag> {
        ETag::strong(self.revision.to_string()).ok()
    }
    fn last_modified(&self) -> Timestamp {
        Timestamp::from_unix(1_700_000_000)
    }
    fn created(&self) -> Option<Timestamp> {
        Some(Timestamp::from_unix(1_500_000_000))
    }
    fn content_length(&self) -> u64 {
        self.content.len() as u64
    }
    fn content_type(&self) -> &str {
        "text/plain"
    }
}

fn now() -> Timestamp {
    SystemTime::now().into()
}

impl MemoryTree {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        state.nodes.entry(SpacePath::root()).or_insert(Node {
            name: None,
            kind: Kind::Collection,
            content: Bytes::new(),
            revision: 0,
            properties: Vec::new(),
        });
        state
    }

    /// Makes files quickly: `count` of them in a folder.
    pub(crate) fn fill(&self, folder: &str, count: usize) {
        let mut state = self.state();
        let folder: SpacePath = folder.parse().unwrap();
        if !folder.is_root() {
            state.insert(folder.clone(), Kind::Collection, Bytes::new(), Vec::new());
        }
        for number in 0..count {
            let path = folder.join(Name::new(&format!("file {number:06}")).unwrap());
            state.insert(path, Kind::File, Bytes::from_static(b"x"), Vec::new());
        }
    }
}

impl State {
    fn insert(
        &mut self,
        path: SpacePath,
        kind: Kind,
        content: Bytes,
        properties: Vec<Element>,
    ) -> Node {
        self.revision += 1;
        let name = path.file_name().cloned();
        let node = Node { name, kind, content, revision: self.revision, properties };
        self.nodes.insert(path, node.clone());
        node
    }

    fn check_parent(&self, path: &SpacePath) -> Result<SpacePath> {
        let parent = path.parent().ok_or_else(Error::changed)?;
        match self.nodes.get(&parent) {
            Some(node) if node.is_collection() => Ok(parent),
            _ => Err(Error::missing_parent()),
        }
    }

    fn check(
        &mut self,
        path: &SpacePath,
        seen: Option<&Node>,
        expect: Expect,
    ) -> Result<Option<Node>> {
        if self.fault == Fault::Interference
            && let Some(node) = self.nodes.get_mut(path)
        {
            node.revision += 1_000_000;
        }
        let standing = self.nodes.get(path).cloned();
        let same = standing.as_ref().map(|n| n.revision) == seen.map(|n| n.revision);
        if expect == Expect::AsSeen && !same { Err(Error::changed()) } else { Ok(standing) }
    }

    fn subtree(&self, path: &SpacePath) -> Vec<(SpacePath, Node)> {
        let all = self.nodes.range(path..).take_while(|(at, _)| at.starts_with(path));
        all.map(|(path, node)| (path.clone(), node.clone())).collect()
    }

    fn remove(&mut self, path: &SpacePath) {
        self.nodes.retain(|at, _| !at.starts_with(path));
    }
}

fn rebase(path: &SpacePath, from: &SpacePath, to: &SpacePath) -> SpacePath {
    let rest = path.names()[from.names().len()..].iter().cloned();
    SpacePath::from_names(to.names().iter().cloned().chain(rest).collect()).unwrap()
}

impl MemoryTree {
    fn check_arrival(
        &self,
        target: &Target<Node>,
        state: &mut State,
        tokens: &[LockToken],
    ) -> Result<Option<Node>> {
        let standing = state.check(&target.path, target.seen.as_ref(), target.expect)?;
        let parent = state.check_parent(&target.path)?;
        let mut writes = vec![GuardedWrite::Members(parent)];
        if standing.is_some() {
            writes.push(GuardedWrite::Subtree(target.path.clone()));
        }
        self.locks.check(&writes, tokens, now())?;
        Ok(standing)
    }

    fn place(
        &self,
        state: &mut State,
        transfer: &Transfer<'_, Node>,
        standing: Option<&Node>,
    ) -> Written<Node> {
        let (source, target) = (&transfer.source.path, &transfer.target.path);
        let mut nodes = state.subtree(source);
        if transfer.depth == TransferDepth::Alone {
            nodes.truncate(1);
        }
        state.remove(target);
        self.locks.forget(target);
        for (path, node) in nodes {
            let path = rebase(&path, source, target);
            state.insert(path, node.kind, node.content, node.properties);
        }
        let change = if standing.is_some() { Change::Replaced } else { Change::Created };
        Written::new(state.nodes[target].clone(), change)
    }
}

fn apply(properties: &mut Vec<Element>, changes: &[PropUpdate]) {
    for change in changes {
        properties.retain(|property| property.name != *change.name());
        if let PropUpdate::Set(element) = change {
            properties.push(element.clone());
        }
    }
}

#[async_trait::async_trait]
impl Backend for MemoryTree {
    type Resource = Node;

    async fn resolve(&self, path: &SpacePath) -> Result<Option<Node>> {
        let state = self.state();
        if state.fault == Fault::Resolve {
            return Err(Error::new(ErrorKind::Unavailable, "The store is away"));
        }
        Ok(state.nodes.get(path).cloned())
    }

    async fn children(
        &self,
        folder: &Entry<Node>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Node>> {
        // A page takes its time, so that the order of calls is not that of the loop.
        tokio::task::yield_now().await;
        let mut state = self.state();
        match &mut state.fault {
            Fault::ListingAfter(0) => {
                return Err(Error::new(ErrorKind::Unavailable, "The store is away"));
            }
            Fault::ListingAfter(left) => *left -= 1,
            _ => {}
        }
        let depth = folder.path.names().len() + 1;
        let start = match after {
            Some(after) => folder.path.join(Name::new(after.as_str()).unwrap()),
            None => folder.path.clone(),
        };
        let mut items: Vec<Node> = (state.nodes.range(start..))
            .take_while(|(path, _)| path.starts_with(&folder.path))
            .filter(|(path, _)| path.names().len() == depth)
            .filter(|(path, _)| {
                after.is_none_or(|a| path.file_name().unwrap().as_str() > a.as_str())
            })
            .take(limit + 1)
            .map(|(_, node)| node.clone())
            .collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next =
            items.last().filter(|_| more).map(|last| Cursor::new(last.name().unwrap().as_str()));
        state.largest_page = state.largest_page.max(items.len());
        state.listed += items.len();
        Ok(Page { items, next })
    }

    async fn read(&self, file: &Entry<Node>, range: ReadRange) -> Result<ByteStream> {
        let content = file.resource.content.clone();
        let part = match range {
            ReadRange::Whole => content,
            ReadRange::Part { start, length } => {
                content.slice(start as usize..(start + length) as usize)
            }
        };
        Ok(Box::pin(stream::iter(
            part.chunks(3).map(|c| Ok(Bytes::copy_from_slice(c))).collect::<Vec<_>>(),
        )))
    }

    async fn put(&self, mut put: Put<'_, Node>) -> Result<Written<Node>> {
        let mut content = Vec::new();
        while let Some(chunk) = put.body.next().await {
            content.extend_from_slice(&chunk.map_err(Error::body)?);
        }
        let mut state = self.state();
        let (target, tokens) = (&put.target, put.context.tokens);
        let standing = state.check(&target.path, target.seen.as_ref(), target.expect)?;
        let parent = state.check_parent(&target.path)?;
        let write = match &standing {
            Some(node) if node.is_collection() => {
                return Err(Error::new(ErrorKind::Conflict, "PUT is not allowed on non-files."));
            }
            Some(_) => GuardedWrite::Resource(target.path.clone()),
            None => GuardedWrite::Members(parent),
        };
        self.locks.check(&[write], tokens, now())?;
        let change = if standing.is_some() { Change::Replaced } else { Change::Created };
        let properties = standing.map(|node| node.properties).unwrap_or_default();
        let node = state.insert(target.path.clone(), Kind::File, content.into(), properties);
        Ok(Written::new(node, change))
    }

    async fn make_collection(&self, make: MakeCollection<'_>) -> Result<Written<Node>> {
        let mut state = self.state();
        let parent = state.check_parent(&make.path)?;
        self.locks.check(&[GuardedWrite::Members(parent)], make.context.tokens, now())?;
        if state.nodes.contains_key(&make.path) {
            return Err(Error::new(ErrorKind::MethodNotAllowed, "It exists"));
        }
        let mut properties = Vec::new();
        apply(&mut properties, make.properties);
        let node = state.insert(make.path, Kind::Collection, Bytes::new(), properties);
        Ok(Written::new(node, Change::Created))
    }

    async fn remove(&self, remove: Remove<'_, Node>) -> Result<Removed> {
        let mut state = self.state();
        let path = &remove.source.path;
        state.check(path, Some(&remove.source.resource), remove.expect)?;
        let parent = state.check_parent(path)?;
        let writes = [GuardedWrite::Members(parent), GuardedWrite::Subtree(path.clone())];
        self.locks.check(&writes, remove.context.tokens, now())?;
        state.remove(path);
        self.locks.forget(path);
        Ok(Removed::default())
    }

    async fn copy(&self, copy: Transfer<'_, Node>) -> Result<Written<Node>> {
        let mut state = self.state();
        state.check(&copy.source.path, Some(&copy.source.resource), copy.expect)?;
        let standing = self.check_arrival(&copy.target, &mut state, copy.context.tokens)?;
        Ok(self.place(&mut state, &copy, standing.as_ref()))
    }

    async fn rename(&self, rename: Transfer<'_, Node>) -> Result<Written<Node>> {
        let mut state = self.state();
        let source = &rename.source.path;
        state.check(source, Some(&rename.source.resource), rename.expect)?;
        let parent = state.check_parent(source)?;
        let writes = [GuardedWrite::Members(parent), GuardedWrite::Subtree(source.clone())];
        self.locks.check(&writes, rename.context.tokens, now())?;
        let standing = self.check_arrival(&rename.target, &mut state, rename.context.tokens)?;
        let written = self.place(&mut state, &rename, standing.as_ref());
        state.remove(source);
        self.locks.forget(source);
        Ok(written)
    }

    async fn patch_properties(&self, patch: Patch<'_, Node>) -> Result<Patched> {
        let mut state = self.state();
        let path = &patch.target.path;
        state.check(path, Some(&patch.target.resource), patch.expect)?;
        self.locks.check(&[GuardedWrite::Resource(path.clone())], patch.context.tokens, now())?;
        let refused: Vec<_> = (patch.changes.iter().enumerate())
            .filter(|(_, change)| change.name().local() == "poison")
            .map(|(at, _)| (at, Error::new(ErrorKind::Unprocessable, "Not this one")))
            .collect();
        if !refused.is_empty() {
            return Ok(Patched::Refused(refused));
        }
        let node = state.nodes.get_mut(path).ok_or_else(Error::changed)?;
        apply(&mut node.properties, patch.changes);
        Ok(Patched::Done)
    }

    async fn dead_properties(&self, page: &[Entry<Node>]) -> Result<Vec<Vec<DeadProperty>>> {
        let state = self.state();
        let dead = |element: &Element| DeadProperty {
            name: element.name.clone(),
            xml: element.to_fragment().into(),
        };
        let of = |entry: &Entry<Node>| {
            let node = state.nodes.get(&entry.path);
            node.map(|node| node.properties.iter().map(dead).collect()).unwrap_or_default()
        };
        Ok(page.iter().map(of).collect())
    }

    async fn quotas(&self, page: &[Entry<Node>]) -> Result<Vec<Option<Quota>>> {
        let quota = Quota { used: 7, available: None };
        Ok(page.iter().map(|entry| entry.resource.is_collection().then_some(quota)).collect())
    }

    async fn locks(&self, paths: &[&SpacePath]) -> Result<Vec<Vec<Lock>>> {
        Ok(paths.iter().map(|path| self.locks.covering(path, now())).collect())
    }

    async fn lock(&self, request: LockRequest<'_, Node>) -> Result<Lock> {
        let LockRequest { target, scope, depth, owner, timeout, .. } = request;
        let root_kind = target.resource.kind;
        let new = NewLock { root: target.path, root_kind, scope, depth, owner, timeout };
        self.locks.lock(new, now())
    }

    async fn refresh_lock(
        &self,
        path: &SpacePath,
        token: &LockToken,
        timeout: LockTimeout,
    ) -> Result<Option<Lock>> {
        Ok(self.locks.refresh(path, token, timeout, now()))
    }

    async fn unlock(&self, path: &SpacePath, token: &LockToken) -> Result<Unlocked> {
        let lock = self.locks.unlock(path, token, now());
        Ok(if lock.is_some() { Unlocked::Done } else { Unlocked::NoSuchLock })
    }
}
