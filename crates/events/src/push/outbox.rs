//! What has not been sent yet.

use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_types::{Principal, Timestamp, UserId};

use super::devices::person;
use crate::{
    Events, NotificationId,
    error::{Error, Result},
    event::principal,
};

/// Seconds for which one process has what it took to itself.
const CLAIM: i64 = 300;
/// People whose devices one statement deals something out to.
const SLICE: usize = 500;

/// The number of one thing to be sent to one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PushId(pub i64);

/// What a device is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PushKind {
    /// A notification has come.
    Told(NotificationId),
    /// A notification is gone, or was put away on another device.
    Gone(NotificationId),
    /// All notifications were put away.
    AllGone,
}

impl PushKind {
    fn columns(self) -> (i64, i64) {
        match self {
            Self::Told(id) => (0, id.0),
            Self::Gone(id) => (1, id.0),
            Self::AllGone => (2, 0),
        }
    }

    fn from_columns(what: i64, notification: i64) -> Result<Self> {
        let id = NotificationId(notification);
        match what {
            0 => Ok(Self::Told(id)),
            1 => Ok(Self::Gone(id)),
            2 => Ok(Self::AllGone),
            _ => Err(Error::corrupt("what is to be sent to a device")),
        }
    }
}

/// Something that was not dealt out among devices yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undealt {
    /// Its number.
    pub id: PushId,
    /// Whose devices are told: those of a person, or of the members of a group.
    pub to: Principal,
    /// What they are told.
    pub kind: PushKind,
    due: Timestamp,
}

/// Something to be sent to one device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Push {
    /// Its number.
    pub id: PushId,
    /// Whose device it is, in the form in which ids are compared.
    pub person: UserId,
    /// The app password of the device.
    pub app_password: i64,
    /// What it is told.
    pub kind: PushKind,
    /// How many times it was taken, this time included.
    pub attempts: u32,
}

impl Events {
    /// What waits to be dealt out, the oldest first.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable),
    /// [`Corrupt`](crate::ErrorKind::Corrupt).
    pub async fn undealt_pushes(&self, limit: usize, now: Timestamp) -> Result<Vec<Undealt>> {
        let list = "SELECT id, principal, what, notification, due FROM push_outbox \
                    WHERE due <= $1 AND app_password IS NULL ORDER BY due, id LIMIT $2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.sql.read(Statement::new(list, params![now.unix(), limit])).await?;
        let undealt = |row: allmende_sql::Row<'_>| {
            let to = principal(Some(row.text(1)?));
            let to = to.map_err(|e| Error::corrupt("who is told").because(e))?;
            Ok(Undealt {
                id: PushId(row.int(0)?),
                to: to.ok_or_else(|| Error::corrupt("who is told"))?,
                kind: PushKind::from_columns(row.int(2)?, row.int(3)?)?,
                due: Timestamp::from_unix(row.int(4)?),
            })
        };
        rows.iter().map(undealt).collect()
    }

    /// Deals something out among the devices of people; those of none are no error. If
    /// another process has done so meanwhile, nothing happens.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`Full`](crate::ErrorKind::Full),
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly).
    pub async fn deal(&self, undealt: &Undealt, people: &[UserId]) -> Result<()> {
        let take = "DELETE FROM push_outbox WHERE id = $1";
        let take = Statement::new(take, params![undealt.id.0]);
        let mut batch = Batch::one(take, Expect::ONE);
        let (what, notification) = undealt.kind.columns();
        // All in one transaction, so that nobody is told twice or not at all.
        for some in people.chunks(SLICE) {
            let insert = "INSERT INTO push_outbox \
                 (notification, principal, what, app_password, attempts, due) \
                 SELECT CAST($1 AS bigint), 'person:' || person, CAST($2 AS bigint), \
                 app_password, 0, CAST($3 AS bigint) FROM push_devices \
                 WHERE person IN ($list) ORDER BY person, app_password";
            let values = params![notification, what, undealt.due.unix()];
            let list = some.iter().map(|id| Value::Text(id.key()));
            batch.push(Statement::with_list(insert, values, list));
        }
        match self.sql.write(batch).await {
            Ok(_) => Ok(()),
            Err(error) if matches!(error.kind(), allmende_sql::ErrorKind::Expectation { .. }) => {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes what is due for devices. No other process gets it for five minutes, within
    /// which the taker has to note what came of it.
    ///
    /// # Errors
    /// As [`Events::deal`], and [`Corrupt`](crate::ErrorKind::Corrupt).
    pub async fn take_pushes(&self, limit: usize, now: Timestamp) -> Result<Vec<Push>> {
        let take = "UPDATE push_outbox SET due = $2, attempts = attempts + 1 \
             WHERE due <= $1 AND id IN (SELECT id FROM push_outbox \
             WHERE due <= $1 AND app_password IS NOT NULL ORDER BY due, id LIMIT $3) \
             RETURNING id, principal, app_password, what, notification, attempts";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = params![now.unix(), now.plus_seconds(CLAIM).unix(), limit];
        let taken = self.sql.write(Batch::one(Statement::new(take, values), Expect::Any)).await?;
        let push = |row: allmende_sql::Row<'_>| {
            let key = row.text(1)?;
            Ok(Push {
                id: PushId(row.int(0)?),
                person: person(key.strip_prefix("person:").unwrap_or(key))?,
                app_password: row.int(2)?,
                kind: PushKind::from_columns(row.int(3)?, row.int(4)?)?,
                attempts: u32::try_from(row.int(5)?).unwrap_or(u32::MAX),
            })
        };
        let mut all: Vec<Push> = match taken.first() {
            Some(outcome) => outcome.rows.iter().map(push).collect::<Result<_>>()?,
            None => Vec::new(),
        };
        all.sort_by_key(|push| push.id);
        Ok(all)
    }

    /// Notes what came of what was taken: it is done with (sent, or given up), or to be
    /// tried again at a time.
    ///
    /// # Errors
    /// As [`Events::deal`].
    pub async fn note_pushes(&self, done: &[PushId], later: &[(PushId, Timestamp)]) -> Result<()> {
        let mut batch = Batch::new();
        if !done.is_empty() {
            let list = done.iter().map(|id| Value::Int(id.0));
            let delete = "DELETE FROM push_outbox WHERE id IN ($list)";
            batch.push(Statement::with_list(delete, vec![], list));
        }
        for (id, due) in later {
            let delay = "UPDATE push_outbox SET due = $2 WHERE id = $1";
            batch.push(Statement::new(delay, params![id.0, due.unix()]));
        }
        if !batch.is_empty() {
            self.sql.write(batch).await?;
        }
        Ok(())
    }

    /// Empties the outbox: nothing is to be sent any more.
    ///
    /// # Errors
    /// As [`Events::deal`].
    pub async fn drop_pushes(&self) -> Result<()> {
        let drop = Statement::new("DELETE FROM push_outbox", vec![]);
        self.sql.write(Batch::one(drop, Expect::Any)).await?;
        Ok(())
    }
}
