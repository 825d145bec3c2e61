//! When something was last used: noted in memory, written now and then.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use allmende_sql::{Batch, Statement, params};
use allmende_types::{Timestamp, UserId};

use crate::{Accounts, AppPasswordId, Person, Result, SessionId};

/// Seconds by which a stored time of use may be late.
const USE_GRAIN: i64 = 5 * 60;
/// Seconds by which a stored time of login may be late.
const LOGIN_GRAIN: i64 = 3600;

#[derive(Debug, Default)]
pub(crate) struct Activity(Mutex<Pending>);

#[derive(Debug, Default)]
struct Pending {
    app_passwords: HashMap<AppPasswordId, Timestamp>,
    sessions: HashMap<SessionId, Timestamp>,
    logins: HashMap<String, Timestamp>,
}

impl Activity {
    pub(crate) fn app_password(&self, id: AppPasswordId, stored: i64, now: Timestamp) {
        if now.unix().saturating_sub(stored) >= USE_GRAIN {
            self.pending().app_passwords.insert(id, now);
        }
    }

    pub(crate) fn session(&self, id: SessionId, stored: i64, now: Timestamp) {
        if now.unix().saturating_sub(stored) >= USE_GRAIN {
            self.pending().sessions.insert(id, now);
        }
    }

    pub(crate) fn login(&self, person: &Person, now: Timestamp) {
        let stored = person.last_login.map_or(i64::MIN, Timestamp::unix);
        if now.unix().saturating_sub(stored) >= LOGIN_GRAIN {
            self.pending().logins.insert(person.id.key(), now);
        }
    }

    fn noted_login(&self, id: &UserId) -> Option<Timestamp> {
        self.pending().logins.get(&id.key()).copied()
    }

    /// Entries are put in and taken out whole, so a panic elsewhere leaves the maps sound.
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    /// A login that was noted and is not written yet, for who shows a person: somebody who
    /// just signed in has a time of login.
    #[must_use]
    pub fn noted_login(&self, id: &UserId) -> Option<Timestamp> {
        self.inner().activity.noted_login(id)
    }

    /// Writes what was noted of logins and uses, in one batch; says how many rows it is.
    /// To be called every minute or so, and before the server ends. What is noted and not
    /// written is lost in a crash, which makes times of use a little older.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn write_activity(&self) -> Result<usize> {
        let pending = std::mem::take(&mut *self.inner().activity.pending());
        let mut batch = Batch::new();
        for (id, at) in pending.app_passwords {
            let set =
                "UPDATE app_passwords SET last_activity = $2 WHERE id = $1 AND last_activity < $2";
            batch.push(Statement::new(set, params![id.0, at.unix()]));
        }
        for (id, at) in pending.sessions {
            let set =
                "UPDATE browser_sessions SET last_seen = $2 WHERE hash = $1 AND last_seen < $2";
            batch.push(Statement::new(set, params![id.0, at.unix()]));
        }
        for (person, at) in pending.logins {
            let set = "UPDATE people SET last_login = $2, first_login = COALESCE(first_login, $2) \
                       WHERE key = $1 AND (last_login IS NULL OR last_login < $2)";
            batch.push(Statement::new(set, params![person, at.unix()]));
        }
        let rows = batch.len();
        // Times of use decide nothing: what is remembered stays valid.
        self.sql().write(batch).await?;
        Ok(rows)
    }

    /// Removes login flows, sessions and app passwords that are over. They open nothing
    /// any more in any case; this gives their room back. For a job, every hour or so.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn remove_expired(&self, now: Timestamp) -> Result<u64> {
        let over = [
            "DELETE FROM login_flows WHERE expires <= $1",
            "DELETE FROM password_links WHERE expires <= $1",
            "DELETE FROM browser_sessions WHERE expires <= $1 OR last_seen + idle <= $1",
            "DELETE FROM oauth_grants WHERE expires <= $1",
            // Not those that can be refreshed: a person finds the program by them.
            "DELETE FROM app_passwords WHERE expires <= $1 AND wipe = 0 AND NOT EXISTS \
             (SELECT 1 FROM oauth_grants g WHERE g.app_password = app_passwords.id)",
        ];
        let batch = over.into_iter().map(|sql| Statement::new(sql, params![now.unix()])).collect();
        let outcomes = self.sql().write(batch).await?;
        Ok(outcomes.iter().map(|outcome| outcome.affected).sum())
    }
}
