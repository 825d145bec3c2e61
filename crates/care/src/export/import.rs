//! Reading an export.

use std::{
    fs,
    path::{Path, PathBuf},
};

use allmende_sql::{Statement, params};
use allmende_types::{SpacePath, Timestamp};

use super::{
    places::Place,
    planter::{ImportTarget, Planter},
    record::{Digester, FileEntry, Folder, Head, Record, Records, Space, content_path, space_dir},
    tables::Filler,
    trashed::Memory,
};
use crate::{Error, ErrorKind, Result, Watch, error::Context as _};

/// What an import brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Imported {
    /// People that were made.
    pub people: u64,
    /// Folders.
    pub folders: u64,
    /// Files.
    pub files: u64,
    /// Older contents of files.
    pub versions: u64,
    /// Bytes of files and of their older contents.
    pub bytes: u64,
    /// Rows of tables.
    pub rows: u64,
    /// What was not taken: files without content, what speaks of these, names that cannot be,
    /// links of the file system.
    pub skipped: Vec<String>,
}

/// Reads an export into an installation that is new: without people but for the first
/// administrator, who is replaced by the people of the export, and without files.
///
/// # Errors
/// [`NotEmpty`](ErrorKind::NotEmpty) when there are people or files already,
/// [`Unknown`](ErrorKind::Unknown) for another format or a newer version of this one,
/// [`Damaged`](ErrorKind::Damaged) when the manifest or a file is not what was written; what
/// came before is there then, and the installation is to be removed.
pub async fn import(
    target: ImportTarget<'_>,
    dir: &Path,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<Imported> {
    let head = Head::read(dir)?;
    verify(dir, &head)?;
    ensure_new(target).await?;
    let mut reading = Reading {
        target,
        dir,
        now,
        done: Imported::default(),
        filler: Filler::new(target.sql, target.tree, target.key).await?,
        memory: Memory::new(target.tree, now),
        space: None,
        planter: None,
        left: None,
    };
    let mut records = Records::open(dir)?;
    watch.begin("records");
    while let Some(record) = records.next()? {
        let bytes = match &record {
            Record::FileEntry(file) => file.size,
            _ => 0,
        };
        reading.take(record).await?;
        watch.done(1, bytes);
    }
    reading.finish().await
}

/// How far an import has come.
#[derive(Debug)]
struct Reading<'a> {
    target: ImportTarget<'a>,
    dir: &'a Path,
    now: Timestamp,
    done: Imported,
    filler: Filler<'a>,
    memory: Memory<'a>,
    /// The space whose files come, and who puts them there.
    space: Option<Space>,
    planter: Option<Planter<'a>>,
    /// The file that was skipped last.
    left: Option<String>,
}

fn nowhere() -> Error {
    Error::damaged("a file or folder before its space")
}

impl Reading<'_> {
    async fn take(&mut self, record: Record) -> Result<()> {
        match record {
            Record::Row(row) => {
                self.close().await?;
                self.done.people += u64::from(row.table == "people");
                let table = row.table.clone();
                match self.filler.add(row).await? {
                    Some(place) => self.absent(&table, &place),
                    None => Ok(()),
                }
            }
            Record::Space(space) => {
                self.close().await?;
                space_dir(self.dir, &space.space).ok_or_else(nowhere)?;
                self.space = Some(space);
                Ok(())
            }
            Record::Folder(folder) => self.folder(folder).await,
            Record::FileEntry(file) => self.file(file).await,
            Record::Trashed(trashed) => {
                self.close().await?;
                match self.memory.add(&trashed).await? {
                    None => self.absent("the origin", &trashed.trashed),
                    Some(_) => Ok(()),
                }
            }
        }
    }

    async fn folder(&mut self, folder: Folder) -> Result<()> {
        let space = self.space.as_ref().ok_or_else(nowhere)?;
        let files = space_dir(self.dir, &space.space).ok_or_else(nowhere)?;
        ensure_folder(&files.join(path_of(&folder.folder)?.to_string()))?;
        self.done.folders += 1;
        match &mut self.planter {
            Some(planter) => planter.folder(&folder).await,
            None if folder.folder.is_empty() => {
                let key = &space.space;
                let begun = Planter::begin(self.target, key, &folder, self.now).await?;
                self.planter = Some(begun);
                Ok(())
            }
            None => Err(nowhere()),
        }
    }

    async fn file(&mut self, file: FileEntry) -> Result<()> {
        let (Some(planter), Some(space)) = (&mut self.planter, &self.space) else {
            return Err(nowhere());
        };
        // Nothing but a path leads anywhere.
        path_of(&file.file)?;
        let is_left = file.version.is_some() && self.left.as_ref() == Some(&file.file);
        if file.sha256.is_none() || is_left {
            self.done.skipped.push(file.shown(&space.space));
            if file.version.is_none() {
                self.left = Some(file.file);
            }
            return Ok(());
        }
        let source = content_path(self.dir, &space.space, &file).ok_or_else(nowhere)?;
        self.done.bytes += file.size;
        match file.version {
            None => {
                self.done.files += 1;
                planter.file(file, source).await
            }
            Some(number) => {
                self.done.versions += 1;
                // No record of a folder comes before it.
                ensure_folders(self.dir, &source)?;
                planter.version(file, number, source).await
            }
        }
    }

    /// Something speaks of a file that is not there. It may be one that was left out.
    fn absent(&mut self, what: &str, place: &Place) -> Result<()> {
        let text = format!("{what} of {}/{}", place.space, place.path);
        if self.done.skipped.is_empty() {
            return Err(Error::damaged(text));
        }
        self.done.skipped.push(text);
        Ok(())
    }

    /// The space whose files came has them all.
    async fn close(&mut self) -> Result<()> {
        let quota = self.space.take().and_then(|space| space.quota);
        match self.planter.take() {
            Some(planter) => planter.finish(quota).await,
            None => Ok(()),
        }
    }

    async fn finish(mut self) -> Result<Imported> {
        self.close().await?;
        self.memory.flush().await?;
        self.done.rows = self.filler.finish().await?;
        Ok(self.done)
    }
}

