//! Scrubs go on where they were broken off.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use allmende_care::{
    ErrorKind, Watch,
    scrub::{Next, Options, Plan, Scrubbed, places, scrub, step},
};
use allmende_storage::{BlobStore, PutBlob, Tree};
use allmende_storage_local::LocalReader;
use futures_util::{StreamExt, stream};

use crate::world::{NOW, World, noise};

#[derive(Default)]
struct Count(AtomicU64);

impl Watch for Count {
    fn done(&self, things: u64, _bytes: u64) {
        self.0.fetch_add(things, Relaxed);
    }
}

fn options(folder: &Path) -> Options {
    Options { rate: None, progress: folder.join("scrub.json") }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_read_and_damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    world.fill().await;
    // Beside the owner, as a command beside a server.
    let beside = LocalReader::open(folder.path().join("blobs")).unwrap();
    let done = scrub(&beside, &*world.tree, &options(folder.path()), NOW, &()).await.unwrap();
    assert_eq!((done.contents, done.damaged.len()), (10, 0));
    assert!(done.bytes > 600_000);

    let large = fs::read_dir(folder.path().join("blobs/blobs")).unwrap().flat_map(|lease| {
        fs::read_dir(lease.unwrap().path()).unwrap().map(|file| file.unwrap().path())
    });
    let large: Vec<_> = large.filter(|path| path.file_name().unwrap() != "pack").collect();
    let file = fs::OpenOptions::new().write(true).open(&large[0]).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"?????", 50_000).unwrap();
    let done = scrub(&beside, &*world.tree, &options(folder.path()), NOW, &()).await.unwrap();
    assert_eq!((done.contents, done.damaged.len()), (10, 1));
    let damaged = done.damaged[0].parse().unwrap();
    let whose = places(&world.sql, &*world.tree, damaged).await.unwrap();
    assert!(whose.len() == 1 && whose[0].ends_with("/large.bin"), "{whose:?}");
    // A step says so again, when the next round is due.
    let plan = Plan { span: Duration::from_secs(60), every: Duration::from_secs(100) };
    let one = async |after: i64| {
        let now = NOW.plus_seconds(after);
        step(&beside, &*world.tree, &options(folder.path()), plan, now).await.unwrap()
    };
    let rest = one(40).await;
    assert_eq!((rest.next, rest.contents), (Next::Rest(Duration::from_secs(60)), 0));
    assert_eq!((rest.damaged, rest.found.len(), rest.ended), (1, 0, Some(NOW)));
    let round = one(100).await;
    assert_eq!((round.next, round.contents), (Next::Rest(Duration::from_secs(100)), 10));
    assert_eq!((round.damaged, round.found), (1, vec![damaged]));
    assert_eq!(one(101).await.next, Next::Rest(Duration::from_secs(99)));
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_make_a_round_and_give_way_to_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    world.fill().await;
    let options = options(folder.path());
    let plan = Plan { span: Duration::ZERO, every: Duration::from_secs(100) };
    let one = async || step(&*world.blobs, &*world.tree, &options, plan, NOW).await.unwrap();
    for _ in 0..6 {
        let part = one().await;
        assert_eq!((part.next, part.contents, part.ended), (Next::More, 1, None));
    }
    // Another process is at work: what it notes is not overwritten.
    let lock = fs::File::options().write(true).open(folder.path().join("scrub.lock")).unwrap();
    lock.lock().unwrap();
    let noted = fs::read(folder.path().join("scrub.json")).unwrap();
    let away = one().await;
    assert_eq!((away.next, away.contents), (Next::Elsewhere, 0));
    let busy = scrub(&*world.blobs, &*world.tree, &options, NOW, &()).await.unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    assert_eq!(fs::read(folder.path().join("scrub.json")).unwrap(), noted);
    drop(lock);
    // A command goes on where the steps stopped, and the next round is due after its end.
    let count = Count::default();
    let done = scrub(&*world.blobs, &*world.tree, &options, NOW, &count).await.unwrap();
    assert_eq!((done.contents, count.0.load(Relaxed)), (10, 10));
    assert!(matches!(one().await.next, Next::Rest(wait) if wait >= Duration::from_secs(99)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_committed_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let lease = world.tree.lease_blobs(NOW).await.unwrap();
    let body = stream::iter([Ok(noise(200_000).into())]).boxed();
    world.blobs.put(lease.first(), body, PutBlob::of_length(200_000)).await.unwrap();
    let (dir, n) = (lease.first().lease(), lease.first().0 as u64);
    let path = folder.path().join(format!("blobs/blobs/{dir:016x}/{n:016x}"));
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"?????", 150_000).unwrap();
    let done = scrub(&*world.blobs, &*world.tree, &options(folder.path()), NOW, &()).await.unwrap();
    assert_eq!((done.contents, done.damaged), (1, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrub_goes_on_behind_what_it_noted() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    world.fill().await;
    let all: Vec<String> = {
        use allmende_storage::BlobStore;
        use futures_util::TryStreamExt;
        let all: Vec<_> = world.blobs.list(None).try_collect().await.unwrap();
        all.into_iter().map(|info| info.id.to_string()).collect()
    };
    let noted = serde_json::json!({
        "after": all[6],
        "so_far": { "contents": 7, "bytes": 1000, "damaged": ["x"] },
    });
    fs::write(folder.path().join("scrub.json"), noted.to_string()).unwrap();
    let count = Count::default();
    let done =
        scrub(&*world.blobs, &*world.tree, &options(folder.path()), NOW, &count).await.unwrap();
    assert_eq!((done.contents, done.damaged), (10, vec!["x".to_owned()]));
    assert_eq!(count.0.load(Relaxed), 10);
    // The next one begins anew.
    let done = scrub(&*world.blobs, &*world.tree, &options(folder.path()), NOW, &()).await.unwrap();
    assert_eq!((done.contents, done.damaged.len()), (10, 0));
    fs::write(folder.path().join("scrub.json"), "{").unwrap();
    assert!(scrub(&*world.blobs, &*world.tree, &options(folder.path()), NOW, &()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_bounds_a_scrub() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    world.put("alice", "large.bin", &noise(600_000)).await;
    let mut options = options(folder.path());
    options.rate = Some("1MB/s".parse().unwrap());
    let begun = std::time::Instant::now();
    let done: Scrubbed = scrub(&*world.blobs, &*world.tree, &options, NOW, &()).await.unwrap();
    assert_eq!(done.bytes, 600_000);
    // 0.6 s, less the burst.
    assert!(begun.elapsed().as_millis() >= 300, "{:?}", begun.elapsed());
}
