//! Circles and who is in them, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use allmende_accounts::{
    Accounts, CircleEdit, CircleFlags, CircleLevel, CircleMember, CircleQuery, CircleRefusal,
    CircleState, CircleSubject, ErrorKind, GroupRole, NewCircle, NewPerson,
};
use allmende_sql::{Statement, every_engine};
use allmende_types::CircleId;
use common::*;

const PEOPLE: [&str; 5] = ["alice", "bob", "carol", "dave", "eve"];

fn person(id: &str) -> CircleSubject {
    CircleSubject::Person(user(id))
}

async fn world(sql: &allmende_sql::Sql) -> Accounts {
    let accounts = open(sql).await;
    accounts.ensure_administrator(&user("root"), PASSWORD, NOW).await.unwrap();
    for id in PEOPLE {
        accounts.create_person(NewPerson::new(user(id)), NOW).await.unwrap();
    }
    accounts.create_group(&group("staff"), "The staff").await.unwrap();
    accounts.add_to_group(&group("staff"), &user("dave"), GroupRole::Member).await.unwrap();
    accounts
}

async fn circle(accounts: &Accounts, flags: CircleFlags) -> CircleId {
    let mut new = NewCircle::new("  Umbau Rathaus ");
    new.flags = flags;
    accounts.create_circle(&user("alice"), new, NOW).await.unwrap().id
}

