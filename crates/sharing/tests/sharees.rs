//! The search for recipients, and configuration, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use allmende_accounts::{NewPerson, Status};
use allmende_sharing::{Caller, Found, Recipient, ShareKind, ShareeQuery, Sharees, SystemConfig};
use allmende_sql::every_engine;
use common::*;

async fn find(world: &World, person: &str, text: &str) -> Sharees {
    let person = user(person);
    let mut query = ShareeQuery::new(text);
    query.kinds.push(ShareKind::Federated);
    world.sharing.sharees(Caller { person: &person, now: NOW }, &query).await.unwrap()
}

fn ids(found: &Found) -> Vec<String> {
    let people = found.people.iter().map(|of| of.id.to_string());
    let groups = found.groups.iter().map(|of| format!("group {}", of.id));
    let remotes = found.remotes.iter().map(|of| format!("{} at {}", of.user, of.host));
    people.chain(groups).chain(found.mails.iter().cloned()).chain(remotes).collect()
}

/// Settings, who asks for what, what is called so, what contains it.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str, &'a [&'a str], &'a [&'a str]);

every_engine! {
    async fn people_are_found_as_the_policy_says(sql: Sql) {
        let world = world(sql).await;
        let root = user("root");
        let admin = Caller { person: &root, now: NOW };
        let mut twin = NewPerson::new(user("bob2"));
        twin.display_name = "Bob Rig (Ext)".to_owned();
        world.accounts.create_person(twin, NOW).await.unwrap();
        world.accounts.set_status(&user("dave"), Status::Disabled).await.unwrap();
        let key = |name: &str| format!("shareapi_{name}");
        let e = "allow_share_dialog_user_enumeration";
        let g = "restrict_user_enumeration_to_group";
        let f = "restrict_user_enumeration_full_match";
        let second = "restrict_user_enumeration_full_match_ignore_second_dn";
        let only = "only_share_with_group_members";
        let table: &[Case<'_>] = &[
            (&[], "alice", "rig", &[], &["Bob", "bob2", "carol", "root"]),
            (&[], "bob", "rig", &[], &["alice", "bob2", "carol", "root"]),
            (&[], "alice", "BOB", &["Bob"], &["bob2"]),
            (&[], "alice", "bob rig", &["Bob"], &["bob2"]),
            (&[(second, "yes")], "alice", "bob rig", &["Bob", "bob2"], &[]),
            (&[], "alice", "bob@example.org", &["Bob"], &[]),
            (&[], "alice", "x@example.net", &["x@example.net", "x at example.net"], &[]),
            (&[], "alice", "dave", &["dave"], &[]),
            (&[], "alice", "dave rig", &[], &[]),
            (&[], "alice", "alice", &[], &[]),
            (&[], "alice", "staff", &["group staff"], &[]),
            (&[], "alice", "taf", &[], &["group staff"]),
            (&[(e, "no")], "alice", "rig", &[], &[]),
            (&[(e, "no")], "alice", "bob", &["Bob"], &[]),
            (&[(e, "no")], "alice", "The staff", &["group staff"], &[]),
            (&[(e, "no"), (f, "no")], "alice", "bob", &[], &[]),
            (&[(g, "yes")], "bob", "rig", &[], &["carol"]),
            (&[(g, "yes")], "bob", "alice", &["alice"], &[]),
            (&[(g, "yes")], "alice", "taf", &[], &[]),
            (&[(only, "yes")], "bob", "alice", &[], &[]),
            (&[(only, "yes")], "bob", "carol", &["carol"], &[]),
            (&[(only, "yes")], "bob", "taf", &[], &["group staff"]),
            (&[(only, "yes")], "alice", "taf", &[], &[]),
            (&[("allow_group_sharing", "no")], "alice", "staff", &[], &[]),
            (&[("exclude_groups", "allow")], "alice", "rig", &[], &[]),
        ];
        for (settings, person, text, exact, wide) in table {
            for (name, value) in *settings {
                world.sharing.set_config(admin, "core", &key(name), value).await.unwrap();
            }
            let found = find(&world, person, text).await;
            assert_eq!((ids(&found.exact), ids(&found.wide)), (exact.iter().map(ToString::to_string).collect(), wide.iter().map(ToString::to_string).collect()), "{settings:?} {person} {text}");
            for (name, _) in *settings {
                world.sharing.remove_config(admin, "core", &key(name)).await.unwrap();
            }
        }
    }

    async fn results_come_in_pages(sql: Sql) {
        let world = world_with(sql, |options| {
            options.system = SystemConfig { max_autocomplete_results: 2, min_search_length: 2, ..SystemConfig::default() };
        }).await;
        let alice = user("alice");
        let caller = Caller { person: &alice, now: NOW };
        let mut query = ShareeQuery::new("rig");
        let mut pages = Vec::new();
        for page in 1..=3 {
            query.page = page;
            let found = world.sharing.sharees(caller, &query).await.unwrap();
            pages.push((ids(&found.wide), found.more));
        }
        let page = |of: &[&str], more| (of.iter().map(ToString::to_string).collect::<Vec<_>>(), more);
        assert_eq!(pages, [page(&["Bob", "carol"], true), page(&["dave", "root"], false), page(&[], false)]);
        assert_eq!(ids(&find(&world, "alice", "r").await.wide), [""; 0]);
    }

    async fn who_is_shared_with_most_is_recommended(sql: Sql) {
        let world = world(sql).await;
        let home = world.home("alice").await;
        for n in 0..3 {
            let f = world.file(home, &format!("f{n}")).await;
            world.share("alice", f, with_group("staff", 1)).await.unwrap();
            if n > 0 {
                world.share("alice", f, with("bob", 1)).await.unwrap();
            }
        }
        let alice = user("alice");
        let kinds = [ShareKind::Person, ShareKind::Group];
        let caller = Caller { person: &alice, now: NOW };
        let found = world.sharing.recommended(caller, &kinds).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|of| (of.recipient, of.name, of.count)).collect();
        assert_eq!(found, [
            (Recipient::Group(group("staff")), "The staff".to_owned(), 3),
            (Recipient::Person(user("Bob")), "Bob Rig".to_owned(), 2),
        ]);
    }

    async fn configuration_is_kept_and_checked(fixture: Fixture) {
        let world = world(fixture.open().await).await;
        let root = user("root");
        let admin = Caller { person: &root, now: NOW };
        let sharing = &world.sharing;
        for (app, key, value, expected) in [
            ("core", "public_files", "x", "The given key can not be set"),
            ("a/b", "x", "y", "Invalid app id given"),
            ("core", "shareapi_allow_custom_tokens", "perhaps", "The given value is not valid for this key"),
        ] {
            assert_eq!(words(sharing.set_config(admin, app, key, value).await), expected);
        }
        sharing.set_config(admin, "core", "shareapi_allow_custom_tokens", "on").await.unwrap();
        sharing.set_config(admin, "files", "max_quota", "7").await.unwrap();
        let config = sharing.config().await.unwrap();
        assert_eq!(config.apps().collect::<Vec<_>>(), ["core", "files"]);
        assert_eq!(config.keys("core").collect::<Vec<_>>(), ["shareapi_allow_custom_tokens"]);
        assert_eq!((config.get("core", "shareapi_allow_custom_tokens"), config.get("x", "y")), (Some("1"), None));
        assert!(sharing.policy().await.unwrap().custom_tokens);
        // Preferences are set together or not at all.
        let bob = user("bob");
        let long = "x".repeat(100_000);
        let bad = [("a", Some("1")), ("b", Some(long.as_str()))];
        assert!(sharing.set_preferences(&bob, "app", &bad).await.is_err());
        assert!(sharing.preferences(&bob, "app").await.unwrap().is_empty());
        sharing.set_preferences(&bob, "app", &[("a", Some("1")), ("b", Some("2"))]).await.unwrap();
        sharing.set_preferences(&bob, "app", &[("a", None), ("b", Some("3"))]).await.unwrap();
        let kept: Vec<_> = sharing.preferences(&user("BOB"), "app").await.unwrap().into_iter().collect();
        assert_eq!(kept, [("b".to_owned(), "3".to_owned())]);
        let people = [user("alice"), bob];
        assert_eq!(sharing.preference(&people, "app", "b").await.unwrap(), [None, Some("3".to_owned())]);
        assert_eq!(words(sharing.set_preferences(&user("nobody"), "app", &[("a", None)]).await), "NotFound");
    }
}
