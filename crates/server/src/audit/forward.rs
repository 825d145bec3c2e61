//! Events on their way to a receiver of syslog.

use std::{collections::BTreeMap, time::Duration};

use allmende_events::{EventId, Events, Position};
use allmende_types::Stream;
use tokio::time::Instant;

use super::{message::message, transport::Transport};
use crate::Shutdown;

/// Under which name the database knows how far the receiver is.
pub(super) const RECEIVER: &str = "syslog";
/// How often it is looked for new events.
const EVERY: Duration = Duration::from_secs(1);
/// The longest wait for a receiver that is away.
const LONGEST: Duration = Duration::from_secs(60);
/// The longest time for which a stream is left alone because of a damaged event.
const LONGEST_HOLD: Duration = Duration::from_secs(3600);
/// The most events that are on their way at a time.
const AT_ONCE: usize = 500;

/// Sends every event, at least once, in the order of its stream.
///
/// How far it got is written into the database after each batch that has arrived. So after a
/// crash the last batch is sent again, and nothing is left out.
#[derive(Debug)]
pub(super) struct Forwarder {
    events: Events,
    transport: Transport,
    host: String,
    held: BTreeMap<Stream, Hold>,
}

/// A stream that is left alone, since its next event is damaged.
#[derive(Debug, Clone, Copy)]
struct Hold {
    until: Instant,
    length: Duration,
}

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    #[error("the events cannot be read, or it cannot be noted which were sent")]
    Events(#[from] allmende_events::Error),
    #[error("the receiver cannot be reached")]
    Receiver(#[from] std::io::Error),
}

/// Messages that are about to be sent, and where each of their streams is then.
#[derive(Debug, Default)]
struct Batch {
    messages: Vec<Vec<u8>>,
    positions: Vec<Position>,
}

impl Forwarder {
    pub(super) fn new(events: Events, transport: Transport, host: String) -> Self {
        Self { events, transport, host, held: BTreeMap::new() }
    }

    /// Sends what there is every second, and waits longer and longer while that fails.
    pub(super) async fn run(mut self, stop: Shutdown) {
        let mut stop = Box::pin(stop.wait());
        let mut wait = EVERY;
        loop {
            let round = async {
                let sent = self.run_once().await;
                wait = match &sent {
                    Ok(_) => EVERY,
                    Err(error) => {
                        let error: &dyn std::error::Error = error;
                        tracing::warn!(error, "events cannot be sent to syslog");
                        (wait * 2).min(LONGEST)
                    }
                };
                tokio::time::sleep(wait).await;
            };
            tokio::select! {
                () = round => {}
                // What is broken off now is sent again.
                () = &mut stop => return,
            }
        }
    }

    /// Sends everything that waits, in each stream up to the first event that is damaged;
    /// says how many events that were.
    pub(super) async fn run_once(&mut self) -> Result<usize, Stopped> {
        let (mut batch, mut sent) = (Batch::default(), 0);
        for (stream, mut after) in self.events.waiting(RECEIVER).await? {
            if self.held.get(&stream).is_some_and(|hold| hold.until > Instant::now()) {
                continue;
            }
            let mut most = AT_ONCE;
            loop {
                let room = most.min(AT_ONCE - batch.messages.len());
                let page = match self.page(stream, after, room).await {
                    Ok(page) => page,
                    // What comes before the damage is to leave all the same.
                    Err(error) if !error.is_retryable() && room > 1 => {
                        most = room / 2;
                        continue;
                    }
                    // What is damaged holds up its own stream, and no other.
                    Err(error) if !error.is_retryable() => {
                        self.hold(stream, &error);
                        break;
                    }
                    Err(error) => return Err(error.into()),
                };
                let more = page.messages.len() == room;
                after = page.positions.last().map(|position| position.event).or(after);
                batch.messages.extend(page.messages);
                batch.positions.extend(page.positions);
                if !more {
                    self.held.remove(&stream);
                    break;
                }
                if batch.messages.len() == AT_ONCE {
                    sent += self.send(std::mem::take(&mut batch)).await?;
                }
            }
        }
        Ok(sent + self.send(batch).await?)
    }

    /// Leaves a stream alone for a while, each time for longer.
    fn hold(&mut self, stream: Stream, error: &(dyn std::error::Error + 'static)) {
        let before = self.held.get(&stream).map_or(EVERY, |hold| hold.length);
        let length = (before * 2).min(LONGEST_HOLD);
        self.held.insert(stream, Hold { until: Instant::now() + length, length });
        let seconds = length.as_secs();
        tracing::error!(error, %stream, seconds, "a damaged event holds up those behind it");
    }

    /// The next events of a stream; the position is that of the last.
    async fn page(
        &self,
        stream: Stream,
        after: Option<EventId>,
        limit: usize,
    ) -> allmende_events::Result<Batch> {
        let events = self.events.of_stream(stream, after, limit).await?;
        let last = events.last().map(|last| Position { stream, event: last.id, seq: last.seq });
        let messages = events.iter().map(|event| message(&self.host, event)).collect();
        Ok(Batch { messages, positions: last.into_iter().collect() })
    }

    async fn send(&self, batch: Batch) -> Result<usize, Stopped> {
        if batch.messages.is_empty() {
            return Ok(0);
        }
        self.transport.deliver(&batch.messages).await?;
        self.events.handed_over(RECEIVER, &batch.positions).await?;
        Ok(batch.messages.len())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::SocketAddr,
        path::PathBuf,
        sync::{Arc, Mutex},
    };

    use allmende_events::{MIGRATIONS, append_all};
    use allmende_sql::{Batch as Write, Sql, every_engine};
    use allmende_types::{EventKind, NewEvent, SpaceId, Timestamp};
    use tokio::{
        io::AsyncReadExt,
        net::{TcpListener, UdpSocket, UnixDatagram},
    };

    use super::*;
    use crate::Syslog;

    /// What a receiver has: streams with their numbers, in the order in which they came.
    #[derive(Debug, Clone, Default)]
    struct Received(Arc<Mutex<Vec<(String, i64)>>>);

    impl Received {
        fn take_in(&self, message: &str) {
            let (head, line) = message.split_once(" - {").unwrap();
            assert!(
                head.starts_with("<110>1 2027-01-15T08:00:00+00:00 here allmende - "),
                "{head}"
            );
            let line: serde_json::Value = serde_json::from_str(&format!("{{{line}")).unwrap();
            let stream = line["stream"].as_str().unwrap().to_owned();
            self.0.lock().unwrap().push((stream, line["seq"].as_i64().unwrap()));
        }

        /// The numbers of a stream.
        fn of(&self, stream: Stream) -> Vec<i64> {
            let all = self.0.lock().unwrap();
            let own = all.iter().filter(|(name, _)| *name == stream.to_string());
            own.map(|(_, seq)| *seq).collect()
        }

        async fn until(&self, count: usize) {
            let enough = async {
                while self.0.lock().unwrap().len() < count {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(20), enough).await.expect("all arrives");
        }

        async fn by_tcp(&self, at: SocketAddr) -> SocketAddr {
            let (listener, this) = (TcpListener::bind(at).await.unwrap(), self.clone());
            let at = listener.local_addr().unwrap();
            tokio::spawn(async move {
                loop {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    let mut text = String::new();
                    stream.read_to_string(&mut text).await.unwrap();
                    let mut rest = text.as_str();
                    while let Some((length, more)) = rest.split_once(' ') {
                        let (message, more) = more.split_at(length.parse().unwrap());
                        this.take_in(message);
                        rest = more;
                    }
                    assert_eq!(rest, "");
                }
            });
            at
        }

        fn by_udp(&self, socket: UdpSocket) {
            let this = self.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                loop {
                    let length = socket.recv(&mut buffer).await.unwrap();
                    this.take_in(std::str::from_utf8(&buffer[..length]).unwrap());
                }
            });
        }

        fn by_socket(&self, path: &PathBuf) {
            let (socket, this) = (UnixDatagram::bind(path).unwrap(), self.clone());
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                loop {
                    let length = socket.recv(&mut buffer).await.unwrap();
                    this.take_in(std::str::from_utf8(&buffer[..length]).unwrap());
                }
            });
        }
    }

    const FIRST: Stream = Stream::Accounts;
    const SECOND: Stream = Stream::Reads(SpaceId(7));

    async fn act(sql: &Sql, stream: Stream, count: usize) {
        let at = Timestamp::from_unix(1_800_000_000);
        let mut batch = Write::new();
        append_all(&mut batch, &vec![NewEvent::new(stream, EventKind::FileRead, at); count]);
        sql.write(batch).await.unwrap();
    }

    fn forwarder(sql: &Sql, to: Syslog) -> Forwarder {
        Forwarder::new(Events::new(sql.clone()), Transport::new(to), "here".into())
    }

    fn numbers(range: std::ops::RangeInclusive<i64>) -> Vec<i64> {
        range.collect()
    }

    /// Where nobody listens.
    async fn nowhere() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
    }

    every_engine! {
        async fn everything_arrives_once_though_the_receiver_was_away(sql: Sql) {
            sql.migrate(&[MIGRATIONS]).await.unwrap();
            let (received, at) = (Received::default(), nowhere().await);
            let mut forwarder = forwarder(&sql, Syslog::Tcp(at.to_string()));
            act(&sql, FIRST, 700).await;
            act(&sql, SECOND, 2).await;
            for _ in 0..2 {
                assert!(matches!(forwarder.run_once().await, Err(Stopped::Receiver(_))));
            }
            received.by_tcp(at).await;
            // Over more than one batch.
            assert_eq!(forwarder.run_once().await.unwrap(), 702);
            assert_eq!(forwarder.run_once().await.unwrap(), 0);
            act(&sql, SECOND, 1).await;
            assert_eq!(forwarder.run_once().await.unwrap(), 1);
            received.until(703).await;
            assert_eq!(received.of(FIRST), numbers(1..=700));
            assert_eq!(received.of(SECOND), [1, 2, 3]);
        }

        async fn what_was_sent_and_not_noted_is_sent_again(sql: Sql) {
            sql.migrate(&[MIGRATIONS]).await.unwrap();
            let received = Received::default();
            let at = received.by_tcp("127.0.0.1:0".parse().unwrap()).await;
            let to = Syslog::Tcp(at.to_string());
            act(&sql, FIRST, 3).await;
            assert_eq!(forwarder(&sql, to.clone()).run_once().await.unwrap(), 3);
            act(&sql, FIRST, 2).await;
            // The process ends between the two steps of `send`.
            let killed = forwarder(&sql, to.clone());
            let after = killed.events.waiting(RECEIVER).await.unwrap()[0].1;
            let page = killed.page(FIRST, after, 2).await.unwrap();
            killed.transport.deliver(&page.messages).await.unwrap();
            drop(killed);
            act(&sql, FIRST, 1).await;
            assert_eq!(forwarder(&sql, to).run_once().await.unwrap(), 3);
            received.until(8).await;
            assert_eq!(received.of(FIRST), [1, 2, 3, 4, 5, 4, 5, 6]);
        }
    }

    every_engine! {
        async fn a_damaged_event_holds_up_what_is_behind_it_alone(sql: Sql) {
            sql.migrate(&[MIGRATIONS]).await.unwrap();
            let received = Received::default();
            let at = received.by_tcp("127.0.0.1:0".parse().unwrap()).await;
            let mut forwarder = forwarder(&sql, Syslog::Tcp(at.to_string()));
            act(&sql, FIRST, 700).await;
            act(&sql, SECOND, 3).await;
            let kind = async |seq: i64, kind: i64| {
                let damage = "UPDATE events SET kind = $3 WHERE stream = $1 AND seq = $2";
                let values = allmende_sql::params![FIRST.code(), seq, kind];
                let damage = allmende_sql::Statement::new(damage, values);
                sql.write(Write::one(damage, allmende_sql::Expect::ONE)).await.unwrap();
            };
            kind(618, 9999).await;
            assert_eq!(forwarder.run_once().await.unwrap(), 617 + 3);
            received.until(620).await;
            assert_eq!(received.of(FIRST), numbers(1..=617));
            assert_eq!(received.of(SECOND), [1, 2, 3]);
            // It is left alone for longer and longer; others go on.
            let first = forwarder.held[&FIRST].length;
            act(&sql, SECOND, 1).await;
            assert_eq!(forwarder.run_once().await.unwrap(), 1);
            assert_eq!(forwarder.held[&FIRST].length, first);
            let pass = |forwarder: &mut Forwarder| {
                forwarder.held.get_mut(&FIRST).unwrap().until = Instant::now();
            };
            for _ in 0..20 {
                pass(&mut forwarder);
                assert_eq!(forwarder.run_once().await.unwrap(), 0);
            }
            assert_eq!(forwarder.held[&FIRST].length, LONGEST_HOLD);
            // Somebody has mended it.
            kind(618, EventKind::FileRead.code()).await;
            pass(&mut forwarder);
            assert_eq!(forwarder.run_once().await.unwrap(), 700 - 617);
            received.until(704).await;
            assert_eq!(received.of(FIRST), numbers(1..=700));
            assert!(forwarder.held.is_empty());
        }
    }

    async fn sqlite() -> (tempfile::TempDir, Sql) {
        let folder = tempfile::tempdir().unwrap();
        let options = allmende_sql::SqliteOptions::new(folder.path().join("events.db"));
        let sql = Sql::open_sqlite(options).await.unwrap();
        sql.migrate(&[MIGRATIONS]).await.unwrap();
        (folder, sql)
    }

    #[tokio::test]
    async fn a_receiver_that_closes_without_reading_has_nothing() {
        let (_folder, sql) = sqlite().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = Syslog::Tcp(listener.local_addr().unwrap().to_string());
        let rude = tokio::spawn(async move {
            loop {
                drop(listener.accept().await.unwrap());
            }
        });
        act(&sql, FIRST, 3).await;
        for _ in 0..5 {
            assert!(forwarder(&sql, to.clone()).run_once().await.is_err());
        }
        rude.abort();
        assert_eq!(Events::new(sql).waiting(RECEIVER).await.unwrap(), [(FIRST, None)]);
    }

    #[tokio::test]
    async fn datagrams_arrive_when_somebody_listens() {
        let (folder, sql) = sqlite().await;
        let path = folder.path().join("log");
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = udp.local_addr().unwrap();
        drop(udp);
        for to in [Syslog::Udp(at.to_string()), Syslog::Unix(path.clone())] {
            let (received, mut forwarder) = (Received::default(), forwarder(&sql, to.clone()));
            act(&sql, FIRST, 50).await;
            assert!(matches!(forwarder.run_once().await, Err(Stopped::Receiver(_))), "{to:?}");
            match to {
                Syslog::Unix(path) => received.by_socket(&path),
                _ => received.by_udp(UdpSocket::bind(at).await.unwrap()),
            }
            assert_eq!(forwarder.run_once().await.unwrap(), 50);
            received.until(50).await;
            let first = received.of(FIRST)[0];
            assert_eq!(received.of(FIRST), numbers(first..=first + 49));
        }
    }

    #[tokio::test]
    async fn the_job_waits_for_its_receiver_and_ends_with_the_server() {
        let (_folder, sql) = sqlite().await;
        let (received, at) = (Received::default(), nowhere().await);
        let (trigger, stop) = crate::Trigger::new();
        let job = tokio::spawn(forwarder(&sql, Syslog::Tcp(at.to_string())).run(stop));
        act(&sql, FIRST, 2).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        received.by_tcp(at).await;
        received.until(2).await;
        trigger.stop();
        job.await.unwrap();
        assert_eq!(received.of(FIRST), [1, 2]);
    }
}
