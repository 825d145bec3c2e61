//! The course of a check.

use allmende_sql::{Snapshot, Statement, params};
use allmende_types::Timestamp;

use super::{Depth, Kind, Mode, Options, Outcome, Problem, Report, Subject, contents, lists, rows};
use crate::{Result, Watch, holding::Holding};

/// What all steps of a check share.
pub(super) struct Survey<'a> {
    pub(super) subject: Subject<'a>,
    options: Options,
    pub(super) now: Timestamp,
    /// Keeps contents from being deleted.
    pub(super) holding: Holding<'a>,
    pub(super) watch: &'a dyn Watch,
    tell: &'a mut (dyn FnMut(Problem) + Send),
    pub(super) report: Report,
}

impl<'a> Survey<'a> {
    pub(super) fn new(
        subject: Subject<'a>,
        options: Options,
        now: Timestamp,
        holding: Holding<'a>,
        watch: &'a dyn Watch,
        tell: &'a mut (dyn FnMut(Problem) + Send),
    ) -> Self {
        Self { subject, options, now, holding, watch, tell, report: Report::default() }
    }

    pub(super) fn repairs(&self) -> bool {
        self.options.mode == Mode::Repair
    }

    pub(super) fn reads_bytes(&self) -> bool {
        self.options.depth == Depth::Bytes
    }

    pub(super) fn tell(&mut self, kind: Kind, what: String, outcome: Outcome) {
        match outcome {
            Outcome::Found => self.report.found += 1,
            Outcome::Repaired | Outcome::Quarantined => self.report.repaired += 1,
        }
        (self.tell)(Problem { kind, what, outcome });
    }

    pub(super) async fn run(&mut self) -> Result<()> {
        self.watch.begin("database");
        let snapshot = self.subject.sql.snapshot().await?;
        self.report.nodes = count(&snapshot, "SELECT count(*) FROM nodes").await?;
        rows::check(self, &snapshot).await?;
        drop(snapshot);
        self.watch.begin("contents");
        contents::check(self).await?;
        if self.reads_bytes() {
            lists::check(self).await?;
        }
        Ok(())
    }
}

async fn count(snapshot: &Snapshot, select: &'static str) -> Result<u64> {
    let rows = snapshot.read(Statement::new(select, params![])).await?;
    Ok(rows.one()?.int(0)?.try_into().unwrap_or(0))
}
