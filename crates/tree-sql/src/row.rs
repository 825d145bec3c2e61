//! Rows of `nodes`.

use allmende_sql::Row;
use allmende_storage::{Content, Node, NodeKind, Result};
use allmende_types::{
    BlobId, Checksums, Epoch, Name, NamePolicy, NodeId, Revision, SpaceId, Timestamp,
};

use crate::error::{Context, corrupt};

/// The columns that [`node`] reads, each behind a prefix such as `"n."`.
macro_rules! columns {
    ($p:literal) => {
        concat!(
            $p,
            "id, ",
            $p,
            "parent, COALESCE(",
            $p,
            "name, ",
            $p,
            "key), ",
            $p,
            "kind, ",
            $p,
            "size, ",
            $p,
            "revision, ",
            $p,
            "modified, ",
            $p,
            "created, ",
            $p,
            "uploaded, ",
            $p,
            "content, ",
            $p,
            "segments, ",
            $p,
            "media_type, ",
            $p,
            "checksums"
        )
    };
}
pub(crate) use columns;

/// How many columns `columns!` names.
pub(crate) const COLUMNS: usize = 13;

/// `kind` of a folder.
pub(crate) const FOLDER: i64 = 0;
/// `kind` of a file.
pub(crate) const FILE: i64 = 1;

/// The space and the epoch of a node, which its own row does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) space: SpaceId,
    pub(crate) epoch: Epoch,
}

impl Home {
    /// Stands in until the root is known.
    pub(crate) const UNKNOWN: Self = Self { space: SpaceId(0), epoch: Epoch(0) };
}

/// Reads `columns!` from the start of a row.
pub(crate) fn node(row: Row<'_>, home: Home) -> Result<Node> {
    decode(row, home).context("a row of nodes")?
}

fn decode(row: Row<'_>, home: Home) -> allmende_sql::Result<Result<Node>> {
    let id = NodeId(row.int(0)?);
    let name = match row.opt_text(2)?.map(Name::new).transpose() {
        Ok(name) => name,
        Err(error) => return Ok(Err(corrupt(format!("node {id}")).with_source(error))),
    };
    let kind = if row.int(3)? == FOLDER {
        NodeKind::Folder
    } else {
        let checksums = match row.opt_text(12)? {
            None => Checksums::none(),
            Some(text) => match text.parse() {
                Ok(checksums) => checksums,
                Err(error) => return Ok(Err(corrupt(format!("node {id}")).with_source(error))),
            },
        };
        let Some(blob) = row.opt_blob(9)?.map(blob_id).transpose().ok() else {
            return Ok(Err(corrupt(format!("content of node {id}"))));
        };
        NodeKind::File(Content {
            id: blob,
            segments: u32::try_from(row.int(10)?).unwrap_or(u32::MAX),
            media_type: row.opt_text(11)?.unwrap_or_default().into(),
            checksums,
        })
    };
    Ok(Ok(Node {
        id,
        space: home.space,
        parent: row.opt_int(1)?.map(NodeId),
        name,
        kind,
        size: row.int(4)?.try_into().unwrap_or(0),
        epoch: home.epoch,
        revision: Revision(row.int(5)?),
        modified: Timestamp::from_unix(row.int(6)?),
        created: row.opt_int(7)?.map(Timestamp::from_unix),
        uploaded: Timestamp::from_unix(row.int(8)?),
    }))
}

/// Reads a blob id from its 16 bytes.
pub(crate) fn blob_id(bytes: &[u8]) -> Result<BlobId> {
    bytes.try_into().map(BlobId::from_bytes).map_err(|_| corrupt("a blob id"))
}

/// A name as `key` and `name` hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spelling {
    pub(crate) key: String,
    pub(crate) name: Option<String>,
}

impl Spelling {
    pub(crate) fn of(name: &Name, policy: &NamePolicy) -> Self {
        let key = policy.key(name);
        let name = (key != name.as_str()).then(|| name.as_str().to_owned());
        Self { key, name }
    }
}
