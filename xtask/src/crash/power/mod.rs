//! Losses of power at random moments of one run, from a record of its system calls.

mod arguments;
mod disk;
mod trace;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use self::disk::{Disk, Survival};
use self::trace::{Event, Step};
use super::book::Book;
use super::client::{Client, NUMBER};
use super::kills::{check, clients, ensure_serving, in_parallel, verify};
use super::workload::Sizes;
use crate::context::Context;
use crate::failure::{Context as _, Result, ensure, fail};
use crate::process::Log;
use crate::server::{Launch, Server};
use crate::tree::Noise;

/// Smaller than in the other check, since all of it passes through the trace.
const SIZES: Sizes = Sizes { largest: 300_000 };
/// How long the clients work in the recorded run.
const WORKS: Duration = Duration::from_secs(6);
/// Requests of each client after the loss of power.
const AFTERWARDS: usize = 4;

/// What has been seen.
#[derive(Debug, Default)]
struct Totals {
    acknowledged: u64,
    nodes: u64,
    there: u64,
    absent: u64,
    unflushed: usize,
}

/// Records one run, and cuts its power so many times.
pub(super) fn run(context: &Context, log: &Log, cuts: u64, seed: u64) -> Result<String> {
    log.line(format!("seed {seed}"));
    let work = context.fresh_dir("power-loss")?;
    let data = work.join("data");
    let record = work.join("trace");
    let recorded = record_run(context, log, &data, &record, seed)?;
    let steps = trace::read(&record, NUMBER)?;
    let moments = moments(&steps, cuts, seed)?;

    let mut noise = Noise::new(seed);
    let mut disk = Disk::new(&data)?;
    let mut answered = Answered::default();
    let mut totals = Totals::default();
    let mut moments = moments.into_iter().peekable();
    for (at, step) in steps.iter().enumerate() {
        while moments.next_if_eq(&at).is_some() {
            let survival = Survival::random(&mut noise);
            let image = work.join("image");
            if image.exists() {
                std::fs::remove_dir_all(&image).context(image.display())?;
            }
            disk.write(&image, survival, &mut noise)?;
            totals.unflushed += disk.unflushed();
            let what = format!(
                "power lost at line {} of {}, of the unflushed {survival:?} (seed {seed})",
                step.line + 1,
                record.display()
            );
            log.line(&what);
            same_keys(&data, &image).context(&what)?;
            start_on(context, log, &image, &recorded, &answered, &mut totals).context(what)?;
        }
        disk.apply(step).context(format!("line {} of the trace", step.line + 1))?;
        answered.note(&step.event)?;
    }
    ensure!(totals.acknowledged > 0, "nothing was acknowledged");
    ensure!(totals.there + totals.absent > 0, "nothing was under way at any loss of power");
    Ok(format!(
        "{cuts} losses of power survived, {} acknowledged writes checked, lost: 0; {} changes \
         under way: {} whole, {} absent; {} looks at a file or folder; {} unflushed changes \
         dropped, torn or kept",
        totals.acknowledged,
        totals.there + totals.absent,
        totals.there,
        totals.absent,
        totals.nodes,
        totals.unflushed
    ))
}

/// Lets clients work against a traced server, which is killed in the end.
fn record_run(
    context: &Context,
    log: &Log,
    data: &Path,
    record: &Path,
    seed: u64,
) -> Result<Vec<Client>> {
    let launch = Launch { under: trace::tracer(record)?, ..Launch::default() };
    let mut server = Server::launch(context, log, data.to_owned(), launch)?;
    let mut clients: Vec<Client> =
        clients(&server, seed, SIZES)?.into_iter().map(Client::recording).collect();
    let (book, stop) = (Book::default(), AtomicBool::new(false));
    in_parallel(
        &mut clients,
        |client| client.work(&book, &stop),
        || {
            std::thread::sleep(WORKS);
            stop.store(true, Ordering::Relaxed);
            Ok(())
        },
    )?;
    ensure_serving(&server)?;
    server.kill()?;
    wait_complete(record)?;
    Ok(clients)
}

