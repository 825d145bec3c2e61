//! Coming into circles, and going.

use std::collections::{BTreeSet, HashMap};

use allmende_events::append;
use allmende_sql::{Expect, Statement, Value, params};
use allmende_types::{CircleId, EventKind, GroupId, NewEvent, Principal, Timestamp, UserId};

use super::{
    Circle, CircleLevel, CircleMember, CircleMemberId, CircleRefusal, CircleState, CircleSubject,
    acts::{Act, Plan},
    rules,
};
use crate::{Accounts, Result};

/// Characters of the id of a membership.
const ID_LENGTH: usize = 31;
/// How many are added at once at most.
const AT_ONCE: usize = 200;

/// What came of [`Accounts::join_circle`]: the circle as it is now, and what one is to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JoinedCircle {
    /// The circle.
    pub circle: Circle,
    /// The membership; perhaps a moderator has to agree.
    pub member: CircleMember,
}

impl Accounts {
    /// Comes into a circle that is open, accepts an invitation, or asks to be let in.
    ///
    /// # Errors
    /// [`CircleRefusal`].
    pub async fn join_circle(
        &self,
        by: &UserId,
        id: &CircleId,
        now: Timestamp,
    ) -> Result<JoinedCircle> {
        self.change_circle(by, id, &Act::Join, now).await?;
        let circle = self.circle(by, id).await?;
        let member = circle.own.clone().ok_or(CircleRefusal::NoSuchCircle)?;
        Ok(JoinedCircle { circle, member })
    }

    pub(super) fn plan_join(&self, plan: &mut Plan<'_>) -> Result<()> {
        let found = plan.found;
        let (level, state) = rules::join(found.flags, found.who)?;
        let subject = CircleSubject::Person(plan.by.clone());
        match &found.own {
            Some(own) => admit(plan, &own.id),
            None if found.members >= rules::MOST_MEMBERS => {
                return Err(CircleRefusal::Full.into());
            }
            None => insert(plan, self.new_member_id()?, &subject, (level, state), None),
        }
        self.tell_of_membership(plan, EventKind::CircleMemberAdded, &subject, state);
        Ok(())
    }

    /// Leaves a circle, declines an invitation, or asks no longer.
    ///
    /// # Errors
    /// [`CircleRefusal::YouAreNoMember`] also for who is in by a group only,
    /// [`CircleRefusal::Owner`], [`CircleRefusal::NoSuchCircle`].
    pub async fn leave_circle(&self, by: &UserId, id: &CircleId, now: Timestamp) -> Result<()> {
        self.change_circle(by, id, &Act::Leave, now).await.map(drop)
    }

    pub(super) fn plan_leave(&self, plan: &mut Plan<'_>) -> Result<()> {
        let found = plan.found;
        rules::leave(found.flags, found.who)?;
        let own = found.own.as_ref().ok_or(CircleRefusal::YouAreNoMember)?;
        delete(plan, &own.id);
        self.tell_of_membership(plan, EventKind::CircleMemberRemoved, &own.subject, own.state);
        Ok(())
    }

    /// Adds people and groups to a circle: all of them, or none. Whoever has to agree is
    /// invited. 200 at once at most.
    ///
    /// # Errors
    /// [`CircleRefusal`].
    pub async fn add_to_circle(
        &self,
        by: &UserId,
        id: &CircleId,
        subjects: &[CircleSubject],
        now: Timestamp,
    ) -> Result<Vec<CircleMember>> {
        if subjects.len() > AT_ONCE {
            return Err(CircleRefusal::TooManyAtOnce.into());
        }
        let added = self.change_circle(by, id, &Act::Add(subjects), now).await?;
        self.circle_members_by_id(&added).await
    }

    pub(super) async fn plan_add(
        &self,
        plan: &mut Plan<'_>,
        subjects: &[CircleSubject],
    ) -> Result<()> {
        let found = plan.found;
        rules::may_add(found.flags, found.who)?;
        self.all_there(subjects).await?;
        let known = self.known_in_circle(&found.circle).await?;
        let mut room = rules::MOST_MEMBERS.saturating_sub(found.members);
        let mut seen = BTreeSet::new();
        for subject in subjects.iter().filter(|subject| seen.insert(key(subject))) {
            let standing = known.get(&key(subject));
            let state = standing.map(|(_, state)| *state);
            let (level, state) = rules::add(found.flags, found.who.level, subject, state)?;
            match standing {
                Some((member, _)) => admit(plan, member),
                None => {
                    room = room.checked_sub(1).ok_or(CircleRefusal::Full)?;
                    let by = Some(plan.by);
                    insert(plan, self.new_member_id()?, subject, (level, state), by);
                }
            }
            self.tell_of_membership(plan, EventKind::CircleMemberAdded, subject, state);
        }
        Ok(())
    }

