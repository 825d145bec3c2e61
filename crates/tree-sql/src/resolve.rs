//! From paths to nodes.

use allmende_sql::{Statement, Value, params};
use allmende_storage::{Error, ErrorKind, Node, Result};
use allmende_types::{Epoch, SpaceId, SpacePath};

use crate::{
    SqlTree,
    error::Context,
    row::{self, COLUMNS, Home, columns},
};

/// Up to this depth a path has a statement of its own, one index probe per name. Longer
/// ones, which are rare, are walked by one statement over a list of names.
const NESTED: usize = 12;

impl SqlTree {
    pub(crate) async fn resolve(&self, space: SpaceId, path: &SpacePath) -> Result<Option<Node>> {
        let names = path.names();
        let statement = if names.len() <= NESTED { nested(names.len()) } else { walk(names.len()) };
        let mut values = params![space.0];
        values.extend(names.iter().map(|name| Value::Text(self.options.policy.key(name))));
        let rows = self.sql.read(Statement::new(statement, values).point()).await;
        let rows = rows.context("resolve a path")?;
        let gone = || Error::new(ErrorKind::NotFound, format!("space {space}"));
        let row = rows.first().ok_or_else(gone)?;
        let epoch = row.int(COLUMNS).context("a row of spaces")?;
        if row.is_null(0).context("a row of nodes")? {
            return Ok(None);
        }
        row::node(row, Home { space, epoch: Epoch(epoch) }).map(Some)
    }
}

const SELECT: &str =
    concat!("SELECT ", columns!("n."), ", s.epoch FROM spaces s LEFT JOIN nodes n");

fn nested(depth: usize) -> String {
    let id = (0..depth).fold("s.root".to_owned(), |folder, level| {
        let key = level + 2;
        format!("(SELECT c.id FROM nodes c WHERE c.parent = {folder} AND c.key = ${key})")
    });
    format!("{SELECT} ON n.id = {id} WHERE s.id = $1 AND s.root IS NOT NULL")
}

fn walk(depth: usize) -> String {
    let names: Vec<String> =
        (1..=depth).map(|level| format!("({level}, ${})", level + 1)).collect();
    format!(
        "WITH RECURSIVE name(level, key) AS (VALUES {}), \
         walk(id, level) AS (SELECT root, 0 FROM spaces WHERE id = $1 UNION ALL \
         SELECT n.id, walk.level + 1 FROM walk CROSS JOIN name CROSS JOIN nodes n \
         WHERE name.level = walk.level + 1 AND n.parent = walk.id AND n.key = name.key) \
         {SELECT} ON n.id = (SELECT id FROM walk WHERE level = {depth}) \
         WHERE s.id = $1 AND s.root IS NOT NULL",
        names.join(", ")
    )
}
