//! The folders and files of a space, from above, each folder before what is in it.

use std::collections::HashMap;

use allmende_sql::{Row, Snapshot, Statement, Value, params};
use allmende_types::BlobId;

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
const PROPERTIES: &str = "SELECT node, owner, namespace, name, value FROM properties \
     WHERE node IN ($list) ORDER BY node, owner, namespace, name";
const SEGMENTS: &str = "SELECT blob FROM segments WHERE content = $1 ORDER BY ord";

/// What stands at a place.
#[derive(Debug)]
pub(super) enum Found {
    Folder(Folder),
    /// The record lacks the digest.
    File(FileEntry, Content),
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

/// A folder that is being walked through.
#[derive(Debug)]
struct Level {
    id: i64,
    record: Folder,
    page: std::vec::IntoIter<(i64, Found)>,
    after: String,
    ended: bool,
}

/// A walk. It holds a page for each level of the tree.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    snapshot: &'a Snapshot,
    root: Option<i64>,
    levels: Vec<Level>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, root: i64) -> Self {
        Self { snapshot, root: Some(root), levels: Vec::new() }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Found>> {
        if let Some(root) = self.root.take() {
            let rows = self.snapshot.read(Statement::new(ROOT, params![root])).await?;
            let mut page = self.read(&rows, None).await?;
            return Ok(page.pop().map(|(id, found)| self.enter(id, found)));
        }
        loop {
            let Some(level) = self.levels.last_mut() else { return Ok(None) };
            if let Some((id, found)) = level.page.next() {
                return Ok(Some(self.enter(id, found)));
            }
            if level.ended {
                return Ok(self.levels.pop().map(|level| Found::Leave(level.record)));
            }
            let values = params![level.id, level.after.clone(), PAGE as i64];
            let rows = self.snapshot.read(Statement::new(CHILDREN, values)).await?;
            let above = level.record.folder.clone();
            let last = rows.len().checked_sub(1).and_then(|at| rows.get(at));
            let last = last.map(|row| row.text(11)).transpose()?.map(str::to_owned);
            let page = self.read(&rows, Some(&above)).await?;
            if let Some(level) = self.levels.last_mut() {
                level.ended = page.len() < PAGE;
                level.after = last.unwrap_or_default();
                level.page = page.into_iter();
            }
        }
    }

    fn enter(&mut self, id: i64, found: Found) -> Found {
        if let Found::Folder(record) = &found {
            let (record, page) = (record.clone(), Vec::new().into_iter());
            self.levels.push(Level { id, record, page, after: String::new(), ended: false });
        }
        found
    }

    async fn read(
        &self,
        rows: &allmende_sql::Rows,
        above: Option<&str>,
    ) -> Result<Vec<(i64, Found)>> {
        let ids = rows.iter().map(|row| row.value(0)).collect::<Vec<_>>();
        let mut properties = self.properties(ids).await?;
        let mut page = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            let id = row.int(0)?;
            page.push((id, entry(row, above, properties.remove(&id).unwrap_or_default())?));
        }
        Ok(page)
    }

    async fn properties(&self, ids: Vec<Value>) -> Result<HashMap<i64, Vec<Property>>> {
        let mut properties: HashMap<i64, Vec<Property>> = HashMap::new();
        if ids.is_empty() {
            return Ok(properties);
        }
        let rows = self.snapshot.read(Statement::with_list(PROPERTIES, params![], ids)).await?;
        for row in rows.iter() {
            let text = |column| row.text(column).map(str::to_owned);
            let property = (text(1)?, text(2)?, text(3)?, text(4)?);
            properties.entry(row.int(0)?).or_default().push(property);
        }
        Ok(properties)
    }
}

fn entry(row: Row<'_>, above: Option<&str>, properties: Vec<Property>) -> Result<Found> {
    let path = match (above, row.opt_text(1)?) {
        (None, _) => String::new(),
        (Some(""), name) => name.unwrap_or_default().to_owned(),
        (Some(above), name) => format!("{above}/{}", name.unwrap_or_default()),
    };
    let (modified, created, uploaded) = (row.int(4)?, row.opt_int(5)?, row.int(6)?);
    if row.int(2)? == 0 {
        let folder = Folder { folder: path, modified, created, uploaded, properties };
        return Ok(Found::Folder(folder));
    }
    let content = Content { id: row.opt_blob(7)?.map(blob_id).transpose()?, segments: row.int(8)? };
    let file = FileEntry {
        file: path,
        size: row.int(3)?.try_into().unwrap_or(0),
        sha256: None,
        modified,
        created,
        uploaded,
        media_type: row.opt_text(9)?.map(str::to_owned),
        checksums: row.opt_text(10)?.map(str::to_owned),
        properties,
    };
    Ok(Found::File(file, content))
}
