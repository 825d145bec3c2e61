//! Rules on single nodes of a team folder.

use std::collections::{BTreeMap, HashMap};

use allmende_events::append;
use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_types::{EventKind, NodeId, Permissions};

use super::{
    Grantee, TeamFolderId,
    access::{StoredRule, TeamState, apply, bits},
};
use crate::{
    Caller, Error, Refusal, Result, Sharing, lineage::Lineage, news, people::Member,
    spaces::SpaceOwner,
};

/// What one grantee may do with a node and everything below it.
///
/// Each bit of `mask` decides: with the same bit of `allow` it is allowed, without it is
/// denied. Bits that are not in `mask` stay as they are above.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Whom it is for.
    pub grantee: Grantee,
    /// The name to show; the id if there is none.
    pub name: String,
    /// The bits that it decides, as they were sent.
    pub mask: u8,
    /// Those of them that it allows.
    pub allow: u8,
}

impl Rule {
    /// A rule; bits of `allow` outside of `mask` are dropped.
    #[must_use]
    pub fn new(grantee: Grantee, mask: u8, allow: u8) -> Self {
        Self { name: grantee.id().to_owned(), grantee, mask, allow: allow & mask }
    }
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
    pub own: Vec<Rule>,
    /// What the rules above come to, one entry for each grantee.
    pub inherited: Vec<Rule>,
}

