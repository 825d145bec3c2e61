//! By how many bytes a change alters sizes.

use allmende_sql::{Statement, Value};
use allmende_storage::Node;
use allmende_types::{NodeId, SpaceId, Timestamp};

/// A number of bytes, and the sizes that nodes have at the moment of the write: a folder
/// can be moved while others write into it, and a file overwritten by several at once.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Delta {
    pub(super) bytes: i64,
    pub(super) plus: Option<NodeId>,
    pub(super) minus: Option<NodeId>,
}

macro_rules! delta {
    ($bytes:literal, $plus:literal, $minus:literal) => {
        concat!(
            "($",
            $bytes,
            " + COALESCE((SELECT size FROM nodes WHERE id = $",
            $plus,
            "), 0) - COALESCE((SELECT size FROM nodes WHERE id = $",
            $minus,
            "), 0))"
        )
    };
}

const TOUCH: &str = concat!(
    "UPDATE spaces SET revision = revision + $5, used = used + ",
    delta!("2", "3", "4"),
    " WHERE id = $1 AND root IS NOT NULL AND (quota IS NULL OR ",
    delta!("2", "3", "4"),
    " <= 0 OR used + ",
    delta!("2", "3", "4"),
    " <= quota) RETURNING revision"
);

const CHARGE: &str = concat!(
    "UPDATE spaces SET used = used + ",
    delta!("2", "3", "4"),
    " WHERE id = $1 AND (quota IS NULL OR ",
    delta!("2", "3", "4"),
    " <= 0 OR used + ",
    delta!("2", "3", "4"),
    " <= quota)"
);

const PROPAGATE: &str = concat!(
    "WITH RECURSIVE up(id, parent, space) AS (\
     SELECT id, parent, space FROM nodes WHERE id = $1 AND kind = 0 UNION ALL \
     SELECT n.id, n.parent, n.space FROM up CROSS JOIN nodes n WHERE n.id = up.parent) \
     UPDATE nodes SET size = size + ",
    delta!("2", "3", "4"),
    ", revision = (SELECT revision FROM spaces WHERE id = $5), \
     modified = CASE WHEN modified < $6 THEN $6 ELSE modified END \
     WHERE id IN (SELECT id FROM up) AND EXISTS (SELECT 1 FROM up WHERE space = $5)"
);

impl Delta {
    /// Whether it depends on nodes.
    pub(super) fn refers(self) -> bool {
        self.plus.is_some() || self.minus.is_some()
    }

    fn values(self, before: i64) -> Vec<Value> {
        let id = |id: Option<NodeId>| Value::from(id.map(|id| id.0));
        vec![Value::Int(before), Value::Int(self.bytes), id(self.plus), id(self.minus)]
    }

    /// Lifts the revision of a space by `lift` (0 or 1), and charges it. Touches no row when
    /// the space is gone or its quota exceeded.
    pub(super) fn touch(self, space: SpaceId, lift: i64) -> Statement {
        let mut values = self.values(space.0);
        values.push(Value::Int(lift));
        Statement::new(TOUCH, values)
    }

    /// Charges a space, unless its quota would be exceeded.
    pub(super) fn charge(self, space: SpaceId) -> Statement {
        Statement::new(CHARGE, self.values(space.0))
    }

    /// Tells a folder and its ancestors up to the root of `space`. Touches no row when it
    /// does not hang there.
    pub(super) fn propagate(self, folder: NodeId, space: SpaceId, now: Timestamp) -> Statement {
        let mut values = self.values(folder.0);
        values.extend([Value::Int(space.0), Value::Int(now.unix())]);
        Statement::new(PROPAGATE, values)
    }
}

/// What a change adds and frees, as far as it is known before the write.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bytes {
    pub(super) added: u64,
    pub(super) freed: u64,
}

impl Bytes {
    pub(super) fn instead_of(added: u64, standing: Option<&Node>) -> Self {
        Self { added, freed: standing.map_or(0, |node| node.size) }
    }
}
