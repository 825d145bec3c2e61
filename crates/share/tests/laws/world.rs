//! Random worlds: people, groups, folders, shares.

use std::sync::LazyLock;

use allmende_share::{
    Acl, Answer, Denial, DisabledGranters, Grant, GraphOptions, Inheritance, Member, Owner,
    Recipient, Resharing, Rights, Rule, ShareGraph, ShareId, Standing, Subject, TeamSpace, Unruled,
};
use allmende_types::{GroupId, NodeId, Permissions, Timestamp, UserId};

use crate::random::Random;

pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_000);

static PEOPLE: LazyLock<Vec<UserId>> =
    LazyLock::new(|| ["ann", "ben", "cem", "dua", "eve"].map(|id| id.parse().unwrap()).to_vec());
static GROUPS: LazyLock<Vec<GroupId>> =
    LazyLock::new(|| ["g0", "g1"].map(|id| id.parse().unwrap()).to_vec());

/// A world, as plain facts.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) options: GraphOptions,
    pub(crate) people: Vec<Member>,
    /// Each node with its folder; ids are 1, 2, …
    pub(crate) nodes: Vec<(NodeId, Option<NodeId>)>,
    pub(crate) owners: Vec<(NodeId, Owner)>,
    pub(crate) shares: Vec<Grant>,
    pub(crate) answers: Vec<(ShareId, UserId, Answer)>,
    pub(crate) denials: Vec<Denial>,
    /// What a random world may have.
    pub(crate) with: With,
}

/// What random worlds have beside people, folders and shares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum With {
    /// Team folders with rules, and denials.
    #[default]
    Everything,
    /// Neither rules nor denials: nothing that leaving a group could lift.
    NoDenying,
}

impl World {
    pub(crate) fn without_denying() -> Self {
        Self { with: With::NoDenying, ..Self::default() }
    }

    pub(crate) fn random(random: &mut Random, like: &Self) -> Self {
        let mut world = Self { with: like.with, ..Self::default() };
        if random.one_in(4) {
            world.options.resharing = Resharing::Forbidden;
        }
        if random.one_in(4) {
            world.options.disabled = DisabledGranters::Suspend;
        }
        let people = 2 + random.below(4);
        for id in &PEOPLE[..people] {
            // An account that is gone is not in the graph, but its shares may be.
            if random.one_in(12) {
                continue;
            }
            let mut member = Member::new(id.clone());
            member.groups = GROUPS.iter().filter(|_| random.one_in(2)).cloned().collect();
            if random.one_in(3) {
                member.teams.push("t0".to_owned());
            }
            if random.one_in(10) {
                member.standing = Standing::Disabled;
            }
            world.people.push(member);
        }
        for at in 0..1 + random.below(5) {
            let root = at == 0 || random.one_in(8);
            let parent = (!root).then(|| world.nodes[random.below(at)].0);
            let id = NodeId(i64::try_from(at).unwrap() + 1);
            world.nodes.push((id, parent));
            if root {
                let owner = world.random_owner(random, people);
                world.owners.push((id, owner));
            }
        }
        for number in 0..random.below(9) {
            let share = world.random_share(random, number, people);
            if random.one_in(6) {
                let answer = [Answer::Left, Answer::Pending, Answer::Accepted][random.below(3)];
                world.answers.push((share.id, PEOPLE[random.below(people)].clone(), answer));
            }
            world.shares.push(share);
        }
        if world.with == With::Everything && random.one_in(3) {
            let denial = world.random_denial(random, people);
            world.denials.push(denial);
        }
        world
    }

    fn random_owner(&self, random: &mut Random, people: usize) -> Owner {
        if random.one_in(3) {
            let mut space = TeamSpace::default();
            for _ in 0..1 + random.below(2) {
                space.given.push((subject(random, people), permissions(random)));
            }
            if self.with == With::Everything && random.one_in(2) {
                let mut acl = Acl::default();
                if random.one_in(3) {
                    acl.unruled = Unruled::Nothing;
                    acl.managers.push(subject(random, people));
                }
                if random.one_in(3) {
                    acl.inheritance = Inheritance::PerSubject;
                }
                for _ in 0..random.below(4) {
                    let node = NodeId(i64::try_from(random.below(5)).unwrap() + 1);
                    let (mask, allow) = (random.below(32) as u8, random.below(32) as u8);
                    let mut rules = acl.at(node).to_vec();
                    rules.push(Rule::new(subject(random, people), mask, allow));
                    acl.set(node, rules);
                }
                space.acl = Some(acl);
            }
            Owner::Team(space)
        } else {
            Owner::Person(PEOPLE[random.below(people)].clone())
        }
    }

