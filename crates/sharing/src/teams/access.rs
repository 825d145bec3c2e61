//! What of team folders decides over access, as it is loaded.

use std::collections::HashMap;

use allmende_share::{Acl, Inheritance, Rule, Subject, TeamSpace, Unruled};
use allmende_sql::{Statement, Value};
use allmende_types::{NodeId, Permissions};

use super::{TeamFolderId, stored_subject};
use crate::{Result, Sharing};

/// What of a team folder decides over access.
#[derive(Debug, Clone, Default)]
pub(crate) struct TeamState {
    /// Whether the rules count.
    pub(crate) enabled: bool,
    /// To whom it is given, and the most that each may do.
    pub(crate) given: Vec<(Subject, Permissions)>,
    /// Managers and rules; the rules of the nodes that were asked for.
    pub(crate) acl: Acl,
}

impl TeamState {
    /// As the evaluation of shares wants it.
    pub(crate) fn space(&self) -> TeamSpace {
        let acl = self.enabled.then(|| self.acl.clone());
        TeamSpace { given: self.given.clone(), acl }
    }
}

impl Sharing {
    /// What of team folders decides over access, with the rules of some nodes: four
    /// queries, however many.
    pub(crate) async fn team_states(
        &self,
        folders: impl IntoIterator<Item = TeamFolderId>,
        nodes: impl IntoIterator<Item = NodeId>,
    ) -> Result<HashMap<TeamFolderId, TeamState>> {
        let mut ids: Vec<TeamFolderId> = folders.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let mut states = HashMap::new();
        if ids.is_empty() {
            return Ok(states);
        }
        let inheritance: Inheritance = self.policy().await?.inheritance;
        let list = |sql: &'static str| {
            Statement::with_list(sql, vec![], ids.iter().map(|id| Value::Int(id.0)))
        };
        let of_nodes = "SELECT node, folder, kind, shown, mask, allow FROM team_rules \
                        WHERE node IN ($list) ORDER BY node, kind, subject";
        let nodes = nodes.into_iter().map(|id| Value::Int(id.get()));
        let answers = self
            .sql()
            .read_all(vec![
                list("SELECT id, acl, default_none FROM team_folders WHERE id IN ($list)"),
                list(
                    "SELECT folder, kind, subject, permissions FROM team_groups \
                      WHERE folder IN ($list) ORDER BY kind, subject",
                ),
                list(
                    "SELECT folder, kind, subject FROM team_managers \
                      WHERE folder IN ($list) ORDER BY kind, subject",
                ),
                Statement::with_list(of_nodes, vec![], nodes),
            ])
            .await?;
        for row in answers[0].iter() {
            let mut acl = Acl::default();
            acl.inheritance = inheritance;
            acl.unruled = if row.flag(2)? { Unruled::Nothing } else { Unruled::Everything };
            let state = TeamState { enabled: row.flag(1)?, acl, ..TeamState::default() };
            states.insert(TeamFolderId(row.int(0)?), state);
        }
        for row in answers[1].iter() {
            if let Some(state) = states.get_mut(&TeamFolderId(row.int(0)?)) {
                let permissions = Permissions::from_bits(bits(row.int(3)?) & 31);
                let subject = stored_subject(row.int(1)?, row.text(2)?)?;
                state.given.push((subject, permissions.unwrap_or(Permissions::NONE)));
            }
        }
        for row in answers[2].iter() {
            if let Some(state) = states.get_mut(&TeamFolderId(row.int(0)?)) {
                state.acl.managers.push(stored_subject(row.int(1)?, row.text(2)?)?);
            }
        }
        let mut rules: HashMap<(TeamFolderId, NodeId), Vec<Rule>> = HashMap::new();
        for row in answers[3].iter() {
            let place = (TeamFolderId(row.int(1)?), NodeId(row.int(0)?));
            let subject = stored_subject(row.int(2)?, row.text(3)?)?;
            let rule = Rule::new(subject, bits(row.int(4)?), bits(row.int(5)?));
            rules.entry(place).or_default().push(rule);
        }
        for ((folder, node), rules) in rules {
            if let Some(state) = states.get_mut(&folder) {
                state.acl.set(node, rules);
            }
        }
        Ok(states)
    }
}

/// Bits as they are stored; those beyond the five that mean something are kept for showing.
pub(crate) fn bits(stored: i64) -> u8 {
    u8::try_from(stored & 0xff).unwrap_or(0)
}
