//! Stores that fail: every call that a request makes, one after the other, in every way.
//!
//! Whatever happens to a call, a read is answered as if nothing had, or it is refused, or its
//! body breaks: no short listing, no short content, no *not found*. A write has happened as a
//! whole or not at all, and nothing is left behind.

use std::{collections::BTreeMap, time::Duration};

use allmende_storage::{
    BlobStore as _, ErrorKind, Method,
    fault::{Fault, FaultPlan},
};
use futures_util::StreamExt;

use crate::common::{Answer, Client, FILES, World};

const UPLOADS: &str = "/remote.php/dav/uploads/alice";

/// A request within a folder of its own. `{base}` is the folder's name.
struct Sent {
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
}

const fn sent(
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> Sent {
    Sent { method, path, headers, body }
}

const SEARCH: &str = "<d:searchrequest xmlns:d='DAV:'><d:basicsearch><d:select><d:prop>\
    <d:getetag/></d:prop></d:select><d:from><d:scope><d:href>/files/alice/{base}</d:href>\
    <d:depth>infinity</d:depth></d:scope></d:from><d:where><d:like><d:prop><d:displayname/>\
    </d:prop><d:literal>%t%</d:literal></d:like></d:where></d:basicsearch></d:searchrequest>";

const READS: &[Sent] = &[
    sent("PROPFIND", "/remote.php/dav/files/alice/{base}", &[("depth", "1")], ""),
    sent("PROPFIND", "/remote.php/dav/files/alice/{base}/a.txt", &[("depth", "0")], ""),
    sent("PROPFIND", "/remote.php/dav/files/alice/many", &[("depth", "1")], ""),
    sent("GET", "/remote.php/dav/files/alice/{base}/a.txt", &[], ""),
    sent("GET", "/remote.php/dav/files/alice/{base}/a.txt", &[("range", "bytes=1-2")], ""),
    sent("GET", "/remote.php/dav/files/alice/{base}/pieces", &[], ""),
    sent("HEAD", "/remote.php/dav/files/alice/{base}/a.txt", &[], ""),
    sent("PROPFIND", "/remote.php/dav/uploads/alice/{base}", &[("depth", "1")], ""),
    sent("SEARCH", "/remote.php/dav/", &[("content-type", "text/xml")], SEARCH),
];

const WRITES: &[Sent] = &[
    sent("PUT", "/remote.php/dav/files/alice/{base}/a.txt", &[], "new"),
    sent("PUT", "/remote.php/dav/files/alice/{base}/b.txt", &[], "new"),
    sent("PUT", "/remote.php/dav/files/alice/{base}/empty", &[], ""),
    sent("MKCOL", "/remote.php/dav/files/alice/{base}/made", &[], ""),
    sent("DELETE", "/remote.php/dav/files/alice/{base}/a.txt", &[], ""),
    sent("DELETE", "/remote.php/dav/files/alice/{base}/folder", &[], ""),
    sent(
        "MOVE",
        "/remote.php/dav/files/alice/{base}/a.txt",
        &[("destination", "/remote.php/dav/files/alice/{base}/folder/moved.txt")],
        "",
    ),
    sent(
        "MOVE",
        "/remote.php/dav/files/alice/{base}/a.txt",
        &[("destination", "/remote.php/dav/files/alice/{base}/folder/inner.txt")],
        "",
    ),
    sent(
        "COPY",
        "/remote.php/dav/files/alice/{base}/folder",
        &[("destination", "/remote.php/dav/files/alice/{base}/copy")],
        "",
    ),
    sent(
        "COPY",
        "/remote.php/dav/files/alice/{base}/a.txt",
        &[("destination", "/remote.php/dav/files/alice/{base}/folder/inner.txt")],
        "",
    ),
    sent(
        "PROPPATCH",
        "/remote.php/dav/files/alice/{base}/a.txt",
        &[],
        "<propertyupdate xmlns='DAV:'><set><prop><x xmlns='urn:x'>1</x></prop></set>\
         </propertyupdate>",
    ),
    sent(
        "LOCK",
        "/remote.php/dav/files/alice/{base}/a.txt",
        &[("timeout", "Second-60")],
        "<lockinfo xmlns='DAV:'><lockscope><exclusive/></lockscope><locktype><write/></locktype>\
         </lockinfo>",
    ),
    sent("PUT", "/remote.php/dav/uploads/alice/{base}/3", &[], "part3"),
    sent("DELETE", "/remote.php/dav/uploads/alice/{base}", &[], ""),
    sent(
        "MOVE",
        "/remote.php/dav/uploads/alice/{base}/.file",
        &[("destination", "/remote.php/dav/files/alice/{base}/a.txt")],
        "",
    ),
    sent(
        "MOVE",
        "/remote.php/dav/uploads/alice/{base}/.file",
        &[("destination", "/remote.php/dav/files/alice/{base}/whole")],
        "",
    ),
];

/// Several files in one request: each of them is there or not.
const BULK: Sent = sent(
    "POST",
    "/remote.php/dav/bulk",
    &[("content-type", "multipart/related; boundary=b")],
    "--b\r\nX-File-Path: /{base}/b1\r\nX-File-MD5: 5d41402abc4b2a76b9719d911017c592\r\n\
     Content-Length: 5\r\n\r\nhello\r\n\
     --b\r\nX-File-Path: /{base}/a.txt\r\nX-File-MD5: 5d41402abc4b2a76b9719d911017c592\r\n\
     Content-Length: 5\r\n\r\nhello\r\n--b--\r\n",
);

/// A world whose stores fail, and folders in it that every request starts from.
struct Ground {
    world: World,
    plan: FaultPlan,
    alice: Client,
    made: usize,
}

impl Ground {
    async fn new() -> Self {
        let plan = FaultPlan::default();
        let world = World::with_faults(plan.clone()).await;
        let alice = world.alice();
        Self { world, plan, alice, made: 0 }
    }

    /// A folder with a file, a file of several blobs, a folder with a file, and an upload of
    /// two parts.
    async fn base(&mut self) -> String {
        self.made += 1;
        let base = format!("base{}", self.made);
        let alice = &self.alice;
        let folder = format!("{FILES}/{base}");
        assert_eq!(alice.mkcol(&folder).await, 201);
        assert_eq!(alice.put(&format!("{folder}/a.txt"), "old").await.status, 201);
        assert_eq!(alice.mkcol(&format!("{folder}/folder")).await, 201);
        assert_eq!(alice.put(&format!("{folder}/folder/inner.txt"), "inner").await.status, 201);
        let upload = format!("{UPLOADS}/{base}");
        for to in [Some("pieces"), None] {
            assert_eq!(alice.mkcol(&upload).await, 201);
            for (name, part) in [("1", "part1"), ("2", "part2")] {
                assert_eq!(alice.put(&format!("{upload}/{name}"), part).await.status, 201);
            }
            let Some(to) = to else { break };
            let file = format!("{upload}/.file");
            let moved = alice.transfer("MOVE", &file, &format!("{folder}/{to}"), &[]).await;
            assert_eq!(moved.status, 201);
        }
        base
    }

    /// A folder whose listing takes several pages.
    async fn many(&self) {
        assert_eq!(self.alice.mkcol(&format!("{FILES}/many")).await, 201);
        for n in 0..1100 {
            let made = self.alice.mkcol(&format!("{FILES}/many/folder-with-a-name-{n}")).await;
            assert_eq!(made, 201);
        }
    }

    /// The answer; none if its body broke.
    async fn send(&self, sent: &Sent, base: &str) -> Option<Answer> {
        let fill = |text: &str| text.replace("{base}", base);
        let headers: Vec<(&str, String)> =
            sent.headers.iter().map(|(name, value)| (*name, fill(value))).collect();
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.alice.attempt(sent.method, &fill(sent.path), &headers, fill(sent.body)).await
    }

    /// Everything in a folder and its upload: contents, and for folders their members.
    async fn state(&self, base: &str) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        let mut folders = vec![format!("{FILES}/{base}/")];
        while let Some(folder) = folders.pop() {
            let listed = self.alice.propfind(&folder, "1", "d:getetag").await;
            for href in listed.hrefs().into_iter().skip(1) {
                let name = href.strip_prefix(&format!("{FILES}/{base}/")).unwrap().to_owned();
                let value = if href.ends_with('/') {
                    folders.push(href.to_owned());
                    String::new()
                } else {
                    let got = self.alice.get(href).await;
                    assert_eq!(got.status, 200, "{href} is listed");
                    got.text().to_owned()
                };
                state.insert(name, value);
            }
        }
        let upload = self.alice.propfind(&format!("{UPLOADS}/{base}"), "1", "d:getetag").await;
        if upload.status == 207 {
            let parts = upload.hrefs().into_iter().filter_map(|href| href.split('/').nth(6));
            let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
            state.insert("upload".into(), parts.join(" "));
        }
        state
    }

    /// Every content that is stored is referenced, once the collector has been there.
    async fn is_tidy(&self) {
        for _ in 0..4 {
            self.world.clock.forward(2 * 86_400);
            self.world.files.collector().run_once().await.unwrap();
        }
        let all: Vec<_> = self.world.blobs.list(None).map(|blob| blob.unwrap().id).collect().await;
        assert!(!all.is_empty());
        assert_eq!(self.world.tree.unreferenced(&all).await.unwrap(), []);
    }
}

