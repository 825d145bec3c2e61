//! What goes when groups, tags and nodes go.

use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_storage::Tree;
use allmende_types::{GroupId, NodeId};

use crate::{Result, Tags, tags::numbers};

/// Nodes that one round of cleaning looks at.
const ROUND: u32 = 500;

impl Tags {
    /// A group is gone: its members may no longer assign what was restricted to it.
    ///
    /// # Errors
    /// Those of the database. Repeating it is harmless.
    pub async fn forget_group(&self, group: &GroupId) -> Result<()> {
        let forget = "DELETE FROM system_tag_groups WHERE group_id = $1";
        let forget = Statement::new(forget, params![group.as_str()]);
        self.sql.write(Batch::one(forget, Expect::Any)).await?;
        Ok(())
    }

    /// Removes the marks of nodes that are gone for good and of tags that were deleted, a few
    /// hundred at a time; says where the next round begins, and nothing behind the last one.
    /// For a job: until it comes by, nobody is shown them. What lies in a trash is not gone.
    ///
    /// # Errors
    /// Those of the database, and [`Unavailable`](crate::ErrorKind::Unavailable) when the
    /// tree cannot tell which nodes there are: then nothing is removed.
    pub async fn clean(&self, tree: &dyn Tree, after: Option<NodeId>) -> Result<Option<NodeId>> {
        const LIST: &str = "SELECT DISTINCT node FROM system_tag_nodes WHERE node > $1 \
             ORDER BY node LIMIT $2";
        const GONE: &str = "DELETE FROM system_tag_nodes WHERE node IN ($list)";
        const UNTAGGED: &str = "DELETE FROM system_tag_nodes WHERE node IN ($list) \
             AND tag NOT IN (SELECT id FROM system_tags)";
        let values = params![after.map_or(-1, |id| id.0), ROUND];
        let rows = self.sql.read(Statement::new(LIST, values)).await?;
        let nodes = rows.iter().map(|row| Ok(NodeId(row.int(0)?))).collect::<Result<Vec<_>>>()?;
        let Some(last) = nodes.last().copied() else { return Ok(None) };
        let found = tree.stat(&nodes).await?;
        let gone: Vec<Value> = nodes
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(id, _)| Value::Int(id.0))
            .collect();
        let mut batch = Batch::new();
        if !gone.is_empty() {
            batch.push(Statement::with_list(GONE, vec![], gone));
        }
        let all = numbers(nodes.iter().map(|id| id.0));
        batch.push(Statement::with_list(UNTAGGED, vec![], all));
        self.sql.write(batch).await?;
        Ok(Some(last))
    }
}
