//! A copy that a client keeps by what it is told has changed is what a listing shows.

use std::collections::BTreeMap;

use allmende_files::{
    Entry, FolderRequest, MountRules, PutRequest, SyncDepth, SyncState, TransferRequest, View,
};
use allmende_share::{Inheritance, Rules};
use allmende_types::{NodeId, Permissions, SpacePath};
use proptest::prelude::*;

use crate::{
    mounted::{share, world},
    world::{World, body, mkdir, path, put, user},
};

/// The id at each path, with the entity tag where it is known to be told.
type Copy = BTreeMap<String, (NodeId, Option<String>)>;

/// One client that keeps one folder.
struct Client {
    top: String,
    depth: SyncDepth,
    copy: Copy,
    state: Option<SyncState>,
}

impl Client {
    fn new(top: &str, depth: SyncDepth) -> Self {
        Self { top: top.to_owned(), depth, copy: Copy::new(), state: None }
    }

    /// Asks what has changed, and reads everything where that cannot be told. Tells whether
    /// it could; nothing where the folder is gone.
    async fn sync(&mut self, view: &View, limit: usize) -> Option<bool> {
        let at = path(&self.top);
        let folder = view.resolve(&at).await.unwrap().filter(Entry::is_folder);
        let Some(folder) = folder else {
            self.state = None;
            return None;
        };
        if let Some(mut state) = self.state.take() {
            loop {
                let told = view.changes_since(&folder, &state, self.depth, limit).await.unwrap();
                let Some(told) = told else { break };
                for gone in told.gone {
                    self.forget(&gone);
                }
                for entry in told.changed {
                    let (at, told) = self.told(&entry);
                    if !entry.is_folder() {
                        // It may stand in the place of a folder.
                        self.forget(entry.path.as_ref().unwrap());
                    }
                    self.copy.insert(at, told);
                }
                for entry in told.arrived {
                    assert_eq!(self.depth, SyncDepth::All);
                    let at = entry.path.clone().unwrap();
                    forget(&mut self.copy, &at);
                    let (key, told) = self.told(&entry);
                    self.copy.insert(key, told);
                    walk(view, &entry, &at, self.depth, &mut self.copy).await;
                }
                state = told.state.to_string().parse().unwrap();
                if !told.more {
                    self.state = Some(state);
                    return Some(true);
                }
            }
        }
        self.state = Some(view.sync_states(&[(&folder, &at)]).await.unwrap().remove(0));
        self.copy.clear();
        walk(view, &folder, &at, self.depth, &mut self.copy).await;
        Some(false)
    }

    fn forget(&mut self, gone: &SpacePath) {
        forget(&mut self.copy, gone);
    }

    fn told(&self, entry: &Entry) -> (String, (NodeId, Option<String>)) {
        (entry.path.as_ref().unwrap().to_string(), facts(entry, self.depth))
    }

    async fn check(&self, view: &View) {
        let at = path(&self.top);
        let folder = view.get(&at).await.unwrap();
        let mut listed = Copy::new();
        walk(view, &folder, &at, self.depth, &mut listed).await;
        assert_eq!(self.copy, listed, "{:?} of {:?}", self.depth, self.top);
    }
}

fn forget(copy: &mut Copy, gone: &SpacePath) {
    let gone = gone.to_string();
    copy.retain(|at, _| *at != gone && !at.starts_with(&format!("{gone}/")));
}

/// A folder's tag is told where only members are: there it changes by what is below.
fn facts(entry: &Entry, depth: SyncDepth) -> (NodeId, Option<String>) {
    let tag = !entry.is_folder() || depth == SyncDepth::Members;
    (entry.id(), tag.then(|| entry.etag().to_string()))
}

