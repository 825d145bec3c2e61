//! Small pictures of images and of the beginnings of texts.
//!
//! [`Previews`] makes them from JPEG, PNG, GIF, WebP and BMP, in the sizes of Nextcloud's
//! `core/preview`, and of plain text and Markdown, and keeps them in a [store](StoreOptions) on the local disk that never
//! grows over its budget. Images come from anybody, so everything about them is limited before
//! it is believed: bytes, pixels, memory, and how many are worked on at once
//! ([`DecodeLimits`], [`PreviewOptions::at_once`]). What was photographed upright is shown
//! upright (EXIF orientation).
//!
//! It knows nothing of HTTP, nor where the files are: the caller says which content it is, and
//! gives a way to read it that is only gone if the picture is not in the store.
//!
//! ```no_run
//! use allmende_previews::{Content, Kind, PreviewOptions, Previews, Wanted};
//! use allmende_types::NodeId;
//!
//! # async fn example(bytes: bytes::Bytes) -> Result<(), allmende_previews::Error> {
//! let previews = Previews::open("/var/cache/previews", PreviewOptions::default()).await?;
//! let content = Content::new(NodeId(217), "\"e1-42\"");
//! let wanted = Wanted::new(64, 64).ok_or(allmende_previews::Error::NotAnImage)?;
//! let preview = previews.preview(content, Kind::Image, wanted, async { Ok(bytes) }).await?;
//! assert_eq!(preview.media_type, "image/jpeg");
//! # Ok(()) }
//! ```

mod avatar;
mod decode;
mod error;
mod flight;
mod kind;
mod picture;
mod previews;
mod size;
mod store;
mod text;

pub use avatar::{AvatarCrop, avatar};
pub use decode::DecodeLimits;
pub use error::Error;
pub use kind::Kind;
pub use picture::Preview;
pub use previews::{Content, PreviewOptions, Previews};
pub use size::{Aspect, Dimensions, Fit, Mode, Wanted};
pub use store::{StoreOptions, StoreStats};

/// Whether pictures can be made of files of this media type, as far as the name tells.
///
/// ```
/// assert!(allmende_previews::renders("image/jpeg") && allmende_previews::renders("text/plain"));
/// assert!(!allmende_previews::renders("image/svg+xml"));
/// ```
#[must_use]
pub fn renders(media_type: &str) -> bool {
    Kind::of(media_type).is_some()
}

/// Decodes and scales down bytes without any store, for whoever looks after threads alone:
/// it blocks, for as long as an image at the limits takes.
///
/// # Errors
/// See [`Error`].
pub fn render(
    bytes: &[u8],
    kind: Kind,
    wanted: Wanted,
    limits: &DecodeLimits,
) -> Result<Preview, Error> {
    let source = source(bytes, kind, limits)?;
    let fit = wanted.fit(source.dimensions());
    picture::render(source, fit)
}

fn source(bytes: &[u8], kind: Kind, limits: &DecodeLimits) -> Result<decode::Source, Error> {
    match kind {
        Kind::Image => decode::decode(bytes, limits),
        Kind::Text | Kind::Markdown => text::draw(bytes, kind),
    }
}
