//! The tables.

use allmende_sql::{Migration, Migrations};

/// The tables of this crate, for [`Sql::migrate`](allmende_sql::Sql::migrate).
///
/// People are referred to by the key of their id (lower case). Secrets that the server
/// made are kept as their SHA-256, passwords that people chose as Argon2id: a copy of the
/// database opens no door.
pub const SCHEMA: Migrations = Migrations {
    component: "accounts",
    steps: &[
        Migration::new(1, "people, groups and credentials", V1),
        Migration::new(2, "a count of changes", V2),
        Migration::new(3, "pictures, and people by the values of their fields", V3),
        Migration::new(4, "programs that act for people", crate::oauth2::TABLES),
        Migration::new(5, "links to choose a password by", crate::password_links::TABLES),
        Migration::new(6, "circles", crate::circles::TABLES),
    ],
};

/// Counts what changes who somebody is: people, groups and memberships, not sessions.
const V2: &str = "
CREATE TABLE account_changes (one INTEGER PRIMARY KEY, n BIGINT NOT NULL);
INSERT INTO account_changes (one, n) VALUES (1, 1);
";

/// Values can be long, so the index is on names: those that are looked for by value (telephone
/// numbers, statuses) are few for each name.
const V3: &str = "
CREATE TABLE avatars (
    person TEXT PRIMARY KEY REFERENCES people (key) ON DELETE CASCADE,
    picture BLOB,
    version BIGINT NOT NULL
);
CREATE INDEX person_fields_name ON person_fields (name);
";

const V1: &str = "
CREATE TABLE people (
    key TEXT PRIMARY KEY,
    uid TEXT NOT NULL,
    display_name TEXT NOT NULL,
    display_key TEXT NOT NULL,
    email TEXT,
    email_key TEXT,
    password TEXT,
    -- Counts changes of the password; what was proved with an older one is void.
    generation BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    -- Null is the server's default, -1 unlimited.
    quota BIGINT,
    language TEXT NOT NULL,
    locale TEXT NOT NULL,
    timezone TEXT NOT NULL,
    created BIGINT NOT NULL,
    first_login BIGINT,
    last_login BIGINT
);
CREATE INDEX people_email ON people (email_key);
CREATE INDEX people_last_login ON people (last_login);

CREATE TABLE person_fields (
    person TEXT NOT NULL REFERENCES people (key) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    scope TEXT NOT NULL,
    PRIMARY KEY (person, name)
);

CREATE TABLE person_groups (
    id TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    display_key TEXT NOT NULL
);
INSERT INTO person_groups (id, display_name, display_key) VALUES ('admin', 'admin', 'admin');

CREATE TABLE group_members (
    group_id TEXT NOT NULL REFERENCES person_groups (id) ON DELETE CASCADE,
    person TEXT NOT NULL REFERENCES people (key) ON DELETE CASCADE,
    PRIMARY KEY (group_id, person)
);
CREATE INDEX group_members_person ON group_members (person);

CREATE TABLE group_admins (
    group_id TEXT NOT NULL REFERENCES person_groups (id) ON DELETE CASCADE,
    person TEXT NOT NULL REFERENCES people (key) ON DELETE CASCADE,
    PRIMARY KEY (group_id, person)
);
CREATE INDEX group_admins_person ON group_admins (person);

CREATE TABLE app_passwords (
    id AUTO_ID,
    hash BLOB NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES people (key) ON DELETE CASCADE,
    login_name TEXT NOT NULL,
    name TEXT NOT NULL,
    kind BIGINT NOT NULL,
    filesystem BIGINT NOT NULL,
    created BIGINT NOT NULL,
    last_activity BIGINT NOT NULL,
    expires BIGINT,
    wipe BIGINT NOT NULL,
    confirmed BIGINT
);
CREATE INDEX app_passwords_person ON app_passwords (person);

CREATE TABLE browser_sessions (
    hash BLOB PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (key) ON DELETE CASCADE,
    generation BIGINT NOT NULL,
    created BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    idle BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    confirmed BIGINT NOT NULL
);
CREATE INDEX browser_sessions_person ON browser_sessions (person);

CREATE TABLE login_flows (
    poll_hash BLOB PRIMARY KEY,
    login_hash BLOB NOT NULL UNIQUE,
    client_name TEXT NOT NULL,
    expires BIGINT NOT NULL,
    person TEXT REFERENCES people (key) ON DELETE CASCADE,
    login_name TEXT
);
CREATE INDEX login_flows_person ON login_flows (person);

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
";
