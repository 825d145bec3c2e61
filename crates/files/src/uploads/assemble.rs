//! The last step of an upload.

use allmende_storage::{Expect, Node, Op, PutFile, RemoveNode, Segment};
use allmende_types::{Checksums, Name, Timestamp};
use futures_util::TryStreamExt;

use super::{Upload, Uploads};
use crate::{
    Algorithm, Error, ErrorKind, Place, Result, Written,
    digest::{Hashes, Hashing},
    facts::broken,
    media_type, read,
};

/// How often the last step starts anew because a part arrived in between.
const ATTEMPTS: usize = 4;

/// What an upload is to become.
#[derive(Debug, Clone)]
pub struct Assembly {
    /// Where the file is to stand.
    pub target: Place,
    /// What must stand there.
    pub expect: Expect,
    /// What the caller saw there, if it looked, as of
    /// [`PutRequest::seen`](crate::PutRequest::seen).
    pub seen: Option<Box<Node>>,
    /// The length in bytes of the whole file, if it was told. Another sum of the parts is an
    /// error, and the upload stays.
    pub total: Option<u64>,
    /// The checksums that the client told: verified where the algorithm is known, and kept
    /// as they are.
    pub checksums: Checksums,
    /// Hashes to compute and return. They are not kept.
    pub hashes: Vec<Algorithm>,
    /// The time of the last change; now if none.
    pub modified: Option<Timestamp>,
    /// The creation time.
    pub created: Option<Timestamp>,
    /// The media type; guessed from the name if none.
    pub media_type: Option<Box<str>>,
}

impl Assembly {
    /// A file over whatever file stands at the place.
    pub fn new(target: impl Into<Place>) -> Self {
        Self {
            target: target.into(),
            expect: Expect::Any,
            seen: None,
            total: None,
            checksums: Checksums::none(),
            hashes: Vec::new(),
            modified: None,
            created: None,
            media_type: None,
        }
    }
}

impl Uploads {
    /// Makes a file of all parts, in [their order](super::natural_order), and ends the
    /// upload. Gaps cannot be seen unless the total is told; no part at all makes an empty
    /// file.
    ///
    /// The file appears and the upload disappears in the same instant. A part that arrives
    /// meanwhile is either in the file or finds no upload any more. After a failure the
    /// upload is as it was.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such upload,
    /// [`UploadIncomplete`](ErrorKind::UploadIncomplete),
    /// [`ChecksumMismatch`](ErrorKind::ChecksumMismatch), those of
    /// [`View::put`](crate::View::put) for the target, and those of the stores.
    pub async fn assemble(&self, id: &Name, assembly: Assembly) -> Result<Written> {
        for _ in 1..ATTEMPTS {
            if let Some(written) = self.try_assemble(id, &assembly).await? {
                return Ok(written);
            }
        }
        let busy = || Error::new(ErrorKind::Changed, format!("parts of upload {id} still arrive"));
        self.try_assemble(id, &assembly).await?.ok_or_else(busy)
    }

    /// One attempt; none if a part arrived meanwhile.
    async fn try_assemble(&self, id: &Name, assembly: &Assembly) -> Result<Option<Written>> {
        let missing = || Error::new(ErrorKind::NotFound, format!("upload {id}"));
        let upload = self.find(id).await?.ok_or_else(missing)?;
        let size = upload.size();
        if let Some(expected) = assembly.total.filter(|total| *total != size) {
            let kind = ErrorKind::UploadIncomplete { expected, received: size };
            return Err(Error::new(kind, format!("upload {id}")));
        }
        let spot = self.view.locate(assembly.target.clone()).await?;
        if spot.standing.is_none() {
            self.view.check_name(&spot.name)?;
        }
        self.view.check_put(&spot, assembly.expect).await?;
        self.view.check_room(&spot, size).await?;
        let segments = segments(&upload)?;
        let hashes = self.hash(&upload, &segments, assembly).await?;
        hashes.verify(&assembly.checksums)?;
        let media_type =
            assembly.media_type.clone().unwrap_or_else(|| media_type::of(&spot.name).into());
        let put = PutFile {
            target: spot.target(assembly.expect),
            segments,
            media_type,
            checksums: assembly.checksums.clone(),
            modified: assembly.modified.unwrap_or_else(|| self.view.files().now()),
            created: assembly.created,
            properties: self.view.author_in(&spot.folder).updates(),
        };
        // The revision of the folder covers all of its parts: what was hashed and summed up
        // is what is committed.
        let revision = Some(upload.node.revision);
        let remove = RemoveNode { revision, ..RemoveNode::whatever(upload.node.id) };
        let remove = Op::Remove(remove);
        match self.view.commit_put(put, assembly.seen.clone(), vec![remove]).await {
            Ok(written) => {
                self.view.files().hashes().forget(upload.node.id);
                let hashes = hashes.select(&assembly.hashes);
                Ok(Some(self.view.written(&spot, written, hashes)))
            }
            Err(error) if error.is(&ErrorKind::Changed) => {
                // It may be the target that changed, or the upload.
                let now = self.folder(id).await?.ok_or_else(missing)?;
                if now.revision == upload.node.revision { Err(error) } else { Ok(None) }
            }
            Err(error) => Err(error),
        }
    }

    /// The hashes that are needed of the whole. What was hashed on arrival is not read.
    async fn hash(
        &self,
        upload: &Upload,
        segments: &[Segment],
        assembly: &Assembly,
    ) -> Result<Hashes> {
        let files = self.view.files();
        let mut hashing = Hashing::new(&assembly.checksums, &assembly.hashes);
        if hashing.is_empty() {
            return Ok(hashing.finish());
        }
        let mut known = 0;
        if let Some(running) = files.hashes().of(upload.node.id)
            && hashing.algorithms().eq([running.hasher.algorithm()])
            && running.blobs.len() <= segments.len()
            && running.blobs.iter().eq(segments[..running.blobs.len()].iter().map(|s| &s.blob))
        {
            known = running.blobs.len();
            hashing.resume(running.hasher);
        }
        let mut body = read::open_all(files.blobs().clone(), &segments[known..]).await?;
        while let Some(chunk) = body.try_next().await.map_err(broken)? {
            hashing.update(&chunk);
        }
        Ok(hashing.finish())
    }
}

/// The blobs of all parts in their order.
fn segments(upload: &Upload) -> Result<Vec<Segment>> {
    let segment = |part: &Node| {
        let content = part.content()?;
        Some(match content.id {
            // A part is written as one blob, or none.
            Some(blob) if content.segments == 1 => vec![Segment { blob, size: part.size }],
            None if part.size == 0 => Vec::new(),
            _ => return None,
        })
    };
    let all: Option<Vec<Vec<Segment>>> = upload.parts.iter().map(segment).collect();
    let all = all.ok_or_else(|| Error::new(ErrorKind::Invalid, "an upload with a foreign part"))?;
    Ok(all.concat())
}
