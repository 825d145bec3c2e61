//! Stores that fail: every call that a request makes, one after the other.

use allmende_storage::{
    ErrorKind,
    fault::{Fault, FaultPlan},
};

use crate::common::{Answer, Client, FILES, World};

/// Method, path in the home, headers and body.
type Sent = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

/// Requests on a home with `a.txt` and `folder`, and what their success is.
const REQUESTS: &[Sent] = &[
    ("PROPFIND", "/", &[("depth", "1")], ""),
    ("GET", "/a.txt", &[], ""),
    ("PUT", "/a.txt", &[], "new"),
    ("PUT", "/b.txt", &[], "new"),
    ("MKCOL", "/made", &[], ""),
    ("DELETE", "/a.txt", &[], ""),
    ("MOVE", "/a.txt", &[("destination", "/remote.php/dav/files/alice/folder/moved.txt")], ""),
    ("COPY", "/a.txt", &[("destination", "/remote.php/dav/files/alice/folder/copy.txt")], ""),
    (
        "PROPPATCH",
        "/a.txt",
        &[],
        "<propertyupdate xmlns='DAV:'><set><prop><x xmlns='urn:x'>1</x></prop></set></propertyupdate>",
    ),
    (
        "LOCK",
        "/a.txt",
        &[("timeout", "Second-60")],
        "<lockinfo xmlns='DAV:'><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>",
    ),
];

async fn send(alice: &Client, request: Sent) -> Answer {
    let (method, path, headers, body) = request;
    alice.send(method, &format!("{FILES}{path}"), headers, body).await
}

/// Brings the home into the state that every request starts from.
async fn prepare() -> (World, FaultPlan, Client) {
    let plan = FaultPlan::default();
    let world = World::with_faults(plan.clone()).await;
    let alice = world.alice();
    assert_eq!(alice.put(&format!("{FILES}/a.txt"), "old").await.status, 201);
    assert_eq!(alice.mkcol(&format!("{FILES}/folder")).await, 201);
    (world, plan, alice)
}

/// Lets each call of each request fail with `kind`, and expects `status` of those that do
/// not succeed all the same.
async fn every_call_fails(kind: ErrorKind, status: u16) {
    for request in REQUESTS {
        let name = request.0;
        let mut failed = 0;
        for call in 0.. {
            let (world, plan, alice) = prepare().await;
            let before = plan.calls().len();
            plan.add(Fault::fail(kind.clone()).skip(call));
            let answer = send(&alice, *request).await;
            let calls = (plan.calls().len() - before) as u64;
            plan.clear();
            if answer.status < 300 {
                // The last call has passed, or the one that failed was not needed.
                if calls <= call {
                    break;
                }
                continue;
            }
            failed += 1;
            assert_eq!(answer.status, status, "{name}, call {call}: {}", answer.text());
            let old = alice.get(&format!("{FILES}/a.txt")).await;
            assert_eq!((old.status, old.text()), (200, "old"), "{name}, call {call}");
            drop(world);
        }
        assert!(failed > 0, "{name} does not notice that its stores fail");
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_asked_is_503_and_the_old_content_stays() {
    every_call_fails(ErrorKind::Unavailable, 503).await;
}

#[tokio::test]
async fn a_read_only_disk_is_503_and_the_old_content_stays() {
    every_call_fails(ErrorKind::ReadOnly, 503).await;
}

#[tokio::test]
async fn a_full_disk_is_507_and_the_service_goes_on() {
    let (_world, plan, alice) = prepare().await;
    let (overwrite, new) = (REQUESTS[2], REQUESTS[3]);
    for request in [overwrite, new] {
        plan.add(Fault::fail(ErrorKind::Full).on(allmende_storage::Method::PutBlob));
        assert_eq!(send(&alice, request).await.status, 507);
        plan.add(Fault::fail(ErrorKind::Full).on(allmende_storage::Method::Commit));
        assert_eq!(send(&alice, request).await.status, 507);
    }
    assert_eq!(alice.get(&format!("{FILES}/a.txt")).await.text(), "old");
    assert_eq!(alice.get(&format!("{FILES}/b.txt")).await.status, 404);
    assert_eq!(send(&alice, overwrite).await.status, 204);
}
