//! The Android app for files.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    common::{Answer, Client, FILES, World},
    read::{Item, ask, data, filled, text},
};

/// What the app asks for and does without: the path, and why there is nothing.
const NOT_BUILT: &[(&str, &str)] = &[
    ("/ocs/v2.php/apps/external/api/v1?format=json", "links to other sites in the menu"),
    ("/ocs/v2.php/apps/terms_of_service/terms?format=json", "there are none to sign"),
    (
        "/ocs/v2.php/apps/end_to_end_encryption/api/v2/public-key?format=json",
        "no encrypted folders",
    ),
];

fn android(world: &World) -> Client {
    world
        .alice()
        .with("user-agent", "Mozilla/5.0 (Android) Nextcloud-android/3.30.0")
        .with("ocs-apirequest", "true")
}

const LIST: &str = "d:displayname d:getcontenttype d:resourcetype d:getcontentlength \
    d:getlastmodified d:creationdate d:getetag oc:permissions oc:fileid oc:id oc:size oc:favorite \
    oc:owner-id oc:owner-display-name oc:comments-unread nc:is-encrypted nc:mount-type \
    nc:has-preview nc:note nc:sharees nc:rich-workspace nc:creation_time nc:upload_time nc:lock \
    nc:lock-owner-type nc:lock-owner nc:lock-owner-displayname nc:lock-owner-editor nc:lock-time \
    nc:lock-timeout nc:lock-token nc:system-tags nc:metadata-photos-size nc:metadata-photos-gps \
    nc:metadata-files-live-photo nc:hidden nc:share-download-limits";

const SHARES: &str = "/ocs/v2.php/apps/files_sharing/api/v1/shares";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn add_account() {
    let world = World::new().await;
    let client =
        world.stranger().with("user-agent", "Mozilla/5.0 (Android) Nextcloud-android/3.30.0");
    let status: Value = client.get("/status.php").await.json();
    assert!(status["installed"] == true && status["version"].is_string());
    assert!(status["code"].is_null(), "15 is an untrusted domain");
    let start = client.send("POST", "/index.php/login/v2", &[], "").await.json();
    let poll = start["poll"]["endpoint"].as_str().unwrap();
    assert!(start["login"].as_str().unwrap().starts_with("https://cloud.example.org/"));
    let poll = poll.strip_prefix("https://cloud.example.org").unwrap();
    let body = format!("token={}", start["poll"]["token"].as_str().unwrap());
    let waiting = client.send("POST", poll, &[FORM], body).await;
    assert_eq!((waiting.status, waiting.text()), (404, "[]"));
    // The rest of the flow is in `dialect/login_flow.rs`; with its app password:
    let client = android(&world);
    #[derive(Deserialize)]
    struct Quota {
        free: i64,
        used: i64,
        total: i64,
        quota: i64,
        relative: f64,
    }
    #[derive(Deserialize)]
    struct User {
        id: String,
        enabled: bool,
        displayname: String,
        #[serde(rename = "display-name")]
        display_name: String,
        email: Option<String>,
        phone: String,
        address: String,
        website: String,
        twitter: String,
        groups: Vec<String>,
        quota: Quota,
    }
    let me: User = data(&client.get("/ocs/v2.php/cloud/user?format=json").await);
    assert_eq!((me.id.as_str(), me.enabled), ("alice", true));
    assert_eq!((me.displayname.as_str(), me.display_name.as_str()), ("Alice", "Alice"));
    assert_eq!(me.email.as_deref(), Some("alice@example.org"));
    assert_eq!((me.quota.free, me.quota.total, me.quota.quota), (-3, -3, -3));
    assert!(me.quota.used == 0 && me.quota.relative == 0.0 && me.groups.is_empty());
    assert_eq!([me.phone, me.address, me.website, me.twitter].concat(), "");
    let all: Value = data(&client.get("/ocs/v2.php/cloud/capabilities?format=json").await);
    assert_eq!(all["capabilities"]["core"]["mod-rewrite-working"], true);
    assert_eq!(all["capabilities"]["files"]["bigfilechunking"], true);
    assert!(all["version"]["major"].is_u64() && all["version"]["string"].is_string());
}

