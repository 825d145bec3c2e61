//! Clients that do not behave.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{head, read_all, start, status};

const FILE: &str = "/remote.php/dav/files/admin/a.txt";

#[tokio::test]
async fn a_slow_sender_is_given_up_and_the_old_content_stays() {
    let server = start(|config| config.limits.body_idle_seconds = 1).await;
    assert_eq!(status(&server.ask("PUT", FILE, "", b"old").await), "201");
    let mut slow = server.connect().await;
    slow.write_all(head("PUT", FILE, "Content-Length: 100\r\n").as_bytes()).await.unwrap();
    slow.write_all(b"the first bytes").await.unwrap();
    let answer = read_all(&mut slow).await;
    assert_eq!(status(&answer), "400", "{answer}");
    assert!(server.ask("GET", FILE, "", b"").await.ends_with("\r\n\r\nold"));
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_the_old_content() {
    let server = start(|_| {}).await;
    server.ask("PUT", FILE, "", b"old").await;
    let mut broken = server.connect().await;
    broken.write_all(head("PUT", FILE, "Content-Length: 100\r\n").as_bytes()).await.unwrap();
    broken.write_all(b"half").await.unwrap();
    drop(broken);
    assert!(server.ask("GET", FILE, "", b"").await.ends_with("\r\n\r\nold"));
}

#[tokio::test]
async fn a_slow_head_and_a_gigantic_one_are_refused() {
    let server = start(|config| {
        config.limits.header_seconds = 1;
        config.limits.header_bytes = 16 * 1024;
    })
    .await;
    let mut slow = server.connect().await;
    slow.write_all(b"GET /status.php HT").await.unwrap();
    let answer = read_all(&mut slow).await;
    assert!(answer.is_empty() || status(&answer) == "408", "{answer}");
    let gigantic = format!("X-Large: {}\r\n", "x".repeat(100_000));
    let mut large = server.connect().await;
    // The server may close before everything is sent.
    let _ = large.write_all(head("GET", "/status.php", &gigantic).as_bytes()).await;
    let mut first = [0; 12];
    if large.read_exact(&mut first).await.is_ok() {
        assert_eq!(&first, b"HTTP/1.1 431");
    }
    assert_eq!(status(&server.ask("GET", "/status.php", "", b"").await), "200");
}

#[tokio::test]
async fn a_fragment_in_the_request_line_is_refused() {
    let server = start(|_| {}).await;
    server.ask("MKCOL", "/remote.php/dav/files/admin/folder/", "", b"").await;
    let path = "/remote.php/dav/files/admin/folder/#part";
    assert_eq!(status(&server.ask("DELETE", path, "", b"").await), "400");
    let depth = "Depth: 0\r\n";
    let folder = "/remote.php/dav/files/admin/folder/";
    assert_eq!(status(&server.ask("PROPFIND", folder, depth, b"").await), "207");
}
