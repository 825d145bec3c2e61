//! Browsers that are logged in.

use std::{fmt, net::IpAddr};

use allmende_events::append;
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{EventKind, Principal, Timestamp, UserId};

use crate::{
    Accounts, AuthError, Authenticated, Error, ErrorKind, Method, Result, Secret, act::about,
    entropy::digest,
};

/// Characters of a cookie.
const LENGTH: usize = 64;

/// A session as the database knows it: the hash of the cookie.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub(crate) [u8; 32]);

impl SessionId {
    /// The session that a cookie names, whether it exists or not.
    #[must_use]
    pub fn of_cookie(cookie: &str) -> Self {
        Self(digest(&[b"session", cookie.as_bytes()]))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// How long a session lives without a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SessionKind {
    /// For [`session_idle_seconds`](crate::AccountsOptions::session_idle_seconds).
    #[default]
    Browser,
    /// For [`remembered_idle_seconds`](crate::AccountsOptions::remembered_idle_seconds).
    Remembered,
}

impl Accounts {
    /// A cookie for a browser that is not logged in: enough for
    /// [`request_token`](Accounts::request_token), and nothing is stored. After the login
    /// it must be replaced by that of [`open_session`](Accounts::open_session).
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) without randomness.
    pub fn anonymous_cookie(&self) -> Result<Secret> {
        Secret::random(&*self.inner().entropy, LENGTH)
    }

    /// Opens a session for a person who has just given their password; returns the cookie.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson).
    pub async fn open_session(
        &self,
        person: &UserId,
        kind: SessionKind,
        now: Timestamp,
    ) -> Result<Secret> {
        let options = &self.inner().options;
        let idle = match kind {
            SessionKind::Browser => options.session_idle_seconds,
            SessionKind::Remembered => options.remembered_idle_seconds,
        };
        let cookie = self.anonymous_cookie()?;
        let id = SessionId::of_cookie(cookie.expose());
        let insert = "INSERT INTO browser_sessions \
            (hash, person, generation, created, last_seen, idle, expires, confirmed) \
            VALUES ($1, $2, (SELECT generation FROM people WHERE key = $2), $3, $3, $4, $5, $3)";
        let expires = now.plus_seconds(options.session_max_seconds).unix();
        let row = params![id.0, person.key(), now.unix(), idle, expires];
        let mut batch = Batch::one(Statement::new(insert, row), Expect::ONE);
        let mut event = about(self.event_at(EventKind::LoggedIn, now), person);
        // Nobody is logged in before.
        event.actor = event.actor.or_else(|| Some(Principal::Person(person.clone())));
        append(&mut batch, &event);
        let written = self.write(batch).await;
        written.map_err(|e| Error::of_batch(e, &[(0, ErrorKind::NoSuchPerson)]))?;
        Ok(cookie)
    }

    /// Ends a session; one that is not there is no error.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable): then it is still open.
    pub async fn close_session(&self, id: SessionId) -> Result<()> {
        let delete = Statement::new("DELETE FROM browser_sessions WHERE hash = $1", params![id.0]);
        self.write(Batch::one(delete, Expect::Any)).await?;
        Ok(())
    }

    /// Ends all sessions of a person.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn close_sessions_of(&self, person: &UserId) -> Result<()> {
        let delete = "DELETE FROM browser_sessions WHERE person = $1";
        let delete = Statement::new(delete, params![person.key()]);
        self.write(Batch::one(delete, Expect::Any)).await?;
        Ok(())
    }

    /// Checks the person's password once more and notes the time with their session or app
    /// password, as [`Authenticated::confirmed`].
    ///
    /// # Errors
    /// As [`Accounts::log_in`].
    pub async fn confirm_password(
        &self,
        who: &Authenticated,
        password: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        self.log_in(who.person.id.as_str(), password, from, now).await?;
        let note = match who.method {
            Method::Password => return Ok(()),
            Method::AppPassword { id, .. } => Statement::new(
                "UPDATE app_passwords SET confirmed = $2 WHERE id = $1",
                params![id.0, now.unix()],
            ),
            Method::Session { id } => Statement::new(
                "UPDATE browser_sessions SET confirmed = $2 WHERE hash = $1",
                params![id.0, now.unix()],
            ),
        };
        self.change(note).await?;
        Ok(())
    }
}
