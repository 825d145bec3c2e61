//! What the collector works on: rows of what was removed, old entries of feeds, and blobs
//! without a reference.

use std::sync::atomic::Ordering::Relaxed;

use allmende_sql::{Batch, Expect, Rows, Statement, Value, params};
use allmende_storage::{Garbage, Result};
use allmende_types::{BlobId, Timestamp};

use crate::{CHUNK, SqlTree, error::Context, row::FOLDER, row::blob_id};

const REMOVED: &str = "SELECT id FROM nodes WHERE parent IS NULL AND space IS NULL LIMIT $1";
const CHILDREN: &str = "SELECT id, kind FROM nodes WHERE parent IN ($list) LIMIT $1";

// A folder inside a removed one becomes a removed one itself, with the time of removal.
const DETACH: &str = "UPDATE nodes SET parent = NULL, \
     modified = (SELECT p.modified FROM nodes p WHERE p.id = nodes.parent) \
     WHERE id IN ($list) AND parent IS NOT NULL";
const DROP_CONTENTS: &str = "INSERT INTO garbage AS known (blob, since, condemned) \
     SELECT n.content, max(p.modified), 0 FROM nodes n JOIN nodes p ON p.id = n.parent \
     WHERE n.id IN ($list) AND n.content IS NOT NULL GROUP BY n.content \
     ON CONFLICT (blob) DO UPDATE SET since = excluded.since WHERE known.since < excluded.since";
const DROP_PROPERTIES: &str = "DELETE FROM properties WHERE node IN ($list)";
const DROP_NODES: &str = "DELETE FROM nodes WHERE id IN ($list)";

const REMOVED_SPACE: &str = "SELECT id FROM spaces WHERE root IS NULL LIMIT 1";
const DROP_CHANGES: &str = "DELETE FROM changes WHERE space = $1 AND revision <= \
     (SELECT max(revision) FROM (SELECT revision FROM changes WHERE space = $1 \
     ORDER BY revision, ord LIMIT $2) AS oldest)";
const DROP_SPACE: &str = "DELETE FROM spaces WHERE id = $1 \
     AND NOT EXISTS (SELECT 1 FROM changes WHERE changes.space = $1)";

/// How many spaces one call looks at for old entries of their feeds.
const SPACES: i64 = 256;
const OLDEST: &str = "SELECT s.id, (SELECT c.at FROM changes c WHERE c.space = s.id \
     ORDER BY c.revision, c.ord LIMIT 1) FROM spaces s WHERE s.id > $1 ORDER BY s.id LIMIT $2";
// The times of a feed need not rise, its revisions do: entries go from the oldest on.
const CUT: &str = "SELECT max(revision) FROM (SELECT revision FROM changes WHERE space = $1 \
     AND revision < COALESCE((SELECT revision FROM changes WHERE space = $1 AND at >= $2 \
     ORDER BY revision LIMIT 1), $4) ORDER BY revision, ord LIMIT $3) AS oldest";
const MOVE_START: &str = "UPDATE spaces SET feed_start = $2 WHERE id = $1 AND feed_start < $2";
const CUT_CHANGES: &str = "DELETE FROM changes WHERE space = $1 AND revision <= $2";

// A content of several segments without a file: its blobs become candidates of their own.
const LISTS: &str = "SELECT g.blob FROM garbage g WHERE g.since < $1 AND g.condemned = 0 \
     AND EXISTS (SELECT 1 FROM segments s WHERE s.content = g.blob) LIMIT $2";
const DROP_LISTS: [&str; 3] = [
    "INSERT INTO garbage AS known (blob, since, condemned) \
     SELECT s.blob, max(g.since), 0 FROM garbage g JOIN segments s ON s.content = g.blob \
     WHERE g.blob IN ($list) \
     AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.content = g.blob) GROUP BY s.blob \
     ON CONFLICT (blob) DO UPDATE SET since = excluded.since WHERE known.since < excluded.since",
    "DELETE FROM segments WHERE content IN ($list) \
     AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.content = segments.content)",
    "DELETE FROM garbage WHERE blob IN ($list) AND condemned = 0",
];

