//! What people are told, on each engine.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

use allmende_events::{
    Events, MIGRATIONS, NewNotification, NotificationKind, Object, Reader, dismiss, notify,
    withdraw,
};
use allmende_sql::{Batch, Sql, every_engine};
use allmende_types::{NodeId, Principal, Timestamp, UserId};

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn who(text: &str) -> Principal {
    text.parse().unwrap()
}

fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

fn reader(id: &str, groups: &[&str]) -> Reader {
    let groups = groups.iter().map(|id| id.parse().unwrap()).collect();
    Reader { person: user(id), groups, circles: Vec::new() }
}

fn share(id: &str) -> Object {
    Object::new("files_sharing", "local_share", id)
}

fn news(to: &str, id: &str) -> NewNotification {
    let mut news = NewNotification::new(who(to), NotificationKind::IncomingShare, share(id));
    news.at = NOW;
    news.actor = Some(who("person:Alice"));
    news.node = Some(NodeId(7));
    news.details.insert("name".into(), "a.txt".into());
    news
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

/// The objects of what a reader is told.
async fn told(events: &Events, reader: &Reader) -> Vec<String> {
    let all = events.notifications(reader, 50).await.unwrap();
    all.into_iter().map(|one| one.object.id.into()).collect()
}

every_engine! {
    async fn a_notification_reads_back(sql: Sql) {
        let events = open(&sql).await;
        let written = news("person:Bob", "17");
        act(&sql, |batch| notify(batch, &written)).await;
        let bob = reader("bob", &[]);
        let one = events.notifications(&bob, 10).await.unwrap().remove(0);
        assert_eq!((one.kind, &one.object, one.at), (written.kind, &written.object, NOW));
        assert_eq!((&one.actor, one.node, &one.details), (&written.actor, written.node, &written.details));
        assert_eq!(events.notification(&bob, one.id).await.unwrap(), Some(one.clone()));
        assert_eq!(events.notification(&reader("eve", &["bob"]), one.id).await.unwrap(), None);
    }

    async fn a_group_is_told_once_and_each_member_puts_it_away(sql: Sql) {
        let events = open(&sql).await;
        act(&sql, |batch| notify(batch, &news("group:staff", "17"))).await;
        act(&sql, |batch| notify(batch, &news("person:bob", "18"))).await;
        let (bob, carol) = (reader("bob", &["staff"]), reader("carol", &["staff", "others"]));
        let (alice, eve) = (reader("alice", &["staff"]), reader("eve", &[]));
        assert_eq!(told(&events, &bob).await, ["18", "17"]);
        assert_eq!(told(&events, &carol).await, ["17"]);
        // She did it herself.
        assert_eq!(told(&events, &alice).await, [] as [&str; 0]);
        assert_eq!(told(&events, &eve).await, [] as [&str; 0]);
        let of_group = events.notifications(&carol, 1).await.unwrap()[0].id;
        events.dismiss_one(&eve, of_group).await.unwrap();
        events.dismiss_one(&carol, of_group).await.unwrap();
        events.dismiss_one(&carol, of_group).await.unwrap();
        assert_eq!(told(&events, &carol).await, [] as [&str; 0]);
        assert_eq!(told(&events, &bob).await, ["18", "17"]);
        events.dismiss_all(&bob).await.unwrap();
        assert_eq!(told(&events, &bob).await, [] as [&str; 0]);
        assert_eq!(told(&events, &reader("dave", &["staff"])).await, ["17"]);
    }

    async fn some_are_found_by_their_ids_if_they_are_the_readers(sql: Sql) {
        let events = open(&sql).await;
        for (to, id) in [("person:bob", "1"), ("group:staff", "2"), ("person:eve", "3"), ("person:bob", "4")] {
            act(&sql, |batch| notify(batch, &news(to, id))).await;
        }
        let (bob, eve) = (reader("bob", &["staff"]), reader("eve", &["staff"]));
        let mut ids = Vec::new();
        for reader in [&bob, &eve] {
            ids.extend(events.notifications(reader, 9).await.unwrap().iter().map(|one| one.id));
        }
        events.dismiss_one(&bob, events.notifications(&bob, 1).await.unwrap()[0].id).await.unwrap();
        let among = async |reader: &Reader, ids: &[_]| {
            let found = events.notifications_among(reader, ids).await.unwrap();
            found.into_iter().map(|one| one.object.id.into()).collect::<Vec<String>>()
        };
        assert_eq!(among(&bob, &ids).await, ["1", "2"]);
        assert_eq!(among(&eve, &ids).await, ["2", "3"]);
        // Alice did it.
        assert_eq!(among(&reader("alice", &["staff"]), &ids).await, [] as [&str; 0]);
        assert_eq!(among(&bob, &[]).await, [] as [&str; 0]);
    }

    async fn nobody_puts_away_what_is_anothers(sql: Sql) {
        let events = open(&sql).await;
        act(&sql, |batch| notify(batch, &news("person:bob", "18"))).await;
        let bob = reader("bob", &[]);
        let id = events.notifications(&bob, 1).await.unwrap()[0].id;
        events.dismiss_one(&reader("eve", &["staff"]), id).await.unwrap();
        events.dismiss_all(&reader("eve", &["staff"])).await.unwrap();
        assert_eq!(told(&events, &bob).await, ["18"]);
    }

    async fn an_act_puts_away_or_takes_back_what_was_told(sql: Sql) {
        let events = open(&sql).await;
        for (to, id) in [("group:staff", "17"), ("person:bob", "17"), ("person:bob", "18")] {
            act(&sql, |batch| notify(batch, &news(to, id))).await;
        }
        let (bob, carol) = (reader("bob", &["staff"]), reader("carol", &["staff"]));
        act(&sql, |batch| dismiss(batch, &share("17"), &user("Bob"))).await;
        assert_eq!(told(&events, &bob).await, ["18"]);
        assert_eq!(told(&events, &carol).await, ["17"]);
        act(&sql, |batch| withdraw(batch, &share("17"))).await;
        assert_eq!(told(&events, &carol).await, [] as [&str; 0]);
        assert_eq!(told(&events, &bob).await, ["18"]);
        events.drop_notifications(NOW).await.unwrap();
        assert_eq!(told(&events, &bob).await, ["18"]);
        events.drop_notifications(NOW.plus_seconds(1)).await.unwrap();
        assert_eq!(told(&events, &bob).await, [] as [&str; 0]);
    }
}
