//! Nothing is lost, whoever writes beside and whatever fails.

use std::sync::Arc;

use allmende_files::{Clock, Files, FilesOptions, PutRequest, Stores};
use allmende_storage::{
    Decorated, ErrorKind as StoreKind,
    fault::{Fault, FaultPlan},
};
use allmende_types::Timestamp;

use super::{put_at, shown, world};
use crate::world::{body, path, put, user};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_write_at_once_nobody_loses_anything() {
    const WRITERS: usize = 24;
    let world = world();
    let alice = world.alice().await;
    put(&alice, "f", b"first").await;
    let writers = (0..WRITERS).map(|n| {
        let alice = alice.clone();
        tokio::spawn(async move { put(&alice, "f", format!("writer {n}").as_bytes()).await })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let mut texts: Vec<String> = (shown(&alice, "f").await.iter())
        .map(|shown| shown.split_once(": ").unwrap().1.trim_end_matches('*').to_owned())
        .collect();
    texts.sort_unstable();
    let mut expected: Vec<String> = (0..WRITERS).map(|n| format!("writer {n}")).collect();
    expected.push("first".into());
    expected.sort_unstable();
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn whatever_call_fails_no_content_is_lost() {
    for lose in [false, true] {
        for nth in 0..40 {
            let world = world();
            let plan = FaultPlan::default();
            let stores = Stores {
                tree: Arc::new(Decorated::new(Arc::new(world.tree.clone()), plan.clone())),
                blobs: Arc::new(world.blobs.clone()),
                locks: Arc::new(world.tree.clone()),
            };
            let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
            let files = Files::new(stores, clock, FilesOptions::default()).unwrap();
            let alice = files.view(&user("alice")).await.unwrap();
            put_at(&alice, "f", 100, "one").await;
            let fault = match lose {
                false => Fault::fail(StoreKind::Unavailable),
                true => Fault::lose_answer(StoreKind::Unavailable),
            };
            plan.add(fault.skip(nth));
            let modified = Some(Timestamp::from_unix(200));
            let request = PutRequest { modified, ..PutRequest::new(path("f")) };
            let done = alice.put(request, body(b"two")).await.is_ok();
            plan.clear();
            let now = shown(&alice, "f").await;
            let old = vec!["100: one*".to_owned()];
            let new = vec!["100: one".to_owned(), "200: two*".to_owned()];
            if done {
                assert_eq!(now, new, "call {nth}");
            } else {
                assert!(now == old || now == new && lose, "call {nth}: {now:?}");
            }
            // And it goes on as if nothing had been.
            let mut expected = now.iter().map(|s| s.replace('*', "")).collect::<Vec<_>>();
            expected.push("300: three*".into());
            put_at(&alice, "f", 300, "three").await;
            assert_eq!(shown(&alice, "f").await, expected, "call {nth}");
        }
    }
}
