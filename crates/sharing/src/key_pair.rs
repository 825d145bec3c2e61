//! The key pairs of people, by which devices know what comes from their server.

use std::fmt;

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::UserId;

use crate::{Error, Result, Sharing};

/// The table. Private keys are sealed with the installation's key: a copy of the database
/// alone signs nothing.
pub(crate) const TABLES: &str = "
CREATE TABLE key_pairs (
    person TEXT NOT NULL PRIMARY KEY,
    public TEXT NOT NULL,
    private BLOB NOT NULL
) WITHOUT ROWID;
";

const PURPOSE: &str = "private key of a person";

/// A key pair of a person. Which kind of key it is, whoever makes it knows.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// The public key, as it is handed out.
    pub public: String,
    /// The private key.
    pub private: Vec<u8>,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("public", &self.public).finish_non_exhaustive()
    }
}

impl Sharing {
    /// The key pair of a person, if one is kept.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable), also when it is sealed with another
    /// key than that of this installation.
    pub async fn key_pair(&self, person: &UserId) -> Result<Option<KeyPair>> {
        let find = "SELECT public, private FROM key_pairs WHERE person = $1";
        let rows = self.sql().read(Statement::new(find, params![person.key()]).point()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let private = self.inner.options.key.open_for(PURPOSE, row.blob(1)?);
        let private = private.ok_or_else(|| Error::unavailable("a key of another installation"))?;
        Ok(Some(KeyPair { public: row.text(0)?.to_owned(), private }))
    }

    /// Keeps a key pair for a person who has none, and returns the one that is kept: if two
    /// are made at once, the first stays.
    ///
    /// # Errors
    /// As of [`Sharing::key_pair`].
    pub async fn keep_key_pair(&self, person: &UserId, pair: &KeyPair) -> Result<KeyPair> {
        let private = self.inner.options.key.seal_for(PURPOSE, &pair.private)?;
        let insert = "INSERT INTO key_pairs (person, public, private) VALUES ($1, $2, $3) \
                      ON CONFLICT (person) DO NOTHING";
        let insert = Statement::new(insert, params![person.key(), pair.public.as_str(), private]);
        self.sql().write(Batch::one(insert, Expect::Any)).await?;
        let kept = self.key_pair(person).await?;
        kept.ok_or_else(|| Error::unavailable("a key that was kept is gone"))
    }
}
