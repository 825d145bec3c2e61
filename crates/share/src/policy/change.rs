//! Whether a share may be changed.

use allmende_types::{NodeShape, Permissions, Timestamp};

use super::{Expiry, SharePolicy, Situation, Upload, request::check_texts};
use crate::{Refusal, ShareKind};

/// A change that somebody asks for; what is none stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// What is to be given.
    pub permissions: Option<Permissions>,
    /// See [`Request::upload`](crate::Request::upload).
    pub upload: Option<Upload>,
    /// What becomes of the password.
    pub password: PasswordChange,
    /// When it is to end.
    pub expiry: Option<Expiry>,
    /// What the recipients are told.
    pub note: Option<String>,
    /// What the maker calls it.
    pub label: Option<String>,
    /// A token of the maker's choice; an empty one changes nothing.
    pub token: Option<String>,
}

/// What becomes of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PasswordChange {
    /// It stays as it is.
    #[default]
    Keep,
    /// There will be none.
    Remove,
    /// There will be another.
    Replace,
}

/// The share that is to be changed, as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedAs {
    /// Its kind.
    pub kind: ShareKind,
    /// The most that it gives.
    pub permissions: Permissions,
    /// Whether it has a password that would go.
    pub has_password: bool,
}

/// What of a share changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TermsChange {
    /// The most that it gives from now on.
    pub permissions: Option<Permissions>,
    /// Its last second from now on.
    pub expires: Option<Option<Timestamp>>,
}

/// Characters of a chosen token at most.
const MAX_TOKEN: usize = 32;

impl SharePolicy {
    /// Whether a share may be changed, and to what. All of it, or nothing. The `situation`
    /// is that of who asks for the change; its recipient is not looked at.
    ///
    /// Taking away is allowed to who has less by now than the share was given with; giving
    /// is not.
    ///
    /// # Errors
    /// The first reason not to.
    pub fn admit_change(
        &self,
        change: &Change,
        share: SharedAs,
        situation: &Situation<'_>,
        now: Timestamp,
    ) -> Result<TermsChange, Refusal> {
        let groups = &situation.sharer.groups;
        let link = share.kind.has_token();
        if !self.enabled {
            return Err(Refusal::SharingDisabled);
        }
        if link && !self.may_link(groups) {
            return Err(Refusal::NoSuchShare);
        }
        let mut terms = TermsChange::default();
        if change.permissions.is_some() || (change.upload.is_some() && link) {
            let asked = match (link, change.permissions) {
                (true, asked) => self.link_permissions(asked, change.upload, situation)?,
                (false, asked) => asked.unwrap_or(share.permissions) | Permissions::READ,
            };
            let asked = match situation.shape {
                NodeShape::Folder => asked,
                NodeShape::File => asked.for_file(),
            };
            if !share.permissions.contains(asked) {
                situation.admit_permissions(asked)?;
            }
            terms.permissions = Some(asked);
        }
        if let Some(expiry) = change.expiry {
            terms.expires = Some(self.dates(share.kind).for_update(expiry, now)?);
        }
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        check_texts(&text(&change.label), &text(&change.note))?;
        if let Some(token) = change.token.as_deref().filter(|token| !token.is_empty()) {
            self.admit_token(token, share.kind)?;
        }
        let opened = change.password == PasswordChange::Remove && share.has_password;
        if link && opened && self.needs_password(groups) {
            return Err(Refusal::FailedUpdate);
        }
        Ok(terms)
    }

    fn admit_token(&self, token: &str, kind: ShareKind) -> Result<(), Refusal> {
        if !self.custom_tokens {
            return Err(Refusal::CustomTokensDisabled);
        }
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !kind.has_token() || token.len() > MAX_TOKEN || !token.bytes().all(fits) {
            return Err(Refusal::InvalidToken);
        }
        Ok(())
    }
}
