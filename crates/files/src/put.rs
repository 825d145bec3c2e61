//! Writing a file: the bytes first, then the one transaction that makes them visible.

use allmende_storage::{ByteStream, Expect, Node, Op, PutFile, Target};
use allmende_types::{Checksums, SpacePath, Timestamp};

use crate::{
    Algorithm, Error, ErrorKind, FolderRequest, Place, Result, View, Written,
    digest::Hashing,
    ingest::Stored,
    locate::Spot,
    media_type,
    mounts::numbered,
    permissions::{self, Action},
    versions::Content,
};

/// A file to write.
///
/// ```
/// use allmende_files::{Algorithm, PutRequest};
/// use allmende_storage::Expect;
///
/// let path: allmende_types::SpacePath = "Photos/beach.jpg".parse()?;
/// let request = PutRequest {
///     expect: Expect::Absent,
///     length: Some(482_113),
///     hashes: vec![Algorithm::Sha256],
///     ..PutRequest::new(path)
/// };
/// # let _ = request;
/// # Ok::<(), allmende_types::InvalidPath>(())
/// ```
#[derive(Debug, Clone)]
pub struct PutRequest {
    /// Where.
    pub target: Place,
    /// What must stand there.
    pub expect: Expect,
    /// What the caller saw there, if it looked. It need not be true any more; where it is,
    /// keeping the old content takes fewer queries.
    pub seen: Option<Box<Node>>,
    /// The length of the body in bytes, if it was declared. More or fewer are an error.
    pub length: Option<u64>,
    /// A length in bytes that was told elsewhere, for the early look at the quota only.
    pub announced: Option<u64>,
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
    /// What to do where the folder is not there.
    pub parents: MissingParents,
}

/// What to do where the folder to write into is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingParents {
    /// Refuse with [`ParentNotFound`](ErrorKind::ParentNotFound).
    #[default]
    Refuse,
    /// Make it, and those above it. They stay even if the body fails.
    Make,
}

impl PutRequest {
    /// A request to write whatever comes, over whatever file stands there.
    pub fn new(target: impl Into<Place>) -> Self {
        Self {
            target: target.into(),
            expect: Expect::Any,
            seen: None,
            length: None,
            announced: None,
            checksums: Checksums::none(),
            hashes: Vec::new(),
            modified: None,
            created: None,
            media_type: None,
            parents: MissingParents::Refuse,
        }
    }
}

impl View {
    /// Writes a file.
    ///
    /// When this returns, the content is durable and visible, and each folder above has a
    /// new etag. When it fails, the old content is untouched.
    ///
    /// # Errors
    /// [`InvalidName`](ErrorKind::InvalidName), [`ParentNotFound`](ErrorKind::ParentNotFound),
    /// [`NotAFile`](ErrorKind::NotAFile) for a folder at the target,
    /// [`NotAFolder`](ErrorKind::NotAFolder) for a file above it,
    /// [`Forbidden`](ErrorKind::Forbidden), [`Quota`](ErrorKind::Quota) (before the body is
    /// read, where its length was told), [`BodyTooShort`](ErrorKind::BodyTooShort),
    /// [`BodyTooLong`](ErrorKind::BodyTooLong),
    /// [`BodyInterrupted`](ErrorKind::BodyInterrupted),
    /// [`ChecksumMismatch`](ErrorKind::ChecksumMismatch), [`Locked`](ErrorKind::Locked),
    /// [`Exists`](ErrorKind::Exists), [`NotFound`](ErrorKind::NotFound) and
    /// [`Changed`](ErrorKind::Changed) for the expectation, and those of the stores.
    pub async fn put(&self, request: PutRequest, body: ByteStream<'_>) -> Result<Written> {
        let spot = self.admit(&request).await?;
        let seen = request.seen.clone();
        let (put, stored, hashes) = self.receive(&spot, request, body).await?;
        match self.commit_put(put, seen, Vec::new()).await {
            Ok(written) => Ok(self.written(&spot, written, hashes)),
            Err(error) => {
                self.files().discard_after(&error, &stored).await;
                Err(error)
            }
        }
    }

    /// Everything that can be refused before the first byte is read.
    pub(crate) async fn admit(&self, request: &PutRequest) -> Result<Spot> {
        let place = request.target.clone();
        let located = match (request.parents, &request.target) {
            (MissingParents::Make, Place::Path(path)) => {
                path.names().iter().try_for_each(|name| self.check_name(name))?;
                match self.locate(place.clone()).await {
                    Err(error) if error.is(&ErrorKind::ParentNotFound) => {
                        self.make_parents(path).await?;
                        self.locate(place).await
                    }
                    located => located,
                }
            }
            _ => self.locate(place).await,
        };
        let spot = located?;
        if spot.standing.is_none() {
            self.check_name(&spot.name)?;
        }
        self.check_put(&spot, request.expect).await?;
        let told = request.length.max(request.announced).unwrap_or(0);
        self.check_room(&spot, told).await?;
        Ok(spot)
    }

