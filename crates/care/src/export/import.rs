//! Reading an export.

use std::{fs, path::Path};

use allmende_sql::{Statement, params};
use allmende_types::{SpacePath, Timestamp};

use super::{
    planter::{ImportTarget, Planter},
    record::{Digester, Head, Record, Records, space_dir},
    tables::Filler,
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
    /// Bytes of these.
    pub bytes: u64,
    /// Rows of tables.
    pub rows: u64,
    /// What was not taken: files without content, names that cannot be, links of the file
    /// system.
    pub skipped: Vec<String>,
}

/// Reads an export into an installation that is new: without people but for the first
/// administrator, who is replaced by the people of the export, and without files.
///
/// # Errors
/// [`NotEmpty`](ErrorKind::NotEmpty) when there are people or files already,
/// [`Unknown`](ErrorKind::Unknown) for another format,
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
    let mut done = Imported::default();
    let mut filler = Filler::new(target.sql, target.tree, target.key).await?;
    let mut records = Records::open(dir)?;
    // The space whose files come.
    let mut space = None;
    let mut planter: Option<Planter<'_>> = None;
    watch.begin("records");
    while let Some(record) = records.next()? {
        let nowhere = || Error::damaged("a file or folder before its space");
        match record {
            Record::Row(row) => {
                close(&mut planter, &mut space).await?;
                done.people += u64::from(row.table == "people");
                filler.add(row).await?;
                watch.done(1, 0);
            }
            Record::Space(next) => {
                close(&mut planter, &mut space).await?;
                let files = space_dir(dir, &next.space).ok_or_else(nowhere)?;
                space = Some((next, files));
            }
            Record::Folder(folder) => {
                if let Some((_, files)) = &space {
                    ensure_folder(&files.join(path_of(&folder.folder)?.to_string()))?;
                }
                done.folders += 1;
                watch.done(1, 0);
                match (&mut planter, &space) {
                    (Some(planter), _) => planter.folder(&folder).await?,
                    (None, Some((space, _))) if folder.folder.is_empty() => {
                        let begun = Planter::begin(target, &space.space, &folder, now).await?;
                        planter = Some(begun);
                    }
                    _ => return Err(nowhere()),
                }
            }
            Record::FileEntry(file) => {
                let Some((planter, (space, files))) = planter.as_mut().zip(space.as_ref()) else {
                    return Err(nowhere());
                };
                if file.sha256.is_none() {
                    done.skipped.push(format!("{}/{}", space.space, file.file));
                    continue;
                }
                done.files += 1;
                done.bytes += file.size;
                watch.done(1, file.size);
                let source = files.join(path_of(&file.file)?.to_string());
                planter.file(file, source).await?;
            }
        }
    }
    close(&mut planter, &mut space).await?;
    done.rows = filler.finish().await?;
    Ok(done)
}

async fn close(
    planter: &mut Option<Planter<'_>>,
    space: &mut Option<(super::record::Space, std::path::PathBuf)>,
) -> Result<()> {
    let quota = space.take().and_then(|(space, _)| space.quota);
    match planter.take() {
        Some(planter) => planter.finish(quota).await,
        None => Ok(()),
    }
}

/// The path of a record, which stays below its space. Other ways to write the same path than
/// the one that is exported could lead elsewhere, such as a slash in front.
fn path_of(text: &str) -> Result<SpacePath> {
    let path = text.parse::<SpacePath>().ok().filter(|path| path.to_string() == text);
    path.ok_or_else(|| Error::damaged(format!("{text:?} is no path of the manifest")))
}

/// A folder of an export is a directory: a link would let its files be read elsewhere. It
/// comes before them.
fn ensure_folder(path: &Path) -> Result<()> {
    let kind = fs::symlink_metadata(path).context(path.display())?;
    if kind.is_dir() { Ok(()) } else { Err(Error::damaged(path.display().to_string())) }
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
}
