//! Times, checksums and folders that come along with a file.

use crate::common::{FILES, World};

const SHA1: &str = "SHA1:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
const MD5: &str = "MD5:5d41402abc4b2a76b9719d911017c592";

#[tokio::test]
async fn times_of_the_client_are_kept() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    let headers = [("x-oc-mtime", "1600000000.75"), ("x-oc-ctime", "1500000000")];
    let made = alice.send("PUT", &a, &headers, "x").await;
    assert_eq!(made.header("x-oc-mtime"), Some("accepted"));
    assert_eq!(made.header("x-oc-ctime"), Some("accepted"));
    assert_eq!(
        alice.prop(&a, "d:getlastmodified").await.as_deref(),
        Some("Sun, 13 Sep 2020 12:26:40 GMT")
    );
    assert_eq!(alice.prop(&a, "nc:creation_time").await.as_deref(), Some("1500000000"));
    let plain = alice.put(&a, "y").await;
    assert_eq!((plain.header("x-oc-mtime"), plain.header("x-oc-ctime")), (None, None));
    assert_eq!(
        alice.prop(&a, "d:getlastmodified").await.as_deref(),
        Some("Fri, 15 Jan 2027 08:00:00 GMT")
    );
    // A time that is none is refused before the content is replaced.
    for bad in ["0x5f5e1000", "86400", "yesterday", "-5"] {
        let answer = alice.send("PUT", &a, &[("x-oc-mtime", bad)], "z").await;
        assert!(answer.status >= 400, "{bad}: {}", answer.status);
        assert_eq!(alice.get(&a).await.text(), "y", "{bad}");
    }
}

#[tokio::test]
async fn checksums_are_kept_and_told() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    let both = format!("{SHA1} {MD5}");
    alice.send("PUT", &a, &[("oc-checksum", &both)], "hello").await;
    assert_eq!(alice.get(&a).await.header("oc-checksum"), Some(both.as_str()));
    let head = alice.send("HEAD", &a, &[], "").await;
    assert_eq!((head.header("oc-checksum"), head.text()), (Some(both.as_str()), ""));
    assert_eq!(
        alice.prop(&a, "oc:checksums").await,
        Some(format!("<oc:checksum>{SHA1}</oc:checksum><oc:checksum>{MD5}</oc:checksum>"))
    );
    // They are those of a content, and go with it.
    alice.put(&a, "hello").await;
    assert_eq!(alice.get(&a).await.header("oc-checksum"), None);
    assert_eq!(alice.prop(&a, "oc:checksums").await, None);
}

#[tokio::test]
async fn a_wrong_checksum_leaves_the_old_content() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    alice.put(&a, "old").await;
    let etag = alice.etag(&a).await;
    let wrong = alice.send("PUT", &a, &[("oc-checksum", SHA1)], "hellO").await;
    assert_eq!((wrong.status, wrong.error().0), (400, "Sabre\\DAV\\Exception\\BadRequest"));
    assert_eq!(alice.get(&a).await.text(), "old");
    assert_eq!(alice.etag(&a).await, etag);
    let junk = alice.send("PUT", &a, &[("oc-checksum", "junk")], "new").await;
    assert_eq!(junk.status, 400);
}

#[tokio::test]
async fn hashes_are_told_on_demand() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    let all = alice.send("PUT", &a, &[("x-hash", "all")], "hello").await;
    assert_eq!(all.header("x-hash-md5"), Some("5d41402abc4b2a76b9719d911017c592"));
    assert_eq!(all.header("x-hash-sha1"), Some("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"));
    assert_eq!(
        all.header("x-hash-sha256"),
        Some("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
    );
    let one = alice.send("PUT", &a, &[("x-hash", "md5")], "hello").await;
    assert!(one.header("x-hash-md5").is_some() && one.header("x-hash-sha1").is_none());

    let again = alice.send("PATCH", &a, &[("x-recalculate-hash", "sha1")], "").await;
    assert_eq!((again.status, again.header("oc-checksum")), (204, Some(SHA1)));
    assert_eq!(alice.get(&a).await.header("oc-checksum"), Some(SHA1));
    let junk = alice.send("PATCH", &a, &[("x-recalculate-hash", "crc")], "").await;
    assert_eq!(junk.status, 400);
}

#[tokio::test]
async fn missing_folders_are_made_if_asked() {
    let world = World::new().await;
    let alice = world.alice();
    let deep = format!("{FILES}/x/y/z.txt");
    let asked = [("x-nc-webdav-auto-mkcol", "1")];
    assert_eq!(alice.send("PUT", &deep, &asked, "x").await.status, 201);
    assert_eq!(alice.get(&deep).await.text(), "x");
    let listed = alice.propfind(&format!("{FILES}/x"), "1", "oc:id").await;
    assert_eq!(listed.hrefs(), [format!("{FILES}/x/"), format!("{FILES}/x/y/")]);
    let not = [("x-nc-webdav-auto-mkcol", "0")];
    assert_eq!(alice.send("PUT", &format!("{FILES}/q/r"), &not, "x").await.status, 404);
}
