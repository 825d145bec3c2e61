//! Which checks there are, in which order, and the summary at the end.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::check::{Check, Outcome};
use crate::context::Context;
use crate::failure::{Failure, Result, ensure};
use crate::{checks, crash, operation, replay, strangers, tools};

/// Every check, in the order in which they run: cheap before dear, needs before users.
pub(crate) fn all() -> Vec<Check> {
    [
        tools::CHECKS,
        checks::CHECKS,
        operation::CHECKS,
        crash::CHECKS,
        strangers::CHECKS,
        replay::CHECKS,
    ]
    .concat()
}

/// What a person asked to run.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// Names or beginnings of names; empty means everything.
    pub(crate) only: Vec<String>,
    /// Names or beginnings of names that are left out.
    pub(crate) skip: Vec<String>,
}

impl Selection {
    /// The chosen checks with everything they need, in order.
    pub(crate) fn choose(&self, all: &[Check]) -> Result<Vec<Check>> {
        for pattern in self.only.iter().chain(&self.skip) {
            let known = all.iter().any(|check| check.name.starts_with(pattern.as_str()));
            ensure!(known, "no check is called `{pattern}` (see --list)");
        }
        let named = |patterns: &[String], check: &Check| {
            patterns.iter().any(|pattern| check.name.starts_with(pattern.as_str()))
        };
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for check in all {
            if (self.only.is_empty() || named(&self.only, check)) && !named(&self.skip, check) {
                names.insert(check.name);
                names.extend(check.needs.iter().map(|need| need.check_name()));
            }
        }
        Ok(all.iter().filter(|check| names.contains(check.name)).copied().collect())
    }
}

/// Runs the checks one after the other. One whose need has failed fails too, and says so.
pub(crate) fn execute(context: &Context, checks: &[Check]) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for check in checks {
        let broken = check.needs.iter().map(|need| need.check_name()).find(|need| {
            outcomes.iter().any(|outcome| outcome.name == *need && outcome.result.is_err())
        });
        outcomes.push(match broken {
            None => check.execute(context),
            Some(need) => Outcome {
                name: check.name,
                took: Duration::ZERO,
                result: Err(Failure::new(format!("not run: it needs `{need}`, which failed"))),
            },
        });
    }
    outcomes
}

/// The table at the end, and the line that tools read: `N passed, N failed`.
pub(crate) fn summary(outcomes: &[Outcome]) -> String {
    use std::fmt::Write as _;
    let width = outcomes.iter().map(|outcome| outcome.name.len()).max().unwrap_or(0);
    let mut text = String::from("\n");
    for outcome in outcomes {
        let (mark, note) = match &outcome.result {
            Ok(note) => ("ok    ", note.clone()),
            Err(failure) => ("FAILED", failure.to_string()),
        };
        let first_line = note.lines().next().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{mark}  {:<width$}  {:>7.1} s  {first_line}",
            outcome.name,
            outcome.took.as_secs_f64(),
        );
    }
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    let _ = writeln!(text, "\n{} passed, {failed} failed", outcomes.len() - failed);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Need;

    fn pass(_: &Context, _: &crate::process::Log) -> Result<String> {
        Ok(String::new())
    }

    const CHECKS: &[Check] = &[
        Check { name: "debian-packages", shows: "", needs: &[], run: pass },
        Check { name: "format", shows: "", needs: &[], run: pass },
        Check { name: "litmus-files", shows: "", needs: &[Need::Debian], run: pass },
    ];

    fn names(only: &[&str], skip: &[&str]) -> Result<Vec<&'static str>> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let selection = Selection { only: owned(only), skip: owned(skip) };
        Ok(selection.choose(CHECKS)?.iter().map(|check| check.name).collect())
    }

    #[test]
    fn a_chosen_check_brings_what_it_needs() {
        assert_eq!(names(&["litmus"], &[]).unwrap(), ["debian-packages", "litmus-files"]);
        assert_eq!(names(&[], &["litmus"]).unwrap(), ["debian-packages", "format"]);
        assert_eq!(
            names(&["nothing"], &[]).unwrap_err().to_string(),
            "no check is called `nothing` (see --list)"
        );
    }

    #[test]
    fn every_name_is_unique_and_every_need_exists() {
        let all = all();
        let names: BTreeSet<_> = all.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), all.len());
        for (at, check) in all.iter().enumerate() {
            for need in check.needs {
                let place = all.iter().position(|other| other.name == need.check_name());
                assert!(place.is_some_and(|place| place < at), "{}: {need:?}", check.name);
            }
        }
    }

    #[test]
    fn the_summary_ends_with_the_counted_line() {
        let outcome = |name, result| Outcome { name, took: Duration::from_millis(1500), result };
        let text = summary(&[
            outcome("a", Ok("fine\nmore".into())),
            outcome("bcd", Err(Failure::new("why"))),
        ]);
        assert_eq!(
            text,
            "\nok      a        1.5 s  fine\nFAILED  bcd      1.5 s  why\n\n1 passed, 1 failed\n"
        );
    }
}
