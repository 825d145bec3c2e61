use super::{PROP, RequestError, document, read_root};
use crate::{
    name::PropName,
    xml::{Element, XmlLimits},
};

/// The body of a PROPPATCH (RFC 4918, section 9.2): changes in the order in which they
/// are to be made, all or none.
///
/// ```
/// use allmende_webdav_proto::{
///     Element, PropName, XmlLimits,
///     request::{PropUpdate, Proppatch},
/// };
///
/// let patch = Proppatch::new(vec![
///     PropUpdate::Set(Element::with_text(PropName::oc("favorite"), "1")),
///     PropUpdate::Remove(PropName::nc("note")),
/// ]);
/// assert_eq!(Proppatch::parse(&patch.to_bytes(), &XmlLimits::default()), Ok(patch));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proppatch {
    /// The changes in document order; at least one when it was read.
    pub updates: Vec<PropUpdate>,
}

/// A change of one property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropUpdate {
    /// Gives it this value: the element with its attributes, and with the `xml:lang`
    /// that was in scope.
    Set(Element),
    /// Takes it away.
    Remove(PropName),
}

static UPDATE: PropName = PropName::dav("propertyupdate");
static REMOVE: PropName = PropName::dav("remove");
pub(super) static SET: PropName = PropName::dav("set");

impl PropUpdate {
    /// The property that is changed.
    #[must_use]
    pub const fn name(&self) -> &PropName {
        match self {
            Self::Set(element) => &element.name,
            Self::Remove(name) => name,
        }
    }
}

impl Proppatch {
    /// Changes to ask for.
    #[must_use]
    pub const fn new(updates: Vec<PropUpdate>) -> Self {
        Self { updates }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// When it is no PROPPATCH or changes nothing.
    pub fn parse(body: &[u8], limits: &XmlLimits) -> Result<Self, RequestError> {
        let root = read_root(body, limits, &UPDATE)?;
        let mut updates = Vec::new();
        for action in root.elements() {
            if action.name == SET {
                updates.extend(read_set(&root, action).into_iter().map(PropUpdate::Set));
            } else if action.name == REMOVE {
                let props = action.elements().filter(|child| child.name == PROP);
                let names = props.flat_map(Element::elements).map(|prop| prop.name.clone());
                updates.extend(names.map(PropUpdate::Remove));
            }
        }
        if updates.is_empty() {
            return Err(RequestError::invalid("a propertyupdate that changes nothing"));
        }
        Ok(Self { updates })
    }

    /// Writes the body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        document(&UPDATE, |xml| {
            for update in &self.updates {
                let action = if matches!(update, PropUpdate::Set(_)) { &SET } else { &REMOVE };
                xml.element(action, |xml| {
                    xml.element(&PROP, |xml| match update {
                        PropUpdate::Set(element) => xml.write_element(element),
                        PropUpdate::Remove(name) => xml.empty(name),
                    });
                });
            }
        })
    }
}

/// The properties of a `d:set`, each with the language that its surroundings give it.
pub(super) fn read_set(root: &Element, set: &Element) -> Vec<Element> {
    let mut properties = Vec::new();
    for prop in set.elements().filter(|child| child.name == PROP) {
        let language = prop.language().or(set.language()).or(root.language());
        for property in prop.elements() {
            let mut property = property.clone();
            property.inherit_language(language);
            properties.push(property);
        }
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Proppatch, RequestError> {
        Proppatch::parse(body.as_bytes(), &XmlLimits::default())
    }

    #[test]
    fn the_order_is_kept() {
        let patch = read(concat!(
            "<d:propertyupdate xmlns:d='DAV:' xmlns:x='urn:x'>",
            "<d:set><d:prop><x:a>1</x:a><x:b/></d:prop></d:set>",
            "<d:remove><d:prop><x:a/></d:prop></d:remove>",
            "<d:set><d:prop><x:a>2</x:a></d:prop></d:set></d:propertyupdate>",
        ));
        let told: Vec<String> = patch
            .unwrap()
            .updates
            .iter()
            .map(|update| match update {
                PropUpdate::Set(e) => format!("{}={}", e.name.local(), e.text()),
                PropUpdate::Remove(name) => format!("-{}", name.local()),
            })
            .collect();
        assert_eq!(told, ["a=1", "b=", "-a", "a=2"]);
    }

    #[test]
    fn the_language_in_scope_is_kept() {
        let patch = read(concat!(
            "<d:propertyupdate xmlns:d='DAV:' xml:lang='de'><d:set><d:prop>",
            "<a>1</a><b xml:lang='fr'>2</b></d:prop></d:set></d:propertyupdate>",
        ))
        .unwrap();
        let languages: Vec<_> = patch
            .updates
            .iter()
            .map(|update| match update {
                PropUpdate::Set(element) => element.language(),
                PropUpdate::Remove(_) => None,
            })
            .collect();
        assert_eq!(languages, [Some("de"), Some("fr")]);
        assert_eq!(read(std::str::from_utf8(&patch.to_bytes()).unwrap()), Ok(patch));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "<d:propertyupdate xmlns:d='DAV:'/>",
            "<d:propertyupdate xmlns:d='DAV:'><d:set/></d:propertyupdate>",
            "<d:propfind xmlns:d='DAV:'/>",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
