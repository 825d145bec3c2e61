//! Spaces.

use std::collections::HashMap;

use allmende_sql::{Batch, Expect, Row, Rows, Statement, Value, params};
use allmende_storage::{Error, ErrorKind, NewSpace, Result, Space};
use allmende_types::{Epoch, NodeId, Revision, SpaceId, Timestamp};

use crate::{
    CHUNK, SqlTree,
    error::{Context, column, is_stale},
    row::FOLDER,
    schema::EPOCH,
};

const COLUMNS: &str = "id, key, root, epoch, revision, used, quota";

/// The revision of a space in which nothing has happened yet.
const FIRST: i64 = 1;

impl SqlTree {
    pub(crate) async fn create_space(&self, new: NewSpace) -> Result<Space> {
        let NewSpace { key, quota, now } = new;
        if !(1..=255).contains(&key.len()) || key.contains('\0') {
            let context = "a space's key has 1 to 255 bytes, none of them 0";
            return Err(Error::new(ErrorKind::Invalid, context));
        }
        let limit = quota.map(quota_column);
        let ids = self.ids.take(2).await?;
        let (id, root) = (ids[0], ids[1]);
        let mut batch = Batch::new();
        let insert = "INSERT INTO spaces \
             (id, key, root, epoch, revision, used, quota, deepest, feed_start) \
             SELECT CAST($1 AS BIGINT), CAST($2 AS text), CAST($3 AS BIGINT), value, \
             CAST($4 AS BIGINT), 0, CAST($5 AS BIGINT), 0, 0 \
             FROM numbers WHERE name = $6 ON CONFLICT (key) DO NOTHING";
        let values = params![id, &*key, root, FIRST, limit, EPOCH];
        batch.expect(Statement::new(insert, values), Expect::ONE);
        let insert = "INSERT INTO nodes \
             (id, space, kind, size, revision, modified, uploaded, segments) \
             VALUES ($1, $2, $3, 0, $4, $5, $5, 0)";
        batch.push(Statement::new(insert, params![root, id, FOLDER, FIRST, now.unix()]));
        let select = format!("SELECT {COLUMNS} FROM spaces WHERE id = $1");
        let made = batch.push(Statement::new(select, params![id]));
        match self.sql.write(batch).await {
            Err(error) if is_stale(&error) => {
                Err(Error::new(ErrorKind::Exists, format!("space {key:?}")))
            }
            answer => {
                let outcomes = answer.context(format!("make space {key:?}"))?;
                outcomes[made].rows.one().and_then(space).context("a row of spaces")
            }
        }
    }

    pub(crate) async fn spaces(&self, ids: &[SpaceId]) -> Result<Vec<Option<Space>>> {
        let select =
            format!("SELECT {COLUMNS} FROM spaces WHERE root IS NOT NULL AND id IN ($list)");
        let statements = ids.chunks(CHUNK).map(|chunk| {
            let list = chunk.iter().map(|id| Value::Int(id.0));
            Statement::with_list(select.clone(), params![], list)
        });
        let answers = self.sql.read_all(statements.collect()).await.context("look at spaces")?;
        let mut found = HashMap::new();
        for row in answers.iter().flat_map(Rows::iter) {
            let space = space(row).context("a row of spaces")?;
            found.insert(space.id, space);
        }
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    pub(crate) async fn find_space(&self, key: &str) -> Result<Option<Space>> {
        let select = format!("SELECT {COLUMNS} FROM spaces WHERE key = $1 AND root IS NOT NULL");
        if key.contains('\0') {
            return Ok(None);
        }
        let rows = self.sql.read(Statement::new(select, params![key]).point()).await;
        let rows = rows.context("find a space")?;
        rows.first().map(space).transpose().context("a row of spaces")
    }

    pub(crate) async fn find_spaces(&self, keys: &[&str]) -> Result<Vec<Option<Space>>> {
        let select =
            format!("SELECT {COLUMNS} FROM spaces WHERE root IS NOT NULL AND key IN ($list)");
        // No key has a zero byte, and PostgreSQL has no text with one.
        let possible: Vec<&str> = keys.iter().copied().filter(|key| !key.contains('\0')).collect();
        let statements = possible.chunks(CHUNK).map(|chunk| {
            let list = chunk.iter().map(|key| Value::from(*key));
            Statement::with_list(select.clone(), params![], list)
        });
        let answers = self.sql.read_all(statements.collect()).await.context("find spaces")?;
        let mut found = HashMap::new();
        for row in answers.iter().flat_map(Rows::iter) {
            let space = space(row).context("a row of spaces")?;
            found.insert(space.key.clone(), space);
        }
        Ok(keys.iter().map(|key| found.get(*key).cloned()).collect())
    }

    pub(crate) async fn space(&self, id: SpaceId) -> Result<Space> {
        let select = format!("SELECT {COLUMNS} FROM spaces WHERE id = $1 AND root IS NOT NULL");
        let rows = self.sql.read(Statement::new(select, params![id.0]).point()).await;
        let rows = rows.context("read a space")?;
        let row = rows.first().ok_or_else(|| gone(id))?;
        space(row).context("a row of spaces")
    }

    pub(crate) async fn set_quota(&self, id: SpaceId, quota: Option<u64>) -> Result<()> {
        let limit = quota.map(quota_column);
        let update = "UPDATE spaces SET quota = $2 WHERE id = $1 AND root IS NOT NULL";
        let update = Statement::new(update, params![id.0, limit]);
        self.expect_space(Batch::one(update, Expect::ONE), id).await
    }

    pub(crate) async fn remove_space(&self, id: SpaceId, now: Timestamp) -> Result<()> {
        let mut batch = Batch::new();
        // Touched first, as by every writer.
        let touch = "UPDATE spaces SET revision = revision WHERE id = $1 AND root IS NOT NULL";
        batch.expect(Statement::new(touch, params![id.0]), Expect::ONE);
        let detach = "UPDATE nodes SET space = NULL, modified = $2 \
             WHERE id = (SELECT root FROM spaces WHERE id = $1)";
        batch.push(Statement::new(detach, params![id.0, now.unix()]));
        let update = "UPDATE spaces SET root = NULL, key = NULL WHERE id = $1";
        batch.push(Statement::new(update, params![id.0]));
        batch.push(Statement::new("DELETE FROM locks WHERE space = $1", params![id.0]));
        self.expect_space(batch, id).await
    }

    async fn expect_space(&self, batch: Batch, id: SpaceId) -> Result<()> {
        match self.sql.write(batch).await {
            Err(error) if is_stale(&error) => Err(gone(id)),
            answer => answer.map(drop).context(format!("change space {id}")),
        }
    }
}

/// A quota beyond what sizes can reach is as good as none that is finite.
fn quota_column(quota: u64) -> i64 {
    column(quota, "quota").unwrap_or(i64::MAX)
}

fn gone(id: SpaceId) -> Error {
    Error::new(ErrorKind::NotFound, format!("space {id}"))
}

fn space(row: Row<'_>) -> allmende_sql::Result<Space> {
    Ok(Space {
        id: SpaceId(row.int(0)?),
        key: row.text(1)?.into(),
        root: NodeId(row.int(2)?),
        epoch: Epoch(row.int(3)?),
        revision: Revision(row.int(4)?),
        used: row.int(5)?.try_into().unwrap_or(0),
        quota: row.opt_int(6)?.map(|quota| quota.try_into().unwrap_or(0)),
    })
}
