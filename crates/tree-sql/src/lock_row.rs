//! Rows of `locks`, and the statements that find them.

use allmende_sql::{Batch, Expect, Row, Rows, Statement, Value, params};
use allmende_storage::{
    ChangeKind, Lock, LockDepth, LockKind, LockRequest, LockScope, LockToken, Result,
};
use allmende_types::{NodeId, SpaceId, Timestamp};

use crate::{
    changes, commit,
    error::{Context, corrupt},
};

const EXCLUSIVE: i64 = 0;
const SHARED: i64 = 1;
const ZERO: i64 = 0;
const INFINITE: i64 = 1;

macro_rules! lock_columns {
    () => {
        "l.token, l.node, l.scope, l.depth, l.holder, l.owner, l.created, l.expires, l.kind"
    };
}

/// The node `$1` and what is above it.
macro_rules! up {
    () => {
        "WITH RECURSIVE up(id, parent) AS (SELECT id, parent FROM nodes WHERE id = $1 \
         UNION ALL SELECT n.id, n.parent FROM up CROSS JOIN nodes n WHERE n.id = up.parent) "
    };
}

/// The locks that cover the node `$1` at the time `$2`.
macro_rules! covering {
    () => {
        "FROM up CROSS JOIN locks l WHERE l.node = up.id AND (l.node = $1 OR l.depth = 1) \
         AND (l.expires IS NULL OR l.expires > $2)"
    };
}

/// From each lock of the space `$3` upward to the node `$1`. There are few locks and many
/// nodes, so the way up from the former is the short one.
macro_rules! climb {
    () => {
        "WITH RECURSIVE climb(token, id) AS (SELECT token, node FROM locks \
         WHERE space = $3 AND (expires IS NULL OR expires > $2) \
         UNION ALL SELECT climb.token, n.parent FROM climb CROSS JOIN nodes n \
         WHERE n.id = climb.id AND climb.id <> $1 AND n.parent IS NOT NULL) "
    };
}

/// The locks on the node `$1` and below it.
macro_rules! within {
    () => {
        "FROM climb CROSS JOIN locks l WHERE l.token = climb.token AND climb.id = $1"
    };
}

/// Guards: what a write found out about locks, asked once more inside its transaction.
pub(crate) mod guard {
    /// Any lock in the space `$1`, ended or not.
    pub(crate) const ANY: &str = "SELECT token FROM locks WHERE space = $1 LIMIT 1";
    pub(crate) const COVERING: &str = concat!(up!(), "SELECT l.token ", covering!());
    pub(crate) const COVERING_KNOWN: &str =
        concat!(up!(), "SELECT l.token ", covering!(), " AND l.token IN ($list)");
    pub(crate) const WITHIN: &str = concat!(climb!(), "SELECT l.token ", within!());
    pub(crate) const WITHIN_KNOWN: &str =
        concat!(climb!(), "SELECT l.token ", within!(), " AND l.token IN ($list)");
    /// What stands in the way of a lock of the scope `$3`.
    pub(crate) const COVERING_OBSTACLE: &str =
        concat!(up!(), "SELECT l.token ", covering!(), " AND (l.scope = 0 OR $3 = 0)");
    /// The same of the scope `$4` on nodes below.
    pub(crate) const WITHIN_OBSTACLE: &str =
        concat!(climb!(), "SELECT l.token ", within!(), " AND (l.scope = 0 OR $4 = 0)");
}

const COVERING_MANY: &str = concat!(
    "WITH RECURSIVE up(id, parent) AS (SELECT id, parent FROM nodes WHERE id IN ($list) UNION \
     SELECT up.parent, (SELECT n.parent FROM nodes n WHERE n.id = up.parent) \
     FROM up WHERE up.parent IS NOT NULL) SELECT ",
    lock_columns!(),
    " FROM up CROSS JOIN locks l WHERE l.node = up.id \
     AND (l.expires IS NULL OR l.expires > $1)"
);

// Locks on folders that cover what is below may cover any node; the others only their own.
const NEAR: &str = "SELECT l.node FROM locks l CROSS JOIN nodes n \
     WHERE n.id = l.node AND n.kind = 0 AND l.depth = 1 \
     AND (l.expires IS NULL OR l.expires > $1) \
     UNION ALL SELECT l.node FROM locks l WHERE l.node IN ($list) \
     AND (l.expires IS NULL OR l.expires > $1) LIMIT 1";

const WITHIN: &str = concat!(climb!(), "SELECT ", lock_columns!(), " ", within!());

const INSERT: &str = "INSERT INTO locks AS known \
     (token, space, node, scope, depth, holder, owner, created, expires, kind) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (token) DO UPDATE SET \
     space = excluded.space, node = excluded.node, scope = excluded.scope, \
     depth = excluded.depth, holder = excluded.holder, owner = excluded.owner, \
     created = excluded.created, expires = excluded.expires, kind = excluded.kind \
     WHERE known.expires <= excluded.created";

const BY_TOKEN: &str = concat!("SELECT ", lock_columns!(), " FROM locks l WHERE l.token = $1");

const ALL: &str = concat!(
    "SELECT ",
    lock_columns!(),
    " FROM locks l WHERE (CAST($1 AS text) IS NULL OR l.token > $1) \
     AND (l.expires IS NULL OR l.expires > $2) ORDER BY l.token LIMIT $3"
);

