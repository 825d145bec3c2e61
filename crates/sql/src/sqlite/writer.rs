//! Writing: one thread, one transaction for all who wait.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

use super::{
    SqliteOptions,
    connection::{Connection, Role},
};
use crate::{
    Batch, Engine, Error, ErrorKind, Outcome, Result, Statement,
    handle::closed,
    migrations::{self, Plan},
    params,
    stats::Counters,
    text,
};

/// Batches that may wait before callers have to wait for a place.
const QUEUE: usize = 1024;
/// Statements after which a transaction is committed though more batches wait: the first
/// of a group does not wait for hundreds that came later.
const GROUP_STATEMENTS: usize = 4096;

/// What part of a flush may be spent on waiting for more members: they save a flush each.
const GATHER: u32 = 4;
/// How often it is looked who has come.
const STEP: Duration = Duration::from_micros(50);

type Outcomes = Result<Vec<Outcome>>;

#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
}

#[derive(Debug)]
enum Job {
    Write(Batch, oneshot::Sender<Outcomes>),
    Migrate(Plan, oneshot::Sender<Result<()>>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    pub(super) fn open(options: &SqliteOptions, counters: Arc<Counters>) -> Result<Self> {
        let connection = Connection::open(options, Role::Writer)?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        let worker = Worker {
            connection,
            jobs,
            flush_delay: options.flush_delay,
            counters,
            members: 0,
            flush: Duration::ZERO,
        };
        thread::Builder::new().name("sqlite-writer".to_owned()).spawn(|| worker.serve()).map_err(
            |e| Error::new(ErrorKind::Unavailable, "starting the writer").with_source(e),
        )?;
        Ok(Self { queue })
    }

    pub(super) async fn write(&self, batch: Batch) -> Outcomes {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Write(batch, reply)).await.map_err(|_| closed())?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    pub(super) async fn migrate(&self, plan: Plan) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Migrate(plan, reply)).await.map_err(|_| closed())?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Job::Close(reply)).await.is_ok() {
            // An error says that the thread is gone, which is what was wanted.
            let _ = answer.await;
        }
    }
}

struct Worker {
    connection: Connection,
    jobs: mpsc::Receiver<Job>,
    flush_delay: Option<Duration>,
    counters: Arc<Counters>,
    /// How many batches the last group had.
    members: usize,
    /// How long its commit took.
    flush: Duration,
}

impl Worker {
    fn serve(mut self) {
        let mut next = self.jobs.blocking_recv();
        while let Some(job) = next.take() {
            let mut left = None;
            match job {
                Job::Write(batch, reply) => left = self.group(batch, reply),
                Job::Migrate(plan, reply) => {
                    let _ = reply.send(self.migrate(&plan));
                }
                Job::Close(reply) => {
                    self.jobs.close();
                    // Dropping the connection writes the log back into the file.
                    drop(self);
                    let _ = reply.send(());
                    return;
                }
            }
            next = left.or_else(|| self.jobs.blocking_recv());
        }
    }

    /// Waits for callers of the last group who are about to write again: most of them come
    /// within a part of the time that they would otherwise wait for the flush of others.
    /// Someone who writes alone never waits.
    fn gather(&self) {
        let (before, longest) = (Instant::now(), self.flush / GATHER);
        while self.jobs.len() + 1 < self.members && before.elapsed() < longest {
            thread::sleep(STEP);
        }
    }

    /// Writes a batch and all others that wait, and flushes once for all of them. Returns
    /// the job that came next and is no batch.
    fn group(&mut self, first: Batch, reply: oneshot::Sender<Outcomes>) -> Option<Job> {
        self.gather();
        if let Err(failed) = self.connection.control("BEGIN IMMEDIATE") {
            let _ = reply.send(Err(failed));
            return None;
        }
        let (mut members, mut statements, mut left) = (Vec::new(), 0, None);
        let mut next = Some((first, reply));
        while let Some((batch, reply)) = next.take() {
            statements += batch.len();
            let outcomes = self.batch(&batch);
            // A full or broken disk ends the whole transaction, not only the savepoint.
            if !self.connection.in_transaction() {
                let failed = outcomes.err().unwrap_or_else(|| {
                    Error::new(ErrorKind::Unavailable, "the transaction was ended")
                });
                answer_all(members, &failed);
                let _ = reply.send(Err(failed));
                return None;
            }
            members.push((reply, outcomes));
            if statements < GROUP_STATEMENTS {
                match self.jobs.try_recv() {
                    Ok(Job::Write(batch, reply)) => next = Some((batch, reply)),
                    Ok(other) => left = Some(other),
                    Err(_) => {}
                }
            }
        }
        self.members = members.len();
        let before = Instant::now();
        let committed = self.commit();
        self.flush = before.elapsed();
        match committed {
            Ok(()) => {
                for (reply, outcomes) in members {
                    let _ = reply.send(outcomes);
                }
            }
            Err(failed) => answer_all(members, &failed),
        }
        left
    }

    fn batch(&mut self, batch: &Batch) -> Outcomes {
        self.connection.control("SAVEPOINT batch")?;
        let run = |(at, (statement, expect)): (usize, &(Statement, crate::Expect))| {
            let outcome = self.connection.run(statement).map_err(|e| e.at(at))?;
            expect.check(at, outcome.affected)?;
            Ok(outcome)
        };
        let outcomes = (0..).zip(batch.iter()).map(run).collect::<Outcomes>();
        if !self.connection.in_transaction() {
            return outcomes;
        }
        if outcomes.is_err() {
            self.connection.control("ROLLBACK TO batch")?;
        }
        self.connection.control("RELEASE batch")?;
        outcomes
    }

    fn commit(&mut self) -> Result<()> {
        if let Some(delay) = self.flush_delay {
            thread::sleep(delay);
        }
        let committed = self.connection.control("COMMIT");
        if committed.is_ok() {
            self.counters.commit();
        } else if self.connection.in_transaction()
            && let Err(failed) = self.connection.control("ROLLBACK")
        {
            tracing::error!(%failed, "the database cannot end a transaction");
        }
        committed
    }

    fn migrate(&mut self, plan: &Plan) -> Result<()> {
        self.connection.control("BEGIN IMMEDIATE")?;
        let stepped = self.migrate_steps(plan);
        if stepped.is_err() && self.connection.in_transaction() {
            self.connection.control("ROLLBACK")?;
            return stepped;
        }
        stepped.and_then(|()| self.commit())
    }

    fn migrate_steps(&mut self, plan: &Plan) -> Result<()> {
        let create = text::migration(migrations::CREATE_VERSIONS, Engine::Sqlite);
        self.connection.script(&create)?;
        let recorded = self.connection.run(&Statement::new(migrations::READ_VERSIONS, vec![]))?;
        for step in plan.missing(&recorded.rows)? {
            self.connection.script(&step.sql)?;
            let row = params![step.component, step.version, step.name];
            self.connection.run(&Statement::new(migrations::RECORD_VERSION, row))?;
        }
        Ok(())
    }
}

/// Tells all of a group that it did not happen; those that had failed by themselves too.
fn answer_all(members: Vec<(oneshot::Sender<Outcomes>, Outcomes)>, failed: &Error) {
    for (reply, outcomes) in members {
        let _ = reply.send(outcomes.and_then(|_| Err(failed.repeat())));
    }
}
