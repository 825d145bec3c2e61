//! Numbers for comments that are about to be written.

use std::ops::Range;

use allmende_sql::{Batch, Expect, Sql, Statement, params};
use tokio::sync::Mutex;

use crate::{CommentId, Result};

/// How many are taken from the database at once.
const BLOCK: i64 = 16;

/// Numbers that were taken and not yet given. What a process does not use is never given.
#[derive(Debug)]
pub(crate) struct Ids(Mutex<Range<i64>>);

impl Ids {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(0..0))
    }

    pub(crate) async fn next(&self, sql: &Sql) -> Result<CommentId> {
        let mut ids = self.0.lock().await;
        if let Some(id) = ids.next() {
            return Ok(CommentId(id));
        }
        let take = "UPDATE comment_ids SET value = value + $1 WHERE name = 'next' RETURNING value";
        let batch = Batch::one(Statement::new(take, params![BLOCK]), Expect::ONE);
        let end = sql.write(batch).await?[0].rows.one()?.int(0)?;
        *ids = end - BLOCK + 1..end;
        Ok(CommentId(end - BLOCK))
    }
}
