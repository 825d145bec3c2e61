//! What a batch is about, as it was read, and as the changes before leave it.

use std::collections::{BTreeSet, HashMap, HashSet};

use allmende_sql::{Statement, Value, params};
use allmende_storage::{Batch, Lock, LockDepth, Node, Op, Result, Target};
use allmende_types::{NamePolicy, NodeId, Revision, SpaceId, SpacePath, Timestamp};

use super::delta::Bytes;
use crate::{
    CHUNK, SqlTree,
    error::Context,
    lineage::{Lineage, Links, SpaceHead},
    lock_row,
    row::{self, Home, columns},
};

const CHILD: &str = concat!("SELECT ", columns!(""), " FROM nodes WHERE parent = $1 AND key = $2");

const HEIGHT: &str = "WITH RECURSIVE down(id, level) AS (\
     SELECT id, CAST(1 AS BIGINT) FROM nodes WHERE id = $1 UNION ALL \
     SELECT n.id, down.level + 1 FROM down CROSS JOIN nodes n WHERE n.parent = down.id) \
     SELECT max(level) FROM down";

/// How many nodes one statement reads with their ancestors. Of more, PostgreSQL expects so
/// many ancestors that it would rather read the whole table.
const FEW: usize = 16;

/// A revision that no caller can have seen: that of the batch.
const OF_BATCH: Revision = Revision(i64::MAX);

/// The state that the changes of a batch are checked on.
#[derive(Debug)]
pub(super) struct View {
    pub(super) lineage: Lineage,
    children: HashMap<(NodeId, String), NodeId>,
    /// Active locks on nodes that matter.
    locks: Vec<Lock>,
    /// Which folders the locked nodes lie in.
    links: Links,
    /// How many levels a subtree has, where it was worth counting.
    heights: HashMap<NodeId, usize>,
    /// The spaces whose nodes the batch names.
    pub(super) named: BTreeSet<SpaceId>,
}

impl View {
    pub(super) async fn load(tree: &SqlTree, batch: &Batch) -> Result<Self> {
        let policy = &tree.options.policy;
        let named: Vec<NodeId> = batch
            .ops
            .iter()
            .flat_map(Op::named_nodes)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let targets = batch.ops.iter().filter_map(target);
        let mut statements: Vec<Statement> =
            named.chunks(FEW).map(|chunk| Lineage::statement(chunk.iter().copied())).collect();
        let lineages = statements.len();
        statements.extend(targets.map(|target| {
            Statement::new(CHILD, params![target.parent.0, policy.key(&target.name)])
        }));
        if statements.len() <= 4 {
            statements = statements.into_iter().map(Statement::point).collect();
        }
        let answers = tree.sql.read_all(statements).await.context("look at nodes")?;
        let mut lineage = Lineage::default();
        let mut children = HashMap::new();
        for (at, rows) in answers.iter().enumerate() {
            if at < lineages {
                lineage.absorb(rows)?;
            } else if let Some(row) = rows.first() {
                let node = row::node(row, Home::UNKNOWN)?;
                if let (Some(parent), Some(name)) = (node.parent, &node.name) {
                    children.insert((parent, policy.key(name)), node.id);
                }
                lineage.nodes.insert(node.id, node);
            }
        }
        let spaces = named.iter().filter_map(|id| lineage.head(*id)).map(|head| head.id).collect();
        let mut view = Self {
            lineage,
            children,
            locks: Vec::new(),
            links: Links::default(),
            heights: HashMap::new(),
            named: spaces,
        };
        if view.lineage.roots.values().any(|head| head.locks) {
            view.load_locks(tree, batch, &named).await?;
        }
        view.load_heights(tree, batch).await?;
        Ok(view)
    }

