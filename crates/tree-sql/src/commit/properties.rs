//! [`PatchProperties`].

use allmende_sql::{Expect, Statement, params};
use allmende_storage::{PatchProperties, PropertyOwner, PropertyUpdate, Result};
use allmende_types::NodeId;

use super::{draft::Draft, report::Source};
use crate::{properties::owner_column, row::columns};

const NODE: &str = concat!("SELECT ", columns!(""), " FROM nodes WHERE id = $1");
const SET: &str = "INSERT INTO properties (node, owner, namespace, name, value) \
     VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (node, owner, namespace, name) DO UPDATE SET value = excluded.value";
const REMOVE: &str = "DELETE FROM properties \
     WHERE node = $1 AND owner = $2 AND namespace = $3 AND name = $4";

impl Draft<'_> {
    pub(super) fn patch_properties(
        &mut self,
        op: &PatchProperties,
    ) -> Result<(Source, Option<Source>)> {
        let node = self.node(op.node)?;
        self.guard(&op.guards())?;
        self.alive(&node);
        self.update_properties(node.id, &op.owner, &op.updates);
        let statement = self.body.expect(Statement::new(NODE, params![node.id.0]), Expect::ONE);
        Ok((self.source(statement, &node), None))
    }

    pub(super) fn update_properties(
        &mut self,
        node: NodeId,
        owner: &PropertyOwner,
        updates: &[PropertyUpdate],
    ) {
        let owner = owner_column(owner);
        for update in updates {
            let (key, value) = match update {
                PropertyUpdate::Set(property) => (&property.key, Some(&*property.value)),
                PropertyUpdate::Remove(key) => (key, None),
            };
            let mut values = params![node.0, &owner, &*key.namespace, &*key.name];
            values.extend(value.map(Into::into));
            let sql = if value.is_some() { SET } else { REMOVE };
            self.body.push(Statement::new(sql, values));
        }
    }
}
