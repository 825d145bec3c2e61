//! What people may do with nodes, by everything that gives them something: their homes,
//! team folders, and shares, each of which gives no more than its maker has now.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use allmende_sql::{Statement, Value, params};
use allmende_types::{NodeId, Permissions, SpaceId, Timestamp, UserId};

use crate::{
    Policy, Result, Share, ShareId, Sharing,
    lineage::Lineage,
    people::{Member, People},
    rows::{self, LEFT, columns},
    spaces::SpaceOwner,
    teams::TeamAccess,
};

/// What somebody may do with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Rights {
    /// The bits.
    pub permissions: Permissions,
    /// Whether they may download, beside reading.
    pub download: bool,
    /// Whether it lies in their own home.
    pub own: bool,
}

impl Rights {
    pub(crate) const OWN: Self = Self { permissions: Permissions::ALL, download: true, own: true };

    /// What either gives.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            permissions: self.permissions | other.permissions,
            download: self.download || other.download,
            own: self.own || other.own,
        }
    }

    /// What a share of somebody with these rights gives.
    fn through(self, share: &Share) -> Self {
        let permissions = self.permissions & share.permissions;
        let reads = permissions.contains(Permissions::READ);
        Self {
            permissions,
            download: reads && self.download && share.attributes.download(),
            own: false,
        }
    }
}

/// Everything that decides over some nodes, at one moment.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) lineage: Lineage,
    owners: HashMap<SpaceId, SpaceOwner>,
    pub(crate) people: People,
    /// The shares on the nodes and above them, and what each gives now.
    shares: Vec<(Share, Rights)>,
    by_node: HashMap<NodeId, Vec<usize>>,
    /// Who left which share.
    left: HashSet<(ShareId, String)>,
    teams: TeamAccess,
    policy: Arc<Policy>,
}

impl Sharing {
    /// What a person may do with each of some nodes, in their order; nothing with one that
    /// is gone. A constant number of queries, whatever the number of nodes.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn rights(
        &self,
        person: &UserId,
        nodes: &[NodeId],
        now: Timestamp,
    ) -> Result<Vec<Rights>> {
        let graph = self.graph([person], nodes.iter().copied(), now).await?;
        Ok(nodes.iter().map(|node| graph.rights(person, *node)).collect())
    }

    /// Loads what decides over nodes, for these people and all who share the nodes.
    pub(crate) async fn graph<'a>(
        &self,
        people: impl IntoIterator<Item = &'a UserId>,
        nodes: impl IntoIterator<Item = NodeId>,
        now: Timestamp,
    ) -> Result<Graph> {
        let lineage = self.lineage(nodes).await?;
        let owners = self.owners(lineage.spaces()).await?;
        let find = concat!(
            "SELECT ",
            columns!(),
            " FROM shares s WHERE s.kind IN (0, 1, 7) AND (s.expires IS NULL OR s.expires >= $1) \
             AND s.node IN ($list) ORDER BY s.id"
        );
        let list = lineage.ids().map(|id| Value::Int(id.get()));
        let find = Statement::with_list(find, params![now.unix()], list);
        let key = &self.inner.options.key;
        let rows = self.sql().read(find).await?;
        let shares = rows.iter().map(|row| rows::share(row, key)).collect::<Result<Vec<_>>>()?;
        let asked: Vec<&UserId> = people.into_iter().collect();
        let involved = shares.iter().map(|share| &share.initiator).chain(asked);
        let people = self.members(involved).await?;
        let left = if shares.is_empty() { HashSet::new() } else { self.left_by(&people).await? };
        let folders = owners.values().filter_map(|owner| match owner {
            SpaceOwner::Team(id) => Some(*id),
            _ => None,
        });
        let teams = self.team_access(folders, &lineage).await?;
        let policy = self.policy().await?;
        let mut by_node: HashMap<NodeId, Vec<usize>> = HashMap::new();
        for (at, share) in shares.iter().enumerate() {
            by_node.entry(share.node).or_default().push(at);
        }
        let shares = shares.into_iter().map(|share| (share, Rights::default())).collect();
        let mut graph = Graph { lineage, owners, people, shares, by_node, left, teams, policy };
        graph.settle();
        Ok(graph)
    }

    async fn left_by(&self, people: &People) -> Result<HashSet<(ShareId, String)>> {
        let find = "SELECT share, person FROM share_places WHERE state = $1 AND person IN ($list)";
        let keys = people.keys().map(Value::from);
        let rows = self.sql().read(Statement::with_list(find, params![LEFT], keys)).await?;
        rows.iter().map(|row| Ok((ShareId(row.int(0)?), row.text(1)?.to_owned()))).collect()
    }
}

impl Graph {
    /// Finds what each share gives: the least that agrees with what its maker has. It
    /// starts from nothing, so shares that only support each other give nothing.
    fn settle(&mut self) {
        loop {
            let mut changed = false;
            for at in 0..self.shares.len() {
                let (share, before) = &self.shares[at];
                let gives = match self.people.get(&share.initiator) {
                    Some(maker) => self.of_member(maker, share.node).through(share),
                    None => Rights::default(),
                };
                let gives = if gives.permissions.contains(Permissions::READ) {
                    gives
                } else {
                    Rights::default()
                };
                if gives != *before {
                    self.shares[at].1 = gives;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// What a person may do with a node.
    pub(crate) fn rights(&self, person: &UserId, node: NodeId) -> Rights {
        self.people.get(person).map(|member| self.of_member(member, node)).unwrap_or_default()
    }

    /// What a share gives now.
    pub(crate) fn gives(&self, id: ShareId) -> Rights {
        let found = self.shares.iter().find(|(share, _)| share.id == id);
        found.map(|(_, rights)| *rights).unwrap_or_default()
    }

    /// Whose the space is in which a node lies.
    pub(crate) fn owner(&self, node: NodeId) -> Option<&SpaceOwner> {
        self.owners.get(&self.lineage.get(node)?.space)
    }

    fn of_member(&self, member: &Member, node: NodeId) -> Rights {
        let Some(found) = self.lineage.get(node) else { return Rights::default() };
        let mut rights = match self.owners.get(&found.space) {
            Some(SpaceOwner::Person(key)) if *key == member.person.id.key() => Rights::OWN,
            Some(SpaceOwner::Team(id)) => {
                let chain = self.lineage.chain(node).map(|node| node.id);
                self.teams.rights(*id, member, &self.policy, chain)
            }
            _ => Rights::default(),
        };
        if !rights.own {
            for above in self.lineage.chain(node) {
                for at in self.by_node.get(&above.id).into_iter().flatten() {
                    let (share, gives) = &self.shares[*at];
                    if self.holds(member, share) {
                        rights = rights.or(self.received(*gives));
                    }
                }
            }
        }
        rights
    }

    /// Whether a share is for a person, who has not left it.
    fn holds(&self, member: &Member, share: &Share) -> bool {
        member.is_among(&share.recipient)
            && !self.left.contains(&(share.id, member.person.id.key()))
    }

    /// What of a share's rights reaches its recipients.
    pub(crate) fn received(&self, rights: Rights) -> Rights {
        if self.policy.resharing {
            return rights;
        }
        let kept =
            Permissions::READ | Permissions::UPDATE | Permissions::CREATE | Permissions::DELETE;
        Rights { permissions: rights.permissions & kept, ..rights }
    }
}
