//! Versions of files from outside: listed, read, brought back, named and removed.

use image::{ImageFormat, Rgb, RgbImage};

use crate::common::{Client, FILES, World};

const PROPS: &str = "d:getcontentlength d:getcontenttype d:getetag d:getlastmodified \
                     nc:version-label nc:version-author nc:has-preview d:displayname oc:fileid";

/// Writes a file with a time, and returns its number.
async fn write(client: &Client, path: &str, time: &str, body: impl Into<bytes::Bytes>) -> String {
    let put = client.send("PUT", path, &[("x-oc-mtime", time)], body).await;
    assert!(matches!(put.status, 201 | 204), "{}", put.text());
    client.prop(path, "oc:fileid").await.unwrap()
}

/// The address of a file's versions.
fn of(person: &str, file: &str) -> String {
    format!("/remote.php/dav/versions/{person}/versions/{file}")
}

fn target(person: &str) -> String {
    format!("/remote.php/dav/versions/{person}/restore/target")
}

/// The numbers of a file's versions, each with a property.
async fn numbers(client: &Client, of: &str, name: &str) -> Vec<(String, Option<String>)> {
    let listed = client.propfind(of, "1", name).await;
    let responses = listed.responses();
    assert_eq!(responses[0].href(), format!("{of}/"));
    let number = |href: &str| href.rsplit('/').next().unwrap().to_owned();
    let one = |r: &crate::common::Shown<'_>| (number(r.href()), r.prop(name).map(str::to_owned));
    responses[1..].iter().map(one).collect()
}

fn label(text: &str) -> String {
    format!("<d:set><d:prop><nc:version-label>{text}</nc:version-label></d:prop></d:set>")
}

/// What is shared with bob: a folder `d` of alice's with a file that was written twice.
async fn shared(world: &World, permissions: &str) -> String {
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/d")).await;
    let path = format!("{FILES}/d/f.txt");
    write(&alice, &path, "1500000000", "one").await;
    let file = write(&alice, &path, "1500000100", "two").await;
    let form = format!("path=/d&shareType=0&shareWith=bob&permissions={permissions}");
    assert_eq!(alice.ocs("POST", "/apps/files_sharing/api/v1/shares", &form).await.code, 200);
    file
}

#[tokio::test]
async fn versions_are_listed_and_read() {
    let world = World::new().await;
    let alice = world.alice();
    let path = format!("{FILES}/f.txt");
    write(&alice, &path, "1500000000", "one").await;
    let file = write(&alice, &path, "1500000100", "two two").await;
    let of = of("alice", &file);
    let listed = alice.propfind(&of, "1", PROPS).await;
    let [folder, old, current] = &listed.responses()[..] else { panic!("{}", listed.text()) };
    for name in PROPS.split(' ') {
        assert_eq!(folder.prop(name), None, "{name}");
    }
    for (shown, number, size, time) in [
        (old, "1500000000", "3", "Fri, 14 Jul 2017 02:40:00 GMT"),
        (current, "1500000100", "7", "Fri, 14 Jul 2017 02:41:40 GMT"),
    ] {
        assert_eq!(shown.href(), format!("{of}/{number}"));
        assert_eq!(shown.prop("d:getetag"), Some(number));
        assert_eq!(shown.prop("d:getcontentlength"), Some(size));
        assert_eq!(shown.prop("d:getcontenttype"), Some("text/plain"));
        assert_eq!(shown.prop("d:getlastmodified"), Some(time));
        assert_eq!(shown.prop("nc:version-author"), Some("alice"));
        for name in ["nc:version-label", "d:displayname", "oc:fileid"] {
            assert_eq!(shown.prop(name), None, "{name}");
        }
    }
    let got = alice.get(&format!("{of}/1500000000")).await;
    assert_eq!((got.status, got.text()), (200, "one"));
    assert_eq!(got.header("content-type"), Some("text/plain;charset=UTF-8"));
    let name = "attachment; filename=\"f.txt\"; filename*=UTF-8''f.txt";
    assert_eq!(got.header("content-disposition"), Some(name));
    let headers = [("range", "bytes=1-")];
    let part = alice.send("GET", &format!("{of}/1500000000"), &headers, "").await;
    assert_eq!((part.status, part.text()), (206, "ne"));
    let head = alice.send("HEAD", &format!("{of}/1500000000"), &[], "").await;
    assert_eq!((head.status, head.header("content-length")), (200, Some("3")));
    // The content that the file has is read where the file is.
    for missing in ["1500000100", "1234567890", "junk", "01500000000"] {
        let got = alice.get(&format!("{of}/{missing}")).await;
        assert_eq!(got.status, 404, "{missing}");
        assert_eq!(got.error().0, "Sabre\\DAV\\Exception\\NotFound");
    }
    for missing in ["99999999", "junk"] {
        let of = format!("/remote.php/dav/versions/alice/versions/{missing}");
        assert_eq!(alice.propfind(&of, "1", "d:getetag").await.status, 404, "{missing}");
    }
    for (method, path) in [("PUT", "1500000000"), ("MKCOL", "x"), ("COPY", "1500000000")] {
        let headers = [("destination", "/remote.php/dav/files/alice/copy.txt")];
        let answer = alice.send(method, &format!("{of}/{path}"), &headers, "").await;
        assert_eq!(answer.status, 403, "{method}");
    }
}

