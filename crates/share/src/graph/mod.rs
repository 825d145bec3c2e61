//! All that bears upon some nodes: people, folders, owners, shares, denials.

mod explain;
mod solve;

use std::collections::HashMap;

use allmende_types::{NodeId, Permissions, UserId};

pub use self::explain::{Route, RouteKind, Verdict, Why};
use crate::{Acl, Answer, Denial, Grant, Member, Recipient, Rights, ShareId, Standing, Subject};

/// What decides over access to some nodes, kept in memory for as long as the decision takes.
///
/// It can be filled in any order. What is not in it gives nothing: a share of somebody who
/// was not [added](Self::add_member) (because the account is gone) is void, and so is one
/// of a node whose folders were not added up to the root.
///
/// # Cost
/// A decision looks at the shares of the node and of the folders above it, and at their
/// granters where these do not own the space. Nothing is kept from one decision to the next.
///
/// ```
/// use allmende_share::{Grant, Member, Owner, Recipient, Rights, ShareGraph, ShareId};
/// use allmende_types::{NodeId, Permissions, Timestamp, UserId};
///
/// let (alice, bob): (UserId, UserId) = ("alice".parse()?, "bob".parse()?);
/// let mut graph = ShareGraph::default();
/// graph.add_member(Member::new(alice.clone()));
/// graph.add_member(Member::new(bob.clone()));
/// graph.add_node(NodeId(1), None);
/// graph.add_node(NodeId(2), Some(NodeId(1)));
/// graph.set_owner(NodeId(1), Owner::Person(alice.clone()));
/// let mut grant = Grant::new(ShareId(1), NodeId(1), alice.clone(), Recipient::Person(bob.clone()));
/// grant.permissions = Permissions::READ;
/// graph.add_grant(grant);
///
/// let now = Timestamp::EPOCH;
/// assert_eq!(graph.rights(&alice, NodeId(2), now), Rights::ALL);
/// assert_eq!(graph.rights(&bob, NodeId(2), now).permissions(), Permissions::READ);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ShareGraph {
    options: GraphOptions,
    people: Vec<Person>,
    people_by_key: HashMap<String, u32>,
    subjects: HashMap<SubjectKey, u32>,
    nodes: Vec<Node>,
    nodes_by_id: HashMap<NodeId, u32>,
    grants: Vec<Entry>,
    grants_by_id: HashMap<ShareId, u32>,
    denials: usize,
}

/// What the operator decides about evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct GraphOptions {
    /// Whether received things may be shared on.
    pub resharing: Resharing,
    /// What becomes of the shares of somebody whose account is disabled.
    pub disabled: DisabledGranters,
}

/// Whether received things may be shared on (`shareapi_allow_resharing`). What was shared on
/// before it was switched off keeps what else it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Resharing {
    /// They may.
    #[default]
    Allowed,
    /// They lose the bit to share.
    Forbidden,
}

/// What becomes of the shares of somebody whose account is disabled. Those of somebody whose
/// account was deleted are always void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DisabledGranters {
    /// They stay in force, as in the original: a colleague's absence takes nothing away.
    #[default]
    Keep,
    /// They give nothing (`files_sharing/hide_disabled_user_shares`).
    Suspend,
}

/// Whose a space is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A person's home: they may do everything in it.
    Person(UserId),
    /// A team folder: nobody's.
    Team(TeamSpace),
}

/// What decides over access to a team folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TeamSpace {
    /// To whom it is given, and the most that each may do. Of several, what any gives.
    pub given: Vec<(Subject, Permissions)>,
    /// The rules, if they count.
    pub acl: Option<Acl>,
}

impl TeamSpace {
    /// The most that a person may do anywhere in it.
    #[must_use]
    pub fn ceiling(&self, member: &Member) -> Permissions {
        let given = self.given.iter().filter(|(subject, _)| member.is_one_of(subject));
        given.fold(Permissions::NONE, |all, (_, permissions)| all | *permissions)
    }

    /// What a person may do with the last node of a chain, the root first.
    #[must_use]
    pub fn permissions(&self, member: &Member, chain: &[NodeId]) -> Permissions {
        let ceiling = self.ceiling(member);
        let ruled = match &self.acl {
            Some(acl) if ceiling != Permissions::NONE => acl.evaluate(member, chain),
            _ => Permissions::ALL,
        };
        (ruled & ceiling).if_readable()
    }
}

trait IfReadable {
    fn if_readable(self) -> Self;
}

