//! A read transaction that stays open.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    SqliteOptions,
    connection::{Connection, Role},
};
use crate::{Error, ErrorKind, Result, Rows, Statement, params};

#[derive(Debug)]
pub(crate) struct Snapshot(Arc<Mutex<Connection>>);

impl Snapshot {
    pub(super) async fn open(options: SqliteOptions) -> Result<Self> {
        blocking(move || {
            let mut connection = Connection::open(&options, Role::Reader)?;
            connection.control("BEGIN")?;
            // A transaction begins with its first read.
            connection.run(&Statement::new("SELECT count(*) FROM sqlite_schema", params![]))?;
            Ok(Self(Arc::new(Mutex::new(connection))))
        })
        .await
    }

    pub(crate) async fn read(&self, statement: Statement) -> Result<Rows> {
        let connection = Arc::clone(&self.0);
        blocking(move || {
            // Reading changes nothing, so a panic elsewhere leaves it sound.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(connection.run(&statement)?.rows)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|failed| {
        Err(Error::new(ErrorKind::Unavailable, "reading a snapshot").with_source(failed))
    })
}
