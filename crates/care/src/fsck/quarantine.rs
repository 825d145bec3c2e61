//! Where contents go that nothing knows.

use std::io::Write as _;

use allmende_storage::ByteRange;
use allmende_types::BlobId;
use futures_util::TryStreamExt;

use super::Subject;
use crate::{Result, error::Context as _, folder, read};

/// Copies a content into the quarantine, durably, and deletes it from the store then.
pub(super) async fn take(subject: Subject<'_>, id: BlobId) -> Result<()> {
    folder::make(subject.quarantine)?;
    let path = subject.quarantine.join(id.to_string());
    let hidden = subject.quarantine.join(format!(".{id}"));
    for stale in [&hidden, &path] {
        // Left by a crash: the store still has it.
        if stale.exists() {
            std::fs::remove_file(stale).context(stale.display())?;
        }
    }
    let mut file = folder::create(&hidden)?;
    let mut body = subject.blobs.get(id, ByteRange::ALL).await?.body;
    let copied = async {
        while let Some(piece) = body.try_next().await.map_err(read::broken)? {
            file.write_all(&piece).context(hidden.display())?;
        }
        file.sync_all().context(hidden.display())
    };
    if let Err(error) = copied.await {
        // A damaged one stays where it is; what was copied of it is of no use.
        std::fs::remove_file(&hidden).context(hidden.display())?;
        return Err(error);
    }
    folder::rename(&hidden, &path)?;
    Ok(subject.blobs.delete(&[id]).await?)
}
