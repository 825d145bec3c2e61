//! What recipients find in their trees, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use allmende_accounts::{GroupRole, NewPerson};
use allmende_files::{Clock, Download, Files, FilesOptions, Mount, MountPlace, Mounts, Stores};
use allmende_sharing::{Attributes, Caller, Incoming, Slice, SystemConfig, Transfer, Whose};
use allmende_sql::{Statement, every_engine, params};
use allmende_types::{NodeId, Timestamp, UserId};
use common::*;
use proptest::prelude::*;

#[derive(Debug)]
struct At(AtomicI64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::Relaxed))
    }
}

async fn at_now(sql: allmende_sql::Sql) -> World {
    world_with(sql, |options| options.clock = Arc::new(At(AtomicI64::new(NOW.unix())))).await
}

fn by(person: &UserId) -> Caller<'_> {
    Caller { person, now: NOW }
}

async fn mounts(world: &World, person: &str) -> Vec<Arc<Mount>> {
    world.sharing.mounts(&user(person)).await.unwrap().to_vec()
}

/// Roots with permissions and names.
async fn shown(world: &World, person: &str) -> Vec<(NodeId, u8, String)> {
    let all = mounts(world, person).await;
    all.iter().map(|of| (of.root, of.permissions.bits(), of.place.name.to_string())).collect()
}

fn files(world: &World) -> Files {
    let blobs = Arc::new(allmende_storage::memory::MemoryBlobs::default());
    let stores = Stores { tree: world.tree.clone(), blobs, locks: world.tree.clone() };
    let clock = Arc::new(At(AtomicI64::new(NOW.unix())));
    Files::new(stores, clock, FilesOptions::default()).unwrap()
}

async fn count(world: &World) -> i64 {
    let read = Statement::new("SELECT count(*) FROM shares", params![]);
    world.sql.read(read).await.unwrap().one().unwrap().int(0).unwrap()
}

