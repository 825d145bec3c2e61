//! One connection: statements in, rows out, all of them sent before the first answer.

use std::{collections::HashMap, fmt, future::poll_fn, pin::Pin, pin::pin, task::Poll};

use futures_util::TryStreamExt;
use tokio_postgres::{Client, Statement as Prepared, types::Type};

use super::{codec, error::error};
use crate::{
    Batch, Engine, Error, ErrorKind, Expect, Outcome, Result, Rows, Statement,
    migrations::{self, Plan},
    params,
    statement::Text,
    text,
};

/// Prepared statements that a connection keeps.
const PREPARED: usize = 256;
/// Any number that all servers of this kind agree on.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(4702111234474983745)";

pub(super) struct Connection {
    client: Client,
    prepared: HashMap<Text, Prepared>,
    /// Whether a transaction may be open.
    open: bool,
}

impl Connection {
    pub(super) fn new(client: Client) -> Self {
        Self { client, prepared: HashMap::new(), open: false }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(super) fn is_reusable(&self) -> bool {
        !self.open && !self.client.is_closed()
    }

    /// Runs one statement in a transaction of its own, or in the open one.
    pub(super) async fn run(&mut self, statement: &Statement) -> Result<Outcome> {
        let prepared = self.prepare(statement).await?;
        let outcome = execute(&self.client, &prepared, statement).await;
        if let Err(failed) = &outcome {
            self.forget_if_stale(failed);
        }
        outcome
    }

    /// Runs a batch in a transaction that `begin` opens. `COMMIT` is sent with the
    /// statements if none of them has an expectation, else after they were checked.
    pub(super) async fn transaction(
        &mut self,
        begin: &'static str,
        batch: &Batch,
    ) -> Result<Vec<Outcome>> {
        let mut prepared = Vec::with_capacity(batch.len());
        for (at, (statement, _)) in batch.iter().enumerate() {
            prepared.push(self.prepare(statement).await.map_err(|e| e.at(at))?);
        }
        self.open = true;
        let (outcomes, ended) = pipeline(&self.client, begin, batch, &prepared).await;
        self.open = ended.is_err();
        if let Err(failed) = &outcomes {
            self.forget_if_stale(failed);
        }
        outcomes.and_then(|outcomes| ended.map(|()| outcomes))
    }

    /// Opens a transaction that sees one state. It ends with the connection.
    pub(super) async fn begin_snapshot(&mut self) -> Result<()> {
        self.open = true;
        control(&self.client, super::BEGIN_SNAPSHOT).await?;
        // The first statement decides which state it is.
        control(&self.client, "SELECT 1").await
    }

    pub(super) async fn migrate(&mut self, plan: &Plan) -> Result<()> {
        self.open = true;
        let stepped = self.migrate_steps(plan).await;
        let ended =
            control(&self.client, if stepped.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
        self.open = ended.is_err();
        self.prepared.clear();
        stepped.and(ended)
    }

    async fn migrate_steps(&mut self, plan: &Plan) -> Result<()> {
        control(&self.client, "BEGIN").await?;
        control(&self.client, MIGRATION_LOCK).await?;
        let create = text::migration(migrations::CREATE_VERSIONS, Engine::Postgres);
        control(&self.client, &create).await?;
        let recorded = self.run(&Statement::new(migrations::READ_VERSIONS, vec![])).await?;
        for step in plan.missing(&recorded.rows)? {
            control(&self.client, &step.sql).await?;
            let row = params![step.component, step.version, step.name];
            self.run(&Statement::new(migrations::RECORD_VERSION, row)).await?;
        }
        Ok(())
    }

    /// The prepared statement for a text. The first values decide the types of its
    /// parameters; where a null did and left it to the context, later values may not fit,
    /// and it is prepared again.
    async fn prepare(&mut self, statement: &Statement) -> Result<Prepared> {
        let fits = |prepared: &Prepared| {
            let types = prepared.params().iter();
            statement.params().iter().zip(types).all(|(value, ty)| codec::fits(value, ty))
        };
        if let Some(prepared) = self.prepared.get(statement.text()).filter(|known| fits(known)) {
            return Ok(prepared.clone());
        }
        let types: Vec<Type> = statement.params().iter().map(codec::param_type).collect();
        let prepared = self
            .client
            .prepare_typed(&statement.sql(), &types)
            .await
            .map_err(|e| error(statement.sql().into_owned(), e))?;
        if self.prepared.len() >= PREPARED {
            self.prepared.clear();
        }
        self.prepared.insert(statement.text().clone(), prepared.clone());
        Ok(prepared)
    }

    /// After a migration by another process, statements have to be prepared again.
    fn forget_if_stale(&mut self, failed: &Error) {
        if failed.kind() == ErrorKind::Conflict {
            self.prepared.clear();
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("open", &self.open).finish_non_exhaustive()
    }
}

async fn control(client: &Client, sql: &str) -> Result<()> {
    client.batch_execute(sql).await.map_err(|e| error(sql.to_owned(), e))
}

async fn execute(client: &Client, prepared: &Prepared, statement: &Statement) -> Result<Outcome> {
    let failed = |e| error(statement.sql().into_owned(), e);
    let params = statement.params().iter().map(codec::Param);
    let stream = client.query_raw(prepared, params).await.map_err(failed)?;
    let mut stream = pin!(stream);
    let mut rows = Rows::with_columns(prepared.columns().len());
    while let Some(row) = stream.try_next().await.map_err(failed)? {
        codec::push(&mut rows, &row)?;
    }
    let affected = stream.rows_affected().unwrap_or(rows.len() as u64);
    Ok(Outcome { affected, rows })
}

/// Sends a whole transaction and collects the answers: what came of the statements, and
/// whether the transaction is surely over.
async fn pipeline(
    client: &Client,
    begin: &'static str,
    batch: &Batch,
    prepared: &[Prepared],
) -> (Result<Vec<Outcome>>, Result<()>) {
    let mut begun = Started::new(control(client, begin)).await;
    let mut running = Vec::with_capacity(batch.len());
    for ((statement, _), prepared) in batch.iter().zip(prepared) {
        running.push(Started::new(execute(client, prepared, statement)).await);
    }
    // A statement that could not even be sent is no reason for the server to refuse the
    // commit, so the commit must not be on its way already.
    let unsent = running.iter().any(|started| matches!(started.done, Some(Err(_))));
    let at_once = !unsent && batch.iter().all(|(_, expect)| *expect == Expect::Any);
    let commit = if at_once { Some(Started::new(control(client, "COMMIT")).await) } else { None };
    let mut outcomes = begun.finish().await.map(|()| Vec::with_capacity(batch.len()));
    // All answers are awaited: the connection is in step again when they are in.
    for (at, (mut started, (_, expect))) in running.into_iter().zip(batch.iter()).enumerate() {
        let outcome = started.finish().await.map_err(|e| e.at(at));
        if let Ok(done) = &mut outcomes {
            match outcome.and_then(|o| expect.check(at, o.affected).map(|()| o)) {
                Ok(outcome) => done.push(outcome),
                Err(failed) => outcomes = Err(failed),
            }
        }
    }
    let ended = match commit {
        Some(mut commit) => commit.finish().await,
        None if outcomes.is_ok() => control(client, "COMMIT").await,
        None => control(client, "ROLLBACK").await,
    };
    (outcomes, ended)
}

/// A future that was polled once, which is what sends its request, and awaited later.
struct Started<'a, T> {
    future: Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>,
    done: Option<Result<T>>,
}

impl<'a, T> Started<'a, T> {
    async fn new(future: impl Future<Output = Result<T>> + Send + 'a) -> Self {
        let mut future: Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>> = Box::pin(future);
        let done = poll_fn(|cx| {
            Poll::Ready(match future.as_mut().poll(cx) {
                Poll::Ready(done) => Some(done),
                Poll::Pending => None,
            })
        })
        .await;
        Self { future, done }
    }

    async fn finish(&mut self) -> Result<T> {
        match self.done.take() {
            Some(done) => done,
            None => self.future.as_mut().await,
        }
    }
}
