//! What `allmende-ocs` reads.

use allmende_ocs::{Document, Envelope, Format, OcsRequest, Reply, RequestLimits, Version};

/// A request is read or refused. The first byte says what its body is, the first line is the
/// query.
pub fn ocs_request(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else { return };
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (query, body) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    let uri = [b"/ocs/v2.php/apps/x?".as_slice(), query].concat();
    let kind = match kind % 3 {
        0 => "application/json",
        1 => "application/x-www-form-urlencoded",
        _ => "text/plain",
    };
    let request = http::Request::post(uri.as_slice()).header("content-type", kind).body(());
    let Ok((parts, ())) = request.map(http::Request::into_parts) else { return };
    let limits = RequestLimits::default();
    if let Ok(request) = OcsRequest::parse(&parts, body, limits) {
        assert!(request.path().starts_with('/'));
    }
}

/// An answer in JSON that is read is written so that it reads back equal; one in XML is read or
/// refused.
pub fn ocs_document(input: &[u8]) {
    let _ = Document::read(Format::Xml, input);
    let Ok(document) = Document::read(Format::Json, input) else { return };
    let envelope = Envelope { version: Version::V2, format: Format::Json };
    let Ok(written) = envelope.success(&Reply::new(&document.data)) else { return };
    let again = Document::read(Format::Json, written.body());
    assert_eq!(again.map(|again| again.data).as_ref(), Ok(&document.data));
}
