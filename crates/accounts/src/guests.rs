//! What crates need that let in others than people with an account, or that keep something
//! for people: hashes of passwords, the brake on guessing, guards for their batches.

use std::{net::IpAddr, time::Duration};

use allmende_sql::{Statement, params};
use allmende_types::{CircleId, GroupId, Timestamp, UserId};

use crate::{Accounts, Result, Secret, password::Verdict};

/// A statement that returns a row if there is such a person, enabled or not: a guard for a
/// batch on the same database.
///
/// ```
/// use allmende_accounts::person_exists;
/// use allmende_sql::{Batch, Expect};
///
/// let mut batch = Batch::new();
/// batch.expect(person_exists(&"Alice".parse()?), Expect::ONE);
/// # Ok::<(), allmende_types::InvalidPrincipal>(())
/// ```
#[must_use]
pub fn person_exists(id: &UserId) -> Statement {
    Statement::new("SELECT key FROM people WHERE key = $1", params![id.key()]).point()
}

/// A statement that returns a row if there is such a group.
#[must_use]
pub fn group_exists(id: &GroupId) -> Statement {
    Statement::new("SELECT id FROM person_groups WHERE id = $1", params![id.as_str()]).point()
}

/// A statement that returns a row if there is such a circle.
#[must_use]
pub fn circle_exists(id: &CircleId) -> Statement {
    Statement::new("SELECT id FROM circles WHERE id = $1", params![id.as_str()]).point()
}

/// A statement that returns one number, which rises with every change of people, groups
/// and memberships by any process. What was derived from them under the same number holds.
#[must_use]
pub fn people_generation() -> Statement {
    Statement::new("SELECT n FROM account_changes", vec![]).point()
}

/// One attempt to prove knowledge of a secret, such as the password of a link.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// Where it comes from.
    pub from: IpAddr,
    /// What it tries to open: a success forgives the failures at this only.
    pub at: &'a str,
}

impl Accounts {
    /// A number that rises with every change through this handle and its clones, at once.
    /// For changes by other processes see [`people_generation`].
    #[must_use]
    pub fn version(&self) -> u64 {
        self.inner().cache.version()
    }

    /// The Argon2id hash of a password that is not a person's. Its length is not looked at:
    /// what it has to be is the matter of the caller's policy.
    ///
    /// # Errors
    /// [`UnfitPassword`](crate::ErrorKind::UnfitPassword) with more than 1,024 bytes,
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn hash_password(&self, password: &str) -> Result<String> {
        self.hash_any_password(password).await
    }

    /// Whether a password is the one of a hash. Without a hash it never is, and that takes
    /// as long to find out. Never more at once than
    /// [`hashes_at_once`](crate::AccountsOptions::hashes_at_once), together with logins.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn verify_password(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        Ok(self.inner().hasher.verify(password, hash).await? != Verdict::Wrong)
    }

    /// A secret that nobody can guess, of so many letters and digits.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) without randomness.
    pub fn new_secret(&self, length: usize) -> Result<Secret> {
        Secret::random(&*self.inner().entropy, length)
    }

    /// How long the network has to wait, if attempts from it are not looked at: after more
    /// than ten failures in half an hour. Failed logins count for themselves: many people
    /// share one address, and one who guesses links must not lock out the others.
    #[must_use]
    pub fn attempts_blocked(&self, from: IpAddr, now: Timestamp) -> Option<Duration> {
        self.inner().attempts.blocked(from, now)
    }

    /// Notes a failed attempt; says how long its answer is to be held back.
    pub fn attempt_failed(&self, attempt: Attempt<'_>, now: Timestamp) -> Duration {
        self.inner().attempts.fail(attempt.from, attempt.at, now)
    }

    /// Forgives the failures at what has been opened now.
    pub fn attempt_succeeded(&self, attempt: Attempt<'_>) {
        self.inner().attempts.succeed(attempt.from, attempt.at);
    }
}
