//! Locks as XML tells them (RFC 4918, sections 14 and 15).

use crate::{
    headers::{Depth, LockTimeout},
    href::Href,
    name::PropName,
    request::RequestError,
    xml::{Element, XmlLimits, XmlWriter},
};

/// Whether others may hold a lock beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockScope {
    /// Nobody else.
    Exclusive,
    /// Others may hold shared locks.
    Shared,
}

/// A lock that stands: `d:activelock`.
///
/// ```
/// use allmende_webdav_proto::{
///     ActiveLock, Href, LockScope, XmlLimits,
///     headers::LockTimeout,
///     lock::{lock_response, read_lock_response},
/// };
///
/// let mut lock = ActiveLock::new(
///     "opaquelocktoken:1",
///     Href::from_path("/files/alice/a.txt"),
///     LockScope::Exclusive,
/// );
/// lock.timeout = LockTimeout::Seconds(1800);
/// let body = lock_response(&[lock.clone()]);
/// assert_eq!(read_lock_response(&body, &XmlLimits::default())?, [lock]);
/// # Ok::<(), allmende_webdav_proto::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActiveLock {
    /// Exclusive or shared.
    pub scope: LockScope,
    /// [`Depth::Zero`] or [`Depth::Infinity`].
    pub depth: Depth,
    /// The `d:owner` as it was given.
    pub owner: Option<Element>,
    /// How long it lasts still.
    pub timeout: LockTimeout,
    /// Its token, a whole URI.
    pub token: String,
    /// The resource on which it was taken.
    pub root: Href,
}

impl ActiveLock {
    /// A lock of one resource, without an owner and without an end.
    #[must_use]
    pub fn new(token: impl Into<String>, root: Href, scope: LockScope) -> Self {
        Self {
            scope,
            depth: Depth::Zero,
            owner: None,
            timeout: LockTimeout::Infinite,
            token: token.into(),
            root,
        }
    }

    fn write(&self, xml: &mut XmlWriter) {
        xml.element(&ACTIVELOCK, |xml| {
            xml.element(&LOCKSCOPE, |xml| xml.empty(self.scope.name()));
            xml.element(&LOCKTYPE, |xml| xml.empty(&WRITE));
            xml.element(&LOCKROOT, |xml| xml.text_element(&HREF, self.root.as_str()));
            xml.element(&DEPTH, |xml| xml.display(self.depth));
            xml.element(&TIMEOUT, |xml| xml.display(self.timeout));
            xml.element(&LOCKTOKEN, |xml| xml.text_element(&HREF, &self.token));
            if let Some(owner) = &self.owner {
                xml.write_element(owner);
            }
        });
    }

    fn from_element(element: &Element) -> Result<Self, RequestError> {
        let missing = |name: &PropName| RequestError::invalid(format!("a lock without {name}"));
        let text = |name: &PropName| element.child(name).map(|e| e.text().trim().to_owned());
        let href = |name: &PropName| {
            let href = element.child(name).and_then(|e| e.child(&HREF));
            href.map(|href| href.text().trim().to_owned())
        };
        let scope = element.child(&LOCKSCOPE).and_then(LockScope::from_element);
        let depth = text(&DEPTH).and_then(|depth| Depth::parse(&depth).ok());
        Ok(Self {
            scope: scope.ok_or_else(|| missing(&LOCKSCOPE))?,
            depth: depth.ok_or_else(|| missing(&DEPTH))?,
            owner: element.child(&OWNER).cloned(),
            // The original writes `Second-` for a lock without an end.
            timeout: text(&TIMEOUT)
                .and_then(|timeout| LockTimeout::parse(&timeout))
                .unwrap_or(LockTimeout::Infinite),
            token: href(&LOCKTOKEN).ok_or_else(|| missing(&LOCKTOKEN))?,
            root: Href::from_encoded(href(&LOCKROOT).unwrap_or_default()),
        })
    }
}

impl LockScope {
    pub(crate) const fn name(self) -> &'static PropName {
        static EXCLUSIVE: PropName = PropName::dav("exclusive");
        static SHARED: PropName = PropName::dav("shared");
        match self {
            Self::Exclusive => &EXCLUSIVE,
            Self::Shared => &SHARED,
        }
    }

    /// Reads the content of a `d:lockscope`.
    pub(crate) fn from_element(scope: &Element) -> Option<Self> {
        let known = [Self::Exclusive, Self::Shared];
        scope.elements().find_map(|child| known.into_iter().find(|k| *k.name() == child.name))
    }
}

pub(crate) static LOCKSCOPE: PropName = PropName::dav("lockscope");
pub(crate) static LOCKTYPE: PropName = PropName::dav("locktype");
pub(crate) static WRITE: PropName = PropName::dav("write");
pub(crate) static OWNER: PropName = PropName::dav("owner");
static ACTIVELOCK: PropName = PropName::dav("activelock");
static LOCKROOT: PropName = PropName::dav("lockroot");
static LOCKTOKEN: PropName = PropName::dav("locktoken");
static LOCKENTRY: PropName = PropName::dav("lockentry");
static DEPTH: PropName = PropName::dav("depth");
static TIMEOUT: PropName = PropName::dav("timeout");
static HREF: PropName = PropName::dav("href");
static PROP: PropName = PropName::dav("prop");
static LOCKDISCOVERY: PropName = PropName::dav("lockdiscovery");

