//! The database as files of lines, and back.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Read as _, Write as _},
    path::Path,
};

use allmende_sql::{Batch, Migrations, Snapshot, Sql, Statement, Value, params};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::manifest::{Digest, Lines, Manifest, SchemaVersion};
use crate::{
    Error, ErrorKind, Result, Watch,
    catalog::{self, Table, quote},
    cells,
    error::Context as _,
    folder,
};

/// How many rows are read or written at once.
const PAGE: usize = 500;
/// The longest line that is read: a row with its values.
const LONGEST: u64 = 256 << 20;

/// Tables that say nothing of the state that is to come back: what steps were taken (the
/// manifest says it), who works at this moment, and what is empty between transactions.
const LEFT_OUT: [&str; 3] = ["schema_versions", "pins", "copies"];

/// Writes all tables of a snapshot into a directory, and notes them in the manifest.
pub(super) async fn dump(
    snapshot: &Snapshot,
    dir: &Path,
    manifest: &mut Manifest,
    watch: &dyn Watch,
) -> Result<()> {
    manifest.schema = versions(snapshot).await?;
    manifest.counters = catalog::counters(snapshot).await?;
    let dir = dir.join("tables");
    folder::make(&dir)?;
    for table in catalog::tables(snapshot).await? {
        if !LEFT_OUT.contains(&&*table.name) {
            let lines = dump_table(snapshot, &table, &dir, watch).await?;
            manifest.tables.insert(table.name, lines);
        }
    }
    folder::flush(&dir)
}

async fn versions(snapshot: &Snapshot) -> Result<Vec<SchemaVersion>> {
    let select = "SELECT component, max(version) FROM schema_versions \
         GROUP BY component ORDER BY component";
    let rows = snapshot.read(Statement::new(select, params![])).await?;
    let version = |row: allmende_sql::Row<'_>| -> Result<SchemaVersion> {
        let version = u32::try_from(row.int(1)?).map_err(|_| Error::damaged("schema_versions"))?;
        Ok(SchemaVersion { component: row.text(0)?.to_owned(), version })
    };
    rows.iter().map(version).collect()
}

fn file_name(table: &str) -> String {
    format!("{table}.jsonl")
}

async fn dump_table(
    snapshot: &Snapshot,
    table: &Table,
    dir: &Path,
    watch: &dyn Watch,
) -> Result<Lines> {
    let path = dir.join(file_name(&table.name));
    let mut out = LineWriter::create(&path)?;
    out.line(&Json::from(table.columns.clone()))?;
    let (first, next) = (table.page(true), table.page(false));
    let mut after: Option<Vec<Value>> = None;
    loop {
        let (sql, mut values) = match after.take() {
            None => (&first, Vec::new()),
            Some(key) => (&next, key),
        };
        values.push(Value::Int(PAGE as i64));
        let rows = snapshot.read(Statement::new(sql.clone(), values)).await?;
        for row in rows.iter() {
            out.line(&cells::row_to_json(row, table.columns.len()))?;
        }
        watch.done(rows.len() as u64, 0);
        let last = rows.len().checked_sub(1).filter(|_| rows.len() == PAGE);
        let Some(last) = last.and_then(|at| rows.get(at)) else { break };
        after = Some(table.key.iter().map(|at| last.value(*at)).collect());
    }
    out.finish()
}

/// Writes lines, durably at its end.
#[derive(Debug)]
pub(super) struct LineWriter {
    out: BufWriter<File>,
    name: String,
    hasher: Sha256,
    lines: u64,
}

impl LineWriter {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let out = BufWriter::with_capacity(1 << 18, folder::create(path)?);
        Ok(Self { out, name: path.display().to_string(), hasher: Sha256::new(), lines: 0 })
    }

    pub(super) fn line(&mut self, value: &impl serde::Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(value).context(&self.name)?;
        line.push(b'\n');
        self.hasher.update(&line);
        self.lines += 1;
        self.out.write_all(&line).context(&self.name)
    }

    pub(super) fn finish(self) -> Result<Lines> {
        let file = self.out.into_inner().map_err(std::io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).context(&self.name)?;
        Ok(Lines { lines: self.lines, sha256: Digest::of(self.hasher) })
    }
}

/// Reads lines, and knows at the end whether they are the ones that were written.
#[derive(Debug)]
pub(super) struct LineReader {
    input: BufReader<File>,
    name: String,
    hasher: Sha256,
    lines: u64,
    line: Vec<u8>,
}

