//! The audit: who read what, what leaves for a receiver of syslog, and how long it is kept.

mod forward;
mod message;
mod reads;
mod retention;
mod settings;
mod transport;

use allmende_events::Events;
use tokio::task::JoinSet;

pub(crate) use self::reads::Reads;
use self::{forward::Forwarder, retention::Retention, transport::Transport};
pub use self::{
    settings::{Audit, InvalidKeep, Keep},
    transport::{InvalidSyslog, Syslog},
};
use crate::{Config, Shutdown, Stores};

/// Starts the jobs; each ends with the shutdown.
pub(crate) fn start(jobs: &mut JoinSet<()>, config: &Config, stores: &Stores, stop: &Shutdown) {
    let events = Events::new(stores.databases.sql.clone());
    let audit = &config.audit;
    let receiver = audit.syslog.as_ref().map(|_| forward::RECEIVER);
    let retention = Retention::new(events.clone(), stores.files.clone(), audit.keep, receiver);
    let until = stop.clone();
    jobs.spawn(async move { retention.run(until).await });

    if let Some(syslog) = audit.syslog.clone() {
        let forwarder = Forwarder::new(events, Transport::new(syslog), message::host(config));
        let until = stop.clone();
        jobs.spawn(async move { forwarder.run(until).await });
    }
}
