//! [`CopyNode`].

use allmende_sql::{Expect, Statement, Value, params};
use allmende_storage::{ChangeKind, CopyNode, LockDepth, Node, Result};

use super::{
    delta::{Bytes, Delta},
    draft::{Draft, expect, expected_revision},
    report::Source,
    view::View,
};
use crate::{row::columns, schema::NEXT_ID};

/// The node itself. `$7` is 1 if what is below comes too.
const TOP: &str = concat!(
    "INSERT INTO nodes (id, parent, key, name, kind, size, revision, modified, created, \
     uploaded, content, segments, media_type, checksums) \
     SELECT CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS text), CAST($5 AS text), kind, \
     CASE WHEN kind = 1 OR $7 = 1 THEN size ELSE 0 END, \
     (SELECT revision FROM spaces WHERE id = $6), modified, created, CAST($8 AS BIGINT), \
     content, segments, media_type, checksums FROM nodes WHERE id = $1 \
     ON CONFLICT (parent, key) DO NOTHING RETURNING ",
    columns!("")
);

// Everybody who takes ids does it by changing this row, and waits until we are done.
const HOLD_IDS: &str = "UPDATE numbers SET value = value WHERE name = $1";

/// Gives each node below `$1` a new id, under the id of the copy's top.
const ASSIGN: &str = "INSERT INTO copies (op, old, new) WITH RECURSIVE down(id) AS (\
     SELECT id FROM nodes WHERE parent = $1 UNION ALL \
     SELECT n.id FROM down CROSS JOIN nodes n WHERE n.parent = down.id) \
     SELECT CAST($2 AS BIGINT), id, (SELECT value FROM numbers WHERE name = $3) - 1 \
     + row_number() OVER () FROM down";
const TAKE_IDS: &str = "UPDATE numbers SET value = value + \
     (SELECT count(*) FROM copies WHERE op = $1) WHERE name = $2";

/// `$1` is the id of the copy's top, under which its children go.
const BELOW: &str = "INSERT INTO nodes (id, parent, key, name, kind, size, revision, \
     modified, created, uploaded, content, segments, media_type, checksums) \
     SELECT c.new, COALESCE(p.new, $1), n.key, n.name, n.kind, n.size, \
     (SELECT revision FROM spaces WHERE id = $2), n.modified, n.created, CAST($3 AS BIGINT), \
     n.content, n.segments, n.media_type, n.checksums \
     FROM copies c CROSS JOIN nodes n LEFT JOIN copies p ON p.op = $1 AND p.old = n.parent \
     WHERE c.op = $1 AND n.id = c.old";
const PROPERTIES_BELOW: &str = "INSERT INTO properties (node, owner, namespace, name, value) \
     SELECT c.new, p.owner, p.namespace, p.name, p.value \
     FROM copies c CROSS JOIN properties p WHERE c.op = $1 AND p.node = c.old AND p.owner = ''";
const FORGET: &str = "DELETE FROM copies WHERE op = $1";

const PROPERTIES: &str = "INSERT INTO properties (node, owner, namespace, name, value) \
     SELECT CAST($2 AS BIGINT), owner, namespace, name, value FROM properties \
     WHERE node = $1 AND owner = ''";

impl Draft<'_> {
    pub(super) fn copy(&mut self, op: &CopyNode) -> Result<(Source, Option<Source>)> {
        let node = self.node(op.node)?;
        let place = self.place(&op.target)?;
        self.check_cycle(&node, &place)?;
        expect(&op.target, place.standing.as_ref())?;
        self.guard(&op.guards(place.id()))?;
        self.alive(&node);
        let revision = expected_revision(&op.target);
        let replaced = place.standing.as_ref().map(|standing| self.old(standing, revision));
        self.outside(place.parent.id, node.id);
        let alone = node.is_folder() && op.depth == LockDepth::Zero;
        let size = if alone { 0 } else { node.size };
        let delta = Delta { bytes: 0, plus: (!alone).then_some(node.id), minus: place.id() };
        let bytes = Bytes::instead_of(size, place.standing.as_ref());
        self.charge(&place.parent, delta, bytes)?;
        let height = if alone { 1 } else { self.view.height(node.id) };
        self.check_depth(place.parent.id, height)?;
        self.propagate(&place.parent, delta, bytes);
        if let Some(standing) = &place.standing {
            self.take_away(standing);
        }

        let id = self.fresh_id()?;
        let spelling = self.spelling(&op.target);
        let (space, now) = (place.parent.space, self.now.unix());
        let values = params![
            node.id.0,
            id.0,
            place.parent.id.0,
            spelling.key,
            spelling.name,
            space.0,
            !alone,
            now
        ];
        let top = self.body.expect(Statement::new(TOP, values), Expect::ONE);
        self.body.push(Statement::new(PROPERTIES, params![node.id.0, id.0]));
        if node.is_folder() && !alone {
            let mut push = |sql: &'static str, values: Vec<Value>| {
                self.body.push(Statement::new(sql, values));
            };
            push(HOLD_IDS, params![NEXT_ID]);
            push(ASSIGN, params![node.id.0, id.0, NEXT_ID]);
            push(TAKE_IDS, params![id.0, NEXT_ID]);
            push(BELOW, params![id.0, space.0, now]);
            push(PROPERTIES_BELOW, params![id.0]);
            push(FORGET, params![id.0]);
        }
        self.note(space, id, &ChangeKind::Created);
        let source = self.source(top, &place.parent);
        let name = Some(op.target.name.clone());
        let source_id = node.id;
        let copy = Node { id, space, parent: Some(place.parent.id), name, size, ..node };
        self.teller.copied(source_id, &copy);
        self.view.place(View::changed(copy), self.policy);
        Ok((source, replaced))
    }
}
