//! The iOS app for files: it decodes JSON strictly into typed structs, and matches the names of
//! elements with their prefixes.

mod capabilities;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    common::{Client, FILES, World},
    read::{Item, ask, code, data, filled, propfind},
};

/// What the app asks for and does without: the path, and why there is nothing.
const NOT_BUILT: &[(&str, &str)] = &[
    ("/ocs/v2.php/apps/end_to_end_encryption/api/v2/public-key", "no encrypted folders"),
    ("/ocs/v2.php/apps/external/api/v1", "links to other sites in the menu"),
    ("/ocs/v2.php/apps/terms_of_service/terms", "there are none to sign"),
    ("/ocs/v2.php/apps/security_guard/diagnostics", "nobody reads reports of clients"),
];

fn ios(world: &World) -> Client {
    world
        .alice()
        .with("user-agent", "Mozilla/5.0 (iOS) Nextcloud-iOS/6.6.0")
        .with("accept", "application/json")
        .with("ocs-apirequest", "true")
}

const LIST: &str = "d:displayname d:getlastmodified d:getetag d:getcontenttype d:resourcetype \
    d:quota-available-bytes d:quota-used-bytes d:getcontentlength oc:permissions oc:id oc:fileid \
    oc:size oc:favorite oc:share-types oc:owner-id oc:owner-display-name oc:comments-unread \
    oc:checksums oc:downloadURL oc:data-fingerprint nc:creation_time nc:upload_time \
    nc:is-encrypted nc:has-preview nc:mount-type nc:rich-workspace nc:note nc:lock nc:lock-owner \
    nc:lock-owner-editor nc:lock-owner-displayname nc:lock-owner-type nc:lock-time \
    nc:lock-timeout nc:hidden nc:metadata-files-live-photo nc:metadata-photos-size \
    nc:metadata-photos-gps nc:metadata-photos-exif nc:system-tags nc:sharees \
    nc:share-download-limits ocs:share-permissions ocm:share-permissions";

#[tokio::test]
async fn login() {
    let world = World::new().await;
    let me = ios(&world).get("/ocs/v2.php/cloud/user?format=json").await;
    assert_eq!(code(&me), (200, 200));
    #[derive(Deserialize)]
    struct Quota {
        quota: i64,
        free: i64,
        used: i64,
        total: i64,
        relative: f64,
    }
    #[derive(Deserialize)]
    struct Backend {
        #[serde(rename = "setDisplayName")]
        display_name: bool,
        #[serde(rename = "setPassword")]
        password: bool,
    }
    #[derive(Deserialize)]
    struct Me {
        id: String,
        enabled: bool,
        backend: String,
        language: String,
        #[serde(rename = "lastLogin")]
        last_login: i64,
        #[serde(rename = "display-name")]
        display_name: String,
        groups: Vec<String>,
        subadmin: Vec<String>,
        quota: Quota,
        #[serde(rename = "backendCapabilities")]
        backend_capabilities: Backend,
    }
    let me: Me = data(&me);
    assert_eq!((me.id.as_str(), me.display_name.as_str()), ("alice", "Alice"));
    assert!(me.enabled && !me.backend.is_empty() && me.language == "en" && me.last_login >= 0);
    assert!(me.groups.is_empty() && me.subadmin.is_empty());
    assert_eq!((me.quota.quota, me.quota.free, me.quota.total), (-3, -3, -3));
    assert!(me.quota.used == 0 && me.quota.relative == 0.0);
    assert!(me.backend_capabilities.display_name && me.backend_capabilities.password);
    let once = world.alice().ocs("GET", "/core/getapppassword-onetime", "").await;
    assert!(once.http == 200 || once.http == 403, "{}", once.message);
}