/// The tracer ends after the server does.
fn wait_complete(record: &Path) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(30);
    let mut length = 0;
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(200));
        let now = std::fs::metadata(record).context(record.display())?.len();
        if now > 0 && now == length {
            return Ok(());
        }
        length = now;
    }
    fail!("{} still grows", record.display())
}

/// Moments from the first request of the clients on, as positions in the trace. Two of three
/// lie just behind a flush, or just before one: there the states differ most.
fn moments(steps: &[Step], cuts: u64, seed: u64) -> Result<Vec<usize>> {
    let answered = |step: &Step| matches!(step.event, Event::Answered { .. });
    let first = steps.iter().position(answered).context("the trace has no answer")?;
    let flushes: Vec<usize> = (first..steps.len())
        .filter(|at| matches!(steps[*at].event, Event::Flushed { .. }))
        .collect();
    ensure!(!flushes.is_empty(), "the server flushed nothing");
    // Another stream of numbers than what survives has.
    let mut noise = Noise::new(seed ^ 0x5eed);
    let mut pick = |below: usize| usize::try_from(noise.below(below as u64)).unwrap_or(0);
    let mut moments: Vec<usize> = (0..cuts)
        .map(|cut| match cut % 3 {
            0 => first + pick(steps.len() - first),
            1 => flushes[pick(flushes.len())],
            _ => flushes[pick(flushes.len())] + 1,
        })
        .map(|at| at.min(steps.len() - 1))
        .collect();
    moments.sort_unstable();
    Ok(moments)
}

/// How many requests of each client were answered.
#[derive(Debug, Default)]
struct Answered(BTreeMap<usize, usize>);

impl Answered {
    fn note(&mut self, event: &Event) -> Result<()> {
        let Event::Answered { number } = event else { return Ok(()) };
        let (client, request) = number.split_once('-').context("a number of a request")?;
        let client = client.parse().context("a number of a client")?;
        let count = self.0.entry(client).or_default();
        // One after the other: so many answers are so many first requests.
        ensure!(request == count.to_string(), "request {number} was answered out of order");
        *count += 1;
        Ok(())
    }
}

/// What lies beside the database is made at the first start, and needed for ever.
fn same_keys(data: &Path, image: &Path) -> Result<()> {
    const KEYS: &[&str] = &["links.key"];
    for key in KEYS {
        let made = std::fs::read(data.join(key)).context(key)?;
        ensure!(std::fs::read(image.join(key)).is_ok_and(|kept| kept == made), "{key} is lost");
    }
    Ok(())
}

/// Starts a server on what is left, and looks whether it has what was acknowledged.
fn start_on(
    context: &Context,
    log: &Log,
    image: &Path,
    recorded: &[Client],
    answered: &Answered,
    totals: &mut Totals,
) -> Result<()> {
    let mut server = Server::launch(context, log, image.to_owned(), Launch::default())?;
    let book = Book::default();
    let mut clients = Vec::new();
    for (index, client) in recorded.iter().enumerate() {
        let answers = answered.0.get(&index).copied().unwrap_or_default();
        clients.push(client.at(server.authority(), answers, &book)?);
        totals.acknowledged += answers as u64;
    }
    for found in verify(&mut clients, &book)? {
        totals.nodes += found.nodes;
        totals.there += found.settled.there;
        totals.absent += found.settled.absent;
    }
    // It goes on, and gives no tag again.
    in_parallel(
        &mut clients,
        |client| {
            for _ in 0..AFTERWARDS {
                ensure!(client.step(&book)?, "the server is gone");
            }
            Ok(())
        },
        || Ok(()),
    )?;
    verify(&mut clients, &book)?;
    server.kill()?;
    check(&server, log)?;
    Ok(())
}
