//! What the laws are told with: a space, shorthand for changes, and a check that all
//! figures of a tree agree.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use allmende_types::{
    BlobId, Checksums, Name, NodeId, Revision, SpaceId, SpacePath, Timestamp, UserId,
};

use crate::{
    Actor, Batch, BlobLease, Cause, Committed, CopyNode, Cursor, ErrorKind, Expect, LockDepth,
    MakeFolder, MoveNode, NewSpace, Node, NodeKind, Op, PutFile, RemoveNode, Result, Segment,
    Space, Target, Tree, Written,
};

/// The time of most changes.
pub(super) const NOW: Timestamp = Timestamp::from_unix(1_500_000_000);
/// What clients say when files were changed.
pub(super) const MTIME: Timestamp = Timestamp::from_unix(1_400_000_000);

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(super) fn path(text: &str) -> SpacePath {
    text.parse().unwrap()
}

pub(super) fn person(text: &str) -> UserId {
    text.parse().unwrap()
}

/// The kind of an error that must be.
#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind().clone()
}

pub(super) fn target(parent: NodeId, text: &str, expect: Expect) -> Target {
    Target { parent, name: name(text), expect, space: None }
}

pub(super) fn put(target: Target, segments: Vec<Segment>) -> Op {
    Op::PutFile(PutFile {
        target,
        segments,
        media_type: "text/plain".into(),
        checksums: Checksums::none(),
        modified: MTIME,
        created: None,
        properties: Vec::new(),
    })
}

pub(super) fn make_folder(target: Target) -> Op {
    Op::MakeFolder(MakeFolder { target, modified: MTIME, created: None })
}

pub(super) fn remove(node: NodeId) -> Op {
    Op::Remove(RemoveNode::whatever(node))
}

pub(super) fn move_to(node: NodeId, target: Target) -> Op {
    Op::Move(MoveNode::whatever(node, target))
}

pub(super) fn copy_to(node: NodeId, target: Target) -> Op {
    Op::Copy(CopyNode { node, target, depth: LockDepth::Infinity })
}

/// Changes by the server itself.
pub(super) fn batch(ops: Vec<Op>) -> Batch {
    Batch { actor: Actor::default(), now: NOW, cause: Cause::Request, ops }
}

/// A space in the tree under test.
pub(super) struct World {
    pub(super) tree: Arc<dyn Tree>,
    pub(super) space: SpaceId,
    pub(super) root: NodeId,
    pub(super) lease: BlobLease,
    blobs: AtomicU64,
}

impl World {
    pub(super) async fn new(tree: Arc<dyn Tree>) -> Self {
        let lease = tree.lease_blobs(NOW).await.unwrap();
        let key = format!("law:{:x}", lease.lease).into();
        let space = tree.create_space(NewSpace { key, quota: None, now: NOW }).await.unwrap();
        Self { tree, space: space.id, root: space.root, lease, blobs: AtomicU64::new(0) }
    }

    /// Another space of the same tree.
    pub(super) async fn beside(&self) -> Self {
        Self::new(self.tree.clone()).await
    }

    /// A fresh blob of so many bytes.
    pub(super) fn blob(&self, size: u64) -> Segment {
        let n = self.blobs.fetch_add(1, Ordering::Relaxed);
        Segment { blob: BlobId::new(self.lease.lease, n), size }
    }

    pub(super) async fn commit(&self, op: Op) -> Result<Committed> {
        self.commit_all(vec![op]).await
    }

    pub(super) async fn commit_all(&self, ops: Vec<Op>) -> Result<Committed> {
        self.tree.commit(batch(ops)).await
    }

    pub(super) async fn commit_at(&self, now: Timestamp, op: Op) -> Result<Committed> {
        self.tree.commit(Batch::one(Actor::default(), now, op)).await
    }

    /// A change that must succeed.
    pub(super) async fn apply(&self, op: Op) -> Written {
        let mut committed = self.commit(op).await.unwrap();
        assert_eq!(committed.written.len(), 1);
        committed.written.remove(0)
    }