every_engine! {
    async fn several_shares_of_a_folder_are_one_mount(sql: Sql) {
        let world = at_now(sql).await;
        let d = world.folder(world.home("alice").await, "d").await;
        assert_eq!(shown(&world, "bob").await, []);
        world.share("alice", d, with("bob", 1)).await.unwrap();
        assert_eq!(shown(&world, "bob").await, [(d, 1, "d".to_owned())]);
        let of_group = world.share("alice", d, with_group("staff", 15)).await.unwrap().share.id;
        assert_eq!(shown(&world, "bob").await, [(d, 15, "d".to_owned())]);
        assert_eq!(shown(&world, "carol").await, [(d, 15, "d".to_owned())]);
        let mount = &mounts(&world, "bob").await[0];
        assert_eq!((mount.owner.as_str(), &*mount.owner_name, mount.download), ("alice", "Alice Rig", Download::Allowed));
        // A move holds for all of them, and for nobody else.
        let place = MountPlace { parent: Some(NodeId(77)), name: "mine".parse().unwrap() };
        world.sharing.relocate(&user("bob"), mount, place.clone()).await.unwrap();
        assert_eq!(mounts(&world, "bob").await[0].place, place);
        assert_eq!(shown(&world, "carol").await, [(d, 15, "d".to_owned())]);
        world.sharing.remove(by(&user("alice")), of_group).await.unwrap();
        assert_eq!(shown(&world, "bob").await, [(d, 1, "mine".to_owned())]);
        assert_eq!(shown(&world, "carol").await, []);
        // Renamed at its owner's, it keeps its name at its recipients'.
        world.rename(d, world.home("alice").await, "other").await;
        assert_eq!(shown(&world, "bob").await, [(d, 1, "mine".to_owned())]);
        let mount = mounts(&world, "bob").await.remove(0);
        world.sharing.leave(&user("bob"), &mount).await.unwrap();
        assert_eq!(shown(&world, "bob").await, []);
        assert!(world.sharing.leave(&user("bob"), &mount).await.is_err());
        assert!(world.sharing.made_by(by(&user("alice")), Slice::default()).await.unwrap().is_empty());
    }

    async fn one_is_asked_before_a_share_appears(sql: Sql) {
        let world = world_with(sql, |options| {
            options.clock = Arc::new(At(AtomicI64::new(NOW.unix())));
            options.system = SystemConfig {
                enable_share_accept: true,
                share_folder: "Shared/with me".to_owned(),
                ..SystemConfig::default()
            };
        }).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let (bob, carol) = (user("bob"), user("carol"));
        world.sharing.set_preferences(&bob, "files_sharing", &[("default_accept", Some("no"))]).await.unwrap();
        let id = world.share("alice", d, with_group("staff", 1)).await.unwrap().share.id;
        assert_eq!((shown(&world, "bob").await.len(), shown(&world, "carol").await.len()), (0, 1));
        assert_eq!(world.sharing.pending(by(&bob)).await.unwrap()[0].id, id);
        assert!(world.sharing.pending(by(&carol)).await.unwrap().is_empty());
        world.sharing.accept(by(&bob), id).await.unwrap();
        assert_eq!(mounts(&world, "bob").await[0].folders.to_string(), "Shared/with me");
        assert!(world.sharing.pending(by(&bob)).await.unwrap().is_empty());
        world.sharing.decline(by(&bob), id).await.unwrap();
        assert_eq!((shown(&world, "bob").await.len(), world.sharing.left(by(&bob)).await.unwrap().len()), (0, 1));
    }

    async fn downloads_that_are_forbidden_are_shown_so(sql: Sql) {
        let world = at_now(sql).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let mut new = with("bob", 1);
        new.attributes = Attributes::parse(r#"[{"scope":"permissions","key":"download","value":false}]"#).unwrap();
        world.share("alice", d, new).await.unwrap();
        assert_eq!(mounts(&world, "bob").await[0].download, Download::ViewOnly);
        world.sharing.set_config(by(&user("root")), "core", "shareapi_allow_view_without_download", "no").await.unwrap();
        assert_eq!(mounts(&world, "bob").await[0].download, Download::Refused);
    }

    async fn the_acts_of_another_process_count_soon(fixture: Fixture) {
        let here = at_now(fixture.open().await).await;
        let d = here.folder(here.home("alice").await, "d").await;
        let there = allmende_sharing::Sharing::new(
            fixture.open().await,
            allmende_accounts::Accounts::new(fixture.open().await, allmende_accounts::AccountsOptions::default()).unwrap(),
            here.tree.clone(),
            here.sharing.options().clone(),
        );
        assert!(there.mounts(&user("bob")).await.unwrap().is_empty());
        here.share("alice", d, with_group("staff", 1)).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(2050)).await;
        assert_eq!(there.mounts(&user("bob")).await.unwrap().len(), 1);
        here.accounts.remove_from_group(&group("staff"), &user("bob"), GroupRole::Member).await.unwrap();
        assert!(here.sharing.mounts(&user("bob")).await.unwrap().is_empty());
        tokio::time::sleep(std::time::Duration::from_millis(2050)).await;
        assert!(there.mounts(&user("bob")).await.unwrap().is_empty());
    }

    async fn a_group_of_fifty_thousand_is_one_row(sql: Sql) {
        let world = at_now(sql).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let members = "INSERT INTO people (key, uid, display_name, display_key, generation, enabled, language, locale, timezone, created) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) \
             SELECT 'm' || i, 'm' || i, 'm' || i, 'm' || i, 1, 1, '', '', '', 0 FROM n";
        let join = "INSERT INTO group_members (group_id, person) SELECT 'staff', key FROM people WHERE key LIKE 'm%'";
        let batch = [Statement::new(members, vec![]), Statement::new(join, vec![])].into_iter().collect();
        world.sql.write(batch).await.unwrap();
        let rows = |table: &str| world.sql.read(Statement::new(format!("SELECT count(*) FROM {table}"), vec![]));
        let count = || async {
            let mut all = 0;
            for table in ["shares", "share_places", "events", "event_audience", "notifications"] {
                all += rows(table).await.unwrap().one().unwrap().int(0).unwrap();
            }
            all
        };
        let before = count().await;
        let share = world.share("alice", d, with_group("staff", 31)).await.unwrap().share;
        // The share, its event, whom it tells (the group and the owner), one notification.
        assert_eq!(count().await - before, 5);
        assert_eq!(shown(&world, "m49999").await, [(d, 31, "d".to_owned())]);
        let (before, stats) = (count().await, world.sql.stats());
        world.file(d, "x").await;
        let written = world.sql.stats();
        // The event of the file, for whoever sees it; nothing for a member.
        assert_eq!(count().await - before, 1);
        assert!(written.statements - stats.statements < 20, "{written:?} {stats:?}");
        // A member who leaves is one row.
        world.sharing.remove(by(&user("m7")), share.id).await.unwrap();
        let places = rows("share_places").await.unwrap().one().unwrap().int(0).unwrap();
        assert_eq!((places, shown(&world, "m7").await, shown(&world, "m8").await.len()), (1, vec![], 1));
    }

    async fn a_page_of_shares_takes_as_many_queries_as_one(sql: Sql) {
        let world = at_now(sql).await;
        let home = world.home("alice").await;
        let alice = user("alice");
        let mut nodes = Vec::new();
        for n in 0..100 {
            let f = world.file(home, &format!("f{n}")).await;
            nodes.push(f);
            for recipient in ["bob", "carol", "dave"] {
                world.share("alice", f, with(recipient, 1)).await.unwrap();
            }
        }
        let sharing = &world.sharing;
        let queries = |count: usize| {
            let (nodes, world, alice) = (nodes[..count].to_vec(), &world, &alice);
            async move {
                let before = world.sql.stats().statements;
                let shares = sharing.of_nodes(by(alice), &nodes, Whose::Own).await.unwrap();
                let facts = sharing.facts(shares).await.unwrap();
                assert_eq!(facts.len(), 3 * count);
                world.sql.stats().statements - before
            }
        };
        queries(1).await;
        let one = queries(1).await;
        assert_eq!((queries(10).await, queries(100).await), (one, one));
        assert!(one <= 6, "{one}");
    }

    async fn files_are_given_to_another_owner(sql: Sql) {
        let world = at_now(sql).await;
        let files = files(&world);
        files.view(&user("alice")).await.unwrap();
        let home = world.home("alice").await;
        let d = world.folder(home, "d").await;
        let x = world.folder(d, "x").await;
        let f = world.file(home, "f").await;
        let from_dave = world.folder(world.home("dave").await, "of dave").await;
        let (alice, bob) = (user("alice"), user("bob"));
        world.share("alice", d, with_group("staff", 31)).await.unwrap();
        world.share("bob", x, with("dave", 17)).await.unwrap();
        world.share("alice", f, with("bob", 19)).await.unwrap();
        let token = world.share("alice", f, link(1)).await.unwrap().share.token.unwrap();
        world.share("dave", from_dave, with("alice", 31)).await.unwrap();
        let to_self = world.sharing.transfer(&files, Transfer::everything(&alice, &alice), NOW).await;
        assert_eq!(words(to_self), "Cannot share with yourself");
        let nobody = user("nobody");
        assert_eq!(words(world.sharing.transfer(&files, Transfer::everything(&alice, &nobody), NOW).await), "NotFound");
        let mut transfer = Transfer::everything(&alice, &bob);
        transfer.incoming = Incoming::Move;
        let folder = world.sharing.transfer(&files, transfer, NOW).await.unwrap();
        let view = files.view(&bob).await.unwrap();
        let found = view.stat(&[folder, d, x, f]).await.unwrap();
        let paths: Vec<String> = found.into_iter().map(|of| of.unwrap().path.unwrap().to_string()).collect();
        let at = "Transferred from Alice Rig on 2027-01-05 12-00-00";
        assert_eq!(paths, [at.to_owned(), format!("{at}/d"), format!("{at}/d/x"), format!("{at}/f")]);
        // Shares stay, from the new owner; the one with the new owner is gone.
        assert_eq!((world.rights("bob", f).await, world.rights("carol", x).await, world.rights("dave", x).await, world.rights("alice", f).await), (31, 31, 17, 0));
        let link = world.sharing.link(&token, [192, 0, 2, 1].into(), NOW).await.unwrap();
        assert_eq!((link.root.id, link.owner_name.as_str()), (f, "Bob Rig"));
        let made = world.sharing.made_by(by(&bob), Slice::default()).await.unwrap();
        assert!(made.iter().all(|share| share.owner.as_str() == "Bob"));
        assert_eq!(made.len(), 3);
        assert_eq!((world.rights("bob", from_dave).await, world.rights("alice", from_dave).await), (31, 0));
        // One folder, offered and taken.
        let id = world.sharing.offer_transfer(&files, by(&bob), &user("dave"), d).await.unwrap();
        assert_eq!(words(world.sharing.accept_transfer(&files, by(&alice), id).await), "NotFound");
        world.sharing.accept_transfer(&files, by(&user("dave")), id).await.unwrap();
        assert_eq!((world.rights("dave", x).await, world.rights("bob", x).await, world.rights("carol", x).await), (31, 31, 31));
        assert_eq!(words(world.sharing.accept_transfer(&files, by(&user("dave")), id).await), "NotFound");
    }

    async fn what_is_gone_is_forgotten(sql: Sql) {
        let world = at_now(sql).await;
        let home = world.home("alice").await;
        let (d, e) = (world.folder(home, "d").await, world.folder(home, "e").await);
        let f = world.folder(world.home("carol").await, "f").await;
        world.share("alice", d, with_group("staff", 31)).await.unwrap();
        world.share("alice", e, with("bob", 31)).await.unwrap();
        world.share("bob", e, with("dave", 31)).await.unwrap();
        world.share("carol", f, with("bob", 31)).await.unwrap();
        world.delete(d).await;
        let mut after = None;
        for _ in 0..3 {
            after = world.sharing.clean(after, NOW).await.unwrap();
        }
        assert_eq!(count(&world).await, 3);
        world.accounts.remove_person(&user("bob")).await.unwrap();
        world.sharing.forget_person(&user("bob")).await.unwrap();
        world.sharing.forget_person(&user("bob")).await.unwrap();
        assert_eq!(count(&world).await, 0);
        // Nobody inherits what was with one of the same id.
        world.accounts.create_person(NewPerson::new(user("bob")), NOW).await.unwrap();
        assert_eq!(shown(&world, "bob").await, []);
        let mut ends = with("dave", 1);
        ends.expiry = allmende_sharing::Expiry::On("2027-01-06".parse().unwrap());
        let last = world.share("alice", e, ends).await.unwrap().share.expires.unwrap();
        world.sharing.clean(None, last).await.unwrap();
        assert_eq!(count(&world).await, 1);
        world.sharing.clean(None, last.plus_seconds(1)).await.unwrap();
        assert_eq!(count(&world).await, 0);
    }
}

