//! The rules of a team folder, as they decide for one person.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use allmende_share::{Inheritance, NodeRule, Rules};
use allmende_types::{NodeId, Permissions};
use sha2::{Digest, Sha256};

/// The rules of a team folder that speak of one person, with a number that tells whether
/// they are the same as before.
///
/// ```
/// use allmende_files::MountRules;
/// use allmende_share::{Inheritance, NodeRule, Rules};
/// use allmende_types::{NodeId, Permissions};
///
/// let read_only = NodeRule { subject: 1, mask: Permissions::ALL, allow: Permissions::READ };
/// let rules = Rules::new(Permissions::ALL, Inheritance::PerNode, [(NodeId(5), read_only)]);
/// let rules = MountRules::from(rules);
/// assert_eq!(rules.evaluate(&[NodeId(1), NodeId(5), NodeId(9)]), Permissions::READ);
/// assert_eq!(rules.evaluate(&[NodeId(1), NodeId(8)]), Permissions::ALL);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountRules {
    rules: Rules,
    fingerprint: u64,
}

impl From<Rules> for MountRules {
    fn from(rules: Rules) -> Self {
        Self { fingerprint: fingerprint(&rules), rules }
    }
}

impl MountRules {
    /// What is permitted at the last node of a chain of folders, the root first. What
    /// cannot be read, or lies below what cannot be read, is not there at all.
    #[must_use]
    pub fn evaluate(&self, chain: &[NodeId]) -> Permissions {
        self.rules.evaluate(chain)
    }

    /// The nodes that have rules, each once.
    pub(crate) fn nodes(&self) -> BTreeSet<NodeId> {
        self.rules.iter().map(|(node, _)| node).collect()
    }

    /// Rules that say different things have different ones.
    pub(crate) const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

/// It stays the same however the rules are ordered and the subjects numbered: a part of
/// etags depends on it, which must not change while nothing does.
fn fingerprint(rules: &Rules) -> u64 {
    let one = |(node, rule): (NodeId, NodeRule)| {
        let mut bytes = node.0.to_be_bytes().to_vec();
        bytes.extend([rule.mask.bits(), rule.allow.bits() & rule.mask.bits()]);
        digest(&bytes)
    };
    let sum = |sum: u64, number: u64| sum.wrapping_add(number);
    match rules.inheritance() {
        Inheritance::PerNode => {
            let mut each: BTreeMap<NodeId, NodeRule> = BTreeMap::new();
            for (node, rule) in rules.iter() {
                let whole = NodeRule { allow: rule.allow & rule.mask, ..rule };
                let all = each.entry(node).or_insert(NodeRule { subject: 0, ..whole });
                *all = NodeRule {
                    subject: 0,
                    mask: all.mask | whole.mask,
                    allow: all.allow | whole.allow,
                };
            }
            each.into_iter().map(one).fold(digest(&[rules.base().bits(), 0]), sum)
        }
        Inheritance::PerSubject => {
            let mut each: HashMap<u32, u64> = HashMap::new();
            for (node, rule) in rules.iter() {
                let all = each.entry(rule.subject).or_default();
                *all = all.wrapping_add(one((node, rule)));
            }
            let of_subject = |all: u64| digest(&all.to_be_bytes());
            each.into_values().map(of_subject).fold(digest(&[rules.base().bits(), 1]), sum)
        }
    }
}

/// The first eight bytes of a hash that stays the same over versions of the program.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let hash = Sha256::digest(bytes);
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(node: i64, subject: u32, mask: u8, allow: u8) -> (NodeId, NodeRule) {
        let bits = |bits| Permissions::from_bits(bits).unwrap();
        (NodeId(node), NodeRule { subject, mask: bits(mask), allow: bits(allow) })
    }

    #[test]
    fn only_other_rules_have_another_fingerprint() {
        for inheritance in [Inheritance::PerNode, Inheritance::PerSubject] {
            let of = |rules: &[(NodeId, NodeRule)]| {
                let rules = Rules::new(Permissions::ALL, inheritance, rules.iter().copied());
                MountRules::from(rules).fingerprint()
            };
            let first = of(&[rule(1, 1, 31, 1), rule(1, 2, 4, 4), rule(2, 1, 31, 1)]);
            let again = of(&[rule(2, 7, 31, 1), rule(1, 3, 4, 4), rule(1, 7, 31, 1)]);
            assert_eq!(first, again, "other numbers in another order say the same");
            assert_ne!(first, of(&[rule(1, 1, 31, 1), rule(1, 2, 4, 4)]));
            assert_ne!(first, of(&[rule(1, 1, 31, 1), rule(1, 2, 4, 4), rule(2, 1, 31, 3)]));
        }
        // Whose rules go together counts where each subject's are followed along the path.
        let per_subject = |rules: [(NodeId, NodeRule); 2]| {
            let rules = Rules::new(Permissions::ALL, Inheritance::PerSubject, rules);
            MountRules::from(rules).fingerprint()
        };
        let one = per_subject([rule(1, 1, 31, 31), rule(2, 1, 31, 0)]);
        assert_ne!(one, per_subject([rule(1, 1, 31, 31), rule(2, 2, 31, 0)]));
    }
}
