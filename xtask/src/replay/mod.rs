//! Replays recorded exchanges and compares the answers by structure.
//!
//! The recordings are not part of the repository: they lie in a folder that is given by
//! `--wire`, by `ALLMENDE_WIRE`, or as `../shared/wire` beside the work tree. Ids, etags, tokens
//! and times differ from server to server; of them only form and relation are compared.
//! `topics.toml` says what is replayed, `deviations.toml` what is answered otherwise on purpose.

mod differences;
mod headers;
mod json;
mod people;
mod recording;
mod relations;
mod scenario;
mod selection;
mod setup;
mod trash;
mod xml;

use std::fmt::Write as _;

use crate::check::{Check, Need};
use crate::context::{Context, WhenAbsent};
use crate::failure::{Context as _, Failure, Result};
use crate::http::Endpoint;
use crate::process::Log;
use crate::server::Server;
use differences::{Deviations, Difference, Judged};
use selection::{Chosen, Topics};

/// The last of all checks.
pub(crate) const CHECKS: &[Check] = &[Check {
    name: "replay",
    shows: "the server answers as the recorded one, but for the listed deviations",
    needs: &[Need::Release],
    run: check,
}];

fn check(context: &Context, log: &Log) -> Result<String> {
    if !context.wire.is_dir() {
        let text = format!("recordings not present ({})", context.wire.display());
        return match context.wire_absent {
            WhenAbsent::Report => Ok(text),
            WhenAbsent::Fail => Err(Failure::new(text)),
        };
    }
    let report = with_servers(context, log, &[])?;
    log.line(report.text());
    if report.passed() { Ok(report.line()) } else { Err(Failure::new(report.line())) }
}

/// Replays against freshly started servers.
pub(crate) fn fresh(context: &Context, only: &[String]) -> Result<Report> {
    with_servers(context, &Log::create(context.log_path("replay"))?, only)
}

/// One server per topic: what a topic does to the server as a whole touches no other.
fn with_servers(context: &Context, log: &Log, only: &[String]) -> Result<Report> {
    let mut replay = Replay::load(context, only)?;
    for topic in replay.topics() {
        let data = context.fresh_dir(&format!("replay-{topic}"))?;
        let server = Server::start(context, log, data)?;
        replay.topic(&topic, &server.admin(), "");
    }
    replay.finish()
}

/// Replays against one server that already runs.
pub(crate) fn against(context: &Context, admin: &Endpoint, only: &[String]) -> Result<Report> {
    let mut replay = Replay::load(context, only)?;
    // The people of an earlier replay may still be there.
    let mark = std::process::id().to_string();
    for topic in replay.topics() {
        replay.topic(&topic, admin, &mark);
    }
    replay.finish()
}

struct Replay {
    chosen: Chosen,
    found: Vec<Difference>,
    replayed: Vec<String>,
    requests: usize,
}

impl Replay {
    fn load(context: &Context, only: &[String]) -> Result<Self> {
        let recorded = recording::load(&context.wire).context("recordings")?;
        let chosen = Topics::read()?.choose(recorded, only)?;
        Ok(Self { chosen, found: Vec::new(), replayed: Vec::new(), requests: 0 })
    }

    fn topics(&self) -> Vec<String> {
        self.chosen.topics.keys().cloned().collect()
    }

    fn topic(&mut self, topic: &str, admin: &Endpoint, mark: &str) {
        let scenarios = self.chosen.topics.remove(topic).unwrap_or_default();
        for (index, (name, exchanges)) in scenarios.iter().enumerate() {
            self.requests += exchanges.len();
            self.replayed.push(name.clone());
            let suffix = format!("-{mark}{topic}{index}");
            let result = scenario::replay(admin, suffix, name, exchanges, &mut self.found);
            if let Err(failure) = result {
                // The rest of the scenario cannot be known; that is a difference of its own.
                let (scenario, place) = (name.clone(), "scenario".to_owned());
                let text = failure.to_string();
                self.found.push(Difference { scenario, n: 0, place, text });
            }
        }
    }

    fn finish(self) -> Result<Report> {
        let judged = Deviations::read()?.judge(self.found, &self.replayed);
        Ok(Report {
            judged,
            scenarios: self.replayed.len(),
            requests: self.requests,
            waiting: self.chosen.waiting,
        })
    }
}

/// What came out.
#[derive(Debug)]
pub(crate) struct Report {
    judged: Judged,
    scenarios: usize,
    requests: usize,
    waiting: Vec<String>,
}

impl Report {
    pub(crate) fn passed(&self) -> bool {
        self.judged.unlisted.is_empty() && self.judged.stale.is_empty() && self.scenarios > 0
    }

    /// The outcome in one line.
    fn line(&self) -> String {
        format!(
            "{} requests in {} scenarios: {} unlisted differences, {} kept deviations, {} stale \
             entries; {} topics and scenarios wait",
            self.requests,
            self.scenarios,
            self.judged.unlisted.len(),
            self.judged.kept,
            self.judged.stale.len(),
            self.waiting.len(),
        )
    }

    /// Everything, for a person.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from("Not replayed yet:\n");
        // Writing to a string cannot fail.
        for line in &self.waiting {
            let _ = writeln!(text, "  {line}");
        }
        for line in &self.judged.stale {
            let _ = writeln!(text, "listed, but it no longer occurs: {line}");
        }
        for difference in &self.judged.unlisted {
            let _ = writeln!(text, "{difference}");
        }
        let _ = writeln!(text, "{}", self.line());
        text
    }
}
