//! Chunked uploads: parts that arrive on their own become one file by one commit.
//!
//! An upload is a folder in a space of the person's own, its parts are files in it. Each
//! part is a blob that is written once; the last step makes the target file of those same
//! blobs and removes the folder, in one transaction. It moves no byte.

mod assemble;
mod hashes;
mod order;
mod registry;

use allmende_storage::{
    ByteStream, Expect, MakeFolder, Node, Op, PutFile, RemoveNode, Target, Written as PartWritten,
};
use allmende_types::{Checksums, Name, SpacePath};

use crate::{
    Error, ErrorKind, Result, View, digest::Hashing, media_type, service::SpaceRoot, view::PAGE,
};

pub use assemble::Assembly;
pub(crate) use hashes::RunningHashes;
pub use order::natural_order;
pub(crate) use registry::{expire, space_key, unregister};

/// A person's unfinished uploads.
///
/// ```
/// # use std::sync::Arc;
/// # use allmende_files::{Files, FilesOptions, Stores, SystemClock};
/// use allmende_files::{Assembly, PartRequest};
/// use allmende_types::{Name, SpacePath};
/// # use allmende_storage::memory;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let tree = Arc::new(memory::MemoryTree::default());
/// # let blobs = Arc::new(memory::MemoryBlobs::default());
/// # let stores = Stores { tree: tree.clone(), blobs, locks: tree };
/// # let files = Files::new(stores, Arc::new(SystemClock), FilesOptions::default())?;
/// # let view = files.view(&"alice".parse()?).await?;
/// let (uploads, id) = (view.uploads(), Name::new("3fd1c0")?);
/// uploads.create(&id).await?;
/// for (name, bytes) in [("00002", "world"), ("00001", "hello ")] {
///     let body = Box::pin(futures_util::stream::iter([Ok(bytes.into())]));
///     uploads.put_part(&id, PartRequest::new(Name::new(name)?), body).await?;
/// }
/// let target: SpacePath = "greeting.txt".parse()?;
/// let assembly = Assembly { total: Some(11), ..Assembly::new(target) };
/// let written = uploads.assemble(&id, assembly).await?;
/// assert_eq!(written.entry.node.size, 11);
/// assert!(uploads.find(&id).await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Uploads {
    view: View,
}

/// An unfinished upload as it is at one moment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Upload {
    /// The folder that stands for it.
    pub node: Node,
    /// Its parts, in the order in which they make up the file.
    pub parts: Vec<Node>,
}

impl Upload {
    /// Bytes of all parts.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.parts.iter().map(|part| part.size).sum()
    }
}

/// A part that is about to arrive.
#[derive(Debug, Clone)]
pub struct PartRequest {
    /// Its name, which decides its place: see [`natural_order`].
    pub name: Name,
    /// The length of the body in bytes, if it was declared.
    pub length: Option<u64>,
    /// The length in bytes of the whole file, if it was told: for the early look at the
    /// quota.
    pub total: Option<u64>,
    /// Where the file is to stand in the end, if it was told: its folder must be there, and
    /// what is overwritten makes room.
    pub destination: Option<SpacePath>,
}

impl PartRequest {
    /// A part of which nothing more is known.
    #[must_use]
    pub const fn new(name: Name) -> Self {
        Self { name, length: None, total: None, destination: None }
    }
}

impl View {
    /// The person's unfinished uploads.
    #[must_use]
    pub fn uploads(&self) -> Uploads {
        Uploads { view: self.clone() }
    }
}

impl Uploads {
    /// Begins an upload under a name of the client's choice.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists), and those of the stores.
    pub async fn create(&self, id: &Name) -> Result<Upload> {
        let space = self.space().await?;
        let now = self.view.files().now();
        let (parent, name) = (space.root, self.own(id)?);
        let target = Target { parent, name, expect: Expect::Absent, space: None };
        let make = MakeFolder { target, modified: now, created: None };
        match self.view.commit_one(Op::MakeFolder(make)).await {
            Err(error) if error.is(&ErrorKind::ParentNotFound) => Err(self.space_is_gone(error)),
            made => Ok(Upload { node: made?.node, parts: Vec::new() }),
        }
    }

