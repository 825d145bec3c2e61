//! Why something is not done to a circle, in the words and numbers that clients show.

/// Why a circle or its members are not shown or changed.
///
/// ```
/// use allmende_accounts::CircleRefusal;
///
/// assert_eq!(CircleRefusal::NoSuchCircle.to_string(), "Circle not found");
/// assert_eq!(CircleRefusal::NoSuchCircle.code(), 404);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CircleRefusal {
    /// There is no such circle, or it is not for this person to know of.
    #[error("Circle not found")]
    NoSuchCircle,
    /// The circle has no such member.
    #[error("Member not found")]
    NoSuchMember,
    /// A higher level is needed.
    #[error("Insufficient rights")]
    InsufficientRights,
    /// The owner cannot leave, be removed or get another level before the circle has another.
    #[error("Member cannot be Owner")]
    Owner,
    /// Settings that circles do not have.
    #[error("Configuration value is not valid")]
    InvalidConfig,
    /// A name that is empty or too long.
    #[error("Circle name must have 1 to 127 characters in one line")]
    InvalidName,
    /// A description that is too long.
    #[error("Circle description must have at most 4000 characters")]
    InvalidDescription,
    /// The person owns as many circles as one can.
    #[error("You own too many circles")]
    TooManyCircles,
    /// The circle has as many members as one can have.
    #[error("Circle is full")]
    Full,
    /// More are to be added at once than can be.
    #[error("Too many members at once")]
    TooManyAtOnce,
    /// There is no such person or group.
    #[error("Unknown entity")]
    UnknownEntity,
    /// The person is in.
    #[error("You are already a member")]
    YouAreMember,
    /// The person has asked already.
    #[error("Already requesting to join the circle")]
    YouAreRequesting,
    /// One cannot come in of oneself.
    #[error("The circle is not open")]
    NotOpen,
    /// The person is not in of themselves.
    #[error("You are not a member")]
    YouAreNoMember,
    /// They are in.
    #[error("Already member of the circle")]
    AlreadyMember,
    /// They are invited.
    #[error("Already invited into the circle")]
    AlreadyInvited,
    /// They have the level.
    #[error("This member already have the selected level")]
    SameLevel,
    /// Levels mean nothing in a personal circle.
    #[error("This level cannot be edited")]
    FixedLevel,
    /// The number of no level, or one that a group cannot have.
    #[error("Available levels: 1, 4, 8, 9")]
    UnknownLevel,
}

impl CircleRefusal {
    /// The number in `meta.statuscode`.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::NoSuchCircle | Self::NoSuchMember => 404,
            Self::UnknownEntity | Self::YouAreNoMember => 120,
            Self::Full | Self::UnknownLevel => 121,
            Self::YouAreMember | Self::AlreadyMember => 122,
            Self::YouAreRequesting | Self::AlreadyInvited => 123,
            Self::NotOpen => 124,
            Self::InsufficientRights
            | Self::Owner
            | Self::InvalidConfig
            | Self::InvalidName
            | Self::InvalidDescription
            | Self::TooManyCircles
            | Self::TooManyAtOnce
            | Self::SameLevel
            | Self::FixedLevel => 400,
        }
    }
}
