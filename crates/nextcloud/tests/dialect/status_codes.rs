//! Which status each method answers in which case, and what the error says.

use crate::common::{FILES, World};

#[tokio::test]
async fn put_makes_and_replaces() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a.txt");
    let made = alice.put(&a, "hello").await;
    assert_eq!((made.status, made.text()), (201, ""));
    let id = made.header("oc-fileid").unwrap();
    assert!(id.ends_with("oc48fzr4wkqv") && id.len() == 8 + 12, "{id}");
    assert_eq!(made.header("x-nc-permissions"), Some("RGDNVW"));
    assert_eq!(made.header("x-nc-ownerid"), Some("alice"));
    assert_eq!(made.header("x-user-id"), Some("alice"));
    assert_eq!(made.header("content-security-policy"), Some("default-src 'none';"));
    let etag = made.header("etag").unwrap();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    assert_eq!(made.header("oc-etag"), Some(etag));

    let replaced = alice.put(&a, "hello").await;
    assert_eq!((replaced.status, replaced.text()), (204, ""));
    assert_eq!(replaced.header("oc-fileid"), Some(id));
    // The same bytes once more are a change all the same.
    assert_ne!(replaced.header("etag"), Some(etag));

    let got = alice.get(&a).await;
    assert_eq!((got.status, got.text()), (200, "hello"));
    assert_eq!(got.header("etag"), replaced.header("etag"));
    assert_eq!(got.header("oc-etag"), replaced.header("etag"));
    assert_eq!(got.header("oc-fileid"), None);
    assert_eq!(got.header("content-length"), Some("5"));
    assert_eq!(
        got.header("content-disposition"),
        Some("attachment; filename*=UTF-8''a.txt; filename=\"a.txt\"")
    );
    // A slash behind a file means nothing.
    assert_eq!(alice.get(&format!("{a}/")).await.text(), "hello");
}

#[tokio::test]
async fn put_is_refused() {
    let world = World::new().await;
    let alice = world.alice();
    assert_eq!(alice.mkcol(&format!("{FILES}/dir")).await, 201);
    let lost = alice.put(&format!("{FILES}/none/a.txt"), "x").await;
    assert_eq!((lost.status, lost.error().0), (404, "Sabre\\DAV\\Exception\\NotFound"));
    let folder = alice.put(&format!("{FILES}/dir"), "x").await;
    assert_eq!(folder.status, 409);
    assert_eq!(
        folder.error(),
        ("Sabre\\DAV\\Exception\\Conflict", "PUT is not allowed on non-files.")
    );
    let part = [("content-range", "bytes 0-0/5")];
    let part = alice.send("PUT", &format!("{FILES}/a.txt"), &part, "x").await;
    assert_eq!((part.status, part.error().0), (400, "Sabre\\DAV\\Exception\\BadRequest"));
    assert_eq!(alice.get(&format!("{FILES}/a.txt")).await.status, 404);
    // Where a file is a parent, nothing can be.
    alice.put(&format!("{FILES}/file"), "x").await;
    let inside = alice.put(&format!("{FILES}/file/b"), "x").await.status;
    assert!(matches!(inside, 404 | 409), "{inside}");
}

#[tokio::test]
async fn mkcol() {
    let world = World::new().await;
    let alice = world.alice();
    let made = alice.send("MKCOL", &format!("{FILES}/dir"), &[], "").await;
    assert_eq!(made.status, 201);
    assert!(made.header("oc-fileid").is_some());
    assert_eq!((made.header("etag"), made.header("oc-etag")), (None, None));
    let again = alice.send("MKCOL", &format!("{FILES}/dir/"), &[], "").await;
    assert_eq!(again.status, 405);
    assert_eq!(again.error().1, "The resource you tried to create already exists");
    let lost = alice.send("MKCOL", &format!("{FILES}/none/dir"), &[], "").await;
    assert_eq!(lost.status, 409);
    assert_eq!(lost.error(), ("Sabre\\DAV\\Exception\\Conflict", "Parent node does not exist"));
    let body = alice.send("MKCOL", &format!("{FILES}/x"), &[], "no xml").await;
    assert!(matches!(body.status, 400 | 415), "{}", body.status);
}

#[tokio::test]
async fn delete() {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/dir")).await;
    alice.put(&format!("{FILES}/dir/a"), "x").await;
    let gone = alice.delete(&format!("{FILES}/dir")).await;
    assert_eq!((gone.status, gone.header("oc-fileid")), (204, None));
    let missing = alice.delete(&format!("{FILES}/dir")).await;
    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.error(),
        ("Sabre\\DAV\\Exception\\NotFound", "File with name /dir could not be located")
    );
    let home = alice.delete(&format!("{FILES}/")).await;
    assert_eq!((home.status, home.error().1), (403, "Permission denied to delete home folder"));
}

