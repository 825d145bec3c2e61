//! davfs2: a mount that locks before it writes.

use crate::{
    common::{Client, FILES, World},
    read::{Item, filled},
};

fn davfs2(world: &World) -> Client {
    world.alice().with("user-agent", "davfs2/1.6.1 neon/0.32.5")
}

const LIST: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<propfind xmlns=\"DAV:\"><prop>\n\
    <resourcetype xmlns=\"DAV:\"/>\n<getcontentlength xmlns=\"DAV:\"/>\n\
    <getetag xmlns=\"DAV:\"/>\n<getlastmodified xmlns=\"DAV:\"/>\n\
    <executable xmlns=\"http://apache.org/dav/props/\"/>\n</prop></propfind>\n";

const LOCK: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<lockinfo xmlns='DAV:'>\n \
    <lockscope><exclusive/></lockscope>\n<locktype><write/></locktype><owner>alice</owner>\n\
    </lockinfo>\n";

/// Locks, and returns the status and the token in angle brackets.
async fn lock(client: &Client, path: &str) -> (u16, String) {
    let headers = [("depth", "0"), ("timeout", "Second-1800"), ("content-type", "application/xml")];
    let answer = client.send("LOCK", path, &headers, LOCK).await;
    let token = answer.header("lock-token").unwrap_or_default().to_owned();
    assert!(token.starts_with("<opaquelocktoken:") && token.ends_with('>'), "{token}");
    assert!(answer.text().contains("Second-1800"), "{}", answer.text());
    (answer.status, token)
}

#[tokio::test]
async fn mounts() {
    let world = filled().await;
    let first = world.stranger().send("OPTIONS", &format!("{FILES}/"), &[], "").await;
    assert_eq!(first.status, 401);
    assert!(first.header("www-authenticate").unwrap().starts_with("Basic "));
    let client = davfs2(&world);
    let options = client.send("OPTIONS", &format!("{FILES}/"), &[], "").await;
    assert_eq!(options.status, 200);
    let classes: Vec<&str> = options.header("dav").unwrap().split(',').map(str::trim).collect();
    assert!(classes.contains(&"1") && classes.contains(&"2"), "{classes:?}");
    let listed = client.send("PROPFIND", &format!("{FILES}/d/"), &[("depth", "1")], LIST).await;
    let items = Item::all(&listed);
    assert_eq!(items.len(), 3);
    assert_eq!(items[1].number("d:getcontentlength"), 5);
    items[1].etag();
    let quota = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<propfind xmlns=\"DAV:\"><prop>\n\
                 <quota-available-bytes xmlns=\"DAV:\"/>\n<quota-used-bytes xmlns=\"DAV:\"/>\n\
                 </prop></propfind>\n";
    let told = client.send("PROPFIND", &format!("{FILES}/"), &[("depth", "0")], quota).await;
    assert_eq!(Item::all(&told)[0].number("d:quota-available-bytes"), -3);
}

#[tokio::test]
async fn creates() {
    let world = filled().await;
    let client = davfs2(&world);
    let file = format!("{FILES}/d/new.txt");
    let (status, token) = lock(&client, &file).await;
    assert_eq!(status, 201, "an unmapped URL becomes an empty file");
    let head = client.send("HEAD", &file, &[], "").await;
    let etag = head.header("etag").unwrap().to_owned();
    assert_eq!((head.status, head.header("content-length")), (200, Some("0")));
    // Both conditions at once, the second with the full URL.
    let condition = format!("<https://cloud.example.org{file}> ({token})");
    let headers = [("if-match", etag.as_str()), ("if", condition.as_str())];
    let written = client.send("PUT", &file, &headers, "content").await;
    assert_eq!(written.status, 204, "{}", written.text());
    let unlocked = client.send("UNLOCK", &file, &[("lock-token", &token)], "").await;
    assert_eq!(unlocked.status, 204);
    assert_eq!(client.get(&file).await.text(), "content");
}

#[tokio::test]
async fn changes() {
    let world = filled().await;
    let client = davfs2(&world);
    let file = format!("{FILES}/d/a.txt");
    let (status, token) = lock(&client, &file).await;
    assert_eq!(status, 200);
    let got = client.get(&file).await;
    let etag = got.header("etag").unwrap();
    // Nobody writes meanwhile who does not show the lock, this person included.
    assert_eq!(world.alice().put(&file, "other").await.status, 423);
    let condition = format!("<https://cloud.example.org{file}> ({token})");
    let headers = [("if-match", etag), ("if", condition.as_str())];
    assert_eq!(client.send("PUT", &file, &headers, "changed").await.status, 204);
    assert_eq!(client.send("UNLOCK", &file, &[("lock-token", &token)], "").await.status, 204);
    assert_eq!(world.alice().get(&file).await.text(), "changed");
}

#[tokio::test]
async fn folders_moves_and_deletes() {
    let world = filled().await;
    let client = davfs2(&world);
    assert_eq!(client.mkcol(&format!("{FILES}/made/")).await, 201);
    let to = format!("https://cloud.example.org{FILES}/made/a.txt");
    let moved =
        client.transfer("MOVE", &format!("{FILES}/d/a.txt"), &to, &[("overwrite", "T")]).await;
    assert_eq!(moved.status, 201);
    let condition = [("if-match", "\"old\"")];
    let stale = client.send("DELETE", &format!("{FILES}/made/a.txt"), &condition, "").await;
    assert_eq!(stale.status, 412);
    assert_eq!(client.delete(&format!("{FILES}/made/a.txt")).await.status, 204);
    assert_eq!(client.delete(&format!("{FILES}/made/")).await.status, 204);
}