    async fn load_locks(&mut self, tree: &SqlTree, batch: &Batch, named: &[NodeId]) -> Result<()> {
        let policy = &tree.options.policy;
        let near: HashSet<NodeId> =
            named.iter().copied().chain(self.children.values().copied()).collect();
        let near: Vec<NodeId> = near.into_iter().collect();
        let mut statements: Vec<Statement> = (near.chunks(CHUNK))
            .map(|chunk| lock_row::on_lineage(chunk.iter().copied(), batch.now))
            .collect();
        for top in batch.ops.iter().flat_map(|op| self.vanishing(op, policy)) {
            if let Some(head) = self.lineage.head(top) {
                statements.push(lock_row::within(top, head.id, batch.now));
            }
        }
        let answers = tree.sql.read_all(statements).await.context("read locks")?;
        for rows in &answers {
            self.locks.extend(lock_row::read(rows)?);
        }
        self.locks.sort_by(|a, b| a.token.cmp(&b.token));
        self.locks.dedup_by(|a, b| a.token == b.token);
        if !self.locks.is_empty() {
            let nodes: Vec<NodeId> = self.locks.iter().map(|lock| lock.node).collect();
            let links = |chunk: &[NodeId]| Links::statement(chunk.iter().copied());
            let statements = nodes.chunks(CHUNK).map(links).collect();
            let answers = tree.sql.read_all(statements).await.context("look at locked nodes")?;
            answers.iter().try_for_each(|rows| self.links.absorb(rows))?;
        }
        Ok(())
    }

    /// The nodes that a change takes away from where they are, with all below.
    fn vanishing(&self, op: &Op, policy: &NamePolicy) -> Vec<NodeId> {
        let mut tops = Vec::new();
        match op {
            Op::Remove(op) => tops.push(op.node),
            Op::Move(op) => {
                tops.push(op.node);
                tops.extend(self.standing(&op.target, policy).map(|node| node.id));
            }
            Op::Copy(op) => tops.extend(self.standing(&op.target, policy).map(|node| node.id)),
            _ => {}
        }
        tops
    }

    /// Counts the levels of subtrees, where the longest path of their space does not tell
    /// already that they fit.
    async fn load_heights(&mut self, tree: &SqlTree, batch: &Batch) -> Result<()> {
        for op in &batch.ops {
            let (node, parent) = match op {
                Op::Move(op) => (op.node, op.target.parent),
                Op::Copy(op) => (op.node, op.target.parent),
                _ => continue,
            };
            if self.lineage.depth(parent) + self.height(node) > SpacePath::MAX_DEPTH {
                let rows = tree.sql.read(Statement::new(HEIGHT, params![node.0])).await;
                let rows = rows.context("measure a folder")?;
                let height = rows.one().and_then(|row| row.opt_int(0)).context("measure")?;
                let height = usize::try_from(height.unwrap_or(1)).unwrap_or(usize::MAX);
                self.heights.insert(node, height);
            }
        }
        Ok(())
    }

    /// How many levels a subtree has, 1 for a file; at most, if it was not counted.
    pub(super) fn height(&self, node: NodeId) -> usize {
        if let Some(height) = self.heights.get(&node) {
            return *height;
        }
        let folder = self.lineage.nodes.get(&node).is_some_and(Node::is_folder);
        let deepest = self.lineage.head(node).map_or(0, |head| head.deepest);
        if folder { (deepest + 1).saturating_sub(self.lineage.depth(node)).max(1) } else { 1 }
    }

    /// How many fresh ids the changes can need.
    pub(super) fn makes_nodes(&self, ops: &[Op], policy: &NamePolicy) -> usize {
        if let [Op::PutFile(put)] = ops
            && self.standing(&put.target, policy).is_some()
        {
            return 0;
        }
        let makes = |op: &&Op| matches!(op, Op::PutFile(_) | Op::MakeFolder(_) | Op::Copy(_));
        ops.iter().filter(makes).count()
    }

    /// What stands at a target.
    pub(super) fn standing(&self, target: &Target, policy: &NamePolicy) -> Option<&Node> {
        let id = self.children.get(&(target.parent, policy.key(&target.name)))?;
        self.lineage.nodes.get(id)
    }

