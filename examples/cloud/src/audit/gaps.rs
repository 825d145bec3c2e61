//! Whether every number of every stream has its event.

use allmende_events::Events;
use serde::Serialize;

use crate::Failure;

/// The numbers of all streams.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Numbers {
    /// How many streams there are.
    pub(crate) streams: usize,
    /// Events of all streams, but for those that were removed because they were old.
    pub(crate) events: i64,
    /// Numbers of events that are missing, or that are there and should not be.
    pub(crate) gaps: Vec<String>,
}

impl Numbers {
    /// Looks through all streams.
    pub(crate) async fn of(events: &Events) -> Result<Self, Failure> {
        let heads = events.streams().await?;
        let mut numbers = Self { streams: heads.len(), ..Self::default() };
        for head in heads {
            numbers.events += head.last - head.trimmed;
            let gaps = events.gaps(head.stream).await?;
            numbers.gaps.extend(gaps.iter().map(|gap| format!("{}: {gap}", head.stream)));
        }
        Ok(numbers)
    }

    /// Says it to people.
    pub(super) fn print(&self) {
        let Self { streams, events, gaps } = self;
        println!("Streams: {streams}");
        println!("Events:  {events} ({} gaps)", gaps.len());
        gaps.iter().for_each(|gap| println!("  {gap}"));
    }

    /// A failure, if something is missing.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if self.gaps.is_empty() { Ok(()) } else { Err("events are missing".into()) }
    }
}

#[cfg(test)]
mod tests {
    use allmende_events::{MIGRATIONS, append};
    use allmende_sql::{Batch, Expect, Statement, every_engine};
    use allmende_types::{EventKind, NewEvent, Stream, Timestamp};

    use super::*;

    every_engine! {
        async fn a_missing_event_is_found(sql: Sql) {
            sql.migrate(&[MIGRATIONS]).await.unwrap();
            let events = Events::new(sql.clone());
            for stream in [Stream::Accounts, Stream::Accounts, Stream::Accounts, Stream::Sharing] {
                let mut batch = Batch::new();
                let event = NewEvent::new(stream, EventKind::LoggedIn, Timestamp::EPOCH);
                append(&mut batch, &event);
                sql.write(batch).await.unwrap();
            }
            let clean = Numbers::of(&events).await.unwrap();
            assert_eq!((clean.streams, clean.events), (2, 4));
            assert!(clean.verdict().is_ok());
            let drop = Statement::new("DELETE FROM events WHERE seq = 2", vec![]);
            sql.write(Batch::one(drop, Expect::ONE)).await.unwrap();
            let torn = Numbers::of(&events).await.unwrap();
            assert_eq!(torn.gaps, ["accounts: 2 is missing"]);
            assert!(torn.verdict().is_err());
        }
    }
}
