//! Properties that the server keeps and does not understand.

use allmende_webdav_proto::{Element, PropName, multistatus::PropsWriter, request::PropUpdate};
use async_trait::async_trait;

use super::{PropertyPage, PropertyProvider, Selection, Slot, Wanted};
use crate::{
    backend::{Backend, DeadProperty, Entry},
    error::{Error, ErrorKind, Result},
};

/// The dead properties of every resource (RFC 4918, section 4.2): any name that no other
/// provider has, with any content. It comes last.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeadProperties;

#[async_trait]
impl<B: Backend> PropertyProvider<B> for DeadProperties {
    fn find(&self, _: &PropName) -> Option<Slot> {
        Some(Slot(0))
    }

    fn admit(&self, _: Slot, _: &PropUpdate) -> Result<()> {
        Ok(())
    }

    async fn load(
        &self,
        backend: &B,
        page: &[Entry<B::Resource>],
        _: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<B::Resource>>> {
        let properties = backend.dead_properties(page).await?;
        if properties.len() != page.len() {
            return Err(Error::new(ErrorKind::Internal, "Properties of another page"));
        }
        Ok(Box::new(Page(properties)))
    }
}

struct Page(Vec<Vec<DeadProperty>>);

impl<R> PropertyPage<R> for Page {
    fn write(&self, index: usize, _: &Entry<R>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let property = self.0[index].iter().find(|property| wanted.name == property.name);
        let element = property.map(|property| Element::from_fragment(&property.xml));
        match element {
            Some(Ok(element)) => out.found_element(&element),
            // It was well-formed when it was stored.
            Some(Err(_)) => out.status(&wanted.name, http::StatusCode::INTERNAL_SERVER_ERROR),
            None => out.missing(&wanted.name),
        }
    }

    fn exists(&self, index: usize, _: &Entry<R>, wanted: &Wanted) -> bool {
        self.0[index].iter().any(|property| wanted.name == property.name)
    }

    fn own_names(&self, index: usize) -> Vec<Wanted> {
        let wanted = |p: &DeadProperty| Wanted { slot: Slot(0), name: p.name.clone().into() };
        self.0[index].iter().map(wanted).collect()
    }
}
