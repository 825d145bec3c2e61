//! The configuration interface from outside: who may, in which form, and that what is set
//! holds at once.

use serde_json::{Value, json};

use crate::common::{Client, FILES, Ocs, World};

const CONFIG: &str = "/apps/provisioning_api/api/v1/config/apps";
const SHARES: &str = "/apps/files_sharing/api/v1/shares";

async fn set(client: &Client, key: &str, value: &str) -> Ocs {
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("value", value).finish();
    client.ocs("POST", &format!("{CONFIG}/{key}"), &form).await
}

async fn sharing_policy(world: &World, key: &str, value: &str) {
    let done = set(&world.root(), &format!("core/{key}"), value).await;
    assert_eq!((done.http, &done.data), (200, &json!([])), "{key}: {done:?}");
}

fn told(answer: &Ocs) -> (u64, &str) {
    (answer.code, &answer.message)
}

#[tokio::test]
async fn values_are_set_listed_and_forgotten() {
    let world = World::new().await;
    let root = world.root();
    assert_eq!(root.ocs("GET", CONFIG, "").await.data, json!({ "data": [] }));
    assert_eq!(set(&root, "files/default_quota", "1 GB").await.http, 200);
    assert_eq!(set(&root, "my-app_1/a.b", "ä \"x\"").await.http, 200);
    let apps = root.ocs("GET", CONFIG, "").await;
    assert_eq!(apps.data, json!({ "data": ["files", "my-app_1"] }));
    let keys = root.ocs("GET", &format!("{CONFIG}/files"), "").await;
    assert_eq!(keys.data, json!({ "data": ["default_quota"] }));
    let none = root.ocs("GET", &format!("{CONFIG}/nothing"), "").await;
    assert_eq!((none.http, none.data), (200, json!({ "data": [] })));
    for (path, value) in [
        ("files/default_quota", "1 GB"),
        ("files/default_quota?defaultValue=x", "1 GB"),
        ("my-app_1/a.b", "ä \"x\""),
        ("files/unset", ""),
        ("files/unset?defaultValue=x", "x"),
    ] {
        let got = root.ocs("GET", &format!("{CONFIG}/{path}"), "").await;
        assert_eq!((got.http, got.data), (200, json!({ "data": value })), "{path}");
    }
    for _ in 0..2 {
        let gone = root.ocs("DELETE", &format!("{CONFIG}/files/default_quota"), "").await;
        assert_eq!((gone.http, gone.data), (200, json!([])));
    }
    let got = root.ocs("GET", &format!("{CONFIG}/files/default_quota"), "").await;
    assert_eq!(got.data, json!({ "data": "" }));
}

#[tokio::test]
async fn switches_are_read_in_any_word_and_shown_in_one() {
    let world = World::new().await;
    let root = world.root();
    for (word, shown) in [("yes", "1"), ("off", "0"), ("true", "1"), ("0", "0")] {
        let key = "core/shareapi_enforce_links_password";
        assert_eq!(set(&root, key, word).await.http, 200);
        let got = root.ocs("GET", &format!("{CONFIG}/{key}"), "").await;
        assert_eq!(got.data, json!({ "data": shown }), "{word}");
    }
    let bad = set(&root, "core/shareapi_allow_custom_tokens", "perhaps").await;
    assert_eq!((bad.http, bad.code), (400, 400));
}

#[tokio::test]
async fn what_is_refused() {
    let world = World::new().await;
    let (root, alice) = (world.root(), world.alice());
    let admin = "Logged in account must be an admin";
    for (method, path) in [
        ("GET", CONFIG.to_owned()),
        ("GET", format!("{CONFIG}/core")),
        ("GET", format!("{CONFIG}/core/shareapi_enabled")),
        ("DELETE", format!("{CONFIG}/core/shareapi_enabled")),
    ] {
        let refused = alice.ocs(method, &path, "").await;
        assert_eq!(told(&refused), (403, admin), "{method} {path}");
    }
    let not = "Logged in account must be an administrator or have authorization to edit this \
               setting.";
    // Also where the request makes no sense, or names what nobody may set.
    for key in ["core/shareapi_enabled", "core/public_files", "a%2Fb/x", "files/default_quota"] {
        assert_eq!(told(&set(&alice, key, "no").await), (403, not), "{key}");
    }
    let bare = alice.ocs("POST", &format!("{CONFIG}/core/x"), "").await;
    assert_eq!(told(&bare), (403, not));
    let stranger = world.stranger().ocs("GET", CONFIG, "").await;
    assert_eq!((stranger.http, stranger.code), (401, 997));

    for (key, text) in [
        ("files/enabled", "The given key can not be set"),
        ("files/installed_version", "The given key can not be set"),
        ("files/types", "The given key can not be set"),
        ("core/public_files", "The given key can not be set"),
        ("core/remote_files", "The given key can not be set"),
        ("core/encryption_enabled", "The given key can not be set"),
        ("a%2Fb/x", "Invalid app id given"),
        ("a.b/x", "Invalid app id given"),
    ] {
        let refused = set(&root, key, "no").await;
        assert_eq!((refused.http, told(&refused)), (403, (403, "")), "{key}");
        assert_eq!(refused.data, json!({ "data": { "message": text } }), "{key}");
    }
    let headers = [("ocs-apirequest", "true"), ("accept", "application/json")];
    for version in ["v1", "v2"] {
        let path = format!("/ocs/{version}.php{CONFIG}/core/x");
        let missing = root.send("POST", &path, &headers, "").await;
        assert_eq!((missing.status, missing.text()), (400, ""), "{version}");
    }
    assert_eq!(set(&root, "files/allow_unlimited_quota", "0").await.http, 200);
    let quota = set(&root, "files/default_quota", "none").await;
    let text = "The given key can not be set, unlimited quota is forbidden on this instance";
    assert_eq!((quota.http, quota.data), (403, json!({ "data": { "message": text } })));
    // Nothing of all that was kept.
    let apps = root.ocs("GET", CONFIG, "").await;
    assert_eq!(apps.data, json!({ "data": ["files"] }));
}