/// Writes the value of `d:lockdiscovery`.
pub fn write_lockdiscovery(xml: &mut XmlWriter, locks: &[ActiveLock]) {
    locks.iter().for_each(|lock| lock.write(xml));
}

/// Reads the property `d:lockdiscovery`.
///
/// # Errors
/// When a lock in it lacks its scope, depth or token.
pub fn read_lockdiscovery(property: &Element) -> Result<Vec<ActiveLock>, RequestError> {
    let locks = property.elements().filter(|child| child.name == ACTIVELOCK);
    locks.map(ActiveLock::from_element).collect()
}

/// Writes the value of `d:supportedlock`: exclusive and shared write locks.
pub fn write_supportedlock(xml: &mut XmlWriter) {
    for scope in [LockScope::Exclusive, LockScope::Shared] {
        xml.element(&LOCKENTRY, |xml| {
            xml.element(&LOCKSCOPE, |xml| xml.empty(scope.name()));
            xml.element(&LOCKTYPE, |xml| xml.empty(&WRITE));
        });
    }
}

/// The body of a successful LOCK: `d:prop` with the `d:lockdiscovery` of the resource.
#[must_use]
pub fn lock_response(locks: &[ActiveLock]) -> Vec<u8> {
    let mut xml = XmlWriter::new();
    xml.root(&PROP, |xml| {
        xml.element(&LOCKDISCOVERY, |xml| write_lockdiscovery(xml, locks));
    });
    xml.into_bytes()
}

/// Reads what [`lock_response`] wrote.
///
/// # Errors
/// When it is not such a body.
pub fn read_lock_response(
    body: &[u8],
    limits: &XmlLimits,
) -> Result<Vec<ActiveLock>, RequestError> {
    let root = Element::parse(body, limits)?;
    if root.name != PROP {
        return Err(RequestError::root(&PROP, &root.name));
    }
    let discovery = root.child(&LOCKDISCOVERY);
    read_lockdiscovery(discovery.ok_or_else(|| RequestError::invalid("no lockdiscovery"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_lock_letter_by_letter() {
        let mut lock =
            ActiveLock::new("opaquelocktoken:1", Href::from_path("/a b"), LockScope::Exclusive);
        lock.owner = Some(Element::with_text(OWNER.clone(), "rig"));
        lock.timeout = LockTimeout::Seconds(1800);
        assert_eq!(
            String::from_utf8(lock_response(&[lock])).unwrap(),
            concat!(
                "<?xml version=\"1.0\"?>\n",
                "<d:prop xmlns:d=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\" ",
                "xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\">",
                "<d:lockdiscovery><d:activelock><d:lockscope><d:exclusive/></d:lockscope>",
                "<d:locktype><d:write/></d:locktype><d:lockroot><d:href>/a%20b</d:href></d:lockroot>",
                "<d:depth>0</d:depth><d:timeout>Second-1800</d:timeout>",
                "<d:locktoken><d:href>opaquelocktoken:1</d:href></d:locktoken>",
                "<d:owner>rig</d:owner></d:activelock></d:lockdiscovery></d:prop>",
            )
        );
    }

    #[test]
    fn what_the_original_answers() {
        let body = concat!(
            "<?xml version=\"1.0\"?>\n<d:prop xmlns:d=\"DAV:\">\n <d:lockdiscovery>\n",
            "  <d:activelock>\n   <d:lockscope>\n    <d:exclusive/>\n   </d:lockscope>\n",
            "   <d:locktype>\n    <d:write/>\n   </d:locktype>\n   <d:lockroot>\n",
            "    <d:href>/f</d:href>\n   </d:lockroot>\n   <d:depth>0</d:depth>\n",
            "   <d:timeout>Second-</d:timeout>\n   <d:locktoken>\n",
            "    <d:href>opaquelocktoken:8e53</d:href>\n   </d:locktoken>\n",
            "   <d:owner>rig</d:owner>\n  </d:activelock>\n </d:lockdiscovery>\n</d:prop>\n",
        );
        let locks = read_lock_response(body.as_bytes(), &XmlLimits::default()).unwrap();
        assert_eq!(locks[0].token, "opaquelocktoken:8e53");
        assert_eq!(locks[0].timeout, LockTimeout::Infinite);
        assert_eq!(locks[0].owner.as_ref().unwrap().text(), "rig");
    }

    #[test]
    fn supported_locks() {
        let mut xml = XmlWriter::new();
        write_supportedlock(&mut xml);
        let entry = |scope| {
            format!(
                "<d:lockentry><d:lockscope><d:{scope}/></d:lockscope>\
                 <d:locktype><d:write/></d:locktype></d:lockentry>"
            )
        };
        let text = String::from_utf8(xml.into_bytes()).unwrap();
        assert_eq!(text, entry("exclusive") + &entry("shared"));
    }
}
