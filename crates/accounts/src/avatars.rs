//! Pictures that people chose of themselves.

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::UserId;

use crate::{Accounts, Error, ErrorKind, Result};

/// A picture of a person. What form it has is the matter of who stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Avatar {
    /// The picture.
    pub picture: Vec<u8>,
    /// Rises with each new picture of the person.
    pub version: i64,
}

impl Avatar {
    /// The most bytes that a picture may have.
    pub const MAX_BYTES: usize = 1 << 20;
}

impl Accounts {
    /// The picture of a person, if they chose one.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn avatar(&self, id: &UserId) -> Result<Option<Avatar>> {
        let find = "SELECT picture, version FROM avatars WHERE person = $1 AND picture IS NOT NULL";
        let rows = self.sql().read(Statement::new(find, params![id.key()]).point()).await?;
        let avatar = |row: allmende_sql::Row<'_>| {
            Ok(Avatar { picture: row.blob(0)?.to_vec(), version: row.int(1)? })
        };
        rows.first().map(avatar).transpose()
    }

    /// Keeps a picture of a person in the place of an earlier one.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) with more than [`Avatar::MAX_BYTES`],
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson).
    pub async fn set_avatar(&self, id: &UserId, picture: Vec<u8>) -> Result<()> {
        if picture.len() > Avatar::MAX_BYTES {
            return Err(Error::new(ErrorKind::Invalid, "a picture of more than one megabyte"));
        }
        self.change_avatar(id, Some(picture)).await
    }

    /// Forgets the picture of a person; without one nothing happens.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson).
    pub async fn remove_avatar(&self, id: &UserId) -> Result<()> {
        self.change_avatar(id, None).await
    }

    /// The row stays when the picture goes, so that no version comes twice.
    async fn change_avatar(&self, id: &UserId, picture: Option<Vec<u8>>) -> Result<()> {
        let set = "INSERT INTO avatars (person, picture, version) VALUES ($1, $2, 1) \
                   ON CONFLICT (person) DO UPDATE SET picture = $2, version = avatars.version + 1";
        let set = Statement::new(set, params![id.key(), picture]);
        let written = self.sql().write(Batch::one(set, Expect::ONE)).await;
        let meanings = [(0, ErrorKind::NoSuchPerson)];
        written.map(drop).map_err(|e| Error::of_batch(e, &meanings))
    }
}
