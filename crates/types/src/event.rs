//! What is told of an act: who did what, to what, and who is to hear of it.

use std::{collections::BTreeMap, fmt, net::IpAddr, str::FromStr};

use crate::{CircleId, GroupId, NodeId, SpaceId, Timestamp, UserId};

/// A line of events that is numbered without gaps.
///
/// Events of one stream are in the order of their transactions. Streams do not wait for one
/// another: that of a space is written by those who write into the space, who stand in a row
/// anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stream {
    /// What happens to the files of a space. Written by the tree, and by what is kept of its
    /// nodes elsewhere: tags, comments.
    Space(SpaceId),
    /// People, groups, credentials.
    Accounts,
    /// Shares, links, team folders, the system tags that there are, and the settings that
    /// govern them.
    Sharing,
    /// Who read the contents of a space, where that is told. Apart from what happens to its
    /// files, so that readers and writers do not wait for one another.
    Reads(SpaceId),
}

/// The number of the first stream of reads; those of other spaces are below it.
const READS: i64 = -1000;

impl Stream {
    /// The number under which the stream is stored: that of the space, or a negative one.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Space(id) => id.0,
            Self::Accounts => -1,
            Self::Sharing => -2,
            Self::Reads(id) => READS - id.0,
        }
    }

    /// The stream that is stored under a number; none if no stream is.
    #[must_use]
    pub const fn from_code(code: i64) -> Option<Self> {
        match code {
            0.. => Some(Self::Space(SpaceId(code))),
            -1 => Some(Self::Accounts),
            -2 => Some(Self::Sharing),
            // No overflow: the lowest number of all is the one of a space of that size.
            ..=READS => Some(Self::Reads(SpaceId(READS - code))),
            _ => None,
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Space(id) => write!(f, "space:{id}"),
            Self::Accounts => f.write_str("accounts"),
            Self::Sharing => f.write_str("sharing"),
            Self::Reads(id) => write!(f, "reads:{id}"),
        }
    }
}

/// A text that names no stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is no stream of events: accounts, sharing, space:N or reads:N")]
pub struct InvalidStream(pub String);

/// Reads what `Display` writes.
///
/// ```
/// use allmende_types::{SpaceId, Stream};
///
/// assert_eq!("reads:7".parse(), Ok(Stream::Reads(SpaceId(7))));
/// assert!("space:-1".parse::<Stream>().is_err());
/// ```
impl FromStr for Stream {
    type Err = InvalidStream;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || InvalidStream(s.to_owned());
        let space = |digits: &str| {
            let id = digits.parse().ok().filter(|id| (0..=READS - i64::MIN).contains(id));
            id.map(SpaceId).ok_or_else(bad)
        };
        match (s, s.split_once(':')) {
            ("accounts", _) => Ok(Self::Accounts),
            ("sharing", _) => Ok(Self::Sharing),
            (_, Some(("space", id))) => space(id).map(Self::Space),
            (_, Some(("reads", id))) => space(id).map(Self::Reads),
            _ => Err(bad()),
        }
    }
}

/// Somebody who acts, or is told: a person, a group, a circle, or whoever comes through a
/// public link.
///
/// ```
/// use allmende_types::Principal;
///
/// let staff: Principal = "group:staff".parse()?;
/// assert_eq!(staff, Principal::Group("staff".parse()?));
/// assert_eq!(staff.to_string(), "group:staff");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Principal {
    /// A person.
    Person(UserId),
    /// All members of a group, those who come later included.
    Group(GroupId),
    /// All members of a circle, those who come later included.
    Circle(CircleId),
    /// A guest of a public link or of a share by mail, by the number of the share. The
    /// token itself would open the door to whoever reads it.
    Link(i64),
}

impl Principal {
    /// The form in which principals are compared: the ids of people without regard to case.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Person(id) => format!("person:{}", id.key()),
            Self::Group(_) | Self::Circle(_) | Self::Link(_) => self.to_string(),
        }
    }

    /// The person, if it is one.
    #[must_use]
    pub const fn person(&self) -> Option<&UserId> {
        match self {
            Self::Person(id) => Some(id),
            Self::Group(_) | Self::Circle(_) | Self::Link(_) => None,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Group(id) => write!(f, "group:{}", id.as_str()),
            Self::Circle(id) => write!(f, "circle:{id}"),
            Self::Link(id) => write!(f, "link:{id}"),
        }
    }
}

impl FromStr for Principal {
    type Err = crate::InvalidPrincipal;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || crate::InvalidPrincipal(s.to_owned());
        match s.split_once(':').ok_or_else(bad)? {
            ("person", id) => id.parse().map(Self::Person),
            ("group", id) => id.parse().map(Self::Group),
            ("circle", id) => id.parse().map(Self::Circle),
            ("link", id) => id.parse().map(Self::Link).map_err(|_| bad()),
            _ => Err(bad()),
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// What happened. The number and the name of a kind are stored and exported, and
        /// never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* $name,)*
        }

