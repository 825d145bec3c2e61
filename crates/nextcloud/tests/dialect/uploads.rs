//! Chunked uploads, version 2.

use crate::common::{FILES, World};

const UPLOAD: &str = "/remote.php/dav/uploads/alice/up-1";

fn whole() -> String {
    format!("{UPLOAD}/.file")
}

#[tokio::test]
async fn parts_are_joined_by_their_numbers() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a.txt");
    let total = [("destination", a.as_str()), ("oc-total-length", "11")];
    assert_eq!(alice.send("MKCOL", UPLOAD, &total, "").await.status, 201);
    assert_eq!(alice.mkcol(UPLOAD).await, 405);
    // Put in no order: 9 comes before 10, and 00002 before both.
    for (part, content) in [("10", "world"), ("9", "lo "), ("00002", "hel")] {
        let made = alice.send("PUT", &format!("{UPLOAD}/{part}"), &total, content).await;
        assert_eq!((made.status, made.header("oc-fileid")), (201, None), "{part}");
    }
    let headers = [
        ("oc-total-length", "11"),
        ("x-oc-mtime", "1500000000"),
        ("oc-checksum", "MD5:5eb63bbbe01eeed093cb22bb8f5acdc3"),
    ];
    let moved = alice.transfer("MOVE", &whole(), &a, &headers).await;
    assert_eq!(moved.status, 201, "{}", moved.text());
    assert!(moved.header("oc-fileid").unwrap().ends_with("oc48fzr4wkqv"));
    assert_eq!(moved.header("x-oc-mtime"), Some("accepted"));
    let got = alice.get(&a).await;
    assert_eq!(got.text(), "hello world");
    assert_eq!(got.header("etag"), moved.header("etag"));
    assert_eq!(got.header("oc-etag"), moved.header("oc-etag"));
    assert_eq!(got.header("oc-checksum"), Some("MD5:5eb63bbbe01eeed093cb22bb8f5acdc3"));
    assert_eq!(
        alice.prop(&a, "d:getlastmodified").await.as_deref(),
        Some("Fri, 14 Jul 2017 02:40:00 GMT")
    );
    assert_eq!(alice.propfind(UPLOAD, "1", "d:getcontentlength").await.status, 404);
}

#[tokio::test]
async fn an_upload_goes_on_where_it_stopped() {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(UPLOAD).await;
    alice.put(&format!("{UPLOAD}/00001"), "hello").await;
    alice.put(&format!("{UPLOAD}/00002"), "wor").await;
    let listed = alice.propfind(UPLOAD, "1", "d:getcontentlength").await;
    let mut parts: Vec<_> =
        listed.responses().iter().map(|r| (r.href(), r.prop("d:getcontentlength"))).collect();
    assert_eq!(parts.remove(0), (&*format!("{UPLOAD}/"), None));
    parts.sort_unstable();
    assert_eq!(
        parts,
        [
            (&*whole(), Some("8")),
            (&*format!("{UPLOAD}/00001"), Some("5")),
            (&*format!("{UPLOAD}/00002"), Some("3")),
        ]
    );
    // A part may be sent again, and can be told from what was there before.
    let tags = async || {
        let listed = alice.propfind(UPLOAD, "1", "d:getetag d:getcontenttype").await;
        let [_, files @ ..] = &listed.responses()[..] else { panic!("{}", listed.text()) };
        for file in files {
            assert_eq!(file.prop("d:getcontenttype"), Some("application/octet-stream"));
        }
        files.iter().map(|r| r.prop("d:getetag").unwrap().to_owned()).collect::<Vec<_>>()
    };
    let before = tags().await;
    let same = |now: &[String]| now.iter().zip(&before).map(|(a, b)| a == b).collect::<Vec<_>>();
    assert_eq!(same(&tags().await), [true, true, true]);
    assert_eq!(alice.put(&format!("{UPLOAD}/00002"), "world").await.status, 204);
    assert_eq!(same(&tags().await), [false, true, false]);
    let one = alice.prop(&format!("{UPLOAD}/00001"), "d:getetag").await;
    assert_eq!(one.as_deref(), before.get(1).map(String::as_str));
    alice.transfer("MOVE", &whole(), &format!("{FILES}/a"), &[]).await;
    assert_eq!(alice.get(&format!("{FILES}/a")).await.text(), "helloworld");
}

#[tokio::test]
async fn an_upload_is_given_up() {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(UPLOAD).await;
    alice.put(&format!("{UPLOAD}/1"), "hello").await;
    assert_eq!(alice.delete(UPLOAD).await.status, 204);
    assert_eq!(alice.delete(UPLOAD).await.status, 404);
    assert_eq!(alice.put(&format!("{UPLOAD}/2"), "x").await.status, 404);
    let late = alice.transfer("MOVE", &whole(), &format!("{FILES}/a"), &[]).await;
    assert_eq!(late.status, 404);
    assert_eq!(alice.get(&format!("{FILES}/a")).await.status, 404);
}

