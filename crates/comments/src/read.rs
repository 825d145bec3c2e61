//! What people have read.

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{NodeId, Timestamp, UserId};

use crate::{Caller, Comments, Result};

/// Up to where somebody has read the comments of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReadUpTo {
    /// All that there are now.
    #[default]
    Now,
    /// Those that were written at this time or before.
    Time(Timestamp),
}

impl Comments {
    /// Notes what the caller has read of a node. It may also be less than before.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn mark_read(&self, caller: Caller<'_>, node: NodeId, up_to: ReadUpTo) -> Result<()> {
        const MARK: &str = "INSERT INTO comment_reads (node, person, upto, at) \
             VALUES ($1, $2, (SELECT COALESCE(max(seq), 0) FROM comments \
             WHERE node = $1 AND created <= $3), $4) \
             ON CONFLICT (node, person) DO UPDATE SET upto = excluded.upto, at = excluded.at";
        let (until, at) = match up_to {
            ReadUpTo::Now => (Timestamp::from_unix(i64::MAX), caller.now),
            ReadUpTo::Time(time) => (time, time),
        };
        let values = params![node.0, caller.person.key(), until.unix(), at.unix()];
        self.sql.write(Batch::one(Statement::new(MARK, values), Expect::ONE)).await?;
        Ok(())
    }

    /// Up to which time a person has read the comments of a node; none if they never said.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn read_mark(&self, reader: &UserId, node: NodeId) -> Result<Option<Timestamp>> {
        let find = "SELECT at FROM comment_reads WHERE node = $1 AND person = $2";
        let find = Statement::new(find, params![node.0, reader.key()]).point();
        let rows = self.sql.read(find).await?;
        rows.first().map(|row| Ok(Timestamp::from_unix(row.int(0)?))).transpose()
    }
}