        impl EventKind {
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

            /// The name in an export, such as `file_created`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

kinds! {
    /// A file or folder was made, uploaded, or came from another space.
    FileCreated = 1, "file_created";
    /// A file got new content.
    FileChanged = 2, "file_changed";
    /// A file or folder was removed, with all below, or went to another space.
    FileRemoved = 3, "file_removed";
    /// It moved to another folder of its space, perhaps under another name.
    FileMoved = 4, "file_moved";
    /// It got another name in its folder.
    FileRenamed = 5, "file_renamed";
    /// It came into being as a copy.
    FileCopied = 6, "file_copied";
    /// It came back from the trash, or an older version of its content did.
    FileRestored = 7, "file_restored";
    /// Its content was read; told where reads are to be told.
    FileRead = 8, "file_read";
    /// Somebody ended a lock that another person held on it, whose id is the detail `holder`.
    LockBroken = 9, "lock_broken";

    /// A person was made.
    PersonCreated = 20, "person_created";
    /// Facts of a person were changed; the details name them.
    PersonChanged = 21, "person_changed";
    /// A person was deleted.
    PersonDeleted = 22, "person_deleted";
    /// A person may log in again.
    PersonEnabled = 23, "person_enabled";
    /// A person may not log in any more.
    PersonDisabled = 24, "person_disabled";
    /// A password was set.
    PasswordChanged = 25, "password_changed";
    /// Somebody logged in with a password.
    LoggedIn = 26, "logged_in";
    /// Somebody failed to.
    LoginFailed = 27, "login_failed";
    /// An app password was made.
    AppPasswordCreated = 28, "app_password_created";
    /// An app password was revoked.
    AppPasswordRevoked = 29, "app_password_revoked";
    /// A device was told to delete what it has.
    WipeRequested = 30, "wipe_requested";

    /// A group was made.
    GroupCreated = 40, "group_created";
    /// A group got another display name.
    GroupChanged = 41, "group_changed";
    /// A group was deleted.
    GroupDeleted = 42, "group_deleted";
    /// A person became a member of a group.
    MemberAdded = 43, "member_added";
    /// A person is no member of a group any more.
    MemberRemoved = 44, "member_removed";
    /// A person became an administrator of a group.
    GroupAdminAdded = 45, "group_admin_added";
    /// A person is no administrator of a group any more.
    GroupAdminRemoved = 46, "group_admin_removed";

    /// A circle was made; the details tell its id (`circle`) and `name`.
    CircleCreated = 50, "circle_created";
    /// A circle got another name, description or settings.
    CircleChanged = 51, "circle_changed";
    /// A circle was deleted.
    CircleDeleted = 52, "circle_deleted";
    /// A person (`person`) or group (`group`) became a member of a circle, was invited, or
    /// asked for it (`state`).
    CircleMemberAdded = 53, "circle_member_added";
    /// A member of a circle got another level (`level`), perhaps as its owner.
    CircleMemberChanged = 54, "circle_member_changed";
    /// A person or group is no member of a circle any more, or not invited any more.
    CircleMemberRemoved = 55, "circle_member_removed";

    /// Something was shared; the details say how.
    ShareCreated = 60, "share_created";
    /// A share's permissions, expiry, note or password were changed.
    ShareChanged = 61, "share_changed";
    /// A share was withdrawn.
    ShareDeleted = 62, "share_deleted";
    /// A recipient accepted a share.
    ShareAccepted = 63, "share_accepted";
    /// A recipient declined a share.
    ShareDeclined = 64, "share_declined";
    /// A recipient left a share.
    ShareLeft = 65, "share_left";
    /// A share came to its end.
    ShareExpired = 66, "share_expired";
    /// Something was downloaded through a public link.
    LinkDownloaded = 67, "link_downloaded";
    /// Somebody gave a wrong password of a public link.
    LinkPasswordFailed = 68, "link_password_failed";
    /// Files were given to another owner.
    OwnershipTransferred = 69, "ownership_transferred";

    /// A team folder was made.
    TeamFolderCreated = 80, "team_folder_created";
    /// A team folder's name, quota, groups or managers were changed.
    TeamFolderChanged = 81, "team_folder_changed";
    /// A team folder was deleted.
    TeamFolderDeleted = 82, "team_folder_deleted";
    /// The rules of a sub-folder were changed.
    RulesChanged = 83, "rules_changed";
    /// A setting of the server was changed.
    SettingChanged = 84, "setting_changed";

    /// A system tag was made; the details tell its `name`.
    TagCreated = 90, "tag_created";
    /// A system tag got another name, colour or rules.
    TagChanged = 91, "tag_changed";
    /// A system tag was deleted, and with it all that it marked.
    TagDeleted = 92, "tag_deleted";
    /// A file or folder got a system tag, whose name is the detail `tag`.
    TagAssigned = 93, "tag_assigned";
    /// A system tag was taken from a file or folder.
    TagUnassigned = 94, "tag_unassigned";

    /// Somebody commented on a file or folder; the detail `comment` is the comment's id.
    CommentCreated = 100, "comment_created";
    /// A comment got another text.
    CommentChanged = 101, "comment_changed";
    /// A comment was deleted.
    CommentDeleted = 102, "comment_deleted";
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a request came from, as far as that is known and may be kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// What the client calls itself (`User-Agent`).
    pub agent: Option<Box<str>>,
}

/// The file or folder of an event, as it is after the act (of a removal: as it was).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNode {
    /// Its space.
    pub space: SpaceId,
    /// The node.
    pub node: NodeId,
    /// The folder it lies in; none for a root.
    pub parent: Option<NodeId>,
    /// Its name; empty for a root.
    pub name: Box<str>,
    /// What it is.
    pub shape: NodeShape,
    /// Where it lay before, if that has changed: folder and name. Of a copy, the node it
    /// was copied from is among the details.
    pub from: Option<(NodeId, Box<str>)>,
}

/// File or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeShape {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// An event that is about to be written, in the transaction of the act that it tells of.
///
/// ```
/// use allmende_types::{EventKind, NewEvent, Principal, Stream, Timestamp};
///
/// let alice = Principal::Person("alice".parse()?);
/// let event = NewEvent::new(Stream::Sharing, EventKind::ShareCreated, Timestamp::EPOCH)
///     .by(alice.clone())
///     .detail("share", "17")
///     .to([alice, Principal::Group("staff".parse()?)]);
/// assert_eq!(event.details["share"], "17");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEvent {
    /// The stream that it becomes the next of.
    pub stream: Stream,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Who did it; none if the server did, or if nobody knows.
    pub actor: Option<Principal>,
    /// Where they came from.
    pub origin: Origin,
    /// The file or folder that it is about.
    pub node: Option<EventNode>,
    /// What else is to be known, by short names.
    pub details: BTreeMap<Box<str>, String>,
    /// Who is told, whatever they can see: a few people and groups, never the members of a
    /// group one by one.
    pub audience: Vec<Principal>,
}