/// What may become of a call.
fn ways() -> Vec<(&'static str, Fault)> {
    vec![
        ("unavailable", Fault::fail(ErrorKind::Unavailable)),
        ("full", Fault::fail(ErrorKind::Full)),
        ("corrupt", Fault::fail(ErrorKind::Corrupt)),
        ("answer lost", Fault::lose_answer(ErrorKind::Unavailable)),
        ("late", Fault::delay(Duration::from_millis(2))),
    ]
}

/// Whether an answer says that the server could not, and not that something is not so.
fn refused(status: u16) -> bool {
    matches!(status, 500 | 503 | 507)
}

#[tokio::test]
async fn a_read_is_answered_in_full_or_visibly_not_at_all() {
    let mut ground = Ground::new().await;
    ground.many().await;
    let base = ground.base().await;
    for request in READS {
        let name = format!("{} {}", request.method, request.path);
        let whole = ground.send(request, &base).await.unwrap();
        assert!(matches!(whole.status, 200..=207), "{name}: {}", whole.text());
        let mut noticed = 0;
        for (way, fault) in ways() {
            for call in 0.. {
                let before = ground.plan.calls().len();
                ground.plan.add(fault.clone().skip(call));
                let answer = ground.send(request, &base).await;
                let calls = (ground.plan.calls().len() - before) as u64;
                ground.plan.clear();
                let what = format!("{name}, {way} at call {call}");
                match answer {
                    Some(answer) if answer.status < 300 => {
                        assert_eq!(answer.text(), whole.text(), "{what}");
                    }
                    Some(answer) => {
                        noticed += 1;
                        assert!(refused(answer.status), "{what}: {}", answer.status);
                        assert_ne!(way, "late");
                    }
                    // The body broke.
                    None => noticed += 1,
                }
                if calls <= call {
                    break;
                }
            }
        }
        assert!(noticed > 0, "{name} does not notice that its stores fail");
    }
}

