//! Why something may not be shared, in the words and numbers that clients show.

/// Why a share is not made or changed. Its text is what the original writes into
/// `meta.message`, its [`code`](Self::code) what it writes into `meta.statuscode`.
///
/// ```
/// use allmende_share::Refusal;
///
/// let refusal = Refusal::ExpiryTooFar { days: 1 };
/// assert_eq!(refusal.to_string(), "Cannot set expiration date more than 1 day in the future");
/// assert_eq!(refusal.code(), 404);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Sharing is switched off altogether.
    #[error("Share API is disabled")]
    SharingDisabled,
    /// Links are switched off, for everybody or for this person.
    #[error("Public link sharing is disabled by the administrator")]
    LinksDisabled,
    /// Shares with groups are switched off.
    #[error("Group sharing is disabled by the administrator")]
    GroupsDisabled,
    /// No path was given.
    #[error("Please specify a file or folder path")]
    NoPath,
    /// There is nothing at the path.
    #[error("Wrong path, file/folder does not exist")]
    NoSuchNode,
    /// The number of no kind of share.
    #[error("Unknown share type")]
    UnknownKind,
    /// The recipient is empty, not known or disabled.
    #[error("Please specify a valid account to share with")]
    NoSuchPerson,
    /// The group is not known.
    #[error("Please specify a valid group")]
    NoSuchGroup,
    /// The team is not known, or not for the person to know of.
    #[error("Please specify a valid team")]
    NoSuchTeam,
    /// The recipient is the one who shares.
    #[error("Cannot share with yourself")]
    Yourself,
    /// The recipient is whose it is.
    #[error("Cannot share with the share owner")]
    Owner,
    /// The root of a home.
    #[error("You cannot share your root folder")]
    RootFolder,
    /// The person may not share this node.
    #[error("You are not allowed to share {name}")]
    NotSharable {
        /// The node's name.
        name: String,
    },
    /// More is asked for than the person has.
    #[error("Cannot increase permissions of {path}")]
    CannotIncrease {
        /// The node's path in the person's view, with a slash before it.
        path: String,
    },
    /// Policy forbids this pair of people, or this person to share at all.
    #[error("Failed to create share.")]
    Failed,
    /// Bits that are no permissions.
    #[error("Valid permissions are required for sharing")]
    InvalidPermissions,
    /// A link with which nothing can be done.
    #[error("Share must at least have READ or CREATE permissions")]
    NeedsReadOrCreate,
    /// Changing what cannot be read.
    #[error("Share must have READ permission if UPDATE or DELETE permission is set")]
    NeedsRead,
    /// Uploading into a file.
    #[error("Public upload is only possible for publicly shared folders")]
    UploadToFile,
    /// Uploading through links is switched off.
    #[error("Public upload disabled by the administrator")]
    UploadDisabled,
    /// A link needs a password.
    #[error("Passwords are enforced for link and mail shares")]
    PasswordRequired,
    /// The password is not good enough; the text says why.
    #[error("{0}")]
    UnfitPassword(String),
    /// Not a date.
    #[error("Invalid date. Format must be YYYY-MM-DD")]
    InvalidDate,
    /// A date before tomorrow.
    #[error("Expiration date is in the past")]
    ExpiryInPast,
    /// A date beyond what is allowed.
    #[error("Cannot set expiration date more than {days} {} in the future", if *.days == 1 { "day" } else { "days" })]
    ExpiryTooFar {
        /// The most days that are allowed.
        days: u32,
    },
    /// A change that policy forbids, such as taking away an enforced password or date.
    #[error("Failed to update share.")]
    FailedUpdate,
    /// An address that is none.
    #[error("Please specify a valid email address")]
    InvalidAddress,
    /// No address.
    #[error("Share recipient should not be empty")]
    NoAddress,
    /// A label of more than 255 characters.
    #[error("Maximum label length is 255")]
    LabelTooLong,
    /// A note of more than the limit.
    #[error("Maximum note length is 4000")]
    NoteTooLong,
    /// Links may not have tokens of their own.
    #[error("Custom share link tokens have been disabled by the administrator")]
    CustomTokensDisabled,
    /// A token with other characters, or none, or too many.
    #[error(
        "Tokens must contain at least 1 character and may only contain letters, numbers, or a hyphen"
    )]
    InvalidToken,
    /// Another link has this token.
    #[error("This token is already in use")]
    TokenTaken,
    /// A kind of share that this server does not make.
    #[error("Sharing {path} failed because the back end does not allow shares from type {kind}")]
    KindNotAllowed {
        /// The node's path.
        path: String,
        /// The protocol's number of the kind.
        kind: u8,
    },
    /// Attributes that are not a list of scope, key and value.
    #[error("Invalid share attributes provided: \"{0}\"")]
    InvalidAttributes(String),
    /// There is no such share, or it is not for this person to know of.
    #[error("Wrong share ID, share does not exist")]
    NoSuchShare,
    /// Only who shares may change a share.
    #[error("You are not allowed to edit incoming shares")]
    IncomingShare,
    /// An update that names nothing to change.
    #[error("Wrong or no update parameter given")]
    NothingToUpdate,
    /// A folder was asked for, and it is a file.
    #[error("Not a directory")]
    NotAFolder,
}

impl Refusal {
    /// The number in `meta.statuscode`, which is the HTTP status too where the API is asked
    /// in its second version.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::UnknownKind
            | Self::NeedsReadOrCreate
            | Self::NeedsRead
            | Self::UploadToFile
            | Self::FailedUpdate
            | Self::LabelTooLong
            | Self::NoteTooLong
            | Self::InvalidToken
            | Self::TokenTaken
            | Self::InvalidAttributes(_)
            | Self::NothingToUpdate
            | Self::NotAFolder
            | Self::UnfitPassword(_) => 400,
            Self::Yourself
            | Self::Owner
            | Self::RootFolder
            | Self::Failed
            | Self::InvalidPermissions
            | Self::UploadDisabled
            | Self::PasswordRequired
            | Self::CustomTokensDisabled
            | Self::KindNotAllowed { .. }
            | Self::NoAddress
            | Self::IncomingShare => 403,
            Self::SharingDisabled
            | Self::LinksDisabled
            | Self::GroupsDisabled
            | Self::NoPath
            | Self::NoSuchNode
            | Self::NoSuchPerson
            | Self::NoSuchGroup
            | Self::NoSuchTeam
            | Self::NotSharable { .. }
            | Self::CannotIncrease { .. }
            | Self::InvalidDate
            | Self::ExpiryInPast
            | Self::ExpiryTooFar { .. }
            | Self::InvalidAddress
            | Self::NoSuchShare => 404,
        }
    }
}
