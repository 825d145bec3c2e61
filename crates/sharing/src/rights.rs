//! What people may do with nodes: what decides is loaded here, and decided in
//! [`allmende_share`].

use std::collections::HashMap;

use allmende_share::{Answer, Owner, Rights, ShareGraph};
use allmende_sql::{Statement, Value, params};
use allmende_types::{NodeId, Permissions, SpaceId, Timestamp, UserId};

use crate::{
    Result, Share, ShareId, Sharing,
    lineage::Lineage,
    people::People,
    rows::{self, ACCEPTED, columns},
    spaces::SpaceOwner,
};

/// Everything that decides over some nodes, at one moment.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) lineage: Lineage,
    pub(crate) people: People,
    owners: HashMap<SpaceId, SpaceOwner>,
    graph: ShareGraph,
    now: Timestamp,
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

    /// Of some people those who see a node, in their order. A constant number of queries,
    /// whatever the number of people.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn who_sees(
        &self,
        people: &[UserId],
        node: NodeId,
        now: Timestamp,
    ) -> Result<Vec<UserId>> {
        let graph = self.graph(people, [node], now).await?;
        let sees = |person: &&UserId| graph.rights(person, node).may(Permissions::READ);
        Ok(people.iter().filter(sees).cloned().collect())
    }

    /// Why a person may do what they may with a node: every way that gives them something.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn explain(
        &self,
        person: &UserId,
        node: NodeId,
        now: Timestamp,
    ) -> Result<allmende_share::Why> {
        let graph = self.graph([person], [node], now).await?;
        Ok(graph.graph.explain(person, node, now))
    }

    /// Loads what decides over nodes, for these people and all who share the nodes.
    pub(crate) async fn graph<'a>(
        &self,
        people: impl IntoIterator<Item = &'a UserId>,
        nodes: impl IntoIterator<Item = NodeId>,
        now: Timestamp,
    ) -> Result<Graph> {
        const FIND: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM shares s WHERE s.kind IN (0, 1, 7) AND (s.expires IS NULL OR s.expires >= $1) \
             AND s.node IN ($list) ORDER BY s.id"
        );
        let lineage = self.lineage(nodes).await?;
        let owners = self.owners(lineage.spaces()).await?;
        let policy = self.policy().await?;
        let list = lineage.ids().map(|id| Value::Int(id.get()));
        let shares = self.find(Statement::with_list(FIND, params![now.unix()], list)).await?;
        let asked: Vec<&UserId> = people.into_iter().collect();
        let involved = shares.iter().map(|share| &share.initiator).chain(asked);
        let people = self.members(involved).await?;
        let folders = owners.values().filter_map(|owner| match owner {
            SpaceOwner::Team(id) => Some(*id),
            _ => None,
        });
        let teams = self.team_states(folders, lineage.ids()).await?;
        let mut graph = ShareGraph::new(policy.graph_options());
        for known in people.iter() {
            graph.add_member(known.member.clone());
        }
        for node in lineage.nodes() {
            graph.add_node(node.id, node.parent);
            if node.parent.is_some() {
                continue;
            }
            match owners.get(&node.space) {
                Some(SpaceOwner::Person(key)) => {
                    graph.set_owner(node.id, Owner::Person(rows::person(key)?));
                }
                Some(SpaceOwner::Team(id)) => {
                    let space = teams.get(id).map(|state| state.space()).unwrap_or_default();
                    graph.set_owner(node.id, Owner::Team(space));
                }
                _ => {}
            }
        }
        for share in &shares {
            graph.add_grant(share.grant());
        }
        if !shares.is_empty() {
            self.add_answers(&mut graph, &people, &shares).await?;
        }
        Ok(Graph { lineage, people, owners, graph, now })
    }

    /// Adds what the people made of the shares that are for them.
    async fn add_answers(
        &self,
        graph: &mut ShareGraph,
        people: &People,
        shares: &[Share],
    ) -> Result<()> {
        if self.inner.options.system.enable_share_accept {
            let ids: Vec<UserId> = people.iter().map(|of| of.person.id.clone()).collect();
            let chosen = self.preference(&ids, "files_sharing", "default_accept").await?;
            for (id, _) in ids.iter().zip(chosen).filter(|(_, of)| of.as_deref() == Some("no")) {
                for share in shares.iter().filter(|share| share.asks_who_chose()) {
                    graph.set_answer(share.id, id, Answer::Pending);
                }
            }
        }
        let find = "SELECT share, person, state FROM share_places \
                    WHERE state IS NOT NULL AND person IN ($list)";
        let keys = people.keys().map(Value::from);
        let rows = self.sql().read(Statement::with_list(find, vec![], keys)).await?;
        for row in rows.iter() {
            let answer = if row.int(2)? == ACCEPTED { Answer::Accepted } else { Answer::Left };
            graph.set_answer(ShareId(row.int(0)?), &rows::person(row.text(1)?)?, answer);
        }
        Ok(())
    }
}

impl Graph {
    /// What a person may do with a node.
    pub(crate) fn rights(&self, person: &UserId, node: NodeId) -> Rights {
        self.graph.rights(person, node, self.now)
    }

    /// What a share of one of the nodes gives now.
    pub(crate) fn gives(&self, share: ShareId) -> Rights {
        self.graph.gives(share, self.now)
    }

    /// What a link gives now, which is not among the shares that people receive.
    pub(crate) fn link_gives(&mut self, link: &Share) -> Rights {
        self.graph.add_grant(link.grant());
        self.gives(link.id)
    }

    /// Whose the space is in which a node lies.
    pub(crate) fn owner(&self, node: NodeId) -> Option<&SpaceOwner> {
        self.owners.get(&self.lineage.get(node)?.space)
    }

    /// Whether a node lies in a person's own home.
    pub(crate) fn is_own(&self, person: &UserId, node: NodeId) -> bool {
        matches!(self.owner(node), Some(SpaceOwner::Person(key)) if *key == person.key())
    }
}
