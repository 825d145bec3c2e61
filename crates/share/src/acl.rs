//! The rules of team folders: who may do what at single nodes.
//!
//! Semantics: team-folder rules of Nextcloud (app `groupfolders`, "advanced permissions").

use std::collections::{BTreeMap, HashMap};

use allmende_types::{NodeId, Permissions};

use crate::{Member, Subject};

/// What one subject may do with a node and everything below it.
///
/// Each bit of `mask` decides: with the same bit of `allow` it is allowed, without it is
/// denied. Bits that are not in `mask` stay as they are above.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Whom it is for.
    pub subject: Subject,
    /// The bits that it decides, as they were sent; those above 16 mean nothing.
    pub mask: u8,
    /// Those of them that it allows.
    pub allow: u8,
}

impl Rule {
    /// A rule; bits of `allow` outside of `mask` are dropped.
    #[must_use]
    pub const fn new(subject: Subject, mask: u8, allow: u8) -> Self {
        Self { subject, mask, allow: allow & mask }
    }
}

/// How rules of several subjects come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Inheritance {
    /// On each node those of all subjects, where to allow goes before to deny; the nearer
    /// node goes before the farther one.
    #[default]
    PerNode,
    /// Along the path those of each subject, then what any of them is allowed
    /// (`groupfolders/acl-inherit-per-user`).
    PerSubject,
}

/// What holds in a team folder where no rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unruled {
    /// Everything that the folder gives its groups.
    #[default]
    Everything,
    /// Nothing; managers may read (`acl_default_no_permission`).
    Nothing,
}

/// All rules of a team folder.
///
/// ```
/// use allmende_share::{Acl, Member, Rule, Subject};
/// use allmende_types::{NodeId, Permissions};
///
/// let bob = Member::new("bob".parse()?);
/// let mut acl = Acl::default();
/// acl.set(NodeId(5), vec![Rule::new(Subject::Person(bob.id.clone()), 31, 1)]);
/// assert_eq!(acl.evaluate(&bob, &[NodeId(1), NodeId(5), NodeId(9)]), Permissions::READ);
/// assert_eq!(acl.evaluate(&bob, &[NodeId(1), NodeId(8)]), Permissions::ALL);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Acl {
    /// What holds where no rule speaks.
    pub unruled: Unruled,
    /// How rules of several subjects come together.
    pub inheritance: Inheritance,
    /// Who may set rules. They are bound by them as everybody is.
    pub managers: Vec<Subject>,
    nodes: HashMap<NodeId, Vec<Rule>>,
}

/// The rules would take away the right to read from who sets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("You cannot remove your own read permission.")]
pub struct OwnReadLost;

impl Acl {
    /// Replaces the rules of a node; no rules clear them.
    pub fn set(&mut self, node: NodeId, rules: Vec<Rule>) {
        if rules.is_empty() {
            self.nodes.remove(&node);
        } else {
            self.nodes.insert(node, rules);
        }
    }

    /// The rules of a node.
    #[must_use]
    pub fn at(&self, node: NodeId) -> &[Rule] {
        self.nodes.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Whether somebody may set rules.
    #[must_use]
    pub fn is_managed_by(&self, member: &Member) -> bool {
        self.managers.iter().any(|subject| member.is_one_of(subject))
    }

    /// What holds for somebody at the root before its rules.
    #[must_use]
    pub fn base(&self, member: &Member) -> Permissions {
        match self.unruled {
            Unruled::Everything => Permissions::ALL,
            Unruled::Nothing if self.is_managed_by(member) => Permissions::READ,
            Unruled::Nothing => Permissions::NONE,
        }
    }

    /// What the rules permit at the last node of a chain of folders, the root first. What
    /// cannot be read, or lies below what cannot be read, is not there at all. The
    /// permissions that the folder gives its groups are a ceiling above this.
    #[must_use]
    pub fn evaluate(&self, member: &Member, chain: &[NodeId]) -> Permissions {
        let mut descent = self.descent(member);
        let mut last = Permissions::NONE;
        for node in chain {
            last = descent.enter(self, member, *node);
        }
        last
    }

    /// A walk from the root down, for one person.
    pub(crate) fn descent<'a>(&'a self, member: &Member) -> AclDescent<'a> {
        AclDescent(Descent::new(self.base(member), self.inheritance))
    }

    /// Those rules that speak of one person, for whoever decides for that person often.
    #[must_use]
    pub fn for_member(&self, member: &Member) -> Rules {
        let mut subjects: Vec<&Subject> = Vec::new();
        let mut rules = Vec::new();
        for (node, all) in &self.nodes {
            for rule in all.iter().filter(|rule| member.is_one_of(&rule.subject)) {
                let at = subjects.iter().position(|known| **known == rule.subject);
                let at = at.unwrap_or_else(|| {
                    subjects.push(&rule.subject);
                    subjects.len() - 1
                });
                let subject = u32::try_from(at).unwrap_or(u32::MAX);
                let (mask, allow) = (bits(rule.mask), bits(rule.allow));
                rules.push((*node, NodeRule { subject, mask, allow }));
            }
        }
        Rules::new(self.base(member), self.inheritance, rules)
    }

    /// Refuses new rules for the last node of a chain that would take the right to read it
    /// from the person who sets them. Who cannot read it now loses nothing.
    ///
    /// # Errors
    /// [`OwnReadLost`].
    pub fn check_own_read(
        &self,
        member: &Member,
        chain: &[NodeId],
        new: &[Rule],
    ) -> Result<(), OwnReadLost> {
        let Some(node) = chain.last() else { return Ok(()) };
        let mut changed = self.clone();
        changed.set(*node, new.to_vec());
        let reads = |acl: &Self| acl.evaluate(member, chain).contains(Permissions::READ);
        if reads(self) && !reads(&changed) { Err(OwnReadLost) } else { Ok(()) }
    }

    /// What the rules of the folders above a node come to, one rule for each subject
    /// (`nc:inherited-acl-list`). `above` is the chain without the node; `member` is who
    /// asks, on whom the base depends.
    #[must_use]
    pub fn inherited(&self, member: &Member, above: &[NodeId]) -> Vec<Rule> {
        let base = self.base(member);
        let mut merged: BTreeMap<&Subject, (u8, Permissions)> = BTreeMap::new();
        for rule in above.iter().flat_map(|node| self.at(*node)) {
            let (mask, allow) = merged.entry(&rule.subject).or_insert((0, base));
            *mask |= rule.mask;
            *allow = apply(*allow, bits(rule.mask), bits(rule.allow));
        }
        let rule = |(subject, (mask, allow)): (&Subject, (u8, Permissions))| Rule {
            subject: subject.clone(),
            mask,
            allow: allow.bits(),
        };
        merged.into_iter().map(rule).collect()
    }
}

