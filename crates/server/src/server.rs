//! The server: stores, service, listeners and jobs under one shutdown.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use allmende_accounts::{Accounts, Ensured};
use allmende_events::Events;
use allmende_files::Files;
use allmende_nextcloud::{Nextcloud, NextcloudOptions, NextcloudParts};
use allmende_types::UserId;
use tokio::{net::TcpListener, sync::watch, task::JoinSet, time::MissedTickBehavior};

use crate::{
    Config, Shutdown, StartError, StoreOptions, Stores, Trigger, listen,
    metrics::Metrics,
    operations::{self, Readiness},
    service::Front,
    tls,
};

/// A server that listens and is about to serve.
#[derive(Debug)]
pub struct Server {
    config: Arc<Config>,
    stores: Stores,
    service: Nextcloud,
    listener: TcpListener,
    operations: Option<TcpListener>,
}

/// The first administrator, as the caller presets it.
#[derive(Debug, Clone)]
pub struct FirstAdministrator {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl Server {
    /// Opens the stores and listens. Clients that connect wait until [`Server::run`].
    ///
    /// # Errors
    /// When something that the configuration names cannot be used.
    pub async fn open(config: Config) -> Result<Self, StartError> {
        Self::open_with(config, &StoreOptions::default()).await
    }

    /// The same with options of the stores that no configuration has.
    ///
    /// # Errors
    /// As of [`Server::open`].
    pub async fn open_with(config: Config, options: &StoreOptions) -> Result<Self, StartError> {
        let stores = Stores::open_with(&config, options).await?;
        let instance = stores.databases.accounts.instance_id().await?;
        let mut options = NextcloudOptions::default();
        options.name.clone_from(&config.name);
        let service = Nextcloud::new(NextcloudParts {
            files: stores.files.clone(),
            accounts: stores.databases.accounts.clone(),
            sharing: stores.sharing.clone(),
            events: Events::new(stores.databases.sql.clone()),
            instance,
            options,
        });
        let listener = listen_on(config.listen).await?;
        let operations = match config.metrics {
            Some(address) => Some(listen_on(address).await?),
            None => None,
        };
        Ok(Self { config: Arc::new(config), stores, service, listener, operations })
    }

    /// The address that clients connect to, with the port that was given if any was asked
    /// for.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The stores.
    #[must_use]
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Makes the first administrator if there is none, and says whether it did.
    ///
    /// # Errors
    /// When the name or the password is not allowed, or the people cannot be read.
    pub async fn ensure_administrator(
        &self,
        first: &FirstAdministrator,
    ) -> Result<Ensured, StartError> {
        let refuse = |why: String| StartError::Administrator(why);
        let id: UserId = first
            .name
            .parse()
            .map_err(|error: allmende_types::InvalidPrincipal| refuse(error.to_string()))?;
        let accounts = &self.stores.databases.accounts;
        let now = self.stores.files.now();
        match accounts.ensure_administrator(&id, &first.password, now).await {
            Ok(ensured) => Ok(ensured),
            Err(error) if error.kind() == allmende_accounts::ErrorKind::UnfitPassword => {
                Err(refuse("the password is too short or too long".into()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Serves until the shutdown, finishes what runs, and closes the stores.
    ///
    /// # Errors
    /// When the certificate cannot be read.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), StartError> {
        let Self { config, stores, service, listener, operations } = self;
        let metrics = Metrics::new(|registry| crate::gauges::register(registry, &stores));
        let mut jobs = JoinSet::new();
        // Jobs outlive the requests, so that what these left is still noted.
        let (jobs_trigger, jobs_stop) = Trigger::new();

        let collector = stores.files.collector();
        let stop = jobs_stop.clone();
        jobs.spawn(async move { collector.run(stop.wait()).await });

        let (accounts, files) = (stores.databases.accounts.clone(), stores.files.clone());
        let stop = jobs_stop.clone();
        jobs.spawn(async move { keep_accounts(&accounts, &files, stop).await });

        let events = Events::new(stores.databases.sql.clone());
        let (files, stop) = (stores.files.clone(), jobs_stop.clone());
        jobs.spawn(async move { keep_events(&events, &files, stop).await });

        if let Some(listener) = operations {
            let (limits, metrics) = (config.limits.clone(), metrics.clone());
            let (readiness, stop) = (readiness(&stores), jobs_stop.clone());
            let stopping = shutdown.clone();
            jobs.spawn(async move {
                operations::serve(listener, &limits, metrics, readiness, stopping, stop).await;
            });
        }
        let certificate = match &config.tls {
            None => None,
            Some(tls) => {
                let current = tls::server_config(tls).map_err(StartError::Tls)?;
                let (sender, receiver) = watch::channel(current);
                let (tls, stop) = (tls.clone(), jobs_stop.clone());
                jobs.spawn(async move { tls::renew_on_hangup(&tls, &sender, stop).await });
                Some(receiver)
            }
        };
        let front = Front::new(service, config.clone(), metrics);
        let service_for = |peer| front.for_peer(peer);
        listen::serve(listener, certificate, &config.limits, service_for, shutdown).await;

        jobs_trigger.stop();
        while jobs.join_next().await.is_some() {}
        stores.databases.sql.close().await;
        Ok(())
    }
}

async fn listen_on(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

/// Notes when people and app passwords were last used, every minute and at the end, and
/// removes what has expired, every hour.
async fn keep_accounts(accounts: &Accounts, files: &Files, stop: Shutdown) {
    const MINUTES_AN_HOUR: u32 = 60;
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = Box::pin(stop.wait());
    for minute in (0..MINUTES_AN_HOUR).cycle() {
        let stopping = tokio::select! {
            _ = minutes.tick() => false,
            () = &mut stop => true,
        };
        if let Err(error) = accounts.write_activity().await {
            tracing::warn!(%error, "the last activity of people cannot be noted");
        }
        if stopping {
            return;
        }
        if minute == 0
            && let Err(error) = accounts.remove_expired(files.now()).await
        {
            tracing::warn!(%error, "expired sessions cannot be removed");
        }
    }
}

/// Every hour, removes what is too old of what happened and of what people were told.
async fn keep_events(events: &Events, files: &Files, stop: Shutdown) {
    /// As long as the original keeps activities (`activity_expire_days`).
    const EVENTS: i64 = 365 * 86_400;
    /// A notification that nobody looked at for so long tells nothing new.
    const NOTIFICATIONS: i64 = 90 * 86_400;
    const SLICE: usize = 1000;
    let mut hours = tokio::time::interval(Duration::from_secs(3600));
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = Box::pin(stop.wait());
    loop {
        tokio::select! {
            _ = hours.tick() => {}
            () = &mut stop => return,
        }
        let now = files.now();
        let old = async {
            // A slice at a time, so that requests get their turn.
            while events.trim(now.plus_seconds(-EVENTS), SLICE).await? == SLICE {
                tokio::task::yield_now().await;
            }
            events.drop_notifications(now.plus_seconds(-NOTIFICATIONS)).await
        };
        if let Err(error) = old.await {
            tracing::warn!(%error, "old events cannot be removed");
        }
    }
}

/// Ready is a server whose database answers.
fn readiness(stores: &Stores) -> Readiness {
    let accounts = stores.databases.accounts.clone();
    Arc::new(move || {
        let accounts = accounts.clone();
        Box::pin(async move {
            let answer = accounts.setting("instance_id").await;
            answer.map(drop).map_err(|error| format!("database: {error}"))
        })
    })
}
