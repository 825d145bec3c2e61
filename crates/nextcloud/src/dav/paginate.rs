//! Listings by the page (`X-NC-Paginate`), which the iOS client asks for in large folders.
//!
//! A listing is not kept between its pages. A token stands for the place where the page before
//! ended, so that the next one begins there without counting; when it is no longer known, the
//! entries before the page are passed over. Pages go by names: what stays in the folder is told
//! exactly once, whatever comes and goes meanwhile.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use allmende_files::{Entry as FileEntry, View};
use allmende_storage::Cursor;
use allmende_types::{NodeId, SpacePath, Timestamp, UserId};
use allmende_webdav::{Entry, Error, ErrorKind, Found, Result, Source};
use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{errors::from_files, headers::text, home::Home, item::Item};

const PAGINATE: HeaderName = HeaderName::from_static("x-nc-paginate");
const TOKEN: HeaderName = HeaderName::from_static("x-nc-paginate-token");
const TOTAL: HeaderName = HeaderName::from_static("x-nc-paginate-total");

/// Entries of a page where no number is asked for.
const COUNT: u64 = 100;
/// Entries that are read at once.
const AT_ONCE: usize = 500;
/// Seconds for which a token is good.
const VALID: i64 = 3600;
/// Tokens that are kept; then all are forgotten, which costs passing over entries once each.
const KEPT: usize = 10_000;

/// Where the pages that were asked for last ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages(Arc<Mutex<HashMap<String, Mark>>>);

/// Where a page ended.
#[derive(Debug, Clone)]
struct Mark {
    person: Arc<UserId>,
    folder: NodeId,
    expires: Timestamp,
    /// How many entries were told.
    told: u64,
    after: Option<Cursor>,
}

/// What a client asks for.
#[derive(Debug)]
pub(super) struct Wish {
    token: Option<String>,
    offset: u64,
    count: u64,
}

impl Wish {
    /// What a `PROPFIND` asks for; none if it asks for no page, or for the folder alone.
    ///
    /// A request with conditions is answered as a whole.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>> {
        let wanted = text(headers, "x-nc-paginate")?;
        let one = headers.get("depth").is_none_or(|depth| depth == "1");
        let conditional = headers.keys().any(|name| {
            *name == "if" || *name == header::IF_MATCH || *name == header::IF_NONE_MATCH
        });
        if !wanted.is_some_and(|value| value.eq_ignore_ascii_case("true")) || !one || conditional {
            return Ok(None);
        }
        let number =
            |name: &'static str| match text(headers, name)? {
                None => Ok(None),
                Some(value) => value.trim().parse::<u64>().map(Some).map_err(|_| {
                    Error::new(ErrorKind::BadRequest, format!("{name} is not a number"))
                }),
            };
        Ok(Some(Self {
            token: text(headers, "x-nc-paginate-token")?.map(str::to_owned),
            offset: number("x-nc-paginate-offset")?.unwrap_or(0),
            count: number("x-nc-paginate-count")?.unwrap_or(COUNT).max(1),
        }))
    }
}

/// A page, and the headers that tell of it.
pub(super) struct Page {
    pub(super) source: Box<dyn Source<Home>>,
    pub(super) headers: HeaderMap,
}

