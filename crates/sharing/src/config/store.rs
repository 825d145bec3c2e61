//! The table of configuration, held in memory as a whole.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use allmende_events::append;
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::EventKind;

use super::{Policy, keys};
use crate::{Caller, Result, Sharing, news};

/// All values of configuration, as they are at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config(BTreeMap<String, BTreeMap<String, String>>);

impl Config {
    /// The apps that have values, in order.
    pub fn apps(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The keys of an app, in order; none if it has no values.
    pub fn keys(&self, app: &str) -> impl Iterator<Item = &str> {
        self.0.get(app).into_iter().flat_map(|keys| keys.keys().map(String::as_str))
    }

    /// A value, if it was set. What holds without one is for [`Policy`] to say.
    #[must_use]
    pub fn get(&self, app: &str, key: &str) -> Option<&str> {
        self.0.get(app)?.get(key).map(String::as_str)
    }

    pub(crate) fn insert(&mut self, app: &str, key: &str, value: &str) {
        self.0.entry(app.to_owned()).or_default().insert(key.to_owned(), value.to_owned());
    }
}

/// What is remembered of the configuration.
#[derive(Debug, Default)]
pub(crate) struct Cached(Mutex<Option<Remembered>>);

#[derive(Debug)]
struct Remembered {
    /// The state from which they were read.
    state: u64,
    config: Arc<Config>,
    policy: Arc<Policy>,
}

impl Sharing {
    /// The configuration.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn config(&self) -> Result<Arc<Config>> {
        Ok(self.configuration().await?.0)
    }

    /// What the configuration says about sharing. A change through this process holds at
    /// once, one by another process within two seconds.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn policy(&self) -> Result<Arc<Policy>> {
        Ok(self.configuration().await?.1)
    }

    async fn configuration(&self) -> Result<(Arc<Config>, Arc<Policy>)> {
        let number = self.state().await?;
        let slot = || self.inner.config.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Remembered { state, config, policy }) = &*slot()
            && *state == number
        {
            return Ok((Arc::clone(config), Arc::clone(policy)));
        }
        let read = Statement::new("SELECT app, key, value FROM app_config", vec![]);
        let rows = self.sql().read(read).await?;
        let mut config = Config::default();
        for row in rows.iter() {
            config.insert(row.text(0)?, row.text(1)?, row.text(2)?);
        }
        let policy = Arc::new(Policy::new(&config, &self.inner.options.system));
        let config = Arc::new(config);
        *slot() = Some(Remembered {
            state: number,
            config: Arc::clone(&config),
            policy: Arc::clone(&policy),
        });
        Ok((config, policy))
    }

    /// Sets a value of configuration.
    ///
    /// # Errors
    /// [`ConfigRefusal::InvalidApp`](crate::ConfigRefusal::InvalidApp),
    /// [`ConfigRefusal::ProtectedKey`](crate::ConfigRefusal::ProtectedKey),
    /// [`ConfigRefusal::InvalidValue`](crate::ConfigRefusal::InvalidValue).
    pub async fn set_config(
        &self,
        caller: Caller<'_>,
        app: &str,
        key: &str,
        value: &str,
    ) -> Result<()> {
        keys::check(app, key)?;
        let value = keys::normalise(app, key, value)?;
        let set = "INSERT INTO app_config (app, key, value) VALUES ($1, $2, $3) \
                   ON CONFLICT (app, key) DO UPDATE SET value = $3";
        let set = Statement::new(set, params![app, key, value]);
        let mut batch = Batch::one(set, Expect::ONE);
        changed(&mut batch, caller, app, key);
        self.write(batch).await?;
        tracing::info!(app, key, "configuration was changed");
        Ok(())
    }

    /// Removes a value of configuration; one that is not there is no error.
    ///
    /// # Errors
    /// As of [`Sharing::set_config`].
    pub async fn remove_config(&self, caller: Caller<'_>, app: &str, key: &str) -> Result<()> {
        keys::check(app, key)?;
        let delete = "DELETE FROM app_config WHERE app = $1 AND key = $2";
        let delete = Statement::new(delete, params![app, key]);
        let mut batch = Batch::one(delete, Expect::Any);
        changed(&mut batch, caller, app, key);
        self.write(batch).await?;
        Ok(())
    }
}

/// The event names the key and not the value, which can be a secret.
fn changed(batch: &mut Batch, caller: Caller<'_>, app: &str, key: &str) {
    let news = news::event(EventKind::SettingChanged, caller);
    append(batch, &news.detail("app", app).detail("key", key));
}
