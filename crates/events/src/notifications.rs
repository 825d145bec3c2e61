//! What a person is told, read and put away.

use std::{collections::BTreeMap, fmt};

use allmende_sql::{Batch, Row, Statement, Value, params};
use allmende_types::{CircleId, GroupId, NodeId, Principal, Timestamp, UserId};

use crate::{
    Events, NotificationKind, Object,
    error::{Error, Result},
    event::{details, principal},
    push,
};

macro_rules! columns {
    () => {
        "n.id, n.app, n.object_type, n.object_id, n.kind, n.at, n.actor, n.node, n.details"
    };
}

/// What the reader `$1` neither did nor put away.
macro_rules! is_news {
    () => {
        "(n.actor IS NULL OR lower(n.actor) <> $1) \
         AND NOT EXISTS (SELECT 1 FROM notification_dismissals d \
         WHERE d.notification = n.id AND d.person = $1)"
    };
}

/// What is for the reader `$1`, who is one of the principals in the list.
macro_rules! for_reader {
    () => {
        concat!("n.principal IN ($list) AND ", is_news!())
    };
}

const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM notifications n WHERE ",
    for_reader!(),
    " ORDER BY n.id DESC LIMIT $2"
);
const FIND: &str =
    concat!("SELECT ", columns!(), " FROM notifications n WHERE n.id = $2 AND ", for_reader!());
// There is room for one list: whose they are is looked at here.
const AMONG: &str = concat!(
    "SELECT ",
    columns!(),
    ", n.principal FROM notifications n WHERE n.id IN ($list) AND ",
    is_news!(),
    " ORDER BY n.id"
);

const DELETE: &str = "DELETE FROM notifications WHERE principal = $1 AND id = $2";
const DELETE_ALL: &str = "DELETE FROM notifications WHERE principal = $1";
const DISMISS: &str = "INSERT INTO notification_dismissals (notification, person) \
     SELECT id, CAST($1 AS text) FROM notifications WHERE id = $2 AND principal IN ($list) \
     ON CONFLICT (notification, person) DO NOTHING";
const DISMISS_ALL: &str = "INSERT INTO notification_dismissals (notification, person) \
     SELECT id, CAST($1 AS text) FROM notifications WHERE principal IN ($list) \
     ON CONFLICT (notification, person) DO NOTHING";

const DROP_OLD: [&str; 2] = [
    "DELETE FROM notification_dismissals WHERE notification IN \
     (SELECT id FROM notifications WHERE at < $1)",
    "DELETE FROM notifications WHERE at < $1",
];

/// The name of a notification, as clients know it (`notification_id`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NotificationId(pub i64);

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A notification as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// Its name.
    pub id: NotificationId,
    /// What it tells.
    pub kind: NotificationKind,
    /// What it is about.
    pub object: Object,
    /// When it came.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Option<Principal>,
    /// The file or folder that it is about.
    pub node: Option<NodeId>,
    /// What else is to be known; see the kind.
    pub details: BTreeMap<Box<str>, String>,
}

/// Who reads notifications: a person, and the groups and circles whose notifications are theirs
/// too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The person.
    pub person: UserId,
    /// The groups that they are a member of now.
    pub groups: Vec<GroupId>,
    /// The circles that they are a member of now.
    pub circles: Vec<CircleId>,
}

impl Reader {
    /// What the person is told under: themself, their groups and their circles.
    #[must_use]
    pub fn principals(&self) -> Vec<Principal> {
        let groups = self.groups.iter().cloned().map(Principal::Group);
        let circles = self.circles.iter().cloned().map(Principal::Circle);
        let own = std::iter::once(Principal::Person(self.person.clone()));
        own.chain(groups).chain(circles).collect()
    }

    fn key(&self) -> String {
        Principal::Person(self.person.clone()).key()
    }

    fn keys(&self) -> Vec<Value> {
        self.principals().iter().map(|one| Value::Text(one.key())).collect()
    }
}

