//! Configuration, listeners, jobs and metrics that turn the crates into a server.

mod body;
mod config;
mod listen;
mod metrics;
mod proxy;
mod shutdown;
mod tls;

pub use body::RequestBody;
pub use config::{Config, ConfigError, Files, Limits, Log, LogFormat, Tls};
pub use proxy::{InvalidNetwork, Network};
pub use shutdown::{Shutdown, Trigger, stop_signal};
