//! The service.

use std::{fmt, sync::Arc};

use allmende_sql::{Batch, Outcome, Sql, Statement};

use crate::{
    Act, Entropy, Result, SystemEntropy, activity::Activity, cache::Cache, password::Hasher,
    throttle::Throttle,
};

/// How an [`Accounts`] works.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountsOptions {
    /// Memory for hashing one password, in KiB.
    pub hash_memory_kib: u32,
    /// Passes over that memory.
    pub hash_passes: u32,
    /// Passwords that are hashed at once. Others wait; so this bounds memory and load.
    pub hashes_at_once: usize,
    /// Characters that a new password must have.
    pub password_min_chars: usize,
    /// Seconds for which an answer is given from memory without a look at the database.
    /// Changes made through this handle take effect at once; those of another process
    /// within one second more than this.
    pub trust_seconds: i64,
    /// Seconds for which a password that was checked by the slow hash need not be checked
    /// by it again. Whether it has been changed is looked up nevertheless.
    pub proof_seconds: i64,
    /// Seconds without a request after which a browser has to log in again.
    pub session_idle_seconds: i64,
    /// The same for a browser that is to be remembered.
    pub remembered_idle_seconds: i64,
    /// Seconds after which a browser has to log in again in any case.
    pub session_max_seconds: i64,
}

impl Default for AccountsOptions {
    /// 19 MiB and two passes for a password, as OWASP's cheat sheet advises for Argon2id.
    fn default() -> Self {
        Self {
            hash_memory_kib: 19 * 1024,
            hash_passes: 2,
            hashes_at_once: 2,
            password_min_chars: 8,
            trust_seconds: 1,
            proof_seconds: 300,
            session_idle_seconds: 24 * 3600,
            remembered_idle_seconds: 15 * 24 * 3600,
            session_max_seconds: 30 * 24 * 3600,
        }
    }
}

/// People, groups, and how they prove who they are. Clones share everything.
///
/// The database must have the tables of [`SCHEMA`](crate::SCHEMA) and those of
/// [`allmende_events::MIGRATIONS`]: what changes people, groups or credentials is an event of
/// the stream `accounts`, in the transaction of the change. Points in time come
/// from the caller, as `now`.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
    pub(crate) act: Option<Arc<Act>>,
}

pub(crate) struct Inner {
    pub(crate) sql: Sql,
    pub(crate) options: AccountsOptions,
    pub(crate) entropy: Box<dyn Entropy>,
    pub(crate) hasher: Hasher,
    /// Failed logins.
    pub(crate) throttle: Throttle,
    /// Failed attempts at anything else: who guesses links keeps no neighbour from logging in.
    pub(crate) attempts: Throttle,
    pub(crate) cache: Cache,
    pub(crate) activity: Activity,
}

impl Accounts {
    /// The accounts in a database.
    ///
    /// # Errors
    /// When the options for hashing are out of bounds, or there is no randomness.
    pub fn new(sql: Sql, options: AccountsOptions) -> Result<Self> {
        Self::with_entropy(sql, options, SystemEntropy)
    }

    /// The same with another source of randomness.
    ///
    /// # Errors
    /// As [`Accounts::new`].
    pub fn with_entropy(sql: Sql, options: AccountsOptions, entropy: impl Entropy) -> Result<Self> {
        let inner = Inner {
            sql,
            hasher: Hasher::new(&options)?,
            throttle: Throttle::default(),
            attempts: Throttle::default(),
            cache: Cache::new(&options, &entropy)?,
            activity: Activity::default(),
            options,
            entropy: Box::new(entropy),
        };
        Ok(Self { inner: Arc::new(inner), act: None })
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    pub(crate) fn sql(&self) -> &Sql {
        &self.inner.sql
    }

    /// Writes what changes people, groups or memberships, and counts it.
    pub(crate) async fn write_people(
        &self,
        mut batch: Batch,
    ) -> Result<Vec<Outcome>, allmende_sql::Error> {
        // Last, so that the places of the other statements stay what they were.
        batch.push(Statement::new("UPDATE account_changes SET n = n + 1", vec![]));
        self.write(batch).await
    }

    /// Writes, and makes the memory of who is who void.
    pub(crate) async fn write(&self, batch: Batch) -> Result<Vec<Outcome>, allmende_sql::Error> {
        // Also when the caller gives up: the batch may happen all the same.
        let _renew = self.inner.cache.renew_when_dropped();
        self.inner.sql.write(batch).await
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").field("sql", &self.inner.sql).finish_non_exhaustive()
    }
}
