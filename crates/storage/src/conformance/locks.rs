//! Laws of locks.

use allmende_types::{NodeId, Origin, Principal, Timestamp};

use super::{
    LockingTree,
    world::{NOW, World, copy_to, move_to, person, refused, remove, target},
};
use crate::{
    BreakLock, ErrorKind, Expect, Lock, LockDepth, LockKind, LockRequest, LockScope, LockTimeout,
    LockToken,
};

pub(super) fn token(text: &str) -> LockToken {
    format!("opaquelocktoken:{text}").parse().unwrap()
}

/// Anna's exclusive infinite lock for a minute.
pub(super) fn request(node: NodeId, text: &str) -> LockRequest {
    LockRequest {
        node,
        token: token(text),
        kind: LockKind::Token,
        scope: LockScope::Exclusive,
        depth: LockDepth::Infinity,
        holder: person("anna"),
        owner: "<D:href>mailto:anna@example.org</D:href>".to_owned(),
        timeout: LockTimeout::Seconds(60),
        now: NOW,
    }
}

fn shared(node: NodeId, text: &str) -> LockRequest {
    LockRequest { scope: LockScope::Shared, ..request(node, text) }
}

fn flat(request: LockRequest) -> LockRequest {
    LockRequest { depth: LockDepth::Zero, ..request }
}

/// The tokens of the locks that an error names, in order.
#[track_caller]
pub(super) fn in_the_way<T: std::fmt::Debug>(result: crate::Result<T>) -> Vec<String> {
    let ErrorKind::Locked(locks) = refused(result) else { panic!("not locked") };
    names(&locks)
}

pub(super) fn names(locks: &[Lock]) -> Vec<String> {
    let text = |lock: &Lock| lock.token.as_str().replace("opaquelocktoken:", "");
    let mut names: Vec<String> = locks.iter().map(text).collect();
    names.sort();
    names
}

/// A world with `a/b/c`, folders, and the file `a/b/f`.
async fn nested(tree: &std::sync::Arc<dyn crate::Tree>) -> (World, [NodeId; 4]) {
    let world = World::new(tree.clone()).await;
    let a = world.folder(world.root, "a").await.id;
    let b = world.folder(a, "b").await.id;
    let c = world.folder(b, "c").await.id;
    let f = world.file(b, "f", 1).await.id;
    (world, [a, b, c, f])
}

pub async fn a_lock_is_what_was_asked_for((tree, locks): LockingTree) {
    let (world, [a, b, c, f]) = nested(&tree).await;
    let lock = locks.lock(request(a, "1")).await.unwrap();
    assert_eq!(lock, Lock::from_request(request(a, "1")));
    assert_eq!(lock.expires, Some(NOW.plus_seconds(60)));
    let endless = LockRequest { timeout: LockTimeout::Infinite, ..request(f, "2") };
    assert_eq!(in_the_way(locks.lock(endless.clone()).await), ["1"]);
    locks.unlock(a, &token("1"), &person("anna"), NOW).await.unwrap();
    let lock = locks.lock(endless).await.unwrap();
    assert_eq!(lock.expires, None);
    let zero = locks.lock(flat(request(a, "3"))).await.unwrap();
    let ids = [f, NodeId(4_000_000), a, b, c, world.root];
    let covering = locks.covering(&ids, NOW).await.unwrap();
    let none = vec![];
    assert_eq!(covering, [vec![lock.clone()], vec![], vec![zero.clone()], none, vec![], vec![]]);
    assert_eq!(locks.below(world.root, NOW).await.unwrap().len(), 2);
    assert_eq!(locks.below(a, NOW).await.unwrap(), [lock]);
    assert_eq!(locks.below(f, NOW).await.unwrap(), []);
    assert_eq!(locks.below(NodeId(4_000_000), NOW).await.unwrap(), []);
}

pub async fn an_exclusive_lock_stands_alone((tree, locks): LockingTree) {
    let (_, [_, _, _, f]) = nested(&tree).await;
    locks.lock(request(f, "1")).await.unwrap();
    assert_eq!(in_the_way(locks.lock(request(f, "2")).await), ["1"]);
    assert_eq!(in_the_way(locks.lock(shared(f, "3")).await), ["1"]);
    assert_eq!(names(&locks.covering(&[f], NOW).await.unwrap()[0]), ["1"]);
}

pub async fn shared_locks_stand_together((tree, locks): LockingTree) {
    let (_, [a, _, _, f]) = nested(&tree).await;
    locks.lock(shared(f, "1")).await.unwrap();
    locks.lock(LockRequest { holder: person("bert"), ..shared(f, "2") }).await.unwrap();
    locks.lock(shared(a, "3")).await.unwrap();
    assert_eq!(in_the_way(locks.lock(request(f, "4")).await), ["1", "2", "3"]);
    assert_eq!(names(&locks.covering(&[f], NOW).await.unwrap()[0]), ["1", "2", "3"]);
}

