//! Events in and out, on each engine.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

use allmende_events::{
    Doer, EventId, EventQuery, Events, Gap, MIGRATIONS, Order, Position, append_all,
};
use allmende_sql::{Batch, Expect, Sql, Statement, every_engine, params};
use allmende_types::{
    EventKind, EventNode, NewEvent, NodeId, NodeShape, Origin, Principal, SpaceId, Stream,
    Timestamp,
};

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

async fn open(sql: &Sql) -> Events {
    sql.migrate(&[MIGRATIONS]).await.unwrap();
    Events::new(sql.clone())
}

fn who(text: &str) -> Principal {
    text.parse().unwrap()
}

fn file(space: i64, node: i64, kind: EventKind) -> NewEvent {
    let about = EventNode {
        space: SpaceId(space),
        node: NodeId(node),
        parent: Some(NodeId(1)),
        name: format!("{node}.txt").into(),
        shape: NodeShape::File,
        from: None,
    };
    NewEvent::new(Stream::Space(SpaceId(space)), kind, NOW).about(about)
}

async fn write(sql: &Sql, events: &[NewEvent]) {
    let mut batch = Batch::new();
    append_all(&mut batch, events);
    sql.write(batch).await.unwrap();
}

/// The nodes of a page.
async fn nodes(events: &Events, query: &EventQuery) -> Vec<i64> {
    let page = events.page(query).await.unwrap();
    page.into_iter().filter_map(|event| Some(event.fact.node?.node.0)).collect()
}

