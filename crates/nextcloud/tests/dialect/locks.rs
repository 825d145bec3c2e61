//! Locks that people set by hand, from outside.

use allmende_events::{Events, NotificationKind, Reader};
use allmende_types::EventKind;
use serde_json::json;

use crate::common::{Answer, Client, FILES, World, user};

const NAMES: [&str; 8] = [
    "nc:lock",
    "nc:lock-owner-type",
    "nc:lock-owner",
    "nc:lock-owner-displayname",
    "nc:lock-owner-editor",
    "nc:lock-time",
    "nc:lock-timeout",
    "nc:lock-token",
];
const BOB: &str = "/remote.php/dav/files/bob";
const API: &str = "/apps/files_lock/lock";

async fn by_hand(client: &Client, method: &str, path: &str, kind: &str) -> Answer {
    let headers = [("x-user-lock", "1"), ("x-user-lock-type", kind)];
    client.send(method, path, &headers, "").await
}

/// What the answer to a lock by hand tells: one `d:prop`.
fn told(answer: &Answer) -> Vec<(&str, &str)> {
    assert_eq!(answer.header("content-type"), Some("application/xml; charset=utf-8"));
    let body = answer.text().split_once("<d:prop").unwrap().1.split_once('>').unwrap().1;
    let body = body.strip_suffix("</d:prop>").unwrap();
    let of = |name: &'static str| {
        let value = match body.split_once(&format!("<{name}>")) {
            Some((_, rest)) => &rest[..rest.find(&format!("</{name}>")).unwrap()],
            None => {
                assert!(body.contains(&format!("<{name}/>")), "{name} in {body}");
                ""
            }
        };
        (name, value)
    };
    NAMES.into_iter().chain(["d:getetag"]).map(of).collect()
}

fn value<'a>(told: &[(&str, &'a str)], name: &str) -> &'a str {
    told.iter().find(|(known, _)| *known == name).unwrap().1
}

/// A folder `d` of alice's with `f` and `g`, which bob may change too, and the number of `f`.
async fn shared(world: &World) -> String {
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/d")).await;
    for name in ["f", "g"] {
        assert_eq!(alice.put(&format!("{FILES}/d/{name}"), "old").await.status, 201);
    }
    let form = "path=/d&shareType=0&shareWith=bob&permissions=31";
    assert_eq!(alice.ocs("POST", "/apps/files_sharing/api/v1/shares", form).await.code, 200);
    alice.prop(&format!("{FILES}/d/f"), "oc:fileid").await.unwrap()
}

