//! Fresh databases for tests (feature `testing`).
//!
//! [`every_engine!`](crate::every_engine) makes a test for each engine out of one body:
//!
//! ```
//! use allmende_sql::{Sql, Statement, every_engine};
//!
//! every_engine! {
//!     async fn one_is_one(sql: Sql) {
//!         let rows = sql.read(Statement::new("SELECT 1", vec![])).await.unwrap();
//!         assert_eq!(rows.one().unwrap().int(0).unwrap(), 1);
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! PostgreSQL is found through `ALLMENDE_TEST_POSTGRES`: the URL of a server on which the
//! user may make databases. Without it those tests pass, and say on stderr that they did
//! not run; with `ALLMENDE_REQUIRE_POSTGRES=1` they fail.

// A fixture that cannot be made has no other way out than a panic.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
    time::SystemTime,
};

use crate::{Engine, PostgresOptions, Sql, SqliteOptions};

/// The server's URL.
const SERVER: &str = "ALLMENDE_TEST_POSTGRES";
/// Whether a missing server is a failure.
const REQUIRED: &str = "ALLMENDE_REQUIRE_POSTGRES";

/// A database that disappears with the value.
#[derive(Debug)]
pub struct Fixture {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Sqlite(tempfile::TempDir),
    Postgres { server: String, database: String },
}

impl Fixture {
    /// An empty database, or none if the engine is not there and need not be.
    ///
    /// # Panics
    /// If it cannot be made, or is required and not there.
    pub async fn new(engine: Engine) -> Option<Self> {
        let place = match engine {
            Engine::Sqlite => Place::Sqlite(tempfile::tempdir().expect("a temporary folder")),
            Engine::Postgres => {
                let server = server()?;
                let database = fresh_name();
                let create =
                    format!("CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8'");
                administer(&server, &create).await;
                Place::Postgres { server, database }
            }
        };
        Some(Self { place })
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.place {
            Place::Sqlite(_) => Engine::Sqlite,
            Place::Postgres { .. } => Engine::Postgres,
        }
    }

    /// The URL of a database of PostgreSQL, for who opens it by itself.
    ///
    /// # Panics
    /// On SQLite.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.place {
            Place::Sqlite(_) => panic!("a file has no URL"),
            Place::Postgres { server, database } => with_database(server, database),
        }
    }

    /// Opens the database; each call is like another process of the same installation.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub async fn open(&self) -> Sql {
        let opened = match &self.place {
            Place::Sqlite(folder) => {
                Sql::open_sqlite(SqliteOptions::new(folder.path().join("test.db"))).await
            }
            Place::Postgres { server, database } => {
                let mut options = PostgresOptions::new(with_database(server, database));
                options.connections = 8;
                Sql::open_postgres(options).await
            }
        };
        opened.expect("the test's database opens")
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let Place::Postgres { server, database } = &self.place else { return };
        let (server, drop) = (server.clone(), format!("DROP DATABASE {database} WITH (FORCE)"));
        // A thread, because this one may be inside of a runtime.
        let worker = std::thread::spawn(move || block_on(administer(&server, &drop)));
        if worker.join().is_err() {
            eprintln!("the test database {database} could not be removed");
        }
    }
}

/// A fresh database of every engine that is there.
///
/// # Panics
/// As [`Fixture::new`].
pub async fn engines() -> Vec<Fixture> {
    let mut all = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        all.extend(Fixture::new(engine).await);
    }
    all
}

/// Runs a test's body on one engine, in a runtime of two threads.
///
/// # Panics
/// As [`Fixture::new`], and if the body does.
pub fn run<F: Future<Output = ()>>(engine: Engine, body: impl FnOnce(Sql) -> F) {
    block_on(async {
        if let Some(fixture) = Fixture::new(engine).await {
            body(fixture.open().await).await;
        }
    });
}

/// The same for a body that opens the database itself, perhaps more than once.
///
/// # Panics
/// As [`run`].
pub fn run_with<F: Future<Output = ()>>(engine: Engine, body: impl FnOnce(Fixture) -> F) {
    block_on(async {
        if let Some(fixture) = Fixture::new(engine).await {
            body(fixture).await;
        }
    });
}

/// Makes of each `async fn name(sql: Sql)` a module `name` with the tests `sqlite` and
/// `postgres`. With `(fixture: Fixture)` the body opens the database itself.
#[macro_export]
macro_rules! every_engine {
    ($($(#[$meta:meta])* async fn $name:ident($arg:ident: $kind:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($arg: $crate::every_engine!(@type $kind)) $body

            $(#[$meta])*
            #[test]
            fn sqlite() {
                $crate::every_engine!(@run $kind)($crate::Engine::Sqlite, body);
            }

            $(#[$meta])*
            #[test]
            fn postgres() {
                $crate::every_engine!(@run $kind)($crate::Engine::Postgres, body);
            }
        }
    )*};
    (@type Sql) => { $crate::Sql };
    (@type Fixture) => { $crate::testing::Fixture };
    (@run Sql) => { $crate::testing::run };
    (@run Fixture) => { $crate::testing::run_with };
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

fn server() -> Option<String> {
    if let Some(server) = env::var(SERVER).ok().filter(|server| !server.is_empty()) {
        return Some(server);
    }
    let required = env::var(REQUIRED).is_ok_and(|value| value == "1");
    assert!(!required, "{SERVER} is not set, and {REQUIRED}=1 demands PostgreSQL");
    eprintln!("NOT TESTED on PostgreSQL: {SERVER} is not set");
    None
}

fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    format!("allmende_test_{}_{}_{count}", std::process::id(), now.as_nanos())
}

/// The server's URL with another database, in either of its two forms.
fn with_database(server: &str, database: &str) -> String {
    if !server.contains("://") {
        return format!("{server} dbname={database}");
    }
    let (address, query) = server.split_once('?').map_or((server, None), |(a, q)| (a, Some(q)));
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find('/').map_or(address.len(), |at| host + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{database}{query}", &address[..end])
}

async fn administer(server: &str, sql: &str) {
    let (client, driver) = tokio_postgres::connect(server, tokio_postgres::NoTls)
        .await
        .unwrap_or_else(|e| panic!("{SERVER} does not lead to a server: {e}"));
    let driver = tokio::spawn(driver);
    client.batch_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    drop(client);
    driver.await.expect("the driver does not panic").expect("the connection ends well");
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_is_replaced() {
        for (server, expected) in [
            ("postgres://u:p@h:1/old?x=y", "postgres://u:p@h:1/new?x=y"),
            ("postgres://u@h", "postgres://u@h/new"),
            ("host=/tmp user=u", "host=/tmp user=u dbname=new"),
        ] {
            assert_eq!(with_database(server, "new"), expected);
        }
    }
}
