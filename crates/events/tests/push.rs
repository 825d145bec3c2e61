//! Devices, and what is on its way to them, on each engine.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

use allmende_events::{
    EventQuery, Events, MIGRATIONS, NewEvent, NewNotification, NotificationId, NotificationKind,
    Object, PushDevice, PushKind, Reader, Registered, append, dismiss, notify, withdraw,
};
use allmende_sql::{Batch, Sql, every_engine};
use allmende_types::{EventKind, Principal, Stream, Timestamp, UserId};

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

fn object(id: &str) -> Object {
    Object::new("files_sharing", "local_share", id)
}

fn news(to: &str, id: &str) -> NewNotification {
    let to: Principal = to.parse().unwrap();
    let mut news = NewNotification::new(to, NotificationKind::IncomingShare, object(id));
    news.at = NOW;
    news
}

fn device(person: &str, app_password: i64) -> PushDevice {
    PushDevice {
        person: user(person),
        app_password,
        identifier: format!("{person}-{app_password}"),
        token_hash: "ab".repeat(64),
        public_key: "a key".into(),
        proxy: "https://push.example.org".into(),
    }
}

fn reader(id: &str, groups: &[&str]) -> Reader {
    let groups = groups.iter().map(|id| id.parse().unwrap()).collect();
    Reader { person: user(id), groups, circles: Vec::new() }
}

async fn act(sql: &Sql, act: impl FnOnce(&mut Batch)) {
    let mut batch = Batch::new();
    act(&mut batch);
    sql.write(batch).await.unwrap();
}

async fn open(sql: &Sql) -> Events {
    sql.migrate(&[MIGRATIONS]).await.unwrap();
    Events::new(sql.clone())
}

/// What waits to be dealt out: for whom, and what.
async fn waits(events: &Events) -> Vec<(String, PushKind)> {
    let all = events.undealt_pushes(50, NOW).await.unwrap();
    all.into_iter().map(|one| (one.to.to_string(), one.kind)).collect()
}

/// Deals everything out among the devices of these people.
async fn deal(events: &Events, people: &[&str]) {
    let people: Vec<UserId> = people.iter().map(|id| user(id)).collect();
    for one in events.undealt_pushes(50, NOW).await.unwrap() {
        events.deal(&one, &people).await.unwrap();
    }
}

