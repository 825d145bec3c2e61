//! Which properties of each resource are written, and by whom.

use std::collections::HashSet;

use allmende_types::SpacePath;
use allmende_webdav_proto::{
    Condition, Href, MultistatusWriter, PropName,
    multistatus::{MissingProps, MultistatusOptions, StatusNote},
    request::Propfind,
};
use futures_util::future::try_join_all;
use http::StatusCode;

use crate::{
    backend::{Backend, Entry, Kind, Resource},
    error::Result,
    handler::DavHandler,
    mount::Mount,
    options::Spawner,
    property::{NameListing, PropertyPage, Selection, Wanted},
    report::Found,
};

/// The properties that a request wants, each with the provider that has it.
#[derive(Debug)]
pub(crate) struct Plan<B: Backend> {
    handler: DavHandler<B>,
    /// In the order of the request: provider and property.
    order: Vec<(usize, Wanted)>,
    /// The same by provider, for loading.
    by_provider: Vec<Vec<Wanted>>,
    listing: Option<NameListing>,
    pub(crate) missing: MissingProps,
}

/// The properties of a page, loaded: one part per provider that is asked.
type Loaded<R> = Vec<Option<Box<dyn PropertyPage<R>>>>;

/// A page of a multistatus with all that its properties need, written up to some place.
pub(super) struct Sheet<B: Backend> {
    page: Vec<Entry<B::Resource>>,
    loaded: Loaded<B::Resource>,
    /// How many of the page are written.
    written: usize,
    /// What is told by a status alone.
    told: Vec<(SpacePath, Told)>,
}

/// Why a resource has a status and no properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Gone,
    Cut,
}

impl<B: Backend> Sheet<B> {
    /// How many responses are still to be written.
    pub(super) fn left(&self) -> usize {
        self.page.len() - self.written + self.told.len()
    }
}

/// How far a page was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// As far as there was room.
    Full,
    /// To its end.
    Done,
}

impl<B: Backend> Plan<B> {
    pub(crate) fn new(handler: DavHandler<B>, wish: &Propfind, missing: MissingProps) -> Self {
        let listing = match wish {
            Propfind::Prop(_) => None,
            Propfind::Allprop { .. } => Some(NameListing::AllProp),
            Propfind::Propname => Some(NameListing::PropName),
        };
        let providers = &handler.inner().providers;
        let mut names: Vec<PropName> = (listing.iter())
            .flat_map(|listing| providers.iter().flat_map(|p| p.names(*listing)))
            .map(|wanted| wanted.name.name().clone())
            .collect();
        if let Propfind::Prop(more) | Propfind::Allprop { include: more } = wish {
            names.extend(more.iter().cloned());
        }
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        let mut order = Vec::with_capacity(names.len());
        let mut by_provider = vec![Vec::new(); providers.len()];
        for name in names {
            let found = (providers.iter().enumerate())
                .find_map(|(at, provider)| Some((at, provider.find(&name)?)));
            if let Some((at, slot)) = found {
                let wanted = Wanted { slot, name: name.into() };
                by_provider[at].push(wanted.clone());
                order.push((at, wanted));
            }
        }
        // Whoever asks for everything does not want to hear what there is not.
        let missing = if listing.is_some() { MissingProps::Omit } else { missing };
        Self { handler, order, by_provider, listing, missing }
    }

    /// A writer that has announced the properties' namespaces.
    pub(crate) fn writer(&self) -> MultistatusWriter {
        let mut options = MultistatusOptions::default();
        options.missing = self.missing;
        let mut writer = MultistatusWriter::new(Vec::with_capacity(2 * 1024), options);
        let names: Vec<PropName> = self.order.iter().map(|(_, w)| w.name.name().clone()).collect();
        writer.reserve_prefixes(&names);
        writer
    }

    /// How the embedder lets work run beside the connection.
    pub(super) fn spawner(&self) -> Option<&Spawner> {
        self.handler.inner().options.spawner.as_ref()
    }

