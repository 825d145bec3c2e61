//! What the installation knows of itself.

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{GroupId, InstanceId, Timestamp, UserId};

use crate::{Accounts, Error, ErrorKind, GroupRole, NewPerson, Result};

/// The setting in which the instance's id is kept.
const INSTANCE_ID: &str = "instance_id";

/// The setting that tells restored data from what they were before.
const DATA_FINGERPRINT: &str = "data_fingerprint";

/// The setting that says whether the server is in maintenance.
const MAINTENANCE: &str = "maintenance";

/// Whether the server answers, or says that it is being worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Maintenance {
    /// It answers.
    #[default]
    Off,
    /// It is being worked on.
    On,
}

/// What [`Accounts::ensure_administrator`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured {
    /// There was an administrator already; nothing was changed.
    Present,
    /// The person was made, or made an administrator, with the password given.
    Created,
}

impl Accounts {
    /// A value that is kept under a name.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn setting(&self, name: &str) -> Result<Option<String>> {
        let find = Statement::new("SELECT value FROM settings WHERE name = $1", params![name]);
        let rows = self.sql().read(find.point()).await?;
        Ok(rows.first().map(|row| row.text(0)).transpose()?.map(str::to_owned))
    }

    /// Keeps a value under a name.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        let set = "INSERT INTO settings (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = $2";
        let set = Statement::new(set, params![name, value]);
        self.sql().write(Batch::one(set, Expect::ONE)).await?;
        Ok(())
    }

    /// What `oc:data-fingerprint` says: another text after every restore of a backup, by
    /// which desktop clients learn that newer files of theirs are not to be deleted. Empty
    /// where nothing was ever restored.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn data_fingerprint(&self) -> Result<String> {
        Ok(self.setting(DATA_FINGERPRINT).await?.unwrap_or_default())
    }

    /// Sets what [`Accounts::data_fingerprint`] says. Servers read it when they start.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn set_data_fingerprint(&self, fingerprint: &str) -> Result<()> {
        self.set_setting(DATA_FINGERPRINT, fingerprint).await
    }

    /// Whether the server is in maintenance.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn maintenance(&self) -> Result<Maintenance> {
        let on = self.setting(MAINTENANCE).await?.as_deref() == Some("on");
        Ok(if on { Maintenance::On } else { Maintenance::Off })
    }

    /// Begins or ends maintenance. Servers look now and then: some seconds pass until all
    /// of them keep to it.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn set_maintenance(&self, maintenance: Maintenance) -> Result<()> {
        let value = if maintenance == Maintenance::On { "on" } else { "off" };
        self.set_setting(MAINTENANCE, value).await?;
        tracing::info!(value, "maintenance was switched");
        Ok(())
    }

    /// The id of this installation: made when first asked for, and the same ever after.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn instance_id(&self) -> Result<InstanceId> {
        let mut random = [0; 10];
        self.inner().entropy.fill(&mut random)?;
        let fresh = InstanceId::from_random(random);
        let stored = match self.setting(INSTANCE_ID).await? {
            Some(stored) => stored,
            None => {
                // Of two servers that start at once, one comes first.
                let insert = "INSERT INTO settings (name, value) VALUES ($1, $2) \
                              ON CONFLICT (name) DO NOTHING";
                let insert = Statement::new(insert, params![INSTANCE_ID, fresh.as_str()]);
                self.sql().write(Batch::one(insert, Expect::Any)).await?;
                self.setting(INSTANCE_ID).await?.unwrap_or_default()
            }
        };
        let bad = |e| Error::new(ErrorKind::Unavailable, format!("stored instance id: {e}"));
        stored.parse().map_err(bad)
    }

    /// Makes the first administrator, if there is no enabled one.
    ///
    /// # Errors
    /// [`UnfitPassword`](ErrorKind::UnfitPassword).
    pub async fn ensure_administrator(
        &self,
        id: &UserId,
        password: &str,
        now: Timestamp,
    ) -> Result<Ensured> {
        let find = "SELECT 1 FROM group_members m JOIN people p ON p.key = m.person \
                    WHERE m.group_id = 'admin' AND p.enabled = 1 LIMIT 1";
        if !self.sql().read(Statement::new(find, vec![])).await?.is_empty() {
            return Ok(Ensured::Present);
        }
        let mut new = NewPerson::new(id.clone()).with_password(password);
        new.groups.push(GroupId::admin());
        match self.create_person(new, now).await {
            Ok(_) => {}
            Err(taken) if taken.kind() == ErrorKind::Exists => {
                self.set_password(id, Some(password)).await?;
                self.set_status(id, crate::Status::Enabled).await?;
                self.add_to_group(&GroupId::admin(), id, GroupRole::Member).await?;
            }
            Err(failed) => return Err(failed),
        }
        Ok(Ensured::Created)
    }
}
