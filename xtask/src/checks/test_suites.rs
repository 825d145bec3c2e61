//! The project's own tests, with both database engines.

use super::cargo::cargo;
use crate::context::Context;
use crate::failure::{Context as _, Result};
use crate::postgres::Postgres;
use crate::process::{Log, find_program};

pub(super) fn tests(context: &Context, log: &Log) -> Result<String> {
    // Built first, so that the database need not wait for the compiler.
    cargo(context, log).args(["test", "--locked", "--workspace", "--no-run"]).run()?;
    let postgres = Postgres::start(context, log)?;
    let nextest = find_program("cargo-nextest").is_some();
    // Without nextest the plain runner executes the same tests; doc tests have their own check.
    let args: &[&str] = if nextest {
        &["nextest", "run", "--locked", "--workspace", "--no-fail-fast"]
    } else {
        &["test", "--locked", "--workspace", "--all-targets", "--no-fail-fast"]
    };
    let output = cargo(context, log).args(args).envs(postgres.environment()).run()?;
    counted(&output)
}

pub(super) fn doc_tests(context: &Context, log: &Log) -> Result<String> {
    let output = cargo(context, log).args(["test", "--locked", "--workspace", "--doc"]).run()?;
    counted(&output)
}

/// How many tests ran; none at all is a failure.
fn counted(output: &str) -> Result<String> {
    let count: u64 = output.lines().filter_map(passed).sum();
    (count > 0).then(|| format!("{count} tests passed")).context("no test was run")
}

/// The count in the closing line of nextest or of one of cargo's own test programs.
fn passed(line: &str) -> Option<u64> {
    let line = line.trim_start();
    let (closing, rest) = line.split_once(" passed")?;
    let known = closing.starts_with("Summary [") || closing.starts_with("test result: ");
    let count = closing.rsplit([' ', ':']).next()?;
    (known && rest.starts_with([' ', ',', ';'])).then(|| count.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_are_understood() {
        let nextest = "     Summary [   1.234s] 12 tests run: 11 passed (1 slow), 1 skipped";
        assert_eq!(counted(nextest).unwrap(), "11 tests passed");
        let plain = "test result: ok. 3 passed; 0 failed; 0 ignored\n\
                     test result: ok. 4 passed; 0 failed; 0 ignored\n";
        assert_eq!(counted(plain).unwrap(), "7 tests passed");
        assert!(counted("test result: ok. 0 passed; 0 failed").is_err());
        assert!(counted("99 passed, 0 failed").is_err());
    }
}
