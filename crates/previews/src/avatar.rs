//! Pictures that people choose of themselves.

use bytes::Bytes;
use image::imageops::FilterType;

use crate::{DecodeLimits, Error, decode::decode, picture::png};

/// The part of an image that somebody chose, in pixels of the image as it is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvatarCrop {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Width and height.
    pub side: u32,
}

/// Makes a square PNG of an uploaded image: the part that was chosen, or the largest square
/// in the middle. It has at most `side` pixels in each direction, and never more than the
/// part has. It blocks, for as long as an image at the limits takes.
///
/// A part that does not lie within the image is moved and made smaller until it does.
///
/// # Errors
/// [`Error::NotAnImage`], [`Error::TooLarge`].
pub fn avatar(
    bytes: &[u8],
    crop: Option<AvatarCrop>,
    side: u32,
    limits: &DecodeLimits,
) -> Result<Bytes, Error> {
    let source = decode(bytes, limits)?;
    let mut image = source.pixels;
    image.apply_orientation(source.orientation);
    let (width, height) = (image.width(), image.height());
    let largest = width.min(height);
    let crop = crop.unwrap_or(AvatarCrop {
        x: (width - largest) / 2,
        y: (height - largest) / 2,
        side: largest,
    });
    let part = crop.side.clamp(1, largest);
    let (x, y) = (crop.x.min(width - part), crop.y.min(height - part));
    let image = image.crop_imm(x, y, part, part);
    let side = side.clamp(1, part);
    png(image.resize_exact(side, side, FilterType::Triangle))
}
