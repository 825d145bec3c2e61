use std::{sync::Arc, time::Duration};

use allmende_files::{Collected, FilesOptions, PutRequest};
use allmende_storage::{BlobStore, ByteStream, PutBlob, Tree};
use allmende_types::{BlobId, Timestamp};
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::world::{START, World, body, content, files, mkdir, path, put};

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_unix(START + seconds)
}

#[tokio::test]
async fn contents_that_nothing_references_go_after_their_delay() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "f").await;
    put(&alice, "f/a", b"1").await;
    put(&alice, "f/b", b"2").await;
    put(&alice, "f/a", b"3").await;
    let folder = alice.get(&path("f")).await.unwrap();
    alice.remove(&folder, None).await.unwrap();
    alice.trash().unwrap().empty().await.unwrap();
    assert_eq!(world.files.collector().run_once().await.unwrap().contents, 0);
    assert_eq!(world.count_blobs().await, 3);
    world.clock.forward(2 * 3600);
    let mut contents = 0;
    for _ in 0..3 {
        contents += world.files.collector().run_once().await.unwrap().contents;
        world.clock.forward(2 * 3600);
    }
    assert_eq!(contents, 3);
    assert_eq!(world.count_blobs().await, 0);
    assert_eq!(world.files.collector().run_once().await.unwrap(), Collected::default());
}

#[tokio::test]
async fn what_was_never_committed_goes_and_what_was_stays() {
    let world = World::new();
    let alice = world.alice().await;
    put(&alice, "kept", b"kept").await;
    let lease = world.tree.lease_blobs(world.files.now()).await.unwrap();
    for n in [0, 1, 4095] {
        let id = BlobId::new(lease.lease, n);
        world.blobs.put(id, body(b"lost"), PutBlob::default()).await.unwrap();
    }
    assert_eq!(world.files.collector().run_once().await.unwrap().orphans, 0);
    let collected = world.collect().await;
    assert_eq!((collected.orphans, collected.leases), (3, 2));
    assert_eq!(world.count_blobs().await, 1);
    assert_eq!(content(&alice, "kept").await, b"kept");
    put(&alice, "more", b"more").await;
    world.collect().await;
    assert_eq!(content(&alice, "more").await, b"more");
}

#[tokio::test]
async fn a_body_under_way_is_no_orphan_even_where_the_age_is_zero() {
    let options = FilesOptions { orphan_age: Duration::ZERO, ..FilesOptions::default() };
    let world = World::with(options);
    let alice = world.alice().await;
    let (send, receive) = tokio::sync::mpsc::channel::<Bytes>(1);
    let slow: ByteStream<'static> = Box::pin(stream::unfold(receive, |mut receive| async {
        receive.recv().await.map(|bytes| (Ok(bytes), receive))
    }));
    let writing = alice.put(PutRequest::new(path("slow")), slow);
    let meanwhile = async {
        send.send(Bytes::from_static(b"a")).await.unwrap();
        while world.tree.open_leases(later(1), 9).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        world.clock.forward(20 * 3600);
        let collected = world.files.collector().run_once().await.unwrap();
        assert_eq!(collected.leases, 0);
        send.send(Bytes::from_static(b"b")).await.unwrap();
        drop(send);
    };
    let (written, ()) = tokio::join!(writing, meanwhile);
    written.unwrap();
    assert_eq!(world.files.collector().run_once().await.unwrap().leases, 0);
    world.clock.forward(601);
    assert_eq!(world.files.collector().run_once().await.unwrap().leases, 1);
    assert_eq!(content(&alice, "slow").await, b"ab");
}

#[tokio::test]
async fn a_write_that_was_given_up_leaves_nothing() {
    let world = World::new();
    let alice = world.alice().await;
    let start = Bytes::from_static(b"start");
    let endless: ByteStream<'static> = Box::pin(stream::iter([Ok(start)]).chain(stream::pending()));
    let writing = alice.put(PutRequest::new(path("a")), endless);
    assert!(tokio::time::timeout(Duration::from_millis(20), writing).await.is_err());
    assert!(alice.resolve(&path("a")).await.unwrap().is_none());
    world.collect().await;
    assert_eq!(world.count_blobs().await, 0);
}

#[tokio::test]
async fn another_process_leaves_the_leases_of_this_one_alone() {
    let world = World::new();
    let alice = world.alice().await;
    let other =
        files(&world.tree, Arc::new(world.blobs.clone()), &world.clock, FilesOptions::default());
    put(&alice, "a", b"x").await;
    world.clock.forward(25 * 3600);
    assert_eq!(other.collector().run_once().await.unwrap().leases, 0);
    put(&alice, "b", b"y").await;
    world.clock.forward(2 * 3600);
    assert_eq!(other.collector().run_once().await.unwrap().leases, 1);
    assert_eq!(content(&alice, "a").await, b"x");
    assert_eq!(content(&alice, "b").await, b"y");
}

#[tokio::test]
async fn it_stops_when_it_is_told() {
    let world = World::new();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    world.files.collector().run(stop).await;
}

#[tokio::test]
async fn more_writes_than_a_lease_has_ids() {
    let world = World::new();
    let alice = world.alice().await;
    for n in 0..45 {
        let items = (0..100)
            .map(|m| (PutRequest::new(path(&format!("{n}-{m}"))), Bytes::from_static(b"x")))
            .collect();
        for result in alice.put_many(items).await {
            result.unwrap();
        }
    }
    assert_eq!(world.count_blobs().await, 4500);
    let collected = world.collect().await;
    assert_eq!((collected.orphans, collected.contents), (0, 0));
    assert!(collected.leases >= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_write_loses_its_bytes_to_a_collector_beside_it() {
    let options = FilesOptions {
        versions: None,
        orphan_age: Duration::ZERO,
        lease_use: Duration::from_secs(60),
        // The clock runs ahead of the writers, who are not what is tested here.
        transfer_limit: Duration::from_secs(u64::MAX / 4),
        ..FilesOptions::default()
    };
    let world = World::with(options);
    let alice = world.alice().await;
    let writers: Vec<_> = (0..4)
        .map(|n| {
            let view = alice.clone();
            tokio::spawn(async move {
                for m in 0..100 {
                    put(&view, &format!("{n}-{}", m % 7), format!("{m}").as_bytes()).await;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let writing = futures_util::future::join_all(writers);
    let collecting = async {
        loop {
            world.clock.forward(601);
            world.files.collector().run_once().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        all = writing => all.into_iter().for_each(|writer| writer.unwrap()),
        () = collecting => {}
    }
    for n in 0..4 {
        for m in 93..100 {
            let bytes = content(&alice, &format!("{n}-{}", m % 7)).await;
            assert_eq!(bytes, m.to_string().as_bytes());
        }
    }
    for _ in 0..2 {
        world.collect().await;
    }
    assert_eq!(world.count_blobs().await, 28);
}
