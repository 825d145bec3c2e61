//! Events on their way out.

use std::{collections::BTreeMap, fmt};

use allmende_sql::Row;
use allmende_types::{
    EventKind, EventNode, NewEvent, NodeId, NodeShape, Origin, Principal, SpaceId, Stream,
    Timestamp,
};

use crate::error::{Error, Result};

/// The name of an event among all of an installation, as clients know it (`activity_id`).
///
/// Ids rise within a stream. Of two streams, the event that was written later may for a
/// moment be seen before one with a lower id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub i64);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub id: EventId,
    /// Its number in its stream: 1, 2, 3 and so on.
    pub seq: i64,
    /// What it tells. The audience is not read back.
    pub fact: NewEvent,
}

macro_rules! event_columns {
    () => {
        "e.id, e.stream, e.seq, e.at, e.kind, e.actor, e.address, e.agent, e.space, e.node, \
         e.parent, e.name, e.folder, e.old_parent, e.old_name, e.details"
    };
}
pub(crate) use event_columns;

/// Reads a row of the columns above.
pub(crate) fn event(row: Row<'_>) -> Result<Event> {
    let id = EventId(row.int(0)?);
    let corrupt = |what: &str| Error::corrupt(format!("{what} of event {id}"));
    let stream = Stream::from_code(row.int(1)?).ok_or_else(|| corrupt("the stream"))?;
    let kind = EventKind::from_code(row.int(4)?).ok_or_else(|| corrupt("the kind"))?;
    let mut fact = NewEvent::new(stream, kind, Timestamp::from_unix(row.int(3)?));
    fact.actor = principal(row.opt_text(5)?).map_err(|e| corrupt("the actor").because(e))?;
    let address = row.opt_text(6)?.map(str::parse).transpose();
    let address = address.map_err(|e| corrupt("the address").because(e))?;
    fact.origin = Origin { address, agent: row.opt_text(7)?.map(Into::into) };
    fact.node = node(row, stream)?;
    fact.details = details(row.opt_text(15)?).map_err(|e| corrupt("the details").because(e))?;
    Ok(Event { id, seq: row.int(2)?, fact })
}

fn node(row: Row<'_>, stream: Stream) -> Result<Option<EventNode>> {
    let Some(node) = row.opt_int(9)? else { return Ok(None) };
    let space = match (row.opt_int(8)?, stream) {
        (Some(space), _) => SpaceId(space),
        (None, Stream::Space(space)) => space,
        (None, _) => return Err(Error::corrupt("an event without a space")),
    };
    let folder = row.opt_int(12)? == Some(1);
    let from = match (row.opt_int(13)?, row.opt_text(14)?) {
        (Some(parent), Some(name)) => Some((NodeId(parent), name.into())),
        _ => None,
    };
    Ok(Some(EventNode {
        space,
        node: NodeId(node),
        parent: row.opt_int(10)?.map(NodeId),
        name: row.opt_text(11)?.unwrap_or_default().into(),
        shape: if folder { NodeShape::Folder } else { NodeShape::File },
        from,
    }))
}

pub(crate) fn principal(
    text: Option<&str>,
) -> Result<Option<Principal>, allmende_types::InvalidPrincipal> {
    text.map(str::parse).transpose()
}

pub(crate) fn details(text: Option<&str>) -> Result<BTreeMap<Box<str>, String>, serde_json::Error> {
    text.map_or_else(|| Ok(BTreeMap::new()), serde_json::from_str)
}
