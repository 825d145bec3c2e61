//! Reading a file's content, over one blob or many.

use std::{fmt, io, sync::Arc};

use allmende_storage::{
    BlobRead, BlobStore, ByteRange, ByteStream, ErrorKind as StoreKind, Segment,
};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{Download, Entry, Error, ErrorKind, Files, Result, View, permissions::Action};

/// A content that is being read.
pub struct Reading {
    /// Bytes of the whole content.
    pub size: u64,
    /// The first byte that is read, counted from 0.
    pub offset: u64,
    /// How many bytes are read.
    pub length: u64,
    /// The bytes: exactly `length` of them, or an error at the end.
    pub body: ByteStream<'static>,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, offset, length, .. } = self;
        write!(f, "Reading({offset}+{length} of {size})")
    }
}

impl View {
    /// Opens a file's content, or a part of it. A range that ends behind the end is cut.
    ///
    /// It is the content that the entry tells of, and no other. Where reads are
    /// [told](crate::ReadLog), it is told of before the call returns.
    ///
    /// # Errors
    /// [`NotAFile`](ErrorKind::NotAFile), [`Forbidden`](ErrorKind::Forbidden),
    /// [`Invalid`](ErrorKind::Invalid) when the range starts behind the end,
    /// [`Changed`](ErrorKind::Changed) when the file has another content meanwhile,
    /// [`Corrupt`](ErrorKind::Corrupt) when bytes are missing or damaged,
    /// [`Unavailable`](ErrorKind::Unavailable). What is found later breaks the stream.
    pub async fn read(&self, entry: &Entry, range: ByteRange) -> Result<Reading> {
        let reading = self.read_for_itself(entry, range).await?;
        self.noted(entry, reading).await
    }

    /// As [`View::read`], and tells [nobody](crate::ReadLog) of it: for what the server does
    /// with a content without showing it.
    ///
    /// # Errors
    /// As of [`View::read`].
    pub async fn read_for_itself(&self, entry: &Entry, range: ByteRange) -> Result<Reading> {
        Action::Read.check(entry)?;
        if entry.download() == Download::Refused {
            let context = format!("download of node {}", entry.id());
            return Err(Error::new(ErrorKind::Forbidden, context));
        }
        let size = entry.node.size;
        let rest = size.checked_sub(range.offset).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("range behind the end of node {}", entry.id()))
        })?;
        let length = range.length.map_or(rest, |length| length.min(rest));
        let segments = self.files().segments_of(entry).await?;
        let parts = parts_of(&segments, range.offset, length);
        let body = open(Arc::clone(self.files().blobs()), parts).await?;
        Ok(Reading { size, offset: range.offset, length, body })
    }
}

impl Files {
    /// The blobs of a file, checked against its size.
    pub(crate) async fn segments_of(&self, entry: &Entry) -> Result<Vec<Segment>> {
        let node = &entry.node;
        let content = node.content();
        let content =
            content.ok_or_else(|| Error::new(ErrorKind::NotAFile, format!("node {}", node.id)))?;
        let segments = match (content.id, content.segments) {
            (None, _) => Vec::new(),
            (Some(blob), 1) => vec![Segment { blob, size: node.size }],
            _ => match self.tree().segments(content).await {
                Err(error) if *error.kind() == StoreKind::NotFound => {
                    let changed = Error::new(ErrorKind::Changed, format!("node {}", node.id));
                    return Err(changed.with_source(error));
                }
                segments => segments?,
            },
        };
        if segments.iter().map(|segment| segment.size).sum::<u64>() == node.size {
            Ok(segments)
        } else {
            Err(Error::new(ErrorKind::Corrupt, format!("sizes of node {}", node.id)))
        }
    }
}

/// A stretch of one blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    segment: Segment,
    offset: u64,
    length: u64,
}

