//! From paths to nodes.

use std::collections::HashMap;

use allmende_sql::{Statement, Value, params};
use allmende_storage::{Error, ErrorKind, Node, Result};
use allmende_types::{Epoch, Name, NodeId, SpaceId, SpacePath};

use crate::{
    SqlTree,
    error::Context,
    lineage::Links,
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

    pub(crate) async fn resolve_below(
        &self,
        top: NodeId,
        path: &SpacePath,
    ) -> Result<Option<Node>> {
        let names = path.names();
        let find = if names.len() <= NESTED {
            format!("{BELOW} WHERE n.id = {}", descent("$1", names.len()))
        } else {
            let walk = recursion("(VALUES (CAST($1 AS BIGINT)))", names.len());
            format!(
                "{walk} {BELOW} WHERE n.id = (SELECT id FROM walk WHERE level = {})",
                names.len()
            )
        };
        let mut values = params![top.0];
        values.extend(names.iter().map(|name| Value::Text(self.options.policy.key(name))));
        let statements =
            vec![Links::statement([top]).point(), Statement::new(find, values).point()];
        let answers = self.sql.read_all(statements).await.context("resolve a path")?;
        let mut links = Links::default();
        links.absorb(&answers[0])?;
        match (links.home(top), answers[1].first()) {
            (Some(home), Some(row)) => row::node(row, home).map(Some),
            _ => Ok(None),
        }
    }

    pub(crate) async fn children_named(
        &self,
        places: &[(NodeId, Name)],
    ) -> Result<Vec<Option<Node>>> {
        let key = |name: &Name| self.options.policy.key(name);
        let mut statements = Vec::new();
        for chunk in places.chunks(PLACES) {
            statements.push(Links::statement(chunk.iter().map(|(folder, _)| *folder)));
            // Filled up with the last one, so that there are few texts to prepare.
            let full = chunk.len().next_power_of_two();
            let pairs = (0..full).filter_map(|at| chunk.get(at).or(chunk.last()));
            let values = pairs.flat_map(|(folder, name)| params![folder.0, key(name)]);
            statements.push(Statement::new(children(full), values.collect()));
        }
        let answers = self.sql.read_all(statements).await.context("look for names")?;
        let (mut links, mut nodes) = (Links::default(), HashMap::new());
        for (at, rows) in answers.iter().enumerate() {
            if at % 2 == 0 {
                links.absorb(rows)?;
                continue;
            }
            for row in rows.iter() {
                let node = row::node(row, Home::UNKNOWN)?;
                if let (Some(folder), Some(name)) = (node.parent, &node.name) {
                    nodes.insert((folder, key(name)), node);
                }
            }
        }
        let found = |(folder, name): &(NodeId, Name)| {
            let Home { space, epoch } = links.home(*folder)?;
            let node = nodes.get(&(*folder, key(name)))?.clone();
            Some(Node { space, epoch, ..node })
        };
        Ok(places.iter().map(found).collect())
    }
}

/// How many names are looked for at once.
const PLACES: usize = 128;

const BELOW: &str = concat!("SELECT ", columns!("n."), " FROM nodes n");

fn children(places: usize) -> String {
    let pairs: Vec<String> = (0..places)
        .map(|at| format!("(CAST(${} AS BIGINT), ${})", 2 * at + 1, 2 * at + 2))
        .collect();
    format!(
        "WITH want(parent, key) AS (VALUES {}) {BELOW} CROSS JOIN want \
         WHERE n.parent = want.parent AND n.key = want.key",
        pairs.join(", ")
    )
}

const SELECT: &str =
    concat!("SELECT ", columns!("n."), ", s.epoch FROM spaces s LEFT JOIN nodes n");

fn nested(depth: usize) -> String {
    format!(
        "{SELECT} ON n.id = {} WHERE s.id = $1 AND s.root IS NOT NULL",
        descent("s.root", depth)
    )
}

fn walk(depth: usize) -> String {
    let walk = recursion("(SELECT root FROM spaces WHERE id = $1)", depth);
    format!(
        "{walk} {SELECT} ON n.id = (SELECT id FROM walk WHERE level = {depth}) \
         WHERE s.id = $1 AND s.root IS NOT NULL"
    )
}

/// The id of what stands `depth` names below a folder; the names are `$2` and following.
fn descent(top: &str, depth: usize) -> String {
    (0..depth).fold(top.to_owned(), |folder, level| {
        let key = level + 2;
        format!("(SELECT c.id FROM nodes c WHERE c.parent = {folder} AND c.key = ${key})")
    })
}

/// The same as the relation `walk` of ids and levels.
fn recursion(top: &str, depth: usize) -> String {
    let names: Vec<String> =
        (1..=depth).map(|level| format!("({level}, ${})", level + 1)).collect();
    format!(
        "WITH RECURSIVE name(level, key) AS (VALUES {}), top(id) AS {top}, \
         walk(id, level) AS (SELECT id, 0 FROM top UNION ALL \
         SELECT n.id, walk.level + 1 FROM walk CROSS JOIN name CROSS JOIN nodes n \
         WHERE name.level = walk.level + 1 AND n.parent = walk.id AND n.key = name.key)",
        names.join(", ")
    )
}
