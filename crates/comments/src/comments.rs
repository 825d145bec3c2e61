//! The service: writing, changing and deleting comments.

use std::sync::Arc;

use allmende_events::{
    NewNotification, NotificationKind, Object, append, dismiss, notify, withdraw,
};
use allmende_sql::{Batch, Expect, Sql, Statement, params};
use allmende_types::{EventKind, EventNode, NewEvent, Principal, Stream, Timestamp, UserId};

use crate::{
    Comment, CommentId, Error, ErrorKind, Message, NewComment, Result, ids::Ids, mentions,
};

/// Who acts, and when.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The person.
    pub person: &'a UserId,
    /// The time.
    pub now: Timestamp,
}

/// The comments of an installation. Clones share everything.
///
/// The database holds the tables of [`SCHEMA`](crate::SCHEMA) beside those of
/// [`allmende_events`].
#[derive(Debug, Clone)]
pub struct Comments {
    pub(crate) sql: Sql,
    ids: Arc<Ids>,
}

impl Comments {
    /// The comments of a database.
    #[must_use]
    pub fn new(sql: Sql) -> Self {
        Self { sql, ids: Arc::new(Ids::new()) }
    }

    /// Writes a comment, and tells those of whom [`NewComment::tell`] says so; the author
    /// needs not be told.
    ///
    /// # Errors
    /// [`NoSuchParent`](ErrorKind::NoSuchParent), and those of the database.
    pub async fn create(
        &self,
        caller: Caller<'_>,
        node: &EventNode,
        new: NewComment,
    ) -> Result<CommentId> {
        const PARENT: &str = "SELECT 1 FROM comments WHERE id = $1 AND node = $2";
        const NUMBER: &str = "INSERT INTO commented_nodes AS known (node, last) VALUES ($1, 1) \
             ON CONFLICT (node) DO UPDATE SET last = known.last + 1";
        const INSERT: &str = "INSERT INTO comments \
             (id, node, seq, parent, topmost, verb, author, author_key, message, created) \
             VALUES ($1, $2, (SELECT last FROM commented_nodes WHERE node = $2), $3, \
             (SELECT COALESCE(topmost, id) FROM comments WHERE id = $3), $4, $5, $6, $7, $8)";
        let id = self.ids.next(&self.sql).await?;
        let NewComment { message, verb, parent, tell } = new;
        let mut batch = Batch::new();
        let mut guard = usize::MAX;
        if let Some(parent) = parent {
            let there = Statement::new(PARENT, params![parent.0, node.node.0]);
            guard = batch.expect(there, Expect::ONE);
        }
        batch.push(Statement::new(NUMBER, params![node.node.0]));
        let values = params![
            id.0,
            node.node.0,
            parent.map(|parent| parent.0),
            verb.as_str(),
            caller.person.as_str(),
            caller.person.key(),
            message.as_str(),
            caller.now.unix(),
        ];
        batch.push(Statement::new(INSERT, values));
        append(&mut batch, &event(EventKind::CommentCreated, caller, node, id));
        for person in &tell {
            tell_mentioned(&mut batch, caller, node, id, &message, person);
        }
        let written = self.sql.write(batch).await;
        written.map_err(|e| Error::of_batch(e, guard, ErrorKind::NoSuchParent))?;
        Ok(id)
    }

    /// Gives a comment another text. Of those in `tell`, who are mentioned in the new text
    /// and may see the node, everybody is told the new text in the place of the old one; who
    /// is no longer mentioned has nothing to look at any more.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`NotAuthor`](ErrorKind::NotAuthor), and those of
    /// the database.
    pub async fn edit(
        &self,
        caller: Caller<'_>,
        node: &EventNode,
        id: CommentId,
        message: Message,
        tell: &[UserId],
    ) -> Result<()> {
        const UPDATE: &str = "UPDATE comments SET message = $3 \
             WHERE id = $1 AND node = $2 AND message = $4";
        let before = self.own(caller, node, id).await?;
        let mut batch = Batch::new();
        let values = params![id.0, node.node.0, message.as_str(), before.message.as_str()];
        let at = batch.expect(Statement::new(UPDATE, values), Expect::ONE);
        append(&mut batch, &event(EventKind::CommentChanged, caller, node, id));
        let mentioned = |text: &str, person: &UserId| {
            mentions(text).any(|who| who.id.eq_ignore_ascii_case(person.as_str()))
        };
        for person in tell {
            // Who was told the old text shall not go on reading it.
            dismiss(&mut batch, &object(id), person);
            tell_mentioned(&mut batch, caller, node, id, &message, person);
        }
        for person in before.mentions().filter_map(|who| who.id.parse::<UserId>().ok()) {
            if !mentioned(message.as_str(), &person) {
                dismiss(&mut batch, &object(id), &person);
            }
        }
        // Without a row it was deleted or changed meanwhile, by the author in another place.
        let written = self.sql.write(batch).await;
        written.map_err(|failed| Error::of_batch(failed, at, ErrorKind::NotFound))?;
        Ok(())
    }

    /// Deletes a comment, and takes back what was told of it. Answers to it stay.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`NotAuthor`](ErrorKind::NotAuthor), and those of
    /// the database.
    pub async fn delete(&self, caller: Caller<'_>, node: &EventNode, id: CommentId) -> Result<()> {
        const DELETE: &str = "DELETE FROM comments WHERE id = $1 AND node = $2";
        self.own(caller, node, id).await?;
        let mut batch = Batch::new();
        let values = params![id.0, node.node.0];
        let at = batch.expect(Statement::new(DELETE, values), Expect::ONE);
        append(&mut batch, &event(EventKind::CommentDeleted, caller, node, id));
        withdraw(&mut batch, &object(id));
        let written = self.sql.write(batch).await;
        written.map_err(|failed| Error::of_batch(failed, at, ErrorKind::NotFound))?;
        Ok(())
    }

    /// A comment that is the caller's own.
    async fn own(&self, caller: Caller<'_>, node: &EventNode, id: CommentId) -> Result<Comment> {
        let found = self.find(caller.person, node.node, id).await?;
        let missing = || Error::new(ErrorKind::NotFound, format!("comment {id}"));
        let comment = found.ok_or_else(missing)?;
        let author = comment.author.as_ref().map(UserId::key);
        if author == Some(caller.person.key()) {
            Ok(comment)
        } else {
            Err(Error::new(ErrorKind::NotAuthor, format!("comment {id}")))
        }
    }
}

/// What notifications of a comment are about.
pub(crate) fn object(id: CommentId) -> Object {
    Object::new("comments", "comment", &id.to_string())
}

/// What is told of a comment to those who see its node. Its text is not in it: that is gone
/// when the comment is.
fn event(kind: EventKind, caller: Caller<'_>, node: &EventNode, id: CommentId) -> NewEvent {
    let by = Principal::Person(caller.person.clone());
    let told = NewEvent::new(Stream::Space(node.space), kind, caller.now);
    told.by(by).about(node.clone()).detail("comment", id.to_string())
}

fn tell_mentioned(
    batch: &mut Batch,
    caller: Caller<'_>,
    node: &EventNode,
    id: CommentId,
    message: &Message,
    person: &UserId,
) {
    let to = Principal::Person(person.clone());
    let mut news = NewNotification::new(to, NotificationKind::Mentioned, object(id));
    news.at = caller.now;
    news.actor = Some(Principal::Person(caller.person.clone()));
    news.node = Some(node.node);
    news.details.insert("name".into(), node.name.to_string());
    news.details.insert("message".into(), message.as_str().to_owned());
    notify(batch, &news);
}
