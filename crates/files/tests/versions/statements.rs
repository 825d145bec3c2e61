//! Statements of writes and lists.

use allmende_files::PutRequest;
use allmende_sql::every_engine;
use allmende_types::Timestamp;

use crate::{START, World, path, put};

every_engine! {
    async fn a_new_file_takes_no_more_and_an_overwritten_one_a_few(sql: Sql) {
        let world = World::on(sql.clone()).await;
        let alice = world.alice().await;
        // Makes what is made once.
        for n in 0..2 {
            put(&alice, "first", START + n, b"first").await;
        }
        let count = async |at: &str, n: i64| {
            // As a protocol does that has looked for conditions.
            let seen = alice.resolve(&path(at)).await.unwrap();
            let mut request = PutRequest::new(path(at));
            request.modified = Some(Timestamp::from_unix(START + n));
            request.seen = seen.map(|entry| Box::new(entry.node));
            let before = sql.stats();
            alice.put(request, crate::body(b"some")).await.unwrap();
            let done = sql.stats() - before;
            (done.statements, done.commits)
        };
        let plain = {
            let files = World::plain(sql.clone()).await;
            let alice = files.alice().await;
            put(&alice, "plain", START, b"plain").await;
            let before = sql.stats();
            put(&alice, "plain 2", START, b"plain").await;
            (sql.stats() - before).statements
        };
        assert_eq!(count("f", 0).await, (plain, 1), "a new one is as it was without versions");
        let first = count("f", 1).await;
        assert_eq!(first.1, 2, "the first overwrite makes the folder: {first:?}");
        let mut later = Vec::new();
        for n in 2..40 {
            later.push(count("f", n).await);
        }
        assert!(later.iter().all(|done| *done == later[0]), "{later:?}");
        let (statements, commits) = later[0];
        assert_eq!(commits, 1);
        assert!(statements <= plain + 22, "{statements} statements, {plain} of a new file");
    }

    async fn many_overwritten_at_once_are_one_commit(sql: Sql) {
        let world = World::on(sql.clone()).await;
        let alice = world.alice().await;
        let files = |content: &'static str| {
            let file = move |n: u32| (PutRequest::new(path(&n.to_string())), content.into());
            (0..20).map(file).collect::<Vec<_>>()
        };
        // The first time takes ids of contents, the second makes the folders of their
        // versions, which takes ids of nodes too, and before them the space that those lie in.
        for (content, most) in [("one", 2), ("two", 5), ("three", 1)] {
            world.clock.forward(60);
            let before = sql.stats();
            let done = alice.put_many(files(content)).await;
            let commits = (sql.stats() - before).commits;
            assert!(done.iter().all(Result::is_ok));
            assert!(commits <= most, "{commits} commits of {content}");
        }
        for n in 0..20 {
            let entry = alice.get(&path(&n.to_string())).await.unwrap();
            let sizes = alice.versions(&entry).await.unwrap();
            let sizes: Vec<u64> = sizes.iter().map(|version| version.entry.node.size).collect();
            assert_eq!(sizes, [3, 3, 5]);
        }
    }

    async fn a_list_takes_as_many_for_many_versions_as_for_few(sql: Sql) {
        let world = World::on(sql.clone()).await;
        let alice = world.alice().await;
        let mut counts = Vec::new();
        for n in 0..40 {
            put(&alice, "f", START + n, b"some").await;
            let entry = alice.get(&path("f")).await.unwrap();
            let before = sql.stats();
            assert_eq!(alice.versions(&entry).await.unwrap().len() as i64, n + 1);
            counts.push((sql.stats() - before).statements);
        }
        assert!(counts[2..].iter().all(|count| *count == counts[2]), "{counts:?}");
        assert!(counts[2] <= 6, "{counts:?}");
    }
}
