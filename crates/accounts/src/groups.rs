//! Groups, their members and who administers them.

use allmende_events::append;
use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_types::{CircleId, EventKind, GroupId, UserId};

use crate::{
    Accounts, Error, ErrorKind, Page, Result,
    act::about,
    people::{contains, line},
    person::{group_id, user_id},
};

/// A group of people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// The id.
    pub id: GroupId,
    /// The name to show.
    pub display_name: String,
    /// How many members it has.
    pub members: u64,
    /// How many of them are disabled.
    pub disabled: u64,
}

/// The groups and circles that a person has to do with, each list in the order of the ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memberships {
    /// The groups that they are a member of.
    pub groups: Vec<GroupId>,
    /// The groups that they administer.
    pub administers: Vec<GroupId>,
    /// The circles that they are a member of, of themselves or by a group.
    pub circles: Vec<CircleId>,
}

/// What a person can be to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupRole {
    /// A member.
    Member,
    /// One who may manage the group's members: Nextcloud's *sub-administrator*.
    Administrator,
}

impl GroupRole {
    fn table(self) -> &'static str {
        match self {
            Self::Member => "group_members",
            Self::Administrator => "group_admins",
        }
    }
}

const COLUMNS: &str = "SELECT g.id, g.display_name, \
    (SELECT count(*) FROM group_members m WHERE m.group_id = g.id), \
    (SELECT count(*) FROM group_members m JOIN people p ON p.key = m.person \
     WHERE m.group_id = g.id AND p.enabled = 0) \
    FROM person_groups g";

impl Accounts {
    /// Makes a group; an empty name is the id.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists), [`Invalid`](ErrorKind::Invalid).
    pub async fn create_group(&self, id: &GroupId, display_name: &str) -> Result<()> {
        let name = if display_name.is_empty() { id.as_str() } else { display_name };
        line(name, 255)?;
        let insert =
            "INSERT INTO person_groups (id, display_name, display_key) VALUES ($1, $2, $3)";
        let insert = Statement::new(insert, params![id.as_str(), name, name.to_lowercase()]);
        let mut batch = Batch::one(insert, Expect::ONE);
        self.tell_of_group(&mut batch, EventKind::GroupCreated, id);
        let written = self.write_people(batch).await;
        written.map(drop).map_err(|e| Error::of_batch(e, &[(0, ErrorKind::Exists)]))
    }

    /// Gives a group another name.
    ///
    /// # Errors
    /// [`NoSuchGroup`](ErrorKind::NoSuchGroup), [`Invalid`](ErrorKind::Invalid).
    pub async fn rename_group(&self, id: &GroupId, display_name: &str) -> Result<()> {
        line(display_name, 255)?;
        let update = "UPDATE person_groups SET display_name = $2, display_key = $3 WHERE id = $1";
        let row = params![id.as_str(), display_name, display_name.to_lowercase()];
        let mut batch = Batch::one(Statement::new(update, row), Expect::ONE);
        self.tell_of_group(&mut batch, EventKind::GroupChanged, id);
        let written = self.write_people(batch).await;
        written.map(drop).map_err(|e| Error::of_batch(e, &[(0, ErrorKind::NoSuchGroup)]))
    }

    /// Removes a group; its members stay.
    ///
    /// # Errors
    /// [`NoSuchGroup`](ErrorKind::NoSuchGroup),
    /// [`LastAdministrator`](ErrorKind::LastAdministrator) for the group `admin`.
    pub async fn remove_group(&self, id: &GroupId) -> Result<()> {
        if *id == GroupId::admin() {
            return Err(Error::new(ErrorKind::LastAdministrator, "the group of administrators"));
        }
        let delete =
            Statement::new("DELETE FROM person_groups WHERE id = $1", params![id.as_str()]);
        let mut batch = Batch::one(delete, Expect::ONE);
        self.tell_of_group(&mut batch, EventKind::GroupDeleted, id);
        let written = self.write_people(batch).await;
        written.map(drop).map_err(|e| Error::of_batch(e, &[(0, ErrorKind::NoSuchGroup)]))
    }

