//! Which keys may be set, and in which form they are kept.

use crate::{ConfigRefusal, Result};

/// Keys that are typed booleans: they accept any word for yes and no, and read as `1` and
/// `0`. All other switches are the words `yes` and `no`.
const BOOLEANS: &[(&str, &str)] = &[
    ("core", "shareapi_enable_link_password_by_default"),
    ("core", "shareapi_enforce_links_password"),
    ("core", "shareapi_default_expire_date"),
    ("core", "shareapi_enforce_expire_date"),
    ("core", "shareapi_allow_view_without_download"),
    ("core", "shareapi_allow_custom_tokens"),
    ("core", "shareapi_allow_federation_on_public_shares"),
    ("core", "ocm_discovery_enabled"),
    ("files_sharing", "shareapi_exclude_reshare_from_edit"),
    ("files_sharing", "show_federated_shares_as_internal"),
    ("files_sharing", "show_federated_shares_to_trusted_servers_as_internal"),
    ("files_external", "allow_user_mounting"),
    ("password_policy", "enforceNumericCharacters"),
    ("password_policy", "enforceUpperLowerCase"),
    ("password_policy", "enforceSpecialCharacters"),
    ("password_policy", "enforceNonCommonPassword"),
    ("password_policy", "enforceHaveIBeenPwned"),
    ("theming", "disable-user-theming"),
];

/// Bytes of a value at most.
const MAX_VALUE: usize = 64 << 10;
/// Bytes of an app's or a key's name at most.
const MAX_NAME: usize = 64;

/// Refuses an app that is none, and keys that the server alone sets.
pub(crate) fn check(app: &str, key: &str) -> Result<()> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if app.is_empty() || app.len() > MAX_NAME || !app.bytes().all(word) {
        return Err(ConfigRefusal::InvalidApp.into());
    }
    let own = matches!(key, "installed_version" | "enabled" | "types");
    let core = app == "core"
        && (key.starts_with("public_")
            || key.starts_with("remote_")
            || key == "encryption_enabled");
    if own || core || key.is_empty() || key.len() > MAX_NAME || key.contains('\0') {
        return Err(ConfigRefusal::ProtectedKey.into());
    }
    Ok(())
}

/// The form in which a value is kept.
pub(crate) fn normalise(app: &str, key: &str, value: &str) -> Result<String> {
    if value.len() > MAX_VALUE || value.contains('\0') {
        return Err(ConfigRefusal::InvalidValue.into());
    }
    if !BOOLEANS.contains(&(app, key)) {
        return Ok(value.to_owned());
    }
    match truth(value) {
        Some(true) => Ok("1".to_owned()),
        Some(false) => Ok("0".to_owned()),
        None => Err(ConfigRefusal::InvalidValue.into()),
    }
}

/// Any word for yes or no.
pub(crate) fn truth(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" | "on" => Some(true),
        "no" | "false" | "0" | "off" | "" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_kept_in_their_forms() {
        let kept = |app, key, value| normalise(app, key, value).ok();
        for (word, form) in [("yes", "1"), ("ON", "1"), ("1", "1"), ("no", "0"), ("false", "0")] {
            assert_eq!(kept("core", "shareapi_allow_custom_tokens", word).as_deref(), Some(form));
        }
        assert_eq!(kept("core", "shareapi_allow_custom_tokens", "perhaps"), None);
        assert_eq!(kept("core", "shareapi_enabled", "perhaps").as_deref(), Some("perhaps"));
        assert_eq!(kept("core", "x", &"x".repeat(MAX_VALUE + 1)), None);
    }

    #[test]
    fn some_keys_are_not_to_be_set() {
        for (app, key) in [("core", "x"), ("my-app_1", "encryption_enabled"), ("x", "public_")] {
            assert!(check(app, key).is_ok(), "{app} {key}");
        }
        for (app, key) in [
            ("core", "public_files"),
            ("core", "remote_files"),
            ("core", "encryption_enabled"),
            ("files", "enabled"),
            ("files", "installed_version"),
            ("files", "types"),
            ("", "x"),
            ("a/b", "x"),
            ("files", ""),
        ] {
            assert!(check(app, key).is_err(), "{app} {key}");
        }
    }
}