#[tokio::test]
async fn an_app_password_changes_nothing() {
    let world = World::new().await;
    let made = world.root().ocs("GET", "/core/getapppassword", "").await;
    let secret = made.data["apppassword"].as_str().unwrap().to_owned();
    let client = world.person("root", &secret);
    assert_eq!(client.ocs("GET", CONFIG, "").await.http, 200);
    let refused = set(&client, "core/shareapi_enabled", "no").await;
    assert_eq!(told(&refused), (403, "Password confirmation is required"));
    let refused = client.ocs("DELETE", &format!("{CONFIG}/core/shareapi_enabled"), "").await;
    assert_eq!(told(&refused), (403, "Password confirmation is required"));
}

#[tokio::test]
async fn the_settings_of_sharing_can_be_handed_to_a_group() {
    let world = World::new().await;
    let (root, alice) = (world.root(), world.alice());
    assert_eq!(root.ocs("POST", "/cloud/groups", "groupid=policy").await.http, 200);
    assert_eq!(root.ocs("POST", "/cloud/users/alice/groups", "groupid=policy").await.http, 200);
    let handed = r#"{"OCA\\Settings\\Settings\\Admin\\Sharing":["policy"]}"#;
    assert_eq!(set(&root, "settings/authorized_groups", handed).await.http, 200);
    assert_eq!(set(&alice, "core/shareapi_allow_links", "no").await.http, 200);
    // That, and nothing else: they can hand on nothing either.
    for key in ["settings/authorized_groups", "core/lastcron", "files/shareapi_enabled"] {
        assert_eq!(set(&alice, key, "{}").await.code, 403, "{key}");
    }
    assert_eq!(set(&world.bob(), "core/shareapi_allow_links", "yes").await.code, 403);
    assert_eq!(alice.ocs("GET", CONFIG, "").await.code, 403);
}

/// alice's folder `d` with a file, which bob has too, and everybody in `staff`.
async fn shared() -> World {
    let world = World::new().await;
    let alice = world.alice();
    assert_eq!(alice.mkcol(&format!("{FILES}/d")).await, 201);
    assert_eq!(alice.put(&format!("{FILES}/d/a.txt"), "a").await.status, 201);
    let root = world.root();
    for group in ["staff", "other"] {
        let made = root.ocs("POST", "/cloud/groups", &format!("groupid={group}")).await;
        assert_eq!(made.http, 200);
    }
    assert_eq!(root.ocs("POST", "/cloud/users/alice/groups", "groupid=staff").await.http, 200);
    world
}

async fn share(client: &Client, form: &str) -> Ocs {
    client.ocs("POST", SHARES, form).await
}

async fn public(world: &World) -> Value {
    let all = world.alice().ocs("GET", "/cloud/capabilities", "").await;
    all.data["capabilities"]["files_sharing"].clone()
}

