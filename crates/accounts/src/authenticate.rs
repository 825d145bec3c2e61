//! From credentials to a person.
//!
//! Clients send Basic credentials with every request, so this is on the way of each. Three
//! steps keep it cheap, and none of them keeps a revoked credential alive:
//!
//! 1. For a second ([`trust_seconds`](crate::AccountsOptions::trust_seconds)) the last
//!    answer holds, unless anything was changed through this handle meanwhile.
//! 2. Else one point query reads the person, together with the app password or session.
//! 3. A password that people chose costs the slow hash only every few minutes; in between
//!    that query tells whether it was changed.

use std::{net::IpAddr, sync::Arc, time::Duration};

use allmende_events::append;
use allmende_sql::{Batch, Row, Rows, Statement, params};
use allmende_types::{EventKind, Origin, Timestamp};

use crate::{
    Accounts, AppPasswordId, AppPasswordKind, AuthError, FilesystemAccess, Person, SessionId,
    Status,
    app_passwords::{filesystem_from_sql, kind_from_sql},
    cache::CredentialKey,
    entropy::digest,
    password::Verdict,
    person::{self, columns, from_row},
};

/// What a client shows.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Credentials<'a> {
    /// `Authorization: Basic` (RFC 7617): a login name with a password or an app password.
    Basic {
        /// The id in any case, or the e-mail address.
        login: &'a str,
        /// The password or app password.
        secret: &'a str,
    },
    /// `Authorization: Bearer` (RFC 6750): an app password.
    Bearer(&'a str),
    /// The cookie that [`Accounts::open_session`] gave out.
    Session(&'a str),
}

impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(..)",
            Self::Bearer(_) => "Bearer(..)",
            Self::Session(_) => "Session(..)",
        })
    }
}

/// Who it is, and how they proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authenticated {
    /// The person. Enabled.
    pub person: Person,
    /// Whether they administer the server.
    pub administrator: bool,
    /// How they proved it.
    pub method: Method,
    /// When the person last gave their password for this app password or session. With
    /// [`Method::Password`] they give it with each request.
    pub confirmed: Option<Timestamp>,
}

impl Authenticated {
    /// Whether what was shown opens the person's files, in whatever way: an app password may
    /// be made for everything else.
    #[must_use]
    pub const fn opens_files(&self) -> bool {
        !matches!(self.method, Method::AppPassword { filesystem: FilesystemAccess::Denied, .. })
    }
}

/// How a person proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// With their password.
    Password,
    /// With an app password.
    AppPassword {
        /// Which.
        id: AppPasswordId,
        /// What it is for.
        kind: AppPasswordKind,
        /// Whether it opens files.
        filesystem: FilesystemAccess,
    },
    /// With a browser's session.
    Session {
        /// Which.
        id: SessionId,
    },
}

/// Columns of `people p` that say who it is: the person, then generation and
/// administrator.
macro_rules! who {
    () => {
        concat!(
            columns!(),
            ", p.generation, CASE WHEN EXISTS (SELECT 1 FROM group_members m \
             WHERE m.group_id = 'admin' AND m.person = p.key) THEN 1 ELSE 0 END"
        )
    };
}

const GENERATION: usize = person::COLUMNS;
const ADMINISTRATOR: usize = GENERATION + 1;
/// The first column after those of `who!`.
const MORE: usize = ADMINISTRATOR + 1;

