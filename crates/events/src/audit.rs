//! Whether all is there, and what is kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use allmende_sql::{Batch, Rows, Statement, Value, params};
use allmende_types::{Stream, Timestamp};

use crate::{EventId, Events, error::Result};

/// How many rows one statement looks at or removes.
const SLICE: usize = 1000;

const HEADS: &str = "SELECT stream, seq, trimmed FROM event_streams ORDER BY stream";
const HEAD: &str = "SELECT seq, trimmed FROM event_streams WHERE stream = $1";
const NUMBERS: &str =
    "SELECT id, seq FROM events WHERE stream = $1 AND id > $2 ORDER BY id LIMIT $3";

// The newest stays, so that on SQLite no id is given twice.
const OLDEST: &str = "SELECT id, stream, seq, at FROM events \
     WHERE id < (SELECT max(id) FROM events) ORDER BY id LIMIT $1";
const DROP_AUDIENCE: &str = "DELETE FROM event_audience WHERE event IN ($list)";
const DROP: &str = "DELETE FROM events WHERE id IN ($list)";
const MOVE_START: &str = "UPDATE event_streams SET trimmed = $2 WHERE stream = $1 AND trimmed < $2";

/// Where a stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamHead {
    /// The stream.
    pub stream: Stream,
    /// The number of its last event.
    pub last: i64,
    /// The number up to which events were removed because they were old.
    pub trimmed: i64,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gap {
    /// Events of these numbers are not there.
    Missing {
        /// The first number.
        from: i64,
        /// The last number.
        to: i64,
    },
    /// An event has a number that is not its turn: twice, out of order, or beyond the last.
    Stray {
        /// The number.
        seq: i64,
    },
}

/// For people: `3 to 5 are missing`.
impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { from, to } if from == to => write!(f, "{from} is missing"),
            Self::Missing { from, to } => write!(f, "{from} to {to} are missing"),
            Self::Stray { seq } => write!(f, "{seq} is not in its place"),
        }
    }
}

/// What [`Events::trim_behind`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trimmed {
    /// How many events it removed.
    pub removed: usize,
    /// The first event that is old enough and stays because the receiver does not have it.
    pub held_back: Option<EventId>,
}

impl Events {
    /// All streams, and where they stand.
    ///
    /// # Errors
    /// As [`Events::page`].
    pub async fn streams(&self) -> Result<Vec<StreamHead>> {
        let rows = self.sql.read(Statement::new(HEADS, params![])).await?;
        let mut heads = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            // A stream of a newer program is nothing that this one could check.
            if let Some(stream) = Stream::from_code(row.int(0)?) {
                heads.push(StreamHead { stream, last: row.int(1)?, trimmed: row.int(2)? });
            }
        }
        Ok(heads)
    }

    /// Looks through a whole stream for numbers that are missing. Empty is good.
    ///
    /// Reads the stream a slice at a time; what is appended or trimmed meanwhile is no gap.
    ///
    /// # Errors
    /// As [`Events::page`].
    pub async fn gaps(&self, stream: Stream) -> Result<Vec<Gap>> {
        let mut gaps = Vec::new();
        let mut after = 0;
        let mut last = self.head(stream).await?.map_or(0, |head| head.trimmed);
        loop {
            // Both on one snapshot: the head says how far the numbers must reach.
            let statements = vec![
                Statement::new(HEAD, params![stream.code()]).point(),
                Statement::new(NUMBERS, params![stream.code(), after, SLICE as i64]),
            ];
            let answers = self.sql.read_all(statements).await?;
            let head = head(stream, &answers[0])?;
            let end = head.map_or(0, |head| head.last);
            last = last.max(head.map_or(0, |head| head.trimmed));
            for row in answers[1].iter() {
                let seq = row.int(1)?;
                after = row.int(0)?;
                if seq <= last || seq > end {
                    gaps.push(Gap::Stray { seq });
                    continue;
                }
                if seq > last + 1 {
                    gaps.push(Gap::Missing { from: last + 1, to: seq - 1 });
                }
                last = seq;
            }
            if answers[1].len() < SLICE {
                if last < end {
                    gaps.push(Gap::Missing { from: last + 1, to: end });
                }
                return Ok(gaps);
            }
        }
    }

    async fn head(&self, stream: Stream) -> Result<Option<StreamHead>> {
        let select = Statement::new(HEAD, params![stream.code()]).point();
        head(stream, &self.sql.read(select).await?)
    }

    /// Removes up to `limit` events, and those that they are addressed to, of before a point
    /// in time; says how many. For a job that calls it until it says 0.
    ///
    /// Goes from the oldest on and stops at the first that is to stay, so that what is left
    /// of a stream has no gap. The newest event of all stays.
    ///
    /// # Errors
    /// As [`Events::page`], and [`Full`](crate::ErrorKind::Full),
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly).
    pub async fn trim(&self, before: Timestamp, limit: usize) -> Result<usize> {
        Ok(self.trim_old(None, before, limit).await?.removed)
    }

    /// As [`Events::trim`], and also stops at the first event that a receiver
    /// [does not have yet](Events::handed_over), which it names.
    ///
    /// # Errors
    /// As [`Events::trim`].
    pub async fn trim_behind(
        &self,
        receiver: &str,
        before: Timestamp,
        limit: usize,
    ) -> Result<Trimmed> {
        self.trim_old(Some(receiver), before, limit).await
    }

    async fn trim_old(
        &self,
        receiver: Option<&str>,
        before: Timestamp,
        limit: usize,
    ) -> Result<Trimmed> {
        let slice = i64::try_from(limit.min(SLICE)).unwrap_or(i64::MAX);
        let rows = self.sql.read(Statement::new(OLDEST, params![slice])).await?;
        let mut old = Vec::new();
        for row in rows.iter() {
            if row.int(3)? >= before.unix() {
                break;
            }
            old.push((row.int(0)?, row.int(1)?, row.int(2)?));
        }
        let mut held_back = None;
        if let (Some(receiver), false) = (receiver, old.is_empty()) {
            let streams: BTreeSet<i64> = old.iter().map(|(_, stream, _)| *stream).collect();
            let received = self.received(receiver, streams).await?;
            let has = |(id, stream, _): &(i64, i64, i64)| {
                received.get(stream).is_some_and(|last| id <= last)
            };
            let first = old.iter().position(|event| !has(event));
            held_back = first.map(|at| EventId(old[at].0));
            old.truncate(first.unwrap_or(old.len()));
        }
        if old.is_empty() {
            return Ok(Trimmed { removed: 0, held_back });
        }
        let starts: BTreeMap<i64, i64> =
            old.iter().map(|(_, stream, seq)| (*stream, *seq)).collect();
        let mut batch = Batch::new();
        for (stream, seq) in starts {
            batch.push(Statement::new(MOVE_START, params![stream, seq]));
        }
        let ids: Vec<Value> = old.iter().map(|(id, ..)| Value::Int(*id)).collect();
        batch.push(Statement::with_list(DROP_AUDIENCE, params![], ids.iter().cloned()));
        let drop = batch.push(Statement::with_list(DROP, params![], ids));
        let outcomes = self.sql.write(batch).await?;
        let removed = usize::try_from(outcomes[drop].affected).unwrap_or(usize::MAX);
        Ok(Trimmed { removed, held_back })
    }
}

fn head(stream: Stream, rows: &Rows) -> Result<Option<StreamHead>> {
    let head = |row: allmende_sql::Row<'_>| {
        Ok(StreamHead { stream, last: row.int(0)?, trimmed: row.int(1)? })
    };
    rows.first().map(head).transpose()
}
