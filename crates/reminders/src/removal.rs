//! What goes when people and nodes go.

use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_storage::Tree;
use allmende_types::{NodeId, UserId};

use crate::{Reminders, Result};

/// Nodes that one round of cleaning looks at.
const ROUND: u32 = 500;

impl Reminders {
    /// A person is gone: nothing is to be told them any more.
    ///
    /// # Errors
    /// Those of the database. Repeating it is harmless.
    pub async fn forget_person(&self, person: &UserId) -> Result<()> {
        let forget = "DELETE FROM reminders WHERE person_key = $1";
        let forget = Statement::new(forget, params![person.key()]);
        self.sql.write(Batch::one(forget, Expect::Any)).await?;
        Ok(())
    }

    /// Removes the reminders of nodes that are gone for good, a few hundred nodes at a time;
    /// says where the next round begins, and nothing behind the last one. For a job. What lies
    /// in a trash is not gone.
    ///
    /// # Errors
    /// Those of the database, and [`Unavailable`](crate::ErrorKind::Unavailable) when the
    /// tree cannot tell which nodes there are: then nothing is removed.
    pub async fn clean(&self, tree: &dyn Tree, after: Option<NodeId>) -> Result<Option<NodeId>> {
        const LIST: &str =
            "SELECT DISTINCT node FROM reminders WHERE node > $1 ORDER BY node LIMIT $2";
        const GONE: &str = "DELETE FROM reminders WHERE node IN ($list)";
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
        if !gone.is_empty() {
            let gone = Statement::with_list(GONE, vec![], gone);
            self.sql.write(Batch::one(gone, Expect::Any)).await?;
        }
        Ok(Some(last))
    }
}
