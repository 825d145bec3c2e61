//! Random removals, restores and emptyings against the plainest model: what is live, by path,
//! and what is in the trash, by where it was.

use std::collections::BTreeMap;

use allmende_files::{Entry, FolderRequest, PutRequest, TransferRequest, Trashed, View};
use allmende_sql::every_engine;
use allmende_storage::{Expect, memory};
use allmende_types::NodeId;
use futures_util::stream;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use crate::{World, path};

/// Nodes by their paths; with each, whether it is a folder.
type Nodes = BTreeMap<String, (NodeId, bool)>;

#[derive(Debug, Clone)]
enum Step {
    Put(String),
    Folder(String),
    Remove(String),
    Move(String, String),
    Restore(usize),
    RestoreTo(usize, String),
    Part(usize),
    Delete(usize),
    Empty,
    Later,
}

fn a_path() -> impl Strategy<Value = String> {
    prop::collection::vec("[ab]", 1..4).prop_map(|names| names.join("/"))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => a_path().prop_map(Step::Put),
        4 => a_path().prop_map(Step::Folder),
        5 => a_path().prop_map(Step::Remove),
        3 => (a_path(), a_path()).prop_map(|(from, to)| Step::Move(from, to)),
        4 => any::<usize>().prop_map(Step::Restore),
        2 => (any::<usize>(), a_path()).prop_map(|(n, to)| Step::RestoreTo(n, to)),
        1 => any::<usize>().prop_map(Step::Part),
        1 => any::<usize>().prop_map(Step::Delete),
        1 => Just(Step::Empty),
        1 => Just(Step::Later),
    ]
}

/// Something in the trash: where it was, and itself with what is below it, by paths that begin
/// with its own empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    location: String,
    nodes: Nodes,
}

#[derive(Debug, Default)]
struct Model {
    live: Nodes,
    trash: Vec<Item>,
}

fn inside(at: &str, folder: &str) -> bool {
    at == folder || at.starts_with(&format!("{folder}/"))
}

/// Takes a node with everything below it out of a map; the paths are those below it.
fn take(nodes: &mut Nodes, at: &str) -> Nodes {
    let taken = nodes.iter().filter(|(path, _)| inside(path, at));
    let taken = taken.map(|(path, node)| (path[at.len()..].to_owned(), *node)).collect();
    nodes.retain(|path, _| !inside(path, at));
    taken
}

impl Model {
    fn is_folder(&self, at: &str) -> bool {
        at.is_empty() || self.live.get(at).is_some_and(|node| node.1)
    }

    fn has_parent(&self, at: &str) -> bool {
        self.is_folder(at.rsplit_once('/').map_or("", |(parent, _)| parent))
    }

    fn remove(&mut self, at: &str) {
        let nodes = take(&mut self.live, at);
        if !nodes.is_empty() {
            self.trash.push(Item { location: at.to_owned(), nodes });
        }
    }

    fn put(&mut self, at: &str, nodes: Nodes) {
        self.live.extend(nodes.into_iter().map(|(below, node)| (format!("{at}{below}"), node)));
    }

    /// Where something comes back to.
    fn place(&self, folder: &str, name: &str) -> String {
        let (stem, ending) = match name.rfind('.').filter(|dot| *dot > 0) {
            Some(dot) => name.split_at(dot),
            None => (name, ""),
        };
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let names = (0..).map(|number| match number {
            0 => name.to_owned(),
            1 => format!("{stem} (restored){ending}"),
            number => format!("{stem} (restored {number}){ending}"),
        });
        let mut places = names.map(|name| format!("{folder}{name}"));
        places.find(|place| !self.live.contains_key(place)).unwrap()
    }
}

/// What a view shows below a folder.
async fn walk(view: &View, folder: Entry) -> Nodes {
    let mut all = Nodes::new();
    let mut folders = vec![(String::new(), folder)];
    while let Some((at, folder)) = folders.pop() {
        let page = view.children(&folder, None, 1000).await.unwrap();
        assert!(page.next.is_none());
        for entry in page.items {
            let at = if at.is_empty() { String::new() } else { format!("{at}/") };
            let at = format!("{at}{}", entry.name().unwrap());
            assert_eq!(all.insert(at.clone(), (entry.id(), entry.is_folder())), None);
            if entry.is_folder() {
                folders.push((at, entry));
            }
        }
    }
    all
}

