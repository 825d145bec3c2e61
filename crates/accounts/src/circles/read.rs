//! Finding circles and their members.

use std::collections::HashMap;

use allmende_sql::{Row, Statement, Value, params};
use allmende_types::{CircleId, Timestamp, UserId};

use super::{
    Circle, CircleFlags, CircleLevel, CircleMember, CircleMemberId, CircleRefusal, CircleState,
    CircleSubject,
    rules::{self, Standing},
};
use crate::{
    Accounts, Error, Page, Result,
    people::contains,
    person::{group_id, user_id},
};

/// Which circles to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CircleQuery {
    /// A part of the name, in any case; empty for all.
    pub search: String,
    /// What of the list.
    pub page: Page,
}

/// Whether the person `$1` may know of the circle `c`; [`rules::sees`] says the same.
macro_rules! sees {
    () => {
        "(c.owner = $1 OR (c.flags & 2) = 0 AND ((c.flags & 8) <> 0 \
         OR EXISTS (SELECT 1 FROM circle_members x WHERE x.circle = c.id AND x.person = $1) \
         OR EXISTS (SELECT 1 FROM circle_members x JOIN group_members y \
         ON y.group_id = x.group_id WHERE x.circle = c.id AND y.person = $1)))"
    };
}

macro_rules! members {
    () => {
        "SELECT m.id, m.circle, p.uid, p.display_name, g.id, g.display_name, \
         CASE WHEN m.person = c.owner THEN 9 ELSE m.level END, m.state, m.joined, \
         i.uid, i.display_name FROM circle_members m JOIN circles c ON c.id = m.circle \
         LEFT JOIN people p ON p.key = m.person LEFT JOIN person_groups g ON g.id = m.group_id \
         LEFT JOIN people i ON i.key = m.invited_by"
    };
}

/// The circles of the people in the list.
pub(crate) const MEMBERSHIPS: &str = "SELECT m.person, m.circle FROM circle_members m \
     WHERE m.level > 0 AND m.person IN ($list) \
     UNION SELECT g.person, m.circle FROM group_members g \
     JOIN circle_members m ON m.group_id = g.group_id \
     WHERE m.level > 0 AND g.person IN ($list) ORDER BY 1, 2";

/// A circle with what decides over an act on it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) circle: CircleId,
    pub(super) name: String,
    pub(super) flags: CircleFlags,
    pub(super) owner: String,
    pub(super) revision: i64,
    /// Memberships, also of those who are invited or ask.
    pub(super) members: u64,
    pub(super) who: Standing,
    pub(super) own: Option<CircleMember>,
}

