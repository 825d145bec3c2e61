//! OAuth 2 (RFC 6749): programs that act for a person with that person's consent, such as
//! OpenProject. The server is the authorisation server; a consent ends in an access token,
//! which is an app password that lasts an hour, and a refresh token, which is good once.
//!
//! Codes may be bound to the program that asked for them by a challenge (RFC 7636, `S256`).

use allmende_sql::{Batch, Expect, Row, Statement, params};
use allmende_types::{Timestamp, UserId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    Accounts, Error, ErrorKind, NewAppPassword, Result, Secret,
    app_passwords::{self, clean_name},
    entropy::{digest, same},
    person::user_id,
};

/// The tables of this module, for the schema.
pub(crate) const TABLES: &str = "
CREATE TABLE oauth_clients (
    id AUTO_ID,
    name TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    identifier TEXT NOT NULL UNIQUE,
    secret BLOB NOT NULL
);

-- A grant begins with a code. Once that is exchanged, it holds a refresh token, and ends
-- with the access token when a person revokes that.
CREATE TABLE oauth_grants (
    id AUTO_ID,
    client BIGINT NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
    person TEXT NOT NULL REFERENCES people (key) ON DELETE CASCADE,
    login_name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    challenge TEXT,
    -- Of a code; null for a refresh token.
    expires BIGINT,
    app_password BIGINT REFERENCES app_passwords (id) ON DELETE CASCADE
);
CREATE INDEX oauth_grants_client ON oauth_grants (client);
CREATE INDEX oauth_grants_person ON oauth_grants (person);
CREATE INDEX oauth_grants_app_password ON oauth_grants (app_password);
CREATE INDEX oauth_grants_end ON oauth_grants (expires) WHERE expires IS NOT NULL;
";

const IDENTIFIER: usize = 64;
const TOKEN: usize = 128;
/// Seconds that a code is good for.
const CODE_LIFETIME: i64 = 10 * 60;
/// Seconds that an access token is good for.
const ACCESS_LIFETIME: i64 = 60 * 60;

/// The number of a registered program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OAuthClientId(pub i64);

/// A program that may ask people for their consent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuthClient {
    /// Its number.
    pub id: OAuthClientId,
    /// What people see.
    pub name: String,
    /// Where people are sent back to. What a request says is not listened to.
    pub redirect_uri: String,
    /// Its `client_id`.
    pub identifier: String,
}

/// What the token endpoint hands out (RFC 6749, section 5.1).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OAuthTokens {
    /// For the header `Authorization: Bearer`.
    pub access: Secret,
    /// For the next access token, once.
    pub refresh: Secret,
    /// Seconds that the access token lasts.
    pub expires_in: i64,
    /// For whom.
    pub person: UserId,
}

/// What a program shows at the token endpoint.
#[derive(Debug, Clone, Copy)]
pub enum OAuthGrant<'a> {
    /// The code that came with the person's browser, and the verifier of its challenge
    /// (RFC 7636) where there was one.
    Code(&'a str, Option<&'a str>),
    /// A refresh token.
    Refresh(&'a str),
}

const CLIENTS: &str = "SELECT id, name, redirect_uri, identifier FROM oauth_clients";

