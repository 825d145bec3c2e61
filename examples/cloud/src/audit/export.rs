//! `allmende audit export`.

use std::io::{self, BufWriter, Write};

use allmende_events::Events;
use allmende_types::Stream;

use super::{arguments::Export, cursor::Cursor};
use crate::Failure;

/// How many events are held at a time.
const PAGE: usize = 500;

/// Writes events to standard output.
pub(super) async fn run(events: &Events, options: Export) -> Result<(), Failure> {
    let mut cursor = match &options.cursor {
        Some(path) => Cursor::read(path)?,
        None => Cursor::default(),
    };
    let mut out = BufWriter::new(io::stdout());
    let lost = export(events, &options.streams, &mut cursor, &mut out).await?;
    out.flush()?;
    if let Some(path) = &options.cursor {
        cursor.write(path)?;
    }
    if lost.is_empty() {
        return Ok(());
    }
    Err(format!("events were removed before they were exported: {}", lost.join(", ")).into())
}

/// Writes what lies behind the cursor, of all streams if none is named, and moves it on.
/// Says which events retention has removed in between.
async fn export(
    events: &Events,
    streams: &[Stream],
    cursor: &mut Cursor,
    out: &mut impl Write,
) -> Result<Vec<String>, Failure> {
    let mut lost = Vec::new();
    let mut heads = events.streams().await?;
    heads.retain(|head| streams.is_empty() || streams.contains(&head.stream));
    for head in heads {
        let stream = head.stream;
        if let Some(seq) = cursor.seq(stream) {
            if seq > head.last {
                let why = "is ahead of the database, which was restored: export from the start";
                return Err(format!("the cursor of {stream} {why}, without the cursor").into());
            }
            if head.trimmed > seq {
                lost.push(format!("{stream} {} to {}", seq + 1, head.trimmed));
            }
        }
        loop {
            let page = events.of_stream(stream, cursor.event(stream), PAGE).await?;
            for event in &page {
                writeln!(out, "{}", event.to_json())?;
                cursor.pass(event);
            }
            if page.len() < PAGE {
                break;
            }
        }
    }
    Ok(lost)
}

#[cfg(test)]
mod tests {
    use allmende_events::{MIGRATIONS, append_all};
    use allmende_sql::{Batch, Sql, every_engine};
    use allmende_types::{EventKind, NewEvent, SpaceId, Timestamp};

    use super::*;

    const AT: Timestamp = Timestamp::from_unix(1_800_000_000);
    const READS: Stream = Stream::Reads(SpaceId(7));

    async fn act(sql: &Sql, stream: Stream, count: usize) {
        let mut batch = Batch::new();
        append_all(&mut batch, &vec![NewEvent::new(stream, EventKind::FileRead, AT); count]);
        sql.write(batch).await.unwrap();
    }

    /// The numbers of each line, and what was lost.
    async fn lines(
        events: &Events,
        streams: &[Stream],
        cursor: &mut Cursor,
    ) -> (Vec<(String, i64)>, Vec<String>) {
        let mut out = Vec::new();
        let lost = export(events, streams, cursor, &mut out).await.unwrap();
        let line = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            (line["stream"].as_str().unwrap().to_owned(), line["seq"].as_i64().unwrap())
        };
        (String::from_utf8(out).unwrap().lines().map(line).collect(), lost)
    }

    every_engine! {
        async fn exports_with_a_cursor_have_every_event_once(sql: Sql) {
            sql.migrate(&[MIGRATIONS]).await.unwrap();
            let (folder, events) = (tempfile::tempdir().unwrap(), Events::new(sql.clone()));
            let path = folder.path().join("cursor.json");
            let mut all = Vec::new();
            for round in 0..3 {
                // More than a page, exactly one, and one event.
                act(&sql, Stream::Accounts, [1100, PAGE, 1][round]).await;
                act(&sql, READS, round).await;
                let mut cursor = Cursor::read(&path).unwrap();
                let (found, lost) = lines(&events, &[], &mut cursor).await;
                assert_eq!(lost, [] as [&str; 0]);
                cursor.write(&path).unwrap();
                assert_eq!(Cursor::read(&path).unwrap(), cursor);
                all.extend(found);
            }
            let mut again = Cursor::read(&path).unwrap();
            assert_eq!(lines(&events, &[], &mut again).await.0, []);
            let of = |stream: &str| -> Vec<i64> {
                all.iter().filter(|line| line.0 == stream).map(|line| line.1).collect()
            };
            assert_eq!(of("accounts"), (1..=1601).collect::<Vec<i64>>());
            assert_eq!(of("reads:7"), [1, 2, 3]);
            assert_eq!(all.len(), 1604);
        }

        async fn one_stream_can_be_chosen(sql: Sql) {
            sql.migrate(&[MIGRATIONS]).await.unwrap();
            let events = Events::new(sql.clone());
            act(&sql, Stream::Accounts, 2).await;
            act(&sql, READS, 1).await;
            let mut cursor = Cursor::default();
            let one = lines(&events, &[READS], &mut cursor).await.0;
            assert_eq!(one, [("reads:7".to_owned(), 1)]);
            let rest = lines(&events, &[], &mut cursor).await.0;
            assert_eq!(rest, [1, 2].map(|seq| ("accounts".to_owned(), seq)));
        }

        async fn what_was_removed_or_came_back_is_told(sql: Sql) {
            sql.migrate(&[MIGRATIONS]).await.unwrap();
            let events = Events::new(sql.clone());
            let mut cursor = Cursor::default();
            act(&sql, READS, 2).await;
            lines(&events, &[], &mut cursor).await;
            act(&sql, READS, 3).await;
            assert_eq!(events.trim(AT.plus_seconds(1), 100).await.unwrap(), 4);
            let mut first = Cursor::default();
            let found = lines(&events, &[], &mut cursor).await;
            let five = vec![("reads:7".to_owned(), 5)];
            assert_eq!(found, (five.clone(), vec!["reads:7 3 to 4".to_owned()]));
            // Who starts now has missed nothing.
            assert_eq!(lines(&events, &[], &mut first).await, (five, vec![]));
            // An older database under a newer cursor.
            let back = allmende_sql::Statement::new("UPDATE event_streams SET seq = 4", vec![]);
            sql.write(Batch::one(back, allmende_sql::Expect::ONE)).await.unwrap();
            let refused = export(&events, &[], &mut cursor, &mut Vec::new()).await;
            assert!(refused.unwrap_err().to_string().contains("ahead"));
        }
    }

    #[test]
    fn a_cursor_of_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cursor");
        assert_eq!(Cursor::read(&path).unwrap(), Cursor::default());
        for text in ["", "{}", r#"{"version":2,"streams":{}}"#] {
            std::fs::write(&path, text).unwrap();
            assert!(Cursor::read(&path).is_err(), "{text}");
        }
    }
}
