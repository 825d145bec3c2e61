//! Encrypted connections to a real PostgreSQL, whose certificate it signed itself.
//!
//! `ALLMENDE_TEST_POSTGRES_CERTIFICATE` is the file with the certificate, which is made for
//! 127.0.0.1 and not for `localhost`; `xtask with-postgres` brings such a server.

#![allow(clippy::unwrap_used)] // Helpers of tests may fail like tests.

use std::{env, path::Path, time::Duration};

use allmende_sql::{Error, ErrorKind, PostgresOptions, Sql, Statement};

/// The server's URL without its query, and its certificate.
fn server() -> Option<(String, String)> {
    let of = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let found = of("ALLMENDE_TEST_POSTGRES").zip(of("ALLMENDE_TEST_POSTGRES_CERTIFICATE"));
    let required = of("ALLMENDE_REQUIRE_POSTGRES").is_some_and(|value| value == "1");
    let Some((url, certificate)) = found else {
        assert!(!required, "ALLMENDE_TEST_POSTGRES_CERTIFICATE is not set");
        eprintln!("NOT TESTED: encrypted connections to PostgreSQL");
        return None;
    };
    Some((url.split('?').next().unwrap().to_owned(), certificate))
}

/// Whether the connection of a URL is encrypted, as the server sees it.
async fn encrypted(url: String) -> Result<bool, Error> {
    let mut options = PostgresOptions::new(url);
    options.timeout = Duration::from_secs(20);
    let sql = Sql::open_postgres(options).await?;
    let of = "SELECT CAST(CASE WHEN ssl THEN 1 ELSE 0 END AS BIGINT) FROM pg_stat_ssl \
              WHERE pid = pg_backend_pid()";
    let answer = sql.read(Statement::new(of, vec![])).await?;
    let encrypted = answer.one()?.int(0)? == 1;
    // More than one record each way.
    let long = Statement::new("SELECT repeat('x', 300000)", vec![]);
    assert_eq!(sql.read(long).await?.one()?.text(0)?.len(), 300_000);
    sql.close().await;
    Ok(encrypted)
}

/// All that an error says, and what caused it.
fn reasons(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn modes_mean_what_they_mean_to_libpq() {
    let Some((url, certificate)) = server() else { return };
    for (query, expected) in [
        ("", true),
        ("?sslmode=disable", false),
        ("?sslmode=prefer", true),
        ("?sslmode=require", true),
        (&format!("?sslmode=verify-ca&sslrootcert={certificate}"), true),
        (&format!("?sslmode=verify-full&sslrootcert={certificate}"), true),
    ] {
        let found = encrypted(format!("{url}{query}")).await;
        assert_eq!(found.map_err(|e| reasons(&e)), Ok(expected), "{query}");
    }
}

#[tokio::test]
async fn another_certificate_is_refused() {
    let Some((url, certificate)) = server() else { return };
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.crt");
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&other, made.cert.pem()).unwrap();
    let other = other.display();
    for query in [
        format!("?sslmode=require&sslrootcert={other}"),
        format!("?sslmode=verify-ca&sslrootcert={other}"),
        format!("?sslmode=verify-full&sslrootcert={other}"),
        // No authority of this machine signed it.
        "?sslmode=verify-full&sslrootcert=system".to_owned(),
    ] {
        let refused = encrypted(format!("{url}{query}")).await.unwrap_err();
        let why = reasons(&refused);
        assert!(why.contains("certificate") || why.contains("sslrootcert"), "{query}: {why}");
    }
    // The right one under another name.
    let named = url.replace("127.0.0.1", "localhost");
    let query = format!("sslmode=verify-full&sslrootcert={certificate}");
    let refused = encrypted(format!("{named}?{query}")).await.unwrap_err();
    assert!(reasons(&refused).contains("not valid for name"), "{}", reasons(&refused));
    let query = format!("sslmode=verify-ca&sslrootcert={certificate}");
    assert_eq!(encrypted(format!("{named}?{query}")).await.map_err(|e| reasons(&e)), Ok(true));
}

#[tokio::test]
async fn what_cannot_be_checked_is_not_tried() {
    let missing = Path::new("/nowhere/root.crt").display();
    for query in [
        format!("sslmode=verify-full&sslrootcert={missing}"),
        "sslmode=verify-ca".to_owned(),
        "sslmode=verify-ca&sslrootcert=system".to_owned(),
        "sslmode=allow".to_owned(),
    ] {
        let url = format!("postgres://allmende@192.0.2.1/allmende?{query}");
        let refused = Sql::open_postgres(PostgresOptions::new(url)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{query}: {refused}");
    }
}
