//! Reading what happened, a page at a time.

use allmende_sql::{Sql, Statement, Value, params};
use allmende_types::{EventKind, NodeId, Principal, SpaceId, Stream};

use crate::{
    error::Result,
    event::{Event, EventId, event, event_columns},
};

/// How many streams and principals one statement asks.
const SOURCES: usize = 64;
/// The most events that one page has.
pub(crate) const MAX_PAGE: usize = 1000;

const BY_ID: &str = concat!("SELECT ", event_columns!(), " FROM events e WHERE e.id = $1");
const OF_STREAM: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events e WHERE e.stream = $1 AND e.id > $2 ORDER BY e.id LIMIT $3"
);

/// What happened, for whoever may know it. Clones share the database.
///
/// The database has the tables of [`MIGRATIONS`](crate::MIGRATIONS).
#[derive(Debug, Clone)]
pub struct Events {
    pub(crate) sql: Sql,
}

/// In which order a page is read, and which way `since` leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// The newest first: on from `since` to older ones.
    #[default]
    NewestFirst,
    /// The oldest first: on from `since` to newer ones.
    OldestFirst,
}

/// By whom the events of a page are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Doer {
    /// By anybody.
    #[default]
    Anybody,
    /// By this one.
    Only(Principal),
    /// By everybody else, the server included.
    Others(Principal),
}

/// Which events to read.
///
/// ```
/// use allmende_events::EventQuery;
/// use allmende_types::{EventKind, SpaceId};
///
/// let mut query = EventQuery::of_spaces(vec![SpaceId(3)]);
/// query.kinds = vec![EventKind::FileCreated, EventKind::FileChanged];
/// query.limit = 30;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct EventQuery {
    /// Spaces, of whose files the events are read. Who may see which of the files is the
    /// caller's to tell.
    pub spaces: Vec<SpaceId>,
    /// Spaces, of whose contents it is read who read them, where that is told.
    pub reads: Vec<SpaceId>,
    /// Principals that an event may be addressed to: a person and their groups.
    pub audience: Vec<Principal>,
    /// If given, only what is about this node.
    pub node: Option<NodeId>,
    /// If not empty, only these kinds.
    pub kinds: Vec<EventKind>,
    /// By whom.
    pub doer: Doer,
    /// Where to go on from: the last event that was seen.
    pub since: Option<EventId>,
    /// Which way.
    pub order: Order,
    /// How many at most; up to 1,000.
    pub limit: usize,
}

impl EventQuery {
    /// Fifty of the newest of some spaces.
    #[must_use]
    pub fn of_spaces(spaces: Vec<SpaceId>) -> Self {
        Self { spaces, limit: 50, ..Self::default() }
    }
}

impl Events {
    /// The events of a database.
    #[must_use]
    pub const fn new(sql: Sql) -> Self {
        Self { sql }
    }

    /// A page of events, of which each stands once, however often it was found.
    ///
    /// Takes one statement for up to 64 streams and principals, each of which costs a walk
    /// along an index for the length of the page.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable),
    /// [`Corrupt`](crate::ErrorKind::Corrupt).
    pub async fn page(&self, query: &EventQuery) -> Result<Vec<Event>> {
        let sources: Vec<Source<'_>> = (query.spaces.iter().map(|id| Stream::Space(*id)))
            .chain(query.reads.iter().map(|id| Stream::Reads(*id)))
            .map(Source::Stream)
            .chain(query.audience.iter().map(Source::Principal))
            .collect();
        let statements: Vec<Statement> =
            sources.chunks(SOURCES).map(|chunk| page(query, chunk)).collect();
        let mut events = Vec::new();
        for rows in self.sql.read_all(statements).await? {
            for row in rows.iter() {
                events.push(event(row)?);
            }
        }
        events.sort_by_key(|event| event.id);
        events.dedup_by_key(|event| event.id);
        if query.order == Order::NewestFirst {
            events.reverse();
        }
        events.truncate(query.limit.min(MAX_PAGE));
        Ok(events)
    }

    /// An event by its id.
    ///
    /// # Errors
    /// As [`Events::page`].
    pub async fn find(&self, id: EventId) -> Result<Option<Event>> {
        let rows = self.sql.read(Statement::new(BY_ID, params![id.0]).point()).await?;
        rows.first().map(event).transpose()
    }

