//! What administrators set that decides answers of this half of the interface.

use allmende_accounts::{PasswordPolicy, Quota};
use allmende_ocs::{Code, OcsError};
use allmende_sharing::{Config, Policy};

use super::unavailable;
use crate::{directory::Rules, service::Inner};

/// The settings, by the original's keys; what is not set has the original's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// What a person's password has to be.
    pub(super) password: PasswordPolicy,
    /// Who is found by whom.
    pub(crate) rules: Rules,
    /// `files/allow_unlimited_quota`.
    unlimited_quota: bool,
    /// `files/max_quota`: bytes.
    max_quota: Option<u64>,
    /// `core/newUser.requireEmail`.
    pub(super) email_required: bool,
    /// `core/newUser.generateUserID`.
    pub(super) ids_made_up: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            password: PasswordPolicy::default(),
            rules: Rules::default(),
            unlimited_quota: true,
            max_quota: None,
            email_required: false,
            ids_made_up: false,
        }
    }
}

impl Settings {
    /// The settings of now.
    pub(crate) async fn of(inner: &Inner) -> Result<Self, OcsError> {
        let policy = inner.sharing.policy().await.map_err(unavailable)?;
        let config = inner.sharing.config().await.map_err(unavailable)?;
        Ok(Self::read(&policy, &config))
    }

    fn read(policy: &Policy, config: &Config) -> Self {
        let people = &policy.enumeration;
        let yes = |app: &str, key: &str, default: bool| match config.get(app, key) {
            Some("yes" | "1" | "true" | "on") => true,
            Some("no" | "0" | "false" | "off") => false,
            _ => default,
        };
        Self {
            password: policy.account_password,
            rules: Rules {
                enumeration: people.allowed,
                own_groups: people.to_group,
                known_only: people.to_phone,
                full_match: people.full_match,
                match_id: people.match_id,
                match_email: people.match_email,
                ignore_second_name: people.ignore_second_name,
                groups: policy.group_sharing,
                only_members: policy.only_group_members,
                most: usize::try_from(people.max_results).unwrap_or(usize::MAX),
            },
            unlimited_quota: yes("files", "allow_unlimited_quota", true),
            // -1 is none.
            max_quota: config.get("files", "max_quota").and_then(|bytes| bytes.parse().ok()),
            email_required: yes("core", "newUser.requireEmail", false),
            ids_made_up: yes("core", "newUser.generateUserID", false),
        }
    }

    /// Refuses a password that the policy does not admit, with everything that it lacks.
    pub(super) fn check_password(&self, password: &str) -> Result<(), OcsError> {
        let checked = self.password.check(password);
        checked.map_err(|weak| OcsError::new(Code::WEAK_PASSWORD, weak.to_string()))
    }

    /// Reads a quota that somebody is to get; an empty text is the default.
    pub(super) fn quota(&self, text: &str) -> Result<Quota, OcsError> {
        let refuse = |text: String| Err(OcsError::new(Code::INVALID, text));
        if text.is_empty() {
            return Ok(Quota::Default);
        }
        match text.parse() {
            Err(_) => refuse(format!("Invalid quota value: {text}")),
            Ok(Quota::Unlimited) if !self.unlimited_quota => {
                refuse("Unlimited quota is forbidden on this instance".to_owned())
            }
            Ok(Quota::Bytes(bytes)) if self.max_quota.is_some_and(|max| bytes > max) => {
                refuse(format!("Invalid quota value. {text} is exceeding the maximum quota"))
            }
            Ok(quota) => Ok(quota),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_keep_to_the_limits() {
        let text = |settings: &Settings, quota: &str| {
            settings.quota(quota).map_err(|error| (error.code, error.message))
        };
        let free = Settings::default();
        assert_eq!(text(&free, ""), Ok(Quota::Default));
        assert_eq!(text(&free, "none"), Ok(Quota::Unlimited));
        assert_eq!(text(&free, "1 MB"), Ok(Quota::Bytes(1 << 20)));
        let invalid = |text: &str| Err((Code::INVALID, text.to_owned()));
        assert_eq!(text(&free, "abc"), invalid("Invalid quota value: abc"));
        let strict =
            Settings { unlimited_quota: false, max_quota: Some(1 << 30), ..Settings::default() };
        assert_eq!(text(&strict, "1 GB"), Ok(Quota::Bytes(1 << 30)));
        assert_eq!(
            text(&strict, "5 GB"),
            invalid("Invalid quota value. 5 GB is exceeding the maximum quota")
        );
        let text = text(&strict, "none");
        assert_eq!(text, invalid("Unlimited quota is forbidden on this instance"));
    }
}