    /// Lets somebody in who asks.
    ///
    /// # Errors
    /// [`CircleRefusal`].
    pub async fn confirm_in_circle(
        &self,
        by: &UserId,
        id: &CircleId,
        member: &CircleMemberId,
        now: Timestamp,
    ) -> Result<CircleMember> {
        self.change_circle(by, id, &Act::Confirm(member), now).await?;
        self.circle_member(id, member).await
    }

    pub(super) async fn plan_confirm(
        &self,
        plan: &mut Plan<'_>,
        member: &CircleMemberId,
    ) -> Result<()> {
        let found = plan.found;
        rules::need(found.flags, found.who, CircleLevel::Moderator)?;
        let other = self.circle_member(&found.circle, member).await?;
        rules::confirm(found.flags, found.who, other.state)?;
        admit(plan, member);
        let state = CircleState::Member;
        self.tell_of_membership(plan, EventKind::CircleMemberAdded, &other.subject, state);
        Ok(())
    }

    /// Removes a member, an invitation, or one who asks. Access ends at once.
    ///
    /// # Errors
    /// [`CircleRefusal`].
    pub async fn remove_from_circle(
        &self,
        by: &UserId,
        id: &CircleId,
        member: &CircleMemberId,
        now: Timestamp,
    ) -> Result<()> {
        self.change_circle(by, id, &Act::Remove(member), now).await.map(drop)
    }

    pub(super) async fn plan_removal(
        &self,
        plan: &mut Plan<'_>,
        member: &CircleMemberId,
    ) -> Result<()> {
        let found = plan.found;
        rules::need(found.flags, found.who, CircleLevel::Moderator)?;
        let other = self.circle_member(&found.circle, member).await?;
        rules::remove(found.flags, found.who, other.level)?;
        delete(plan, member);
        let kind = EventKind::CircleMemberRemoved;
        self.tell_of_membership(plan, kind, &other.subject, other.state);
        Ok(())
    }

    /// Gives a member another level. To make another one the owner makes the owner that was an
    /// administrator of the circle.
    ///
    /// # Errors
    /// [`CircleRefusal`].
    pub async fn set_circle_level(
        &self,
        by: &UserId,
        id: &CircleId,
        member: &CircleMemberId,
        to: CircleLevel,
        now: Timestamp,
    ) -> Result<CircleMember> {
        self.change_circle(by, id, &Act::Level(member, to), now).await?;
        self.circle_member(id, member).await
    }

    pub(super) async fn plan_level(
        &self,
        plan: &mut Plan<'_>,
        member: &CircleMemberId,
        to: CircleLevel,
    ) -> Result<()> {
        let found = plan.found;
        rules::need(found.flags, found.who, CircleLevel::Member)?;
        let other = self.circle_member(&found.circle, member).await?;
        let own = (other.level, other.state);
        rules::set_level(found.flags, found.who, &other.subject, own, to)?;
        // The owner's row is stored as an administrator's.
        let stored = to.min(CircleLevel::Admin).number();
        let set = "UPDATE circle_members SET level = $2 WHERE id = $1";
        let set = Statement::new(set, params![member.0.as_str(), stored]);
        plan.batch.expect(set, Expect::ONE);
        if let (CircleLevel::Owner, CircleSubject::Person(heir)) = (to, &other.subject) {
            let set = "UPDATE circles SET owner = $2 WHERE id = $1 AND owner = $3";
            let row = params![found.circle.as_str(), heir.key(), found.owner.as_str()];
            plan.batch.expect(Statement::new(set, row), Expect::ONE);
        }
        let event = self.event_of_plan(EventKind::CircleMemberChanged, plan);
        let event = event.detail("level", to.number().to_string());
        append(&mut plan.batch, &of_subject(event, &other.subject));
        Ok(())
    }