#[tokio::test]
async fn get_of_folders_and_of_nothing() {
    let world = World::new().await;
    let alice = world.alice();
    let root = alice.get(&format!("{FILES}/")).await;
    assert_eq!(root.status, 200);
    assert!(root.header("content-type").unwrap().starts_with("text/plain"));
    let missing = alice.get(&format!("{FILES}/nope")).await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.error().1, "File with name /nope could not be located");
    let body = missing.text();
    assert!(
        body.starts_with(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<d:error xmlns:d=\"DAV:\" \
             xmlns:s=\"http://sabredav.org/ns\">"
        ),
        "{body}"
    );
}

#[tokio::test]
async fn moves() {
    let world = World::new().await;
    let alice = world.alice();
    let at = |name: &str| format!("{FILES}/{name}");
    alice.put(&at("a"), "a").await;
    alice.put(&at("b"), "b").await;
    alice.mkcol(&at("dir")).await;
    let (id, etag) = (alice.prop(&at("a"), "oc:id").await, alice.etag(&at("a")).await);

    let moved = alice.transfer("MOVE", &at("a"), &at("dir/a"), &[]).await;
    assert_eq!((moved.status, moved.text()), (201, ""));
    assert_eq!(moved.header("oc-fileid"), id.as_deref());
    let quoted = format!("\"{}\"", etag.replace("&quot;", "").replace('"', ""));
    assert_eq!(moved.header("etag"), Some(quoted.as_str()));
    assert_eq!(alice.etag(&at("dir/a")).await, etag);
    assert_eq!(alice.get(&at("a")).await.status, 404);

    let kept = alice.transfer("MOVE", &at("b"), &at("dir/a"), &[("overwrite", "F")]).await;
    assert_eq!((kept.status, kept.error().0), (412, "Sabre\\DAV\\Exception\\PreconditionFailed"));
    assert!(kept.text().contains("<s:header>Overwrite</s:header>"), "{}", kept.text());
    assert_eq!(alice.get(&at("dir/a")).await.text(), "a");
    assert_eq!(alice.transfer("MOVE", &at("b"), &at("dir/a"), &[]).await.status, 204);
    assert_eq!(alice.get(&at("dir/a")).await.text(), "b");

    // A host in the destination means nothing.
    let url = format!("https://elsewhere.example{}", at("c%20d"));
    assert_eq!(alice.transfer("MOVE", &at("dir/a"), &url, &[]).await.status, 201);
    assert_eq!(alice.get(&at("c%20d")).await.text(), "b");

    let folder = alice.transfer("MOVE", &at("dir"), &at("dir2"), &[]).await;
    assert_eq!((folder.status, folder.header("etag")), (201, None));
    assert!(folder.header("oc-fileid").is_some());
}

#[tokio::test]
async fn moves_that_cannot_be() {
    let world = World::new().await;
    let alice = world.alice();
    let at = |name: &str| format!("{FILES}/{name}");
    alice.mkcol(&at("dir")).await;
    alice.mkcol(&at("dir/sub")).await;
    alice.put(&at("a"), "a").await;
    for (method, from, to, status) in [
        ("MOVE", at("a"), at("none/a"), 409),
        ("COPY", at("a"), at("none/a"), 409),
        ("MOVE", at("none"), at("b"), 404),
        ("COPY", at("none"), at("b"), 404),
        ("MOVE", at("a"), at("a"), 403),
        ("MOVE", at("dir"), at("dir/sub/dir"), 409),
        ("MOVE", at(""), at("dir/home"), 409),
        ("MOVE", at("a"), "/elsewhere/a".to_owned(), 403),
        ("MOVE", at("a"), "/remote.php/dav/files/bob/a".to_owned(), 403),
    ] {
        let answer = alice.transfer(method, &from, &to, &[]).await;
        assert_eq!(answer.status, status, "{method} {from} {to}: {}", answer.text());
    }
    let same = alice.transfer("MOVE", &at("a"), &at("a"), &[]).await;
    assert_eq!(same.error().1, "Source and destination uri are identical.");
    let above = alice.transfer("MOVE", &at("dir/sub"), &at("dir"), &[]).await;
    assert!(matches!(above.status, 403 | 409), "{}", above.status);
    let nowhere = alice.send("MOVE", &at("a"), &[], "").await.status;
    assert!((400..=500).contains(&nowhere), "{nowhere}");
    assert_eq!(alice.get(&at("a")).await.text(), "a");
    assert_eq!(alice.propfind(&at("dir/sub"), "0", "oc:id").await.status, 207);
}

