//! Nodes with the folders above them.

use std::collections::HashMap;

use allmende_storage::Node;
use allmende_types::{NodeId, SpaceId};

use crate::{Result, Sharing};

/// Some nodes and all that lies above them.
#[derive(Debug, Default)]
pub(crate) struct Lineage(HashMap<NodeId, Node>);

impl Lineage {
    /// The node, if it is there.
    pub(crate) fn get(&self, id: NodeId) -> Option<&Node> {
        self.0.get(&id)
    }

    /// The node and what is above it, up to the root of its space; nothing if it is gone.
    pub(crate) fn chain(&self, id: NodeId) -> impl Iterator<Item = &Node> {
        let up = |node: &&Node| node.parent.and_then(|parent| self.0.get(&parent));
        std::iter::successors(self.0.get(&id), up)
    }

    /// The id of every node that was met.
    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> {
        self.0.keys().copied()
    }

    /// Every node that was met.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.0.values()
    }

    /// Every space that was met.
    pub(crate) fn spaces(&self) -> impl Iterator<Item = SpaceId> {
        self.0.values().map(|node| node.space)
    }
}

impl Sharing {
    /// Nodes with what is above them, those left out that are gone: two reads, however many
    /// nodes and however deep they lie.
    pub(crate) async fn lineage(&self, nodes: impl IntoIterator<Item = NodeId>) -> Result<Lineage> {
        let mut ids: Vec<NodeId> = nodes.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Lineage::default());
        }
        let chains = self.tree().lineage(&ids).await?;
        let mut all: Vec<NodeId> = chains.into_iter().flatten().collect();
        all.sort_unstable();
        all.dedup();
        let found = self.tree().stat(&all).await?.into_iter().flatten();
        Ok(Lineage(found.map(|node| (node.id, node)).collect()))
    }
}
