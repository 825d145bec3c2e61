//! The exact form of answers that clients with strict decoders depend on.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use allmende_ocs::endpoints::cloud::{capabilities, groups, user, users};
use allmende_ocs::endpoints::{activity, notifications, user_status};
use allmende_ocs::{Envelope, Format, Reply, Version};
use serde::Serialize;

fn json<T: Serialize>(data: &T) -> String {
    let envelope = Envelope { version: Version::V2, format: Format::Json };
    let body = envelope.success(&Reply::new(data)).unwrap().into_body();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let start = r#"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":"#;
    text.strip_prefix(start).unwrap().strip_suffix("}}").unwrap().to_owned()
}

#[test]
fn a_person_as_others_see_them() {
    let mut user = user::User::new("ann", "Ann \u{d6}");
    user.first_login_timestamp = 1_795_446_489;
    user.last_login_timestamp = 1_795_446_490;
    user.last_login = 1_795_446_490_000;
    user.groups = vec!["staff".into()];
    assert_eq!(
        json(&user),
        concat!(
            r#"{"enabled":true,"id":"ann","firstLoginTimestamp":1795446489,"#,
            r#""lastLoginTimestamp":1795446490,"lastLogin":1795446490000,"backend":"Database","#,
            r#""subadmin":[],"quota":{"free":-3,"used":0,"total":-3,"relative":0,"quota":-3},"#,
            r#""manager":"","email":null,"additional_mail":[],"displayname":"Ann \u00d6","#,
            r#""display-name":"Ann \u00d6","phone":"","address":"","website":"","twitter":"","#,
            r#""bluesky":"","fediverse":"","organisation":"","role":"","headline":"","#,
            r#""biography":"","profile_enabled":"0","pronouns":"","groups":["staff"],"#,
            r#""language":"","locale":"","timezone":"","notify_email":null,"#,
            r#""backendCapabilities":{"setDisplayName":true,"setPassword":true}}"#,
        )
    );
    user.phone_scope = Some(user::Scope::Local);
    user.quota = user::Quota::limited(1, 3);
    let text = json(&user);
    assert!(text.contains(r#""phone":"","phoneScope":"v2-local","address""#));
    assert!(text.contains(r#""quota":{"free":2,"used":1,"total":3,"relative":33.33,"quota":3}"#));
}

#[test]
fn nobody_is_an_empty_list() {
    assert_eq!(json(&users::Users::default()), r#"{"users":[]}"#);
    assert_eq!(json(&users::UserIds::default()), r#"{"users":[]}"#);
}

#[test]
fn a_group_with_its_properties() {
    let group = groups::Group {
        id: "ng".into(),
        displayname: "New".into(),
        usercount: 1,
        disabled: 0,
        can_add: true,
        can_remove: true,
    };
    assert_eq!(
        json(&groups::Groups { groups: vec![group] }),
        concat!(
            r#"{"groups":[{"id":"ng","displayname":"New","usercount":1,"disabled":0,"#,
            r#""canAdd":true,"canRemove":true}]}"#
        )
    );
}

#[test]
fn empty_rich_parameters_are_lists() {
    let text = json(&notifications::Notification::default());
    assert!(text.contains(r#""subjectRichParameters":[],"#));
    assert!(
        text.contains(r#""messageRichParameters":[],"icon":"","shouldNotify":false,"actions":[]"#)
    );
    let text = json(&activity::Activity::default());
    assert!(text.contains(r#""message_rich":["",[]]"#));
    assert!(text.contains(r#""objects":[]"#));
    assert!(!text.contains("previews"));
}

#[test]
fn a_status() {
    let status = user_status::OwnStatus::new("ann", user_status::Presence::Invisible);
    assert_eq!(
        json(&status),
        concat!(
            r#"{"userId":"ann","message":null,"messageId":null,"messageIsPredefined":false,"#,
            r#""icon":null,"clearAt":null,"status":"invisible","statusIsUserDefined":true}"#
        )
    );
    assert_eq!(
        json(&user_status::PublicStatus::from(status)),
        r#"{"userId":"ann","message":null,"icon":null,"clearAt":null,"status":"offline"}"#
    );
    assert_eq!(
        json(&[
            user_status::ClearAt::Period(900),
            user_status::ClearAt::EndOf(user_status::Span::Week)
        ]),
        r#"[{"type":"period","time":900},{"type":"end-of","time":"week"}]"#
    );
}

#[test]
fn capabilities_name_only_what_is_there() {
    let mut tree = capabilities::Capabilities::default();
    assert_eq!(json(&tree), "{}");
    tree.files = Some(capabilities::Files::default());
    tree.files_sharing = Some(capabilities::FilesSharing::default());
    tree.provisioning_api = Some(capabilities::ProvisioningApi::default());
    tree.core = Some(capabilities::Core::default());
    assert_eq!(
        json(&tree),
        concat!(
            r#"{"core":{"pollinterval":0,"webdav-root":"","mod-rewrite-working":false},"#,
            r#""files":{"blacklisted_files":[],"forbidden_filenames":[],"#,
            r#""forbidden_filename_basenames":[],"forbidden_filename_characters":[],"#,
            r#""forbidden_filename_extensions":[],"bigfilechunking":false,"file_conversions":[],"#,
            r#""windows_compatible_filenames":false},"#,
            r#""files_sharing":{"api_enabled":false,"resharing":false},"#,
            r#""provisioning_api":{"version":"","AccountPropertyScopesVersion":0,"#,
            r#""AccountPropertyScopesFederatedEnabled":false,"#,
            r#""AccountPropertyScopesPublishedEnabled":false}}"#,
        )
    );
}

#[test]
fn theming_has_the_keys_that_clients_read() {
    let value: serde_json::Value =
        serde_json::from_str(&json(&capabilities::Theming::default())).unwrap();
    let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "background",
            "background-default",
            "background-plain",
            "background-text",
            "backgroundColor",
            "cacheBuster",
            "color",
            "color-element",
            "color-element-bright",
            "color-element-dark",
            "color-text",
            "defaultBackgroundColor",
            "defaultPrimaryColor",
            "enabledThemes",
            "favicon",
            "imprintUrl",
            "inverted",
            "logo",
            "logoheader",
            "name",
            "primaryColor",
            "privacyUrl",
            "productName",
            "slogan",
            "url",
        ]
    );
}