#[tokio::test]
async fn a_version_is_brought_back() {
    let world = World::new().await;
    let alice = world.alice();
    let path = format!("{FILES}/f.txt");
    for (time, text) in [("1500000000", "one"), ("1500000100", "two")] {
        write(&alice, &path, time, text).await;
    }
    let file = write(&alice, &path, "1500000200", "three").await;
    let of = of("alice", &file);
    let old = format!("{of}/1500000000");
    let elsewhere = alice.transfer("MOVE", &old, &format!("{FILES}/g.txt"), &[]).await;
    assert_eq!(elsewhere.status, 403);
    let etag = alice.etag(&path).await;
    assert_eq!(alice.transfer("MOVE", &old, &target("alice"), &[]).await.status, 201);
    assert_eq!(alice.get(&path).await.text(), "one");
    assert_ne!(alice.etag(&path).await, etag);
    assert_eq!(alice.prop(&path, "oc:fileid").await.as_deref(), Some(&*file));
    let modified = alice.prop(&path, "d:getlastmodified").await;
    assert_eq!(modified.as_deref(), Some("Fri, 14 Jul 2017 02:40:00 GMT"));
    let sizes: Vec<_> = numbers(&alice, &of, "d:getcontentlength").await;
    let expected = [("1500000000", "3"), ("1500000100", "3"), ("1500000200", "5")];
    let expected = expected.map(|(n, size)| (n.to_owned(), Some(size.to_owned())));
    assert_eq!(sizes, expected);
    for gone in ["1500000000", "1234567890"] {
        let again = alice.transfer("MOVE", &format!("{of}/{gone}"), &target("alice"), &[]).await;
        assert_eq!(again.status, 404, "{gone}");
    }
    assert_eq!(alice.delete(&format!("{of}/1500000100")).await.status, 204);
    assert_eq!(alice.delete(&format!("{of}/1500000100")).await.status, 404);
    assert_eq!(alice.delete(&format!("{of}/1500000000")).await.status, 404, "the file's own");
    assert_eq!(numbers(&alice, &of, "d:getetag").await.len(), 2);
}

