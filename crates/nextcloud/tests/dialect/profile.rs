//! The page of a person, and how the installation looks.

use serde_json::json;

use crate::common::{Answer, Client, World};

/// Sets a field of bob's.
async fn set(bob: &Client, key: &str, value: &str) {
    let form = format!("key={key}&value={value}");
    assert_eq!(bob.ocs("PUT", "/cloud/users/bob", &form).await.http, 200, "{form}");
}

async fn hide(bob: &Client, field: &str, visibility: &str) {
    let form = format!("paramId={field}&visibility={visibility}");
    assert_eq!(bob.ocs("PUT", "/profile/bob", &form).await.http, 200, "{form}");
}

/// Which of some texts a page shows.
fn shown<'a>(page: &Answer, texts: &[&'a str]) -> Vec<&'a str> {
    texts.iter().copied().filter(|text| page.text().contains(text)).collect()
}

#[tokio::test]
async fn a_page_shows_each_reader_what_is_for_them() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    for (key, value) in [
        ("role", "Smith"),
        ("headline", "Iron%20and%20steel"),
        ("biography", "First%0ASecond"),
        ("website", "https%3A%2F%2Fsmith.example"),
        ("pronouns", "he"),
    ] {
        set(&bob, key, value).await;
    }
    let status = "/apps/user_status/api/v1/user_status/message/custom";
    assert_eq!(bob.ocs("PUT", status, "message=Forging").await.http, 200);
    let all = [
        "<h1>Bob</h1>",
        "/avatar/bob/128",
        "Smith",
        "Iron and steel",
        "<p>First</p>",
        "https://smith.example",
        "mailto:bob@example.org",
        "<dd>he</dd>",
        "Forging",
    ];
    let page = alice.get("/u/bob").await;
    assert_eq!(page.status, 200);
    assert_eq!(shown(&page, &all), all);
    // Strangers are told what is for other servers and not for people only.
    let stranger = world.stranger();
    let page = stranger.get("/index.php/u/bob").await;
    assert_eq!(page.status, 200);
    assert_eq!(shown(&page, &all), ["<h1>Bob</h1>", "/avatar/bob/128", "<dd>he</dd>"]);
    set(&bob, "roleScope", "v2-published").await;
    set(&bob, "pronounsScope", "v2-local").await;
    assert_eq!(
        shown(&stranger.get("/u/bob").await, &all),
        ["<h1>Bob</h1>", "/avatar/bob/128", "Smith"]
    );
    hide(&bob, "role", "show_users_only").await;
    hide(&bob, "avatar", "hide").await;
    hide(&bob, "headline", "hide").await;
    assert_eq!(shown(&stranger.get("/u/bob").await, &all), ["<h1>Bob</h1>"]);
    let page = alice.get("/u/bob").await;
    let left = shown(&page, &all);
    assert_eq!(all.len() - left.len(), 2, "{left:?}");
    assert!(!left.contains(&"Iron and steel") && !left.contains(&"/avatar/bob/128"));
    let german = alice.clone().with("accept-language", "de");
    assert!(german.get("/u/bob").await.text().contains("<dt>Funktion</dt><dd>Smith</dd>"));

    // The same answer, whatever the reason that there is no page.
    let nobody = stranger.get("/u/nobody").await;
    assert_eq!(nobody.status, 404);
    set(&bob, "displaynameScope", "v2-local").await;
    let private = stranger.get("/u/bob").await;
    assert_eq!((private.status, private.text()), (404, nobody.text()));
    assert_eq!(alice.get("/u/bob").await.status, 200);
    set(&bob, "profile_enabled", "0").await;
    let off = alice.get("/u/bob").await;
    assert_eq!((off.status, off.text()), (404, nobody.text()));
    let card = alice.ocs("GET", "/hovercard/v1/bob", "").await.data;
    assert_eq!(card["actions"][0]["appId"], "email", "nothing leads to a page that is off");
    set(&bob, "profile_enabled", "1").await;
    assert_eq!(world.root().ocs("PUT", "/cloud/users/bob/disable", "").await.http, 200);
    assert_eq!(alice.get("/u/bob").await.status, 404);
    assert_eq!(world.person("alice", "wrong").get("/u/bob").await.status, 401);
}

#[tokio::test]
async fn who_may_not_be_known_has_no_page() {
    let world = World::new().await;
    let key = "/apps/provisioning_api/api/v1/config/apps/core/\
               shareapi_only_share_with_group_members";
    assert_eq!(world.root().ocs("POST", key, "value=yes").await.http, 200);
    let alice = world.alice();
    assert_eq!((alice.get("/u/bob").await.status, alice.get("/u/alice").await.status), (404, 200));
}

#[tokio::test]
async fn administrators_choose_the_look() {
    let world = World::new().await;
    let (root, stranger) = (world.root(), world.stranger());
    let css = stranger.get("/apps/theming/theme/default.css?plain=1&v=0").await;
    assert_eq!(css.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(css.text().contains("--color-primary: #0b4f3a;"), "{}", css.text());
    for (key, value) in [
        ("name", "Amt"),
        ("primary_color", "%23FFEE00"),
        ("background_color", "red"),
        ("url", "javascript:alert(1)"),
        ("imprintUrl", "https%3A%2F%2Famt.example%2Fimpressum"),
        ("cachebuster", "7"),
    ] {
        let path = format!("/apps/provisioning_api/api/v1/config/apps/theming/{key}");
        assert_eq!(root.ocs("POST", &path, &format!("value={value}")).await.http, 200, "{key}");
    }
    let told = stranger.ocs("GET", "/cloud/capabilities", "").await.data;
    let look = &told["capabilities"]["theming"];
    for (key, value) in [
        ("name", "Amt"),
        ("color", "#ffee00"),
        ("color-text", "#000000"),
        ("backgroundColor", "#ffee00"),
        ("url", "https://cloud.example.org"),
        ("imprintUrl", "https://amt.example/impressum"),
        ("privacyUrl", ""),
        ("cacheBuster", "7"),
    ] {
        assert_eq!(look[key], value, "{key}");
    }
    assert_eq!(look["inverted"], true);
    let css = stranger.get("/index.php/apps/theming/theme/dark.css").await;
    assert!(css.text().contains("color-scheme: dark; --color-primary: #ffee00;"));
    let manifest = stranger.get("/apps/theming/manifest/files").await.json();
    assert_eq!((&manifest["name"], &manifest["theme_color"]), (&json!("Amt"), &json!("#ffee00")));
    for path in ["image/logo", "image/logoheader", "favicon", "icon/files"] {
        let answer = stranger.get(&format!("/index.php/apps/theming/{path}?v=7")).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("image/svg+xml")),
            "{path}"
        );
    }
    for path in ["image/background", "theme/none.css", "theme/default", "js/x.js"] {
        assert_eq!(stranger.get(&format!("/apps/theming/{path}")).await.status, 404, "{path}");
    }
    assert_eq!(stranger.send("POST", "/apps/theming/manifest", &[], "").await.status, 405);
}
