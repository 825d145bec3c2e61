//! Laws of locks inside a commit.

use allmende_types::{NodeId, Timestamp};

use super::{
    LockingTree,
    locks::{in_the_way, names, request, token},
    world::{MTIME, NOW, World, copy_to, make_folder, move_to, person, put, remove, target},
};
use crate::{
    Actor, Batch, Committed, Expect, LockDepth, LockRequest, LockScope, Op, PatchProperties,
    PropertyKey, PropertyOwner, PropertyUpdate, Result, SetFacts,
};

fn actor(who: Option<&str>, tokens: &[&str]) -> Actor {
    let tokens = tokens.iter().map(|text| token(text)).collect();
    Actor { person: who.map(person), tokens, ..Actor::default() }
}

async fn commit(world: &World, actor: Actor, op: Op) -> Result<Committed> {
    world.tree.commit(Batch::one(actor, NOW, op)).await
}

fn facts(node: NodeId) -> Op {
    Op::SetFacts(SetFacts { node, modified: Some(MTIME), created: None, checksums: None })
}

fn patch(node: NodeId) -> Op {
    let key = PropertyKey { namespace: "urn:x".into(), name: "p".into() };
    let updates = vec![PropertyUpdate::Remove(key)];
    Op::PatchProperties(PatchProperties { node, owner: PropertyOwner::Everyone, updates })
}

/// Nobody but the holder with the token may do it; then it is done, unless it would end
/// the lock that the next one needs.
async fn guarded(world: &World, ops: impl IntoIterator<Item = Op>, lock: &str) {
    for op in ops {
        for stranger in [
            actor(None, &[]),
            actor(Some("anna"), &[]),
            actor(Some("anna"), &["wrong"]),
            actor(Some("bert"), &[lock]),
            actor(None, &[lock]),
        ] {
            let result = commit(world, stranger.clone(), op.clone()).await;
            assert_eq!(in_the_way(result), [lock], "{stranger:?}: {op:?}");
        }
        let holder = actor(Some("anna"), &["wrong", lock]);
        commit(world, holder, op.clone()).await.unwrap_or_else(|e| panic!("{op:?}: {e}"));
    }
}

async fn free(world: &World, ops: impl IntoIterator<Item = Op>) {
    for op in ops {
        let result = commit(world, actor(Some("bert"), &[]), op.clone()).await;
        result.unwrap_or_else(|e| panic!("{op:?}: {e}"));
    }
}

pub async fn a_locked_file_is_guarded((tree, locks): LockingTree) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "d").await.id;
    let file = world.file(folder, "f", 1).await.id;
    locks.lock(request(file, "1")).await.unwrap();
    let over = put(target(folder, "f", Expect::Any), vec![world.blob(1)]);
    guarded(&world, [over, facts(file), patch(file)], "1").await;
    assert_eq!(names(&locks.covering(&[file], NOW).await.unwrap()[0]), ["1"]);
    // Its folder and its neighbours are free.
    free(
        &world,
        [
            put(target(folder, "new", Expect::Any), vec![world.blob(1)]),
            make_folder(target(folder, "sub", Expect::Any)),
            facts(folder),
            patch(folder),
        ],
    )
    .await;
    guarded(&world, [move_to(file, target(folder, "g", Expect::Any))], "1").await;
    locks.lock(request(file, "2")).await.unwrap();
    guarded(&world, [remove(file)], "2").await;
}

pub async fn a_locked_folder_guards_its_members((tree, locks): LockingTree) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "d").await.id;
    let file = world.file(folder, "f", 1).await.id;
    let out = world.file(world.root, "out", 1).await.id;
    let flat = LockRequest { depth: LockDepth::Zero, ..request(folder, "1") };
    locks.lock(flat).await.unwrap();
    // What a member contains is its own matter.
    free(
        &world,
        [
            put(target(folder, "f", Expect::Any), vec![world.blob(1)]),
            facts(file),
            patch(file),
            copy_to(file, target(world.root, "copied out", Expect::Any)),
        ],
    )
    .await;
    guarded(
        &world,
        [
            put(target(folder, "new", Expect::Any), vec![world.blob(1)]),
            make_folder(target(folder, "sub", Expect::Any)),
            copy_to(out, target(folder, "copied in", Expect::Any)),
            move_to(out, target(folder, "moved in", Expect::Any)),
            move_to(out, target(folder, "renamed", Expect::Any)),
            move_to(out, target(world.root, "moved out", Expect::Any)),
            remove(file),
            facts(folder),
            patch(folder),
        ],
        "1",
    )
    .await;
    world.all().await;
}