const CANDIDATES: &str = "SELECT blob FROM garbage WHERE since < $1 ORDER BY blob LIMIT $2";
macro_rules! referenced {
    () => {
        "(EXISTS (SELECT 1 FROM nodes n WHERE n.content = garbage.blob) \
         OR EXISTS (SELECT 1 FROM segments s WHERE s.blob = garbage.blob))"
    };
}
const KEEP: &str = concat!(
    "DELETE FROM garbage WHERE blob IN ($list) AND condemned = 0 AND since < $1 AND ",
    referenced!()
);
const CONDEMN: &str = concat!(
    "UPDATE garbage SET condemned = 1 WHERE blob IN ($list) AND since < $1 AND NOT ",
    referenced!(),
    " RETURNING blob"
);

impl SqlTree {
    /// What this returns cannot be referenced again: every commit asks `garbage` for its
    /// blobs. On PostgreSQL a commit that is under way at this very moment is not seen, so
    /// `before` ought to lie some seconds back.
    pub(crate) async fn purge(&self, before: Timestamp, limit: usize) -> Result<Garbage> {
        let mut cleared = self.clear_removed(limit).await?;
        if cleared < limit {
            cleared += self.clear_spaces(limit - cleared).await?;
        }
        if cleared < limit {
            cleared += self.trim_feeds(before, limit - cleared).await?;
        }
        let (dropped, blobs) = self.condemn(self.unpinned(before).await?, limit).await?;
        // A revision of a feed goes as a whole, which can be a few rows more.
        Ok(Garbage { cleared: (cleared + dropped).min(limit), blobs })
    }

    pub(crate) async fn forget_garbage(&self, blobs: &[BlobId]) -> Result<()> {
        let delete = "DELETE FROM garbage WHERE blob IN ($list)";
        let batch: Batch = (blobs.chunks(CHUNK))
            .map(|chunk| {
                let ids = chunk.iter().map(|id| Value::from(id.to_bytes()));
                Statement::with_list(delete, params![], ids)
            })
            .collect();
        self.sql.write(batch).await.map(drop).context("forget garbage")
    }

    /// Clears removed folders from above, a slice of their children at a time.
    async fn clear_removed(&self, limit: usize) -> Result<usize> {
        let mut cleared = 0;
        while cleared < limit {
            let slice = CHUNK.min(limit - cleared);
            let removed = self.rows(REMOVED, params![slice.min(32) as i64]).await?;
            if removed.is_empty() {
                break;
            }
            let tops = values(&removed);
            let select = Statement::with_list(CHILDREN, params![slice as i64], tops.clone());
            let children = self.sql.read(select).await.context("look at removed folders")?;
            let all = children.len() < slice;
            let (mut files, mut folders) = (Vec::new(), Vec::new());
            for row in children.iter() {
                let kind = row.int(1).context("a row of nodes")?;
                if kind == FOLDER { &mut folders } else { &mut files }.push(row.value(0));
            }
            let mut gone = files.clone();
            if all {
                gone.extend(tops.into_iter().take(slice - gone.len()));
            }
            cleared += gone.len();
            let mut batch = Batch::new();
            for (sql, ids) in [
                (DROP_CONTENTS, files),
                (DETACH, folders),
                (DROP_PROPERTIES, gone.clone()),
                (DROP_NODES, gone),
            ] {
                if !ids.is_empty() {
                    batch.push(Statement::with_list(sql, params![], ids));
                }
            }
            self.sql.write(batch).await.context("clear removed folders")?;
        }
        Ok(cleared)
    }

