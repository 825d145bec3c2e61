//! Paths as they stand in URLs.
//!
//! Clients compare hrefs as text, so there is one way to write a path: the letters that
//! the original server leaves alone (`A-Z a-z 0-9 _ - . ~ ( ) / : @`), and lower-case
//! hexadecimal for every other byte. Any legal encoding is read.

mod destination;

use std::fmt;

pub use destination::{Destination, DestinationError};

/// A percent-encoded reference to a resource, as it stands in `d:href`: an absolute path,
/// or a whole URL if another server wrote it.
///
/// ```
/// use allmende_webdav_proto::Href;
///
/// let folder = Href::from_path("/files/alice/Fotos").into_collection();
/// assert_eq!(folder.as_str(), "/files/alice/Fotos/");
/// assert_eq!(folder.join("Käse (1).jpg").as_str(), "/files/alice/Fotos/K%c3%a4se%20(1).jpg");
/// ```
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Href(String);

impl Clone for Href {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    // Into the same buffer: a listing makes one after the other.
    fn clone_from(&mut self, source: &Self) {
        self.0.clone_from(&source.0);
    }
}

/// A reference that names no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HrefError {
    /// `%00` or a NUL: no name may hold it.
    #[error("a path must not hold the character NUL")]
    Nul,
    /// `%` without two hexadecimal digits behind it.
    #[error("a percent sign starts no escape at byte {0}")]
    BrokenEscape(usize),
    /// Neither an absolute path nor a URL with one.
    #[error("not an absolute path")]
    NotAbsolute,
}

impl Href {
    /// Encodes a path.
    #[must_use]
    pub fn from_path(path: &str) -> Self {
        Self(encode(path))
    }

    /// Takes a reference as it was received.
    #[must_use]
    pub fn from_encoded(encoded: impl Into<String>) -> Self {
        Self(encoded.into())
    }

    /// The encoded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A member: one more segment, which is encoded; a slash in it too.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let mut joined = String::with_capacity(self.0.len() + name.len() + 8);
        joined.push_str(&self.0);
        let mut joined = Self(joined);
        joined.push(name);
        joined
    }

    /// Goes on to a member, as [`join`](Self::join) does.
    pub fn push(&mut self, name: &str) {
        self.end_with_slash();
        encode_into(&mut self.0, name, |byte| is_plain(byte) && byte != b'/');
    }

    /// Names a collection, as a listing does.
    pub fn end_with_slash(&mut self) {
        if !self.0.ends_with('/') {
            self.0.push('/');
        }
    }

    /// With a slash at the end, as a listing names collections.
    #[must_use]
    pub fn into_collection(mut self) -> Self {
        self.end_with_slash();
        self
    }

    /// Without slashes at the end, as a report names everything. The root stays `/`.
    #[must_use]
    pub fn into_member(mut self) -> Self {
        let len = self.0.trim_end_matches('/').len();
        self.0.truncate(len.max(usize::from(self.0.starts_with('/'))));
        self
    }

    /// The path, decoded; scheme, host, query and fragment are cut off.
    ///
    /// # Errors
    /// When it is not absolute or cannot be decoded.
    pub fn decoded_path(&self) -> Result<String, HrefError> {
        let path = split_authority(&self.0).map_or(self.0.as_str(), |(_, path)| path);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        if !path.starts_with('/') {
            return Err(HrefError::NotAbsolute);
        }
        decode(path)
    }
}

impl fmt::Display for Href {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Href {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Encodes a path; slashes stay.
#[must_use]
pub fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len() + path.len() / 8);
    encode_into(&mut encoded, path, is_plain);
    encoded
}

/// Decodes a path. Bytes that are not UTF-8 are read as Latin-1, as the original server
/// does for clients older than UTF-8 in URLs.
///
/// # Errors
/// When an escape is broken or a NUL appears.
pub fn decode(encoded: &str) -> Result<String, HrefError> {
    let escapes = encoded.bytes().enumerate().filter(|(_, byte)| *byte == b'%');
    for (at, _) in escapes {
        let digits = encoded.as_bytes().get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(HrefError::BrokenEscape(at));
        }
    }
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(encoded).collect();
    if bytes.contains(&0) {
        return Err(HrefError::Nul);
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect()))
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'-' | b'.' | b'~' | b'(' | b')' | b'/' | b':' | b'@')
}

fn encode_into(out: &mut String, text: &str, plain: impl Fn(u8) -> bool) {
    const HEX: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    // Plain bytes are ASCII, so that both ends of a run are borders of characters.
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| !plain(*byte)) {
        out.push_str(text.get(start..at).unwrap_or_default());
        out.push('%');
        out.push(HEX[usize::from(byte >> 4)]);
        out.push(HEX[usize::from(byte & 15)]);
        start = at + 1;
    }
    out.push_str(text.get(start..).unwrap_or_default());
}

/// Splits `http://host/path` into host and path; `None` for anything else.
fn split_authority(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    Some((authority, if path.is_empty() { "/" } else { path }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_letters_that_stay() {
        let plain = "AZaz09_-.~()/:@";
        assert_eq!(encode(plain), plain);
        assert_eq!(encode(" \"*+&'!$,;=%#?[]"), "%20%22%2a%2b%26%27%21%24%2c%3b%3d%25%23%3f%5b%5d");
        assert_eq!(encode("é"), "%c3%a9");
    }

    #[test]
    fn any_legal_encoding_is_read() {
        assert_eq!(decode("/%C3%A9%2fb").as_deref(), Ok("/é/b"));
        assert_eq!(decode("/%41").as_deref(), Ok("/A"));
        assert_eq!(decode("/é").as_deref(), Ok("/é"));
        assert_eq!(decode("/%e9").as_deref(), Ok("/é"), "Latin-1");
        assert_eq!(decode("/a%00"), Err(HrefError::Nul));
        for (bad, at) in [("/%", 1), ("/%4", 1), ("/a%4g", 2), ("/%é", 1)] {
            assert_eq!(decode(bad), Err(HrefError::BrokenEscape(at)), "{bad}");
        }
    }

    #[test]
    fn collections_and_members() {
        let href = Href::from_path("/a");
        assert_eq!(href.clone().into_collection().as_str(), "/a/");
        assert_eq!(href.clone().into_collection().into_collection().as_str(), "/a/");
        assert_eq!(href.clone().into_collection().into_member(), href);
        assert_eq!(Href::from_path("/").into_member().as_str(), "/");
        assert_eq!(href.join("b/c").as_str(), "/a/b%2fc");
        let url = Href::from_encoded("HTTPS://cloud.example.org/a%20b?x#y");
        assert_eq!(url.decoded_path().as_deref(), Ok("/a b"));
        assert_eq!(Href::from_encoded("a").decoded_path(), Err(HrefError::NotAbsolute));
        assert_eq!(Href::from_encoded("http://h").decoded_path().as_deref(), Ok("/"));
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(path in "(/[^\u{0}]{0,12}){1,4}") {
            let href = Href::from_path(&path);
            prop_assert!(href.as_str().bytes().all(|b| is_plain(b) || b == b'%'));
            prop_assert_eq!(href.decoded_path(), Ok(path));
        }

        #[test]
        fn nothing_that_is_sent_panics(text: String) {
            let _ = decode(&text);
            let _ = Href::from_encoded(text).decoded_path();
        }
    }
}
