//! Pictures that people chose: read once when they come in, with limits, and kept as a
//! square of one size.

use allmende_previews::DecodeLimits;
use image::{DynamicImage, ImageFormat, RgbImage, imageops};

use super::{Form, encode};

/// Bytes of a picture that comes in.
pub(crate) const LARGEST: usize = 20 << 20;
/// The edge of what is kept.
const EDGE: u32 = 512;

/// Why a picture was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadPicture {
    /// It is no PNG and no JPEG.
    UnknownKind,
    /// It cannot be read, or is larger than the limits.
    Unreadable,
}

/// The middle of a picture as a square of 512 pixels, as JPEG: a photograph of that size is
/// a few dozen kilobytes. What is transparent becomes white.
pub(crate) fn square(bytes: &[u8]) -> Result<Vec<u8>, BadPicture> {
    if !matches!(image::guess_format(bytes), Ok(ImageFormat::Png | ImageFormat::Jpeg)) {
        return Err(BadPicture::UnknownKind);
    }
    let limits = DecodeLimits { bytes: LARGEST as u64, side: 12_000, ..DecodeLimits::default() };
    let square = allmende_previews::avatar(bytes, None, EDGE, &limits);
    let square = square.map_err(|_| BadPicture::Unreadable)?;
    resized(&square, EDGE, Form::Jpeg).ok_or(BadPicture::Unreadable)
}

/// A picture without transparency.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let mut canvas = DynamicImage::ImageRgb8(RgbImage::from_pixel(
        picture.width(),
        picture.height(),
        image::Rgb([255; 3]),
    ));
    imageops::overlay(&mut canvas, picture, 0, 0);
    canvas.into_rgb8()
}

/// A square in another size and form; none if it cannot be read.
pub(super) fn resized(square: &[u8], edge: u32, form: Form) -> Option<Vec<u8>> {
    let picture = image::load_from_memory(square).ok()?;
    let picture = picture.resize_exact(edge, edge, imageops::FilterType::CatmullRom);
    encode(&on_white(&picture), form)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{Rgba, RgbaImage};

    use super::*;

    fn png(width: u32, height: u32, colour: [u8; 4]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let picture = RgbaImage::from_pixel(width, height, Rgba(colour));
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_become_squares() {
        let kept = square(&png(30, 10, [200, 0, 0, 255])).unwrap();
        let picture = image::load_from_memory(&kept).unwrap();
        assert_eq!((picture.width(), picture.height()), (512, 512));
        let small = image::load_from_memory(&resized(&kept, 64, Form::Png).unwrap()).unwrap();
        let [red, green, _] = small.to_rgb8().get_pixel(32, 32).0;
        assert!(small.width() == 64 && red > 180 && green < 30);
        let clear = image::load_from_memory(&square(&png(4, 4, [0; 4])).unwrap()).unwrap();
        assert!(clear.to_rgb8().get_pixel(9, 9).0.iter().all(|channel| *channel > 250));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert_eq!(square(b"GIF89a..."), Err(BadPicture::UnknownKind));
        assert_eq!(square(b""), Err(BadPicture::UnknownKind));
        let whole = png(8, 8, [9; 4]);
        assert_eq!(square(&whole[..40]), Err(BadPicture::Unreadable));
        // A header that promises more than anybody may ask for.
        let mut huge = whole;
        huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        assert_eq!(square(&huge), Err(BadPicture::Unreadable));
    }
}