#[tokio::test]
async fn a_lock_is_set_shown_and_ended() {
    let world = World::new().await;
    shared(&world).await;
    let (alice, bob) = (world.alice(), world.bob());
    let (path, theirs) = (format!("{FILES}/d/f"), format!("{BOB}/d/f"));
    let etag = alice.etag(&path).await;
    let unquoted = etag.replace("&quot;", "");
    let free = by_hand(&alice, "UNLOCK", &path, "0").await;
    assert_eq!(free.status, 412);
    assert!(told(&free)[..8].iter().all(|(_, value)| value.is_empty()), "{}", free.text());

    let folders = [format!("{FILES}/d"), format!("{FILES}/"), format!("{BOB}/")];
    let mut etags = Vec::new();
    for (client, at) in [&alice, &alice, &bob].into_iter().zip(&folders) {
        etags.push(client.etag(at).await);
    }
    let locked = alice.send("LOCK", &path, &[("X-User-Lock", "1")], "").await;
    assert_eq!(locked.status, 200, "{}", locked.text());
    let shown = told(&locked);
    let token = value(&shown, "nc:lock-token");
    assert!(token.starts_with("files_lock/"), "{token}");
    let expected = ["1", "0", "alice", "Alice", "alice", "1800000000", "-60", token, &unquoted];
    assert_eq!(shown.iter().map(|(_, value)| *value).collect::<Vec<_>>(), expected);
    // Others look for it by the folders; the file has its content and its etag.
    for (at, (client, folder)) in [&alice, &alice, &bob].into_iter().zip(&folders).enumerate() {
        assert_ne!(client.etag(folder).await, etags[at], "{folder}");
    }
    assert_eq!(alice.etag(&path).await, etag);

    for (client, path) in [(&alice, &path), (&bob, &theirs)] {
        let names = format!("{} d:lockdiscovery", NAMES.join(" "));
        let answer = client.propfind(path, "0", &names).await;
        let item = answer.responses().remove(0);
        for (name, value) in &shown[..8] {
            let value = (*name != "nc:lock-owner-editor").then_some(*value);
            assert_eq!(item.prop(name), value, "{name}");
        }
        let discovery = item.prop("d:lockdiscovery").unwrap();
        for part in [
            "<d:exclusive/>",
            "<d:depth>0</d:depth>",
            "<d:timeout>Infinite</d:timeout>",
            &format!("<d:href>opaquelocktoken:{token}</d:href>"),
            "<d:owner>alice</d:owner>",
        ] {
            assert!(discovery.contains(part), "{part} in {discovery}");
        }
    }
    // Again is longer, in another way is refused, and of others it is not to be had.
    world.clock.forward(9);
    let again = by_hand(&alice, "LOCK", &path, "0").await;
    assert_eq!((again.status, value(&told(&again), "nc:lock-token")), (200, token));
    for (client, method, path, kind) in [
        (&alice, "LOCK", &path, "1"),
        (&alice, "LOCK", &path, "2"),
        (&bob, "LOCK", &theirs, "0"),
        (&bob, "UNLOCK", &theirs, "0"),
        (&bob, "UNLOCK", &theirs, "2"),
    ] {
        let refused = by_hand(client, method, path, kind).await;
        assert_eq!(refused.status, 423, "{method} {kind}");
        assert_eq!(told(&refused)[..8], shown[..8], "{method} {kind}");
    }
    assert_eq!(by_hand(&alice, "LOCK", &path, "3").await.status, 400);
    assert_eq!(by_hand(&alice, "LOCK", &format!("{FILES}/d"), "0").await.status, 403);
    assert_eq!(by_hand(&alice, "LOCK", &format!("{FILES}/no"), "0").await.status, 404);
    assert_eq!(by_hand(&bob, "LOCK", &path, "0").await.status, 403);

    let ended = by_hand(&alice, "UNLOCK", &path, "0").await;
    assert_eq!(ended.status, 200);
    assert!(told(&ended)[..8].iter().all(|(_, value)| value.is_empty()), "{}", ended.text());
    assert_eq!(value(&told(&ended), "d:getetag"), unquoted);
    assert_eq!(alice.prop(&path, "nc:lock").await.as_deref(), Some(""));
    assert_eq!(alice.prop(&path, "nc:lock-owner").await, None);
}

