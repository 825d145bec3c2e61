//! The decision: the least fixed point along one chain of folders.

use std::ops::Range;

use allmende_types::{NodeId, Permissions, Timestamp, UserId};

use super::{DisabledGranters, OwnerIndex, Resharing, ShareGraph};
use crate::{Answer, Rights, ShareId, Standing};

/// One decision, with all that it found out.
///
/// All shares that can matter lie on the chain from the root to the node: a granter's rights
/// at a folder come from that folder and those above. Only shares for people who are asked
/// for are looked at: first the one the decision is about, then the granters of what is for
/// them, and so on.
#[derive(Debug)]
pub(super) struct Solver<'g> {
    pub(super) graph: &'g ShareGraph,
    pub(super) now: Timestamp,
    /// From the root down.
    pub(super) chain: Vec<u32>,
    items: Vec<Item>,
    /// The subject of each item with its index, sorted: most people are asked for by few.
    by_subject: Vec<(u32, usize)>,
    subjects: SubjectFilter,
    seats: Vec<Seat>,
    /// Those of one seat after those of another.
    routes: Vec<usize>,
}

/// Which subjects may have an item. Most of the groups of a person have none, and a bit tells
/// it sooner than a search.
#[derive(Debug, Default)]
struct SubjectFilter([u64; 16]);

impl SubjectFilter {
    fn add(&mut self, subject: u32) {
        let (word, bit) = Self::place(subject);
        self.0[word] |= bit;
    }

    fn may_have(&self, subject: u32) -> bool {
        let (word, bit) = Self::place(subject);
        self.0[word] & bit != 0
    }

    const fn place(subject: u32) -> (usize, u64) {
        ((subject >> 6) as usize % 16, 1 << (subject & 63))
    }
}

/// A share on the chain that is in force.
#[derive(Debug, Clone, Copy)]
struct Item {
    grant: u32,
    /// How deep in the chain.
    depth: usize,
    /// The seat of the granter, once somebody needs it.
    seat: Option<usize>,
    gives: Rights,
}

/// A person whose rights are needed.
#[derive(Debug)]
struct Seat {
    person: u32,
    base: Base,
    /// The items that are for them, from the root down: a part of the solver's routes.
    routes: Range<usize>,
}

/// What a person has without any share.
#[derive(Debug)]
enum Base {
    Nothing,
    /// They own the space.
    Owner,
    /// By membership of the team, at each depth.
    Team(Vec<Rights>),
}

impl ShareGraph {
    /// What a person may do with a node at a time; nothing, if either is not known.
    ///
    /// It is not asked whether the person's own account is in use: that is for whoever lets
    /// them in.
    #[must_use]
    pub fn rights(&self, who: &UserId, node: NodeId, now: Timestamp) -> Rights {
        match (self.person(who), self.chain(node)) {
            (Some(who), Some(chain)) => self.rights_at(who, chain, now),
            _ => Rights::NONE,
        }
    }

    fn rights_at(&self, who: u32, chain: Vec<u32>, now: Timestamp) -> Rights {
        let depth = chain.len() - 1;
        let mut solver = Solver::new(self, chain, now);
        let seat = solver.seat(who);
        solver.settle();
        solver.rights(seat, depth)
    }

    /// What a share gives to its recipients at a time; nothing, if it is not known or has
    /// ended. What lets nobody read is nothing, but for a link that takes files in.
    #[must_use]
    pub fn gives(&self, share: ShareId, now: Timestamp) -> Rights {
        let Some(at) = self.grants_by_id.get(&share) else { return Rights::NONE };
        let entry = &self.grants[*at as usize];
        if entry.grant.is_expired(now) || !self.may_grant(entry.granter) {
            return Rights::NONE;
        }
        let id = self.nodes[entry.node as usize].id;
        let has = match self.chain(id) {
            Some(chain) => self.rights_at(entry.granter, chain, now),
            None => return Rights::NONE,
        };
        let gives = has & entry.ceiling;
        if gives.may(Permissions::READ) {
            gives
        } else if entry.subject.is_none() && gives.may(Permissions::CREATE) {
            // A link that only takes files in.
            Rights::new(gives.permissions())
        } else {
            Rights::NONE
        }
    }

    /// Whether the shares of a person are in force.
    pub(super) fn may_grant(&self, person: u32) -> bool {
        match self.people[person as usize].standing() {
            Some(Standing::Active) => true,
            Some(Standing::Disabled) => self.options.disabled == DisabledGranters::Keep,
            None => false,
        }
    }
}

impl<'g> Solver<'g> {
    pub(super) fn new(graph: &'g ShareGraph, chain: Vec<u32>, now: Timestamp) -> Self {
        let mut items = Vec::with_capacity(64);
        for (depth, node) in chain.iter().enumerate() {
            for grant in &graph.nodes[*node as usize].grants {
                if !graph.grants[*grant as usize].grant.is_expired(now) {
                    items.push(Item { grant: *grant, depth, seat: None, gives: Rights::NONE });
                }
            }
        }
        let subject = |item: &Item| graph.grants[item.grant as usize].subject;
        let mut by_subject: Vec<(u32, usize)> =
            items.iter().enumerate().filter_map(|(at, item)| Some((subject(item)?, at))).collect();
        by_subject.sort_unstable();
        let mut subjects = SubjectFilter::default();
        by_subject.iter().for_each(|(subject, _)| subjects.add(*subject));
        let (seats, routes) = (Vec::with_capacity(8), Vec::with_capacity(8));
        Self { graph, now, chain, items, by_subject, subjects, seats, routes }
    }

