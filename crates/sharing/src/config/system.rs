//! The keys that the original keeps in its configuration file.

/// What an operator chooses outside of the database: the original's `sharing.*` keys and
/// a few more, with its defaults.
///
/// ```
/// use allmende_sharing::SystemConfig;
///
/// let system = SystemConfig { force_share_accept: true, ..SystemConfig::default() };
/// assert_eq!(system.max_autocomplete_results, 25);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemConfig {
    /// `sharing.minSearchStringLength`: shorter searches for recipients find nobody.
    pub min_search_length: u32,
    /// `sharing.maxAutocompleteResults`: the most results of each kind at once.
    pub max_autocomplete_results: u32,
    /// `sharing.enable_share_accept`: people may choose to be asked before a share appears.
    pub enable_share_accept: bool,
    /// `sharing.force_share_accept`: everybody is asked.
    pub force_share_accept: bool,
    /// `share_folder`: the folder in which received shares appear first, without slashes
    /// at its ends; empty for the root.
    pub share_folder: String,
    /// `sharing.enable_share_mail`: recipients are mailed unless the request says no.
    pub enable_share_mail: bool,
    /// `sharing.enable_mail_link_password_expiration`, in seconds; none if off.
    pub mail_password_lifetime: Option<u32>,
    /// `sharing.allow_disabled_password_enforcement_groups`: the excluded groups count.
    pub allow_password_excluded_groups: bool,
    /// `groupfolders.quota.default`: bytes for a team folder; none for unlimited.
    pub team_folder_quota: Option<u64>,
}

impl Default for SystemConfig {
    fn default() -> Self {
        Self {
            min_search_length: 0,
            max_autocomplete_results: 25,
            enable_share_accept: false,
            force_share_accept: false,
            share_folder: String::new(),
            enable_share_mail: true,
            mail_password_lifetime: None,
            allow_password_excluded_groups: false,
            team_folder_quota: None,
        }
    }
}
