//! The folders and files of a space, from above, each folder before what is in it, and each
//! file before its older contents.

use std::collections::HashMap;

use allmende_files::{TrashOrigin, versions::VersionPlace};
use allmende_sql::{Row, Snapshot, Statement, Value, params};
use allmende_storage::{Property as Stored, PropertyKey};
use allmende_types::{BlobId, NodeId};

use super::record::{FileEntry, Folder, Property};
use crate::{Result, references::blob_id};

const PAGE: usize = 500;

macro_rules! columns {
    () => {
        "id, COALESCE(name, key), kind, size, modified, created, uploaded, content, segments, \
         media_type, checksums, key"
    };
}
const ROOT: &str = concat!("SELECT ", columns!(), " FROM nodes WHERE id = $1");
const CHILDREN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM nodes WHERE parent = $1 AND key > $2 ORDER BY key LIMIT $3"
);
/// What lies in a folder of versions, if it is that of the file.
const VERSIONS: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM nodes WHERE parent = $1 AND key > $2 AND kind = 1 AND EXISTS (SELECT 1 \
     FROM nodes f WHERE f.id = $1 AND f.kind = 0 AND f.key = $4) ORDER BY key LIMIT $3"
);
const PROPERTIES: &str = "SELECT node, owner, namespace, name, value FROM properties \
     WHERE node IN ($list) ORDER BY node, owner, namespace, name";
const SEGMENTS: &str = "SELECT blob FROM segments WHERE content = $1 ORDER BY ord";

/// What stands at a place.
#[derive(Debug)]
pub(super) enum Found {
    Folder(Folder),
    /// The record lacks the digest.
    File(Box<FileEntry>, Content),
    /// A folder is left; its record once more.
    Leave(Folder),
}

/// Where the bytes of a file are.
#[derive(Debug)]
pub(super) struct Content {
    id: Option<BlobId>,
    segments: i64,
}

impl Content {
    /// The blobs, in their order.
    pub(super) async fn blobs(&self, snapshot: &Snapshot) -> Result<Vec<BlobId>> {
        let Some(id) = self.id else { return Ok(Vec::new()) };
        if self.segments == 1 {
            return Ok(vec![id]);
        }
        let rows = snapshot.read(Statement::new(SEGMENTS, params![id.to_bytes()])).await?;
        rows.iter().map(|row| blob_id(row.blob(0)?)).collect()
    }
}

/// What a page has.
#[derive(Debug)]
struct Item {
    id: i64,
    found: Found,
    /// The folder of the file's versions.
    versions: Option<i64>,
}

/// A folder that is being walked through.
#[derive(Debug)]
struct Level {
    id: i64,
    record: Folder,
    page: std::vec::IntoIter<Item>,
    after: String,
    ended: bool,
}

/// The older contents of a file that is being walked through.
#[derive(Debug)]
struct Versions {
    file: i64,
    path: String,
    folder: i64,
    page: std::vec::IntoIter<Item>,
    after: String,
    ended: bool,
}

/// A walk. It holds a page for each level of the tree.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    snapshot: &'a Snapshot,
    root: Option<i64>,
    levels: Vec<Level>,
    versions: Option<Versions>,
    /// Properties that name nodes by their ids, and are told in another way.
    place: PropertyKey,
    origin: PropertyKey,
}

