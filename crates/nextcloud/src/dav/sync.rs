//! The report `sync-collection` (RFC 6578) on the tree of files: what has changed since a
//! token. The original has it for calendars only; on files it spares a client the walk
//! through all folders.

use std::collections::VecDeque;

use allmende_files::{Entry as FilesEntry, SyncDepth, SyncState};
use allmende_storage::Cursor;
use allmende_types::SpacePath;
use allmende_webdav::{
    Entry, Error, ErrorKind, Found, PropertyPage, PropertyProvider, Reply, ReportHandler,
    ReportRequest, Result, Selection, Slot, Source, Wanted,
};
use allmende_webdav_proto::{
    Condition, PropName,
    headers::Depth,
    multistatus::PropsWriter,
    request::{PropUpdate, Propfind, Report, SyncCollection},
};
use async_trait::async_trait;
use http::HeaderMap;

use super::{errors::from_files, home::Home, item::Item};

/// What makes a URI of a state.
const SCHEME: &str = "allmende-sync:";
/// After how many changes an answer ends, and the client asks for the rest.
const MAX_CHANGES: usize = 10_000;
/// How many resources are written at once.
const PAGE: usize = 500;

static TOKEN: PropName = PropName::dav("sync-token");

/// The report.
#[derive(Debug)]
pub(crate) struct SyncReport;

#[async_trait]
impl ReportHandler<Home> for SyncReport {
    fn name(&self) -> &PropName {
        static NAME: PropName = SyncCollection::NAME;
        &NAME
    }

    async fn run(&self, home: &Home, request: ReportRequest<'_, Item>) -> Result<Reply<Home>> {
        let Entry { path, resource: Item(folder) } = request.target;
        if !folder.is_folder() {
            let text = "Only what is in a collection can be synchronized";
            return Err(
                Error::new(ErrorKind::Forbidden, text).with_condition(Condition::SupportedReport)
            );
        }
        let wanted = SyncCollection::from_report(&Report::new(request.body.clone()))
            .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
        let depth = match wanted.level {
            Depth::Infinity => SyncDepth::All,
            _ => SyncDepth::Members,
        };
        let limit = wanted.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let (told, state) = match wanted.token {
            None => first(home, folder, path, depth, limit).await?,
            Some(token) => since(home, folder, path, &token, depth, limit).await?,
        };
        Ok(Reply::Listing {
            source: Box::new(told),
            selection: Propfind::Prop(wanted.props),
            sync_token: Some(format!("{SCHEME}{state}")),
            headers: HeaderMap::new(),
        })
    }
}

/// Everything there is, for a client that knows nothing.
async fn first(
    home: &Home,
    folder: &FilesEntry,
    path: &SpacePath,
    depth: SyncDepth,
    limit: Option<usize>,
) -> Result<(Told, SyncState)> {
    // Before anything is read: what changes meanwhile is told once more the next time.
    let state = home.view.sync_states(&[(folder, path)]).await.map_err(from_files)?.remove(0);
    let mut told = Told::new(depth);
    told.open.push(Open::new(folder.clone(), path.clone()));
    told.fit(home, limit).await?;
    Ok((told, state))
}

/// What has changed since the state that a token names.
async fn since(
    home: &Home,
    folder: &FilesEntry,
    path: &SpacePath,
    token: &str,
    depth: SyncDepth,
    limit: Option<usize>,
) -> Result<(Told, SyncState)> {
    let state = token.strip_prefix(SCHEME).and_then(|state| state.parse::<SyncState>().ok());
    let unknown = || {
        let text = "The sync token is not known any more: read everything anew";
        Error::new(ErrorKind::Forbidden, text).with_condition(Condition::ValidSyncToken)
    };
    let state = state.ok_or_else(unknown)?;
    let most = limit.unwrap_or(MAX_CHANGES).min(MAX_CHANGES);
    let changes = home.view.changes_since(folder, &state, depth, most).await.map_err(from_files)?;
    let changes = changes.ok_or_else(unknown)?;
    let mut told = Told::new(depth);
    told.ready.extend(changes.gone.into_iter().map(Found::Gone));
    for entry in changes.changed {
        told.ready.extend(found(entry));
    }
    for entry in changes.arrived {
        let path = entry.path.clone().unwrap_or_default();
        told.open.push(Open::new(entry.clone(), path));
        told.ready.extend(found(entry));
    }
    told.fit(home, limit).await?;
    if changes.more {
        told.ready.push_back(Found::Cut(path.clone()));
    }
    Ok((told, changes.state))
}

fn found(mut entry: FilesEntry) -> Option<Found<Item>> {
    let path = entry.path.take()?;
    Some(Found::Resource(Entry { path, resource: Item(entry) }))
}

