//! The one thread that writes packs: what waits is made durable by one flush.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use allmende_storage::{BlobInfo, Error, ErrorKind, Result};
use allmende_types::BlobId;
use bytes::Bytes;
use tokio::sync::oneshot;

use super::{
    Packs,
    file::{self, DATA, Pack},
    slot::{Extent, Slot},
};
use crate::{
    claims::Claim,
    disk::{Disk, Named, Patience, number},
    stats::add,
};

/// A group has at most so many blobs (32 MiB).
const MAX_GROUP: usize = 512;
/// How long a group may wait for those that are expected. Only where several callers were
/// seen at once: one alone never waits.
const MAX_WAIT: Duration = Duration::from_millis(3);
/// The room by which a pack grows. It is written, not only reserved: a flush into written
/// room changes no metadata of the file, which makes it one write instead of three.
const FIRST_ROOM: usize = 256 * 1024;
const MORE_ROOM: usize = 1024 * 1024;
/// How many packs are kept ready to be appended to.
const MAX_TAILS: usize = 16;

/// A small blob to be stored.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) id: BlobId,
    pub(crate) bytes: Bytes,
    pub(crate) claim: Claim,
}

enum Job {
    Put(Put, oneshot::Sender<Result<BlobInfo>>),
    Remove(u64, Vec<u64>, oneshot::Sender<Result<()>>),
}

/// The handle on the thread. Dropped, it waits until all that was asked for is done.
#[derive(Debug)]
pub(crate) struct Committer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub(crate) fn start(disk: Arc<Disk>, packs: Arc<Packs>) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel();
        let mut worker = Worker { disk, packs, tails: Vec::new() };
        let thread = std::thread::Builder::new()
            .name("blob-committer".to_owned())
            .spawn(move || worker.run(&waiting))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(crate) async fn put(&self, put: Put) -> Result<BlobInfo> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Put(put, answer))?;
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Removes small blobs of a lease.
    pub(crate) async fn remove(&self, lease: u64, numbers: Vec<u64>) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Remove(lease, numbers, answer))?;
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }

    fn send(&self, job: Job) -> Result<()> {
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job).map_err(|_| stopped())
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported by the thread.
            let _ = thread.join();
        }
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Unavailable, "the thread that writes small blobs has stopped")
}

/// A pack that is appended to: where the next blob goes, and where the written room ends.
struct Tail {
    pack: Arc<Pack>,
    next: u64,
    room: u64,
}

struct Worker {
    disk: Arc<Disk>,
    packs: Arc<Packs>,
    tails: Vec<Tail>,
}

type Waiting = (Put, oneshot::Sender<Result<BlobInfo>>);

impl Worker {
    fn run(&mut self, jobs: &Receiver<Job>) {
        let mut queue: Vec<Job> = Vec::new();
        // How many callers were seen at once: those of the last group, and those that came
        // while it was written.
        let mut seen = 0;
        loop {
            if queue.is_empty() {
                let Ok(job) = jobs.recv() else { return };
                queue.push(job);
            }
            gather(jobs, &mut queue, seen * 7 / 8);
            let rest = queue.split_off(queue.len().min(MAX_GROUP));
            let group = std::mem::replace(&mut queue, rest);
            let size = group.len();
            self.group(group);
            queue.extend(jobs.try_iter());
            seen = size + queue.len();
        }
    }

    fn group(&mut self, group: Vec<Job>) {
        let mut puts: BTreeMap<u64, Vec<Waiting>> = BTreeMap::new();
        for job in group {
            match job {
                Job::Put(put, answer) => {
                    puts.entry(put.id.lease()).or_default().push((put, answer));
                }
                Job::Remove(lease, numbers, answer) => {
                    let _ = answer.send(self.remove(lease, &numbers));
                }
            }
        }
        for (lease, puts) in puts {
            self.store(lease, puts);
        }
    }

    /// Stores blobs of one lease under one flush, and answers all.
    fn store(&mut self, lease: u64, puts: Vec<Waiting>) {
        let mut fresh = Vec::with_capacity(puts.len());
        for (put, answer) in puts {
            match self.is_stored(put.id) {
                Ok(false) => fresh.push((put, answer)),
                Ok(true) => {
                    let exists = Error::new(ErrorKind::Exists, format!("put blob {}", put.id));
                    let _ = answer.send(Err(exists));
                }
                Err(error) => {
                    let _ = answer.send(Err(error));
                }
            }
        }
        if fresh.is_empty() {
            return;
        }
        let written = self.write(lease, &fresh);
        if let Err(error) = &written {
            tracing::warn!(lease, blobs = fresh.len(), %error, "small blobs were not stored");
        }
        for (put, answer) in fresh {
            let (id, size) = (put.id, put.bytes.len() as u64);
            // The id is free before the caller knows.
            drop(put.claim);
            let result = match &written {
                Ok(()) => Ok(BlobInfo::new(id, size)),
                Err(error) => Err(copy_of(error, id)),
            };
            let _ = answer.send(result);
        }
    }

    fn is_stored(&self, id: BlobId) -> Result<bool> {
        let io = |error| Error::from_io(format!("put blob {id}"), error);
        let in_pack = match self.packs.get(id.lease())? {
            Some(pack) => pack.slot(number(id), Patience::Wait).map_err(io)? != Slot::Free,
            None => false,
        };
        Ok(in_pack || self.disk.length(id.lease(), Named::blob(id)).map_err(io)?.is_some())
    }

