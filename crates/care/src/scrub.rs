//! Reading every content now and then, before somebody needs it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use allmende_storage::{BlobStore, ErrorKind as StoreKind, Tree};
use allmende_types::BlobId;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};

use crate::{Error, Rate, Result, Watch, error::Context as _, folder, pace::Pace, read};

/// How often it is noted how far a scrub has come.
const NOTE: Duration = Duration::from_secs(10);

/// How a scrub works.
#[derive(Debug, Clone)]
pub struct Options {
    /// The most bytes that are read in a second; as many as the disk gives, if none.
    pub rate: Option<Rate>,
    /// The file that says how far a scrub has come that was broken off. It goes on there, and
    /// the file is removed when all was read.
    pub progress: PathBuf,
}

/// What a scrub has read, together with the runs that it goes on from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scrubbed {
    /// Contents.
    pub contents: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Contents that cannot be read as they were written.
    pub damaged: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    after: Option<String>,
    so_far: Scrubbed,
}

/// Reads every content once, and compares it with the store's checksums. It changes nothing
/// and can run beside a server.
///
/// A content that no file ever had is no damage, whatever it looks like: a loss of power may
/// tear what was never acknowledged, and the collector removes it.
///
/// # Errors
/// [`Unavailable`](crate::ErrorKind::Unavailable) when the store cannot be read or the
/// progress not noted: the next call goes on.
pub async fn scrub(
    blobs: &dyn BlobStore,
    tree: &dyn Tree,
    options: &Options,
    watch: &dyn Watch,
) -> Result<Scrubbed> {
    let Progress { after, mut so_far } = read_progress(&options.progress)?;
    let after = after.map(|text| text.parse::<BlobId>());
    let after = after.transpose().map_err(|_| damaged(&options.progress))?;
    watch.done(so_far.contents, so_far.bytes);
    let mut pace = options.rate.map(|rate| Pace::new(rate, Instant::now()));
    let mut noted = Instant::now();
    let mut all = blobs.list(after);
    while let Some(info) = all.try_next().await? {
        match one(blobs, info.id, &mut pace, watch).await {
            Ok(bytes) => so_far.bytes += bytes,
            // Removed since it was listed.
            Err(error) if *error.kind() == StoreKind::NotFound => continue,
            Err(error) if *error.kind() == StoreKind::Corrupt => {
                if tree.unreferenced(&[info.id]).await?.is_empty() {
                    so_far.damaged.push(info.id.to_string());
                }
            }
            Err(error) => return Err(error.into()),
        }
        so_far.contents += 1;
        watch.done(1, 0);
        if noted.elapsed() >= NOTE {
            note(&options.progress, info.id, &so_far)?;
            noted = Instant::now();
        }
    }
    if options.progress.exists() {
        fs::remove_file(&options.progress).context(options.progress.display())?;
    }
    Ok(so_far)
}

async fn one(
    blobs: &dyn BlobStore,
    id: BlobId,
    pace: &mut Option<Pace>,
    watch: &dyn Watch,
) -> allmende_storage::Result<u64> {
    let opened = match blobs.get(id, allmende_storage::ByteRange::ALL).await {
        // Beside a process that writes, a torn read of its neighbour is possible.
        Err(error) if *error.kind() == StoreKind::Corrupt => {
            blobs.get(id, allmende_storage::ByteRange::ALL).await
        }
        answer => answer,
    };
    let mut body = opened?.body;
    let mut bytes = 0;
    while let Some(piece) = body.try_next().await.map_err(read::broken)? {
        let length = piece.len() as u64;
        bytes += length;
        watch.done(0, length);
        if let Some(pace) = pace {
            let wait = pace.spend(length, Instant::now());
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
    }
    Ok(bytes)
}

fn read_progress(path: &Path) -> Result<Progress> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|_| damaged(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Progress::default()),
        Err(error) => Err(error).context(path.display()),
    }
}

fn note(path: &Path, after: BlobId, so_far: &Scrubbed) -> Result<()> {
    let progress = Progress { after: Some(after.to_string()), so_far: so_far.clone() };
    let text = serde_json::to_vec(&progress).context(path.display())?;
    let fresh = path.with_extension("new");
    if fresh.exists() {
        fs::remove_file(&fresh).context(fresh.display())?;
    }
    folder::write(&fresh, &text)?;
    folder::rename(&fresh, path)
}

fn damaged(path: &Path) -> Error {
    Error::damaged(format!("{}: remove it to begin anew", path.display()))
}