/// How much of the rules a person sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleScope {
    /// Those that hit themselves.
    Own,
    /// All, because they may set them.
    All,
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
        let mut ids: Vec<TeamFolderId> = places.iter().flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let Some(member) = self.member(caller.person).await?.filter(|_| !ids.is_empty()) else {
            return Ok(vec![None; nodes.len()]);
        };
        let states = self.team_states(&ids).await?;
        let rules = self.stored_rules(&lineage).await?;
        let names = self.names_of(rules.values().flatten().map(|rule| &rule.grantee)).await?;
        let told = |node: &NodeId, folder: TeamFolderId| {
            let state = states.get(&folder)?;
            let scope = scope(state, &member);
            let sees = |rule: &&StoredRule| {
                // A grantee that there is not is kept, and never shown.
                let there = names.known(&rule.grantee).is_some()
                    || matches!(rule.grantee, Grantee::Team(_));
                there && (scope == RuleScope::All || member.is_one_of(&rule.grantee))
            };
            let show = |grantee: &Grantee, mask, allow| Rule {
                grantee: names.spelled(grantee.clone()),
                name: names.of(grantee),
                mask,
                allow,
            };
            let of = |node: NodeId| rules.get(&node).into_iter().flatten().filter(sees);
            let own = of(*node).map(|rule| show(&rule.grantee, rule.mask, rule.allow));
            let base = state.base(&member);
            let mut above: Vec<NodeId> = lineage.chain(*node).skip(1).map(|of| of.id).collect();
            above.reverse();
            let mut inherited: BTreeMap<&Grantee, (u8, Permissions)> = BTreeMap::new();
            for rule in above.iter().flat_map(|node| of(*node)) {
                let (mask, allow) = inherited.entry(&rule.grantee).or_insert((0, base));
                *allow = apply(*allow, rule.mask, rule.allow);
                *mask |= rule.mask;
            }
            Some(NodeRules {
                folder,
                enabled: state.rules,
                can_manage: scope == RuleScope::All,
                base,
                own: own.collect(),
                inherited: inherited
                    .into_iter()
                    .map(|(grantee, (mask, allow))| show(grantee, mask, allow.bits()))
                    .collect(),
            })
        };
        Ok(nodes.iter().zip(places).map(|(node, folder)| told(node, folder?)).collect())
    }

    /// Replaces the rules of a node. An empty list clears them.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the node is gone,
    /// [`Refusal::NotManager`] when it lies in no team folder or the caller may not set its
    /// rules, [`Refusal::OwnReadPermission`] when they would take the caller's own right to
    /// read the node, [`Refusal::InvalidRule`] for two rules for one grantee.
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
        let folder = folder.ok_or(Refusal::NotManager)?;
        let member = self.member(caller.person).await?.ok_or(Refusal::NotManager)?;
        let states = self.team_states(&[folder]).await?;
        let state = states.get(&folder).ok_or(Refusal::NotManager)?;
        if scope(state, &member) != RuleScope::All {
            return Err(Refusal::NotManager.into());
        }
        if rules.len() > MAX_RULES {
            return Err(Refusal::InvalidRule("too many".to_owned()).into());
        }
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) =
            rules.iter().find(|rule| !seen.insert((rule.grantee.number(), rule.grantee.key())))
        {
            let text = format!("two rules for {} {}", twice.grantee.kind(), twice.grantee.id());
            return Err(Refusal::InvalidRule(text).into());
        }
        self.check_own_read(state, &member, &lineage, node, rules).await?;
        let mut batch = Batch::new();
        // Whoever changes the folder meanwhile, or removes it, comes before or after.
        let lock = "UPDATE team_folders SET acl = acl WHERE id = $1";
        batch.expect(Statement::new(lock, params![folder.0]), Expect::ONE);
        batch.push(Statement::new("DELETE FROM team_rules WHERE node = $1", params![node.get()]));
        for rule in rules {
            let insert = "INSERT INTO team_rules (node, kind, grantee, folder, mask, allow, shown) \
                          VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let row = params![
                node.get(),
                rule.grantee.number(),
                rule.grantee.key(),
                folder.0,
                rule.mask,
                rule.allow & rule.mask,
                rule.grantee.id()
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

    async fn check_own_read(
        &self,
        state: &TeamState,
        member: &Member,
        lineage: &Lineage,
        node: NodeId,
        rules: &[Rule],
    ) -> Result<()> {
        let policy = self.policy().await?;
        let mut stored = self.stored_rules(lineage).await?;
        let mut chain: Vec<NodeId> = lineage.chain(node).map(|of| of.id).collect();
        chain.reverse();
        let reads = |stored: &HashMap<NodeId, Vec<StoredRule>>| {
            let of = |(node, rules): (&NodeId, &'_ Vec<StoredRule>)| {
                let node = *node;
                rules.iter().map(move |of| (node, of.clone())).collect::<Vec<_>>()
            };
            let all: Vec<(NodeId, StoredRule)> = stored.iter().flat_map(of).collect();
            let each = all.iter().map(|(node, of)| (*node, &of.grantee, of.mask, of.allow));
            let rules = state.rules_for(member, &policy, each);
            rules.evaluate(&chain).contains(Permissions::READ)
        };
        let new = rules.iter().map(|rule| StoredRule {
            grantee: rule.grantee.clone(),
            mask: rule.mask,
            allow: rule.allow & rule.mask,
        });
        let before = reads(&stored);
        stored.insert(node, new.collect());
        // Who could not read before, such as an administrator, loses nothing.
        if before && !reads(&stored) {
            return Err(Refusal::OwnReadPermission.into());
        }
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

    async fn stored_rules(&self, lineage: &Lineage) -> Result<HashMap<NodeId, Vec<StoredRule>>> {
        let find = "SELECT node, kind, shown, mask, allow FROM team_rules \
                    WHERE node IN ($list) ORDER BY kind, grantee";
        let nodes = lineage.ids().map(|id| Value::Int(id.get()));
        let rows = self.sql().read(Statement::with_list(find, vec![], nodes)).await?;
        let mut rules: HashMap<NodeId, Vec<StoredRule>> = HashMap::new();
        for row in rows.iter() {
            let rule = StoredRule {
                grantee: Grantee::stored(row.int(1)?, row.text(2)?)?,
                mask: bits(row.int(3)?),
                allow: bits(row.int(4)?),
            };
            rules.entry(NodeId(row.int(0)?)).or_default().push(rule);
        }
        Ok(rules)
    }
}

/// Who may set rules: administrators, and the folder's managers.
fn scope(state: &TeamState, member: &Member) -> RuleScope {
    if member.is_administrator() || state.is_managed_by(member) {
        RuleScope::All
    } else {
        RuleScope::Own
    }
}
