//! Searches below folders.

use std::fmt::Write;

use allmende_sql::{Statement, Value};
use allmende_storage::{
    Error, ErrorKind, Node, NodeField, NodeFilter, NodeSearch, PropertyOwner, Relation, Result,
    SearchDepth, SortOrder,
};
use allmende_types::NodeId;

use crate::{
    CHUNK, SqlTree,
    error::Context,
    lineage::Links,
    properties::owner_column,
    row::{self, FOLDER, Home, columns},
};

// Where few nodes can fit at all, these are found by an index, and then asked what they lie
// below. Otherwise everything below the folders is looked at.
const CANDIDATES: &str = "WITH RECURSIVE fits(id, parent) AS (\
     SELECT n.id, n.parent FROM nodes n WHERE $filter), \
     up(id, above) AS (SELECT id, parent FROM fits UNION \
     SELECT up.id, (SELECT n.parent FROM nodes n WHERE n.id = up.above) \
     FROM up WHERE up.above IS NOT NULL) ";
const WALK: &str = "WITH RECURSIVE down(id) AS (\
     SELECT id FROM nodes WHERE parent IN ($list) UNION \
     SELECT n.id FROM down CROSS JOIN nodes n WHERE n.parent = down.id) ";
const SELECT: &str = concat!("SELECT ", columns!("n."), " FROM nodes n WHERE ");

impl SqlTree {
    pub(crate) async fn search(&self, search: &NodeSearch) -> Result<Vec<Node>> {
        if search.below.len() > CHUNK {
            let context = format!("a search below more than {CHUNK} folders");
            return Err(Error::new(ErrorKind::Invalid, context));
        }
        let statement = statement(search);
        let rows = self.sql.read(statement).await.context("search nodes")?;
        let found = rows.iter().map(|row| row::node(row, Home::UNKNOWN));
        let found = found.collect::<Result<Vec<Node>>>()?;
        let ids: Vec<NodeId> = found.iter().map(|node| node.id).collect();
        let links = ids.chunks(CHUNK).map(|chunk| Links::statement(chunk.iter().copied()));
        let answers = self.sql.read_all(links.collect()).await.context("search nodes")?;
        let mut links = Links::default();
        answers.iter().try_for_each(|rows| links.absorb(rows))?;
        // What went away between the two reads is not found.
        let alive = |node: Node| {
            let Home { space, epoch } = links.home(node.id)?;
            Some(Node { space, epoch, ..node })
        };
        Ok(found.into_iter().filter_map(alive).collect())
    }
}

fn statement(search: &NodeSearch) -> Statement {
    let mut sql = Sql::default();
    let filter = sql.condition(&search.filter);
    let anchored = search.depth == SearchDepth::Infinity && is_anchored(&search.filter);
    let mut text = match (search.depth, anchored) {
        (SearchDepth::Children, _) => format!("{SELECT}n.parent IN ($list) AND {filter}"),
        (SearchDepth::Infinity, true) => {
            let candidates = CANDIDATES.replace("$filter", &filter);
            let inside = "n.id IN (SELECT id FROM up WHERE above IN ($list))";
            format!("{candidates}{SELECT}{inside}")
        }
        (SearchDepth::Infinity, false) => {
            format!("{WALK}{SELECT}n.id IN (SELECT id FROM down) AND {filter}")
        }
    };
    text.push_str(" ORDER BY ");
    for (field, order) in &search.order {
        let field = column(*field);
        // SQLite takes null for the least and PostgreSQL for the greatest value.
        let order = match order {
            SortOrder::Ascending => format!("({field} IS NULL) DESC, {field}, "),
            SortOrder::Descending => format!("({field} IS NULL), {field} DESC, "),
        };
        text.push_str(&order);
    }
    let limit = sql.param(whole(search.limit));
    let skip = sql.param(whole(search.skip));
    let name = column(NodeField::Name);
    // Writing to a string cannot fail.
    let _ = write!(text, "{name}, n.id LIMIT {limit} OFFSET {skip}");
    Statement::with_list(text, sql.params, search.below.iter().map(|id| Value::Int(id.0)))
}

