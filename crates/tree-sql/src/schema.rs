//! The tables.

use allmende_sql::{Batch, Expect, Migration, Migrations, Sql, Statement, params};
use allmende_storage::{Error, ErrorKind, Result};

use crate::error::Context;

/// The tables of this crate. [`SqlTree::open`](crate::SqlTree::open) lays them; for who has
/// to know all tables of an installation.
pub const MIGRATIONS: Migrations = Migrations {
    component: "tree",
    steps: &[
        Migration::new(1, "tree", TREE),
        Migration::new(2, "pins", PINS),
        Migration::new(3, "kinds of locks", LOCK_KINDS),
    ],
};

// `numbers` holds the next ids and the settings that belong to the data.
//
// `spaces.root` is null once the space is removed. `deepest` is at least the number of
// names of the longest path in the space. The feed holds what came after `feed_start`.
//
// `nodes`: see the crate's documentation for `parent` and `space`. `name` is null where it
// is the key itself. `kind` is 0 for a folder and 1 for a file. A removed folder's
// `modified` is the time of its removal. `content` is the blob of a content of one segment
// and otherwise an id in `segments`, which has a row per segment.
//
// `properties.owner` is the key of a person, or empty for what belongs to everyone.
//
// `locks.scope` is 0 for an exclusive one, `locks.depth` 1 for an infinite one. A lock ends
// at the latest when its node goes to another space, so its space never changes.
//
// `garbage` are contents that may have lost their last reference; condemned are those that
// were found without one and given to the collector.
//
// `copies` is empty outside of a transaction: which new id a copied node gets.
const TREE: &str = "
CREATE TABLE numbers (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL) WITHOUT ROWID;

CREATE TABLE spaces (
    id INTEGER PRIMARY KEY,
    key TEXT UNIQUE,
    root BIGINT,
    epoch BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    used BIGINT NOT NULL,
    quota BIGINT,
    deepest BIGINT NOT NULL,
    feed_start BIGINT NOT NULL
);
CREATE INDEX spaces_removed ON spaces (id) WHERE root IS NULL;

CREATE TABLE nodes (
    id INTEGER PRIMARY KEY,
    parent BIGINT,
    space BIGINT,
    key TEXT,
    name TEXT,
    kind BIGINT NOT NULL,
    size BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    created BIGINT,
    uploaded BIGINT NOT NULL,
    content BLOB,
    segments BIGINT NOT NULL,
    media_type TEXT,
    checksums TEXT
);
CREATE UNIQUE INDEX nodes_place ON nodes (parent, key);
CREATE INDEX nodes_content ON nodes (content) WHERE content IS NOT NULL;
CREATE INDEX nodes_removed ON nodes (id) WHERE parent IS NULL AND space IS NULL;

CREATE TABLE segments (
    content BLOB NOT NULL,
    ord BIGINT NOT NULL,
    blob BLOB NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (content, ord)
) WITHOUT ROWID;
CREATE INDEX segments_blob ON segments (blob);

CREATE TABLE properties (
    node BIGINT NOT NULL,
    owner TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (node, owner, namespace, name)
) WITHOUT ROWID;
CREATE INDEX properties_of_person ON properties (owner, namespace, name) WHERE owner <> '';

CREATE TABLE locks (
    token TEXT NOT NULL PRIMARY KEY,
    space BIGINT NOT NULL,
    node BIGINT NOT NULL,
    scope BIGINT NOT NULL,
    depth BIGINT NOT NULL,
    holder TEXT NOT NULL,
    owner TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT
);
CREATE INDEX locks_node ON locks (node);
CREATE INDEX locks_space ON locks (space);
CREATE INDEX locks_end ON locks (expires) WHERE expires IS NOT NULL;

CREATE TABLE changes (
    space BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    ord BIGINT NOT NULL,
    node BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    at BIGINT NOT NULL,
    parent BIGINT,
    name TEXT,
    PRIMARY KEY (space, revision, ord)
) WITHOUT ROWID;

CREATE TABLE leases (lease BIGINT NOT NULL PRIMARY KEY, created BIGINT NOT NULL);
CREATE INDEX leases_age ON leases (created);

CREATE TABLE garbage (
    blob BLOB NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL,
    condemned BIGINT NOT NULL
);
CREATE INDEX garbage_age ON garbage (since);

CREATE TABLE copies (
    op BIGINT NOT NULL,
    old BIGINT NOT NULL,
    new BIGINT NOT NULL,
    PRIMARY KEY (op, old)
) WITHOUT ROWID;
";

/// Blobs that lost their last reference after `created` are kept, until `until`.
const PINS: &str =
    "CREATE TABLE pins (id INTEGER PRIMARY KEY, created BIGINT NOT NULL, until BIGINT NOT NULL);";

/// `locks.kind` has the numbers of the original's types. All locks so far are of the protocol.
const LOCK_KINDS: &str = "ALTER TABLE locks ADD COLUMN kind BIGINT NOT NULL DEFAULT 2;
CREATE INDEX locks_deep ON locks (node) WHERE depth = 1;";

/// The name of the next id in `numbers`. Spaces and nodes share one row of ids.
pub(crate) const NEXT_ID: &str = "next_id";
/// The epoch that new spaces get.
pub(crate) const EPOCH: &str = "epoch";
const FOLD_CASE: &str = "fold_case";

/// Lays the tables, and refuses a database whose names are compared in another way.
pub(crate) async fn prepare(sql: &Sql, fold_case: i64) -> Result<()> {
    sql.migrate(&[allmende_events::MIGRATIONS, MIGRATIONS])
        .await
        .context("lay the tables of the tree")?;
    let mut batch = Batch::new();
    for (name, value) in [(NEXT_ID, 1), (EPOCH, 1), (FOLD_CASE, fold_case)] {
        let insert =
            "INSERT INTO numbers (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        batch.push(Statement::new(insert, params![name, value]));
    }
    let select = "SELECT value FROM numbers WHERE name = $1";
    let stored = batch.expect(Statement::new(select, params![FOLD_CASE]), Expect::ONE);
    let outcomes = sql.write(batch).await.context("read the settings of the tree")?;
    let stored = outcomes[stored].rows.one().and_then(|row| row.int(0)).context("settings")?;
    if stored != fold_case {
        let context = "the database was made with the other setting of case_insensitive";
        return Err(Error::new(ErrorKind::Invalid, context));
    }
    Ok(())
}
