//! The capabilities, which the app decodes strictly: one value of another type, and it knows none.

use serde::Deserialize;
use serde_json::Value;

use super::ios;
use crate::{
    common::{Client, World},
    read::{code, data},
};

type Flag = Option<bool>;
type Words = Option<Vec<String>>;
type Text = Option<String>;

#[derive(Deserialize)]
struct Versions {
    version: VersionOf,
    capabilities: Capabilities,
}

#[derive(Deserialize)]
struct VersionOf {
    string: String,
    major: i64,
}

/// The structs of the app: optional is what may be missing, and nothing may have another type.
#[derive(Deserialize)]
struct Capabilities {
    downloadlimit: Option<DownloadLimit>,
    files_sharing: Sharing,
    theming: Theming,
    #[serde(rename = "end-to-end-encryption")]
    encryption: Option<Value>,
    richdocuments: Option<Value>,
    activity: Activity,
    notifications: Notifications,
    files: Files,
    user_status: Status,
    external: Option<Value>,
    groupfolders: Option<GroupFolders>,
    security_guard: Option<Value>,
    assistant: Option<Value>,
    recommendations: Option<Value>,
    terms_of_service: Option<Value>,
}

#[derive(Deserialize)]
struct DownloadLimit {
    enabled: Flag,
    #[serde(rename = "default-limit")]
    default_limit: Option<i64>,
}

#[derive(Deserialize)]
struct Sharing {
    api_enabled: Flag,
    group_sharing: Flag,
    resharing: Flag,
    default_permissions: Option<i64>,
    sharebymail: Option<Mail>,
    #[serde(rename = "public")]
    links: Option<Public>,
}

#[derive(Deserialize)]
struct Mail {
    enabled: Flag,
    send_password_by_mail: Flag,
    upload_files_drop: Option<Switch>,
    password: Option<Password>,
    expire_date: Option<Expiry>,
}

#[derive(Deserialize)]
struct Switch {
    enabled: Flag,
}