#[tokio::test]
async fn copies() {
    let world = World::new().await;
    let alice = world.alice();
    let at = |name: &str| format!("{FILES}/{name}");
    alice.mkcol(&at("dir")).await;
    alice.mkcol(&at("dir/sub")).await;
    alice.put(&at("dir/sub/a"), "a").await;
    let copied = alice.transfer("COPY", &at("dir"), &at("new"), &[("depth", "0")]).await;
    assert_eq!(copied.status, 201);
    // Whatever the depth, a copied folder has all that is in it.
    assert_eq!(alice.get(&at("new/sub/a")).await.text(), "a");
    let ids =
        [alice.prop(&at("dir/sub/a"), "oc:id").await, alice.prop(&at("new/sub/a"), "oc:id").await];
    assert_ne!(ids[0], ids[1]);
    let file = alice.transfer("COPY", &at("dir/sub/a"), &at("b"), &[]).await;
    assert_eq!((file.status, file.header("etag")), (201, None));
    assert_eq!(alice.transfer("COPY", &at("dir/sub/a"), &at("b"), &[]).await.status, 204);
    // A folder replaces a folder as a whole.
    alice.put(&at("dir/only"), "x").await;
    assert_eq!(alice.transfer("COPY", &at("dir/sub"), &at("new"), &[]).await.status, 204);
    assert_eq!(alice.propfind(&at("new"), "1", "oc:id").await.hrefs(), [at("new/"), at("new/a")]);
}

#[tokio::test]
async fn methods_that_are_not_there() {
    let world = World::new().await;
    let alice = world.alice();
    alice.put(&format!("{FILES}/a"), "a").await;
    let post = alice.send("POST", &format!("{FILES}/a"), &[], "x").await;
    assert_eq!((post.status, post.error().0), (501, "Sabre\\DAV\\Exception\\NotImplemented"));
    let body = "<d:version-tree xmlns:d=\"DAV:\"><d:prop/></d:version-tree>";
    let report = alice.send("REPORT", &format!("{FILES}/"), &[], body).await;
    assert_eq!(report.status, 415);
    assert_eq!(report.error().0, "Sabre\\DAV\\Exception\\ReportNotSupported");
    assert!(report.text().contains("<d:supported-report/>"), "{}", report.text());
    let options = alice.send("OPTIONS", &format!("{FILES}/"), &[], "").await;
    assert_eq!(options.status, 200);
    let dav: Vec<&str> = options.header("dav").unwrap().split(", ").collect();
    for class in ["1", "2", "3", "extended-mkcol", "nc-paginate", "nextcloud-checksum-update"] {
        assert!(dav.contains(&class), "{class}");
    }
    assert_eq!(options.header("ms-author-via"), Some("DAV"));
}

#[tokio::test]
async fn other_peoples_trees() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.put(&format!("{FILES}/secret"), "a").await;
    let seen = bob.propfind(&format!("{FILES}/"), "0", "d:resourcetype d:getetag").await;
    assert_eq!(seen.hrefs(), [format!("{FILES}/")]);
    assert_eq!(seen.responses()[0].prop("d:resourcetype"), Some("<d:collection/>"));
    assert_eq!(seen.responses()[0].prop("d:getetag"), None);
    for (method, path, status) in [
        ("PUT", "new", 403),
        ("PUT", "secret", 403),
        ("GET", "secret", 403),
        ("DELETE", "secret", 403),
        ("MKCOL", "dir", 403),
        ("PROPFIND", "secret", 404),
    ] {
        let answer = bob.send(method, &format!("{FILES}/{path}"), &[], "").await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
    let listed = bob.propfind("/remote.php/dav/files/", "1", "d:resourcetype").await;
    assert_eq!(
        (listed.status, listed.error().1),
        (405, "Listing members of this collection is disabled")
    );
    let nobody = bob.propfind("/remote.php/dav/files/nobody/", "0", "d:resourcetype").await;
    assert_eq!(nobody.status, 404);
    assert_eq!(nobody.error().1, "Principal with name nobody not found");
    assert_eq!(alice.get(&format!("{FILES}/secret")).await.text(), "a");
}

#[tokio::test]
async fn two_roots_show_one_tree() {
    let world = World::new().await;
    let alice = world.alice();
    alice.put("/remote.php/webdav/a", "a").await;
    let listed = alice.propfind("/remote.php/webdav/", "1", "oc:id").await;
    assert_eq!(listed.hrefs(), ["/remote.php/webdav/", "/remote.php/webdav/a"]);
    // The name is found in any case, and hrefs keep the one that was asked.
    let listed = alice.propfind("/remote.php/dav/files/ALICE", "1", "oc:id").await;
    assert_eq!(listed.hrefs(), ["/remote.php/dav/files/ALICE/", "/remote.php/dav/files/ALICE/a"]);
}
