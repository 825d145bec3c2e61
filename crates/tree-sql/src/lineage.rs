//! Nodes with all their ancestors: one statement tells what is alive, and in which space.

use std::{collections::HashMap, iter};

use allmende_sql::{Rows, Statement, Value, params};
use allmende_storage::{Node, Result};
use allmende_types::{Epoch, NodeId, SpaceId};

use crate::{
    error::Context,
    row::{self, COLUMNS, Home, columns},
};

const LINEAGE: &str = concat!(
    "WITH RECURSIVE up(id, parent) AS (\
     SELECT id, parent FROM nodes WHERE id IN ($list) \
     UNION SELECT n.id, n.parent FROM up CROSS JOIN nodes n WHERE n.id = up.parent) \
     SELECT ",
    columns!("n."),
    ", s.id, s.epoch, s.used, s.quota, s.deepest, \
     CASE WHEN EXISTS (SELECT 1 FROM locks l WHERE l.space = n.space) THEN 1 ELSE 0 END \
     FROM up CROSS JOIN nodes n LEFT JOIN spaces s ON s.id = n.space WHERE n.id = up.id"
);

/// What the row of a space says, read together with its root.
#[derive(Debug, Clone)]
pub(crate) struct SpaceHead {
    pub(crate) id: SpaceId,
    pub(crate) epoch: Epoch,
    pub(crate) used: u64,
    pub(crate) quota: Option<u64>,
    /// At least the number of names of its longest path.
    pub(crate) deepest: usize,
    /// Whether there are rows of locks.
    pub(crate) locks: bool,
}

/// A few nodes and their ancestors, with their whole rows.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    pub(crate) nodes: HashMap<NodeId, Node>,
    pub(crate) roots: HashMap<NodeId, SpaceHead>,
}

impl Lineage {
    /// Reads these nodes.
    pub(crate) fn statement(ids: impl IntoIterator<Item = NodeId>) -> Statement {
        Statement::with_list(LINEAGE, params![], ids.into_iter().map(|id| Value::Int(id.0)))
    }

    /// Takes what [`Lineage::statement`] returned.
    pub(crate) fn absorb(&mut self, rows: &Rows) -> Result<()> {
        for row in rows.iter() {
            let node = row::node(row, Home::UNKNOWN)?;
            if let Some(head) = space_head(row).context("a row of spaces")? {
                self.roots.insert(node.id, head);
            }
            self.nodes.insert(node.id, node);
        }
        Ok(())
    }

    /// The node and what is above it; nothing if it is not there. Ends below a gap.
    pub(crate) fn chain(&self, id: NodeId) -> impl Iterator<Item = &Node> {
        let up = |node: &&Node| node.parent.and_then(|parent| self.nodes.get(&parent));
        iter::successors(self.nodes.get(&id), up)
    }

    /// The root above a node that is alive.
    pub(crate) fn root(&self, id: NodeId) -> Option<NodeId> {
        self.chain(id).last().map(|node| node.id).filter(|root| self.roots.contains_key(root))
    }

    /// The space of a node that is alive.
    pub(crate) fn head(&self, id: NodeId) -> Option<&SpaceHead> {
        self.root(id).and_then(|root| self.roots.get(&root))
    }

    /// The node, if it is alive.
    pub(crate) fn node(&self, id: NodeId) -> Option<Node> {
        let head = self.head(id)?;
        let node = self.nodes.get(&id)?.clone();
        Some(Node { space: head.id, epoch: head.epoch, ..node })
    }

    /// How many names the path of a node has.
    pub(crate) fn depth(&self, id: NodeId) -> usize {
        self.chain(id).count().saturating_sub(1)
    }
}

fn space_head(row: allmende_sql::Row<'_>) -> allmende_sql::Result<Option<SpaceHead>> {
    let Some(id) = row.opt_int(COLUMNS)? else { return Ok(None) };
    Ok(Some(SpaceHead {
        id: SpaceId(id),
        epoch: Epoch(row.int(COLUMNS + 1)?),
        used: row.int(COLUMNS + 2)?.try_into().unwrap_or(0),
        quota: row.opt_int(COLUMNS + 3)?.map(|quota| quota.try_into().unwrap_or(0)),
        deepest: row.int(COLUMNS + 4)?.try_into().unwrap_or(0),
        locks: row.flag(COLUMNS + 5)?,
    }))
}

// PostgreSQL takes a recursion over many ids for a hundred times as long as it is, and would
// join it by reading the whole table. A subquery for one value it can only answer by index.
const LINKS: &str = "WITH RECURSIVE up(id, parent, space) AS (\
     SELECT id, parent, space FROM nodes WHERE id IN ($list) UNION \
     SELECT up.parent, (SELECT n.parent FROM nodes n WHERE n.id = up.parent), \
     (SELECT n.space FROM nodes n WHERE n.id = up.parent) FROM up WHERE up.parent IS NOT NULL) \
     SELECT id, parent, space, \
     (SELECT s.epoch FROM spaces s WHERE s.id = up.space) FROM up";

#[derive(Debug, Clone, Copy)]
struct Link {
    parent: Option<NodeId>,
    /// Of a root that is alive.
    home: Option<Home>,
}

/// Which folder each node lies in, for some nodes and their ancestors: what a read needs
/// that only has to know what is alive.
#[derive(Debug, Default)]
pub(crate) struct Links(HashMap<NodeId, Link>);

impl Links {
    /// Reads these nodes.
    pub(crate) fn statement(ids: impl IntoIterator<Item = NodeId>) -> Statement {
        Statement::with_list(LINKS, params![], ids.into_iter().map(|id| Value::Int(id.0)))
    }

    /// Takes what [`Links::statement`] returned.
    pub(crate) fn absorb(&mut self, rows: &Rows) -> Result<()> {
        for row in rows.iter() {
            let read = || {
                let (space, epoch) = (row.opt_int(2)?, row.opt_int(3)?);
                let home = space.zip(epoch);
                let home =
                    home.map(|(space, epoch)| Home { space: SpaceId(space), epoch: Epoch(epoch) });
                Ok((NodeId(row.int(0)?), Link { parent: row.opt_int(1)?.map(NodeId), home }))
            };
            let (id, link) = read().context("a row of nodes")?;
            self.0.insert(id, link);
        }
        Ok(())
    }

    /// The node and what is above it.
    pub(crate) fn chain(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let known = |id: NodeId| self.0.contains_key(&id).then_some(id);
        iter::successors(known(id), move |id| self.parent(*id).and_then(known))
    }

    /// The folder of a node.
    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.0.get(&id).and_then(|link| link.parent)
    }

    /// The space and epoch of a node, if it is alive.
    pub(crate) fn home(&self, id: NodeId) -> Option<Home> {
        self.chain(id).last().and_then(|root| self.0.get(&root)).and_then(|link| link.home)
    }

    /// The space of a node, if it is alive.
    pub(crate) fn space(&self, id: NodeId) -> Option<SpaceId> {
        self.home(id).map(|home| home.space)
    }
}
