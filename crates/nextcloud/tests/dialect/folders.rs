//! Downloads of folders, and the collections above people's files.

use crate::common::{FILES, World};

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn folders_as_archives() {
    let world = World::new().await;
    let alice = world.alice();
    let dir = format!("{FILES}/dir1");
    alice.mkcol(&dir).await;
    alice.mkcol(&format!("{dir}/sub")).await;
    alice.put(&format!("{dir}/a.txt"), "content of a").await;
    alice.put(&format!("{dir}/sub/b.txt"), "content of b").await;

    let zip = alice.send("GET", &dir, &[("accept", "application/zip")], "").await;
    assert_eq!((zip.status, zip.header("content-type")), (200, Some("application/zip")));
    assert_eq!(zip.header("content-length"), None);
    let named = "attachment; filename*=UTF-8''dir1.zip; filename=\"dir1.zip\"";
    assert_eq!(zip.header("content-disposition"), Some(named));
    assert!(zip.body.starts_with(b"PK\x03\x04"));
    // Names stand below the folder's, and contents are not compressed.
    for text in ["dir1/a.txt", "dir1/sub/b.txt", "content of a", "content of b"] {
        assert!(contains(&zip.body, text), "{text}");
    }

    let tar = alice.get(&format!("{dir}?accept=tar")).await;
    assert_eq!(tar.header("content-type"), Some("application/x-tar"));
    assert_eq!(tar.body.len() % 512, 0);
    assert!(contains(&tar.body, "dir1/sub/b.txt") && contains(&tar.body, "content of b"));

    let some = alice.get(&format!("{dir}?accept=zip&files=%5B%22a.txt%22%5D")).await;
    assert!(contains(&some.body, "a.txt") && !contains(&some.body, "dir1/"));
    assert!(!contains(&some.body, "content of b"));
    let one = [("accept", "application/zip"), ("x-nc-files", "sub")];
    let one = alice.send("GET", &dir, &one, "").await;
    assert!(contains(&one.body, "sub/b.txt") && !contains(&one.body, "content of a"));
    let missing = alice.get(&format!("{dir}?accept=zip&files=%5B%22nope%22%5D")).await;
    assert_eq!(missing.status, 404);

    let root = alice.get(&format!("{FILES}/?accept=zip")).await;
    assert!(root.header("content-disposition").unwrap().contains("download.zip"));
    let head = alice.send("HEAD", &format!("{dir}?accept=zip"), &[], "").await;
    assert_eq!((head.status, head.text()), (200, ""));
    assert_ne!(head.header("content-type"), Some("application/zip"));
}

#[tokio::test]
async fn the_root_and_principals() {
    let world = World::new().await;
    let alice = world.alice();
    let root = alice.propfind("/remote.php/dav/", "1", "d:resourcetype").await;
    let hrefs = root.hrefs();
    assert_eq!(hrefs[0], "/remote.php/dav/");
    for name in ["files", "uploads", "principals", "avatars"] {
        assert!(hrefs.contains(&&*format!("/remote.php/dav/{name}/")), "{hrefs:?}");
    }
    let me = alice.prop("/remote.php/dav/", "d:current-user-principal").await;
    let href = "<d:href>/remote.php/dav/principals/users/alice/</d:href>";
    assert_eq!(me.as_deref(), Some(href));
    let bob = "/remote.php/dav/principals/users/bob/";
    assert_eq!(alice.prop(bob, "d:displayname").await.as_deref(), Some("Bob"));
    let nobody = alice.propfind("/remote.php/dav/principals/users/nobody/", "0", "d:href").await;
    assert_eq!(nobody.status, 404);
    assert_eq!(alice.propfind("/remote.php/dav/nothing", "0", "d:href").await.status, 404);
}

#[tokio::test]
async fn pictures_of_people() {
    let world = World::new().await;
    let alice = world.alice();
    let listed = alice.propfind("/remote.php/dav/avatars/bob", "1", "d:resourcetype").await;
    assert_eq!(
        listed.hrefs(),
        ["/remote.php/dav/avatars/bob/", "/remote.php/dav/avatars/bob/96.jpeg"]
    );
    let png = alice.get("/remote.php/dav/avatars/bob/128.png").await;
    assert_eq!((png.status, png.header("content-type")), (200, Some("image/png")));
    assert!(png.body.starts_with(b"\x89PNG"));
    let jpeg = alice.get("/remote.php/dav/avatars/bob/96.jpeg").await;
    assert!(jpeg.body.starts_with(b"\xff\xd8"));
    for missing in ["nobody/64.png", "bob/64.gif", "bob/x.png", "bob/a/b"] {
        let path = format!("/remote.php/dav/avatars/{missing}");
        assert_eq!(alice.get(&path).await.status, 404, "{missing}");
    }

    // On the page address nobody needs to sign in.
    let stranger = world.stranger();
    let small = stranger.get("/index.php/avatar/alice/32").await;
    assert_eq!((small.status, small.header("x-nc-iscustomavatar")), (200, Some("0")));
    // Width and height stand behind the head of the first chunk.
    assert_eq!(small.body[16..24], [0, 0, 0, 64, 0, 0, 0, 64]);
    let large = stranger.get("/avatar/alice/100/dark").await;
    assert_eq!(large.body[16..24], [0, 0, 2, 0, 0, 0, 2, 0]);
    let etag = small.header("etag").unwrap();
    let known = [("if-none-match", etag)];
    let known = stranger.send("GET", "/index.php/avatar/alice/32", &known, "").await;
    assert_eq!((known.status, known.text()), (304, ""));
    let nobody = stranger.get("/index.php/avatar/nobody/64").await;
    assert_eq!((nobody.status, nobody.text()), (404, "[]"));
}
