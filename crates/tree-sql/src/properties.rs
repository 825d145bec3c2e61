//! Stored properties, by the page.

use std::collections::HashMap;

use allmende_sql::{Statement, Value, params};
use allmende_storage::{Property, PropertyKey, PropertyOwner, Result};
use allmende_types::NodeId;

use crate::{CHUNK, SqlTree, error::Context, lineage::Links};

const SELECT: &str = "SELECT node, namespace, name, value FROM properties \
     WHERE owner = $1 AND node IN ($list) ORDER BY node, namespace, name";

/// What `owner` holds: the key of a person, which is never empty.
pub(crate) fn owner_column(owner: &PropertyOwner) -> String {
    match owner {
        PropertyOwner::Everyone => String::new(),
        PropertyOwner::Person(person) => person.key(),
    }
}

impl SqlTree {
    pub(crate) async fn properties(
        &self,
        ids: &[NodeId],
        owner: &PropertyOwner,
    ) -> Result<Vec<Vec<Property>>> {
        let owner = owner_column(owner);
        let statement = |chunk: &[NodeId]| {
            let ids = chunk.iter().map(|id| Value::Int(id.0));
            Statement::with_list(SELECT, params![&owner], ids)
        };
        let statements = ids.chunks(CHUNK).map(statement).collect();
        let answers = self.sql.read_all(statements).await.context("read properties")?;
        let mut found: HashMap<NodeId, Vec<Property>> = HashMap::new();
        for rows in &answers {
            // A node that was asked for in two chunks has its rows in both answers.
            let mut page: HashMap<NodeId, Vec<Property>> = HashMap::new();
            for row in rows.iter() {
                let read = || {
                    let key =
                        PropertyKey { namespace: row.text(1)?.into(), name: row.text(2)?.into() };
                    Ok((NodeId(row.int(0)?), Property { key, value: row.text(3)?.into() }))
                };
                let (node, property) = read().context("a row of properties")?;
                page.entry(node).or_default().push(property);
            }
            found.extend(page);
        }
        // Few nodes have properties, and only those need be looked at whether they are alive.
        let holders: Vec<NodeId> = found.keys().copied().collect();
        let statement = |chunk: &[NodeId]| Links::statement(chunk.iter().copied());
        let statements = holders.chunks(CHUNK).map(statement).collect();
        let answers = self.sql.read_all(statements).await.context("read properties")?;
        let mut links = Links::default();
        answers.iter().try_for_each(|rows| links.absorb(rows))?;
        let of_node = |id: &NodeId| {
            let held = found.get(id).filter(|_| links.space(*id).is_some());
            held.cloned().unwrap_or_default()
        };
        Ok(ids.iter().map(of_node).collect())
    }
}