    /// Up to `limit` events of a stream, the oldest first, from behind an event (or from the
    /// start): for an audit that goes on where it stopped. None is missed, since within a
    /// stream ids rise with the commits.
    ///
    /// # Errors
    /// As [`Events::page`].
    pub async fn of_stream(
        &self,
        stream: Stream,
        after: Option<EventId>,
        limit: usize,
    ) -> Result<Vec<Event>> {
        let limit = i64::try_from(limit.min(MAX_PAGE)).unwrap_or(i64::MAX);
        let after = after.map_or(0, |id| id.0);
        let select = Statement::new(OF_STREAM, params![stream.code(), after, limit]);
        self.sql.read(select).await?.iter().map(event).collect()
    }
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Stream(Stream),
    Principal(&'a Principal),
}

/// A statement over some sources: of each the ids of a page, and of all the rows of a page.
fn page(query: &EventQuery, sources: &[Source<'_>]) -> Statement {
    let mut select = Select::new(query);
    let mut members = String::new();
    for source in sources {
        if !members.is_empty() {
            members.push_str(" UNION ");
        }
        members.push_str(&select.member(*source));
    }
    let Select { order, values, .. } = select;
    let sql = format!(
        "SELECT {} FROM (SELECT id FROM ({members}) AS found ORDER BY id{order} LIMIT $2) AS page \
         CROSS JOIN events e WHERE e.id = page.id ORDER BY e.id{order}",
        event_columns!()
    );
    Statement::new(sql, values)
}

struct Select {
    order: &'static str,
    /// What every member asks of `e`.
    filter: String,
    values: Vec<Value>,
}

impl Select {
    fn new(query: &EventQuery) -> Self {
        let limit = i64::try_from(query.limit.min(MAX_PAGE)).unwrap_or(i64::MAX);
        let (order, before, first) = match query.order {
            Order::NewestFirst => (" DESC", "<", i64::MAX),
            Order::OldestFirst => ("", ">", 0),
        };
        let since = query.since.map_or(first, |id| id.0);
        let mut select = Self { order, filter: String::new(), values: params![since, limit] };
        let mut filter = format!("e.id {before} $1");
        if let Some(node) = query.node {
            filter.push_str(&format!(" AND e.node = {}", select.bind(node.0)));
        }
        if !query.kinds.is_empty() {
            // The numbers of kinds are ours, so that they may stand in the text.
            let kinds: Vec<String> = query.kinds.iter().map(|k| k.code().to_string()).collect();
            filter.push_str(&format!(" AND e.kind IN ({})", kinds.join(",")));
        }
        match &query.doer {
            Doer::Anybody => {}
            Doer::Only(who) => {
                filter.push_str(&format!(" AND lower(e.actor) = {}", select.bind(lower(who))));
            }
            Doer::Others(who) => {
                let who = select.bind(lower(who));
                filter.push_str(&format!(" AND (e.actor IS NULL OR lower(e.actor) <> {who})"));
            }
        }
        select.filter = filter;
        select
    }

    /// Binds a value and says its placeholder.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn member(&mut self, source: Source<'_>) -> String {
        let (order, filter) = (self.order, self.filter.clone());
        match source {
            Source::Stream(stream) => {
                let stream = self.bind(stream.code());
                format!(
                    "SELECT id FROM (SELECT e.id FROM events e WHERE e.stream = {stream} \
                     AND {filter} ORDER BY e.id{order} LIMIT $2) AS of_space"
                )
            }
            Source::Principal(principal) => {
                let principal = self.bind(principal.key());
                format!(
                    "SELECT id FROM (SELECT e.id FROM event_audience a CROSS JOIN events e \
                     WHERE a.principal = {principal} AND e.id = a.event AND {filter} \
                     ORDER BY a.event{order} LIMIT $2) AS of_audience"
                )
            }
        }
    }
}

/// Actors are stored as they write themselves, and compared without regard to case; ids of
/// people have ASCII letters only.
fn lower(principal: &Principal) -> String {
    principal.to_string().to_ascii_lowercase()
}
