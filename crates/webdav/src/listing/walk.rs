//! The resources of a PROPFIND.

use allmende_webdav_proto::headers::Depth;
use async_trait::async_trait;

use crate::{
    backend::{Backend, Cursor, Entry, Resource},
    error::{Error, ErrorKind, Result},
    report::{Found, Source},
};

/// A resource and what lies below it, down to a depth. The resource itself comes first:
/// clients skip the first entry without looking at its href.
///
/// It holds one page of folders per level, however many there are in all.
#[derive(Debug)]
pub(crate) struct Walk<R> {
    first: Option<Entry<R>>,
    folders: Vec<Folder<R>>,
    levels: u32,
    page_size: usize,
}

#[derive(Debug)]
struct Folder<R> {
    entry: Entry<R>,
    after: Option<Cursor>,
    /// How many levels below the folder are shown, at least one.
    levels: u32,
}

impl<R: Resource> Walk<R> {
    pub(crate) fn new(first: Entry<R>, depth: &Depth, page_size: usize) -> Self {
        let levels = match depth {
            Depth::Zero => 0,
            Depth::One => 1,
            Depth::Levels(levels) => *levels,
            Depth::Infinity => u32::MAX,
        };
        Self { first: Some(first), folders: Vec::new(), levels, page_size: page_size.max(1) }
    }
}

#[async_trait]
impl<B: Backend> Source<B> for Walk<B::Resource> {
    async fn next_page(&mut self, backend: &B) -> Result<Option<Vec<Found<B::Resource>>>> {
        let mut found = Vec::new();
        if let Some(first) = self.first.take() {
            if first.resource.is_collection() && self.levels > 0 {
                let entry = first.clone();
                self.folders.push(Folder { entry, after: None, levels: self.levels });
            }
            found.push(Found::Resource(first));
        }
        while found.len() < self.page_size
            && let Some(folder) = self.folders.pop()
        {
            let limit = self.page_size - found.len();
            let page = backend.children(&folder.entry, folder.after.as_ref(), limit).await?;
            let below = self.folders.len();
            for resource in page.items {
                let Some(name) = resource.name().cloned() else {
                    return Err(Error::new(ErrorKind::Internal, "A child without a name"));
                };
                let entry = Entry { path: folder.entry.path.join(name), resource };
                if folder.levels > 1 && entry.resource.is_collection() {
                    let entry = entry.clone();
                    self.folders.push(Folder { entry, after: None, levels: folder.levels - 1 });
                }
                found.push(Found::Resource(entry));
            }
            // The rest of the folder waits below its subfolders, so that the stack does not
            // grow with the folder.
            self.folders[below..].reverse();
            if let Some(next) = page.next {
                self.folders.insert(below, Folder { after: Some(next), ..folder });
            }
        }
        Ok(if found.is_empty() { None } else { Some(found) })
    }
}
