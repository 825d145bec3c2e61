//! rclone with `vendor = nextcloud`.

use crate::{
    common::{Client, FILES, World},
    read::{Item, SHA1, filled},
};

fn rclone(world: &World) -> Client {
    world
        .alice()
        .with("user-agent", "rclone/v1.60.1-DEV")
        .with("referer", "https://cloud.example.org/remote.php/dav/files/alice/")
}

/// The request of a listing, literally.
const LIST: &str = "<?xml version=\"1.0\"?>\n<d:propfind  xmlns:d=\"DAV:\" \
    xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\">\n <d:prop>\n  \
    <d:displayname />\n  <d:getlastmodified />\n  <d:getcontentlength />\n  <d:resourcetype />\n  \
    <d:getcontenttype />\n  <oc:checksums />\n </d:prop>\n</d:propfind>\n";

async fn list(client: &Client, path: &str, depth: &str) -> Vec<Item> {
    let headers = [("depth", depth), ("content-type", "text/xml")];
    Item::all(&client.send("PROPFIND", path, &headers, LIST).await)
}

#[tokio::test]
async fn lists() {
    let world = filled().await;
    let client = rclone(&world);
    client.send("PUT", &format!("{FILES}/d/a.txt"), &[("oc-checksum", SHA1)], "hello").await;
    let items = list(&client, &format!("{FILES}/d/"), "1").await;
    let names: Vec<_> = items.iter().map(|item| item.prop("d:displayname").unwrap()).collect();
    assert_eq!(names, ["d", "a.txt", "sub"]);
    let sum = format!("<oc:checksum>{SHA1}</oc:checksum>");
    assert_eq!(items[1].prop("oc:checksums"), Some(sum.as_str()));
    assert_eq!(items[1].number("d:getcontentlength"), 5);
    assert!(items[1].prop("d:getlastmodified").unwrap().ends_with(" GMT"));
    assert_eq!(items[2].prop("d:resourcetype"), Some("<d:collection/>"));
    // What is not there: 404, with a message in the body.
    let headers = [("depth", "1")];
    let none = client.send("PROPFIND", &format!("{FILES}/none/"), &headers, LIST).await;
    assert_eq!(none.status, 404);
    assert!(!none.error().1.is_empty());
}

#[tokio::test]
async fn uploads() {
    let world = filled().await;
    let client = rclone(&world);
    // It makes the folder first, and above it if that is missing.
    assert_eq!(client.mkcol(&format!("{FILES}/new/deep/")).await, 409);
    assert_eq!(client.mkcol(&format!("{FILES}/new/")).await, 201);
    assert_eq!(client.mkcol(&format!("{FILES}/new/deep/")).await, 201);
    assert_eq!(client.mkcol(&format!("{FILES}/new/deep/")).await, 405);
    let file = format!("{FILES}/new/deep/a%20b.txt");
    let headers = [("x-oc-mtime", "1500000000.123456789"), ("oc-checksum", SHA1)];
    let made = client.send("PUT", &file, &headers, "hello").await;
    assert_eq!((made.status, made.header("x-oc-mtime")), (201, Some("accepted")));
    let items = list(&client, &file, "0").await;
    assert_eq!(items[0].prop("d:getlastmodified"), Some("Fri, 14 Jul 2017 02:40:00 GMT"));
    assert!(items[0].prop("oc:checksums").unwrap().contains(SHA1));
}

#[tokio::test]
async fn copies_and_moves() {
    let world = filled().await;
    let client = rclone(&world);
    let place = |name: &str| format!("https://cloud.example.org{FILES}/{name}");
    for (method, to, overwrite) in [("COPY", "c.txt", "F"), ("MOVE", "m.txt", "T")] {
        let headers = [
            ("destination", place(to)),
            ("overwrite", overwrite.to_owned()),
            ("x-oc-mtime", "1500000000".to_owned()),
        ];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = client.send(method, &format!("{FILES}/d/a.txt"), &headers, "").await;
        assert_eq!(answer.status, 201, "{method}: {}", answer.text());
        // Without this word it sets the time itself.
        if answer.header("x-oc-mtime") != Some("accepted") {
            let time =
                "<d:set><d:prop><d:lastmodified>1500000000</d:lastmodified></d:prop></d:set>";
            let set = client.proppatch(&format!("{FILES}/{to}"), time).await;
            assert!(set.text().contains("HTTP/1.1 200 OK"), "{}", set.text());
        }
        let items = list(&client, &format!("{FILES}/{to}"), "0").await;
        assert_eq!(items[0].prop("d:getlastmodified"), Some("Fri, 14 Jul 2017 02:40:00 GMT"));
    }
    let refused = [("destination", place("c.txt")), ("overwrite", "F".to_owned())];
    let refused = refused.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(client.send("COPY", &format!("{FILES}/m.txt"), &refused, "").await.status, 412);
}

#[tokio::test]
async fn deletes() {
    let world = filled().await;
    let client = rclone(&world);
    assert_eq!(list(&client, &format!("{FILES}/d/sub/"), "1").await.len(), 2, "not empty");
    assert_eq!(client.delete(&format!("{FILES}/d/sub/b.txt")).await.status, 204);
    assert_eq!(list(&client, &format!("{FILES}/d/sub/"), "1").await.len(), 1);
    assert_eq!(client.delete(&format!("{FILES}/d/sub/")).await.status, 204);
}

#[tokio::test]
async fn about() {
    let world = filled().await;
    let body = "<?xml version=\"1.0\" ?>\n<D:propfind xmlns:D=\"DAV:\">\n <D:prop>\n  \
                <D:quota-available-bytes/>\n  <D:quota-used-bytes/>\n </D:prop>\n</D:propfind>\n";
    let answer = rclone(&world).send("PROPFIND", FILES, &[("depth", "0")], body).await;
    let items = Item::all(&answer);
    assert_eq!(items[0].number("d:quota-available-bytes"), -3);
    assert_eq!(items[0].number("d:quota-used-bytes"), 10);
}

#[tokio::test]
async fn chunks() {
    let world = filled().await;
    let client = rclone(&world);
    let upload =
        "/remote.php/dav/uploads/alice/rclone-chunked-upload-5d41402abc4b2a76b9719d911017c592";
    assert_eq!(client.mkcol(upload).await, 201);
    for (name, content) in
        [("000000000000000-000000000000005", "hello"), ("000000000000005-000000000000010", "world")]
    {
        assert_eq!(client.put(&format!("{upload}/{name}"), content).await.status, 201);
    }
    let to = format!("https://cloud.example.org{FILES}/big");
    let headers = [
        ("destination", to.as_str()),
        ("x-oc-mtime", "1500000000"),
        ("oc-checksum", "SHA1:6adfb183a4a2c94a2f92dab5ade762a47889a5a1"),
    ];
    let moved = client.send("MOVE", &format!("{upload}/.file"), &headers, "").await;
    assert_eq!(moved.status, 201, "{}", moved.text());
    assert_eq!(client.get(&format!("{FILES}/big")).await.text(), "helloworld");
    assert_eq!(client.delete(upload).await.status, 404);
}
