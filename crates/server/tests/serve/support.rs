//! A server for one test, and the plainest client.

use std::{net::SocketAddr, time::Duration};

use allmende_server::{Config, FirstAdministrator, Server, Trigger};
use allmende_sql::Sql;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

/// The administrator's password.
pub(crate) const PASSWORD: &str = "a long password";

/// A running server with its folder, which goes with it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) trigger: Trigger,
    pub(crate) task: JoinHandle<()>,
    pub(crate) sql: Sql,
    pub(crate) _folder: tempfile::TempDir,
}

/// Starts a server with an administrator; `change` is what the test wants of it.
pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.data = folder.path().join("data");
    config.listen = "127.0.0.1:0".parse().unwrap();
    change(&mut config);
    let server = Server::open(config).await.unwrap();
    let first = FirstAdministrator { name: "admin".into(), password: PASSWORD.into() };
    server.ensure_administrator(&first).await.unwrap();
    let address = server.address().unwrap();
    let sql = server.stores().databases.sql.clone();
    let (trigger, shutdown) = Trigger::new();
    let task = tokio::spawn(async move { server.run(shutdown).await.unwrap() });
    Running { address, trigger, task, sql, _folder: folder }
}

impl Running {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends one request on a connection of its own and reads the whole answer.
    pub(crate) async fn ask(&self, method: &str, path: &str, more: &str, body: &[u8]) -> String {
        let mut stream = self.connect().await;
        let length = body.len();
        let more = format!("Content-Length: {length}\r\nConnection: close\r\n{more}");
        stream.write_all(head(method, path, &more).as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        read_all(&mut stream).await
    }
}

/// Sends a call of the OCS interface as somebody, and returns its data.
pub(crate) async fn ocs(
    server: &Running,
    who: (&str, &str),
    call: (&str, &str),
    form: &str,
) -> Value {
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

/// The head of a request by the administrator. Each line of `more` ends with CRLF.
pub(crate) fn head(method: &str, path: &str, more: &str) -> String {
    let basic = STANDARD.encode(format!("admin:{PASSWORD}"));
    format!(
        "{method} {path} HTTP/1.1\r\nHost: cloud.test\r\nAuthorization: Basic {basic}\r\n{more}\r\n"
    )
}

/// Everything until the server closes, within a time that no healthy server needs.
pub(crate) async fn read_all(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    // A connection that is cut off in the middle is an end, too.
    let _ = tokio::time::timeout(Duration::from_secs(20), read).await.expect("an end");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The status of an answer.
pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}