/// One act of a random history.
#[derive(Debug, Clone)]
enum Act {
    Share { by: usize, node: usize, with: usize, permissions: u8 },
    Remove { nth: usize },
    Leave { by: usize, node: usize },
}

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dave"];

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..4usize, 0..4usize, 0..5usize, 1u8..32)
            .prop_map(|(by, node, with, permissions)| Act::Share { by, node, with, permissions }),
        1 => (0..8usize).prop_map(|nth| Act::Remove { nth }),
        1 => (0..4usize, 0..4usize).prop_map(|(by, node)| Act::Leave { by, node }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever people do: a mount gives no more than the rights that are evaluated, it is
    /// there exactly where a share gives something to read, no two have one number, and
    /// whoever made the shares of it could give it.
    #[test]
    fn mounts_agree_with_the_rights(acts in proptest::collection::vec(act(), 1..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let options = allmende_sql::SqliteOptions::new(folder.path().join("test.db"));
            let sql = allmende_sql::Sql::open_sqlite(options).await.unwrap();
            let world = at_now(sql).await;
            let mut nodes = vec![world.folder(world.home("alice").await, "0").await];
            for depth in 1..4 {
                nodes.push(world.folder(nodes[depth - 1], &depth.to_string()).await);
            }
            for act in acts {
                match act {
                    Act::Share { by, node, with: recipient, permissions } => {
                        let new = match PEOPLE.get(recipient) {
                            Some(person) => with(person, permissions),
                            None => with_group("staff", permissions),
                        };
                        let before = world.rights(PEOPLE[by], nodes[node]).await;
                        if world.share(PEOPLE[by], nodes[node], new).await.is_ok() {
                            assert_eq!((permissions | 1) & !before, 0, "more was given than there is");
                        }
                    }
                    Act::Remove { nth } => {
                        for person in PEOPLE {
                            let person = user(person);
                            let made = world.sharing.made_by(by(&person), Slice::default()).await.unwrap();
                            if let Some(share) = made.get(nth) {
                                world.sharing.remove(by(&person), share.id).await.unwrap();
                                break;
                            }
                        }
                    }
                    Act::Leave { by, node } => {
                        for mount in mounts(&world, PEOPLE[by]).await {
                            if mount.root == nodes[node] {
                                world.sharing.leave(&user(PEOPLE[by]), &mount).await.unwrap();
                            }
                        }
                    }
                }
                for person in &PEOPLE[1..] {
                    let all = mounts(&world, person).await;
                    let rights = world.sharing.rights(&user(person), &nodes, NOW).await.unwrap();
                    let ids: std::collections::BTreeSet<_> = all.iter().map(|of| of.id).collect();
                    assert_eq!(ids.len(), all.len());
                    for (at, node) in nodes.iter().enumerate() {
                        let mount = all.iter().find(|of| of.root == *node);
                        let given = mount.map_or(0, |of| of.permissions.bits());
                        assert_eq!(given & !rights[at].permissions().bits(), 0, "{person} {at}");
                        // Rights go down: at a node there is what is mounted here or above.
                        let above = all.iter().filter(|of| nodes[..=at].contains(&of.root));
                        let sum = above.fold(0, |sum, of| sum | of.permissions.bits());
                        assert_eq!(sum, rights[at].permissions().bits(), "{person} {at}");
                    }
                }
            }
        });
    }
}
