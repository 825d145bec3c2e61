//! Pins: who copies contents for long, and must not have them deleted meanwhile.

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_storage::{Error, ErrorKind, Result};
use allmende_types::Timestamp;

use crate::{
    SqlTree,
    error::{Context, is_stale},
    ids::random,
};

/// Holds back the collector; see [`SqlTree::pin`].
#[derive(Debug)]
pub struct Pin {
    id: i64,
}

/// The clocks of two machines may differ by as much.
const CLOCKS: i64 = 300;

impl SqlTree {
    /// From now on, [`purge`](allmende_storage::Tree::purge) hands out no blob that lost its
    /// last reference after this moment, in whatever process it runs. So every content of a
    /// [snapshot](allmende_sql::Sql::snapshot) that is taken behind a pin stays readable.
    ///
    /// A pin ends with [`SqlTree::unpin`]. One whose holder died ends by itself, when `purge`
    /// is asked for what is older than `until`.
    ///
    /// # Errors
    /// Those of a write.
    pub async fn pin(&self, now: Timestamp, until: Timestamp) -> Result<Pin> {
        // Positive, and all but certainly unique.
        let id = (random()? >> 1).cast_signed();
        let insert = "INSERT INTO pins (id, created, until) VALUES ($1, $2, $3)";
        let values = params![id, now.plus_seconds(-CLOCKS).unix(), until.unix()];
        let insert = Statement::new(insert, values);
        self.sql.write(Batch::one(insert, Expect::ONE)).await.context("pin the contents")?;
        Ok(Pin { id })
    }

    /// Makes a pin last longer.
    ///
    /// # Errors
    /// [`Changed`](ErrorKind::Changed) when it had ended: contents may be gone.
    pub async fn renew_pin(&self, pin: &Pin, until: Timestamp) -> Result<()> {
        let update = "UPDATE pins SET until = $2 WHERE id = $1 AND until <= $2";
        let update = Statement::new(update, params![pin.id, until.unix()]);
        match self.sql.write(Batch::one(update, Expect::ONE)).await {
            Err(error) if is_stale(&error) => {
                Err(Error::new(ErrorKind::Changed, "a pin of the contents has ended"))
            }
            answer => answer.map(drop).context("renew a pin"),
        }
    }

    /// Ends a pin.
    ///
    /// # Errors
    /// Those of a write.
    pub async fn unpin(&self, pin: Pin) -> Result<()> {
        let delete = Statement::new("DELETE FROM pins WHERE id = $1", params![pin.id]);
        self.sql.write(Batch::one(delete, Expect::Any)).await.map(drop).context("end a pin")
    }

    /// Forgets pins that have ended, and says from when on nothing may be handed out.
    pub(crate) async fn unpinned(&self, before: Timestamp) -> Result<Timestamp> {
        let select = "SELECT min(created), min(until) FROM pins";
        let rows = self.sql.read(Statement::new(select, params![]).point()).await;
        let rows = rows.context("read the pins")?;
        let read = || rows.one().and_then(|row| Ok((row.opt_int(0)?, row.opt_int(1)?)));
        let (oldest, ends) = read().context("a row of pins")?;
        if ends.is_some_and(|ends| ends < before.unix()) {
            let delete = "DELETE FROM pins WHERE until < $1";
            let delete = Statement::new(delete, params![before.unix()]);
            self.sql.write(Batch::one(delete, Expect::Any)).await.context("forget old pins")?;
            return Box::pin(self.unpinned(before)).await;
        }
        Ok(oldest.map_or(before, |oldest| before.min(Timestamp::from_unix(oldest))))
    }
}
