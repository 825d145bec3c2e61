//! What administrators set that decides answers of this half of the interface.

use allmende_accounts::{PasswordPolicy, Quota};
use allmende_files::Files;
use allmende_ocs::{Code, OcsError};
use allmende_sharing::{Config, Policy};

use super::unavailable;
use crate::service::Inner;

/// The settings, by the original's keys; what is not set has the original's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// What a person's password has to be.
    pub(super) password: PasswordPolicy,
    /// `files/allow_unlimited_quota`.
    unlimited_quota: bool,
    /// `files/max_quota`: bytes.
    max_quota: Option<u64>,
    /// `files/default_quota`; none if it was not set.
    default_quota: Option<Quota>,
    /// `core/newUser.requireEmail`.
    pub(super) email_required: bool,
    /// `core/newUser.sendEmail`.
    pub(super) welcome_mail: bool,
    /// `core/newUser.generateUserID`.
    pub(super) ids_made_up: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            password: PasswordPolicy::default(),
            unlimited_quota: true,
            max_quota: None,
            default_quota: None,
            email_required: false,
            welcome_mail: true,
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
        let yes = |app: &str, key: &str, default: bool| match config.get(app, key) {
            Some("yes" | "1" | "true" | "on") => true,
            Some("no" | "0" | "false" | "off") => false,
            _ => default,
        };
        Self {
            password: policy.account_password,
            unlimited_quota: yes("files", "allow_unlimited_quota", true),
            // -1 is none.
            max_quota: config.get("files", "max_quota").and_then(|bytes| bytes.parse().ok()),
            default_quota: config.get("files", "default_quota").and_then(|text| text.parse().ok()),
            email_required: yes("core", "newUser.requireEmail", false),
            welcome_mail: yes("core", "newUser.sendEmail", true),
            ids_made_up: yes("core", "newUser.generateUserID", false),
        }
    }

    /// Whether there may be no limit to what somebody stores.
    pub(super) fn admits_unlimited_quota(&self) -> bool {
        self.unlimited_quota
    }

    /// The bytes that somebody with this quota may store; none for unlimited.
    pub(super) fn limit(&self, files: &Files, quota: Quota) -> Option<u64> {
        match quota {
            Quota::Bytes(bytes) => Some(bytes),
            Quota::Unlimited => None,
            Quota::Default => match self.default_quota {
                Some(Quota::Bytes(bytes)) => Some(bytes),
                Some(Quota::Unlimited) => None,
                Some(Quota::Default) | None => files.options().default_quota,
            },
        }
    }

    /// Refuses a password that the policy does not admit, with everything that it lacks.
    pub(crate) fn check_password(&self, password: &str) -> Result<(), OcsError> {
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