    fn write(&mut self, lease: u64, puts: &[Waiting]) -> io::Result<()> {
        let disk = self.disk.clone();
        let tail = self.tail(lease)?;
        let start = tail.next;
        let mut slots = Vec::with_capacity(puts.len());
        for (put, _) in puts {
            let length = u32::try_from(put.bytes.len()).map_err(io::Error::other)?;
            let offset = u32::try_from(tail.next).map_err(io::Error::other)?;
            let checksum = crc32fast::hash(&put.bytes);
            slots.push((number(put.id), Slot::Present(Extent { offset, length, checksum })));
            tail.next += u64::from(length);
        }
        let pack = tail.pack.clone();
        let written = tail.append(&disk, puts, start, &slots).and_then(|()| disk.flush(&pack.file));
        if let Err(error) = written {
            // Nothing was acknowledged, so nothing may be found. The table has its room
            // already: this works on a full disk too.
            let free: Vec<(u64, Slot)> = slots.iter().map(|(n, _)| (*n, Slot::Free)).collect();
            if let Err(error) = pack.write_slots(&disk, &free) {
                tracing::error!(lease, %error, "slots of blobs that were not stored stay");
            }
            self.tails.retain(|tail| tail.pack.lease != lease);
            return Err(error);
        }
        add(&disk.counters.groups, 1);
        add(&disk.counters.small_blobs, puts.len() as u64);
        add(&disk.counters.bytes, puts.iter().map(|(put, _)| put.bytes.len() as u64).sum());
        Ok(())
    }

    /// The end of a lease's pack, which is made if it is not there.
    fn tail(&mut self, lease: u64) -> io::Result<&mut Tail> {
        if let Some(at) = self.tails.iter().position(|tail| tail.pack.lease == lease) {
            self.tails[..=at].rotate_right(1);
            return Ok(&mut self.tails[0]);
        }
        let opened = self.packs.get(lease).map_err(io::Error::other)?;
        let pack = match opened {
            Some(pack) => pack,
            None => Arc::new(Pack::create(&self.disk, lease, FIRST_ROOM)?),
        };
        let next = file::tail(&pack.slots()?);
        let room = pack.file.metadata()?.len();
        self.tails.truncate(MAX_TAILS - 1);
        self.tails.insert(0, Tail { pack, next, room });
        Ok(&mut self.tails[0])
    }

    fn remove(&mut self, lease: u64, numbers: &[u64]) -> Result<()> {
        let io = |error| Error::from_io(format!("remove from pack {lease:016x}"), error);
        let Some(pack) = self.packs.get(lease)? else { return Ok(()) };
        let mut removed = Vec::new();
        for n in numbers {
            match pack.slot(*n, Patience::Wait).map_err(io)? {
                Slot::Present(extent) => removed.push((*n, extent)),
                // What cannot be read is of no use: its place stays, its slot goes.
                Slot::Damaged => {
                    let nowhere = Extent { offset: DATA as u32, length: 0, checksum: 0 };
                    removed.push((*n, nowhere));
                }
                Slot::Free | Slot::Removed(_) => {}
            }
        }
        if removed.is_empty() {
            return Ok(());
        }
        let slots: Vec<(u64, Slot)> =
            removed.iter().map(|(n, extent)| (*n, Slot::Removed(*extent))).collect();
        pack.write_slots(&self.disk, &slots).map_err(io)?;
        let left = pack.slots().map_err(io)?;
        if left.iter().any(|slot| matches!(slot, Slot::Present(_) | Slot::Damaged)) {
            self.disk.flush(&pack.file).map_err(io)?;
            for (_, extent) in removed {
                self.disk.punch(&pack.file, u64::from(extent.offset), u64::from(extent.length));
            }
            return Ok(());
        }
        self.tails.retain(|tail| tail.pack.lease != lease);
        self.packs.remove(lease).map_err(io)?;
        self.disk.settle_removals(lease).map_err(io)
    }
}

impl Tail {
    /// Writes the blobs, more room if they need it, and then their slots.
    fn append(
        &mut self,
        disk: &Disk,
        puts: &[Waiting],
        start: u64,
        slots: &[(u64, Slot)],
    ) -> io::Result<()> {
        let mut data: Vec<&[u8]> = puts.iter().map(|(put, _)| &put.bytes[..]).collect();
        let zeroes = if self.next > self.room { vec![0; MORE_ROOM] } else { Vec::new() };
        data.push(&zeroes);
        data.retain(|slice| !slice.is_empty());
        if !data.is_empty() {
            disk.write(&self.pack.file, &data, start)?;
        }
        self.room = self.room.max(self.next + zeroes.len() as u64);
        self.pack.write_slots(disk, slots)
    }
}

/// Waits a little until as many jobs as expected have come.
fn gather(jobs: &Receiver<Job>, queue: &mut Vec<Job>, expected: usize) {
    queue.extend(jobs.try_iter());
    let deadline = Instant::now() + MAX_WAIT;
    while queue.len() < expected.min(MAX_GROUP) {
        match jobs.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(job) => queue.push(job),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The same failure, told to one of those whom it concerns.
fn copy_of(error: &io::Error, id: BlobId) -> Error {
    let copy = match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    };
    Error::from_io(format!("put blob {id}"), copy)
}
