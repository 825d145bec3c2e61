//! The table.

use allmende_sql::{Migration, Migrations};

/// The table of this crate, for [`Sql::migrate`](allmende_sql::Sql::migrate). It stands beside
/// those of [`allmende_events`] in one database.
pub const SCHEMA: Migrations =
    Migrations { component: "reminders", steps: &[Migration::new(1, "reminders", V1)] };

// `person_key` is the id of the person in lower case.
const V1: &str = "
CREATE TABLE reminders (
    person_key TEXT NOT NULL,
    node BIGINT NOT NULL,
    person TEXT NOT NULL,
    due BIGINT NOT NULL,
    PRIMARY KEY (person_key, node)
) WITHOUT ROWID;
CREATE INDEX reminders_due ON reminders (due);
CREATE INDEX reminders_node ON reminders (node);
";
