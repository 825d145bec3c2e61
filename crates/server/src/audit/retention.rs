//! What is removed because it is old.

use std::time::Duration;

use allmende_events::Events;
use allmende_files::Files;
use tokio::time::MissedTickBehavior;

use super::Keep;
use crate::Shutdown;

/// A notification that nobody looked at for so long tells nothing new.
const NOTIFICATIONS: i64 = 90 * DAY;
const DAY: i64 = 86_400;
const HOUR: Duration = Duration::from_secs(3600);
/// How many events are removed in one transaction.
const SLICE: usize = 1000;

/// Removes old events, but for those that a receiver does not have yet, and notifications.
#[derive(Debug)]
pub(super) struct Retention {
    events: Events,
    files: Files,
    keep: Keep,
    receiver: Option<&'static str>,
}

impl Retention {
    pub(super) fn new(
        events: Events,
        files: Files,
        keep: Keep,
        receiver: Option<&'static str>,
    ) -> Self {
        Self { events, files, keep, receiver }
    }

    /// Works every hour.
    pub(super) async fn run(self, stop: Shutdown) {
        let mut hours = tokio::time::interval(HOUR);
        hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = Box::pin(stop.wait());
        loop {
            tokio::select! {
                _ = hours.tick() => {}
                () = &mut stop => return,
            }
            let worked = tokio::select! {
                worked = self.run_once() => worked,
                // A round can be broken off at any point: the next one goes on there.
                () = &mut stop => return,
            };
            if let Err(error) = worked {
                tracing::warn!(%error, "old events cannot be removed");
            }
        }
    }

    async fn run_once(&self) -> allmende_events::Result<()> {
        let now = self.files.now();
        if let Keep::Days(days) = self.keep {
            let before = now.plus_seconds(-i64::from(days) * DAY);
            loop {
                let removed = match self.receiver {
                    Some(receiver) => {
                        let trimmed = self.events.trim_behind(receiver, before, SLICE).await?;
                        if let Some(event) = trimmed.held_back {
                            // Otherwise the disk fills up in silence.
                            let event = event.0;
                            tracing::warn!(
                                receiver,
                                event,
                                "old events stay, for this one was not handed over yet"
                            );
                            break;
                        }
                        trimmed.removed
                    }
                    None => self.events.trim(before, SLICE).await?,
                };
                if removed < SLICE {
                    break;
                }
                // A slice at a time, so that requests get their turn.
                tokio::task::yield_now().await;
            }
        }
        self.events.drop_notifications(now.plus_seconds(-NOTIFICATIONS)).await?;
        Ok(())
    }
}
