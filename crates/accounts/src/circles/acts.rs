//! Making, changing and deleting circles.

use allmende_events::append;
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{CircleId, EventKind, NewEvent, Timestamp, UserId};

use super::{
    Circle, CircleFlags, CircleLevel, CircleMemberId, CircleRefusal, CircleSubject, read::Found,
    rules,
};
use crate::{Accounts, Error, ErrorKind, Result};

/// Characters of an id, as the original's have.
const ID_LENGTH: usize = 31;
/// Circles that one person owns at most.
const MOST_OWNED: i64 = 500;
/// How often an act is tried when others change the same circle meanwhile.
const TRIES: usize = 8;

/// A circle to be made.
///
/// ```
/// use allmende_accounts::{CircleFlags, NewCircle};
///
/// let mut new = NewCircle::new("Umbau Rathaus");
/// new.flags = CircleFlags::VISIBLE;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewCircle {
    /// Its name: 1 to 127 characters.
    pub name: String,
    /// Its settings.
    pub flags: CircleFlags,
}

impl NewCircle {
    /// A circle that only its members know of, and into which only moderators bring others.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), flags: CircleFlags::default() }
    }
}

/// A change of a circle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CircleEdit {
    /// Another name; for the owner.
    Name(String),
    /// Another description, of 4,000 characters at most; for the owner.
    Description(String),
    /// Other settings, as the protocol's bits; for administrators of the circle.
    Flags(i64),
}