#[tokio::test]
async fn what_cannot_be_shared_any_more_is_refused_at_once() {
    const FAILED: &str = "Failed to create share.";
    // The setting, the share that is asked for, and what is heard.
    for (key, value, form, code, text) in [
        (
            "shareapi_enabled",
            "no",
            "path=/d&shareType=0&shareWith=bob",
            404,
            "Share API is disabled",
        ),
        (
            "shareapi_allow_links",
            "no",
            "path=/d&shareType=3",
            404,
            "Public link sharing is disabled by the administrator",
        ),
        (
            "shareapi_allow_links_exclude_groups",
            r#"["staff"]"#,
            "path=/d&shareType=3",
            404,
            "Public link sharing is disabled by the administrator",
        ),
        (
            "shareapi_allow_public_upload",
            "no",
            "path=/d&shareType=3&publicUpload=true",
            403,
            "Public upload disabled by the administrator",
        ),
        (
            "shareapi_enforce_links_password",
            "yes",
            "path=/d&shareType=3",
            403,
            "Passwords are enforced for link and mail shares",
        ),
        (
            "shareapi_allow_group_sharing",
            "no",
            "path=/d&shareType=1&shareWith=staff",
            404,
            "Group sharing is disabled by the administrator",
        ),
        (
            "shareapi_only_share_with_group_members",
            "yes",
            "path=/d&shareType=0&shareWith=bob",
            403,
            FAILED,
        ),
        (
            "shareapi_only_share_with_group_members",
            "yes",
            "path=/d&shareType=1&shareWith=other",
            403,
            FAILED,
        ),
    ] {
        let world = shared().await;
        let alice = world.alice();
        let before = share(&alice, form).await;
        assert_eq!(before.http, 200, "{key}: {before:?}");
        sharing_policy(&world, key, value).await;
        let form = form.replace("path=/d", "path=/d/a.txt");
        // What is asked of a file where the setting is about folders is asked of the folder.
        let form =
            if form.contains("Upload") { "path=/d&shareType=3&publicUpload=true" } else { &form };
        let after = share(&alice, form).await;
        assert_eq!((after.http, told(&after)), (code, (u64::from(code), text)), "{key}={value}");
        let path = format!("{CONFIG}/core/{key}");
        assert_eq!(world.root().ocs("DELETE", &path, "").await.http, 200);
        assert_eq!(share(&alice, form).await.http, 200, "{key} is the default again");
    }
}

