//! The desktop client and `nextcloudcmd`.
//!
//! That no listing is ever cut short, by which it would delete files, is in `dialect/faults.rs`:
//! there each call of a listing fails in turn.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    common::{Client, FILES, World, user},
    read::{Item, SHA1, ask, code, data, etag, filled},
};

/// What the client uses where it is, and does without here.
const NOT_BUILT: &[(&str, &str)] = &[
    ("files.directEditing", "editing in the browser: the list of editors is empty"),
    ("end-to-end-encryption", "the server never sees that files are encrypted"),
    ("notify_push", "without it the client asks by itself"),
    ("client_status_reporting", "nobody reads reports of clients"),
];

/// The client as it presents itself.
fn desktop(world: &World) -> Client {
    world
        .alice()
        .with("user-agent", "Mozilla/5.0 (Linux) mirall/3.16.4 (Nextcloud, ubuntu-6.8 ClientArchitecture: x86_64 OsArchitecture: x86_64)")
        .with("accept", "*/*")
        .with("accept-language", "en,*")
        .with("x-request-id", "8a0a1b1e-6f6b-4a0b-9a0b-0d1b2c3d4e5f")
}

const LIST: &str = "d:resourcetype d:getlastmodified d:getcontentlength d:getetag oc:size oc:id \
    oc:fileid oc:downloadURL oc:dDC oc:permissions oc:checksums oc:share-types \
    oc:data-fingerprint nc:is-encrypted nc:metadata-files-live-photo nc:is-mount-root \
    nc:lock-token";

const UPLOAD: &str = "/remote.php/dav/uploads/alice/1234567890";

#[tokio::test]
async fn start_up() {
    let world = filled().await;
    let client = desktop(&world).with("ocs-apirequest", "true");
    let captive = world.stranger().get("/index.php/204").await;
    assert_eq!((captive.status, captive.text()), (204, ""));
    #[derive(Deserialize)]
    struct Status {
        installed: bool,
        maintenance: bool,
        version: String,
        versionstring: String,
        productname: String,
    }
    let status: Status = serde_json::from_slice(&client.get("/status.php").await.body).unwrap();
    assert!(status.installed && !status.maintenance);
    assert_eq!(status.version.split('.').count(), 4);
    assert!(status.version.starts_with(&status.versionstring) && !status.productname.is_empty());

    let answer = client.get("/ocs/v1.php/cloud/capabilities?format=json").await;
    assert_eq!(code(&answer), (200, 100));
    let all: Value = data(&answer);
    let all = &all["capabilities"];
    assert!(all["dav"]["chunking"].as_str().unwrap() >= "1.0");
    assert!(all["core"]["pollinterval"].is_u64() && all["files"]["chunked_upload"].is_object());
    // Asked only because the capability says so.
    assert_eq!(all["user_status"]["enabled"], true);
    let status =
        client.get("/ocs/v2.php/apps/user_status/api/v1/user_status?format=json").await.status;
    assert!([200, 404].contains(&status), "{status}");
    #[derive(Deserialize)]
    struct User {
        id: String,
        #[serde(rename = "display-name")]
        display_name: String,
    }
    let me: User = data(&client.get("/ocs/v1.php/cloud/user?format=json").await);
    assert_eq!((me.id.as_str(), me.display_name.as_str()), ("alice", "Alice"));
    // The check of the password, and what is not here.
    let check = ask(&client, &format!("{FILES}/"), "0", "d:getlastmodified").await;
    assert_eq!(check.status, 207);
    let terms = client.get("/ocs/v2.php/apps/terms_of_service/terms?format=json").await;
    assert_eq!(code(&terms), (404, 998));
    let avatar = client.get("/remote.php/dav/avatars/alice/128.png").await;
    assert_eq!((avatar.status, avatar.header("content-type")), (200, Some("image/png")));
    let apps = client.get("/ocs/v2.php/core/navigation/apps?absolute=true&format=json").await;
    assert!(data::<Value>(&apps).is_array());
}

