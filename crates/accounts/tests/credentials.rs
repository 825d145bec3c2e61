//! Passwords, app passwords and remote wipe, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use std::time::Duration;

use allmende_accounts::{
    Accounts, AppPasswordKind, Attempt, AuthError, Credentials, ErrorKind, FilesystemAccess,
    Method, NewAppPassword, SessionKind, Status,
};
use allmende_sql::{Statement, every_engine};
use common::*;

async fn device(accounts: &Accounts) -> (allmende_accounts::AppPasswordId, String) {
    let new = NewAppPassword::new("Android/1");
    let (id, secret) =
        accounts.create_app_password(&user("alice"), "alice", new, NOW).await.unwrap();
    (id, secret.expose().to_owned())
}

fn ok() -> Result<String, String> {
    Ok("Alice".to_owned())
}

fn no(delay_ms: u32) -> Result<String, String> {
    Err(format!("rejected after {delay_ms} ms"))
}

every_engine! {
    async fn passwords_open_by_id_or_address(sql: Sql) {
        let accounts = peopled(&sql).await;
        for login in ["alice", "ALICE", "alice@example.org"] {
            assert_eq!(who(&accounts, basic(login, PASSWORD), NOW).await, ok());
        }
        let session = accounts.authenticate(basic("alice", PASSWORD), HOME, NOW).await.unwrap();
        assert_eq!((session.method, session.confirmed, session.administrator), (Method::Password, Some(NOW), false));
        assert_eq!(who(&accounts, basic("alice", "wrong"), NOW).await, no(200));
        assert_eq!(who(&accounts, basic("nobody", PASSWORD), NOW).await, no(400));
        assert_eq!(who(&accounts, basic("", ""), NOW).await, no(800));
        assert_eq!(who(&accounts, Credentials::Bearer(PASSWORD), NOW).await, no(1600));
        assert_eq!(who(&accounts, Credentials::Session(PASSWORD), NOW).await, no(0));
    }

    async fn guessing_is_slowed_and_stopped(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (_, secret) = device(&accounts).await;
        for n in 0..11 {
            let delay = [200, 400, 800, 1600, 3200, 6400, 12_800, 25_000][n.min(7)];
            assert_eq!(who(&accounts, basic("root", &format!("guess {n}")), NOW).await, no(delay));
        }
        let blocked = Err("blocked for 1800 s".to_owned());
        assert_eq!(who(&accounts, basic("root", PASSWORD), NOW).await, blocked);
        assert_eq!(accounts.login_delay(HOME, NOW), Duration::from_secs(25));
        // An app password cannot be guessed, and opens.
        assert_eq!(who(&accounts, basic("alice", &secret), NOW).await, ok());
        let elsewhere = accounts.authenticate(basic("root", PASSWORD), [192, 0, 2, 2].into(), NOW).await;
        assert!(elsewhere.is_ok());
        accounts.authenticate(basic("root", PASSWORD), HOME, later(1800)).await.unwrap();
    }

    async fn guessing_links_hinders_no_login(sql: Sql) {
        let accounts = peopled(&sql).await;
        for at in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"] {
            accounts.attempt_failed(Attempt { from: HOME, at }, NOW);
        }
        assert_eq!(accounts.attempts_blocked(HOME, NOW), Some(Duration::from_secs(1800)));
        assert_eq!(accounts.login_delay(HOME, NOW), Duration::ZERO);
        assert_eq!(who(&accounts, basic("alice", PASSWORD), NOW).await, ok());
        // And a login opens no link.
        assert_eq!(accounts.attempts_blocked(HOME, NOW), Some(Duration::from_secs(1800)));
    }

    async fn success_forgives(sql: Sql) {
        let accounts = peopled(&sql).await;
        for delay in [200, 400] {
            assert_eq!(who(&accounts, basic("alice", "wrong"), NOW).await, no(delay));
        }
        assert_eq!(who(&accounts, basic("alice", PASSWORD), NOW).await, ok());
        assert_eq!(accounts.login_delay(HOME, NOW), Duration::ZERO);
    }

    async fn a_changed_password_is_void_at_once(fixture: Fixture) {
        let (sql, other) = (fixture.open().await, fixture.open().await);
        let accounts = peopled(&sql).await;
        let elsewhere = Accounts::new(other, options()).unwrap();
        for of in [&accounts, &elsewhere] {
            assert_eq!(who(of, basic("alice", PASSWORD), NOW).await, ok());
        }
        accounts.set_password(&user("alice"), Some("Other-pw-123!")).await.unwrap();
        assert_eq!(who(&accounts, basic("alice", PASSWORD), NOW).await, no(200));
        assert_eq!(who(&accounts, basic("alice", "Other-pw-123!"), NOW).await, ok());
        // Another process knows within two seconds.
        assert_eq!(who(&elsewhere, basic("alice", PASSWORD), later(2)).await, no(200));
        accounts.set_password(&user("alice"), None).await.unwrap();
        assert_eq!(who(&accounts, basic("alice", "Other-pw-123!"), NOW).await, no(200));
        let lost = accounts.set_password(&user("x"), Some(PASSWORD)).await.unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::NoSuchPerson);
    }

    async fn an_outdated_hash_is_renewed_at_the_next_right_login(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (_, secret) = device(&accounts).await;
        let session = accounts.log_in("alice", PASSWORD, HOME, NOW).await.unwrap();
        let cookie = accounts.open_session(&session.person.id, SessionKind::Browser, NOW).await.unwrap();
        let stored = async || {
            let of = "SELECT password, generation, (SELECT count(*) FROM events) \
                      FROM people WHERE key = 'alice'";
            let rows = sql.read(Statement::new(of, vec![])).await.unwrap();
            let row = rows.one().unwrap();
            (row.text(0).unwrap().to_owned(), row.int(1).unwrap(), row.int(2).unwrap())
        };
        let before = stored().await;
        assert!(before.0.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", before.0);

        let mut stronger = options();
        stronger.hash_memory_kib = 72;
        stronger.hash_passes = 2;
        let stronger = Accounts::new(sql.clone(), stronger).unwrap();
        assert!(stronger.authenticate(basic("alice", "wrong"), [192, 0, 2, 9].into(), NOW).await.is_err());
        assert_eq!(stored().await.0, before.0, "a wrong password renews nothing");
        assert_eq!(who(&stronger, basic("alice", &secret), NOW).await, ok());
        assert_eq!(stored().await.0, before.0, "nor does an app password");

        assert_eq!(who(&stronger, basic("alice@example.org", PASSWORD), NOW).await, ok());
        let after = stored().await;
        assert!(after.0.starts_with("$argon2id$v=19$m=72,t=2,p=1$"), "{}", after.0);
        assert_eq!((after.1, after.2), (before.1, before.2 + 1), "no generation, no event");
        assert_eq!(who(&stronger, Credentials::Session(cookie.expose()), NOW).await, ok());
        // It stays then: the salt is new with each hash.
        stronger.log_in("alice", PASSWORD, HOME, later(1)).await.unwrap();
        assert_eq!(stored().await.0, after.0);
        assert_eq!(who(&accounts, basic("alice", PASSWORD), later(900)).await, ok());
    }

    async fn a_disabled_account_says_so_to_its_owner_only(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (_, secret) = device(&accounts).await;
        assert_eq!(who(&accounts, basic("alice", PASSWORD), NOW).await, ok());
        accounts.set_status(&user("alice"), Status::Disabled).await.unwrap();
        for credentials in [basic("alice", PASSWORD), basic("alice", &secret), Credentials::Bearer(&secret)] {
            assert_eq!(who(&accounts, credentials, NOW).await, Err("disabled".to_owned()));
        }
        assert_eq!(who(&accounts, basic("alice", "wrong"), NOW).await, no(200));
        accounts.set_status(&user("alice"), Status::Enabled).await.unwrap();
        assert_eq!(who(&accounts, basic("alice", &secret), NOW).await, ok());
    }

    async fn requests_cost_one_point_query_or_none(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (_, secret) = device(&accounts).await;
        for credentials in [basic("alice", PASSWORD), basic("alice", &secret), Credentials::Bearer(&secret)] {
            who(&accounts, credentials, NOW).await.unwrap();
            let before = sql.stats();
            for _ in 0..50 {
                who(&accounts, credentials, later(1)).await.unwrap();
            }
            assert_eq!((sql.stats() - before).statements, 0);
            let before = sql.stats();
            for second in 1..=10 {
                who(&accounts, credentials, later(2 * second)).await.unwrap();
            }
            assert_eq!((sql.stats() - before).statements, 10);
        }
    }

    async fn an_app_password_opens_for_its_person(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (id, secret) = device(&accounts).await;
        assert_eq!(secret.len(), 72);
        assert!(secret.bytes().all(|b| b.is_ascii_alphanumeric()));
        for credentials in [basic("alice", &secret), basic("ALICE@example.org", &secret), Credentials::Bearer(&secret)] {
            let who = accounts.authenticate(credentials, HOME, NOW).await.unwrap();
            let method = Method::AppPassword { id, kind: AppPasswordKind::Permanent, filesystem: FilesystemAccess::Allowed };
            assert_eq!((who.method, who.confirmed), (method, None));
        }
        assert_eq!(who(&accounts, basic("root", &secret), NOW).await, no(200));
        let login = accounts.log_in("alice", &secret, HOME, NOW).await;
        assert!(matches!(login, Err(AuthError::Rejected { .. })));

        accounts.set_filesystem_access(&user("alice"), id, FilesystemAccess::Denied).await.unwrap();
        accounts.rename_app_password(&user("alice"), id, "Phone\n").await.unwrap();
        let list = accounts.app_passwords(&user("alice")).await.unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!((list[0].id, list[0].name.as_str(), list[0].filesystem), (id, "Phone", FilesystemAccess::Denied));
        // Nobody touches another's.
        for result in [
            accounts.revoke_app_password(&user("root"), id).await,
            accounts.mark_for_wipe(&user("root"), id).await,
            accounts.rotate_app_password(&user("root"), id).await.map(drop),
        ] {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::NotFound);
        }
        accounts.revoke_app_password(&user("alice"), id).await.unwrap();
        assert_eq!(who(&accounts, Credentials::Bearer(&secret), NOW).await, no(800));
    }

    async fn rotation_and_expiry_end_an_app_password(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (id, old) = device(&accounts).await;
        assert_eq!(who(&accounts, Credentials::Bearer(&old), NOW).await, ok());
        let new = accounts.rotate_app_password(&user("alice"), id).await.unwrap();
        assert_eq!(who(&accounts, Credentials::Bearer(&old), NOW).await, no(200));
        assert_eq!(who(&accounts, Credentials::Bearer(new.expose()), NOW).await, ok());

        let mut short = NewAppPassword::new("OAuth");
        short.expires = Some(later(3600));
        let (_, secret) = accounts.create_app_password(&user("alice"), "alice", short, NOW).await.unwrap();
        assert_eq!(who(&accounts, Credentials::Bearer(secret.expose()), later(3599)).await, ok());
        assert_eq!(who(&accounts, Credentials::Bearer(secret.expose()), later(3601)).await, no(0));
        assert_eq!(accounts.remove_expired(later(3601)).await.unwrap(), 1);
        assert_eq!(accounts.app_passwords(&user("alice")).await.unwrap().len(), 1);
    }

    async fn use_is_written_now_and_then(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (_, secret) = device(&accounts).await;
        let before = sql.stats();
        for second in (0..300).step_by(3) {
            who(&accounts, Credentials::Bearer(&secret), later(second)).await.unwrap();
        }
        assert_eq!((sql.stats() - before).batches, 0);
        who(&accounts, Credentials::Bearer(&secret), later(301)).await.unwrap();
        // The first login, and one use.
        assert_eq!(accounts.write_activity().await.unwrap(), 2);
        assert_eq!(accounts.write_activity().await.unwrap(), 0);
        let list = accounts.app_passwords(&user("alice")).await.unwrap();
        assert_eq!(list[0].last_activity, later(301));
        let alice = accounts.person(&user("alice")).await.unwrap().unwrap();
        assert_eq!((alice.first_login, alice.last_login), (Some(later(301)), Some(later(301))));
    }

    async fn only_a_marked_device_is_told_to_wipe(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (id, secret) = device(&accounts).await;
        let (_, other) = device(&accounts).await;
        for token in [secret.as_str(), "unknown", ""] {
            assert!(!accounts.wipe_requested(token).await.unwrap());
            assert!(!accounts.wipe_finished(token).await.unwrap());
        }
        assert_eq!(who(&accounts, Credentials::Bearer(&secret), NOW).await, ok());
        accounts.mark_for_wipe(&user("alice"), id).await.unwrap();
        assert_eq!(who(&accounts, Credentials::Bearer(&secret), NOW).await, no(0));
        assert!(accounts.wipe_requested(&secret).await.unwrap());
        assert!(!accounts.wipe_requested(&other).await.unwrap());
        let rotate = accounts.rotate_app_password(&user("alice"), id).await;
        assert_eq!(rotate.unwrap_err().kind(), ErrorKind::NotFound);
        assert!(accounts.wipe_finished(&secret).await.unwrap());
        assert!(!accounts.wipe_requested(&secret).await.unwrap());
        assert_eq!(who(&accounts, Credentials::Bearer(&other), NOW).await, ok());
        assert_eq!(accounts.mark_all_for_wipe(&user("alice")).await.unwrap(), 1);
        assert!(accounts.wipe_requested(&other).await.unwrap());
    }

    async fn nothing_readable_lies_in_the_database(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (_, secret) = device(&accounts).await;
        let rows = sql.read(Statement::new("SELECT password FROM people", vec![])).await.unwrap();
        for row in rows.iter() {
            assert!(row.text(0).unwrap().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        }
        let find = Statement::new("SELECT hash FROM app_passwords", vec![]);
        let rows = sql.read(find).await.unwrap();
        assert_ne!(rows.one().unwrap().blob(0).unwrap(), secret.as_bytes());
        assert_eq!(rows.one().unwrap().blob(0).unwrap().len(), 32);
    }
}
