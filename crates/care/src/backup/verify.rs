//! Whether backups are what was written.

use std::{error::Error as _, fs, io, path::Path};

use super::{
    contents::{self, Along, Damaged, Reading, Stored},
    manifest::{BackupId, Digest, Manifest},
    place, tables,
    tables::LineReader,
    take::CONTENTS,
};
use crate::{Error, ErrorKind, Result, Watch, error::Context as _, folder};

/// What a look at all backups of a directory has read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Verified {
    /// Backups.
    pub backups: u64,
    /// Contents of files; what several backups share is read once.
    pub contents: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// What is not what was written: each with the backup that it belongs to.
    pub damaged: Vec<String>,
}

/// Reads everything of all backups in a directory, and compares it with its digests. Blocks
/// meanwhile.
///
/// Nothing is repaired, but it is noted which contents are damaged: the next backup copies
/// them anew instead of relying on them.
///
/// # Errors
/// [`Absent`](ErrorKind::Absent) when there is no backup, [`Busy`](ErrorKind::Busy) when
/// another process works in the directory, [`Unknown`](ErrorKind::Unknown) for a backup of a
/// newer program, [`Unavailable`](ErrorKind::Unavailable) when something cannot be read for
/// another reason than damage, or the note not be written.
pub fn verify(dir: &Path, watch: &dyn Watch) -> Result<Verified> {
    if place::list(dir)?.is_empty() {
        return Err(Error::new(ErrorKind::Absent, dir.display().to_string()));
    }
    let _lock = folder::Lock::take(dir)?;
    let (mut done, mut damaged) = (Verified::default(), Damaged::default());
    let mut before = Along::default();
    for id in place::list(dir)? {
        done.backups += 1;
        watch.begin("lists");
        let backup = place::of(dir, &id);
        let manifest = Manifest::read(&backup)
            .and_then(|manifest| but_contents(&backup, &manifest).map(|()| manifest));
        match manifest {
            Ok(manifest) => {
                watch.begin("contents");
                read_contents(dir, &id, &mut before, &mut damaged, &mut done, watch)?;
                before = Along::open(dir, &manifest.id)?;
            }
            // It cannot be brought back, whatever its contents are.
            Err(error) if is_damage(&error) => done.damaged.push(format!("{id}: {error}")),
            Err(error) => return Err(error),
        }
    }
    damaged.note(dir)?;
    Ok(done)
}

/// Reads the contents that a backup has and the one before it has not.
fn read_contents(
    dir: &Path,
    id: &BackupId,
    before: &mut Along,
    damaged: &mut Damaged,
    done: &mut Verified,
    watch: &dyn Watch,
) -> Result<()> {
    let mut lines = LineReader::open(&place::of(dir, id).join(CONTENTS))?;
    while let Some(stored) = lines.next::<Stored>()? {
        if before.at(stored.id()?)?.as_ref() != Some(&stored) {
            match read(dir, &stored) {
                Ok(()) => {}
                Err(error) if contents::is_damage(&error) => {
                    tracing::error!(backup = %id, %error, "a content of a backup is damaged");
                    damaged.0.insert(stored.clone());
                }
                Err(error) => return Err(error).context(format_args!("pack {}", stored.pack)),
            }
            done.contents += 1;
            done.bytes += stored.size;
            watch.done(1, stored.size);
        }
        if damaged.0.contains(&stored) {
            done.damaged.push(format!("{id}: content {} in pack {}", stored.id()?, stored.pack));
        }
    }
    Ok(())
}

fn read(dir: &Path, stored: &Stored) -> io::Result<()> {
    let mut reading = Reading::open(dir, stored.clone())?;
    while reading.next()?.is_some() {}
    Ok(())
}

/// Reads a backup but for its contents: whether it is what was written.
pub(super) fn but_contents(backup: &Path, manifest: &Manifest) -> Result<()> {
    tables::verify(backup, manifest)?;
    let mut lines = LineReader::open(&backup.join(CONTENTS))?;
    while lines.next::<Stored>()?.is_some() {}
    lines.verify(&manifest.contents)?;
    manifest.files.iter().try_for_each(|(name, digest)| secret(backup, name, digest).map(drop))
}

/// One of the files that lie beside the database.
pub(super) fn secret(backup: &Path, name: &str, digest: &Digest) -> Result<Vec<u8>> {
    let path = backup.join("files").join(name);
    let bytes = fs::read(&path).context(path.display())?;
    if name.contains('/') || Digest::of_bytes(&bytes) != *digest {
        return Err(Error::damaged(path.display().to_string()));
    }
    Ok(bytes)
}

/// Whether a backup is not what was written, or something of it is not there any more.
fn is_damage(error: &Error) -> bool {
    let source = || error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match error.kind() {
        ErrorKind::Damaged | ErrorKind::Absent => true,
        _ => source().is_some_and(contents::is_damage),
    }
}
