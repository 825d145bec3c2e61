//! Which tables a database has, asked of the database itself: so none is forgotten that a
//! later version adds.

use std::collections::{BTreeMap, BTreeSet};

use allmende_sql::{Batch, Engine, Snapshot, Sql, Statement, params};

use crate::{Error, Result};

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// The places of the columns of its primary key, in their order.
    pub(crate) key: Vec<usize>,
}

/// A quoted name.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Table {
    /// The quoted names of all columns.
    pub(crate) fn column_list(&self) -> String {
        self.columns.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ")
    }

    /// Reads a page behind a key, in the order of the key. `$1…` are the key's values if it
    /// is not the first page, the last parameter is how many rows.
    pub(crate) fn page(&self, is_first: bool) -> String {
        let key = self.key.iter().filter_map(|at| self.columns.get(*at)).map(|name| quote(name));
        let key = key.collect::<Vec<_>>().join(", ");
        let (columns, table) = (self.column_list(), quote(&self.name));
        if is_first {
            return format!("SELECT {columns} FROM {table} ORDER BY {key} LIMIT $1");
        }
        let marks: Vec<String> = (1..=self.key.len()).map(|n| format!("${n}")).collect();
        let (marks, limit) = (marks.join(", "), self.key.len() + 1);
        format!(
            "SELECT {columns} FROM {table} WHERE ({key}) > ({marks}) ORDER BY {key} LIMIT ${limit}"
        )
    }
}

const SQLITE_COLUMNS: &str = "SELECT m.name, c.name, c.pk FROM sqlite_schema m, \
     pragma_table_info(m.name) c WHERE m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_' \
     ORDER BY m.name, c.cid";
const POSTGRES_COLUMNS: &str = "SELECT CAST(t.table_name AS text), CAST(c.column_name AS text), \
     CAST(COALESCE((SELECT k.ordinal_position FROM information_schema.table_constraints p \
     JOIN information_schema.key_column_usage k ON k.constraint_name = p.constraint_name \
     AND k.table_name = p.table_name AND k.table_schema = p.table_schema \
     WHERE p.constraint_type = 'PRIMARY KEY' AND p.table_schema = t.table_schema \
     AND p.table_name = t.table_name AND k.column_name = c.column_name), 0) AS BIGINT) \
     FROM information_schema.tables t JOIN information_schema.columns c \
     ON c.table_schema = t.table_schema AND c.table_name = t.table_name \
     WHERE t.table_schema = current_schema() AND t.table_type = 'BASE TABLE' \
     ORDER BY CAST(t.table_name AS text) COLLATE \"C\", c.ordinal_position";

/// All tables, in the order of their names.
pub(crate) async fn tables(snapshot: &Snapshot) -> Result<Vec<Table>> {
    let select = match snapshot.engine() {
        Engine::Sqlite => SQLITE_COLUMNS,
        Engine::Postgres => POSTGRES_COLUMNS,
    };
    let rows = snapshot.read(Statement::new(select, params![])).await?;
    let mut tables: Vec<(Table, BTreeMap<i64, usize>)> = Vec::new();
    for row in rows.iter() {
        let (name, column, in_key) = (row.text(0)?, row.text(1)?, row.int(2)?);
        if tables.last().is_none_or(|(table, _)| table.name != name) {
            let table = Table { name: name.to_owned(), columns: Vec::new(), key: Vec::new() };
            tables.push((table, BTreeMap::new()));
        }
        if let Some((table, key)) = tables.last_mut() {
            if in_key > 0 {
                key.insert(in_key, table.columns.len());
            }
            table.columns.push(column.to_owned());
        }
    }
    let finish = |(table, key): (Table, BTreeMap<i64, usize>)| {
        if key.is_empty() {
            return Err(Error::damaged(format!("table {} has no primary key", table.name)));
        }
        Ok(Table { key: key.into_values().collect(), ..table })
    };
    tables.into_iter().map(finish).collect()
}

const SQLITE_REFERENCES: &str = "SELECT m.name, f.\"table\" FROM sqlite_schema m, \
     pragma_foreign_key_list(m.name) f WHERE m.type = 'table'";
const POSTGRES_REFERENCES: &str = "SELECT CAST(c.relname AS text), CAST(p.relname AS text) \
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
     JOIN pg_class p ON p.oid = k.confrelid WHERE k.contype = 'f'";