#[tokio::test]
async fn others_are_barred_through_every_door() {
    let world = World::in_database().await;
    let id = shared(&world).await;
    let (alice, bob) = (world.alice(), world.bob());
    let form = "path=/d&shareType=3&permissions=15";
    let link = alice.ocs("POST", "/apps/files_sharing/api/v1/shares", form).await;
    let public = format!("/public.php/dav/files/{}", link.data["token"].as_str().unwrap());
    let guest = world.stranger();
    // A version to bring back, and a content in parts.
    world.clock.forward(100);
    assert_eq!(alice.put(&format!("{FILES}/d/f"), "new").await.status, 204);
    let versions = format!("/remote.php/dav/versions/bob/versions/{id}");
    let listed = bob.propfind(&versions, "1", "d:getetag").await;
    let version = listed.responses()[1].href().to_owned();
    let upload = "/remote.php/dav/uploads/bob/u";
    assert_eq!(bob.mkcol(upload).await, 201);
    assert_eq!(bob.put(&format!("{upload}/1"), "parts").await.status, 201);
    assert_eq!(bob.put(&format!("{BOB}/own"), "own").await.status, 201);

    let path = format!("{FILES}/d/f");
    assert_eq!(by_hand(&alice, "LOCK", &path, "0").await.status, 200);
    let (f, g) = (format!("{BOB}/d/f"), format!("{BOB}/d/g"));
    let over = [("overwrite", "T")];
    let favourite = "<d:set><d:prop><x:p xmlns:x=\"urn:x\">1</x:p></d:prop></d:set>";
    let lock = "<d:lockinfo xmlns:d=\"DAV:\"><d:lockscope><d:exclusive/></d:lockscope>\
                <d:locktype><d:write/></d:locktype></d:lockinfo>";
    for (door, answer) in [
        ("PUT", bob.put(&f, "bob's").await),
        ("DELETE", bob.delete(&f).await),
        ("MOVE", bob.transfer("MOVE", &f, &format!("{BOB}/d/h"), &[]).await),
        ("MOVE out", bob.transfer("MOVE", &f, &format!("{BOB}/h"), &[]).await),
        ("MOVE over", bob.transfer("MOVE", &g, &f, &over).await),
        ("COPY over", bob.transfer("COPY", &format!("{BOB}/own"), &f, &over).await),
        ("PROPPATCH", bob.proppatch(&f, favourite).await),
        ("LOCK", bob.send("LOCK", &f, &[], lock).await),
        ("parts", bob.transfer("MOVE", &format!("{upload}/.file"), &f, &[]).await),
        (
            "version",
            bob.transfer("MOVE", &version, "/remote.php/dav/versions/bob/restore/target", &[])
                .await,
        ),
        ("guest PUT", guest.put(&format!("{public}/f"), "guest's").await),
        ("guest DELETE", guest.delete(&format!("{public}/f")).await),
        (
            "guest MOVE",
            guest.transfer("MOVE", &format!("{public}/f"), &format!("{public}/h"), &[]).await,
        ),
    ] {
        assert_eq!(answer.status, 423, "{door}: {}", answer.text());
        let exception = match door {
            "LOCK" => "Sabre\\DAV\\Exception\\ConflictingLock",
            _ => "Sabre\\DAV\\Exception\\Locked",
        };
        assert_eq!(answer.error().0, exception, "{door}");
    }
    let part = "--b\r\nX-File-Path: /d/f\r\nContent-Length: 1\r\n\
                X-File-MD5: 9dd4e461268c8034f5c8564e155c67a6\r\n\r\nx\r\n--b--\r\n";
    let kind = [("content-type", "multipart/related; boundary=b")];
    let bulk = bob.send("POST", "/remote.php/dav/bulk", &kind, part).await;
    assert_eq!(bulk.json()["/d/f"]["error"], true, "{}", bulk.text());
    // Guests lock nothing by hand.
    let tried = by_hand(&guest, "LOCK", &format!("{public}/g"), "0").await;
    assert!(tried.status >= 400, "{}", tried.status);
    assert_eq!(alice.prop(&format!("{FILES}/d/g"), "nc:lock").await.as_deref(), Some(""));

    // Everybody reads, neighbours are free, and the holder does as they like.
    assert_eq!(bob.get(&f).await.text(), "new");
    assert_eq!(bob.put(&g, "free").await.status, 204);
    assert_eq!(alice.put(&path, "alice's").await.status, 204);
    let moved = format!("{FILES}/d/moved");
    assert_eq!(alice.transfer("MOVE", &path, &moved, &[]).await.status, 201);
    assert_eq!(alice.prop(&moved, "nc:lock").await.as_deref(), Some("1"));
    assert_eq!(bob.put(&format!("{BOB}/d/moved"), "bob's").await.status, 423);
    assert_eq!(by_hand(&alice, "UNLOCK", &moved, "0").await.status, 200);
    assert_eq!(bob.put(&format!("{BOB}/d/moved"), "bob's").await.status, 204);
}

