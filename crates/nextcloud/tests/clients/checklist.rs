//! What is easily missed, number by number.
//!
//! | Number | Where |
//! |---|---|
//! | 1, 3, 4 | here; `dialect/properties.rs` |
//! | 2, 5, 6, 7, 8 | here; `dialect/status_codes.rs`, `dialect/times.rs` |
//! | 9 | [`desktop`](super::desktop), [`android`](super::android); `dialect/uploads.rs` |
//! | 10 to 15 | here |
//! | 16 | here; `dialect/login_flow.rs` |
//! | 17 to 20, 22 | here; `dialect/links.rs`, `dialect/maintenance.rs`, `dialect/names.rs` |
//! | 21 | not built, see [`NOT_BUILT`] |

use serde_json::Value;

use crate::{
    common::{FILES, World, user},
    read::{Item, SHA1, ask, filled, text},
};

/// Addresses of what is not built, and what it is.
const NOT_BUILT: &[(&str, &str)] = &[
    ("/.well-known/ocm", "sharing with other servers (21)"),
    ("/ocm-provider/", "the same, by its older name"),
    ("/index.php/ocm/shares", "the same"),
    ("/ocs/v2.php/cloud/shares", "the same, of before OCM"),
];

const OCS: (&str, &str) = ("ocs-apirequest", "true");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const SHARES: &str = "/apps/files_sharing/api/v1/shares";

#[tokio::test]
async fn n01_etags_and_times_go_up_through_shares() {
    let world = filled().await;
    let (alice, bob) = (world.alice(), world.bob());
    let form = "path=/d&shareType=0&shareWith=bob&permissions=31";
    assert_eq!(alice.ocs("POST", SHARES, form).await.http, 200);
    let seen = async || {
        let mut all = Vec::new();
        for (client, path) in [
            (&alice, FILES.to_owned()),
            (&alice, format!("{FILES}/d")),
            (&bob, "/remote.php/dav/files/bob/".to_owned()),
            (&bob, "/remote.php/dav/files/bob/d".to_owned()),
        ] {
            let names = "d:getetag d:getlastmodified";
            let item = Item::all(&ask(client, &path, "0", names).await).remove(0);
            all.push((item.etag(), item.prop("d:getlastmodified").unwrap().to_owned()));
        }
        all
    };
    let mut before = seen().await;
    for (client, path) in [
        (&bob, "/remote.php/dav/files/bob/d/sub/b.txt".to_owned()),
        (&alice, format!("{FILES}/d/sub/b.txt")),
    ] {
        world.clock.forward(10);
        assert_eq!(client.put(&path, "changed").await.status, 204);
        let after = seen().await;
        for (at, (before, after)) in before.iter().zip(&after).enumerate() {
            assert_ne!(before.0, after.0, "etag {at}");
            // The time of a home that only has a mount of it is its own.
            assert!(at == 2 || before.1 != after.1, "time {at}");
        }
        before = after;
    }
}

#[tokio::test]
async fn n02_missing_parents_and_what_is_there() {
    let world = filled().await;
    let alice = world.alice();
    assert_eq!(alice.put(&format!("{FILES}/none/a"), "x").await.status, 404);
    assert_eq!(alice.mkcol(&format!("{FILES}/none/a")).await, 409);
    assert_eq!(alice.mkcol(&format!("{FILES}/d")).await, 405);
}

