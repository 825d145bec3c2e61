//! What administrators allow: the switches of sharing, and what they make of a request.

mod change;
mod dates;
mod links;
mod request;

use std::collections::BTreeSet;

use allmende_types::{GroupId, Permissions};

pub use self::{
    change::{Change, PasswordChange, SharedAs, TermsChange},
    dates::{DateRule, Expiry},
    links::LinkClosed,
    request::{PasswordGiven, RecipientFacts, Request, Situation, Terms, Upload, permissions_from},
};
use crate::ShareKind;

/// Who may share what with whom, and how links have to be: the switches that administrators
/// set under the app `core`, with the original's defaults.
///
/// ```
/// use allmende_share::SharePolicy;
///
/// let policy = SharePolicy::default();
/// assert!(policy.enabled && policy.links && !policy.password_enforced);
/// assert_eq!(policy.link_expiry.days, 7);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharePolicy {
    /// `shareapi_enabled`.
    pub enabled: bool,
    /// `shareapi_allow_links`.
    pub links: bool,
    /// `shareapi_allow_links_exclude_groups`: who is in one of them makes no links.
    pub links_excluded: BTreeSet<GroupId>,
    /// Whether links are sent by mail (app `sharebymail`).
    pub mail_shares: bool,
    /// `shareapi_allow_public_upload`.
    pub public_upload: bool,
    /// `shareapi_enforce_links_password`.
    pub password_enforced: bool,
    /// `shareapi_enforce_links_password_excluded_groups`.
    pub password_excluded: BTreeSet<GroupId>,
    /// Ends of links and of shares by mail.
    pub link_expiry: DateRule,
    /// Ends of shares with people, groups and teams.
    pub internal_expiry: DateRule,
    /// Ends of federated shares.
    pub remote_expiry: DateRule,
    /// `shareapi_allow_resharing`.
    pub resharing: bool,
    /// `shareapi_allow_group_sharing`.
    pub group_sharing: bool,
    /// `shareapi_only_share_with_group_members`.
    pub only_group_members: bool,
    /// `shareapi_only_share_with_group_members_exclude_group_list`: groups that make nobody
    /// fellows.
    pub not_common: BTreeSet<GroupId>,
    /// `shareapi_exclude_groups` with its list.
    pub sharers: Exclusion,
    /// `shareapi_default_permissions`; to read is always added.
    pub default_permissions: Permissions,
    /// `shareapi_allow_custom_tokens`.
    pub custom_tokens: bool,
    /// `shareapi_allow_federation_on_public_shares`, and sharing with other servers is on:
    /// links that can be read get the bit to share on.
    pub federation_on_links: bool,
    /// The kinds of shares that the server makes.
    pub kinds: BTreeSet<ShareKind>,
}

/// Which groups may share (`shareapi_exclude_groups`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Exclusion {
    /// Everybody may (`no`).
    #[default]
    Nobody,
    /// Who is in groups, and only in these, may not (`yes`).
    Excluded(BTreeSet<GroupId>),
    /// Only who is in one of these may (`allow`).
    Admitted(BTreeSet<GroupId>),
}

impl Default for SharePolicy {
    fn default() -> Self {
        use ShareKind::{Group, Link, Mail, Person, Team};
        Self {
            enabled: true,
            links: true,
            links_excluded: BTreeSet::new(),
            mail_shares: true,
            public_upload: true,
            password_enforced: false,
            password_excluded: BTreeSet::new(),
            link_expiry: DateRule::default(),
            internal_expiry: DateRule::default(),
            remote_expiry: DateRule::default(),
            resharing: true,
            group_sharing: true,
            only_group_members: false,
            not_common: BTreeSet::new(),
            sharers: Exclusion::Nobody,
            default_permissions: Permissions::ALL,
            custom_tokens: false,
            federation_on_links: true,
            kinds: BTreeSet::from([Person, Group, Team, Link, Mail]),
        }
    }
}

impl SharePolicy {
    /// Whether a member of these groups may share at all.
    #[must_use]
    pub fn may_share(&self, groups: &[GroupId]) -> bool {
        match &self.sharers {
            Exclusion::Nobody => true,
            Exclusion::Excluded(list) => {
                groups.is_empty() || groups.iter().any(|group| !list.contains(group))
            }
            Exclusion::Admitted(list) => groups.iter().any(|group| list.contains(group)),
        }
    }

    /// Whether a member of these groups may have links.
    #[must_use]
    pub fn may_link(&self, groups: &[GroupId]) -> bool {
        self.links && !groups.iter().any(|group| self.links_excluded.contains(group))
    }

    /// Whether the links of a member of these groups need a password.
    #[must_use]
    pub fn needs_password(&self, groups: &[GroupId]) -> bool {
        self.password_enforced && !groups.iter().any(|group| self.password_excluded.contains(group))
    }

    /// The groups of a person that make others their fellows.
    pub fn common<'a>(&'a self, groups: &'a [GroupId]) -> impl Iterator<Item = &'a GroupId> {
        groups.iter().filter(|group| !self.not_common.contains(*group))
    }

    /// The rule for the ends of a kind of shares.
    #[must_use]
    pub const fn dates(&self, kind: ShareKind) -> DateRule {
        match kind {
            ShareKind::Link | ShareKind::Mail => self.link_expiry,
            ShareKind::Federated | ShareKind::FederatedGroup => self.remote_expiry,
            _ => self.internal_expiry,
        }
    }
}
