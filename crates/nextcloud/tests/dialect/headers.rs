//! Headers that clients look for in answers, beside those of single topics.

use crate::common::{FILES, World, user};

#[tokio::test]
async fn listings_tell_what_the_server_can_do() {
    let world = World::new().await;
    let alice = world.alice();
    let listed = alice.propfind(&format!("{FILES}/"), "0", "d:getetag").await;
    assert!(listed.header("dav").unwrap().contains("nextcloud-checksum-update"));
    assert_eq!(listed.header("x-user-id"), Some("alice"));
    let root = alice.propfind("/remote.php/dav/", "0", "d:resourcetype").await;
    assert!(root.header("dav").is_some());
    let patched = alice
        .proppatch(FILES, "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>")
        .await;
    for answer in [&listed, &patched] {
        let vary = answer.header("vary").unwrap_or_default();
        assert!(vary.contains("Brief") && vary.contains("Prefer"), "{vary:?}");
    }
}

#[tokio::test]
async fn failed_conditions_tell_the_present_etag() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    let made = alice.put(&a, "x").await;
    let failed = alice.send("PUT", &a, &[("if-match", "\"other\"")], "y").await;
    assert_eq!((failed.status, failed.header("etag")), (412, made.header("etag")));
}

#[tokio::test]
async fn heads_are_like_gets() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    alice.put(&a, "hello").await;
    let (get, head) = (alice.get(&a).await, alice.send("HEAD", &a, &[], "").await);
    assert_eq!(head.text(), "");
    for name in ["content-length", "content-type", "etag", "oc-etag", "last-modified"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
        assert!(head.header(name).is_some(), "{name}");
    }
    let ocs = [("ocs-apirequest", "true")];
    let head = alice.send("HEAD", "/ocs/v2.php/cloud/user", &ocs, "").await;
    assert_eq!(head.status, 200);
}

#[tokio::test]
async fn files_never_run_as_pages() {
    let world = World::new().await;
    let alice = world.alice();
    let page = format!("{FILES}/page.html");
    alice.put(&page, "<script>alert(1)</script>").await;
    let got = alice.get(&page).await;
    assert_eq!(got.header("content-security-policy"), Some("default-src 'none';"));
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    assert!(got.header("content-disposition").unwrap().starts_with("attachment; "));
}

#[tokio::test]
async fn a_folder_needs_room_too() {
    let world = World::new().await;
    world.files.set_quota(&user("alice"), Some(0)).await.unwrap();
    let alice = world.alice();
    assert_eq!(alice.put(&format!("{FILES}/a"), "x").await.status, 507);
    assert_eq!(alice.mkcol(&format!("{FILES}/dir")).await, 507);
}

#[tokio::test]
async fn bodies_that_are_too_long_are_refused() {
    let world = World::new().await;
    let alice = world.alice();
    let long = "x".repeat(300 * 1024);
    let answer = alice.ocs("PUT", "/cloud/users/alice", &format!("key=phone&value={long}")).await;
    assert!(matches!(answer.http, 400 | 413), "{}", answer.http);
    let form = format!("token={long}");
    let answer = alice.send("POST", "/login/v2/poll", &[], form).await;
    assert!(matches!(answer.status, 400 | 413), "{}", answer.status);
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let world = World::new().await;
    let csrf = world.stranger().get("/index.php/csrftoken").await;
    let cookie = csrf.cookie("oc48fzr4wkqv").unwrap();
    let token = csrf.json()["token"].as_str().unwrap().to_owned();
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let browser = world.stranger().with("cookie", format!("oc48fzr4wkqv={cookie}"));
    let form = format!("user=alice&password={}&requesttoken={token}", crate::common::PASSWORD);
    let foreign = [("origin", "https://evil.example")];
    let refused = browser.send("POST", "/login", &foreign, form.clone()).await;
    assert_eq!((refused.status, refused.cookie("oc48fzr4wkqv")), (303, None));
    let own = [("origin", "https://cloud.example.org")];
    let signed_in = browser.send("POST", "/login", &own, form).await;
    assert!(signed_in.cookie("oc48fzr4wkqv").is_some());
}

#[tokio::test]
async fn outdated_desktop_clients_are_told_to_upgrade() {
    let world = World::new().await;
    let a = format!("{FILES}/a");
    world.alice().put(&a, "x").await;
    let old = world.alice().with("user-agent", "Mozilla/5.0 (Linux) mirall/3.2.49git (Nextcloud)");
    for refused in [old.get(&a).await, old.propfind(FILES, "0", "d:getetag").await] {
        assert_eq!(refused.status, 403);
        let text = refused.text();
        assert!(
            text.contains(
                "<s:message>This version of the client is unsupported. Upgrade to &lt;a \
                 href=&quot;https://nextcloud.com/install/#install-clients&quot;&gt;version 3.2.50 or \
                 later&lt;/a&gt;.</s:message>"
            ),
            "{text}"
        );
    }
    // It can still see that its account is fine, and its person is not asked to sign in anew.
    assert_eq!(
        old.send("GET", "/ocs/v2.php/cloud/user", &[("ocs-apirequest", "true")], "").await.status,
        200
    );
    let unknown = world.stranger().with("user-agent", "Mozilla/5.0 (Linux) mirall/3.2.49git");
    assert_eq!(unknown.get(&a).await.status, 401);
    let new = world.alice().with("user-agent", "Mozilla/5.0 (Linux) mirall/3.2.50git (Nextcloud)");
    assert_eq!(new.get(&a).await.status, 200);
}
