//! Laws of the events that a tree writes: with each change, and never without one.

use std::sync::Arc;

use allmende_types::{
    EventKind, EventNode, NewEvent, NodeId, NodeShape, Origin, Principal, SpaceId, Stream,
};
use async_trait::async_trait;

use super::world::{NOW, World, batch, copy_to, make_folder, move_to, person, put, remove, target};
use crate::{Actor, Batch, Cause, Expect, Op, SetFacts, Tree};

/// Reads what a tree has written down of its spaces.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// All events of a space with their numbers, in this order.
    async fn told(&self, space: SpaceId) -> Vec<(i64, NewEvent)>;
}

/// A tree, and who reads its events.
pub type ToldTree = (Arc<dyn Tree>, Arc<dyn EventLog>);

/// What is compared of an event: kind, node, place, and the place before.
type Told = (EventKind, NodeId, Option<NodeId>, String, Option<(NodeId, String)>);

/// The events of a space from a number on, whose numbers must have no gap.
async fn told(log: &dyn EventLog, space: SpaceId, since: i64) -> Vec<Told> {
    let all = log.told(space).await;
    let numbers: Vec<i64> = all.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(numbers, (1..).take(all.len()).collect::<Vec<_>>(), "numbers of {space}");
    let told = |(_, event): (i64, NewEvent)| {
        assert_eq!(event.stream, Stream::Space(space));
        let EventNode { space: home, node, parent, name, from, .. } = event.node.unwrap();
        assert_eq!(home, space);
        let from = from.map(|(parent, name)| (parent, String::from(name)));
        (event.kind, node, parent, String::from(name), from)
    };
    all.into_iter().filter(|(seq, _)| *seq > since).map(told).collect()
}

async fn last(log: &dyn EventLog, space: SpaceId) -> i64 {
    log.told(space).await.last().map_or(0, |(seq, _)| *seq)
}

fn at(kind: EventKind, node: NodeId, parent: NodeId, name: &str) -> Told {
    (kind, node, Some(parent), name.to_owned(), None)
}

pub async fn each_change_is_told((tree, log): ToldTree) {
    let world = World::new(tree).await;
    let root = world.root;
    let folder = world.folder(root, "d").await.id;
    let file = world.file(folder, "f", 1).await.id;
    world.file(folder, "f", 2).await;
    world.apply(move_to(file, target(folder, "g", Expect::Absent))).await;
    world.apply(move_to(file, target(root, "h", Expect::Absent))).await;
    let copy = world.apply(copy_to(file, target(folder, "c", Expect::Absent))).await.node.id;
    world.apply(remove(folder)).await;
    let moved = |kind, parent: NodeId, name: &str, from: NodeId, old: &str| {
        (kind, file, Some(parent), name.to_owned(), Some((from, old.to_owned())))
    };
    let expected = [
        at(EventKind::FileCreated, folder, root, "d"),
        at(EventKind::FileCreated, file, folder, "f"),
        at(EventKind::FileChanged, file, folder, "f"),
        moved(EventKind::FileRenamed, folder, "g", folder, "f"),
        moved(EventKind::FileMoved, root, "h", folder, "g"),
        at(EventKind::FileCopied, copy, folder, "c"),
        at(EventKind::FileRemoved, folder, root, "d"),
    ];
    assert_eq!(told(&*log, world.space, 0).await, expected);
    let all = log.told(world.space).await;
    assert_eq!(all[5].1.details["source"], file.to_string());
    let shapes: Vec<NodeShape> = all.iter().map(|(_, e)| e.node.as_ref().unwrap().shape).collect();
    let (d, f) = (NodeShape::Folder, NodeShape::File);
    assert_eq!(shapes, [d, f, f, f, f, f, d]);
}

pub async fn an_event_says_who_and_from_where((tree, log): ToldTree) {
    let world = World::new(tree).await;
    let origin =
        Origin { address: Some([192, 0, 2, 7].into()), agent: Some("Mozilla/5.0 (csync)".into()) };
    let alice = Actor { person: Some(person("Alice")), origin: origin.clone(), ..Actor::default() };
    let guest = Actor { link: Some(17), ..Actor::default() };
    for (actor, name) in [(alice, "a"), (guest, "b"), (Actor::default(), "c")] {
        let op = make_folder(target(world.root, name, Expect::Absent));
        world.tree.commit(Batch::one(actor, NOW, op)).await.unwrap();
    }
    let all: Vec<NewEvent> = log.told(world.space).await.into_iter().map(|(_, e)| e).collect();
    let actors: Vec<Option<Principal>> = all.iter().map(|event| event.actor.clone()).collect();
    let alice = Principal::Person(person("Alice"));
    assert_eq!(actors, [Some(alice), Some(Principal::Link(17)), None]);
    assert_eq!(all[0].origin, origin);
    assert_eq!(all[1].origin, Origin::default());
    assert!(all.iter().all(|event| event.at == NOW && event.audience.is_empty()));
}