async fn walk(view: &View, top: &Entry, at: &SpacePath, depth: SyncDepth, copy: &mut Copy) {
    let mut open = vec![(at.clone(), top.clone())];
    while let Some((at, folder)) = open.pop() {
        let mut after = None;
        loop {
            let page = view.children(&folder, after.as_ref(), 3).await.unwrap();
            for child in page.items {
                let at = at.join(child.name().unwrap().clone());
                copy.insert(at.to_string(), facts(&child, depth));
                if child.is_folder() && depth == SyncDepth::All {
                    open.push((at, child));
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Put(bool, String),
    Folder(bool, String),
    Remove(bool, String),
    Move(bool, String, String),
    Copy(bool, String, String),
    Sync(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = || prop::collection::vec("[abs]", 1..4).prop_map(|names| names.join("/"));
    let step = prop_oneof![
        4 => (any::<bool>(), at()).prop_map(|(bob, at)| Step::Put(bob, at)),
        4 => (any::<bool>(), at()).prop_map(|(bob, at)| Step::Folder(bob, at)),
        2 => (any::<bool>(), at()).prop_map(|(bob, at)| Step::Remove(bob, at)),
        3 => (any::<bool>(), at(), at()).prop_map(|(bob, from, to)| Step::Move(bob, from, to)),
        1 => (any::<bool>(), at(), at()).prop_map(|(bob, from, to)| Step::Copy(bob, from, to)),
        3 => (1usize..9).prop_map(Step::Sync),
    ];
    prop::collection::vec(step, 6..40)
}

/// Does a step; one that is refused changes nothing.
async fn act(world: &World, step: &Step) {
    let view = async |bob: bool| {
        let who = user(if bob { "bob" } else { "alice" });
        world.files.view(&who).await.unwrap()
    };
    match step {
        Step::Put(bob, at) => {
            let put = PutRequest::new(path(at));
            drop(view(*bob).await.put(put, body(at.as_bytes())).await);
        }
        Step::Folder(bob, at) => {
            drop(view(*bob).await.make_folder(FolderRequest::new(path(at))).await);
        }
        Step::Remove(bob, at) => {
            let view = view(*bob).await;
            if let Some(entry) = view.resolve(&path(at)).await.unwrap() {
                drop(view.remove(&entry, None).await);
            }
        }
        Step::Move(bob, from, to) => {
            let view = view(*bob).await;
            if let Some(entry) = view.resolve(&path(from)).await.unwrap() {
                drop(view.move_to(&entry, TransferRequest::new(path(to))).await);
            }
        }
        Step::Copy(bob, from, to) => {
            let view = view(*bob).await;
            if let Some(entry) = view.resolve(&path(from)).await.unwrap() {
                drop(view.copy_to(&entry, TransferRequest::new(path(to))).await);
            }
        }
        Step::Sync(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_copy_kept_by_changes_is_the_listing(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (world, told) = world();
            let alice = world.alice().await;
            let shared = mkdir(&alice, "s").await;
            let inner = mkdir(&alice, "s/a").await;
            // The inner folder is seen at two places.
            told.add("bob", share(1, "s", shared.id(), 31));
            told.add("bob", share(2, "t", inner.id(), 31));
            let mut clients = ["", "a", "s"].map(|top| {
                [SyncDepth::Members, SyncDepth::All].map(|depth| Client::new(top, depth))
            });
            for step in steps.iter().chain([&Step::Sync(100)]) {
                world.clock.forward(1);
                act(&world, step).await;
                let Step::Sync(limit) = step else { continue };
                let bob = world.bob().await;
                for client in clients.as_flattened_mut() {
                    if client.sync(&bob, *limit).await.is_some() {
                        client.check(&bob).await;
                    }
                }
            }
        });
    }
}

#[tokio::test]
async fn what_has_changed_is_told_and_nothing_else() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    mkdir(&alice, "Shared/deep").await;
    put(&alice, "Shared/deep/f", b"one").await;
    told.add("bob", share(1, "Shared", shared.id(), 31));
    let bob = world.bob().await;
    mkdir(&bob, "own").await;
    put(&bob, "own/a", b"a").await;
    put(&bob, "own/b", b"b").await;
    let root = bob.root().await.unwrap();
    let at = SpacePath::root();
    let before = bob.sync_states(&[(&root, &at)]).await.unwrap().remove(0);
    let changes = async |depth| {
        let bob = world.bob().await;
        let root = bob.root().await.unwrap();
        let told = bob.changes_since(&root, &before, depth, 100).await.unwrap().unwrap();
        assert!(!told.more);
        let paths = |entries: &[Entry]| -> Vec<String> {
            entries.iter().map(|entry| entry.path.as_ref().unwrap().to_string()).collect()
        };
        let gone: Vec<String> = told.gone.iter().map(ToString::to_string).collect();
        (paths(&told.changed), paths(&told.arrived), gone)
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(changes(SyncDepth::All).await, (none.clone(), none.clone(), none.clone()));

    put(&alice, "unseen", b"x").await;
    assert_eq!(changes(SyncDepth::All).await, (none.clone(), none.clone(), none.clone()));
    put(&alice, "Shared/deep/f", b"two").await;
    let gone = bob.get(&path("own/a")).await.unwrap();
    bob.remove(&gone, None).await.unwrap();
    let moved = bob.get(&path("own/b")).await.unwrap();
    bob.move_to(&moved, TransferRequest::new(path("c"))).await.unwrap();
    let all = changes(SyncDepth::All).await;
    assert_eq!(all.0, ["Shared/deep/f", "c"]);
    assert_eq!(all.2, ["own/a", "own/b"]);
    let mut members = changes(SyncDepth::Members).await;
    members.0.sort();
    assert_eq!(members, (vec!["Shared".into(), "c".into(), "own".into()], none.clone(), none));

    let folder = bob.get(&path("own")).await.unwrap();
    bob.move_to(&folder, TransferRequest::new(path("new"))).await.unwrap();
    let (_, arrived, gone) = changes(SyncDepth::All).await;
    // What went out of it before it went itself lay where it is now, too.
    assert_eq!(arrived, ["new"]);
    assert!(gone.contains(&"own".to_owned()), "{gone:?}");
}

#[tokio::test]
async fn without_certainty_everything_is_read_anew() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    put(&alice, "Shared/f", b"one").await;
    told.add("bob", share(1, "Shared", shared.id(), 31));
    let state = async || {
        let bob = world.bob().await;
        let root = bob.root().await.unwrap();
        bob.sync_states(&[(&root, &SpacePath::root())]).await.unwrap().remove(0)
    };
    let gap = async |since: &SyncState| {
        let bob = world.bob().await;
        let root = bob.root().await.unwrap();
        bob.changes_since(&root, since, SyncDepth::All, 9).await.unwrap().is_none()
    };
    // Other rights, another place: what the client knows is not what it would be shown.
    let before = state().await;
    assert!(!gap(&before).await);
    told.change("bob", 1, |mount| mount.permissions = Permissions::READ);
    assert!(gap(&before).await);

    // What went out of a folder with rules may have been hidden from the person.
    let rules = Rules::new(Permissions::ALL, Inheritance::PerNode, []);
    told.change("bob", 1, |mount| {
        mount.permissions = Permissions::ALL;
        mount.rules = Some(MountRules::from(rules).into());
    });
    let before = state().await;
    put(&alice, "Shared/g", b"two").await;
    assert!(!gap(&before).await);
    let file = alice.get(&path("Shared/f")).await.unwrap();
    alice.remove(&file, None).await.unwrap();
    assert!(gap(&before).await);

    // A state of another folder, or of a time to come.
    let later = state().await;
    let bob = world.bob().await;
    let folder = mkdir(&bob, "own").await;
    let told = bob.changes_since(&folder, &later, SyncDepth::All, 9).await.unwrap();
    assert!(told.is_none());
    let text = later.to_string();
    let (rest, _) = text.rsplit_once('.').unwrap();
    let ahead = format!("{rest}.{}", i64::MAX).parse().unwrap();
    assert!(gap(&ahead).await);
}

#[tokio::test]
async fn a_file_in_the_place_of_a_folder_is_told_as_such() {
    let (world, _) = world();
    let alice = world.alice().await;
    let mut client = Client::new("", SyncDepth::All);
    put(&alice, "f", b"file").await;
    mkdir(&alice, "a").await;
    put(&alice, "a/inner", b"below").await;
    assert_eq!(client.sync(&alice, 9).await, Some(false));
    let file = alice.get(&path("f")).await.unwrap();
    alice.copy_to(&file, TransferRequest::new(path("a"))).await.unwrap();
    assert_eq!(client.sync(&alice, 9).await, Some(true));
    client.check(&alice).await;
    // The other way round nothing tells whether there was a folder, and what was below it.
    let folder = alice.get(&path("a")).await.unwrap();
    alice.remove(&folder, None).await.unwrap();
    mkdir(&alice, "a").await;
    assert_eq!(client.sync(&alice, 9).await, Some(false));
    client.check(&alice).await;
}

#[tokio::test]
async fn what_stands_at_two_places_has_changed_at_both() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "s").await;
    let inner = mkdir(&alice, "s/a").await;
    told.add("bob", share(1, "s", shared.id(), 31));
    told.add("bob", share(2, "t", inner.id(), 31));
    // The recipient takes a folder out of one share into their home; the other one goes on.
    let bob = world.bob().await;
    let inner = bob.get(&path("s/a")).await.unwrap();
    bob.move_to(&inner, TransferRequest::new(path("a"))).await.unwrap();
    let bob = world.bob().await;
    let root = bob.root().await.unwrap();
    let state = bob.sync_states(&[(&root, &SpacePath::root())]).await.unwrap().remove(0);
    put(&bob, "a/f", b"new").await;
    let told = bob.changes_since(&root, &state, SyncDepth::All, 9).await.unwrap().unwrap();
    let paths: Vec<_> = told.changed.iter().map(|entry| entry.path.clone().unwrap()).collect();
    assert_eq!(paths, [path("a/f"), path("t/f")]);
}