impl Accounts {
    /// The circles that a person may know of, by name.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn circles(&self, viewer: &UserId, query: &CircleQuery) -> Result<Vec<Circle>> {
        const LIST: &str = concat!(
            "SELECT c.id FROM circles c WHERE ",
            sees!(),
            " AND c.name_key LIKE $4 ESCAPE '!' ORDER BY c.name_key, c.id LIMIT $2 OFFSET $3"
        );
        let [limit, offset] = query.page.to_sql();
        let row = vec![viewer.key().into(), limit, offset, contains(&query.search)];
        let rows = self.sql().read(Statement::new(LIST, row)).await?;
        let ids = rows.iter().map(|row| circle_id(row.text(0)?)).collect::<Result<Vec<_>>>()?;
        let found = self.circles_by_id(viewer, &ids).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Circles by ids, in their order; none where there is none that the person may know of.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn circles_by_id(
        &self,
        viewer: &UserId,
        ids: &[CircleId],
    ) -> Result<Vec<Option<Circle>>> {
        const CIRCLES: &str = concat!(
            "SELECT c.id, c.name, c.description, c.flags, c.created, \
             (SELECT count(*) FROM circle_members m WHERE m.circle = c.id AND m.level > 0) \
             FROM circles c WHERE ",
            sees!(),
            " AND c.id IN ($list)"
        );
        const OWNERS: &str = concat!(members!(), " WHERE m.person = c.owner AND c.id IN ($list)");
        const OWN: &str = concat!(members!(), " WHERE m.person = $1 AND c.id IN ($list)");
        const BY_GROUPS: &str = "SELECT m.circle, max(m.level) FROM circle_members m \
             JOIN group_members g ON g.group_id = m.group_id \
             WHERE g.person = $1 AND m.circle IN ($list) GROUP BY m.circle";
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let key = viewer.key();
        let list = |sql: &'static str, row| {
            Statement::with_list(sql, row, ids.iter().map(|id| Value::from(id.as_str())))
        };
        let me = || params![key.as_str()];
        let answers = self
            .sql()
            .read_all(vec![
                list(CIRCLES, me()),
                list(OWNERS, vec![]),
                list(OWN, me()),
                list(BY_GROUPS, me()),
            ])
            .await?;
        let by_circle = |at: usize| {
            let members = answers[at].iter().map(member);
            let members = members.map(|of| of.map(|of| (of.circle.clone(), of)));
            members.collect::<Result<HashMap<CircleId, CircleMember>>>()
        };
        let (mut owners, mut own) = (by_circle(1)?, by_circle(2)?);
        let mut by_groups = HashMap::new();
        for row in answers[3].iter() {
            by_groups.insert(circle_id(row.text(0)?)?, stored_level(row.int(1)?));
        }
        let mut circles = HashMap::new();
        for row in answers[0].iter() {
            let id = circle_id(row.text(0)?)?;
            // Handed on or gone between two of the reads.
            let Some(owner) = owners.remove(&id) else { continue };
            let own = own.remove(&id);
            let level = own.as_ref().map_or(CircleLevel::None, |of| of.level);
            let circle = Circle {
                name: row.text(1)?.to_owned(),
                description: row.text(2)?.to_owned(),
                flags: CircleFlags::stored(row.int(3)?),
                created: Timestamp::from_unix(row.int(4)?),
                population: row.int(5)?.unsigned_abs(),
                level: by_groups.get(&id).copied().unwrap_or_default().max(level),
                owner,
                own,
                id: id.clone(),
            };
            circles.insert(id, circle);
        }
        Ok(ids.iter().map(|id| circles.get(id).cloned()).collect())
    }

    /// A circle.
    ///
    /// # Errors
    /// [`CircleRefusal::NoSuchCircle`] also when it is not for this person to know of.
    pub async fn circle(&self, viewer: &UserId, id: &CircleId) -> Result<Circle> {
        let found = self.circles_by_id(viewer, std::slice::from_ref(id)).await?;
        found.into_iter().flatten().next().ok_or_else(|| CircleRefusal::NoSuchCircle.into())
    }

    /// The names of circles, whoever asks, in the order of the ids; none where there is none.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn circle_names(&self, ids: &[CircleId]) -> Result<Vec<Option<String>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let find = "SELECT id, name FROM circles WHERE id IN ($list)";
        let list = ids.iter().map(|id| Value::from(id.as_str()));
        let rows = self.sql().read(Statement::with_list(find, vec![], list)).await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in rows.iter() {
            found.insert(row.text(0)?, row.text(1)?);
        }
        Ok(ids.iter().map(|id| found.get(id.as_str()).map(|name| (*name).to_owned())).collect())
    }

    /// The members of a circle, for those who are in it: who came first comes first. Moderators
    /// see who is invited or asks, too.
    ///
    /// # Errors
    /// [`CircleRefusal::NoSuchCircle`], [`CircleRefusal::InsufficientRights`] for who sees the
    /// circle and is not in it.
    pub async fn circle_members(
        &self,
        viewer: &UserId,
        id: &CircleId,
    ) -> Result<Vec<CircleMember>> {
        const LIST: &str = concat!(
            members!(),
            " WHERE m.circle = $1 AND (m.level > 0 OR CAST($2 AS BIGINT) = 1) \
             ORDER BY m.joined, m.id"
        );
        let found = self.circle_for_act(viewer, id).await?;
        rules::need(found.flags, found.who, CircleLevel::Member)?;
        let moderates = found.who.level >= CircleLevel::Moderator;
        let list = Statement::new(LIST, params![id.as_str(), moderates]);
        self.sql().read(list).await?.iter().map(member).collect()
    }

    /// What decides over an act of a person on a circle.
    pub(super) async fn circle_for_act(&self, by: &UserId, id: &CircleId) -> Result<Found> {
        const CIRCLE: &str = "SELECT c.name, c.flags, c.owner, c.revision, \
             (SELECT count(*) FROM circle_members m WHERE m.circle = c.id) \
             FROM circles c WHERE c.id = $1";
        const OWN: &str = concat!(members!(), " WHERE m.circle = $1 AND m.person = $2");
        const BY_GROUPS: &str = "SELECT max(m.level) FROM circle_members m JOIN group_members g \
             ON g.group_id = m.group_id WHERE m.circle = $1 AND g.person = $2";
        let both = || params![id.as_str(), by.key()];
        let answers = self
            .sql()
            .read_all(vec![
                Statement::new(CIRCLE, params![id.as_str()]),
                Statement::new(OWN, both()),
                Statement::new(BY_GROUPS, both()),
            ])
            .await?;
        let row = answers[0].first().ok_or(CircleRefusal::NoSuchCircle)?;
        let own = answers[1].first().map(member).transpose()?;
        let by_groups = answers[2].one()?.opt_int(0)?.map_or(CircleLevel::None, stored_level);
        let level = own.as_ref().map_or(CircleLevel::None, |of| of.level).max(by_groups);
        Ok(Found {
            circle: id.clone(),
            name: row.text(0)?.to_owned(),
            flags: CircleFlags::stored(row.int(1)?),
            owner: row.text(2)?.to_owned(),
            revision: row.int(3)?,
            members: row.int(4)?.unsigned_abs(),
            who: Standing { level, own: own.as_ref().map(|of| (of.level, of.state)) },
            own,
        })
    }

    /// One member.
    pub(super) async fn circle_member(
        &self,
        circle: &CircleId,
        id: &CircleMemberId,
    ) -> Result<CircleMember> {
        const FIND: &str = concat!(members!(), " WHERE m.circle = $1 AND m.id = $2");
        let find = Statement::new(FIND, params![circle.as_str(), id.0.as_str()]);
        let rows = self.sql().read(find).await?;
        rows.first().map_or_else(|| Err(CircleRefusal::NoSuchMember.into()), member)
    }

    /// Members by their ids, in no order.
    pub(super) async fn circle_members_by_id(
        &self,
        ids: impl IntoIterator<Item = &CircleMemberId>,
    ) -> Result<Vec<CircleMember>> {
        const FIND: &str = concat!(members!(), " WHERE m.id IN ($list) ORDER BY m.joined, m.id");
        let ids = ids.into_iter().map(|id| Value::from(id.0.as_str()));
        let rows = self.sql().read(Statement::with_list(FIND, vec![], ids)).await?;
        rows.iter().map(member).collect()
    }
}

