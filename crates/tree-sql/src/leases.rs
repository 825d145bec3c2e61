//! Leases of blob ids.

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_storage::{BlobLease, Error, ErrorKind, Result};
use allmende_types::Timestamp;

use crate::{
    SqlTree,
    error::{Context, is_stale},
    ids::random,
};

/// The 64 bits of a lease lie in a signed column.
const fn column(lease: u64) -> i64 {
    lease.cast_signed()
}

impl SqlTree {
    pub(crate) async fn lease_blobs(&self, now: Timestamp) -> Result<BlobLease> {
        let insert = "INSERT INTO leases (lease, created) VALUES ($1, $2) \
             ON CONFLICT (lease) DO NOTHING";
        // Two equal draws are all but impossible; three in a row are a broken generator.
        for _ in 0..3 {
            let lease = random()?;
            let insert = Statement::new(insert, params![column(lease), now.unix()]);
            match self.sql.write(Batch::one(insert, Expect::ONE)).await {
                Err(error) if is_stale(&error) => {}
                answer => {
                    answer.context("lease blob ids")?;
                    return Ok(BlobLease { lease, created: now });
                }
            }
        }
        Err(Error::new(ErrorKind::Unavailable, "no fresh blob ids"))
    }

    pub(crate) async fn open_leases(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<BlobLease>> {
        let select = "SELECT lease, created FROM leases WHERE created < $1 \
             ORDER BY created, lease LIMIT $2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.sql.read(Statement::new(select, params![before.unix(), limit])).await;
        let rows = rows.context("read open leases")?;
        let lease = |row: allmende_sql::Row<'_>| {
            let created = Timestamp::from_unix(row.int(1)?);
            Ok(BlobLease { lease: row.int(0)?.cast_unsigned(), created })
        };
        rows.iter().map(lease).collect::<allmende_sql::Result<_>>().context("a row of leases")
    }

    pub(crate) async fn close_lease(&self, lease: BlobLease) -> Result<()> {
        let delete = "DELETE FROM leases WHERE lease = $1";
        let delete = Statement::new(delete, params![column(lease.lease)]);
        let answer = self.sql.write(Batch::one(delete, Expect::Any)).await;
        answer.map(drop).context("close a lease")
    }
}