    /// Makes a file, or overwrites it.
    pub(super) async fn file(&self, parent: NodeId, name: &str, size: u64) -> Node {
        let segments = if size == 0 { Vec::new() } else { vec![self.blob(size)] };
        self.apply(put(target(parent, name, Expect::Any), segments)).await.node
    }

    pub(super) async fn folder(&self, parent: NodeId, name: &str) -> Node {
        self.apply(make_folder(target(parent, name, Expect::Absent))).await.node
    }

    pub(super) async fn stat(&self, id: NodeId) -> Option<Node> {
        let mut nodes = self.tree.stat(&[id]).await.unwrap();
        assert_eq!(nodes.len(), 1);
        nodes.remove(0)
    }

    /// A node that must be there.
    pub(super) async fn node(&self, id: NodeId) -> Node {
        self.stat(id).await.expect("the node is there")
    }

    pub(super) async fn at(&self, text: &str) -> Option<Node> {
        self.tree.resolve(self.space, &path(text)).await.unwrap()
    }

    pub(super) async fn info(&self) -> Space {
        self.tree.space(self.space).await.unwrap()
    }

    pub(super) async fn revision(&self) -> Revision {
        self.info().await.revision
    }

    /// All children of a folder, read in small pages.
    pub(super) async fn children(&self, folder: NodeId) -> Vec<Node> {
        let mut all: Vec<Node> = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page = self.tree.list(folder, after.as_ref(), 3).await.unwrap();
            assert!(page.items.len() <= 3, "a page is longer than asked for");
            all.extend(page.items);
            match page.next {
                Some(next) => {
                    assert_ne!(after.as_ref(), Some(&next), "a listing stands still");
                    after = Some(next);
                }
                None => return all,
            }
        }
    }

    pub(super) async fn names(&self, folder: NodeId) -> Vec<String> {
        let children = self.children(folder).await;
        children.into_iter().map(|node| node.name.unwrap().to_string()).collect()
    }

    /// Every node of the space by its path. On the way all figures are compared: sizes,
    /// revisions, counts, paths, parents.
    pub(super) async fn all(&self) -> BTreeMap<String, Node> {
        let space = self.info().await;
        let root = self.node(self.root).await;
        assert_eq!((space.used, space.root), (root.size, root.id));
        assert!(root.revision <= space.revision, "the root is newer than its space");
        let mut all = BTreeMap::from([(String::new(), root.clone())]);
        let mut folders = vec![(SpacePath::root(), root)];
        while let Some((place, folder)) = folders.pop() {
            let children = self.children(folder.id).await;
            let mut count = crate::ChildCount::default();
            let mut size = 0;
            for child in children {
                let (id, text) = (child.id, child.name.clone().unwrap());
                let at = place.join(text);
                assert_eq!(child.parent, Some(folder.id), "{at}: parent");
                assert_eq!((child.space, child.epoch), (folder.space, folder.epoch), "{at}");
                assert!(child.revision <= folder.revision, "{at}: newer than its folder");
                assert_eq!(self.stat(id).await.as_ref(), Some(&child), "{at}: stat");
                assert_eq!(self.at(&at.to_string()).await.as_ref(), Some(&child), "{at}: resolve");
                assert_eq!(self.tree.paths(&[id]).await.unwrap(), [Some(at.clone())]);
                size += child.size;
                match &child.kind {
                    NodeKind::Folder => {
                        count.folders += 1;
                        folders.push((at.clone(), child.clone()));
                    }
                    NodeKind::File(content) => {
                        count.files += 1;
                        let segments = self.tree.segments(content).await.unwrap();
                        assert_eq!(segments.len(), content.segments as usize, "{at}: segments");
                        let bytes: u64 = segments.iter().map(|segment| segment.size).sum();
                        assert_eq!(bytes, child.size, "{at}: bytes of its segments");
                    }
                }
                assert!(all.insert(at.to_string(), child).is_none(), "{at} is listed twice");
            }
            assert_eq!(size, folder.size, "{place}: size of a folder");
            assert_eq!(self.tree.count_children(&[folder.id]).await.unwrap(), [count], "{place}");
        }
        all
    }

    /// The paths of all nodes but the root.
    pub(super) async fn paths(&self) -> Vec<String> {
        self.all().await.into_keys().skip(1).collect()
    }
}