const LIFT: &str = "UPDATE spaces SET revision = revision + 1 WHERE id = $1 AND root IS NOT NULL";

const LIFT_ABOVE: &str = concat!(
    "UPDATE nodes SET revision = (SELECT revision FROM spaces WHERE id = $2) \
     WHERE id <> $1 AND id IN (",
    up!(),
    "SELECT id FROM up)"
);

/// All locks on these nodes and above them, whatever their depth.
pub(crate) fn on_lineage(ids: impl IntoIterator<Item = NodeId>, now: Timestamp) -> Statement {
    let ids = ids.into_iter().map(|id| Value::Int(id.0));
    Statement::with_list(COVERING_MANY, params![now.unix()], ids)
}

/// Nothing if no lock can cover any of these nodes, told without a look at the nodes.
pub(crate) fn near(ids: impl IntoIterator<Item = NodeId>, now: Timestamp) -> Statement {
    let ids = ids.into_iter().map(|id| Value::Int(id.0));
    Statement::with_list(NEAR, params![now.unix()], ids).point()
}

/// Active locks with a token behind this one.
pub(crate) fn all(after: Option<&LockToken>, limit: usize, now: Timestamp) -> Statement {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Statement::new(ALL, params![after.map(LockToken::as_str), now.unix(), limit])
}

/// Puts the write behind others that touch the space. With a lock that is told, the space and
/// the folders above the node get a new revision, under which the feed tells of the node.
pub(crate) fn tell(batch: &mut Batch, lock: &Lock, space: SpaceId, now: Timestamp) {
    if !lock.kind.is_told() {
        return commit::hold(batch, space);
    }
    batch.expect(Statement::new(LIFT, params![space.0]), Expect::ONE);
    batch.push(Statement::new(LIFT_ABOVE, params![lock.node.0, space.0]));
    let entry = changes::entry(space, 0, lock.node, &ChangeKind::Changed, now);
    if let Some(entry) = entry {
        batch.push(entry);
    }
}

/// The locks on a node of a space and below it.
pub(crate) fn within(node: NodeId, space: SpaceId, now: Timestamp) -> Statement {
    Statement::new(WITHIN, params![node.0, now.unix(), space.0])
}

/// Any lock, active or not, by its token.
pub(crate) fn by_token(token: &LockToken) -> Statement {
    Statement::new(BY_TOKEN, params![token.as_str()]).point()
}

/// Writes a lock; touches no row if an active one has the token.
pub(crate) fn insert(lock: &Lock, space: SpaceId) -> Statement {
    let scope = scope_column(lock.scope);
    let depth = match lock.depth {
        LockDepth::Zero => ZERO,
        LockDepth::Infinity => INFINITE,
    };
    let values = params![
        lock.token.as_str(),
        space.0,
        lock.node.0,
        scope,
        depth,
        lock.holder.as_str(),
        &lock.owner,
        lock.created.unix(),
        lock.expires.map(Timestamp::unix),
        i64::from(lock.kind.number()),
    ];
    Statement::new(INSERT, values)
}

/// Guards that nothing stands in the way of a lock.
pub(crate) fn obstacles(request: &LockRequest, space: SpaceId) -> Vec<Statement> {
    let (node, now, scope) = (request.node.0, request.now.unix(), scope_column(request.scope));
    let mut guards = vec![Statement::new(guard::COVERING_OBSTACLE, params![node, now, scope])];
    if request.depth == LockDepth::Infinity {
        let values = params![node, now, space.0, scope];
        guards.push(Statement::new(guard::WITHIN_OBSTACLE, values));
    }
    guards
}

const fn scope_column(scope: LockScope) -> i64 {
    match scope {
        LockScope::Exclusive => EXCLUSIVE,
        LockScope::Shared => SHARED,
    }
}

/// Reads the locks of an answer, as they come.
pub(crate) fn read_in_order(rows: &Rows) -> Result<Vec<Lock>> {
    rows.iter().map(lock).collect()
}

/// Reads the locks of an answer, in the order of their tokens.
pub(crate) fn read(rows: &Rows) -> Result<Vec<Lock>> {
    let mut locks = read_in_order(rows)?;
    locks.sort_by(|a, b| a.token.cmp(&b.token));
    Ok(locks)
}

fn lock(row: Row<'_>) -> Result<Lock> {
    let read = || {
        let numbers = (row.int(1)?, row.int(2)?, row.int(3)?, row.int(6)?, row.opt_int(7)?);
        Ok((numbers, row.int(8)?, row.text(0)?, row.text(4)?, row.text(5)?))
    };
    let ((node, scope, depth, created, expires), kind, token, holder, owner) =
        read().context("a row of locks")?;
    let request = LockRequest {
        node: NodeId(node),
        token: token.parse().map_err(|error| corrupt("a lock token").with_source(error))?,
        kind: LockKind::from_number(kind).ok_or_else(|| corrupt("a lock's kind"))?,
        scope: if scope == SHARED { LockScope::Shared } else { LockScope::Exclusive },
        depth: if depth == INFINITE { LockDepth::Infinity } else { LockDepth::Zero },
        holder: holder.parse().map_err(|error| corrupt("a lock's holder").with_source(error))?,
        owner: owner.to_owned(),
        timeout: allmende_storage::LockTimeout::Infinite,
        now: Timestamp::from_unix(created),
    };
    let mut lock = Lock::from_request(request);
    lock.expires = expires.map(Timestamp::from_unix);
    Ok(lock)
}
