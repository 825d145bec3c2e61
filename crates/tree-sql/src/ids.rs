//! Fresh ids.

use std::ops::Range;

use allmende_sql::{Batch, Expect, Sql, Statement, params};
use allmende_storage::{Error, ErrorKind, Result};
use allmende_types::BlobId;
use tokio::sync::Mutex;

use crate::{error::Context, schema::NEXT_ID};

/// How many ids are taken from the database at once. What is left of them when the process
/// ends is never used.
const BLOCK: i64 = 256;

const TAKE: &str = "UPDATE numbers SET value = value + $1 WHERE name = $2 RETURNING value";

/// Hands out ids of nodes and spaces, each once, whatever the number of processes.
#[derive(Debug)]
pub(crate) struct Ids {
    sql: Sql,
    block: Mutex<Range<i64>>,
}

impl Ids {
    pub(crate) fn new(sql: Sql) -> Self {
        Self { sql, block: Mutex::new(0..0) }
    }

    /// As many fresh ids as asked for.
    pub(crate) async fn take(&self, count: usize) -> Result<Vec<i64>> {
        let mut block = self.block.lock().await;
        let mut ids: Vec<i64> = block.by_ref().take(count).collect();
        let missing = count - ids.len();
        if missing > 0 {
            let missing = i64::try_from(missing).unwrap_or(i64::MAX - BLOCK);
            let (size, take) = (missing + BLOCK, TAKE);
            let batch = Batch::one(Statement::new(take, params![size, NEXT_ID]), Expect::ONE);
            let outcomes = self.sql.write(batch).await.context("take ids")?;
            let end = outcomes[0].rows.one().and_then(|row| row.int(0)).context("take ids")?;
            *block = end - size..end;
            ids.extend(block.by_ref().take(count - ids.len()));
        }
        Ok(ids)
    }
}

/// Random bits.
pub(crate) fn random() -> Result<u64> {
    getrandom::u64().map_err(|error| {
        Error::new(ErrorKind::Unavailable, "random bytes").with_source(error.to_string())
    })
}

/// An id for a content of several segments. Nothing is ever written under it, so it needs
/// no lease that the collector would look through.
pub(crate) fn content_id() -> Result<BlobId> {
    Ok(BlobId::new(random()?, random()?))
}
