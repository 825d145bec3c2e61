//! The store: which blob goes where, and what runs on which thread.

use std::{collections::BTreeMap, io, path::Path, sync::Arc, time::Duration};

use allmende_storage::{
    BlobInfo, BlobRead, BlobStore, ByteRange, ByteStream, Error, ErrorKind, PutBlob, Result,
};
use allmende_types::BlobId;
use async_trait::async_trait;
use bytes::Bytes;
use futures_core::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::task::JoinHandle;

use crate::{
    SMALL,
    claims::{Claim, Claims},
    disk::{Disk, DiskHook, Named, Patience, number},
    intake::Intake,
    large::{LargeReader, Staged},
    list,
    pack::{Committer, Found, Packs, Put, SLOTS},
    room::Room,
    stats::LocalStats,
};

/// How much of a large body is handed to the disk at a time.
const BATCH: usize = 512 * 1024;

/// How a [`LocalBlobs`] works.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LocalOptions {
    /// Waits so long at each flush, to imitate a slow disk in tests and measurements.
    pub flush_delay: Option<Duration>,
    /// Sees each change before it is made, and may make it fail: for tests.
    pub hook: Option<Arc<dyn DiskHook>>,
    /// How many packs are kept open for reading.
    pub open_packs: usize,
    /// Bytes of the disk that contents leave free, but at most a twentieth of it: the
    /// database needs room even to remove something. A content that would take of them is
    /// [`Full`](ErrorKind::Full). 64 MiB.
    pub headroom: u64,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self { flush_delay: None, hook: None, open_packs: 64, headroom: 64 << 20 }
    }
}

/// Blobs in a directory of the local disk. See the [crate] for what is where.
#[derive(Debug)]
pub struct LocalBlobs {
    disk: Arc<Disk>,
    packs: Arc<Packs>,
    claims: Arc<Claims>,
    committer: Committer,
    room: Room,
}

impl LocalBlobs {
    /// Opens the store in a directory, which is made if it is not there, and removes what
    /// half-finished writes left.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when another process has it open,
    /// [`Invalid`](ErrorKind::Invalid) when the directory has another format, and what the
    /// disk says.
    pub fn open(dir: impl AsRef<Path>, options: LocalOptions) -> Result<Self> {
        let LocalOptions { flush_delay, hook, open_packs, headroom } = options;
        let disk = Arc::new(Disk::open(dir.as_ref(), hook, flush_delay)?);
        let room = Room::of(dir.as_ref(), headroom)
            .map_err(|error| Error::from_io("open the directory of contents", error))?;
        let packs = Arc::new(Packs::new(disk.clone(), open_packs));
        let committer = Committer::start(disk.clone(), packs.clone())
            .map_err(|error| Error::from_io("start the thread that writes small blobs", error))?;
        Ok(Self { disk, packs, claims: Arc::default(), committer, room })
    }

    /// What the store has done since it was opened.
    #[must_use]
    pub fn stats(&self) -> LocalStats {
        self.disk.counters.read()
    }

    async fn put_large(
        &self,
        id: BlobId,
        mut intake: Intake<'_>,
        first: Vec<Bytes>,
        length: Option<u64>,
        claim: Claim,
    ) -> Result<BlobInfo> {
        let (disk, packs) = (self.disk.clone(), self.packs.clone());
        let mut running = spawn(move || {
            check_unused(&disk, &packs, id)?;
            let mut staged = Staged::create(disk, id, length)?;
            staged.write(&first)?;
            Ok(staged)
        });
        // While one batch is written the next one comes in.
        loop {
            let batch = match intake.batch(BATCH).await {
                Ok(batch) if batch.is_empty() => break,
                Ok(batch) => batch,
                Err(error) => {
                    // Nothing is left of it when the caller is told.
                    drop(joined(running).await);
                    return Err(error);
                }
            };
            let mut staged = joined(running).await?;
            // A body of unknown length must not take the headroom either.
            self.room.check(0)?;
            running = spawn(move || {
                staged.write(&batch)?;
                Ok(staged)
            });
        }
        let staged = joined(running).await?;
        blocking(move || {
            let published = staged.publish();
            drop(claim);
            published
        })
        .await
    }
}

/// What is behind an id.
enum Source {
    Small(Bytes),
    Large(LargeReader),
}

#[async_trait]
impl BlobStore for LocalBlobs {
    async fn put(&self, id: BlobId, body: ByteStream<'_>, options: PutBlob) -> Result<BlobInfo> {
        let exists = || Error::new(ErrorKind::Exists, format!("put blob {id}: under way"));
        let claim = self.claims.take(id).ok_or_else(exists)?;
        self.room.check(options.length.unwrap_or(0))?;
        let mut intake = Intake::new(id, body, options.length);
        let fits = options.length.is_none_or(|length| length <= SMALL as u64);
        let mut first = Vec::new();
        if fits && number(id) < SLOTS {
            while !intake.has_ended() && intake.seen() <= SMALL as u64 {
                first.extend(intake.batch(SMALL + 1).await?);
            }
            if intake.seen() <= SMALL as u64 {
                let bytes = match first.as_slice() {
                    [one] => one.clone(),
                    _ => first.concat().into(),
                };
                return self.committer.put(Put { id, bytes, claim }).await;
            }
        }
        Box::pin(self.put_large(id, intake, first, options.length, claim)).await
    }

    async fn get(&self, id: BlobId, range: ByteRange) -> Result<BlobRead> {
        read(&self.disk, &self.packs, id, range).await
    }

