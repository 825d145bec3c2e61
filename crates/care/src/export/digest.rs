//! What an installation comes to, in one number.

use allmende_types::Timestamp;

use super::write::{ExportSource, Exported, Sink, pinned};
use crate::{Result, Watch};

/// Goes through everything that an [`export`](super::export()) would write, without writing
/// it. Two installations with the same people, files, times, properties and shares have the
/// same [`digest`](Exported::digest).
///
/// # Errors
/// [`Unavailable`](crate::ErrorKind::Unavailable).
pub async fn digest(
    source: ExportSource<'_>,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<Exported> {
    pinned(source, Sink::default(), now, watch).await.map(|(done, ..)| done)
}
