//! Notifications on their way to devices: which devices want them, and what has not been
//! sent yet.
//!
//! What is told or taken back leaves a row in the outbox, in the transaction of the act. A
//! job [deals](Events::deal) it out among the devices of those who are told, and then
//! [takes](Events::take_pushes) what is due, sends it, and [notes](Events::note_pushes) what
//! came of it. How a device is reached is not known here.

mod devices;
mod outbox;

use allmende_sql::{Batch, Statement, Value, params};

pub use devices::{PushDevice, Registered};
pub use outbox::{Push, PushId, PushKind, Undealt};

use crate::Object;

/// The tables.
///
/// `push_outbox.app_password` is null until the row was dealt out: a group's row becomes one
/// for each device of its members. `what` is 0 for something new, 1 for something gone and
/// 2 for everything gone.
pub(crate) const TABLES: &str = "
CREATE TABLE push_devices (
    person TEXT NOT NULL,
    app_password BIGINT NOT NULL,
    identifier TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    public_key TEXT NOT NULL,
    proxy TEXT NOT NULL,
    PRIMARY KEY (person, app_password)
) WITHOUT ROWID;
CREATE INDEX push_devices_identifier ON push_devices (identifier);
CREATE TABLE push_outbox (
    id AUTO_ID,
    notification BIGINT NOT NULL,
    principal TEXT NOT NULL,
    what BIGINT NOT NULL,
    app_password BIGINT,
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL
);
CREATE INDEX push_outbox_due ON push_outbox (due);
";

/// The beginning of a statement that puts notifications into the outbox, with its condition:
/// without any device nothing is put in, where it would wait for nobody.
macro_rules! enqueue {
    ($principal:literal, $what:literal, $due:literal, $condition:literal) => {
        concat!(
            "INSERT INTO push_outbox (notification, principal, what, attempts, due) SELECT id, ",
            $principal,
            ", ",
            $what,
            ", 0, ",
            $due,
            " FROM notifications WHERE EXISTS (SELECT 1 FROM push_devices) AND ",
            $condition
        )
    };
}

// The newest that is exactly like this is the one that was written just before.
const TOLD: &str = enqueue!(
    "principal",
    "0",
    "at",
    "principal = $1 AND app = $2 AND object_type = $3 AND object_id = $4 AND kind = $5 \
     ORDER BY id DESC LIMIT 1"
);
const WITHDRAWN: &str =
    enqueue!("principal", "1", "0", "app = $1 AND object_type = $2 AND object_id = $3");
const SEEN: &str = enqueue!(
    "CAST($4 AS text)",
    "1",
    "0",
    "app = $1 AND object_type = $2 AND object_id = $3 \
     AND (principal = $4 OR substr(principal, 1, 7) <> 'person:')"
);
const DISMISSED: &str = enqueue!("CAST($1 AS text)", "1", "0", "id = $2 AND principal IN ($list)");
const ALL_DISMISSED: &str = "INSERT INTO push_outbox (notification, principal, what, attempts, due) \
     SELECT 0, CAST($1 AS text), 2, 0, 0 WHERE EXISTS (SELECT 1 FROM push_devices)";

/// The notification that this batch has just written is to be sent.
pub(crate) fn told(batch: &mut Batch, principal: String, object: &Object, kind: i64) {
    let values = params![principal, &*object.app, &*object.kind, &*object.id, kind];
    batch.push(Statement::new(TOLD, values));
}

/// What is about to be withdrawn goes from all devices.
pub(crate) fn withdrawn(batch: &mut Batch, object: &Object) {
    let values = params![&*object.app, &*object.kind, &*object.id];
    batch.push(Statement::new(WITHDRAWN, values));
}

/// What a person is about to have seen goes from their devices.
pub(crate) fn seen(batch: &mut Batch, object: &Object, principal: &str) {
    let values = params![&*object.app, &*object.kind, &*object.id, principal];
    batch.push(Statement::new(SEEN, values));
}

/// What a reader puts away goes from their other devices.
pub(crate) fn dismissed(batch: &mut Batch, principal: &str, id: i64, all: Vec<Value>) {
    batch.push(Statement::with_list(DISMISSED, params![principal, id], all));
}

/// The same of everything.
pub(crate) fn all_dismissed(batch: &mut Batch, principal: &str) {
    batch.push(Statement::new(ALL_DISMISSED, params![principal]));
}