#[tokio::test]
async fn a_lock_by_an_app_and_one_by_a_token() {
    let world = World::new().await;
    shared(&world).await;
    let (alice, bob) = (world.alice(), world.bob());
    let (path, theirs) = (format!("{FILES}/d/f"), format!("{BOB}/d/f"));
    assert_eq!(by_hand(&alice, "LOCK", &path, "1").await.status, 200);
    assert_eq!(alice.prop(&path, "nc:lock-owner-type").await.as_deref(), Some("1"));
    assert_eq!(alice.prop(&path, "nc:lock-owner-editor").await.as_deref(), Some("alice"));
    assert_eq!(bob.put(&theirs, "x").await.status, 423);
    assert_eq!(alice.put(&path, "y").await.status, 204);
    assert_eq!(by_hand(&alice, "UNLOCK", &path, "1").await.status, 200);

    let locked = by_hand(&alice, "LOCK", &path, "2").await;
    let token = value(&told(&locked), "nc:lock-token");
    assert_eq!(value(&told(&locked), "nc:lock-timeout"), "86400");
    assert_eq!(alice.put(&path, "x").await.status, 423);
    let holding = format!("(<opaquelocktoken:{token}>)");
    assert_eq!(alice.send("PUT", &path, &[("if", &holding)], "y").await.status, 204);
    assert_eq!(bob.send("PUT", &theirs, &[("if", &holding)], "z").await.status, 423);
    // Who holds it may end it without the token.
    assert_eq!(by_hand(&alice, "UNLOCK", &path, "2").await.status, 200);
    assert_eq!(bob.put(&theirs, "z").await.status, 204);
}

#[tokio::test]
async fn a_lock_lasts_as_long_as_the_administrator_says() {
    let world = World::new().await;
    shared(&world).await;
    let (alice, bob) = (world.alice(), world.bob());
    let (path, theirs) = (format!("{FILES}/d/f"), format!("{BOB}/d/f"));
    let config = "/apps/provisioning_api/api/v1/config/apps/files_lock/lock_timeout";
    assert_eq!(world.root().ocs("POST", config, "value=2").await.code, 200);
    let locked = by_hand(&alice, "LOCK", &path, "0").await;
    assert_eq!(value(&told(&locked), "nc:lock-timeout"), "120");
    world.clock.forward(119);
    assert_eq!(bob.put(&theirs, "x").await.status, 423);
    // Who locks again has it for as long once more.
    assert_eq!(by_hand(&alice, "LOCK", &path, "0").await.status, 200);
    world.clock.forward(119);
    assert_eq!(bob.put(&theirs, "x").await.status, 423);
    world.clock.forward(1);
    assert_eq!(bob.prop(&theirs, "nc:lock").await.as_deref(), Some(""));
    assert_eq!(bob.put(&theirs, "x").await.status, 204);
    assert_eq!(by_hand(&alice, "UNLOCK", &path, "0").await.status, 412);
    for endless in ["0", "-1", "junk"] {
        let form = format!("value={endless}");
        assert_eq!(world.root().ocs("POST", config, &form).await.code, 200);
        let locked = by_hand(&alice, "LOCK", &path, "0").await;
        assert_eq!(value(&told(&locked), "nc:lock-timeout"), "-60", "{endless}");
        world.clock.forward(100_000);
        assert_eq!(bob.put(&theirs, "x").await.status, 423);
        assert_eq!(by_hand(&alice, "UNLOCK", &path, "0").await.status, 200);
    }
}

