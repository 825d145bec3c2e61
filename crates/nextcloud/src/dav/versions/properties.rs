//! The properties of versions. What is not a version has hardly any.

use allmende_webdav::{
    Entry, Error, PropertyPage, PropertyProvider, Result, Selection, Slot, Wanted,
};
use allmende_webdav_proto::{PropName, multistatus::PropsWriter, request::PropUpdate};
use async_trait::async_trait;

use super::shelf::{Shelf, Thing};

/// The name that somebody gave a version.
pub(super) const LABEL: PropName = PropName::nc("version-label");

/// The provider of versions.
#[derive(Debug)]
pub(super) struct VersionProperties;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Label,
    Author,
    HasPreview,
    /// Overrides of the core's own.
    ETag,
    LastModified,
    Nothing,
}

const TABLE: &[(PropName, Known)] = &[
    (LABEL, Known::Label),
    (PropName::nc("version-author"), Known::Author),
    (PropName::nc("has-preview"), Known::HasPreview),
    (PropName::dav("getetag"), Known::ETag),
    (PropName::dav("getlastmodified"), Known::LastModified),
    (PropName::dav("displayname"), Known::Nothing),
    (PropName::dav("creationdate"), Known::Nothing),
    (PropName::dav("quota-used-bytes"), Known::Nothing),
    (PropName::dav("quota-available-bytes"), Known::Nothing),
];

fn known(slot: Slot) -> Known {
    TABLE.get(usize::from(slot.0)).map_or(Known::Nothing, |(_, known)| *known)
}

#[async_trait]
impl PropertyProvider<Shelf> for VersionProperties {
    fn find(&self, name: &PropName) -> Option<Slot> {
        let at = TABLE.iter().position(|(known, _)| known == name)?;
        u16::try_from(at).ok().map(Slot)
    }

    fn admit(&self, slot: Slot, _: &PropUpdate) -> Result<()> {
        match known(slot) {
            Known::Label => Ok(()),
            _ => Err(Error::protected_property()),
        }
    }

    async fn load(
        &self,
        _: &Shelf,
        _: &[Entry<Thing>],
        _: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<Thing>>> {
        Ok(Box::new(Self))
    }
}

impl PropertyPage<Thing> for VersionProperties {
    fn write(&self, _: usize, entry: &Entry<Thing>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let name = &wanted.name;
        let Some(version) = entry.resource.version() else { return out.missing(name) };
        let mut text = |text: Option<&str>| match text {
            Some(text) => out.found_text(name, text),
            None => out.missing(name),
        };
        match known(wanted.slot) {
            Known::Label => text(version.label.as_deref()),
            Known::Author => text(version.author.as_ref().map(|author| author.as_str())),
            Known::HasPreview => {
                let media_type = version.entry.media_type().unwrap_or_default();
                let has = allmende_previews::renders(media_type);
                text(Some(if has { "true" } else { "false" }));
            }
            // As observed: the number, without quotes.
            Known::ETag => out.found(name, |xml| xml.number(version.number)),
            Known::LastModified => {
                out.found(name, |xml| xml.http_date(version.entry.node.modified));
            }
            Known::Nothing => out.missing(name),
        }
    }

    fn exists(&self, _: usize, _: &Entry<Thing>, _: &Wanted) -> bool {
        // As of the other properties of the dialect.
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_can_be_set() {
        for (at, (name, known)) in TABLE.iter().enumerate() {
            let slot = VersionProperties.find(name).unwrap();
            assert_eq!(usize::from(slot.0), at, "{name} stands twice");
            let change = PropUpdate::Remove(name.clone());
            let admitted = VersionProperties.admit(slot, &change).is_ok();
            assert_eq!(admitted, *known == Known::Label);
        }
        assert_eq!(VersionProperties.find(&PropName::dav("getcontentlength")), None);
    }
}