#[tokio::test]
async fn excluded_groups_share_nothing() {
    for (mode, list, may) in [
        ("yes", r#"["staff"]"#, false),
        ("yes", r#"["other"]"#, true),
        ("allow", r#"["staff"]"#, true),
        ("allow", r#"["other"]"#, false),
    ] {
        let world = shared().await;
        sharing_policy(&world, "shareapi_exclude_groups", mode).await;
        sharing_policy(&world, "shareapi_exclude_groups_list", list).await;
        let made = share(&world.alice(), "path=/d&shareType=0&shareWith=bob").await;
        let letters = world.alice().prop(&format!("{FILES}/d"), "oc:permissions").await.unwrap();
        if may {
            assert_eq!(made.http, 200, "{mode} {list}: {made:?}");
        } else {
            assert_eq!(told(&made), (403, "Failed to create share."), "{mode} {list}");
        }
        assert_eq!(letters.contains('R'), may, "{mode} {list}: {letters}");
    }
}

#[tokio::test]
async fn dates_of_links_follow_the_policy() {
    let world = shared().await;
    let alice = world.alice();
    let none = share(&alice, "path=/d&shareType=3").await;
    assert_eq!(none.data["expiration"], Value::Null);
    sharing_policy(&world, "shareapi_default_expire_date", "yes").await;
    sharing_policy(&world, "shareapi_expire_after_n_days", "3").await;
    // The clock stands at 2027-01-15.
    let default = share(&alice, "path=/d&shareType=3").await;
    assert_eq!(default.data["expiration"], "2027-01-18 23:59:59");
    let later = share(&alice, "path=/d&shareType=3&expireDate=2027-02-01").await;
    assert_eq!(later.data["expiration"], "2027-02-01 23:59:59");
    let never = share(&alice, "path=/d&shareType=3&expireDate=").await;
    assert_eq!(never.data["expiration"], Value::Null);
    sharing_policy(&world, "shareapi_enforce_expire_date", "yes").await;
    let late = share(&alice, "path=/d&shareType=3&expireDate=2027-02-01").await;
    let text = "Cannot set expiration date more than 3 days in the future";
    assert_eq!((late.http, told(&late)), (404, (404, text)));
    let empty = share(&alice, "path=/d&shareType=3&expireDate=").await;
    assert_eq!(empty.data["expiration"], "2027-01-18 23:59:59");
    let id = empty.data["id"].as_str().unwrap();
    let cleared = alice.ocs("PUT", &format!("{SHARES}/{id}"), "expireDate=").await;
    assert_eq!(told(&cleared), (400, "Failed to update share."));
    let tree = public(&world).await;
    assert_eq!(
        tree["public"]["expire_date"],
        json!({ "enabled": true, "days": 3, "enforced": true })
    );
    // Dates of shares with people are a matter of their own.
    let person = share(&alice, "path=/d&shareType=0&shareWith=bob").await;
    assert_eq!(person.data["expiration"], Value::Null);
    sharing_policy(&world, "shareapi_default_internal_expire_date", "yes").await;
    let person = share(&alice, "path=/d/a.txt&shareType=0&shareWith=bob").await;
    assert_eq!(person.data["expiration"], "2027-01-22 23:59:59");
}

#[tokio::test]
async fn default_permissions_are_the_policys() {
    let world = shared().await;
    sharing_policy(&world, "shareapi_default_permissions", "1").await;
    let made = share(&world.alice(), "path=/d&shareType=0&shareWith=bob").await;
    assert_eq!(made.data["permissions"], 1);
    assert_eq!(public(&world).await["default_permissions"], 1);
    let link = share(&world.alice(), "path=/d&shareType=3&publicUpload=true").await;
    assert_eq!(link.data["permissions"], 31);
}

#[tokio::test]
async fn what_was_received_is_not_shared_on_where_that_is_off() {
    let world = shared().await;
    assert_eq!(share(&world.alice(), "path=/d&shareType=0&shareWith=bob").await.http, 200);
    let theirs = "/remote.php/dav/files/bob/d";
    let bob = world.bob();
    assert_eq!(bob.prop(theirs, "oc:permissions").await.unwrap(), "SRGDNVCK");
    sharing_policy(&world, "shareapi_allow_resharing", "no").await;
    assert_eq!(bob.prop(theirs, "oc:permissions").await.unwrap(), "SGDNVCK");
    let on = share(&bob, "path=/d&shareType=0&shareWith=root").await;
    assert_eq!((on.http, told(&on)), (404, (404, "You are not allowed to share d")));
    assert_eq!(public(&world).await["resharing"], false);
}

#[tokio::test]
async fn view_without_download_is_the_policys() {
    let world = shared().await;
    let attributes = r#"[{"scope":"permissions","key":"download","value":false}]"#;
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("path", "/d"),
            ("shareType", "0"),
            ("shareWith", "bob"),
            ("attributes", attributes),
        ])
        .finish();
    assert_eq!(share(&world.alice(), &form).await.http, 200);
    let file = "/remote.php/dav/files/bob/d/a.txt";
    assert_eq!(world.bob().get(file).await.status, 200);
    sharing_policy(&world, "shareapi_allow_view_without_download", "no").await;
    assert_eq!(world.bob().get(file).await.status, 403);
    sharing_policy(&world, "shareapi_allow_view_without_download", "yes").await;
    assert_eq!(world.bob().get(file).await.status, 200);
}

#[tokio::test]
async fn links_that_are_there_follow_too() {
    let world = shared().await;
    let made = share(&world.alice(), "path=/d&shareType=3&publicUpload=true").await;
    let token = made.data["token"].as_str().unwrap().to_owned();
    let folder = format!("/public.php/dav/files/{token}");
    let guest = world.stranger();
    assert_eq!(guest.put(&format!("{folder}/b.txt"), "b").await.status, 201);
    sharing_policy(&world, "shareapi_allow_public_upload", "no").await;
    assert_eq!(guest.put(&format!("{folder}/c.txt"), "c").await.status, 403);
    assert_eq!(guest.get(&format!("{folder}/b.txt")).await.text(), "b");
    sharing_policy(&world, "shareapi_allow_links", "no").await;
    assert_eq!(guest.get(&format!("{folder}/b.txt")).await.status, 503);
    assert_eq!(guest.get(&format!("/s/{token}")).await.status, 404);
    assert_eq!(world.alice().ocs("GET", SHARES, "").await.data, json!([]));
}

#[tokio::test]
async fn tokens_are_chosen_only_where_that_is_on() {
    let world = shared().await;
    let alice = world.alice();
    let made = share(&alice, "path=/d&shareType=3").await;
    let path = format!("{SHARES}/{}", made.data["id"].as_str().unwrap());
    let off = alice.ocs("PUT", &path, "token=our-choice").await;
    let text = "Custom share link tokens have been disabled by the administrator";
    assert_eq!(told(&off), (403, text));
    sharing_policy(&world, "shareapi_allow_custom_tokens", "yes").await;
    let on = alice.ocs("PUT", &path, "token=our-choice").await;
    assert_eq!(on.data["token"], "our-choice");
    let bad = alice.ocs("PUT", &path, "token=a/b").await;
    let text = "Tokens must contain at least 1 character and may only contain letters, numbers, \
                or a hyphen";
    assert_eq!(told(&bad), (400, text));
    sharing_policy(&world, "shareapi_token_length", "20").await;
    let long = share(&alice, "path=/d&shareType=3").await;
    assert_eq!(long.data["token"].as_str().unwrap().len(), 20);
}