#[tokio::test]
async fn folder() {
    let world = filled().await;
    let client = android(&world);
    for depth in ["1", "0"] {
        let items = Item::all(&ask(&client, &format!("{FILES}/d"), depth, LIST).await);
        assert_eq!(items.len(), if depth == "1" { 3 } else { 1 });
        for item in &items {
            // It fits a long, and the local key is there.
            assert!(item.number("oc:fileid") > 0 && item.number("oc:size") > 0);
            assert!(item.prop("oc:id").unwrap().len() > 12);
            item.etag();
            assert_eq!(item.prop("oc:owner-id"), Some("alice"));
            assert_eq!(item.prop("oc:owner-display-name"), Some("Alice"));
            assert_eq!((item.number("oc:favorite"), item.number("oc:comments-unread")), (0, 0));
            assert_eq!((item.prop("nc:mount-type"), item.prop("nc:lock")), (Some(""), Some("")));
            assert!(["true", "false"].contains(&item.prop("nc:has-preview").unwrap()));
            for list in ["nc:sharees", "nc:system-tags", "nc:share-download-limits"] {
                assert_eq!(item.prop(list), Some(""), "{list}");
            }
            assert_eq!(item.prop("nc:is-encrypted"), None);
        }
    }
    let walled = world.stranger().get("/index.php/204").await;
    assert_eq!((walled.status, walled.text()), (204, ""));
}

#[tokio::test]
async fn upload() {
    let world = filled().await;
    let client = android(&world);
    let file = format!("{FILES}/d/photo.jpg");
    let head = [
        ("x-oc-mtime", "1500000000"),
        ("x-oc-ctime", "1400000000"),
        ("oc-total-length", "5"),
        ("content-type", "image/jpeg"),
    ];
    let made = client.send("PUT", &file, &head, "hello").await;
    assert_eq!(made.status, 201);
    let etag = made.header("etag").unwrap().to_owned();
    let seen = [&head[..], &[("if-match", etag.as_str())]].concat();
    assert!(client.send("PUT", &file, &seen, "hallo").await.header("etag").is_some());
    assert_eq!(client.send("PUT", &file, &seen, "hullo").await.status, 412);
    let item = Item::all(&ask(&client, &file, "0", LIST).await).remove(0);
    assert_eq!(item.number("nc:creation_time"), 1_400_000_000);
    assert_eq!(item.prop("d:getcontenttype"), Some("image/jpeg"));
}

#[tokio::test]
async fn chunked() {
    let world = filled().await;
    let client = android(&world);
    let upload = "/remote.php/dav/uploads/alice/5d41402abc4b2a76b9719d911017c592";
    let file = format!("https://cloud.example.org{FILES}/d/film.mp4");
    let to = [("destination", file.as_str())];
    assert_eq!(client.send("MKCOL", upload, &to, "").await.status, 201);
    assert_eq!(client.send("PUT", &format!("{upload}/000001"), &to, "hello").await.status, 201);
    // It comes again after a break.
    assert_eq!(client.send("MKCOL", upload, &to, "").await.status, 405);
    let items = Item::all(&ask(&client, upload, "1", "d:getcontentlength d:resourcetype").await);
    let there: i64 = items
        .iter()
        .filter(|item| {
            let name = item.href.trim_end_matches('/').rsplit('/').next().unwrap();
            name.len() <= 6 && name.bytes().all(|b| b.is_ascii_digit())
        })
        .map(|item| item.number("d:getcontentlength"))
        .sum();
    assert_eq!(there, 5);
    assert_eq!(client.send("PUT", &format!("{upload}/000002"), &to, "world").await.status, 201);
    let head =
        [to[0], ("overwrite", "T"), ("x-oc-mtime", "1500000000"), ("x-oc-ctime", "1400000000")];
    assert_eq!(client.send("MOVE", &format!("{upload}/.file"), &head, "").await.status, 201);
    assert_eq!(client.get(&format!("{FILES}/d/film.mp4")).await.text(), "helloworld");
}

/// A share in XML, with the types that the app reads: truths are `1` or empty.
fn share(xml: &str) -> (i64, i64, i64) {
    for number in ["id", "share_type", "permissions", "stime", "file_source", "item_source"] {
        assert!(text(xml, number).unwrap().parse::<i64>().is_ok(), "{number}: {xml}");
    }
    for truth in ["can_edit", "can_delete", "is-mount-root", "has_preview"] {
        assert!(["1", ""].contains(&text(xml, truth).unwrap()), "{truth}: {xml}");
    }
    assert!(["0", "1"].contains(&text(xml, "hide_download").unwrap()), "{xml}");
    assert!(["file", "folder"].contains(&text(xml, "item_type").unwrap()));
    assert!(text(xml, "path").unwrap().starts_with('/'));
    // Nothing is an empty element, and never missing.
    for name in ["parent", "expiration", "token", "note", "label", "attributes", "share_with"] {
        assert!(text(xml, name).is_some(), "{name}: {xml}");
    }
    let number = |name: &str| text(xml, name).unwrap().parse().unwrap();
    (number("id"), number("share_type"), number("permissions"))
}

fn body(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-type").unwrap().starts_with("application/xml"));
    assert_eq!(text(answer.text(), "statuscode"), Some("200"));
    text(answer.text(), "data").unwrap()
}

