//! Requests that hold only for a state, and parts of files.

use crate::common::{FILES, World};

#[tokio::test]
async fn etags_guard_writes() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    let etag = alice.put(&a, "old").await.header("etag").unwrap().to_owned();
    for (method, header) in [
        ("PUT", ("if-match", "\"wrong\"")),
        ("DELETE", ("if-match", "\"wrong\"")),
        ("MOVE", ("if-match", "\"wrong\"")),
        ("GET", ("if-match", "\"wrong\"")),
        ("PUT", ("if-none-match", "*")),
        ("PUT", ("if", "([\"wrong\"])")),
    ] {
        let headers = [header, ("destination", "/remote.php/dav/files/alice/b")];
        let answer = alice.send(method, &a, &headers, "new").await;
        assert_eq!(answer.status, 412, "{method} {header:?}");
        assert_eq!(answer.error().0, "Sabre\\DAV\\Exception\\PreconditionFailed");
        let name = match header.0 {
            "if-match" => "If-Match",
            "if-none-match" => "If-None-Match",
            _ => "If",
        };
        let named = format!("<s:header>{name}</s:header>");
        assert!(answer.text().contains(&named), "{}", answer.text());
        assert_eq!(alice.get(&a).await.text(), "old");
    }
    let missing = alice.send("PUT", &format!("{FILES}/b"), &[("if-match", "*")], "x").await;
    assert_eq!(missing.status, 412);
    let given = format!("<https://cloud.example.org{a}> ([{etag}])");
    assert_eq!(alice.send("PUT", &a, &[("if", &given)], "two").await.status, 204);
    let etag = alice.send("HEAD", &a, &[], "").await.header("etag").unwrap().to_owned();
    assert_eq!(alice.send("PUT", &a, &[("if-match", &etag)], "three").await.status, 204);
    let new = [("if-none-match", "*")];
    assert_eq!(alice.send("PUT", &format!("{FILES}/c"), &new, "x").await.status, 201);
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    let made = alice.put(&a, "hello").await;
    let etag = made.header("etag").unwrap();
    let same = alice.send("GET", &a, &[("if-none-match", etag)], "").await;
    assert_eq!((same.status, same.text()), (304, ""));
    let later = [("if-modified-since", "Sat, 16 Jan 2027 00:00:00 GMT")];
    let later = alice.send("GET", &a, &later, "").await;
    assert_eq!(later.status, 304);
    assert_eq!(later.header("last-modified"), Some("Fri, 15 Jan 2027 08:00:00 GMT"));
    let earlier = [("if-modified-since", "Thu, 14 Jan 2027 00:00:00 GMT")];
    assert_eq!(alice.send("GET", &a, &earlier, "").await.status, 200);
}

#[tokio::test]
async fn parts_of_files() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    let made = alice.put(&a, "hello, world").await;
    let etag = made.header("etag").unwrap();
    let range = async |range: &str| {
        let answer = alice.send("GET", &a, &[("range", range)], "").await;
        let shown = answer.header("content-range").map(str::to_owned);
        let text = if answer.status == 416 { String::new() } else { answer.text().to_owned() };
        (answer.status, shown, text)
    };
    let part = |range: &str, text: &str| (206, Some(format!("bytes {range}/12")), text.to_owned());
    assert_eq!(range("bytes=2-4").await, part("2-4", "llo"));
    assert_eq!(range("bytes=-4").await, part("8-11", "orld"));
    assert_eq!(range("bytes=10-").await, part("10-11", "ld"));
    assert_eq!(range("bytes=7-1000").await, part("7-11", "world"));
    assert_eq!(range("bytes=12-").await.0, 416);
    let (status, _, several) = range("bytes=0-1,4-5").await;
    assert_eq!(status, 206);
    assert!(several.contains("bytes 0-1/12\r\n\r\nhe\r\n"), "{several}");
    assert!(several.contains("bytes 4-5/12\r\n\r\no,\r\n"), "{several}");
    let stale = [("range", "bytes=0-1"), ("if-range", "\"old\"")];
    assert_eq!(alice.send("GET", &a, &stale, "").await.text(), "hello, world");
    let fresh = [("range", "bytes=0-1"), ("if-range", etag)];
    assert_eq!(alice.send("GET", &a, &fresh, "").await.text(), "he");
}

#[tokio::test]
async fn locks_guard_writes() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    alice.put(&a, "old").await;
    let body = "<d:lockinfo xmlns:d='DAV:'><d:lockscope><d:exclusive/></d:lockscope>\
                <d:locktype><d:write/></d:locktype><d:owner>me</d:owner></d:lockinfo>";
    let lock = alice.send("LOCK", &a, &[("timeout", "Second-60")], body).await;
    assert_eq!(lock.status, 200, "{}", lock.text());
    let token = lock.header("lock-token").unwrap().to_owned();
    assert!(token.starts_with("<opaquelocktoken:"), "{token}");
    let refused = alice.put(&a, "new").await;
    assert_eq!(refused.status, 423);
    assert!(refused.text().contains("<d:lock-token-submitted>"), "{}", refused.text());
    assert_eq!(alice.get(&a).await.text(), "old");
    let given = format!("({token})");
    assert_eq!(alice.send("PUT", &a, &[("if", &given)], "new").await.status, 204);
    let wrong = alice.send("UNLOCK", &a, &[("lock-token", "<opaquelocktoken:nope>")], "").await;
    assert_eq!(wrong.status, 409);
    assert_eq!(alice.send("UNLOCK", &a, &[("lock-token", &token)], "").await.status, 204);
    assert_eq!(alice.put(&a, "free").await.status, 204);
}
