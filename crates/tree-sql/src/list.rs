//! Listings by the page.

use allmende_sql::{Statement, params};
use allmende_storage::{Cursor, Error, ErrorKind, Node, Page, Result};
use allmende_types::NodeId;

use crate::{
    SqlTree,
    error::Context,
    lineage::Lineage,
    row::{self, Home, columns},
};

const PAGE: &str = concat!(
    "SELECT ",
    columns!(""),
    " FROM nodes WHERE parent = $1 AND key > $2 ORDER BY key LIMIT $3"
);

impl SqlTree {
    pub(crate) async fn list(
        &self,
        folder: NodeId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Node>> {
        let limit = limit.max(1);
        // No key is empty, so all of them come after the empty text.
        let after = after.map(|cursor| self.options.policy.key(&cursor.0)).unwrap_or_default();
        // One more than asked for tells whether there is a next page.
        let rows = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
        let statements = vec![
            Lineage::statement([folder]),
            Statement::new(PAGE, params![folder.0, after, rows]),
        ];
        let answers = self.sql.read_all(statements).await.context("list a folder")?;
        let mut lineage = Lineage::default();
        lineage.absorb(&answers[0])?;
        let gone = || Error::new(ErrorKind::NotFound, format!("node {folder}"));
        let head = lineage.head(folder).ok_or_else(gone)?;
        if !lineage.nodes.get(&folder).is_some_and(Node::is_folder) {
            return Err(Error::new(ErrorKind::NotAFolder, format!("node {folder}")));
        }
        let home = Home { space: head.id, epoch: head.epoch };
        let rows = &answers[1];
        let mut items = Vec::with_capacity(rows.len().min(limit));
        for row in rows.iter().take(limit) {
            items.push(row::node(row, home)?);
        }
        let last = items.last().and_then(|node| node.name.clone());
        let next = last.filter(|_| rows.len() > limit).map(Cursor);
        Ok(Page { items, next })
    }
}
