//! Notifications on their way in and out, as statements of an act.

use std::collections::BTreeMap;

use allmende_sql::{Batch, Statement, params};
use allmende_types::{NodeId, Principal, Timestamp, UserId};

use crate::{append::details, push};

const INSERT: &str = "INSERT INTO notifications \
     (principal, app, object_type, object_id, kind, at, actor, node, details) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

// Dismissals first: afterwards nobody knows of which notifications they are.
const WITHDRAW: [&str; 2] = [
    "DELETE FROM notification_dismissals WHERE notification IN (SELECT id FROM notifications \
     WHERE app = $1 AND object_type = $2 AND object_id = $3)",
    "DELETE FROM notifications WHERE app = $1 AND object_type = $2 AND object_id = $3",
];

const DISMISS: [&str; 2] = [
    "DELETE FROM notifications \
     WHERE app = $1 AND object_type = $2 AND object_id = $3 AND principal = $4",
    "INSERT INTO notification_dismissals (notification, person) \
     SELECT id, CAST($4 AS text) FROM notifications \
     WHERE app = $1 AND object_type = $2 AND object_id = $3 AND principal <> $4 \
     ON CONFLICT (notification, person) DO NOTHING",
];

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// What somebody is told. The text is made when it is read, in the reader's
        /// language. The number of a kind is stored and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum NotificationKind {
            $($(#[$doc])* $name,)*
        }

        impl NotificationKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number under which the kind is stored.
            #[must_use]
            pub const fn code(self) -> i64 {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// The kind that is stored under a number; none if this program knows none.
            #[must_use]
            pub const fn from_code(code: i64) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// Somebody shared something with the person. Object: the share. Details: `name`.
    IncomingShare = 1;
    /// Somebody shared something with a group. Object: the share. Details: `name`, `group`.
    IncomingGroupShare = 2;
    /// A share waits for its recipient to accept or decline it. Object: the share. Details:
    /// `name`, and `group` where it is a group's.
    PendingShare = 3;
    /// A recipient accepted a share. Object: the share. Details: `name`.
    ShareAccepted = 4;
    /// A recipient declined a share. Object: the share. Details: `name`.
    ShareDeclined = 5;
    /// A share ends within a day. Object: the share. Details: `name`.
    ShareExpires = 6;
    /// Somebody wants to give files to the person. Object: the transfer. Details: `name`.
    TransferRequested = 7;
    /// Files were given to another owner. Object: the transfer. Details: `name`.
    TransferDone = 8;
    /// Somebody mentioned the person in a comment. Object: the comment. Details: `name`,
    /// `message`.
    Mentioned = 9;
    /// A device got access to the account. Object: the app password. Details: `device`.
    DeviceAdded = 10;
    /// An administrator has something to say. Details: `subject`, `message`, `link`.
    Announcement = 11;
    /// The person wanted to be reminded of a file at this time. Object: the file. Details:
    /// `name`.
    ReminderDue = 12;
    /// Somebody shared something with a circle. Object: the share. Details: `name`.
    IncomingCircleShare = 13;
    /// Somebody ended the person's lock on a file. Object: the file.
    LockBroken = 14;
}

/// What a notification is about, such as the share 17 of the app `files_sharing`: whoever
/// changes the object finds its notifications by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Object {
    /// The app, as clients know it: `files_sharing`, `comments`.
    pub app: Box<str>,
    /// The type, as clients know it: `local_share`, `comment`.
    pub kind: Box<str>,
    /// The object's id, unique in its app and type.
    pub id: Box<str>,
}

impl Object {
    /// An object.
    pub fn new(app: &str, kind: &str, id: &str) -> Self {
        Self { app: app.into(), kind: kind.into(), id: id.into() }
    }
}

/// A notification that is about to be written.
///
/// ```
/// use allmende_events::{NewNotification, NotificationKind, Object, notify};
/// use allmende_sql::Batch;
/// use allmende_types::{Principal, Timestamp};
///
/// let share = Object::new("files_sharing", "local_share", "17");
/// let staff = Principal::Group("staff".parse()?);
/// let mut news = NewNotification::new(staff, NotificationKind::IncomingGroupShare, share);
/// news.actor = Some(Principal::Person("alice".parse()?));
/// news.at = Timestamp::from_unix(1_795_500_000);
/// let mut act = Batch::new();
/// notify(&mut act, &news); // one row, however many members the group has
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewNotification {
    /// Who is told: a person, or a group.
    pub to: Principal,
    /// What they are told.
    pub kind: NotificationKind,
    /// What it is about.
    pub object: Object,
    /// When.
    pub at: Timestamp,
    /// Who did it. They are not told, though they may be a member of the group.
    pub actor: Option<Principal>,
    /// The file or folder it is about.
    pub node: Option<NodeId>,
    /// What else is to be known; see the kind.
    pub details: BTreeMap<Box<str>, String>,
}

impl NewNotification {
    /// A notification of the beginning of time, by nobody and without details.
    #[must_use]
    pub const fn new(to: Principal, kind: NotificationKind, object: Object) -> Self {
        let at = Timestamp::EPOCH;
        Self { to, kind, object, at, actor: None, node: None, details: BTreeMap::new() }
    }
}

/// Adds the statements that tell somebody something, here and on their devices.
pub fn notify(batch: &mut Batch, news: &NewNotification) {
    let values = params![
        news.to.key(),
        &*news.object.app,
        &*news.object.kind,
        &*news.object.id,
        news.kind.code(),
        news.at.unix(),
        news.actor.as_ref().map(Principal::to_string),
        news.node.map(|id| id.0),
        details(&news.details),
    ];
    batch.push(Statement::new(INSERT, values));
    push::told(batch, news.to.key(), &news.object, news.kind.code());
}

/// Adds the statements that take back what anybody was told of an object: the share is gone.
pub fn withdraw(batch: &mut Batch, object: &Object) {
    push::withdrawn(batch, object);
    for sql in WITHDRAW {
        let values = params![&*object.app, &*object.kind, &*object.id];
        batch.push(Statement::new(sql, values));
    }
}

/// Adds the statements by which a person has seen what they were told of an object: they
/// have accepted the share.
pub fn dismiss(batch: &mut Batch, object: &Object, person: &UserId) {
    let key = Principal::Person(person.clone()).key();
    push::seen(batch, object, &key);
    for sql in DISMISS {
        let values = params![&*object.app, &*object.kind, &*object.id, &key];
        batch.push(Statement::new(sql, values));
    }
}
