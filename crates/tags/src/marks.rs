//! Tags on nodes.

use allmende_events::{append, append_all};
use allmende_sql::{Batch, ErrorKind as SqlErrorKind, Expect, Statement, params};
use allmende_types::{EventKind, EventNode, NewEvent, Principal, Stream};

use crate::{Caller, Error, ErrorKind, Result, Tag, TagId, TagRefusal, Tags};

// Nothing is inserted where the tag is gone: the expectation of one row tells.
const MARK: &str = "INSERT INTO system_tag_nodes (node, tag) \
     SELECT CAST($1 AS BIGINT), id FROM system_tags WHERE id = $2 \
     ON CONFLICT (node, tag) DO NOTHING";
const UNMARK: &str = "DELETE FROM system_tag_nodes WHERE node = $1 AND tag = $2";

/// What came of putting a tag on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// The node carries it now.
    New,
    /// The node carried it already.
    Already,
}

impl Tags {
    /// Puts a tag on a node. Whether the person may change the node is the caller's to know.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Refused`](ErrorKind::Refused) with
    /// [`MayNotAssign`](TagRefusal::MayNotAssign), and those of the database.
    pub async fn assign(
        &self,
        caller: Caller<'_>,
        id: TagId,
        node: &EventNode,
    ) -> Result<Assigned> {
        let tag = self.assignable(caller, id).await?;
        let mut batch = Batch::new();
        let values = params![node.node.0, id.0];
        let at = batch.expect(Statement::new(MARK, values), Expect::ONE);
        append(&mut batch, &told(&tag, EventKind::TagAssigned, caller, node));
        match self.sql.write(batch).await {
            Ok(_) => Ok(Assigned::New),
            Err(failed) if met_nothing(&failed, at) => {
                // The tag has gone meanwhile, or it is there already.
                self.tag(caller, id).await?.ok_or_else(|| Error::not_found(id))?;
                Ok(Assigned::Already)
            }
            Err(failed) => Err(failed.into()),
        }
    }

    /// Takes a tag from a node. Whether the person may change the node is the caller's to
    /// know.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the node does not carry it,
    /// [`Refused`](ErrorKind::Refused) with [`MayNotAssign`](TagRefusal::MayNotAssign), and
    /// those of the database.
    pub async fn unassign(&self, caller: Caller<'_>, id: TagId, node: &EventNode) -> Result<()> {
        let tag = self.assignable(caller, id).await?;
        let mut batch = Batch::new();
        let values = params![node.node.0, id.0];
        let at = batch.expect(Statement::new(UNMARK, values), Expect::ONE);
        append(&mut batch, &told(&tag, EventKind::TagUnassigned, caller, node));
        let written = self.sql.write(batch).await;
        written.map_err(|failed| Error::of_batch(failed, at, ErrorKind::NotFound))?;
        Ok(())
    }

    /// Puts a tag on some nodes and takes it from others, all or none. The first must not
    /// carry it and the others must, as the caller has seen it; whether the person may change
    /// all of them is the caller's to know too.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Refused`](ErrorKind::Refused) with
    /// [`MayNotAssign`](TagRefusal::MayNotAssign), [`Changed`](ErrorKind::Changed) when the
    /// nodes are no longer as the caller has seen them, and those of the database.
    pub async fn replace(
        &self,
        caller: Caller<'_>,
        id: TagId,
        put_on: &[EventNode],
        take_from: &[EventNode],
    ) -> Result<()> {
        let tag = self.assignable(caller, id).await?;
        let mut batch = Batch::new();
        let mut news = Vec::with_capacity(put_on.len() + take_from.len());
        for (sql, kind, nodes) in
            [(MARK, EventKind::TagAssigned, put_on), (UNMARK, EventKind::TagUnassigned, take_from)]
        {
            for node in nodes {
                batch.expect(Statement::new(sql, params![node.node.0, id.0]), Expect::ONE);
                news.push(told(&tag, kind, caller, node));
            }
        }
        append_all(&mut batch, &news);
        self.sql.write(batch).await?;
        Ok(())
    }

    /// The tag, if the person may assign it.
    async fn assignable(&self, caller: Caller<'_>, id: TagId) -> Result<Tag> {
        let tag = self.tag(caller, id).await?.ok_or_else(|| Error::not_found(id))?;
        if tag.is_assignable_by(&caller) {
            Ok(tag)
        } else {
            Err(TagRefusal::MayNotAssign(id).into())
        }
    }
}

fn met_nothing(failed: &allmende_sql::Error, at: usize) -> bool {
    failed.kind() == SqlErrorKind::Expectation { statement: at, got: 0 }
}

fn told(tag: &Tag, kind: EventKind, caller: Caller<'_>, node: &EventNode) -> NewEvent {
    event(stream(tag.visible, node), kind, caller, tag.name.as_str(), node)
}

/// Where it is told that a node has a tag: among what happens to the node, which all hear of
/// who see it, if they may know of the tag.
pub(crate) const fn stream(visible: bool, node: &EventNode) -> Stream {
    if visible { Stream::Space(node.space) } else { Stream::Sharing }
}

/// What is told of a tag on a node.
pub(crate) fn event(
    stream: Stream,
    kind: EventKind,
    caller: Caller<'_>,
    tag: &str,
    node: &EventNode,
) -> NewEvent {
    let by = Principal::Person(caller.person.clone());
    let told = NewEvent::new(stream, kind, caller.now);
    told.by(by).about(node.clone()).detail("tag", tag)
}