    async fn delete(&self, ids: &[BlobId]) -> Result<()> {
        let mut leases: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for id in ids {
            leases.entry(id.lease()).or_default().push(number(*id));
        }
        for (lease, numbers) in leases {
            let small = numbers.iter().copied().filter(|n| *n < SLOTS).collect();
            self.committer.remove(lease, small).await?;
            let disk = self.disk.clone();
            let removed = move || {
                let mut any = false;
                for n in numbers {
                    any |= disk.remove(lease, Named::Blob(n))?;
                }
                if any { disk.settle_removals(lease) } else { Ok(()) }
            };
            let context = format!("remove from lease {lease:016x}");
            blocking(move || removed().map_err(|error| Error::from_io(context, error))).await?;
        }
        Ok(())
    }

    fn list(&self, after: Option<BlobId>) -> BoxStream<'_, Result<BlobInfo>> {
        list::list(self.disk.clone(), self.packs.clone(), after).boxed()
    }
}

/// Opens a blob, or a part of it.
pub(crate) async fn read(
    disk: &Arc<Disk>,
    packs: &Arc<Packs>,
    id: BlobId,
    range: ByteRange,
) -> Result<BlobRead> {
    let source = match get_cached(packs, id) {
        Some(Ok(Found::Blob(bytes))) => Source::Small(bytes),
        Some(Ok(Found::Removed)) => return Err(not_found(id)),
        Some(Err(error)) => return Err(error),
        Some(Ok(Found::Nothing)) | None => {
            let (disk, packs) = (disk.clone(), packs.clone());
            blocking(move || find(&disk, &packs, id)).await?
        }
    };
    let size = match &source {
        Source::Small(bytes) => bytes.len() as u64,
        Source::Large(reader) => reader.length(),
    };
    if range.offset > size {
        let behind = format!("get blob {id}: from {} of {size}", range.offset);
        return Err(Error::new(ErrorKind::Invalid, behind));
    }
    let left = size - range.offset;
    let end = range.offset + range.length.unwrap_or(left).min(left);
    let body = match source {
        Source::Small(bytes) => {
            let part = bytes.slice(range.offset as usize..end as usize);
            stream::iter((!part.is_empty()).then_some(Ok(part))).boxed()
        }
        Source::Large(mut reader) => {
            reader.set_range(range.offset, end);
            pieces(reader)
        }
    };
    Ok(BlobRead { info: BlobInfo::new(id, size), body })
}

/// Looks into the pack of the blob's lease; none if that is not known without waiting.
fn get_cached(packs: &Packs, id: BlobId) -> Option<Result<Found>> {
    packs.opened(id.lease())?.get(id, Patience::CacheOnly).ok()
}

fn not_found(id: BlobId) -> Error {
    Error::new(ErrorKind::NotFound, format!("get blob {id}"))
}

/// Finds a blob, in the pack of its lease or in a file of its own.
fn find(disk: &Disk, packs: &Packs, id: BlobId) -> Result<Source> {
    let pack = if number(id) < SLOTS { packs.get(id.lease())? } else { None };
    if let Some(pack) = pack {
        let found = pack.get(id, Patience::Wait);
        match found.map_err(|error| Error::from_io(format!("get blob {id}"), error))?? {
            Found::Blob(bytes) => return Ok(Source::Small(bytes)),
            Found::Removed => return Err(not_found(id)),
            Found::Nothing => {}
        }
    }
    LargeReader::open(disk, id)?.map(Source::Large).ok_or_else(|| not_found(id))
}

/// Refuses an id that a small or large blob has already.
fn check_unused(disk: &Disk, packs: &Packs, id: BlobId) -> Result<()> {
    let io = |error| Error::from_io(format!("put blob {id}"), error);
    let pack = if number(id) < SLOTS { packs.get(id.lease())? } else { None };
    let small = pack.map(|pack| pack.get(id, Patience::Wait)).transpose().map_err(io)?;
    let is_large = disk.length(id.lease(), Named::blob(id)).map_err(io)?.is_some();
    if is_large || !matches!(small, None | Some(Ok(Found::Nothing))) {
        return Err(Error::new(ErrorKind::Exists, format!("put blob {id}")));
    }
    Ok(())
}

/// The stream of a large blob: while one piece is used the next one is read. It breaks at
/// the first piece that is damaged.
fn pieces(reader: LargeReader) -> ByteStream<'static> {
    type Piece = (Option<Bytes>, LargeReader);
    fn next(mut reader: LargeReader) -> JoinHandle<Result<Piece>> {
        spawn(move || Ok((reader.next_piece()?, reader)))
    }
    enum State {
        Start(LargeReader),
        Reading(JoinHandle<Result<Piece>>),
        Broken,
    }
    stream::unfold(State::Start(reader), |state| async {
        let running = match state {
            State::Start(reader) => next(reader),
            State::Reading(running) => running,
            State::Broken => return None,
        };
        match joined(running).await {
            Ok((Some(bytes), reader)) => Some((Ok(bytes), State::Reading(next(reader)))),
            Ok((None, _)) => None,
            Err(error) => Some((Err(io::Error::other(error)), State::Broken)),
        }
    })
    .fuse()
    .boxed()
}

fn spawn<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> JoinHandle<Result<T>> {
    tokio::task::spawn_blocking(work)
}

async fn joined<T>(running: JoinHandle<Result<T>>) -> Result<T> {
    let lost = |error| {
        Err(Error::new(ErrorKind::Unavailable, "disk work was cut short").with_source(error))
    };
    running.await.unwrap_or_else(lost)
}

/// Runs on a thread that may wait for the disk.
pub(crate) fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send {
    async { joined(spawn(work)).await }.boxed()
}
