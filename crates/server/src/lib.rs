//! What turns the crates into a server: configuration, stores, listeners, jobs, metrics.
//!
//! [`Config`] says what an operator wants, [`Server`] opens the stores, listens and
//! serves, [`Databases`] is enough to administer people without serving. The binary
//! `allmende` (in `examples/cloud`) is a thin command line over these.
//!
//! ```no_run
//! use allmende_server::{Config, Server, Trigger};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::open(Config::default()).await?;
//! println!("http://{}", server.address()?);
//! let (trigger, shutdown) = Trigger::new();
//! tokio::spawn(async move {
//!     let _ = allmende_server::stop_signal().await;
//!     trigger.stop();
//! });
//! server.run(shutdown).await?;
//! # Ok(())
//! # }
//! ```

mod audit;
mod body;
mod config;
mod gauges;
mod jobs;
mod listen;
mod log;
mod metrics;
mod operations;
mod proxy;
mod push;
mod scrub;
mod server;
mod service;
mod shutdown;
mod stores;
mod tls;

pub use audit::{Audit, InvalidKeep, InvalidSyslog, Keep, Syslog};
pub use body::RequestBody;
pub use config::{
    Care, Config, ConfigError, Files, Limits, Log, LogFormat, Mail, MailEncryption, Push, Tls,
};
pub use log::{LogError, start_log};
pub use proxy::{InvalidNetwork, Network};
pub use scrub::scrub_progress;
pub use server::{FirstAdministrator, Server};
pub use shutdown::{Shutdown, Trigger, stop_signal};
pub use stores::{Databases, StartError, StoreOptions, Stores, contents_beside, link_key, secrets};