#[tokio::test]
async fn shares_in_xml() {
    let world = filled().await;
    let client = android(&world);
    let form = "path=%2Fd&shareType=0&shareWith=bob&permissions=31";
    let made = client.send("POST", SHARES, &[FORM], form).await;
    // The object stands in the data itself.
    assert!(!body(&made).contains("<element>"), "{}", made.text());
    let (id, kind, permissions) = share(body(&made));
    assert_eq!((kind, permissions), (0, 31));
    let form = "path=%2Fd%2Fa.txt&shareType=3&password=Quite-a-secret-9";
    let link = client.send("POST", SHARES, &[FORM], form).await;
    assert_eq!(share(body(&link)).1, 3);
    assert!(text(link.text(), "url").unwrap().starts_with("https://cloud.example.org/s/"));

    let listed = client.get(&format!("{SHARES}?path=%2Fd&reshares=true&subfiles=true")).await;
    let elements: Vec<&str> = body(&listed).split("<element>").skip(1).collect();
    assert_eq!(elements.len(), 1, "{}", listed.text());
    share(elements[0]);
    let one = client.get(&format!("{SHARES}/{id}")).await;
    assert_eq!(share(body(&one).split("<element>").nth(1).unwrap()).0, id);
    let form = "permissions=1&note=hi&expireDate=2027-02-01";
    let changed = client.send("PUT", &format!("{SHARES}/{id}"), &[FORM], form).await;
    assert_eq!(share(body(&changed)).2, 1);
    assert_eq!(text(changed.text(), "expiration"), Some("2027-02-01 23:59:59"));
    let gone = client.send("DELETE", &format!("{SHARES}/{id}"), &[], "").await;
    body(&gone);
    let none = client.get(&format!("{SHARES}/{id}")).await;
    assert_eq!(none.status, 404);
    assert_eq!(text(none.text(), "message"), Some("Wrong share ID, share does not exist"));
}

#[tokio::test]
async fn sharees() {
    let world = filled().await;
    let client = android(&world);
    let path = "/ocs/v2.php/apps/files_sharing/api/v1/sharees?format=json&itemType=file&search=bo\
                &page=1&perPage=30&lookup=false";
    #[derive(Deserialize)]
    struct Target {
        #[serde(rename = "shareType")]
        kind: i64,
        #[serde(rename = "shareWith")]
        with: String,
    }
    #[derive(Deserialize)]
    struct One {
        label: String,
        value: Target,
    }
    /// Old versions of the app crash where one of these is missing.
    #[derive(Deserialize)]
    struct Sharees {
        exact: std::collections::HashMap<String, Vec<Value>>,
        users: Vec<One>,
        groups: Vec<One>,
        remotes: Vec<Value>,
        remote_groups: Vec<Value>,
        emails: Vec<Value>,
        circles: Vec<Value>,
        rooms: Vec<Value>,
        lookup: Vec<Value>,
        #[serde(rename = "lookupEnabled")]
        _lookup_enabled: bool,
    }
    let found: Sharees = data(&client.get(path).await);
    let bob = &found.users[0];
    assert_eq!((bob.label.as_str(), bob.value.kind, bob.value.with.as_str()), ("Bob", 0, "bob"));
    for key in ["users", "groups", "remotes", "remote_groups", "emails", "circles", "rooms"] {
        assert!(found.exact.contains_key(key), "{key}");
    }
    assert!(found.groups.is_empty() && found.remotes.is_empty() && found.remote_groups.is_empty());
    assert!(found.emails.is_empty() && found.circles.is_empty() && found.rooms.is_empty());
    assert!(found.lookup.is_empty());
}

/// A search as the app builds it.
fn search(condition: &str, order: &str) -> String {
    let names: String = LIST.split_whitespace().map(|name| format!("<{name}/>")).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><d:searchrequest xmlns:d=\"DAV:\" \
         xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\"><d:basicsearch>\
         <d:select><d:prop>{names}</d:prop></d:select><d:from><d:scope><d:href>/files/alice</d:href>\
         <d:depth>infinity</d:depth></d:scope></d:from><d:where>{condition}</d:where>\
         <d:orderby>{order}</d:orderby><d:limit><d:nresults>300</d:nresults></d:limit>\
         </d:basicsearch></d:searchrequest>"
    )
}

