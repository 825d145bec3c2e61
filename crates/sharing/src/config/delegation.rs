//! Which settings administrators have handed to groups.
//!
//! The value `settings/authorized_groups` of the configuration is a JSON object: the class
//! by which the original knows a page of settings, with the ids of the groups that may
//! change what stands on it. Only administrators can set it.

use std::collections::HashMap;

use allmende_types::GroupId;

use super::Config;

/// Something that administrators can hand to groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Delegation {
    /// The settings of sharing: the keys `core/shareapi_*`.
    SharingSettings,
    /// Everything about team folders, the rules of each among it.
    TeamFolders,
    /// To change the team folders whose rules one manages.
    ManagedTeamFolders,
}

impl Delegation {
    /// The class by which the original knows it.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::SharingSettings => r"OCA\Settings\Settings\Admin\Sharing",
            Self::TeamFolders => r"OCA\GroupFolders\Settings\Admin",
            Self::ManagedTeamFolders => r"OCA\GroupFolders\Controller\DelegationController",
        }
    }
}

impl Config {
    /// The groups to which a class of settings was handed. What cannot be read gives nobody
    /// anything.
    #[must_use]
    pub fn delegates(&self, class: &str) -> Vec<GroupId> {
        let Some(kept) = self.get("settings", "authorized_groups") else { return Vec::new() };
        let mut kept: HashMap<String, Vec<String>> = serde_json::from_str(kept).unwrap_or_default();
        let ids = kept.remove(class).unwrap_or_default();
        ids.iter().filter_map(|id| id.parse().ok()).collect()
    }

    /// Whether something was handed to one of these groups.
    ///
    /// ```
    /// use allmende_sharing::{Config, Delegation};
    ///
    /// let nobody = Config::default();
    /// assert!(!nobody.is_handed(Delegation::TeamFolders, &["staff".parse()?]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_handed(&self, what: Delegation, groups: &[GroupId]) -> bool {
        self.delegates(what.class()).iter().any(|group| groups.contains(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_gives_nobody_anything() {
        let staff: [GroupId; 1] = ["staff".parse().unwrap()];
        for (kept, handed) in [
            (r#"{"OCA\\GroupFolders\\Settings\\Admin":["other","staff"]}"#, true),
            (r#"{"OCA\\GroupFolders\\Settings\\Admin":["other"]}"#, false),
            (r#"{"OCA\\GroupFolders\\Settings":["staff"]}"#, false),
            (r#"{"OCA\\GroupFolders\\Settings\\Admin":"staff"}"#, false),
            (r#"["staff"]"#, false),
            ("staff", false),
            ("", false),
        ] {
            let mut config = Config::default();
            config.insert("settings", "authorized_groups", kept);
            assert_eq!(config.is_handed(Delegation::TeamFolders, &staff), handed, "{kept}");
            assert!(!config.is_handed(Delegation::TeamFolders, &[]), "{kept}");
            assert!(!config.is_handed(Delegation::SharingSettings, &staff), "{kept}");
        }
    }
}