impl NewEvent {
    /// An event without an actor, that is about nothing and told to nobody.
    #[must_use]
    pub const fn new(stream: Stream, kind: EventKind, at: Timestamp) -> Self {
        Self {
            stream,
            kind,
            at,
            actor: None,
            origin: Origin { address: None, agent: None },
            node: None,
            details: BTreeMap::new(),
            audience: Vec::new(),
        }
    }

    /// Somebody did it.
    #[must_use]
    pub fn by(self, actor: impl Into<Option<Principal>>) -> Self {
        Self { actor: actor.into(), ..self }
    }

    /// They came from somewhere.
    #[must_use]
    pub fn from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// It is about a file or folder.
    #[must_use]
    pub fn about(self, node: EventNode) -> Self {
        Self { node: Some(node), ..self }
    }

    /// Something else is to be known.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<String>) -> Self {
        self.details.insert(name.into(), value.into());
        self
    }

    /// Somebody is told.
    #[must_use]
    pub fn to(mut self, audience: impl IntoIterator<Item = Principal>) -> Self {
        self.audience.extend(audience);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_numbers_and_names_of_their_own() {
        let mut names = std::collections::BTreeSet::new();
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_code(kind.code()), Some(*kind));
            assert!(names.insert(kind.as_str()), "{kind}");
        }
        assert_eq!(EventKind::FileCreated.code(), 1);
        assert_eq!(EventKind::ShareCreated.to_string(), "share_created");
        assert_eq!(EventKind::from_code(0), None);
    }

    #[test]
    fn streams_and_principals_read_back() {
        let space = SpaceId(7);
        let all = [Stream::Space(space), Stream::Accounts, Stream::Sharing, Stream::Reads(space)];
        for stream in all {
            assert_eq!(Stream::from_code(stream.code()), Some(stream));
            assert_eq!(stream.to_string().parse(), Ok(stream));
        }
        assert_eq!(Stream::Reads(space).code(), -1007);
        for code in [-3, -999] {
            assert_eq!(Stream::from_code(code), None);
        }
        let lowest = Stream::from_code(i64::MIN).unwrap();
        assert_eq!((lowest.code(), lowest.to_string().parse()), (i64::MIN, Ok(lowest)));
        assert_eq!(Stream::from_code(-1000), Some(Stream::Reads(SpaceId(0))));
        for bad in ["", "space:", "space:x", "reads:-1", "reads:9223372036854775807", "7"] {
            assert!(bad.parse::<Stream>().is_err(), "{bad}");
        }
        for text in ["person:Alice", "group:a:b", "link:17"] {
            assert_eq!(text.parse::<Principal>().unwrap().to_string(), text);
        }
        assert_eq!("person:Alice".parse::<Principal>().unwrap().key(), "person:alice");
        for bad in ["alice", "person:", "link:x", "room:1", ""] {
            assert!(bad.parse::<Principal>().is_err(), "{bad}");
        }
    }
}