#[tokio::test]
async fn list() {
    let world = filled().await;
    let client = desktop(&world);
    let sum = [("oc-checksum", SHA1)];
    client.send("PUT", &format!("{FILES}/d/a%20%C3%A4.txt"), &sum, "hello").await;
    let listed = ask(&client, &format!("{FILES}/d"), "1", LIST).await;
    let items = Item::all(&listed);
    assert_eq!(items.len(), 4);
    // Rules 1 and 2: the folder itself is first, and all begin with what was asked for.
    assert_eq!(items[0].href, format!("{FILES}/d/"));
    for item in &items {
        assert!(item.href.starts_with(&format!("{FILES}/d")), "{}", item.href);
        let is_folder = item.prop("d:resourcetype").unwrap().contains("<d:collection");
        assert_eq!(is_folder, item.href.ends_with('/'));
        // Rule 4: none of these may be missing.
        let size = if is_folder { "oc:size" } else { "d:getcontentlength" };
        assert!(item.number(size) >= 0);
        assert!(!item.prop("oc:id").unwrap().is_empty() && item.number("oc:fileid") > 0);
        item.etag();
        // Rule 6.
        let time = item.prop("d:getlastmodified").unwrap();
        let time = jiff::fmt::rfc2822::parse(time).unwrap();
        assert!(time.timestamp().as_second() > 0);
        // Rule 7, and that it may be read.
        let letters = item.prop("oc:permissions").unwrap();
        assert!(letters.contains('G') && letters.chars().all(|c| "WDNVCKRSMG".contains(c)));
        assert_eq!(item.prop("oc:share-types"), Some(""));
        // Rule 8.
        assert_eq!(item.prop("oc:data-fingerprint"), Some(""));
        assert_eq!(item.prop("nc:is-mount-root"), Some("false"));
        for absent in ["oc:dDC", "nc:is-encrypted", "nc:lock-token"] {
            assert_eq!(item.prop(absent), None, "{absent}");
        }
    }
    let sums: Vec<_> = items.iter().filter_map(|item| item.prop("oc:checksums")).collect();
    assert_eq!(sums, [format!("<oc:checksum>{SHA1}</oc:checksum>")]);
}

#[tokio::test]
async fn list_below_a_received_share() {
    let world = filled().await;
    let form = "path=/d&shareType=0&shareWith=bob&permissions=1";
    assert_eq!(
        world.alice().ocs("POST", "/apps/files_sharing/api/v1/shares", form).await.http,
        200
    );
    let bob = world.bob();
    let root = Item::all(&ask(&bob, "/remote.php/dav/files/bob/", "1", LIST).await);
    let mount = &root[1];
    assert_eq!(mount.prop("nc:is-mount-root"), Some("true"));
    assert!(mount.prop("oc:permissions").unwrap().starts_with('S'));
    let below = Item::all(&ask(&bob, "/remote.php/dav/files/bob/d", "1", LIST).await);
    for item in &below[1..] {
        assert_eq!(item.prop("oc:permissions"), Some("SG"), "{}", item.href);
    }
}

#[tokio::test]
async fn etag_poll() {
    let world = filled().await;
    let client = desktop(&world);
    let root = async || {
        let asked = ask(&client, &format!("{FILES}/"), "0", "d:getetag").await;
        Item::all(&asked).remove(0).etag()
    };
    let before = root().await;
    assert_eq!(root().await, before, "nothing has changed");
    client.put(&format!("{FILES}/d/sub/b.txt"), "deep below").await;
    assert_ne!(root().await, before);
}

#[tokio::test]
async fn download() {
    let world = filled().await;
    let client = desktop(&world);
    let file = format!("{FILES}/d/a.txt");
    client.send("PUT", &file, &[("oc-checksum", SHA1)], "hello").await;
    let listed = Item::all(&ask(&client, &file, "0", LIST).await).remove(0).etag();
    let whole = client.send("GET", &file, &[("accept-encoding", "gzip, deflate")], "").await;
    assert_eq!((whole.status, whole.text()), (200, "hello"));
    assert_eq!((etag(&whole), whole.header("content-length")), (listed.clone(), Some("5")));
    assert_eq!(whole.header("oc-checksum"), Some(SHA1));
    let rest = client.send("GET", &file, &[("range", "bytes=2-")], "").await;
    assert_eq!((rest.status, rest.text()), (206, "llo"));
    assert_eq!((etag(&rest), rest.header("content-range")), (listed, Some("bytes 2-4/5")));
}

