//! What the server can do, as every client asks at its start.

mod circles;
mod sharing;

use allmende_accounts::Authenticated;
use allmende_files::{MountKind, Mounts, TrashPolicy};
use allmende_ocs::{
    OcsError, Reply,
    endpoints::{
        NoParameters,
        cloud::capabilities::{
            Activity, Bruteforce, Capabilities, ChunkedUpload, Core, CoreUser, Dav, DownloadLimit,
            Enabled, Files, GroupFolders, Notifications, OpenProject, ProvisioningApi, Response,
            ServerVersion, Theming, UserStatus,
        },
        config::Config,
    },
};

use super::{Call, Outcome, unavailable};
use crate::{discovery::VERSION, theming::Look};

/// The version of the team folders whose interface is spoken here.
const TEAM_FOLDERS_VERSION: &str = "22.0.6";

/// The version of the application `integration_openproject` whose interface is spoken here;
/// OpenProject asks for 2.6.3 at the least.
const OPENPROJECT_VERSION: &str = "2.9.0";

/// `GET /cloud/capabilities`: everything for people, a little for strangers. Nothing is
/// announced that is not there: clients would offer it.
pub(super) async fn get(call: &Call<'_>, _: NoParameters) -> Outcome<Response> {
    let config = call.inner.sharing.config().await.map_err(unavailable)?;
    let look = Look::new(&call.inner.options, &config);
    let all = capabilities(call, &look);
    let capabilities = match call.who.as_deref() {
        Some(who) => with_sharing(call, who, all).await?,
        None => all.public(),
    };
    let version = ServerVersion::new(VERSION.major, VERSION.minor, VERSION.micro);
    Ok(Reply::new(Response { version, capabilities }))
}

/// `GET /config`: the interface's own description.
pub(super) async fn config(call: &Call<'_>, _: NoParameters) -> Outcome<Config> {
    Ok(Reply::new(Config {
        version: "1.7".into(),
        website: "Nextcloud".into(),
        host: call.origin.host.clone().unwrap_or_else(|| "localhost".into()),
        contact: String::new(),
        ssl: if call.origin.https { "true" } else { "false" }.into(),
    }))
}

fn capabilities(call: &Call<'_>, look: &Look) -> Capabilities {
    let mut all = Capabilities::default();
    all.core = Some(core(call));
    all.bruteforce = Some(bruteforce(call));
    all.dav = Some(dav());
    all.files = Some(files(call));
    all.theming = Some(theming(call, look));
    let mut activity = Activity::default();
    activity.apiv2 = words(&["filters", "filters-api", "previews", "rich-strings"]);
    all.activity = Some(activity);
    let mut notifications = Notifications::default();
    notifications.ocs_endpoints = words(&[
        "list",
        "get",
        "delete",
        "delete-all",
        "icons",
        "rich-strings",
        "user-status",
        "exists",
    ]);
    if !call.inner.options.push_proxies.is_empty() {
        notifications.push = Some(words(&["devices", "object-data", "delete"]));
    }
    all.notifications = Some(notifications);
    let mut openproject = OpenProject::default();
    openproject.app_version = OPENPROJECT_VERSION.into();
    openproject.groupfolder_version = TEAM_FOLDERS_VERSION.into();
    openproject.groupfolders_enabled = true;
    all.integration_openproject = Some(openproject);
    let mut provisioning = ProvisioningApi::default();
    provisioning.version = "1.24.0".into();
    provisioning.scopes_version = 2;
    all.provisioning_api = Some(provisioning);
    let mut status = UserStatus::default();
    status.enabled = true;
    status.supports_emoji = true;
    status.supports_busy = true;
    all.user_status = Some(status);
    all.systemtags = Some(Enabled::YES);
    all.extra.insert("circles".into(), circles::circles());
    all.recommendations = Some(Enabled::YES);
    all
}

