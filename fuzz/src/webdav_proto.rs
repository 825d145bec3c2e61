//! What `allmende-webdav-proto` reads.

use allmende_webdav_proto::{
    DavErrorBody, Destination, Element, Multistatus, XmlLimits,
    headers::{ByteRanges, ContentRange, IfHeader, ResolvedRange},
    href, lock,
    precondition::{IfOutcome, IfState, evaluate_if},
    request::{Lockinfo, Mkcol, Propfind, Proppatch, Report, Search, SyncCollection},
};

/// Every body that is accepted is written so that it reads back equal.
pub fn xml_body(body: &[u8]) {
    let limits = XmlLimits::default();
    macro_rules! reads_back {
        ($($message:ty),*) => {$(
            if let Ok(message) = <$message>::parse(body, &limits) {
                let written = message.to_bytes();
                // Own declarations may take more room than those of the sender.
                let mut wide = limits;
                wide.max_bytes = usize::MAX;
                wide.max_attributes = 1024;
                assert_eq!(<$message>::parse(&written, &wide).as_ref(), Ok(&message));
            }
        )*};
    }
    reads_back!(Propfind, Proppatch, Mkcol, Lockinfo, Report, SyncCollection, Search);
    if let Ok(element) = Element::parse(body, &limits) {
        assert_eq!(Element::from_fragment(&element.to_fragment()).as_ref(), Ok(&element));
    }
    let _ = DavErrorBody::parse(body, &limits);
    let _ = Multistatus::parse(body, &limits);
    let _ = lock::read_lock_response(body, &limits);
}

/// A header that is accepted reads back equal, and a resource without locks and tags
/// meets it only by `Not`.
pub fn if_header(value: &[u8]) {
    let Some(header) = text(value).and_then(|value| IfHeader::parse(value).ok()) else {
        return;
    };
    let written = header.to_string();
    // Writing puts a blank between parts, so the longest headers may outgrow the limit.
    if written.len() <= 8192 {
        assert_eq!(IfHeader::parse(&written).as_ref(), Ok(&header));
    }
    let outcome = evaluate_if(&header, |_| IfState::default());
    assert!(outcome == IfOutcome::Failed || written.contains("Not "));
}

/// A path that is accepted is absolute, holds no NUL, and reads back equal.
pub fn destination(value: &[u8]) {
    let Some(value) = text(value) else {
        return;
    };
    if let Ok(destination) = Destination::parse(value) {
        let path = destination.path();
        assert!(path.starts_with('/') && !path.contains('\0'));
        assert_eq!(href::decode(&href::encode(path)).as_deref(), Ok(path));
    }
    let _ = href::decode(value);
}

/// Parts lie within the content, none is empty, no byte is sent twice. The first eight
/// bytes are the size of the content.
pub fn range(input: &[u8]) {
    let Some((size, value)) = input.split_first_chunk::<8>() else {
        return;
    };
    let size = u64::from_be_bytes(*size);
    let Some(value) = text(value) else {
        return;
    };
    let _ = ContentRange::parse(value);
    let Some(ranges) = ByteRanges::parse(value) else {
        return;
    };
    assert_eq!(ByteRanges::parse(&ranges.to_string()).as_ref(), Some(&ranges));
    if let ResolvedRange::Partial(mut spans) = ranges.resolve(size) {
        spans.sort_unstable();
        assert!(!spans.is_empty());
        assert!(spans.iter().all(|span| span.start < span.end && span.end <= size));
        assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
