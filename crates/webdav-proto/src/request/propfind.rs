use super::{PROP, RequestError, document, prop_names, read_root, write_names};
use crate::{
    name::PropName,
    xml::{Element, XmlLimits},
};

/// The body of a PROPFIND (RFC 4918, section 9.1).
///
/// ```
/// use allmende_webdav_proto::{PropName, XmlLimits, request::Propfind};
///
/// let asked = Propfind::Prop(vec![PropName::dav("getetag"), PropName::oc("id")]);
/// assert_eq!(Propfind::parse(&asked.to_bytes(), &XmlLimits::default()), Ok(asked));
/// assert_eq!(Propfind::parse(b"", &XmlLimits::default()), Ok(Propfind::allprop()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Propfind {
    /// The names of all properties.
    Propname,
    /// The properties that the server thinks useful.
    Allprop {
        /// And these.
        include: Vec<PropName>,
    },
    /// These, each named once.
    Prop(Vec<PropName>),
}

static PROPFIND: PropName = PropName::dav("propfind");
static PROPNAME: PropName = PropName::dav("propname");
static ALLPROP: PropName = PropName::dav("allprop");
static INCLUDE: PropName = PropName::dav("include");

impl Propfind {
    /// What an empty body means.
    #[must_use]
    pub const fn allprop() -> Self {
        Self::Allprop { include: Vec::new() }
    }

    /// Reads a body. None at all asks for all properties, and so does a `propfind` without a
    /// wish, as with the original.
    ///
    /// # Errors
    /// When it is no PROPFIND, or holds more than one of `prop`, `allprop` and `propname`.
    pub fn parse(body: &[u8], limits: &XmlLimits) -> Result<Self, RequestError> {
        if body.is_empty() {
            return Ok(Self::allprop());
        }
        let root = read_root(body, limits, &PROPFIND)?;
        let mut wishes =
            [&PROP, &ALLPROP, &PROPNAME].into_iter().filter_map(|name| root.child(name));
        let Some(wish) = wishes.next() else { return Ok(Self::allprop()) };
        if wishes.next().is_some() {
            return Err(RequestError::invalid("only one of prop, allprop and propname may be"));
        }
        Ok(if wish.name == PROP {
            Self::Prop(prop_names(wish))
        } else if wish.name == PROPNAME {
            Self::Propname
        } else {
            let include: Option<&Element> = root.child(&INCLUDE);
            Self::Allprop { include: include.map(prop_names).unwrap_or_default() }
        })
    }

    /// Writes the body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        document(&PROPFIND, |xml| match self {
            Self::Propname => xml.empty(&PROPNAME),
            Self::Prop(names) => write_names(xml, &PROP, names),
            Self::Allprop { include } => {
                xml.empty(&ALLPROP);
                if !include.is_empty() {
                    write_names(xml, &INCLUDE, include);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Propfind, RequestError> {
        Propfind::parse(body.as_bytes(), &XmlLimits::default())
    }

    #[test]
    fn the_three_forms() {
        assert_eq!(read("<propfind xmlns='DAV:'/>"), Ok(Propfind::allprop()));
        assert_eq!(read("<propfind xmlns='DAV:'><propname/></propfind>"), Ok(Propfind::Propname));
        let include = vec![PropName::oc("id")];
        assert_eq!(
            read(
                "<a:propfind xmlns:a='DAV:' xmlns:b='http://owncloud.org/ns'><a:allprop/><a:include><b:id/></a:include></a:propfind>"
            ),
            Ok(Propfind::Allprop { include })
        );
        assert_eq!(
            read("<d:propfind xmlns:d='DAV:'><x:new xmlns:x='urn:x'/><d:prop/></d:propfind>"),
            Ok(Propfind::Prop(Vec::new()))
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            " \r\n",
            "<propfind xmlns='DAV:'><prop/><allprop/></propfind>",
            "<propfind><prop/></propfind>",
            "<d:propfind xmlns:d='DAV:'><x:prop/></d:propfind>",
            "<d:propfind xmlns:d='DAV:'><d:prop></d:propfind>",
            "<d:mkcol xmlns:d='DAV:'/>",
            "junk",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
