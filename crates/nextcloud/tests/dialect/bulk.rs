//! Bulk uploads.

use crate::common::{Answer, Client, FILES, World};

const MD5: &str = "X-File-MD5: 5d41402abc4b2a76b9719d911017c592";

fn part(path: &str, length: usize, more: &str, content: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!("{more}\r\n") };
    format!("--bnd\r\nX-File-Path: {path}\r\nContent-Length: {length}\r\n{more}\r\n{content}\r\n")
}

async fn send(client: &Client, content_type: &str, body: &str) -> Answer {
    let headers = [("content-type", content_type)];
    client.send("POST", "/remote.php/dav/bulk", &headers, body.to_owned()).await
}

async fn bulk(client: &Client, parts: &[String]) -> Answer {
    let body = format!("{}--bnd--\r\n", parts.concat());
    send(client, "multipart/related; boundary=bnd", &body).await
}

#[tokio::test]
async fn files_come_together() {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/dir")).await;
    let sha1 = "OC-Checksum: sha1:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
    let answer = bulk(
        &alice,
        &[
            part("/a.txt", 5, &format!("{MD5}\r\nX-OC-Mtime: 1500000000"), "hello"),
            part("/dir/b.txt", 5, &format!("{sha1}\r\nX-File-Mtime: 1500000000"), "hello"),
            part("/none/c.txt", 5, MD5, "hello"),
            part("/a\\b.txt", 5, MD5, "hello"),
        ],
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
    let told = answer.json();
    for (path, url) in [("/a.txt", "a.txt"), ("/dir/b.txt", "dir/b.txt")] {
        let url = format!("{FILES}/{url}");
        assert_eq!(told[path]["error"], false, "{told}");
        assert_eq!(told[path]["permissions"], "RGDNVW");
        let id = alice.prop(&url, "oc:id").await.unwrap();
        assert_eq!(told[path]["fileid"], id.as_str());
        let etag = alice.etag(&url).await.replace("&quot;", "");
        assert_eq!(told[path]["etag"], etag.as_str());
        assert_eq!(alice.get(&url).await.text(), "hello");
        let modified = alice.prop(&url, "d:getlastmodified").await;
        assert_eq!(modified.as_deref(), Some("Fri, 14 Jul 2017 02:40:00 GMT"));
    }
    for path in ["/none/c.txt", "/a\\b.txt"] {
        assert_eq!(told[path]["error"], true, "{told}");
        assert!(!told[path]["message"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_wrong_hash_ends_it() {
    let world = World::new().await;
    let alice = world.alice();
    alice.put(&format!("{FILES}/b"), "old").await;
    let answer = bulk(&alice, &[part("/a", 5, MD5, "hello"), part("/b", 5, MD5, "hellO")]).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["/a"]["error"], false);
    assert_eq!(alice.get(&format!("{FILES}/b")).await.text(), "old");
    let answer = bulk(&alice, &[part("/b", 5, MD5, "hellO")]).await;
    assert_eq!((answer.status, answer.text()), (400, "[]"));
}

#[tokio::test]
async fn broken_requests() {
    let world = World::new().await;
    let alice = world.alice();
    for media_type in ["text/plain", "multipart/related", "multipart/form-data; boundary=bnd"] {
        let answer = send(&alice, media_type, "--bnd--\r\n").await;
        assert_eq!(answer.status, 400, "{media_type}");
        assert_eq!(answer.error().0, "Sabre\\DAV\\Exception\\BadRequest");
    }
    for body in [
        "",
        "--other--\r\n",
        "--bnd\r\nX-File-Path: /a\r\n\r\nhello\r\n--bnd--\r\n",
        "--bnd\r\nX-File-Path: /a\r\nContent-Length: 900\r\n\
         X-File-MD5: 5d41402abc4b2a76b9719d911017c592\r\n\r\nhello\r\n--bnd--\r\n",
        "--bnd\r\nX-File-Path: /a\r\nContent-Length: 5\r\n\r\nhello\r\n--bnd--\r\n",
    ] {
        let answer = send(&alice, "multipart/related; boundary=\"bnd\"", body).await;
        assert_eq!((answer.status, answer.text()), (400, "[]"), "{body:?}");
    }
    assert_eq!(alice.propfind(&format!("{FILES}/"), "1", "oc:id").await.hrefs().len(), 1);
}

#[tokio::test]
async fn paths_do_not_lead_out() {
    let world = World::new().await;
    let alice = world.alice();
    for path in ["/../bob/a", "/a/../../b", "/.."] {
        let answer = bulk(&alice, &[part(path, 5, MD5, "hello")]).await;
        let told = answer.json();
        assert_eq!(told[path]["error"], true, "{path}: {told}");
    }
    let empty = bulk(&alice, &[]).await;
    assert_eq!((empty.status, empty.text()), (200, "[]"));
}
