//! How a process learns that what it remembers is out of date.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use allmende_accounts::{Accounts, people_generation};
use allmende_sql::{Sql, Statement};

use crate::{Result, schema};

/// For how long the counters in the database are taken to be what they were.
pub(crate) const TRUST: Duration = Duration::from_secs(2);

/// The state of shares, team folders, configuration, people and groups as one number: what
/// was derived under the same number still holds.
///
/// Changes through this process's handles count at once; those of other processes when
/// the counters in the database are looked at again, at most [`TRUST`] later.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    local: AtomicU64,
    seen: Mutex<Option<Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Instant,
    local: (u64, u64),
    stored: (i64, i64),
    number: u64,
}

impl Changes {
    /// The statement that counts a change; part of every batch that changes something.
    pub(crate) fn count() -> Statement {
        Statement::new(schema::COUNT_CHANGE, vec![])
    }

    /// Makes void what this process remembers when the value is dropped: also when the
    /// caller gives up waiting, for the batch may happen all the same.
    pub(crate) fn renew_when_dropped(&self) -> impl Drop + '_ {
        struct Renew<'a>(&'a AtomicU64);
        impl Drop for Renew<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Release);
            }
        }
        Renew(&self.local)
    }

    /// The number of the present state.
    pub(crate) async fn number(&self, sql: &Sql, accounts: &Accounts) -> Result<u64> {
        let local = (self.local.load(Ordering::Acquire), accounts.version());
        let seen = *self.seen();
        if let Some(seen) = seen
            && seen.local == local
            && seen.at.elapsed() < TRUST
        {
            return Ok(seen.number);
        }
        let at = Instant::now();
        let read = Statement::new(schema::READ_CHANGES, vec![]).point();
        let rows = sql.read_all(vec![read, people_generation()]).await?;
        let stored = (rows[0].one()?.int(0)?, rows[1].one()?.int(0)?);
        let mut slot = self.seen();
        let number = match *slot {
            Some(seen) if seen.local == local && seen.stored == stored => seen.number,
            Some(seen) => seen.number + 1,
            None => 1,
        };
        *slot = Some(Seen { at, local, stored, number });
        Ok(number)
    }

    /// Replaced as a whole, so a panic elsewhere leaves it sound.
    fn seen(&self) -> std::sync::MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