fn stored_level(number: i64) -> CircleLevel {
    CircleLevel::from_number(number).unwrap_or_default()
}

pub(crate) fn circle_id(text: &str) -> Result<CircleId> {
    text.parse().map_err(|e| Error::unavailable(format!("stored circle: {e}")))
}

fn member(row: Row<'_>) -> Result<CircleMember> {
    let damaged = |what: &str| Error::unavailable(format!("{what} of a member of a circle"));
    let (subject, name) = match (row.opt_text(2)?, row.opt_text(4)?) {
        (Some(person), _) => (CircleSubject::Person(user_id(person)?), row.opt_text(3)?),
        (None, Some(group)) => (CircleSubject::Group(group_id(group)?), row.opt_text(5)?),
        (None, None) => return Err(damaged("the name")),
    };
    let state = row.int(7)?;
    let state = CircleState::ALL.into_iter().find(|of| of.number() == state);
    let invited_by = match (row.opt_text(9)?, row.opt_text(10)?) {
        (Some(id), Some(name)) => Some((user_id(id)?, name.to_owned())),
        _ => None,
    };
    Ok(CircleMember {
        id: CircleMemberId(row.text(0)?.to_owned()),
        circle: circle_id(row.text(1)?)?,
        subject,
        name: name.unwrap_or_default().to_owned(),
        level: stored_level(row.int(6)?),
        state: state.ok_or_else(|| damaged("the state"))?,
        joined: Timestamp::from_unix(row.int(8)?),
        invited_by,
    })
}