    async fn clear_spaces(&self, limit: usize) -> Result<usize> {
        let mut cleared = 0;
        while cleared < limit {
            let removed = self.rows(REMOVED_SPACE, params![]).await?;
            let Some(row) = removed.first() else { break };
            let space = row.int(0).context("a row of spaces")?;
            let mut batch = Batch::new();
            batch.push(Statement::new(DROP_CHANGES, params![space, count(limit - cleared)]));
            batch.push(Statement::new(DROP_SPACE, params![space]));
            let outcomes = self.sql.write(batch).await.context("clear a removed space")?;
            cleared += outcomes.iter().map(|outcome| outcome.affected as usize).sum::<usize>();
        }
        Ok(cleared)
    }

    /// Looks at the next spaces in turn.
    async fn trim_feeds(&self, before: Timestamp, limit: usize) -> Result<usize> {
        let keep = i64::try_from(self.options.keep_changes.as_secs()).unwrap_or(i64::MAX);
        let end = before.plus_seconds(-keep).unix();
        let after = self.trimmed.load(Relaxed);
        let oldest = self.rows(OLDEST, params![after, SPACES]).await?;
        let full = oldest.len() as i64 == SPACES;
        let mut cleared = 0;
        let mut seen = after;
        for row in oldest.iter() {
            let read = || Ok((row.int(0)?, row.opt_int(1)?));
            let (space, at) = read().context("a row of spaces")?;
            if cleared >= limit {
                break;
            }
            if at.is_some_and(|at| at < end) {
                cleared += self.trim_feed(space, end, limit - cleared).await?;
            }
            seen = space;
        }
        self.trimmed.store(if full || cleared >= limit { seen } else { 0 }, Relaxed);
        Ok(cleared)
    }

    async fn trim_feed(&self, space: i64, end: i64, limit: usize) -> Result<usize> {
        let cut = self.rows(CUT, params![space, end, count(limit), i64::MAX]).await?;
        let Some(cut) = cut.first().and_then(|row| row.opt_int(0).ok().flatten()) else {
            return Ok(0);
        };
        let mut batch = Batch::new();
        batch.push(Statement::new(MOVE_START, params![space, cut]));
        let delete = batch.push(Statement::new(CUT_CHANGES, params![space, cut]));
        let outcomes = self.sql.write(batch).await.context("trim a feed")?;
        Ok(outcomes[delete].affected as usize)
    }

    /// How many candidates turned out to be none, and the blobs that nothing references.
    async fn condemn(&self, before: Timestamp, limit: usize) -> Result<(usize, Vec<BlobId>)> {
        let slice = count(limit.min(CHUNK));
        let mut dropped = 0;
        let lists = self.rows(LISTS, params![before.unix(), slice]).await?;
        if !lists.is_empty() {
            let ids = values(&lists);
            let batch = DROP_LISTS
                .iter()
                .map(|sql| Statement::with_list(*sql, params![], ids.iter().cloned()));
            self.sql.write(batch.collect()).await.context("take contents apart")?;
            dropped += lists.len();
        }
        let candidates = self.rows(CANDIDATES, params![before.unix(), count(limit)]).await?;
        let mut blobs = Vec::new();
        for chunk in values(&candidates).chunks(CHUNK) {
            let ids = || chunk.iter().cloned();
            let mut batch = Batch::new();
            let keep = Statement::with_list(KEEP, params![before.unix()], ids());
            let keep = batch.expect(keep, Expect::Any);
            let condemn = Statement::with_list(CONDEMN, params![before.unix()], ids());
            let condemn = batch.push(condemn);
            let outcomes = self.sql.write(batch).await.context("condemn blobs")?;
            dropped += outcomes[keep].affected as usize;
            for row in outcomes[condemn].rows.iter() {
                blobs.push(row.blob(0).context("a blob").and_then(blob_id)?);
            }
        }
        blobs.sort_unstable();
        Ok((dropped, blobs))
    }

    async fn rows(&self, sql: &'static str, values: Vec<Value>) -> Result<Rows> {
        self.sql.read(Statement::new(sql, values)).await.context("look for what to clear")
    }
}

fn values(rows: &Rows) -> Vec<Value> {
    rows.iter().map(|row| row.value(0)).collect()
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
