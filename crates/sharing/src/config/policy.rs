//! What the configuration says about sharing, by the original's keys and defaults.

use std::{collections::BTreeSet, ops::Deref};

use allmende_accounts::PasswordPolicy;
use allmende_share::{
    DateRule, DisabledGranters, Exclusion, GraphOptions, Inheritance, Resharing, ShareKind,
    SharePolicy,
};
use allmende_types::{GroupId, Permissions};

use super::{Config, SystemConfig, keys::truth};

/// What may be shared, with whom, and how links have to be: read from the keys of the
/// app `core` (and a few others) that administrators set.
///
/// The switches that decide over shares are those of [`SharePolicy`], to which it
/// dereferences.
///
/// ```
/// use allmende_sharing::Policy;
///
/// let policy = Policy::default();
/// assert!(policy.enabled && policy.links && !policy.password_enforced);
/// assert_eq!((policy.token_length, policy.link_expiry.days), (15, 7));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "switches of administrators, one key each")]
pub struct Policy {
    /// What decides over shares.
    pub share: SharePolicy,
    /// `shareapi_enable_link_password_by_default`: shown to clients only.
    pub password_by_default: bool,
    /// `shareapi_exclude_reshare_from_edit`: shown to clients only.
    pub exclude_reshare_from_edit: bool,
    /// `shareapi_allow_view_without_download`.
    pub view_without_download: bool,
    /// `shareapi_token_length`, 6 to 32.
    pub token_length: usize,
    /// `shareapi_public_link_disclaimertext`.
    pub disclaimer: String,
    /// `shareapi_allow_public_notification`.
    pub public_notification: bool,
    /// `outgoing_server2server_share_enabled`.
    pub federation_out: bool,
    /// `incoming_server2server_share_enabled`.
    pub federation_in: bool,
    /// `outgoing_server2server_group_share_enabled`.
    pub federated_groups_out: bool,
    /// `incoming_server2server_group_share_enabled`.
    pub federated_groups_in: bool,
    /// `always_show_unique`.
    pub always_show_unique: bool,
    /// App `sharebymail`: `sendpasswordmail`.
    pub send_password_by_mail: bool,
    /// App `sharebymail`: `replyToInitiator`.
    pub reply_to_initiator: bool,
    /// `files_sharing/hide_disabled_user_shares`: shares of people whose account is disabled
    /// give nothing.
    pub hide_disabled: bool,
    /// Who is found by a search for recipients.
    pub enumeration: Enumeration,
    /// What a password of a link has to be.
    pub share_password: PasswordPolicy,
    /// What a person's password has to be.
    pub account_password: PasswordPolicy,
    /// How rules of team folders come together (`groupfolders/acl-inherit-per-user`).
    pub inheritance: Inheritance,
    /// App `groupfolders`: `allow_root_share`.
    pub team_root_share: bool,
    /// App `files_downloadlimit`: `default-download-limit`, which clients propose for a new
    /// link; the original does not impose it either.
    pub default_download_limit: Option<u32>,
}

impl Deref for Policy {
    type Target = SharePolicy;
    fn deref(&self) -> &SharePolicy {
        &self.share
    }
}

/// Who is found by a search for recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "switches of administrators, one key each")]
pub struct Enumeration {
    /// `shareapi_allow_share_dialog_user_enumeration`.
    pub allowed: bool,
    /// `shareapi_restrict_user_enumeration_to_group`.
    pub to_group: bool,
    /// `shareapi_restrict_user_enumeration_to_phone`.
    pub to_phone: bool,
    /// `shareapi_restrict_user_enumeration_full_match`.
    pub full_match: bool,
    /// `…_full_match_user_id`.
    pub match_id: bool,
    /// `…_full_match_email`.
    pub match_email: bool,
    /// `…_full_match_ignore_second_dn`.
    pub ignore_second_name: bool,
    /// `sharing.minSearchStringLength`.
    pub min_length: usize,
    /// `sharing.maxAutocompleteResults`.
    pub max_results: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self::new(&Config::default(), &SystemConfig::default())
    }
}

