//! [`SetFacts`].

use allmende_sql::{Expect, Statement, params};
use allmende_storage::{ChangeKind, Error, ErrorKind, Node, NodeKind, Result, SetFacts};
use allmende_types::Timestamp;

use super::{
    delta::{Bytes, Delta},
    draft::{Draft, unchanged},
    report::Source,
    view::View,
};
use crate::row::columns;

/// `$5` is 1 if the checksums are set to `$6`; `$4` the space, if the node is to get its
/// revision. `$7` is the revision that the node must have, if any.
const UPDATE: &str = concat!(
    "UPDATE nodes SET modified = COALESCE($2, modified), created = COALESCE($3, created), \
     revision = COALESCE((SELECT revision FROM spaces WHERE id = $4), revision), \
     checksums = CASE WHEN $5 = 1 THEN $6 ELSE checksums END \
     WHERE id = $1 AND revision = COALESCE($7, revision) RETURNING ",
    columns!("")
);

impl Draft<'_> {
    pub(super) fn set_facts(&mut self, op: &SetFacts) -> Result<(Source, Option<Source>)> {
        let node = self.node(op.node)?;
        let mut kind = node.kind.clone();
        if let Some((revision, checksums)) = &op.checksums {
            let NodeKind::File(content) = &mut kind else {
                return Err(Error::new(ErrorKind::NotAFile, format!("node {}", op.node)));
            };
            content.checksums = checksums.clone();
            unchanged(&node, Some(*revision))?;
        }
        self.guard(&op.guards())?;
        self.alive(&node);
        if op.modified.is_some() {
            match node.parent {
                Some(parent) => {
                    let parent = self.node(parent)?;
                    self.propagate(&parent, Delta::default(), Bytes::default());
                }
                None => self.touch(node.space),
            }
        }
        let checksums = op.checksums.as_ref().map(|(_, checksums)| checksums);
        let text = checksums.filter(|all| !all.is_empty()).map(ToString::to_string);
        let values = params![
            node.id.0,
            op.modified.map(Timestamp::unix),
            op.created.map(Timestamp::unix),
            op.modified.map(|_| node.space.0),
            checksums.is_some(),
            text,
            op.checksums.as_ref().map(|(revision, _)| revision.0)
        ];
        let statement = self.body.expect(Statement::new(UPDATE, values), Expect::ONE);
        let source = self.source(statement, &node);
        let modified = op.modified.unwrap_or(node.modified);
        let changed = Node { kind, modified, created: op.created.or(node.created), ..node };
        if op.modified.is_some() {
            self.note(changed.space, changed.id, &ChangeKind::Changed);
            self.view.place(View::changed(changed), self.policy);
        } else {
            self.view.place(changed, self.policy);
        }
        Ok((source, None))
    }
}
