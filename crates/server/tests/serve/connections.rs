//! Connections: where they come from and how they end.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{head, read_all, start, status};

#[tokio::test]
async fn only_a_trusted_proxy_may_say_that_the_client_came_by_tls() {
    let flow = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: cloud.example.org\r\n";
    let stranger = start(|_| {}).await;
    let answer = stranger.ask("POST", "/index.php/login/v2", flow, b"").await;
    assert!(answer.contains("http://cloud.test/login/v2/poll"), "{answer}");
    let proxy = start(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    let answer = proxy.ask("POST", "/index.php/login/v2", flow, b"").await;
    assert!(answer.contains("https://cloud.example.org/login/v2/poll"), "{answer}");
}

#[tokio::test]
async fn the_public_address_wins_over_what_the_client_says() {
    let server =
        start(|config| config.public_url = Some("https://files.example.org/".into())).await;
    let answer = server.ask("POST", "/index.php/login/v2", "", b"").await;
    assert!(answer.contains("https://files.example.org/login/v2/poll"), "{answer}");
}

#[tokio::test]
async fn requests_that_run_are_finished_before_the_server_stops() {
    let server = start(|_| {}).await;
    let mut upload = server.connect().await;
    let path = "/remote.php/dav/files/admin/late.txt";
    upload.write_all(head("PUT", path, "Content-Length: 8\r\n").as_bytes()).await.unwrap();
    upload.write_all(b"half").await.unwrap();
    // Until the server has seen the head, it is no request that runs.
    while !server.ask("GET", "/status.php", "", b"").await.contains("installed") {}
    server.trigger.stop();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    upload.write_all(b"half").await.unwrap();
    let answer = read_all(&mut upload).await;
    assert_eq!(status(&answer), "201", "{answer}");
    server.task.await.unwrap();
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let server = start(|_| {}).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(head("GET", "/index.php/204", "").as_bytes()).await.unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 204");
        let mut last = Vec::new();
        while !last.ends_with(b"\r\n\r\n") {
            last.push(stream.read_u8().await.unwrap());
        }
    }
}

#[tokio::test]
async fn data_outlive_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = "/remote.php/dav/files/admin/kept.txt";
    let data = folder.path().join("data");
    let first = start(|config| config.data.clone_from(&data)).await;
    first.ask("PUT", path, "", b"kept").await;
    first.trigger.stop();
    first.task.await.unwrap();
    let second = start(|config| config.data.clone_from(&data)).await;
    assert!(second.ask("GET", path, "", b"").await.ends_with("\r\n\r\nkept"));
}
