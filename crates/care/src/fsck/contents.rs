//! References and contents side by side, both in the order of the ids.

use allmende_files::Verifier;
use allmende_sql::{Statement, params};
use allmende_storage::{BlobInfo, ByteRange, ErrorKind as StoreKind};
use allmende_types::{BlobId, Checksums};
use futures_util::TryStreamExt;

use super::{Kind, Outcome, Subject, quarantine, repair, survey::Survey};
use crate::{
    Result, read,
    references::{Reader, Reference, References, Referrer, blob_value},
};

/// How many references to one content are looked at together; what is shared by more files
/// is compared in parts.
const TOGETHER: usize = 1000;

pub(super) async fn check(survey: &mut Survey<'_>) -> Result<()> {
    let Subject { blobs, sql, .. } = survey.subject;
    let mut stored = blobs.list(None);
    let mut references = References::new(Reader::Present(sql));
    let mut reference = references.next().await?;
    let mut content = stored.try_next().await?;
    loop {
        survey.holding.renew().await?;
        match (&reference, content) {
            (None, None) => return Ok(()),
            (Some(wanted), found) if found.is_none_or(|found| wanted.blob < found.id) => {
                let (blob, mut group) = (wanted.blob, Vec::new());
                reference = gather(&mut references, reference, blob, &mut group).await?;
                absent(survey, blob, &group).await?;
            }
            (Some(wanted), Some(found)) if wanted.blob == found.id => {
                let mut group = Vec::new();
                reference = gather(&mut references, reference, found.id, &mut group).await?;
                note(survey, found);
                compare(survey, found, &group).await?;
                if reference.as_ref().is_none_or(|next| next.blob != found.id) {
                    content = stored.try_next().await?;
                }
            }
            (_, Some(found)) => {
                note(survey, found);
                unknown(survey, found).await?;
                content = stored.try_next().await?;
            }
            (Some(_), None) => return Ok(()),
        }
    }
}

fn note(survey: &mut Survey<'_>, found: BlobInfo) {
    survey.report.contents += 1;
    survey.report.bytes += found.size;
    survey.watch.done(1, found.size);
}

/// Takes the references to one content out of the row of all; returns the one behind them.
async fn gather(
    references: &mut References<'_>,
    first: Option<Reference>,
    blob: BlobId,
    group: &mut Vec<Reference>,
) -> Result<Option<Reference>> {
    let mut next = first;
    while let Some(reference) = next {
        if reference.blob != blob || group.len() == TOGETHER {
            return Ok(Some(reference));
        }
        group.push(reference);
        next = references.next().await?;
    }
    Ok(None)
}

fn shown(blob: BlobId, by: Referrer) -> String {
    match by {
        Referrer::File(node) => format!("content {blob} of file {node}"),
        Referrer::Segment => format!("content {blob}, a segment"),
    }
}

