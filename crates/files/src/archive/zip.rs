//! Zip: entries are stored, their sizes follow them, large ones are zip64.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::TryStreamExt;
use rawzip::{
    Header, ZipArchiveWriter, extra_fields::ExtraFieldId, path::EntryPath, time::UtcDateTime,
};

use super::{
    Output,
    walk::{Item, Walk},
};

const FILE_MODE: u32 = 0o100_644;
const FOLDER_MODE: u32 = 0o040_755;

pub(super) async fn write(mut walk: Walk, to: Output) -> io::Result<()> {
    let buffer = Buffer::default();
    let mut archive = ZipArchiveWriter::new(buffer.clone());
    while let Some(Item { path, entry }) = walk.next().await.map_err(io::Error::other)? {
        let modified = UtcDateTime::from_unix(entry.node.modified.unix());
        if entry.is_folder() {
            let path = format!("{path}/");
            let mut folder = archive.new_dir(entry_path(&path));
            if let Some(field) = unicode_path(&path) {
                folder = folder
                    .extra_field(UNICODE_PATH, &field, Header::default())
                    .map_err(io::Error::other)?;
            }
            let folder = folder.last_modified(modified).unix_permissions(FOLDER_MODE);
            folder.create().map_err(io::Error::other)?;
        } else {
            let mut file = archive.new_file(entry_path(&path));
            if let Some(field) = unicode_path(&path) {
                file = file
                    .extra_field(UNICODE_PATH, &field, Header::default())
                    .map_err(io::Error::other)?;
            }
            let file = file.last_modified(modified).unix_permissions(FILE_MODE);
            let (mut writer, config) = file.start().map_err(io::Error::other)?;
            let mut data = config.wrap(&mut writer);
            let mut reading = walk.read(&entry).await?;
            while let Some(chunk) = reading.body.try_next().await? {
                data.write_all(&chunk)?;
                to.send(buffer.take()).await?;
            }
            let (_, descriptor) = data.finish().map_err(io::Error::other)?;
            writer.finish(descriptor).map_err(io::Error::other)?;
        }
        to.send(buffer.take()).await?;
    }
    archive.finish().map_err(io::Error::other)?;
    to.send(buffer.take()).await
}

/// What the archive's writer has written and the stream has not taken yet.
#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Info-ZIP Unicode Path (APPNOTE 4.6.9).
const UNICODE_PATH: ExtraFieldId = ExtraFieldId::new(0x7075);

/// A colon is a drive's for the writer, which cuts it off; for us it is a part of a name,
/// so such a path is written as it is. Then it carries no mark that it is UTF-8, and says
/// so in a field of its own.
fn is_verbatim(path: &str) -> bool {
    path.contains(':')
}

fn entry_path(path: &str) -> EntryPath<'_> {
    if is_verbatim(path) { EntryPath::verbatim(path.as_bytes()) } else { path.into() }
}

fn unicode_path(path: &str) -> Option<Vec<u8>> {
    if !is_verbatim(path) || path.is_ascii() {
        return None;
    }
    let mut field = vec![1];
    field.extend_from_slice(&crc32fast::hash(path.as_bytes()).to_le_bytes());
    field.extend_from_slice(path.as_bytes());
    Some(field)
}