#[tokio::test]
async fn versions_have_names() {
    let world = World::new().await;
    let alice = world.alice();
    let path = format!("{FILES}/f.txt");
    write(&alice, &path, "1500000000", "one").await;
    let file = write(&alice, &path, "1500000100", "two").await;
    let of = of("alice", &file);
    for number in ["1500000000", "1500000100"] {
        let at = format!("{of}/{number}");
        assert_eq!(alice.proppatch(&at, &label("Draft &lt;1&gt;")).await.status, 207);
        let stored = alice.prop(&at, "nc:version-label").await;
        assert_eq!(stored.as_deref(), Some("Draft &lt;1&gt;"));
    }
    // One is taken away by an empty name, the other by none.
    let at = format!("{of}/1500000000");
    assert_eq!(alice.proppatch(&at, &label("")).await.status, 207);
    assert_eq!(alice.prop(&at, "nc:version-label").await, None);
    let remove = "<d:remove><d:prop><nc:version-label/></d:prop></d:remove>";
    let at = format!("{of}/1500000100");
    assert!(alice.proppatch(&at, remove).await.text().contains("HTTP/1.1 204"));
    assert_eq!(alice.prop(&at, "nc:version-label").await, None);
    let long = alice.proppatch(&at, &label(&"x".repeat(256))).await;
    assert!(long.text().contains("HTTP/1.1 409"), "{}", long.text());
    let other = "<d:set><d:prop><nc:version-author>bob</nc:version-author></d:prop></d:set>";
    assert!(alice.proppatch(&at, other).await.text().contains("HTTP/1.1 403"));
    let dead = "<d:set><d:prop><x xmlns=\"urn:x\">1</x></d:prop></d:set>";
    assert!(alice.proppatch(&at, dead).await.text().contains("HTTP/1.1 403"));
    let gone = alice.proppatch(&format!("{of}/7"), &label("x")).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn whoever_may_only_read_changes_nothing() {
    let world = World::new().await;
    let file = shared(&world, "1").await;
    let (alice, bob) = (world.alice(), world.bob());
    let own = of("bob", &file);
    assert_eq!(numbers(&bob, &own, "d:getetag").await.len(), 2);
    let old = format!("{own}/1500000000");
    assert_eq!(bob.get(&old).await.text(), "one");
    let back = bob.transfer("MOVE", &old, &target("bob"), &[]).await;
    let forbidden = "Sabre\\DAV\\Exception\\Forbidden";
    let text = "You cannot restore this version because you do not have update permissions on \
                the source file.";
    assert_eq!((back.status, back.error()), (403, (forbidden, text)));
    assert!(back.text().contains("<o:reason xmlns:o=\"o:\">You cannot restore"), "{}", back.text());
    let gone = bob.delete(&old).await;
    let text = "You cannot delete this version because you do not have delete permissions on the \
                source file.";
    assert_eq!((gone.status, gone.error()), (403, (forbidden, text)));
    let named = bob.proppatch(&old, &label("x")).await;
    assert!(named.text().contains("HTTP/1.1 403"), "{}", named.text());
    // The versions of somebody else are nobody's business, and neither are those of a file
    // that is not shared.
    let theirs = bob.propfind(&of("alice", &file), "1", "d:getetag").await;
    assert_eq!(theirs.status, 403);
    let secret = write(&alice, &format!("{FILES}/secret"), "1500000000", "x").await;
    write(&alice, &format!("{FILES}/secret"), "1500000100", "y").await;
    assert_eq!(bob.propfind(&of("bob", &secret), "1", "d:getetag").await.status, 404);
    assert_eq!(bob.get(&format!("{}/1500000000", of("bob", &secret))).await.status, 404);
    assert_eq!(world.stranger().get(&old).await.status, 401);
}

#[tokio::test]
async fn who_wrote_what_is_told_to_all_who_share_it() {
    let world = World::new().await;
    let file = shared(&world, "31").await;
    let (alice, bob) = (world.alice(), world.bob());
    write(&bob, "/remote.php/dav/files/bob/d/f.txt", "1500000200", "by bob").await;
    let old = format!("{}/1500000000", of("bob", &file));
    for (client, person) in [(&alice, "alice"), (&bob, "bob")] {
        let authors = numbers(client, &of(person, &file), "nc:version-author").await;
        let authors: Vec<_> = authors.iter().map(|(_, by)| by.as_deref().unwrap()).collect();
        assert_eq!(authors, ["alice", "alice", "bob"]);
    }
    assert_eq!(bob.transfer("MOVE", &old, &target("bob"), &[]).await.status, 201);
    assert_eq!(alice.get(&format!("{FILES}/d/f.txt")).await.text(), "one");
    let new = bob.put("/remote.php/dav/files/bob/d/new.txt", "new").await;
    assert_eq!(new.status, 201);
    let new = alice.prop(&format!("{FILES}/d/new.txt"), "oc:fileid").await.unwrap();
    let authors = numbers(&alice, &of("alice", &new), "nc:version-author").await;
    assert_eq!(authors[0].1.as_deref(), Some("bob"));
}

#[tokio::test]
async fn the_collections_around_them() {
    let world = World::new().await;
    let alice = world.alice();
    let root = "/remote.php/dav/versions";
    let top = alice.propfind(&format!("{root}/alice"), "1", "d:resourcetype").await;
    let hrefs = ["alice/", "alice/versions/", "alice/restore/"].map(|at| format!("{root}/{at}"));
    assert_eq!(top.hrefs(), hrefs);
    for at in ["versions", "restore"] {
        let listed = alice.propfind(&format!("{root}/alice/{at}"), "1", "d:resourcetype").await;
        assert_eq!(listed.hrefs(), [format!("{root}/alice/{at}/")]);
    }
    assert_eq!(alice.propfind(&format!("{root}/"), "1", "d:resourcetype").await.status, 405);
    assert_eq!(alice.propfind(&format!("{root}/alice/x"), "1", "d:resourcetype").await.status, 404);
    let dav = alice.propfind("/remote.php/dav/", "1", "d:resourcetype").await;
    assert!(dav.hrefs().contains(&"/remote.php/dav/versions/"));
    let all = alice.ocs("GET", "/cloud/capabilities", "").await;
    for feature in ["versioning", "version_labeling", "version_deletion"] {
        assert_eq!(all.data["capabilities"]["files"][feature], true, "{feature}");
    }
    alice.mkcol(&format!("{FILES}/d")).await;
    let folder = alice.prop(&format!("{FILES}/d"), "oc:fileid").await.unwrap();
    assert_eq!(alice.propfind(&of("alice", &folder), "1", "d:getetag").await.status, 404);
}

#[tokio::test]
async fn versions_have_pictures() {
    let world = World::new().await;
    let alice = world.alice();
    let picture = |side: u32| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let image = RgbImage::from_pixel(side, side, Rgb([9, 9, 9]));
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let path = format!("{FILES}/p.png");
    write(&alice, &path, "1500000000", picture(20)).await;
    write(&alice, &path, "1500000100", picture(10)).await;
    let ask = async |version: &str| {
        let query = format!("file=/p.png&version={version}&x=64&y=64");
        alice.get(&format!("/index.php/apps/files_versions/preview?{query}")).await
    };
    for (version, side) in [("1500000000", 20), ("1500000100", 10)] {
        let shown = ask(version).await;
        let image = image::load_from_memory(&shown.body).unwrap();
        assert_eq!((image.width(), image.height()), (side, side));
    }
    assert_eq!(ask("1500000050").await.status, 404);
    assert_eq!(ask("junk").await.status, 400);
    let bobs = "/index.php/apps/files_versions/preview?file=/p.png&version=1500000000&x=9&y=9";
    assert_eq!(world.bob().get(bobs).await.status, 404);
}