impl Accounts {
    /// Says who shows these credentials.
    ///
    /// `from` is the address of the client, for counting failures. The delay that an error
    /// asks for is for the caller to wait, before answering.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn authenticate(
        &self,
        credentials: Credentials<'_>,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<Arc<Authenticated>, AuthError> {
        let cache = &self.inner().cache;
        let key = cache.key(&credentials);
        if let Some(who) = cache.answer(&key, now) {
            return Ok(who);
        }
        let version = cache.version();
        let who = match credentials {
            Credentials::Session(cookie) => self.by_session(cookie, now).await?,
            Credentials::Bearer(secret) => match self.by_app_password(secret, None, now).await? {
                Some(who) => who,
                None => return Err(self.reject(from, "", now).await),
            },
            Credentials::Basic { login, secret } => {
                self.by_basic(&key, login, secret, from, now).await?
            }
        };
        let who = Arc::new(who);
        cache.remember(key, version, &who, now);
        Ok(who)
    }

    /// Checks a login name and a password (no app password) with the slow hash, whatever
    /// is remembered: for login forms and for confirming a password.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn log_in(
        &self,
        login: &str,
        password: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<Arc<Authenticated>, AuthError> {
        let key = self.inner().cache.key(&Credentials::Basic { login, secret: password });
        self.by_password(&key, login, password, from, now).await.map(Arc::new)
    }

    /// The delay that answers to this network have now.
    #[must_use]
    pub fn login_delay(&self, from: IpAddr, now: Timestamp) -> Duration {
        self.inner().throttle.delay(from, now)
    }

    async fn by_basic(
        &self,
        key: &CredentialKey,
        login: &str,
        secret: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<Authenticated, AuthError> {
        if let Some(who) = self.by_proof(key, login, now).await? {
            return Ok(who);
        }
        if let Some(who) = self.by_app_password(secret, Some(login), now).await? {
            self.inner().throttle.succeed(from, &login.to_lowercase());
            return Ok(who);
        }
        self.by_password(key, login, secret, from, now).await
    }

    /// A password that was checked some minutes ago, if it has not been changed.
    async fn by_proof(
        &self,
        key: &CredentialKey,
        login: &str,
        now: Timestamp,
    ) -> Result<Option<Authenticated>, AuthError> {
        const FIND: &str =
            concat!("SELECT ", who!(), ", p.key, p.email_key FROM people p WHERE p.key = $1");
        let cache = &self.inner().cache;
        let Some(proof) = cache.proof(key, now) else { return Ok(None) };
        let find = Statement::new(FIND, params![proof.person.as_str()]).point();
        let rows = self.sql().read(find).await?;
        let login = login.to_lowercase();
        if let Some(row) = rows.first()
            && row.int(GENERATION)? == proof.generation
            && (row.text(MORE)? == login || row.opt_text(MORE + 1)? == Some(&login))
        {
            return who(row, Method::Password, Some(now)).map(Some);
        }
        cache.forget_proof(key);
        Ok(None)
    }

    async fn by_app_password(
        &self,
        secret: &str,
        login: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Authenticated>, AuthError> {
        const FIND: &str = concat!(
            "SELECT ",
            who!(),
            ", t.id, t.kind, t.filesystem, t.last_activity, t.expires, t.wipe, t.confirmed, \
             t.login_name, p.key, p.email_key \
             FROM app_passwords t JOIN people p ON p.key = t.person WHERE t.hash = $1"
        );
        let hash = digest(&[secret.as_bytes()]);
        let rows = self.sql().read(Statement::new(FIND, params![hash]).point()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        if let Some(login) = login.map(str::to_lowercase) {
            let known = [row.opt_text(MORE + 8)?, row.opt_text(MORE + 9)?];
            let made_for = row.text(MORE + 7)?.to_lowercase();
            if made_for != login && !known.contains(&Some(login.as_str())) {
                return Ok(None);
            }
        }
        let expired = row.opt_int(MORE + 4)?.is_some_and(|expires| expires <= now.unix());
        if expired || row.flag(MORE + 5)? {
            // It was right once: nobody is guessing here.
            return Err(AuthError::REJECTED);
        }
        let id = AppPasswordId(row.int(MORE)?);
        let kind = kind_from_sql(row.int(MORE + 1)?);
        let filesystem = filesystem_from_sql(row.int(MORE + 2)?);
        let confirmed = row.opt_int(MORE + 6)?.map(Timestamp::from_unix);
        let who = who(row, Method::AppPassword { id, kind, filesystem }, confirmed)?;
        let activity = &self.inner().activity;
        activity.app_password(id, row.int(MORE + 3)?, now);
        activity.login(&who.person, now);
        Ok(Some(who))
    }

    async fn by_session(&self, cookie: &str, now: Timestamp) -> Result<Authenticated, AuthError> {
        const FIND: &str = concat!(
            "SELECT ",
            who!(),
            ", s.generation, s.last_seen, s.idle, s.expires, s.confirmed \
             FROM browser_sessions s JOIN people p ON p.key = s.person WHERE s.hash = $1"
        );
        let id = SessionId::of_cookie(cookie);
        let rows = self.sql().read(Statement::new(FIND, params![id.0]).point()).await?;
        let row = rows.first().ok_or(AuthError::REJECTED)?;
        let last_seen = row.int(MORE + 1)?;
        let idle_until = last_seen.saturating_add(row.int(MORE + 2)?);
        let until = row.int(MORE + 3)?.min(idle_until);
        if until <= now.unix() || row.int(MORE)? != row.int(GENERATION)? {
            return Err(AuthError::REJECTED);
        }
        let confirmed = Timestamp::from_unix(row.int(MORE + 4)?);
        let who = who(row, Method::Session { id }, Some(confirmed))?;
        self.inner().activity.session(id, last_seen, now);
        Ok(who)
    }

    async fn by_password(
        &self,
        key: &CredentialKey,
        login: &str,
        password: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<Authenticated, AuthError> {
        const FIND: &str = concat!(
            "SELECT ",
            who!(),
            ", p.key, p.password FROM people p WHERE p.key = $1 OR p.email_key = $1 LIMIT 3"
        );
        let inner = self.inner();
        let blocked = || match inner.throttle.blocked(from, now) {
            Some(retry_after) => Err(AuthError::TooManyAttempts { retry_after }),
            None => Ok(()),
        };
        blocked()?;
        let name = login.to_lowercase();
        let rows = self.sql().read(Statement::new(FIND, params![name.as_str()]).point()).await?;
        let row = choose_login(&rows, &name, MORE)?.and_then(|at| rows.get(at));
        let hash = row.map(|row| row.opt_text(MORE + 1)).transpose()?.flatten();
        let verdict = inner.hasher.verify(password, hash).await?;
        // Those who guess in parallel waited for the hasher together.
        blocked()?;
        let Some(row) = row.filter(|_| verdict != Verdict::Wrong) else {
            return Err(self.reject(from, &name, now).await);
        };
        inner.throttle.succeed(from, &name);
        let who = who(row, Method::Password, Some(now))?;
        if let (Verdict::RightButOutdated, Some(hash)) = (verdict, hash) {
            self.rehash(row.text(MORE)?, password, hash).await;
        }
        inner.cache.remember_proof(*key, row.text(MORE)?.to_owned(), row.int(GENERATION)?, now);
        inner.activity.login(&who.person, now);
        Ok(who)
    }

    async fn reject(&self, from: IpAddr, login: &str, now: Timestamp) -> AuthError {
        let delay = self.inner().throttle.fail(from, login, now);
        tracing::warn!(%from, login, "a login failed");
        // The brake on guessing bounds how many there can be. Nobody is told: the name may be
        // that of nobody, or a password typed into the wrong field.
        let event = self.event_at(EventKind::LoginFailed, now);
        let origin = Origin { address: Some(from), ..event.origin.clone() };
        let login: String = login.chars().filter(|c| !c.is_control()).take(64).collect();
        let mut batch = Batch::new();
        append(&mut batch, &event.from(origin).detail("login", login));
        // Not through `write`: that would make everybody's remembered answers void.
        if let Err(error) = self.sql().write(batch).await {
            tracing::error!(%error, "a failed login could not be written down");
        }
        AuthError::Rejected { delay }
    }
}

/// Which of the rows that fit a login name by id or e-mail address is meant. An id goes
/// before an address, and an address that two people have is nobody's.
pub(crate) fn choose_login(
    rows: &Rows,
    login: &str,
    key_column: usize,
) -> allmende_sql::Result<Option<usize>> {
    for (at, row) in rows.iter().enumerate() {
        if row.text(key_column)? == login {
            return Ok(Some(at));
        }
    }
    Ok((rows.len() == 1).then_some(0))
}

fn who(
    row: Row<'_>,
    method: Method,
    confirmed: Option<Timestamp>,
) -> Result<Authenticated, AuthError> {
    let person = from_row(row)?;
    if person.status == Status::Disabled {
        return Err(AuthError::Disabled);
    }
    let administrator = row.flag(ADMINISTRATOR)?;
    Ok(Authenticated { person, administrator, method, confirmed })
}
