//! Who read what, into the events.

use allmende_events::Events;
use allmende_files::{Error, ErrorKind, ReadLog};
use allmende_types::NewEvent;
use async_trait::async_trait;

/// Writes each read down as an event.
#[derive(Debug)]
pub(crate) struct Reads(pub(crate) Events);

#[async_trait]
impl ReadLog for Reads {
    async fn note(&self, event: NewEvent) -> allmende_files::Result<()> {
        // Whatever the reason, even a full disk: an audit that can be lost is none.
        self.0.record(&event).await.map_err(|error| {
            tracing::warn!(%error, "a read is refused, because it cannot be written down");
            Error::new(ErrorKind::Unavailable, "the audit of reads").with_source(error)
        })
    }
}
