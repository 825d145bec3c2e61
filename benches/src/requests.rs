//! Requests as clients send them.

use crate::rig::Target;

/// Where the files of the one person are.
pub(crate) const FILES: &str = "/remote.php/dav/files/admin";

/// The poll of the desktop client: has anything changed?
pub(crate) const POLL: &str = "<?xml version=\"1.0\" ?>\n<d:propfind xmlns:d=\"DAV:\">\
    <d:prop><d:getetag/></d:prop></d:propfind>\n";

/// What the desktop client asks of every entry of a folder.
pub(crate) const DISCOVERY: &str = "<?xml version=\"1.0\" ?>\n<d:propfind xmlns:d=\"DAV:\" \
    xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\"><d:prop>\
    <d:resourcetype/><d:getlastmodified/><d:getcontentlength/><d:getetag/>\
    <d:quota-available-bytes/><d:quota-used-bytes/><oc:size/><oc:id/><oc:fileid/>\
    <oc:downloadURL/><oc:dDC/><oc:permissions/><oc:checksums/><oc:share-types/>\
    <nc:is-encrypted/><nc:is-mount-root/><nc:metadata-files-live-photo/>\
    <nc:share-attributes/><nc:lock/><nc:lock-owner-displayname/><nc:lock-owner/>\
    <nc:lock-owner-type/><nc:lock-owner-editor/><nc:lock-time/><nc:lock-timeout/>\
    <nc:lock-token/></d:prop></d:propfind>\n";

/// The head of a request, and the body if it is a short one.
pub(crate) fn request(
    target: &Target,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut request = head(target, method, path, headers, body.len() as u64);
    request.extend_from_slice(body);
    request
}

/// The head of a request whose body follows.
pub(crate) fn head(
    target: &Target,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    length: u64,
) -> Vec<u8> {
    let Target { address, authorization } = target;
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {authorization}\r\n\
         User-Agent: allmende-benches\r\nContent-Length: {length}\r\n"
    );
    for (name, value) in headers {
        head.extend([*name, ": ", *value, "\r\n"]);
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// A PROPFIND.
pub(crate) fn propfind(target: &Target, path: &str, depth: &str, body: &str) -> Vec<u8> {
    let headers = [("Depth", depth), ("Content-Type", "application/xml; charset=utf-8")];
    request(target, "PROPFIND", path, &headers, body.as_bytes())
}
