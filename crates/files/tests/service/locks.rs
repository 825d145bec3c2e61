use allmende_files::{ErrorKind, LockOrder, PutRequest};
use allmende_storage::{LockDepth, LockScope, LockTimeout, LockToken};

use crate::world::{START, World, body, content, kind, mkdir, path, put};

fn token(text: &str) -> LockToken {
    text.parse().unwrap()
}

fn order(name: &str) -> LockOrder {
    LockOrder {
        token: token(name),
        scope: LockScope::Exclusive,
        depth: LockDepth::Infinity,
        owner: "<o/>".into(),
        timeout: LockTimeout::Seconds(60),
    }
}

#[tokio::test]
async fn a_lock_protects_until_its_token_is_told() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "f").await;
    put(&alice, "f/a", b"old").await;
    let made = alice.lock(path("f/a").into(), order("t:1")).await.unwrap();
    assert!(!made.created);
    match kind(alice.put(PutRequest::new(path("f/a")), body(b"new")).await) {
        ErrorKind::Locked(locks) => {
            assert_eq!(locks[0].path, Some(path("f/a")));
            assert_eq!(locks[0].lock.token, token("t:1"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(content(&alice, "f/a").await, b"old");
    assert_eq!(world.count_blobs().await, 1);
    let folder = alice.get(&path("f")).await.unwrap();
    assert!(matches!(kind(alice.remove(&folder, None).await), ErrorKind::Locked(_)));
    let holder = alice.with_lock_tokens(vec![token("t:1")]);
    put(&holder, "f/a", b"new").await;
    assert_eq!(holder.locks_below(&folder).await.unwrap().len(), 1);
    assert!(matches!(
        kind(alice.lock(path("f/a").into(), order("t:2")).await),
        ErrorKind::Locked(_)
    ));
    alice.unlock(&made.entry, &token("t:1")).await.unwrap();
    assert_eq!(kind(alice.unlock(&made.entry, &token("t:1")).await), ErrorKind::NotFound);
    put(&alice, "f/a", b"newer").await;
}

#[tokio::test]
async fn locking_nothing_makes_an_empty_file() {
    let world = World::new();
    let alice = world.alice().await;
    let made = alice.lock(path("new.txt").into(), order("t:1")).await.unwrap();
    assert!(made.created && made.entry.node.size == 0);
    let parent = kind(alice.lock(path("no/new").into(), order("t:2")).await);
    assert_eq!(parent, ErrorKind::ParentNotFound);
}

#[tokio::test]
async fn leases_are_clamped_and_end() {
    let world = World::new();
    let alice = world.alice().await;
    let forever = LockOrder { timeout: LockTimeout::Infinite, ..order("t:1") };
    let made = alice.lock(path("a").into(), forever).await.unwrap();
    assert_eq!(made.lock.expires.unwrap().unix(), START + 24 * 3600);
    let seconds = LockTimeout::Seconds(60);
    let lock = alice.refresh_lock(&made.entry, &token("t:1"), seconds).await.unwrap();
    assert_eq!(lock.expires.unwrap().unix(), START + 60);
    let other = alice.refresh_lock(&made.entry, &token("t:9"), seconds).await;
    assert_eq!(kind(other), ErrorKind::NotFound);
    world.clock.forward(61);
    put(&alice, "a", b"free").await;
    assert_eq!(world.files.collector().run_once().await.unwrap().locks, 1);
}

#[tokio::test]
async fn a_path_without_anything_is_covered_by_what_is_above() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "deep").await;
    mkdir(&alice, "flat").await;
    alice.lock(path("deep").into(), order("t:1")).await.unwrap();
    let flat = LockOrder { depth: LockDepth::Zero, ..order("t:2") };
    alice.lock(path("flat").into(), flat).await.unwrap();
    let count = async |at| alice.locks_at(&path(at)).await.unwrap().len();
    assert_eq!(count("deep").await, 1);
    assert_eq!(count("deep/no/thing").await, 1);
    assert_eq!(count("flat").await, 1);
    assert_eq!(count("flat/nothing").await, 0);
    assert_eq!(count("nothing").await, 0);
}