impl Events {
    /// What a reader is told, the latest first.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable),
    /// [`Corrupt`](crate::ErrorKind::Corrupt).
    pub async fn notifications(&self, reader: &Reader, limit: usize) -> Result<Vec<Notification>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let select = Statement::with_list(LIST, params![reader.key(), limit], reader.keys());
        self.sql.read(select).await?.iter().map(notification).collect()
    }

    /// One notification, if it is for the reader.
    ///
    /// # Errors
    /// As [`Events::notifications`].
    pub async fn notification(
        &self,
        reader: &Reader,
        id: NotificationId,
    ) -> Result<Option<Notification>> {
        let select = Statement::with_list(FIND, params![reader.key(), id.0], reader.keys());
        self.sql.read(select.point()).await?.first().map(notification).transpose()
    }

    /// Those of some notifications that are for the reader, by their ids.
    ///
    /// # Errors
    /// As [`Events::notifications`].
    pub async fn notifications_among(
        &self,
        reader: &Reader,
        ids: &[NotificationId],
    ) -> Result<Vec<Notification>> {
        let list = ids.iter().map(|id| Value::Int(id.0));
        let select = Statement::with_list(AMONG, params![reader.key()], list);
        let rows = self.sql.read(select).await?;
        let keys: Vec<String> = reader.principals().iter().map(Principal::key).collect();
        let mut found = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            let to = row.text(9)?;
            if keys.iter().any(|key| key == to) {
                found.push(notification(row)?);
            }
        }
        Ok(found)
    }

    /// Takes a notification away from a reader; other members of a group keep it. It is no
    /// error if it is gone.
    ///
    /// # Errors
    /// As [`Events::notifications`], and [`Full`](crate::ErrorKind::Full),
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly).
    pub async fn dismiss_one(&self, reader: &Reader, id: NotificationId) -> Result<()> {
        let mut batch = Batch::new();
        push::dismissed(&mut batch, &reader.key(), id.0, reader.keys());
        batch.push(Statement::new(DELETE, params![reader.key(), id.0]));
        let values = params![reader.key(), id.0];
        batch.push(Statement::with_list(DISMISS, values, reader.keys()));
        self.sql.write(batch).await?;
        Ok(())
    }

    /// Takes all notifications away from a reader.
    ///
    /// # Errors
    /// As [`Events::dismiss_one`].
    pub async fn dismiss_all(&self, reader: &Reader) -> Result<()> {
        let mut batch = Batch::new();
        push::all_dismissed(&mut batch, &reader.key());
        batch.push(Statement::new(DELETE_ALL, params![reader.key()]));
        batch.push(Statement::with_list(DISMISS_ALL, params![reader.key()], reader.keys()));
        self.sql.write(batch).await?;
        Ok(())
    }

    /// Removes what nobody has put away since a point in time. For a job.
    ///
    /// # Errors
    /// As [`Events::dismiss_one`].
    pub async fn drop_notifications(&self, before: Timestamp) -> Result<()> {
        let drop = |sql| Statement::new(sql, params![before.unix()]);
        self.sql.write(DROP_OLD.into_iter().map(drop).collect()).await?;
        Ok(())
    }
}

fn notification(row: Row<'_>) -> Result<Notification> {
    let id = NotificationId(row.int(0)?);
    let corrupt = |what: &str| Error::corrupt(format!("{what} of notification {id}"));
    let kind = NotificationKind::from_code(row.int(4)?).ok_or_else(|| corrupt("the kind"))?;
    Ok(Notification {
        id,
        kind,
        object: Object::new(row.text(1)?, row.text(2)?, row.text(3)?),
        at: Timestamp::from_unix(row.int(5)?),
        actor: principal(row.opt_text(6)?).map_err(|e| corrupt("the actor").because(e))?,
        node: row.opt_int(7)?.map(NodeId),
        details: details(row.opt_text(8)?).map_err(|e| corrupt("the details").because(e))?,
    })
}
