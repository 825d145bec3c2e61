//! Who read what, as an operator has it told.

use std::time::Duration;

use allmende_events::{Event, Events};
use allmende_server::Syslog;
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{EventKind, Stream};
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::support::{Running, start, status};

const FILES: &str = "/remote.php/dav/files/admin";

/// What was read, in the order in which it was.
async fn reads(server: &Running) -> Vec<Event> {
    let events = Events::new(server.sql.clone());
    let mut all = Vec::new();
    for head in events.streams().await.unwrap() {
        if matches!(head.stream, Stream::Reads(_)) {
            all.extend(events.of_stream(head.stream, None, 100).await.unwrap());
        }
    }
    all.sort_by_key(|event| event.id);
    all
}

/// Who read what and how.
fn told(event: &Event) -> String {
    let fact = &event.fact;
    let by = fact.actor.as_ref().map(ToString::to_string).unwrap_or_default();
    let details: Vec<_> = fact.details.iter().map(|(k, v)| format!(" {k}={v}")).collect();
    format!("{by} {}{}", fact.node.as_ref().unwrap().name, details.concat())
}

async fn with_files(server: &Running) {
    for (method, path, body) in
        [("MKCOL", "f", ""), ("PUT", "f/a.txt", "0123456789"), ("PUT", "f/b.txt", "b")]
    {
        let answer = server.ask(method, &format!("{FILES}/{path}"), "", body.as_bytes()).await;
        assert_eq!(status(&answer), "201", "{method} {path}");
    }
}

#[tokio::test]
async fn reads_are_told_when_configured() {
    let server = start(|config| config.audit.reads = true).await;
    with_files(&server).await;
    let file = format!("{FILES}/f/a.txt");
    let agent = "User-Agent: Mozilla/5.0 (Linux) mirall/4.0\r\n";
    for (method, path, more) in [
        ("GET", file.as_str(), agent),
        ("GET", file.as_str(), "Range: bytes=2-4\r\n"),
        ("GET", &format!("{FILES}/f"), "Accept: application/zip\r\n"),
        // These tell of the file, and nothing that is in it.
        ("HEAD", file.as_str(), ""),
        ("PROPFIND", &format!("{FILES}/f"), "Depth: 1\r\n"),
        ("GET", &format!("{FILES}/f/none.txt"), ""),
    ] {
        server.ask(method, path, more, b"").await;
    }
    let all = reads(&server).await;
    assert_eq!(
        all.iter().map(told).collect::<Vec<_>>(),
        [
            "person:admin a.txt",
            "person:admin a.txt length=3 offset=2",
            "person:admin f as=archive",
            "person:admin a.txt as=archive",
            "person:admin b.txt as=archive",
        ]
    );
    let origin = &all[0].fact.origin;
    assert_eq!(origin.address, Some([127, 0, 0, 1].into()));
    assert_eq!(origin.agent.as_deref(), Some("Mozilla/5.0 (Linux) mirall/4.0"));
    assert_eq!(all[0].fact.kind, EventKind::FileRead);
    // Changes say where they came from, too.
    let space = all[0].fact.node.as_ref().unwrap().space;
    let events = Events::new(server.sql.clone());
    let changes = events.of_stream(Stream::Space(space), None, 100).await.unwrap();
    assert_eq!(changes[0].fact.origin.address, origin.address);
}

#[tokio::test]
async fn nothing_is_told_unless_configured() {
    let server = start(|_| {}).await;
    with_files(&server).await;
    let answer = server.ask("GET", &format!("{FILES}/f/a.txt"), "", b"").await;
    assert!(answer.ends_with("0123456789"), "{answer}");
    assert_eq!(reads(&server).await, []);
}

#[tokio::test]
async fn what_cannot_be_told_is_not_read() {
    let server = start(|config| config.audit.reads = true).await;
    with_files(&server).await;
    let run = async |text: &'static str| {
        let statement = Statement::new(text, params![]);
        server.sql.write(Batch::one(statement, Expect::Any)).await.unwrap();
    };
    run("CREATE TRIGGER no_reads BEFORE INSERT ON events WHEN NEW.kind = 8 \
         BEGIN SELECT RAISE(ABORT, 'not today'); END")
    .await;
    for (path, more) in [
        ("f/a.txt", ""),
        ("f/a.txt", "Range: bytes=2-4\r\n"),
        ("f", "Accept: application/zip\r\n"),
        ("f", "Accept: application/x-tar\r\n"),
    ] {
        let answer = server.ask("GET", &format!("{FILES}/{path}"), more, b"").await;
        assert_eq!(status(&answer), "503", "{path} {more}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(!body.contains("234"), "{answer}");
    }
    assert_eq!(reads(&server).await, []);
    // Everything else goes on, and reading does when it can be told again.
    let answer = server.ask("PUT", &format!("{FILES}/f/c.txt"), "", b"c").await;
    assert_eq!(status(&answer), "201");
    run("DROP TRIGGER no_reads").await;
    let answer = server.ask("GET", &format!("{FILES}/f/a.txt"), "", b"").await;
    assert!(answer.ends_with("0123456789"), "{answer}");
    assert_eq!(reads(&server).await.len(), 1);
}

#[tokio::test]
async fn a_receiver_of_syslog_hears_of_everything() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let server = start(|config| {
        config.audit.reads = true;
        config.audit.syslog = Some(Syslog::Tcp(at.to_string()));
        config.public_url = Some("https://cloud.example.org".into());
    })
    .await;
    with_files(&server).await;
    server.ask("GET", &format!("{FILES}/f/a.txt"), "", b"").await;
    let mut heard = String::new();
    let hear = async {
        while !heard.contains(r#""kind":"file_read","actor":"person:admin""#) {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_to_string(&mut heard).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), hear).await.unwrap();
    for kind in ["person_created", "file_created", "file_read"] {
        assert!(heard.contains(&format!(" cloud.example.org allmende - {kind} - {{")), "{heard}");
    }
}
