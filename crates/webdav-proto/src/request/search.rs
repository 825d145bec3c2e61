mod read;
mod write;

use crate::{headers::Depth, name::PropName};

/// The body of a SEARCH in the grammar `DAV:basicsearch` (RFC 5323), with the first
/// result of `nc:firstresult`.
///
/// ```
/// use allmende_webdav_proto::{
///     PropName, XmlLimits,
///     headers::Depth,
///     request::{Filter, Search, SearchScope, Select},
/// };
///
/// let mut search = Search::new(SearchScope::new("/files/alice", Depth::Infinity));
/// search.select = Select::Props(vec![PropName::oc("fileid")]);
/// search.filter = Some(Filter::Like {
///     property: PropName::dav("getcontenttype"),
///     pattern: "image/%".to_owned(),
/// });
/// assert_eq!(Search::parse(&search.to_bytes(), &XmlLimits::default()), Ok(search));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Search {
    /// The properties to tell of each result.
    pub select: Select,
    /// Where to look; at least one.
    pub scopes: Vec<SearchScope>,
    /// What to look for; `None` is everything.
    pub filter: Option<Filter>,
    /// In which order, the most important first.
    pub order: Vec<Order>,
    /// Which part of the results.
    pub limit: SearchLimit,
}

/// The properties that a search tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Select {
    /// Those of an `allprop`.
    Allprop,
    /// These, each once.
    Props(Vec<PropName>),
}

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchScope {
    /// A collection as the client sent it, not decoded; relative to the DAV root.
    pub href: String,
    /// How far below.
    pub depth: Depth,
}

/// A condition on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filter {
    /// All of these; at least one.
    And(Vec<Filter>),
    /// One of these; at least one.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// A property compared with a value.
    Compare {
        /// How.
        op: Comparison,
        /// The property.
        property: PropName,
        /// The value as sent: number, date or text, as the property is typed.
        literal: String,
    },
    /// A property that fits a pattern, in which `%` stands for any text and `_` for one
    /// character.
    Like {
        /// The property.
        property: PropName,
        /// The pattern as sent.
        pattern: String,
    },
    /// The resource is a collection.
    IsCollection,
    /// The resource has the property.
    IsDefined(PropName),
    /// The content holds the words.
    Contains(String),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
}

/// A property to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Order {
    /// The property.
    pub property: PropName,
    /// Which way round.
    pub direction: Direction,
}

/// Which way results are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// The least first.
    #[default]
    Ascending,
    /// The greatest first.
    Descending,
}

/// Which part of the results is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchLimit {
    /// At most so many.
    pub results: Option<u64>,
    /// So many are skipped first.
    pub first: Option<u64>,
}

impl Search {
    /// The largest number of operators that look at a resource; `and`, `or` and `not` are
    /// free. The original has the same limit.
    pub const MAX_OPERATORS: usize = 100;

    /// A search for everything in a scope.
    #[must_use]
    pub fn new(scope: SearchScope) -> Self {
        Self {
            select: Select::Allprop,
            scopes: vec![scope],
            filter: None,
            order: Vec::new(),
            limit: SearchLimit::default(),
        }
    }
}

impl SearchScope {
    /// A place to look in.
    #[must_use]
    pub fn new(href: impl Into<String>, depth: Depth) -> Self {
        Self { href: href.into(), depth }
    }
}

impl Order {
    /// An order by a property.
    #[must_use]
    pub const fn new(property: PropName, direction: Direction) -> Self {
        Self { property, direction }
    }
}

pub(super) static SEARCHREQUEST: PropName = PropName::dav("searchrequest");
static BASICSEARCH: PropName = PropName::dav("basicsearch");
static SELECT: PropName = PropName::dav("select");
static ALLPROP: PropName = PropName::dav("allprop");
static FROM: PropName = PropName::dav("from");
static SCOPE: PropName = PropName::dav("scope");
static HREF: PropName = PropName::dav("href");
static DEPTH: PropName = PropName::dav("depth");
static WHERE: PropName = PropName::dav("where");
static ORDERBY: PropName = PropName::dav("orderby");
static ORDER: PropName = PropName::dav("order");
static ASCENDING: PropName = PropName::dav("ascending");
static DESCENDING: PropName = PropName::dav("descending");
static FIRSTRESULT: PropName = PropName::nc("firstresult");
static LITERAL: PropName = PropName::dav("literal");
static TYPED_LITERAL: PropName = PropName::dav("typed-literal");
static AND: PropName = PropName::dav("and");
static OR: PropName = PropName::dav("or");
static NOT: PropName = PropName::dav("not");
static LIKE: PropName = PropName::dav("like");
static IS_COLLECTION: PropName = PropName::dav("is-collection");
static IS_DEFINED: PropName = PropName::dav("is-defined");
static CONTAINS: PropName = PropName::dav("contains");

const COMPARISONS: [(Comparison, PropName); 5] = [
    (Comparison::Eq, PropName::dav("eq")),
    (Comparison::Lt, PropName::dav("lt")),
    (Comparison::Lte, PropName::dav("lte")),
    (Comparison::Gt, PropName::dav("gt")),
    (Comparison::Gte, PropName::dav("gte")),
];
