use allmende_files::{ErrorKind, HandLock, Held, LinkView, LockOrder, MountKind, PutRequest};
use allmende_storage::{LockDepth, LockKind, LockScope, LockTimeout, LockToken};

use crate::{
    mounted::{share, world},
    world::{START, World, body, content, kind, mkdir, path, put, user},
};

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

fn by_hand(name: &str) -> HandLock {
    HandLock { token: token(name), kind: LockKind::Person, timeout: LockTimeout::Seconds(60) }
}

#[tokio::test]
async fn a_lock_by_hand_bars_all_but_its_holder() {
    let (world, told) = world();
    let alice = world.alice().await;
    let folder = mkdir(&alice, "Shared").await;
    let file = put(&alice, "Shared/f", b"old").await.entry;
    told.add("bob", share(1, "S", folder.id(), 31));
    told.add("carl", share(2, "S", folder.id(), 1));
    let bob = world.bob().await;
    let theirs = bob.get(&path("S/f")).await.unwrap();
    let Held::Taken(lock) = bob.lock_by_hand(&theirs, by_hand("t:1")).await.unwrap() else {
        panic!("somebody had it")
    };
    assert_eq!((lock.holder.as_str(), lock.expires.unwrap().unix()), ("bob", START + 60));
    put(&bob, "S/f", b"bob's").await;
    let refused = kind(alice.put(PutRequest::new(path("Shared/f")), body(b"x")).await);
    assert!(matches!(refused, ErrorKind::Locked(_)), "{refused:?}");
    let refused = kind(alice.check_unlocked(&file).await);
    assert!(matches!(refused, ErrorKind::Locked(_)), "{refused:?}");
    bob.check_unlocked(&theirs).await.unwrap();
    // Extended, it keeps its name.
    world.clock.forward(50);
    let longer = bob.lock_by_hand(&theirs, by_hand("t:2")).await.unwrap();
    let Held::Extended(longer) = longer else { panic!("it was free") };
    assert_eq!((&longer.token, longer.expires.unwrap().unix()), (&lock.token, START + 110));
    world.clock.forward(59);
    assert!(matches!(kind(alice.lock_by_hand(&file, by_hand("t:3")).await), ErrorKind::Locked(_)));
    world.clock.forward(1);
    alice.lock_by_hand(&file, by_hand("t:3")).await.unwrap();
    // The owner of the home is not to be overruled by who shares it.
    let refused = kind(bob.unlock_by_hand(&theirs, LockKind::Person).await);
    assert!(matches!(refused, ErrorKind::Locked(_)), "{refused:?}");
    alice.unlock_by_hand(&file, LockKind::Person).await.unwrap();
    let nothing = kind(alice.unlock_by_hand(&file, LockKind::Person).await);
    assert_eq!(nothing, ErrorKind::NotFound);
    bob.lock_by_hand(&theirs, by_hand("t:4")).await.unwrap();
    alice.unlock_by_hand(&file, LockKind::Person).await.unwrap();
    put(&alice, "Shared/f", b"alice's").await;

    assert_eq!(kind(alice.lock_by_hand(&folder, by_hand("t:5")).await), ErrorKind::NotAFile);
    let carl = world.files.view(&user("carl")).await.unwrap();
    let shown = carl.get(&path("S/f")).await.unwrap();
    assert_eq!(kind(carl.lock_by_hand(&shown, by_hand("t:5")).await), ErrorKind::Forbidden);
    // The guests of a link are nobody in particular, even with the name of its maker.
    let mut mount = share(9, "S", folder.id(), 15);
    mount.kind = MountKind::Link;
    let link = LinkView { mount, holder: user("alice"), number: Some(9) };
    let guest = world.files.node_view(link);
    alice.lock_by_hand(&file, by_hand("t:6")).await.unwrap();
    let shown = guest.get(&path("f")).await.unwrap();
    let refused = kind(guest.put(PutRequest::new(path("f")), body(b"x")).await);
    assert!(matches!(refused, ErrorKind::Locked(_)), "{refused:?}");
    for refused in [
        kind(guest.lock_by_hand(&shown, by_hand("t:7")).await),
        kind(guest.unlock_by_hand(&shown, LockKind::Person).await),
    ] {
        assert_eq!(refused, ErrorKind::Forbidden);
    }
}
