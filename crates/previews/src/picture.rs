//! From pixels to a small picture.

use std::io::Cursor;

use bytes::Bytes;
use image::{
    DynamicImage, ExtendedColorType, ImageEncoder,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType as PngFilter, PngEncoder},
    },
    imageops::FilterType,
};

use crate::{Aspect, Dimensions, Error, Fit, decode::Source};

/// A small picture.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preview {
    /// The encoded picture.
    pub bytes: Bytes,
    /// `image/png` for texts and where the image has transparency, else `image/jpeg`.
    pub media_type: &'static str,
    /// Its size.
    pub size: Dimensions,
    /// The size of the image that it is of, as it is to be seen.
    pub source: Dimensions,
}

/// How a picture is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As JPEG.
    Photo,
    /// As PNG: it has transparency, or sharp edges.
    Drawing,
}

pub(crate) const PNG: &str = "image/png";
pub(crate) const JPEG: &str = "image/jpeg";

/// As the original has it by default.
const JPEG_QUALITY: u8 = 80;

/// Makes the picture. It is scaled before it is turned, because there is less to turn then.
pub(crate) fn render(source: Source, fit: Fit) -> Result<Preview, Error> {
    let dimensions = source.dimensions();
    let on_its_side = source.is_on_its_side();
    let Source { pixels, orientation, form } = source;
    let Dimensions { mut width, mut height } = fit.size;
    if on_its_side {
        (width, height) = (height, width);
    }
    let pixels = match fit.aspect {
        Aspect::Keep => pixels,
        Aspect::Crop => cut(pixels, width, height),
    };
    let same = (pixels.width(), pixels.height()) == (width, height);
    let mut small =
        if same { pixels } else { pixels.resize_exact(width, height, FilterType::Triangle) };
    small.apply_orientation(orientation);
    let (bytes, media_type) = encode(small, form)?;
    Ok(Preview { bytes, media_type, size: fit.size, source: dimensions })
}

/// The middle of the image, in the shape of this width and height.
fn cut(pixels: DynamicImage, width: u32, height: u32) -> DynamicImage {
    let (has_width, has_height) = (u64::from(pixels.width()), u64::from(pixels.height()));
    let (width, height) = (u64::from(width), u64::from(height));
    let (new_width, new_height) = if has_width * height > has_height * width {
        ((has_height * width / height).max(1), has_height)
    } else {
        (has_width, (has_width * height / width).max(1))
    };
    if (new_width, new_height) == (has_width, has_height) {
        return pixels;
    }
    let (x, y) = ((has_width - new_width) / 2, (has_height - new_height) / 2);
    // All of them are at most what the image has, which are 32 bits.
    pixels.crop_imm(x as u32, y as u32, new_width as u32, new_height as u32)
}

fn encode(image: DynamicImage, form: Form) -> Result<(Bytes, &'static str), Error> {
    if form == Form::Drawing {
        return Ok((png(image)?, PNG));
    }
    let image = image.into_rgb8();
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(Cursor::new(&mut bytes), JPEG_QUALITY);
    let (width, height) = image.dimensions();
    encoder
        .write_image(image.as_raw(), width, height, ExtendedColorType::Rgb8)
        .map_err(|_| Error::NotAnImage)?;
    Ok((bytes.into(), JPEG))
}

/// Writes a PNG, with transparency only where there is some.
pub(crate) fn png(image: DynamicImage) -> Result<Bytes, Error> {
    let (width, height) = (image.width(), image.height());
    let (raw, color) = if image.color().has_alpha() {
        (image.into_rgba8().into_raw(), ExtendedColorType::Rgba8)
    } else {
        (image.into_rgb8().into_raw(), ExtendedColorType::Rgb8)
    };
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, PngFilter::Adaptive)
        .write_image(&raw, width, height, color)
        .map_err(|_| Error::NotAnImage)?;
    Ok(bytes.into())
}
