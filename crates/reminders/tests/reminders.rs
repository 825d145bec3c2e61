//! Reminders, set, taken back and told, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

use std::collections::BTreeMap;

use allmende_events::{Events, Notification, NotificationKind, Reader};
use allmende_reminders::{ErrorKind, Reminders, SCHEMA, Set};
use allmende_sql::{Sql, every_engine};
use allmende_storage::memory::MemoryTree;
use allmende_types::{NodeId, Timestamp, UserId};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

fn later(seconds: i64) -> Timestamp {
    NOW.plus_seconds(seconds)
}

async fn reminders(sql: &Sql) -> Reminders {
    sql.migrate(&[allmende_events::MIGRATIONS, SCHEMA]).await.unwrap();
    Reminders::new(sql.clone())
}

async fn news(sql: &Sql, person: &str) -> Vec<Notification> {
    let reader = Reader { person: user(person), groups: Vec::new(), circles: Vec::new() };
    Events::new(sql.clone()).notifications(&reader, 99).await.unwrap()
}

every_engine! {
    async fn reminders_are_set_and_taken_back(sql: Sql) {
        let reminders = reminders(&sql).await;
        let (alice, bob) = (user("Alice"), user("bob"));
        for past in [NOW, later(-1)] {
            let refused = reminders.set(&alice, NodeId(1), past, NOW).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Past);
        }
        assert_eq!(reminders.set(&alice, NodeId(1), later(60), NOW).await.unwrap(), Set::New);
        let shouted = user("ALICE");
        let set = reminders.set(&shouted, NodeId(1), later(90), NOW).await.unwrap();
        assert_eq!(set, Set::Changed);
        reminders.set(&bob, NodeId(2), later(30), NOW).await.unwrap();
        let nodes = [2, 1, 3].map(NodeId);
        let of = reminders.of_nodes(&alice, &nodes).await.unwrap();
        assert_eq!(of, [None, Some(later(90)), None]);
        reminders.remove(&alice, NodeId(1)).await.unwrap();
        let gone = reminders.remove(&alice, NodeId(1)).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound);
        reminders.forget_person(&bob).await.unwrap();
        assert_eq!(reminders.of_nodes(&bob, &nodes).await.unwrap(), [None, None, None]);
    }

    async fn what_is_due_is_told_once(sql: Sql) {
        let reminders = reminders(&sql).await;
        let alice = user("Alice");
        for (node, at) in [(1, 60), (2, 30), (3, 90)] {
            reminders.set(&alice, NodeId(node), later(at), NOW).await.unwrap();
        }
        assert_eq!(reminders.due(later(29), 9).await.unwrap(), []);
        let due = reminders.due(later(60), 9).await.unwrap();
        let nodes: Vec<_> = due.iter().map(|one| (one.person.as_str(), one.node.0)).collect();
        assert_eq!(nodes, [("Alice", 2), ("Alice", 1)]);
        for _ in 0..2 {
            reminders.tell(&due[0], Some("letter"), later(61)).await.unwrap();
        }
        let told = news(&sql, "alice").await;
        assert_eq!((told.len(), told[0].kind), (1, NotificationKind::ReminderDue));
        assert_eq!((told[0].node, told[0].at), (Some(NodeId(2)), later(61)));
        assert_eq!(told[0].details["name"], "letter");
        // Of what they no longer see people are told nothing, and what they put off stays.
        reminders.tell(&due[1], None, later(61)).await.unwrap();
        let due = reminders.due(later(90), 9).await.unwrap();
        reminders.set(&alice, NodeId(3), later(900), later(61)).await.unwrap();
        reminders.tell(&due[0], Some("x"), later(91)).await.unwrap();
        assert_eq!(news(&sql, "alice").await.len(), 1);
        let left = reminders.of_nodes(&alice, &[1, 2, 3].map(NodeId)).await.unwrap();
        assert_eq!(left, [None, None, Some(later(900))]);
    }

    async fn those_of_nodes_that_are_gone_are_cleared_in_rounds(sql: Sql) {
        let reminders = reminders(&sql).await;
        let alice = user("alice");
        for node in 0..501 {
            reminders.set(&alice, NodeId(node), later(60), NOW).await.unwrap();
        }
        let (tree, mut after, mut rounds) = (MemoryTree::default(), None, 0);
        while let Some(last) = reminders.clean(&tree, after).await.unwrap() {
            (after, rounds) = (Some(last), rounds + 1);
        }
        assert_eq!((rounds, reminders.due(later(99), 999).await.unwrap().len()), (2, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever is set and taken back in whatever order: what is due is what a map says.
    #[test]
    fn what_is_due_is_what_a_map_says(
        acts in prop::collection::vec((0..4_i64, prop::option::of(1..50_i64)), 0..30),
        at in 0..60_i64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let options = allmende_sql::SqliteOptions::new(folder.path().join("reminders.db"));
            let sql = Sql::open_sqlite(options).await.unwrap();
            let reminders = reminders(&sql).await;
            let alice = user("alice");
            let mut model: BTreeMap<i64, i64> = BTreeMap::new();
            for (node, due) in acts {
                match due {
                    Some(due) => {
                        let set = reminders.set(&alice, NodeId(node), later(due), NOW).await;
                        let before = model.insert(node, due);
                        let expected = if before.is_none() { Set::New } else { Set::Changed };
                        assert_eq!(set.unwrap(), expected);
                    }
                    None => {
                        let removed = reminders.remove(&alice, NodeId(node)).await;
                        assert_eq!(removed.is_ok(), model.remove(&node).is_some());
                    }
                }
            }
            let mut expected: Vec<(i64, i64)> =
                model.iter().filter(|(_, due)| **due <= at).map(|(n, due)| (*due, *n)).collect();
            expected.sort_unstable();
            let due = reminders.due(later(at), 99).await.unwrap();
            let due: Vec<(i64, i64)> =
                due.iter().map(|one| (one.at.unix() - NOW.unix(), one.node.0)).collect();
            assert_eq!(due, expected);
        });
    }
}