pub async fn infinite_locks_meet_those_above_and_below((tree, locks): LockingTree) {
    let (_, [a, b, c, f]) = nested(&tree).await;
    locks.lock(request(b, "b")).await.unwrap();
    for below in [c, f] {
        assert_eq!(in_the_way(locks.lock(flat(request(below, "x"))).await), ["b"]);
    }
    assert_eq!(in_the_way(locks.lock(request(a, "x")).await), ["b"]);
    // A lock of depth 0 on a folder covers neither what is below nor above.
    locks.lock(flat(request(a, "a"))).await.unwrap();
    locks.unlock(b, &token("b"), &person("anna"), NOW).await.unwrap();
    for (id, text) in [(b, "b"), (c, "c"), (f, "f")] {
        locks.lock(flat(request(id, text))).await.unwrap();
    }
    assert_eq!(names(&locks.covering(&[f], NOW).await.unwrap()[0]), ["f"]);
    assert_eq!(names(&locks.below(a, NOW).await.unwrap()), ["b", "c", "f"]);
    assert_eq!(in_the_way(locks.lock(shared(b, "x")).await), ["b", "c", "f"]);
}

pub async fn a_lease_ends((tree, locks): LockingTree) {
    let (_, [a, _, _, f]) = nested(&tree).await;
    locks.lock(request(f, "1")).await.unwrap();
    let at = |seconds| NOW.plus_seconds(seconds);
    let later = |seconds| LockRequest { now: at(seconds), ..request(f, "2") };
    assert_eq!(in_the_way(locks.lock(later(59)).await), ["1"]);
    assert_eq!(names(&locks.below(a, at(59)).await.unwrap()), ["1"]);
    assert_eq!(locks.below(a, at(60)).await.unwrap(), []);
    assert_eq!(locks.covering(&[f], at(60)).await.unwrap(), [vec![]]);
    let anna = person("anna");
    let timeout = LockTimeout::Seconds(10);
    let refresh = locks.refresh(f, &token("1"), &anna, timeout, at(60)).await;
    assert_eq!(refused(refresh), ErrorKind::NotFound);
    let unlock = locks.unlock(f, &token("1"), &anna, at(60)).await;
    assert_eq!(refused(unlock), ErrorKind::NotFound);
    locks.lock(later(60)).await.unwrap();
}

pub async fn a_lock_is_renewed_by_its_holder((tree, locks): LockingTree) {
    let (_, [a, b, _, f]) = nested(&tree).await;
    let lock = locks.lock(request(b, "1")).await.unwrap();
    let (anna, later) = (person("anna"), NOW.plus_seconds(50));
    let refresh = async |node, text: &str, holder: &str, timeout| {
        locks.refresh(node, &token(text), &person(holder), timeout, later).await
    };
    // By way of anything that it covers.
    let renewed = refresh(f, "1", "anna", LockTimeout::Seconds(60)).await.unwrap();
    assert_eq!(renewed, Lock { expires: Some(NOW.plus_seconds(110)), ..lock.clone() });
    assert_eq!(locks.covering(&[f], NOW.plus_seconds(109)).await.unwrap(), [vec![renewed]]);
    for (node, text, holder) in [(b, "1", "bert"), (b, "2", "anna"), (a, "1", "anna")] {
        let wrong = refresh(node, text, holder, LockTimeout::Infinite).await;
        assert_eq!(refused(wrong), ErrorKind::NotFound, "{text} of {holder}");
    }
    let endless = refresh(b, "1", "anna", LockTimeout::Infinite).await.unwrap();
    assert_eq!(endless, Lock { expires: None, ..lock });
    locks.unlock(b, &token("1"), &anna, Timestamp::from_unix(i64::MAX)).await.unwrap();
}

pub async fn a_lock_is_given_back_by_its_holder((tree, locks): LockingTree) {
    let (_, [a, b, _, f]) = nested(&tree).await;
    locks.lock(request(b, "1")).await.unwrap();
    let unlock = async |node, text: &str, holder: &str| {
        locks.unlock(node, &token(text), &person(holder), NOW).await
    };
    assert_eq!(in_the_way(unlock(b, "1", "bert").await), ["1"]);
    assert_eq!(refused(unlock(a, "1", "anna").await), ErrorKind::NotFound);
    assert_eq!(refused(unlock(b, "2", "anna").await), ErrorKind::NotFound);
    unlock(f, "1", "anna").await.unwrap();
    assert_eq!(locks.covering(&[b, f], NOW).await.unwrap(), [vec![], vec![]]);
    assert_eq!(refused(unlock(b, "1", "anna").await), ErrorKind::NotFound);
}

