//! Small pictures of images.
//!
//! [`Previews`] makes them from JPEG, PNG, GIF, WebP and BMP, in the sizes of Nextcloud's
//! `core/preview`, and keeps them in a [store](StoreOptions) on the local disk that never
//! grows over its budget. Images come from anybody, so everything about them is limited before
//! it is believed: bytes, pixels, memory, and how many are worked on at once
//! ([`DecodeLimits`], [`PreviewOptions::at_once`]). What was photographed upright is shown
//! upright (EXIF orientation).
//!
//! It knows nothing of HTTP, nor where the files are: the caller says which content it is, and
//! gives a way to read it that is only gone if the picture is not in the store.
//!
//! ```no_run
//! use allmende_previews::{Content, PreviewOptions, Previews, Wanted};
//! use allmende_types::NodeId;
//!
//! # async fn example(bytes: bytes::Bytes) -> Result<(), allmende_previews::Error> {
//! let previews = Previews::open("/var/cache/previews", PreviewOptions::default()).await?;
//! let content = Content::new(NodeId(217), "\"e1-42\"");
//! let wanted = Wanted::new(64, 64).ok_or(allmende_previews::Error::NotAnImage)?;
//! let preview = previews.preview(content, wanted, async { Ok(bytes) }).await?;
//! assert_eq!(preview.media_type, "image/jpeg");
//! # Ok(()) }
//! ```

mod avatar;
mod decode;
mod error;
mod flight;
mod picture;
mod previews;
mod size;
mod store;

pub use avatar::{AvatarCrop, avatar};
pub use decode::DecodeLimits;
pub use error::Error;
pub use picture::Preview;
pub use previews::{Content, PreviewOptions, Previews};
pub use size::{Aspect, Dimensions, Fit, Mode, Wanted};
pub use store::{StoreOptions, StoreStats};

/// Whether pictures can be made of files of this media type, as far as the name tells: of
/// what the file then holds, its first bytes decide.
///
/// ```
/// assert!(allmende_previews::renders("image/jpeg"));
/// assert!(!allmende_previews::renders("image/svg+xml"));
/// ```
#[must_use]
pub fn renders(media_type: &str) -> bool {
    const KINDS: [&str; 6] =
        ["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/x-ms-bmp"];
    KINDS.contains(&media_type)
}

/// Decodes and scales down bytes without any store, for whoever looks after threads alone:
/// it blocks, for as long as an image at the limits takes.
///
/// # Errors
/// See [`Error`].
pub fn render(bytes: &[u8], wanted: Wanted, limits: &DecodeLimits) -> Result<Preview, Error> {
    let source = decode::decode(bytes, limits)?;
    let fit = wanted.fit(source.dimensions());
    picture::render(source, fit)
}
