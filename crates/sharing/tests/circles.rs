//! Sharing with circles: whoever is in one, when they are, receives what is shared with it.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use allmende_accounts::{CircleFlags, CircleMemberId, CircleSubject, NewCircle};
use allmende_files::Mounts as _;
use allmende_sharing::{Caller, NewShare, Recipient, ShareKind, ShareeQuery, Slice};
use allmende_sql::{Statement, every_engine};
use allmende_types::CircleId;
use common::*;

async fn circle(world: &World, flags: CircleFlags) -> CircleId {
    let mut new = NewCircle::new("Umbau");
    new.flags = flags;
    world.accounts.create_circle(&user("alice"), new, NOW).await.unwrap().id
}

async fn add(world: &World, id: &CircleId, who: CircleSubject) -> CircleMemberId {
    let added = world.accounts.add_to_circle(&user("alice"), id, &[who], NOW).await;
    added.unwrap().pop().unwrap().id
}

fn person(id: &str) -> CircleSubject {
    CircleSubject::Person(user(id))
}

fn with_circle(id: &CircleId, permissions: u8) -> NewShare {
    let mut new = NewShare::new(Recipient::Team(id.to_string()));
    new.permissions = Some(bits(permissions));
    new
}

async fn mounted(world: &World, person: &str) -> usize {
    world.sharing.mounts(&user(person)).await.unwrap().len()
}

async fn count(world: &World, table: &'static str) -> i64 {
    let count = Statement::new(format!("SELECT count(*) FROM {table}"), vec![]);
    world.sql.read(count).await.unwrap().one().unwrap().int(0).unwrap()
}

