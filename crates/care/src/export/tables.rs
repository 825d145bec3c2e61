//! Which tables are exported, and what their columns mean.

use std::collections::HashMap;

use allmende_sharing::LinkKey;
use allmende_sql::{Batch, Expect, Snapshot, Sql, Statement, Value, params};
use allmende_storage::Tree;
use allmende_tree_sql::SqlTree;
use allmende_types::NodeId;
use serde_json::{Map, Value as Json};

use super::{
    places::{Place, places},
    record::Row,
};
use crate::{
    Error, Result,
    catalog::{self, Table, quote},
    cells,
    error::Context as _,
};

/// How many rows are read or written at once.
const PAGE: usize = 500;

/// What of a column is not written as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The id of a node, written as its space and path. A row whose node is gone is left out.
    Node,
    /// The same, where the column may be empty, and is so if the node is gone.
    Folder,
    /// The sealed token of a link, written in plain text.
    Token,
    /// Follows from another column: the hash of the token, the space of a team folder.
    Derived,
}

/// An exported table.
#[derive(Debug)]
pub(super) struct Exported {
    name: &'static str,
    columns: &'static [(&'static str, Meaning)],
}

const fn plain(name: &'static str) -> Exported {
    Exported { name, columns: &[] }
}

/// Those that files belong to, in an order in which they can be written.
pub(super) const BEFORE: &[Exported] = &[
    plain("people"),
    plain("person_fields"),
    plain("person_groups"),
    plain("group_members"),
    plain("group_admins"),
    plain("circles"),
    plain("circle_members"),
    plain("avatars"),
    plain("app_config"),
    plain("preferences"),
];

const NODE: &[(&str, Meaning)] = &[("node", Meaning::Node)];

/// Those that belong to files. What is built later has its place here. The order of their
/// rows follows from ids, and so is of no account.
pub(super) const AFTER: &[Exported] = &[
    Exported {
        name: "team_folders",
        columns: &[("space", Meaning::Derived), ("root", Meaning::Derived)],
    },
    plain("team_groups"),
    plain("team_managers"),
    Exported { name: "team_rules", columns: NODE },
    Exported {
        name: "shares",
        columns: &[
            ("node", Meaning::Node),
            ("token", Meaning::Token),
            ("token_hash", Meaning::Derived),
        ],
    },
    Exported { name: "share_places", columns: &[("parent", Meaning::Folder)] },
    Exported { name: "transfers", columns: NODE },
    plain("system_tags"),
    plain("system_tag_groups"),
    Exported { name: "system_tag_nodes", columns: NODE },
    plain("comment_ids"),
    Exported { name: "commented_nodes", columns: NODE },
    Exported { name: "comments", columns: NODE },
    Exported { name: "comment_reads", columns: NODE },
    Exported { name: "reminders", columns: NODE },
];

impl Exported {
    fn find(name: &str) -> Option<&'static Self> {
        BEFORE.iter().chain(AFTER).find(|table| table.name == name)
    }

    fn meaning(&self, column: &str) -> Option<Meaning> {
        self.columns.iter().find(|(name, _)| *name == column).map(|(_, meaning)| *meaning)
    }
}

/// Whether the order of a table's rows says something.
pub(super) fn is_ordered(table: &str) -> bool {
    !AFTER.iter().any(|exported| exported.name == table)
}

/// Tables of which nothing is exported.
pub(super) fn left_out(tables: &[Table]) -> Vec<String> {
    let names = tables.iter().map(|table| table.name.clone());
    names.filter(|name| Exported::find(name).is_none()).collect()
}

/// Hands over all rows of some tables, in the order of their keys.
pub(super) async fn rows(
    snapshot: &Snapshot,
    all: &[Table],
    exported: &[Exported],
    key: &LinkKey,
    mut each: impl FnMut(Row) -> Result<()>,
) -> Result<()> {
    for exported in exported {
        let Some(table) = all.iter().find(|table| table.name == exported.name) else { continue };
        let mut after: Option<Vec<Value>> = None;
        loop {
            let is_first = after.is_none();
            let mut values = after.take().unwrap_or_default();
            values.push(Value::Int(PAGE as i64));
            let page = snapshot.read(Statement::new(table.page(is_first), values)).await?;
            let places = places(snapshot, &nodes(exported, table, &page)).await?;
            for row in page.iter() {
                if let Some(row) = write(exported, table, row, &places, key)? {
                    each(row)?;
                }
            }
            let last = page.len().checked_sub(1).filter(|_| page.len() == PAGE);
            let Some(last) = last.and_then(|at| page.get(at)) else { break };
            after = Some(table.key.iter().map(|at| last.value(*at)).collect());
        }
    }
    Ok(())
}

/// The nodes that a page of rows names.
fn nodes(exported: &Exported, table: &Table, page: &allmende_sql::Rows) -> Vec<i64> {
    let mut ids = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        if matches!(exported.meaning(column), Some(Meaning::Node | Meaning::Folder)) {
            ids.extend(page.iter().filter_map(|row| match row.value(at) {
                Value::Int(id) => Some(id),
                _ => None,
            }));
        }
    }
    ids
}