/// The stretches that make up `offset .. offset + length`, which lies within the segments.
fn parts_of(segments: &[Segment], offset: u64, length: u64) -> Vec<Part> {
    let ends: Vec<u64> = segments
        .iter()
        .scan(0, |end, segment| {
            *end += segment.size;
            Some(*end)
        })
        .collect();
    let first = ends.partition_point(|end| *end <= offset);
    let mut parts = Vec::new();
    let (mut at, mut left) = (offset, length);
    for (segment, end) in segments.iter().zip(&ends).skip(first) {
        if left == 0 {
            break;
        }
        let length = left.min(end - at);
        parts.push(Part { segment: *segment, offset: at - (end - segment.size), length });
        at += length;
        left -= length;
    }
    parts
}

/// Opens whole blobs, one after the other.
pub(crate) async fn open_all(
    blobs: Arc<dyn BlobStore>,
    segments: &[Segment],
) -> Result<ByteStream<'static>> {
    let whole = |segment: &Segment| Part { segment: *segment, offset: 0, length: segment.size };
    open(blobs, segments.iter().map(whole).collect()).await
}

/// Opens the first stretch at once, so that a missing blob is an error before any byte is
/// promised, and each further one when it is its turn.
async fn open(blobs: Arc<dyn BlobStore>, parts: Vec<Part>) -> Result<ByteStream<'static>> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Ok(Box::pin(stream::empty())) };
    let first = open_part(&*blobs, first).await?;
    let rest = stream::iter(parts).then(move |part| {
        let blobs = Arc::clone(&blobs);
        async move { open_part(&*blobs, part).await.map_err(io::Error::other) }
    });
    Ok(Box::pin(first.chain(rest.try_flatten())))
}

async fn open_part(blobs: &dyn BlobStore, part: Part) -> Result<ByteStream<'static>> {
    let blob = part.segment.blob;
    let range = ByteRange::new(part.offset, part.length);
    let BlobRead { info, body } = match blobs.get(blob, range).await {
        Err(error) if *error.kind() == StoreKind::NotFound => {
            let missing = Error::new(ErrorKind::Corrupt, format!("blob {blob} is missing"));
            return Err(missing.with_source(error));
        }
        read => read?,
    };
    if info.size != part.segment.size {
        return Err(Error::new(ErrorKind::Corrupt, format!("size of blob {blob}")));
    }
    Ok(exactly(body, part.length))
}

/// The stream with an error at its end unless it has this many bytes.
fn exactly(body: ByteStream<'static>, length: u64) -> ByteStream<'static> {
    let broken = || io::Error::new(io::ErrorKind::UnexpectedEof, "the content has another length");
    Box::pin(stream::try_unfold((body, length), move |(mut body, left)| async move {
        match body.try_next().await? {
            Some(chunk) => match left.checked_sub(chunk.len() as u64) {
                Some(left) => Ok(Some((chunk, (body, left)))),
                None => Err(broken()),
            },
            None if left == 0 => Ok(None),
            None => Err(broken()),
        }
    }))
}

#[cfg(test)]
mod tests {
    use allmende_types::BlobId;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_parts_are_the_slice(
            sizes in prop::collection::vec(1u64..9, 0..12), a in 0u64..100, b in 0u64..100,
        ) {
            let segments: Vec<Segment> = (0u128..).zip(&sizes)
                .map(|(id, size)| Segment { blob: BlobId(id), size: *size }).collect();
            let whole: Vec<(u128, u64)> = segments.iter()
                .flat_map(|s| (0..s.size).map(|n| (s.blob.0, n))).collect();
            let size = whole.len() as u64;
            let offset = a.min(size);
            let length = b.min(size - offset);
            let parts = parts_of(&segments, offset, length);
            let read: Vec<(u128, u64)> = parts.iter()
                .flat_map(|p| (p.offset..p.offset + p.length).map(|n| (p.segment.blob.0, n)))
                .collect();
            let slice = &whole[offset as usize..(offset + length) as usize];
            prop_assert_eq!(read, slice);
            prop_assert!(parts.iter().all(|part| part.length > 0));
        }
    }
}
