//! A read transaction that stays open.

use tokio::sync::Mutex;

use super::{connection::Connection, pool::Pool};
use crate::{Result, Rows, Statement};

#[derive(Debug)]
pub(crate) struct Snapshot(Mutex<Connection>);

impl Snapshot {
    /// On a connection beside those of the pool, which others wait for.
    pub(super) async fn open(pool: &Pool) -> Result<Self> {
        let mut connection = pool.connect().await?;
        connection.begin_snapshot().await?;
        Ok(Self(Mutex::new(connection)))
    }

    pub(crate) async fn read(&self, statement: Statement) -> Result<Rows> {
        Ok(self.0.lock().await.run(&statement).await?.rows)
    }
}
