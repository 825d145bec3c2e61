//! Names whose tags are rendered once.

use std::{fmt, sync::Arc};

use crate::name::PropName;

/// A name with its tags as a document has them: a listing writes the same few elements for
/// each of its entries, and so does not put them together again.
///
/// ```
/// use allmende_webdav_proto::{PropName, Tag};
///
/// let size = Tag::from(PropName::oc("size"));
/// assert_eq!(size, PropName::oc("size"));
/// ```
#[derive(Clone)]
pub struct Tag {
    name: PropName,
    /// `<oc:size></oc:size>`; empty where elements declare their namespace themselves.
    rendered: Arc<str>,
    /// Where the end tag begins.
    end: usize,
}

impl Tag {
    /// The name.
    #[must_use]
    pub const fn name(&self) -> &PropName {
        &self.name
    }
}

impl From<PropName> for Tag {
    fn from(name: PropName) -> Self {
        let rendered = name.namespace().fixed_prefix().map(|prefix| {
            let label = format!("{prefix}:{}", name.local());
            (format!("<{label}></{label}>"), label.len() + 2)
        });
        let (rendered, end) = rendered.unwrap_or_default();
        Self { name, rendered: rendered.into(), end }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Tag {}

impl PartialEq<PropName> for Tag {
    fn eq(&self, other: &PropName) -> bool {
        self.name == *other
    }
}

/// What an element can be called by: a [`PropName`], or quicker a [`Tag`].
pub trait Label: sealed::Sealed {
    /// The name.
    fn name(&self) -> &PropName;

    /// The tags, if they are rendered.
    #[doc(hidden)]
    fn tags(&self) -> Option<(&[u8], &[u8])> {
        None
    }
}

impl Label for PropName {
    fn name(&self) -> &PropName {
        self
    }
}

impl Label for Tag {
    fn name(&self) -> &PropName {
        &self.name
    }

    fn tags(&self) -> Option<(&[u8], &[u8])> {
        (self.end > 0).then(|| self.rendered.as_bytes().split_at(self.end))
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::PropName {}
    impl Sealed for super::Tag {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Namespace, XmlWriter};

    #[test]
    fn a_tag_writes_what_its_name_writes() {
        let foreign = PropName::from_static(Namespace::from_static("urn:x"), "a");
        for name in [PropName::dav("prop"), PropName::oc("size"), PropName::ocs("a"), foreign] {
            let tag = Tag::from(name.clone());
            let (mut by_name, mut by_tag) = (XmlWriter::new(), XmlWriter::new());
            for (xml, label) in [(&mut by_name, None), (&mut by_tag, Some(&tag))] {
                for text in ["", "<"] {
                    match label {
                        None => xml.element(&name, |xml| xml.text(text)),
                        Some(tag) => xml.element(tag, |xml| xml.text(text)),
                    }
                }
            }
            assert_eq!(by_name.into_bytes(), by_tag.into_bytes(), "{name}");
        }
    }
}
