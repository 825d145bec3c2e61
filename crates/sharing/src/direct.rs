//! Addresses of single files for players and viewers that cannot sign in.

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

/// Characters of a token.
const LENGTH: usize = 60;

/// What a direct link leads to: a file, with the eyes of who made the link.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectLink {
    /// Who made it. What they may do when it is used decides.
    pub person: UserId,
    /// The file.
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
        let person = caller.person.key();
        let mut batch = Batch::new();
        // Players ask for many: those of the same person that are over make room.
        let over = "DELETE FROM direct_links WHERE person = $1 AND expires < $2";
        batch.push(Statement::new(over, params![person.as_str(), caller.now.unix()]));
        let insert = "INSERT INTO direct_links (token_hash, person, node, expires) \
                      VALUES ($1, $2, $3, $4)";
        let row = params![self.direct_hash(&token), person.as_str(), node.get(), expires.unix()];
        batch.expect(Statement::new(insert, row), Expect::ONE);
        self.sql().write(batch).await?;
        Ok(token)
    }

    /// What a token leads to; none if there never was such a link, or it is over.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn direct_link(&self, token: &str, now: Timestamp) -> Result<Option<DirectLink>> {
        if token.len() != LENGTH {
            return Ok(None);
        }
        let find = "SELECT person, node FROM direct_links WHERE token_hash = $1 AND expires >= $2";
        let find = Statement::new(find, params![self.direct_hash(token), now.unix()]).point();
        let rows = self.sql().read(find).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let person = self.spelled(rows::person(row.text(0)?)?.as_str()).await?;
        Ok(Some(DirectLink { person, node: NodeId(row.int(1)?) }))
    }

    fn direct_hash(&self, token: &str) -> Vec<u8> {
        self.inner.options.key.digest("token of a direct link", &[token.as_bytes()]).to_vec()
    }
}
