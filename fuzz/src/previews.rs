//! What `allmende-previews` reads.

use allmende_previews::{DecodeLimits, Dimensions, Wanted, avatar, render};

/// Bytes of anybody are a picture within the limits, or refused. The picture is of the size
/// that it says, and reads back.
pub fn picture(bytes: &[u8]) {
    let limits = DecodeLimits { bytes: 1 << 20, side: 1024, memory: 4 << 20 };
    let Some(wanted) = Wanted::new(64, 64) else { return };
    let Ok(preview) = render(bytes, wanted, &limits) else { return };
    let Dimensions { width, height } = preview.source;
    assert!(width <= limits.side && height <= limits.side);
    assert!(preview.size.width <= width.min(64) && preview.size.height <= height.min(64));
    let again = render(&preview.bytes, wanted, &limits);
    assert_eq!(again.map(|again| again.source).ok(), Some(preview.size));
    assert!(avatar(bytes, None, 64, &limits).is_ok());
}
