//! Why somebody may do what they may do.

use std::fmt;

use allmende_types::{NodeId, Timestamp, UserId};

use super::{OwnerIndex, ShareGraph, solve::Solver};
use crate::{Answer, Recipient, Rights, ShareId};

/// Why a person may do what they may do with a node: every route that leads there, with what
/// it gives, or why it gives nothing.
///
/// ```
/// use allmende_share::{Grant, Member, Owner, Recipient, ShareGraph, ShareId, Verdict};
/// use allmende_types::{NodeId, Timestamp, UserId};
///
/// let (alice, bob): (UserId, UserId) = ("alice".parse()?, "bob".parse()?);
/// let mut graph = ShareGraph::default();
/// graph.add_member(Member::new(alice.clone()));
/// graph.add_member(Member::new(bob.clone()));
/// graph.add_node(NodeId(1), None);
/// graph.set_owner(NodeId(1), Owner::Person(alice.clone()));
/// let mut grant = Grant::new(ShareId(5), NodeId(1), alice, Recipient::Person(bob.clone()));
/// grant.expires = Some(Timestamp::from_unix(99));
/// graph.add_grant(grant);
///
/// let why = graph.explain(&bob, NodeId(1), Timestamp::from_unix(100));
/// assert!(why.rights.is_none());
/// assert_eq!(why.routes[0].verdict, Verdict::Expired);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Why {
    /// What they may do.
    pub rights: Rights,
    /// All routes, from the root of the space down.
    pub routes: Vec<Route>,
    /// What denials take away from all of it.
    pub denied: Rights,
}

/// One way by which somebody could have got something.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// Which way.
    pub kind: RouteKind,
    /// At which folder it begins.
    pub node: NodeId,
    /// What it comes to.
    pub verdict: Verdict,
}

/// The ways there are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteKind {
    /// The space is theirs.
    Owner,
    /// The space is a team folder.
    Team,
    /// A share.
    Share {
        /// Its number.
        id: ShareId,
        /// Who shares; why *they* may, the same question about them and the route's node
        /// tells.
        granter: UserId,
        /// With whom.
        recipient: Recipient,
        /// The most that it gives.
        ceiling: Rights,
    },
}

/// What a route comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// It gives this.
    Gives(Rights),
    /// It is for others.
    NotForThem,
    /// Its last second has passed.
    Expired,
    /// They did not accept it yet.
    Pending,
    /// They left or declined it.
    Left,
    /// The account of the granter is gone.
    GranterGone,
    /// The account of the granter is disabled.
    GranterDisabled,
    /// The granter has nothing, or only what comes back from this share.
    GranterHasNothing,
    /// The granter has something, but nothing that this share passes on and that lets read.
    NothingInCommon,
    /// The team folder is not given to any group of theirs, or its rules let them not read.
    TeamGivesNothing,
}

impl ShareGraph {
    /// What a person may do with a node at a time, and why. It agrees with
    /// [`rights`](Self::rights): the union of what the routes give, less what is denied, is
    /// what they may do. An owner is not bound by denials.
    ///
    /// It costs more than the decision: every granter on the way is looked at.
    #[must_use]
    pub fn explain(&self, who: &UserId, node: NodeId, now: Timestamp) -> Why {
        let mut why = Why { rights: Rights::NONE, routes: Vec::new(), denied: Rights::NONE };
        let (Some(who), Some(chain)) = (self.person(who), self.chain(node)) else { return why };
        let depth = chain.len() - 1;
        let mut solver = Solver::new(self, chain, now);
        let seat = solver.seat(who);
        // Owners need no shares, but are told of those that would be for them.
        let shares: Vec<(usize, u32)> = (0..=depth)
            .flat_map(|at| {
                let node = &self.nodes[solver.chain[at] as usize];
                node.grants.iter().map(move |grant| (at, *grant))
            })
            .collect();
        let granters: Vec<usize> = shares
            .iter()
            .map(|(_, grant)| solver.seat(self.grants[*grant as usize].granter))
            .collect();
        solver.settle();
        why.rights = solver.rights(seat, depth);
        let root = &self.nodes[solver.chain[0] as usize];
        let owns = matches!(root.owner, Some(OwnerIndex::Person(owner)) if owner == who);
        if owns {
            let verdict = Verdict::Gives(Rights::ALL);
            why.routes.push(Route { kind: RouteKind::Owner, node: root.id, verdict });
        } else {
            why.denied = solver.denied(who, depth);
        }
        if let Some(OwnerIndex::Team(_)) = root.owner {
            let verdict = match solver.without_shares(seat, depth) {
                Some(rights) if !rights.is_none() => Verdict::Gives(rights),
                _ => Verdict::TeamGivesNothing,
            };
            why.routes.push(Route { kind: RouteKind::Team, node: root.id, verdict });
        }
        for ((at, grant), granter) in shares.into_iter().zip(granters) {
            let entry = &self.grants[grant as usize];
            let verdict = self.verdict(&solver, who, grant, solver.rights(granter, at));
            let kind = RouteKind::Share {
                id: entry.grant.id,
                granter: entry.grant.granter.clone(),
                recipient: entry.grant.recipient.clone(),
                ceiling: entry.ceiling,
            };
            why.routes.push(Route { kind, node: entry.grant.node, verdict });
        }
        why
    }

    fn verdict(&self, solver: &Solver<'_>, who: u32, grant: u32, has: Rights) -> Verdict {
        let entry = &self.grants[grant as usize];
        let granter = &self.people[entry.granter as usize];
        if !self.people[who as usize].is_one_of(entry.subject) {
            return Verdict::NotForThem;
        }
        match entry.answer(who) {
            Answer::Accepted => {}
            Answer::Pending => return Verdict::Pending,
            Answer::Left => return Verdict::Left,
        }
        if entry.grant.is_expired(solver.now) {
            return Verdict::Expired;
        }
        if granter.member.is_none() {
            return Verdict::GranterGone;
        }
        if !self.may_grant(entry.granter) {
            return Verdict::GranterDisabled;
        }
        let gives = solver.received((has & entry.ceiling).if_readable());
        if !gives.is_none() {
            Verdict::Gives(gives)
        } else if has.is_none() {
            Verdict::GranterHasNothing
        } else {
            Verdict::NothingInCommon
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rights)?;
        if !self.denied.is_none() {
            write!(f, " (denied: {})", self.denied)?;
        }
        for route in &self.routes {
            write!(f, "; {route}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RouteKind::Owner => f.write_str("owner")?,
            RouteKind::Team => f.write_str("team folder")?,
            RouteKind::Share { id, granter, .. } => write!(f, "share {id} of {granter}")?,
        }
        write!(f, " at node {}: {}", self.node, self.verdict)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gives(rights) => write!(f, "gives {rights}"),
            Self::NotForThem => f.write_str("is for others"),
            Self::Expired => f.write_str("has ended"),
            Self::Pending => f.write_str("was not accepted yet"),
            Self::Left => f.write_str("was left"),
            Self::GranterGone => f.write_str("its granter is gone"),
            Self::GranterDisabled => f.write_str("its granter is disabled"),
            Self::GranterHasNothing => f.write_str("its granter has nothing"),
            Self::NothingInCommon => f.write_str("passes on nothing that its granter has"),
            Self::TeamGivesNothing => f.write_str("gives them nothing"),
        }
    }
}
