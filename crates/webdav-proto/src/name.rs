//! Names of properties, elements and attributes: a namespace and a local part.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
    sync::Arc,
};

/// A text that is either compiled in or shared, so that cloning never copies it.
#[derive(Clone)]
enum Text {
    Static(&'static str),
    Shared(Arc<str>),
}

impl Text {
    fn as_str(&self) -> &str {
        match self {
            Self::Static(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        let (this, other) = (self.as_str(), other.as_str());
        // Mostly clones are compared, which share the text.
        std::ptr::eq(this, other) || this == other
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// An XML namespace. The six that Nextcloud's clients speak are constants and compare
/// without looking at their text.
///
/// ```
/// use allmende_webdav_proto::Namespace;
///
/// assert_eq!(Namespace::new("http://owncloud.org/ns"), Namespace::OC);
/// assert_eq!(Namespace::DAV.as_str(), "DAV:");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(Kind);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    None,
    Dav,
    Oc,
    Nc,
    Sabre,
    Ocs,
    Ocm,
    Other(Text),
}

impl Namespace {
    /// No namespace at all: `xmlns=""`.
    pub const NONE: Self = Self(Kind::None);
    /// `DAV:` (RFC 4918).
    pub const DAV: Self = Self(Kind::Dav);
    /// `http://owncloud.org/ns`.
    pub const OC: Self = Self(Kind::Oc);
    /// `http://nextcloud.org/ns`.
    pub const NC: Self = Self(Kind::Nc);
    /// `http://sabredav.org/ns`, in error bodies only.
    pub const SABRE: Self = Self(Kind::Sabre);
    /// `http://open-collaboration-services.org/ns`.
    pub const OCS: Self = Self(Kind::Ocs);
    /// `http://open-cloud-mesh.org/ns`.
    pub const OCM: Self = Self(Kind::Ocm);

    const KNOWN: [(&'static str, Kind); 7] = [
        ("", Kind::None),
        ("DAV:", Kind::Dav),
        ("http://owncloud.org/ns", Kind::Oc),
        ("http://nextcloud.org/ns", Kind::Nc),
        ("http://sabredav.org/ns", Kind::Sabre),
        ("http://open-collaboration-services.org/ns", Kind::Ocs),
        ("http://open-cloud-mesh.org/ns", Kind::Ocm),
    ];

    /// The namespace of a URI, which is compared letter by letter.
    #[must_use]
    pub fn new(uri: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|(text, _)| *text == uri);
        Self(known.map_or_else(|| Kind::Other(Text::Shared(uri.into())), |(_, kind)| kind))
    }

    /// The same for a constant.
    #[must_use]
    pub const fn from_static(uri: &'static str) -> Self {
        match uri.as_bytes() {
            b"" => Self::NONE,
            b"DAV:" => Self::DAV,
            b"http://owncloud.org/ns" => Self::OC,
            b"http://nextcloud.org/ns" => Self::NC,
            b"http://sabredav.org/ns" => Self::SABRE,
            b"http://open-collaboration-services.org/ns" => Self::OCS,
            b"http://open-cloud-mesh.org/ns" => Self::OCM,
            _ => Self(Kind::Other(Text::Static(uri))),
        }
    }

    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kind::None => "",
            Kind::Dav => "DAV:",
            Kind::Oc => "http://owncloud.org/ns",
            Kind::Nc => "http://nextcloud.org/ns",
            Kind::Sabre => "http://sabredav.org/ns",
            Kind::Ocs => "http://open-collaboration-services.org/ns",
            Kind::Ocm => "http://open-cloud-mesh.org/ns",
            Kind::Other(text) => text.as_str(),
        }
    }

    /// The prefix that a document's root declares for it, letter by letter what iOS and
    /// OpenProject look for.
    pub(crate) const fn fixed_prefix(&self) -> Option<&'static str> {
        match self.0 {
            Kind::Dav => Some("d"),
            Kind::Oc => Some("oc"),
            Kind::Nc => Some("nc"),
            Kind::Sabre => Some("s"),
            Kind::None | Kind::Ocs | Kind::Ocm | Kind::Other(_) => None,
        }
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The expanded name of a property; elements and attributes are named by it too.
///
/// Cheap to clone, and a `static` where it is known (a `const` works too, but is made
/// anew wherever it is used):
///
/// ```
/// use allmende_webdav_proto::PropName;
///
/// static ETAG: PropName = PropName::dav("getetag");
/// assert_eq!(ETAG.to_string(), "{DAV:}getetag");
/// assert_eq!("{DAV:}getetag".parse().as_ref(), Ok(&ETAG));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropName {
    namespace: Namespace,
    local: Text,
}

/// A text that cannot be the local part of an XML name (XML 1.0 names without a colon,
/// at most 255 bytes).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is not an XML name")]
pub struct InvalidPropName(pub String);

impl PropName {
    const MAX_LOCAL: usize = 255;

    /// A name in `DAV:`. The constant constructors accept ASCII letters, digits, `-`,
    /// `_` and `.`, and stop the build for anything else.
    #[must_use]
    pub const fn dav(local: &'static str) -> Self {
        Self::from_static(Namespace::DAV, local)
    }

