//! Shares with people, groups and links, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use allmende_accounts::{GroupRole, Status};
use allmende_sharing::{
    Answer, Attributes, Caller, ErrorKind, Expiry, NewShare, Recipient, ShareUpdate, Slice, Upload,
    Whose,
};
use allmende_sql::every_engine;
use allmende_types::UserId;
use common::*;

fn by(person: &UserId) -> Caller<'_> {
    Caller { person, now: NOW }
}

fn upload(permissions: u8, upload: Upload) -> NewShare {
    let mut new = link(permissions);
    new.upload = Some(upload);
    new
}

every_engine! {
    async fn a_share_is_made_once_seen_and_removed(sql: Sql) {
        let world = world(sql).await;
        let home = world.home("alice").await;
        let d = world.folder(home, "d").await;
        let made = world.share("alice", d, with("bob", 31)).await.unwrap();
        assert!(made.is_new);
        let share = made.share;
        assert_eq!((share.owner.as_str(), share.initiator.as_str()), ("alice", "alice"));
        assert_eq!((share.name.as_str(), share.permissions.bits()), ("d", 31));
        // The same once more is the same.
        let again = world.share("alice", d, with("BOB", 1)).await.unwrap();
        assert_eq!((again.is_new, again.share.id, again.share.permissions.bits()), (false, share.id, 31));
        let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
        let sharing = &world.sharing;
        let made = sharing.made_by(by(&alice), Slice::default()).await.unwrap();
        assert_eq!(made, std::slice::from_ref(&share));
        let received = sharing.shared_with(by(&bob), None, Slice::default()).await.unwrap();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].received.as_ref().unwrap().state, Answer::Accepted);
        assert!(sharing.shared_with(by(&carol), None, Slice::default()).await.unwrap().is_empty());
        assert_eq!(sharing.share(by(&bob), share.id).await.unwrap().id, share.id);
        let stranger = sharing.share(by(&carol), share.id).await.unwrap_err();
        assert_eq!(*stranger.kind(), ErrorKind::NotFound);
        assert_eq!(world.rights("bob", d).await, 31);
        // Only who made it may change it.
        let note = || ShareUpdate { note: Some("hi".to_owned()), ..ShareUpdate::default() };
        let refused = sharing.update(by(&bob), share.id, "d", note()).await;
        assert_eq!(words(refused), "You are not allowed to edit incoming shares");
        let refused = sharing.update(by(&carol), share.id, "d", note()).await;
        assert_eq!(words(refused), "NotFound");
        let empty = sharing.update(by(&alice), share.id, "d", ShareUpdate::default()).await;
        assert_eq!(words(empty), "Wrong or no update parameter given");
        assert_eq!(sharing.update(by(&alice), share.id, "d", note()).await.unwrap().note, "hi");
        sharing.remove(by(&alice), share.id).await.unwrap();
        assert_eq!(world.rights("bob", d).await, 0);
        assert_eq!(words(sharing.remove(by(&alice), share.id).await), "NotFound");
    }

    async fn what_is_refused_changes_nothing(sql: Sql) {
        let world = world(sql).await;
        let home = world.home("alice").await;
        let (d, f) = (world.folder(home, "d").await, world.file(home, "f").await);
        let link_with = |change: fn(&mut NewShare)| {
            let mut new = link(1);
            change(&mut new);
            new
        };
        let mail = |address: &str| NewShare::new(Recipient::Mail(address.to_owned()));
        for (node, new, expected) in [
            (home, with("bob", 1), "You cannot share your root folder"),
            (d, with("alice", 1), "Cannot share with yourself"),
            (d, with("nobody", 1), "Please specify a valid account to share with"),
            (d, with_group("nobody", 1), "Please specify a valid group"),
            (d, link(0), "Share must at least have READ or CREATE permissions"),
            (d, link(6), "Share must have READ permission if UPDATE or DELETE permission is set"),
            (f, link_with(|new| new.upload = Some(Upload::Allowed)), "Public upload is only possible for publicly shared folders"),
            (d, link_with(|new| new.password = Some("short".to_owned())), "Password needs to be at least 10 characters long."),
            (d, link_with(|new| new.label = "x".repeat(256)), "Maximum label length is 255"),
            (d, link_with(|new| new.expiry = Expiry::On("2027-01-05".parse().unwrap())), "Expiration date is in the past"),
            (d, mail(""), "Share recipient should not be empty"),
            (d, mail("junk"), "Please specify a valid email address"),
            (d, NewShare::new(Recipient::Federated("x@y".to_owned())), "Sharing /alice/files/d failed because the back end does not allow shares from type 6"),
        ] {
            assert_eq!(words(world.share("alice", node, new).await), expected);
        }
        assert_eq!(words(world.share("bob", d, with("carol", 1)).await), "You are not allowed to share d");
        let gone = world.share("alice", allmende_types::NodeId(999), with("bob", 1)).await;
        assert_eq!(words(gone), "NotFound");
        let alice = user("alice");
        assert!(world.sharing.made_by(by(&alice), Slice::default()).await.unwrap().is_empty());
    }

    async fn files_and_links_have_the_permissions_of_the_original(sql: Sql) {
        let world = world(sql).await;
        let home = world.home("alice").await;
        let (d, f) = (world.folder(home, "d").await, world.file(home, "f").await);
        for (node, new, expected) in [
            (f, with("bob", 31), 19),
            (d, with("carol", 0), 1),
            (d, NewShare::new(Recipient::Person(user("dave"))), 31),
            (d, link(1), 17),
            (d, link(15), 31),
            (d, link(4), 4),
            (f, link(31), 19),
            (d, NewShare::new(Recipient::Link), 17),
            (d, upload(1, Upload::Allowed), 31),
            (d, upload(31, Upload::Forbidden), 17),
        ] {
            let made = world.share("alice", node, new).await.unwrap();
            assert_eq!(made.share.permissions.bits(), expected);
            assert_eq!(made.share.kind().has_token(), made.share.token.is_some());
            assert!(made.share.token.is_none_or(|token| token.len() == 15));
        }
    }

    async fn a_group_share_is_left_restored_and_lost(sql: Sql) {
        let world = world(sql).await;
        let home = world.home("alice").await;
        let d = world.folder(home, "d").await;
        let id = world.share("alice", d, with_group("staff", 31)).await.unwrap().share.id;
        let (bob, dave) = (user("bob"), user("dave"));
        let sharing = &world.sharing;
        sharing.remove(by(&bob), id).await.unwrap();
        assert_eq!((world.rights("bob", d).await, world.rights("carol", d).await), (0, 31));
        assert_eq!(sharing.left(by(&bob)).await.unwrap()[0].id, id);
        assert!(sharing.shared_with(by(&bob), None, Slice::default()).await.unwrap().is_empty());
        assert_eq!(words(sharing.restore(by(&dave), id).await), "NotFound");
        sharing.restore(by(&bob), id).await.unwrap();
        assert_eq!(words(sharing.restore(by(&bob), id).await), "NotFound");
        assert_eq!(world.rights("bob", d).await, 31);
        // Who joins later receives it; who is thrown out does not.
        world.accounts.add_to_group(&group("staff"), &dave, GroupRole::Member).await.unwrap();
        world.accounts.remove_from_group(&group("staff"), &bob, GroupRole::Member).await.unwrap();
        assert_eq!((world.rights("bob", d).await, world.rights("dave", d).await), (0, 31));
        world.accounts.remove_group(&group("staff")).await.unwrap();
        assert_eq!(world.rights("dave", d).await, 0);
    }

    async fn nobody_gives_more_than_they_have(sql: Sql) {
        let world = world(sql).await;
        let home = world.home("alice").await;
        let d = world.folder(home, "d").await;
        let x = world.folder(d, "x").await;
        let first = world.share("alice", d, with("bob", 17)).await.unwrap().share.id;
        assert_eq!(words(world.share("bob", x, with("carol", 31)).await), "Cannot increase permissions of /d");
        world.share("bob", x, with("carol", 17)).await.unwrap();
        world.share("carol", x, with("dave", 17)).await.unwrap();
        // A cycle of shares supports nothing.
        world.share("dave", x, with("bob", 17)).await.unwrap();
        assert_eq!(words(world.share("bob", x, with("alice", 1)).await), "Cannot share with the share owner");
        let all = |expected: [u8; 4]| {
            let world = &world;
            async move {
                let mut rights = Vec::new();
                for person in ["alice", "bob", "carol", "dave"] {
                    rights.push(world.rights(person, x).await);
                }
                assert_eq!(rights, expected);
            }
        };
        all([31, 17, 17, 17]).await;
        let alice = user("alice");
        let less = ShareUpdate { permissions: Some(bits(1)), ..ShareUpdate::default() };
        world.sharing.update(by(&alice), first, "d", less).await.unwrap();
        all([31, 1, 1, 1]).await;
        world.sharing.remove(by(&alice), first).await.unwrap();
        all([31, 0, 0, 0]).await;
        // What leaves the shared folder is shared no more.
        world.share("alice", d, with("bob", 17)).await.unwrap();
        all([31, 17, 17, 17]).await;
        world.rename(x, home, "x").await;
        all([31, 0, 0, 0]).await;
    }

    async fn downloads_stay_forbidden_down_the_line(sql: Sql) {
        let world = world(sql).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let mut new = with("bob", 31);
        new.attributes = Attributes::parse(r#"[{"scope":"permissions","key":"download","value":false}]"#).unwrap();
        world.share("alice", d, new).await.unwrap();
        world.share("bob", d, with("carol", 31)).await.unwrap();
        let rights = world.sharing.rights(&user("carol"), &[d], NOW).await.unwrap();
        assert_eq!((rights[0].permissions().bits(), rights[0].may_download()), (31, false));
        world.share("alice", d, with("carol", 1)).await.unwrap();
        let rights = world.sharing.rights(&user("carol"), &[d], NOW).await.unwrap();
        assert_eq!((rights[0].permissions().bits(), rights[0].may_download()), (31, true));
    }

    async fn policy_decides(sql: Sql) {
        let world = world(sql).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let sharing = &world.sharing;
        let id = world.share("alice", d, with("bob", 31)).await.unwrap().share.id;
        let (alice, root) = (user("alice"), user("root"));
        for (key, value, new, expected) in [
            ("shareapi_allow_links", "no", link(1), "Public link sharing is disabled by the administrator"),
            ("shareapi_allow_public_upload", "no", link(15), "Public upload disabled by the administrator"),
            ("shareapi_enforce_links_password", "yes", link(1), "Passwords are enforced for link and mail shares"),
            ("shareapi_allow_group_sharing", "no", with_group("staff", 1), "Group sharing is disabled by the administrator"),
            ("shareapi_only_share_with_group_members", "yes", with("carol", 1), "Failed to create share."),
            ("shareapi_enabled", "no", with("carol", 1), "Share API is disabled"),
        ] {
            sharing.set_config(by(&root), "core", key, value).await.unwrap();
            assert_eq!(words(world.share("alice", d, new.clone()).await), expected, "{key}");
            sharing.remove_config(by(&root), "core", key).await.unwrap();
            assert_eq!(words(world.share("alice", d, new).await), "ok", "{key}");
        }
        sharing.set_config(by(&root), "core", "shareapi_exclude_groups", "allow").await.unwrap();
        assert_eq!(words(world.share("alice", d, with("dave", 1)).await), "Failed to create share.");
        sharing.remove_config(by(&root), "core", "shareapi_exclude_groups").await.unwrap();
        sharing.set_config(by(&root), "core", "shareapi_allow_resharing", "no").await.unwrap();
        assert_eq!(words(world.share("bob", d, with("dave", 1)).await), "You are not allowed to share d");
        assert_eq!(world.rights("bob", d).await, 15);
        // The limits of dates hold for changes too.
        for (key, value) in [
            ("shareapi_default_internal_expire_date", "yes"),
            ("shareapi_enforce_internal_expire_date", "yes"),
            ("shareapi_internal_expire_after_n_days", "3"),
        ] {
            sharing.set_config(by(&root), "core", key, value).await.unwrap();
        }
        let until = |expiry| ShareUpdate { expiry: Some(expiry), ..ShareUpdate::default() };
        let refused = sharing.update(by(&alice), id, "d", until(Expiry::Never)).await;
        assert_eq!(words(refused), "Failed to update share.");
        let day = Expiry::On("2027-01-09".parse().unwrap());
        let refused = sharing.update(by(&alice), id, "d", until(day)).await;
        assert_eq!(words(refused), "Cannot set expiration date more than 3 days in the future");
        let day = Expiry::On("2027-01-08".parse().unwrap());
        let ends = sharing.update(by(&alice), id, "d", until(day)).await.unwrap().expires.unwrap();
        assert_eq!(ends.to_rfc3339(), "2027-01-08T23:59:59+00:00");
        let bob = user("bob");
        // The share with the group, made above, has no end.
        for (at, count) in [(ends, 2), (ends.plus_seconds(1), 1)] {
            let caller = Caller { person: &bob, now: at };
            let found = sharing.shared_with(caller, None, Slice::default()).await.unwrap();
            assert_eq!(found.len(), count);
        }
    }

    async fn shares_of_places_are_found(sql: Sql) {
        let world = world(sql).await;
        let home = world.home("alice").await;
        let d = world.folder(home, "d").await;
        let (x, y) = (world.folder(d, "x").await, world.file(d, "y").await);
        world.share("alice", d, with("bob", 31)).await.unwrap();
        world.share("alice", x, link(1)).await.unwrap();
        world.share("bob", y, with("carol", 1)).await.unwrap();
        let (alice, bob) = (user("alice"), user("bob"));
        let sharing = &world.sharing;
        let nodes = |shares: Vec<allmende_sharing::Share>| shares.iter().map(|s| s.node).collect::<Vec<_>>();
        assert_eq!(nodes(sharing.in_folder(by(&alice), d).await.unwrap()), [x, y]);
        assert_eq!(nodes(sharing.in_folder(by(&bob), d).await.unwrap()), [y]);
        assert_eq!(nodes(sharing.of_nodes(by(&alice), &[d, x, y], Whose::Own).await.unwrap()), [d, x]);
        assert_eq!(nodes(sharing.of_nodes(by(&alice), &[d, x, y], Whose::Everybody).await.unwrap()), [d, x, y]);
        assert_eq!(nodes(sharing.inherited(by(&alice), y).await.unwrap()), [d]);
        let bobs = sharing.shared_with(by(&bob), Some(d), Slice::default()).await.unwrap();
        assert_eq!(nodes(bobs), [d]);
        let facts = sharing.facts(sharing.of_nodes(by(&alice), &[y], Whose::Everybody).await.unwrap()).await.unwrap();
        assert_eq!((facts[0].owner_name.as_str(), facts[0].initiator_name.as_str()), ("Alice Rig", "Bob Rig"));
        assert_eq!((facts[0].recipient_name.as_str(), facts[0].recipient_unique.as_deref()), ("Carol Rig", Some("carol@example.org")));
        assert_eq!(facts[0].path.as_ref().unwrap().to_string(), "d/y");
        // A node that is gone takes its shares along.
        world.delete(d).await;
        assert!(sharing.shared_with(by(&bob), None, Slice::default()).await.unwrap().is_empty());
    }

    async fn disabled_people_share_on_and_open_no_links(sql: Sql) {
        let world = world(sql).await;
        let d = world.folder(world.home("alice").await, "d").await;
        world.share("alice", d, with("bob", 31)).await.unwrap();
        let token = world.share("alice", d, link(1)).await.unwrap().share.token.unwrap();
        let from = [192, 0, 2, 1].into();
        assert!(world.sharing.link(&token, from, NOW).await.is_ok());
        world.accounts.set_status(&user("alice"), Status::Disabled).await.unwrap();
        assert_eq!(world.rights("bob", d).await, 31);
        assert!(world.sharing.link(&token, from, NOW).await.is_err());
        world.accounts.remove_person(&user("alice")).await.unwrap();
        assert_eq!(world.rights("bob", d).await, 0);
    }
}