/// A content that is referred to and was not listed.
async fn absent(survey: &mut Survey<'_>, blob: BlobId, group: &[Reference]) -> Result<()> {
    survey.report.references += group.len() as u64;
    // A listing is of an earlier moment: the store has the last word.
    match survey.subject.blobs.get(blob, ByteRange::ALL).await {
        Ok(read) => {
            let info = read.info;
            drop(read);
            survey.report.references -= group.len() as u64;
            note(survey, info);
            return compare(survey, info, group).await;
        }
        Err(error) if *error.kind() == StoreKind::NotFound => {
            for reference in group {
                survey.tell(Kind::Missing, shown(blob, reference.by), Outcome::Found);
            }
        }
        Err(error) if *error.kind() == StoreKind::Corrupt => {
            survey.tell(Kind::Damaged, format!("content {blob}: {error}"), Outcome::Found);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// A content with those who refer to it.
async fn compare(survey: &mut Survey<'_>, found: BlobInfo, group: &[Reference]) -> Result<()> {
    survey.report.references += group.len() as u64;
    // Mostly one kind of checksums, however many files share the content.
    let mut told: Vec<(Checksums, Verifier)> = Vec::new();
    if survey.reads_bytes() {
        for reference in group.iter().filter(|reference| !reference.checksums.is_empty()) {
            if !told.iter().any(|(checksums, _)| *checksums == reference.checksums) {
                let checksums = reference.checksums.clone();
                let verifier = Verifier::new(&checksums);
                told.push((checksums, verifier));
            }
        }
        let read = read::whole(survey.subject.blobs, found.id, |piece| {
            told.iter_mut().for_each(|(_, verifier)| verifier.update(piece));
        });
        if let Err(error) = read.await {
            if matches!(error.kind(), StoreKind::Corrupt | StoreKind::NotFound) {
                let what = format!("{}: {error}", shown(found.id, group[0].by));
                survey.tell(Kind::Damaged, what, Outcome::Found);
                return Ok(());
            }
            return Err(error.into());
        }
    }
    let mut proved: Vec<(Checksums, bool)> = Vec::new();
    for (checksums, verifier) in told {
        let is_proof = verifier.is_proof();
        let agrees = verifier.finish().is_ok();
        proved.push((checksums, is_proof && agrees));
        if !agrees {
            let (checksums, _) = &proved[proved.len() - 1];
            let theirs = group.iter().find(|reference| reference.checksums == *checksums);
            let by = theirs.map_or(group[0].by, |reference| reference.by);
            survey.tell(Kind::Checksum, shown(found.id, by), Outcome::Found);
        }
    }
    for reference in group.iter().filter(|reference| reference.size != found.size) {
        let is_proved = proved.iter().any(|(c, good)| *good && *c == reference.checksums);
        let outcome = lengthen(survey, found, reference, is_proved).await?;
        let what = format!(
            "{}: {} bytes instead of {}",
            shown(found.id, reference.by),
            reference.size,
            found.size
        );
        survey.tell(Kind::Length, what, outcome);
    }
    Ok(())
}

// The sums above follow in the same transaction. A single statement changes the file first.
const LENGTH: &str = "UPDATE nodes SET size = $2 WHERE id = $1 AND size = $3 AND content = $4";
const ABOVE: &str = "WITH RECURSIVE up(id) AS (SELECT parent FROM nodes WHERE id = $1 \
     UNION SELECT n.parent FROM up CROSS JOIN nodes n WHERE n.id = up.id) \
     UPDATE nodes SET size = size + $2 WHERE id IN (SELECT id FROM up)";
const USED: &str = "WITH RECURSIVE up(id) AS (SELECT parent FROM nodes WHERE id = $1 \
     UNION SELECT n.parent FROM up CROSS JOIN nodes n WHERE n.id = up.id) \
     UPDATE spaces SET used = used + $2 WHERE root IN (SELECT id FROM up)";

/// Corrects the length of a file whose checksum proves that the content is its own.
async fn lengthen(
    survey: &Survey<'_>,
    found: BlobInfo,
    reference: &Reference,
    is_proved: bool,
) -> Result<Outcome> {
    let Referrer::File(node) = reference.by else { return Ok(Outcome::Found) };
    let (Ok(right), Ok(wrong)) = (i64::try_from(found.size), i64::try_from(reference.size)) else {
        return Ok(Outcome::Found);
    };
    if !survey.repairs() || !is_proved {
        return Ok(Outcome::Found);
    }
    let values = params![node.0, right, wrong, found.id.to_bytes()];
    let done = repair::run_all(
        survey,
        Statement::new(LENGTH, values),
        [ABOVE, USED].map(|sql| Statement::new(sql, params![node.0, right - wrong])),
    );
    Ok(if done.await? { Outcome::Repaired } else { Outcome::Found })
}

const KNOWN: &str = "SELECT CASE WHEN EXISTS (SELECT 1 FROM nodes WHERE content = $1) \
     OR EXISTS (SELECT 1 FROM segments s JOIN nodes n ON n.content = s.content \
     WHERE s.blob = $1) THEN 2 \
     WHEN EXISTS (SELECT 1 FROM segments WHERE blob = $1) \
     OR EXISTS (SELECT 1 FROM garbage WHERE blob = $1) \
     OR EXISTS (SELECT 1 FROM leases WHERE lease = $2) THEN 1 ELSE 0 END";

/// A content that no reference named.
async fn unknown(survey: &mut Survey<'_>, found: BlobInfo) -> Result<()> {
    let lease = found.id.lease().cast_signed();
    let select = Statement::new(KNOWN, vec![blob_value(found.id), lease.into()]);
    // Once more: it may have come after the page was read.
    match survey.subject.sql.read(select).await?.one()?.int(0)? {
        0 => {}
        1 => {
            survey.report.collectable += 1;
            return Ok(());
        }
        _ => return Ok(()),
    }
    let what = format!("content {} of {} bytes", found.id, found.size);
    if survey.repairs() {
        return match quarantine::take(survey.subject, found.id).await {
            Ok(()) => {
                survey.tell(Kind::Orphan, what, Outcome::Quarantined);
                Ok(())
            }
            Err(error) if error.kind() == crate::ErrorKind::Damaged => {
                survey.tell(Kind::Orphan, format!("{what}, which is damaged"), Outcome::Found);
                Ok(())
            }
            Err(error) => Err(error),
        };
    }
    // Deleted by the collector since it was listed?
    match survey.subject.blobs.get(found.id, ByteRange::new(0, 0)).await {
        Err(error) if *error.kind() == StoreKind::NotFound => {}
        _ => survey.tell(Kind::Orphan, what, Outcome::Found),
    }
    Ok(())
}
