//! Pictures of the first lines of a text.
//!
//! As in the original, a page begins with the first line, and what does not fit on it is not
//! there: nothing is wrapped. Letters come from a font of pixels (Latin in all its forms), so
//! that nothing has to be read or laid out; a text in letters that the font lacks has no
//! picture, and clients show the icon.

use std::borrow::Cow;

use image::{DynamicImage, GrayImage, metadata::Orientation};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster};

use crate::{Error, Kind, decode::Source, picture::Form};

/// Pixels of a page in each direction.
const PAGE: u32 = 1024;
const MARGIN: u32 = 16;
/// From the top of a line to that of the next.
const LINE: u32 = 40;
const LETTER: RasterHeight = RasterHeight::Size32;
/// Columns from one stop of the tabulator to the next.
const TAB: usize = 4;
/// What stands for a character that the font lacks.
const UNKNOWN: char = '\u{fffd}';

/// Draws the page. At most [`Kind::TEXT`] bytes are looked at.
pub(crate) fn draw(bytes: &[u8], kind: Kind) -> Result<Source, Error> {
    let most = usize::try_from(Kind::TEXT).unwrap_or(usize::MAX);
    let text = decode(&bytes[..bytes.len().min(most)]);
    let mut page = Page::new();
    let lines = text.lines().flat_map(|line| line.split('\r'));
    for (line, top) in lines.zip((MARGIN..=PAGE - MARGIN - LINE).step_by(LINE as usize)) {
        match heading(line).filter(|_| kind == Kind::Markdown) {
            Some(heading) => page.line(heading, top, FontWeight::Bold),
            None => page.line(line, top, FontWeight::Regular),
        }
    }
    page.finish()
}

/// The characters of a beginning: one that was cut in its middle is left out.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let whole = match std::str::from_utf8(bytes) {
        Err(failed) if failed.error_len().is_none() => &bytes[..failed.valid_up_to()],
        _ => bytes,
    };
    String::from_utf8_lossy(whole)
}

/// What a heading of Markdown says.
fn heading(line: &str) -> Option<&str> {
    let said = line.trim_start_matches('#');
    let level = line.len() - said.len();
    ((1..=6).contains(&level) && said.starts_with(' ')).then(|| said.trim())
}

/// A white page, with how many of the characters on it the font has.
struct Page {
    pixels: Vec<u8>,
    known: usize,
    unknown: usize,
}

impl Page {
    fn new() -> Self {
        Self { pixels: vec![u8::MAX; (PAGE * PAGE) as usize], known: 0, unknown: 0 }
    }

    fn line(&mut self, text: &str, top: u32, weight: FontWeight) {
        let mut left = MARGIN;
        let mut column = 0;
        for char in text.chars() {
            if char == '\t' || char == ' ' {
                let wide = if char == '\t' { TAB - column % TAB } else { 1 };
                left = left.saturating_add(self.width(weight).saturating_mul(wide as u32));
                column += wide;
                continue;
            }
            let letter = get_raster(char, weight, LETTER).filter(|_| char != UNKNOWN);
            match letter {
                Some(_) => self.known += 1,
                None => self.unknown += 1,
            }
            let Some(letter) = letter.or_else(|| get_raster(UNKNOWN, weight, LETTER)) else {
                continue;
            };
            let width = letter.width() as u32;
            if left > PAGE - MARGIN - width {
                break;
            }
            for (y, row) in (top..).zip(letter.rows()) {
                let at = (y * PAGE + left) as usize;
                let under = self.pixels[at..].iter_mut();
                under.zip(row).for_each(|(pixel, ink)| *pixel = u8::MAX - ink);
            }
            left += width;
            column += 1;
        }
    }

    fn width(&self, weight: FontWeight) -> u32 {
        noto_sans_mono_bitmap::get_raster_width(weight, LETTER) as u32
    }

    fn finish(self) -> Result<Source, Error> {
        // A page of nothing, or of signs that stand for what cannot be shown, tells less than
        // an icon.
        if self.known <= self.unknown {
            return Err(Error::NothingToShow);
        }
        let pixels = GrayImage::from_raw(PAGE, PAGE, self.pixels).ok_or(Error::NothingToShow)?;
        Ok(Source {
            pixels: DynamicImage::ImageLuma8(pixels),
            orientation: Orientation::NoTransforms,
            form: Form::Drawing,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Which lines of the page have ink, and up to which pixel.
    fn inked(text: &str, kind: Kind) -> Vec<u32> {
        let page = draw(text.as_bytes(), kind).unwrap().pixels.into_luma8();
        let reach = |top: u32| {
            let dark =
                (0..PAGE).filter(|x| (top..top + LINE).any(|y| page.get_pixel(*x, y).0[0] < 128));
            dark.max().unwrap_or(0)
        };
        (MARGIN..=PAGE - MARGIN - LINE).step_by(LINE as usize).map(reach).collect()
    }

    #[test]
    fn lines_stand_below_one_another_and_end_at_the_edge() {
        let page = inked("some text\r\n\r\n\tfar\nsome\rx", Kind::Text);
        assert!(page[0] > 9 * 10 && page[0] < 300);
        assert_eq!(page[1], 0);
        assert!(page[2] > page[4] && page[3] > page[4] && page[4] > 0);
        assert!(page[5..].iter().all(|reach| *reach == 0));
        let full = inked(&"wide and wider ".repeat(200), Kind::Text);
        assert!(full[0] > PAGE - 4 * MARGIN && full[0] <= PAGE - MARGIN);
        let long = inked(&"a line\n".repeat(500), Kind::Text);
        assert!(long.iter().all(|reach| *reach > 0));
    }

    #[test]
    fn headings_are_bold_and_lose_their_marks_in_markdown_only() {
        let plain = draw(b"# Title", Kind::Text).unwrap().pixels;
        let marked = draw(b"# Title", Kind::Markdown).unwrap().pixels;
        assert_ne!(plain, marked);
        assert_ne!(marked, draw(b"Title", Kind::Markdown).unwrap().pixels);
        assert_eq!(
            draw(b"#Title", Kind::Markdown).unwrap().pixels,
            draw(b"#Title", Kind::Text).unwrap().pixels
        );
        for (line, said) in [
            ("# a", Some("a")),
            ("###### a b ", Some("a b")),
            ("####### a", None),
            ("#a", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(heading(line), said, "{line}");
        }
    }

    #[test]
    fn what_is_no_text_has_no_picture() {
        let nothing = |bytes: &[u8]| matches!(draw(bytes, Kind::Text), Err(Error::NothingToShow));
        for bytes in [&b""[..], b" \r\n\t\n", &[0; 500], &[0xff; 500], "\u{feff}".as_bytes()] {
            assert!(nothing(bytes));
        }
        assert!(nothing("только".as_bytes()));
        assert!(!nothing("naïve Übergrößen ąć, and ☃".as_bytes()));
        // A character that the end of what is read cuts is no reason.
        let cut = "é".repeat(3000);
        assert!(!nothing(&cut.as_bytes()[..4095]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn whatever_is_in_it_is_drawn_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600), text in ".{0,300}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                if let Ok(page) = draw(bytes, Kind::Markdown) {
                    prop_assert_eq!((page.pixels.width(), page.pixels.height()), (PAGE, PAGE));
                }
            }
        }
    }
}
