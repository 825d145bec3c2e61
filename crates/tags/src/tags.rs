//! The service: which tags there are.

use allmende_events::append;
use allmende_sql::{Batch, Expect, Sql, Statement, Value, params};
use allmende_types::{EventKind, EventNode, GroupId, NewEvent, Principal, Stream};

use crate::{
    Caller, Color, Error, ErrorKind, NewTag, Result, Tag, TagId, TagRefusal, TagUpdate, marks,
};

/// How many tags there may be: clients show all of them in one list.
const MOST: i64 = 10_000;

/// The tags of an installation. Clones share everything.
///
/// The database holds the tables of [`SCHEMA`](crate::SCHEMA) beside those of
/// [`allmende_events`].
#[derive(Debug, Clone)]
pub struct Tags {
    pub(crate) sql: Sql,
}

impl Tags {
    /// The tags of a database.
    #[must_use]
    pub const fn new(sql: Sql) -> Self {
        Self { sql }
    }

    /// Makes a tag, and puts it on a node if one is given. Whether the person may change
    /// that node is the caller's to know.
    ///
    /// # Errors
    /// [`Refused`](ErrorKind::Refused): [`MayNotCreate`](TagRefusal::MayNotCreate),
    /// [`NameTaken`](TagRefusal::NameTaken), [`TooMany`](TagRefusal::TooMany); and those of
    /// the database.
    pub async fn create(
        &self,
        caller: Caller<'_>,
        new: NewTag,
        on: Option<&EventNode>,
    ) -> Result<Tag> {
        const ROOM: &str = "SELECT 1 WHERE (SELECT count(*) FROM system_tags) >= $1";
        const INSERT: &str = "INSERT INTO system_tags \
             (name, name_key, visible, assignable, color, revision) \
             VALUES ($1, $2, $3, $4, $5, 1) RETURNING id";
        const GROUP: &str = "INSERT INTO system_tag_groups (tag, group_id) \
             SELECT id, CAST($2 AS text) FROM system_tags WHERE name_key = $1";
        const MARK: &str = "INSERT INTO system_tag_nodes (node, tag) \
             SELECT CAST($2 AS BIGINT), id FROM system_tags WHERE name_key = $1";
        let NewTag { name, visible, assignable, color, groups } = new;
        let governed = !visible || !assignable || !groups.is_empty();
        if governed && !caller.is_administrator() {
            return Err(TagRefusal::MayNotCreate.into());
        }
        let groups = distinct(groups);
        let mut batch = Batch::new();
        let room = batch.expect(Statement::new(ROOM, params![MOST]), Expect::None);
        let color_text = color.as_ref().map(Color::as_str);
        let values = params![name.as_str(), name.key(), visible, assignable, color_text];
        let insert = batch.expect(Statement::new(INSERT, values), Expect::ONE);
        for group in &groups {
            batch.push(Statement::new(GROUP, params![name.key(), group.as_str()]));
        }
        if let Some(node) = on {
            batch.push(Statement::new(MARK, params![name.key(), node.node.0]));
            let stream = marks::stream(visible, node);
            let kind = EventKind::TagAssigned;
            append(&mut batch, &marks::event(stream, kind, caller, name.as_str(), node));
        }
        append(&mut batch, &event(EventKind::TagCreated, caller).detail("name", name.as_str()));
        let outcomes = self.sql.write(batch).await.map_err(|failed| {
            let full = failed.statement() == Some(room);
            let (at, refusal) =
                if full { (room, TagRefusal::TooMany) } else { (insert, TagRefusal::NameTaken) };
            Error::of_batch(failed, at, ErrorKind::Refused(refusal))
        })?;
        let id = TagId(outcomes[insert].rows.one()?.int(0)?);
        Ok(Tag { id, name, visible, assignable, color, groups, revision: 1 })
    }

