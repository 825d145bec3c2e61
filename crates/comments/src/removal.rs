//! What goes when people and nodes go.

use allmende_sql::{Batch, Statement, Value, params};
use allmende_storage::Tree;
use allmende_types::{NodeId, UserId};

use crate::{Comments, Result};

/// Nodes that one round of cleaning looks at.
const ROUND: u32 = 500;

impl Comments {
    /// A person is gone: what they said stays, without their name, and what they have read is
    /// forgotten.
    ///
    /// # Errors
    /// Those of the database. Repeating it is harmless.
    pub async fn forget_person(&self, person: &UserId) -> Result<()> {
        const NAMELESS: &str =
            "UPDATE comments SET author = NULL, author_key = NULL WHERE author_key = $1";
        const UNREAD: &str = "DELETE FROM comment_reads WHERE person = $1";
        let batch: Batch = [NAMELESS, UNREAD]
            .map(|sql| Statement::new(sql, params![person.key()]))
            .into_iter()
            .collect();
        self.sql.write(batch).await?;
        Ok(())
    }

    /// Removes the comments of nodes that are gone for good, and what was told of them, a few
    /// hundred nodes at a time; says where the next round begins, and nothing behind the last
    /// one. For a job: until it comes by, nobody is shown them. What lies in a trash is not
    /// gone.
    ///
    /// # Errors
    /// Those of the database, and [`Unavailable`](crate::ErrorKind::Unavailable) when the
    /// tree cannot tell which nodes there are: then nothing is removed.
    pub async fn clean(&self, tree: &dyn Tree, after: Option<NodeId>) -> Result<Option<NodeId>> {
        // Who has read nothing that is there has a mark all the same.
        const LIST: &str = "SELECT node FROM (SELECT node FROM commented_nodes \
             UNION SELECT node FROM comment_reads) n WHERE node > $1 ORDER BY node LIMIT $2";
        // Dismissals are of notifications to groups, and mentions tell people only.
        const GONE: [&str; 4] = [
            "DELETE FROM notifications WHERE app = 'comments' AND object_type = 'comment' \
             AND object_id IN (SELECT CAST(id AS text) FROM comments WHERE node IN ($list))",
            "DELETE FROM comments WHERE node IN ($list)",
            "DELETE FROM comment_reads WHERE node IN ($list)",
            "DELETE FROM commented_nodes WHERE node IN ($list)",
        ];
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
            let delete = |sql| Statement::with_list(sql, vec![], gone.clone());
            self.sql.write(GONE.into_iter().map(delete).collect()).await?;
        }
        Ok(Some(last))
    }
}