    /// Whether the person may put a file under this name.
    pub(crate) async fn check_put(&self, spot: &Spot, expect: Expect) -> Result<()> {
        let Spot { folder, name, standing } = spot;
        if let Some(standing) = standing {
            standing.entry.must_be_file()?;
            return Action::Update.check(&standing.entry);
        }
        if self.is_drop() {
            return Action::Create.check(folder);
        }
        // Where rules speak of single nodes, the folder does not tell what holds in it.
        let decided = match folder.chain {
            Some(_) => None,
            None => permissions::to_put(folder, expect),
        };
        match decided {
            Some(decided) => decided,
            None => match self.child(folder, name).await? {
                Some(existing) => Action::Update.check(&existing),
                None => Action::Create.check(folder),
            },
        }
    }

    /// Commits a file that was received, together with other changes; what it replaces is
    /// kept as a version. In a file drop nothing is replaced: where the name is taken, the file gets another one.
    pub(crate) async fn commit_put(
        &self,
        put: PutFile,
        seen: Option<Box<Node>>,
        others: Vec<Op>,
    ) -> Result<allmende_storage::Written> {
        const MOST: u32 = 1000;
        let attempt = async |put: PutFile| {
            let content = Content::written(put, others.clone(), self.author());
            self.commit_content(content, seen.clone()).await
        };
        if !self.is_drop() {
            return attempt(put).await;
        }
        let wanted = put.target.name.clone();
        let mut number = 1;
        loop {
            let name = if number == 1 { wanted.clone() } else { numbered(&wanted, number) };
            let target = Target { name, expect: Expect::Absent, ..put.target.clone() };
            match attempt(PutFile { target, ..put.clone() }).await {
                Err(error) if error.is(&ErrorKind::Exists) && number < MOST => number += 1,
                result => return result,
            }
        }
    }

    /// An early look at the quota. The commit looks again, exactly.
    pub(crate) async fn check_room(&self, spot: &Spot, told: u64) -> Result<()> {
        if told == 0 {
            return Ok(());
        }
        let payer = spot.payer();
        let Some(free) = self.quota(payer).await?.free() else { return Ok(()) };
        if told <= free {
            return Ok(());
        }
        // What is overwritten makes room.
        let old = match &spot.standing {
            Some(standing) => standing.entry.node.size,
            None => {
                let child = self.child(&spot.folder, &spot.name).await?;
                child.map_or(0, |entry| entry.node.size)
            }
        };
        if told <= free.saturating_add(old) {
            return Ok(());
        }
        let kind = ErrorKind::Quota { needed: told.saturating_sub(old), free };
        Err(Error::new(kind, format!("put into node {}", payer.id())))
    }

    /// The same for the view as a whole, where the place is not known yet.
    pub(crate) async fn check_total(&self, told: u64) -> Result<()> {
        if told == 0 {
            return Ok(());
        }
        let quota = match self.link() {
            Some(_) => self.quota(&self.root().await?).await?,
            None => self.files().usage(self.person()).await?,
        };
        match quota.free() {
            Some(free) if told > free => {
                Err(Error::new(ErrorKind::Quota { needed: told, free }, "upload"))
            }
            _ => Ok(()),
        }
    }

    /// Reads the body into the blob store, and makes of it the change to commit.
    pub(crate) async fn receive(
        &self,
        spot: &Spot,
        request: PutRequest,
        body: ByteStream<'_>,
    ) -> Result<(PutFile, Stored, Checksums)> {
        let hashing = Hashing::new(&request.checksums, &request.hashes);
        let mut stored = self.files().ingest(body, request.length, hashing).await?;
        let hashes = std::mem::take(&mut stored.hashing).finish();
        if let Err(error) = hashes.verify(&request.checksums).and_then(|()| stored.check_age()) {
            self.files().discard_after(&error, &stored).await;
            return Err(error);
        }
        let media_type = request.media_type.unwrap_or_else(|| media_type::of(&spot.name).into());
        let put = PutFile {
            target: spot.target(request.expect),
            segments: stored.segment.into_iter().collect(),
            media_type,
            checksums: request.checksums,
            modified: request.modified.unwrap_or_else(|| self.files().now()),
            created: request.created,
            properties: self.author_in(&spot.folder).updates(),
        };
        Ok((put, stored, hashes.select(&request.hashes)))
    }

    async fn make_parents(&self, path: &SpacePath) -> Result<()> {
        let root = self.look(&SpacePath::root()).await?;
        let mut folder = root.ok_or_else(|| Error::new(ErrorKind::ParentNotFound, "the root"))?;
        let above = path.parent().unwrap_or_default();
        for name in above.names() {
            let child = match self.child(&folder, name).await? {
                Some(child) => child,
                None => {
                    let request = FolderRequest::new((folder.clone(), name.clone()));
                    match self.make_folder(request).await {
                        // Another request of the same client made it in this moment.
                        Err(error) if error.is(&ErrorKind::Exists) => {
                            let child = self.child(&folder, name).await?;
                            child.ok_or(error)?
                        }
                        made => made?,
                    }
                }
            };
            folder = child;
        }
        Ok(())
    }
}
