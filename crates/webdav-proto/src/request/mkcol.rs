use super::{PROP, RequestError, document, proppatch, read_root};
use crate::{
    name::PropName,
    xml::{Element, XmlLimits},
};

/// The body of an extended MKCOL (RFC 5689): properties of the collection to make.
///
/// ```
/// use allmende_webdav_proto::{Element, PropName, XmlLimits, request::Mkcol};
///
/// let kind = Element::new(PropName::dav("resourcetype"))
///     .push(Element::new(PropName::dav("collection")));
/// let mkcol = Mkcol::new(vec![kind]);
/// let read = Mkcol::parse(&mkcol.to_bytes(), &XmlLimits::default())?;
/// assert_eq!(read.resourcetypes(), [PropName::dav("collection")]);
/// # Ok::<(), allmende_webdav_proto::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mkcol {
    /// The properties to set.
    pub properties: Vec<Element>,
}

static MKCOL: PropName = PropName::dav("mkcol");
static RESOURCETYPE: PropName = PropName::dav("resourcetype");

impl Mkcol {
    /// A collection with these properties.
    #[must_use]
    pub const fn new(properties: Vec<Element>) -> Self {
        Self { properties }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// When it is no extended MKCOL.
    pub fn parse(body: &[u8], limits: &XmlLimits) -> Result<Self, RequestError> {
        let root = read_root(body, limits, &MKCOL)?;
        let sets = root.elements().filter(|child| child.name == proppatch::SET);
        let properties = sets.flat_map(|set| proppatch::read_set(&root, set)).collect();
        Ok(Self { properties })
    }

    /// The types in its `d:resourcetype`; empty if it sets none.
    #[must_use]
    pub fn resourcetypes(&self) -> Vec<PropName> {
        let kind = self.properties.iter().find(|property| property.name == RESOURCETYPE);
        kind.map(super::prop_names).unwrap_or_default()
    }

    /// Writes the body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        document(&MKCOL, |xml| {
            xml.element(&proppatch::SET, |xml| {
                xml.element(&PROP, |xml| {
                    self.properties.iter().for_each(|property| xml.write_element(property));
                });
            });
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mkcol_is_mkcol() {
        let read = |body: &str| Mkcol::parse(body.as_bytes(), &XmlLimits::default());
        assert_eq!(read("<mkcol xmlns='DAV:'/>").map(|m| m.properties), Ok(Vec::new()));
        assert!(read("<propertyupdate xmlns='DAV:'/>").is_err());
        assert!(read("afafaf").is_err());
    }
}
