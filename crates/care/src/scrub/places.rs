//! Whose a content is.

use allmende_sql::{Sql, Statement, params};
use allmende_storage::Tree;
use allmende_types::{BlobId, NodeId, SpaceId};

use crate::Result;

const FILES: &str = "SELECT id FROM nodes WHERE content = $1 UNION \
     SELECT n.id FROM segments s JOIN nodes n ON n.content = s.content WHERE s.blob = $1 \
     ORDER BY 1 LIMIT 20";

/// Where the files lie that a content belongs to, at most 20 of them: their spaces and paths,
/// such as `home:alice/notes/plan.txt`. Older contents of files lie in spaces such as
/// `versions:12`, what was thrown away in such as `trash:12`, each with the id of the space
/// that it belongs to.
///
/// # Errors
/// [`Unavailable`](crate::ErrorKind::Unavailable).
pub async fn places(sql: &Sql, tree: &dyn Tree, content: BlobId) -> Result<Vec<String>> {
    let rows = sql.read(Statement::new(FILES, params![content.to_bytes()])).await?;
    let ids = rows.iter().map(|row| Ok(NodeId(row.int(0)?))).collect::<Result<Vec<_>>>()?;
    let nodes: Vec<_> = tree.stat(&ids).await?.into_iter().flatten().collect();
    let ids: Vec<NodeId> = nodes.iter().map(|node| node.id).collect();
    let spaces: Vec<SpaceId> = nodes.iter().map(|node| node.space).collect();
    let (paths, spaces) = (tree.paths(&ids).await?, tree.spaces(&spaces).await?);
    let place = |(path, space): (Option<_>, Option<allmende_storage::Space>)| {
        Some(format!("{}/{}", space?.key, path?))
    };
    Ok(paths.into_iter().zip(spaces).filter_map(place).collect())
}