impl LineReader {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let input = BufReader::with_capacity(1 << 18, File::open(path).context(&name)?);
        Ok(Self { input, name, hasher: Sha256::new(), lines: 0, line: Vec::new() })
    }

    pub(super) fn next<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>> {
        self.line.clear();
        let mut limited = (&mut self.input).take(LONGEST);
        let read = limited.read_until(b'\n', &mut self.line).context(&self.name)?;
        if read == 0 {
            return Ok(None);
        }
        self.hasher.update(&self.line);
        self.lines += 1;
        serde_json::from_slice(&self.line).context(format_args!("{}: {}", self.name, self.lines))
    }

    /// After the last line.
    pub(super) fn verify(self, written: &Lines) -> Result<()> {
        if self.lines == written.lines && Digest::of(self.hasher) == written.sha256 {
            Ok(())
        } else {
            Err(Error::damaged(self.name))
        }
    }
}

/// Reads all files of tables once, without a database: whether they are what was written.
pub(super) fn verify(dir: &Path, manifest: &Manifest) -> Result<()> {
    for (table, written) in &manifest.tables {
        let mut lines = LineReader::open(&dir.join("tables").join(file_name(table)))?;
        while lines.next::<Json>()?.is_some() {}
        lines.verify(written)?;
    }
    Ok(())
}

/// Lays the tables as they were and fills them, in a database that has none.
pub(super) async fn load(
    sql: &Sql,
    schemas: &[Migrations],
    dir: &Path,
    manifest: &Manifest,
    watch: &dyn Watch,
) -> Result<()> {
    if !catalog::tables(&sql.snapshot().await?).await?.is_empty() {
        return Err(Error::new(ErrorKind::NotEmpty, "the database"));
    }
    sql.migrate(&as_they_were(schemas, manifest)?).await?;
    let snapshot = sql.snapshot().await?;
    let tables = catalog::in_order(&snapshot, catalog::tables(&snapshot).await?).await?;
    drop(snapshot);
    let known = |name: &String| tables.iter().any(|table| table.name == *name);
    if let Some(strange) = manifest.tables.keys().find(|name| !known(name)) {
        return Err(Error::new(ErrorKind::Unknown, format!("table {strange}")));
    }
    // What the steps themselves have put there is in the backup, as far as it is still true.
    let full = |table: &&Table| manifest.tables.contains_key(&table.name);
    let clear = tables.iter().rev().filter(full);
    let clear =
        clear.map(|table| Statement::new(format!("DELETE FROM {}", quote(&table.name)), params![]));
    sql.write(clear.collect()).await?;
    for table in tables.iter().filter(full) {
        load_table(sql, table, dir, manifest, watch).await?;
    }
    catalog::raise_counters(sql, &manifest.counters).await?;
    sql.migrate(schemas).await?;
    Ok(())
}

/// The steps up to the versions of the backup.
fn as_they_were(schemas: &[Migrations], manifest: &Manifest) -> Result<Vec<Migrations>> {
    let mut steps = Vec::new();
    for SchemaVersion { component, version } in &manifest.schema {
        // The one of the database itself comes with it.
        if component == "sql" {
            continue;
        }
        let known = schemas.iter().find(|schema| schema.component == *component);
        let known = known.filter(|schema| schema.newest() >= *version);
        let unknown = || {
            let context = format!("schema version {version} of {component}: use a newer program");
            Error::new(ErrorKind::Unknown, context)
        };
        steps.push(known.ok_or_else(unknown)?.up_to(*version));
    }
    // Components build on one another in the order in which the program names them.
    steps.sort_by_key(|one| schemas.iter().position(|all| all.component == one.component));
    Ok(steps)
}

async fn load_table(
    sql: &Sql,
    table: &Table,
    dir: &Path,
    manifest: &Manifest,
    watch: &dyn Watch,
) -> Result<()> {
    let Some(written) = manifest.tables.get(&table.name) else { return Ok(()) };
    let mut lines = LineReader::open(&dir.join("tables").join(file_name(&table.name)))?;
    let columns: Vec<String> = lines.next()?.unwrap_or_default();
    let strange = columns.iter().find(|column| !table.columns.contains(column));
    if columns.is_empty() || strange.is_some() {
        return Err(Error::damaged(format!("the columns of table {}", table.name)));
    }
    let list = columns.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
    let marks: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
    let (name, marks) = (quote(&table.name), marks.join(", "));
    let insert = format!("INSERT INTO {name} ({list}) VALUES ({marks})");
    let mut batch = Batch::new();
    loop {
        let row: Option<Json> = lines.next()?;
        let ended = row.is_none();
        if let Some(row) = row {
            let values = cells::row_from_json(&row, columns.len())?;
            batch.push(Statement::new(insert.clone(), values));
        }
        if batch.len() == PAGE || (ended && !batch.is_empty()) {
            watch.done(batch.len() as u64, 0);
            sql.write(std::mem::take(&mut batch)).await?;
        }
        if ended {
            break;
        }
    }
    lines.verify(written)
}

/// What the manifest notes, for tests and messages.
pub(super) fn rows(tables: &BTreeMap<String, Lines>) -> u64 {
    tables.values().map(|lines| lines.lines.saturating_sub(1)).sum()
}
