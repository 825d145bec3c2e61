//! A long time of mixed load, in which what the server uses must not grow.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::book::Book;
use super::client::Client;
use super::kills::{check, clients, in_parallel, verify};
use super::workload::Sizes;
use crate::context::Context;
use crate::failure::{Context as _, Result, ensure};
use crate::process::Log;
use crate::server::Server;

const SIZES: Sizes = Sizes { largest: 1_200_000 };
/// Requests that write, before everything is read once.
const WRITES: usize = 60;
/// Bytes that may lie in the log of the database before they are in the database.
const LOG_LIMIT: u64 = 64 << 20;
/// Handles by which two samples may differ: connections that just come or go.
const HANDLES: u64 = 12;
/// What is kept of an act for ever is its event; a deletion, its row in the trash; a content
/// that was overwritten, its row among the versions. All of it in bytes, with the indexes.
const BYTES_PER_ACT: u64 = 4096;

/// What the server uses at a moment.
#[derive(Debug, Clone, Copy)]
struct Sample {
    memory: u64,
    handles: u64,
    database: u64,
    log: u64,
}

impl Sample {
    fn take(pid: u32, data: &Path) -> Result<Self> {
        let status = PathBuf::from(format!("/proc/{pid}/status"));
        let status = std::fs::read_to_string(&status).context(status.display())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
        let handles = PathBuf::from(format!("/proc/{pid}/fd"));
        let handles = std::fs::read_dir(&handles).context(handles.display())?.count() as u64;
        let length = |name: &str| std::fs::metadata(data.join(name)).map_or(0, |file| file.len());
        Ok(Self {
            memory: kib.context("the memory of the server")? * 1024,
            handles,
            database: length("allmende.db"),
            log: length("allmende.db-wal"),
        })
    }
}

/// Lets clients write and read for so long; says what the server used.
pub(super) fn run(context: &Context, log: &Log, lasts: Duration, seed: u64) -> Result<String> {
    log.line(format!("seed {seed}"));
    let data = context.fresh_dir("soak")?.join("data");
    let mut server = Server::start(context, log, data.clone())?;
    let mut clients = clients(&server, seed, SIZES)?;
    let (book, stop) = (Book::default(), AtomicBool::new(false));
    let mut samples = Vec::new();
    let pid = server.pid();
    in_parallel(
        &mut clients,
        |client| work(client, &book, &stop).inspect_err(|_| stop.store(true, Ordering::Relaxed)),
        || {
            let end = Instant::now() + lasts;
            while Instant::now() < end && !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_secs(1));
                samples.push(Sample::take(pid, &data)?);
            }
            stop.store(true, Ordering::Relaxed);
            Ok(())
        },
    )?;
    verify(&mut clients, &book)?;
    server.kill()?;
    let events = check(&server, log)?;
    let acknowledged = clients.iter().map(|client| client.acknowledged).sum();
    for sample in &samples {
        log.line(format!("{sample:?}"));
    }
    let flat = judge(&samples, acknowledged)?;
    Ok(format!("{} s, {acknowledged} writes, {events} events; {flat}", lasts.as_secs()))
}

fn work(client: &mut Client, book: &Book, stop: &AtomicBool) -> Result<()> {
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..WRITES {
            ensure!(client.step(book)?, "the server is gone");
        }
        client.verify(book)?;
    }
    Ok(())
}

/// Compares the second quarter, when caches are warm, with the last one.
fn judge(samples: &[Sample], acknowledged: u64) -> Result<String> {
    let quarter = samples.len() / 4;
    ensure!(quarter > 0, "too short to see anything");
    let (warm, late) = (&samples[quarter..2 * quarter], &samples[3 * quarter..]);
    let typical = |of: &[Sample], what: fn(&Sample) -> u64| {
        let mut all: Vec<u64> = of.iter().map(what).collect();
        all.sort_unstable();
        all[all.len() / 2]
    };
    let pair = |what| (typical(warm, what), typical(late, what));
    let memory = pair(|sample| sample.memory);
    let handles = pair(|sample| sample.handles);
    let database = samples.last().map_or(0, |sample| sample.database);
    let log = samples.iter().map(|sample| sample.log).max().unwrap_or(0);
    let text = format!(
        "memory {} MiB, then {} MiB; {} handles, then {}; database {} KiB, its log {} KiB at most",
        memory.0 >> 20,
        memory.1 >> 20,
        handles.0,
        handles.1,
        database >> 10,
        log >> 10
    );
    ensure!(memory.1 <= memory.0 + memory.0 / 4 + (16 << 20), "memory grows: {text}");
    ensure!(handles.1 <= handles.0 + HANDLES, "handles grow: {text}");
    ensure!(log <= LOG_LIMIT, "the log of the database grows: {text}");
    ensure!(database <= (2 << 20) + acknowledged * BYTES_PER_ACT, "the database grows: {text}");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(last: Sample) -> Vec<Sample> {
        let usual = Sample { memory: 60 << 20, handles: 30, database: 1 << 20, log: 4 << 20 };
        let mut all = vec![usual; 9];
        all.extend([last; 3]);
        all
    }

    #[test]
    fn what_grows_is_found() {
        let fine = Sample { memory: 70 << 20, handles: 35, database: 2 << 20, log: 8 << 20 };
        let text = "memory 60 MiB, then 70 MiB; 30 handles, then 35; database 2048 KiB, its log \
                    8192 KiB at most";
        assert_eq!(judge(&samples(fine), 100).unwrap(), text);
        let grown = |last| judge(&samples(last), 100).unwrap_err().to_string();
        assert!(grown(Sample { memory: 100 << 20, ..fine }).starts_with("memory grows"));
        assert!(grown(Sample { handles: 60, ..fine }).starts_with("handles grow"));
        assert!(grown(Sample { log: 65 << 20, ..fine }).starts_with("the log"));
        assert!(grown(Sample { database: 3 << 20, ..fine }).starts_with("the database grows"));
    }
}
