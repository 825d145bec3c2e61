//! A whole server in this process, in a folder of its own.

use std::{net::SocketAddr, path::Path, time::Duration};

use allmende_accounts::NewAppPassword;
use allmende_server::{
    Config, Databases, FirstAdministrator, Server, StoreOptions, Stores, Trigger,
};
use allmende_types::Timestamp;
use base64::{Engine, engine::general_purpose::STANDARD};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::Failure;

/// The one person.
pub(crate) const PERSON: &str = "admin";

/// Where a server listens, and what it believes.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// The value of the header `Authorization`, with an app password.
    pub(crate) authorization: String,
}

/// A running server. It stops when this is dropped, and its folder is removed.
pub(crate) struct Rig {
    pub(crate) target: Target,
    pub(crate) stores: Stores,
    pub(crate) runtime: Runtime,
    _trigger: Trigger,
    _folder: TempDir,
}

/// Flushes of a server since it started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flushes {
    pub(crate) database: u64,
    pub(crate) contents: u64,
}

impl Rig {
    /// Starts a server on the machine's disk as it is.
    pub(crate) fn start() -> Result<Self, Failure> {
        Self::start_with(&StoreOptions::default())
    }

    /// Starts a server whose flushes take longer by `delay`.
    pub(crate) fn start_on_slow_disk(delay: Duration) -> Result<Self, Failure> {
        let mut options = StoreOptions::default();
        options.flush_delay = Some(delay);
        Self::start_with(&options)
    }

    fn start_with(options: &StoreOptions) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let config = config(folder.path());
        let (target, stores, trigger) = runtime.block_on(async {
            let server = Server::open_with(config, options).await?;
            let stores = server.stores().clone();
            let authorization = prepare(&stores.databases).await?;
            let target = Target { address: server.address()?, authorization };
            let (trigger, shutdown) = Trigger::new();
            tokio::spawn(server.run(shutdown));
            Ok::<_, Failure>((target, stores, trigger))
        })?;
        Ok(Self { target, stores, runtime, _trigger: trigger, _folder: folder })
    }

    pub(crate) fn flushes(&self) -> Flushes {
        Flushes {
            database: self.stores.databases.sql.stats().commits,
            contents: self.stores.blobs.stats().flushes,
        }
    }
}

/// The configuration of a server in a folder, on a port that is free.
pub(crate) fn config(folder: &Path) -> Config {
    let mut config = Config::default();
    config.data = folder.to_owned();
    config.listen.set_port(0);
    config
}

/// Makes the person and an app password, and returns the header that shows it.
pub(crate) async fn prepare(databases: &Databases) -> Result<String, Failure> {
    let first = FirstAdministrator { name: PERSON.into(), password: "Only-4-benches.x".into() };
    let (id, now) = (first.name.parse()?, Timestamp::from(std::time::SystemTime::now()));
    let accounts = &databases.accounts;
    accounts.ensure_administrator(&id, &first.password, now).await?;
    let new = NewAppPassword::new("allmende-benches");
    let (_, secret) = accounts.create_app_password(&id, PERSON, new, now).await?;
    Ok(format!("Basic {}", STANDARD.encode(format!("{PERSON}:{}", secret.expose()))))
}
