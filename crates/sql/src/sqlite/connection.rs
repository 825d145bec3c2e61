//! One connection: statements in, rows out.

use std::{collections::HashMap, fmt};

use rusqlite::{
    OpenFlags,
    config::DbConfig,
    functions::FunctionFlags,
    types::{Null, ValueRef},
};

use super::{SqliteOptions, error::error};
use crate::{Error, ErrorKind, Outcome, Result, Rows, Statement, Value, statement::Text, text};

/// Prepared statements that a connection keeps.
const PREPARED: usize = 256;

pub(super) struct Connection {
    inner: rusqlite::Connection,
    /// Texts by what callers wrote, with SQLite's placeholders. Statements are kept
    /// prepared by the rewritten text.
    rewritten: HashMap<Text, Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer,
    Reader,
}

const FOLD_CASE: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC);

impl Connection {
    pub(super) fn open(options: &SqliteOptions, role: Role) -> Result<Self> {
        let context = || format!("opening {}", options.path.display());
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let inner = rusqlite::Connection::open_with_flags(&options.path, flags)
            .map_err(|e| error(context(), e))?;
        let connections = 1 + 2 * options.readers.max(1) as u64;
        let cache_kib = (options.cache_bytes / connections / 1024).max(64);
        let settings = move |inner: &rusqlite::Connection| -> rusqlite::Result<()> {
            inner.busy_timeout(options.busy_timeout)?;
            inner.set_prepared_statement_cache_capacity(PREPARED);
            // Otherwise SQLite looks at bound values to choose a plan, and prepares a
            // statement anew whenever one of them has changed: several times its own cost.
            inner.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            inner.pragma_update(None, "cache_size", format!("-{cache_kib}"))?;
            inner.pragma_update(None, "mmap_size", options.mmap_bytes.to_string())?;
            inner.pragma_update(None, "foreign_keys", "ON")?;
            // Small sorts and temporary indexes do not deserve a file.
            inner.pragma_update(None, "temp_store", "MEMORY")?;
            inner.create_scalar_function("fold_case", 1, FOLD_CASE, |call| {
                Ok(call.get::<Option<String>>(0)?.map(|text| text.to_lowercase()))
            })?;
            if role == Role::Reader {
                return inner.pragma_update(None, "query_only", "ON");
            }
            inner.pragma_update(None, "journal_mode", "WAL")?;
            inner.pragma_update(None, "synchronous", "FULL")?;
            // A checkpoint flushes twice. At 16 MiB of log it is one in hundreds of commits.
            inner.pragma_update(None, "wal_autocheckpoint", "4096")?;
            inner.pragma_update(None, "journal_size_limit", (64 << 20).to_string())?;
            if let Some(bytes) = options.max_bytes {
                let page: i64 = inner.pragma_query_value(None, "page_size", |row| row.get(0))?;
                let pages = bytes / page.unsigned_abs().max(1);
                inner.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            }
            Ok(())
        };
        settings(&inner).map_err(|e| error(context(), e))?;
        Ok(Self { inner, rewritten: HashMap::new() })
    }

    /// Runs one statement of this crate's own, such as `BEGIN`.
    pub(super) fn control(&self, sql: &'static str) -> Result<()> {
        let run = || self.inner.prepare_cached(sql)?.execute([]);
        run().map(drop).map_err(|e| error(sql, e))
    }

    /// Runs a script of several statements.
    pub(super) fn script(&self, sql: &str) -> Result<()> {
        self.inner.execute_batch(sql).map_err(|e| error("script", e))
    }

    /// Whether a transaction is open. Some errors end it.
    pub(super) fn in_transaction(&self) -> bool {
        !self.inner.is_autocommit()
    }

    pub(super) fn run(&mut self, statement: &Statement) -> Result<Outcome> {
        let Self { inner, rewritten } = self;
        let full = rewritten.len() >= PREPARED;
        let sql: &str = match rewritten.get(statement.text()) {
            Some(known) => known,
            None => {
                if full {
                    rewritten.clear();
                }
                let sql = text::for_sqlite(&statement.sql()).into();
                rewritten.entry(statement.text().clone()).or_insert(sql)
            }
        };
        execute(inner, sql, statement.params())
            .map_err(|failed| failed.into_error(&statement.sql()))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

enum Failed {
    Engine(rusqlite::Error),
    Rows(Error),
}

impl Failed {
    fn into_error(self, sql: &str) -> Error {
        match self {
            Self::Engine(e) => error(sql.to_owned(), e),
            Self::Rows(e) => e,
        }
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Rows(error)
    }
}

fn execute(
    connection: &rusqlite::Connection,
    sql: &str,
    params: &[Value],
) -> Result<Outcome, Failed> {
    let mut prepared = connection.prepare_cached(sql)?;
    for (at, value) in (1..).zip(params) {
        match value {
            Value::Null => prepared.raw_bind_parameter(at, Null)?,
            Value::Int(value) => prepared.raw_bind_parameter(at, value)?,
            Value::Text(value) => prepared.raw_bind_parameter(at, value)?,
            Value::Blob(value) => prepared.raw_bind_parameter(at, value)?,
        }
    }
    if prepared.column_count() == 0 {
        let affected = prepared.raw_execute()? as u64;
        return Ok(Outcome { affected, rows: Rows::default() });
    }
    // The first step may prepare the statement anew, after a migration by another handle:
    // only then is the number of columns certain.
    let mut out: Option<Rows> = None;
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next()? {
        let columns = row.as_ref().column_count();
        let out = out.get_or_insert_with(|| Rows::with_columns(columns));
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => out.push_null(),
                ValueRef::Integer(value) => out.push_int(value),
                ValueRef::Text(value) => {
                    let text = std::str::from_utf8(value).map_err(|e| {
                        Error::new(ErrorKind::Corrupt, "text that is no UTF-8").with_source(e)
                    })?;
                    out.push_text(text)?;
                }
                ValueRef::Blob(value) => out.push_blob(value)?,
                ValueRef::Real(_) => {
                    let context = format!("column {column} of {sql:?} is a fraction");
                    return Err(Error::new(ErrorKind::Invalid, context).into());
                }
            }
        }
    }
    drop(rows);
    let out = out.unwrap_or_else(|| Rows::with_columns(prepared.column_count()));
    Ok(Outcome { affected: out.len() as u64, rows: out })
}
