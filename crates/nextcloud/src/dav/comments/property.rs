//! What a listing of files tells of their comments.

use allmende_comments::Counts;
use allmende_files::MountKind;
use allmende_types::NodeId;
use allmende_webdav::{Entry, PropertyPage, PropertyProvider, Result, Selection, Slot, Wanted};
use allmende_webdav_proto::{PropName, multistatus::PropsWriter};
use async_trait::async_trait;

use super::{FILES, failed};
use crate::dav::{home::Home, item::Item};

const COUNT: PropName = PropName::oc("comments-count");
const UNREAD: PropName = PropName::oc("comments-unread");
const ADDRESS: PropName = PropName::oc("comments-href");

const NAMES: [PropName; 3] = [COUNT, UNREAD, ADDRESS];

/// The provider of these properties: one query for a page, and none where no number of
/// comments was asked for.
#[derive(Debug)]
pub(in crate::dav) struct CommentProperties;

#[async_trait]
impl PropertyProvider<Home> for CommentProperties {
    fn find(&self, name: &PropName) -> Option<Slot> {
        let at = NAMES.iter().position(|known| known == name)?;
        u16::try_from(at).ok().map(Slot)
    }

    async fn load(
        &self,
        home: &Home,
        page: &[Entry<Item>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<Item>>> {
        let asked = selection.wanted.iter().any(|wanted| wanted.name != ADDRESS);
        // Guests of a link comment on nothing, and nothing is told them.
        if !asked || page.iter().any(is_for_guests) {
            return Ok(Box::new(Loaded(Vec::new())));
        }
        let ids: Vec<NodeId> = page.iter().map(|entry| entry.resource.0.id()).collect();
        let counts = home.comments.counts(home.view.person(), &ids).await.map_err(failed)?;
        Ok(Box::new(Loaded(counts)))
    }
}

fn is_for_guests(entry: &Entry<Item>) -> bool {
    entry.resource.0.mount.as_ref().is_some_and(|mount| mount.kind == MountKind::Link)
}

/// The numbers of a page, if they were asked for.
struct Loaded(Vec<Counts>);

impl PropertyPage<Item> for Loaded {
    fn write(&self, index: usize, entry: &Entry<Item>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let name = &wanted.name;
        let counts = self.0.get(index).copied().unwrap_or_default();
        match name {
            _ if *name == COUNT => out.found(name, |xml| xml.number(counts.all)),
            _ if *name == UNREAD => out.found(name, |xml| xml.number(counts.unread)),
            _ if *name == ADDRESS && !is_for_guests(entry) => {
                out.found_text(name, &format!("{FILES}/{}", entry.resource.0.id()));
            }
            _ => out.missing(name),
        }
    }

    fn exists(&self, _: usize, _: &Entry<Item>, _: &Wanted) -> bool {
        // As of the other properties of the dialect.
        false
    }
}
