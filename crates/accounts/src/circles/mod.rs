//! Circles: teams that people make and manage themselves (the original's *teams*, which were
//! called circles and are still on the wire).
//!
//! What somebody may do is decided in [`rules`] by pure functions, from what was read; the
//! batch that does it holds only if the circle is still what was read.

mod acts;
mod flags;
mod members;
mod read;
mod refusal;
mod rules;

use allmende_types::{CircleId, GroupId, Timestamp, UserId};

pub(crate) use self::{
    acts::hand_on,
    read::{MEMBERSHIPS, circle_id},
};
pub use self::{
    acts::{CircleEdit, NewCircle},
    flags::CircleFlags,
    members::JoinedCircle,
    read::CircleQuery,
    refusal::CircleRefusal,
};

/// The tables.
///
/// `level` of a member: 0 while invited or asking, 1, 4, 8; the owner's row has 8, and who owns
/// the circle stands in the circle, so that there is one always and never two. `state`: 0
/// member, 1 invited, 2 asking. `revision` rises with each change of the circle and its
/// members.
pub(crate) const TABLES: &str = "
CREATE TABLE circles (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    flags BIGINT NOT NULL,
    owner TEXT NOT NULL REFERENCES people (key),
    created BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX circles_owner ON circles (owner);

CREATE TABLE circle_members (
    id TEXT PRIMARY KEY,
    circle TEXT NOT NULL REFERENCES circles (id) ON DELETE CASCADE,
    person TEXT REFERENCES people (key) ON DELETE CASCADE,
    group_id TEXT REFERENCES person_groups (id) ON DELETE CASCADE,
    level BIGINT NOT NULL,
    state BIGINT NOT NULL,
    joined BIGINT NOT NULL,
    invited_by TEXT REFERENCES people (key) ON DELETE SET NULL,
    CHECK ((person IS NULL) <> (group_id IS NULL))
);
CREATE UNIQUE INDEX circle_members_person ON circle_members (person, circle)
    WHERE person IS NOT NULL;
CREATE UNIQUE INDEX circle_members_group ON circle_members (group_id, circle)
    WHERE group_id IS NOT NULL;
CREATE INDEX circle_members_circle ON circle_members (circle);
CREATE INDEX circle_members_invited_by ON circle_members (invited_by)
    WHERE invited_by IS NOT NULL;
";

/// A circle as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Circle {
    /// Its id.
    pub id: CircleId,
    /// Its name; several circles can have one name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who sees it and how one comes in.
    pub flags: CircleFlags,
    /// When it was made.
    pub created: Timestamp,
    /// How many members it has; a group counts once.
    pub population: u64,
    /// Who owns it.
    pub owner: CircleMember,
    /// What the person is to it themselves; none of who comes in by a group only, and of
    /// strangers.
    pub own: Option<CircleMember>,
    /// The highest level that the person has, also by a group.
    pub level: CircleLevel,
}

/// A member of a circle, or who is to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CircleMember {
    /// The id of the membership.
    pub id: CircleMemberId,
    /// Which circle.
    pub circle: CircleId,
    /// Who.
    pub subject: CircleSubject,
    /// The name to show.
    pub name: String,
    /// What they may do.
    pub level: CircleLevel,
    /// Whether they are in.
    pub state: CircleState,
    /// When they came in, were invited, or asked.
    pub joined: Timestamp,
    /// Who brought them in: the id and the name to show.
    pub invited_by: Option<(UserId, String)>,
}

/// The id of a membership.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CircleMemberId(pub String);

/// Who can be in a circle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CircleSubject {
    /// A person.
    Person(UserId),
    /// The members of a group, whoever they are at the time.
    Group(GroupId),
}

/// What a member may do; each level may what those below it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum CircleLevel {
    /// Nothing: a stranger, or one who is invited or asks.
    #[default]
    None,
    /// Sees the members, and what is shared with the circle.
    Member,
    /// Adds and removes members.
    Moderator,
    /// Changes the settings.
    Admin,
    /// Changes name and description, deletes the circle, hands it on. There is one.
    Owner,
}

impl CircleLevel {
    /// The levels of members, lowest first.
    pub const MEMBERS: [Self; 4] = [Self::Member, Self::Moderator, Self::Admin, Self::Owner];

    /// The protocol's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Member => 1,
            Self::Moderator => 4,
            Self::Admin => 8,
            Self::Owner => 9,
        }
    }

    /// The level of members with a number.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::MEMBERS.into_iter().find(|level| i64::from(level.number()) == number)
    }
}

/// Whether somebody is in a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CircleState {
    /// They are.
    Member,
    /// They are asked to come in, and have not answered.
    Invited,
    /// They ask to come in, and nobody has answered.
    Requesting,
}

impl CircleState {
    const ALL: [Self; 3] = [Self::Member, Self::Invited, Self::Requesting];

    const fn number(self) -> i64 {
        match self {
            Self::Member => 0,
            Self::Invited => 1,
            Self::Requesting => 2,
        }
    }

    /// The protocol's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Invited => "Invited",
            Self::Requesting => "Requesting",
        }
    }
}
