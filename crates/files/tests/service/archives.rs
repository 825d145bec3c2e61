use std::{collections::BTreeMap, io::Read};

use allmende_files::{ErrorKind, MissingParents, PutRequest, View, archive, archive::Selection};
use allmende_storage::BlobStore;
use allmende_types::{Name, SpacePath, Timestamp};
use futures_util::TryStreamExt;
use proptest::prelude::*;

use crate::world::{World, all, body, kind, mkdir, name, path, put};

const MODIFIED: i64 = 1_600_000_000;

async fn filled(world: &World) -> View {
    let alice = world.alice().await;
    for folder in ["dir", "dir/empty", "dir/ünter"] {
        mkdir(&alice, folder).await;
    }
    let request = PutRequest {
        modified: Some(Timestamp::from_unix(MODIFIED)),
        ..PutRequest::new(path("dir/a..b.txt"))
    };
    alice.put(request, body(b"alpha")).await.unwrap();
    put(&alice, "dir/ünter/.β:γ", b"beta").await;
    put(&alice, &format!("dir/ünter/{}", "long".repeat(50)), b"long name").await;
    put(&alice, "dir/zero", b"").await;
    put(&alice, "top", b"top").await;
    alice
}

fn expected(prefix: &str) -> BTreeMap<String, Vec<u8>> {
    let long = format!("ünter/{}", "long".repeat(50));
    let mut all: BTreeMap<String, Vec<u8>> = [
        ("a..b.txt", &b"alpha"[..]),
        ("empty/", b""),
        ("ünter/", b""),
        ("ünter/.β:γ", b"beta"),
        (&long, b"long name"),
        ("zero", b""),
    ]
    .into_iter()
    .map(|(path, bytes)| (format!("{prefix}{path}"), bytes.to_vec()))
    .collect();
    if !prefix.is_empty() {
        all.insert(prefix.to_owned(), Vec::new());
    }
    all
}

fn untar(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(bytes);
    let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        if path.ends_with("a..b.txt") {
            assert_eq!(entry.header().mtime().unwrap(), MODIFIED as u64);
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (path, bytes)
    };
    archive.entries().unwrap().map(read).collect()
}

fn unzip(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let archive = rawzip::ZipArchive::from_slice(bytes).unwrap();
    let mut all = BTreeMap::new();
    for record in archive.entries() {
        let record = record.unwrap();
        let path = String::from_utf8(record.file_path().as_ref().to_vec()).unwrap();
        let entry = archive.get_entry(record.wayfinder()).unwrap();
        let mut bytes = Vec::new();
        entry.verifying_reader(entry.data()).read_to_end(&mut bytes).unwrap();
        all.insert(path, bytes);
    }
    all
}

#[tokio::test]
async fn a_whole_folder() {
    let world = World::new();
    let alice = filled(&world).await;
    let dir = alice.get(&path("dir")).await.unwrap();
    let tar = all(archive::tar(&alice, &dir, Selection::Whole).await.unwrap()).await.unwrap();
    assert_eq!(untar(&tar), expected("dir/"));
    let zip = all(archive::zip(&alice, &dir, Selection::Whole).await.unwrap()).await.unwrap();
    assert_eq!(unzip(&zip), expected("dir/"));
    let root = alice.root().await.unwrap();
    let zip = all(archive::zip(&alice, &root, Selection::Whole).await.unwrap()).await.unwrap();
    let zip = unzip(&zip);
    assert_eq!(zip.get("download/top"), Some(&b"top".to_vec()));
    assert_eq!(zip.len(), 9);
}

#[tokio::test]
async fn chosen_names_have_no_folder_around_them() {
    let world = World::new();
    let alice = filled(&world).await;
    let root = alice.root().await.unwrap();
    let chosen = |names: &[&str]| Selection::Names(names.iter().map(|n| name(n)).collect());
    let tar = archive::tar(&alice, &root, chosen(&["top", "dir"])).await.unwrap();
    let mut all_of_it = expected("dir/");
    all_of_it.insert("top".into(), b"top".to_vec());
    assert_eq!(untar(&all(tar).await.unwrap()), all_of_it);
    let missing = archive::zip(&alice, &root, chosen(&["top", "no"])).await;
    assert_eq!(missing.err().unwrap().kind(), &ErrorKind::NotFound);
    let file = alice.get(&path("top")).await.unwrap();
    let no_folder = archive::zip(&alice, &file, chosen(&["x"])).await;
    assert_eq!(kind(no_folder.map(drop)), ErrorKind::NotAFolder);
}

#[tokio::test]
async fn more_entries_than_a_page_holds() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "many").await;
    for n in 0..450 {
        put(&alice, &format!("many/{n:03}"), n.to_string().as_bytes()).await;
    }
    let many = alice.get(&path("many")).await.unwrap();
    let zip = all(archive::zip(&alice, &many, Selection::Whole).await.unwrap()).await.unwrap();
    let zip = unzip(&zip);
    assert_eq!(zip.len(), 451);
    assert_eq!(zip["many/449"], b"449");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_name_comes_out_as_it_went_in(
        given in prop::collection::vec(("\\PC{1,30}", "[a:.é~ ]{1,90}"), 1..6)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            let alice = world.alice().await;
            let mut expected = BTreeMap::from([("download/".to_owned(), Vec::new())]);
            for (folder, file) in given {
                let (Ok(folder), Ok(file)) = (Name::new(&folder), Name::new(&file)) else {
                    continue;
                };
                let at = SpacePath::root().join(folder.clone()).join(file.clone());
                let request =
                    PutRequest { parents: MissingParents::Make, ..PutRequest::new(at.clone()) };
                if alice.put(request, body(file.as_str().as_bytes())).await.is_ok() {
                    expected.insert(format!("download/{folder}/"), Vec::new());
                    expected.insert(format!("download/{at}"), file.to_string().into_bytes());
                }
            }
            let root = alice.root().await.unwrap();
            let zip = archive::zip(&alice, &root, Selection::Whole).await.unwrap();
            assert_eq!(unzip(&all(zip).await.unwrap()), expected);
            let tar = archive::tar(&alice, &root, Selection::Whole).await.unwrap();
            assert_eq!(untar(&all(tar).await.unwrap()), expected);
        });
    }
}

#[tokio::test]
async fn an_unreadable_file_breaks_the_stream() {
    let world = World::new();
    let alice = filled(&world).await;
    let blobs: Vec<_> = world.blobs.list(None).try_collect().await.unwrap();
    world.blobs.delete(&[blobs[1].id]).await.unwrap();
    let dir = alice.get(&path("dir")).await.unwrap();
    for archive in [
        archive::zip(&alice, &dir, Selection::Whole).await.unwrap(),
        archive::tar(&alice, &dir, Selection::Whole).await.unwrap(),
    ] {
        assert!(all(archive).await.is_err());
    }
}