    /// Loads what the properties of a page need, from all providers at once.
    pub(super) async fn load(
        &self,
        backend: &B,
        mount: &Mount,
        found: Vec<Found<B::Resource>>,
    ) -> Result<Sheet<B>> {
        let mut told = Vec::new();
        let page: Vec<Entry<B::Resource>> = (found.into_iter())
            .filter_map(|found| match found {
                Found::Resource(entry) => Some(entry),
                Found::Gone(path) => {
                    told.push((path, Told::Gone));
                    None
                }
                Found::Cut(path) => {
                    told.push((path, Told::Cut));
                    None
                }
            })
            .collect();
        let (shown, listing) = (&page, self.listing);
        let providers = self.handler.inner().providers.iter().zip(&self.by_provider);
        let loaded = try_join_all(providers.map(|(provider, wanted)| async move {
            if shown.is_empty() || (wanted.is_empty() && listing.is_none()) {
                return Ok(None);
            }
            let selection = Selection { wanted, listing, mount };
            provider.load(backend, shown, &selection).await.map(Some)
        }))
        .await?;
        Ok(Sheet { page, loaded, written: 0, told })
    }

    /// Writes responses of a page until the writer holds `limit` bytes.
    pub(super) fn render(
        &self,
        writer: &mut MultistatusWriter,
        mount: &Mount,
        sheet: &mut Sheet<B>,
        limit: usize,
    ) -> Progress {
        let Sheet { page, loaded, written, told } = sheet;
        let mut hrefs = Hrefs { mount, parent: None, href: Href::from_encoded("") };
        for (index, entry) in page.iter().enumerate().skip(*written) {
            if writer.len() >= limit {
                return Progress::Full;
            }
            *written += 1;
            writer.response(hrefs.of(entry), |out| {
                for (at, wanted) in &self.order {
                    let Some(part) = &loaded[*at] else { continue };
                    match self.listing {
                        Some(NameListing::PropName) => {
                            if part.exists(index, entry, wanted) {
                                out.found(&wanted.name, |_| {});
                            }
                        }
                        _ => part.write(index, entry, wanted, out),
                    }
                }
                let Some(listing) = self.listing else { return };
                for part in loaded.iter().flatten() {
                    for wanted in part.own_names(index) {
                        if self.order.iter().any(|(_, known)| known.name == wanted.name) {
                            continue;
                        }
                        match listing {
                            NameListing::PropName => out.found(&wanted.name, |_| {}),
                            NameListing::AllProp => part.write(index, entry, &wanted, out),
                        }
                    }
                }
            });
        }
        for (path, told) in std::mem::take(told) {
            let (kind, status, note) = match told {
                Told::Gone => (Kind::File, StatusCode::NOT_FOUND, StatusNote::default()),
                Told::Cut => {
                    let note = StatusNote::from(Condition::NumberOfMatchesWithinLimits);
                    (Kind::Collection, StatusCode::INSUFFICIENT_STORAGE, note)
                }
            };
            writer.status_response(&mount.href(&path, kind), status, &note);
        }
        Progress::Done
    }
}

/// Hrefs of resources that mostly stand in the same folder: the way to it is encoded once,
/// and all of them are made in one buffer.
struct Hrefs<'a> {
    mount: &'a Mount,
    parent: Option<(&'a [allmende_types::Name], Href)>,
    href: Href,
}

impl<'a> Hrefs<'a> {
    fn of<R: Resource>(&mut self, entry: &'a Entry<R>) -> &Href {
        let kind = entry.resource.kind();
        let split = entry.path.names().split_last();
        // What is above the top of the mount has no address.
        let Some((name, parent)) = split.filter(|_| !self.mount.is_top(&entry.path)) else {
            self.href = self.mount.href(&entry.path, kind);
            return &self.href;
        };
        if self.parent.as_ref().is_none_or(|(known, _)| *known != parent) {
            let folder = entry.path.parent().unwrap_or_default();
            self.parent = Some((parent, self.mount.href(&folder, Kind::Collection)));
        }
        if let Some((_, folder)) = &self.parent {
            self.href.clone_from(folder);
        }
        self.href.push(name.as_str());
        if kind == Kind::Collection {
            self.href.end_with_slash();
        }
        &self.href
    }
}