fn write(
    exported: &Exported,
    table: &Table,
    row: allmende_sql::Row<'_>,
    places: &HashMap<i64, Place>,
    key: &LinkKey,
) -> Result<Option<Row>> {
    let mut written = Map::new();
    for (at, column) in table.columns.iter().enumerate() {
        let value = row.value(at);
        let json = match (exported.meaning(column), value) {
            (None, value) => cells::to_json(value),
            (Some(Meaning::Derived), _) => continue,
            (Some(meaning @ (Meaning::Node | Meaning::Folder)), Value::Int(id)) => {
                match places.get(&id) {
                    Some(place) => serde_json::to_value(place).context(exported.name)?,
                    None if meaning == Meaning::Folder => Json::Null,
                    None => return Ok(None),
                }
            }
            (Some(Meaning::Token), Value::Blob(sealed)) => key.open(&sealed).into(),
            (Some(_), _) => Json::Null,
        };
        written.insert(column.clone(), json);
    }
    Ok(Some(Row { table: exported.name.into(), row: written }))
}

/// Writes rows into the tables of an installation that is new.
#[derive(Debug)]
pub(super) struct Filler<'a> {
    sql: &'a Sql,
    tree: &'a SqlTree,
    key: &'a LinkKey,
    all: Vec<Table>,
    /// The table whose rows wait.
    current: Option<&'static Exported>,
    batch: Batch,
    rows: u64,
}

impl<'a> Filler<'a> {
    pub(super) async fn new(sql: &'a Sql, tree: &'a SqlTree, key: &'a LinkKey) -> Result<Self> {
        let all = catalog::tables(&sql.snapshot().await?).await?;
        Ok(Self { sql, tree, key, all, current: None, batch: Batch::new(), rows: 0 })
    }

    /// Takes a row; the place that it speaks of, if nothing is there: then it is not written.
    pub(super) async fn add(&mut self, row: Row) -> Result<Option<Place>> {
        let strange = || Error::new(crate::ErrorKind::Unknown, format!("table {}", row.table));
        let exported = Exported::find(&row.table).ok_or_else(strange)?;
        if self.current.is_none_or(|current| current.name != exported.name) {
            self.flush().await?;
            self.current = Some(exported);
            // What the steps of the schema have put there.
            let delete = format!("DELETE FROM {}", quote(exported.name));
            self.batch.push(Statement::new(delete, params![]));
        }
        match self.insert(exported, row.row).await? {
            Ok(insert) => self.batch.expect(insert, Expect::ONE),
            Err(place) => return Ok(Some(place)),
        };
        self.rows += 1;
        if self.batch.len() >= PAGE {
            self.flush().await?;
        }
        Ok(None)
    }

    /// The statement; or the place that the row speaks of, if nothing is there.
    async fn insert(
        &self,
        exported: &Exported,
        row: Map<String, Json>,
    ) -> Result<Result<Statement, Place>> {
        let table = self.all.iter().find(|table| table.name == exported.name);
        let known = |column: &String| table.is_some_and(|table| table.columns.contains(column));
        let mut cells: Vec<(String, Value)> = Vec::new();
        let team = row.get("id").filter(|_| exported.name == "team_folders").cloned();
        for (column, json) in row {
            if !known(&column) {
                let context = format!("column {column} of table {}", exported.name);
                return Err(Error::new(crate::ErrorKind::Unknown, context));
            }
            match exported.meaning(&column) {
                Some(Meaning::Node | Meaning::Folder) if !json.is_null() => {
                    let place: Place = serde_json::from_value(json).context(exported.name)?;
                    let Some(NodeId(node)) = place.node(self.tree).await? else {
                        return Ok(Err(place));
                    };
                    cells.push((column, Value::Int(node)));
                }
                Some(Meaning::Token) => {
                    if let Some(token) = json.as_str() {
                        let sealed = self.key.seal(token);
                        let sealed = sealed.map_err(|error| {
                            Error::new(crate::ErrorKind::Unavailable, "seal a token")
                                .with_source(error)
                        })?;
                        cells.push((column, Value::Blob(sealed)));
                        let hash = self.key.token_hash(token);
                        cells.push(("token_hash".into(), Value::Blob(hash.to_vec())));
                    }
                }
                _ => cells.push((column, cells::from_json(&json)?)),
            }
        }
        if let Some(space) = match team {
            Some(id) => self.tree.find_space(&format!("team:{id}")).await?,
            None => None,
        } {
            cells.push(("space".into(), Value::Int(space.id.0)));
            cells.push(("root".into(), Value::Int(space.root.0)));
        }
        let names: Vec<String> = cells.iter().map(|(column, _)| quote(column)).collect();
        let marks: Vec<String> = (1..=cells.len()).map(|n| format!("${n}")).collect();
        let (table, names, marks) = (quote(exported.name), names.join(", "), marks.join(", "));
        let insert = format!("INSERT INTO {table} ({names}) VALUES ({marks})");
        Ok(Ok(Statement::new(insert, cells.into_iter().map(|(_, value)| value).collect())))
    }

    async fn flush(&mut self) -> Result<()> {
        if !self.batch.is_empty() {
            self.sql.write(std::mem::take(&mut self.batch)).await?;
        }
        Ok(())
    }

    /// Writes what waits, and lets counters go on behind what there is.
    pub(super) async fn finish(mut self) -> Result<u64> {
        self.flush().await?;
        let mut batch = Batch::new();
        // What depends on it is read anew by every process.
        batch.push(Statement::new(
            "UPDATE sharing_state SET value = 1 + COALESCE((SELECT max(id) FROM shares), 0) \
             WHERE name = 'next_share'",
            params![],
        ));
        batch.push(Statement::new(
            "UPDATE sharing_state SET value = value + 1 WHERE name = 'changes'",
            params![],
        ));
        batch.push(Statement::new("UPDATE account_changes SET n = n + 1", params![]));
        self.sql.write(batch).await?;
        catalog::raise_counters(self.sql, &std::collections::BTreeMap::new()).await?;
        Ok(self.rows)
    }
}
