//! [`MoveNode`].

use allmende_sql::{Expect, Statement, params};
use allmende_storage::{ChangeKind, Error, ErrorKind, MoveNode, Node, Result};

use super::{
    delta::{Bytes, Delta},
    draft::{Draft, Place, expect, expected_revision},
    report::Source,
};
use crate::row::columns;

const UPDATE: &str = concat!(
    "UPDATE nodes SET parent = $2, key = $3, name = $4 WHERE id = $1 RETURNING ",
    columns!("")
);

impl Draft<'_> {
    pub(super) fn move_node(&mut self, op: &MoveNode) -> Result<(Source, Option<Source>)> {
        let node = self.node(op.node)?;
        let from = self.parent_of(&node)?;
        op.check(&node).map_err(|kind| Error::new(kind, format!("node {}", node.id)))?;
        let mut place = self.place(&op.target)?;
        place.standing = place.standing.filter(|standing| standing.id != node.id);
        self.check_cycle(&node, &place)?;
        expect(&op.target, place.standing.as_ref())?;
        self.guard(&op.guards(from.id, place.id()))?;
        self.old(&node, op.revision);
        let revision = expected_revision(&op.target);
        let replaced = place.standing.as_ref().map(|standing| self.old(standing, revision));
        self.outside(place.parent.id, node.id);
        self.charge_move(&node, &from, &place)?;
        self.check_depth(place.parent.id, self.view.height(node.id))?;

        let (plus, minus) = (Some(node.id), place.id());
        let leaves = Bytes { added: 0, freed: node.size };
        self.propagate(&from, Delta { minus: plus, ..Delta::default() }, leaves);
        let comes = Bytes::instead_of(node.size, place.standing.as_ref());
        self.propagate(&place.parent, Delta { plus, minus, ..Delta::default() }, comes);
        if let Some(standing) = &place.standing {
            self.take_away(standing);
        }
        let stays = node.space == place.parent.space;
        let mut ended = self.view.within(node.id);
        ended.retain(|lock| !(stays && lock.kind.moves_along()));
        self.end_locks(&ended);
        let spelling = self.spelling(&op.target);
        let values = params![node.id.0, place.parent.id.0, spelling.key, spelling.name];
        let statement = self.body.expect(Statement::new(UPDATE, values), Expect::ONE);
        self.note_removed(&node);
        let kind = if stays { ChangeKind::Changed } else { ChangeKind::Created };
        self.note(place.parent.space, node.id, &kind);
        let source = self.source(statement, &place.parent);
        let name = Some(op.target.name.clone());
        let (space, parent) = (place.parent.space, Some(place.parent.id));
        self.teller.moved(&node, &Node { space, parent, name: name.clone(), ..node.clone() });
        self.view.place(Node { parent, name, ..node }, self.policy);
        Ok((source, replaced))
    }

    fn charge_move(&mut self, node: &Node, from: &Node, place: &Place) -> Result<()> {
        let minus = place.id();
        if from.space == place.parent.space {
            let bytes = Bytes::instead_of(0, place.standing.as_ref());
            return self.charge(from, Delta { minus, ..Delta::default() }, bytes);
        }
        let leaves = Delta { minus: Some(node.id), ..Delta::default() };
        self.charge(from, leaves, Bytes { added: 0, freed: node.size })?;
        let comes = Delta { plus: Some(node.id), minus, ..Delta::default() };
        let bytes = Bytes::instead_of(node.size, place.standing.as_ref());
        self.charge(&place.parent, comes, bytes)
    }

    /// Refuses a target inside the node, and one that would remove an ancestor of it.
    pub(super) fn check_cycle(&self, node: &Node, place: &Place) -> Result<()> {
        let inside = self.view.is_within(place.parent.id, node.id);
        let removes = place.id().is_some_and(|standing| self.view.is_within(node.id, standing));
        if inside || removes {
            return Err(Error::new(ErrorKind::Cycle, format!("node {}", node.id)));
        }
        Ok(())
    }
}
