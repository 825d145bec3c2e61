//! What is exported comes back with the same digest.

use std::{fs, path::Path, time::SystemTime};

use allmende_accounts::GroupRole;
use allmende_care::{
    ErrorKind,
    export::{self, ExportSource, ImportTarget},
    fsck::{Mode, Verdict},
};
use allmende_files::Patch;
use allmende_sharing::{
    Caller, LinkKey, NewShare, NewTeamFolder, Recipient, SharedNode, Sharing, SharingOptions,
};
use allmende_sql::every_engine;
use allmende_storage::{
    Decorated, ErrorKind as StoreKind, Method, Property, PropertyKey, PropertyOwner,
    PropertyUpdate,
    fault::{Fault, FaultPlan},
};
use allmende_types::Timestamp;

use crate::world::{NOW, World, noise};

pub(crate) fn key(byte: u8) -> LinkKey {
    LinkKey::from_bytes([byte; 32])
}

fn sharing(world: &World, key: LinkKey) -> Sharing {
    let options = SharingOptions::new(key, "https://cloud.example.org");
    Sharing::new(world.sql.clone(), world.accounts.clone(), world.tree.clone(), options)
}

/// Shares, a link, a team folder, properties of everyone and of a person.
pub(crate) async fn enrich(world: &World) {
    let sharing = sharing(world, key(1));
    let (alice, bob) = ("alice".parse().unwrap(), "bob".parse().unwrap());
    let staff = "staff".parse().unwrap();
    world.accounts.create_group(&staff, "The staff").await.unwrap();
    world.accounts.add_to_group(&staff, &alice, GroupRole::Member).await.unwrap();
    world.accounts.add_to_group(&staff, &bob, GroupRole::Administrator).await.unwrap();
    let view = world.files.view(&alice).await.unwrap();
    let notes = view.get(&"notes/2026".parse().unwrap()).await.unwrap();
    let caller = Caller { person: &alice, now: NOW };
    let node = SharedNode { id: notes.id(), path: "notes/2026".into() };
    for recipient in [Recipient::Person(bob), Recipient::Group(staff), Recipient::Link] {
        sharing.create(caller, &node, NewShare::new(recipient)).await.unwrap();
    }
    sharing.create_team_folder(caller, NewTeamFolder::new("Projects/Common")).await.unwrap();
    let set = |name: &str, value: &str| {
        let key = PropertyKey { namespace: "urn:x".into(), name: name.into() };
        vec![PropertyUpdate::Set(Property { key, value: value.into() })]
    };
    let patch = Patch {
        properties: vec![
            (PropertyOwner::Everyone, set("colour", "<green/>")),
            (PropertyOwner::Person(alice), set("rating", "5")),
        ],
        ..Patch::default()
    };
    view.patch(&notes, patch).await.unwrap();
    // Marks on what was made first and comes last, and on what was made later.
    let empty = view.get(&"empty".parse().unwrap()).await.unwrap().id();
    world
        .tamper(
            "INSERT INTO system_tags (id, name, name_key, visible, assignable, revision) \
             VALUES (7, 'Green', 'green', 1, 1, 1), (8, 'Red', 'red', 1, 0, 1)",
        )
        .await;
    for (node, tag) in [(notes.id(), 7), (empty, 7), (empty, 8)] {
        world
            .tamper(&format!("INSERT INTO system_tag_nodes (node, tag) VALUES ({node}, {tag})"))
            .await;
        let seq = tag - 6;
        world
            .tamper(&format!(
                "INSERT INTO comments (id, node, seq, verb, author, author_key, message, created) \
                 VALUES ({node}{tag}, {node}, {seq}, 'comment', 'bob', 'bob', 'well', 1)"
            ))
            .await;
    }
    // Of what is gone nothing is told.
    world.tamper("INSERT INTO system_tag_nodes (node, tag) VALUES (777777, 7)").await;
}

pub(crate) fn source<'a>(world: &'a World, key: &'a LinkKey) -> ExportSource<'a> {
    ExportSource { sql: &world.sql, tree: &world.tree, blobs: &*world.blobs, key }
}

