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
    delta!("1", "2", "3"),
    " WHERE id = $4 AND root IS NOT NULL AND (quota IS NULL OR ",
    delta!("1", "2", "3"),
    " <= 0 OR used + ",
    delta!("1", "2", "3"),
    " <= quota) RETURNING revision"
);

const CHARGE: &str = concat!(
    "UPDATE spaces SET used = used + ",
    delta!("1", "2", "3"),
    " WHERE id = $4 AND (quota IS NULL OR ",
    delta!("1", "2", "3"),
    " <= 0 OR used + ",
    delta!("1", "2", "3"),
    " <= quota)"
);

const PROPAGATE: &str = concat!(
    "UPDATE nodes SET size = size + ",
    delta!("1", "2", "3"),
    ", revision = (SELECT revision FROM spaces WHERE id = $4), \
     modified = CASE WHEN modified < $5 THEN $5 ELSE modified END WHERE id IN "
);

/// The first of the ids in [`PROPAGATE`].
const FIRST: usize = 6;

impl Delta {
    /// Whether it depends on nodes.
    pub(super) fn refers(self) -> bool {
        self.plus.is_some() || self.minus.is_some()
    }

    fn values(self) -> Vec<Value> {
        let id = |id: Option<NodeId>| Value::from(id.map(|id| id.0));
        vec![Value::Int(self.bytes), id(self.plus), id(self.minus)]
    }

    /// Lifts the revision of a space by `lift` (0 or 1), and charges it. Touches no row when
    /// the space is gone or its quota exceeded.
    pub(super) fn touch(self, space: SpaceId, lift: i64) -> Statement {
        let mut values = self.values();
        values.extend([Value::Int(space.0), Value::Int(lift)]);
        Statement::new(TOUCH, values)
    }

    /// Charges a space, unless its quota would be exceeded.
    pub(super) fn charge(self, space: SpaceId) -> Statement {
        let mut values = self.values();
        values.push(Value::Int(space.0));
        Statement::new(CHARGE, values)
    }

    /// Tells a folder and its ancestors up to the root of `space`, all of them in `chain`.
    /// Touches as many rows as the chain has, if each still lies in the next.
    ///
    /// That is a third cheaper than to walk up once more, and every write does it.
    pub(super) fn propagate(self, chain: &[NodeId], space: SpaceId, now: Timestamp) -> Statement {
        let mut sql = PROPAGATE.to_owned();
        for at in 0..chain.len() {
            sql.push_str(if at == 0 { "(" } else { ", " });
            sql.push_str(&format!("${}", FIRST + at));
        }
        sql.push_str(") AND CASE id");
        let root = FIRST + chain.len().saturating_sub(1);
        for at in FIRST..root {
            sql.push_str(&format!(" WHEN ${at} THEN parent = ${}", at + 1));
        }
        sql.push_str(&format!(" WHEN ${root} THEN space = $4 END"));
        let mut values = self.values();
        values.extend([Value::Int(space.0), Value::Int(now.unix())]);
        values.extend(chain.iter().map(|id| Value::Int(id.0)));
        Statement::new(sql, values)
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
