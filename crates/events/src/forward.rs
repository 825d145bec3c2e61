//! How far events were handed to somebody outside, such as a receiver of syslog.

use std::collections::HashMap;

use allmende_sql::{Batch, Statement, Value, params};
use allmende_types::Stream;

use crate::{EventId, Events, error::Result};

/// The table, for the migrations.
///
/// `event` and `seq` are the id and the number of the last event that was handed over.
pub(crate) const TABLE: &str = "
CREATE TABLE event_positions (
    receiver TEXT NOT NULL,
    stream BIGINT NOT NULL,
    event BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (receiver, stream)
) WITHOUT ROWID;
";

const WAITING: &str = "SELECT s.stream, p.event FROM event_streams s \
     LEFT JOIN event_positions p ON p.receiver = $1 AND p.stream = s.stream \
     WHERE s.seq > s.trimmed AND s.seq > COALESCE(p.seq, 0) ORDER BY s.stream";
const ADVANCE: &str = "INSERT INTO event_positions AS known (receiver, stream, event, seq) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (receiver, stream) \
     DO UPDATE SET event = excluded.event, seq = excluded.seq WHERE known.seq < excluded.seq";
const OF_STREAMS: &str =
    "SELECT stream, event FROM event_positions WHERE receiver = $1 AND stream IN ($list)";

/// The last event of a stream that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The stream.
    pub stream: Stream,
    /// The event.
    pub event: EventId,
    /// Its number in the stream.
    pub seq: i64,
}

impl Events {
    /// The streams in which events wait for a receiver, each with the last event that the
    /// receiver has, for [`Events::of_stream`] to go on from.
    ///
    /// # Errors
    /// As [`Events::page`].
    pub async fn waiting(&self, receiver: &str) -> Result<Vec<(Stream, Option<EventId>)>> {
        let rows = self.sql.read(Statement::new(WAITING, params![receiver])).await?;
        let mut waiting = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            // A stream of a newer program is for that one to hand over.
            if let Some(stream) = Stream::from_code(row.int(0)?) {
                waiting.push((stream, row.opt_int(1)?.map(EventId)));
            }
        }
        Ok(waiting)
    }

    /// Notes that a receiver has everything up to these events. To be called when it has:
    /// what is lost between the two is handed over twice, and nothing is left out.
    /// A position never goes back.
    ///
    /// # Errors
    /// As [`Events::trim`].
    pub async fn handed_over(&self, receiver: &str, positions: &[Position]) -> Result<()> {
        let mut batch = Batch::new();
        for Position { stream, event, seq } in positions {
            batch.push(Statement::new(ADVANCE, params![receiver, stream.code(), event.0, *seq]));
        }
        self.sql.write(batch).await?;
        Ok(())
    }

    /// The last events that a receiver has of some streams.
    pub(crate) async fn received(
        &self,
        receiver: &str,
        streams: impl IntoIterator<Item = i64>,
    ) -> Result<HashMap<i64, i64>> {
        let streams = streams.into_iter().map(Value::Int);
        let select = Statement::with_list(OF_STREAMS, params![receiver], streams);
        let rows = self.sql.read(select).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
    }
}