pub async fn an_infinite_lock_guards_all_below((tree, locks): LockingTree) {
    let world = World::new(tree).await;
    let top = world.folder(world.root, "top").await.id;
    let inner = world.folder(top, "inner").await.id;
    let file = world.file(inner, "f", 1).await.id;
    locks.lock(request(top, "1")).await.unwrap();
    guarded(
        &world,
        [
            put(target(inner, "f", Expect::Any), vec![world.blob(1)]),
            put(target(inner, "new", Expect::Any), vec![world.blob(1)]),
            make_folder(target(top, "sub", Expect::Any)),
            facts(file),
            patch(inner),
            move_to(file, target(inner, "g", Expect::Any)),
            copy_to(file, target(top, "copy", Expect::Any)),
            remove(file),
        ],
        "1",
    )
    .await;
    assert_eq!(names(&locks.covering(&[top], NOW).await.unwrap()[0]), ["1"]);
    free(&world, [copy_to(top, target(world.root, "copy", Expect::Any))]).await;
    guarded(&world, [move_to(top, target(world.root, "moved", Expect::Any))], "1").await;
}

pub async fn a_lock_below_guards_its_ancestors_place((tree, locks): LockingTree) {
    let world = World::new(tree).await;
    let moved = |node| move_to(node, target(world.root, "moved", Expect::Any));
    for (lock, moves) in [("1", true), ("2", false)] {
        let top = world.folder(world.root, "top").await.id;
        let inner = world.folder(top, "inner").await.id;
        let file = world.file(inner, "f", 1).await.id;
        locks.lock(request(file, lock)).await.unwrap();
        free(&world, [make_folder(target(inner, "x", Expect::Any)), facts(top)]).await;
        guarded(&world, [if moves { moved(top) } else { remove(top) }], lock).await;
    }
}

pub async fn a_replaced_node_is_guarded((tree, locks): LockingTree) {
    let world = World::new(tree).await;
    for (n, op) in [move_to, copy_to].into_iter().enumerate() {
        let source = world.file(world.root, "source", 1).await.id;
        let old = world.folder(world.root, "old").await.id;
        let inside = world.file(old, "inside", 1).await.id;
        let lock = format!("{n}");
        locks.lock(request(inside, &lock)).await.unwrap();
        guarded(&world, [op(source, target(world.root, "old", Expect::Any))], &lock).await;
        let replaced = world.at("old").await.unwrap().id;
        assert_eq!(locks.covering(&[replaced], NOW).await.unwrap(), [vec![]]);
        world.apply(remove(replaced)).await;
    }
}

pub async fn a_copy_does_not_ask_its_source((tree, locks): LockingTree) {
    let world = World::new(tree).await;
    let source = world.file(world.root, "source", 1).await.id;
    locks.lock(request(source, "1")).await.unwrap();
    free(&world, [copy_to(source, target(world.root, "copy", Expect::Any))]).await;
    let copy = world.at("copy").await.unwrap().id;
    assert_eq!(locks.covering(&[copy], NOW).await.unwrap(), [vec![]]);
    free(&world, [facts(copy)]).await;
}

pub async fn any_shared_lock_suffices((tree, locks): LockingTree) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "d").await.id;
    let file = world.file(folder, "f", 1).await.id;
    for (who, text, node) in [("anna", "1", folder), ("bert", "2", file)] {
        let (scope, holder) = (LockScope::Shared, person(who));
        locks.lock(LockRequest { scope, holder, ..request(node, text) }).await.unwrap();
    }
    for nobody in [actor(None, &[]), actor(Some("carl"), &["1", "2"]), actor(Some("anna"), &["2"])]
    {
        assert_eq!(in_the_way(commit(&world, nobody, facts(file)).await), ["1", "2"]);
    }
    for one in [actor(Some("anna"), &["1"]), actor(Some("bert"), &["2"])] {
        commit(&world, one, facts(file)).await.unwrap();
    }
    // Bert's lock is on the file only.
    let bert = actor(Some("bert"), &["2"]);
    assert_eq!(in_the_way(commit(&world, bert, facts(folder)).await), ["1"]);
    // Anna's lock covers the file too, so it removes the whole folder.
    commit(&world, actor(Some("anna"), &["1"]), remove(folder)).await.unwrap();
}

pub async fn an_ended_lease_guards_nothing((tree, locks): LockingTree) {
    let world = World::new(tree).await;
    let file = world.file(world.root, "f", 1).await.id;
    locks.lock(request(file, "1")).await.unwrap();
    let at = async |now: Timestamp| world.commit_at(now, facts(file)).await;
    assert_eq!(in_the_way(at(NOW.plus_seconds(59)).await), ["1"]);
    at(NOW.plus_seconds(60)).await.unwrap();
    // The check is a part of the commit, not of a cache: a new lock counts at once.
    let late = LockRequest { now: NOW.plus_seconds(60), ..request(file, "2") };
    locks.lock(late).await.unwrap();
    assert_eq!(in_the_way(at(NOW.plus_seconds(61)).await), ["2"]);
}

pub async fn a_refused_batch_changes_nothing((tree, locks): LockingTree) {
    let world = World::new(tree).await;
    let locked = world.file(world.root, "locked", 1).await.id;
    locks.lock(request(locked, "1")).await.unwrap();
    let before = (world.revision().await, world.all().await);
    let ops = vec![
        put(target(world.root, "new", Expect::Any), vec![world.blob(1)]),
        put(target(world.root, "locked", Expect::Any), vec![world.blob(1)]),
    ];
    assert_eq!(in_the_way(world.commit_all(ops).await), ["1"]);
    assert_eq!((world.revision().await, world.all().await), before);
}
