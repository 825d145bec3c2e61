//! What the operator hears.

use std::net::SocketAddr;

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

use crate::support::{read_all, start, status};

/// An address that is free now.
async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    read_all(&mut stream).await
}

#[tokio::test]
async fn metrics_health_and_readiness_have_an_address_of_their_own() {
    let address = free_address().await;
    let server = start(|config| config.metrics = Some(address)).await;
    server.ask("PUT", "/remote.php/dav/files/admin/a", "", b"12345").await;
    assert_eq!(status(&get(address, "/health").await), "200");
    assert_eq!(status(&get(address, "/ready").await), "200");
    assert_eq!(status(&get(address, "/other").await), "404");
    let metrics = get(address, "/metrics").await;
    for line in [
        "allmende_http_requests_total{method=\"PUT\",status=\"201\"} 1",
        "allmende_http_received_bytes_total 5",
        "allmende_blobs_small_total 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in {metrics}");
    }
    assert!(metrics.trim_end().ends_with("# EOF"));
    // Clients do not see them.
    assert_eq!(status(&server.ask("GET", "/metrics", "", b"").await), "404");
}
