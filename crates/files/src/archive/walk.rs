//! The way through a folder, by the page.

use std::{collections::VecDeque, io};

use allmende_storage::{ByteRange, Cursor};
use allmende_types::SpacePath;

use super::Selection;
use crate::{Download, Entry, Error, ErrorKind, ReadForm, Reading, Result, View};

/// How many children are held for each folder that is open.
const PAGE: usize = 200;

/// A walk over entries: each folder before what it holds, children in the order of their
/// names.
#[derive(Debug)]
pub(super) struct Walk {
    view: View,
    open: Vec<Open>,
}

/// A folder that is being walked.
#[derive(Debug)]
struct Open {
    folder: Option<Entry>,
    prefix: String,
    ready: VecDeque<Entry>,
    more: More,
}

#[derive(Debug)]
enum More {
    After(Option<Cursor>),
    End,
}

/// An entry with its path in the archive, that of a folder without a slash at its end.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) path: String,
    pub(super) entry: Entry,
}

impl Walk {
    pub(super) async fn start(view: View, entry: &Entry, selection: Selection) -> Result<Self> {
        if entry.download() != Download::Allowed {
            let context = format!("an archive of node {}", entry.id());
            return Err(Error::new(ErrorKind::Forbidden, context));
        }
        let ready = match selection {
            Selection::Whole => [entry.clone()].into(),
            Selection::Names(names) => {
                entry.must_be_folder()?;
                let mut chosen = VecDeque::with_capacity(names.len());
                for name in names {
                    let child = view.child(entry, &name).await?;
                    chosen.push_back(child.ok_or_else(|| {
                        Error::new(ErrorKind::NotFound, format!("{name} of the archive"))
                    })?);
                }
                chosen
            }
        };
        view.note_read(entry, ReadForm::Archive).await?;
        Ok(Self { view, open: vec![Open::of_list(None, ready)] })
    }

    /// The next entry; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Item>> {
        while let Some(top) = self.open.last_mut() {
            if let Some(entry) = top.ready.pop_front() {
                // What somebody may look at and not take away is left out.
                if entry.download() != Download::Allowed {
                    continue;
                }
                let name = entry.name().map_or("download", |name| name.as_str());
                let path = format!("{}{name}", top.prefix);
                if entry.is_folder() {
                    if self.open.len() > SpacePath::MAX_DEPTH + 1 {
                        return Err(Error::new(ErrorKind::PathTooDeep, "archive"));
                    }
                    self.open.push(Open::folder(entry.clone(), format!("{path}/")));
                }
                return Ok(Some(Item { path, entry }));
            }
            match (&top.folder, &top.more) {
                (Some(folder), More::After(after)) => {
                    let page = match self.view.children(folder, after.as_ref(), PAGE).await {
                        // Removed since it was listed: as if it had been empty.
                        Err(error) if error.is(&ErrorKind::NotFound) => {
                            top.more = More::End;
                            continue;
                        }
                        page => page?,
                    };
                    top.ready = page.items.into();
                    top.more = page.next.map_or(More::End, |next| More::After(Some(next)));
                }
                _ => {
                    self.open.pop();
                }
            }
        }
        Ok(None)
    }

    /// The content of a file.
    pub(super) async fn read(&self, entry: &Entry) -> io::Result<Reading> {
        let reading = self.view.read_for_itself(entry, ByteRange::ALL).await;
        let noted = self.view.note_read(entry, ReadForm::Archive).await;
        noted.and(reading).map_err(io::Error::other)
    }
}

impl Open {
    fn of_list(folder: Option<Entry>, ready: VecDeque<Entry>) -> Self {
        Self { folder, prefix: String::new(), ready, more: More::End }
    }

    fn folder(folder: Entry, prefix: String) -> Self {
        Self { folder: Some(folder), prefix, ready: VecDeque::new(), more: More::After(None) }
    }
}
