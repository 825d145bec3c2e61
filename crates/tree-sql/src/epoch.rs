//! A new epoch, for a database that goes on from an earlier state.

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_storage::Result;
use allmende_types::{Epoch, Timestamp};

use crate::{
    SqlTree,
    error::Context,
    ids::random,
    schema::{EPOCH, NEXT_ID},
};

/// Ids are passed over that may have been given since the state that came back. Clients
/// know files by their ids, and would take a new file for one that they have.
const SKIP: i64 = 1 << 28;

// Epochs are seconds, and no space has so many commits in one.
const REVISIONS: &str = "UPDATE spaces SET revision = CASE WHEN revision < \
     (SELECT value FROM numbers WHERE name = $1) * 16777216 \
     THEN (SELECT value FROM numbers WHERE name = $1) * 16777216 ELSE revision + 16777216 END";

impl SqlTree {
    /// Begins a new epoch: to be called once on a database that was restored or copied,
    /// before anybody writes to it.
    ///
    /// What has not changed keeps its etag: it is what clients know by it. Whatever is
    /// written from now on gets a revision beyond all that were given since the state that
    /// came back, so that no etag ever names two contents; ids are not repeated either. The
    /// feeds of changes begin anew, since their readers may have seen what is gone. Locks
    /// and pins, whose holders know of another state, end.
    ///
    /// The epoch is the time, so that two restores of one backup have different ones.
    ///
    /// # Errors
    /// Those of a write.
    pub async fn begin_epoch(&self, now: Timestamp) -> Result<Epoch> {
        let mut batch = Batch::new();
        let raise = "UPDATE numbers SET value = CASE WHEN value < $2 THEN $2 ELSE value + 1 END \
             WHERE name = $1 RETURNING value";
        let raised = Statement::new(raise, params![EPOCH, now.unix()]);
        let raised = batch.expect(raised, Expect::ONE);
        batch.push(Statement::new(REVISIONS, params![EPOCH]));
        batch.push(Statement::new("UPDATE spaces SET feed_start = revision", params![]));
        // Two restores of one backup go on from different ids too.
        let skip = SKIP + i64::from(random()? as u32 >> 2);
        let ids = "UPDATE numbers SET value = value + $2 WHERE name = $1";
        batch.expect(Statement::new(ids, params![NEXT_ID, skip]), Expect::ONE);
        for table in ["locks", "pins"] {
            batch.push(Statement::new(format!("DELETE FROM {table}"), params![]));
        }
        let outcomes = self.sql.write(batch).await.context("begin an epoch")?;
        let epoch = outcomes[raised].rows.one().and_then(|row| row.int(0));
        epoch.map(Epoch).context("begin an epoch")
    }
}
