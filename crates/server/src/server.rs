//! The server: stores, service, listeners and jobs under one shutdown.

use std::{net::SocketAddr, sync::Arc};

use allmende_accounts::Ensured;
use allmende_events::Events;
use allmende_nextcloud::{Nextcloud, NextcloudOptions, NextcloudParts};
use allmende_types::UserId;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    Config, Shutdown, StartError, StoreOptions, Stores, Trigger, audit, jobs, listen,
    metrics::Metrics,
    operations::{self, Readiness},
    scrub,
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
        options.data_fingerprint = stores.databases.accounts.data_fingerprint().await?.into();
        options.push_proxies.clone_from(&config.push.proxies);
        let service = Nextcloud::new(NextcloudParts {
            files: stores.files.clone(),
            accounts: stores.databases.accounts.clone(),
            sharing: stores.sharing.clone(),
            tags: stores.tags.clone(),
            comments: stores.comments.clone(),
            reminders: stores.reminders.clone(),
            events: Events::new(stores.databases.sql.clone()),
            previews: stores.previews.clone(),
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
        let scrubbed = scrub::Numbers::default();
        let metrics = Metrics::new(|registry| {
            crate::gauges::register(registry, &stores);
            if config.care.scrub {
                scrubbed.register(registry);
            }
        });
        let mut jobs = JoinSet::new();
        // Jobs outlive the requests, so that what these left is still noted.
        let (jobs_trigger, jobs_stop) = Trigger::new();

        jobs::start(&mut jobs, &stores, &jobs_stop);
        if config.care.scrub {
            let (stores, config, stop) = (stores.clone(), config.clone(), jobs_stop.clone());
            jobs.spawn(async move { scrub::run(stores, &config, scrubbed, stop).await });
        }
        audit::start(&mut jobs, &config, &stores, &jobs_stop);
        jobs::start_pushing(&mut jobs, service.clone(), &config, &jobs_stop);
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
