//! The directory: every system call that changes it goes through here.

use std::{
    fmt,
    fs::File,
    io::{self, IoSlice, IoSliceMut},
    os::fd::OwnedFd,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use allmende_storage::{Error, ErrorKind, Result};
use allmende_types::BlobId;
use rustix::{
    fs::{self, AtFlags, FallocateFlags, FlockOperation, Mode, OFlags, RenameFlags},
    io::{Errno, ReadWriteFlags},
};

use crate::{
    layout::{check_format, directory, flush_name, names, read_format, unknown},
    stats::{Counters, add},
};

const PACK: &str = "pack";

/// A change that is about to be made to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskOp {
    /// A file is made.
    Create,
    /// So many bytes are written at an offset.
    Write {
        /// Where.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// Room for so many bytes is reserved.
    Allocate(u64),
    /// A file is made durable.
    Flush,
    /// A directory is made durable.
    FlushDirectory,
    /// A finished file gets its name.
    Publish,
    /// A name is removed.
    Remove,
}

/// Looks at each change before it is made, and may make it fail: for tests of what a full
/// or broken disk does.
pub trait DiskHook: fmt::Debug + Send + Sync {
    /// Called before the change; an error is treated as the disk's own.
    ///
    /// # Errors
    /// What the disk is to say.
    fn before(&self, op: DiskOp) -> io::Result<()>;
}

/// Whether a read may wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Only what the page cache has; [`io::ErrorKind::WouldBlock`] otherwise.
    CacheOnly,
    /// As long as it takes.
    Wait,
}

#[derive(Debug)]
pub(crate) struct Disk {
    /// Holds the lock on the directory as long as it is open.
    _root: OwnedFd,
    stage: OwnedFd,
    blobs: OwnedFd,
    /// Held while directories of leases come and go.
    leases: Mutex<()>,
    hook: Option<Arc<dyn DiskHook>>,
    flush_delay: Option<Duration>,
    pub(crate) counters: Counters,
}

impl Disk {
    pub(crate) fn open(
        path: &Path,
        hook: Option<Arc<dyn DiskHook>>,
        flush_delay: Option<Duration>,
    ) -> Result<Self> {
        let context = || format!("open {}", path.display());
        let io = |error: io::Error| Error::from_io(context(), error);
        std::fs::create_dir_all(path).map_err(io)?;
        let root = fs::open(path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|error| io(error.into()))?;
        match fs::flock(&root, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => {
                let taken = format!("{}: another process uses the directory", context());
                return Err(Error::new(ErrorKind::Unavailable, taken));
            }
            other => other.map_err(|error| io(error.into()))?,
        }
        check_format(&root).map_err(io)?.map_err(|found| unknown(path, &found))?;
        let stage = directory(&root, "stage").map_err(io)?;
        let blobs = directory(&root, "blobs").map_err(io)?;
        for name in names(&stage).map_err(io)? {
            fs::unlinkat(&stage, &*name, AtFlags::empty()).map_err(|error| io(error.into()))?;
        }
        // A process may have died between making a directory and making it durable.
        for fd in [&root, &blobs] {
            fs::fsync(fd).map_err(|error| io(error.into()))?;
        }
        flush_name(&root).map_err(io)?;
        Ok(Self {
            _root: root,
            stage,
            blobs,
            leases: Mutex::default(),
            hook,
            flush_delay,
            counters: Counters::default(),
        })
    }

