//! What members of a team folder may do with its nodes.

use std::collections::HashMap;

use allmende_sql::{Statement, Value};
use allmende_types::{NodeId, Permissions};

use super::{Grantee, TeamFolderId};
use crate::{Policy, Result, Rights, Sharing, lineage::Lineage, people::Member};

/// Everything that decides over some nodes of some team folders.
#[derive(Debug, Default)]
pub(crate) struct TeamAccess {
    folders: HashMap<TeamFolderId, TeamState>,
    rules: HashMap<NodeId, Vec<StoredRule>>,
}

/// What of a team folder decides over access.
#[derive(Debug, Clone, Default)]
pub(crate) struct TeamState {
    pub(crate) rules: bool,
    pub(crate) default_none: bool,
    pub(crate) groups: Vec<(Grantee, Permissions)>,
    pub(crate) managers: Vec<Grantee>,
}

/// A rule as it decides.
#[derive(Debug, Clone)]
pub(crate) struct StoredRule {
    pub(crate) grantee: Grantee,
    pub(crate) mask: u8,
    pub(crate) allow: u8,
}

impl Member {
    /// Whether something that is for a grantee is for this person.
    pub(crate) fn is_one_of(&self, grantee: &Grantee) -> bool {
        match grantee {
            Grantee::Person(id) => id.key() == self.person.id.key(),
            Grantee::Group(id) => self.groups.contains(id),
            Grantee::Team(id) => self.teams.contains(id),
        }
    }
}

impl TeamState {
    /// The most that a person may do anywhere in the folder.
    pub(crate) fn ceiling(&self, member: &Member) -> Permissions {
        let given = self.groups.iter().filter(|(grantee, _)| member.is_one_of(grantee));
        given.fold(Permissions::NONE, |all, (_, permissions)| all | *permissions)
    }

    pub(crate) fn is_managed_by(&self, member: &Member) -> bool {
        self.managers.iter().any(|grantee| member.is_one_of(grantee))
    }

    /// What holds at the root before its rules.
    pub(crate) fn base(&self, member: &Member) -> Permissions {
        match (self.rules && self.default_none, self.is_managed_by(member)) {
            (false, _) => Permissions::ALL,
            (true, true) => Permissions::READ,
            (true, false) => Permissions::NONE,
        }
    }
}

/// What rules of one node, together, say to a person: among them, to allow goes before to
/// deny, and what none speaks of stays as it is above.
pub(crate) fn apply(above: Permissions, mask: u8, allow: u8) -> Permissions {
    let bits = (above.bits() & !mask) | (allow & mask);
    Permissions::from_bits(bits & Permissions::ALL.bits()).unwrap_or(Permissions::NONE)
}

impl TeamAccess {
    /// What a person may do with a node, given it and the folders above it, nearest first.
    pub(crate) fn rights(
        &self,
        folder: TeamFolderId,
        member: &Member,
        policy: &Policy,
        chain: impl Iterator<Item = NodeId>,
    ) -> Rights {
        let Some(state) = self.folders.get(&folder) else { return Rights::default() };
        let ceiling = state.ceiling(member);
        if !state.rules {
            return rights(ceiling);
        }
        let mut chain: Vec<NodeId> = chain.collect();
        chain.reverse();
        let of = |node: &NodeId| {
            let (node, rules) = (*node, self.rules.get(node));
            rules.into_iter().flatten().map(move |of| (node, &of.grantee, of.mask, of.allow))
        };
        let rules = state.rules_for(member, policy, chain.iter().flat_map(of));
        rights(rules.evaluate(&chain) & ceiling)
    }
}

fn rights(permissions: Permissions) -> Rights {
    if permissions.contains(Permissions::READ) {
        Rights { permissions, download: true, own: false }
    } else {
        Rights::default()
    }
}

impl Sharing {
    /// Loads what decides over nodes in some team folders.
    pub(crate) async fn team_access(
        &self,
        folders: impl IntoIterator<Item = TeamFolderId>,
        lineage: &Lineage,
    ) -> Result<TeamAccess> {
        let mut ids: Vec<TeamFolderId> = folders.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(TeamAccess::default());
        }
        let folders = self.team_states(&ids).await?;
        let find = "SELECT node, kind, grantee, mask, allow FROM team_rules WHERE node IN ($list)";
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
        Ok(TeamAccess { folders, rules })
    }

    /// What of team folders decides over access.
    pub(crate) async fn team_states(
        &self,
        ids: &[TeamFolderId],
    ) -> Result<HashMap<TeamFolderId, TeamState>> {
        let list =
            |sql: &str| Statement::with_list(sql, vec![], ids.iter().map(|id| Value::Int(id.0)));
        let answers = self
            .sql()
            .read_all(vec![
                list("SELECT id, acl, default_none FROM team_folders WHERE id IN ($list)"),
                list(
                    "SELECT folder, kind, grantee, permissions FROM team_groups \
                      WHERE folder IN ($list)",
                ),
                list("SELECT folder, kind, grantee FROM team_managers WHERE folder IN ($list)"),
            ])
            .await?;
        let mut states = HashMap::new();
        for row in answers[0].iter() {
            let state = TeamState {
                rules: row.flag(1)?,
                default_none: row.flag(2)?,
                ..TeamState::default()
            };
            states.insert(TeamFolderId(row.int(0)?), state);
        }
        for row in answers[1].iter() {
            if let Some(state) = states.get_mut(&TeamFolderId(row.int(0)?)) {
                let permissions = Permissions::from_bits(bits(row.int(3)?) & 31);
                let grantee = Grantee::stored(row.int(1)?, row.text(2)?)?;
                state.groups.push((grantee, permissions.unwrap_or(Permissions::NONE)));
            }
        }
        for row in answers[2].iter() {
            if let Some(state) = states.get_mut(&TeamFolderId(row.int(0)?)) {
                state.managers.push(Grantee::stored(row.int(1)?, row.text(2)?)?);
            }
        }
        Ok(states)
    }
}

/// Bits as they are stored; those beyond the five that mean something are kept for showing.
pub(crate) fn bits(stored: i64) -> u8 {
    u8::try_from(stored & 0xff).unwrap_or(0)
}
