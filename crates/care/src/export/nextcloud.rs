//! Taking the files of a Nextcloud over from its data directory.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use allmende_accounts::{ErrorKind as AccountsKind, NewPerson};
use allmende_files::media_type;
use allmende_types::{Name, Timestamp, UserId};

use super::{
    import::Imported,
    planter::{ImportTarget, Planter},
    record::{FileEntry, Folder},
};
use crate::{Error, ErrorKind, Result, Watch, error::Context as _, folder};

/// Reads `{uid}/files/**` of a data directory of Nextcloud. Each `uid` becomes a person
/// without a password, unless there is one; their home must be empty. Files keep their names
/// and the times at which they were changed.
///
/// Of the database of a Nextcloud nothing is read: names of people, groups, shares and tags
/// are not in the directory.
///
/// # Errors
/// [`Absent`](ErrorKind::Absent) when there is no such directory,
/// [`NotEmpty`](ErrorKind::NotEmpty) when a home has files already; homes that came before it
/// in the order of their names are imported then.
pub async fn import_nextcloud(
    target: ImportTarget<'_>,
    dir: &Path,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<Imported> {
    if !dir.is_dir() {
        return Err(Error::new(ErrorKind::Absent, dir.display().to_string()));
    }
    let mut done = Imported::default();
    watch.begin("files");
    for name in folder::names(dir)? {
        let files = dir.join(&name).join("files");
        if !files.is_dir() {
            continue;
        }
        let Ok(person) = name.parse::<UserId>() else {
            done.skipped.push(name);
            continue;
        };
        match target.accounts.create_person(NewPerson::new(person.clone()), now).await {
            Ok(_) => done.people += 1,
            Err(error) if error.kind() == AccountsKind::Exists => {}
            Err(error) => return Err(error.into()),
        }
        home(target, &person, &files, now, &mut done, watch).await?;
    }
    Ok(done)
}

/// A directory that is being walked through: what is left of it.
struct Level {
    path: String,
    source: PathBuf,
    names: std::vec::IntoIter<std::ffi::OsString>,
}

impl Level {
    fn open(path: String, source: PathBuf) -> Result<Self> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&source).context(source.display())? {
            names.push(entry.context(source.display())?.file_name());
        }
        names.sort_unstable();
        Ok(Self { path, source, names: names.into_iter() })
    }
}

async fn home(
    target: ImportTarget<'_>,
    person: &UserId,
    files: &Path,
    now: Timestamp,
    done: &mut Imported,
    watch: &dyn Watch,
) -> Result<()> {
    let root = folder_at(String::new(), files, now)?;
    let key = format!("home:{}", person.key());
    let mut planter = Planter::begin(target, &key, &root, now).await?;
    let mut levels = vec![Level::open(String::new(), files.to_owned())?];
    while let Some(level) = levels.last_mut() {
        let Some(name) = level.names.next() else {
            levels.pop();
            continue;
        };
        let source = level.source.join(&name);
        let Some(name) = name.to_str().and_then(|name| Name::new(name).ok()) else {
            done.skipped.push(source.display().to_string());
            continue;
        };
        let above = &level.path;
        let path = if above.is_empty() { name.to_string() } else { format!("{above}/{name}") };
        let kind = fs::symlink_metadata(&source).context(source.display())?;
        if kind.is_dir() {
            planter.folder(&folder_at(path.clone(), &source, now)?).await?;
            levels.push(Level::open(path, source)?);
            done.folders += 1;
            watch.done(1, 0);
        } else if kind.is_file() {
            let record = FileEntry {
                media_type: Some(media_type::of(&name).into()),
                file: path,
                version: None,
                size: kind.len(),
                sha256: None,
                modified: modified(&kind),
                created: None,
                uploaded: now.unix(),
                checksums: None,
                properties: Vec::new(),
            };
            done.files += 1;
            done.bytes += record.size;
            watch.done(1, record.size);
            planter.file(record, source).await?;
        } else {
            done.skipped.push(source.display().to_string());
        }
    }
    planter.finish(None).await
}

fn folder_at(path: String, source: &Path, now: Timestamp) -> Result<Folder> {
    let modified = modified(&fs::metadata(source).context(source.display())?);
    let (created, uploaded) = (None, now.unix());
    Ok(Folder { folder: path, modified, created, uploaded, properties: Vec::new() })
}

fn modified(metadata: &fs::Metadata) -> i64 {
    Timestamp::from(metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH)).unix()
}
