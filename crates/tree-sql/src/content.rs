//! Which blobs make up a content, and which none does.

use std::collections::HashSet;

use allmende_sql::{Statement, Value, params};
use allmende_storage::{Content, Error, ErrorKind, Result, Segment};
use allmende_types::BlobId;

use crate::{CHUNK, SqlTree, error::Context, row::blob_id};

const ONE: &str = "SELECT content, size FROM nodes WHERE content = $1 LIMIT 1";
const SEVERAL: &str = "SELECT blob, size FROM segments WHERE content = $1 \
     AND EXISTS (SELECT 1 FROM nodes WHERE nodes.content = $1) ORDER BY ord";
const REFERENCED: &str = "SELECT content FROM nodes WHERE content IN ($list) \
     UNION SELECT blob FROM segments WHERE blob IN ($list) \
     UNION SELECT blob FROM garbage WHERE blob IN ($list)";

impl SqlTree {
    /// A content below a folder that is removed but not cleared yet still has its blobs, and
    /// whoever found it before may go on reading.
    pub(crate) async fn segments(&self, content: &Content) -> Result<Vec<Segment>> {
        let Some(id) = content.id else { return Ok(Vec::new()) };
        let select = if content.segments == 1 { ONE } else { SEVERAL };
        let select = Statement::new(select, params![id.to_bytes()]);
        let select = if content.segments <= 16 { select.point() } else { select };
        let rows = self.sql.read(select).await.context("read a content")?;
        let segment = |row: allmende_sql::Row<'_>| {
            let read = || Ok((row.blob(0)?, row.int(1)?));
            let (blob, size) = read().context("a row of segments")?;
            Ok(Segment { blob: blob_id(blob)?, size: size.try_into().unwrap_or(0) })
        };
        if rows.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, format!("content {id}")));
        }
        rows.iter().map(segment).collect()
    }

    /// A content below a folder that is removed but not cleared yet counts as a reference,
    /// and so does garbage: its blobs come to the collector by `purge`, in their time.
    pub(crate) async fn unreferenced(&self, blobs: &[BlobId]) -> Result<Vec<BlobId>> {
        let select = |chunk: &[BlobId]| {
            let ids = chunk.iter().map(|id| Value::from(id.to_bytes()));
            Statement::with_list(REFERENCED, params![], ids)
        };
        let statements = blobs.chunks(CHUNK).map(select).collect();
        let answers = self.sql.read_all(statements).await.context("look for references")?;
        let mut referenced = HashSet::new();
        for row in answers.iter().flat_map(|rows| rows.iter()) {
            referenced.insert(row.blob(0).context("a reference").and_then(blob_id)?);
        }
        Ok(blobs.iter().copied().filter(|id| !referenced.contains(id)).collect())
    }
}
