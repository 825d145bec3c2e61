//! The service.

use std::collections::HashMap;

use allmende_events::{NewNotification, NotificationKind, Object, notify};
use allmende_sql::{Batch, Expect, Sql, Statement, Value, params};
use allmende_types::{NodeId, Principal, Timestamp, UserId};

use crate::{Error, ErrorKind, Result};

/// How many reminders one person has at the most.
const MOST: i64 = 10_000;
/// Nodes of one statement; longer pages are read in several.
const CHUNK: usize = 1000;

/// The reminders of an installation. Clones share the database.
///
/// It holds the table of [`SCHEMA`](crate::SCHEMA) beside those of [`allmende_events`].
#[derive(Debug, Clone)]
pub struct Reminders {
    pub(crate) sql: Sql,
}

/// What came of setting a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// There was none before.
    New,
    /// There was one at another time, or the same.
    Changed,
}

/// A reminder whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Due {
    /// Whom to tell.
    pub person: UserId,
    /// Of which node.
    pub node: NodeId,
    /// When it was due.
    pub at: Timestamp,
}

impl Reminders {
    /// The reminders of a database.
    #[must_use]
    pub const fn new(sql: Sql) -> Self {
        Self { sql }
    }

    /// Reminds a person of a node at a time, in place of any other time.
    ///
    /// # Errors
    /// [`Past`](ErrorKind::Past) if the time is not after now,
    /// [`TooMany`](ErrorKind::TooMany), and those of the database.
    pub async fn set(
        &self,
        person: &UserId,
        node: NodeId,
        due: Timestamp,
        now: Timestamp,
    ) -> Result<Set> {
        const ROOM: &str =
            "SELECT 1 WHERE (SELECT count(*) FROM reminders WHERE person_key = $1) >= $2";
        const BEFORE: &str = "SELECT due FROM reminders WHERE person_key = $1 AND node = $2";
        const SET: &str = "INSERT INTO reminders (person_key, node, person, due) \
             VALUES ($1, $2, $3, $4) \
             ON CONFLICT (person_key, node) DO UPDATE SET due = excluded.due";
        if due <= now {
            return Err(Error::new(ErrorKind::Past, "a reminder"));
        }
        let key = person.key();
        let mut batch = Batch::new();
        let room = Statement::new(ROOM, params![key.as_str(), MOST]);
        let room = batch.expect(room, Expect::None);
        let before = batch.push(Statement::new(BEFORE, params![key.as_str(), node.0]));
        let values = params![key.as_str(), node.0, person.as_str(), due.unix()];
        batch.expect(Statement::new(SET, values), Expect::ONE);
        let written = self.sql.write(batch).await;
        let written = written.map_err(|e| Error::of_batch(e, room, ErrorKind::TooMany))?;
        Ok(if written[before].rows.is_empty() { Set::New } else { Set::Changed })
    }

    /// Takes a reminder back.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), and those of the database.
    pub async fn remove(&self, person: &UserId, node: NodeId) -> Result<()> {
        const REMOVE: &str = "DELETE FROM reminders WHERE person_key = $1 AND node = $2";
        let remove = Statement::new(REMOVE, params![person.key(), node.0]);
        let written = self.sql.write(Batch::one(remove, Expect::ONE)).await;
        written.map_err(|failed| Error::of_batch(failed, 0, ErrorKind::NotFound))?;
        Ok(())
    }

    /// When a person is reminded of each of these nodes, in their order: one statement for a
    /// page.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn of_nodes(
        &self,
        person: &UserId,
        nodes: &[NodeId],
    ) -> Result<Vec<Option<Timestamp>>> {
        const FIND: &str =
            "SELECT node, due FROM reminders WHERE person_key = $1 AND node IN ($list)";
        let mut found = HashMap::new();
        for chunk in nodes.chunks(CHUNK) {
            let list = chunk.iter().map(|id| Value::Int(id.0));
            let find = Statement::with_list(FIND, params![person.key()], list);
            for row in self.sql.read(find).await?.iter() {
                found.insert(NodeId(row.int(0)?), Timestamp::from_unix(row.int(1)?));
            }
        }
        Ok(nodes.iter().map(|id| found.get(id).copied()).collect())
    }

    /// Reminders whose time has come, the oldest first.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Due>> {
        const LIST: &str = "SELECT person, node, due FROM reminders WHERE due <= $1 \
             ORDER BY due, node, person_key LIMIT $2";
        let rows = self.sql.read(Statement::new(LIST, params![now.unix(), limit])).await?;
        let due = |row: allmende_sql::Row<'_>| {
            let person = row.text(0)?;
            let corrupt = |_| Error::new(ErrorKind::Unavailable, "the stored person of a reminder");
            let person = person.parse().map_err(corrupt)?;
            Ok(Due { person, node: NodeId(row.int(1)?), at: Timestamp::from_unix(row.int(2)?) })
        };
        rows.iter().map(due).collect()
    }

    /// Ends a reminder that is due, and tells the person of the node under the name that they
    /// see; without a name, since they see it no more, it only ends. One that was set to
    /// another time meanwhile stays.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn tell(&self, due: &Due, name: Option<&str>, now: Timestamp) -> Result<()> {
        const END: &str = "DELETE FROM reminders WHERE person_key = $1 AND node = $2 AND due = $3";
        let values = params![due.person.key(), due.node.0, due.at.unix()];
        let mut batch = Batch::new();
        let at = batch.expect(Statement::new(END, values), Expect::ONE);
        if let Some(name) = name {
            let to = Principal::Person(due.person.clone());
            let object = Object::new("files_reminders", "reminder", &due.node.to_string());
            let mut news = NewNotification::new(to, NotificationKind::ReminderDue, object);
            news.at = now;
            news.node = Some(due.node);
            news.details.insert("name".into(), name.to_owned());
            notify(&mut batch, &news);
        }
        match self.sql.write(batch).await {
            Ok(_) => Ok(()),
            Err(failed) => match Error::of_batch(failed, at, ErrorKind::NotFound) {
                // Somebody else told it, or the person set it anew.
                gone if gone.kind() == ErrorKind::NotFound => Ok(()),
                error => Err(error),
            },
        }
    }
}
