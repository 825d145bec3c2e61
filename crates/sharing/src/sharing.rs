//! The service.

use std::{fmt, ops::Range, sync::Arc};

use allmende_accounts::Accounts;
use allmende_files::{Clock, SystemClock};
use allmende_sql::{Batch, Expect, Outcome, Sql, Statement, params};
use allmende_storage::Tree;
use allmende_types::{Timestamp, UserId};
use tokio::sync::Mutex;

use crate::{
    Error, ErrorKind, LinkKey, Result, ShareId, SystemConfig, changes::Changes, config,
    mounts::MountCache, spaces::Spaces,
};

/// How a [`Sharing`] works.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SharingOptions {
    /// The key that tokens of links are kept under.
    pub key: LinkKey,
    /// What an operator chose outside of the database.
    pub system: SystemConfig,
    /// The address of the installation, without a slash at its end, for links in mails.
    pub url: String,
    /// Whether anybody hands mails over; without that none is put into the outbox, where
    /// it would wait for ever.
    pub mails: Mails,
    /// Tells the time where no caller does: when mounts are asked for.
    pub clock: Arc<dyn Clock>,
}

/// Whether mails are handed over to a mail server, by [`Sharing::send_mails`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mails {
    /// They are.
    #[default]
    Sent,
    /// There is no mail server.
    Off,
}

impl SharingOptions {
    /// The original's defaults, with a key and an address.
    #[must_use]
    pub fn new(key: LinkKey, url: impl Into<String>) -> Self {
        let url: String = url.into();
        let url = url.trim_end_matches('/').to_owned();
        Self {
            key,
            url,
            system: SystemConfig::default(),
            mails: Mails::default(),
            clock: Arc::new(SystemClock),
        }
    }
}

/// Who acts, and when.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The person.
    pub person: &'a UserId,
    /// The time.
    pub now: Timestamp,
}

/// Shares, links, team folders and configuration. Clones share everything.
///
/// The database holds the tables of [`SCHEMA`](crate::SCHEMA) beside those of the accounts.
/// Every act is one batch: all of it happens, with its events and mails, or nothing.
#[derive(Clone)]
pub struct Sharing {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) sql: Sql,
    pub(crate) accounts: Accounts,
    pub(crate) tree: Arc<dyn Tree>,
    pub(crate) options: SharingOptions,
    pub(crate) changes: Changes,
    pub(crate) config: config::Cached,
    pub(crate) mounts: MountCache,
    pub(crate) spaces: Spaces,
    ids: Mutex<Range<i64>>,
}

/// How many ids of shares are taken from the database at once.
const BLOCK: i64 = 64;

impl Sharing {
    /// The shares of an installation. `sql` is the database of `accounts`.
    #[must_use]
    pub fn new(sql: Sql, accounts: Accounts, tree: Arc<dyn Tree>, options: SharingOptions) -> Self {
        let inner = Inner {
            sql,
            accounts,
            tree,
            options,
            changes: Changes::default(),
            config: config::Cached::default(),
            mounts: MountCache::default(),
            spaces: Spaces::default(),
            ids: Mutex::new(0..0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The options.
    #[must_use]
    pub fn options(&self) -> &SharingOptions {
        &self.inner.options
    }

    /// The accounts behind it.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    pub(crate) fn sql(&self) -> &Sql {
        &self.inner.sql
    }

    pub(crate) fn tree(&self) -> &dyn Tree {
        &*self.inner.tree
    }

    /// A number for the present state; see [`Changes`].
    pub(crate) async fn state(&self) -> Result<u64> {
        self.inner.changes.number(self.sql(), self.accounts()).await
    }

    /// Writes what changes who sees what, and counts it.
    pub(crate) async fn write(&self, batch: Batch) -> Result<Vec<Outcome>> {
        self.write_meaning(batch, Vec::new()).await
    }

    /// The same, with what broken expectations of some statements mean.
    pub(crate) async fn write_meaning(
        &self,
        mut batch: Batch,
        meanings: Vec<(usize, ErrorKind)>,
    ) -> Result<Vec<Outcome>> {
        let _renew = self.inner.changes.renew_when_dropped();
        // Last, so that the places of the other statements stay what they were.
        batch.push(Changes::count());
        self.sql().write(batch).await.map_err(|failed| Error::of_batch(failed, meanings))
    }

    /// An id for a share that is about to be made.
    pub(crate) async fn next_id(&self) -> Result<ShareId> {
        let mut ids = self.inner.ids.lock().await;
        if let Some(id) = ids.next() {
            return Ok(ShareId(id));
        }
        let take = "UPDATE sharing_state SET value = value + $1 WHERE name = 'next_share' \
                    RETURNING value";
        let batch = Batch::one(Statement::new(take, params![BLOCK]), Expect::ONE);
        let end = self.sql().write(batch).await?[0].rows.one()?.int(0)?;
        *ids = end - BLOCK + 1..end;
        Ok(ShareId(end - BLOCK))
    }
}

impl fmt::Debug for Sharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sharing").field("sql", &self.inner.sql).finish_non_exhaustive()
    }
}
