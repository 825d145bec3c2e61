//! The tables.

use allmende_sql::{Migration, Migrations};

/// The tables of this crate, for [`Sql::migrate`](allmende_sql::Sql::migrate). They stand
/// beside those of [`allmende_events`] in one database.
pub const SCHEMA: Migrations =
    Migrations { component: "tags", steps: &[Migration::new(1, "system tags", V1)] };

// `name_key` is the name without regard to case: two names that differ only in it are one.
//
// `system_tag_nodes` has no foreign key: a tag may be on a million nodes, and deleting it
// must not hold up everybody. Marks of tags that are gone mean nothing, and the job removes
// them a few hundred at a time.
const V1: &str = "
CREATE TABLE system_tags (
    id AUTO_ID,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    visible BIGINT NOT NULL,
    assignable BIGINT NOT NULL,
    color TEXT,
    revision BIGINT NOT NULL
);

CREATE TABLE system_tag_groups (
    tag BIGINT NOT NULL REFERENCES system_tags (id) ON DELETE CASCADE,
    group_id TEXT NOT NULL,
    PRIMARY KEY (tag, group_id)
) WITHOUT ROWID;
CREATE INDEX system_tag_groups_group ON system_tag_groups (group_id);

CREATE TABLE system_tag_nodes (
    node BIGINT NOT NULL,
    tag BIGINT NOT NULL,
    PRIMARY KEY (node, tag)
) WITHOUT ROWID;
CREATE INDEX system_tag_nodes_tag ON system_tag_nodes (tag, node);
";
