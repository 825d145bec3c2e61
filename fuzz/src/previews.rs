//! What `allmende-previews` reads.

use allmende_previews::{DecodeLimits, Dimensions, Error, Kind, Wanted, avatar, render};

/// Bytes of anybody are a picture within the limits, or refused. The picture is of the size
/// that it says, and reads back.
pub fn picture(bytes: &[u8]) {
    let limits = DecodeLimits { bytes: 1 << 20, side: 1024, memory: 4 << 20 };
    let Some(wanted) = Wanted::new(64, 64) else { return };
    let Ok(preview) = render(bytes, Kind::Image, wanted, &limits) else { return };
    let Dimensions { width, height } = preview.source;
    assert!(width <= limits.side && height <= limits.side);
    assert!(preview.size.width <= width.min(64) && preview.size.height <= height.min(64));
    let again = render(&preview.bytes, Kind::Image, wanted, &limits);
    assert_eq!(again.map(|again| again.source).ok(), Some(preview.size));
    assert!(avatar(bytes, None, 64, &limits).is_ok());
}

/// Bytes of anybody, told to be a text, are a page that reads back, or have nothing to show.
/// What stands behind the part that is looked at changes nothing.
pub fn text_picture(bytes: &[u8]) {
    let limits = DecodeLimits::default();
    let Some(wanted) = Wanted::new(64, 64) else { return };
    for kind in [Kind::Text, Kind::Markdown] {
        let drawn = render(bytes, kind, wanted, &limits);
        let begins = kind.needed(bytes.len() as u64, &limits).unwrap_or_default();
        let begins = usize::try_from(begins).unwrap_or(usize::MAX).min(bytes.len());
        match (drawn, render(&bytes[..begins], kind, wanted, &limits)) {
            (Ok(drawn), Ok(again)) => {
                assert_eq!(drawn, again);
                let read = render(&drawn.bytes, Kind::Image, wanted, &limits);
                assert_eq!(read.map(|read| read.source).ok(), Some(drawn.size));
            }
            (Err(Error::NothingToShow), Err(Error::NothingToShow)) => {}
            (drawn, again) => panic!("{drawn:?} is not {again:?}"),
        }
    }
}
