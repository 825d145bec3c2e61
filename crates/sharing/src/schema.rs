//! The tables.

use allmende_sql::{Migration, Migrations};

/// The tables of this crate, for [`Sql::migrate`](allmende_sql::Sql::migrate). They stand
/// beside those of [`allmende_accounts`] in one database.
pub const SCHEMA: Migrations = Migrations {
    component: "sharing",
    steps: &[
        Migration::new(1, "shares, team folders and configuration", V1),
        Migration::new(2, "addresses for players", crate::direct::TABLES),
        Migration::new(3, "key pairs of people", crate::key_pair::TABLES),
        Migration::new(4, "sealed mails", crate::mail::SEALED),
    ],
};

// People are referred to by the key of their id (lower case).
//
// `sharing_state` counts changes, so that other processes learn of them, and holds the next
// id of a share: it is known before the batch that makes the share.
//
// `shares.kind` is the protocol's number. `token_hash` finds a link and `token` holds what
// can be shown to its owner again; both need the installation's key, see `key.rs`.
//
// `share_places` has a row only for a recipient who moved, renamed, declined, accepted or
// left: a share with a group of 50,000 is one row.
//
// `team_rules.kind` and `team_managers.kind`: 0 person, 1 group, 2 team.
//
// `mails` is the outbox; a row is removed when the mail was handed over. `body` is empty
// where `sealed` has the text.
const V1: &str = "
CREATE TABLE app_config (
    app TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (app, key)
) WITHOUT ROWID;

CREATE TABLE preferences (
    person TEXT NOT NULL,
    app TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (person, app, key)
) WITHOUT ROWID;

CREATE TABLE sharing_state (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO sharing_state (name, value) VALUES ('changes', 1), ('next_share', 1);

CREATE TABLE shares (
    id INTEGER PRIMARY KEY,
    kind BIGINT NOT NULL,
    node BIGINT NOT NULL,
    owner TEXT NOT NULL,
    owner_key TEXT NOT NULL,
    initiator TEXT NOT NULL,
    initiator_key TEXT NOT NULL,
    recipient TEXT,
    recipient_key TEXT,
    permissions BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    name TEXT NOT NULL,
    token_hash BLOB UNIQUE,
    token BLOB,
    password TEXT,
    password_expires BIGINT,
    label TEXT NOT NULL,
    note TEXT NOT NULL,
    hide_download BIGINT NOT NULL,
    attributes TEXT,
    download_limit BIGINT,
    downloads BIGINT NOT NULL,
    must_accept BIGINT NOT NULL
);
CREATE UNIQUE INDEX shares_once ON shares (node, kind, recipient_key, initiator_key)
    WHERE kind IN (0, 1, 7);
CREATE INDEX shares_node ON shares (node);
CREATE INDEX shares_recipient ON shares (kind, recipient_key);
CREATE INDEX shares_initiator ON shares (initiator_key);
CREATE INDEX shares_owner ON shares (owner_key);
CREATE INDEX shares_expiry ON shares (expires) WHERE expires IS NOT NULL;

CREATE TABLE share_places (
    share BIGINT NOT NULL REFERENCES shares (id) ON DELETE CASCADE,
    person TEXT NOT NULL,
    state BIGINT,
    parent BIGINT,
    name TEXT,
    PRIMARY KEY (share, person)
);
CREATE INDEX share_places_person ON share_places (person);

CREATE TABLE team_folders (
    id AUTO_ID,
    mount_point TEXT NOT NULL,
    mount_key TEXT NOT NULL UNIQUE,
    space BIGINT,
    root BIGINT,
    quota BIGINT NOT NULL,
    acl BIGINT NOT NULL,
    default_none BIGINT NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE team_groups (
    folder BIGINT NOT NULL REFERENCES team_folders (id) ON DELETE CASCADE,
    kind BIGINT NOT NULL,
    subject TEXT NOT NULL,
    permissions BIGINT NOT NULL,
    PRIMARY KEY (folder, kind, subject)
);
CREATE INDEX team_groups_subject ON team_groups (kind, subject);

CREATE TABLE team_managers (
    folder BIGINT NOT NULL REFERENCES team_folders (id) ON DELETE CASCADE,
    kind BIGINT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (folder, kind, subject)
);
CREATE INDEX team_managers_subject ON team_managers (kind, subject);

CREATE TABLE team_rules (
    node BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    subject TEXT NOT NULL,
    folder BIGINT NOT NULL REFERENCES team_folders (id) ON DELETE CASCADE,
    mask BIGINT NOT NULL,
    allow BIGINT NOT NULL,
    shown TEXT NOT NULL,
    PRIMARY KEY (node, kind, subject)
);
CREATE INDEX team_rules_folder ON team_rules (folder, kind, subject);
CREATE INDEX team_rules_subject ON team_rules (kind, subject);

CREATE TABLE transfers (
    id AUTO_ID,
    sender TEXT NOT NULL,
    sender_key TEXT NOT NULL,
    recipient TEXT NOT NULL,
    recipient_key TEXT NOT NULL,
    node BIGINT NOT NULL,
    name TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX transfers_recipient ON transfers (recipient_key);
CREATE INDEX transfers_sender ON transfers (sender_key);

CREATE TABLE mails (
    id AUTO_ID,
    recipient TEXT NOT NULL,
    reply_to TEXT,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL
);
CREATE INDEX mails_due ON mails (due);
";

/// Counts a change.
pub(crate) const COUNT_CHANGE: &str =
    "UPDATE sharing_state SET value = value + 1 WHERE name = 'changes'";
/// Reads the count.
pub(crate) const READ_CHANGES: &str = "SELECT value FROM sharing_state WHERE name = 'changes'";
