//! Login flow v2: a client gets an app password through a browser.
//!
//! The client starts a flow and polls with one token; its browser, which has the other,
//! logs in and grants. The app password is made when the client fetches it, in the same
//! transaction that ends the flow: it is handed out once, and never lies in the database.

use allmende_events::append;
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{Timestamp, UserId};

use crate::{
    Accounts, Error, ErrorKind, NewAppPassword, Result, Secret,
    app_passwords::{self, clean_name},
    entropy::{digest, same},
    person::user_id,
};

/// Seconds that a flow lives.
const LIFETIME: i64 = 20 * 60;
/// Characters of each token.
const LENGTH: usize = 128;
/// Flows that are open at once: anybody may start one.
const OPEN: i64 = 10_000;

/// A flow that a client has started.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoginFlow {
    /// What the client polls with.
    pub poll: Secret,
    /// What the browser comes with.
    pub login: Secret,
}

/// A flow that waits for its grant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitingFlow {
    /// The client, as it called itself: to be shown to the person.
    pub client_name: String,
    /// When it ends.
    pub expires: Timestamp,
}

/// What a flow leads to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GrantedFlow {
    /// The person.
    pub person: UserId,
    /// The name to log in with.
    pub login_name: String,
    /// The new app password.
    pub app_password: Secret,
}

impl Accounts {
    /// Starts a flow for a client, named by its `User-Agent`.
    ///
    /// # Errors
    /// [`TooMany`](ErrorKind::TooMany) flows are open.
    pub async fn start_login_flow(&self, client_name: &str, now: Timestamp) -> Result<LoginFlow> {
        let entropy = &*self.inner().entropy;
        let flow = LoginFlow {
            poll: Secret::random(entropy, LENGTH)?,
            login: Secret::random(entropy, LENGTH)?,
        };
        let mut batch = Batch::new();
        let expired = "DELETE FROM login_flows WHERE expires <= $1";
        batch.push(Statement::new(expired, params![now.unix()]));
        let room = "SELECT 1 WHERE (SELECT count(*) FROM login_flows) < $1";
        let room = batch.expect(Statement::new(room, params![OPEN]), Expect::ONE);
        let insert = "INSERT INTO login_flows (poll_hash, login_hash, client_name, expires) \
                      VALUES ($1, $2, $3, $4)";
        let expires = now.plus_seconds(LIFETIME).unix();
        let name = clean_name(client_name);
        let row = params![flow.poll.digest(), flow.login.digest(), name, expires];
        batch.push(Statement::new(insert, row));
        // No answer about a person depends on this: what is remembered stays valid.
        let written = self.sql().write(batch).await;
        written.map_err(|e| Error::of_batch(e, &[(room, ErrorKind::TooMany)]))?;
        Ok(flow)
    }

    /// The flow that a browser comes with, if it waits for a grant.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn waiting_login_flow(
        &self,
        login: &str,
        now: Timestamp,
    ) -> Result<Option<WaitingFlow>> {
        let find = "SELECT client_name, expires FROM login_flows \
                    WHERE login_hash = $1 AND expires > $2 AND person IS NULL";
        let find = Statement::new(find, params![digest(&[login.as_bytes()]), now.unix()]);
        let rows = self.sql().read(find.point()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let expires = Timestamp::from_unix(row.int(1)?);
        Ok(Some(WaitingFlow { client_name: row.text(0)?.to_owned(), expires }))
    }

    /// The state token of a flow in a browser: 64 characters that belong to this login
    /// token and this cookie together, so that neither a link nor another site can grant.
    #[must_use]
    pub fn login_flow_state(&self, login: &str, cookie: &str) -> Secret {
        use std::fmt::Write as _;
        let hash = digest(&[b"login flow", login.as_bytes(), cookie.as_bytes()]);
        let mut text = String::with_capacity(64);
        for byte in hash {
            // Writing into a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        Secret::new(text)
    }

    /// Lets the client of a flow log in as a person, who has proved who they are and has
    /// agreed. `login_name` is what they typed.
    ///
    /// # Errors
    /// [`StateMismatch`](ErrorKind::StateMismatch) if `state` is not that of
    /// [`login_flow_state`](Accounts::login_flow_state),
    /// [`NotFound`](ErrorKind::NotFound) if the flow is over, or granted already,
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson).
    pub async fn grant_login_flow(&self, grant: Grant<'_>, now: Timestamp) -> Result<()> {
        let Grant { login, state, cookie, person, login_name } = grant;
        let expected = self.login_flow_state(login, cookie);
        if !same(expected.expose().as_bytes(), state.as_bytes()) {
            return Err(Error::new(ErrorKind::StateMismatch, "login flow"));
        }
        let mut batch = Batch::new();
        let find = "SELECT 1 FROM people WHERE key = $1 AND enabled = 1";
        batch.expect(Statement::new(find, params![person.key()]), Expect::ONE);
        let set = "UPDATE login_flows SET person = $2, login_name = $3 \
                   WHERE login_hash = $1 AND expires > $4 AND person IS NULL";
        let hash = digest(&[login.as_bytes()]);
        let row = params![hash, person.key(), login_name, now.unix()];
        batch.expect(Statement::new(set, row), Expect::ONE);
        let meanings = [(0, ErrorKind::NoSuchPerson), (1, ErrorKind::NotFound)];
        self.sql().write(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        tracing::info!(%person, "a login flow was granted");
        Ok(())
    }

    /// The new app password, once, if the flow has been granted. None if it waits, is over,
    /// or never was.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn poll_login_flow(&self, poll: &str, now: Timestamp) -> Result<Option<GrantedFlow>> {
        let find = "SELECT p.uid, f.login_name, f.client_name \
                    FROM login_flows f JOIN people p ON p.key = f.person \
                    WHERE f.poll_hash = $1 AND f.expires > $2 AND p.enabled = 1";
        let hash = digest(&[poll.as_bytes()]);
        let find = Statement::new(find, params![hash, now.unix()]).point();
        let rows = self.sql().read(find).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let person = user_id(row.text(0)?)?;
        let login_name = row.text(1)?.to_owned();
        let new = NewAppPassword::new(row.text(2)?);
        let app_password = self.new_app_password_secret()?;
        let end = "DELETE FROM login_flows WHERE poll_hash = $1 AND person = $2";
        let end = Statement::new(end, params![hash, person.key()]);
        let mut batch = Batch::one(end, Expect::ONE);
        batch.push(app_passwords::insert(&person.key(), &login_name, &new, &app_password, now));
        append(&mut batch, &self.new_device(&person, &new.name, now));
        match self.write(batch).await.map_err(|e| Error::of_batch(e, &[(0, ErrorKind::NotFound)])) {
            Ok(_) => Ok(Some(GrantedFlow { person, login_name, app_password })),
            // Another poll was faster.
            Err(failed) if failed.kind() == ErrorKind::NotFound => Ok(None),
            Err(failed) => Err(failed),
        }
    }
}

/// What a browser sends to grant a flow, and for whom. See
/// [`Accounts::grant_login_flow`].
#[derive(Clone, Copy)]
pub struct Grant<'a> {
    /// The login token.
    pub login: &'a str,
    /// The state token that came with the form.
    pub state: &'a str,
    /// The browser's session cookie.
    pub cookie: &'a str,
    /// The person who is logged in.
    pub person: &'a UserId,
    /// The name that they logged in with.
    pub login_name: &'a str,
}

impl std::fmt::Debug for Grant<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant").field("person", &self.person).finish_non_exhaustive()
    }
}