    /// The seat of a person; from then on their rights are known after
    /// [`settle`](Self::settle).
    pub(super) fn seat(&mut self, person: u32) -> usize {
        let mut next = self.seats.len();
        let seat = self.sit_down(person);
        // Whoever sits down brings the granters of what is for them. Not by recursion: a
        // long line of shares would be a deep stack.
        while next < self.seats.len() {
            for at in self.seats[next].routes.clone() {
                let item = self.routes[at];
                let granter = self.graph.grants[self.items[item].grant as usize].granter;
                if self.items[item].seat.is_none() && self.graph.may_grant(granter) {
                    let granter = self.sit_down(granter);
                    self.items[item].seat = Some(granter);
                }
            }
            next += 1;
        }
        seat
    }

    fn sit_down(&mut self, person: u32) -> usize {
        if let Some(at) = self.seats.iter().position(|seat| seat.person == person) {
            return at;
        }
        let base = self.base(person);
        let start = self.routes.len();
        if !matches!(base, Base::Owner) {
            let theirs = self.graph.people[person as usize].subjects.iter();
            for subject in theirs.filter(|subject| self.subjects.may_have(**subject)) {
                let first = self.by_subject.partition_point(|(of, _)| of < subject);
                let theirs = self.by_subject[first..].iter().take_while(|(of, _)| of == subject);
                self.routes.extend(theirs.map(|(_, at)| *at).filter(|at| {
                    let entry = &self.graph.grants[self.items[*at].grant as usize];
                    entry.answer(person) == Answer::Accepted
                }));
            }
            // By depth, as the items are.
            self.routes[start..].sort_unstable();
        }
        self.seats.push(Seat { person, base, routes: start..self.routes.len() });
        self.seats.len() - 1
    }

    fn base(&self, person: u32) -> Base {
        let root = &self.graph.nodes[self.chain[0] as usize];
        match &root.owner {
            Some(OwnerIndex::Person(owner)) if *owner == person => Base::Owner,
            Some(OwnerIndex::Team(space)) => {
                let Some(member) = &self.graph.people[person as usize].member else {
                    return Base::Nothing;
                };
                let ceiling = space.ceiling(member);
                if ceiling == Permissions::NONE {
                    return Base::Nothing;
                }
                let mut walk = space.acl.as_ref().map(|acl| (acl, acl.descent(member)));
                let at = |node: &u32| {
                    let ruled = match &mut walk {
                        Some((acl, walk)) => {
                            walk.enter(acl, member, self.graph.nodes[*node as usize].id)
                        }
                        None => Permissions::ALL,
                    };
                    Rights::new(ruled & ceiling).with_download().if_readable()
                };
                Base::Team(self.chain.iter().map(at).collect())
            }
            _ => Base::Nothing,
        }
    }

    /// Finds what each share gives. It starts from nothing and only ever adds, so it ends,
    /// and ends at the least assignment that agrees with itself.
    pub(super) fn settle(&mut self) {
        let mut changed = true;
        while changed {
            changed = false;
            for at in 0..self.items.len() {
                let Item { grant, depth, seat, gives } = self.items[at];
                let Some(seat) = seat else { continue };
                let ceiling = self.graph.grants[grant as usize].ceiling;
                let now = (self.rights(seat, depth) & ceiling).if_readable();
                if now != gives {
                    self.items[at].gives = now;
                    changed = true;
                }
            }
        }
    }

    /// What the person on a seat may do at a depth, as far as it is known.
    pub(super) fn rights(&self, seat: usize, depth: usize) -> Rights {
        let seat = &self.seats[seat];
        let mut rights = match &seat.base {
            Base::Owner => return Rights::ALL,
            Base::Team(at) => at[depth],
            Base::Nothing => Rights::NONE,
        };
        for item in &self.routes[seat.routes.clone()] {
            let item = &self.items[*item];
            if item.depth > depth {
                break;
            }
            rights = rights | self.received(item.gives);
        }
        rights.without(self.denied(seat.person, depth)).if_readable()
    }

    /// What is denied to a person at a depth.
    pub(super) fn denied(&self, person: u32, depth: usize) -> Rights {
        if self.graph.denials == 0 {
            return Rights::NONE;
        }
        let person = &self.graph.people[person as usize];
        let nodes = self.chain[..=depth].iter().map(|node| &self.graph.nodes[*node as usize]);
        let denials = nodes.flat_map(|node| &node.denials);
        let mine = denials.filter(|(subject, _)| person.is_one_of(Some(*subject)));
        mine.fold(Rights::NONE, |all, (_, taken)| all | *taken)
    }

    /// What a recipient has of what a share gives.
    pub(super) fn received(&self, gives: Rights) -> Rights {
        match self.graph.options.resharing {
            Resharing::Allowed => gives,
            Resharing::Forbidden => gives.without(Rights::new(Permissions::SHARE)),
        }
    }

    /// What the person on a seat has without any share.
    pub(super) fn without_shares(&self, seat: usize, depth: usize) -> Option<Rights> {
        match &self.seats[seat].base {
            Base::Nothing => None,
            Base::Owner => Some(Rights::ALL),
            Base::Team(at) => Some(at[depth]),
        }
    }
}