#[tokio::test]
async fn list_with_prefixes_in_the_order_of_the_request() {
    let world = filled().await;
    let client = ios(&world);
    for depth in ["0", "1"] {
        let listed = ask(&client, &format!("{FILES}/d/"), depth, LIST).await;
        assert!(listed.text().contains("<d:multistatus "));
        for item in Item::all(&listed) {
            assert!(item.number("oc:fileid") > 0);
            // Parsed as a number: 1, or nothing.
            assert_eq!(item.prop("nc:lock"), Some(""));
            let is_folder = item.prop("d:resourcetype") == Some("<d:collection/>");
            assert_eq!(item.prop("d:getcontenttype").is_none(), is_folder);
            for name in ["oc:favorite", "oc:comments-unread", "oc:size"] {
                assert!(item.number(name) >= 0, "{name}");
            }
        }
        // The server's own prefixes of the two others, literally.
        let text = listed.text();
        assert!(
            text.contains(
                "<x1:share-permissions xmlns:x1=\"http://open-collaboration-services.org/ns\">31<"
            ),
            "{text}"
        );
        assert!(
            text.contains("<x2:share-permissions xmlns:x2=\"http://open-cloud-mesh.org/ns\">"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn list_in_pages() {
    let world = filled().await;
    let client = ios(&world);
    for number in 0..5 {
        client.put(&format!("{FILES}/d/{number}"), "x").await;
    }
    // They are tolerated: with them or without, nothing is missing in the end.
    let first = [
        ("depth", "1"),
        ("x-nc-paginate", "true"),
        ("x-nc-paginate-count", "3"),
        ("content-type", "application/xml"),
    ];
    let body = propfind("d:getetag oc:id");
    let page = client.send("PROPFIND", &format!("{FILES}/d"), &first, body.clone()).await;
    let mut seen = page.hrefs().len();
    if let Some(token) = page.header("x-nc-paginate-token") {
        let total: usize = page.header("x-nc-paginate-total").unwrap().parse().unwrap();
        while seen < total {
            let offset = seen.to_string();
            let next =
                [&first[..], &[("x-nc-paginate-token", token), ("x-nc-paginate-offset", &offset)]]
                    .concat();
            let page = client.send("PROPFIND", &format!("{FILES}/d"), &next, body.clone()).await;
            assert!(!page.hrefs().is_empty());
            seen += page.hrefs().len();
        }
    }
    assert_eq!(seen, 8);
}

#[tokio::test]
async fn upload() {
    let world = filled().await;
    let client = ios(&world);
    let file = format!("{FILES}/Photos/2027/01/IMG_0001.HEIC");
    let head = [
        ("x-oc-ctime", "1400000000.123456"),
        ("x-oc-mtime", "1500000000.654321"),
        ("x-nc-webdav-auto-mkcol", "1"),
        ("overwrite", "true"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let made = client.send("PUT", &file, &head, "hello").await;
    assert_eq!(made.status, 201, "{}", made.text());
    for name in ["oc-fileid", "oc-etag", "date"] {
        // The date is the HTTP server's own, which stands before this one.
        assert!(name == "date" || made.header(name).is_some(), "{name}");
    }
    let item = Item::all(&ask(&client, &file, "0", LIST).await).remove(0);
    assert_eq!(item.prop("d:getlastmodified"), Some("Fri, 14 Jul 2017 02:40:00 GMT"));
    assert_eq!(item.number("nc:creation_time"), 1_400_000_000);
    assert_eq!(item.prop("oc:id"), made.header("oc-fileid"));
}

#[tokio::test]
async fn chunked() {
    let world = filled().await;
    let client = ios(&world);
    let upload = "/remote.php/dav/uploads/alice/0B7C2A1E-9E1B-4F0C-8D2A-1C3D5E7F9A0B";
    let file = format!("https://cloud.example.org{FILES}/film.mov");
    let head = [("destination", file.as_str()), ("oc-total-length", "10")];
    for (round, content) in [("new", ["hello", "world"]), ("over", ["HELLO", "WORLD"])] {
        assert_eq!(client.send("MKCOL", upload, &head, "").await.status, 201);
        for (number, content) in content.iter().enumerate() {
            let part = format!("{upload}/{}", number + 1);
            assert_eq!(client.send("PUT", &part, &head, *content).await.status, 201);
        }
        let times = [("x-oc-mtime", "1500000000.5"), ("x-oc-ctime", "1400000000.5")];
        let seen = client.send("HEAD", &format!("{FILES}/film.mov"), &[], "").await;
        let seen = seen.header("etag").map(str::to_owned);
        let mut all = [&head[..], &times[..]].concat();
        if let Some(etag) = &seen {
            all.push(("if-match", etag));
        }
        let moved = client.send("MOVE", &format!("{upload}/.file"), &all, "").await;
        assert_eq!(moved.status, if round == "new" { 201 } else { 204 }, "{}", moved.text());
        assert!(moved.header("oc-fileid").is_some() && moved.header("oc-etag").is_some());
    }
    assert_eq!(client.get(&format!("{FILES}/film.mov")).await.text(), "HELLOWORLD");
}

#[tokio::test]
async fn download() {
    let world = filled().await;
    let got = ios(&world).get(&format!("{FILES}/d/a.txt")).await;
    assert_eq!((got.status, got.header("content-length")), (200, Some("5")));
    assert!(got.header("oc-etag").is_some());
}

#[tokio::test]
async fn media() {
    let world = filled().await;
    let client = ios(&world);
    // It tells when they were taken, by which they are found and ordered.
    for name in ["p.jpg", "q.mov"] {
        let times = [("x-oc-ctime", "1400000000.5"), ("x-oc-mtime", "1500000000.5")];
        client.send("PUT", &format!("{FILES}/d/{name}"), &times, "x").await;
    }
    let names: String = LIST.split_whitespace().map(|name| format!("<{name}/>")).collect();
    for order in ["d:getlastmodified", "d:creationdate"] {
        let body = format!(
            "<?xml version=\"1.0\"?><d:searchrequest xmlns:d=\"DAV:\" \
             xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\" \
             xmlns:ocs=\"http://open-collaboration-services.org/ns\" \
             xmlns:ocm=\"http://open-cloud-mesh.org/ns\"><d:basicsearch><d:select><d:prop>{names}\
             </d:prop></d:select><d:from><d:scope><d:href>/files/alice</d:href><d:depth>infinity\
             </d:depth></d:scope></d:from><d:orderby><d:order><d:prop><{order}/></d:prop>\
             <d:descending/></d:order><d:order><d:prop><d:displayname/></d:prop><d:descending/>\
             </d:order></d:orderby><d:where><d:and><d:or><d:like><d:prop><d:getcontenttype/></d:prop>\
             <d:literal>image/%</d:literal></d:like><d:like><d:prop><d:getcontenttype/></d:prop>\
             <d:literal>video/%</d:literal></d:like></d:or><d:or><d:and><d:lt><d:prop><{order}/>\
             </d:prop><d:literal>2100-01-01T00:00:00+00:00</d:literal></d:lt><d:gt><d:prop>\
             <{order}/></d:prop><d:literal>1960-01-01T00:00:00+00:00</d:literal></d:gt></d:and>\
             </d:or></d:and></d:where><d:limit><d:nresults>300</d:nresults></d:limit>\
             </d:basicsearch></d:searchrequest>"
        );
        let kind = [("content-type", "text/xml")];
        let found = client.send("SEARCH", "/remote.php/dav/", &kind, body).await;
        let items = Item::all(&found);
        let mut names: Vec<&str> =
            items.iter().map(|item| item.href.rsplit('/').next().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["p.jpg", "q.mov"], "{order}: {}", found.text());
    }
}

#[tokio::test]
async fn favourites() {
    let world = filled().await;
    let client = ios(&world);
    let one = "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>";
    assert_eq!(client.proppatch(&format!("{FILES}/d/a.txt"), one).await.status, 207);
    let names: String = LIST.split_whitespace().map(|name| format!("<{name}/>")).collect();
    let body = format!(
        "<?xml version=\"1.0\"?><oc:filter-files xmlns:d=\"DAV:\" \
         xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\" \
         xmlns:ocs=\"http://open-collaboration-services.org/ns\" \
         xmlns:ocm=\"http://open-cloud-mesh.org/ns\"><d:prop>{names}</d:prop><oc:filter-rules>\
         <oc:favorite>1</oc:favorite></oc:filter-rules></oc:filter-files>"
    );
    let found = client.send("REPORT", &format!("{FILES}/"), &[], body).await;
    let items = Item::all(&found);
    assert_eq!(items.len(), 1);
    assert_eq!(
        (items[0].href.as_str(), items[0].number("oc:favorite")),
        ("/remote.php/dav/files/alice/d/a.txt", 1)
    );
}

#[tokio::test]
async fn trash() {
    let world = filled().await;
    let client = ios(&world);
    assert_eq!(client.delete(&format!("{FILES}/d/a.txt")).await.status, 204);
    let names = "d:displayname d:getcontenttype d:resourcetype d:getcontentlength d:getlastmodified \
                 oc:id oc:fileid nc:has-preview nc:trashbin-filename \
                 nc:trashbin-original-location nc:trashbin-deletion-time";
    let items = Item::all(&ask(&client, "/remote.php/dav/trashbin/alice/trash/", "1", names).await);
    assert_eq!(items.len(), 2);
    assert_eq!(items[1].prop("nc:trashbin-filename"), Some("a.txt"));
    assert!(items[1].number("nc:trashbin-deletion-time") > 1_700_000_000);
    let to = [
        ("destination", "https://cloud.example.org/remote.php/dav/trashbin/alice/restore/a.txt"),
        ("overwrite", "T"),
    ];
    let restored = client.send("MOVE", &items[1].href, &to, "").await;
    assert_eq!(restored.status, 201, "{}", restored.text());
    assert_eq!(client.get(&format!("{FILES}/d/a.txt")).await.text(), "hello");
}

#[tokio::test]
async fn live_photos() {
    let world = filled().await;
    let pair = "<d:set><d:prop><nc:metadata-files-live-photo>7</nc:metadata-files-live-photo>\
                </d:prop></d:set>";
    let answer = ios(&world).proppatch(&format!("{FILES}/d/a.txt"), pair).await;
    // Whether it is kept or not: 207, and a status for the property.
    assert_eq!(answer.status, 207);
    assert!(answer.text().contains("<d:status>HTTP/1.1 "), "{}", answer.text());
}

#[tokio::test]
async fn shares_by_the_query_of_post_and_put() {
    let world = filled().await;
    let client = ios(&world);
    #[derive(Deserialize)]
    struct Share {
        id: String,
        share_type: i64,
        uid_owner: String,
        displayname_owner: String,
        permissions: i64,
        can_edit: bool,
        can_delete: bool,
        stime: i64,
        uid_file_owner: String,
        note: String,
        label: String,
        path: String,
        item_type: String,
        mimetype: String,
        has_preview: bool,
        storage_id: String,
        storage: i64,
        item_source: i64,
        file_source: i64,
        file_parent: i64,
        file_target: String,
        share_with: Option<String>,
        share_with_displayname: String,
        mail_send: i64,
        hide_download: i64,
        attributes: Option<String>,
        expiration: Option<String>,
        token: Option<String>,
        url: Option<String>,
    }
    let base = "/ocs/v2.php/apps/files_sharing/api/v1/shares";
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let path = format!(
        "{base}?format=json&path=/d/a.txt&shareType=0&shareWith=bob&permissions=19&note=hi&\
         attributes=%5B%7B%22scope%22:%22permissions%22,%22key%22:%22download%22,%22value%22:false%7D%5D"
    );
    let made = client.send("POST", &path, &form, "").await;
    assert_eq!(code(&made), (200, 200), "{}", made.text());
    let share: Share = data(&made);
    assert_eq!((share.share_type, share.permissions), (0, 19));
    assert_eq!((share.uid_owner.as_str(), share.displayname_owner.as_str()), ("alice", "Alice"));
    assert_eq!((share.uid_file_owner.as_str(), share.note.as_str()), ("alice", "hi"));
    assert_eq!((share.path.as_str(), share.file_target.as_str()), ("/d/a.txt", "/a.txt"));
    assert_eq!((share.item_type.as_str(), share.mimetype.as_str()), ("file", "text/plain"));
    assert_eq!(
        (share.share_with.as_deref(), share.share_with_displayname.as_str()),
        (Some("bob"), "Bob")
    );
    assert!(share.can_edit && share.can_delete && share.has_preview && share.stime > 0);
    assert!(share.item_source == share.file_source && share.file_parent > 0);
    assert_eq!(
        (share.storage_id.as_str(), share.mail_send, share.hide_download),
        ("home::alice", 1, 0)
    );
    assert!(share.storage >= 0 && share.label.is_empty());
    assert_eq!((share.expiration, share.token, share.url), (None, None, None));
    let attributes: Vec<HashMap<String, Value>> =
        serde_json::from_str(&share.attributes.unwrap()).unwrap();
    assert_eq!(attributes[0]["value"], false);
    let put = format!("{base}/{}?format=json&permissions=1&expireDate=2027-02-01&note=", share.id);
    let changed = client.send("PUT", &put, &form, "").await;
    let changed: Share = data(&changed);
    assert_eq!(
        (changed.permissions, changed.expiration.as_deref()),
        (1, Some("2027-02-01 23:59:59"))
    );
    let link = format!("{base}?format=json&path=/d&shareType=3&password=Quite-a-secret-9&label=x");
    let link: Share = data(&client.send("POST", &link, &form, "").await);
    let token = link.token.unwrap();
    assert_eq!(link.url.unwrap(), format!("https://cloud.example.org/s/{token}"));
    assert_eq!((link.label.as_str(), link.share_type), ("x", 3));
    let one = client.get(&format!("{base}/{}?format=json", link.id)).await;
    assert_eq!(data::<Vec<Share>>(&one).len(), 1, "one share is a list");
}

#[tokio::test]
async fn others() {
    let world = filled().await;
    let client = ios(&world);
    #[derive(Deserialize)]
    struct Card {
        #[serde(rename = "userId")]
        user: String,
        #[serde(rename = "displayName")]
        name: String,
        actions: Vec<Value>,
    }
    let card: Card = data(&client.get("/ocs/v2.php/hovercard/v1/bob?format=json").await);
    assert_eq!((card.user.as_str(), card.name.as_str()), ("bob", "Bob"));
    assert!(card.actions.iter().all(|action| action["title"].is_string()));
    #[derive(Deserialize)]
    struct Provider {
        id: String,
        name: String,
        order: i64,
    }
    let all: Vec<Provider> = data(&client.get("/ocs/v2.php/search/providers?format=json").await);
    assert!(all.iter().any(|one| one.id == "files" && !one.name.is_empty() && one.order < 100));
    let path = "/ocs/v2.php/search/providers/files/search?term=a.txt&limit=5&format=json";
    let found: Value = data(&client.get(path).await);
    assert!(found["isPaginated"].is_boolean() && found["name"].is_string());
    let entry = &found["entries"][0];
    assert_eq!(entry["title"], "a.txt");
    assert!(entry["attributes"]["fileId"].is_string() && entry["rounded"].is_boolean());
    let avatar = client.get("/index.php/avatar/bob/128").await;
    let etag = avatar.header("etag").unwrap();
    let again =
        client.send("GET", "/index.php/avatar/bob/128", &[("if-none-match", etag)], "").await;
    assert_eq!(again.status, 304);
    let id = Item::all(&ask(&client, &format!("{FILES}/d/a.txt"), "0", LIST).await)[0]
        .number("oc:fileid");
    let path = format!(
        "/index.php/core/preview?fileId={id}&x=512&y=512&a=1&mode=cover&forceIcon=0&mimeFallback=0&etag=x"
    );
    assert_eq!(client.get(&path).await.status, 200);
    let path =
        "/ocs/v2.php/apps/activity/api/v2/activity/all?format=json&limit=50&previews=true&since=0";
    let activity = client.get(path).await.status;
    assert!([200, 304].contains(&activity), "304 is no data: {activity}");
    #[derive(Deserialize)]
    struct Note {
        notification_id: i64,
        app: String,
        user: String,
        datetime: String,
        object_type: String,
        object_id: String,
        subject: String,
        message: String,
        link: String,
    }
    let notes: Vec<Note> =
        data(&client.get("/ocs/v2.php/apps/notifications/api/v2/notifications?format=json").await);
    for note in notes {
        assert!(note.notification_id > 0 && !note.app.is_empty() && !note.user.is_empty());
        assert!(
            !note.datetime.is_empty() && !note.object_type.is_empty() && !note.subject.is_empty()
        );
        let _ = (note.object_id, note.message, note.link);
    }
    let widgets: Value =
        data(&client.get("/ocs/v2.php/apps/dashboard/api/v1/widgets?format=json").await);
    for widget in widgets.as_object().unwrap().values() {
        assert!(widget["id"].is_string() && widget["title"].is_string());
        assert!(widget["order"].is_i64() && widget["item_icons_round"].is_boolean());
        assert!(widget["buttons"].is_array() && widget["icon_url"].is_string());
    }
    #[derive(Deserialize)]
    struct Recommendations {
        recommendations: Vec<Recommendation>,
    }
    #[derive(Deserialize)]
    struct Recommendation {
        id: String,
        timestamp: i64,
        name: String,
        directory: String,
        extension: String,
        #[serde(rename = "mimeType")]
        media_type: String,
        #[serde(rename = "hasPreview")]
        has_preview: bool,
        reason: String,
    }
    let path = "/ocs/v2.php/apps/recommendations/api/v1/recommendations?format=json";
    let all: Recommendations = data(&client.get(path).await);
    for one in all.recommendations {
        assert!(!one.id.is_empty() && one.timestamp > 0 && !one.name.is_empty());
        assert!(one.directory.starts_with('/') && !one.reason.is_empty());
        let _ = (one.extension, one.media_type, one.has_preview);
    }
    let folders = client.get("/index.php/apps/groupfolders/folders?applicable=1&format=json").await;
    assert_eq!(folders.status, 200, "{}", folders.text());
}

#[tokio::test]
async fn not_built() {
    let world = filled().await;
    let client = ios(&world);
    for (path, why) in NOT_BUILT {
        let answer = client.get(&format!("{path}?format=json")).await;
        assert_eq!(code(&answer), (404, 998), "{path}: {why}");
    }
}

#[tokio::test]
async fn locking_by_hand() {
    let world = filled().await;
    let client = ios(&world);
    let (file, by_hand) = (format!("{FILES}/d/a.txt"), [("x-user-lock", "1")]);
    let locked = client.send("LOCK", &file, &by_hand, "").await;
    assert_eq!(locked.status, 200, "{}", locked.text());
    for told in ["<nc:lock>1</nc:lock>", "<nc:lock-owner>alice</nc:lock-owner>"] {
        assert!(locked.text().contains(told), "{told}: {}", locked.text());
    }
    assert_eq!(client.send("UNLOCK", &file, &by_hand, "").await.status, 200);
    assert_eq!(client.send("UNLOCK", &file, &by_hand, "").await.status, 412);
}