#[tokio::test]
async fn what_does_not_add_up_is_kept() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    alice.put(&a, "old").await;
    alice.mkcol(UPLOAD).await;
    alice.put(&format!("{UPLOAD}/1"), "helloworld").await;
    let wrong = alice.transfer("MOVE", &whole(), &a, &[("oc-total-length", "11")]).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.error().1, "Chunks on server do not sum up to 11 but to 10 bytes");
    let sum = [("oc-checksum", "MD5:5d41402abc4b2a76b9719d911017c592")];
    assert_eq!(alice.transfer("MOVE", &whole(), &a, &sum).await.status, 400);
    assert_eq!(alice.get(&a).await.text(), "old");
    let right = alice.transfer("MOVE", &whole(), &a, &[("oc-total-length", "10")]).await;
    assert_eq!(right.status, 204);
    assert_eq!(alice.get(&a).await.text(), "helloworld");
}

#[tokio::test]
async fn the_target_is_guarded() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    let etag = alice.put(&a, "old").await.header("etag").unwrap().to_owned();
    alice.mkcol(&format!("{FILES}/dir")).await;
    alice.mkcol(UPLOAD).await;
    alice.put(&format!("{UPLOAD}/1"), "new").await;
    let stale = format!("<{a}> ([\"stale\"])");
    let other = format!("<{FILES}/dir> ([{etag}])");
    for (to, header, status) in [
        (a.clone(), ("overwrite", "F"), 412),
        (a.clone(), ("if", stale.as_str()), 412),
        (a.clone(), ("if", other.as_str()), 412),
        (a.clone(), ("if-match", "\"stale\""), 412),
        (format!("{FILES}/b"), ("if-match", "*"), 412),
        (format!("{FILES}/dir"), ("overwrite", "T"), 400),
        (format!("{FILES}/none/a"), ("overwrite", "T"), 409),
        (format!("{FILES}/none/a"), ("x-nc-webdav-auto-mkcol", "1"), 409),
        ("/elsewhere".to_owned(), ("overwrite", "T"), 403),
    ] {
        let answer = alice.transfer("MOVE", &whole(), &to, &[header]).await;
        assert_eq!(answer.status, status, "{to} {header:?}: {}", answer.text());
        assert_eq!(alice.get(&a).await.text(), "old", "{to} {header:?}");
    }
    let holds = format!("<{a}> ([{etag}])");
    let moved = alice.transfer("MOVE", &whole(), &a, &[("if", &holds)]).await;
    assert_eq!(moved.status, 204, "{}", moved.text());
    assert!(moved.header("etag").is_some() && moved.header("oc-fileid").is_some());
    assert_eq!(alice.get(&a).await.text(), "new");
}

#[tokio::test]
async fn an_upload_without_parts_is_empty_or_refused() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    alice.mkcol(UPLOAD).await;
    let told = alice.transfer("MOVE", &whole(), &a, &[("oc-total-length", "5")]).await;
    assert_eq!(told.status, 400);
    assert_eq!(alice.get(&a).await.status, 404);
}

#[tokio::test]
async fn uploads_are_not_read() {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(UPLOAD).await;
    alice.put(&format!("{UPLOAD}/1"), "hello").await;
    for path in [whole(), format!("{UPLOAD}/1")] {
        assert_eq!(alice.get(&path).await.status, 405, "{path}");
    }
    let list = alice.propfind("/remote.php/dav/uploads/alice", "1", "d:getetag").await;
    assert_eq!(list.status, 405);
    // The data are the caller's own, whoever stands in the path.
    let bob = world.bob();
    assert_eq!(bob.propfind(UPLOAD, "1", "d:getcontentlength").await.status, 404);
    let theirs = bob.transfer("MOVE", &whole(), "/remote.php/dav/files/bob/a", &[]).await;
    assert_eq!(theirs.status, 404);
}

#[tokio::test]
async fn an_empty_part_that_broke_off_is_not_there() {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(UPLOAD).await;
    let part = format!("{UPLOAD}/1");
    assert_eq!(alice.send("PUT", &part, &[("content-length", "9")], "short").await.status, 400);
    assert_eq!(alice.send_broken("PUT", &part, &[], b"half").await.status, 400);
    let listed = alice.propfind(UPLOAD, "1", "d:getcontentlength").await;
    assert!(!listed.hrefs().contains(&part.as_str()), "{}", listed.text());
}