impl<'a> Walk<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, root: i64) -> Self {
        let (place, origin) = (VersionPlace::key(), TrashOrigin::key());
        Self { snapshot, root: Some(root), levels: Vec::new(), versions: None, place, origin }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Found>> {
        if let Some(root) = self.root.take() {
            let rows = self.snapshot.read(Statement::new(ROOT, params![root])).await?;
            let mut page = self.read(&rows, |_| String::new()).await?;
            return Ok(page.pop().map(|item| self.enter(item)));
        }
        if let Some(version) = self.next_version().await? {
            return Ok(Some(version));
        }
        loop {
            let Some(level) = self.levels.last_mut() else { return Ok(None) };
            if let Some(item) = level.page.next() {
                return Ok(Some(self.enter(item)));
            }
            if level.ended {
                return Ok(self.levels.pop().map(|level| Found::Leave(level.record)));
            }
            let values = params![level.id, level.after.clone(), PAGE as i64];
            let rows = self.snapshot.read(Statement::new(CHILDREN, values)).await?;
            let above = level.record.folder.clone();
            let below = |name: &str| match &*above {
                "" => name.to_owned(),
                above => format!("{above}/{name}"),
            };
            let page = self.read(&rows, below).await?;
            if let Some(level) = self.levels.last_mut() {
                (level.after, level.ended) = turned(&rows)?;
                level.page = page.into_iter();
            }
        }
    }

    /// The next older content of the file that came last.
    async fn next_version(&mut self) -> Result<Option<Found>> {
        while let Some(of) = &mut self.versions {
            if let Some(item) = of.page.next() {
                return Ok(Some(item.found));
            }
            if of.ended {
                self.versions = None;
                break;
            }
            let Versions { file, folder, ref path, ref after, .. } = *of;
            let values = params![folder, after.clone(), PAGE as i64, file.to_string()];
            let path = path.clone();
            let rows = self.snapshot.read(Statement::new(VERSIONS, values)).await?;
            let mut page = Vec::new();
            for mut item in self.read(&rows, str::to_owned).await? {
                if let Found::File(record, _) = &mut item.found {
                    // What is called in another way is no version.
                    let number = record.file.parse::<i64>().ok();
                    record.version = number.filter(|number| number.to_string() == record.file);
                    record.file.clone_from(&path);
                    if record.version.is_some() {
                        page.push(item);
                    }
                }
            }
            if let Some(of) = &mut self.versions {
                (of.after, of.ended) = turned(&rows)?;
                of.page = page.into_iter();
            }
        }
        Ok(None)
    }

    fn enter(&mut self, Item { id, found, versions }: Item) -> Found {
        let page = Vec::new().into_iter();
        match &found {
            Found::Folder(record) => {
                let record = record.clone();
                self.levels.push(Level { id, record, page, after: String::new(), ended: false });
            }
            Found::File(record, _) => {
                let (path, after) = (record.file.clone(), String::new());
                self.versions = versions.map(|folder| Versions {
                    file: id,
                    path,
                    folder,
                    page,
                    after,
                    ended: false,
                });
            }
            Found::Leave(_) => {}
        }
        found
    }

    async fn read(
        &self,
        rows: &allmende_sql::Rows,
        path: impl Fn(&str) -> String,
    ) -> Result<Vec<Item>> {
        let ids = rows.iter().map(|row| row.value(0)).collect::<Vec<_>>();
        let mut noted = self.properties(ids).await?;
        let mut page = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            let id = row.int(0)?;
            let Noted { properties, versions } = noted.remove(&id).unwrap_or_default();
            let path = path(row.opt_text(1)?.unwrap_or_default());
            page.push(Item { id, found: entry(row, path, properties)?, versions });
        }
        Ok(page)
    }

    async fn properties(&self, ids: Vec<Value>) -> Result<HashMap<i64, Noted>> {
        let mut noted: HashMap<i64, Noted> = HashMap::new();
        if ids.is_empty() {
            return Ok(noted);
        }
        let rows = self.snapshot.read(Statement::with_list(PROPERTIES, params![], ids)).await?;
        for row in rows.iter() {
            let (node, text) = (row.int(0)?, |column| row.text(column).map(str::to_owned));
            let (owner, namespace, name, value) = (text(1)?, text(2)?, text(3)?, text(4)?);
            let of = noted.entry(node).or_default();
            let key =
                PropertyKey { namespace: namespace.as_str().into(), name: name.as_str().into() };
            if owner.is_empty() && key == self.place {
                let place = Stored { key, value: value.into() };
                of.versions = VersionPlace::of(NodeId(node), &place).map(|place| place.folder.0);
            } else if !owner.is_empty() || key != self.origin {
                of.properties.push((owner, namespace, name, value));
            }
        }
        Ok(noted)
    }
}

/// What is noted at a node.
#[derive(Debug, Default)]
struct Noted {
    properties: Vec<Property>,
    versions: Option<i64>,
}

/// Where a page ends, and whether it is the last.
fn turned(rows: &allmende_sql::Rows) -> Result<(String, bool)> {
    let last = rows.len().checked_sub(1).and_then(|at| rows.get(at));
    let last = last.map(|row| row.text(11)).transpose()?;
    Ok((last.unwrap_or_default().to_owned(), rows.len() < PAGE))
}

fn entry(row: Row<'_>, path: String, properties: Vec<Property>) -> Result<Found> {
    let (modified, created, uploaded) = (row.int(4)?, row.opt_int(5)?, row.int(6)?);
    if row.int(2)? == 0 {
        let folder = Folder { folder: path, modified, created, uploaded, properties };
        return Ok(Found::Folder(folder));
    }
    let content = Content { id: row.opt_blob(7)?.map(blob_id).transpose()?, segments: row.int(8)? };
    let file = FileEntry {
        file: path,
        version: None,
        size: row.int(3)?.try_into().unwrap_or(0),
        sha256: None,
        modified,
        created,
        uploaded,
        media_type: row.opt_text(9)?.map(str::to_owned),
        checksums: row.opt_text(10)?.map(str::to_owned),
        properties,
    };
    Ok(Found::File(Box::new(file), content))
}