async fn add(accounts: &Accounts, by: &str, id: &CircleId, who: &str) -> CircleMember {
    let added = accounts.add_to_circle(&user(by), id, &[person(who)], later(1)).await;
    added.unwrap().pop().unwrap()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, allmende_accounts::Error>) -> CircleRefusal {
    match result.unwrap_err().kind() {
        ErrorKind::Circle(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

async fn members(accounts: &Accounts, by: &str, id: &CircleId) -> Vec<String> {
    let all = accounts.circle_members(&user(by), id).await.unwrap();
    let show = |of: &CircleMember| format!("{} {}", of.name, of.level.number());
    let mut all: Vec<String> = all.iter().map(show).collect();
    all.sort();
    all
}

async fn is_in(accounts: &Accounts, who: &str, id: &CircleId) -> bool {
    accounts.memberships_of(&user(who)).await.unwrap().circles.contains(id)
}

every_engine! {
    async fn a_circle_is_made_named_and_deleted(sql: Sql) {
        let accounts = world(&sql).await;
        let id = circle(&accounts, CircleFlags::default()).await;
        assert_eq!(id.as_str().len(), 31);
        let made = accounts.circle(&user("alice"), &id).await.unwrap();
        assert_eq!((made.name.as_str(), made.population), ("Umbau Rathaus", 1));
        assert_eq!((made.level, made.owner.level), (CircleLevel::Owner, CircleLevel::Owner));
        assert_eq!(made.own.as_ref(), Some(&made.owner));
        let by = user("alice");
        for edit in [
            CircleEdit::Name("Neubau".to_owned()),
            CircleEdit::Description("Bis 2030".to_owned()),
            CircleEdit::Flags(8),
        ] {
            accounts.edit_circle(&by, &id, edit, NOW).await.unwrap();
        }
        let seen = accounts.circle(&user("eve"), &id).await.unwrap();
        assert_eq!((seen.name.as_str(), seen.description.as_str()), ("Neubau", "Bis 2030"));
        assert_eq!((seen.flags, seen.level, seen.own), (CircleFlags::VISIBLE, CircleLevel::None, None));
        for bad in ["", "  ", &"x".repeat(128), "a\nb"] {
            let edit = CircleEdit::Name(bad.to_owned());
            let refused = refusal(accounts.edit_circle(&by, &id, edit, NOW).await);
            assert_eq!(refused, CircleRefusal::InvalidName, "{bad:?}");
        }
        let eve = accounts.destroy_circle(&user("eve"), &id, NOW).await;
        assert_eq!(refusal(eve), CircleRefusal::InsufficientRights);
        accounts.destroy_circle(&by, &id, NOW).await.unwrap();
        assert_eq!(refusal(accounts.circle(&by, &id).await), CircleRefusal::NoSuchCircle);
        assert!(!is_in(&accounts, "alice", &id).await);
    }

    async fn who_is_not_in_a_hidden_circle_learns_nothing(sql: Sql) {
        let accounts = world(&sql).await;
        let id = circle(&accounts, CircleFlags::OPEN).await;
        let bob = add(&accounts, "alice", &id, "bob").await;
        let eve = user("eve");
        let gone = CircleRefusal::NoSuchCircle;
        assert!(accounts.circles(&eve, &CircleQuery::default()).await.unwrap().is_empty());
        assert_eq!(refusal(accounts.circle(&eve, &id).await), gone);
        assert_eq!(refusal(accounts.circle_members(&eve, &id).await), gone);
        assert_eq!(refusal(accounts.join_circle(&eve, &id, NOW).await), gone);
        assert_eq!(refusal(accounts.leave_circle(&eve, &id, NOW).await), gone);
        assert_eq!(refusal(accounts.add_to_circle(&eve, &id, &[person("eve")], NOW).await), gone);
        assert_eq!(refusal(accounts.remove_from_circle(&eve, &id, &bob.id, NOW).await), gone);
        let level = accounts.set_circle_level(&eve, &id, &bob.id, CircleLevel::Admin, NOW).await;
        assert_eq!(refusal(level), gone);
        let edit = accounts.edit_circle(&eve, &id, CircleEdit::Flags(8), NOW).await;
        assert_eq!(refusal(edit), gone);
        // Who sees it and is not in it sees no members.
        accounts.edit_circle(&user("alice"), &id, CircleEdit::Flags(8), NOW).await.unwrap();
        let list = accounts.circle_members(&eve, &id).await;
        assert_eq!(refusal(list), CircleRefusal::InsufficientRights);
        assert_eq!(members(&accounts, "bob", &id).await, ["alice 9", "bob 1"]);
    }

    async fn invited_asking_and_let_in(sql: Sql) {
        let accounts = world(&sql).await;
        let flags = CircleFlags::VISIBLE | CircleFlags::OPEN | CircleFlags::REQUEST;
        let id = circle(&accounts, flags | CircleFlags::INVITE).await;
        let bob = add(&accounts, "alice", &id, "BOB").await;
        assert_eq!((bob.state, bob.level), (CircleState::Invited, CircleLevel::None));
        assert_eq!(bob.invited_by.unwrap().0, user("alice"));
        assert!(!is_in(&accounts, "bob", &id).await);
        let again = accounts.add_to_circle(&user("alice"), &id, &[person("bob")], NOW).await;
        assert_eq!(refusal(again), CircleRefusal::AlreadyInvited);
        let joined = accounts.join_circle(&user("bob"), &id, later(2)).await.unwrap();
        assert_eq!(joined.member.state, CircleState::Member);
        assert!(is_in(&accounts, "bob", &id).await);
        let carol = accounts.join_circle(&user("carol"), &id, later(3)).await.unwrap().member;
        assert_eq!(carol.state, CircleState::Requesting);
        assert!(!is_in(&accounts, "carol", &id).await);
        assert_eq!(members(&accounts, "bob", &id).await, ["alice 9", "bob 1"]);
        assert_eq!(members(&accounts, "alice", &id).await, ["alice 9", "bob 1", "carol 0"]);
        let self_made = accounts.confirm_in_circle(&user("carol"), &id, &carol.id, NOW).await;
        assert_eq!(refusal(self_made), CircleRefusal::InsufficientRights);
        accounts.confirm_in_circle(&user("alice"), &id, &carol.id, later(4)).await.unwrap();
        assert!(is_in(&accounts, "carol", &id).await);
        accounts.leave_circle(&user("carol"), &id, later(5)).await.unwrap();
        assert!(!is_in(&accounts, "carol", &id).await);
        let owner = accounts.leave_circle(&user("alice"), &id, NOW).await;
        assert_eq!(refusal(owner), CircleRefusal::Owner);
    }

    async fn a_group_brings_its_members_and_takes_them(sql: Sql) {
        let accounts = world(&sql).await;
        let id = circle(&accounts, CircleFlags::default()).await;
        let staff = [CircleSubject::Group(group("staff"))];
        let row = accounts.add_to_circle(&user("alice"), &id, &staff, NOW).await.unwrap();
        assert_eq!((row[0].name.as_str(), row[0].state), ("The staff", CircleState::Member));
        assert!(is_in(&accounts, "dave", &id).await);
        assert_eq!(accounts.circles(&user("dave"), &CircleQuery::default()).await.unwrap().len(), 1);
        accounts.add_to_group(&group("staff"), &user("eve"), GroupRole::Member).await.unwrap();
        assert!(is_in(&accounts, "eve", &id).await);
        let member = accounts.circle(&user("eve"), &id).await.unwrap();
        assert_eq!((member.level, member.own), (CircleLevel::Member, None));
        let left = accounts.leave_circle(&user("eve"), &id, NOW).await;
        assert_eq!(refusal(left), CircleRefusal::YouAreNoMember);
        accounts.remove_from_group(&group("staff"), &user("eve"), GroupRole::Member).await.unwrap();
        assert!(!is_in(&accounts, "eve", &id).await);
        accounts.remove_group(&group("staff")).await.unwrap();
        assert!(!is_in(&accounts, "dave", &id).await);
        assert_eq!(members(&accounts, "alice", &id).await, ["alice 9"]);
    }

    async fn levels_rise_to_ones_own_and_the_owner_hands_on(sql: Sql) {
        let accounts = world(&sql).await;
        let id = circle(&accounts, CircleFlags::default()).await;
        let bob = add(&accounts, "alice", &id, "bob").await.id;
        let carol = add(&accounts, "alice", &id, "carol").await.id;
        let set = async |by: &str, member, level| {
            accounts.set_circle_level(&user(by), &id, member, level, NOW).await
        };
        assert_eq!(refusal(set("bob", &bob, CircleLevel::Admin).await), CircleRefusal::InsufficientRights);
        set("alice", &bob, CircleLevel::Moderator).await.unwrap();
        for to in [CircleLevel::Admin, CircleLevel::Owner] {
            assert_eq!(refusal(set("bob", &carol, to).await), CircleRefusal::InsufficientRights);
        }
        set("bob", &carol, CircleLevel::Moderator).await.unwrap();
        let removed = accounts.remove_from_circle(&user("bob"), &id, &carol, NOW).await;
        assert_eq!(refusal(removed), CircleRefusal::InsufficientRights);
        set("alice", &carol, CircleLevel::Owner).await.unwrap();
        assert_eq!(members(&accounts, "bob", &id).await, ["alice 8", "bob 4", "carol 9"]);
        let alice = accounts.circle(&user("alice"), &id).await.unwrap().own.unwrap().id;
        assert_eq!(refusal(set("alice", &carol, CircleLevel::Admin).await), CircleRefusal::Owner);
        accounts.remove_from_circle(&user("carol"), &id, &alice, NOW).await.unwrap();
        assert!(!is_in(&accounts, "alice", &id).await);
    }

    async fn who_is_removed_leaves_no_trace_and_an_heir(sql: Sql) {
        let accounts = world(&sql).await;
        let id = circle(&accounts, CircleFlags::default()).await;
        let lonely = circle(&accounts, CircleFlags::default()).await;
        for who in ["bob", "carol"] {
            add(&accounts, "alice", &id, who).await;
        }
        let carol = accounts.circle(&user("carol"), &id).await.unwrap().own.unwrap().id;
        let by = user("alice");
        accounts.set_circle_level(&by, &id, &carol, CircleLevel::Moderator, NOW).await.unwrap();
        accounts.remove_person(&by).await.unwrap();
        assert_eq!(members(&accounts, "carol", &id).await, ["bob 1", "carol 9"]);
        let left = accounts.circle_members(&user("carol"), &id).await.unwrap();
        assert!(left.iter().all(|of| of.invited_by.is_none()));
        assert_eq!(accounts.circle_names(&[lonely]).await.unwrap(), [None]);
        accounts.remove_person(&user("carol")).await.unwrap();
        assert_eq!(members(&accounts, "bob", &id).await, ["bob 9"]);
        accounts.remove_person(&user("bob")).await.unwrap();
        for table in ["circles", "circle_members"] {
            let count = Statement::new(format!("SELECT count(*) FROM {table}"), vec![]);
            assert_eq!(sql.read(count).await.unwrap().one().unwrap().int(0).unwrap(), 0, "{table}");
        }
    }

    async fn all_are_added_or_none_and_a_personal_circle_is_its_owners(sql: Sql) {
        let accounts = world(&sql).await;
        let id = circle(&accounts, CircleFlags::PERSONAL).await;
        let both = [person("bob"), person("nobody")];
        let added = accounts.add_to_circle(&user("alice"), &id, &both, NOW).await;
        assert_eq!(refusal(added), CircleRefusal::UnknownEntity);
        assert_eq!(members(&accounts, "alice", &id).await, ["alice 9"]);
        let bob = add(&accounts, "alice", &id, "bob").await.id;
        // It counts for them, and they do not know of it.
        assert!(is_in(&accounts, "bob", &id).await);
        assert_eq!(refusal(accounts.circle(&user("bob"), &id).await), CircleRefusal::NoSuchCircle);
        let level = accounts.set_circle_level(&user("alice"), &id, &bob, CircleLevel::Admin, NOW).await;
        assert_eq!(refusal(level), CircleRefusal::FixedLevel);
    }

    async fn acts_at_one_time_leave_one_owner(sql: Sql) {
        let accounts = world(&sql).await;
        let id = circle(&accounts, CircleFlags::VISIBLE | CircleFlags::OPEN).await;
        let bob = add(&accounts, "alice", &id, "bob").await.id;
        let (alice, bobs, carol) = (user("alice"), user("bob"), user("carol"));
        let (handed, left, joined) = tokio::join!(
            accounts.set_circle_level(&alice, &id, &bob, CircleLevel::Owner, NOW),
            accounts.leave_circle(&bobs, &id, NOW),
            accounts.join_circle(&carol, &id, later(9)),
        );
        joined.unwrap();
        assert!(handed.is_ok() != left.is_ok(), "{handed:?} {left:?}");
        let owner = if handed.is_ok() { "bob" } else { "alice" };
        let all = members(&accounts, "carol", &id).await;
        let owners: Vec<String> = all.into_iter().filter(|of| of.ends_with('9')).collect();
        assert_eq!(owners, [format!("{owner} 9")]);
    }
}