    /// Opens a directory that another process may own, to read.
    pub(crate) fn open_beside(path: &Path) -> Result<Self> {
        let context = || format!("open {}", path.display());
        let io = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, context()),
            _ => Error::from_io(context(), error),
        };
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = fs::open(path, flags, Mode::empty()).map_err(|error| io(error.into()))?;
        let part = |name: &str| {
            fs::openat(&root, name, flags, Mode::empty()).map_err(|error| io(error.into()))
        };
        let (stage, blobs) = (part("stage")?, part("blobs")?);
        read_format(path).map_err(io)?.map_err(|found| unknown(path, &found))?;
        Ok(Self {
            _root: root,
            stage,
            blobs,
            leases: Mutex::default(),
            hook: None,
            flush_delay: None,
            counters: Counters::default(),
        })
    }

    fn before(&self, op: DiskOp) -> io::Result<()> {
        self.hook.as_ref().map_or(Ok(()), |hook| hook.before(op))
    }

    /// Makes a file to be written and published later.
    pub(crate) fn stage(&self, name: &str) -> io::Result<File> {
        self.before(DiskOp::Create)?;
        let flags = OFlags::CREATE | OFlags::TRUNC | OFlags::RDWR | OFlags::CLOEXEC;
        Ok(fs::openat(&self.stage, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Opens a staged file once more. What fails on one of the two is also told to the other.
    pub(crate) fn open_staged(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        Ok(fs::openat(&self.stage, name, flags, Mode::empty())?.into())
    }

    pub(crate) fn unstage(&self, name: &str) {
        if let Err(error) = fs::unlinkat(&self.stage, name, AtFlags::empty()) {
            tracing::warn!(name, %error, "a half-written file stays until the next start");
        }
    }

    /// Gives a staged, durable file its name, durably. Never replaces.
    pub(crate) fn publish(&self, staged: &str, lease: u64, name: Named) -> io::Result<()> {
        self.before(DiskOp::Publish)?;
        let place = name.path(lease);
        {
            let _coming_and_going = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
            match fs::mkdirat(&self.blobs, lease_name(lease), Mode::RWXU) {
                Ok(()) => self.flush_directory(&self.blobs)?,
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            let renamed =
                fs::renameat_with(&self.stage, staged, &self.blobs, &place, RenameFlags::NOREPLACE);
            match renamed {
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                    // A file system without the flag: a link does not replace either.
                    fs::linkat(&self.stage, staged, &self.blobs, &place, AtFlags::empty())?;
                    fs::unlinkat(&self.stage, staged, AtFlags::empty())?;
                }
                other => other?,
            }
        }
        let flushed = self.lease(lease).and_then(|directory| self.flush_directory(&directory));
        if flushed.is_err() {
            // It was not acknowledged, so it must not be there.
            let _ = fs::unlinkat(&self.blobs, &place, AtFlags::empty());
        }
        flushed
    }

    pub(crate) fn open_blob(&self, lease: u64, name: Named) -> io::Result<File> {
        let flags = match name {
            Named::Pack => OFlags::RDWR | OFlags::CLOEXEC,
            Named::Blob(_) => OFlags::RDONLY | OFlags::CLOEXEC,
        };
        Ok(fs::openat(&self.blobs, name.path(lease), flags, Mode::empty())?.into())
    }

    /// The length of a file; none if it is not there.
    pub(crate) fn length(&self, lease: u64, name: Named) -> io::Result<Option<u64>> {
        match fs::statat(&self.blobs, name.path(lease), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(u64::try_from(stat.st_size).ok()),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a name; whether it was there.
    pub(crate) fn remove(&self, lease: u64, name: Named) -> io::Result<bool> {
        self.before(DiskOp::Remove)?;
        match fs::unlinkat(&self.blobs, name.path(lease), AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes removals from a lease's directory durable, and removes it when it is empty.
    pub(crate) fn settle_removals(&self, lease: u64) -> io::Result<()> {
        let _coming_and_going = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        match fs::unlinkat(&self.blobs, lease_name(lease), AtFlags::REMOVEDIR) {
            Ok(()) => self.flush_directory(&self.blobs),
            Err(Errno::NOENT) => Ok(()),
            Err(Errno::NOTEMPTY | Errno::EXIST) => self.flush_directory(&self.lease(lease)?),
            Err(error) => Err(error.into()),
        }
    }

    fn lease(&self, lease: u64) -> io::Result<OwnedFd> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(fs::openat(&self.blobs, lease_name(lease), flags, Mode::empty())?)
    }

    /// All leases that have a directory, in order. 8 bytes each: a million small blobs have
    /// some hundred.
    pub(crate) fn lease_names(&self) -> io::Result<Vec<u64>> {
        let parse = |name: &str| hexadecimal(name);
        let mut leases: Vec<u64> =
            names(&self.blobs)?.iter().filter_map(|name| parse(name)).collect();
        leases.sort_unstable();
        Ok(leases)
    }

    /// The large blobs of a lease, in no order.
    pub(crate) fn blob_names(&self, lease: u64) -> io::Result<Vec<u64>> {
        let directory = match self.lease(lease) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        Ok(names(&directory)?.iter().filter_map(|name| hexadecimal(name)).collect())
    }

    /// Writes all slices, one after the other, from `offset` on.
    pub(crate) fn write(&self, file: &File, slices: &[&[u8]], offset: u64) -> io::Result<()> {
        let length = slices.iter().map(|slice| slice.len() as u64).sum();
        self.before(DiskOp::Write { offset, length })?;
        let mut slices: Vec<IoSlice<'_>> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
        let mut left = slices.as_mut_slice();
        let mut offset = offset;
        while !left.is_empty() {
            let batch = &left[..left.len().min(1000)];
            match rustix::io::pwritev(file, batch, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    offset += written as u64;
                    IoSlice::advance_slices(&mut left, written);
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reserves room, so that a full disk is known before the bytes come. File systems
    /// that cannot are passed over.
    pub(crate) fn allocate(&self, file: &File, length: u64) -> io::Result<()> {
        self.before(DiskOp::Allocate(length))?;
        match fs::fallocate(file, FallocateFlags::KEEP_SIZE, 0, length) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Gives the room of a part of a file back, where the file system can.
    pub(crate) fn punch(&self, file: &File, offset: u64, length: u64) {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        if let Err(error) = fs::fallocate(file, flags, offset, length) {
            tracing::debug!(%error, "the room of a removed blob stays in use");
        }
    }

    pub(crate) fn flush(&self, file: &File) -> io::Result<()> {
        self.before(DiskOp::Flush)?;
        add(&self.counters.flushes, 1);
        self.wait();
        Ok(fs::fdatasync(file)?)
    }

    fn flush_directory(&self, directory: &OwnedFd) -> io::Result<()> {
        self.before(DiskOp::FlushDirectory)?;
        add(&self.counters.flushes, 1);
        self.wait();
        Ok(fs::fsync(directory)?)
    }

    fn wait(&self) {
        if let Some(delay) = self.flush_delay {
            std::thread::sleep(delay);
        }
    }
}

/// What a file in a lease's directory is called.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named {
    /// The large blob with this number.
    Blob(u64),
    /// The pack of small ones.
    Pack,
}

impl Named {
    /// The name of a large blob.
    pub(crate) fn blob(id: BlobId) -> Self {
        Self::Blob(number(id))
    }

    fn path(self, lease: u64) -> String {
        match self {
            Self::Blob(n) => format!("{lease:016x}/{n:016x}"),
            Self::Pack => format!("{lease:016x}/{PACK}"),
        }
    }
}

/// The number of an id within its lease.
pub(crate) fn number(id: BlobId) -> u64 {
    id.0 as u64
}

fn lease_name(lease: u64) -> String {
    format!("{lease:016x}")
}

fn hexadecimal(name: &str) -> Option<u64> {
    let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let is_ours = name.len() == 16 && name.bytes().all(digits);
    is_ours.then(|| u64::from_str_radix(name, 16).ok()).flatten()
}

/// Fills the buffer; fewer bytes are an [`io::ErrorKind::UnexpectedEof`].
pub(crate) fn read(
    file: &File,
    mut buffer: &mut [u8],
    mut offset: u64,
    patience: Patience,
) -> io::Result<()> {
    let flags = match patience {
        Patience::CacheOnly => ReadWriteFlags::NOWAIT,
        Patience::Wait => ReadWriteFlags::empty(),
    };
    while !buffer.is_empty() {
        match rustix::io::preadv2(file, &mut [IoSliceMut::new(buffer)], offset, flags) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                offset += read as u64;
                buffer = &mut buffer[read..];
            }
            Err(Errno::INTR) => {}
            // A file system that cannot tell: it waits, elsewhere.
            Err(Errno::OPNOTSUPP) if patience == Patience::CacheOnly => {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