#[derive(Deserialize)]
struct Public {
    enabled: bool,
    upload: Flag,
    send_mail: Flag,
    upload_files_drop: Flag,
    multiple_links: Flag,
    password: Option<Password>,
    expire_date: Option<Expiry>,
    expire_date_internal: Option<Expiry>,
    expire_date_remote: Option<Expiry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Password {
    enforced: Flag,
    ask_for_optional_password: Flag,
}

#[derive(Deserialize)]
struct Expiry {
    enabled: Flag,
    enforced: Flag,
    days: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Theming {
    color: Text,
    color_element: Text,
    color_text: Text,
    color_element_bright: Text,
    color_element_dark: Text,
    background_default: Flag,
    background_plain: Flag,
    name: Text,
    slogan: Text,
    url: Text,
    logo: Text,
    background: Text,
    logoheader: Text,
    favicon: Text,
}

#[derive(Deserialize)]
struct Activity {
    apiv2: Words,
}

#[derive(Deserialize)]
struct Notifications {
    #[serde(rename = "ocs-endpoints")]
    endpoints: Words,
    push: Words,
}

#[derive(Deserialize)]
struct Files {
    undelete: Flag,
    locking: Text,
    comments: Flag,
    versioning: Flag,
    version_deletion: Flag,
    version_labeling: Flag,
    bigfilechunking: Flag,
    windows_compatible_filenames: Flag,
    #[serde(rename = "directEditing")]
    editing: Option<Value>,
    forbidden_filenames: Words,
    forbidden_filename_basenames: Words,
    forbidden_filename_characters: Words,
    forbidden_filename_extensions: Words,
}

#[derive(Deserialize)]
struct Status {
    enabled: Flag,
    restore: Flag,
    supports_emoji: Flag,
    supports_busy: Flag,
}

#[derive(Deserialize)]
struct GroupFolders {
    #[serde(rename = "hasGroupFolders")]
    has: Flag,
}

async fn capabilities(client: &Client) -> Versions {
    let answer = client.get("/ocs/v1.php/cloud/capabilities?format=json").await;
    assert_eq!(code(&answer), (200, 100));
    data(&answer)
}

#[tokio::test]
async fn capabilities_decode_strictly() {
    let world = World::new().await;
    let told = capabilities(&ios(&world)).await;
    assert_eq!((told.version.major, told.version.string.as_str()), (34, "34.0.1"));
    let all = told.capabilities;
    let sharing = &all.files_sharing;
    assert_eq!((sharing.api_enabled, sharing.group_sharing), (Some(true), Some(true)));
    assert_eq!((sharing.resharing, sharing.default_permissions), (Some(true), Some(31)));
    let links = sharing.links.as_ref().unwrap();
    assert!(links.enabled);
    assert_eq!((links.upload, links.upload_files_drop), (Some(true), Some(true)));
    assert_eq!((links.multiple_links, links.send_mail), (Some(true), Some(false)));
    let password = links.password.as_ref().unwrap();
    assert_eq!((password.enforced, password.ask_for_optional_password), (Some(false), Some(false)));
    for expiry in [&links.expire_date, &links.expire_date_internal, &links.expire_date_remote] {
        let expiry = expiry.as_ref().unwrap();
        assert_eq!((expiry.enabled, expiry.days, expiry.enforced), (Some(false), None, None));
    }
    let mail = sharing.sharebymail.as_ref().unwrap();
    assert_eq!((mail.enabled, mail.send_password_by_mail), (Some(true), Some(true)));
    assert_eq!(mail.upload_files_drop.as_ref().unwrap().enabled, Some(true));
    assert_eq!(mail.password.as_ref().unwrap().enforced, Some(false));
    assert_eq!(mail.expire_date.as_ref().unwrap().enabled, Some(true));
    let theme = &all.theming;
    for colour in [
        &theme.color,
        &theme.color_element,
        &theme.color_text,
        &theme.color_element_bright,
        &theme.color_element_dark,
        &theme.background,
    ] {
        let colour = colour.as_deref().unwrap();
        let digits = colour.strip_prefix('#').unwrap();
        assert!(digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{colour}");
    }
    assert_eq!((theme.background_default, theme.background_plain), (Some(true), Some(true)));
    for address in [&theme.url, &theme.logo, &theme.logoheader, &theme.favicon] {
        assert!(address.as_deref().unwrap().starts_with("https://cloud.example.org"));
    }
    assert!(theme.name.is_some() && theme.slogan.is_some());
    assert!(all.activity.apiv2.unwrap().contains(&"filters".to_owned()));
    assert!(all.notifications.endpoints.unwrap().contains(&"list".to_owned()));
    assert!(all.notifications.push.unwrap().contains(&"devices".to_owned()));
    let files = &all.files;
    for flag in [files.undelete, files.comments, files.versioning, files.version_deletion] {
        assert_eq!(flag, Some(true));
    }
    assert_eq!((files.version_labeling, files.bigfilechunking), (Some(true), Some(true)));
    assert_eq!(files.windows_compatible_filenames, Some(false));
    assert_eq!(files.forbidden_filenames.as_deref().unwrap(), [".htaccess"]);
    assert!(files.forbidden_filename_basenames.is_some());
    assert!(files.forbidden_filename_characters.is_some());
    assert!(files.forbidden_filename_extensions.is_some());
    let status = &all.user_status;
    assert_eq!((status.enabled, status.supports_emoji), (Some(true), Some(true)));
    assert!(status.supports_busy.is_some() && status.restore.is_some());
    assert_eq!(all.groupfolders.unwrap().has, Some(false));
    if let Some(limit) = all.downloadlimit {
        assert!(limit.enabled.is_some() && limit.default_limit.is_some());
    }
    assert_eq!(all.recommendations.unwrap()["enabled"], true);
    assert_eq!(files.locking.as_deref(), Some("1.0"));
    // What is not built is absent, by which nothing is shown.
    assert!(files.editing.is_none());
    for absent in [
        all.encryption,
        all.richdocuments,
        all.external,
        all.security_guard,
        all.assistant,
        all.terms_of_service,
    ] {
        assert!(absent.is_none());
    }
}

#[tokio::test]
async fn capabilities_decode_whatever_is_configured() {
    let world = World::new().await;
    for setting in [
        "shareapi_default_expire_date=yes",
        "shareapi_enforce_expire_date=yes",
        "shareapi_expire_after_n_days=3",
        "shareapi_default_internal_expire_date=yes",
        "internal_defaultExpDays=9",
        "shareapi_enforce_links_password=yes",
        "shareapi_allow_resharing=no",
        "shareapi_default_permissions=17",
    ] {
        let (key, value) = setting.split_once('=').unwrap();
        let path = format!("/apps/provisioning_api/api/v1/config/apps/core/{key}");
        assert_eq!(world.root().ocs("POST", &path, &format!("value={value}")).await.http, 200);
    }
    let sharing = capabilities(&ios(&world)).await.capabilities.files_sharing;
    assert_eq!((sharing.resharing, sharing.default_permissions), (Some(false), Some(17)));
    let links = sharing.links.unwrap();
    let expiry = links.expire_date.unwrap();
    assert_eq!((expiry.enabled, expiry.enforced, expiry.days), (Some(true), Some(true), Some(3)));
    assert_eq!(links.password.unwrap().enforced, Some(true));
    for off in ["shareapi_allow_links", "shareapi_enabled"] {
        let path = format!("/apps/provisioning_api/api/v1/config/apps/core/{off}");
        assert_eq!(world.root().ocs("POST", &path, "value=no").await.http, 200);
        let sharing = capabilities(&ios(&world)).await.capabilities.files_sharing;
        assert!(!sharing.links.unwrap().enabled, "{off}");
    }
}
