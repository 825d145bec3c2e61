//! Mails through a server on the loopback interface.

use std::time::{Duration, Instant};

use allmende_server::Config;
use tokio::net::TcpListener;

use crate::support::{PASSWORD, ocs, start};

#[tokio::test]
async fn a_mail_server_that_never_answers_does_not_hold_up_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let text = format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {port}\nencryption = \"none\"\n\
         from = \"cloud@example.org\""
    );
    let mail = Config::from_toml(&text).unwrap().mail;
    let server = start(|config| config.mail = mail).await;
    let made = "userid=bob&password=Some-good-pw-123&email=bob@example.org";
    ocs(&server, ("admin", PASSWORD), ("POST", "/cloud/users"), made).await;
    let connection = tokio::time::timeout(Duration::from_secs(20), listener.accept()).await;
    let connection = connection.expect("a mail within a few seconds").unwrap();
    let stopped = Instant::now();
    server.trigger.stop();
    server.task.await.unwrap();
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    drop(connection);
}