/// The tables so that each stands behind those that it refers to.
pub(crate) async fn in_order(snapshot: &Snapshot, tables: Vec<Table>) -> Result<Vec<Table>> {
    let select = match snapshot.engine() {
        Engine::Sqlite => SQLITE_REFERENCES,
        Engine::Postgres => POSTGRES_REFERENCES,
    };
    let rows = snapshot.read(Statement::new(select, params![])).await?;
    let mut references = BTreeSet::new();
    for row in rows.iter() {
        references.insert((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
    }
    sort(tables, &references)
}

fn sort(mut waiting: Vec<Table>, references: &BTreeSet<(String, String)>) -> Result<Vec<Table>> {
    let mut sorted = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let names: BTreeSet<String> = waiting.iter().map(|table| table.name.clone()).collect();
        let is_free = |table: &Table| {
            let mut theirs = references.iter().filter(|(from, _)| *from == table.name);
            theirs.all(|(from, to)| from == to || !names.contains(to))
        };
        let (free, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_free);
        if free.is_empty() {
            return Err(Error::damaged("the tables refer to one another in a circle"));
        }
        sorted.extend(free);
        waiting = rest;
    }
    Ok(sorted)
}

const POSTGRES_IDENTITIES: &str = "SELECT CAST(table_name AS text), CAST(column_name AS text), \
     CAST(pg_get_serial_sequence(quote_ident(table_name), column_name) AS text) \
     FROM information_schema.columns \
     WHERE table_schema = current_schema() AND is_identity = 'YES' ORDER BY 1";

/// A column whose numbers are never given twice.
#[derive(Debug)]
struct Identity {
    table: String,
    column: String,
    /// What PostgreSQL calls the counter.
    sequence: String,
}

/// The counted columns of PostgreSQL.
async fn identities(snapshot: &Snapshot) -> Result<Vec<Identity>> {
    let rows = snapshot.read(Statement::new(POSTGRES_IDENTITIES, params![])).await?;
    let identity = |row: allmende_sql::Row<'_>| -> Result<Identity> {
        Ok(Identity {
            table: row.text(0)?.to_owned(),
            column: row.text(1)?.to_owned(),
            sequence: row.text(2)?.to_owned(),
        })
    };
    rows.iter().map(identity).collect()
}

/// How far the counters of tables have come.
pub(crate) async fn counters(snapshot: &Snapshot) -> Result<BTreeMap<String, i64>> {
    let mut counters = BTreeMap::new();
    match snapshot.engine() {
        Engine::Sqlite => {
            let exists = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'";
            if snapshot.read(Statement::new(exists, params![])).await?.is_empty() {
                return Ok(counters);
            }
            let select = Statement::new("SELECT name, seq FROM sqlite_sequence", params![]);
            for row in snapshot.read(select).await?.iter() {
                counters.insert(row.text(0)?.to_owned(), row.int(1)?);
            }
        }
        Engine::Postgres => {
            for identity in identities(snapshot).await? {
                let select = format!(
                    "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {}",
                    identity.sequence
                );
                let rows = snapshot.read(Statement::new(select, params![])).await?;
                counters.insert(identity.table, rows.one()?.int(0)?);
            }
        }
    }
    Ok(counters)
}

/// Lets the counters of tables go on behind what they have given out, and behind what there
/// is.
pub(crate) async fn raise_counters(sql: &Sql, given: &BTreeMap<String, i64>) -> Result<()> {
    let mut batch = Batch::new();
    if sql.engine() == Engine::Sqlite {
        // It counts along with what is written; only what was removed again is to be told.
        for (table, last) in given {
            let raise = "UPDATE sqlite_sequence SET seq = $2 WHERE name = $1 AND seq < $2";
            batch.push(Statement::new(raise, params![table, *last]));
            let insert = "INSERT INTO sqlite_sequence (name, seq) SELECT $1, $2 \
                 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = $1) \
                 AND EXISTS (SELECT 1 FROM sqlite_schema WHERE name = $1)";
            batch.push(Statement::new(insert, params![table, *last]));
        }
    } else {
        for Identity { table, column, sequence } in identities(&sql.snapshot().await?).await? {
            let last = given.get(&table).copied().unwrap_or(0);
            // A counter that has given out nothing begins with its next number.
            let set = format!(
                "SELECT setval(CAST($1 AS text)::regclass, greatest($2, \
                 (SELECT COALESCE(max({}), 0) FROM {})) + 1, false)",
                quote(&column),
                quote(&table)
            );
            batch.push(Statement::new(set, params![sequence, last]));
        }
    }
    if !batch.is_empty() {
        sql.write(batch).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Table {
        Table { name: name.into(), columns: vec!["id".into(), "a\"b".into()], key: vec![1, 0] }
    }

    #[test]
    fn pages_follow_the_key() {
        let table = table("t");
        assert_eq!(
            table.page(true),
            "SELECT \"id\", \"a\"\"b\" FROM \"t\" ORDER BY \"a\"\"b\", \"id\" LIMIT $1"
        );
        assert_eq!(
            table.page(false),
            "SELECT \"id\", \"a\"\"b\" FROM \"t\" WHERE (\"a\"\"b\", \"id\") > ($1, $2) \
             ORDER BY \"a\"\"b\", \"id\" LIMIT $3"
        );
    }

    #[test]
    fn tables_stand_behind_those_that_they_refer_to() {
        let all = ["a", "b", "c"].map(table).to_vec();
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let references = BTreeSet::from([pair("a", "b"), pair("b", "c"), pair("b", "b")]);
        let sorted = sort(all.clone(), &references).unwrap();
        let names: Vec<&str> = sorted.iter().map(|table| &*table.name).collect();
        assert_eq!(names, ["c", "b", "a"]);
        let circle = BTreeSet::from([pair("a", "b"), pair("b", "a")]);
        assert!(sort(all, &circle).is_err());
    }
}
