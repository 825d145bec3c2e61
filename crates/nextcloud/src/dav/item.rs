//! A file or folder as the WebDAV part shows it.

use std::borrow::Cow;

use allmende_files::Entry;
use allmende_types::{ETag, Name, Timestamp};
use allmende_webdav::{Kind, Resource};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The `ETag` under a name that proxies do not touch; the desktop client reads it first.
pub(crate) const OC_ETAG: HeaderName = HeaderName::from_static("oc-etag");
/// The checksums of the content.
pub(crate) const OC_CHECKSUM: HeaderName = HeaderName::from_static("oc-checksum");

/// An entry of a person's view.
#[derive(Debug, Clone)]
pub(crate) struct Item(pub(crate) Entry);

impl Resource for Item {
    fn kind(&self) -> Kind {
        if self.0.is_folder() { Kind::Collection } else { Kind::File }
    }

    fn name(&self) -> Option<&Name> {
        self.0.name()
    }

    fn etag(&self) -> Option<ETag> {
        Some(self.0.etag())
    }

    fn last_modified(&self) -> Timestamp {
        self.0.node.modified
    }

    fn created(&self) -> Option<Timestamp> {
        // The original shows the epoch where it does not know.
        Some(self.0.node.created.unwrap_or(Timestamp::EPOCH))
    }

    fn content_length(&self) -> u64 {
        self.0.node.size
    }

    fn content_type(&self) -> &str {
        self.0.media_type().unwrap_or("application/octet-stream")
    }

    fn add_headers(&self, headers: &mut HeaderMap) {
        let Some(content) = self.0.node.content() else { return };
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(OC_ETAG, &self.0.etag().to_string());
        if !content.checksums.is_empty() {
            set(OC_CHECKSUM, &content.checksums.to_string());
        }
        if let Some(name) = self.0.name() {
            set(header::CONTENT_DISPOSITION, &attachment(name.as_str()));
        }
        // A file that someone uploaded must never run as a page of this server.
        set(header::CONTENT_SECURITY_POLICY, "default-src 'none';");
        set(header::CONTENT_TYPE, &harmless(self.content_type()));
    }
}

/// The media type with which a content is sent: what a browser would run or render with
/// scripts is plain text, and a text is UTF-8, as the original has it.
fn harmless(media_type: &str) -> Cow<'_, str> {
    const ACTIVE: [&str; 6] = [
        "application/javascript",
        "application/json",
        "application/xhtml+xml",
        "application/xml",
        "image/svg+xml",
        "text/html",
    ];
    let sent = match media_type {
        active if ACTIVE.contains(&active) => "text/plain",
        "application/x-php" => "text/x-php",
        other => other,
    };
    if sent.starts_with("text/") {
        Cow::Owned(format!("{sent};charset=UTF-8"))
    } else {
        Cow::Borrowed(sent)
    }
}

/// The value of `Content-Disposition` for a download (RFC 6266). Both names are
/// percent-encoded, as the original has it.
pub(crate) fn attachment(name: &str) -> String {
    let encoded = encoded(name);
    format!("attachment; filename*=UTF-8''{encoded}; filename=\"{encoded}\"")
}

/// A name as that header has it.
pub(super) fn encoded(name: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(name, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_content_runs_in_a_browser() {
        assert_eq!(harmless("text/html"), "text/plain;charset=UTF-8");
        assert_eq!(harmless("image/svg+xml"), "text/plain;charset=UTF-8");
        assert_eq!(harmless("text/markdown"), "text/markdown;charset=UTF-8");
        assert_eq!(harmless("image/png"), "image/png");
    }

    #[test]
    fn downloads_keep_their_names() {
        assert_eq!(
            attachment("a \"b\"ä.txt"),
            "attachment; filename*=UTF-8''a%20%22b%22%C3%A4.txt; filename=\"a%20%22b%22%C3%A4.txt\""
        );
    }
}