impl IfReadable for Permissions {
    fn if_readable(self) -> Self {
        if self.contains(Self::READ) { self } else { Self::NONE }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum SubjectKey {
    Person(u32),
    Group(String),
    Team(String),
}

#[derive(Debug, Clone)]
struct Person {
    /// None while nobody added them: an account that there is not.
    member: Option<Member>,
    /// All that makes something to be for them, sorted.
    subjects: Vec<u32>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    id: NodeId,
    parent: Option<u32>,
    owner: Option<OwnerIndex>,
    grants: Vec<u32>,
    denials: Vec<(u32, Rights)>,
}

#[derive(Debug, Clone)]
enum OwnerIndex {
    Person(u32),
    Team(Box<TeamSpace>),
}

#[derive(Debug, Clone)]
struct Entry {
    grant: Grant,
    node: u32,
    granter: u32,
    /// None for recipients outside of this server's people.
    subject: Option<u32>,
    ceiling: Rights,
    answers: Vec<(u32, Answer)>,
}

impl ShareGraph {
    /// A graph with nothing in it.
    #[must_use]
    pub fn new(options: GraphOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// Adds a person, or replaces what is known of them.
    pub fn add_member(&mut self, member: Member) {
        let at = self.person_index(&member.id);
        let groups = member.groups.iter().map(|id| SubjectKey::Group(id.as_str().to_owned()));
        let teams = member.teams.iter().map(|id| SubjectKey::Team(id.clone()));
        let keys: Vec<SubjectKey> =
            std::iter::once(SubjectKey::Person(at)).chain(groups).chain(teams).collect();
        let mut subjects: Vec<u32> = keys.into_iter().map(|key| self.subject_index(key)).collect();
        subjects.sort_unstable();
        let person = &mut self.people[at as usize];
        person.subjects = subjects;
        person.member = Some(member);
    }

    /// Adds a node below its folder; the root of a space has none.
    pub fn add_node(&mut self, id: NodeId, parent: Option<NodeId>) {
        let parent = parent.map(|parent| self.node_index(parent));
        let at = self.node_index(id);
        self.nodes[at as usize].parent = parent;
    }

    /// Says whose the space with this root is.
    pub fn set_owner(&mut self, root: NodeId, owner: Owner) {
        let owner = match owner {
            Owner::Person(id) => OwnerIndex::Person(self.person_index(&id)),
            Owner::Team(space) => OwnerIndex::Team(Box::new(space)),
        };
        let at = self.node_index(root);
        self.nodes[at as usize].owner = Some(owner);
    }

    /// Adds a share, or replaces the one with its number.
    pub fn add_grant(&mut self, grant: Grant) {
        let node = self.node_index(grant.node);
        let granter = self.person_index(&grant.granter);
        let subject = match &grant.recipient {
            Recipient::Person(id) => {
                let person = self.person_index(id);
                Some(self.subject_index(SubjectKey::Person(person)))
            }
            other => other.subject().map(|subject| self.index_of(&subject)),
        };
        let ceiling = grant.ceiling();
        let id = grant.id;
        let entry = Entry { grant, node, granter, subject, ceiling, answers: Vec::new() };
        let at = match self.grants_by_id.get(&id) {
            Some(at) => {
                let old = std::mem::replace(&mut self.grants[*at as usize], entry);
                self.nodes[old.node as usize].grants.retain(|other| other != at);
                *at
            }
            None => {
                let at = index(self.grants.len());
                self.grants.push(entry);
                self.grants_by_id.insert(id, at);
                at
            }
        };
        self.nodes[node as usize].grants.push(at);
    }

    /// Says what a recipient made of a share; of a share that is not here, nothing.
    pub fn set_answer(&mut self, share: ShareId, person: &UserId, answer: Answer) {
        let person = self.person_index(person);
        let Some(at) = self.grants_by_id.get(&share) else { return };
        let answers = &mut self.grants[*at as usize].answers;
        answers.retain(|(who, _)| *who != person);
        answers.push((person, answer));
    }

    /// Adds a denial.
    pub fn deny(&mut self, denial: &Denial) {
        let subject = self.index_of(&denial.subject);
        let at = self.node_index(denial.node);
        self.nodes[at as usize].denials.push((subject, denial.taken));
        self.denials += 1;
    }

    fn person_index(&mut self, id: &UserId) -> u32 {
        let key = id.key();
        if let Some(at) = self.people_by_key.get(&key) {
            return *at;
        }
        let at = index(self.people.len());
        self.people.push(Person { member: None, subjects: Vec::new() });
        self.people_by_key.insert(key, at);
        at
    }

    fn node_index(&mut self, id: NodeId) -> u32 {
        let next = index(self.nodes.len());
        let at = *self.nodes_by_id.entry(id).or_insert(next);
        if at == next {
            self.nodes.push(Node { id, ..Node::default() });
        }
        at
    }

    fn index_of(&mut self, subject: &Subject) -> u32 {
        let key = match subject {
            Subject::Person(id) => SubjectKey::Person(self.person_index(id)),
            Subject::Group(id) => SubjectKey::Group(id.as_str().to_owned()),
            Subject::Team(id) => SubjectKey::Team(id.clone()),
        };
        self.subject_index(key)
    }

    fn subject_index(&mut self, key: SubjectKey) -> u32 {
        let next = index(self.subjects.len());
        *self.subjects.entry(key).or_insert(next)
    }

    /// The index of a person who is there.
    fn person(&self, id: &UserId) -> Option<u32> {
        let at = *self.people_by_key.get(&id.key())?;
        self.people[at as usize].member.as_ref().map(|_| at)
    }

    /// The nodes from the root down to one; none if the root was not reached.
    fn chain(&self, node: NodeId) -> Option<Vec<u32>> {
        let mut at = *self.nodes_by_id.get(&node)?;
        let mut chain = Vec::with_capacity(16);
        loop {
            chain.push(at);
            match self.nodes[at as usize].parent {
                // Longer than there are nodes: the folders go in a circle.
                Some(_) if chain.len() > self.nodes.len() => return None,
                Some(parent) => at = parent,
                None => break,
            }
        }
        chain.reverse();
        Some(chain)
    }
}

impl Entry {
    fn answer(&self, person: u32) -> Answer {
        let found = self.answers.iter().find(|(who, _)| *who == person);
        found.map_or(self.grant.unanswered, |(_, answer)| *answer)
    }
}

impl Person {
    fn is_one_of(&self, subject: Option<u32>) -> bool {
        subject.is_some_and(|subject| self.subjects.contains(&subject))
    }

    fn standing(&self) -> Option<Standing> {
        self.member.as_ref().map(|member| member.standing)
    }
}

/// More than four thousand million of anything does not fit into memory before.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