pub async fn a_token_names_one_lock((tree, locks): LockingTree) {
    let (_, [_, _, c, f]) = nested(&tree).await;
    locks.lock(request(f, "1")).await.unwrap();
    assert_eq!(refused(locks.lock(request(c, "1")).await), ErrorKind::Exists);
    locks.lock(request(c, "2")).await.unwrap();
}

pub async fn a_lock_needs_a_node((tree, locks): LockingTree) {
    let (world, [a, _, _, f]) = nested(&tree).await;
    world.apply(remove(a)).await;
    for id in [a, f, NodeId(4_000_000)] {
        assert_eq!(refused(locks.lock(request(id, "1")).await), ErrorKind::NotFound);
    }
}

pub async fn expired_locks_are_removed((tree, locks): LockingTree) {
    let (_, [_, _, c, f]) = nested(&tree).await;
    for text in ["1", "2", "3"] {
        locks.lock(shared(f, text)).await.unwrap();
    }
    let endless = LockRequest { timeout: LockTimeout::Infinite, ..request(c, "4") };
    locks.lock(endless).await.unwrap();
    assert_eq!(locks.remove_expired(NOW.plus_seconds(59), 10).await.unwrap(), 0);
    let end = NOW.plus_seconds(60);
    assert_eq!(locks.remove_expired(end, 2).await.unwrap(), 2);
    assert_eq!(locks.remove_expired(end, 2).await.unwrap(), 1);
    assert_eq!(locks.remove_expired(end, 2).await.unwrap(), 0);
    assert_eq!(names(&locks.covering(&[c], end).await.unwrap()[0]), ["4"]);
}

pub async fn a_lock_follows_a_renamed_parent((tree, locks): LockingTree) {
    let (world, [a, b, _, f]) = nested(&tree).await;
    locks.lock(request(f, "1")).await.unwrap();
    world.apply(copy_to(b, target(world.root, "copy", Expect::Any))).await;
    let copy = world.at("copy/f").await.unwrap().id;
    assert_eq!(locks.covering(&[copy], NOW).await.unwrap(), [vec![]], "a lock was copied");
    // Who moves the parent must hold the lock, and the lock ends with the move of its node.
    let actor = holding("anna", "1");
    let op = move_to(b, target(world.root, "new", Expect::Any));
    tree.commit(crate::Batch::one(actor, NOW, op)).await.unwrap();
    assert_eq!(locks.covering(&[f], NOW).await.unwrap(), [vec![]]);
    // A lock above does not come along, and one at the new place covers.
    locks.lock(request(a, "2")).await.unwrap();
    let actor = holding("anna", "2");
    let op = move_to(b, target(a, "back", Expect::Any));
    tree.commit(crate::Batch::one(actor, NOW, op)).await.unwrap();
    assert_eq!(names(&locks.covering(&[f], NOW).await.unwrap()[0]), ["2"]);
}

pub async fn a_lock_ends_with_its_node((tree, locks): LockingTree) {
    let (world, [a, _, _, f]) = nested(&tree).await;
    locks.lock(request(f, "1")).await.unwrap();
    let actor = holding("anna", "1");
    tree.commit(crate::Batch::one(actor, NOW, remove(a))).await.unwrap();
    assert_eq!(locks.covering(&[f], NOW).await.unwrap(), [vec![]]);
    assert_eq!(locks.below(world.root, NOW).await.unwrap(), []);
    let gone = locks.unlock(f, &token("1"), &person("anna"), NOW).await;
    assert_eq!(refused(gone), ErrorKind::NotFound);
    // The token is free again.
    locks.lock(request(world.root, "1")).await.unwrap();
}

pub async fn a_lock_set_by_hand_moves_with_its_node((tree, locks): LockingTree) {
    let (world, [a, b, _, f]) = nested(&tree).await;
    let by_hand = locks.lock(set_by_hand(f, "1")).await.unwrap();
    let op = move_to(f, target(world.root, "g", Expect::Any));
    assert_eq!(in_the_way(tree.commit(crate::Batch::one(acting("bert"), NOW, op)).await), ["1"]);
    for (node, parent, name) in
        [(f, world.root, "g"), (f, b, "f"), (b, world.root, "b"), (b, a, "b")]
    {
        let op = move_to(node, target(parent, name, Expect::Any));
        tree.commit(crate::Batch::one(acting("anna"), NOW, op)).await.unwrap();
        assert_eq!(locks.covering(&[f], NOW).await.unwrap(), [vec![by_hand.clone()]]);
    }
    // Not into another space: there its holder may have nothing to say.
    let beside = world.beside().await;
    let op = move_to(f, target(beside.root, "f", Expect::Any));
    tree.commit(crate::Batch::one(acting("anna"), NOW, op)).await.unwrap();
    assert_eq!(locks.covering(&[f], NOW).await.unwrap(), [vec![]]);
}