/// What is in the trash, with what it is.
async fn items(view: &View) -> Vec<(Item, Trashed)> {
    let trash = view.trash().unwrap();
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = trash.list(after.as_ref(), 3).await.unwrap();
        for item in page.items {
            let named = trash.resolve(&path(item.name.as_str())).await.unwrap().unwrap();
            assert_eq!(named.id(), item.id());
            let mut nodes = Nodes::from([(String::new(), (item.id(), item.entry.is_folder()))]);
            let mut folders = vec![(String::new(), item.clone())];
            while let Some((at, folder)) = folders.pop() {
                if !folder.entry.is_folder() {
                    continue;
                }
                for child in trash.children(&folder, None, 1000).await.unwrap().items {
                    let at = format!("{at}/{}", child.name);
                    assert_eq!(child.location.to_string(), format!("{}{at}", item.location));
                    let found = trash.stat(child.id()).await.unwrap().unwrap();
                    assert_eq!(
                        (found.location, found.deleted),
                        (child.location.clone(), item.deleted)
                    );
                    nodes.insert(at.clone(), (child.id(), child.entry.is_folder()));
                    folders.push((at, child));
                }
            }
            all.push((Item { location: item.location.to_string(), nodes }, item));
        }
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

async fn apply(world: &World, view: &View, model: &mut Model, step: Step) {
    let trash = view.trash().unwrap();
    let there = items(view).await;
    let pick = |n: usize| (!there.is_empty()).then(|| there[n % there.len()].clone());
    let forget = |model: &mut Model, item: &Item| {
        let at = model.trash.iter().position(|other| other == item).unwrap();
        model.trash.remove(at)
    };
    match step {
        Step::Put(at) => {
            if model.live.contains_key(&at) {
                return;
            }
            let body = Box::pin(stream::iter([Ok("x".into())]));
            let done = view.put(PutRequest::new(path(&at)), body).await;
            assert_eq!(done.is_ok(), model.has_parent(&at), "put {at}");
            if let Ok(written) = done {
                model.live.insert(at, (written.entry.id(), false));
            }
        }
        Step::Folder(at) => {
            let done = view.make_folder(FolderRequest::new(path(&at))).await;
            let possible = model.has_parent(&at) && !model.live.contains_key(&at);
            assert_eq!(done.is_ok(), possible, "folder {at}");
            if let Ok(entry) = done {
                model.live.insert(at, (entry.id(), true));
            }
        }
        Step::Remove(at) => {
            if let Some(entry) = view.resolve(&path(&at)).await.unwrap() {
                view.remove(&entry, None).await.unwrap();
                model.remove(&at);
            }
        }
        Step::Move(from, to) => {
            let Some(entry) = view.resolve(&path(&from)).await.unwrap() else { return };
            let done = view.move_to(&entry, TransferRequest::new(path(&to))).await.is_ok();
            let possible = model.has_parent(&to) && !inside(&to, &from) && !inside(&from, &to);
            assert_eq!(done, possible, "move {from} {to}");
            if done {
                model.remove(&to);
                let nodes = take(&mut model.live, &from);
                model.put(&to, nodes);
            }
        }
        Step::Restore(n) => {
            let Some((item, trashed)) = pick(n) else { return };
            trash.restore(&trashed).await.unwrap();
            let (folder, name) = item.location.rsplit_once('/').unwrap_or(("", &item.location));
            let folder = if model.is_folder(folder) { folder } else { "" };
            let place = model.place(folder, name);
            let item = forget(model, &item);
            model.put(&place, item.nodes);
        }
        Step::RestoreTo(n, to) => {
            let Some((item, trashed)) = pick(n) else { return };
            let done = trash.restore_to(&trashed, path(&to).into(), Expect::Any).await.is_ok();
            assert_eq!(done, model.has_parent(&to), "restore to {to}");
            if done {
                let item = forget(model, &item);
                model.remove(&to);
                model.put(&to, item.nodes);
            }
        }
        Step::Part(n) => {
            let Some((item, trashed)) = pick(n) else { return };
            let Some(below) = item.nodes.keys().filter(|at| !at.is_empty()).nth(n % 3) else {
                return;
            };
            let at = format!("{}{below}", trashed.name);
            let part = trash.resolve(&path(&at)).await.unwrap().unwrap();
            trash.restore(&part).await.unwrap();
            let mut item = forget(model, &item);
            let nodes = take(&mut item.nodes, below);
            model.trash.push(item);
            let place = model.place("", below.rsplit_once('/').unwrap().1);
            model.put(&place, nodes);
        }
        Step::Delete(n) => {
            let Some((item, trashed)) = pick(n) else { return };
            trash.remove(&trashed).await.unwrap();
            for (id, _) in forget(model, &item).nodes.values() {
                assert!(trash.stat(*id).await.unwrap().is_none());
            }
            assert!(trash.remove(&trashed).await.is_err(), "it is gone");
        }
        Step::Empty => {
            assert_eq!(trash.empty().await.unwrap(), model.trash.len());
            model.trash.clear();
        }
        Step::Later => world.clock.forward(5),
    }
}

async fn check(world: &World, steps: Vec<Step>) {
    let view = world.person("alice").await;
    let mut model = Model::default();
    for step in steps {
        let shown = format!("{step:?}");
        apply(world, &view, &mut model, step).await;
        assert_eq!(walk(&view, view.root().await.unwrap()).await, model.live, "after {shown}");
        let mut found: Vec<Item> = items(&view).await.into_iter().map(|(item, _)| item).collect();
        let order = |item: &Item| item.nodes[""].0;
        found.sort_by_key(order);
        model.trash.sort_by_key(order);
        assert_eq!(found, model.trash, "after {shown}");
        // What is in the trash is nowhere else.
        let ids: Vec<NodeId> =
            model.trash.iter().flat_map(|item| item.nodes.values().map(|node| node.0)).collect();
        assert!(view.stat(&ids).await.unwrap().iter().all(Option::is_none), "after {shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn everything_is_live_or_in_the_trash_or_emptied(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            check(&World::over(std::sync::Arc::new(memory::MemoryTree::default())), steps).await;
        });
    }
}

every_engine! {
    async fn and_so_it_is_in_a_database(sql: Sql) {
        let world = World::on(sql).await;
        let mut runner = TestRunner::deterministic();
        let steps = prop::collection::vec(step(), 120).new_tree(&mut runner).unwrap().current();
        check(&world, steps).await;
    }
}
