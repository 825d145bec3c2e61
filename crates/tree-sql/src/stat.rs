//! Nodes by their ids.

use std::collections::HashMap;

use allmende_sql::{Rows, Statement, Value, params};
use allmende_storage::{ChildCount, Node, Result};
use allmende_types::{Name, NodeId, SpacePath};

use crate::{
    CHUNK, SqlTree,
    error::{Context, corrupt},
    lineage::Links,
    row::{self, FOLDER, Home, columns},
};

const COUNT: &str = "SELECT parent, kind, count(*) FROM nodes WHERE parent IN ($list) \
     GROUP BY parent, kind";

const ROWS: &str = concat!("SELECT ", columns!(""), " FROM nodes WHERE id IN ($list)");

// A link and the name; see `Links` for why by subqueries.
const NAMES: &str = "WITH RECURSIVE up(id, parent) AS (\
     SELECT id, parent FROM nodes WHERE id IN ($list) UNION \
     SELECT up.parent, (SELECT n.parent FROM nodes n WHERE n.id = up.parent) \
     FROM up WHERE up.parent IS NOT NULL) \
     SELECT id, (SELECT COALESCE(n.name, n.key) FROM nodes n WHERE n.id = up.id) FROM up";

impl SqlTree {
    pub(crate) async fn stat(&self, ids: &[NodeId]) -> Result<Vec<Option<Node>>> {
        let (links, rows) = self.with_links(ids, ROWS).await?;
        let mut nodes = HashMap::new();
        for row in rows.iter().flat_map(Rows::iter) {
            let node = row::node(row, Home::UNKNOWN)?;
            nodes.insert(node.id, node);
        }
        let node = |id: &NodeId| {
            let Home { space, epoch } = links.home(*id)?;
            nodes.get(id).map(|node| Node { space, epoch, ..node.clone() })
        };
        Ok(ids.iter().map(node).collect())
    }

    pub(crate) async fn paths(&self, ids: &[NodeId]) -> Result<Vec<Option<SpacePath>>> {
        let (links, rows) = self.with_links(ids, NAMES).await?;
        let mut names = HashMap::new();
        for row in rows.iter().flat_map(Rows::iter) {
            let read = || Ok((NodeId(row.int(0)?), row.opt_text(1)?));
            let (id, name) = read().context("a name of a node")?;
            if let Some(name) = name {
                let corrupt = |error| corrupt(format!("node {id}")).with_source(error);
                names.insert(id, Name::new(name).map_err(corrupt)?);
            }
        }
        let path = |id: &NodeId| {
            links.home(*id)?;
            let mut path: Vec<Name> =
                links.chain(*id).filter_map(|id| names.get(&id).cloned()).collect();
            path.reverse();
            SpacePath::from_names(path).ok()
        };
        Ok(ids.iter().map(path).collect())
    }

    pub(crate) async fn lineage(&self, ids: &[NodeId]) -> Result<Vec<Vec<NodeId>>> {
        let few = ids.len() <= 4;
        let statements = ids.chunks(CHUNK).map(|chunk| {
            let links = Links::statement(chunk.iter().copied());
            if few { links.point() } else { links }
        });
        let answers = self.sql.read_all(statements.collect()).await.context("look at folders")?;
        let mut links = Links::default();
        for rows in &answers {
            links.absorb(rows)?;
        }
        let chain = |id: &NodeId| match links.home(*id) {
            Some(_) => links.chain(*id).collect(),
            None => Vec::new(),
        };
        Ok(ids.iter().map(chain).collect())
    }

    /// What is alive, and the answers to a statement over the same ids.
    async fn with_links(&self, ids: &[NodeId], sql: &'static str) -> Result<(Links, Vec<Rows>)> {
        let mut statements = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let list = chunk.iter().map(|id| Value::Int(id.0));
            let pair = [
                Links::statement(chunk.iter().copied()),
                Statement::with_list(sql, params![], list),
            ];
            let few = chunk.len() <= 4;
            statements.extend(pair.map(|one| if few { one.point() } else { one }));
        }
        let answers = self.sql.read_all(statements).await.context("look at nodes")?;
        let mut links = Links::default();
        let mut rest = Vec::with_capacity(answers.len() / 2);
        for (at, rows) in answers.into_iter().enumerate() {
            if at % 2 == 0 { links.absorb(&rows)? } else { rest.push(rows) }
        }
        Ok((links, rest))
    }

    pub(crate) async fn count_children(&self, folders: &[NodeId]) -> Result<Vec<ChildCount>> {
        let (links, answers) = self.with_links(folders, COUNT).await?;
        let mut counts: HashMap<NodeId, ChildCount> = HashMap::new();
        for rows in &answers {
            for row in rows.iter() {
                let read = || Ok((row.int(0)?, row.int(1)?, row.int(2)?));
                let (parent, kind, count) = read().context("a count of nodes")?;
                let (entry, count) = (
                    counts.entry(NodeId(parent)).or_default(),
                    u64::try_from(count).unwrap_or_default(),
                );
                *(if kind == FOLDER { &mut entry.folders } else { &mut entry.files }) = count;
            }
        }
        let count = |id: &NodeId| {
            links.space(*id).and_then(|_| counts.get(id).copied()).unwrap_or_default()
        };
        Ok(folders.iter().map(count).collect())
    }
}