#[tokio::test]
async fn new_and_changed_small_files() {
    let world = filled().await;
    let client = desktop(&world);
    let part = |path: &str| {
        format!(
            "--boundary_.oOo._1\r\nX-File-MD5: 5d41402abc4b2a76b9719d911017c592\r\n\
             X-File-Mtime: 1500000000\r\nX-File-Path: {path}\r\nContent-Length: 5\r\n\
             Content-Type: application/octet-stream\r\n\r\nhello\r\n"
        )
    };
    let body = format!(
        "{}{}{}--boundary_.oOo._1--\r\n",
        part("/d/new.txt"),
        part("/d/a.txt"),
        part("/none/c.txt")
    );
    let kind = [("content-type", "multipart/related; boundary=\"boundary_.oOo._1\"")];
    let answer = client.send("POST", "/remote.php/dav/bulk", &kind, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    #[derive(Deserialize)]
    struct Done {
        error: bool,
        etag: String,
        fileid: String,
        permissions: String,
    }
    let all: std::collections::HashMap<String, Value> =
        serde_json::from_slice(&answer.body).unwrap();
    for path in ["/d/new.txt", "/d/a.txt"] {
        let done: Done = serde_json::from_value(all[path].clone()).unwrap();
        assert!(!done.error && done.fileid.ends_with("oc48fzr4wkqv"));
        let item = Item::all(&ask(&client, &format!("{FILES}{path}"), "0", LIST).await).remove(0);
        assert_eq!(
            (item.etag(), item.prop("oc:permissions")),
            (done.etag, Some(&*done.permissions))
        );
        assert_eq!(item.prop("oc:id"), Some(&*done.fileid));
    }
    assert_eq!(all["/none/c.txt"]["error"], true, "no entry is missing");
}

#[tokio::test]
async fn single_put() {
    let world = filled().await;
    let client = desktop(&world);
    let file = format!("{FILES}/d/one.bin");
    let head = [
        ("content-type", "application/octet-stream"),
        ("x-oc-mtime", "1500000000"),
        ("oc-checksum", SHA1),
        ("oc-total-length", "5"),
    ];
    let made = client.send("PUT", &file, &head, "hello").await;
    assert_eq!((made.status, made.header("x-oc-mtime")), (201, Some("accepted")));
    let id = made.header("oc-fileid").unwrap().to_owned();
    let quoted = format!("\"{}\"", etag(&made));
    let over = [&head[..], &[("if-match", quoted.as_str())]].concat();
    let written = client.send("PUT", &file, &over, "hello").await;
    assert_eq!((written.status, written.header("oc-fileid")), (204, Some(&*id)));
    // Rule 10: 412 is tried again by the next run.
    let stale = [&head[..], &[("if-match", "\"old\"")]].concat();
    assert_eq!(client.send("PUT", &file, &stale, "hello").await.status, 412);
}

#[tokio::test]
async fn chunked() {
    let world = filled().await;
    let client = desktop(&world);
    let file = format!("{FILES}/d/big%20%C3%A4.bin");
    // The path alone, as this client has it.
    let head = [("oc-total-length", "10"), ("destination", file.as_str())];
    assert_eq!(client.send("MKCOL", UPLOAD, &head, "").await.status, 201);
    for (number, offset, content) in
        [("0000000000000000", "0", "hello"), ("0000000000000001", "5", "world")]
    {
        let head = [("oc-chunk-offset", offset), ("destination", file.as_str())];
        let put = client.send("PUT", &format!("{UPLOAD}/{number}"), &head, content).await;
        assert_eq!(put.status, 201);
    }
    let head = [
        ("destination", file.as_str()),
        ("oc-total-length", "10"),
        ("x-oc-mtime", "1500000000"),
        ("oc-checksum", "SHA1:6adfb183a4a2c94a2f92dab5ade762a47889a5a1"),
    ];
    let whole = format!("{UPLOAD}/.file");
    let moved = client.send("MOVE", &whole, &head, "").await;
    assert_eq!(moved.status, 201, "{}", moved.text());
    assert!(moved.header("oc-fileid").is_some(), "Missing File ID from server");
    let tag = etag(&moved);
    let item = Item::all(&ask(&client, &file, "0", LIST).await).remove(0);
    assert_eq!((item.etag(), item.number("d:getcontentlength")), (tag.clone(), 10));
    // Over it, by newer names of parts, and only over what was seen.
    for (seen, status) in [("old".to_owned(), 412), (tag, 204)] {
        client.send("MKCOL", UPLOAD, &[("oc-total-length", "5"), ("destination", &file)], "").await;
        client.send("PUT", &format!("{UPLOAD}/00001"), &[("destination", &file)], "again").await;
        let condition = format!("<{file}> ([\"{seen}\"])");
        let head = [("destination", file.as_str()), ("oc-total-length", "5"), ("if", &condition)];
        let moved = client.send("MOVE", &whole, &head, "").await;
        assert_eq!(moved.status, status, "{}", moved.text());
    }
    assert_eq!(client.get(&file).await.text(), "again");
}

#[tokio::test]
async fn resume() {
    let world = filled().await;
    let client = desktop(&world);
    let file = format!("{FILES}/d/big.bin");
    let missing = ask(&client, UPLOAD, "1", "d:getcontentlength").await;
    assert_eq!(missing.status, 404, "it begins anew");
    client.send("MKCOL", UPLOAD, &[("destination", &file)], "").await;
    client.send("PUT", &format!("{UPLOAD}/00001"), &[("destination", &file)], "hello").await;
    let items = Item::all(&ask(&client, UPLOAD, "1", "d:resourcetype d:getcontentlength").await);
    let parts: Vec<_> = items
        .iter()
        .filter(|item| item.href.rsplit('/').next().unwrap().parse::<u64>().is_ok())
        .map(|item| item.number("d:getcontentlength"))
        .collect();
    assert_eq!(parts, [5]);
    assert_eq!(client.delete(UPLOAD).await.status, 204);
}

#[tokio::test]
async fn mkdir() {
    let world = filled().await;
    let client = desktop(&world);
    let folder = format!("{FILES}/d/new");
    let made = client.send("MKCOL", &folder, &[], "").await;
    assert_eq!(made.status, 201);
    let id = made.header("oc-fileid").unwrap();
    let names = "oc:share-types oc:permissions oc:id";
    let item = Item::all(&ask(&client, &folder, "0", names).await).remove(0);
    assert_eq!((item.prop("oc:id"), item.prop("oc:permissions")), (Some(id), Some("RGDNVCK")));
    assert_eq!(client.send("MKCOL", &folder, &[], "").await.status, 405);
}

#[tokio::test]
async fn rename() {
    let world = filled().await;
    let client = desktop(&world);
    let id = async |path: &str| {
        let asked = ask(&client, &format!("{FILES}/{path}"), "0", "oc:id").await;
        Item::all(&asked).remove(0).prop("oc:id").unwrap().to_owned()
    };
    let before = id("d/a.txt").await;
    let to = format!("{FILES}/d/renamed%20%C3%A4.txt");
    let moved = client.send("MOVE", &format!("{FILES}/d/a.txt"), &[("destination", &to)], "").await;
    assert_eq!(moved.status, 201, "any other is a wrong code to this client");
    assert_eq!(id("d/renamed%20%C3%A4.txt").await, before);
    let to = format!("{FILES}/other");
    let moved = client.send("MOVE", &format!("{FILES}/d/sub"), &[("destination", &to)], "").await;
    assert_eq!(moved.status, 201);
}

#[tokio::test]
async fn delete() {
    let world = filled().await;
    let client = desktop(&world);
    for path in ["d/a.txt", "d/sub", "d"] {
        assert_eq!(client.delete(&format!("{FILES}/{path}")).await.status, 204, "{path}");
        assert_eq!(client.delete(&format!("{FILES}/{path}")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn bad_checksum() {
    let world = filled().await;
    let client = desktop(&world);
    let hash = [("x-recalculate-hash", "sha1")];
    let answer = client.send("PATCH", &format!("{FILES}/d/a.txt"), &hash, "").await;
    assert_eq!((answer.status, answer.header("oc-checksum")), (204, Some(SHA1)));
}

#[tokio::test]
async fn rule_10_what_statuses_mean() {
    let world = filled().await;
    let client = desktop(&world);
    let wrong = world.person("alice", "wrong");
    assert_eq!(ask(&wrong, &format!("{FILES}/"), "1", LIST).await.status, 401);
    world.files.set_quota(&user("alice"), Some(12)).await.unwrap();
    let full = client.put(&format!("{FILES}/d/more"), "much more than fits").await;
    assert_eq!(full.status, 507);
    // Rule 11: it is this that people read.
    assert_eq!(full.error().0, "Sabre\\DAV\\Exception\\InsufficientStorage");
    assert!(!full.error().1.is_empty());
}

#[tokio::test]
async fn what_the_window_asks_for() {
    let world = filled().await;
    let client = desktop(&world).with("ocs-apirequest", "true").with("accept", "application/json");
    let fileid =
        Item::all(&ask(&world.alice(), &format!("{FILES}/d/a.txt"), "0", "oc:fileid").await)
            .remove(0)
            .number("oc:fileid");
    for path in [
        "/ocs/v2.php/apps/notifications/api/v2/notifications".to_owned(),
        format!("/ocs/v2.php/apps/activity/api/v2/activity/filter?object_type=files&object_id={fileid}"),
        "/ocs/v2.php/apps/activity/api/v2/activity".to_owned(),
        "/ocs/v2.php/apps/files_sharing/api/v1/shares?path=/d/a.txt&reshares=true".to_owned(),
        "/ocs/v2.php/apps/files_sharing/api/v1/sharees?search=b&itemType=file&page=1&perPage=50&lookup=false".to_owned(),
        "/ocs/v2.php/search/providers".to_owned(),
        "/ocs/v2.php/hovercard/v1/bob".to_owned(),
    ] {
        let answer = client.get(&path).await;
        // The activity ends with 304.
        assert!([200, 304].contains(&answer.status), "{path}: {}", answer.status);
        if answer.status == 200 {
            let data: Value = data(&answer);
            assert!(data.is_array() || data.is_object(), "{path}: {data}");
        }
    }
    let link = client.get(&format!("/index.php/f/{fileid}")).await;
    assert_eq!(link.status, 303);
    let local = client
        .send(
            "POST",
            "/ocs/v2.php/apps/files/api/v1/openlocaleditor?format=json",
            &[("content-type", "application/x-www-form-urlencoded")],
            "path=%2Fd%2Fa.txt",
        )
        .await;
    assert_eq!(local.status, 200, "{}", local.text());
    // Before it deletes anything: 404 for everything that is not marked.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let wipe = client.send("POST", "/index.php/core/wipe/check", &form, "token=x").await;
    assert_eq!((wipe.status, wipe.text()), (404, "[]"));
}

#[tokio::test]
async fn account_removal() {
    let world = World::new().await;
    let made = world.alice().ocs("GET", "/core/getapppassword", "").await;
    let client = world.person("alice", made.data["apppassword"].as_str().unwrap());
    assert_eq!(client.ocs("DELETE", "/core/apppassword", "").await.http, 200);
    assert_eq!(ask(&client, &format!("{FILES}/"), "0", "d:getetag").await.status, 401);
}

#[tokio::test]
async fn not_built() {
    let world = filled().await;
    let answer = world.alice().ocs("GET", "/cloud/capabilities", "").await;
    for (capability, why) in NOT_BUILT {
        let at = capability.split('.').fold(&answer.data["capabilities"], |at, key| &at[key]);
        assert!(at.is_null(), "{capability} is said to be there: {why}");
    }
}

/// The client reads who holds a lock from the answer, be it yes or no.
#[tokio::test]
async fn locks() {
    let world = filled().await;
    let client = desktop(&world);
    let path = format!("{FILES}/d/a.txt");
    let headers = [("x-user-lock", "1"), ("x-user-lock-type", "0")];
    for (method, status, locked) in [
        ("LOCK", 200, "<nc:lock>1</nc:lock>"),
        ("UNLOCK", 200, "<nc:lock/>"),
        ("UNLOCK", 412, "<nc:lock/>"),
    ] {
        let answer = client.send(method, &path, &headers, "").await;
        assert_eq!(answer.status, status, "{method}");
        assert!(answer.text().contains(locked), "{method}: {}", answer.text());
    }
}
