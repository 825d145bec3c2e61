//! Input that is broken, or meant to break something.

use crate::common::{FILES, World};

#[tokio::test]
async fn bodies_of_a_wrong_length_leave_the_old_content() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    alice.put(&a, "old").await;
    let etag = alice.etag(&a).await;
    let short = alice.send("PUT", &a, &[("content-length", "10")], "12345").await;
    assert_eq!((short.status, short.error().0), (400, "Sabre\\DAV\\Exception\\BadRequest"));
    let long = alice.send("PUT", &a, &[("content-length", "2")], "12345").await;
    assert_eq!(long.status, 400);
    let broken = alice.send_broken("PUT", &a, &[], b"half of it").await;
    assert_eq!(broken.status, 400);
    let junk = alice.send("PUT", &a, &[("content-length", "junk")], "new").await;
    assert_eq!(junk.status, 400);
    assert_eq!(alice.get(&a).await.text(), "old");
    assert_eq!(alice.etag(&a).await, etag);
    let none = alice.send_broken("PUT", &format!("{FILES}/b"), &[], b"x").await;
    assert_eq!(none.status, 400);
    assert_eq!(alice.get(&format!("{FILES}/b")).await.status, 404);
}

#[tokio::test]
async fn xml_that_means_harm() {
    let world = World::new().await;
    let alice = world.alice();
    alice.put(&format!("{FILES}/a"), "x").await;
    let bomb = "<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b \
                '&a;&a;&a;&a;&a;&a;&a;&a;'>]><d:propfind xmlns:d='DAV:'><d:prop><x>&b;</x>\
                </d:prop></d:propfind>";
    let external = "<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>\
                    <d:propfind xmlns:d='DAV:'><d:prop><x>&a;</x></d:prop></d:propfind>";
    let deep = format!(
        "<d:propfind xmlns:d='DAV:'><d:prop>{}{}</d:prop></d:propfind>",
        "<x>".repeat(5000),
        "</x>".repeat(5000)
    );
    let long = format!("<d:propfind xmlns:d='DAV:'><d:prop><{}/></d:prop></d:propfind>", {
        "x".repeat(16 * 1024 * 1024)
    });
    let bodies = [
        bomb.to_owned(),
        external.to_owned(),
        deep,
        long,
        "<d:propfind xmlns:d='DAV:'><d:prop>".to_owned(),
        "<x:propfind/>".to_owned(),
        "no xml".to_owned(),
    ];
    for body in bodies {
        for (method, path) in [
            ("PROPFIND", format!("{FILES}/a")),
            ("PROPFIND", "/remote.php/dav/".to_owned()),
            ("PROPPATCH", format!("{FILES}/a")),
            ("REPORT", format!("{FILES}/")),
        ] {
            let answer = alice.send(method, &path, &[("depth", "0")], body.clone()).await;
            let start: String = body.chars().take(60).collect();
            assert!(
                matches!(answer.status, 400 | 413 | 415),
                "{method} {path} {start}: {} {}",
                answer.status,
                answer.text()
            );
            assert!(!answer.text().contains("root:"), "{start}");
        }
    }
}

#[tokio::test]
async fn paths_do_not_lead_out() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    bob.put("/remote.php/dav/files/bob/secret", "secret").await;
    for path in [
        "../bob/secret",
        "%2e%2e/bob/secret",
        "a/../../bob/secret",
        "%2e%2e%2fbob%2fsecret",
        ".",
        "a%00b",
        "a%0ab",
        "%",
        "%zz",
    ] {
        let at = format!("{FILES}/{path}");
        for method in ["GET", "PUT", "MKCOL", "DELETE", "PROPFIND", "PROPPATCH"] {
            let answer = alice.send(method, &at, &[], "").await;
            let status = answer.status;
            assert!((400..500).contains(&status), "{method} {path}: {status}");
            assert!(!answer.body.windows(6).any(|window| window == b"secret<"), "{path}");
        }
        let from = format!("{FILES}/ok");
        alice.put(&from, "ok").await;
        let moved = alice.transfer("MOVE", &from, &at, &[]).await.status;
        assert!((400..500).contains(&moved), "MOVE {path}: {moved}");
    }
    assert_eq!(bob.get("/remote.php/dav/files/bob/secret").await.text(), "secret");
}

#[tokio::test]
async fn bytes_that_are_no_text() {
    let world = World::new().await;
    let alice = world.alice();
    // Read as Latin-1 or refused, but never stored as it is.
    let status = alice.put(&format!("{FILES}/%ff%fe"), "x").await.status;
    assert!(matches!(status, 201 | 400), "{status}");
    let listed = alice.propfind(&format!("{FILES}/"), "1", "d:displayname").await;
    assert!(std::str::from_utf8(&listed.body).is_ok());
    // A path with more names than there may be.
    let deep = format!("{FILES}{}", "/d".repeat(300));
    let status = alice.mkcol(&deep).await;
    assert!((400..500).contains(&status), "{status}");
    let depth = alice.send("PROPFIND", &format!("{FILES}/"), &[("depth", "-1")], "").await;
    assert_eq!(depth.hrefs()[0], format!("{FILES}/"));
}

#[tokio::test]
async fn headers_that_are_no_headers() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    alice.put(&a, "old").await;
    for header in [
        ("oc-total-length", "-1"),
        ("oc-total-length", "junk"),
        ("x-oc-ctime", "junk"),
        ("oc-checksum", "\u{fc}"),
        ("if", "((((("),
        ("if", "<a"),
    ] {
        let answer = alice.send("PUT", &a, &[header], "new").await;
        assert!((400..500).contains(&answer.status), "{header:?}: {}", answer.status);
        assert_eq!(alice.get(&a).await.text(), "old", "{header:?}");
    }
    for (to, overwrite) in
        [("%", "T"), ("", "T"), ("//", "T"), ("/remote.php/dav/files/alice/b", "X")]
    {
        let answer = alice.transfer("MOVE", &a, to, &[("overwrite", overwrite)]).await;
        assert!((400..=500).contains(&answer.status), "{to} {overwrite}: {}", answer.status);
    }
    assert_eq!(alice.get(&a).await.text(), "old");
}