    /// An upload with all of its parts, if it is there.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for more parts than
    /// [`FilesOptions::upload_parts`](crate::FilesOptions::upload_parts), and those of the
    /// stores.
    pub async fn find(&self, id: &Name) -> Result<Option<Upload>> {
        let Some(node) = self.folder(id).await? else { return Ok(None) };
        let mut parts = Vec::new();
        let mut after = None;
        loop {
            let page = match self.view.files().tree().list(node.id, after.as_ref(), PAGE).await {
                Err(error) if *error.kind() == allmende_storage::ErrorKind::NotFound => {
                    return Ok(None);
                }
                page => page?,
            };
            parts.extend(page.items);
            if parts.len() > self.view.files().options().upload_parts {
                return Err(Error::new(ErrorKind::Invalid, "too many parts"));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        parts.sort_by(|a, b| order::by_name(a.name.as_ref(), b.name.as_ref()));
        Ok(Some(Upload { node, parts }))
    }

    /// Stores a part, in place of an older one of the same name, and returns its node and
    /// the one that it replaced.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the upload is not there (any more),
    /// [`ParentNotFound`](ErrorKind::ParentNotFound) when the folder of the destination is
    /// not, [`Quota`](ErrorKind::Quota) when the whole file will not fit, those of a body
    /// as of [`View::put`], and those of the stores.
    pub async fn put_part(
        &self,
        id: &Name,
        request: PartRequest,
        body: ByteStream<'_>,
    ) -> Result<PartWritten> {
        let missing = || Error::new(ErrorKind::NotFound, format!("upload {id}"));
        let folder = self.folder(id).await?.ok_or_else(missing)?;
        self.check_whole(&request).await?;
        let files = self.view.files();
        let begun = (files.options().upload_hash)
            .and_then(|algorithm| files.hashes().begin(folder.id, algorithm, &request.name));
        let hashing = begun.as_ref().map(|begun| Hashing::going_on(begun.hasher()));
        let mut stored = files.ingest(body, request.length, hashing.unwrap_or_default()).await?;
        if let Err(error) = stored.check_age() {
            files.discard_after(&error, &stored).await;
            return Err(error);
        }
        let name = request.name.clone();
        let op = Op::PutFile(PutFile {
            target: Target { parent: folder.id, name, expect: Expect::Any, space: None },
            segments: stored.segment.into_iter().collect(),
            media_type: media_type::UNKNOWN.into(),
            checksums: Checksums::none(),
            modified: files.now(),
            created: None,
            properties: Vec::new(),
        });
        match self.view.commit_one(op).await {
            Ok(written) => {
                let hasher = std::mem::take(&mut stored.hashing).into_single();
                if let (Some(begun), Some(hasher)) = (begun, hasher) {
                    let blob = stored.segment.map(|segment| segment.blob);
                    files.hashes().advance(begun, request.name, blob, hasher);
                }
                Ok(written)
            }
            Err(error) => {
                files.discard_after(&error, &stored).await;
                // The upload was finished or aborted while the part arrived.
                if error.is(&ErrorKind::ParentNotFound) { Err(missing()) } else { Err(error) }
            }
        }
    }

    /// Gives an upload up, with all of its parts.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), and those of the stores.
    pub async fn abort(&self, id: &Name) -> Result<()> {
        let missing = || Error::new(ErrorKind::NotFound, format!("upload {id}"));
        let folder = self.folder(id).await?.ok_or_else(missing)?;
        let remove = RemoveNode::whatever(folder.id);
        self.view.commit(vec![Op::Remove(remove)]).await?;
        self.view.files().hashes().forget(folder.id);
        Ok(())
    }

    /// The folder of an upload, if it is there.
    async fn folder(&self, id: &Name) -> Result<Option<Node>> {
        let space = self.space().await?;
        let path = SpacePath::root().join(self.own(id)?);
        match self.view.files().tree().resolve(space.id, &path).await {
            Err(error) if *error.kind() == allmende_storage::ErrorKind::NotFound => {
                Err(self.space_is_gone(error.into()))
            }
            node => Ok(node?.filter(Node::is_folder)),
        }
    }

    /// Refuses early what cannot become a file in the end.
    async fn check_whole(&self, request: &PartRequest) -> Result<()> {
        let total = request.total.max(request.length).unwrap_or(0);
        match &request.destination {
            Some(path) => {
                let spot = self.view.locate(path.clone().into()).await?;
                self.view.check_room(&spot, total).await
            }
            None => self.view.check_total(total).await,
        }
    }

    /// The name of the folder that stands for an upload. Those of the guests of one link lie
    /// in one space, each under the name of its guest.
    fn own(&self, id: &Name) -> Result<Name> {
        match &self.view.guest {
            Some(guest) => Ok(Name::new(&format!("{guest}.{id}"))?),
            None => Ok(id.clone()),
        }
    }

    async fn space(&self) -> Result<SpaceRoot> {
        registry::space_of(self.view.files(), self.view.person()).await
    }

    /// The person was removed under a remembered space; the next request makes a new one.
    fn space_is_gone(&self, cause: Error) -> Error {
        self.view.files().forget_space(&space_key(self.view.person()));
        Error::new(ErrorKind::Unavailable, "the uploads were removed meanwhile").with_source(cause)
    }
}
