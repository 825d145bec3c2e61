//! Tar in the form of GNU: long names in an entry of their own, large sizes in binary.

use std::io;

use bytes::Bytes;
use futures_util::TryStreamExt;
use tar::{EntryType, Header};

use super::{
    Output,
    walk::{Item, Walk},
};

const BLOCK: u64 = 512;
/// Two empty blocks end an archive.
const END: [u8; 1024] = [0; 1024];

pub(super) async fn write(mut walk: Walk, to: Output) -> io::Result<()> {
    while let Some(Item { path, entry }) = walk.next().await.map_err(io::Error::other)? {
        let time = u64::try_from(entry.node.modified.unix()).unwrap_or(0);
        if entry.is_folder() {
            to.send(headers(&format!("{path}/"), EntryType::Directory, 0o755, 0, time)).await?;
            continue;
        }
        // The content first: what cannot be opened gets no header.
        let mut reading = walk.read(&entry).await?;
        to.send(headers(&path, EntryType::Regular, 0o644, reading.length, time)).await?;
        while let Some(chunk) = reading.body.try_next().await? {
            to.send(chunk).await?;
        }
        to.send(padding(reading.length)).await?;
    }
    to.send(Bytes::from_static(&END)).await
}

/// The header of an entry, behind that of its name if it is a long one.
fn headers(path: &str, kind: EntryType, mode: u32, size: u64, time: u64) -> Bytes {
    let mut bytes = Vec::with_capacity(512);
    if path.len() > 100 {
        let length = path.len() as u64 + 1;
        bytes.extend(header("././@LongLink", EntryType::GNULongName, 0, length, 0).as_bytes());
        bytes.extend(path.as_bytes());
        bytes.push(0);
        bytes.extend(padding(length));
    }
    bytes.extend(header(path, kind, mode, size, time).as_bytes());
    bytes.into()
}

fn header(path: &str, kind: EntryType, mode: u32, size: u64, time: u64) -> Header {
    let mut header = Header::new_gnu();
    let name = &mut header.as_old_mut().name;
    let length = path.len().min(name.len());
    name[..length].copy_from_slice(&path.as_bytes()[..length]);
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(time);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    header
}

fn padding(size: u64) -> Bytes {
    let rest = (BLOCK - size % BLOCK) % BLOCK;
    END[..usize::try_from(rest).unwrap_or(0)].to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_beyond_eight_gibibytes_and_long_names() {
        let long = "ö/".repeat(60);
        let bytes = headers(&long, EntryType::Regular, 0o644, 10 << 30, 1_600_000_000);
        assert_eq!(bytes.len(), 3 * 512);
        let mut archive = ::tar::Archive::new(&bytes[..]);
        let entry = archive.entries().unwrap().next().unwrap().unwrap();
        assert_eq!(&*entry.path_bytes(), long.as_bytes());
        assert_eq!(entry.header().size().unwrap(), 10 << 30);
        assert_eq!(entry.header().mtime().unwrap(), 1_600_000_000);
    }
}
