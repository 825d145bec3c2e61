//! Sessions, request tokens and the login flow, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use allmende_accounts::{
    Accounts, AuthError, Credentials, ErrorKind, Grant, Method, SessionId, SessionKind, Status,
};
use allmende_sql::every_engine;
use common::*;
use proptest::prelude::*;

async fn granted(accounts: &Accounts, login: &str) {
    let state = accounts.login_flow_state(login, "cookie");
    let alice = user("alice");
    let grant = Grant {
        login,
        state: state.expose(),
        cookie: "cookie",
        person: &alice,
        login_name: "alice",
    };
    accounts.grant_login_flow(grant, NOW).await.unwrap();
}

every_engine! {
    async fn a_session_lives_while_it_is_used(sql: Sql) {
        let accounts = peopled(&sql).await;
        let alice = user("ALICE");
        let cookie = accounts.open_session(&alice, SessionKind::Browser, NOW).await.unwrap();
        let session = Credentials::Session(cookie.expose());
        let who_it_is = accounts.authenticate(session, HOME, NOW).await.unwrap();
        assert_eq!(who_it_is.person.id.as_str(), "Alice");
        assert_eq!(who_it_is.confirmed, Some(NOW));
        let day = 24 * 3600;
        // Used each twenty hours it lives on, up to the thirtieth day.
        let mut at = 0;
        while at + 20 * 3600 < 30 * day {
            at += 20 * 3600;
            assert!(who(&accounts, session, later(at)).await.is_ok(), "after {at} s");
            accounts.write_activity().await.unwrap();
        }
        assert!(who(&accounts, session, later(30 * day)).await.is_err());
        // Not used, it ends after a day.
        for (kind, days) in [(SessionKind::Browser, 1), (SessionKind::Remembered, 15)] {
            let cookie = accounts.open_session(&alice, kind, NOW).await.unwrap();
            let session = Credentials::Session(cookie.expose());
            assert!(who(&accounts, session, later(days * day - 1)).await.is_ok());
            assert!(who(&accounts, session, later(days * day + 1)).await.is_err());
        }
        assert_eq!(accounts.remove_expired(later(40 * day)).await.unwrap(), 3);
        let lost = accounts.open_session(&user("x"), SessionKind::Browser, NOW).await.unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::NoSuchPerson);
    }

    async fn sessions_end_when_they_must(sql: Sql) {
        let accounts = peopled(&sql).await;
        let alice = user("alice");
        for way in 0..5 {
            let cookie = accounts.open_session(&alice, SessionKind::Browser, NOW).await.unwrap();
            let other = accounts.open_session(&user("root"), SessionKind::Browser, NOW).await.unwrap();
            let session = Credentials::Session(cookie.expose());
            assert!(who(&accounts, session, NOW).await.is_ok());
            match way {
                0 => accounts.close_session(SessionId::of_cookie(cookie.expose())).await.unwrap(),
                1 => accounts.close_sessions_of(&alice).await.unwrap(),
                2 => accounts.set_password(&alice, Some(PASSWORD)).await.unwrap(),
                3 => accounts.set_status(&alice, Status::Disabled).await.unwrap(),
                _ => {
                    accounts.set_status(&alice, Status::Enabled).await.unwrap();
                    accounts.remove_person(&alice).await.unwrap();
                }
            }
            assert!(who(&accounts, session, NOW).await.is_err(), "way {way}");
            assert!(who(&accounts, Credentials::Session(other.expose()), NOW).await.is_ok());
            if way == 3 {
                accounts.set_status(&alice, Status::Enabled).await.unwrap();
                assert!(who(&accounts, session, NOW).await.is_err());
            }
        }
    }

    async fn a_password_is_confirmed(sql: Sql) {
        let accounts = peopled(&sql).await;
        let alice = user("alice");
        let cookie = accounts.open_session(&alice, SessionKind::Browser, NOW).await.unwrap();
        let new = allmende_accounts::NewAppPassword::new("x");
        let (_, secret) = accounts.create_app_password(&alice, "alice", new, NOW).await.unwrap();
        for credentials in [Credentials::Session(cookie.expose()), Credentials::Bearer(secret.expose())] {
            let who = accounts.authenticate(credentials, HOME, later(10)).await.unwrap();
            let wrong = accounts.confirm_password(&who, "wrong", HOME, later(10)).await;
            assert!(matches!(wrong, Err(AuthError::Rejected { .. })));
            assert_ne!(who.confirmed, Some(later(10)));
            accounts.confirm_password(&who, PASSWORD, HOME, later(10)).await.unwrap();
            let who = accounts.authenticate(credentials, HOME, later(10)).await.unwrap();
            assert_eq!(who.confirmed, Some(later(10)));
            assert_ne!(who.method, Method::Password);
        }
    }

    async fn a_flow_hands_out_one_app_password_once(sql: Sql) {
        let accounts = peopled(&sql).await;
        let flow = accounts.start_login_flow("Mozilla/5.0 (iOS) Nextcloud-iOS/6.0", NOW).await.unwrap();
        let (poll, login) = (flow.poll.expose(), flow.login.expose());
        assert_eq!((poll.len(), login.len()), (128, 128));
        assert!(accounts.poll_login_flow(poll, NOW).await.unwrap().is_none());
        let waiting = accounts.waiting_login_flow(login, NOW).await.unwrap().unwrap();
        assert_eq!(waiting.client_name, "Mozilla/5.0 (iOS) Nextcloud-iOS/6.0");
        assert_eq!(waiting.expires, later(1200));
        // The tokens do not do each other's work.
        assert!(accounts.waiting_login_flow(poll, NOW).await.unwrap().is_none());

        let alice = user("alice");
        let state = accounts.login_flow_state(login, "cookie");
        assert_eq!(state.expose().len(), 64);
        let grant = Grant { login, state: state.expose(), cookie: "cookie", person: &alice, login_name: "alice@example.org" };
        for wrong in [Grant { cookie: "other", ..grant }, Grant { state: "", ..grant }] {
            let refused = accounts.grant_login_flow(wrong, NOW).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::StateMismatch);
        }
        let nobody = user("nobody");
        let refused = accounts.grant_login_flow(Grant { person: &nobody, ..grant }, NOW).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NoSuchPerson);
        accounts.grant_login_flow(grant, NOW).await.unwrap();
        let again = accounts.grant_login_flow(grant, NOW).await.unwrap_err();
        assert_eq!(again.kind(), ErrorKind::NotFound);
        // Nothing that could be read is there before the client comes.
        assert!(accounts.app_passwords(&alice).await.unwrap().is_empty());

        let (one, two) = tokio::join!(accounts.poll_login_flow(poll, NOW), accounts.poll_login_flow(poll, NOW));
        let mut answers: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
        assert_eq!(answers.len(), 1);
        let granted = answers.pop().unwrap();
        assert_eq!((granted.person.as_str(), granted.login_name.as_str()), ("Alice", "alice@example.org"));
        let opened = who(&accounts, basic(&granted.login_name, granted.app_password.expose()), NOW).await;
        assert_eq!(opened, Ok("Alice".to_owned()));
        assert!(accounts.poll_login_flow(poll, NOW).await.unwrap().is_none());
        let list = accounts.app_passwords(&alice).await.unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].name, "Mozilla/5.0 (iOS) Nextcloud-iOS/6.0");
    }

    async fn a_flow_ends_with_time_and_account(sql: Sql) {
        let accounts = peopled(&sql).await;
        let old = accounts.start_login_flow("x", NOW).await.unwrap();
        granted(&accounts, old.login.expose()).await;
        assert!(accounts.poll_login_flow(old.poll.expose(), later(1200)).await.unwrap().is_none());
        let flow = accounts.start_login_flow("x", NOW).await.unwrap();
        granted(&accounts, flow.login.expose()).await;
        accounts.set_status(&user("alice"), Status::Disabled).await.unwrap();
        assert!(accounts.poll_login_flow(flow.poll.expose(), later(1)).await.unwrap().is_none());
        assert_eq!(accounts.remove_expired(later(1200)).await.unwrap(), 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Every request token is valid for its cookie and for no other, and no two are alike.
    #[test]
    fn request_tokens_belong_to_their_cookie(cookie in ".{0,40}", other in ".{0,40}", spoiled in 0usize..88) {
        let accounts = offline();
        let (one, two) = (accounts.request_token(&cookie).unwrap(), accounts.request_token(&cookie).unwrap());
        prop_assert_ne!(&one, &two);
        prop_assert!(accounts.check_request_token(&cookie, &one));
        prop_assert!(accounts.check_request_token(&cookie, &two));
        prop_assert_eq!(accounts.check_request_token(&other, &one), other == cookie);
        let mut bytes = one.clone().into_bytes();
        bytes[spoiled] = if bytes[spoiled] == b'A' { b'B' } else { b'A' };
        prop_assert!(!accounts.check_request_token(&cookie, &String::from_utf8(bytes).unwrap()));
    }

    #[test]
    fn no_text_passes_as_a_request_token(text in ".{0,100}") {
        prop_assert!(!offline().check_request_token("cookie", &text));
    }
}

/// Accounts for what needs no database.
fn offline() -> &'static Accounts {
    static ACCOUNTS: std::sync::OnceLock<Accounts> = std::sync::OnceLock::new();
    ACCOUNTS.get_or_init(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let options = allmende_sql::SqliteOptions::new(folder.path().join("a.db"));
            let sql = allmende_sql::Sql::open_sqlite(options).await.unwrap();
            Accounts::new(sql, common::options()).unwrap()
        })
    })
}