#[tokio::test]
async fn files_are_locked_by_their_ids() {
    let world = World::new().await;
    let id = shared(&world).await;
    let (alice, bob) = (world.alice(), world.bob());
    let at = format!("{API}/{id}");
    let number: i64 = id.parse().unwrap();
    let locked = bob.ocs("PUT", &at, "lockType=0").await;
    let token = locked.data["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("files_lock/"), "{token}");
    let expected = json!({
        "id": number, "uri": "", "userId": "bob", "displayName": "Bob", "fileId": number,
        "token": token, "eta": -1, "creation": 1_800_000_000, "type": 0,
    });
    assert_eq!((locked.http, locked.code, &locked.data), (200, 200, &expected));
    let prop = alice.prop(&format!("{FILES}/d/f"), "nc:lock-token").await;
    assert_eq!(prop, Some(token));
    assert_eq!(alice.put(&format!("{FILES}/d/f"), "x").await.status, 423);
    let refused = alice.ocs("PUT", &at, "").await;
    assert_eq!((refused.http, refused.code, &refused.data), (423, 423, &expected));
    assert_eq!(bob.ocs("PUT", &at, "lockType=7").await.http, 400);
    assert_eq!(bob.ocs("GET", &at, "").await.http, 405);
    let ended = bob.ocs("DELETE", &at, "").await;
    assert_eq!((ended.http, ended.data), (200, json!([])));
    assert_eq!(bob.ocs("DELETE", &at, "").await.http, 412);
    // What one does not see is not there, be it locked or not.
    let own = format!("{FILES}/own");
    assert_eq!(alice.put(&own, "x").await.status, 201);
    let secret = alice.prop(&own, "oc:fileid").await.unwrap();
    assert_eq!(by_hand(&alice, "LOCK", &own, "0").await.status, 200);
    for unseen in [secret.as_str(), "999999", "18446744073709551615"] {
        let at = format!("{API}/{unseen}");
        assert_eq!(bob.ocs("PUT", &at, "").await.http, 404, "{unseen}");
        assert_eq!(bob.ocs("DELETE", &at, "").await.http, 404, "{unseen}");
    }
    let all = alice.ocs("GET", "/cloud/capabilities", "").await.data;
    let files = &all["capabilities"]["files"];
    assert_eq!((&files["locking"], &files["api-feature-lock-type"]), (&json!("1.0"), &json!(true)));
}

#[tokio::test]
async fn the_owner_breaks_a_lock_and_its_holder_is_told() {
    let world = World::in_database().await;
    let id = shared(&world).await;
    let (alice, bob) = (world.alice(), world.bob());
    let (path, theirs) = (format!("{FILES}/d/f"), format!("{BOB}/d/f"));
    assert_eq!(by_hand(&bob, "LOCK", &theirs, "0").await.status, 200);
    assert_eq!(alice.put(&path, "x").await.status, 423);
    // Only by a wish of that kind.
    assert_eq!(by_hand(&alice, "UNLOCK", &path, "2").await.status, 423);
    assert_eq!(by_hand(&alice, "UNLOCK", &path, "0").await.status, 200);
    assert_eq!(alice.put(&path, "x").await.status, 204);
    let events = Events::new(world.sql.clone());
    let reader = Reader { person: user("bob"), groups: Vec::new(), circles: Vec::new() };
    let news = events.notifications(&reader, 10).await.unwrap();
    let broken: Vec<_> = news.iter().filter(|n| n.kind == NotificationKind::LockBroken).collect();
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0].node.unwrap().to_string(), id);
    let listed = bob.ocs("GET", "/apps/notifications/api/v2/notifications", "").await;
    let subject = listed.data[0]["subject"].as_str().unwrap();
    assert_eq!(subject, "Alice removed your lock from f");
    let kind = EventKind::LockBroken.code();
    let rows = world.sql.read(allmende_sql::Statement::new(
        "SELECT actor, details FROM events WHERE kind = $1",
        vec![allmende_sql::Value::Int(kind)],
    ));
    let rows = rows.await.unwrap();
    assert_eq!(rows.len(), 1);
    let row = rows.iter().next().unwrap();
    assert_eq!(row.text(0).unwrap(), "person:alice");
    assert!(row.text(1).unwrap().contains("\"holder\":\"bob\""), "{}", row.text(1).unwrap());
    // Ends are told to nobody but the holder, and one's own not at all.
    assert_eq!(by_hand(&alice, "LOCK", &path, "0").await.status, 200);
    assert_eq!(by_hand(&alice, "UNLOCK", &path, "0").await.status, 200);
    assert_eq!(events.notifications(&reader, 10).await.unwrap().len(), news.len());
}
