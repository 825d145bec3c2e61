//! Random operations against the plainest model: a map from paths to bytes.

use std::collections::BTreeMap;

use allmende_files::{Assembly, FolderRequest, PartRequest, PutRequest, TransferRequest, View};
use allmende_storage::ByteRange;
use bytes::Bytes;
use proptest::prelude::*;

use crate::world::{World, body, name, path, read};

/// A file's bytes; none for a folder.
type Model = BTreeMap<String, Option<Vec<u8>>>;

#[derive(Debug, Clone)]
enum Step {
    Put(String, Vec<u8>),
    Folder(String),
    Remove(String),
    Move(String, String),
    Copy(String, String),
    Upload(String, Vec<Vec<u8>>, u64),
    Many(Vec<(String, Vec<u8>)>),
    Collect,
}

fn a_path() -> impl Strategy<Value = String> {
    prop::collection::vec("[abc]", 1..4).prop_map(|names| names.join("/"))
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..7)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (a_path(), bytes()).prop_map(|(at, bytes)| Step::Put(at, bytes)),
        3 => a_path().prop_map(Step::Folder),
        1 => a_path().prop_map(Step::Remove),
        2 => (a_path(), a_path()).prop_map(|(from, to)| Step::Move(from, to)),
        2 => (a_path(), a_path()).prop_map(|(from, to)| Step::Copy(from, to)),
        2 => (a_path(), prop::collection::vec(bytes(), 0..12), any::<u64>())
            .prop_map(|(at, parts, order)| Step::Upload(at, parts, order)),
        1 => prop::collection::vec((a_path(), bytes()), 0..4).prop_map(Step::Many),
        1 => Just(Step::Collect),
    ]
}

fn parent_is_folder(model: &Model, at: &str) -> bool {
    at.rsplit_once('/').is_none_or(|(parent, _)| model.get(parent) == Some(&None))
}

fn inside(at: &str, folder: &str) -> bool {
    at == folder || at.starts_with(&format!("{folder}/"))
}

fn put(model: &mut Model, at: &str, bytes: &[u8]) -> bool {
    if !parent_is_folder(model, at) || model.get(at) == Some(&None) {
        return false;
    }
    model.insert(at.to_owned(), Some(bytes.to_vec()));
    true
}

/// Moves (or copies) in the model, and says whether it can be done.
fn transfer(model: &mut Model, from: &str, to: &str, keep: bool) -> bool {
    let possible = model.contains_key(from) && parent_is_folder(model, to);
    if !possible || inside(to, from) || inside(from, to) {
        return false;
    }
    model.retain(|at, _| !inside(at, to));
    let moved: Vec<_> = model
        .iter()
        .filter(|(at, _)| inside(at, from))
        .map(|(at, bytes)| (format!("{to}{}", &at[from.len()..]), bytes.clone()))
        .collect();
    if !keep {
        model.retain(|at, _| !inside(at, from));
    }
    model.extend(moved);
    true
}

async fn upload(view: &View, at: &str, parts: &[Vec<u8>], mut order: u64) -> bool {
    let uploads = view.uploads();
    let id = name("upload");
    uploads.create(&id).await.unwrap();
    let mut left: Vec<usize> = (0..parts.len()).collect();
    while !left.is_empty() {
        let n = left.remove((order % left.len() as u64) as usize);
        order /= 3;
        let request = PartRequest::new(name(&(n + 5).to_string()));
        uploads.put_part(&id, request, body(&parts[n])).await.unwrap();
    }
    let done = uploads.assemble(&id, Assembly::new(path(at))).await.is_ok();
    if !done {
        uploads.abort(&id).await.unwrap();
    }
    done
}

async fn apply(world: &World, view: &View, model: &mut Model, step: Step) {
    match step {
        Step::Put(at, bytes) => {
            let done = view.put(PutRequest::new(path(&at)), body(&bytes)).await.is_ok();
            assert_eq!(done, put(model, &at, &bytes), "put {at}");
        }
        Step::Folder(at) => {
            let done = view.make_folder(FolderRequest::new(path(&at))).await.is_ok();
            let possible = parent_is_folder(model, &at) && !model.contains_key(&at);
            assert_eq!(done, possible, "folder {at}");
            if possible {
                model.insert(at, None);
            }
        }
        Step::Remove(at) => match view.resolve(&path(&at)).await.unwrap() {
            Some(entry) => {
                view.remove(&entry, None).await.unwrap();
                assert!(model.contains_key(&at));
                model.retain(|other, _| !inside(other, &at));
            }
            None => assert!(!model.contains_key(&at)),
        },
        Step::Move(from, to) => {
            let source = view.resolve(&path(&from)).await.unwrap();
            let done = match &source {
                Some(entry) => view.move_to(entry, TransferRequest::new(path(&to))).await.is_ok(),
                None => false,
            };
            assert_eq!(done, transfer(model, &from, &to, false), "move {from} {to}");
        }
        Step::Copy(from, to) => {
            let source = view.resolve(&path(&from)).await.unwrap();
            let done = match &source {
                Some(entry) => view.copy_to(entry, TransferRequest::new(path(&to))).await.is_ok(),
                None => false,
            };
            assert_eq!(done, transfer(model, &from, &to, true), "copy {from} {to}");
        }
        Step::Upload(at, parts, order) => {
            let done = upload(view, &at, &parts, order).await;
            assert_eq!(done, put(model, &at, &parts.concat()), "upload {at}");
        }
        Step::Many(items) => {
            let requests = items
                .iter()
                .map(|(at, bytes)| (PutRequest::new(path(at)), Bytes::copy_from_slice(bytes)));
            let results = view.put_many(requests.collect()).await;
            for (result, (at, bytes)) in results.iter().zip(&items) {
                assert_eq!(result.is_ok(), put(model, at, bytes), "one of many: {at}");
            }
        }
        Step::Collect => {
            world.collect().await;
        }
    }
}

async fn compare(view: &View, model: &Model) {
    let mut size = 0;
    for (at, bytes) in model {
        let entry = view.get(&path(at)).await.unwrap();
        assert_eq!(entry.is_folder(), bytes.is_none(), "{at}");
        if let Some(bytes) = bytes {
            size += bytes.len() as u64;
            assert_eq!(&read(view, &entry, ByteRange::ALL).await, bytes, "{at}");
            let middle = ByteRange::new(bytes.len() as u64 / 3, 2);
            let slice: Vec<u8> = bytes.iter().skip(bytes.len() / 3).take(2).copied().collect();
            assert_eq!(read(view, &entry, middle).await, slice, "{at}");
        }
    }
    assert_eq!(view.root().await.unwrap().node.size, size);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn the_service_does_what_a_map_does(steps in prop::collection::vec(step(), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            let view = world.alice().await;
            let mut model = Model::new();
            for step in steps {
                apply(&world, &view, &mut model, step).await;
            }
            compare(&view, &model).await;
            // When all is removed and collected, no byte is left.
            for at in model.keys().filter(|at| !at.contains('/')) {
                let entry = view.get(&path(at)).await.unwrap();
                view.remove(&entry, None).await.unwrap();
            }
            view.trash().unwrap().empty().await.unwrap();
            for _ in 0..3 {
                world.collect().await;
            }
            assert_eq!(world.count_blobs().await, 0);
        });
    }
}
