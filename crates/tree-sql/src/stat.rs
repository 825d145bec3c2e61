//! Nodes by their ids.

use std::collections::HashMap;

use allmende_sql::{Statement, Value, params};
use allmende_storage::{ChildCount, Node, Result};
use allmende_types::{NodeId, SpacePath};

use crate::{
    CHUNK, SqlTree,
    error::Context,
    lineage::{Lineage, Links},
    row::FOLDER,
};

const COUNT: &str = "SELECT parent, kind, count(*) FROM nodes WHERE parent IN ($list) \
     GROUP BY parent, kind";

impl SqlTree {
    pub(crate) async fn stat(&self, ids: &[NodeId]) -> Result<Vec<Option<Node>>> {
        let lineage = self.lineage(ids).await?;
        Ok(ids.iter().map(|id| lineage.node(*id)).collect())
    }

    pub(crate) async fn paths(&self, ids: &[NodeId]) -> Result<Vec<Option<SpacePath>>> {
        let lineage = self.lineage(ids).await?;
        Ok(ids.iter().map(|id| lineage.path(*id)).collect())
    }

    pub(crate) async fn lineage(&self, ids: &[NodeId]) -> Result<Lineage> {
        let statement = |chunk: &[NodeId]| {
            let statement = Lineage::statement(chunk.iter().copied());
            if chunk.len() <= 4 { statement.point() } else { statement }
        };
        let statements = ids.chunks(CHUNK).map(statement).collect();
        let answers = self.sql.read_all(statements).await.context("look at nodes")?;
        let mut lineage = Lineage::default();
        answers.iter().try_for_each(|rows| lineage.absorb(rows))?;
        Ok(lineage)
    }

    pub(crate) async fn count_children(&self, folders: &[NodeId]) -> Result<Vec<ChildCount>> {
        let mut statements = Vec::new();
        for chunk in folders.chunks(CHUNK) {
            statements.push(Links::statement(chunk.iter().copied()));
            let ids = chunk.iter().map(|id| Value::Int(id.0));
            statements.push(Statement::with_list(COUNT, params![], ids));
        }
        let answers = self.sql.read_all(statements).await.context("count children")?;
        let mut links = Links::default();
        let mut counts: HashMap<NodeId, ChildCount> = HashMap::new();
        for pair in answers.chunks(2) {
            links.absorb(&pair[0])?;
            for row in pair[1].iter() {
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