    fn random_share(&self, random: &mut Random, number: usize, people: usize) -> Grant {
        let id = ShareId(i64::try_from(number).unwrap() + 1);
        let node = self.nodes[random.below(self.nodes.len())].0;
        let granter = PEOPLE[random.below(people)].clone();
        let recipient = match random.below(10) {
            0 => Recipient::Link,
            _ => subject(random, people).into(),
        };
        let mut share = Grant::new(id, node, granter, recipient);
        share.permissions = permissions(random);
        if random.one_in(5) {
            let text = r#"[{"scope":"permissions","key":"download","value":false}]"#;
            share.attributes = allmende_share::Attributes::parse(text).unwrap();
        }
        if random.one_in(4) {
            share.expires = Some(Timestamp::from_unix(998 + random.next() as i64 % 4));
        }
        if random.one_in(12) {
            share.unanswered = Answer::Pending;
        }
        share
    }

    fn random_denial(&self, random: &mut Random, people: usize) -> Denial {
        let node = self.nodes[random.below(self.nodes.len())].0;
        let taken = Rights::new(permissions(random));
        let taken = if random.one_in(2) { taken.with_download() } else { taken };
        Denial { node, subject: subject(random, people), taken }
    }

    pub(crate) fn graph(&self) -> ShareGraph {
        let mut graph = ShareGraph::new(self.options);
        self.people.iter().for_each(|member| graph.add_member(member.clone()));
        self.nodes.iter().for_each(|(id, parent)| graph.add_node(*id, *parent));
        self.owners.iter().for_each(|(root, owner)| graph.set_owner(*root, owner.clone()));
        self.shares.iter().for_each(|share| graph.add_grant(share.clone()));
        self.answers.iter().for_each(|(share, who, answer)| {
            graph.set_answer(*share, who, *answer);
        });
        self.denials.iter().for_each(|denial| graph.deny(denial));
        graph
    }

    /// Everybody, with every node.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&UserId, NodeId)> {
        PEOPLE.iter().flat_map(|who| self.nodes.iter().map(move |(node, _)| (who, *node)))
    }

    /// The node and the folders above it, the root first.
    pub(crate) fn chain(&self, node: NodeId) -> Vec<NodeId> {
        let parent = |id: &NodeId| self.nodes.iter().find(|(node, _)| node == id)?.1;
        let mut chain: Vec<NodeId> = std::iter::successors(Some(node), parent).collect();
        chain.reverse();
        chain
    }

    /// Leaves out whatever the law breaks without, too.
    pub(crate) fn smallest(mut self, breaks: impl Fn(&Self) -> bool) -> Self {
        loop {
            let mut smaller = Vec::new();
            for at in 0..self.shares.len() {
                let mut world = self.clone();
                world.shares.remove(at);
                smaller.push(world);
            }
            for at in 0..self.denials.len() {
                let mut world = self.clone();
                world.denials.remove(at);
                smaller.push(world);
            }
            for at in 0..self.people.len() {
                let mut world = self.clone();
                world.people.remove(at);
                smaller.push(world);
            }
            match smaller.into_iter().find(|world| breaks(world)) {
                Some(world) => self = world,
                None => return self,
            }
        }
    }
}

fn subject(random: &mut Random, people: usize) -> Subject {
    match random.below(5) {
        0 => Subject::Group(GROUPS[0].clone()),
        1 => Subject::Group(GROUPS[1].clone()),
        2 => Subject::Team("t0".to_owned()),
        _ => Subject::Person(PEOPLE[random.below(people)].clone()),
    }
}

/// Mostly such that let read, or the worlds would be empty.
fn permissions(random: &mut Random) -> Permissions {
    let bits = Permissions::from_bits(random.below(32) as u8).unwrap();
    if random.one_in(6) { bits } else { bits | Permissions::READ }
}
