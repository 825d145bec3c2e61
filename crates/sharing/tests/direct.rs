//! Addresses of files for players, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use allmende_sharing::Caller;
use allmende_sql::{Statement, every_engine};
use allmende_types::NodeId;
use common::*;

every_engine! {
    async fn a_direct_link_leads_to_its_file_until_it_ends(sql: Sql) {
        let world = world(sql).await;
        let (bob, file) = (user("bob"), NodeId(77));
        let caller = Caller { person: &bob, now: NOW };
        let end = NOW.plus_seconds(60);
        let token = world.sharing.create_direct_link(caller, file, end).await.unwrap();
        assert_eq!(token.len(), 60);
        let found = world.sharing.direct_link(&token, end).await.unwrap().unwrap();
        // The id as it was chosen, however who made the link was spelled.
        assert_eq!((found.person.as_str(), found.node), ("Bob", file));
        let after = end.plus_seconds(1);
        for (token, now) in
            [(token.as_str(), after), (&token[1..], NOW), ("", NOW), (&"x".repeat(60), NOW)]
        {
            assert_eq!(world.sharing.direct_link(token, now).await.unwrap(), None, "{token}");
        }
        // Another one of the same person makes those that are over go, and so does the job.
        let caller = Caller { person: &bob, now: after };
        let later = after.plus_seconds(60);
        let next = world.sharing.create_direct_link(caller, file, later).await.unwrap();
        assert_ne!(next, token);
        assert_eq!(count(&world).await, 1);
        world.sharing.clean(None, later).await.unwrap();
        assert_eq!(count(&world).await, 1);
        world.sharing.clean(None, later.plus_seconds(1)).await.unwrap();
        assert_eq!(count(&world).await, 0);
    }

    async fn a_person_takes_their_direct_links_along(sql: Sql) {
        let world = world(sql).await;
        for id in ["alice", "carol"] {
            let person = user(id);
            let caller = Caller { person: &person, now: NOW };
            let end = NOW.plus_seconds(60);
            world.sharing.create_direct_link(caller, NodeId(1), end).await.unwrap();
        }
        world.sharing.forget_person(&user("alice")).await.unwrap();
        assert_eq!(count(&world).await, 1);
    }
}

async fn count(world: &World) -> i64 {
    let count = Statement::new("SELECT count(*) FROM direct_links", vec![]);
    world.sql.read(count).await.unwrap().one().unwrap().int(0).unwrap()
}
