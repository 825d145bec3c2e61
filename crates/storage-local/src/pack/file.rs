//! The file of a pack.

use std::{fs::File, io};

use allmende_storage::{Error, ErrorKind, Result};
use allmende_types::BlobId;
use bytes::Bytes;

use super::{
    SLOTS,
    slot::{Extent, SLOT, Slot},
};
use crate::disk::{Disk, Named, Patience, number, read};

const PAGE: usize = 4096;
const MAGIC: &[u8; 8] = b"ALMDPCK1";
const TABLE: usize = SLOTS as usize * SLOT;
/// Where the data starts.
pub(super) const DATA: u64 = (PAGE + TABLE) as u64;

#[derive(Debug)]
pub(crate) struct Pack {
    pub(super) lease: u64,
    pub(super) file: File,
}

/// What a pack knows of an id.
#[derive(Debug)]
pub(crate) enum Found {
    /// Nothing: it may be a large blob.
    Nothing,
    /// It was removed.
    Removed,
    /// Its bytes.
    Blob(Bytes),
}

impl Pack {
    /// Opens the pack of a lease; none if there is none.
    pub(super) fn open(disk: &Disk, lease: u64) -> Result<Option<Self>> {
        let file = match disk.open_blob(lease, Named::Pack) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| fail(lease, error))?,
        };
        let mut found = [0; 20];
        read(&file, &mut found, 0, Patience::Wait).map_err(|error| fail(lease, error))?;
        if found != header(lease) {
            let what = format!("pack {lease:016x}: its header is another");
            return Err(Error::new(ErrorKind::Corrupt, what));
        }
        Ok(Some(Self { lease, file }))
    }

    /// Makes the pack of a lease, with an empty table and some room, durably.
    pub(super) fn create(disk: &Disk, lease: u64, room: usize) -> io::Result<Self> {
        let name = format!("pack-{lease:016x}");
        let file = disk.stage(&name)?;
        let mut head = vec![0; PAGE + TABLE];
        head[..20].copy_from_slice(&header(lease));
        let made = (disk.write(&file, &[&head, &vec![0; room]], 0))
            .and_then(|()| disk.flush(&file))
            .and_then(|()| disk.publish(&name, lease, Named::Pack));
        if let Err(error) = made {
            disk.unstage(&name);
            return Err(error);
        }
        Ok(Self { lease, file })
    }

    pub(super) fn slot(&self, n: u64, patience: Patience) -> io::Result<Slot> {
        let mut bytes = [0; SLOT];
        read(&self.file, &mut bytes, slot_position(n), patience)?;
        Ok(Slot::from_bytes(bytes, self.lease, n))
    }

    /// The whole table.
    pub(super) fn slots(&self) -> io::Result<Vec<Slot>> {
        let mut table = vec![0; TABLE];
        read(&self.file, &mut table, PAGE as u64, Patience::Wait)?;
        let slots = table.as_chunks::<SLOT>().0.iter().zip(0..);
        Ok(slots.map(|(bytes, n)| Slot::from_bytes(*bytes, self.lease, n)).collect())
    }

    /// The numbers and lengths of all blobs, in order.
    pub(crate) fn blobs(&self) -> Result<Vec<(u64, u64)>> {
        let slots = self.slots().map_err(|error| fail(self.lease, error))?;
        let present = slots.into_iter().zip(0..).filter_map(|(slot, n)| match slot {
            Slot::Present(extent) => Some((n, u64::from(extent.length))),
            _ => None,
        });
        Ok(present.collect())
    }

    /// Reads a blob and verifies it. With [`Patience::CacheOnly`] it can say
    /// [`io::ErrorKind::WouldBlock`] in the outer result.
    pub(crate) fn get(&self, id: BlobId, patience: Patience) -> io::Result<Result<Found>> {
        let damaged = |what| {
            let context = format!("get blob {id}: {what}");
            Ok(Err(Error::new(ErrorKind::Corrupt, context)))
        };
        let slot = match self.slot(number(id), patience) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return damaged("the table was cut");
            }
            other => other?,
        };
        let extent = match slot {
            Slot::Free => return Ok(Ok(Found::Nothing)),
            Slot::Removed(_) => return Ok(Ok(Found::Removed)),
            Slot::Damaged => return damaged("its slot is damaged"),
            Slot::Present(extent) => extent,
        };
        let mut data = vec![0; extent.length as usize];
        match read(&self.file, &mut data, u64::from(extent.offset), patience) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return damaged("the pack was cut");
            }
            other => other?,
        }
        if crc32fast::hash(&data) != extent.checksum {
            return damaged("its bytes are damaged");
        }
        Ok(Ok(Found::Blob(data.into())))
    }

    /// Writes slots, those that lie side by side in one go.
    pub(super) fn write_slots(&self, disk: &Disk, slots: &[(u64, Slot)]) -> io::Result<()> {
        let mut sorted: Vec<(u64, [u8; SLOT])> =
            slots.iter().map(|(n, slot)| (*n, slot.to_bytes(self.lease, *n))).collect();
        sorted.sort_by_key(|(n, _)| *n);
        for run in sorted.chunk_by(|a, b| a.0 + 1 == b.0) {
            let bytes: Vec<&[u8]> = run.iter().map(|(_, bytes)| &bytes[..]).collect();
            disk.write(&self.file, &bytes, slot_position(run[0].0))?;
        }
        Ok(())
    }
}

/// Where the next blob goes: behind all that were ever there.
pub(super) fn tail(slots: &[Slot]) -> u64 {
    let ends = slots.iter().filter_map(|slot| match slot {
        Slot::Present(extent) | Slot::Removed(extent) => Some(Extent::end(*extent)),
        Slot::Free | Slot::Damaged => None,
    });
    ends.max().unwrap_or(DATA).max(DATA)
}

fn slot_position(n: u64) -> u64 {
    PAGE as u64 + n * SLOT as u64
}

fn header(lease: u64) -> [u8; 20] {
    let mut header = [0; 20];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&lease.to_le_bytes());
    let check = crc32fast::hash(&header[..16]);
    header[16..].copy_from_slice(&check.to_le_bytes());
    header
}

fn fail(lease: u64, error: io::Error) -> Error {
    let context = format!("pack {lease:016x}");
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return Error::new(ErrorKind::Corrupt, context).with_source(error);
    }
    Error::from_io(context, error)
}
