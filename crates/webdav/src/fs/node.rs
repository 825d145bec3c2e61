//! A file or folder as the disk describes it.

use allmende_types::{ETag, Name, Timestamp};
use rustix::fs::Stat;

use super::dir::kind_of;
use crate::backend::{Kind, Resource};

/// A file or folder of a [`LocalFolder`](super::LocalFolder).
#[derive(Debug, Clone)]
pub struct LocalNode {
    name: Option<Name>,
    kind: Kind,
    size: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    device: u64,
    inode: u64,
    media_type: mime_guess::Mime,
}

impl LocalNode {
    /// The node that a `stat` describes; none if it is neither file nor folder.
    pub(super) fn new(name: Option<Name>, stat: &Stat) -> Option<Self> {
        let kind = kind_of(stat.st_mode)?;
        let text = name.as_ref().map_or("", Name::as_str);
        Some(Self {
            kind,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: (stat.st_mtime, i64::try_from(stat.st_mtime_nsec).unwrap_or(0)),
            device: stat.st_dev,
            inode: stat.st_ino,
            media_type: mime_guess::from_path(text).first_or_octet_stream(),
            name,
        })
    }

    /// Whether both are the same file with the same content, or the same folder.
    pub(super) fn is_unchanged(&self, now: &Self) -> bool {
        let same = self.device == now.device && self.inode == now.inode && self.kind == now.kind;
        same && self.etag() == now.etag()
    }
}

impl Resource for LocalNode {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    fn etag(&self) -> Option<ETag> {
        if self.kind == Kind::Collection {
            return None;
        }
        let Self { device, inode, size, modified: (seconds, nanos), .. } = self;
        ETag::strong(format!("{device:x}-{inode:x}-{size:x}-{seconds:x}.{nanos:x}")).ok()
    }

    fn last_modified(&self) -> Timestamp {
        Timestamp::from_unix(self.modified.0)
    }

    fn content_length(&self) -> u64 {
        self.size
    }

    fn content_type(&self) -> &str {
        self.media_type.essence_str()
    }
}
