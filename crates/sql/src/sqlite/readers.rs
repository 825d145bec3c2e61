//! Reading: here, or on a thread.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    mpsc::{Receiver, Sender, channel},
};

use tokio::sync::oneshot;

use super::{
    SqliteOptions,
    connection::{Connection, Role},
};
use crate::{Error, ErrorKind, Result, Rows, Statement, handle::closed};

#[derive(Debug)]
pub(super) struct Readers {
    /// Connections for point reads on the caller's thread.
    idle: Mutex<Vec<Connection>>,
    /// The way to the threads; none after closing.
    queue: Mutex<Option<Sender<Job>>>,
}

#[derive(Debug)]
struct Job {
    statements: Vec<Statement>,
    reply: oneshot::Sender<Result<Vec<Rows>>>,
}

/// What the mutexes guard is replaced as a whole, so a panic elsewhere leaves it sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Readers {
    pub(super) fn open(options: &SqliteOptions) -> Result<Self> {
        let count = options.readers.max(1);
        let connect = || Connection::open(options, Role::Reader);
        let idle = (0..count).map(|_| connect()).collect::<Result<_>>()?;
        let (queue, jobs) = channel();
        let jobs = Arc::new(Mutex::new(jobs));
        for n in 0..count {
            let (connection, jobs) = (connect()?, Arc::clone(&jobs));
            std::thread::Builder::new()
                .name(format!("sqlite-reader-{n}"))
                .spawn(move || serve(connection, &jobs))
                .map_err(|e| {
                    Error::new(ErrorKind::Unavailable, "starting a reader").with_source(e)
                })?;
        }
        Ok(Self { idle: Mutex::new(idle), queue: Mutex::new(Some(queue)) })
    }

    /// Reads on this thread, if a connection is free.
    pub(super) fn read_here(&self, statements: &[Statement]) -> Option<Result<Vec<Rows>>> {
        let mut connection = lock(&self.idle).pop()?;
        let rows = read(&mut connection, statements);
        if !connection.in_transaction() && lock(&self.queue).is_some() {
            lock(&self.idle).push(connection);
        }
        Some(rows)
    }

    pub(super) async fn read(&self, statements: Vec<Statement>) -> Result<Vec<Rows>> {
        let (reply, answer) = oneshot::channel();
        let sent = match &*lock(&self.queue) {
            Some(queue) => queue.send(Job { statements, reply }).is_ok(),
            None => false,
        };
        if !sent {
            return Err(closed());
        }
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    pub(super) fn close(&self) {
        *lock(&self.queue) = None;
        lock(&self.idle).clear();
    }
}

fn serve(mut connection: Connection, jobs: &Mutex<Receiver<Job>>) {
    loop {
        // One waiting thread holds the lock; it lets go when it has something to do.
        let Ok(job) = lock(jobs).recv() else { return };
        if job.reply.is_closed() {
            continue;
        }
        // Who has given up meanwhile needs no answer.
        let _ = job.reply.send(read(&mut connection, &job.statements));
        if connection.in_transaction() && connection.control("ROLLBACK").is_err() {
            tracing::error!("a reader of the database cannot end its transaction");
        }
    }
}

fn read(connection: &mut Connection, statements: &[Statement]) -> Result<Vec<Rows>> {
    // One statement is a snapshot by itself.
    if let [statement] = statements {
        return Ok(vec![connection.run(statement)?.rows]);
    }
    connection.control("BEGIN")?;
    let rows = (0..).zip(statements).map(|(at, statement)| {
        connection.run(statement).map(|outcome| outcome.rows).map_err(|e| e.at(at))
    });
    let rows = rows.collect::<Result<Vec<_>>>();
    match rows {
        Ok(_) => connection.control("COMMIT")?,
        Err(_) => connection.control("ROLLBACK")?,
    }
    rows
}