#[tokio::test]
async fn n03_propstats_and_prefixes() {
    let world = filled().await;
    let names = "d:getetag oc:dDC nc:lock ocs:share-permissions ocm:share-permissions";
    let answer = ask(&world.alice(), &format!("{FILES}/d"), "1", names).await;
    assert_eq!(answer.header("content-type"), Some("application/xml; charset=utf-8"));
    for one in answer.text().split("<d:response>").skip(1) {
        let statuses: Vec<&str> =
            one.split("<d:status>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
        assert_eq!(statuses, ["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"]);
        assert!(one.contains("<x1:share-permissions ") && one.contains("<x2:share-permissions "));
    }
}

#[tokio::test]
async fn n04_hrefs() {
    let world = World::new().await;
    let alice = world.alice();
    for (put, shown) in [("a%3A(b)%40~", "a:(b)@~"), ("%C3%84%20%22", "%c3%84%20%22")] {
        alice.put(&format!("{FILES}/{put}"), "x").await;
        let item =
            Item::all(&ask(&alice, &format!("{FILES}/{put}"), "0", "d:getetag").await).remove(0);
        assert_eq!(item.href, format!("{FILES}/{shown}"));
    }
    // Whoever signs in by another spelling is still called by their id.
    let loud = world.person("ALICE", crate::common::PASSWORD);
    let me = loud.ocs("GET", "/cloud/user", "").await;
    assert_eq!(me.data["id"], "alice");
}

#[tokio::test]
async fn n05_and_n06_ids_and_etags_of_each_change() {
    let world = filled().await;
    let alice = world.alice();
    let to = |name: &str| format!("{FILES}/{name}");
    let put = alice.put(&to("p"), "x").await;
    let folder = alice.send("MKCOL", &to("f"), &[], "").await;
    let copied = alice.transfer("COPY", &to("p"), &to("c"), &[]).await;
    let moved = alice.transfer("MOVE", &to("p"), &to("m"), &[]).await;
    let upload = "/remote.php/dav/uploads/alice/u";
    alice.mkcol(upload).await;
    alice.put(&format!("{upload}/1"), "x").await;
    let whole = alice.transfer("MOVE", &format!("{upload}/.file"), &to("w"), &[]).await;
    for (answer, what, tagged) in [
        (&put, "PUT", Some(true)),
        (&folder, "MKCOL", None),
        (&copied, "COPY", Some(false)),
        (&moved, "MOVE", Some(true)),
        (&whole, "MOVE of parts", Some(true)),
    ] {
        assert_eq!(answer.status, 201, "{what}");
        assert!(answer.header("oc-fileid").is_some(), "{what}");
        if let Some(tagged) = tagged {
            assert_eq!(answer.header("etag").is_some(), tagged, "{what}");
        }
    }
    assert_eq!(alice.delete(&to("m")).await.status, 204);
}

#[tokio::test]
async fn n07_times() {
    let world = World::new().await;
    let alice = world.alice();
    let file = format!("{FILES}/a");
    let made = alice.send("PUT", &file, &[("x-oc-mtime", "1500000000.75")], "x").await;
    assert_eq!((made.status, made.header("x-oc-mtime")), (201, Some("accepted")));
    for bad in ["junk", "", "0x7fffffff", "1e400"] {
        let refused = alice.send("PUT", &file, &[("x-oc-mtime", bad)], "y").await;
        assert!(refused.status >= 400, "{bad}: {}", refused.status);
    }
    assert_eq!(alice.get(&file).await.text(), "x");
    let moved = alice.transfer("MOVE", &file, &format!("{FILES}/b"), &[]).await;
    assert_eq!(moved.header("etag"), made.header("etag"), "a move keeps it");
}

#[tokio::test]
async fn n08_checksums() {
    let world = World::new().await;
    let alice = world.alice();
    let file = format!("{FILES}/a");
    let sum = async || alice.prop(&file, "oc:checksums").await;
    alice.send("PUT", &file, &[("oc-checksum", SHA1)], "hello").await;
    assert_eq!(sum().await.unwrap(), format!("<oc:checksum>{SHA1}</oc:checksum>"));
    alice.put(&file, "other").await;
    assert_eq!(sum().await, None);
    let again = alice.send("PATCH", &file, &[("x-recalculate-hash", "md5")], "").await;
    assert_eq!(
        (again.status, again.header("oc-checksum")),
        (204, Some("MD5:795f3202b17cb6bc3d4b771d8c6c9eaf"))
    );
}

#[tokio::test]
async fn n10_quota() {
    let world = World::new().await;
    let alice = world.alice();
    let free = async || alice.prop(&format!("{FILES}/"), "d:quota-available-bytes").await;
    assert_eq!(free().await.as_deref(), Some("-3"));
    world.files.set_quota(&user("alice"), Some(4)).await.unwrap();
    assert_eq!(alice.put(&format!("{FILES}/a"), "12345").await.status, 507);
    let upload = "/remote.php/dav/uploads/alice/u";
    let to = format!("{FILES}/a");
    let head = [("destination", to.as_str()), ("oc-total-length", "5")];
    let made = alice.send("MKCOL", upload, &head, "").await.status;
    let part = alice.send("PUT", &format!("{upload}/1"), &head, "12345").await.status;
    assert!(made == 507 || part == 507, "{made} {part}");
}

#[tokio::test]
async fn n11_capabilities_of_strangers() {
    let world = World::new().await;
    let stranger = world.stranger();
    let path = "/ocs/v2.php/cloud/capabilities?format=json";
    assert_eq!(stranger.get(path).await.status, 412);
    let all = stranger.send("GET", path, &[OCS], "").await.json();
    let keys: Vec<&String> =
        all["ocs"]["data"]["capabilities"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["bruteforce", "integration_openproject", "theming"]);
}

#[tokio::test]
async fn n12_errors_of_both_versions() {
    let world = World::new().await;
    for (path, http, code) in [
        ("/ocs/v1.php/apps/nothing?format=json", 200, 998),
        ("/ocs/v2.php/apps/nothing?format=json", 404, 998),
        ("/ocs/v2.php/apps/terms_of_service/terms?format=json", 404, 998),
        ("/ocs/v1.php/apps/files_sharing/api/v1/shares/1?format=json", 200, 404),
        ("/ocs/v2.php/apps/files_sharing/api/v1/shares/1?format=json", 404, 404),
    ] {
        let answer = world.alice().send("GET", path, &[OCS], "").await;
        assert_eq!(
            (answer.status, &answer.json()["ocs"]["meta"]["statuscode"]),
            (http, &code.into()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn n13_xml_says_what_json_says() {
    let world = filled().await;
    let alice = world.alice();
    alice.ocs("POST", SHARES, "path=/d&shareType=0&shareWith=bob").await;
    let path = format!("/ocs/v2.php{SHARES}");
    let json = alice.send("GET", &format!("{path}?format=json"), &[OCS], "").await.json();
    let xml = alice.send("GET", &path, &[OCS], "").await;
    for (key, value) in json["ocs"]["data"][0].as_object().unwrap() {
        let expected = match value {
            Value::Bool(true) => "1".to_owned(),
            Value::Bool(false) | Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        assert_eq!(text(xml.text(), key), Some(expected.as_str()), "{key}");
    }
}

#[tokio::test]
async fn n14_and_n15_shares() {
    let world = filled().await;
    let alice = world.alice();
    let form = "path=/d&shareType=0&shareWith=bob&attributes=%5B%7B%22scope%22:%22permissions%22,\
                %22key%22:%22download%22,%22value%22:false%7D%5D";
    let made = alice.ocs("POST", SHARES, form).await;
    let id = made.data["id"].as_str().unwrap();
    let one = alice.ocs("GET", &format!("{SHARES}/{id}"), "").await.data;
    assert_eq!(one.as_array().unwrap().len(), 1);
    let attributes = one[0]["attributes"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(attributes).unwrap().is_array());
    let again = alice.ocs("POST", SHARES, "path=/d&shareType=0&shareWith=bob").await;
    assert_eq!((again.http, &again.data["id"]), (200, &made.data["id"]));
}

#[tokio::test]
async fn n16_login_flow() {
    let world = World::new().await;
    let stranger = world.stranger();
    let start = stranger.send("POST", "/index.php/login/v2", &[], "").await.json();
    let body = format!("token={}", start["poll"]["token"].as_str().unwrap());
    for _ in 0..3 {
        let poll = stranger.send("POST", "/login/v2/poll", &[FORM], body.clone()).await;
        assert_eq!((poll.status, poll.text()), (404, "[]"));
    }
    assert!(start["login"].as_str().unwrap().starts_with("https://"));
    let token = stranger.get("/index.php/csrftoken").await.json();
    assert!(token["token"].as_str().unwrap().contains(':'));
    let call = stranger.send("GET", "/index.php/f/7", &[("accept", "application/json")], "").await;
    assert_eq!(
        (call.status, call.text()),
        (401, "{\"message\":\"Current user is not logged in\"}")
    );
    let page = stranger.send("GET", "/index.php/f/7", &[("accept", "text/html")], "").await;
    assert_eq!(page.status, 303);
}

#[tokio::test]
async fn n17_wipe() {
    let world = World::new().await;
    let made = world.alice().ocs("GET", "/core/getapppassword", "").await;
    let secret = made.data["apppassword"].as_str().unwrap();
    for token in [secret, "", "unknown", crate::common::PASSWORD] {
        let body = format!("token={token}");
        let answer =
            world.stranger().send("POST", "/index.php/core/wipe/check", &[FORM], body).await;
        assert_eq!((answer.status, answer.text()), (404, "[]"), "{token}");
    }
    let listed = world.alice().get("/settings/personal/authtokens").await.json();
    let mark = format!("/settings/personal/authtokens/wipe/{}", listed[0]["id"]);
    assert_eq!(world.alice().send("POST", &mark, &[], "").await.status, 200);
    let body = format!("token={secret}");
    let answer = world.stranger().send("POST", "/index.php/core/wipe/check", &[FORM], body).await;
    assert_eq!((answer.status, answer.text()), (200, "{\"wipe\":true}"));
    assert_eq!(world.person("alice", secret).propfind(FILES, "0", "d:getetag").await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn n18_links() {
    let world = filled().await;
    let made = world.alice().ocs("POST", SHARES, "path=/d&shareType=3&permissions=4").await;
    let base = format!("/public.php/dav/files/{}", made.data["token"].as_str().unwrap());
    let guest = world.stranger();
    assert_eq!(guest.put(&format!("{base}/a.txt"), "mine").await.status, 201);
    assert_eq!(world.alice().get(&format!("{FILES}/d/a.txt")).await.text(), "hello");
    assert_eq!(guest.propfind(&base, "1", "d:getetag").await.status, 405);
    assert_eq!(guest.get("/public.php/dav/files/unknown").await.status, 503);
    assert_eq!(world.person("unknown", "").get("/public.php/webdav/").await.status, 401);
}

#[tokio::test]
async fn n19_locks() {
    let world = filled().await;
    let names = "nc:lock nc:lock-owner nc:lock-owner-type nc:lock-owner-displayname nc:lock-time \
                 nc:lock-timeout nc:lock-token";
    let item =
        Item::all(&ask(&world.alice(), &format!("{FILES}/d/a.txt"), "0", names).await).remove(0);
    assert_eq!(item.prop("nc:lock"), Some(""));
    for absent in names.split_whitespace().skip(1) {
        assert_eq!(item.prop(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn n20_maintenance() {
    use allmende_accounts::Maintenance;
    let world = World::new().await;
    world.accounts.set_maintenance(Maintenance::On).await.unwrap();
    world.clock.forward(60);
    let status = world.stranger().get("/status.php").await;
    assert_eq!((status.status, &status.json()["maintenance"]), (200, &Value::Bool(true)));
    for path in [
        "/remote.php/dav/files/alice/",
        "/public.php/dav/files/x",
        "/ocs/v2.php/cloud/user",
        "/index.php/204",
        "/index.php/login/v2",
        "/index.php/core/preview?fileId=7",
        "/s/x",
    ] {
        assert_eq!(world.alice().get(path).await.status, 503, "{path}");
    }
}

#[tokio::test]
async fn n21_is_not_built() {
    let world = World::new().await;
    for (path, why) in NOT_BUILT {
        let answer = world.alice().send("POST", path, &[OCS, FORM], "").await;
        assert!([404, 405].contains(&answer.status), "{path}: {why}: {}", answer.status);
    }
    let all = world.alice().ocs("GET", "/cloud/capabilities", "").await;
    assert!(all.data["capabilities"]["ocm"].is_null());
    let federation = &all.data["capabilities"]["files_sharing"]["federation"];
    assert!(federation["outgoing"] == false && federation["incoming"] == false, "{federation}");
}

#[tokio::test]
async fn n22_names() {
    let world = World::new().await;
    let alice = world.alice();
    // Sent decomposed, kept composed.
    assert_eq!(alice.put(&format!("{FILES}/a%CC%88"), "x").await.status, 201);
    assert_eq!(alice.get(&format!("{FILES}/%C3%A4")).await.text(), "x");
    let long = format!("{FILES}/{}", "x".repeat(251));
    assert!(alice.put(&long, "x").await.status >= 400);
    assert_eq!(alice.put(&format!("{FILES}/{}", "x".repeat(250)), "x").await.status, 201);
    for bad in ["a.part", "a.PART", "a.FilePart", ".htaccess", ".HTaccess"] {
        let refused = alice.put(&format!("{FILES}/{bad}"), "x").await.status;
        assert!([400, 403].contains(&refused), "{bad}: {refused}");
    }
    for name in ["Case", "case"] {
        assert_eq!(alice.put(&format!("{FILES}/{name}"), name).await.status, 201, "{name}");
    }
    assert_eq!(alice.get(&format!("{FILES}/Case")).await.text(), "Case");
}
