//! The rules of a team folder, as they decide for one person.

use std::collections::HashMap;

use allmende_types::{NodeId, Permissions};
use sha2::{Digest, Sha256};

/// What one principal's rule on one node says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeRule {
    /// Which of the person's principals it is for; only whether two are the same counts.
    pub principal: u32,
    /// The bits that it speaks of; the others are as above.
    pub mask: Permissions,
    /// Of those, the ones that it allows. It denies the rest.
    pub allow: Permissions,
}

/// How rules of several principals come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Inheritance {
    /// On each node those of all principals, where to allow goes before to deny; the
    /// nearer node goes before the farther one.
    #[default]
    PerNode,
    /// Along the path those of each principal, then what any of them is allowed
    /// (`groupfolders/acl-inherit-per-user`).
    PerPrincipal,
}

/// The rules of a team folder that speak of one person.
///
/// ```
/// use allmende_files::{Inheritance, NodeRule, Rules};
/// use allmende_types::{NodeId, Permissions};
///
/// let read_only = NodeRule {
///     principal: 1,
///     mask: Permissions::ALL,
///     allow: Permissions::READ,
/// };
/// let rules = Rules::new(Permissions::ALL, Inheritance::PerNode, [(NodeId(5), read_only)]);
/// assert_eq!(rules.evaluate(&[NodeId(1), NodeId(5), NodeId(9)]), Permissions::READ);
/// assert_eq!(rules.evaluate(&[NodeId(1), NodeId(8)]), Permissions::ALL);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    base: Permissions,
    inheritance: Inheritance,
    nodes: HashMap<NodeId, Vec<NodeRule>>,
    fingerprint: u64,
}

impl Rules {
    /// Rules on nodes, and what holds where none speaks.
    #[must_use]
    pub fn new(
        base: Permissions,
        inheritance: Inheritance,
        rules: impl IntoIterator<Item = (NodeId, NodeRule)>,
    ) -> Self {
        let mut nodes: HashMap<NodeId, Vec<NodeRule>> = HashMap::new();
        let per_principal = u8::from(inheritance == Inheritance::PerPrincipal);
        let mut fingerprint = digest(&[base.bits(), per_principal]);
        for (node, rule) in rules {
            let mut bytes = node.0.to_be_bytes().to_vec();
            bytes.extend(rule.principal.to_be_bytes());
            bytes.extend([rule.mask.bits(), rule.allow.bits()]);
            // The order of the rules says nothing.
            fingerprint = fingerprint.wrapping_add(digest(&bytes));
            nodes.entry(node).or_default().push(rule);
        }
        Self { base, inheritance, nodes, fingerprint }
    }

    /// What is permitted at the last node of a chain of folders, the root first. What
    /// cannot be read, or lies below what cannot be read, is not there at all.
    #[must_use]
    pub fn evaluate(&self, chain: &[NodeId]) -> Permissions {
        let mut state = State::new(self);
        for node in chain {
            state.descend(*node);
            if !state.permissions().contains(Permissions::READ) {
                return Permissions::NONE;
            }
        }
        state.permissions()
    }

    /// The nodes that have rules.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.keys().copied()
    }

    /// Two sets of rules that say different things have different ones.
    pub(crate) const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

/// What holds on the way down.
struct State<'a> {
    rules: &'a Rules,
    all: Permissions,
    each: HashMap<u32, Permissions>,
}

impl<'a> State<'a> {
    fn new(rules: &'a Rules) -> Self {
        Self { rules, all: rules.base, each: HashMap::new() }
    }

    fn descend(&mut self, node: NodeId) {
        let Some(rules) = self.rules.nodes.get(&node) else { return };
        match self.rules.inheritance {
            Inheritance::PerNode => {
                let none = (Permissions::NONE, Permissions::NONE);
                let (mask, allow) = rules.iter().fold(none, |(mask, allow), rule| {
                    (mask | rule.mask, allow | (rule.allow & rule.mask))
                });
                self.all = apply(self.all, mask, allow);
            }
            Inheritance::PerPrincipal => {
                for rule in rules {
                    let before = self.each.entry(rule.principal).or_insert(self.rules.base);
                    *before = apply(*before, rule.mask, rule.allow & rule.mask);
                }
            }
        }
    }

    fn permissions(&self) -> Permissions {
        let each = self.each.values().copied().reduce(|a, b| a | b);
        each.unwrap_or(self.all)
    }
}

fn apply(above: Permissions, mask: Permissions, allow: Permissions) -> Permissions {
    let bits = (above.bits() & !mask.bits()) | allow.bits();
    Permissions::from_bits(bits).unwrap_or(Permissions::NONE)
}

/// The first eight bytes of a hash that stays the same over versions of the program.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let hash = Sha256::digest(bytes);
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(bits: u8) -> Permissions {
        Permissions::from_bits(bits).unwrap()
    }

    fn rule(principal: u32, mask: u8, allow: u8) -> NodeRule {
        NodeRule { principal, mask: bits(mask), allow: bits(allow) }
    }

    #[test]
    fn the_nearer_node_goes_before_and_to_allow_before_to_deny() {
        let (top, mid, leaf) = (NodeId(1), NodeId(2), NodeId(3));
        let rules = [(top, rule(1, 31, 1)), (mid, rule(1, 2, 2)), (leaf, rule(1, 2, 0))];
        let rules = Rules::new(Permissions::ALL, Inheritance::PerNode, rules);
        assert_eq!(rules.evaluate(&[top]), bits(1));
        assert_eq!(rules.evaluate(&[top, mid]), bits(3));
        assert_eq!(rules.evaluate(&[top, mid, leaf]), bits(1));
        let both = [(top, rule(1, 31, 1)), (top, rule(2, 4, 4))];
        assert_eq!(Rules::new(bits(31), Inheritance::PerNode, both).evaluate(&[top]), bits(5));
    }

    #[test]
    fn below_what_cannot_be_read_there_is_nothing() {
        let (top, leaf) = (NodeId(1), NodeId(2));
        let rules = [(top, rule(1, 1, 0)), (leaf, rule(1, 31, 31))];
        let rules = Rules::new(Permissions::ALL, Inheritance::PerNode, rules);
        assert_eq!(rules.evaluate(&[top, leaf]), Permissions::NONE);
    }

    #[test]
    fn an_allowance_from_above_survives_per_principal() {
        let (top, leaf) = (NodeId(1), NodeId(2));
        let rules = [(top, rule(1, 31, 31)), (leaf, rule(2, 31, 0))];
        let per = |inheritance| Rules::new(Permissions::READ, inheritance, rules);
        assert_eq!(per(Inheritance::PerNode).evaluate(&[top, leaf]), Permissions::NONE);
        assert_eq!(per(Inheritance::PerPrincipal).evaluate(&[top, leaf]), Permissions::ALL);
    }

    #[test]
    fn other_rules_have_another_fingerprint() {
        let of = |rules: [(NodeId, NodeRule); 2]| {
            Rules::new(Permissions::ALL, Inheritance::PerNode, rules).fingerprint()
        };
        let (a, b) = ((NodeId(1), rule(1, 31, 1)), (NodeId(2), rule(1, 31, 1)));
        assert_eq!(of([a, b]), of([b, a]));
        assert_ne!(of([a, b]), of([a, (NodeId(2), rule(1, 31, 3))]));
    }
}
