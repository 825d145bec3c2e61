//! Public links and shares by mail, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use std::{net::IpAddr, sync::Mutex, time::Duration};

use allmende_sharing::{
    Caller, Link, LinkError, LinkKey, Mail, MailError, Mailer, Mails, NewShare, Notify, Recipient,
    Sent, ShareUpdate, Sharing, SharingOptions, SystemConfig,
};
use allmende_sql::{Statement, every_engine, params};
use allmende_types::Timestamp;
use common::*;

const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const PASSWORD: &str = "correct horse";

async fn open(world: &World, token: &str, now: Timestamp) -> Option<Link> {
    // Each look from somewhere else: these tests are not about guessing.
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    let from = IpAddr::from(NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_be_bytes());
    world.sharing.link(token, from, now).await.ok()
}

fn delay<T: std::fmt::Debug>(result: Result<T, LinkError>) -> Duration {
    match result {
        Err(LinkError::NotFound { delay } | LinkError::WrongPassword { delay }) => delay,
        other => panic!("{other:?}"),
    }
}

#[derive(Debug, Default)]
struct Post {
    fails: bool,
    sent: Mutex<Vec<Mail>>,
}

#[async_trait::async_trait]
impl Mailer for Post {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        if self.fails {
            return Err(MailError::Later("busy".to_owned()));
        }
        self.sent.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

every_engine! {
    async fn a_link_opens_what_it_is_of(sql: Sql) {
        let world = world(sql).await;
        let home = world.home("alice").await;
        let (d, f) = (world.folder(home, "d").await, world.file(home, "f").await);
        let read = world.share("alice", d, link(1)).await.unwrap().share.token.unwrap();
        let drop = world.share("alice", d, link(4)).await.unwrap().share.token.unwrap();
        let file = world.share("alice", f, link(1)).await.unwrap().share.token.unwrap();
        let opened = open(&world, &read, NOW).await.unwrap();
        assert_eq!((opened.root.id, opened.permissions.bits(), opened.owner_name.as_str()), (d, 17, "Alice Rig"));
        assert_eq!((opened.needs_password(), opened.is_drop(), opened.download), (false, false, true));
        assert!(world.sharing.is_unlocked(&opened, None, NOW));
        assert!(open(&world, &drop, NOW).await.unwrap().is_drop());
        assert!(!open(&world, &file, NOW).await.unwrap().is_drop());
        for wrong in ["", "x", &read[1..], &read.to_lowercase(), &"x".repeat(1000)] {
            assert!(open(&world, wrong, NOW).await.is_none(), "{wrong}");
        }
        world.delete(d).await;
        assert!(open(&world, &read, NOW).await.is_none());
    }

    async fn what_is_switched_off_opens_nothing(sql: Sql) {
        let world = world(sql).await;
        let (alice, root) = (user("alice"), user("root"));
        let d = world.folder(world.home("alice").await, "d").await;
        let share = world.share("alice", d, link(15)).await.unwrap().share;
        let token = share.token.unwrap();
        let admin = Caller { person: &root, now: NOW };
        for (key, value) in [("shareapi_allow_links", "no"), ("shareapi_allow_links_exclude_groups", "[\"guests\"]")] {
            if value != "no" {
                world.accounts.create_group(&group("guests"), "").await.unwrap();
                world.accounts.add_to_group(&group("guests"), &alice, allmende_accounts::GroupRole::Member).await.unwrap();
            }
            world.sharing.set_config(admin, "core", key, value).await.unwrap();
            assert!(open(&world, &token, NOW).await.is_none(), "{key}");
            world.sharing.remove_config(admin, "core", key).await.unwrap();
            assert!(open(&world, &token, NOW).await.is_some(), "{key}");
        }
        world.sharing.set_config(admin, "core", "shareapi_allow_public_upload", "no").await.unwrap();
        assert_eq!(open(&world, &token, NOW).await.unwrap().permissions.bits(), 25);
        let caller = Caller { person: &alice, now: NOW };
        let until = ShareUpdate { expiry: Some(allmende_sharing::Expiry::On("2027-01-06".parse().unwrap())), ..Default::default() };
        let last = world.sharing.update(caller, share.id, "d", until).await.unwrap().expires.unwrap();
        assert!(open(&world, &token, last).await.is_some());
        assert!(open(&world, &token, last.plus_seconds(1)).await.is_none());
    }

    async fn a_password_opens_until_it_is_changed(sql: Sql) {
        let world = world(sql).await;
        let alice = user("alice");
        let d = world.folder(world.home("alice").await, "d").await;
        let mut new = link(1);
        new.password = Some(PASSWORD.to_owned());
        let share = world.share("alice", d, new).await.unwrap().share;
        assert!(share.has_password);
        let link = open(&world, share.token.as_deref().unwrap(), NOW).await.unwrap();
        let sharing = &world.sharing;
        assert!(link.needs_password() && !sharing.is_unlocked(&link, None, NOW));
        assert_eq!(delay(sharing.unlock_link(&link, "wrong", HOME, NOW).await), Duration::from_millis(200));
        assert_eq!(delay(sharing.unlock_link(&link, "wrong", HOME, NOW).await), Duration::from_millis(400));
        let shown = sharing.unlock_link(&link, PASSWORD, HOME, NOW).await.unwrap();
        assert!(sharing.is_unlocked(&link, Some(&shown), NOW));
        assert!(!sharing.is_unlocked(&link, Some(&shown), NOW.plus_seconds(24 * 3600 + 1)));
        let (end, mac) = shown.split_once('-').unwrap();
        let later = format!("{}-{mac}", end.parse::<i64>().unwrap() + 1);
        for forged in [later.as_str(), "", "1", &format!("{end}-{}", "0".repeat(64)), &format!("{end}-ä")] {
            assert!(!sharing.is_unlocked(&link, Some(forged), NOW), "{forged}");
        }
        let change = ShareUpdate { password: Some(Some("another horse".to_owned())), ..Default::default() };
        sharing.update(Caller { person: &alice, now: NOW }, share.id, "d", change).await.unwrap();
        let link = open(&world, share.token.as_deref().unwrap(), NOW).await.unwrap();
        assert!(!sharing.is_unlocked(&link, Some(&shown), NOW));
        let none = ShareUpdate { password: Some(None), ..Default::default() };
        sharing.update(Caller { person: &alice, now: NOW }, share.id, "d", none).await.unwrap();
        assert!(!open(&world, share.token.as_deref().unwrap(), NOW).await.unwrap().needs_password());
    }

    async fn guessing_is_slowed_and_stopped(sql: Sql) {
        let world = world(sql).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let token = world.share("alice", d, link(1)).await.unwrap().share.token.unwrap();
        for n in 0..11 {
            let expected = [200, 400, 800, 1600, 3200, 6400, 12_800, 25_000][n.min(7)];
            let guess = world.sharing.link(&format!("guess{n}"), HOME, NOW).await;
            assert_eq!(delay(guess), Duration::from_millis(expected));
        }
        let stopped = world.sharing.link(&token, HOME, NOW).await;
        assert!(matches!(stopped, Err(LinkError::TooManyAttempts { .. })));
        assert!(world.sharing.link(&token, HOME, NOW.plus_seconds(1800)).await.is_ok());
    }

    async fn a_copy_of_the_database_opens_no_link(fixture: Fixture) {
        let world = world(fixture.open().await).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let share = world.share("alice", d, link(1)).await.unwrap().share;
        let token = share.token.unwrap();
        let all = "SELECT token_hash, token FROM shares WHERE id = $1";
        let rows = world.sql.read(Statement::new(all, params![share.id.0])).await.unwrap();
        let row = rows.one().unwrap();
        for column in [0, 1] {
            let stored = row.blob(column).unwrap();
            assert!(!stored.windows(6).any(|part| part == &token.as_bytes()[..6]));
        }
        let options = SharingOptions::new(LinkKey::from_bytes([8; 32]), "https://x");
        let thief = Sharing::new(fixture.open().await, world.accounts.clone(), world.tree.clone(), options);
        assert!(thief.link(&token, HOME, NOW).await.is_err());
        assert_eq!(thief.share_by_id(share.id).await.unwrap().unwrap().token, None);
    }

    async fn downloads_are_counted_up_to_their_limit(sql: Sql) {
        let world = world(sql).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let mut new = link(1);
        new.download_limit = Some(2);
        let token = world.share("alice", d, new).await.unwrap().share.token.unwrap();
        let link = open(&world, &token, NOW).await.unwrap();
        assert_eq!(link.downloads_left(), Some(2));
        let count = || world.sharing.count_download(&link, "d \"1\"", HOME, NOW);
        let (a, b, c) = tokio::join!(count(), count(), count());
        let proofs: Vec<String> = [a, b, c].into_iter().flatten().collect();
        assert_eq!(proofs.len(), 2);
        let known = |content: &str, now| world.sharing.is_counted(&link, content, &proofs[0], now);
        assert!(known("d \"1\"", NOW.plus_seconds(3600)) && !known("d \"1\"", NOW.plus_seconds(3601)));
        assert!(!known("d \"2\"", NOW));
        assert!(open(&world, &token, NOW).await.is_none());
    }

    async fn tokens_can_be_chosen_where_that_is_allowed(sql: Sql) {
        let world = world(sql).await;
        let (alice, root) = (user("alice"), user("root"));
        let d = world.folder(world.home("alice").await, "d").await;
        let (a, b) = (world.share("alice", d, link(1)).await.unwrap().share, world.share("alice", d, link(1)).await.unwrap().share);
        let choose = |id, token: &str| {
            let update = ShareUpdate { token: Some(token.to_owned()), ..Default::default() };
            world.sharing.update(Caller { person: &alice, now: NOW }, id, "d", update)
        };
        assert_eq!(words(choose(a.id, "plan").await), "Custom share link tokens have been disabled by the administrator");
        let admin = Caller { person: &root, now: NOW };
        world.sharing.set_config(admin, "core", "shareapi_allow_custom_tokens", "yes").await.unwrap();
        let invalid = "Tokens must contain at least 1 character and may only contain letters, numbers, or a hyphen";
        assert_eq!(words(choose(a.id, "pl an").await), invalid);
        assert_eq!(choose(a.id, "plan-7").await.unwrap().token.as_deref(), Some("plan-7"));
        choose(a.id, "plan-7").await.unwrap();
        assert_eq!(words(choose(b.id, "plan-7").await), "This token is already in use");
        assert!(open(&world, "plan-7", NOW).await.is_some() && open(&world, &a.token.unwrap(), NOW).await.is_none());
    }

    async fn another_password_is_mailed_and_waits_sealed(sql: Sql) {
        let world = world(sql.clone()).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let new = NewShare::new(Recipient::Mail("x@example.net".to_owned()));
        let share = world.share("alice", d, new).await.unwrap().share;
        let post = Post::default();
        let sent = async |post: &Post| world.sharing.send_mails(post, 10, NOW).await.unwrap().sent;
        assert_eq!(sent(&post).await, 1);
        let update = ShareUpdate { password: Some(Some(PASSWORD.to_owned())), ..Default::default() };
        let alice = user("alice");
        let caller = Caller { person: &alice, now: NOW };
        world.sharing.update(caller, share.id, "d", update.clone()).await.unwrap();
        let find = Statement::new("SELECT body, sealed FROM mails", vec![]);
        let rows = sql.read(find).await.unwrap();
        let row = rows.one().unwrap();
        let sealed = String::from_utf8_lossy(row.blob(1).unwrap()).into_owned();
        assert!(row.text(0).unwrap().is_empty() && !sealed.contains(PASSWORD));
        assert_eq!(sent(&post).await, 1);
        assert!(post.sent.lock().unwrap()[1].body.contains(PASSWORD));
        // Not where administrators do not want it.
        let off = world.sharing.set_config(caller, "sharebymail", "sendpasswordmail", "no");
        off.await.unwrap();
        world.sharing.update(caller, share.id, "d", update).await.unwrap();
        assert_eq!(sent(&post).await, 0);
    }

    async fn without_a_mail_server_nothing_waits_for_one(sql: Sql) {
        let world = world_with(sql, |options| options.mails = Mails::Off).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let mut new = NewShare::new(Recipient::Mail("x@example.net".to_owned()));
        new.mail = Some(Notify::ByMail);
        let share = world.share("alice", d, new).await.unwrap().share;
        let alice = user("alice");
        let again = ShareUpdate { mail: Some(Notify::ByMail), ..Default::default() };
        let caller = Caller { person: &alice, now: NOW };
        world.sharing.update(caller, share.id, "d", again).await.unwrap();
        let post = Post::default();
        let sent = world.sharing.send_mails(&post, 10, NOW.plus_seconds(3600)).await.unwrap();
        assert_eq!((sent.sent, sent.later, sent.lost), (0, 0, 0));
        assert!(post.sent.lock().unwrap().is_empty());
    }

    async fn mails_wait_until_they_are_taken(sql: Sql) {
        let world = world_with(sql, |options| {
            options.system = SystemConfig { mail_password_lifetime: Some(3600), ..SystemConfig::default() };
        }).await;
        let d = world.folder(world.home("alice").await, "d").await;
        let mut new = NewShare::new(Recipient::Mail("x@example.net".to_owned()));
        new.password = Some(PASSWORD.to_owned());
        let share = world.share("alice", d, new.clone()).await.unwrap().share;
        assert_eq!(share.permissions.bits(), 17);
        // Nothing is mailed twice, nor for what is refused.
        assert_eq!(words(world.share("alice", d, new).await), "Failed to create share.");
        let sharing = &world.sharing;
        let (fails, works) = (Post { fails: true, ..Post::default() }, Post::default());
        let of = |sent: Sent| (sent.sent, sent.later, sent.lost);
        assert_eq!(of(sharing.send_mails(&fails, 10, NOW).await.unwrap()), (0, 2, 0));
        assert_eq!(of(sharing.send_mails(&works, 10, NOW.plus_seconds(59)).await.unwrap()), (0, 0, 0));
        assert_eq!(of(sharing.send_mails(&works, 10, NOW.plus_seconds(60)).await.unwrap()), (2, 0, 0));
        assert_eq!(of(sharing.send_mails(&works, 10, NOW.plus_seconds(3600)).await.unwrap()), (0, 0, 0));
        let mail = works.sent.lock().unwrap()[0].clone();
        assert_eq!((mail.recipient.as_str(), mail.reply_to.as_deref()), ("x@example.net", Some("alice@example.org")));
        let token = share.token.unwrap();
        assert!(mail.body.contains(&format!("\nhttps://cloud.example.org/s/{token}\n")));
        assert!(!mail.body.contains(PASSWORD));
        // The password comes by itself; in the outbox nobody reads it.
        let mail = works.sent.lock().unwrap()[1].clone();
        assert_eq!((mail.recipient.as_str(), mail.subject.as_str()), ("x@example.net", "The password for \u{201c}d\u{201d}"));
        assert!(mail.body.contains(&format!("\n{PASSWORD}\n")) && !mail.body.contains(&token));
        // The password of a mail ends before the share does.
        let link = open(&world, &token, NOW).await.unwrap();
        let at = |seconds| sharing.unlock_link(&link, PASSWORD, HOME, NOW.plus_seconds(seconds));
        assert!(at(3600).await.is_ok() && at(3601).await.is_err());
        // A mail that nobody takes is given up in the end.
        let mut other = NewShare::new(Recipient::Mail("y@example.net".to_owned()));
        other.mail = Some(Notify::ByMail);
        world.share("alice", d, other).await.unwrap();
        let (mut now, mut lost) = (NOW, 0);
        for _ in 0..12 {
            lost = sharing.send_mails(&fails, 10, now).await.unwrap().lost;
            now = now.plus_seconds(6 * 3600);
        }
        assert_eq!((lost, of(sharing.send_mails(&works, 10, now).await.unwrap())), (1, (0, 0, 0)));
    }
}