    fn new_member_id(&self) -> Result<CircleMemberId> {
        Ok(CircleMemberId(self.new_secret(ID_LENGTH)?.expose().to_owned()))
    }

    /// Who is in a circle, invited, or asks.
    async fn known_in_circle(
        &self,
        id: &CircleId,
    ) -> Result<HashMap<String, (CircleMemberId, CircleState)>> {
        let list = "SELECT id, person, group_id, state FROM circle_members WHERE circle = $1";
        let rows = self.sql().read(Statement::new(list, params![id.as_str()])).await?;
        let mut known = HashMap::with_capacity(rows.len());
        for row in rows.iter() {
            let key = match (row.opt_text(1)?, row.opt_text(2)?) {
                (Some(person), _) => format!("person:{person}"),
                (None, group) => format!("group:{}", group.unwrap_or_default()),
            };
            let state = row.int(3)?;
            let state = CircleState::ALL.into_iter().find(|of| of.number() == state);
            let state = state.unwrap_or(CircleState::Requesting);
            known.insert(key, (CircleMemberId(row.text(0)?.to_owned()), state));
        }
        Ok(known)
    }

    /// Refuses people and groups that there are not: two reads, however many.
    async fn all_there(&self, subjects: &[CircleSubject]) -> Result<()> {
        let (mut people, mut groups) = (Vec::<UserId>::new(), Vec::<GroupId>::new());
        for subject in subjects {
            match subject {
                CircleSubject::Person(id) => people.push(id.clone()),
                CircleSubject::Group(id) => groups.push(id.clone()),
            }
        }
        let people = self.people_by_id(&people).await?;
        let groups = self.group_names(&groups).await?;
        match people.iter().all(Option::is_some) && groups.iter().all(Option::is_some) {
            true => Ok(()),
            false => Err(CircleRefusal::UnknownEntity.into()),
        }
    }

    fn tell_of_membership(
        &self,
        plan: &mut Plan<'_>,
        kind: EventKind,
        subject: &CircleSubject,
        state: CircleState,
    ) {
        let event = self.event_of_plan(kind, plan).detail("state", state.as_str());
        append(&mut plan.batch, &of_subject(event, subject));
    }
}

/// The event is about a person, who is told of it, or a group.
fn of_subject(event: NewEvent, subject: &CircleSubject) -> NewEvent {
    match subject {
        CircleSubject::Person(id) => crate::act::about(event, id),
        CircleSubject::Group(id) => {
            event.detail("group", id.as_str()).to([Principal::Group(id.clone())])
        }
    }
}

/// The form in which those who can be in a circle are compared.
fn key(subject: &CircleSubject) -> String {
    match subject {
        CircleSubject::Person(id) => format!("person:{}", id.key()),
        CircleSubject::Group(id) => format!("group:{id}"),
    }
}

fn insert(
    plan: &mut Plan<'_>,
    id: CircleMemberId,
    subject: &CircleSubject,
    (level, state): (CircleLevel, CircleState),
    invited_by: Option<&UserId>,
) {
    let insert = "INSERT INTO circle_members \
         (id, circle, person, group_id, level, state, joined, invited_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (person, group): (Value, Value) = match subject {
        CircleSubject::Person(id) => (id.key().into(), Value::Null),
        CircleSubject::Group(id) => (Value::Null, id.as_str().into()),
    };
    let row = params![
        id.0.as_str(),
        plan.found.circle.as_str(),
        person,
        group,
        level.number(),
        state.number(),
        plan.now.unix(),
        invited_by.map(UserId::key)
    ];
    plan.batch.push(Statement::new(insert, row));
    plan.touched.push(id);
}

/// Who is invited or asks becomes a member.
fn admit(plan: &mut Plan<'_>, id: &CircleMemberId) {
    let set = "UPDATE circle_members SET level = 1, state = 0, joined = $2 WHERE id = $1";
    let set = Statement::new(set, params![id.0.as_str(), plan.now.unix()]);
    plan.batch.expect(set, Expect::ONE);
    plan.touched.push(id.clone());
}

fn delete(plan: &mut Plan<'_>, id: &CircleMemberId) {
    let delete = "DELETE FROM circle_members WHERE id = $1";
    plan.batch.expect(Statement::new(delete, params![id.0.as_str()]), Expect::ONE);
}