    /// A group.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn group(&self, id: &GroupId) -> Result<Option<Group>> {
        let find = format!("{COLUMNS} WHERE g.id = $1");
        let rows = self.sql().read(Statement::new(find, params![id.as_str()])).await?;
        rows.first().map(group).transpose()
    }

    /// The names to show of groups, in the order of the ids; none where there is none.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn group_names(&self, ids: &[GroupId]) -> Result<Vec<Option<String>>> {
        let find = "SELECT id, display_name FROM person_groups WHERE id IN ($list)";
        let list = ids.iter().map(|id| Value::from(id.as_str()));
        let rows = self.sql().read(Statement::with_list(find, vec![], list)).await?;
        let mut found = std::collections::HashMap::with_capacity(rows.len());
        for row in rows.iter() {
            found.insert(row.text(0)?, row.text(1)?);
        }
        Ok(ids.iter().map(|id| found.get(id.as_str()).map(|name| (*name).to_owned())).collect())
    }

    /// Groups whose id or name contains a text, in the order of their ids.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn groups(&self, search: &str, page: Page) -> Result<Vec<Group>> {
        let list = format!(
            "{COLUMNS} WHERE lower(g.id) LIKE $3 ESCAPE '!' OR g.display_key LIKE $3 ESCAPE '!' \
             ORDER BY g.id LIMIT $1 OFFSET $2"
        );
        let mut params = page.to_sql().to_vec();
        params.push(contains(search));
        let rows = self.sql().read(Statement::new(list, params)).await?;
        rows.iter().map(group).collect()
    }

    /// Makes a person a member or an administrator of a group. If they are it already,
    /// nothing happens.
    ///
    /// # Errors
    /// [`NoSuchGroup`](ErrorKind::NoSuchGroup), [`NoSuchPerson`](ErrorKind::NoSuchPerson).
    pub async fn add_to_group(&self, group: &GroupId, id: &UserId, role: GroupRole) -> Result<()> {
        let mut batch = Batch::new();
        let find = "SELECT id FROM person_groups WHERE id = $1";
        batch.expect(Statement::new(find, params![group.as_str()]), Expect::ONE);
        let find = "SELECT key FROM people WHERE key = $1";
        batch.expect(Statement::new(find, params![id.key()]), Expect::ONE);
        let table = role.table();
        let insert = format!(
            "INSERT INTO {table} (group_id, person) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        );
        batch.push(Statement::new(insert, params![group.as_str(), id.key()]));
        if !self.is_in_group(group, id, role).await? {
            let kind = match role {
                GroupRole::Member => EventKind::MemberAdded,
                GroupRole::Administrator => EventKind::GroupAdminAdded,
            };
            self.tell_of_member(&mut batch, kind, group, id);
        }
        let meanings = [(0, ErrorKind::NoSuchGroup), (1, ErrorKind::NoSuchPerson)];
        self.write_people(batch).await.map(drop).map_err(|e| Error::of_batch(e, &meanings))
    }

    /// The reverse of [`Accounts::add_to_group`]. If they are not, nothing happens.
    ///
    /// # Errors
    /// [`LastAdministrator`](ErrorKind::LastAdministrator).
    pub async fn remove_from_group(
        &self,
        group: &GroupId,
        id: &UserId,
        role: GroupRole,
    ) -> Result<()> {
        let mut batch = Batch::new();
        let mut meanings = Vec::new();
        if *group == GroupId::admin() && role == GroupRole::Member {
            let guard = guard_administrators(&mut batch, id);
            meanings.push((guard, ErrorKind::LastAdministrator));
        }
        let table = role.table();
        let delete = format!("DELETE FROM {table} WHERE group_id = $1 AND person = $2");
        batch.push(Statement::new(delete, params![group.as_str(), id.key()]));
        if self.is_in_group(group, id, role).await? {
            let kind = match role {
                GroupRole::Member => EventKind::MemberRemoved,
                GroupRole::Administrator => EventKind::GroupAdminRemoved,
            };
            self.tell_of_member(&mut batch, kind, group, id);
        }
        self.write_people(batch).await.map(drop).map_err(|e| Error::of_batch(e, &meanings))
    }

    async fn is_in_group(&self, group: &GroupId, id: &UserId, role: GroupRole) -> Result<bool> {
        let table = role.table();
        let find = format!("SELECT 1 FROM {table} WHERE group_id = $1 AND person = $2");
        let find = Statement::new(find, params![group.as_str(), id.key()]).point();
        Ok(!self.sql().read(find).await?.is_empty())
    }

    fn tell_of_group(&self, batch: &mut Batch, kind: EventKind, group: &GroupId) {
        append(batch, &self.event(kind).detail("group", group.as_str()));
    }

    fn tell_of_member(&self, batch: &mut Batch, kind: EventKind, group: &GroupId, id: &UserId) {
        append(batch, &about(self.event(kind), id).detail("group", group.as_str()));
    }

    /// The ids of those who are something to a group, in the order of their ids. For more
    /// about members, see [`PeopleQuery::groups`](crate::PeopleQuery::groups).
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn people_of_group(
        &self,
        group: &GroupId,
        role: GroupRole,
        page: Page,
    ) -> Result<Vec<UserId>> {
        let list = format!(
            "SELECT p.uid FROM {} m JOIN people p ON p.key = m.person WHERE m.group_id = $3 \
             ORDER BY p.key LIMIT $1 OFFSET $2",
            role.table()
        );
        let mut params = page.to_sql().to_vec();
        params.push(group.as_str().into());
        let rows = self.sql().read(Statement::new(list, params)).await?;
        rows.iter().map(|row| user_id(row.text(0)?)).collect()
    }

    /// The groups and circles of several people, in the order of the ids: three reads at once,
    /// however many.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn memberships(&self, ids: &[UserId]) -> Result<Vec<Memberships>> {
        const MEMBERS: &str = "SELECT person, group_id FROM group_members \
             WHERE person IN ($list) ORDER BY person, group_id";
        const ADMINISTRATORS: &str = "SELECT person, group_id FROM group_admins \
             WHERE person IN ($list) ORDER BY person, group_id";
        let keys: Vec<String> = ids.iter().map(UserId::key).collect();
        let list = |sql: &'static str| {
            let list = Statement::with_list(sql, vec![], keys.iter().map(Value::from));
            if ids.len() == 1 { list.point() } else { list }
        };
        let lists = vec![list(MEMBERS), list(ADMINISTRATORS), list(crate::circles::MEMBERSHIPS)];
        let lists = self.sql().read_all(lists).await?;
        let mut all = vec![Memberships::default(); ids.len()];
        for (rows, role) in lists.iter().zip([GroupRole::Member, GroupRole::Administrator]) {
            for row in rows.iter() {
                let (person, group) = (row.text(0)?, group_id(row.text(1)?)?);
                for (of, _) in all.iter_mut().zip(&keys).filter(|(_, key)| *key == person) {
                    match role {
                        GroupRole::Member => of.groups.push(group.clone()),
                        GroupRole::Administrator => of.administers.push(group.clone()),
                    }
                }
            }
        }
        for row in lists[2].iter() {
            let (person, circle) = (row.text(0)?, crate::circles::circle_id(row.text(1)?)?);
            for (of, _) in all.iter_mut().zip(&keys).filter(|(_, key)| *key == person) {
                of.circles.push(circle.clone());
            }
        }
        Ok(all)
    }

    /// The groups and circles of one person.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn memberships_of(&self, id: &UserId) -> Result<Memberships> {
        Ok(self.memberships(std::slice::from_ref(id)).await?.pop().unwrap_or_default())
    }

    /// Whether a person administers the server.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn is_administrator(&self, id: &UserId) -> Result<bool> {
        let find = "SELECT 1 FROM group_members WHERE group_id = 'admin' AND person = $1";
        let rows = self.sql().read(Statement::new(find, params![id.key()]).point()).await?;
        Ok(!rows.is_empty())
    }
}

