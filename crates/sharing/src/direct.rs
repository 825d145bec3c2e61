//! Addresses of single files for players and viewers that cannot sign in, and of folders for
//! programs that put a file there.

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{NodeId, Timestamp, UserId};

use crate::{Caller, Result, Sharing, key::random_token, rows};

/// The tables of direct links. Only the keyed hash of a token is kept.
pub(crate) const TABLES: &str = "
CREATE TABLE direct_links (
    token_hash BLOB NOT NULL PRIMARY KEY,
    person TEXT NOT NULL,
    node BIGINT NOT NULL,
    expires BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX direct_links_person ON direct_links (person);
CREATE INDEX direct_links_expiry ON direct_links (expires);
";

/// Characters of the token of a file.
const LENGTH: usize = 60;
/// Characters of the token of a folder.
const UPLOAD_LENGTH: usize = 64;

/// What a direct link leads to: a file or a folder, with the eyes of who made the link.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectLink {
    /// Who made it. What they may do when it is used decides.
    pub person: UserId,
    /// The file or folder.
    pub node: NodeId,
}

impl Sharing {
    /// Makes an address for a file that is good until `expires`, and says its token. That
    /// the caller may read the file is for the caller of this to check, now and at each use.
    ///
    /// The token is not kept: it cannot be shown again.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn create_direct_link(
        &self,
        caller: Caller<'_>,
        node: NodeId,
        expires: Timestamp,
    ) -> Result<String> {
        let token = random_token(LENGTH)?;
        self.keep_direct_link(caller, self.direct_hash(&token), node, expires).await?;
        Ok(token)
    }

    /// Makes an address by which one file can be put into a folder until `expires`, and says
    /// its token. What the caller may do there is to be checked, now and at each use.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn create_upload_link(
        &self,
        caller: Caller<'_>,
        folder: NodeId,
        expires: Timestamp,
    ) -> Result<String> {
        let token = random_token(UPLOAD_LENGTH)?;
        self.keep_direct_link(caller, self.upload_hash(&token), folder, expires).await?;
        Ok(token)
    }

    async fn keep_direct_link(
        &self,
        caller: Caller<'_>,
        hash: Vec<u8>,
        node: NodeId,
        expires: Timestamp,
    ) -> Result<()> {
        let person = caller.person.key();
        let mut batch = Batch::new();
        // Players ask for many: those of the same person that are over make room.
        let over = "DELETE FROM direct_links WHERE person = $1 AND expires < $2";
        batch.push(Statement::new(over, params![person.as_str(), caller.now.unix()]));
        let insert = "INSERT INTO direct_links (token_hash, person, node, expires) \
                      VALUES ($1, $2, $3, $4)";
        let row = params![hash, person.as_str(), node.get(), expires.unix()];
        batch.expect(Statement::new(insert, row), Expect::ONE);
        self.sql().write(batch).await?;
        Ok(())
    }

    /// What the token of a file leads to; none if there never was such a link, or it is over.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn direct_link(&self, token: &str, now: Timestamp) -> Result<Option<DirectLink>> {
        if token.len() != LENGTH {
            return Ok(None);
        }
        self.find_direct_link(self.direct_hash(token), now).await
    }

    /// The same for the token of a folder.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn upload_link(&self, token: &str, now: Timestamp) -> Result<Option<DirectLink>> {
        if token.len() != UPLOAD_LENGTH {
            return Ok(None);
        }
        self.find_direct_link(self.upload_hash(token), now).await
    }

    /// Ends the token of a folder: a file was put there.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn end_upload_link(&self, token: &str) -> Result<()> {
        let end = "DELETE FROM direct_links WHERE token_hash = $1";
        let end = Statement::new(end, params![self.upload_hash(token)]);
        self.sql().write(Batch::one(end, Expect::Any)).await?;
        Ok(())
    }

    async fn find_direct_link(&self, hash: Vec<u8>, now: Timestamp) -> Result<Option<DirectLink>> {
        let find = "SELECT person, node FROM direct_links WHERE token_hash = $1 AND expires >= $2";
        let find = Statement::new(find, params![hash, now.unix()]).point();
        let rows = self.sql().read(find).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let person = self.spelled(rows::person(row.text(0)?)?.as_str()).await?;
        Ok(Some(DirectLink { person, node: NodeId(row.int(1)?) }))
    }

    fn direct_hash(&self, token: &str) -> Vec<u8> {
        self.inner.options.key.digest("token of a direct link", &[token.as_bytes()]).to_vec()
    }

    fn upload_hash(&self, token: &str) -> Vec<u8> {
        self.inner.options.key.digest("token of an upload", &[token.as_bytes()]).to_vec()
    }
}
