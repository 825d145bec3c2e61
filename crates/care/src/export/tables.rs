//! Which tables are exported, and what their columns mean.

use std::{collections::HashMap, path::Path};

use allmende_sharing::LinkKey;
use allmende_sql::{Batch, Expect, Snapshot, Sql, Statement, Value, params};
use allmende_storage::Tree;
use allmende_tree_sql::SqlTree;
use allmende_types::{NodeId, SpacePath};
use serde_json::{Map, Value as Json, json};

use super::record::{Row, space_dir};
use crate::{
    Error, Result,
    catalog::{self, Table, quote},
    cells,
};

/// How many rows are read or written at once.
const PAGE: usize = 500;

/// What of a column is not written as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The id of a node, written as its space and path. A row whose node is gone is left
    /// out, unless the column may be empty.
    Node,
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
    plain("avatars"),
    plain("app_config"),
    plain("preferences"),
];

    plain("circles"),
    plain("circle_members"),
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
    Exported { name: "share_places", columns: &[("parent", Meaning::Node)] },
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
            let places = places(snapshot, exported, table, &page).await?;
            for row in page.iter() {
                if let Some(row) = write(exported, table, row, &places, key) {
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

/// Where nodes are: space and path.
type Places = HashMap<i64, (String, String)>;

async fn places(
    snapshot: &Snapshot,
    exported: &Exported,
    table: &Table,
    page: &allmende_sql::Rows,
) -> Result<Places> {
    let mut ids = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        if exported.meaning(column) == Some(Meaning::Node) {
            ids.extend(page.iter().filter_map(|row| match row.value(at) {
                Value::Int(id) => Some(id),
                _ => None,
            }));
        }
    }
    let mut places = Places::new();
    for chunk in ids.chunks(PAGE) {
        look_up(snapshot, chunk, &mut places).await?;
    }
    Ok(places)
}

const UP: &str = "WITH RECURSIVE up(id, parent) AS (\
     SELECT id, parent FROM nodes WHERE id IN ($list) \
     UNION SELECT n.id, n.parent FROM up CROSS JOIN nodes n WHERE n.id = up.parent) \
     SELECT n.id, n.parent, COALESCE(n.name, n.key), s.key FROM up CROSS JOIN nodes n \
     LEFT JOIN spaces s ON s.root = n.id WHERE n.id = up.id";

async fn look_up(snapshot: &Snapshot, ids: &[i64], places: &mut Places) -> Result<()> {
    struct Node {
        parent: Option<i64>,
        name: String,
        space: Option<String>,
    }
    let select = Statement::with_list(UP, params![], ids.iter().map(|id| Value::Int(*id)));
    let rows = snapshot.read(select).await?;
    let mut nodes = HashMap::new();
    for row in rows.iter() {
        let (name, space) = (row.opt_text(2)?.unwrap_or_default(), row.opt_text(3)?);
        let space = space.map(str::to_owned);
        let node = Node { parent: row.opt_int(1)?, name: name.to_owned(), space };
        nodes.insert(row.int(0)?, node);
    }
    for id in ids {
        let (mut names, mut at) = (Vec::new(), *id);
        // A circle, which a check would tell of, ends too.
        while names.len() <= nodes.len() {
            let Some(node) = nodes.get(&at) else { break };
            if let Some(space) = &node.space {
                // What lies in the trash is as good as gone.
                if space_dir(Path::new(""), space).is_some() {
                    names.reverse();
                    places.insert(*id, (space.clone(), names.join("/")));
                }
                break;
            }
            names.push(node.name.as_str());
            let Some(parent) = node.parent else { break };
            at = parent;
        }
    }
    Ok(())
}

fn write(
    exported: &Exported,
    table: &Table,
    row: allmende_sql::Row<'_>,
    places: &Places,
    key: &LinkKey,
) -> Option<Row> {
    let mut written = Map::new();
    for (at, column) in table.columns.iter().enumerate() {
        let value = row.value(at);
        let json = match (exported.meaning(column), value) {
            (None, value) => cells::to_json(value),
            (Some(Meaning::Derived), _) => continue,
            (Some(Meaning::Node), Value::Int(id)) => {
                let (space, path) = places.get(&id)?;
                json!({ "space": space, "path": path })
            }
            (Some(Meaning::Token), Value::Blob(sealed)) => key.open(&sealed).into(),
            (Some(_), _) => Json::Null,
        };
        written.insert(column.clone(), json);
    }
    Some(Row { table: exported.name.into(), row: written })
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

    pub(super) async fn add(&mut self, row: Row) -> Result<()> {
        let strange = || Error::new(crate::ErrorKind::Unknown, format!("table {}", row.table));
        let exported = Exported::find(&row.table).ok_or_else(strange)?;
        if self.current.is_none_or(|current| current.name != exported.name) {
            self.flush().await?;
            self.current = Some(exported);
            // What the steps of the schema have put there.
            let delete = format!("DELETE FROM {}", quote(exported.name));
            self.batch.push(Statement::new(delete, params![]));
        }
        let insert = self.insert(exported, row.row).await?;
        self.batch.expect(insert, Expect::ONE);
        self.rows += 1;
        if self.batch.len() >= PAGE { self.flush().await } else { Ok(()) }
    }

    async fn insert(&self, exported: &Exported, row: Map<String, Json>) -> Result<Statement> {
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
                Some(Meaning::Node) if !json.is_null() => {
                    let node = self.node(&json).await?;
                    cells.push((column, Value::Int(node.0)));
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
        Ok(Statement::new(insert, cells.into_iter().map(|(_, value)| value).collect()))
    }

    async fn node(&self, json: &Json) -> Result<NodeId> {
        let text = |name| json.get(name).and_then(Json::as_str);
        let bad = || Error::damaged(format!("{json} is no place"));
        let (space, path) = text("space").zip(text("path")).ok_or_else(bad)?;
        let path: SpacePath = path.parse().map_err(|_| bad())?;
        let space = self.tree.find_space(space).await?.ok_or_else(bad)?;
        let node = self.tree.resolve(space.id, &path).await?.ok_or_else(bad)?;
        Ok(node.id)
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
