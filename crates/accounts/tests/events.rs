//! What changes people, groups and credentials is written down with the change.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

mod common;

use allmende_accounts::{
    Accounts, Act, ErrorKind, GroupRole, NewAppPassword, PersonUpdate, SessionKind, Status,
};
use allmende_events::{Event, Events};
use allmende_sql::{Sql, every_engine};
use allmende_types::{Origin, Principal, Stream};
use common::*;

/// Kind, actor and details, as text.
fn line(event: &Event) -> String {
    let fact = &event.fact;
    let actor = fact.actor.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let details: Vec<String> = fact.details.iter().map(|(k, v)| format!("{k}={v}")).collect();
    format!("{} {} {actor} {}", event.seq, fact.kind, details.join(" "))
}

async fn lines(sql: &Sql, since: usize) -> Vec<String> {
    let events = Events::new(sql.clone());
    assert_eq!(events.gaps(Stream::Accounts).await.unwrap(), []);
    let all = events.of_stream(Stream::Accounts, None, 100).await.unwrap();
    all.iter().skip(since).map(line).collect()
}

async fn count(sql: &Sql) -> usize {
    lines(sql, 0).await.len()
}

fn by_root(accounts: &Accounts) -> Accounts {
    let by = Some(Principal::Person(user("root")));
    let origin = Origin { address: Some(HOME), agent: Some("curl".into()) };
    accounts.acting(Act { by, origin, now: later(5) })
}

every_engine! {
    async fn changes_of_people_and_groups_are_told(sql: Sql) {
        let accounts = peopled(&sql).await;
        let since = count(&sql).await;
        let root = by_root(&accounts);
        root.create_group(&group("staff"), "Staff").await.unwrap();
        root.add_to_group(&group("staff"), &user("alice"), GroupRole::Member).await.unwrap();
        root.add_to_group(&group("staff"), &user("alice"), GroupRole::Member).await.unwrap();
        root.add_to_group(&group("staff"), &user("alice"), GroupRole::Administrator).await.unwrap();
        root.remove_from_group(&group("staff"), &user("alice"), GroupRole::Member).await.unwrap();
        let (display_name, email) = (Some("Alice B.".into()), Some(None));
        let update = PersonUpdate { display_name, email, ..PersonUpdate::default() };
        root.update_person(&user("alice"), update).await.unwrap();
        root.set_password(&user("alice"), Some("Another-good-pw-1")).await.unwrap();
        root.set_status(&user("alice"), Status::Disabled).await.unwrap();
        root.set_status(&user("alice"), Status::Enabled).await.unwrap();
        root.remove_person(&user("alice")).await.unwrap();
        root.remove_group(&group("staff")).await.unwrap();
        let expected = [
            "group_created person:root group=staff",
            "member_added person:root group=staff person=alice",
            "group_admin_added person:root group=staff person=alice",
            "member_removed person:root group=staff person=alice",
            "person_changed person:root fields=display_name,email person=alice",
            "password_changed person:root person=alice",
            "person_disabled person:root person=alice",
            "person_enabled person:root person=alice",
            "person_deleted person:root person=alice",
            "group_deleted person:root group=staff",
        ];
        let expected: Vec<String> =
            (since + 1..).zip(expected).map(|(seq, text)| format!("{seq} {text}")).collect();
        assert_eq!(lines(&sql, since).await, expected);
        let events = Events::new(sql.clone());
        let last = events.of_stream(Stream::Accounts, None, 100).await.unwrap().pop().unwrap();
        assert_eq!((last.fact.at, last.fact.origin.address), (later(5), Some(HOME)));
        assert_eq!(last.fact.origin.agent.as_deref(), Some("curl"));
    }

    async fn what_is_refused_is_not_told(sql: Sql) {
        let accounts = peopled(&sql).await;
        let since = count(&sql).await;
        let root = by_root(&accounts);
        let refused = root.set_status(&user("root"), Status::Disabled).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::LastAdministrator);
        let refused = root.remove_person(&user("nobody")).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NoSuchPerson);
        let refused = root.create_group(&group("admin"), "").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Exists);
        root.remove_from_group(&group("admin"), &user("alice"), GroupRole::Member).await.unwrap();
        assert_eq!(lines(&sql, since).await, Vec::<String>::new());
    }

    async fn logins_and_devices_are_told(sql: Sql) {
        let accounts = peopled(&sql).await;
        let since = count(&sql).await;
        let alice = user("Alice");
        assert!(accounts.log_in("alice", "wrong", HOME, later(1)).await.is_err());
        accounts.open_session(&alice, SessionKind::Browser, later(2)).await.unwrap();
        let new = NewAppPassword::new("Phone");
        let (id, _) = accounts.create_app_password(&alice, "alice", new, later(3)).await.unwrap();
        by_root(&accounts).mark_for_wipe(&alice, id).await.unwrap();
        by_root(&accounts).revoke_app_password(&alice, id).await.unwrap();
        let expected = [
            "login_failed - login=alice".to_owned(),
            "logged_in person:Alice person=Alice".to_owned(),
            "app_password_created person:Alice device=Phone person=Alice".to_owned(),
            format!("wipe_requested person:root device=Phone id={id} person=Alice"),
            format!("app_password_revoked person:root device=Phone id={id} person=Alice"),
        ];
        let expected: Vec<String> =
            (since + 1..).zip(expected).map(|(seq, text)| format!("{seq} {text}")).collect();
        assert_eq!(lines(&sql, since).await, expected);
        let events = Events::new(sql.clone());
        let all = events.of_stream(Stream::Accounts, None, 100).await.unwrap();
        assert_eq!(all[since].fact.origin.address, Some(HOME));
        assert!(accounts.revoke_app_password(&alice, id).await.is_err());
        assert_eq!(count(&sql).await, since + 5);
    }
}
