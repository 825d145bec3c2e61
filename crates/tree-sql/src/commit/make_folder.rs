//! [`MakeFolder`].

use allmende_sql::{Expect, Statement, params};
use allmende_storage::{ChangeKind, ErrorKind, MakeFolder, Node, NodeKind, Result};
use allmende_types::Timestamp;

use super::{
    delta::{Bytes, Delta},
    draft::{Draft, expect, fail},
    report::Source,
    view::View,
};
use crate::row::{FOLDER, columns};

const INSERT: &str = concat!(
    "INSERT INTO nodes \
     (id, parent, key, name, kind, size, revision, modified, created, uploaded, segments) \
     VALUES ($1, $2, $3, $4, $5, 0, (SELECT revision FROM spaces WHERE id = $6), $7, $8, $9, 0) \
     ON CONFLICT (parent, key) DO NOTHING RETURNING ",
    columns!("")
);

impl Draft<'_> {
    pub(super) fn make_folder(&mut self, op: &MakeFolder) -> Result<(Source, Option<Source>)> {
        let place = self.place(&op.target)?;
        if place.standing.is_some() {
            return fail(ErrorKind::Exists, &op.target);
        }
        expect(&op.target, None)?;
        self.guard(&op.guards())?;
        self.check_depth(place.parent.id, 1)?;
        self.propagate(&place.parent, Delta::default(), Bytes::default());
        let id = self.fresh_id()?;
        let spelling = self.spelling(&op.target);
        let (space, created) = (place.parent.space, op.created.map(Timestamp::unix));
        let values = params![
            id.0,
            place.parent.id.0,
            spelling.key,
            spelling.name,
            FOLDER,
            space.0,
            op.modified.unix(),
            created,
            self.now.unix()
        ];
        let statement = self.body.expect(Statement::new(INSERT, values), Expect::ONE);
        self.note(space, id, &ChangeKind::Created);
        let source = self.source(statement, &place.parent);
        let node = View::changed(Node {
            id,
            parent: Some(place.parent.id),
            name: Some(op.target.name.clone()),
            kind: NodeKind::Folder,
            size: 0,
            modified: op.modified,
            ..place.parent
        });
        self.teller.created(&node);
        self.view.place(node, self.policy);
        Ok((source, None))
    }
}