pub async fn a_lock_set_by_hand_is_seen_by_the_folders_above((tree, locks): LockingTree) {
    let (world, [a, b, c, f]) = nested(&tree).await;
    let revisions = async || {
        let nodes = tree.stat(&[world.root, a, b, c, f]).await.unwrap();
        let facts = nodes.into_iter().map(|node| node.unwrap());
        facts.map(|node| (node.revision, node.modified)).collect::<Vec<_>>()
    };
    let mut before = revisions().await;
    let anna = person("anna");
    for text in ["1", "2", "3"] {
        let since = tree.space(world.space).await.unwrap().revision;
        match text {
            "1" => drop(locks.lock(set_by_hand(f, "1")).await.unwrap()),
            "2" => locks.unlock(f, &token("1"), &anna, NOW).await.unwrap(),
            _ => {
                locks.lock(set_by_hand(f, "3")).await.unwrap();
                locks.break_lock(breaking(f, "3")).await.unwrap();
            }
        }
        let after = revisions().await;
        let now = tree.space(world.space).await.unwrap().revision;
        assert!(now > since);
        for at in 0..3 {
            assert_eq!(after[at], (now, before[at].1), "folder {at} at {text}");
        }
        assert_eq!(after[3..], before[3..], "{text}");
        let told = tree.changes(world.space, since, 10).await.unwrap();
        assert!(told.iter().all(|change| change.node == f) && !told.is_empty(), "{told:?}");
        before = after;
    }
    locks.lock(request(f, "4")).await.unwrap();
    locks.unlock(f, &token("4"), &anna, NOW).await.unwrap();
    assert_eq!(revisions().await, before, "a lock of the protocol is nobody else's matter");
}

pub async fn a_lock_is_broken_by_others((tree, locks): LockingTree) {
    let (_, [_, b, _, f]) = nested(&tree).await;
    let lock = locks.lock(request(b, "1")).await.unwrap();
    assert_eq!(refused(locks.break_lock(breaking(f, "1")).await), ErrorKind::NotFound);
    assert_eq!(refused(locks.break_lock(breaking(b, "2")).await), ErrorKind::NotFound);
    let late = BreakLock { now: NOW.plus_seconds(60), ..breaking(b, "1") };
    assert_eq!(refused(locks.break_lock(late).await), ErrorKind::NotFound);
    assert_eq!(locks.break_lock(breaking(b, "1")).await.unwrap(), lock);
    assert_eq!(locks.covering(&[b, f], NOW).await.unwrap(), [vec![], vec![]]);
    assert_eq!(refused(locks.break_lock(breaking(b, "1")).await), ErrorKind::NotFound);
}

pub async fn all_locks_are_listed((tree, locks): LockingTree) {
    let (_, [a, _, _, f]) = nested(&tree).await;
    let mut expected = Vec::new();
    for (text, node) in [("1", f), ("2", f), ("3", a)] {
        expected.push(locks.lock(flat(shared(node, text))).await.unwrap());
    }
    let endless = LockRequest { timeout: LockTimeout::Infinite, ..flat(shared(a, "4")) };
    expected.push(locks.lock(endless).await.unwrap());
    let first = locks.all(None, 3, NOW).await.unwrap();
    assert_eq!(first, expected[..3]);
    let rest = locks.all(Some(&first[2].token), 3, NOW).await.unwrap();
    assert_eq!(rest, expected[3..]);
    assert_eq!(locks.all(None, 9, NOW.plus_seconds(60)).await.unwrap(), expected[3..]);
}

/// Anna's lock of one node, set by hand.
pub(super) fn set_by_hand(node: NodeId, text: &str) -> LockRequest {
    LockRequest { kind: LockKind::Person, ..flat(request(node, text)) }
}

pub(super) fn breaking(node: NodeId, text: &str) -> BreakLock {
    let (by, origin) = (Some(Principal::Person(person("carl"))), Origin::default());
    BreakLock { node, token: token(text), by, origin, now: NOW }
}

fn acting(who: &str) -> crate::Actor {
    crate::Actor { person: Some(person(who)), ..crate::Actor::default() }
}

fn holding(who: &str, text: &str) -> crate::Actor {
    let (person, tokens) = (Some(person(who)), vec![token(text)]);
    crate::Actor { person, tokens, ..crate::Actor::default() }
}
