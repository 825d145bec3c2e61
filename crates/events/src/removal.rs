//! What goes when people go.

use allmende_sql::{Batch, Statement, params};
use allmende_types::{Principal, UserId};

use crate::{Events, error::Result};

// Dismissals first: afterwards nobody knows of which notifications they are.
const FORGET: [&str; 5] = [
    "DELETE FROM notification_dismissals WHERE notification IN \
     (SELECT id FROM notifications WHERE principal = $1)",
    "DELETE FROM notification_dismissals WHERE person = $1",
    "DELETE FROM notifications WHERE principal = $1",
    "DELETE FROM event_audience WHERE principal = $1",
    "DELETE FROM push_outbox WHERE principal = $1",
];
const FORGET_DEVICES: &str = "DELETE FROM push_devices WHERE person = $1";

impl Events {
    /// A person is gone: what they were told, what they have put away, their devices, and
    /// what was on its way to these is removed, so that nobody who gets their id later has
    /// it. Events stay, addressed to them no more; so does what groups are told.
    ///
    /// # Errors
    /// As [`Events::dismiss_one`]. Repeating it is harmless.
    pub async fn forget_person(&self, person: &UserId) -> Result<()> {
        let principal = Principal::Person(person.clone()).key();
        let forget = |sql| Statement::new(sql, params![&principal]);
        let mut batch: Batch = FORGET.into_iter().map(forget).collect();
        batch.push(Statement::new(FORGET_DEVICES, params![person.key()]));
        self.sql.write(batch).await?;
        Ok(())
    }
}
