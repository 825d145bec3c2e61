//! Why there is no preview.

use std::{io, sync::Arc};

/// Why there is no preview. It can be cloned, because all who wait for one picture get it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is no image of a kind that is known here, or a damaged one.
    #[error("not an image that can be shown")]
    NotAnImage,
    /// A text without a letter, or with mostly such that cannot be drawn.
    #[error("a text with nothing that can be shown")]
    NothingToShow,
    /// It is more than the limits allow. Which one, the text says.
    #[error("the image is over a limit: {0}")]
    TooLarge(&'static str),
    /// The content could not be read, for a reason of the caller.
    #[error("the content could not be read")]
    Source(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The store could not be opened.
    #[error("the store of previews cannot be used")]
    Store(#[source] Arc<io::Error>),
    /// Too many pictures wait to be made.
    #[error("too many previews are asked for at once")]
    Busy,
}

impl Error {
    /// Wraps the reason why content could not be read.
    pub fn source_failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Source(Arc::from(source.into()))
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Source(_) | Self::Store(_) | Self::Busy)
    }
}

impl From<io::Error> for Error {
    fn from(failed: io::Error) -> Self {
        Self::Store(Arc::new(failed))
    }
}
