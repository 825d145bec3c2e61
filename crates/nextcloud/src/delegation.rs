//! Which settings administrators have handed to groups.
//!
//! The value `settings/authorized_groups` of the configuration is a JSON object: the class
//! by which the original knows a page of settings, with the ids of the groups that may
//! change what stands on it. Only administrators can set it.

use std::collections::HashMap;

use allmende_accounts::Authenticated;
use allmende_ocs::OcsError;
use allmende_sharing::Config;
use allmende_types::GroupId;

use crate::{ocs::unavailable, service::Inner};

/// Something that can be handed to groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// The settings of sharing: the keys `core/shareapi_*`.
    Sharing,
    /// Everything about team folders.
    TeamFolders,
    /// The team folders whose rules one manages.
    ManagedTeamFolders,
}

impl Area {
    /// The class by which the original knows it.
    const fn class(self) -> &'static str {
        match self {
            Self::Sharing => r"OCA\Settings\Settings\Admin\Sharing",
            Self::TeamFolders => r"OCA\GroupFolders\Settings\Admin",
            Self::ManagedTeamFolders => r"OCA\GroupFolders\Controller\DelegationController",
        }
    }
}

/// The groups to which a class of settings was handed. What cannot be read gives nobody
/// anything.
pub(crate) fn groups(config: &Config, class: &str) -> Vec<GroupId> {
    let kept = config.get("settings", "authorized_groups").unwrap_or_default();
    let mut kept: HashMap<String, Vec<String>> = serde_json::from_str(kept).unwrap_or_default();
    let ids = kept.remove(class).unwrap_or_default();
    ids.iter().filter_map(|id| id.parse().ok()).collect()
}

/// Whether something was handed to one of a person's groups.
pub(crate) async fn holds(
    inner: &Inner,
    who: &Authenticated,
    area: Area,
) -> Result<bool, OcsError> {
    let config = inner.sharing.config().await.map_err(unavailable)?;
    let holders = groups(&config, area.class());
    if holders.is_empty() {
        return Ok(false);
    }
    let own = inner.accounts.memberships_of(&who.person.id).await.map_err(unavailable)?;
    Ok(own.groups.iter().any(|group| holders.contains(group)))
}
