//! The server is killed with SIGKILL at random moments, and looked at after each restart.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::book::Book;
use super::client::{Character, Client, Found};
use super::workload::Sizes;
use crate::context::Context;
use crate::failure::{Context as _, Failure, Result, ensure};
use crate::http::Request;
use crate::process::Log;
use crate::server::{Launch, Server};
use crate::tree::Noise;

/// What is done how often.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) kills: u64,
    /// Everything random follows from it, except for when threads run.
    pub(crate) seed: u64,
    /// A PostgreSQL connection; SQLite otherwise.
    pub(crate) database: Option<String>,
}

/// Clients at a time; two and two share a home.
const CLIENTS: u64 = 4;
const SIZES: Sizes = Sizes { largest: 1_200_000 };
/// How long the clients work between two kills, in milliseconds.
const SHORTEST: u64 = 50;
const LONGEST: u64 = 1200;

/// What has been seen.
#[derive(Debug, Default)]
struct Totals {
    kills: u64,
    /// Of these the kills of a server that was just starting.
    early: u64,
    acknowledged: u64,
    nodes: u64,
    there: u64,
    absent: u64,
    tags: usize,
    events: u64,
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills survived ({} of them while starting), {} acknowledged writes checked, \
             lost: 0; {} changes under way: {} whole, {} absent; {} looks at a file or folder, \
             {} tags, {} events without a gap",
            self.kills,
            self.early,
            self.acknowledged,
            self.there + self.absent,
            self.there,
            self.absent,
            self.nodes,
            self.tags,
            self.events,
        )
    }
}

/// Runs the plan; says what was seen.
pub(crate) fn run(context: &Context, log: &Log, plan: &Plan, name: &str) -> Result<String> {
    log.line(format!("seed {}", plan.seed));
    let data = context.fresh_dir(name)?.join("data");
    let mut noise = Noise::new(plan.seed);
    let mut totals = Totals::default();
    let launch = Launch { database: plan.database.clone(), ..Launch::default() };
    let mut server = Server::launch(context, log, data.clone(), launch)?;
    first_starts(log, &mut server, &data, &mut noise, &mut totals)?;
    let mut clients = clients(&server, plan.seed, SIZES)?;
    let book = Book::default();
    let result = (1..=plan.kills).try_for_each(|kill| {
        round(log, &mut server, &mut clients, &book, &mut noise, &mut totals)
            .context(format!("kill {kill} of seed {}", plan.seed))
    });
    result?;
    totals.acknowledged = clients.iter().map(|client| client.acknowledged).sum();
    totals.tags = book.len();
    ensure!(totals.acknowledged > 0, "nothing was acknowledged");
    ensure!(totals.there + totals.absent > 0, "nothing was under way at any kill");
    Ok(totals.to_string())
}

/// Kills the server while it makes its data, which it has to make in the end.
fn first_starts(
    log: &Log,
    server: &mut Server,
    data: &Path,
    noise: &mut Noise,
    totals: &mut Totals,
) -> Result<()> {
    server.kill()?;
    std::fs::remove_dir_all(data).context(data.display())?;
    for _ in 0..4 {
        server.restart_in_vain(log, Duration::from_millis(noise.below(80)))?;
        totals.kills += 1;
        totals.early += 1;
    }
    server.restart(log)
}

/// The clients, in two homes.
pub(super) fn clients(server: &Server, seed: u64, sizes: Sizes) -> Result<Vec<Client>> {
    let homes = [server.person("wanda")?, server.person("walter")?];
    Ok((0..CLIENTS)
        .map(|index| Character { index, seed, sizes })
        .zip(homes.iter().cycle())
        .map(|(character, home)| Client::new(character, home.clone()))
        .collect())
}

/// Work, a kill, a restart, and a look at everything.
fn round(
    log: &Log,
    server: &mut Server,
    clients: &mut [Client],
    book: &Book,
    noise: &mut Noise,
    totals: &mut Totals,
) -> Result<()> {
    let works = Duration::from_millis(SHORTEST + noise.below(LONGEST - SHORTEST));
    let announced = AtomicBool::new(false);
    in_parallel(
        clients,
        |client| client.work_until_killed(book, &announced),
        || {
            std::thread::sleep(works);
            ensure_serving(server)?;
            announced.store(true, Ordering::SeqCst);
            server.kill()
        },
    )?;
    totals.kills += 1;
    // In one of two rounds the server itself is the first to see what was left.
    if noise.below(2) == 0 {
        totals.events = check(server, log)?;
    }
    while noise.below(6) == 0 {
        server.restart_in_vain(log, Duration::from_millis(noise.below(60)))?;
        totals.kills += 1;
        totals.early += 1;
    }
    server.restart(log)?;
    for found in verify(clients, book)? {
        totals.nodes += found.nodes;
        totals.there += found.settled.there;
        totals.absent += found.settled.absent;
    }
    Ok(())
}

/// A server that has ended by itself cannot be killed any more.
pub(super) fn ensure_serving(server: &Server) -> Result<()> {
    let answer = Request::new(server.authority(), "GET", "/status.php").send();
    let answer = answer.context("the server has ended by itself")?;
    ensure!(answer.status == 200, "/status.php was answered {}", answer.status);
    Ok(())
}

/// Looks at everything that the clients have.
pub(super) fn verify(clients: &mut [Client], book: &Book) -> Result<Vec<Found>> {
    in_parallel(clients, |client| client.verify(book), || Ok(()))
}

/// Lets each client do something in a thread of its own, and meanwhile something else.
pub(super) fn in_parallel<T: Send>(
    clients: &mut [Client],
    each: impl Fn(&mut Client) -> Result<T> + Sync,
    meanwhile: impl FnOnce() -> Result<()>,
) -> Result<Vec<T>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            clients.iter_mut().map(|client| scope.spawn(|| each(client))).collect();
        let done = meanwhile();
        let results: Result<Vec<T>> = threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| Failure::new("a client panicked"))?)
            .collect();
        done?;
        results
    })
}

/// What `allmende check` and `allmende fsck` find in the data of a server that does not run:
/// nothing bad. Says how many events there are.
pub(super) fn check(server: &Server, log: &Log) -> Result<u64> {
    let output = server.command(log, &["check", "--json"]).run()?;
    let found: Value = serde_json::from_str(&output).context(format!("not JSON: {output}"))?;
    let nothing = |key: &str| found[key].as_array().is_some_and(Vec::is_empty);
    ensure!(nothing("damaged"), "damaged contents: {output}");
    ensure!(nothing("gaps"), "events are missing: {output}");
    server.command(log, &["fsck", "--json"]).run()?;
    Ok(found["events"].as_u64().unwrap_or_default())
}
