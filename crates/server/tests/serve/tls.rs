//! TLS by the server itself.

use std::sync::Arc;

use allmende_server::Tls;
use tokio::io::AsyncWriteExt;
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};

use crate::support::{head, read_all, start};

#[tokio::test]
async fn clients_come_by_tls_when_a_certificate_is_given() {
    let made = rcgen::generate_simple_self_signed(["cloud.test".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let server = start(|config| config.tls = Some(Tls { certificate, key })).await;

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(client));
    let stream = server.connect().await;
    let mut stream = connector.connect("cloud.test".try_into().unwrap(), stream).await.unwrap();
    let close = "Connection: close\r\nContent-Length: 0\r\n";
    stream.write_all(head("POST", "/index.php/login/v2", close).as_bytes()).await.unwrap();
    let answer = read_all(&mut stream).await;
    assert!(answer.contains("https://cloud.test/login/v2/poll"), "{answer}");
}
