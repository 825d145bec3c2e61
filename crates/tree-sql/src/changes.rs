//! The feed of changes.

use allmende_sql::{Row, Rows, Statement, Value, params};
use allmende_storage::{Change, ChangeKind, Error, ErrorKind, Result};
use allmende_types::{Name, NodeId, Revision, SpaceId, Timestamp};

use crate::{
    SqlTree,
    error::{Context, corrupt},
};

const CREATED: i64 = 0;
const CHANGED: i64 = 1;
const REMOVED: i64 = 2;

const INSERT: &str = "INSERT INTO changes (space, revision, ord, node, kind, at, parent, name) \
     VALUES ($1, (SELECT revision FROM spaces WHERE id = $1), $2, $3, $4, $5, $6, $7)";

const START: &str = "SELECT feed_start FROM spaces WHERE id = $1 AND root IS NOT NULL";

// Up to the last entry of the revision in which the page is full.
const PAGE: &str = "SELECT revision, node, kind, parent, name FROM changes \
     WHERE space = $1 AND revision > $2 AND revision <= COALESCE(\
     (SELECT revision FROM changes WHERE space = $1 AND revision > $2 \
     ORDER BY revision, ord LIMIT 1 OFFSET $3), $4) ORDER BY revision, ord";

/// Notes a change under the revision that the space has by then.
pub(crate) fn entry(
    space: SpaceId,
    ord: i64,
    node: NodeId,
    kind: &ChangeKind,
    now: Timestamp,
) -> Option<Statement> {
    let (kind, parent, name) = match kind {
        ChangeKind::Created => (CREATED, None, None),
        ChangeKind::Changed => (CHANGED, None, None),
        ChangeKind::Removed { parent, name } => (REMOVED, Some(parent.0), Some(name.as_str())),
        _ => return None,
    };
    let values = params![space.0, ord, node.0, kind, now.unix(), parent, name];
    Some(Statement::new(INSERT, values))
}

impl SqlTree {
    pub(crate) async fn changes(
        &self,
        space: SpaceId,
        since: Revision,
        limit: usize,
    ) -> Result<Vec<Change>> {
        let last = i64::try_from(limit.max(1) - 1).unwrap_or(i64::MAX);
        let page =
            vec![Value::Int(space.0), Value::Int(since.0), Value::Int(last), i64::MAX.into()];
        let statements =
            vec![Statement::new(START, params![space.0]).point(), Statement::new(PAGE, page)];
        let answers = self.sql.read_all(statements).await.context("read changes")?;
        let start = answers[0].first().map(|row| row.int(0)).transpose().context("a space")?;
        let start = start.ok_or_else(|| missing(space))?;
        if since.0 < start {
            let context = format!("changes of space {space} since {since}: gone");
            return Err(Error::new(ErrorKind::NotFound, context));
        }
        read(&answers[1])
    }
}

fn missing(space: SpaceId) -> Error {
    Error::new(ErrorKind::NotFound, format!("space {space}"))
}

fn read(rows: &Rows) -> Result<Vec<Change>> {
    rows.iter().map(|row| change(row).context("a row of changes")?).collect()
}

fn change(row: Row<'_>) -> allmende_sql::Result<Result<Change>> {
    let kind = match row.int(2)? {
        CREATED => ChangeKind::Created,
        CHANGED => ChangeKind::Changed,
        _ => {
            let parent = NodeId(row.int(3)?);
            match Name::new(row.text(4)?) {
                Ok(name) => ChangeKind::Removed { parent, name },
                Err(error) => return Ok(Err(corrupt("a name in changes").with_source(error))),
            }
        }
    };
    Ok(Ok(Change { revision: Revision(row.int(0)?), node: NodeId(row.int(1)?), kind }))
}