/// What is to be done to a circle that there is.
#[derive(Debug)]
pub(super) enum Act<'a> {
    Edit(CircleEdit),
    Destroy,
    Join,
    Leave,
    Add(&'a [CircleSubject]),
    Confirm(&'a CircleMemberId),
    Remove(&'a CircleMemberId),
    Level(&'a CircleMemberId, CircleLevel),
}

/// An act on its way into a batch.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) by: &'a UserId,
    pub(super) now: Timestamp,
    pub(super) found: &'a Found,
    pub(super) batch: Batch,
    /// The memberships that it makes or changes.
    pub(super) touched: Vec<CircleMemberId>,
}

impl Accounts {
    /// Makes a circle; who makes it owns it.
    ///
    /// # Errors
    /// [`CircleRefusal::InvalidName`], [`CircleRefusal::TooManyCircles`],
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson).
    pub async fn create_circle(
        &self,
        by: &UserId,
        new: NewCircle,
        now: Timestamp,
    ) -> Result<Circle> {
        let name = checked_name(&new.name)?;
        let id: CircleId = super::read::circle_id(self.new_secret(ID_LENGTH)?.expose())?;
        let mut batch = Batch::new();
        let person = crate::person_exists(by);
        let person = batch.expect(person, Expect::ONE);
        let insert = "INSERT INTO circles (id, name, name_key, description, flags, owner, \
             created, revision) SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), '', \
             CAST($4 AS BIGINT), CAST($5 AS TEXT), CAST($6 AS BIGINT), 1 \
             WHERE (SELECT count(*) FROM circles WHERE owner = CAST($5 AS TEXT)) \
             < CAST($7 AS BIGINT)";
        let row = params![
            id.as_str(),
            name,
            name.to_lowercase(),
            new.flags.bits(),
            by.key(),
            now.unix(),
            MOST_OWNED
        ];
        let circle = batch.expect(Statement::new(insert, row), Expect::ONE);
        let insert = "INSERT INTO circle_members (id, circle, person, level, state, joined) \
                      VALUES ($1, $2, $3, 8, 0, $4)";
        let member = self.new_secret(ID_LENGTH)?;
        let row = params![member.expose(), id.as_str(), by.key(), now.unix()];
        batch.push(Statement::new(insert, row));
        let event = self.event_of_circle(EventKind::CircleCreated, by, &id, name, now);
        append(&mut batch, &event);
        let many = ErrorKind::Circle(CircleRefusal::TooManyCircles);
        let meanings = [(person, ErrorKind::NoSuchPerson), (circle, many)];
        self.write_people(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        tracing::info!(person = %by, circle = %id, "a circle was made");
        self.circle(by, &id).await
    }

    /// Changes a circle.
    ///
    /// # Errors
    /// [`CircleRefusal::NoSuchCircle`], [`CircleRefusal::InsufficientRights`],
    /// [`CircleRefusal::InvalidName`], [`CircleRefusal::InvalidDescription`],
    /// [`CircleRefusal::InvalidConfig`].
    pub async fn edit_circle(
        &self,
        by: &UserId,
        id: &CircleId,
        edit: CircleEdit,
        now: Timestamp,
    ) -> Result<Circle> {
        self.change_circle(by, id, &Act::Edit(edit), now).await?;
        self.circle(by, id).await
    }

    /// Deletes a circle; says what it was. What was shared with it is for its owners to take
    /// back: it gives nothing any more.
    ///
    /// # Errors
    /// [`CircleRefusal::NoSuchCircle`], [`CircleRefusal::InsufficientRights`].
    pub async fn destroy_circle(
        &self,
        by: &UserId,
        id: &CircleId,
        now: Timestamp,
    ) -> Result<Circle> {
        let circle = self.circle(by, id).await?;
        self.change_circle(by, id, &Act::Destroy, now).await?;
        tracing::info!(person = %by, circle = %id, "a circle was deleted");
        Ok(circle)
    }

    /// Does an act on a circle as it is: what was read for it still holds in the batch, or all
    /// is read again. Says which memberships it made or changed.
    pub(super) async fn change_circle(
        &self,
        by: &UserId,
        id: &CircleId,
        act: &Act<'_>,
        now: Timestamp,
    ) -> Result<Vec<CircleMemberId>> {
        for _ in 0..TRIES {
            let found = self.circle_for_act(by, id).await?;
            let mut plan = Plan { by, now, found: &found, batch: Batch::new(), touched: vec![] };
            let same = "UPDATE circles SET revision = revision + 1 WHERE id = $1 AND revision = $2";
            let row = params![id.as_str(), found.revision];
            plan.batch.expect(Statement::new(same, row), Expect::ONE);
            match act {
                Act::Edit(edit) => self.plan_edit(&mut plan, edit)?,
                Act::Destroy => self.plan_destroy(&mut plan)?,
                Act::Join => self.plan_join(&mut plan)?,
                Act::Leave => self.plan_leave(&mut plan)?,
                Act::Add(subjects) => self.plan_add(&mut plan, subjects).await?,
                Act::Confirm(member) => self.plan_confirm(&mut plan, member).await?,
                Act::Remove(member) => self.plan_removal(&mut plan, member).await?,
                Act::Level(member, to) => self.plan_level(&mut plan, member, *to).await?,
            }
            let failed = match self.write_people(plan.batch).await {
                Ok(_) => return Ok(plan.touched),
                Err(failed) => failed,
            };
            let changed = matches!(
                failed.kind(),
                allmende_sql::ErrorKind::Expectation { .. } | allmende_sql::ErrorKind::Constraint
            );
            if !changed {
                return Err(failed.into());
            }
        }
        Err(Error::unavailable(format!("circle {id}: others change it all the time")))
    }

    fn plan_edit(&self, plan: &mut Plan<'_>, edit: &CircleEdit) -> Result<()> {
        let (level, what) = match edit {
            CircleEdit::Name(_) => (CircleLevel::Owner, "name"),
            CircleEdit::Description(_) => (CircleLevel::Owner, "description"),
            CircleEdit::Flags(_) => (CircleLevel::Admin, "config"),
        };
        let found = plan.found;
        rules::need(found.flags, found.who, level)?;
        let id = found.circle.as_str();
        let mut name = found.name.as_str();
        plan.batch.push(match edit {
            CircleEdit::Name(new) => {
                name = checked_name(new)?;
                let set = "UPDATE circles SET name = $2, name_key = $3 WHERE id = $1";
                Statement::new(set, params![id, name, name.to_lowercase()])
            }
            CircleEdit::Description(text) => {
                let set = "UPDATE circles SET description = $2 WHERE id = $1";
                Statement::new(set, params![id, checked_description(text)?])
            }
            CircleEdit::Flags(bits) => {
                let set = "UPDATE circles SET flags = $2 WHERE id = $1";
                Statement::new(set, params![id, found.flags.change(*bits)?.bits()])
            }
        });
        let kind = EventKind::CircleChanged;
        let event = self.event_of_circle(kind, plan.by, &found.circle, name, plan.now);
        append(&mut plan.batch, &event.detail("fields", what));
        Ok(())
    }

    fn plan_destroy(&self, plan: &mut Plan<'_>) -> Result<()> {
        let found = plan.found;
        rules::need(found.flags, found.who, CircleLevel::Owner)?;
        let delete = "DELETE FROM circles WHERE id = $1";
        plan.batch.push(Statement::new(delete, params![found.circle.as_str()]));
        let event = self.event_of_plan(EventKind::CircleDeleted, plan);
        append(&mut plan.batch, &event);
        Ok(())
    }

    /// An event of a planned act.
    pub(super) fn event_of_plan(&self, kind: EventKind, plan: &Plan<'_>) -> NewEvent {
        let Found { circle, name, .. } = plan.found;
        self.event_of_circle(kind, plan.by, circle, name, plan.now)
    }

    /// An event of an act on a circle.
    fn event_of_circle(
        &self,
        kind: EventKind,
        by: &UserId,
        id: &CircleId,
        name: &str,
        now: Timestamp,
    ) -> NewEvent {
        let event = self.event_at(kind, now).by(allmende_types::Principal::Person(by.clone()));
        event.detail("circle", id.as_str()).detail("name", name)
    }
}

/// Before a person goes: their circles go to whoever has the highest level, and of those to who
/// came first; a circle in which no other person is goes with them.
pub(crate) fn hand_on(batch: &mut Batch, person: &UserId) {
    const HEIR: &str = "SELECT m.person FROM circle_members m WHERE m.circle = circles.id \
         AND m.person IS NOT NULL AND m.person <> $1 AND m.level > 0 \
         ORDER BY m.level DESC, m.joined, m.id LIMIT 1";
    let hand_on = format!(
        "UPDATE circles SET revision = revision + 1, owner = COALESCE(({HEIR}), owner) \
         WHERE owner = $1"
    );
    batch.push(Statement::new(hand_on, params![person.key()]));
    // As the row of an owner is stored.
    let raise = "UPDATE circle_members SET level = 8 WHERE person = \
         (SELECT c.owner FROM circles c WHERE c.id = circle_members.circle) AND level <> 8 \
         AND circle IN (SELECT circle FROM circle_members WHERE person = $1)";
    batch.push(Statement::new(raise, params![person.key()]));
    let end = "DELETE FROM circles WHERE owner = $1";
    batch.push(Statement::new(end, params![person.key()]));
}

fn checked_name(name: &str) -> Result<&str, CircleRefusal> {
    let name = name.trim();
    let fits = (1..=127).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(CircleRefusal::InvalidName) }
}

fn checked_description(text: &str) -> Result<&str, CircleRefusal> {
    let fits = text.chars().count() <= 4000 && !text.contains('\0');
    if fits { Ok(text) } else { Err(CircleRefusal::InvalidDescription) }
}