/// Adds a guard to a batch that lets it pass if there is an enabled administrator besides
/// the person, or the person is none; says the guard's place.
pub(crate) fn guard_administrators(batch: &mut Batch, id: &UserId) -> usize {
    // Two batches that take away two administrators must not pass each other.
    let one_at_a_time = "UPDATE person_groups SET id = id WHERE id = 'admin'";
    batch.push(Statement::new(one_at_a_time, vec![]));
    let guard = "SELECT 1 WHERE EXISTS (\
            SELECT 1 FROM group_members m JOIN people p ON p.key = m.person \
            WHERE m.group_id = 'admin' AND p.enabled = 1 AND p.key <> $1) \
        OR NOT EXISTS (\
            SELECT 1 FROM group_members m JOIN people p ON p.key = m.person \
            WHERE m.group_id = 'admin' AND p.enabled = 1 AND p.key = $1)";
    batch.expect(Statement::new(guard, params![id.key()]), Expect::ONE)
}

fn group(row: allmende_sql::Row<'_>) -> Result<Group> {
    Ok(Group {
        id: group_id(row.text(0)?)?,
        display_name: row.text(1)?.to_owned(),
        members: row.int(2)?.unsigned_abs(),
        disabled: row.int(3)?.unsigned_abs(),
    })
}