/// A folder whose members are still to be told.
#[derive(Debug)]
struct Open {
    folder: FilesEntry,
    path: SpacePath,
    after: Option<Cursor>,
}

impl Open {
    fn new(folder: FilesEntry, path: SpacePath) -> Self {
        Self { folder, path, after: None }
    }
}

/// What is told, by the page: what is known already, then the folders to be walked.
#[derive(Debug)]
struct Told {
    depth: SyncDepth,
    ready: VecDeque<Found<Item>>,
    open: Vec<Open>,
}

impl Told {
    fn new(depth: SyncDepth) -> Self {
        Self { depth, ready: VecDeque::new(), open: Vec::new() }
    }

    /// Makes sure that a client gets no more than it wants. A walk cannot be cut, since no
    /// token leads to its middle: then the answer is refused (RFC 6578, section 3.7).
    async fn fit(&mut self, home: &Home, limit: Option<usize>) -> Result<()> {
        // What is walked to its end before the first byte is kept in memory.
        let Some(limit) = limit.map(|limit| limit.min(MAX_CHANGES)) else { return Ok(()) };
        if self.open.is_empty() {
            // Of a single revision there may be more than was asked for; that is told whole.
            return Ok(());
        }
        while !self.open.is_empty() && self.ready.len() <= limit {
            self.walk(home).await?;
        }
        if self.open.is_empty() && self.ready.len() <= limit {
            return Ok(());
        }
        let text = "There is more than the limit admits";
        Err(Error::new(ErrorKind::InsufficientStorage, text)
            .with_condition(Condition::NumberOfMatchesWithinLimits))
    }

    /// Reads the next page of a folder.
    async fn walk(&mut self, home: &Home) -> Result<()> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        let page = home.view.children(&open.folder, open.after.as_ref(), PAGE).await;
        let page = match page.map_err(from_files) {
            // Gone since it was seen; its going has an entry behind the token.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            page => page?,
        };
        open.after = page.next;
        let mut inner = Vec::new();
        for entry in page.items {
            let Some(name) = entry.name() else { continue };
            let path = open.path.join(name.clone());
            if self.depth == SyncDepth::All && entry.is_folder() {
                inner.push(Open::new(entry.clone(), path.clone()));
            }
            self.ready.push_back(Found::Resource(Entry { path, resource: Item(entry) }));
        }
        if open.after.is_some() {
            self.open.push(open);
        }
        self.open.append(&mut inner);
        Ok(())
    }
}

#[async_trait]
impl Source<Home> for Told {
    async fn next_page(&mut self, home: &Home) -> Result<Option<Vec<Found<Item>>>> {
        while self.ready.is_empty() && !self.open.is_empty() {
            self.walk(home).await?;
        }
        let page: Vec<_> = self.ready.drain(..self.ready.len().min(PAGE)).collect();
        Ok((!page.is_empty()).then_some(page))
    }
}

/// The property `d:sync-token` of folders.
#[derive(Debug)]
pub(crate) struct SyncProperty;

#[async_trait]
impl PropertyProvider<Home> for SyncProperty {
    fn find(&self, name: &PropName) -> Option<Slot> {
        (*name == TOKEN).then_some(Slot(0))
    }

    fn admit(&self, _: Slot, _: &PropUpdate) -> Result<()> {
        Err(Error::protected_property())
    }

    async fn load(
        &self,
        home: &Home,
        page: &[Entry<Item>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<Item>>> {
        if selection.wanted.is_empty() {
            return Ok(Box::new(Tokens(Vec::new())));
        }
        let folder = |entry: &&Entry<Item>| entry.resource.0.is_folder();
        let folders: Vec<_> =
            (page.iter().filter(folder)).map(|entry| (&entry.resource.0, &entry.path)).collect();
        let mut states = home.view.sync_states(&folders).await.map_err(from_files)?.into_iter();
        let token = |entry| if folder(&entry) { states.next() } else { None };
        Ok(Box::new(Tokens(page.iter().map(token).collect())))
    }
}

#[derive(Debug)]
struct Tokens(Vec<Option<SyncState>>);

impl PropertyPage<Item> for Tokens {
    fn write(&self, index: usize, _: &Entry<Item>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        match self.0.get(index) {
            Some(Some(state)) => out.found_text(&wanted.name, &format!("{SCHEME}{state}")),
            _ => out.missing(&wanted.name),
        }
    }

    fn exists(&self, index: usize, _: &Entry<Item>, _: &Wanted) -> bool {
        matches!(self.0.get(index), Some(Some(_)))
    }
}