pub async fn a_node_that_leaves_is_told_in_both_spaces((tree, log): ToldTree) {
    let (one, two) = (World::new(tree.clone()).await, World::new(tree).await);
    let file = one.file(one.root, "f", 1).await.id;
    let standing = two.file(two.root, "g", 1).await.id;
    let since = (last(&*log, one.space).await, last(&*log, two.space).await);
    one.apply(move_to(file, target(two.root, "g", Expect::Any))).await;
    let left = [at(EventKind::FileRemoved, file, one.root, "f")];
    assert_eq!(told(&*log, one.space, since.0).await, left);
    let came = [
        at(EventKind::FileRemoved, standing, two.root, "g"),
        at(EventKind::FileCreated, file, two.root, "g"),
    ];
    assert_eq!(told(&*log, two.space, since.1).await, came);
}

pub async fn what_comes_back_is_told_as_restored((tree, log): ToldTree) {
    let (home, trash) = (World::new(tree.clone()).await, World::new(tree).await);
    let file = home.file(home.root, "f", 1).await.id;
    home.apply(move_to(file, target(trash.root, "f.d1", Expect::Absent))).await;
    let since = last(&*log, home.space).await;
    let back = move_to(file, target(home.root, "f", Expect::Absent));
    let version = put(target(home.root, "f", Expect::Any), vec![home.blob(3)]);
    for op in [back, version] {
        let restore = Batch { cause: Cause::Restore, ..batch(vec![op]) };
        home.tree.commit(restore).await.unwrap();
    }
    let restored = at(EventKind::FileRestored, file, home.root, "f");
    assert_eq!(told(&*log, home.space, since).await, [restored.clone(), restored]);
}

pub async fn what_is_no_change_of_files_is_not_told((tree, log): ToldTree) {
    let world = World::new(tree).await;
    let file = world.file(world.root, "f", 1).await.id;
    let modified = Some(super::world::MTIME);
    let facts = SetFacts { node: file, modified, created: None, checksums: None };
    world.apply(Op::SetFacts(facts)).await;
    world.apply(move_to(file, target(world.root, "f", Expect::Any))).await;
    assert_eq!(told(&*log, world.space, 0).await.len(), 1);
}

pub async fn a_refused_batch_tells_nothing((tree, log): ToldTree) {
    let world = World::new(tree).await;
    let file = world.file(world.root, "f", 1).await.id;
    let since = last(&*log, world.space).await;
    let good = make_folder(target(world.root, "d", Expect::Absent));
    let bad = make_folder(target(world.root, "f", Expect::Absent));
    world.commit_all(vec![good.clone(), bad]).await.unwrap_err();
    assert_eq!(told(&*log, world.space, since).await, []);
    let both = vec![good, remove(file)];
    world.commit_all(both).await.unwrap();
    let kinds = told(&*log, world.space, since).await.into_iter().map(|told| told.0);
    assert_eq!(kinds.collect::<Vec<_>>(), [EventKind::FileCreated, EventKind::FileRemoved]);
}

pub async fn parallel_changes_are_numbered_without_gaps((tree, log): ToldTree) {
    let (one, two) = (World::new(tree.clone()).await, World::new(tree).await);
    let (one, two) = (Arc::new(one), Arc::new(two));
    let mut tasks = Vec::new();
    for n in 0..24 {
        let world = Arc::clone(if n % 2 == 0 { &one } else { &two });
        tasks.push(tokio::spawn(async move {
            let names = [format!("{n}"), format!("{n}-and")];
            let ops = names.iter().map(|name| make_folder(target(world.root, name, Expect::Any)));
            // Every third of them fails.
            let clash =
                (n % 3 == 0).then(|| make_folder(target(world.root, &names[0], Expect::Any)));
            world.commit_all(ops.chain(clash).collect()).await.is_ok()
        }));
    }
    let mut done = 0;
    for task in tasks {
        done += usize::from(task.await.unwrap());
    }
    assert_eq!(done, 16);
    let (first, second) =
        (told(&*log, one.space, 0).await.len(), told(&*log, two.space, 0).await.len());
    assert_eq!(first + second, 32);
}
