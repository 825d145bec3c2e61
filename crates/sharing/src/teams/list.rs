//! Listing team folders.

use std::collections::{BTreeSet, HashMap};

use allmende_share::Subject;
use allmende_sql::{Row, Statement, params};
use allmende_types::{GroupId, NodeId, SpaceId, Timestamp, UserId};

use super::{
    RulesSwitch, TeamFolder, TeamFolderId, TeamGroup, TeamManager, TeamQuota, access::TeamState,
};
use crate::{Result, Sharing, TeamRefusal};

/// Which team folders to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TeamScope<'a> {
    /// All.
    All,
    /// Those that a person has through a group, with their own groups only.
    Member(&'a UserId),
    /// Those whose rules a person manages.
    Manager(&'a UserId),
}

/// In which order to list team folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TeamOrder {
    /// By mount point.
    #[default]
    MountPoint,
    /// By quota.
    Quota,
    /// By the number of groups.
    Groups,
    /// By whether rules count.
    Rules,
}

const COLUMNS: &str = "id, mount_point, quota, acl, default_none, space, root, created";

impl Sharing {
    /// A team folder.
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`].
    pub async fn team_folder(&self, id: TeamFolderId) -> Result<TeamFolder> {
        let find = format!("SELECT {COLUMNS} FROM team_folders WHERE id = $1");
        let rows = self.sql().read(Statement::new(find, params![id.0]).point()).await?;
        let found = self.team_folders_of(rows.iter().collect()).await?.pop();
        found.ok_or_else(|| TeamRefusal::NoSuchFolder.into())
    }

    /// Team folders in order, with the names of groups and managers: a constant number of
    /// queries.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn team_folders(
        &self,
        scope: TeamScope<'_>,
        order: TeamOrder,
    ) -> Result<Vec<TeamFolder>> {
        let list = format!("SELECT {COLUMNS} FROM team_folders ORDER BY mount_point");
        let rows = self.sql().read(Statement::new(list, vec![])).await?;
        let mut folders = self.team_folders_of(rows.iter().collect()).await?;
        match scope {
            TeamScope::All => {}
            TeamScope::Member(person) => {
                let member = self.member(person).await?;
                for folder in &mut folders {
                    folder.groups.retain(|group| {
                        member.as_ref().is_some_and(|known| known.member.is_one_of(&group.subject))
                    });
                }
                folders.retain(|folder| !folder.groups.is_empty());
            }
            TeamScope::Manager(person) => {
                let member = self.member(person).await?;
                folders.retain(|folder| {
                    let mut managers = folder.managers.iter();
                    managers.any(|manager| {
                        member
                            .as_ref()
                            .is_some_and(|known| known.member.is_one_of(&manager.subject))
                    })
                });
            }
        }
        match order {
            TeamOrder::MountPoint => {}
            TeamOrder::Quota => folders.sort_by_key(|folder| folder.quota.number()),
            TeamOrder::Groups => folders.sort_by_key(|folder| folder.groups.len()),
            TeamOrder::Rules => folders.sort_by_key(|folder| folder.rules == RulesSwitch::On),
        }
        Ok(folders)
    }

    /// How many team folders there are.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn count_team_folders(&self) -> Result<u64> {
        let count = Statement::new("SELECT count(*) FROM team_folders", vec![]);
        Ok(self.sql().read(count).await?.one()?.int(0)?.unsigned_abs())
    }

    async fn team_folders_of(&self, rows: Vec<Row<'_>>) -> Result<Vec<TeamFolder>> {
        let ids =
            rows.iter().map(|row| Ok(TeamFolderId(row.int(0)?))).collect::<Result<Vec<_>>>()?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let states = self.team_states(ids.iter().copied(), []).await?;
        let names = self.subject_names(&states).await?;
        let mut folders = Vec::with_capacity(rows.len());
        for (row, id) in rows.iter().zip(&ids) {
            folders.push(self.team_folder_of(*row, *id, &states, &names).await?);
        }
        let roots: Vec<NodeId> = folders.iter().map(|folder| folder.root).collect();
        for (folder, root) in folders.iter_mut().zip(self.tree().stat(&roots).await?) {
            folder.size = root.map_or(0, |root| root.size);
        }
        Ok(folders)
    }

    async fn team_folder_of(
        &self,
        row: Row<'_>,
        id: TeamFolderId,
        states: &HashMap<TeamFolderId, TeamState>,
        names: &Names,
    ) -> Result<TeamFolder> {
        let state = states.get(&id).cloned().unwrap_or_default();
        let quota = TeamQuota::from_number(row.int(2)?);
        let created = Timestamp::from_unix(row.int(7)?);
        let (space, root) = match (row.opt_int(5)?, row.opt_int(6)?) {
            (Some(space), Some(root)) => (SpaceId(space), NodeId(root)),
            // Whoever made it died before the space was there.
            _ => {
                let space = self.give_space(id, quota, created).await?;
                (space.id, space.root)
            }
        };
        let mut groups: Vec<TeamGroup> = state
            .given
            .into_iter()
            .map(|(subject, permissions)| TeamGroup {
                name: names.of(&subject),
                subject,
                permissions,
            })
            .collect();
        groups.sort_by(|a, b| a.subject.cmp(&b.subject));
        let mut managers: Vec<TeamManager> = state
            .acl
            .managers
            .into_iter()
            .map(|of| TeamManager { name: names.of(&of), subject: names.spelled(of) })
            .collect();
        managers.sort_by(|a, b| a.subject.cmp(&b.subject));
        Ok(TeamFolder {
            id,
            mount_point: row.text(1)?.to_owned(),
            quota,
            limit: self.team_limit(quota),
            size: 0,
            rules: if row.flag(3)? { RulesSwitch::On } else { RulesSwitch::Off },
            default_none: row.flag(4)?,
            groups,
            managers,
            space,
            root,
            created,
        })
    }

    async fn subject_names(&self, states: &HashMap<TeamFolderId, TeamState>) -> Result<Names> {
        let given = states.values().flat_map(|state| state.given.iter().map(|(of, _)| of));
        let managers = states.values().flat_map(|state| &state.acl.managers);
        let all: Vec<&Subject> = given.chain(managers).collect();
        self.names_of(all).await
    }

    /// The names to show of people, groups and circles: three queries.
    pub(crate) async fn names_of<'a>(
        &self,
        subjects: impl IntoIterator<Item = &'a Subject>,
    ) -> Result<Names> {
        let (mut people, mut groups, mut circles) = <(BTreeSet<_>, BTreeSet<_>, Vec<_>)>::default();
        for subject in subjects {
            match subject {
                Subject::Person(id) => _ = people.insert(id.clone()),
                Subject::Group(id) => _ = groups.insert(id.clone()),
                Subject::Team(id) => circles.push(id.as_str()),
            }
        }
        let people = self.people_named(&people).await?;
        let groups: Vec<GroupId> = groups.into_iter().collect();
        let found = match groups.is_empty() {
            true => Vec::new(),
            false => self.accounts().group_names(&groups).await?,
        };
        let groups = groups.into_iter().zip(found).filter_map(|(id, name)| Some((id, name?)));
        Ok(Names {
            people: people.into_iter().map(|(key, of)| (key, (of.id, of.display_name))).collect(),
            groups: groups.collect(),
            circles: self.circles_named(circles).await?,
        })
    }

    /// Who can be named in the rules of a folder: its groups and their members, whose id or
    /// name contains a text.
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`].
    pub async fn search_team_members(
        &self,
        id: TeamFolderId,
        search: &str,
    ) -> Result<Vec<TeamManager>> {
        let folder = self.team_folder(id).await?;
        let text = search.to_lowercase();
        let groups: Vec<GroupId> = folder
            .groups
            .iter()
            .filter_map(|group| match &group.subject {
                Subject::Group(id) => Some(id.clone()),
                _ => None,
            })
            .collect();
        let query = allmende_accounts::PeopleQuery {
            search: search.to_owned(),
            groups: Some(groups),
            ..allmende_accounts::PeopleQuery::default()
        };
        let people = self.accounts().people(&query).await?.into_iter().map(|person| TeamManager {
            subject: Subject::Person(person.id),
            name: person.display_name,
        });
        let fits = |group: &TeamGroup| {
            let id = group.subject.id().to_lowercase();
            id.contains(&text) || group.name.to_lowercase().contains(&text)
        };
        let groups = folder.groups.into_iter().filter(fits);
        let groups = groups.map(|group| TeamManager { subject: group.subject, name: group.name });
        Ok(people.chain(groups).collect())
    }
}

/// Names to show.
#[derive(Debug, Default)]
pub(crate) struct Names {
    people: HashMap<String, (UserId, String)>,
    groups: HashMap<GroupId, String>,
    circles: HashMap<String, String>,
}

impl Names {
    /// The name; the id if there is none.
    pub(crate) fn of(&self, subject: &Subject) -> String {
        self.known(subject).unwrap_or_else(|| subject.id()).to_owned()
    }

    /// The same subject with the id of a person as it was chosen.
    pub(crate) fn spelled(&self, subject: Subject) -> Subject {
        match subject {
            Subject::Person(id) => {
                let known = self.people.get(&id.key()).map(|(id, _)| id.clone());
                Subject::Person(known.unwrap_or(id))
            }
            other => other,
        }
    }

    /// The name, if there is such a person or group.
    pub(crate) fn known(&self, subject: &Subject) -> Option<&str> {
        match subject {
            Subject::Person(id) => self.people.get(&id.key()).map(|(_, name)| name.as_str()),
            Subject::Group(id) => self.groups.get(id).map(String::as_str),
            Subject::Team(id) => self.circles.get(id).map(String::as_str),
        }
    }
}
