//! Whether a share may be made, and what it then gives.

use allmende_types::{NodeShape, Permissions, Timestamp};

use super::{Expiry, SharePolicy};
use crate::{Attributes, Member, Recipient, Refusal, Rights};

/// Characters of a label at most.
pub(super) const MAX_LABEL: usize = 255;
/// Characters of a note at most.
pub(super) const MAX_NOTE: usize = 4000;

/// A share that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// With whom.
    pub recipient: Recipient,
    /// What is to be given; if none, what the policy says.
    pub permissions: Option<Permissions>,
    /// Of a link to a folder: whether files can be uploaded. An older way to say
    /// permissions, which it overrides.
    pub upload: Option<Upload>,
    /// Whether a password comes with it; whether that is a good one is not for this crate.
    pub password: PasswordGiven,
    /// When it is to end.
    pub expiry: Expiry,
    /// What the recipients are told.
    pub note: String,
    /// What the maker calls it.
    pub label: String,
    /// Attributes.
    pub attributes: Attributes,
}

impl Request {
    /// A share with somebody, as the policy has it by default.
    #[must_use]
    pub fn new(recipient: Recipient) -> Self {
        Self {
            recipient,
            permissions: None,
            upload: None,
            password: PasswordGiven::No,
            expiry: Expiry::Default,
            note: String::new(),
            label: String::new(),
            attributes: Attributes::default(),
        }
    }
}

/// Whether files can be uploaded through a link: the parameter `publicUpload`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Upload {
    /// They can, and everything else too.
    Allowed,
    /// They cannot.
    Forbidden,
}

/// Whether a request has a password with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PasswordGiven {
    /// It has.
    Yes,
    /// It has not, or an empty one.
    #[default]
    No,
}

/// What has to be known to decide over a request.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// Who asks.
    pub sharer: &'a Member,
    /// What they may do with the node now.
    pub rights: Rights,
    /// Whether it is a file or a folder.
    pub shape: NodeShape,
    /// The path of the node in the view of the sharer, without a slash before it. Empty: it
    /// is the root of their home, which nobody shares.
    pub path: &'a str,
    /// Who the recipient is.
    pub recipient: RecipientFacts<'a>,
}

/// Who the recipient of a share is.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum RecipientFacts<'a> {
    /// Nobody by this id is known, or may be shared with.
    Unknown,
    /// This person.
    Person(&'a Member),
    /// Whose the node is.
    Owner(&'a Member),
    /// It is there: a group or a team that is known, an address that is one. For links,
    /// which everybody may open, too.
    Known,
}

/// What a share will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// The most that it gives.
    pub permissions: Permissions,
    /// Its last second.
    pub expires: Option<Timestamp>,
}

/// Reads the parameter `permissions`: 0 counts as to read.
///
/// # Errors
/// [`Refusal::InvalidPermissions`] for anything but 0 to 31.
pub fn permissions_from(number: i64) -> Result<Permissions, Refusal> {
    match u8::try_from(number).ok().and_then(Permissions::from_bits) {
        Some(Permissions::NONE) => Ok(Permissions::READ),
        Some(permissions) => Ok(permissions),
        None => Err(Refusal::InvalidPermissions),
    }
}

impl SharePolicy {
    /// Whether a share may be made, and what it then gives. The refusals come in the order
    /// of the original, which looks at the recipient first.
    ///
    /// # Errors
    /// The first reason not to.
    pub fn admit(
        &self,
        request: &Request,
        situation: &Situation<'_>,
        now: Timestamp,
    ) -> Result<Terms, Refusal> {
        if !self.enabled {
            return Err(Refusal::SharingDisabled);
        }
        let kind = request.recipient.kind();
        self.admit_recipient(&request.recipient, situation)?;
        if situation.path.is_empty() {
            return Err(Refusal::RootFolder);
        }
        if let RecipientFacts::Owner(_) = situation.recipient {
            return Err(Refusal::Owner);
        }
        let asked = match (kind.has_token(), request.permissions) {
            (true, asked) => self.link_permissions(asked, request.upload, situation)?,
            (false, Some(asked)) => asked | Permissions::READ,
            // By default nobody is given more than there is to give.
            (false, None) => {
                let default = self.default_permissions & situation.rights.permissions();
                default | Permissions::READ
            }
        };
        let permissions = situation.admit_permissions(asked)?;
        let expires = self.dates(kind).for_new(request.expiry, now)?;
        check_texts(&request.label, &request.note)?;
        let groups = &situation.sharer.groups;
        let open = request.password == PasswordGiven::No;
        if kind.has_token() && open && self.needs_password(groups) {
            return Err(Refusal::PasswordRequired);
        }
        Ok(Terms { permissions, expires })
    }