#[tokio::test]
async fn a_content_that_is_cut_or_torn_breaks_the_transfer() {
    let mut ground = Ground::new().await;
    let base = ground.base().await;
    for (path, length) in [("a.txt", 3), ("pieces", 5)] {
        let path = format!("{FILES}/{base}/{path}");
        let calls = if length == 5 { 2 } else { 1 };
        for call in 0..calls {
            for bytes in 0..length {
                for fault in [Fault::cut_body(bytes), Fault::tear_body(bytes)] {
                    ground.plan.add(fault.on(Method::GetBlob).skip(call));
                    let answer = ground.alice.attempt("GET", &path, &[], "").await;
                    assert!(answer.is_none(), "{bytes} of {length}: {answer:?}");
                    ground.plan.clear();
                }
            }
        }
        assert_eq!(ground.alice.get(&path).await.status, 200);
    }
}

#[tokio::test]
async fn a_write_has_happened_or_not_and_leaves_nothing_behind() {
    let mut ground = Ground::new().await;
    for request in WRITES.iter().chain([&BULK]) {
        let name = format!("{} {}", request.method, request.path);
        let base = ground.base().await;
        let before = ground.state(&base).await;
        let done = ground.send(request, &base).await.unwrap();
        assert!(done.status < 300, "{name}: {} {}", done.status, done.text());
        let after = ground.state(&base).await;
        let mut noticed = 0;
        for (way, fault) in ways() {
            for call in 0.. {
                let base = ground.base().await;
                let made = ground.plan.calls().len();
                ground.plan.add(fault.clone().skip(call));
                let answer = ground.send(request, &base).await;
                let calls = (ground.plan.calls().len() - made) as u64;
                ground.plan.clear();
                let what = format!("{name}, {way} at call {call}");
                let state = ground.state(&base).await;
                let status = answer.map(|answer| answer.status);
                if request.method == "POST" {
                    mixture(&state, &before, &after, &what);
                } else if status.is_some_and(|status| status < 300) {
                    assert_eq!(state, after, "{what}: acknowledged");
                } else {
                    noticed += 1;
                    assert!(status.is_none_or(refused), "{what}: {status:?}");
                    assert_ne!(way, "late");
                    let known = state == before || (way == "answer lost" && state == after);
                    assert!(known, "{what}: {status:?} left {state:?}");
                }
                if calls <= call {
                    break;
                }
            }
        }
        assert!(noticed > 0 || request.method == "POST", "{name} does not notice failures");
    }
    ground.is_tidy().await;
}

