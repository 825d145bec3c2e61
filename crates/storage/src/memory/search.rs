//! Searches below folders, by looking at every node.

use std::{cmp::Ordering, iter};

use super::state::{State, owner_key};
use crate::{Node, NodeField, NodeSearch, SearchDepth, SortOrder};

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
        let order = search.order.iter().chain(&[(NodeField::Name, SortOrder::Ascending)]);
        let order: Vec<_> = order.collect();
        found.sort_by(|a, b| {
            let by = |(field, order): &(NodeField, SortOrder)| {
                let found = compare(*field, a, b);
                if *order == SortOrder::Descending { found.reverse() } else { found }
            };
            let first = order.iter().map(|order| by(order)).find(|found| found.is_ne());
            first.unwrap_or_else(|| a.id.cmp(&b.id))
        });
        found.into_iter().skip(search.skip).take(search.limit).collect()
    }
}

fn compare(field: NodeField, a: &Node, b: &Node) -> Ordering {
    let name = |node: &Node| node.name.as_ref().map(|name| name.as_str().to_lowercase());
    let media = |node: &Node| node.content().map(|content| content.media_type.clone());
    match field {
        NodeField::Name => name(a).cmp(&name(b)),
        NodeField::MediaType => media(a).unwrap_or_default().cmp(&media(b).unwrap_or_default()),
        field => field.of(a).cmp(&field.of(b)),
    }
}
