//! One check: a name, what it shows, what it needs, and the function that does it.

use std::time::{Duration, Instant};

use crate::context::Context;
use crate::failure::Result;
use crate::process::Log;

/// Something that has to stand before a check can run. Each is a check itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Programs from Debian's packages.
    Debian,
    /// The Python environment with the clients from PyPI.
    Python,
    /// The clients from npm.
    Node,
    /// The binaries of the release profile.
    Release,
}

impl Need {
    /// The name of the check that provides it.
    pub(crate) const fn check_name(self) -> &'static str {
        match self {
            Self::Debian => "debian-packages",
            Self::Python => "python-packages",
            Self::Node => "node-packages",
            Self::Release => "release-build",
        }
    }
}

/// The signature of a check. What it returns on success stands in the summary.
pub(crate) type Run = fn(&Context, &Log) -> Result<String>;

/// One line of the summary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    /// What is known once it has passed.
    pub(crate) shows: &'static str,
    pub(crate) needs: &'static [Need],
    pub(crate) run: Run,
}

/// How a check ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) took: Duration,
    /// A note on success, the reason otherwise.
    pub(crate) result: Result<String>,
}

impl Check {
    /// Runs the check with a log of its own and prints the log's tail if it fails.
    pub(crate) fn execute(&self, context: &Context) -> Outcome {
        println!("▶ {} — {}", self.name, self.shows);
        let started = Instant::now();
        let result = Log::create(context.log_path(self.name)).and_then(|log| {
            let result = (self.run)(context, &log);
            if let Err(failure) = &result {
                log.line(format!("\nFAILED: {failure}"));
                println!("--- {} ---\n{}\n---", log.path().display(), log.tail(60));
            }
            result
        });
        let took = started.elapsed();
        match &result {
            Ok(note) => println!("  ok in {:.1} s  {note}", took.as_secs_f64()),
            Err(failure) => println!("  FAILED in {:.1} s  {failure}", took.as_secs_f64()),
        }
        Outcome { name: self.name, took, result }
    }
}
