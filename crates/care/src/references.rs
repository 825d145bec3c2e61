//! Which blobs files are made of, in the order of their ids.

use allmende_sql::{Row, Rows, Snapshot, Sql, Statement, Value, params};
use allmende_types::{BlobId, Checksums, NodeId};

use crate::{Error, Result};

/// How many rows are read at once.
const PAGE: i64 = 1000;

/// What refers to a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Referrer {
    /// A file whose content it is.
    File(NodeId),
    /// A place in the list of a content of several segments.
    Segment,
}

/// One reference.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) blob: BlobId,
    /// How long the row says that the blob is.
    pub(crate) size: u64,
    pub(crate) by: Referrer,
    /// The checksums of the whole file.
    pub(crate) checksums: Checksums,
}

// Each side is read by its index up to a page; both orders agree.
const FILES: &str = "SELECT content, id, size, checksums FROM nodes \
     WHERE content IS NOT NULL AND (content, id) > ($1, $2) AND segments = 1 \
     ORDER BY content, id LIMIT $3";
// A list whose last file is gone waits for the collector: it refers to nothing any more.
const SEGMENTS: &str = "SELECT blob, content, ord, size FROM segments \
     WHERE (blob, content, ord) > ($1, $2, $3) \
     AND EXISTS (SELECT 1 FROM nodes n WHERE n.content = segments.content) \
     ORDER BY blob, content, ord LIMIT $4";

/// Where references are read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reader<'a> {
    /// All as of one moment.
    Moment(&'a Snapshot),
    /// A page at a time as of its own moment, so that the database is not held for as long as
    /// the work on a page takes.
    Present(&'a Sql),
}

impl Reader<'_> {
    async fn read(self, statement: Statement) -> Result<Rows> {
        Ok(match self {
            Self::Moment(snapshot) => snapshot.read(statement).await?,
            Self::Present(sql) => sql.read(statement).await?,
        })
    }
}

/// All references, in the order of the blobs.
#[derive(Debug)]
pub(crate) struct References<'a> {
    files: Source<'a>,
    segments: Source<'a>,
}

impl<'a> References<'a> {
    pub(crate) fn new(reader: Reader<'a>) -> Self {
        let files = Side::Files { after: (Vec::new(), -1) };
        let segments = Side::Segments { after: (Vec::new(), Vec::new(), -1) };
        Self { files: Source::new(reader, files), segments: Source::new(reader, segments) }
    }

    /// The next reference; none behind the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Reference>> {
        self.files.fill().await?;
        self.segments.fill().await?;
        let source = match (self.files.peek(), self.segments.peek()) {
            (Some(file), Some(segment)) if segment.blob < file.blob => &mut self.segments,
            (Some(_), _) => &mut self.files,
            (None, _) => &mut self.segments,
        };
        Ok(source.page.next())
    }
}

#[derive(Debug)]
enum Side {
    Files { after: (Vec<u8>, i64) },
    Segments { after: (Vec<u8>, Vec<u8>, i64) },
}

/// One of the two tables, a page at a time.
#[derive(Debug)]
struct Source<'a> {
    reader: Reader<'a>,
    side: Side,
    page: std::vec::IntoIter<Reference>,
    ended: bool,
}

impl<'a> Source<'a> {
    fn new(reader: Reader<'a>, side: Side) -> Self {
        Self { reader, side, page: Vec::new().into_iter(), ended: false }
    }

    fn peek(&self) -> Option<&Reference> {
        self.page.as_slice().first()
    }

    async fn fill(&mut self) -> Result<()> {
        if self.ended || !self.page.as_slice().is_empty() {
            return Ok(());
        }
        let statement = match &self.side {
            Side::Files { after: (content, id) } => {
                Statement::new(FILES, params![content.clone(), *id, PAGE])
            }
            Side::Segments { after: (blob, content, ord) } => {
                let values = params![blob.clone(), content.clone(), *ord, PAGE];
                Statement::new(SEGMENTS, values)
            }
        };
        let rows = self.reader.read(statement).await?;
        let mut page = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            page.push(self.side.read(row)?);
        }
        self.ended = (page.len() as i64) < PAGE;
        self.page = page.into_iter();
        Ok(())
    }
}

impl Side {
    /// Reads a row, and goes on behind it next time.
    fn read(&mut self, row: Row<'_>) -> Result<Reference> {
        let blob = blob_id(row.blob(0)?)?;
        let size = |n: i64| u64::try_from(n).unwrap_or(0);
        match self {
            Self::Files { after } => {
                let id = row.int(1)?;
                *after = (blob.to_bytes().to_vec(), id);
                // Checksums that cannot be read prove nothing.
                let checksums = row.opt_text(3)?.and_then(|text| text.parse().ok());
                Ok(Reference {
                    blob,
                    size: size(row.int(2)?),
                    by: Referrer::File(NodeId(id)),
                    checksums: checksums.unwrap_or_default(),
                })
            }
            Self::Segments { after } => {
                *after = (blob.to_bytes().to_vec(), row.blob(1)?.to_vec(), row.int(2)?);
                let (size, by) = (size(row.int(3)?), Referrer::Segment);
                Ok(Reference { blob, size, by, checksums: Checksums::none() })
            }
        }
    }
}

/// Reads a blob id from its bytes.
pub(crate) fn blob_id(bytes: &[u8]) -> Result<BlobId> {
    let bytes = bytes.try_into().map_err(|_| Error::damaged("a blob id in the database"))?;
    Ok(BlobId::from_bytes(bytes))
}

/// A blob id as a parameter.
pub(crate) fn blob_value(id: BlobId) -> Value {
    Value::from(id.to_bytes())
}
