//! The bodies of this crate's fuzz targets: see `fuzz/` at the top of the repository. They
//! check laws, and the tests below run them with a few seeds each time.

use std::cmp::Ordering;

use allmende_files::uploads::natural_order;
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::HeaderMap;

use crate::dav::{Malformed, Multipart, UploadPlace};

/// A bulk upload's body means the same however the network cuts it. The first byte is the
/// size of the pieces.
pub fn bulk_multipart(input: &[u8]) {
    let Some((size, body)) = input.split_first() else { return };
    let pieces = body.chunks(usize::from(*size).max(1));
    assert_eq!(parts(pieces), parts(std::iter::once(body)));
}

type Parts = Result<Vec<(HeaderMap, Bytes)>, Malformed>;

fn parts<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Parts {
    let pieces: Vec<_> = pieces.map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let mut multipart = Multipart::new(Box::pin(stream::iter(pieces)), "bnd");
    let reading = async {
        let mut parts = Vec::new();
        while let Some(head) = multipart.next_head().await? {
            let length = head.get("content-length").and_then(|v| v.to_str().ok()?.parse().ok());
            let content = multipart.content(length.unwrap_or(0)).await?;
            parts.push((head, content));
        }
        Ok(parts)
    };
    // The pieces are all there, so nothing waits.
    reading.now_or_never().unwrap_or(Err(Malformed::Truncated))
}

/// A path below the uploads is read or refused, and the order of parts is one. The input
/// is two names, separated by a line end.
pub fn chunk_name(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (a, b) = text.split_once('\n').unwrap_or((text, ""));
    let _ = UploadPlace::of(a);
    assert_eq!(natural_order(a, b), natural_order(b, a).reverse());
    assert_eq!(natural_order(a, a), Ordering::Equal);
    assert_eq!(natural_order(a, b) == Ordering::Equal, a == b);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BULK: [&[u8]; 4] = [
        b"\x03--bnd\r\nX-File-Path: /a\r\nContent-Length: 3\r\n\r\nabc\r\n--bnd--\r\n",
        b"\x01--bnd\nContent-Length: 0\n\n\n--bnd--",
        b"\x07--bnd\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"\x02--other\r\n\r\n",
    ];
    const NAMES: [&str; 5] = [
        "alice/up/00001\n1",
        "alice/up/9\n10",
        "000000000000000-000000010485759\n000000010485760-000000020971519",
        "alice/%2e%2e/x\n.file",
        "a01b\na1b",
    ];

    #[test]
    fn seeds_pass() {
        BULK.iter().for_each(|seed| bulk_multipart(seed));
        NAMES.iter().for_each(|seed| chunk_name(seed.as_bytes()));
    }

    proptest! {
        #[test]
        fn damaged_seeds_pass(seed in 0usize..4, at in any::<prop::sample::Index>(), byte: u8) {
            let mut bulk = BULK[seed].to_vec();
            let place = at.index(bulk.len());
            bulk[place] = byte;
            bulk_multipart(&bulk);
            let mut name = NAMES[seed].as_bytes().to_vec();
            let place = at.index(name.len());
            name[place] = byte;
            chunk_name(&name);
        }
    }
}
