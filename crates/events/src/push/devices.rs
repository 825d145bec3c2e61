//! The devices that want notifications.

use allmende_sql::{Batch, Expect, Row, Statement, Value, params};
use allmende_types::UserId;

use crate::{
    Events,
    error::{Error, Result},
};

const COLUMNS: &str =
    "SELECT person, app_password, identifier, token_hash, public_key, proxy FROM push_devices";

/// A device that wants notifications, as its client registered it.
///
/// It belongs to an app password and is of no use without it: whoever sends something has to
/// look whether the app password is still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushDevice {
    /// Whose it is. When read, in the form in which ids are compared.
    pub person: UserId,
    /// The number of the app password that it signs in with.
    pub app_password: i64,
    /// What the proxy knows it by.
    pub identifier: String,
    /// The hash of what the proxy reaches it by; only the device and the proxy know more.
    pub token_hash: String,
    /// The device's public key, in PEM.
    pub public_key: String,
    /// The address of the proxy, without a slash at its end.
    pub proxy: String,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// The device was not known, or is reached otherwise now.
    Changed,
    /// It was known just so.
    Known,
}

impl Events {
    /// Registers a device; it takes the place of what its app password registered before.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`Full`](crate::ErrorKind::Full),
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly).
    pub async fn register_device(&self, device: &PushDevice) -> Result<Registered> {
        let PushDevice { person, app_password, identifier, token_hash, public_key, proxy } = device;
        let register = "INSERT INTO push_devices AS known \
             (person, app_password, identifier, token_hash, public_key, proxy) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person, app_password) DO UPDATE \
             SET identifier = $3, token_hash = $4, public_key = $5, proxy = $6 \
             WHERE known.identifier <> $3 OR known.token_hash <> $4 \
             OR known.public_key <> $5 OR known.proxy <> $6";
        let values =
            params![person.key(), *app_password, identifier, token_hash, public_key, proxy];
        let batch = Batch::one(Statement::new(register, values), Expect::Any);
        let written = self.sql.write(batch).await?;
        let changed = written.first().is_some_and(|outcome| outcome.affected > 0);
        Ok(if changed { Registered::Changed } else { Registered::Known })
    }

    /// Takes a device away, and what was to be sent to it; says whether there was one.
    ///
    /// # Errors
    /// As [`Events::register_device`].
    pub async fn remove_device(&self, person: &UserId, app_password: i64) -> Result<bool> {
        let mut batch = Batch::new();
        let device = "DELETE FROM push_devices WHERE person = $1 AND app_password = $2";
        batch.push(Statement::new(device, params![person.key(), app_password]));
        let left = "DELETE FROM push_outbox WHERE app_password = $1";
        batch.push(Statement::new(left, params![app_password]));
        let written = self.sql.write(batch).await?;
        Ok(written.first().is_some_and(|outcome| outcome.affected > 0))
    }

    /// Takes devices away that a proxy does not know any more. Only those that were
    /// registered with this proxy: none may speak of those of another.
    ///
    /// # Errors
    /// As [`Events::register_device`].
    pub async fn remove_unknown_devices(&self, proxy: &str, identifiers: &[String]) -> Result<()> {
        let list = identifiers.iter().map(|one| Value::Text(one.clone()));
        let remove = "DELETE FROM push_devices WHERE proxy = $1 AND identifier IN ($list)";
        let remove = Statement::with_list(remove, params![proxy], list);
        self.sql.write(Batch::one(remove, Expect::Any)).await?;
        Ok(())
    }

    /// The devices of people.
    ///
    /// # Errors
    /// As [`Events::register_device`], and [`Corrupt`](crate::ErrorKind::Corrupt).
    pub async fn devices_of(&self, people: &[UserId]) -> Result<Vec<PushDevice>> {
        let find = format!("{COLUMNS} WHERE person IN ($list) ORDER BY person, app_password");
        let people = people.iter().map(|id| Value::Text(id.key()));
        self.devices(Statement::with_list(find, vec![], people)).await
    }

    /// The people who have devices, in the order of their ids, those after the one given:
    /// to find the members of a group among them.
    ///
    /// # Errors
    /// As [`Events::devices_of`].
    pub async fn people_with_devices(
        &self,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<UserId>> {
        let list = "SELECT DISTINCT person FROM push_devices WHERE person > $1 \
                    ORDER BY person LIMIT $2";
        let after = after.map_or_else(String::new, UserId::key);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.sql.read(Statement::new(list, params![after, limit])).await?;
        rows.iter().map(|row| person(row.text(0)?)).collect()
    }

    async fn devices(&self, find: Statement) -> Result<Vec<PushDevice>> {
        self.sql.read(find).await?.iter().map(device).collect()
    }
}

pub(super) fn person(key: &str) -> Result<UserId> {
    key.parse().map_err(|e| Error::corrupt("the person of a device").because(e))
}

fn device(row: Row<'_>) -> Result<PushDevice> {
    let text = |column| Ok::<_, Error>(row.text(column)?.to_owned());
    Ok(PushDevice {
        person: person(row.text(0)?)?,
        app_password: row.int(1)?,
        identifier: text(2)?,
        token_hash: text(3)?,
        public_key: text(4)?,
        proxy: text(5)?,
    })
}
