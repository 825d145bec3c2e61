//! Everything of one moment of the database, in the order of a manifest.

use std::path::Path;

use allmende_files::Companion;
use allmende_sql::{Snapshot, Statement, params};
use allmende_types::SpaceId;

use super::{
    record::{Record, Space, TRASH, space_dir},
    spool::{Spool, Step},
    tables::{self, AFTER, BEFORE},
    trashed,
    walk::{Found, Walk},
    write::ExportSource,
};
use crate::{Result, Watch, catalog};

const SPACES: &str = "SELECT key, id, root, quota FROM spaces \
     WHERE root IS NOT NULL AND key > $1 ORDER BY key LIMIT 500";
const COMPANION: &str = "SELECT root, quota FROM spaces WHERE key = $1 AND root IS NOT NULL";

/// Notes everything down, and says of which tables nothing is told.
pub(super) async fn everything(
    source: ExportSource<'_>,
    spool: &mut Spool,
    watch: &dyn Watch,
) -> Result<Vec<String>> {
    let snapshot = source.sql.snapshot().await?;
    let all = catalog::tables(&snapshot).await?;
    watch.begin("people");
    let row = |spool: &mut Spool, row| {
        watch.done(1, 0);
        spool.add(&Step::Record(Record::Row(row)))
    };
    tables::rows(&snapshot, &all, BEFORE, source.key, |one| row(spool, one)).await?;
    watch.begin("tree");
    let mut after = String::new();
    loop {
        let rows = snapshot.read(Statement::new(SPACES, params![after.clone()])).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows.iter() {
            row.text(0)?.clone_into(&mut after);
            if space_dir(Path::new(""), &after).is_none() {
                continue;
            }
            let quota = row.opt_int(3)?;
            space(&snapshot, Space { space: after.clone(), quota }, row.int(2)?, spool, watch)
                .await?;
            // What was thrown away in it comes right behind: the ids of spaces, by which the
            // database orders them, are nobody else's.
            let trash = Companion::Trash.key(SpaceId(row.int(1)?));
            let found = snapshot.read(Statement::new(COMPANION, params![trash])).await?;
            if let Some(own) = found.first() {
                let quota = own.opt_int(1)?;
                let trash = Space { space: format!("{TRASH}{after}"), quota };
                space(&snapshot, trash, own.int(0)?, spool, watch).await?;
            }
        }
    }
    watch.begin("shares");
    tables::rows(&snapshot, &all, AFTER, source.key, |one| row(spool, one)).await?;
    trashed::list(&snapshot, |one| spool.add(&Step::Record(Record::Trashed(one)))).await?;
    Ok(tables::left_out(&all))
}

async fn space(
    snapshot: &Snapshot,
    space: Space,
    root: i64,
    spool: &mut Spool,
    watch: &dyn Watch,
) -> Result<()> {
    spool.add(&Step::Record(Record::Space(space)))?;
    let mut walk = Walk::new(snapshot, root);
    while let Some(found) = walk.next().await? {
        watch.done(1, 0);
        spool.add(&match found {
            Found::Folder(record) => Step::Record(Record::Folder(record)),
            Found::File(record, content) => {
                let blobs = content.blobs(snapshot).await?;
                Step::Content(*record, blobs.iter().map(ToString::to_string).collect())
            }
            Found::Leave(record) => Step::Leave(record),
        })?;
    }
    Ok(())
}
