//! Checksums of files whose content has several segments.

use allmende_files::Verifier;
use allmende_sql::{Statement, params};
use allmende_storage::ErrorKind as StoreKind;
use allmende_types::Checksums;

use super::{Kind, Outcome, survey::Survey};
use crate::{Result, read, references::blob_id};

const FILES: &str = "SELECT id, content, checksums FROM nodes WHERE kind = 1 AND segments > 1 \
     AND checksums IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
const SEGMENTS: &str = "SELECT ord, blob FROM segments WHERE content = $1 AND ord > $2 \
     ORDER BY ord LIMIT 1000";

pub(super) async fn check(survey: &mut Survey<'_>) -> Result<()> {
    let mut after = -1;
    loop {
        let rows = survey.subject.sql.read(Statement::new(FILES, params![after])).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows.iter() {
            after = row.int(0)?;
            let Some(content) = row.opt_blob(1)? else { continue };
            let Some(told) = row.opt_text(2)?.and_then(|text| text.parse().ok()) else { continue };
            one(survey, after, content, &told).await?;
        }
    }
}

async fn one(survey: &mut Survey<'_>, node: i64, content: &[u8], told: &Checksums) -> Result<()> {
    let mut verifier = Verifier::new(told);
    if !verifier.is_proof() {
        return Ok(());
    }
    let mut after = -1;
    loop {
        let select = Statement::new(SEGMENTS, params![content, after]);
        let rows = survey.subject.sql.read(select).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows.iter() {
            after = row.int(0)?;
            survey.holding.renew().await?;
            let blob = blob_id(row.blob(1)?)?;
            let read = read::whole(survey.subject.blobs, blob, |piece| verifier.update(piece));
            match read.await {
                Ok(_) => {}
                // Told when the contents were looked at one by one.
                Err(error) if matches!(error.kind(), StoreKind::NotFound | StoreKind::Corrupt) => {
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    if verifier.finish().is_err() {
        survey.tell(Kind::Checksum, format!("file {node} of several segments"), Outcome::Found);
    }
    Ok(())
}
