//! Searches below folders, by looking at every node.

use std::iter;

use super::state::{State, owner_key};
use crate::{Node, NodeSearch, SearchDepth};

impl State {
    pub(super) fn search(&self, search: &NodeSearch) -> Vec<Node> {
        let above = |node: &Node| node.parent.and_then(|parent| self.nodes.get(&parent));
        let inside = |node: &Node| {
            let mut chain = iter::successors(above(node), |node| above(node));
            match search.depth {
                SearchDepth::Children => node.parent.is_some_and(|p| search.below.contains(&p)),
                SearchDepth::Infinity => chain.any(|node| search.below.contains(&node.id)),
            }
        };
        let fits = |node: &Node| {
            search.filter.fits(node, &|owner, key| {
                self.properties.get(&(node.id, owner_key(owner), key.clone())).is_some()
            })
        };
        let all = self.nodes.iter().map(|(_, node)| node);
        let mut found: Vec<Node> = all.filter(|node| inside(node) && fits(node)).cloned().collect();
        found.sort_by(|a, b| search.compare(a, b));
        found.into_iter().skip(search.skip).take(search.limit).collect()
    }
}