every_engine! {
    async fn who_is_in_has_it_and_who_leaves_has_not(sql: Sql) {
        let world = world(sql).await;
        let id = circle(&world, CircleFlags::default()).await;
        let folder = world.folder(world.home("alice").await, "d").await;
        let bob = add(&world, &id, person("bob")).await;
        let share = world.share("alice", folder, with_circle(&id, 17)).await.unwrap().share;
        assert_eq!((share.kind(), share.recipient.id()), (ShareKind::Team, Some(id.as_str())));
        assert_eq!((world.rights("bob", folder).await, mounted(&world, "bob").await), (17, 1));
        assert_eq!((world.rights("dave", folder).await, mounted(&world, "dave").await), (0, 0));
        // Who comes in later.
        add(&world, &id, person("dave")).await;
        assert_eq!((world.rights("dave", folder).await, mounted(&world, "dave").await), (17, 1));
        // By a group, and out of it.
        let staff = add(&world, &id, CircleSubject::Group(group("staff"))).await;
        assert_eq!((world.rights("carol", folder).await, mounted(&world, "carol").await), (17, 1));
        let alice = user("alice");
        world.accounts.remove_from_circle(&alice, &id, &staff, NOW).await.unwrap();
        assert_eq!((world.rights("carol", folder).await, mounted(&world, "carol").await), (0, 0));
        world.accounts.remove_from_circle(&alice, &id, &bob, NOW).await.unwrap();
        assert_eq!((world.rights("bob", folder).await, mounted(&world, "bob").await), (0, 0));
        world.accounts.leave_circle(&user("dave"), &id, NOW).await.unwrap();
        assert_eq!((world.rights("dave", folder).await, mounted(&world, "dave").await), (0, 0));
        // No row for any of them was ever there.
        assert_eq!((count(&world, "shares").await, count(&world, "share_places").await), (1, 0));
    }

    async fn one_declines_and_the_others_keep_it(sql: Sql) {
        let world = world(sql).await;
        let id = circle(&world, CircleFlags::default()).await;
        let folder = world.folder(world.home("alice").await, "d").await;
        for who in ["bob", "dave"] {
            add(&world, &id, person(who)).await;
        }
        let share = world.share("alice", folder, with_circle(&id, 31)).await.unwrap().share;
        let bob = user("bob");
        let caller = Caller { person: &bob, now: NOW };
        world.sharing.remove(caller, share.id).await.unwrap();
        assert_eq!((mounted(&world, "bob").await, mounted(&world, "dave").await), (0, 1));
        assert_eq!(world.sharing.left(caller).await.unwrap().len(), 1);
        world.sharing.restore(caller, share.id).await.unwrap();
        assert_eq!(mounted(&world, "bob").await, 1);
        // What a member shares on hangs on what they have.
        world.share("bob", folder, with("carol", 1)).await.unwrap();
        assert_eq!(world.rights("carol", folder).await, 1);
        world.accounts.leave_circle(&bob, &id, NOW).await.unwrap();
        assert_eq!(world.rights("carol", folder).await, 0);
    }

    async fn nobody_shares_with_a_circle_that_they_do_not_see(sql: Sql) {
        let world = world(sql).await;
        let hidden = circle(&world, CircleFlags::default()).await;
        let seen = circle(&world, CircleFlags::VISIBLE).await;
        let folder = world.folder(world.home("dave").await, "d").await;
        let no = "Please specify a valid team";
        assert_eq!(words(world.share("dave", folder, with_circle(&hidden, 1)).await), no);
        let unknown: CircleId = "x".repeat(31).parse().unwrap();
        assert_eq!(words(world.share("dave", folder, with_circle(&unknown, 1)).await), no);
        world.share("dave", folder, with_circle(&seen, 1)).await.unwrap();
        assert_eq!(world.rights("alice", folder).await, 1);
        let dave = user("dave");
        let mut query = ShareeQuery::new("umb");
        query.kinds = vec![ShareKind::Team];
        let caller = Caller { person: &dave, now: NOW };
        let found = world.sharing.sharees(caller, &query).await.unwrap();
        let ids: Vec<_> = found.wide.circles.iter().map(|of| of.id.clone()).collect();
        assert_eq!((ids, found.exact.circles.len()), (vec![seen.clone()], 0));
        query.text = "UMBAU".to_owned();
        let found = world.sharing.sharees(caller, &query).await.unwrap();
        assert_eq!((found.wide.circles.len(), found.exact.circles.len()), (0, 1));
        // Only with those who are in one's groups: others choose who is in a circle.
        let only = "shareapi_only_share_with_group_members";
        let root = user("root");
        let admin = Caller { person: &root, now: NOW };
        world.sharing.set_config(admin, "core", only, "yes").await.unwrap();
        let other = world.folder(world.home("dave").await, "e").await;
        let refused = words(world.share("dave", other, with_circle(&seen, 1)).await);
        assert_eq!(refused, "Failed to create share.");
        assert!(world.sharing.sharees(caller, &query).await.unwrap().exact.circles.is_empty());
    }

    async fn what_was_shared_with_a_circle_goes_with_it(sql: Sql) {
        let world = world(sql).await;
        let id = circle(&world, CircleFlags::default()).await;
        let folder = world.folder(world.home("alice").await, "d").await;
        add(&world, &id, person("bob")).await;
        let share = world.share("alice", folder, with_circle(&id, 31)).await.unwrap().share;
        let facts = world.sharing.facts(vec![share]).await.unwrap();
        assert_eq!(facts[0].recipient_name, "Umbau");
        let alice = user("alice");
        world.accounts.destroy_circle(&alice, &id, NOW).await.unwrap();
        assert_eq!((world.rights("bob", folder).await, mounted(&world, "bob").await), (0, 0));
        world.sharing.forget_circle(&id).await.unwrap();
        let made = world.sharing.made_by(Caller { person: &alice, now: NOW }, Slice::default());
        assert!(made.await.unwrap().is_empty());
        assert_eq!(count(&world, "notifications").await, 0);
    }

    async fn a_group_called_like_a_circle_receives_nothing_of_it(sql: Sql) {
        let world = world(sql).await;
        let id = circle(&world, CircleFlags::default()).await;
        let folder = world.folder(world.home("alice").await, "d").await;
        world.share("alice", folder, with_circle(&id, 31)).await.unwrap();
        let twin = group(id.as_str());
        world.accounts.create_group(&twin, "").await.unwrap();
        let member = allmende_accounts::GroupRole::Member;
        world.accounts.add_to_group(&twin, &user("dave"), member).await.unwrap();
        assert_eq!((world.rights("dave", folder).await, mounted(&world, "dave").await), (0, 0));
        let dave = user("dave");
        let with_dave = world.sharing.shared_with(Caller { person: &dave, now: NOW }, None, Slice::default());
        assert!(with_dave.await.unwrap().is_empty());
    }
}
