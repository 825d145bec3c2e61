//! Messages to devices through a push proxy on the loopback interface.

use std::time::Duration;

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

use crate::support::{PASSWORD, Running, read_all, start};

const DEVICE: &str = include_str!("../../../nextcloud/tests/keys/device.pem");

/// Sends a call of the OCS interface as somebody, and returns its data.
async fn ocs(server: &Running, who: (&str, &str), call: (&str, &str), form: &str) -> Value {
    let (method, path) = call;
    let basic = STANDARD.encode(format!("{}:{}", who.0, who.1));
    let mut stream = server.connect().await;
    let length = form.len();
    let request = format!(
        "{method} /ocs/v2.php{path} HTTP/1.1\r\nHost: cloud.test\r\nAuthorization: Basic {basic}\r\n\
         OCS-APIRequest: true\r\nAccept: application/json\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = read_all(&mut stream).await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let value: Value = serde_json::from_str(body).expect(&answer);
    assert!(value["ocs"]["meta"]["statuscode"].as_u64().unwrap() < 300, "{answer}");
    value["ocs"]["data"].clone()
}

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

#[tokio::test]
async fn a_share_reaches_the_device_of_its_recipient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
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
