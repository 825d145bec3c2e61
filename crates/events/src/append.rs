//! Events on their way in.

use std::collections::BTreeMap;

use allmende_sql::{Batch, Statement, params};
use allmende_types::{NewEvent, NodeShape, Principal, Stream};

use crate::{Events, error::Result};

// On PostgreSQL the row stays locked until the end of the transaction: whoever comes next in
// the stream waits, so that numbers are in the order of commits and none is lost.
const NUMBER: &str = "INSERT INTO event_streams AS known (stream, seq, trimmed) \
     VALUES ($1, $2, 0) ON CONFLICT (stream) DO UPDATE SET seq = known.seq + excluded.seq";

const INSERT: &str = "INSERT INTO events (stream, seq, at, kind, actor, address, agent, \
     space, node, parent, name, folder, old_parent, old_name, details) \
     VALUES ($1, (SELECT seq FROM event_streams WHERE stream = $1) - $2, $3, $4, $5, $6, $7, \
     $8, $9, $10, $11, $12, $13, $14, $15)";

// The newest of the stream is the one that was written just before.
const ADDRESS: &str = "INSERT INTO event_audience (principal, event) \
     SELECT CAST($2 AS text), max(id) FROM events WHERE stream = $1 \
     ON CONFLICT (principal, event) DO NOTHING";

/// Adds the statements that write an event as the next of its stream.
///
/// They have no expectation and return nothing. A batch that writes to several streams may
/// meet another that does so the other way round; PostgreSQL then gives one of them up, and
/// it is tried again.
pub fn append(batch: &mut Batch, event: &NewEvent) {
    append_all(batch, std::slice::from_ref(event));
}

/// As [`append`], for several events in their order; numbers are taken once for each stream.
pub fn append_all(batch: &mut Batch, events: &[NewEvent]) {
    let mut left: BTreeMap<Stream, i64> = BTreeMap::new();
    for event in events {
        *left.entry(event.stream).or_default() += 1;
    }
    for (stream, count) in &left {
        batch.push(Statement::new(NUMBER, params![stream.code(), *count]));
    }
    for event in events {
        let after = left.entry(event.stream).and_modify(|count| *count -= 1).or_default();
        batch.push(insert(event, *after));
        for principal in &event.audience {
            let values = params![event.stream.code(), principal.key()];
            batch.push(Statement::new(ADDRESS, values));
        }
    }
}

impl Events {
    /// Writes an event that belongs to no other change of the database, such as that
    /// something was read. It is durable when the call returns.
    ///
    /// # Errors
    /// As [`Events::trim`].
    pub async fn record(&self, event: &NewEvent) -> Result<()> {
        let mut batch = Batch::new();
        append(&mut batch, event);
        self.sql.write(batch).await?;
        Ok(())
    }
}

/// The row of an event behind which so many of its stream follow in the batch.
fn insert(event: &NewEvent, after: i64) -> Statement {
    let node = event.node.as_ref();
    let space = node.map(|node| node.space).filter(|id| event.stream != Stream::Space(*id));
    let from = node.and_then(|node| node.from.as_ref());
    let values = params![
        event.stream.code(),
        after,
        event.at.unix(),
        event.kind.code(),
        event.actor.as_ref().map(Principal::to_string),
        event.origin.address.map(|address| address.to_string()),
        event.origin.agent.as_deref(),
        space.map(|id| id.0),
        node.map(|node| node.node.0),
        node.and_then(|node| node.parent).map(|id| id.0),
        node.map(|node| &*node.name),
        node.map(|node| node.shape == NodeShape::Folder),
        from.map(|(parent, _)| parent.0),
        from.map(|(_, name)| &**name),
        details(&event.details),
    ];
    Statement::new(INSERT, values)
}

/// Details as they are stored: a JSON object of texts, or null for none.
pub(crate) fn details(details: &BTreeMap<Box<str>, String>) -> Option<String> {
    let object = || serde_json::to_string(details).ok();
    if details.is_empty() { None } else { object() }
}
