//! Time, which the embedder supplies.

use std::{fmt, time::SystemTime};

use allmende_types::Timestamp;

/// Tells the time. Tests bring one of their own.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}