/// Adds what depends on who asks and on the configuration.
async fn with_sharing(
    call: &Call<'_>,
    who: &Authenticated,
    mut all: Capabilities,
) -> Result<Capabilities, OcsError> {
    let inner = call.inner;
    let person = &who.person.id;
    let policy = inner.sharing.policy().await.map_err(unavailable)?;
    let memberships = inner.accounts.memberships_of(person).await.map_err(unavailable)?;
    all.files_sharing = Some(sharing::sharing(&policy, &memberships.groups));
    all.downloadlimit = Some(DownloadLimit::new(policy.default_download_limit));
    let mounts = inner.sharing.mounts(person).await.map_err(unavailable)?;
    let mut folders = GroupFolders::default();
    folders.app_version = TEAM_FOLDERS_VERSION.into();
    folders.has_group_folders =
        mounts.iter().any(|mount| matches!(mount.kind, MountKind::Team { .. }));
    all.groupfolders = Some(folders);
    Ok(all)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn core(call: &Call<'_>) -> Core {
    let mut core = Core::default();
    core.pollinterval = 60;
    core.webdav_root = "remote.php/webdav".into();
    core.mod_rewrite_working = true;
    core.can_create_app_token = Some(true);
    if let Some(who) = &call.who {
        let or = |text: &str, default: &str| {
            if text.is_empty() { default.to_owned() } else { text.to_owned() }
        };
        let mut user = CoreUser::default();
        user.language = or(&who.person.language, "en");
        user.locale = or(&who.person.locale, "en");
        user.timezone = or(&who.person.timezone, "UTC");
        core.user = Some(user);
    }
    core
}

fn bruteforce(call: &Call<'_>) -> Bruteforce {
    let delay = call.inner.accounts.login_delay(call.origin.client, call.now());
    let mut bruteforce = Bruteforce::default();
    bruteforce.delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    bruteforce
}

fn dav() -> Dav {
    let mut dav = Dav::default();
    dav.chunking = Some("1.0".into());
    dav.public_shares_chunking = Some(true);
    dav.bulkupload = Some("1.0".into());
    dav.search_supports_creation_time = Some(true);
    dav.search_supports_upload_time = Some(true);
    dav.search_supports_last_activity = Some(true);
    dav
}

fn files(call: &Call<'_>) -> Files {
    let names = &call.inner.files.options().names;
    let mut files = Files::default();
    files.blacklisted_files.clone_from(&names.forbidden_filenames);
    files.forbidden_filenames.clone_from(&names.forbidden_filenames);
    files.forbidden_filename_basenames.clone_from(&names.forbidden_filename_basenames);
    files.forbidden_filename_characters =
        names.forbidden_filename_characters.iter().map(char::to_string).collect();
    files.forbidden_filename_extensions.clone_from(&names.forbidden_filename_extensions);
    files.windows_compatible_filenames = names.is_windows_compatible();
    files.bigfilechunking = true;
    files.comments = Some(true);
    files.locking = Some("1.0".into());
    files.api_feature_lock_type = Some(true);
    files.chunked_upload = Some(ChunkedUpload::new(104_857_600, 5));
    if call.inner.files.options().trash != TrashPolicy::Off {
        files.undelete = Some(true);
        files.delete_from_trash = Some(true);
    }
    if call.inner.files.options().versions.is_some() {
        files.versioning = Some(true);
        files.version_labeling = Some(true);
        files.version_deletion = Some(true);
    }
    files
}

fn theming(call: &Call<'_>, look: &Look) -> Theming {
    let base = call.origin.base_url();
    let mut theming = Theming::default();
    theming.name.clone_from(&look.name);
    theming.product_name.clone_from(&look.name);
    theming.url = look.url.clone().unwrap_or_else(|| base.clone());
    theming.imprint_url.clone_from(&look.imprint);
    theming.privacy_url.clone_from(&look.privacy);
    theming.slogan.clone_from(&look.slogan);
    for colour in [
        &mut theming.color,
        &mut theming.color_element,
        &mut theming.color_element_bright,
        &mut theming.color_element_dark,
        &mut theming.primary_color,
        &mut theming.default_primary_color,
    ] {
        colour.clone_from(&look.color);
    }
    for colour in [
        &mut theming.background,
        &mut theming.background_color,
        &mut theming.default_background_color,
    ] {
        colour.clone_from(&look.background);
    }
    look.on_color.clone_into(&mut theming.color_text);
    look.on_background.clone_into(&mut theming.background_text);
    theming.inverted = look.on_color == "#000000";
    theming.background_plain = true;
    theming.background_default = true;
    let logo = format!("{base}/core/img/logo.svg");
    theming.logo.clone_from(&logo);
    theming.logoheader.clone_from(&logo);
    theming.favicon = logo;
    theming.cache_buster.clone_from(&look.cache_buster);
    theming
}