/// What one subject's rule on one node says, for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeRule {
    /// Which of the person's subjects it is for; only whether two are the same counts.
    pub subject: u32,
    /// The bits that it decides; the others are as above.
    pub mask: Permissions,
    /// Of those, the ones that it allows. It denies the rest.
    pub allow: Permissions,
}

/// The rules of a team folder that speak of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    base: Permissions,
    inheritance: Inheritance,
    nodes: HashMap<NodeId, Vec<NodeRule>>,
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
        for (node, rule) in rules {
            nodes.entry(node).or_default().push(rule);
        }
        Self { base, inheritance, nodes }
    }

    /// As of [`Acl::evaluate`].
    #[must_use]
    pub fn evaluate(&self, chain: &[NodeId]) -> Permissions {
        let mut descent = Descent::new(self.base, self.inheritance);
        let mut last = Permissions::NONE;
        for node in chain {
            let rules = self.nodes.get(node).into_iter().flatten();
            last = descent.enter(rules.map(|rule| (rule.subject, rule.mask, rule.allow)));
        }
        last
    }

    /// Whether the last node of `chain` may be deleted with all that lies below it: it takes
    /// the right to delete there and at every node below that has rules. `below` has the
    /// whole chain of each such node.
    ///
    /// # Errors
    /// The first node that may not be deleted.
    pub fn check_delete<'a>(
        &self,
        chain: &'a [NodeId],
        below: impl IntoIterator<Item = &'a [NodeId]>,
    ) -> Result<(), NodeId> {
        for chain in std::iter::once(chain).chain(below) {
            if let Some(node) = chain.last()
                && !self.evaluate(chain).contains(Permissions::DELETE)
            {
                return Err(*node);
            }
        }
        Ok(())
    }

    /// What holds where no rule speaks.
    #[must_use]
    pub const fn base(&self) -> Permissions {
        self.base
    }

    /// How rules come together.
    #[must_use]
    pub const fn inheritance(&self) -> Inheritance {
        self.inheritance
    }

    /// All rules, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, NodeRule)> {
        self.nodes.iter().flat_map(|(node, rules)| rules.iter().map(|rule| (*node, *rule)))
    }
}

/// A walk through an [`Acl`].
#[derive(Debug)]
pub(crate) struct AclDescent<'a>(Descent<&'a Subject>);

impl<'a> AclDescent<'a> {
    /// Goes one node down; what is permitted there.
    pub(crate) fn enter(&mut self, acl: &'a Acl, member: &Member, node: NodeId) -> Permissions {
        let rules = acl.at(node).iter().filter(|rule| member.is_one_of(&rule.subject));
        self.0.enter(rules.map(|rule| (&rule.subject, bits(rule.mask), bits(rule.allow))))
    }
}

/// What holds on the way down from the root.
#[derive(Debug)]
struct Descent<S> {
    inheritance: Inheritance,
    base: Permissions,
    all: Permissions,
    each: Vec<(S, Permissions)>,
    lost: bool,
}

impl<S: PartialEq> Descent<S> {
    const fn new(base: Permissions, inheritance: Inheritance) -> Self {
        Self { inheritance, base, all: base, each: Vec::new(), lost: false }
    }

    fn enter(&mut self, rules: impl Iterator<Item = (S, Permissions, Permissions)>) -> Permissions {
        let standing = match self.inheritance {
            Inheritance::PerNode => {
                let none = (Permissions::NONE, Permissions::NONE);
                let (mask, allow) = rules
                    .fold(none, |all, (_, mask, allow)| (all.0 | mask, all.1 | (allow & mask)));
                self.all = apply(self.all, mask, allow);
                self.all
            }
            Inheritance::PerSubject => {
                for (subject, mask, allow) in rules {
                    let known = self.each.iter().position(|(known, _)| *known == subject);
                    let at = known.unwrap_or_else(|| {
                        self.each.push((subject, self.base));
                        self.each.len() - 1
                    });
                    let standing = &mut self.each[at].1;
                    *standing = apply(*standing, mask, allow);
                }
                let any = self.each.iter().map(|(_, standing)| *standing).reduce(|a, b| a | b);
                any.unwrap_or(self.base)
            }
        };
        self.lost |= !standing.contains(Permissions::READ);
        if self.lost { Permissions::NONE } else { standing }
    }
}

fn apply(above: Permissions, mask: Permissions, allow: Permissions) -> Permissions {
    bits((above.bits() & !mask.bits()) | (allow.bits() & mask.bits()))
}

/// The bits that mean something.
fn bits(bits: u8) -> Permissions {
    Permissions::from_bits(bits & Permissions::ALL.bits()).unwrap_or(Permissions::NONE)
}
