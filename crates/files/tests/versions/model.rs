//! Random histories against a list of what was overwritten.

use allmende_files::versions::{Standing, Version};
use allmende_sql::every_engine;
use allmende_storage::{ByteRange, memory};
use bytes::Bytes;
use futures_util::TryStreamExt;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use crate::{START, World, path, put};

#[derive(Debug, Clone)]
enum Step {
    /// Another content, with a time of change.
    Put(u8, i64),
    /// One of the older contents comes back.
    Restore(usize),
    Remove(usize),
    Label(usize, Option<u8>),
    /// Time passes, and the job has its turn.
    Tidy(i64),
}

/// A content with its time, its label and when it was overwritten.
#[derive(Debug, Clone, PartialEq)]
struct Content {
    bytes: Vec<u8>,
    time: i64,
    label: Option<String>,
}

#[derive(Debug, Default)]
struct Model {
    current: Option<Content>,
    kept: Vec<Content>,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (any::<u8>(), 0i64..4).prop_map(|(bytes, time)| Step::Put(bytes, time)),
        2 => any::<usize>().prop_map(Step::Restore),
        1 => any::<usize>().prop_map(Step::Remove),
        2 => (any::<usize>(), any::<Option<u8>>()).prop_map(|(at, label)| Step::Label(at, label)),
        1 => prop_oneof![0i64..100, 0i64..100_000, 0i64..4_000_000].prop_map(Step::Tidy),
    ]
}

/// Contents in an order that says nothing.
fn sorted(mut all: Vec<Content>) -> Vec<Content> {
    all.sort_by(|a, b| (a.time, &a.bytes, &a.label).cmp(&(b.time, &b.bytes, &b.label)));
    all
}

async fn check(world: &World, steps: Vec<Step>) {
    let alice = world.alice().await;
    let mut model = Model::default();
    let mut count = 0u32;
    let list = async || -> Vec<Version> {
        let entry = alice.get(&path("f")).await.unwrap();
        alice.versions(&entry).await.unwrap()
    };
    let content = async |version: &Version| {
        let body = alice.read_version(version, ByteRange::ALL).await.unwrap().body;
        let bytes = body.try_collect::<Vec<Bytes>>().await.unwrap().concat();
        let label = version.label.as_deref().map(ToOwned::to_owned);
        Content { bytes, time: version.entry.node.modified.unix(), label }
    };
    for step in steps {
        world.clock.forward(1);
        if model.current.is_none() && !matches!(step, Step::Put(..)) {
            continue;
        }
        match step {
            Step::Put(byte, time) => {
                // No two contents are the same.
                count += 1;
                let bytes = [&[byte][..], &count.to_be_bytes()].concat();
                put(&alice, "f", START + time, &bytes).await;
                let new = Content { bytes, time: START + time, label: None };
                model.kept.extend(model.current.replace(new));
            }
            Step::Tidy(seconds) => {
                world.clock.forward(seconds);
                world.files.version_keeper().run_once().await.unwrap();
                let mut left = Vec::new();
                for version in list().await {
                    if version.standing == Standing::Overwritten {
                        left.push(content(&version).await);
                    }
                }
                // What it takes away is for the tests of the schedule to say.
                for kept in &model.kept {
                    assert!(kept.label.is_none() || left.contains(kept), "a labelled one stays");
                }
                let last = model.kept.iter().rev().find(|kept| kept.label.is_none());
                assert!(last.is_none_or(|last| left.contains(last)), "the last one stays");
                model.kept.retain(|kept| left.contains(kept));
            }
            Step::Restore(at) | Step::Remove(at) | Step::Label(at, _) => {
                let entry = alice.get(&path("f")).await.unwrap();
                let all = list().await;
                let version = &all[at % all.len()];
                let was = content(version).await;
                let kept = version.standing == Standing::Overwritten;
                match step {
                    Step::Label(_, label) => {
                        let label = label.map(|label| format!("label {label}"));
                        alice.label_version(&entry, version, label.as_deref()).await.unwrap();
                        let known = model.kept.iter_mut().chain(&mut model.current);
                        known.filter(|known| **known == was).for_each(|known| {
                            known.label.clone_from(&label);
                        });
                    }
                    Step::Restore(_) => {
                        let done = alice.restore_version(&entry, version).await;
                        assert_eq!(done.is_ok(), kept);
                        if kept {
                            model.kept.retain(|known| *known != was);
                            model.kept.extend(model.current.replace(was));
                        }
                    }
                    _ => {
                        let done = alice.remove_version(&entry, version).await;
                        assert_eq!(done.is_ok(), kept);
                        model.kept.retain(|known| *known != was);
                    }
                }
            }
        }
        let (mut kept, mut current) = (Vec::new(), None);
        for version in list().await {
            let known = content(&version).await;
            match version.standing {
                Standing::Current => current = Some(known),
                Standing::Overwritten => kept.push(known),
            }
        }
        assert_eq!((sorted(kept), current), (sorted(model.kept.clone()), model.current.clone()));
    }
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn the_versions_are_what_was_overwritten(steps in history()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            check(&World::over(std::sync::Arc::new(memory::MemoryTree::default())), steps).await;
        });
    }
}

every_engine! {
    async fn and_so_they_are_in_a_database(sql: Sql) {
        let world = World::on(sql).await;
        let mut runner = TestRunner::deterministic();
        let steps = prop::collection::vec(step(), 80).new_tree(&mut runner).unwrap().current();
        check(&world, steps).await;
    }
}
