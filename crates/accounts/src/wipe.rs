//! Asking a lost device to wipe itself.
//!
//! A marked app password opens nothing any more. The device sees that, asks
//! [`wipe_requested`](Accounts::wipe_requested) with it, removes its data and reports
//! [`wipe_finished`](Accounts::wipe_finished). «Yes» is only ever the answer to a marked
//! app password: it deletes what is on the device.

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{EventKind, UserId};

use crate::{Accounts, AppPasswordId, Error, ErrorKind, Result, entropy::digest};

impl Accounts {
    /// Marks one device.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound).
    pub async fn mark_for_wipe(&self, person: &UserId, id: AppPasswordId) -> Result<()> {
        let mark = "UPDATE app_passwords SET wipe = 1 WHERE person = $1 AND id = $2";
        let mut batch = Batch::one(Statement::new(mark, params![person.key(), id.0]), Expect::ONE);
        self.tell_of_device(&mut batch, EventKind::WipeRequested, person, id).await?;
        let written = self.write(batch).await;
        written.map_err(|e| Error::of_batch(e, &[(0, ErrorKind::NotFound)]))?;
        tracing::info!(%person, %id, "a device is to be wiped");
        Ok(())
    }

    /// Marks all devices of a person; says how many there are.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn mark_all_for_wipe(&self, person: &UserId) -> Result<u64> {
        let mark = "UPDATE app_passwords SET wipe = 1 WHERE person = $1";
        let mark = Statement::new(mark, params![person.key()]);
        let mut batch = Batch::one(mark, Expect::Any);
        self.tell(&mut batch, EventKind::WipeRequested, person);
        let outcomes = self.write(batch).await?;
        tracing::info!(%person, "all devices are to be wiped");
        Ok(outcomes.first().map_or(0, |mark| mark.affected))
    }

    /// Whether the device with this app password is to wipe itself.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): then it must not.
    pub async fn wipe_requested(&self, secret: &str) -> Result<bool> {
        let find = "SELECT 1 FROM app_passwords WHERE hash = $1 AND wipe = 1";
        let find = Statement::new(find, params![digest(&[secret.as_bytes()])]).point();
        Ok(!self.sql().read(find).await?.is_empty())
    }

    /// Notes that the device has wiped itself, which removes the app password. False if it
    /// was not asked to.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn wipe_finished(&self, secret: &str) -> Result<bool> {
        let delete = "DELETE FROM app_passwords WHERE hash = $1 AND wipe = 1";
        let delete = Statement::new(delete, params![digest(&[secret.as_bytes()])]);
        let outcomes = self.write(Batch::one(delete, Expect::Any)).await?;
        let wiped = outcomes.iter().any(|delete| delete.affected == 1);
        if wiped {
            tracing::info!("a device has wiped itself");
        }
        Ok(wiped)
    }
}