#[tokio::test]
async fn search_media_favourites_and_recent() {
    let world = filled().await;
    let client = android(&world);
    client.put(&format!("{FILES}/d/p.jpg"), "picture").await;
    let favourite = "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>";
    assert_eq!(client.proppatch(&format!("{FILES}/d/a.txt"), favourite).await.status, 207);
    let newest = "<d:order><d:prop><d:getlastmodified/></d:prop><d:descending/></d:order>";
    let test = |op: &str, name: &str, literal: &str| {
        format!("<d:{op}><d:prop><{name}/></d:prop><d:literal>{literal}</d:literal></d:{op}>")
    };
    let window = test("lt", "d:getlastmodified", "2027-02-01T00:00:00+00:00")
        + &test("gt", "d:getlastmodified", "2020-01-01T00:00:00+00:00");
    let media =
        test("like", "d:getcontenttype", "image/%") + &test("like", "d:getcontenttype", "video/%");
    for (condition, found) in [
        (test("like", "d:displayname", "%b%"), vec!["d/sub/b.txt", "d/sub/"]),
        (test("eq", "oc:favorite", "yes"), vec!["d/a.txt"]),
        (format!("<d:and><d:or>{media}</d:or>{window}</d:and>"), vec!["d/p.jpg"]),
        (
            format!(
                "<d:and>{}{}</d:and>",
                test("gt", "nc:upload_time", "1799999999"),
                "<d:not><d:is-collection/></d:not>"
            ),
            vec!["d/a.txt", "d/p.jpg", "d/sub/b.txt"],
        ),
    ] {
        let kind = [("content-type", "text/xml")];
        let answer =
            client.send("SEARCH", "/remote.php/dav/", &kind, search(&condition, newest)).await;
        let items = Item::all(&answer);
        let mut names: Vec<&str> = items
            .iter()
            .map(|item| item.href.strip_prefix("/remote.php/dav/files/alice/").unwrap())
            .collect();
        let mut found = found;
        names.sort_unstable();
        found.sort_unstable();
        assert_eq!(names, found, "{condition}");
        assert!(items.iter().all(|item| item.number("oc:fileid") > 0));
    }
}

#[tokio::test]
async fn others() {
    let world = filled().await;
    let client = android(&world);
    let id = Item::all(&ask(&client, &format!("{FILES}/d/a.txt"), "0", "oc:fileid").await)
        .remove(0)
        .number("oc:fileid");
    for path in [
        "/ocs/v2.php/apps/notifications/api/v2/notifications?format=json",
        "/ocs/v2.php/apps/user_status/api/v1/predefined_statuses?format=json",
        "/ocs/v2.php/search/providers?format=json",
        "/ocs/v2.php/search/providers/files/search?term=a&limit=5&cursor=0&format=json",
        "/ocs/v2.php/apps/dashboard/api/v1/widgets?format=json",
        "/ocs/v2.php/apps/dashboard/api/v1/widget-items?format=json&widgets[]=activity",
        "/ocs/v2.php/apps/recommendations/api/v1/recommendations?format=json",
        "/ocs/v2.php/apps/files/api/v1/directEditing?format=json",
        "/ocs/v2.php/hovercard/v1/bob?format=json",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!data::<Value>(&answer).is_null(), "{path}");
    }
    let direct = client
        .send(
            "POST",
            "/ocs/v2.php/apps/dav/api/v1/direct?format=json",
            &[FORM],
            format!("fileId={id}"),
        )
        .await;
    let url: Value = data(&direct);
    assert!(
        url["url"].as_str().unwrap().starts_with("https://cloud.example.org/remote.php/direct/")
    );
    let page = client
        .get(&format!("/index.php/core/preview?fileId={id}&x=512&y=512&a=1&mode=cover&forceIcon=0"))
        .await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("image/png")));
    // Deleted, and seen in the trash.
    assert_eq!(client.delete(&format!("{FILES}/d/a.txt")).await.status, 204);
    let trash = "nc:trashbin-filename nc:trashbin-original-location nc:trashbin-deletion-time \
                 oc:size oc:fileid oc:id d:getcontentlength";
    let items = Item::all(&ask(&client, "/remote.php/dav/trashbin/alice/trash", "1", trash).await);
    assert_eq!(items[1].prop("nc:trashbin-filename"), Some("a.txt"));
    assert_eq!(items[1].prop("nc:trashbin-original-location"), Some("d/a.txt"));
    assert!(items[1].number("nc:trashbin-deletion-time") > 0);
}

#[tokio::test]
async fn rules_on_identity_and_errors() {
    let world = filled().await;
    let client = android(&world);
    let id = async |path: &str| {
        let asked = ask(&client, &format!("{FILES}/{path}"), "0", "oc:id").await;
        Item::all(&asked).remove(0).prop("oc:id").unwrap().to_owned()
    };
    let before = id("d/a.txt").await;
    client.transfer("MOVE", &format!("{FILES}/d/a.txt"), &format!("{FILES}/moved"), &[]).await;
    assert_eq!(id("moved").await, before);
    // On 400 with XML it reads what was the matter.
    let bad = client.put(&format!("{FILES}/d/.htaccess"), "x").await;
    assert_eq!(bad.status, 400);
    assert_eq!(bad.error().0, "OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath");
}

#[tokio::test]
async fn not_built() {
    let world = filled().await;
    let client = android(&world);
    for (path, why) in NOT_BUILT {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {why}");
        assert_eq!(answer.json()["ocs"]["meta"]["statuscode"], 998, "{path}");
    }
}