every_engine! {
    async fn devices_come_and_go(sql: Sql) {
        let events = open(&sql).await;
        assert_eq!(events.register_device(&device("Bob", 1)).await.unwrap(), Registered::Changed);
        assert_eq!(events.register_device(&device("bob", 1)).await.unwrap(), Registered::Changed);
        assert_eq!(events.register_device(&device("bob", 1)).await.unwrap(), Registered::Known);
        events.register_device(&device("bob", 2)).await.unwrap();
        events.register_device(&device("carol", 3)).await.unwrap();
        let of_bob = events.devices_of(&[user("BOB")]).await.unwrap();
        assert_eq!(of_bob, [device("bob", 1), device("bob", 2)]);
        assert_eq!(events.people_with_devices(None, 9).await.unwrap(), [user("bob"), user("carol")]);
        let after = events.people_with_devices(Some(&user("Bob")), 9).await.unwrap();
        assert_eq!(after, [user("carol")]);
        assert!(events.remove_device(&user("bob"), 1).await.unwrap());
        assert!(!events.remove_device(&user("bob"), 1).await.unwrap());
        // A proxy speaks of its own devices only.
        let gone = ["bob-2".to_owned(), "carol-3".to_owned()];
        events.remove_unknown_devices("https://other.example.org", &gone).await.unwrap();
        assert_eq!(events.people_with_devices(None, 9).await.unwrap().len(), 2);
        events.remove_unknown_devices("https://push.example.org", &gone[..1]).await.unwrap();
        assert_eq!(events.people_with_devices(None, 9).await.unwrap(), [user("carol")]);
    }

    async fn without_devices_nothing_waits(sql: Sql) {
        let events = open(&sql).await;
        act(&sql, |batch| notify(batch, &news("person:bob", "17"))).await;
        events.dismiss_all(&reader("bob", &[])).await.unwrap();
        assert_eq!(waits(&events).await, []);
    }

    async fn what_is_told_and_taken_back_is_sent(sql: Sql) {
        let events = open(&sql).await;
        events.register_device(&device("bob", 1)).await.unwrap();
        act(&sql, |batch| {
            notify(batch, &news("person:bob", "17"));
            notify(batch, &news("group:staff", "17"));
        }).await;
        let bob = reader("bob", &["staff"]);
        let ids: Vec<NotificationId> =
            events.notifications(&bob, 9).await.unwrap().iter().map(|one| one.id).collect();
        let [group, own] = ids[..] else { panic!("{ids:?}") };
        let told = [
            ("person:bob".to_owned(), PushKind::Told(own)),
            ("group:staff".to_owned(), PushKind::Told(group)),
        ];
        assert_eq!(waits(&events).await, told);
        deal(&events, &[]).await;

        // One person has seen it: the others keep it.
        act(&sql, |batch| dismiss(batch, &object("17"), &user("bob"))).await;
        let gone = waits(&events).await;
        assert_eq!(gone.len(), 2);
        for kind in [PushKind::Gone(own), PushKind::Gone(group)] {
            assert!(gone.contains(&("person:bob".to_owned(), kind)), "{gone:?}");
        }
        deal(&events, &[]).await;
        act(&sql, |batch| withdraw(batch, &object("17"))).await;
        assert_eq!(waits(&events).await, [("group:staff".to_owned(), PushKind::Gone(group))]);
        deal(&events, &[]).await;

        act(&sql, |batch| notify(batch, &news("person:bob", "18"))).await;
        deal(&events, &[]).await;
        let id = events.notifications(&bob, 9).await.unwrap()[0].id;
        // What is not one's own is put away nowhere.
        events.dismiss_one(&reader("carol", &[]), id).await.unwrap();
        assert_eq!(waits(&events).await, []);
        events.dismiss_one(&bob, id).await.unwrap();
        assert_eq!(waits(&events).await, [("person:bob".to_owned(), PushKind::Gone(id))]);
        deal(&events, &[]).await;
        events.dismiss_all(&bob).await.unwrap();
        assert_eq!(waits(&events).await, [("person:bob".to_owned(), PushKind::AllGone)]);
        events.drop_pushes().await.unwrap();
        assert_eq!(waits(&events).await, []);
    }

    async fn an_act_that_does_not_happen_is_not_sent(sql: Sql) {
        let events = open(&sql).await;
        events.register_device(&device("bob", 1)).await.unwrap();
        let mut batch = Batch::new();
        notify(&mut batch, &news("person:bob", "17"));
        let never = allmende_sql::Statement::new("SELECT 1", vec![]);
        batch.expect(never, allmende_sql::Expect::None);
        sql.write(batch).await.unwrap_err();
        assert_eq!(waits(&events).await, []);
    }

    async fn each_device_gets_it_from_one_process_and_again_until_it_is_noted(sql: Sql) {
        let events = open(&sql).await;
        for (person, id) in [("bob", 1), ("bob", 2), ("carol", 3)] {
            events.register_device(&device(person, id)).await.unwrap();
        }
        act(&sql, |batch| notify(batch, &news("group:staff", "17"))).await;
        let undealt = events.undealt_pushes(9, NOW).await.unwrap().remove(0);
        let people = [user("Bob"), user("carol"), user("dave")];
        events.deal(&undealt, &people).await.unwrap();
        // Another process comes too late.
        events.deal(&undealt, &people).await.unwrap();
        assert_eq!(waits(&events).await, []);

        let taken = events.take_pushes(2, NOW).await.unwrap();
        let mut of = taken.iter().map(|one| (one.person.as_str(), one.app_password, one.attempts));
        assert_eq!((of.next(), of.next()), (Some(("bob", 1, 1)), Some(("bob", 2, 1))));
        let rest = events.take_pushes(9, NOW).await.unwrap();
        assert_eq!(rest.iter().map(|one| one.app_password).collect::<Vec<_>>(), [3]);
        assert_eq!(events.take_pushes(9, NOW).await.unwrap(), []);

        let later = NOW.plus_seconds(60);
        events.note_pushes(&[taken[0].id], &[(taken[1].id, later)]).await.unwrap();
        assert_eq!(events.take_pushes(9, NOW.plus_seconds(59)).await.unwrap(), []);
        let again = events.take_pushes(9, later).await.unwrap();
        assert_eq!((again.len(), again[0].id, again[0].attempts), (1, taken[1].id, 2));
        // Whoever took the third has died.
        let third = events.take_pushes(9, NOW.plus_seconds(300)).await.unwrap();
        assert_eq!((third.len(), third[0].id, third[0].attempts), (1, rest[0].id, 2));
        // With a device goes what was for it.
        events.remove_device(&user("carol"), 3).await.unwrap();
        let left = events.take_pushes(9, NOW.plus_seconds(10_000)).await.unwrap();
        assert_eq!(left.iter().map(|one| one.id).collect::<Vec<_>>(), [taken[1].id]);
    }

    async fn a_group_of_many_is_dealt_out_by_slices(sql: Sql) {
        let events = open(&sql).await;
        let people: Vec<UserId> = (0..1100).map(|n| user(&format!("p{n:04}"))).collect();
        // Every hundredth has a device.
        for n in (0..1100).step_by(100) {
            events.register_device(&device(people[n].as_str(), n as i64 + 1)).await.unwrap();
        }
        act(&sql, |batch| notify(batch, &news("group:staff", "17"))).await;
        let undealt = events.undealt_pushes(9, NOW).await.unwrap().remove(0);
        events.deal(&undealt, &people).await.unwrap();
        let taken = events.take_pushes(50, NOW).await.unwrap();
        let of = |n: i64| (format!("p{n:04}"), n + 1);
        assert_eq!(
            taken.iter().map(|one| (one.person.to_string(), one.app_password)).collect::<Vec<_>>(),
            (0..1100).step_by(100).map(of).collect::<Vec<_>>()
        );
    }

    async fn nothing_is_left_of_a_person_who_is_gone(sql: Sql) {
        let events = open(&sql).await;
        for (person, id) in [("alice", 1), ("bob", 2)] {
            events.register_device(&device(person, id)).await.unwrap();
        }
        act(&sql, |batch| {
            for to in ["person:alice", "person:bob", "group:staff"] {
                notify(batch, &news(to, "17"));
            }
            let mut addressed = NewEvent::new(Stream::Accounts, EventKind::LoggedIn, NOW);
            addressed.audience = ["person:alice", "person:bob"].map(|to| to.parse().unwrap()).into();
            append(batch, &addressed);
        }).await;
        let (alice, bob) = (reader("alice", &["staff"]), reader("bob", &["staff"]));
        let group = events.notifications(&alice, 9).await.unwrap()[0].id;
        for reader in [&alice, &bob] {
            events.dismiss_one(reader, group).await.unwrap();
        }
        deal(&events, &["alice", "bob"]).await;
        events.forget_person(&user("Alice")).await.unwrap();
        events.forget_person(&user("Alice")).await.unwrap();

        assert_eq!(events.devices_of(&[user("alice"), user("bob")]).await.unwrap(), [device("bob", 2)]);
        // The group's is hers again should she be a member again: she has put nothing away.
        let left: Vec<_> = events.notifications(&alice, 9).await.unwrap();
        assert_eq!(left.iter().map(|one| one.id).collect::<Vec<_>>(), [group]);
        assert_eq!(events.notifications(&reader("alice", &[]), 9).await.unwrap(), []);
        assert_eq!(events.notifications(&bob, 9).await.unwrap().len(), 1);
        let taken = events.take_pushes(50, NOW).await.unwrap();
        assert!(!taken.is_empty() && taken.iter().all(|one| one.person == user("bob")), "{taken:?}");
        let addressed = async |to: &str| {
            let mut query = EventQuery::of_spaces(Vec::new());
            query.audience = vec![to.parse().unwrap()];
            events.page(&query).await.unwrap().len()
        };
        assert_eq!((addressed("person:alice").await, addressed("person:bob").await), (0, 1));
        assert_eq!(events.of_stream(Stream::Accounts, None, 9).await.unwrap().len(), 1);
    }
}