/// Each name is as it was before, or as it is after.
fn mixture(
    state: &BTreeMap<String, String>,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    what: &str,
) {
    for name in before.keys().chain(after.keys()) {
        let found = state.get(name);
        assert!(found == before.get(name) || found == after.get(name), "{what}: {name}");
    }
    assert!(state.keys().all(|name| after.contains_key(name)), "{what}: {state:?}");
}

#[tokio::test]
async fn a_full_disk_is_507_and_the_service_goes_on() {
    let mut ground = Ground::new().await;
    let base = ground.base().await;
    let (overwrite, new) = (&WRITES[0], &WRITES[1]);
    for request in [overwrite, new] {
        for method in [Method::PutBlob, Method::Commit] {
            ground.plan.add(Fault::fail(ErrorKind::Full).on(method));
            assert_eq!(ground.send(request, &base).await.unwrap().status, 507);
        }
    }
    let alice = &ground.alice;
    assert_eq!(alice.get(&format!("{FILES}/{base}/a.txt")).await.text(), "old");
    assert_eq!(alice.get(&format!("{FILES}/{base}/b.txt")).await.status, 404);
    assert_eq!(ground.send(overwrite, &base).await.unwrap().status, 204);
}

#[tokio::test]
async fn a_store_that_cannot_be_asked_or_only_be_read_is_503() {
    let mut ground = Ground::new().await;
    let base = ground.base().await;
    for kind in [ErrorKind::Unavailable, ErrorKind::ReadOnly] {
        for request in [&READS[0], &READS[3], &WRITES[0], &WRITES[3], &WRITES[4], &WRITES[6]] {
            ground.plan.add(Fault::fail(kind.clone()));
            let answer = ground.send(request, &base).await.unwrap();
            assert_eq!(answer.status, 503, "{} {kind:?}", request.method);
            ground.plan.clear();
        }
    }
}
