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

impl SqlTree {
    /// Begins a new epoch: to be called once on a database that was restored or copied,
    /// before anybody writes to it. Every etag becomes another one, none that was ever given
    /// is given again, and neither is an id. Locks and pins, whose holders know of another
    /// state, end.
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
        let spaces = "UPDATE spaces SET epoch = (SELECT value FROM numbers WHERE name = $1)";
        batch.push(Statement::new(spaces, params![EPOCH]));
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
