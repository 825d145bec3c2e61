//! `nc:system-tags`: the tags of each entry of a listing.

use allmende_files::MountKind;
use allmende_tags::{Color, Tag};
use allmende_types::NodeId;
use allmende_webdav::{Entry, PropertyPage, PropertyProvider, Result, Selection, Slot, Wanted};
use allmende_webdav_proto::{PropName, multistatus::PropsWriter};
use async_trait::async_trait;

use super::{
    Asker, failed,
    shown::{ASSIGNABLE, CAN_ASSIGN, COLOR, ID, VISIBLE},
};
use crate::dav::{home::Home, item::Item};

static TAGS: PropName = PropName::nc("system-tags");
static TAG: PropName = PropName::nc("system-tag");

/// The provider of the property: a constant number of queries for a page.
#[derive(Debug)]
pub(in crate::dav) struct TagProperties;

#[async_trait]
impl PropertyProvider<Home> for TagProperties {
    fn find(&self, name: &PropName) -> Option<Slot> {
        (*name == TAGS).then_some(Slot(0))
    }

    async fn load(
        &self,
        home: &Home,
        page: &[Entry<Item>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<Item>>> {
        // Guests of a link are nobody whom a tag is for.
        let for_people = |entry: &Entry<Item>| {
            let mount = entry.resource.0.mount.as_ref();
            mount.is_none_or(|mount| mount.kind != MountKind::Link)
        };
        if selection.wanted.is_empty() || !page.iter().all(for_people) {
            return Ok(Box::new(Loaded(Vec::new())));
        }
        let asker = Asker::of(home).await?;
        let ids: Vec<NodeId> = page.iter().map(|entry| entry.resource.0.id()).collect();
        let tags = home.tags.of_nodes(asker.caller(), &ids).await.map_err(failed)?;
        let shown = |tag: Tag| (tag.is_assignable_by(&asker.caller()), tag);
        let shown = |tags: Vec<Tag>| tags.into_iter().map(shown).collect();
        Ok(Box::new(Loaded(tags.into_iter().map(shown).collect())))
    }
}

/// The tags of a page, each with whether the caller may assign it.
struct Loaded(Vec<Vec<(bool, Tag)>>);

impl PropertyPage<Item> for Loaded {
    fn write(&self, index: usize, _: &Entry<Item>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let flag = |value: bool| if value { "true" } else { "false" };
        out.found(&wanted.name, |xml| {
            for (may_assign, tag) in self.0.get(index).into_iter().flatten() {
                let id = tag.id.to_string();
                let attributes = [
                    (&CAN_ASSIGN, flag(*may_assign)),
                    (&ID, id.as_str()),
                    (&ASSIGNABLE, flag(tag.assignable)),
                    (&VISIBLE, flag(tag.visible)),
                    (&COLOR, tag.color.as_ref().map_or("", Color::as_str)),
                ];
                xml.element_with(&TAG, &attributes, |xml| xml.text(tag.name.as_str()));
            }
        });
    }

    fn exists(&self, _: usize, _: &Entry<Item>, _: &Wanted) -> bool {
        // As of the other properties of the dialect.
        false
    }
}
