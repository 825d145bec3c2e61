//! Backups come back as they were taken, or not at all.

use std::{fs, path::Path, time::SystemTime};

use allmende_care::{
    ErrorKind, backup,
    fsck::{Kind, Mode, Verdict},
};
use allmende_sql::{Engine, testing};
use allmende_storage::Tree;
use allmende_types::Timestamp;

use crate::world::{NOW, World, noise, target};

async fn open_clean(data: &Path) -> World {
    let world = World::at(data).await;
    let (report, problems) = world.fsck(Mode::Look).await;
    assert_eq!((report.verdict(), problems), (Verdict::Clean, vec![]));
    world
}

fn packs(dir: &Path) -> usize {
    fs::read_dir(dir.join("packs")).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_comes_back_with_another_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    fs::write(world.data.join("links.key"), [7; 32]).unwrap();
    let dir = folder.path().join("backups");
    let taken = world.backup(&dir).await.unwrap();
    assert_eq!((taken.contents, taken.copied, taken.unreadable.len()), (10, 10, 0));
    let last = world.put("alice", "after.txt", b"written after the backup").await;

    let new = folder.path().join("new");
    let back = backup::restore(&dir, None, &target(&new), NOW, &()).await.unwrap();
    assert_eq!((&back.id, back.contents, back.taken), (&taken.id, 10, NOW));
    assert_eq!(fs::read(new.join("links.key")).unwrap(), [7; 32]);
    let restored = open_clean(&new).await;
    assert_eq!(restored.read("bob", "notes/2026/2.txt").await.unwrap(), b"bob wrote line 2\n");
    assert_eq!(restored.read("alice", "large.bin").await.unwrap(), noise(300_000));
    assert_eq!(restored.read("alice", "empty").await.unwrap(), b"");
    assert_eq!(restored.read("alice", "after.txt").await, None);
    assert_eq!(restored.accounts.count_people().await.unwrap(), 2);
    // No etag is given twice, no id, and clients learn of it.
    let space = restored.tree.find_space("home:alice").await.unwrap().unwrap();
    assert_eq!(back.epoch.0, NOW.unix());
    assert!(space.revision.0 >= NOW.unix() << 24, "{}", space.revision);
    let fingerprint = restored.accounts.data_fingerprint().await.unwrap();
    assert_eq!(fingerprint, format!("{:x}", NOW.unix()));
    assert!(restored.put("alice", "after.txt", b"another").await.0 > last.0 + 1000);
    assert_eq!(restored.number("SELECT count(*) FROM pins").await, 0);

    let again = folder.path().join("again");
    let later = NOW.plus_seconds(60);
    let back = backup::restore(&dir, Some(&taken.id), &target(&again), later, &()).await.unwrap();
    assert_eq!(back.epoch.0, later.unix());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_not_copied_again() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    let dir = folder.path().join("backups");
    let first = world.backup(&dir).await.unwrap();
    world.put("alice", "new.txt", b"new").await;
    world.put("alice", "large.bin", b"short").await;
    let second = world.backup(&dir).await.unwrap();
    assert_eq!((second.copied, second.copied_bytes), (2, 8));
    let third = world.backup(&dir).await.unwrap();
    assert_eq!((third.contents, third.copied), (second.contents, 0));
    assert_eq!(backup::list(&dir).unwrap(), [&first.id, &second.id, &third.id].map(Clone::clone));
    assert_eq!(packs(&dir), 2);

    // The first is no longer wanted, its contents are.
    fs::remove_dir_all(dir.join("backups").join(first.id.as_str())).unwrap();
    world.backup(&dir).await.unwrap();
    let new = folder.path().join("new");
    backup::restore(&dir, Some(&second.id), &target(&new), NOW, &()).await.unwrap();
    assert_eq!(open_clean(&new).await.read("alice", "large.bin").await.unwrap(), b"short");
    // All are unwanted: nothing stays of them.
    fs::remove_dir_all(dir.join("backups")).unwrap();
    assert_eq!(world.backup(&dir).await.unwrap().copied, second.contents);
    assert_eq!(packs(&dir), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_during_writes_is_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    let dir = folder.path().join("backups");
    let writes = async {
        for n in 0..60 {
            world.put("alice", &format!("during/{n}"), format!("number {n}").as_bytes()).await;
            world.put("alice", "large.bin", &noise(70_000 + n)).await;
            if n % 10 == 0 {
                // As eagerly as only a test collects.
                let soon = Timestamp::from(SystemTime::now()).plus_seconds(5);
                let old = world.tree.purge(soon, 100).await.unwrap();
                allmende_storage::BlobStore::delete(&*world.blobs, &old.blobs).await.unwrap();
                world.tree.forget_garbage(&old.blobs).await.unwrap();
            }
        }
    };
    let backups = async {
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(world.backup_at(&dir, SystemTime::now().into()).await.unwrap());
            tokio::task::yield_now().await;
        }
        all
    };
    let ((), taken) = tokio::join!(writes, backups);
    for (n, one) in taken.iter().enumerate() {
        assert_eq!(one.unreadable, Vec::<String>::new());
        let new = folder.path().join(format!("new {n}"));
        backup::restore(&dir, Some(&one.id), &target(&new), NOW, &()).await.unwrap();
        let restored = open_clean(&new).await;
        // Of files that were written one after the other, none is missing in between.
        let mut ended = false;
        for n in 0..60 {
            let found = restored.read("alice", &format!("during/{n}")).await;
            assert!(!ended || found.is_none(), "{n} came before its predecessor");
            ended |= found.is_none();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.put("alice", "a", b"a").await;
    let dir = folder.path().join("backups");
    let kind = |result: Result<backup::Restored, allmende_care::Error>| result.unwrap_err().kind();
    let none = backup::restore(&dir, None, &target(&folder.path().join("x")), NOW, &()).await;
    assert_eq!(kind(none), ErrorKind::Absent);
    let taken = world.backup(&dir).await.unwrap();
    let full = backup::restore(&dir, None, &target(&world.data), NOW, &()).await;
    assert_eq!(kind(full), ErrorKind::NotEmpty);
    let strange = "19700101T000000Z".parse().unwrap();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let absent = backup::restore(&dir, Some(&strange), &target(&empty), NOW, &()).await;
    assert_eq!(kind(absent), ErrorKind::Absent);
    backup::restore(&dir, Some(&taken.id), &target(&empty), NOW, &()).await.unwrap();
    assert_eq!(open_clean(&empty).await.read("alice", "a").await.unwrap(), b"a");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_to_a_backup_is_found_on_the_way_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    let dir = folder.path().join("backups");
    let taken = world.backup(&dir).await.unwrap();
    let backup_dir = dir.join("backups").join(taken.id.as_str());
    let lists = ["tables/nodes.jsonl", "contents.jsonl", "manifest.json"];
    for (n, path) in lists.map(|list| backup_dir.join(list)).iter().enumerate() {
        let good = fs::read(path).unwrap();
        for bad in [flipped(&good), good[..good.len() - 1].to_vec()] {
            fs::write(path, bad).unwrap();
            let new = folder.path().join(format!("new {n}"));
            let failed = backup::restore(&dir, None, &target(&new), NOW, &()).await.unwrap_err();
            assert_eq!(failed.kind(), ErrorKind::Damaged, "{}: {failed:?}", path.display());
            assert!(!new.exists());
            let seen = backup::verify(&dir, &()).unwrap();
            assert_eq!(seen.damaged.len(), 1, "{seen:?}");
            assert!(seen.damaged[0].contains(taken.id.as_str()), "{seen:?}");
        }
        fs::write(path, good).unwrap();
    }
    assert!(backup::verify(&dir, &()).unwrap().damaged.is_empty());
    backup::restore(&dir, None, &target(&folder.path().join("good")), NOW, &()).await.unwrap();
}

/// Brings the newest back, which lacks one content: it is named, nothing wrong is served in
/// its stead, and everything else is there. Says which.
async fn all_but_one(dir: &Path, new: &Path) -> String {
    let back = backup::restore(dir, None, &target(new), NOW, &()).await.unwrap();
    assert_eq!((back.contents, back.unreadable.len()), (9, 1));
    let restored = World::at(new).await;
    let (report, problems) = restored.fsck(Mode::Look).await;
    assert_eq!((report.contents, report.found), (9, 1), "{problems:?}");
    assert_eq!(problems[0].kind, Kind::Missing);
    assert!(problems[0].what.contains(&back.unreadable[0]), "{problems:?}");
    back.unreadable[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_content_of_a_backup_hinders_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    let dir = folder.path().join("backups");
    let first = world.backup(&dir).await.unwrap();
    let pack = fs::read_dir(dir.join("packs")).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&pack).unwrap();
    let sound = backup::verify(&dir, &()).unwrap();
    assert_eq!((sound.backups, sound.contents, sound.damaged.len()), (1, 10, 0));
    assert_eq!(sound.bytes, first.bytes);
    for (n, bad) in [good[..good.len() - 1].to_vec(), flipped(&good)].into_iter().enumerate() {
        fs::write(&pack, bad).unwrap();
        let lost = all_but_one(&dir, &folder.path().join(format!("new {n}"))).await;
        let seen = backup::verify(&dir, &()).unwrap();
        assert_eq!(seen.damaged.len(), 1, "{seen:?}");
        assert!(seen.damaged[0].contains(&lost) && seen.damaged[0].contains(first.id.as_str()));
    }

    // What is known to be damaged is copied anew, and nothing else.
    let second = world.backup_at(&dir, NOW.plus_seconds(60)).await.unwrap();
    assert_eq!((second.contents, second.copied, second.unreadable.len()), (10, 1, 0));
    let healed = folder.path().join("healed");
    let back = backup::restore(&dir, None, &target(&healed), NOW, &()).await.unwrap();
    assert_eq!((back.id, back.unreadable.len()), (second.id.clone(), 0));
    assert_eq!(open_clean(&healed).await.read("bob", "large.bin").await.unwrap(), noise(300_000));
    let seen = backup::verify(&dir, &()).unwrap();
    assert_eq!((seen.backups, seen.contents, seen.damaged.len()), (2, 11, 1), "{seen:?}");
    assert!(seen.damaged[0].contains(first.id.as_str()), "{seen:?}");
    assert!(!seen.damaged[0].contains(second.id.as_str()), "{seen:?}");

    // Put back, nothing is held against it.
    fs::write(&pack, good).unwrap();
    assert_eq!(backup::verify(&dir, &()).unwrap().damaged, Vec::<String>::new());
    assert!(!dir.join("damaged.json").exists());
    let none = backup::verify(&folder.path().join("nothing"), &()).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Absent);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_backups_share_is_told_of_each() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    let dir = folder.path().join("backups");
    let taken = [world.backup(&dir).await.unwrap(), world.backup(&dir).await.unwrap()];
    let pack = fs::read_dir(dir.join("packs")).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&pack).unwrap();
    fs::write(&pack, flipped(&good)).unwrap();
    let seen = backup::verify(&dir, &()).unwrap();
    assert_eq!((seen.backups, seen.contents, seen.damaged.len()), (2, 10, 2), "{seen:?}");
    for (damage, taken) in seen.damaged.iter().zip(taken) {
        assert!(damage.contains(taken.id.as_str()), "{seen:?}");
    }
    // A pack that is gone takes only its own with it.
    fs::remove_file(&pack).unwrap();
    let new = folder.path().join("new");
    let back = backup::restore(&dir, None, &target(&new), NOW, &()).await.unwrap();
    assert_eq!((back.contents, back.bytes, back.unreadable.len()), (0, 0, 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_an_empty_folder_is_followed_and_one_to_nothing_refused() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.put("alice", "a", b"a").await;
    let dir = folder.path().join("backups");
    world.backup(&dir).await.unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let refused = backup::restore(&dir, None, &target(&link), NOW, &()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotEmpty);
    assert!(!folder.path().join(".link.restoring").exists());
    fs::create_dir(&real).unwrap();
    backup::restore(&dir, None, &target(&link), NOW, &()).await.unwrap();
    assert_eq!(open_clean(&real).await.read("alice", "a").await.unwrap(), b"a");
}

fn flipped(good: &[u8]) -> Vec<u8> {
    let mut bad = good.to_vec();
    // A digit of a number or of an id stays one.
    let at = bad.len() / 2;
    let at = (at..bad.len()).find(|at| bad[*at].is_ascii_digit()).unwrap_or(at);
    bad[at] ^= 1;
    bad
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_broken_off_counts_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    let dir = folder.path().join("backups");
    let whole = world.backup(&dir).await.unwrap();
    world.put("alice", "later.txt", b"later").await;
    // Dropped at some points of its course, as a process that is killed.
    for polls in [1, 5, 20, 60] {
        let mut taking = Box::pin(world.backup_at(&dir, NOW.plus_seconds(5)));
        for _ in 0..polls {
            let step = std::time::Duration::from_millis(1);
            if tokio::time::timeout(step, &mut taking).await.is_ok() {
                break;
            }
        }
        drop(taking);
        let new = folder.path().join(format!("new {polls}"));
        let newest = backup::list(&dir).unwrap().pop().unwrap();
        let back = backup::restore(&dir, None, &target(&new), NOW, &()).await.unwrap();
        assert_eq!(back.id, newest);
        open_clean(&new).await;
    }
    let next = world.backup_at(&dir, NOW.plus_seconds(60)).await.unwrap();
    assert_eq!(next.contents, whole.contents + 1);
    let hidden = fs::read_dir(dir.join("backups")).unwrap();
    let hidden = hidden
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_of_the_source_hinders_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    let good = folder.path().join("good");
    world.backup(&good).await.unwrap();
    let blobs = fs::read_dir(world.data.join("blobs/blobs")).unwrap().flat_map(|lease| {
        fs::read_dir(lease.unwrap().path()).unwrap().map(|file| file.unwrap().path())
    });
    let large: Vec<_> = blobs.filter(|path| path.file_name().unwrap() != "pack").collect();
    let file = fs::OpenOptions::new().write(true).open(&large[0]).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"?????", 290_000).unwrap();
    let taken = world.backup(&folder.path().join("bad")).await.unwrap();
    assert_eq!((taken.contents, taken.unreadable.len()), (9, 1));
    let new = folder.path().join("new");
    let back = backup::restore(&folder.path().join("bad"), None, &target(&new), NOW, &()).await;
    assert_eq!(back.unwrap().unreadable, taken.unreadable);
    assert_eq!(World::at(&new).await.fsck(Mode::Look).await.0.found, 1);
    // An earlier backup has it still.
    let taken = world.backup(&good).await.unwrap();
    assert_eq!((taken.contents, taken.unreadable.len()), (10, 0));
    let healed = folder.path().join("healed");
    backup::restore(&good, None, &target(&healed), NOW, &()).await.unwrap();
    open_clean(&healed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_pass_from_engine_to_engine() {
    let Some(fixture) = testing::Fixture::new(Engine::Postgres).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let world = World::on(fixture.open().await, &folder.path().join("old")).await;
    world.fill().await;
    world.tamper("INSERT INTO mails (recipient, subject, body, created, attempts, due) VALUES ('x', '', '', 0, 0, 0)").await;
    let dir = folder.path().join("backups");
    world.backup(&dir).await.unwrap();
    let new = folder.path().join("new");
    backup::restore(&dir, None, &target(&new), NOW, &()).await.unwrap();
    let sqlite = open_clean(&new).await;
    assert_eq!(sqlite.read("bob", "large.bin").await.unwrap(), noise(300_000));
    sqlite.put("bob", "on sqlite", b"x").await;
    let dir = folder.path().join("sqlite backups");
    sqlite.backup(&dir).await.unwrap();

    let Some(other) = testing::Fixture::new(Engine::Postgres).await else { return };
    let mut back = target(&folder.path().join("back"));
    back.database = Some(other.url());
    backup::restore(&dir, None, &back, NOW, &()).await.unwrap();
    let postgres = World::on(other.open().await, &back.data).await;
    assert_eq!(postgres.fsck(Mode::Look).await.0.verdict(), Verdict::Clean);
    assert_eq!(postgres.read("bob", "on sqlite").await.unwrap(), b"x");
    // Counters go on behind what was there.
    postgres.tamper("INSERT INTO mails (recipient, subject, body, created, attempts, due) VALUES ('y', '', '', 0, 0, 0)").await;
    assert_eq!(postgres.number("SELECT max(id) FROM mails").await, 2);
    let full = backup::restore(&dir, None, &back, NOW, &()).await.unwrap_err();
    assert_eq!(full.kind(), ErrorKind::NotEmpty);
}
