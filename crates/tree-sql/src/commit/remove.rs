//! [`RemoveNode`].

use allmende_storage::{Error, ErrorKind, Node, RemoveNode, Result};

use super::{
    delta::{Bytes, Delta},
    draft::Draft,
    report::Source,
};

impl Draft<'_> {
    pub(super) fn remove(&mut self, op: RemoveNode) -> Result<(Source, Option<Source>)> {
        let node = self.node(op.node)?;
        let parent = self.parent_of(&node)?;
        op.check(&node).map_err(|kind| Error::new(kind, format!("node {}", node.id)))?;
        self.guard(&op.guards(parent.id))?;
        let source = self.old(&node, op.revision);
        let delta = Delta { minus: Some(node.id), ..Delta::default() };
        let bytes = Bytes { added: 0, freed: node.size };
        self.charge(&parent, delta, bytes)?;
        self.propagate(&parent, delta, bytes);
        self.take_away(&node);
        Ok((source, None))
    }

    /// The folder of a node that is to be moved or removed.
    pub(super) fn parent_of(&self, node: &Node) -> Result<Node> {
        let root = || Error::new(ErrorKind::Invalid, format!("node {} is a root", node.id));
        self.node(node.parent.ok_or_else(root)?)
    }
}
