//! Images of each kind, turned ones, and those that are refused.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

use std::io::Cursor;

use allmende_previews::{
    Aspect, AvatarCrop, DecodeLimits, Dimensions, Error, Kind, Preview, Wanted, avatar, render,
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

/// The left half red, the right half blue.
fn picture(width: u32, height: u32) -> DynamicImage {
    let colour = |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) };
    RgbImage::from_fn(width, height, colour).into()
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn made(bytes: &[u8], width: u32, height: u32, aspect: Aspect) -> Result<Preview, Error> {
    let mut wanted = Wanted::new(width, height).unwrap();
    wanted.aspect = aspect;
    render(bytes, Kind::Image, wanted, &DecodeLimits::default())
}

fn is_red(pixel: Rgb<u8>) -> bool {
    pixel.0[0] > 200 && pixel.0[2] < 60
}

/// A JPEG with the EXIF tag of orientation in it.
fn turned(orientation: u8) -> Vec<u8> {
    let jpeg = encoded(&picture(200, 100), ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat()
}

/// A PNG whose head says that it is this large.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(&picture(2, 2), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32fast::hash(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    png
}

#[test]
fn every_kind_is_read_and_fitted() {
    for format in
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp]
    {
        let bytes = encoded(&picture(300, 150), format);
        let kept = made(&bytes, 64, 64, Aspect::Keep).unwrap();
        assert_eq!(kept.size, Dimensions { width: 64, height: 32 }, "{format:?}");
        assert_eq!(kept.source, Dimensions { width: 300, height: 150 }, "{format:?}");
        let shown = image::load_from_memory(&kept.bytes).unwrap().into_rgb8();
        assert_eq!(shown.dimensions(), (64, 32), "{format:?}");
        assert!(is_red(*shown.get_pixel(5, 5)) && !is_red(*shown.get_pixel(60, 5)), "{format:?}");
        let cut = made(&bytes, 64, 64, Aspect::Crop).unwrap();
        assert_eq!(cut.size, Dimensions { width: 64, height: 64 }, "{format:?}");
    }
}

#[test]
fn only_transparency_is_kept_as_png() {
    let opaque = made(&encoded(&picture(80, 80), ImageFormat::Png), 64, 64, Aspect::Keep).unwrap();
    assert_eq!(opaque.media_type, "image/jpeg");
    assert_eq!(opaque.bytes[..3], [0xff, 0xd8, 0xff]);
    let clear = RgbaImage::from_pixel(80, 80, Rgba([0, 255, 0, 0])).into();
    let clear = made(&encoded(&clear, ImageFormat::Png), 64, 64, Aspect::Keep).unwrap();
    assert_eq!(clear.media_type, "image/png");
    let shown = image::load_from_memory(&clear.bytes).unwrap().into_rgba8();
    assert_eq!(shown.get_pixel(30, 30).0[3], 0);
}

#[test]
fn photographs_are_shown_upright() {
    // Where the red half is afterwards, for two points: top left and bottom right.
    for (orientation, size, top_left, bottom_right) in [
        (1, (64, 32), true, false),
        (3, (64, 32), false, true),
        (6, (32, 64), true, false),
        (8, (32, 64), false, true),
    ] {
        let preview = made(&turned(orientation), 64, 64, Aspect::Keep).unwrap();
        let shown = image::load_from_memory(&preview.bytes).unwrap().into_rgb8();
        assert_eq!(shown.dimensions(), size, "{orientation}");
        assert_eq!((preview.size.width, preview.size.height), size, "{orientation}");
        let at = |x, y| is_red(*shown.get_pixel(x, y));
        assert_eq!(at(4, 4), top_left, "{orientation}");
        assert_eq!(at(size.0 - 4, size.1 - 4), bottom_right, "{orientation}");
    }
}

#[test]
fn what_is_too_large_is_refused_by_its_head() {
    let refused = |bytes: &[u8]| made(bytes, 64, 64, Aspect::Keep).unwrap_err();
    assert!(matches!(refused(&claiming(30_000, 30_000)), Error::TooLarge("memory")));
    assert!(matches!(refused(&claiming(100_000, 1)), Error::TooLarge("dimensions")));
    let small = DecodeLimits { bytes: 100, ..DecodeLimits::default() };
    let bytes = encoded(&picture(300, 300), ImageFormat::Bmp);
    let wanted = Wanted::new(64, 64).unwrap();
    assert!(matches!(render(&bytes, Kind::Image, wanted, &small), Err(Error::TooLarge("bytes"))));
    let small = DecodeLimits { memory: 300 * 300 * 3 - 1, ..DecodeLimits::default() };
    assert!(matches!(render(&bytes, Kind::Image, wanted, &small), Err(Error::TooLarge("memory"))));
}

#[test]
fn what_is_no_image_is_refused() {
    let png = encoded(&picture(300, 150), ImageFormat::Png);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".as_slice();
    for bytes in [b"".as_slice(), b"not a png", svg, &png[..40], &png[..8], b"\xff\xd8\xff"] {
        assert!(matches!(made(bytes, 64, 64, Aspect::Keep), Err(Error::NotAnImage)));
    }
}

#[test]
fn avatars_are_square() {
    let dimensions = |bytes: &[u8]| {
        let image = image::load_from_memory(bytes).unwrap();
        (image.width(), image.height())
    };
    let limits = DecodeLimits::default();
    let bytes = encoded(&picture(300, 100), ImageFormat::Jpeg);
    let middle = avatar(&bytes, None, 64, &limits).unwrap();
    assert_eq!(middle[..4], *b"\x89PNG");
    assert_eq!(dimensions(&middle), (64, 64));
    assert_eq!(dimensions(&avatar(&bytes, None, 512, &limits).unwrap()), (100, 100));
    // A part, one beyond the edge, and an empty one.
    for (x, side, expected) in [(10, 50, 50), (290, 50, 50), (0, u32::MAX, 64), (0, 0, 1)] {
        let crop = AvatarCrop { x, y: 0, side };
        let part = avatar(&bytes, Some(crop), 64, &limits).unwrap();
        assert_eq!(dimensions(&part), (expected, expected), "{crop:?}");
    }
    assert!(matches!(avatar(b"junk", None, 64, &limits), Err(Error::NotAnImage)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_damage_is_fatal(kind in 0usize..5, at in 0usize..2000, with: u8, end in 0usize..3000) {
        use ImageFormat::{Bmp, Gif, Jpeg, Png, WebP};
        let mut bytes = encoded(&picture(24, 16), [Jpeg, Png, Gif, WebP, Bmp][kind]);
        let at = at % bytes.len();
        bytes[at] = with;
        bytes.truncate(end.max(1));
        // A large claim of the damaged head is refused before anything is taken for it.
        let limits = DecodeLimits { memory: 1 << 20, ..DecodeLimits::default() };
        _ = render(&bytes, Kind::Image, Wanted::new(64, 64).unwrap(), &limits);
    }
}