impl Accounts {
    /// Registers a program, and returns it with its secret, which is shown just now.
    ///
    /// ```no_run
    /// # async fn register(accounts: &allmende_accounts::Accounts) -> allmende_accounts::Result<()> {
    /// let (client, secret) =
    ///     accounts.register_oauth_client("OpenProject", "https://op.example.org/callback").await?;
    /// assert_eq!((client.identifier.len(), secret.expose().len()), (64, 64));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when the address is not absolute, is none of `https`
    /// or `http`, or has a fragment (RFC 6749, section 3.1.2);
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn register_oauth_client(
        &self,
        name: &str,
        redirect_uri: &str,
    ) -> Result<(OAuthClient, Secret)> {
        let scheme = ["https://", "http://"].iter().find_map(|s| redirect_uri.strip_prefix(s));
        let host = scheme.and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
        let plain = redirect_uri.chars().all(|c| c.is_ascii_graphic() && c != '#');
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(named) || !plain || redirect_uri.len() > 2000 {
            return Err(Error::new(ErrorKind::Invalid, "the address to return to"));
        }
        let entropy = &*self.inner().entropy;
        let identifier = Secret::random(entropy, IDENTIFIER)?.expose().to_owned();
        let secret = Secret::random(entropy, IDENTIFIER)?;
        let name = clean_name(name);
        let insert = "INSERT INTO oauth_clients (name, redirect_uri, identifier, secret) \
                      VALUES ($1, $2, $3, $4) RETURNING id";
        let row = params![&name, redirect_uri, &identifier, secret.digest()];
        let batch = Batch::one(Statement::new(insert, row), Expect::ONE);
        let outcomes = self.sql().write(batch).await?;
        let id = outcomes.first().map(|insert| insert.rows.one()?.int(0)).transpose()?;
        let id = OAuthClientId(id.unwrap_or_default());
        tracing::info!(name, "a program was registered");
        let redirect_uri = redirect_uri.to_owned();
        Ok((OAuthClient { id, name, redirect_uri, identifier }, secret))
    }