    fn admit_recipient(
        &self,
        recipient: &Recipient,
        situation: &Situation<'_>,
    ) -> Result<(), Refusal> {
        let sharer = situation.sharer;
        let kind = recipient.kind();
        if !self.kinds.contains(&kind) {
            let path = format!("/{}/files/{}", sharer.id, situation.path);
            return Err(Refusal::KindNotAllowed { path, kind: kind.number() });
        }
        match recipient {
            Recipient::Person(_) => {
                let found = match situation.recipient {
                    RecipientFacts::Person(found) | RecipientFacts::Owner(found) => found,
                    _ => return Err(Refusal::NoSuchPerson),
                };
                if found.id.key() == sharer.id.key() {
                    return Err(Refusal::Yourself);
                }
                let fellow = self.common(&sharer.groups).any(|group| found.groups.contains(group));
                if self.only_group_members && !fellow {
                    return Err(Refusal::Failed);
                }
            }
            Recipient::Group(id) => {
                if !self.group_sharing {
                    return Err(Refusal::GroupsDisabled);
                }
                if let RecipientFacts::Unknown = situation.recipient {
                    return Err(Refusal::NoSuchGroup);
                }
                let member = self.common(&sharer.groups).any(|group| group == id);
                if self.only_group_members && !member {
                    return Err(Refusal::Failed);
                }
            }
            Recipient::Team(_) => {
                if let RecipientFacts::Unknown = situation.recipient {
                    return Err(Refusal::NoSuchTeam);
                }
                // Its members are those whom others chose: it would lead around the rule.
                if self.only_group_members {
                    return Err(Refusal::Failed);
                }
            }
            Recipient::Link | Recipient::Mail(_) => {
                if !self.may_link(&sharer.groups) {
                    return Err(Refusal::LinksDisabled);
                }
                self.admit_address(recipient, situation.recipient)?;
            }
            _ => {
                if let RecipientFacts::Unknown = situation.recipient {
                    return Err(Refusal::Failed);
                }
            }
        }
        if self.may_share(&sharer.groups) { Ok(()) } else { Err(Refusal::Failed) }
    }

    fn admit_address(
        &self,
        recipient: &Recipient,
        facts: RecipientFacts<'_>,
    ) -> Result<(), Refusal> {
        match (recipient, facts) {
            (Recipient::Mail(_), _) if !self.mail_shares => Err(Refusal::Failed),
            (Recipient::Mail(address), _) if address.is_empty() => Err(Refusal::NoAddress),
            (Recipient::Mail(_), RecipientFacts::Unknown) => Err(Refusal::InvalidAddress),
            _ => Ok(()),
        }
    }

    /// What a link is to give, of what was asked.
    pub(super) fn link_permissions(
        &self,
        asked: Option<Permissions>,
        upload: Option<Upload>,
        situation: &Situation<'_>,
    ) -> Result<Permissions, Refusal> {
        use Permissions as P;
        let changing = P::UPDATE | P::CREATE | P::DELETE;
        let folder = situation.shape == NodeShape::Folder;
        let mut given = match (upload, asked) {
            (Some(Upload::Allowed), _) if !folder => return Err(Refusal::UploadToFile),
            (Some(Upload::Allowed), _) => P::READ | changing,
            (Some(Upload::Forbidden), _) | (None, None) => P::READ,
            (None, Some(asked)) => asked,
        };
        if !folder {
            given = given.for_file();
        }
        if !given.contains(P::READ) && !given.contains(P::CREATE) {
            return Err(Refusal::NeedsReadOrCreate);
        }
        if !given.contains(P::READ) && (given & (P::UPDATE | P::DELETE)) != P::NONE {
            return Err(Refusal::NeedsRead);
        }
        if folder && (given & changing) != P::NONE && !self.public_upload {
            return Err(Refusal::UploadDisabled);
        }
        let on =
            self.federation_on_links && given.contains(P::READ) && situation.rights.may(P::SHARE);
        Ok(if on { given | P::SHARE } else { given })
    }
}

impl Situation<'_> {
    /// Refuses more than the sharer has, and everything to who may not share. A file keeps
    /// only what means something for it.
    ///
    /// # Errors
    /// [`Refusal::NotSharable`], [`Refusal::CannotIncrease`].
    pub fn admit_permissions(&self, asked: Permissions) -> Result<Permissions, Refusal> {
        let asked = if self.shape == NodeShape::Folder { asked } else { asked.for_file() };
        if !self.rights.may(Permissions::SHARE) {
            let name = self.path.rsplit('/').next().unwrap_or_default().to_owned();
            return Err(Refusal::NotSharable { name });
        }
        if !self.rights.may(asked) {
            return Err(Refusal::CannotIncrease { path: format!("/{}", self.path) });
        }
        Ok(asked)
    }
}

pub(super) fn check_texts(label: &str, note: &str) -> Result<(), Refusal> {
    let unfit = |text: &str, max| text.chars().count() > max || text.contains('\0');
    if unfit(label, MAX_LABEL) {
        return Err(Refusal::LabelTooLong);
    }
    if unfit(note, MAX_NOTE) {
        return Err(Refusal::NoteTooLong);
    }
    Ok(())
}