pub(crate) fn target<'a>(world: &'a World, key: &'a LinkKey) -> ImportTarget<'a> {
    ImportTarget {
        sql: &world.sql,
        accounts: &world.accounts,
        tree: &world.tree,
        blobs: &*world.blobs,
        key,
    }
}

pub(crate) async fn clean(world: &World) {
    let (report, problems) = world.fsck(Mode::Look).await;
    assert_eq!((report.verdict(), problems), (Verdict::Clean, vec![]));
}

every_engine! {
    async fn an_export_comes_back_with_the_same_digest(sql: Sql) {
        let folder = tempfile::tempdir().unwrap();
        let world = World::on(sql, &folder.path().join("old")).await;
        world.fill().await;
        enrich(&world).await;
        let (old_key, new_key) = (key(1), key(2));
        let digest = export::digest(source(&world, &old_key), NOW, &()).await.unwrap();
        let dir = folder.path().join("export");
        let exported = export::export(source(&world, &old_key), &dir, NOW, &()).await.unwrap();
        assert_eq!((&exported.digest, exported.unreadable.len()), (&digest.digest, 0));
        assert_eq!((exported.files, exported.spaces), (12, 3));

        // It is what it says: plain files under their names, with their times.
        let path = dir.join("files/home/alice/notes/2026/3.txt");
        assert_eq!(fs::read(&path).unwrap(), b"alice wrote line 3\n");
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let since = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(since.as_secs(), 1_500_000_000);
        let manifest = fs::read_to_string(dir.join("manifest.jsonl")).unwrap();
        assert!(manifest.contains("\"path\":\"notes/2026\""));
        let head = fs::read_to_string(dir.join("format.json")).unwrap();
        assert!(head.contains("\"app_passwords\"") && !head.contains("\"shares\""), "{head}");

        // Another installation, with another key and on SQLite.
        let new = World::at(&folder.path().join("new")).await;
        let imported = export::import(target(&new, &new_key), &dir, NOW, &()).await.unwrap();
        assert_eq!((imported.people, imported.files, imported.skipped.len()), (2, 12, 0));
        clean(&new).await;
        let again = export::digest(source(&new, &new_key), NOW.plus_seconds(5), &()).await.unwrap();
        assert_eq!(again.digest, digest.digest);
        assert_eq!(new.read("bob", "large.bin").await.unwrap(), noise(300_000));
        assert_eq!(new.number("SELECT count(*) FROM system_tag_nodes").await, 3);
        assert_eq!(
            new.number(
                "SELECT count(*) FROM system_tag_nodes t JOIN nodes n ON n.id = t.node \
                 WHERE n.key = 'empty'",
            )
            .await,
            2
        );
        // Links open under the new key, shares are in force, and new ones get new numbers.
        let sharing = sharing(&new, new_key.clone());
        let alice = "alice".parse().unwrap();
        let caller = Caller { person: &alice, now: NOW };
        let made = sharing.made_by(caller, allmende_sharing::Slice::default()).await.unwrap();
        assert_eq!(made.len(), 3);
        let token = made.iter().find_map(|share| share.token.clone()).unwrap();
        let link = sharing.link(&token, "192.0.2.1".parse().unwrap(), NOW).await.unwrap();
        assert_eq!(link.root.name.as_ref().unwrap().as_str(), "2026");
        let node = SharedNode { id: link.root.id, path: "notes/2026".into() };
        let fresh = sharing.create(caller, &node, NewShare::new(Recipient::Link)).await.unwrap();
        assert!(made.iter().all(|share| share.id < fresh.share.id));
        assert_eq!(sharing.count_team_folders().await.unwrap(), 1);
        let changed = export::digest(source(&new, &new_key), NOW, &()).await.unwrap();
        assert_ne!(changed.digest, digest.digest);
    }

    async fn a_nextcloud_directory_becomes_people_and_files(sql: Sql) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("nextcloud");
        let put = |path: &str, text: &str| {
            let path = data.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_234_567_890);
            fs::File::open(path).unwrap().set_modified(time).unwrap();
        };
        put("Alice/files/Documents/Grüße.md", "# Hello");
        put("Alice/files/empty.txt", "");
        put("Alice/files_trashbin/files/gone.txt.d1", "gone");
        put("bob/files/a/b/c/deep.txt", "deep");
        put("appdata_ocabc/preview/1.png", "x");
        put("nextcloud.log", "x");
        std::os::unix::fs::symlink("/etc/passwd", data.join("bob/files/link")).unwrap();

        let world = World::on(sql, &folder.path().join("data")).await;
        let key = key(1);
        let done = export::import_nextcloud(target(&world, &key), &data, NOW, &()).await.unwrap();
        assert_eq!((done.people, done.files, done.folders, done.bytes), (2, 3, 4, 11));
        assert_eq!(done.skipped, [data.join("bob/files/link").display().to_string()]);
        clean(&world).await;
        assert_eq!(world.read("Alice", "Documents/Grüße.md").await.unwrap(), b"# Hello");
        assert_eq!(world.read("Alice", "empty.txt").await.unwrap(), b"");
        let view = world.files.view(&"bob".parse().unwrap()).await.unwrap();
        let deep = view.get(&"a/b/c/deep.txt".parse().unwrap()).await.unwrap();
        assert_eq!(deep.node.modified, Timestamp::from_unix(1_234_567_890));
        assert_eq!(deep.media_type(), Some("text/plain"));
        let again = export::import_nextcloud(target(&world, &key), &data, NOW, &()).await;
        assert_eq!(again.unwrap_err().kind(), ErrorKind::NotEmpty);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_refuses_what_is_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    let (key, dir) = (key(1), folder.path().join("export"));
    export::export(source(&world, &key), &dir, NOW, &()).await.unwrap();
    let kind = async |name: &str| {
        let new = World::at(&folder.path().join(name)).await;
        export::import(target(&new, &key), &dir, NOW, &()).await.unwrap_err().kind()
    };
    let full = export::export(source(&world, &key), &dir, NOW, &()).await.unwrap_err();
    assert_eq!(full.kind(), ErrorKind::NotEmpty);
    let not_new = export::import(target(&world, &key), &dir, NOW, &()).await.unwrap_err();
    assert_eq!(not_new.kind(), ErrorKind::NotEmpty);
    let nothing = export::import(target(&world, &key), Path::new("/nonexistent"), NOW, &()).await;
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::Absent);

    let file = dir.join("files/home/alice/notes/2026/3.txt");
    fs::write(&file, b"alice wrote line 4\n").unwrap();
    assert_eq!(kind("changed file").await, ErrorKind::Damaged);
    // Nor what a link leads to, be it the same, neither by a file nor by a folder above it.
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, b"alice wrote line 3\n").unwrap();
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    assert_eq!(kind("linked file").await, ErrorKind::Damaged);
    fs::remove_file(&file).unwrap();
    fs::write(&file, b"alice wrote line 3\n").unwrap();
    let (notes, moved) = (dir.join("files/home/alice/notes"), folder.path().join("moved"));
    fs::rename(&notes, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &notes).unwrap();
    assert_eq!(kind("linked folder").await, ErrorKind::Damaged);
    fs::remove_file(&notes).unwrap();
    fs::rename(&moved, &notes).unwrap();
    let manifest = fs::read_to_string(dir.join("manifest.jsonl")).unwrap();
    fs::write(dir.join("manifest.jsonl"), manifest.replace("alice", "alina")).unwrap();
    assert_eq!(kind("changed manifest").await, ErrorKind::Damaged);
    fs::write(dir.join("manifest.jsonl"), manifest).unwrap();
    let head = fs::read_to_string(dir.join("format.json")).unwrap();
    fs::write(dir.join("format.json"), head.replace("\"version\": 2", "\"version\": 3")).unwrap();
    assert_eq!(kind("newer format").await, ErrorKind::Unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_full_is_no_damage_of_the_export() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    let (key, dir) = (key(1), folder.path().join("export"));
    export::export(source(&world, &key), &dir, NOW, &()).await.unwrap();
    let new = World::at(&folder.path().join("new")).await;
    let plan = FaultPlan::default();
    let blobs = Decorated::new(new.blobs.clone(), plan.clone());
    plan.add(Fault::fail(StoreKind::Full).on(Method::PutBlob));
    let target = ImportTarget { blobs: &blobs, ..target(&new, &key) };
    let full = export::import(target, &dir, NOW, &()).await.unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Unavailable, "{full:?}");
}
