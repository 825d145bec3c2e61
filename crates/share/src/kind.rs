//! The kinds of shares, and whom each is for.

use allmende_types::{GroupId, UserId};

/// The kind of a share, with the number that the protocol gives it (`share_type`).
///
/// ```
/// use allmende_share::ShareKind;
///
/// assert_eq!(ShareKind::from_number(3), Some(ShareKind::Link));
/// assert_eq!(ShareKind::Team.number(), 7);
/// assert_eq!(ShareKind::from_number(5), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum ShareKind {
    /// With a person.
    Person = 0,
    /// With a group.
    Group = 1,
    /// What one member made of a share with a group; never on the wire.
    GroupMember = 2,
    /// A public link.
    Link = 3,
    /// A link sent by mail.
    Mail = 4,
    /// With a person on another server.
    Federated = 6,
    /// With a team (a circle).
    Team = 7,
    /// With a guest account.
    Guest = 8,
    /// With a group on another server.
    FederatedGroup = 9,
    /// With a conversation of Talk.
    Room = 10,
    /// With a card of Deck.
    Deck = 12,
    /// By ScienceMesh.
    ScienceMesh = 15,
}

impl ShareKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::Person,
        Self::Group,
        Self::GroupMember,
        Self::Link,
        Self::Mail,
        Self::Federated,
        Self::Team,
        Self::Guest,
        Self::FederatedGroup,
        Self::Room,
        Self::Deck,
        Self::ScienceMesh,
    ];

    /// The protocol's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind with a number of the protocol.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| i64::from(kind.number()) == number)
    }

    /// Whether it is opened by a token.
    #[must_use]
    pub const fn has_token(self) -> bool {
        matches!(self, Self::Link | Self::Mail)
    }

    /// Whether its recipients are people with an account here.
    #[must_use]
    pub const fn is_internal(self) -> bool {
        matches!(self, Self::Person | Self::Group | Self::Team)
    }

    /// Whether it leaves for another server.
    #[must_use]
    pub const fn is_federated(self) -> bool {
        matches!(self, Self::Federated | Self::FederatedGroup)
    }
}

/// Whom something is shared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Recipient {
    /// A person.
    Person(UserId),
    /// The members of a group, whoever they are at the time.
    Group(GroupId),
    /// Whoever knows the link.
    Link,
    /// Whoever knows the link, which was sent to this address.
    Mail(String),
    /// A person on another server, by their cloud id.
    Federated(String),
    /// The members of a team, by its id.
    Team(String),
    /// A group on another server.
    FederatedGroup(String),
    /// The participants of a conversation.
    Room(String),
}

impl Recipient {
    /// The kind of the share.
    #[must_use]
    pub const fn kind(&self) -> ShareKind {
        match self {
            Self::Person(_) => ShareKind::Person,
            Self::Group(_) => ShareKind::Group,
            Self::Link => ShareKind::Link,
            Self::Mail(_) => ShareKind::Mail,
            Self::Federated(_) => ShareKind::Federated,
            Self::Team(_) => ShareKind::Team,
            Self::FederatedGroup(_) => ShareKind::FederatedGroup,
            Self::Room(_) => ShareKind::Room,
        }
    }

    /// The text of `share_with`; none for a link.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Person(id) => Some(id.as_str()),
            Self::Group(id) => Some(id.as_str()),
            Self::Link => None,
            Self::Mail(id)
            | Self::Federated(id)
            | Self::Team(id)
            | Self::FederatedGroup(id)
            | Self::Room(id) => Some(id),
        }
    }

    /// The form in which recipients of one kind are compared: people and addresses without
    /// regard to case.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Person(id) => Some(id.key()),
            Self::Mail(address) => Some(address.to_lowercase()),
            other => other.id().map(str::to_owned),
        }
    }

    /// The person, group or team of this server that it is; none for everybody else.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        match self {
            Self::Person(id) => Some(Subject::Person(id.clone())),
            Self::Group(id) => Some(Subject::Group(id.clone())),
            Self::Team(id) => Some(Subject::Team(id.clone())),
            _ => None,
        }
    }
}

/// A person of this server, or a set of such people: what a rule can speak of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A person.
    Person(UserId),
    /// The members of a group.
    Group(GroupId),
    /// The members of a team, by its id.
    Team(String),
}

impl Subject {
    /// The word that team folders have for its kind (`nc:acl-mapping-type`).
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "user",
            Self::Group(_) => "group",
            Self::Team(_) => "circle",
        }
    }

    /// The subject of a kind with an id; none if there can be none such.
    #[must_use]
    pub fn parse(kind: &str, id: &str) -> Option<Self> {
        match kind {
            "user" => id.parse().ok().map(Self::Person),
            "group" => id.parse().ok().map(Self::Group),
            "circle" if (1..=64).contains(&id.len()) => Some(Self::Team(id.to_owned())),
            _ => None,
        }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Person(id) => id.as_str(),
            Self::Group(id) => id.as_str(),
            Self::Team(id) => id,
        }
    }

    /// The form in which subjects of one kind are compared.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Person(id) => id.key(),
            other => other.id().to_owned(),
        }
    }
}

impl From<Subject> for Recipient {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Person(id) => Self::Person(id),
            Subject::Group(id) => Self::Group(id),
            Subject::Team(id) => Self::Team(id),
        }
    }
}

/// A person, with all that makes something to be for them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Their id.
    pub id: UserId,
    /// The groups they are in.
    pub groups: Vec<GroupId>,
    /// The teams they are in, by id.
    pub teams: Vec<String>,
    /// Whether their account is in use.
    pub standing: Standing,
}

/// Whether an account is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Standing {
    /// It is.
    #[default]
    Active,
    /// An administrator disabled it.
    Disabled,
}

impl Member {
    /// An active person in no group.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        Self { id, groups: Vec::new(), teams: Vec::new(), standing: Standing::Active }
    }

    /// Whether what is for a subject is for this person.
    #[must_use]
    pub fn is_one_of(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Person(id) => id.as_str().eq_ignore_ascii_case(self.id.as_str()),
            Subject::Group(id) => self.groups.contains(id),
            Subject::Team(id) => self.teams.contains(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_protocol() {
        let numbers: Vec<u8> = ShareKind::ALL.iter().map(|kind| kind.number()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 15]);
        for kind in ShareKind::ALL {
            assert_eq!(ShareKind::from_number(kind.number().into()), Some(kind));
        }
        for number in [-1, 5, 11, 16, 256] {
            assert_eq!(ShareKind::from_number(number), None, "{number}");
        }
    }

    #[test]
    fn people_are_compared_without_regard_to_case_and_groups_with() {
        let mut bob = Member::new("Bob".parse().unwrap());
        bob.groups.push("Staff".parse().unwrap());
        let is = |kind, id| bob.is_one_of(&Subject::parse(kind, id).unwrap());
        assert!(is("user", "bOB") && is("group", "Staff"));
        assert!(!is("group", "staff") && !is("circle", "Staff") && !is("user", "bo"));
        assert_eq!(Subject::parse("room", "x"), None);
        assert_eq!(Subject::parse("circle", ""), None);
    }
}
