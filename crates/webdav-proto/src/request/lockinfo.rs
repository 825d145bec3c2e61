use super::{RequestError, document, read_root};
use crate::{
    lock::{LOCKSCOPE, LOCKTYPE, LockScope, OWNER, WRITE},
    name::PropName,
    xml::{Element, XmlLimits},
};

/// The body of a LOCK that takes a new lock (RFC 4918, section 9.10). The only type of
/// lock that exists is the write lock.
///
/// ```
/// use allmende_webdav_proto::{LockScope, XmlLimits, request::Lockinfo};
///
/// let info = Lockinfo::new(LockScope::Exclusive);
/// assert_eq!(Lockinfo::parse(&info.to_bytes(), &XmlLimits::default()), Ok(info));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lockinfo {
    /// Exclusive or shared.
    pub scope: LockScope,
    /// The `d:owner`: what the client tells of itself, to be given back as it is.
    pub owner: Option<Element>,
}

static LOCKINFO: PropName = PropName::dav("lockinfo");

impl Lockinfo {
    /// A lock without an owner.
    #[must_use]
    pub const fn new(scope: LockScope) -> Self {
        Self { scope, owner: None }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// When it is no lockinfo, or asks for another lock than a write lock.
    pub fn parse(body: &[u8], limits: &XmlLimits) -> Result<Self, RequestError> {
        let root = read_root(body, limits, &LOCKINFO)?;
        let scope = root.child(&LOCKSCOPE).and_then(LockScope::from_element);
        let scope = scope.ok_or_else(|| RequestError::invalid("no known lockscope"))?;
        if root.child(&LOCKTYPE).and_then(|kind| kind.child(&WRITE)).is_none() {
            return Err(RequestError::invalid("no known locktype"));
        }
        let mut owner = root.child(&OWNER).cloned();
        if let Some(owner) = &mut owner {
            owner.inherit_language(root.language());
        }
        Ok(Self { scope, owner })
    }

    /// Writes the body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        document(&LOCKINFO, |xml| {
            xml.element(&LOCKSCOPE, |xml| xml.empty(self.scope.name()));
            xml.element(&LOCKTYPE, |xml| xml.empty(&WRITE));
            if let Some(owner) = &self.owner {
                xml.write_element(owner);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_davfs_sends() {
        let body = concat!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<lockinfo xmlns='DAV:'>\n",
            "<lockscope><exclusive/></lockscope>\n<locktype><write/></locktype>\n",
            "<owner>alice <href>mailto:a@example.org</href></owner></lockinfo>",
        );
        let info = Lockinfo::parse(body.as_bytes(), &XmlLimits::default()).unwrap();
        assert_eq!(info.scope, LockScope::Exclusive);
        assert_eq!(
            info.owner.as_ref().unwrap().to_fragment(),
            "<d:owner xmlns:d=\"DAV:\">alice <d:href xmlns:d=\"DAV:\">mailto:a@example.org</d:href></d:owner>"
        );
        assert_eq!(Lockinfo::parse(&info.to_bytes(), &XmlLimits::default()), Ok(info));
    }

    #[test]
    fn only_write_locks_exist() {
        for bad in [
            "<lockinfo xmlns='DAV:'/>",
            "<lockinfo xmlns='DAV:'><lockscope><exclusive/></lockscope></lockinfo>",
            "<lockinfo xmlns='DAV:'><lockscope/><locktype><write/></locktype></lockinfo>",
            "<lockinfo xmlns='DAV:'><lockscope><exclusive/></lockscope><locktype><read/></locktype></lockinfo>",
        ] {
            assert!(Lockinfo::parse(bad.as_bytes(), &XmlLimits::default()).is_err(), "{bad}");
        }
    }
}