every_engine! {
    async fn an_event_reads_back_as_it_was_written(sql: Sql) {
        let events = open(&sql).await;
        let mut moved = file(7, 20, EventKind::FileMoved)
            .by(who("person:Alice"))
            .from(Origin { address: Some("2001:db8::1".parse().unwrap()), agent: Some("é".into()) })
            .detail("a", "\"{}\"");
        if let Some(node) = &mut moved.node {
            node.from = Some((NodeId(5), "old.txt".into()));
            node.shape = NodeShape::Folder;
        }
        let mut shared = file(7, 21, EventKind::ShareCreated).by(who("link:3"));
        shared.stream = Stream::Sharing;
        let plain = NewEvent::new(Stream::Accounts, EventKind::LoginFailed, NOW);
        let all = [moved, shared, plain];
        write(&sql, &all).await;
        for event in &all {
            let page = events.of_stream(event.stream, None, 10).await.unwrap();
            assert_eq!((page.len(), page[0].seq, &page[0].fact), (1, 1, event));
            assert_eq!(events.find(page[0].id).await.unwrap(), Some(page[0].clone()));
        }
        assert_eq!(events.find(EventId(99)).await.unwrap(), None);
    }

    async fn pages_go_both_ways_and_find_each_event_once(sql: Sql) {
        let events = open(&sql).await;
        for node in 1..=6 {
            let space = 10 + node % 2;
            let all = [file(space, node, EventKind::FileCreated).to([who("person:Bob")])];
            write(&sql, &all).await;
        }
        write(&sql, &[file(12, 7, EventKind::FileCreated)]).await;
        let mut query = EventQuery::of_spaces(vec![SpaceId(10), SpaceId(11)]);
        query.audience = vec![who("person:bob"), who("group:staff")];
        query.limit = 4;
        assert_eq!(nodes(&events, &query).await, [6, 5, 4, 3]);
        query.since = Some(events.page(&query).await.unwrap()[3].id);
        assert_eq!(nodes(&events, &query).await, [2, 1]);
        (query.order, query.since) = (Order::OldestFirst, None);
        assert_eq!(nodes(&events, &query).await, [1, 2, 3, 4]);
        query.since = Some(events.page(&query).await.unwrap()[3].id);
        assert_eq!(nodes(&events, &query).await, [5, 6]);
        let mut addressed = EventQuery::default();
        addressed.limit = 10;
        assert_eq!(nodes(&events, &addressed).await, [] as [i64; 0]);
        addressed.audience = vec![who("person:BOB")];
        assert_eq!(nodes(&events, &addressed).await, [6, 5, 4, 3, 2, 1]);
        addressed.audience = vec![who("group:bob")];
        assert_eq!(nodes(&events, &addressed).await, [] as [i64; 0]);
        let many = (0..200).map(SpaceId).collect();
        assert_eq!(nodes(&events, &EventQuery::of_spaces(many)).await, [7, 6, 5, 4, 3, 2, 1]);
    }

    async fn pages_are_chosen_by_node_kind_and_doer(sql: Sql) {
        let events = open(&sql).await;
        let all = [
            file(3, 1, EventKind::FileCreated).by(who("person:Alice")),
            file(3, 2, EventKind::FileCreated).by(who("person:bob")),
            file(3, 1, EventKind::FileChanged),
            file(3, 1, EventKind::FileRemoved).by(who("link:9")),
        ];
        write(&sql, &all).await;
        let base = EventQuery::of_spaces(vec![SpaceId(3)]);
        let kinds = async |query: &EventQuery| {
            let page = events.page(query).await.unwrap();
            page.iter().map(|event| event.fact.kind).collect::<Vec<_>>()
        };
        use EventKind::{FileChanged as Changed, FileCreated as Created, FileRemoved as Removed};
        let mut query = base.clone();
        query.node = Some(NodeId(1));
        assert_eq!(kinds(&query).await, [Removed, Changed, Created]);
        let mut query = base.clone();
        query.kinds = vec![Created, Removed];
        assert_eq!(kinds(&query).await, [Removed, Created, Created]);
        let mut query = base.clone();
        query.doer = Doer::Only(who("person:alice"));
        assert_eq!(kinds(&query).await, [Created]);
        query.doer = Doer::Others(who("person:alice"));
        assert_eq!(kinds(&query).await, [Removed, Changed, Created]);
    }

    async fn a_page_costs_one_statement(sql: Sql) {
        let events = open(&sql).await;
        for node in 0..20 {
            write(&sql, &[file(node % 3, node, EventKind::FileCreated)]).await;
        }
        for (spaces, limit) in [(1, 1), (3, 20), (60, 100)] {
            let mut query = EventQuery::of_spaces((0..spaces).map(SpaceId).collect());
            query.limit = limit;
            let before = sql.stats();
            events.page(&query).await.unwrap();
            assert_eq!((sql.stats() - before).statements, 1);
        }
    }

    async fn a_row_that_is_removed_leaves_a_gap(sql: Sql) {
        let events = open(&sql).await;
        let stream = Stream::Space(SpaceId(4));
        for node in 1..=8 {
            write(&sql, &[file(4, node, EventKind::FileCreated)]).await;
        }
        assert_eq!(events.gaps(stream).await.unwrap(), []);
        let run = async |text: &'static str| {
            sql.write(Batch::one(Statement::new(text, params![]), Expect::AtLeast(1))).await.unwrap();
        };
        run("DELETE FROM events WHERE node IN (3, 4)").await;
        assert_eq!(events.gaps(stream).await.unwrap(), [Gap::Missing { from: 3, to: 4 }]);
        run("DELETE FROM events WHERE node IN (1, 8)").await;
        let gaps = [(1, 1), (3, 4), (8, 8)].map(|(from, to)| Gap::Missing { from, to });
        assert_eq!(events.gaps(stream).await.unwrap(), gaps);
        run("UPDATE events SET seq = 5 WHERE node = 6").await;
        let found = events.gaps(stream).await.unwrap();
        assert!(found.contains(&Gap::Stray { seq: 5 }), "{found:?}");
        assert_eq!(events.gaps(Stream::Sharing).await.unwrap(), []);
    }

    async fn old_events_go_without_a_gap(sql: Sql) {
        let events = open(&sql).await;
        for day in 0..10 {
            let mut event = file(day % 2, day, EventKind::FileCreated).to([who("person:bob")]);
            event.at = NOW.plus_seconds(day * 86_400);
            write(&sql, &[event]).await;
        }
        let before = NOW.plus_seconds(4 * 86_400);
        assert_eq!(events.trim(before, 3).await.unwrap(), 3);
        assert_eq!(events.trim(before, 3).await.unwrap(), 1);
        assert_eq!(events.trim(before, 3).await.unwrap(), 0);
        for space in [0, 1] {
            let stream = Stream::Space(SpaceId(space));
            assert_eq!(events.gaps(stream).await.unwrap(), []);
            let first = &events.of_stream(stream, None, 1).await.unwrap()[0];
            assert_eq!(first.seq, 3);
        }
        // The newest stays, so that no id is given twice.
        assert_eq!(events.trim(NOW.plus_seconds(99 * 86_400), 100).await.unwrap(), 5);
        write(&sql, &[file(0, 99, EventKind::FileCreated)]).await;
        let heads = events.streams().await.unwrap();
        let heads: Vec<_> = heads.iter().map(|head| (head.last, head.trimmed)).collect();
        assert_eq!(heads, [(6, 5), (5, 4)]);
        let rows = Statement::new("SELECT count(*) FROM event_audience", params![]);
        assert_eq!(sql.read(rows).await.unwrap().one().unwrap().int(0).unwrap(), 1);
        assert_eq!(events.gaps(Stream::Space(SpaceId(0))).await.unwrap(), []);
    }

    async fn what_was_not_handed_over_waits_and_stays(sql: Sql) {
        let events = open(&sql).await;
        let far = NOW.plus_seconds(99 * 86_400);
        for node in 0..8 {
            write(&sql, &[file(node % 2, node, EventKind::FileCreated)]).await;
        }
        let (even, odd) = (Stream::Space(SpaceId(0)), Stream::Space(SpaceId(1)));
        let all = [(even, None), (odd, None)];
        assert_eq!(events.waiting("syslog").await.unwrap(), all);
        let trim = async || {
            let trimmed = events.trim_behind("syslog", far, 100).await.unwrap();
            (trimmed.removed, trimmed.held_back)
        };
        let start = events.of_stream(even, None, 1).await.unwrap()[0].id;
        assert_eq!(trim().await, (0, Some(start)));
        let at = async |stream, seq: i64| {
            let page = events.of_stream(stream, None, 100).await.unwrap();
            let event = page.iter().find(|event| event.seq == seq).unwrap().id;
            Position { stream, event, seq }
        };
        let (first, last) = (at(even, 2).await, at(odd, 4).await);
        events.handed_over("syslog", &[first, last]).await.unwrap();
        // A position never goes back.
        events.handed_over("syslog", &[at(even, 1).await]).await.unwrap();
        assert_eq!(events.waiting("syslog").await.unwrap(), [(even, Some(first.event))]);
        assert_eq!(events.waiting("other").await.unwrap(), all);
        // Up to the third of the even ones, which is the fifth of all.
        let third = Some(at(even, 3).await.event);
        assert_eq!(trim().await, (4, third));
        assert_eq!(trim().await, (0, third));
        let next = events.of_stream(even, Some(first.event), 9).await.unwrap();
        assert_eq!(next.iter().map(|event| event.seq).collect::<Vec<_>>(), [3, 4]);
        for stream in [even, odd] {
            assert_eq!(events.gaps(stream).await.unwrap(), []);
        }
        events.handed_over("syslog", &[at(even, 4).await]).await.unwrap();
        assert_eq!(events.waiting("syslog").await.unwrap(), []);
        assert_eq!(trim().await, (3, None));
    }

    async fn reads_are_a_stream_of_their_own(sql: Sql) {
        let events = open(&sql).await;
        let mut read = file(7, 20, EventKind::FileRead).by(who("person:Alice"));
        read.stream = Stream::Reads(SpaceId(7));
        events.record(&read).await.unwrap();
        write(&sql, &[file(7, 20, EventKind::FileChanged)]).await;
        let page = events.of_stream(read.stream, None, 10).await.unwrap();
        assert_eq!((page.len(), page[0].seq, &page[0].fact), (1, 1, &read));
        // Who looks at what happened to files does not go through who read them.
        let shown = events.page(&EventQuery::of_spaces(vec![SpaceId(7)])).await.unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!(events.streams().await.unwrap().len(), 2);
    }

    async fn numbers_have_no_gap_under_random_concurrent_acts(sql: Sql) {
        let events = open(&sql).await;
        let table = "CREATE TABLE acts (id BIGINT PRIMARY KEY)";
        let migration = allmende_sql::Migration::new(1, "acts", table);
        let steps: &'static [allmende_sql::Migration] = Box::leak(Box::new([migration]));
        let acts = allmende_sql::Migrations { component: "acts", steps };
        sql.migrate(&[acts]).await.unwrap();
        // SplitMix64: the same acts in every run, in an order that the engine chooses.
        let choose = |n: u64, salt: u64| {
            let mut z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(salt);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (z ^ (z >> 27)) as i64 & 0xff
        };
        let mut tasks = Vec::new();
        for n in 0..96 {
            let mut batch = Batch::new();
            // A third of the acts fail on their own: two want the same row.
            let row = if choose(n, 1) % 3 == 0 { 0 } else { 1000 + n as i64 };
            let insert = "INSERT INTO acts (id) VALUES ($1)";
            batch.push(Statement::new(insert, params![row]));
            let mut all = Vec::new();
            for k in 0..1 + choose(n, 2) % 4 {
                let stream = [
                    Stream::Accounts,
                    Stream::Sharing,
                    Stream::Space(SpaceId(1)),
                    Stream::Space(SpaceId(2)),
                ][choose(n, 3 + k as u64) as usize % 4];
                let mut event = NewEvent::new(stream, EventKind::ShareCreated, NOW);
                if k == 1 {
                    event = event.to([who("person:bob"), who("group:staff")]);
                }
                all.push(event);
            }
            append_all(&mut batch, &all);
            let sql = sql.clone();
            tasks.push(tokio::spawn(async move {
                let mut left = 20;
                loop {
                    match sql.write(batch.clone()).await {
                        Ok(_) => return all.len(),
                        // Given up for another's sake: once more, as a client would.
                        Err(error) if error.is_retryable() && left > 0 => left -= 1,
                        Err(_) => return 0,
                    }
                }
            }));
        }
        let mut written = 0;
        for task in tasks {
            written += task.await.unwrap();
        }
        let heads = events.streams().await.unwrap();
        assert_eq!(heads.iter().map(|head| head.last).sum::<i64>(), written as i64);
        assert!(written > 60, "{written}");
        for head in heads {
            assert_eq!(events.gaps(head.stream).await.unwrap(), [], "{}", head.stream);
            let all = events.of_stream(head.stream, None, 1000).await.unwrap();
            let numbers: Vec<i64> = all.iter().map(|event| event.seq).collect();
            assert_eq!(numbers, (1..=head.last).collect::<Vec<_>>());
        }
    }
}