fn whole(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Whether an index leads to the few nodes that can fit.
fn is_anchored(filter: &NodeFilter) -> bool {
    match filter {
        NodeFilter::All(all) => all.iter().any(is_anchored),
        NodeFilter::Any(any) => !any.is_empty() && any.iter().all(is_anchored),
        NodeFilter::Figure(NodeField::Id, Relation::Equal, _)
        | NodeFilter::Has(PropertyOwner::Person(_), _) => true,
        _ => false,
    }
}

const fn column(field: NodeField) -> &'static str {
    match field {
        NodeField::Id => "n.id",
        NodeField::Name => "fold_case(COALESCE(n.name, n.key))",
        NodeField::MediaType => "COALESCE(n.media_type, '')",
        NodeField::Size => "n.size",
        NodeField::Modified => "n.modified",
        NodeField::Created => "n.created",
        NodeField::Uploaded => "n.uploaded",
        NodeField::LastActivity => {
            "(CASE WHEN n.uploaded > n.modified THEN n.uploaded ELSE n.modified END)"
        }
    }
}

/// The parameters of a statement under way.
#[derive(Default)]
struct Sql {
    params: Vec<Value>,
}

impl Sql {
    fn param(&mut self, value: Value) -> String {
        self.params.push(value);
        format!("${}", self.params.len())
    }

    fn like(&mut self, field: NodeField, pattern: &str) -> String {
        let pattern = self.param(Value::Text(pattern.to_owned()));
        format!("fold_case({}) LIKE {pattern} ESCAPE '\\'", column(field))
    }

    fn condition(&mut self, filter: &NodeFilter) -> String {
        match filter {
            NodeFilter::All(all) => self.joined(all, " AND ", "1 = 1"),
            NodeFilter::Any(any) => self.joined(any, " OR ", "1 = 0"),
            NodeFilter::Not(not) => format!("(NOT COALESCE({}, 1 = 0))", self.condition(not)),
            NodeFilter::Name(pattern) => self.like(NodeField::Name, pattern.as_str()),
            NodeFilter::MediaType(pattern) => self.like(NodeField::MediaType, pattern.as_str()),
            NodeFilter::Folder => format!("n.kind = {FOLDER}"),
            NodeFilter::Figure(NodeField::Name | NodeField::MediaType, ..) => "1 = 0".to_owned(),
            NodeFilter::Figure(field, relation, value) => {
                let value = self.param(Value::Int(*value));
                let relation = match relation {
                    Relation::Equal => "=",
                    Relation::Less => "<",
                    Relation::AtMost => "<=",
                    Relation::Greater => ">",
                    Relation::AtLeast => ">=",
                };
                format!("{} {relation} {value}", column(*field))
            }
            NodeFilter::Has(owner, key) => {
                // What belongs to a person is found by an index over just that.
                let personal =
                    if *owner == PropertyOwner::Everyone { "" } else { " AND p.owner <> ''" };
                let owner = self.param(Value::Text(owner_column(owner)));
                let namespace = self.param(Value::Text(key.namespace.to_string()));
                let name = self.param(Value::Text(key.name.to_string()));
                format!(
                    "n.id IN (SELECT p.node FROM properties p WHERE p.owner = {owner}{personal} \
                     AND p.namespace = {namespace} AND p.name = {name})"
                )
            }
        }
    }

    fn joined(&mut self, filters: &[NodeFilter], by: &str, of_none: &str) -> String {
        if filters.is_empty() {
            return of_none.to_owned();
        }
        let parts: Vec<String> = filters.iter().map(|filter| self.condition(filter)).collect();
        format!("({})", parts.join(by))
    }
}
