//! Live properties as plug-ins.

mod core;
mod dead;

use std::fmt;

use allmende_webdav_proto::{PropName, Tag, multistatus::PropsWriter, request::PropUpdate};
use async_trait::async_trait;

pub use self::{
    core::{CoreOptions, CoreProperties},
    dead::DeadProperties,
};
use crate::{
    backend::{Backend, Entry},
    error::{Error, Result},
    mount::Mount,
};

/// A source of properties.
///
/// For one request it is asked three things, in this order: which of the names it knows
/// ([`PropertyProvider::find`], once per name), to load what they need for a page of
/// resources ([`PropertyProvider::load`], once per page), and to write them
/// ([`PropertyPage::write`], once per resource and name, without waiting). So the number of
/// queries depends on neither the number of resources nor that of properties.
///
/// Of several providers that know a name the first one registered has it.
///
/// ```
/// use allmende_webdav::{
///     Backend, Entry, PropertyPage, PropertyProvider, Resource, Result, Selection, Slot,
///     Wanted,
/// };
/// use allmende_webdav_proto::{Namespace, PropName, multistatus::PropsWriter};
///
/// /// `{urn:example}shout`: the name in capitals.
/// #[derive(Debug)]
/// struct Shout;
///
/// #[async_trait::async_trait]
/// impl<B: Backend> PropertyProvider<B> for Shout {
///     fn find(&self, name: &PropName) -> Option<Slot> {
///         (*name == PropName::from_static(Namespace::from_static("urn:example"), "shout"))
///             .then_some(Slot(0))
///     }
///
///     async fn load(
///         &self,
///         _: &B,
///         _: &[Entry<B::Resource>],
///         _: &Selection<'_>,
///     ) -> Result<Box<dyn PropertyPage<B::Resource>>> {
///         Ok(Box::new(Shout))
///     }
/// }
///
/// impl<R: Resource> PropertyPage<R> for Shout {
///     fn write(&self, _: usize, entry: &Entry<R>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
///         match entry.resource.name() {
///             Some(name) => out.found_text(&wanted.name, &name.as_str().to_uppercase()),
///             None => out.missing(&wanted.name),
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait PropertyProvider<B: Backend>: fmt::Debug + Send + Sync + 'static {
    /// The number under which this provider knows the property, if it does.
    fn find(&self, name: &PropName) -> Option<Slot>;

    /// The properties that `allprop` or `propname` shows beside those that belong to single
    /// resources (see [`PropertyPage::own_names`]).
    fn names(&self, listing: NameListing) -> Vec<Wanted> {
        let _ = listing;
        Vec::new()
    }

    /// Whether a client may make this change, judged by name and value alone.
    ///
    /// What is admitted goes to [`Backend::patch_properties`], all changes of a request
    /// together. The default protects every property (RFC 4918, section 16,
    /// `cannot-modify-protected-property`).
    fn admit(&self, slot: Slot, change: &PropUpdate) -> Result<()> {
        let _ = (slot, change);
        Err(Error::protected_property())
    }

    /// Reads what the properties of these resources need. An error breaks the listing.
    async fn load(
        &self,
        backend: &B,
        page: &[Entry<B::Resource>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<B::Resource>>>;
}

/// The number of a property within its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u16);

/// A property that a request wants, as its provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its number.
    pub slot: Slot,
    /// Its name, with its tags.
    pub name: Tag,
}

/// Which of the names a listing without names shows (RFC 4918, section 9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameListing {
    /// `allprop`: those that are cheap and commonly needed, with their values.
    AllProp,
    /// `propname`: all names that exist, without values.
    PropName,
}

/// What a request wants of one provider.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// These properties.
    pub wanted: &'a [Wanted],
    /// And those that belong to single resources, if `allprop` or `propname` was asked.
    pub listing: Option<NameListing>,
    /// Where the tree hangs, for hrefs.
    pub mount: &'a Mount,
}

/// The properties of one page, loaded.
pub trait PropertyPage<R>: Send + Sync {
    /// Writes one property of the resource at `index` of the page: found, missing, or with
    /// another status, exactly once. This is the hot path of every listing.
    fn write(&self, index: usize, entry: &Entry<R>, wanted: &Wanted, out: &mut PropsWriter<'_>);

    /// Whether the resource has the property, for `propname`.
    fn exists(&self, index: usize, entry: &Entry<R>, wanted: &Wanted) -> bool {
        let _ = (index, entry, wanted);
        true
    }

    /// The properties that belong to this resource alone, for `allprop` and `propname`.
    fn own_names(&self, index: usize) -> Vec<Wanted> {
        let _ = index;
        Vec::new()
    }
}