impl Policy {
    /// Reads the configuration. A value that makes no sense counts as not set.
    #[must_use]
    #[allow(clippy::field_reassign_with_default, reason = "the struct is non-exhaustive")]
    pub fn new(config: &Config, system: &SystemConfig) -> Self {
        let core = |key: &str| config.get("core", key);
        let yes = |key: &str, default| switch(core(key), default);
        let files = |key: &str, default| switch(config.get("files_sharing", key), default);
        let mail = |key: &str, default| switch(config.get("sharebymail", key), default);
        let teams = |key: &str, default| switch(config.get("groupfolders", key), default);
        let limit = config.get("files_downloadlimit", "default-download-limit");
        let rule = |default: &str, days: &str, enforced: &str, proposed: &str| {
            let days = number(core(days), 7);
            let by_default = yes(default, false);
            DateRule {
                by_default,
                // The original looks at the one switch only together with the other.
                enforced: by_default && yes(enforced, false),
                days,
                default_days: number(core(proposed), days).min(days),
            }
        };
        let sharers = groups(core("shareapi_exclude_groups_list"));
        let bits = number(core("shareapi_default_permissions"), 31);
        let bits = u8::try_from(bits).ok().and_then(Permissions::from_bits);
        let full = "shareapi_restrict_user_enumeration_full_match";
        let full = |part: &str, default| yes(&format!("{full}{part}"), default);
        let federation_out = files("outgoing_server2server_share_enabled", true);
        let mut share = SharePolicy::default();
        share.enabled = yes("shareapi_enabled", true);
        share.links = yes("shareapi_allow_links", true);
        share.links_excluded = groups(core("shareapi_allow_links_exclude_groups"));
        share.mail_shares = mail("enabled", true);
        share.public_upload = yes("shareapi_allow_public_upload", true);
        share.password_enforced = yes("shareapi_enforce_links_password", false);
        if system.allow_password_excluded_groups {
            let excluded = core("shareapi_enforce_links_password_excluded_groups");
            share.password_excluded = groups(excluded);
        }
        share.link_expiry = rule(
            "shareapi_default_expire_date",
            "shareapi_expire_after_n_days",
            "shareapi_enforce_expire_date",
            "link_defaultExpDays",
        );
        share.internal_expiry = rule(
            "shareapi_default_internal_expire_date",
            "shareapi_internal_expire_after_n_days",
            "shareapi_enforce_internal_expire_date",
            "internal_defaultExpDays",
        );
        share.remote_expiry = rule(
            "shareapi_default_remote_expire_date",
            "shareapi_remote_expire_after_n_days",
            "shareapi_enforce_remote_expire_date",
            "remote_defaultExpDays",
        );
        share.resharing = yes("shareapi_allow_resharing", true);
        share.group_sharing = yes("shareapi_allow_group_sharing", true);
        share.only_group_members = yes("shareapi_only_share_with_group_members", false);
        share.not_common =
            groups(core("shareapi_only_share_with_group_members_exclude_group_list"));
        share.sharers = match core("shareapi_exclude_groups") {
            Some("allow") => Exclusion::Admitted(sharers),
            Some("yes") => Exclusion::Excluded(sharers),
            _ => Exclusion::Nobody,
        };
        share.default_permissions = bits.unwrap_or(Permissions::ALL) | Permissions::READ;
        share.custom_tokens = yes("shareapi_allow_custom_tokens", false);
        share.federation_on_links =
            yes("shareapi_allow_federation_on_public_shares", true) && federation_out;
        // Other servers are not served yet.
        share.kinds = [
            ShareKind::Person,
            ShareKind::Group,
            ShareKind::Link,
            ShareKind::Mail,
            ShareKind::Team,
        ]
        .into();
        Self {
            share,
            password_by_default: yes("shareapi_enable_link_password_by_default", false),
            exclude_reshare_from_edit: files("shareapi_exclude_reshare_from_edit", false),
            view_without_download: yes("shareapi_allow_view_without_download", true),
            token_length: number(core("shareapi_token_length"), 15).clamp(6, 32) as usize,
            disclaimer: core("shareapi_public_link_disclaimertext").unwrap_or_default().to_owned(),
            public_notification: yes("shareapi_allow_public_notification", false),
            federation_out,
            federation_in: files("incoming_server2server_share_enabled", true),
            federated_groups_out: files("outgoing_server2server_group_share_enabled", false),
            federated_groups_in: files("incoming_server2server_group_share_enabled", false),
            always_show_unique: files("always_show_unique", true),
            send_password_by_mail: mail("sendpasswordmail", true),
            reply_to_initiator: mail("replyToInitiator", true),
            hide_disabled: files("hide_disabled_user_shares", false),
            enumeration: Enumeration {
                allowed: yes("shareapi_allow_share_dialog_user_enumeration", true),
                to_group: yes("shareapi_restrict_user_enumeration_to_group", false),
                to_phone: yes("shareapi_restrict_user_enumeration_to_phone", false),
                full_match: full("", true),
                match_id: full("_user_id", true),
                match_email: full("_email", true),
                ignore_second_name: full("_ignore_second_dn", false),
                min_length: system.min_search_length as usize,
                max_results: u64::from(system.max_autocomplete_results),
            },
            share_password: passwords(config, sharing_context(config)),
            account_password: passwords(config, ""),
            inheritance: match teams("acl-inherit-per-user", false) {
                true => Inheritance::PerSubject,
                false => Inheritance::PerNode,
            },
            team_root_share: teams("allow_root_share", true),
            default_download_limit: Some(number(limit, 0)).filter(|limit| *limit > 0),
        }
    }