    /// Changes a tag: everybody who may assign it renames and colours it, and only
    /// administrators say who sees and assigns it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Refused`](ErrorKind::Refused):
    /// [`MayNotUpdate`](TagRefusal::MayNotUpdate), [`MayNotGovern`](TagRefusal::MayNotGovern),
    /// [`NameTaken`](TagRefusal::NameTaken); [`Changed`](ErrorKind::Changed) when somebody
    /// else changes it at the same time; and those of the database.
    pub async fn update(&self, caller: Caller<'_>, id: TagId, update: TagUpdate) -> Result<()> {
        const UPDATE: &str = "UPDATE system_tags SET name = $3, name_key = $4, visible = $5, \
             assignable = $6, color = $7, revision = revision + 1 \
             WHERE id = $1 AND revision = $2";
        const UNGROUP: &str = "DELETE FROM system_tag_groups WHERE tag = $1";
        const GROUP: &str = "INSERT INTO system_tag_groups (tag, group_id) VALUES ($1, $2)";
        let before = self.tag(caller, id).await?.ok_or_else(|| Error::not_found(id))?;
        if !before.is_assignable_by(&caller) {
            return Err(TagRefusal::MayNotUpdate(id).into());
        }
        let visible = update.visible.unwrap_or(before.visible);
        let assignable = update.assignable.unwrap_or(before.assignable);
        let governs =
            (visible, assignable) != (before.visible, before.assignable) || update.groups.is_some();
        if governs && !caller.is_administrator() {
            return Err(TagRefusal::MayNotGovern(id).into());
        }
        let name = update.name.unwrap_or(before.name);
        let color = update.color.unwrap_or(before.color);
        let color = color.as_ref().map(Color::as_str);
        let values =
            params![id.0, before.revision, name.as_str(), name.key(), visible, assignable, color];
        let mut batch = Batch::new();
        let at = batch.expect(Statement::new(UPDATE, values), Expect::ONE);
        if let Some(groups) = update.groups {
            batch.push(Statement::new(UNGROUP, params![id.0]));
            for group in distinct(groups) {
                batch.push(Statement::new(GROUP, params![id.0, group.as_str()]));
            }
        }
        let told = event(EventKind::TagChanged, caller).detail("name", name.as_str());
        append(&mut batch, &told.detail("tag_id", id.to_string()));
        match self.sql.write(batch).await {
            Ok(_) => Ok(()),
            // The revision that was read is not the present one: no constraint was broken.
            Err(failed) if matches!(failed.kind(), allmende_sql::ErrorKind::Constraint) => {
                Err(Error::of_batch(failed, at, ErrorKind::Refused(TagRefusal::NameTaken)))
            }
            Err(failed) => Err(failed.into()),
        }
    }

    /// Deletes a tag; no node carries it any more.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Refused`](ErrorKind::Refused) with
    /// [`MayNotDelete`](TagRefusal::MayNotDelete); and those of the database.
    pub async fn delete(&self, caller: Caller<'_>, id: TagId) -> Result<()> {
        const DELETE: &str = "DELETE FROM system_tags WHERE id = $1";
        let tag = self.tag(caller, id).await?.ok_or_else(|| Error::not_found(id))?;
        if !caller.is_administrator() {
            return Err(TagRefusal::MayNotDelete(id).into());
        }
        let mut batch = Batch::new();
        let at = batch.expect(Statement::new(DELETE, params![id.0]), Expect::ONE);
        let told = event(EventKind::TagDeleted, caller).detail("name", tag.name.as_str());
        append(&mut batch, &told.detail("tag_id", id.to_string()));
        let written = self.sql.write(batch).await;
        written.map_err(|failed| Error::of_batch(failed, at, ErrorKind::NotFound))?;
        Ok(())
    }
}

/// An event of the tags as such.
fn event(kind: EventKind, caller: Caller<'_>) -> NewEvent {
    let by = Principal::Person(caller.person.clone());
    NewEvent::new(Stream::Sharing, kind, caller.now).by(by)
}

fn distinct(mut groups: Vec<GroupId>) -> Vec<GroupId> {
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// Numbers as a list of a statement.
pub(crate) fn numbers(ids: impl Iterator<Item = i64>) -> impl Iterator<Item = Value> {
    ids.map(Value::Int)
}
