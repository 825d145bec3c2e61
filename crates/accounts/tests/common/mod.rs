//! What all tests need.

// Each file of tests uses a part of it.
#![allow(dead_code, clippy::unwrap_used)]

use std::net::IpAddr;

use allmende_accounts::{Accounts, AccountsOptions, AuthError, Credentials, NewPerson, SCHEMA};
use allmende_sql::Sql;
use allmende_types::{GroupId, Timestamp, UserId};

pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
pub(crate) const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
pub(crate) const PASSWORD: &str = "Some-good-pw-123";

pub(crate) fn later(seconds: i64) -> Timestamp {
    NOW.plus_seconds(seconds)
}

pub(crate) fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

pub(crate) fn group(id: &str) -> GroupId {
    id.parse().unwrap()
}

/// Options whose hash takes no time.
pub(crate) fn options() -> AccountsOptions {
    let mut options = AccountsOptions::default();
    options.hash_memory_kib = 64;
    options.hash_passes = 1;
    options
}

pub(crate) async fn open(sql: &Sql) -> Accounts {
    sql.migrate(&[SCHEMA, allmende_events::MIGRATIONS]).await.unwrap();
    Accounts::new(sql.clone(), options()).unwrap()
}

/// Accounts with the administrator `root` and `alice`, who has an address.
pub(crate) async fn peopled(sql: &Sql) -> Accounts {
    let accounts = open(sql).await;
    accounts.ensure_administrator(&user("root"), PASSWORD, NOW).await.unwrap();
    let mut alice = NewPerson::new(user("Alice")).with_password(PASSWORD);
    alice.display_name = "Alice Ä.".to_owned();
    alice.email = Some("Alice@Example.org".to_owned());
    accounts.create_person(alice, NOW).await.unwrap();
    accounts
}

pub(crate) fn basic<'a>(login: &'a str, secret: &'a str) -> Credentials<'a> {
    Credentials::Basic { login, secret }
}

/// Who it is, or why not, in short.
pub(crate) async fn who(
    accounts: &Accounts,
    credentials: Credentials<'_>,
    now: Timestamp,
) -> Result<String, String> {
    match accounts.authenticate(credentials, HOME, now).await {
        Ok(who) => Ok(who.person.id.to_string()),
        Err(AuthError::Rejected { delay }) => {
            Err(format!("rejected after {} ms", delay.as_millis()))
        }
        Err(AuthError::Disabled) => Err("disabled".to_owned()),
        Err(AuthError::TooManyAttempts { retry_after }) => {
            Err(format!("blocked for {} s", retry_after.as_secs()))
        }
        Err(other) => panic!("{other}"),
    }
}
