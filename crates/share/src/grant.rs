//! Shares, as far as they decide over access.

use std::{fmt, str::FromStr};

use allmende_types::{NodeId, Permissions, Timestamp, UserId};

use crate::{Attributes, Recipient, Rights, Subject};

/// The number of a share, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareId(pub i64);

impl fmt::Display for ShareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ShareId {
    type Err = std::num::ParseIntError;

    /// Reads a number, with or without the `ocinternal:` that some of the original's
    /// answers put before it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix("ocinternal:").unwrap_or(text).parse().map(Self)
    }
}

/// One share: somebody gives something of what they have to somebody else.
///
/// ```
/// use allmende_share::{Grant, Recipient, ShareId};
/// use allmende_types::{NodeId, Permissions};
///
/// let to = Recipient::Group("staff".parse()?);
/// let mut grant = Grant::new(ShareId(1), NodeId(7), "alice".parse()?, to);
/// grant.permissions = Permissions::READ | Permissions::SHARE;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// Its number.
    pub id: ShareId,
    /// What is shared, with all that lies below it. It stays shared when it is moved.
    pub node: NodeId,
    /// Who shares it (`uid_owner`). The share never gives more than they have.
    pub granter: UserId,
    /// With whom.
    pub recipient: Recipient,
    /// The most that it gives.
    pub permissions: Permissions,
    /// Attributes, one of which can forbid to download.
    pub attributes: Attributes,
    /// The last second in which it is valid; without end if none.
    pub expires: Option<Timestamp>,
    /// What holds for recipients that did not answer yet.
    pub unanswered: Answer,
}

/// What a recipient made of a share. Only what is accepted gives anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Answer {
    /// It appears in their tree.
    #[default]
    Accepted,
    /// It will when they accept.
    Pending,
    /// They left it or declined; it can be restored.
    Left,
}

impl Grant {
    /// A share without end that gives everything the granter has.
    #[must_use]
    pub fn new(id: ShareId, node: NodeId, granter: UserId, recipient: Recipient) -> Self {
        Self {
            id,
            node,
            granter,
            recipient,
            permissions: Permissions::ALL,
            attributes: Attributes::default(),
            expires: None,
            unanswered: Answer::Accepted,
        }
    }

    /// The most that it gives.
    #[must_use]
    pub const fn ceiling(&self) -> Rights {
        let rights = Rights::new(self.permissions);
        if self.attributes.download() { rights.with_download() } else { rights }
    }

    /// Whether its last second has passed.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|last| now > last)
    }
}

/// Takes rights away from somebody at a node and everything below it, whatever gives them.
/// Who owns the space is not bound by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Where.
    pub node: NodeId,
    /// From whom.
    pub subject: Subject,
    /// What is taken away.
    pub taken: Rights,
}
