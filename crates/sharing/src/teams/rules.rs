//! Rules on single nodes of a team folder.

use std::collections::BTreeSet;

use allmende_events::append;
use allmende_share::{Member, Rule, Subject};
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{EventKind, NodeId, Permissions};

use super::{TeamFolderId, access::TeamState, subject_number};
use crate::{
    Caller, Config, Delegation, Error, Result, Sharing, TeamRefusal, lineage::Lineage, news,
    people::Known, spaces::SpaceOwner,
};

/// A rule, with the name to show of whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShownRule {
    /// The rule.
    pub rule: Rule,
    /// The name; the id of a team.
    pub name: String,
}

/// What a person is told about the rules of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeRules {
    /// The team folder that it lies in.
    pub folder: TeamFolderId,
    /// Whether the rules of the folder count.
    pub enabled: bool,
    /// Whether the person may set them.
    pub can_manage: bool,
    /// What holds before any rule.
    pub base: Permissions,
    /// The node's own rules, for who may set them; for others, those that hit themselves.
    pub own: Vec<ShownRule>,
    /// What the rules above come to, one entry for each subject.
    pub inherited: Vec<ShownRule>,
}

/// Rules on one node at most.
const MAX_RULES: usize = 10_000;

impl Sharing {
    /// What a person is told about the rules of nodes, in their order; none for nodes
    /// outside of team folders. A constant number of queries.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn node_rules(
        &self,
        caller: Caller<'_>,
        nodes: &[NodeId],
    ) -> Result<Vec<Option<NodeRules>>> {
        let lineage = self.lineage(nodes.iter().copied()).await?;
        let places = self.team_places(&lineage, nodes).await?;
        let nowhere = places.iter().all(Option::is_none);
        let Some(known) = self.member(caller.person).await?.filter(|_| !nowhere) else {
            return Ok(vec![None; nodes.len()]);
        };
        let folders = places.iter().flatten().copied();
        let states = self.team_states(folders, lineage.ids()).await?;
        let all =
            lineage.ids().flat_map(|node| states.values().flat_map(move |of| of.acl.at(node)));
        // Gathered first: an iterator that is held over a wait binds the future's lifetimes.
        let subjects: Vec<&Subject> = all.map(|rule| &rule.subject).collect();
        let names = self.names_of(subjects).await?;
        let config = self.config().await?;
        let told = |node: &NodeId, folder: TeamFolderId| {
            let state = states.get(&folder)?;
            let may_set = may_set(&config, state, &known);
            let show = |rule: &Rule| {
                // A rule for somebody that there is not is kept, and never shown.
                let team = matches!(rule.subject, Subject::Team(_));
                let there = team || names.known(&rule.subject).is_some();
                let sees = may_set || known.member.is_one_of(&rule.subject);
                (there && sees).then(|| {
                    let mut rule = rule.clone();
                    rule.subject = names.spelled(rule.subject);
                    ShownRule { name: names.of(&rule.subject), rule }
                })
            };
            let above = &chain(&lineage, *node)[..];
            let above = above.split_last().map_or(&[][..], |(_, above)| above);
            let inherited = state.acl.inherited(&known.member, above);
            Some(NodeRules {
                folder,
                enabled: state.enabled,
                can_manage: may_set,
                base: base(state, &known.member),
                own: state.acl.at(*node).iter().filter_map(show).collect(),
                inherited: inherited.iter().filter_map(show).collect(),
            })
        };
        Ok(nodes.iter().zip(places).map(|(node, folder)| told(node, folder?)).collect())
    }

    /// Replaces the rules of a node. An empty list clears them.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the node is gone,
    /// [`TeamRefusal::NotManager`] when it lies in no team folder or the caller may not set
    /// its rules, [`TeamRefusal::OwnReadLost`] when they would take the caller's own right
    /// to read the node, [`TeamRefusal::InvalidRule`] for two rules for one subject.
    pub async fn set_node_rules(
        &self,
        caller: Caller<'_>,
        node: NodeId,
        rules: &[Rule],
    ) -> Result<()> {
        let lineage = self.lineage([node]).await?;
        let found = lineage.get(node);
        let found = found.ok_or_else(|| Error::not_found(format!("node {node}")))?;
        let folder = self.team_places(&lineage, &[node]).await?.pop().flatten();
        let folder = folder.ok_or(TeamRefusal::NotManager)?;
        let known = self.member(caller.person).await?.ok_or(TeamRefusal::NotManager)?;
        let states = self.team_states([folder], lineage.ids()).await?;
        let state = states.get(&folder).ok_or(TeamRefusal::NotManager)?;
        let config = self.config().await?;
        if !may_set(&config, state, &known) {
            return Err(TeamRefusal::NotManager.into());
        }
        if rules.len() > MAX_RULES {
            return Err(TeamRefusal::InvalidRule("too many".to_owned()).into());
        }
        let mut seen = BTreeSet::new();
        let twice = |rule: &&Rule| !seen.insert((rule.subject.kind(), rule.subject.key()));
        if let Some(twice) = rules.iter().find(twice) {
            let (kind, id) = (twice.subject.kind(), twice.subject.id());
            return Err(TeamRefusal::InvalidRule(format!("two rules for {kind} {id}")).into());
        }
        let own_read = state.acl.check_own_read(&known.member, &chain(&lineage, node), rules);
        own_read.map_err(|_| TeamRefusal::OwnReadLost)?;
        let mut batch = Batch::new();
        // Whoever changes the folder meanwhile, or removes it, comes before or after.
        let lock = "UPDATE team_folders SET acl = acl WHERE id = $1";
        batch.expect(Statement::new(lock, params![folder.0]), Expect::ONE);
        batch.push(Statement::new("DELETE FROM team_rules WHERE node = $1", params![node.get()]));
        for rule in rules {
            let insert = "INSERT INTO team_rules (node, kind, subject, folder, mask, allow, shown) \
                          VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let row = params![
                node.get(),
                subject_number(&rule.subject),
                rule.subject.key(),
                folder.0,
                rule.mask,
                rule.allow & rule.mask,
                rule.subject.id()
            ];
            batch.push(Statement::new(insert, row));
        }
        let event = news::event(EventKind::RulesChanged, caller)
            .detail("folder", folder.to_string())
            .about(news::about(found));
        append(&mut batch, &event);
        self.write(batch).await?;
        tracing::info!(person = %caller.person, %node, rules = rules.len(), "rules were set");
        Ok(())
    }

    /// In which team folder each node lies.
    async fn team_places(
        &self,
        lineage: &Lineage,
        nodes: &[NodeId],
    ) -> Result<Vec<Option<TeamFolderId>>> {
        let owners = self.owners(lineage.spaces()).await?;
        let place = |node: &NodeId| match owners.get(&lineage.get(*node)?.space)? {
            SpaceOwner::Team(id) => Some(*id),
            _ => None,
        };
        Ok(nodes.iter().map(place).collect())
    }
}

/// The nodes from the root of the folder down to one.
fn chain(lineage: &Lineage, node: NodeId) -> Vec<NodeId> {
    let mut chain: Vec<NodeId> = lineage.chain(node).map(|of| of.id).collect();
    chain.reverse();
    chain
}

/// What holds for a person before any rule: everything, where rules do not count.
fn base(state: &TeamState, member: &Member) -> Permissions {
    if state.enabled { state.acl.base(member) } else { Permissions::ALL }
}

/// Who may set rules: administrators, whom they handed team folders to, and the folder's
/// managers.
fn may_set(config: &Config, state: &TeamState, known: &Known) -> bool {
    known.is_administrator()
        || state.acl.is_managed_by(&known.member)
        || config.is_handed(Delegation::TeamFolders, known.groups())
}