    /// How shares are evaluated.
    pub(crate) fn graph_options(&self) -> GraphOptions {
        GraphOptions {
            resharing: if self.resharing { Resharing::Allowed } else { Resharing::Forbidden },
            disabled: match self.hide_disabled {
                true => DisabledGranters::Suspend,
                false => DisabledGranters::Keep,
            },
        }
    }
}

/// What a password has to be (app `password_policy`).
fn passwords(config: &Config, suffix: &str) -> PasswordPolicy {
    let get = |key: &str| config.get("password_policy", &format!("{key}{suffix}"));
    PasswordPolicy {
        min_length: number(get("minLength"), 10) as usize,
        number: switch(get("enforceNumericCharacters"), false),
        both_cases: switch(get("enforceUpperLowerCase"), false),
        special: switch(get("enforceSpecialCharacters"), false),
    }
}

/// The suffix of the keys for passwords of shares, if they have rules of their own.
fn sharing_context(config: &Config) -> &'static str {
    let contexts = list(config.get("password_policy", "passwordContexts"));
    if contexts.contains("sharing") { "_sharing" } else { "" }
}

fn switch(value: Option<&str>, default: bool) -> bool {
    value.filter(|value| !value.is_empty()).and_then(truth).unwrap_or(default)
}

fn number(value: Option<&str>, default: u32) -> u32 {
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(default)
}

/// The ids of groups; what can be none is passed over.
fn groups(value: Option<&str>) -> BTreeSet<GroupId> {
    list(value).iter().filter_map(|id| id.parse().ok()).collect()
}

/// A JSON list of ids, or the older form with commas.
fn list(value: Option<&str>) -> BTreeSet<String> {
    let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else {
        return BTreeSet::new();
    };
    serde_json::from_str(value).unwrap_or_else(|_| {
        value.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(values: &[(&str, &str, &str)]) -> Policy {
        let mut config = Config::default();
        values.iter().for_each(|(app, key, value)| config.insert(app, key, value));
        Policy::new(&config, &SystemConfig::default())
    }

    fn ids(ids: &[&str]) -> Vec<GroupId> {
        ids.iter().map(|id| id.parse().unwrap()).collect()
    }

    #[test]
    fn dates_are_enforced_only_with_a_default() {
        let enforced = ("core", "shareapi_enforce_expire_date", "1");
        assert!(!policy(&[enforced]).link_expiry.enforced);
        let days = ("core", "shareapi_expire_after_n_days", "3");
        let proposed = ("core", "link_defaultExpDays", "5");
        let rule =
            policy(&[enforced, ("core", "shareapi_default_expire_date", "1"), days, proposed]);
        let expected = DateRule { by_default: true, enforced: true, days: 3, default_days: 3 };
        assert_eq!(rule.link_expiry, expected);
    }

    #[test]
    fn groups_are_excluded_in_two_ways() {
        let list = ("core", "shareapi_exclude_groups_list", r#"["guests"]"#);
        let not = policy(&[list, ("core", "shareapi_exclude_groups", "yes")]);
        let only = policy(&[list, ("core", "shareapi_exclude_groups", "allow")]);
        for (of, excluded, admitted) in [
            (&[][..], true, false),
            (&["guests"][..], false, true),
            (&["staff"][..], true, false),
            (&["guests", "staff"][..], true, true),
        ] {
            let answers = (not.may_share(&ids(of)), only.may_share(&ids(of)));
            assert_eq!(answers, (excluded, admitted), "{of:?}");
        }
        assert!(policy(&[list]).may_share(&ids(&["guests"])));
    }

    #[test]
    fn what_makes_no_sense_counts_as_not_set() {
        let odd = policy(&[
            ("core", "shareapi_enabled", "perhaps"),
            ("core", "shareapi_token_length", "2"),
            ("core", "shareapi_default_permissions", "77"),
            ("core", "shareapi_allow_links_exclude_groups", "a, b"),
        ]);
        assert!(odd.enabled);
        assert_eq!((odd.token_length, odd.default_permissions), (6, Permissions::ALL));
        assert!(!odd.may_link(&ids(&["b"])) && odd.may_link(&ids(&["c"])));
    }

    #[test]
    fn shares_can_have_passwords_of_their_own_kind() {
        let contexts = ("password_policy", "passwordContexts", r#"["account","sharing"]"#);
        let strict = policy(&[
            contexts,
            ("password_policy", "minLength_sharing", "4"),
            ("password_policy", "enforceNumericCharacters_sharing", "1"),
            ("password_policy", "enforceSpecialCharacters_sharing", "1"),
            ("password_policy", "enforceUpperLowerCase_sharing", "1"),
        ]);
        let expected =
            PasswordPolicy { min_length: 4, number: true, both_cases: true, special: true };
        assert_eq!(strict.share_password, expected);
        assert_eq!(strict.account_password.min_length, 10);
    }
}
