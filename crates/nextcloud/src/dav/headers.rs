//! The request headers of the dialect.

use allmende_files::{Algorithm, MissingParents};
use allmende_types::{Checksums, Timestamp};
use allmende_webdav::{Error, ErrorKind, Result};
use http::{HeaderMap, HeaderName, HeaderValue};

const ACCEPTED: HeaderValue = HeaderValue::from_static("accepted");

/// What a client tells of a content beside its bytes.
#[derive(Debug, Default)]
pub(crate) struct ContentHeaders {
    /// `X-OC-MTime`: the time of the last change.
    pub(crate) modified: Option<Timestamp>,
    /// `X-OC-CTime`: the time when it was made.
    pub(crate) created: Option<Timestamp>,
    /// `OC-Checksum`: the checksums, to verify and to keep.
    pub(crate) checksums: Checksums,
    /// `X-Hash`: the hashes that the client wants to hear.
    pub(crate) hashes: Vec<Algorithm>,
    /// `OC-Total-Length` and `X-Expected-Entity-Length`: the bytes that need room, the
    /// larger one.
    pub(crate) announced: Option<u64>,
    /// `X-NC-WebDAV-Auto-Mkcol`: whether missing folders are made.
    pub(crate) parents: MissingParents,
}

impl ContentHeaders {
    /// Reads them. What is not valid is refused before a byte of the content is taken.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self> {
        let time = |name: &'static str| match text(headers, name)? {
            None => Ok(None),
            Some(value) => match Timestamp::from_client_header(value) {
                Ok(time) => Ok(Some(time)),
                Err(error) => Err(bad(name, value).with_source(error)),
            },
        };
        let length = |name: &'static str| {
            text(headers, name)?.map(|v| v.trim().parse().map_err(|_| bad(name, v))).transpose()
        };
        let checksums = match text(headers, "oc-checksum")? {
            None => Checksums::none(),
            Some(value) => value.parse().map_err(|_| bad("oc-checksum", value))?,
        };
        let announced: [Option<u64>; 2] =
            [length("oc-total-length")?, length("x-expected-entity-length")?];
        Ok(Self {
            modified: time("x-oc-mtime")?,
            created: time("x-oc-ctime")?,
            checksums,
            hashes: hashes(text(headers, "x-hash")?),
            announced: announced.into_iter().flatten().max(),
            parents: match text(headers, "x-nc-webdav-auto-mkcol")? {
                Some("1") => MissingParents::Make,
                _ => MissingParents::Refuse,
            },
        })
    }

    /// Tells the client that its times were taken.
    pub(crate) fn acknowledge(&self, headers: &mut HeaderMap) {
        if self.modified.is_some() {
            headers.insert(HeaderName::from_static("x-oc-mtime"), ACCEPTED);
        }
        if self.created.is_some() {
            headers.insert(HeaderName::from_static("x-oc-ctime"), ACCEPTED);
        }
    }
}

/// The hashes that `X-Hash` asks for; unknown ones are passed over.
fn hashes(value: Option<&str>) -> Vec<Algorithm> {
    match value.map(str::trim) {
        None => Vec::new(),
        Some(all) if all.eq_ignore_ascii_case("all") => {
            vec![Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha256]
        }
        Some(one) => one.parse().into_iter().collect(),
    }
}

/// The value of a header as text, if there is one.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>> {
    let value = headers.get(name).map(HeaderValue::to_str).transpose();
    value.map_err(|_| bad(name, "bytes that are no text"))
}

fn bad(name: &'static str, value: &str) -> Error {
    Error::new(ErrorKind::BadRequest, format!("{name} is not valid: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &'static str)]) -> Result<ContentHeaders> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        ContentHeaders::read(&pairs.collect())
    }

    #[test]
    fn what_clients_send_is_understood() {
        let headers = read(&[
            ("x-oc-mtime", "1600000000.5"),
            ("oc-checksum", "SHA1:aa MD5:bb"),
            ("oc-total-length", "10"),
            ("x-expected-entity-length", "12"),
            ("x-hash", "all"),
            ("x-nc-webdav-auto-mkcol", "1"),
        ])
        .unwrap();
        assert_eq!(headers.modified.map(Timestamp::unix), Some(1_600_000_000));
        assert_eq!(headers.checksums.to_string(), "SHA1:aa MD5:bb");
        assert_eq!((headers.announced, headers.hashes.len()), (Some(12), 3));
        assert!(matches!(headers.parents, MissingParents::Make));
        let mut answer = HeaderMap::new();
        headers.acknowledge(&mut answer);
        assert_eq!(answer.get("x-oc-mtime"), Some(&ACCEPTED));
        assert_eq!(answer.get("x-oc-ctime"), None);
    }

    #[test]
    fn what_is_not_valid_is_refused() {
        for (name, value) in [
            ("x-oc-mtime", "0x10"),
            ("x-oc-mtime", "86400"),
            ("x-oc-ctime", "junk"),
            ("oc-checksum", "SHA1"),
            ("oc-total-length", "-1"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadRequest, "{name}: {value}");
        }
    }
}