/// The path of a record, which stays below its space. Other ways to write the same path than
/// the one that is exported could lead elsewhere, such as a slash in front.
pub(super) fn path_of(text: &str) -> Result<SpacePath> {
    let path = text.parse::<SpacePath>().ok().filter(|path| path.to_string() == text);
    path.ok_or_else(|| Error::damaged(format!("{text:?} is no path of the manifest")))
}

/// A folder of an export is a directory: a link would let its files be read elsewhere. It
/// comes before them.
fn ensure_folder(path: &Path) -> Result<()> {
    let kind = fs::symlink_metadata(path).context(path.display())?;
    if kind.is_dir() { Ok(()) } else { Err(Error::damaged(path.display().to_string())) }
}

/// The same of all folders between the directory of the export and a file.
fn ensure_folders(dir: &Path, file: &Path) -> Result<()> {
    let mut at: PathBuf = dir.to_owned();
    let below = file.strip_prefix(dir).ok().and_then(Path::parent);
    for name in below.into_iter().flatten() {
        at.push(name);
        ensure_folder(&at)?;
    }
    Ok(())
}

/// Whether the manifest is the one that was written.
fn verify(dir: &Path, head: &Head) -> Result<()> {
    let mut records = Records::open(dir)?;
    let mut digester = Digester::default();
    while let Some(record) = records.next()? {
        digester.add(&record, records.line());
    }
    if digester.finish() == head.digest { Ok(()) } else { Err(Error::damaged("the manifest")) }
}

/// The first start of a server makes an administrator; anything more is somebody's.
async fn ensure_new(target: ImportTarget<'_>) -> Result<()> {
    let count = async |select: &'static str| -> Result<i64> {
        let rows = target.sql.read(Statement::new(select, params![])).await?;
        Ok(rows.one()?.int(0)?)
    };
    let people = count("SELECT count(*) FROM people").await?;
    let files = count("SELECT count(*) FROM nodes WHERE parent IS NOT NULL").await?;
    if people > 1 || files > 0 {
        return Err(Error::new(ErrorKind::NotEmpty, "the installation"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_in_one_way() {
        assert_eq!(path_of("a/b c").unwrap().to_string(), "a/b c");
        assert!(path_of("").unwrap().is_root());
        for bad in ["/etc/passwd", "a/../../b", "a//b", "a/", "./a"] {
            assert_eq!(path_of(bad).unwrap_err().kind(), ErrorKind::Damaged, "{bad}");
        }
    }

    #[test]
    fn no_folder_above_a_version_is_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        fs::create_dir_all(dir.join("versions/home/a")).unwrap();
        let file = dir.join("versions/home/a/b/7");
        fs::create_dir(dir.join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(dir.join("elsewhere"), dir.join("versions/home/a/b")).unwrap();
        assert_eq!(ensure_folders(dir, &file).unwrap_err().kind(), ErrorKind::Damaged);
        fs::remove_file(dir.join("versions/home/a/b")).unwrap();
        fs::create_dir(dir.join("versions/home/a/b")).unwrap();
        ensure_folders(dir, &file).unwrap();
    }
}