    /// A name in `http://owncloud.org/ns`.
    #[must_use]
    pub const fn oc(local: &'static str) -> Self {
        Self::from_static(Namespace::OC, local)
    }

    /// A name in `http://nextcloud.org/ns`.
    #[must_use]
    pub const fn nc(local: &'static str) -> Self {
        Self::from_static(Namespace::NC, local)
    }

    /// A name in `http://sabredav.org/ns`.
    #[must_use]
    pub const fn sabre(local: &'static str) -> Self {
        Self::from_static(Namespace::SABRE, local)
    }

    /// A name in `http://open-collaboration-services.org/ns`.
    #[must_use]
    pub const fn ocs(local: &'static str) -> Self {
        Self::from_static(Namespace::OCS, local)
    }

    /// A name in `http://open-cloud-mesh.org/ns`.
    #[must_use]
    pub const fn ocm(local: &'static str) -> Self {
        Self::from_static(Namespace::OCM, local)
    }

    /// A name without a namespace, as most attributes have it.
    #[must_use]
    pub const fn bare(local: &'static str) -> Self {
        Self::from_static(Namespace::NONE, local)
    }

    /// A constant name in any namespace.
    ///
    /// # Panics
    /// When `local` is not made of ASCII letters, digits, `-`, `_` and `.`, starting
    /// with a letter or `_`.
    #[must_use]
    pub const fn from_static(namespace: Namespace, local: &'static str) -> Self {
        let bytes = local.as_bytes();
        assert!(!bytes.is_empty() && (bytes[0].is_ascii_alphabetic() || bytes[0] == b'_'));
        let mut at = 1;
        while at < bytes.len() {
            let byte = bytes[at];
            assert!(byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.');
            at += 1;
        }
        Self { namespace, local: Text::Static(local) }
    }

    /// A name that came from outside.
    ///
    /// # Errors
    /// When `local` is not an XML name without a colon, or longer than 255 bytes.
    pub fn new(namespace: Namespace, local: &str) -> Result<Self, InvalidPropName> {
        let mut chars = local.chars();
        let fits = local.len() <= Self::MAX_LOCAL
            && chars.next().is_some_and(starts_name)
            && chars.all(continues_name);
        if fits {
            Ok(Self { namespace, local: Text::Shared(local.into()) })
        } else {
            Err(InvalidPropName(local.chars().take(64).collect()))
        }
    }

    /// The namespace.
    #[must_use]
    pub const fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The local part.
    #[must_use]
    pub fn local(&self) -> &str {
        self.local.as_str()
    }
}

/// `NameStartChar` of XML 1.0 without the colon.
fn starts_name(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
        | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// `NameChar` of XML 1.0 without the colon.
fn continues_name(c: char) -> bool {
    starts_name(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}'
            | '\u{203F}'..='\u{2040}')
}

impl fmt::Display for PropName {
    /// Clark's notation, `{namespace}local`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}{}", self.namespace.as_str(), self.local())
    }
}

impl fmt::Debug for PropName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PropName {
    type Err = InvalidPropName;

    /// Reads Clark's notation.
    fn from_str(text: &str) -> Result<Self, InvalidPropName> {
        let (namespace, local) = text
            .strip_prefix('{')
            .and_then(|rest| rest.rsplit_once('}'))
            .ok_or_else(|| InvalidPropName(text.chars().take(64).collect()))?;
        Self::new(Namespace::new(namespace), local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_equal_what_is_read() {
        for (constant, text) in [
            (PropName::dav("getetag"), "{DAV:}getetag"),
            (PropName::oc("id"), "{http://owncloud.org/ns}id"),
            (PropName::nc("has-preview"), "{http://nextcloud.org/ns}has-preview"),
            (PropName::bare("name"), "{}name"),
            (PropName::from_static(Namespace::from_static("urn:x"), "a.b"), "{urn:x}a.b"),
            (PropName::from_static(Namespace::from_static("DAV:"), "a"), "{DAV:}a"),
        ] {
            assert_eq!(text.parse().as_ref(), Ok(&constant));
            assert_eq!(constant.to_string(), text);
        }
        assert_ne!(PropName::oc("id"), PropName::nc("id"));
    }

    #[test]
    fn only_xml_names_are_names() {
        for bad in ["", "1a", "a:b", "-a", "a b", "a\u{0}", "a<", "\u{d7}", "a\u{2028}"] {
            assert!(PropName::new(Namespace::DAV, bad).is_err(), "{bad:?}");
        }
        for good in ["a", "_", "größe", "名前", "a1-._·"] {
            assert!(PropName::new(Namespace::DAV, good).is_ok(), "{good:?}");
        }
        assert!(PropName::new(Namespace::DAV, &"a".repeat(255)).is_ok());
        assert!(PropName::new(Namespace::DAV, &"a".repeat(256)).is_err());
        for bad in ["getetag", "{DAV:getetag", "{DAV:}"] {
            assert!(bad.parse::<PropName>().is_err(), "{bad:?}");
        }
    }
}
