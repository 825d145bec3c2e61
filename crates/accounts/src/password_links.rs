//! Links by which people choose a password themselves: they come by mail.

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{Timestamp, UserId};

use crate::{Accounts, Error, ErrorKind, Result, Secret, entropy::digest, person::user_id};

/// Seconds that a link is good for.
const LIFETIME: i64 = 7 * 24 * 3600;
/// Characters of its token.
const LENGTH: usize = 64;

/// The table. Only the hash of a token is kept, and with it how often the password had been
/// changed: any other change makes the link void.
pub(crate) const TABLES: &str = "
CREATE TABLE password_links (
    hash BLOB PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (key) ON DELETE CASCADE,
    generation BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX password_links_person ON password_links (person);
";

impl Accounts {
    /// Makes the token of a link by which a person can choose a password, once, within seven
    /// days. It is handed out here and never again; earlier ones are void.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson).
    pub async fn create_password_link(&self, person: &UserId, now: Timestamp) -> Result<Secret> {
        let token = self.new_secret(LENGTH)?;
        let mut batch = Batch::new();
        let earlier = "DELETE FROM password_links WHERE person = $1";
        batch.push(Statement::new(earlier, params![person.key()]));
        let insert = "INSERT INTO password_links (hash, person, generation, expires) \
                      SELECT $1, key, generation, $3 FROM people WHERE key = $2";
        let expires = now.plus_seconds(LIFETIME).unix();
        let row = params![hash(token.expose()), person.key(), expires];
        batch.expect(Statement::new(insert, row), Expect::ONE);
        let meanings = [(1, ErrorKind::NoSuchPerson)];
        self.sql().write(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        Ok(token)
    }

    /// Who can choose a password by a link; none if it never was, or is void.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn password_link(&self, token: &str, now: Timestamp) -> Result<Option<UserId>> {
        let find = "SELECT p.uid FROM password_links l JOIN people p ON p.key = l.person \
                    WHERE l.hash = $1 AND l.expires > $2 AND p.generation = l.generation \
                    AND p.enabled = 1";
        let find = Statement::new(find, params![hash(token), now.unix()]).point();
        let rows = self.sql().read(find).await?;
        rows.first().map(|row| user_id(row.text(0)?)).transpose()
    }

    /// Sets the password that somebody chose by a link, and makes the link void. As with
    /// [`set_password`](Accounts::set_password), browsers have to log in again.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) for a link that is void,
    /// [`UnfitPassword`](ErrorKind::UnfitPassword).
    pub async fn set_password_by_link(
        &self,
        token: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<UserId> {
        let void = || Error::new(ErrorKind::NotFound, "link to choose a password");
        let person = self.password_link(token, now).await?.ok_or_else(void)?;
        let password = self.hash_new_password(password).await?;
        let take = "DELETE FROM password_links WHERE hash = $1 AND expires > $2 AND generation = \
                    (SELECT generation FROM people WHERE key = password_links.person)";
        let take = Statement::new(take, params![hash(token), now.unix()]);
        let mut batch = Batch::one(take, Expect::ONE);
        self.change_password(&mut batch, &person, Some(password));
        let meanings = [(0, ErrorKind::NotFound), (1, ErrorKind::NotFound)];
        self.write(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        tracing::info!(%person, "a password was chosen by a link");
        Ok(person)
    }
}

fn hash(token: &str) -> [u8; 32] {
    digest(&[b"password link", token.as_bytes()])
}
