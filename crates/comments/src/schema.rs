//! The tables.

use allmende_sql::{Migration, Migrations};

/// The tables of this crate, for [`Sql::migrate`](allmende_sql::Sql::migrate). They stand
/// beside those of [`allmende_events`] in one database.
pub const SCHEMA: Migrations =
    Migrations { component: "comments", steps: &[Migration::new(1, "comments", V1)] };

// People are referred to by the key of their id (lower case).
//
// `comment_ids` holds the next id of a comment: its notifications name it, and so it is known
// before the batch that writes both.
//
// `commented_nodes.last` is the number of the node's last comment. Whoever comments locks the
// row, so that numbers are in the order of commits; and they rise also when comments are
// deleted, so that none is given twice.
//
// `comments.author` is null where the person is gone. `parent` and `topmost` stay when those
// comments are deleted.
//
// `comment_reads.upto` is the number up to which the person has read.
const V1: &str = "
CREATE TABLE comment_ids (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO comment_ids (name, value) VALUES ('next', 1);

CREATE TABLE commented_nodes (
    node BIGINT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE comments (
    id INTEGER PRIMARY KEY,
    node BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    parent BIGINT,
    topmost BIGINT,
    verb TEXT NOT NULL,
    author TEXT,
    author_key TEXT,
    message TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE UNIQUE INDEX comments_node ON comments (node, seq);
CREATE INDEX comments_parent ON comments (parent) WHERE parent IS NOT NULL;
CREATE INDEX comments_author ON comments (author_key) WHERE author_key IS NOT NULL;

CREATE TABLE comment_reads (
    node BIGINT NOT NULL,
    person TEXT NOT NULL,
    upto BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (node, person)
) WITHOUT ROWID;
CREATE INDEX comment_reads_person ON comment_reads (person);
";
