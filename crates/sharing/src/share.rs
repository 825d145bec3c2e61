//! What a share is.

use allmende_share::{
    Answer, Attributes, Expiry, Grant, PasswordGiven, Recipient, Request, ShareId, ShareKind,
    Upload,
};
use allmende_types::{NodeId, Permissions, Timestamp, UserId};

/// A share, as it stands in the database. What it gives at this moment is for
/// [`Sharing::rights`](crate::Sharing::rights) to say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Share {
    /// Its number.
    pub id: ShareId,
    /// Whom it is with.
    pub recipient: Recipient,
    /// What is shared. It stays shared when it is moved or renamed.
    pub node: NodeId,
    /// Whose the node was when it was shared: `uid_file_owner`.
    pub owner: UserId,
    /// Who shares it: `uid_owner`.
    pub initiator: UserId,
    /// What was given; never more than the initiator has counts.
    pub permissions: Permissions,
    /// When it was made.
    pub created: Timestamp,
    /// The last second in which it is valid, 23:59:59 UTC of a day.
    pub expires: Option<Timestamp>,
    /// The name under which it first appears at its recipients.
    pub name: String,
    /// The token of a link; none if the installation's key is not the one that sealed it.
    pub token: Option<String>,
    /// Whether a password is needed.
    pub has_password: bool,
    /// When the password of a share by mail ends to be valid.
    pub password_expires: Option<Timestamp>,
    /// What its maker calls a link.
    pub label: String,
    /// What its maker tells the recipients.
    pub note: String,
    /// Whether the page of a link offers no download.
    pub hide_download: bool,
    /// Further attributes; one of them can forbid to download.
    pub attributes: Attributes,
    /// The most downloads through a link.
    pub download_limit: Option<u32>,
    /// The downloads through a link so far.
    pub downloads: u32,
    /// Of a received share: what its recipient made of it.
    pub received: Option<Received>,
    /// Whether new recipients are asked before it appears.
    pub(crate) ask: Ask,
}

impl Share {
    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> ShareKind {
        self.recipient.kind()
    }

    /// What of it decides over access.
    #[must_use]
    pub fn grant(&self) -> Grant {
        let (initiator, recipient) = (self.initiator.clone(), self.recipient.clone());
        let mut grant = Grant::new(self.id, self.node, initiator, recipient);
        grant.permissions = self.permissions;
        grant.attributes = self.attributes.clone();
        grant.expires = self.expires;
        if self.ask == Ask::Everybody {
            grant.unanswered = Answer::Pending;
        }
        grant
    }

    /// Whether recipients are asked who chose to be.
    pub(crate) fn asks_who_chose(&self) -> bool {
        self.ask == Ask::WhoChose
    }

    /// Whether its last second has passed.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|last| now > last)
    }
}

/// What a recipient made of a share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// Whether it appears in their tree.
    pub state: Answer,
    /// The folder in their home to which they moved it, if they did.
    pub parent: Option<NodeId>,
    /// The name that they gave it, if they did.
    pub name: Option<String>,
}

/// Whether recipients are asked before a share appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Nobody,
    Everybody,
    /// Those who chose so in their preferences.
    WhoChose,
}

impl Ask {
    /// The number under which it is stored.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Nobody => 0,
            Self::Everybody => 1,
            Self::WhoChose => 2,
        }
    }
}

/// A share to be made.
///
/// ```
/// use allmende_sharing::{Expiry, NewShare, Recipient};
/// use allmende_types::Permissions;
///
/// let mut new = NewShare::new(Recipient::Group("staff".parse()?));
/// new.permissions = Some(Permissions::READ);
/// new.expiry = Expiry::On("2030-12-24".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewShare {
    /// With whom.
    pub recipient: Recipient,
    /// What is given; if none, what the policy says.
    pub permissions: Option<Permissions>,
    /// Of a link to a folder: whether files can be uploaded. An older way to say
    /// permissions, which it overrides.
    pub upload: Option<Upload>,
    /// The password of a link.
    pub password: Option<String>,
    /// When it ends.
    pub expiry: Expiry,
    /// What the recipients are told.
    pub note: String,
    /// What the maker calls it.
    pub label: String,
    /// Attributes, as the protocol carries them.
    pub attributes: Attributes,
    /// Whether the recipients are told by mail; if none, what the operator chose.
    pub mail: Option<Notify>,
    /// The most downloads through a link.
    pub download_limit: Option<u32>,
}

impl NewShare {
    /// A share with somebody, as the policy has it by default.
    #[must_use]
    pub fn new(recipient: Recipient) -> Self {
        Self {
            recipient,
            permissions: None,
            upload: None,
            password: None,
            expiry: Expiry::Default,
            note: String::new(),
            label: String::new(),
            attributes: Attributes::default(),
            mail: None,
            download_limit: None,
        }
    }
}

impl NewShare {
    /// What of it the policy has to admit.
    pub(crate) fn request(&self) -> Request {
        let mut request = Request::new(self.recipient.clone());
        request.permissions = self.permissions;
        request.upload = self.upload;
        request.password = match self.password {
            Some(_) => PasswordGiven::Yes,
            None => PasswordGiven::No,
        };
        request.expiry = self.expiry;
        request.note = self.note.clone();
        request.label = self.label.clone();
        request.attributes = self.attributes.clone();
        request
    }
}

/// Whether recipients are told by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    /// They are.
    ByMail,
    /// They are not.
    Not,
}

/// Changes of a share; what is none stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ShareUpdate {
    /// What is given.
    pub permissions: Option<Permissions>,
    /// See [`NewShare::upload`].
    pub upload: Option<Upload>,
    /// The password of a link, or none any more.
    pub password: Option<Option<String>>,
    /// When it ends. [`Expiry::Default`] is as [`Expiry::Never`] here.
    pub expiry: Option<Expiry>,
    /// What the recipients are told.
    pub note: Option<String>,
    /// What the maker calls it.
    pub label: Option<String>,
    /// Whether the page of a link offers no download.
    pub hide_download: Option<bool>,
    /// Attributes.
    pub attributes: Option<Attributes>,
    /// A token of the maker's choice.
    pub token: Option<String>,
    /// The most downloads through a link, or any number.
    pub download_limit: Option<Option<u32>>,
    /// Whether the recipients are told by mail.
    pub mail: Option<Notify>,
}

impl ShareUpdate {
    /// Whether it names nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permissions.is_none()
            && self.upload.is_none()
            && self.password.is_none()
            && self.expiry.is_none()
            && self.note.is_none()
            && self.label.is_none()
            && self.hide_download.is_none()
            && self.attributes.is_none()
            && self.token.is_none()
            && self.download_limit.is_none()
            && self.mail.is_none()
    }
}