impl Pages {
    /// A page of a folder. The first entry of all is the folder itself.
    pub(super) async fn page(
        &self,
        home: &Home,
        path: SpacePath,
        folder: FileEntry,
        wish: Wish,
    ) -> Result<Page> {
        let view = &home.view;
        let now = view.files().now();
        let mut headers = HeaderMap::new();
        headers.insert(PAGINATE, HeaderValue::from_static("true"));
        let known = wish.token.and_then(|token| {
            let mark = self.find(&token, view.person(), folder.id(), now)?;
            Some((token, mark))
        });
        let (token, mark) = match known {
            Some(known) => known,
            None => {
                let (token, total) = (fresh()?, total(view, &folder).await?);
                if let Ok(token) = HeaderValue::from_str(&token) {
                    headers.insert(TOKEN, token);
                }
                headers.insert(TOTAL, HeaderValue::from(total));
                let mark = Mark {
                    person: Arc::new(view.person().clone()),
                    folder: folder.id(),
                    expires: Timestamp::from_unix(now.unix() + VALID),
                    told: 0,
                    after: None,
                };
                self.keep(&token, mark.clone());
                (token, mark)
            }
        };
        // Only where the page before ended is known; any other place is counted from the start.
        let mark = match mark.told == wish.offset {
            true => mark,
            false => Mark { told: 0, after: None, ..mark },
        };
        let source = Box::new(Slice {
            pages: self.clone(),
            token,
            path,
            folder,
            skip: wish.offset - mark.told,
            left: wish.count,
            mark,
            ended: false,
        });
        Ok(Page { source, headers })
    }

    fn find(&self, token: &str, who: &UserId, folder: NodeId, now: Timestamp) -> Option<Mark> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = kept.get(token).filter(|mark| {
            mark.person.key() == who.key() && mark.folder == folder && mark.expires > now
        });
        mark.cloned()
    }

    fn keep(&self, token: &str, mark: Mark) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT && !kept.contains_key(token) {
            kept.clear();
        }
        kept.insert(token.to_owned(), mark);
    }
}

/// A token that nobody can guess.
fn fresh() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Unavailable, "There are no random numbers").with_source(error)
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// How many entries a listing has, itself and what the person sees in it.
async fn total(view: &View, folder: &FileEntry) -> Result<u64> {
    if folder.mount.as_ref().is_none_or(|mount| mount.rules.is_none()) {
        let count = view.count_children(&[folder.id()]).await.map_err(from_files)?;
        return Ok(1 + count.first().map_or(0, |count| count.files + count.folders));
    }
    // Rules hide entries, and with them that there are any.
    let (mut total, mut after) = (1, None);
    loop {
        let page = view.children(folder, after.as_ref(), AT_ONCE).await.map_err(from_files)?;
        total += page.items.len() as u64;
        after = page.next;
        if after.is_none() {
            return Ok(total);
        }
    }
}

/// The entries of a page, read as they are written.
#[derive(Debug)]
struct Slice {
    pages: Pages,
    token: String,
    path: SpacePath,
    folder: FileEntry,
    /// How many entries are passed over first.
    skip: u64,
    /// How many are told yet.
    left: u64,
    mark: Mark,
    ended: bool,
}

impl Slice {
    /// Takes an entry, unless it is passed over.
    fn take(&mut self, path: SpacePath, entry: FileEntry, out: &mut Vec<Found<Item>>) {
        self.mark.told += 1;
        if let Some(name) = path.names().last().filter(|_| path != self.path) {
            self.mark.after = Some(Cursor(name.clone()));
        }
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            self.left -= 1;
            out.push(Found::Resource(Entry { path, resource: Item(entry) }));
        }
    }
}

#[async_trait]
impl Source<Home> for Slice {
    async fn next_page(&mut self, home: &Home) -> Result<Option<Vec<Found<Item>>>> {
        let mut out = Vec::new();
        if self.mark.told == 0 {
            self.take(self.path.clone(), self.folder.clone(), &mut out);
        }
        while out.is_empty() && self.left > 0 && !self.ended {
            let wanted = self.skip.saturating_add(self.left).min(AT_ONCE as u64) as usize;
            let after = self.mark.after.as_ref();
            let page = home.view.children(&self.folder, after, wanted).await.map_err(from_files)?;
            for entry in page.items {
                let Some(name) = entry.name().cloned() else { continue };
                self.take(self.path.join(name), entry, &mut out);
            }
            self.ended = page.next.is_none();
            if page.next.is_some() {
                // Behind what was left out as well.
                self.mark.after = page.next;
            }
        }
        if out.is_empty() {
            self.pages.keep(&self.token, self.mark.clone());
            return Ok(None);
        }
        Ok(Some(out))
    }
}
