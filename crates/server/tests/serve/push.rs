//! Messages to devices through a push proxy on the loopback interface.

use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use rsa::{
    PrivateKey, PublicKey,
    pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey, LineEnding},
};
use serde_json::Value;
use sha2::Sha512;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{PASSWORD, Running, ocs, start};

const DEVICE: &str = include_str!("../../../nextcloud/tests/keys/device.pem");

/// One request to the proxy, which is answered with 200.
async fn take(listener: &TcpListener) -> (String, String) {
    let (mut stream, _): (TcpStream, _) = listener.accept().await.unwrap();
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().trim().parse().unwrap() {
                break;
            }
        }
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
    }
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    stream.write_all(answer).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// A server with something to tell a device by the proxy at this listener, and what the
/// device was registered as.
async fn with_news(listener: &TcpListener) -> (Running, Value) {
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let server = start(|config| config.push.proxies = vec![proxy.clone()]).await;
    let admin = ("admin", PASSWORD);
    let made = "userid=bob&password=Some-good-pw-123&displayName=Bob";
    ocs(&server, admin, ("POST", "/cloud/users"), made).await;
    let bob = ("bob", "Some-good-pw-123");
    let secret = ocs(&server, bob, ("GET", "/core/getapppassword"), "").await;
    let phone = ("bob", secret["apppassword"].as_str().unwrap());
    let device = PrivateKey::from_pkcs8_pem(DEVICE).unwrap();
    let public = device.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("pushTokenHash", &"ab".repeat(64))
        .append_pair("devicePublicKey", &public)
        .append_pair("proxyServer", &format!("{proxy}/"))
        .finish();
    let push = ("POST", "/apps/notifications/api/v2/push");
    let registered = ocs(&server, phone, push, &form).await;

    let put = server.ask("PUT", "/remote.php/dav/files/admin/plan.txt", "", b"plan").await;
    assert!(put.starts_with("HTTP/1.1 201"), "{put}");
    let shares = ("POST", "/apps/files_sharing/api/v1/shares");
    ocs(&server, admin, shares, "path=/plan.txt&shareType=0&shareWith=bob").await;
    (server, registered)
}

#[tokio::test]
async fn a_share_reaches_the_device_of_its_recipient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (server, registered) = with_news(&listener).await;
    let device = PrivateKey::from_pkcs8_pem(DEVICE).unwrap();
    let got = tokio::time::timeout(Duration::from_secs(20), take(&listener)).await;
    let (head, body) = got.expect("a message within a few seconds");
    assert!(head.starts_with("POST /notifications HTTP/1.1\r\n"), "{head}");
    let mut fields = form_urlencoded::parse(body.as_bytes());
    let (name, message) = fields.next().unwrap();
    assert_eq!((&*name, fields.next()), ("notifications[]", None));
    let message: Value = serde_json::from_str(&message).unwrap();
    assert_eq!(message["deviceIdentifier"], registered["deviceIdentifier"]);
    let bytes = |name: &str| STANDARD.decode(message[name].as_str().unwrap()).unwrap();
    let key = PublicKey::from_public_key_pem(registered["publicKey"].as_str().unwrap()).unwrap();
    key.pkcs1v15_verify::<Sha512>(&bytes("subject"), &bytes("signature")).unwrap();
    let read = device.pkcs1v15_decrypt(&bytes("subject")).unwrap();
    let read: Value = serde_json::from_slice(&read).unwrap();
    assert_eq!(read["subject"], "admin shared plan.txt with you");
    server.trigger.stop();
    server.task.await.unwrap();
}

#[test]
fn a_proxy_that_never_answers_does_not_hold_up_the_end() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (stopped, connection) = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (server, _) = with_news(&listener).await;
        let connection = tokio::time::timeout(Duration::from_secs(20), listener.accept()).await;
        let connection = connection.expect("a message within a few seconds").unwrap();
        let stopped = Instant::now();
        server.trigger.stop();
        server.task.await.unwrap();
        (stopped, connection)
    });
    // Of the process, too, and not of the server alone.
    drop(runtime);
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    drop(connection);
}
