//! The one signal that tells every part of a server to finish.

use tokio::sync::watch;

/// Tells that the server stops. Cheap to clone; every clone sees the signal.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

/// The other end of a [`Shutdown`]: the server stops when it is triggered or dropped.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

impl Trigger {
    /// A new signal.
    #[must_use]
    pub fn new() -> (Self, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Shutdown(receiver))
    }

    /// Gives the signal.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Waits for the signal.
    pub async fn wait(mut self) {
        // An error means that the trigger is gone, which is the same signal.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Whether the signal was given.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}

/// Waits until the operator asks the process to stop: SIGTERM or SIGINT.
///
/// # Errors
/// When the signals cannot be watched.
pub async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_clone_sees_the_signal_and_a_lost_trigger_is_one() {
        let (trigger, shutdown) = Trigger::new();
        assert!(!shutdown.is_stopping());
        trigger.stop();
        shutdown.clone().wait().await;
        assert!(shutdown.is_stopping());
        let (trigger, shutdown) = Trigger::new();
        drop(trigger);
        shutdown.clone().wait().await;
        assert!(shutdown.is_stopping());
    }
}
