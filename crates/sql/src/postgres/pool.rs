//! The connections.

use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};
use tokio_postgres::Config;

use super::{PostgresOptions, connection::Connection, pool_closed, tls::Connector, wish};
use crate::{Error, ErrorKind, Result};

/// Connections, made when they are needed and kept as long as they live.
#[derive(Debug)]
pub(super) struct Pool {
    config: Config,
    tls: Connector,
    size: u32,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
    wait: Duration,
}

impl Pool {
    pub(super) fn new(options: &PostgresOptions) -> Result<Self> {
        let (mut config, wish) = wish::read(&options.url)?;
        let tls = Connector::new(&wish)?;
        config.connect_timeout(options.timeout);
        // Our statements are short. Where the server overestimates a recursion, compiling it
        // takes half a second, and running it some milliseconds.
        if config.get_options().is_none() {
            config.options("-c jit=off");
        }
        if config.get_application_name().is_none() {
            config.application_name("allmende");
        }
        let size = options.connections.clamp(1, 1000);
        Ok(Self {
            config,
            tls,
            size: u32::try_from(size).unwrap_or(1),
            permits: Semaphore::new(size),
            idle: Mutex::default(),
            wait: options.timeout,
        })
    }

    pub(super) async fn lease(&self) -> Result<Lease<'_>> {
        let permit = timeout(self.wait, self.permits.acquire())
            .await
            .map_err(|_| Error::new(ErrorKind::Unavailable, "waiting for a free connection"))?
            .map_err(pool_closed)?;
        let idle = loop {
            match self.idle().pop() {
                Some(connection) if connection.is_closed() => {}
                other => break other,
            }
        };
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Lease { pool: self, connection: Some(connection), _permit: permit })
    }

    pub(super) async fn connect(&self) -> Result<Connection> {
        let connect = self.config.connect(self.tls.clone());
        let (client, driver) = timeout(self.wait, connect)
            .await
            .map_err(|_| Error::new(ErrorKind::Unavailable, "connecting to the database"))?
            // A server that starts or refuses the login can be another one tomorrow.
            .map_err(|e| {
                Error::new(ErrorKind::Unavailable, "connecting to the database").with_source(e)
            })?;
        tokio::spawn(async move {
            if let Err(failed) = driver.await {
                tracing::warn!(%failed, "a connection to the database ended");
            }
        });
        Ok(Connection::new(client))
    }

    pub(super) async fn close(&self) {
        // Having all permits means that nobody works any more.
        let all = self.permits.acquire_many(self.size).await;
        self.permits.close();
        self.idle().clear();
        drop(all);
    }

    /// The list is changed in single steps, so a panic elsewhere leaves it sound.
    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection for one user. It goes back when dropped, unless a transaction is open: such
/// a connection is cut, which makes the server roll back.
#[derive(Debug)]
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
    _permit: SemaphorePermit<'a>,
}

impl Deref for Lease<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("taken only by drop")
    }
}

impl DerefMut for Lease<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("taken only by drop")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && connection.is_reusable()
            && !self.pool.permits.is_closed()
        {
            self.pool.idle().push(connection);
        }
    }
}
