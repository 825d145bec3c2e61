//! What is remembered of what lies in the trash: where it was, when it went, and by whom.
//!
//! It names folders by their ids, which may lie anywhere. So it is told when all files are.

use allmende_files::TrashOrigin;
use allmende_sql::{Snapshot, Statement, params};
use allmende_storage::{
    Actor, Batch, Op, PatchProperties, Property, PropertyKey, PropertyOwner, PropertyUpdate, Tree,
};
use allmende_tree_sql::SqlTree;
use allmende_types::{NodeId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    places::{Place, places},
    record::TRASH,
};
use crate::{Error, Result};

/// How many are remembered at once.
const TOGETHER: usize = 100;

/// A record of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trashed {
    /// Where it lies: in the root of a trash.
    pub(super) trashed: Place,
    deleted: i64,
    by: Option<String>,
    /// Its path, in its space or in the view of who removed it.
    was: String,
    /// The folders above that it had, of those that are there.
    above: Vec<Place>,
}

const NOTES: &str = "SELECT node, value FROM properties WHERE owner = '' \
     AND namespace = $2 AND name = $3 AND node > $1 ORDER BY node LIMIT 500";

/// Hands over all of it.
pub(super) async fn list(
    snapshot: &Snapshot,
    mut each: impl FnMut(Trashed) -> Result<()>,
) -> Result<()> {
    let key = TrashOrigin::key();
    let PropertyKey { namespace, name } = &key;
    let mut after = -1;
    loop {
        let values = params![after, &**namespace, &**name];
        let rows = snapshot.read(Statement::new(NOTES, values)).await?;
        let mut noted = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            after = row.int(0)?;
            let property = Property { key: key.clone(), value: row.text(1)?.into() };
            noted.extend(TrashOrigin::of(&property).map(|origin| (after, origin)));
        }
        if rows.is_empty() {
            return Ok(());
        }
        let above = noted.iter().flat_map(|(_, origin)| origin.above.iter().map(|node| node.0));
        let ids: Vec<i64> = noted.iter().map(|(node, _)| *node).chain(above).collect();
        let places = places(snapshot, &ids).await?;
        for (node, origin) in noted {
            let there = places.get(&node).filter(|place| place.space.starts_with(TRASH));
            // Elsewhere it says nothing.
            let Some(trashed) = there.filter(|place| !place.path.contains('/')) else { continue };
            let TrashOrigin { deleted, by, above, path } = origin;
            each(Trashed {
                trashed: trashed.clone(),
                deleted: deleted.unix(),
                by: by.map(|by| by.to_string()),
                was: path.to_string(),
                above: above.iter().filter_map(|node| places.get(&node.0).cloned()).collect(),
            })?;
        }
    }
}

/// Remembers it again.
#[derive(Debug)]
pub(super) struct Memory<'a> {
    tree: &'a SqlTree,
    now: Timestamp,
    ops: Vec<Op>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(tree: &'a SqlTree, now: Timestamp) -> Self {
        Self { tree, now, ops: Vec::new() }
    }

    /// Takes a record; none if what it speaks of is not there.
    pub(super) async fn add(&mut self, record: &Trashed) -> Result<Option<NodeId>> {
        let bad = || Error::damaged(format!("what is remembered of {:?}", record.trashed));
        let Place { space, path } = &record.trashed;
        if !space.starts_with(TRASH) || path.is_empty() || path.contains('/') {
            return Err(bad());
        }
        let Some(node) = record.trashed.node(self.tree).await? else { return Ok(None) };
        let mut above = Vec::with_capacity(record.above.len());
        for place in &record.above {
            above.extend(place.node(self.tree).await?);
        }
        let by = record.by.as_deref().map(str::parse).transpose().map_err(|_| bad())?;
        let path = record.was.parse().map_err(|_| bad())?;
        let deleted = Timestamp::from_unix(record.deleted);
        let origin = TrashOrigin { deleted, by, above, path };
        let updates = vec![PropertyUpdate::Set(origin.property())];
        let owner = PropertyOwner::Everyone;
        self.ops.push(Op::PatchProperties(PatchProperties { node, owner, updates }));
        if self.ops.len() >= TOGETHER {
            self.flush().await?;
        }
        Ok(Some(node))
    }

    pub(super) async fn flush(&mut self) -> Result<()> {
        if let Some(first) = self.ops.first().cloned() {
            let ops = std::mem::take(&mut self.ops);
            let batch = Batch { ops, ..Batch::one(Actor::default(), self.now, first) };
            self.tree.commit(batch).await?;
        }
        Ok(())
    }
}