    /// All registered programs.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn oauth_clients(&self) -> Result<Vec<OAuthClient>> {
        let rows = self.sql().read(Statement::new(format!("{CLIENTS} ORDER BY id"), params![]));
        rows.await?.iter().map(client).collect()
    }

    /// The program with this `client_id`.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn oauth_client(&self, identifier: &str) -> Result<Option<OAuthClient>> {
        let find = Statement::new(format!("{CLIENTS} WHERE identifier = $1"), params![identifier]);
        self.sql().read(find.point()).await?.first().map(client).transpose()
    }

    /// Removes a program. Its codes and tokens end at once.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Unavailable`](ErrorKind::Unavailable).
    pub async fn remove_oauth_client(&self, id: OAuthClientId) -> Result<()> {
        let mut batch = Batch::new();
        let tokens = "DELETE FROM app_passwords WHERE id IN \
                      (SELECT app_password FROM oauth_grants WHERE client = $1)";
        batch.push(Statement::new(tokens, params![id.0]));
        let remove = Statement::new("DELETE FROM oauth_clients WHERE id = $1", params![id.0]);
        let removed = batch.expect(remove, Expect::ONE);
        let written = self.write(batch).await;
        written.map(drop).map_err(|e| Error::of_batch(e, &[(removed, ErrorKind::NotFound)]))
    }

    /// A person agrees: the code for the program, good for ten minutes and once.
    /// `challenge` is the `code_challenge` of the method `S256`.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson), also when they are disabled;
    /// [`NotFound`](ErrorKind::NotFound) when the program is gone;
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn grant_oauth_code(
        &self,
        client: OAuthClientId,
        person: &UserId,
        login_name: &str,
        challenge: Option<&str>,
        now: Timestamp,
    ) -> Result<Secret> {
        let code = Secret::random(&*self.inner().entropy, TOKEN)?;
        let mut batch = Batch::new();
        let alive = "SELECT 1 FROM people WHERE key = $1 AND enabled = 1";
        batch.expect(Statement::new(alive, params![person.key()]), Expect::ONE);
        let known = "SELECT 1 FROM oauth_clients WHERE id = $1";
        batch.expect(Statement::new(known, params![client.0]), Expect::ONE);
        let old = "DELETE FROM oauth_grants WHERE expires <= $1";
        batch.push(Statement::new(old, params![now.unix()]));
        let insert = "INSERT INTO oauth_grants \
                      (client, person, login_name, hash, challenge, expires) \
                      VALUES ($1, $2, $3, $4, $5, $6)";
        let expires = now.plus_seconds(CODE_LIFETIME).unix();
        let challenge = challenge.map(str::to_owned);
        let row = params![client.0, person.key(), login_name, code.digest(), challenge, expires];
        batch.push(Statement::new(insert, row));
        let meanings = [(0, ErrorKind::NoSuchPerson), (1, ErrorKind::NotFound)];
        self.sql().write(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        tracing::info!(%person, client = client.0, "a program was let in");
        Ok(code)
    }

    /// The program of these credentials; none if they are wrong.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn authenticate_oauth_client(
        &self,
        identifier: &str,
        secret: &str,
    ) -> Result<Option<OAuthClient>> {
        let find = "SELECT id, name, redirect_uri, identifier, secret FROM oauth_clients \
                    WHERE identifier = $1";
        let rows = self.sql().read(Statement::new(find, params![identifier]).point()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let shown = digest(&[secret.as_bytes()]);
        if same(&shown, row.blob(4)?) { client(row).map(Some) } else { Ok(None) }
    }

    /// Exchanges a code or a refresh token for a new pair. The old one is void, and so is
    /// the access token that was handed out with it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the code or token is unknown, used, too old,
    /// another program's, or lacks the verifier of its challenge, or when the person is
    /// disabled; [`Unavailable`](ErrorKind::Unavailable).
    pub async fn exchange_oauth_grant(
        &self,
        program: &OAuthClient,
        grant: OAuthGrant<'_>,
        now: Timestamp,
    ) -> Result<OAuthTokens> {
        let (token, kind) = match grant {
            OAuthGrant::Code(code, _) => (code, "g.expires > $3"),
            OAuthGrant::Refresh(token) => (token, "g.expires IS NULL AND $3 >= 0"),
        };
        let hash = digest(&[token.as_bytes()]);
        let find = format!(
            "SELECT g.id, p.uid, g.login_name, g.challenge, g.app_password FROM oauth_grants g \
             JOIN people p ON p.key = g.person \
             WHERE g.hash = $1 AND g.client = $2 AND p.enabled = 1 AND {kind}"
        );
        let find = Statement::new(find, params![hash, program.id.0, now.unix()]).point();
        let rows = self.sql().read(find).await?;
        let void = || Error::new(ErrorKind::NotFound, "a code or token of a program");
        let row = rows.first().ok_or_else(void)?;
        let (id, person, login_name) = (row.int(0)?, user_id(row.text(1)?)?, row.text(2)?);
        if let (OAuthGrant::Code(_, verifier), Some(challenge)) = (grant, row.opt_text(3)?)
            && !verifier.is_some_and(|verifier| answers(verifier, challenge))
        {
            return Err(void());
        }
        let access = self.new_app_password_secret()?;
        let refresh = Secret::random(&*self.inner().entropy, TOKEN)?;
        let mut new = NewAppPassword::new(program.name.as_str());
        new.expires = Some(now.plus_seconds(ACCESS_LIFETIME));
        let mut batch = Batch::new();
        // First of all: of two that show the same token one succeeds.
        let claim = "UPDATE oauth_grants SET hash = $3, challenge = NULL, expires = NULL, \
                     app_password = NULL WHERE id = $1 AND hash = $2";
        let claim = Statement::new(claim, params![id, hash, refresh.digest()]);
        batch.expect(claim, Expect::ONE);
        if let Some(old) = row.opt_int(4)? {
            let remove = "DELETE FROM app_passwords WHERE id = $1";
            batch.push(Statement::new(remove, params![old]));
        }
        batch.push(app_passwords::insert(&person.key(), login_name, &new, &access, now));
        let bind = "UPDATE oauth_grants SET app_password = \
                    (SELECT id FROM app_passwords WHERE hash = $2) WHERE id = $1";
        batch.expect(Statement::new(bind, params![id, access.digest()]), Expect::ONE);
        let meanings = [(0, ErrorKind::NotFound)];
        self.write(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        Ok(OAuthTokens { access, refresh, expires_in: ACCESS_LIFETIME, person })
    }
}

/// Whether a verifier is the one that a challenge was made of (RFC 7636, section 4.6).
fn answers(verifier: &str, challenge: &str) -> bool {
    let expected = URL_SAFE_NO_PAD.encode(digest(&[verifier.as_bytes()]));
    (43..=128).contains(&verifier.len()) && same(expected.as_bytes(), challenge.as_bytes())
}

fn client(row: Row<'_>) -> Result<OAuthClient> {
    Ok(OAuthClient {
        id: OAuthClientId(row.int(0)?),
        name: row.text(1)?.to_owned(),
        redirect_uri: row.text(2)?.to_owned(),
        identifier: row.text(3)?.to_owned(),
    })
}