    /// The space of a node that is alive.
    pub(super) fn head(&self, id: NodeId) -> Option<&SpaceHead> {
        self.lineage.head(id)
    }

    /// Whether `id` is `top` or lies below it.
    pub(super) fn is_within(&self, id: NodeId, top: NodeId) -> bool {
        self.lineage.chain(id).any(|node| node.id == top)
    }

    fn chain(&self, id: NodeId) -> Vec<NodeId> {
        let parent = |id: &NodeId| match self.lineage.nodes.get(id) {
            Some(node) => node.parent,
            None => self.links.parent(*id),
        };
        std::iter::successors(Some(id), parent).collect()
    }

    /// The locks that cover a node.
    pub(super) fn covering(&self, id: NodeId) -> Vec<Lock> {
        if self.locks.is_empty() {
            return Vec::new();
        }
        let chain = self.chain(id);
        let covers = |lock: &&Lock| {
            lock.node == id || (lock.depth == LockDepth::Infinity && chain.contains(&lock.node))
        };
        self.locks.iter().filter(covers).cloned().collect()
    }

    /// The locks on a node and below it.
    pub(super) fn within(&self, top: NodeId) -> Vec<Lock> {
        let inside = |lock: &&Lock| self.chain(lock.node).contains(&top);
        self.locks.iter().filter(inside).cloned().collect()
    }

    /// Locks end.
    pub(super) fn end_locks(&mut self, ended: &[Lock]) {
        self.locks.retain(|lock| ended.iter().all(|other| other.token != lock.token));
    }

    /// A node comes, changes, or has moved.
    pub(super) fn place(&mut self, node: Node, policy: &NamePolicy) {
        if let Some(old) = self.lineage.nodes.get(&node.id)
            && let (Some(parent), Some(name)) = (old.parent, &old.name)
        {
            self.children.remove(&(parent, policy.key(name)));
        }
        if let (Some(parent), Some(name)) = (node.parent, &node.name) {
            self.children.insert((parent, policy.key(name)), node.id);
        }
        self.lineage.nodes.insert(node.id, node);
    }

    /// A node goes; what is below it hangs in the air.
    pub(super) fn remove(&mut self, id: NodeId, policy: &NamePolicy) {
        if let Some(node) = self.lineage.nodes.remove(&id)
            && let (Some(parent), Some(name)) = (node.parent, &node.name)
        {
            self.children.remove(&(parent, policy.key(name)));
        }
    }

    /// A folder and its ancestors hear of a change.
    pub(super) fn propagate(&mut self, folder: NodeId, bytes: Bytes, now: Timestamp) {
        for id in self.chain(folder) {
            if let Some(node) = self.lineage.nodes.get_mut(&id) {
                node.size = (node.size + bytes.added).saturating_sub(bytes.freed);
                node.revision = OF_BATCH;
                node.modified = node.modified.max(now);
            }
        }
    }

    /// Bytes are charged to a space.
    pub(super) fn charge(&mut self, root: NodeId, bytes: Bytes) {
        if let Some(head) = self.lineage.roots.get_mut(&root) {
            head.used = (head.used + bytes.added).saturating_sub(bytes.freed);
        }
    }

    /// A node that the batch has changed.
    pub(super) fn changed(node: Node) -> Node {
        Node { revision: OF_BATCH, ..node }
    }
}

fn target(op: &Op) -> Option<&Target> {
    match op {
        Op::PutFile(op) => Some(&op.target),
        Op::MakeFolder(op) => Some(&op.target),
        Op::Move(op) => Some(&op.target),
        Op::Copy(op) => Some(&op.target),
        _ => None,
    }
}

/// The tokens of locks as the values of a list.
pub(super) fn tokens(locks: &[Lock]) -> impl Iterator<Item = Value> {
    locks.iter().map(|lock| Value::from(lock.token.as_str()))
}
