//! Nodes as a manifest names them, and back: another installation gives other ids.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use allmende_files::Companion;
use allmende_sql::{Snapshot, Statement, Value, params};
use allmende_storage::{Space, Tree};
use allmende_tree_sql::SqlTree;
use allmende_types::{NodeId, SpacePath};
use serde::{Deserialize, Serialize};

use super::record::{TRASH, space_dir};
use crate::{Error, Result};

/// How many nodes are looked up at once.
const PAGE: usize = 500;

/// Where a node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    pub(super) space: String,
    pub(super) path: String,
}

const UP: &str = "WITH RECURSIVE up(id, parent) AS (\
     SELECT id, parent FROM nodes WHERE id IN ($list) \
     UNION SELECT n.id, n.parent FROM up CROSS JOIN nodes n WHERE n.id = up.parent) \
     SELECT n.id, n.parent, COALESCE(n.name, n.key), s.key FROM up CROSS JOIN nodes n \
     LEFT JOIN spaces s ON s.root = n.id WHERE n.id = up.id";
const SPACES: &str = "SELECT id, key FROM spaces WHERE root IS NOT NULL AND id IN ($list)";

/// Where nodes are, of those that are in a space that is exported.
pub(super) async fn places(snapshot: &Snapshot, ids: &[i64]) -> Result<HashMap<i64, Place>> {
    let mut places = HashMap::new();
    for chunk in ids.chunks(PAGE) {
        look_up(snapshot, chunk, &mut places).await?;
    }
    Ok(places)
}

async fn look_up(snapshot: &Snapshot, ids: &[i64], places: &mut HashMap<i64, Place>) -> Result<()> {
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
    let spaces = nodes.values().filter_map(|node| node.space.as_deref());
    let keys = keys(snapshot, spaces).await?;
    for id in ids {
        let (mut names, mut at) = (Vec::new(), *id);
        // A circle, which a check would tell of, ends too.
        while names.len() <= nodes.len() {
            let Some(node) = nodes.get(&at) else { break };
            if let Some(space) = &node.space {
                if let Some(key) = keys.get(space) {
                    names.reverse();
                    places.insert(*id, Place { space: key.clone(), path: names.join("/") });
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

/// What a manifest calls spaces, of those that are exported, by their keys.
async fn keys(
    snapshot: &Snapshot,
    spaces: impl Iterator<Item = &str>,
) -> Result<BTreeMap<String, String>> {
    let (mut keys, mut trashes) = (BTreeMap::new(), BTreeMap::new());
    for key in spaces {
        match Companion::of_key(key) {
            Some((Companion::Trash, of)) => drop(trashes.insert(of.0, key.to_owned())),
            // The versions of a file are told with the file.
            Some(_) => {}
            None if space_dir(Path::new(""), key).is_some() => {
                keys.insert(key.to_owned(), key.to_owned());
            }
            None => {}
        }
    }
    if !trashes.is_empty() {
        let list = trashes.keys().map(|id| Value::Int(*id));
        let rows = snapshot.read(Statement::with_list(SPACES, params![], list)).await?;
        for row in rows.iter() {
            let trash = format!("{TRASH}{}", row.text(1)?);
            let known = space_dir(Path::new(""), &trash).is_some();
            if let Some(key) = trashes.remove(&row.int(0)?).filter(|_| known) {
                keys.insert(key, trash);
            }
        }
    }
    Ok(keys)
}

/// The space that a manifest names, if it is there.
pub(super) async fn space_of(tree: &SqlTree, key: &str) -> Result<Option<Space>> {
    let Some(base) = key.strip_prefix(TRASH) else { return Ok(tree.find_space(key).await?) };
    let Some(of) = tree.find_space(base).await? else { return Ok(None) };
    Ok(tree.find_space(&Companion::Trash.key(of.id)).await?)
}

impl Place {
    /// The node that is there.
    pub(super) async fn node(&self, tree: &SqlTree) -> Result<Option<NodeId>> {
        let path = self.path.parse::<SpacePath>();
        let path = path.map_err(|_| Error::damaged(format!("{self:?} is no place")))?;
        let Some(space) = space_of(tree, &self.space).await? else { return Ok(None) };
        Ok(tree.resolve(space.id, &path).await?.map(|node| node.id))
    }
}
