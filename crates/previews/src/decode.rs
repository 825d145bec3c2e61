//! From bytes to pixels, under limits.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    error::LimitErrorKind, metadata::Orientation,
};

use crate::{Dimensions, Error, picture::Form};

/// The most that an image may be. Its head is looked at first, so an image over a limit costs
/// next to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Pixels in either direction.
    pub side: u32,
    /// Bytes that the pixels take in memory. Making a picture takes up to twice that.
    pub memory: u64,
}

impl Default for DecodeLimits {
    /// 50 MiB, 32,768 pixels, 256 MiB: as the original, and enough for photographs of 85
    /// million pixels.
    fn default() -> Self {
        Self { bytes: 50 << 20, side: 32_768, memory: 256 << 20 }
    }
}

/// An image, and how it is to be turned.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) pixels: DynamicImage,
    pub(crate) orientation: Orientation,
    pub(crate) form: Form,
}

impl Source {
    /// The size of the image as it is to be seen.
    pub(crate) fn dimensions(&self) -> Dimensions {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        if self.is_on_its_side() {
            Dimensions { width: height, height: width }
        } else {
            Dimensions { width, height }
        }
    }

    pub(crate) const fn is_on_its_side(&self) -> bool {
        matches!(
            self.orientation,
            Orientation::Rotate90
                | Orientation::Rotate270
                | Orientation::Rotate90FlipH
                | Orientation::Rotate270FlipH
        )
    }
}

/// Reads an image; of a moving one, the first picture. What it is, its first bytes say and
/// not its name.
pub(crate) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Source, Error> {
    if bytes.len() as u64 > limits.bytes {
        return Err(Error::TooLarge("bytes"));
    }
    let format = image::guess_format(bytes).map_err(|_| Error::NotAnImage)?;
    use ImageFormat::{Bmp, Gif, Jpeg, Png, WebP};
    if !matches!(format, Bmp | Gif | Jpeg | Png | WebP) {
        return Err(Error::NotAnImage);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut allowed = Limits::default();
    allowed.max_image_width = Some(limits.side);
    allowed.max_image_height = Some(limits.side);
    allowed.max_alloc = Some(limits.memory.saturating_mul(2));
    reader.limits(allowed);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Error::NotAnImage);
    }
    if width > limits.side || height > limits.side {
        return Err(Error::TooLarge("dimensions"));
    }
    if decoder.total_bytes() > limits.memory {
        return Err(Error::TooLarge("memory"));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let pixels = DynamicImage::from_decoder(decoder).map_err(refused)?;
    let form = if pixels.color().has_alpha() { Form::Drawing } else { Form::Photo };
    Ok(Source { pixels, orientation, form })
}

fn refused(failed: ImageError) -> Error {
    match failed {
        ImageError::Limits(limit) => match limit.kind() {
            LimitErrorKind::DimensionError => Error::TooLarge("dimensions"),
            _ => Error::TooLarge("memory"),
        },
        _ => Error::NotAnImage,
    }
}
