//! Statements, and batches of them.

use std::{borrow::Cow, ops::RangeInclusive};

use crate::{Error, ErrorKind, Result, Rows, Value, text};

/// One SQL statement with its parameters.
///
/// Placeholders are `$1`, `$2`, … on both engines. Each engine keeps prepared statements
/// by their text, so the text ought to be one of few: values belong into parameters, and a
/// list of changing length into [`Statement::with_list`].
///
/// # What to write so that both engines read the same
/// * Types: `CAST(sum(x) AS BIGINT)`, since PostgreSQL's `sum` of numbers is a decimal.
/// * `LIKE` ignores case on SQLite only, and the `lower` of both may know no letters but
///   those of ASCII: compare `fold_case(a)`, which comes with this crate and knows the
///   letters of all scripts, with a lower-case pattern.
/// * A parameter that may be null and stands alone (`$1 IS NULL`) needs
///   `CAST($1 AS BIGINT)`.
/// * Write `ON CONFLICT (…) DO …`, `RETURNING`, `WITH RECURSIVE`, row values and window
///   functions freely; both know them.
///
/// ```
/// use allmende_sql::{Statement, params};
///
/// let find = Statement::new("SELECT id FROM nodes WHERE parent = $1 AND name = $2", params![7, "a"]);
/// assert_eq!(find.params().len(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct Statement {
    text: Text,
    params: Vec<Value>,
    point: bool,
}

/// The text of a statement, and the numbers of its list. The list is written out where an
/// engine prepares the statement, and not again each time it is run: a list of a page's ids
/// is longer than all that is asked of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Text {
    sql: Cow<'static, str>,
    /// The placeholders that stand for `$list`.
    list: Option<RangeInclusive<usize>>,
}

const LIST: &str = "$list";

impl Text {
    /// The text with its list.
    pub(crate) fn written(&self) -> Cow<'_, str> {
        let Some(list) = &self.list else { return Cow::Borrowed(&self.sql) };
        let numbers: Vec<String> = list.clone().map(|n| format!("${n}")).collect();
        let list = if numbers.is_empty() { "NULL".to_owned() } else { numbers.join(",") };
        Cow::Owned(self.sql.replace(LIST, &list))
    }
}

impl Statement {
    /// A statement, with parameters as [`params!`](crate::params) makes them.
    pub fn new(sql: impl Into<Cow<'static, str>>, params: Vec<Value>) -> Self {
        Self { text: Text { sql: sql.into(), list: None }, params, point: false }
    }

    /// A statement with a list of values where its text says `$list`.
    ///
    /// The list's values get the numbers after those of `params`. It is filled up to the
    /// next power of two with its last value, so that there are few different texts to
    /// prepare; write it where repetition is harmless, as in `IN ($list)`. An empty list
    /// becomes `NULL`, which is equal to nothing. With more than 16,384 values it fails on
    /// SQLite, which admits 32,766 parameters: ask for a page at a time.
    ///
    /// ```
    /// use allmende_sql::{Statement, Value, params};
    ///
    /// let ids = [4, 5, 6].map(Value::Int);
    /// let find = Statement::with_list("SELECT a FROM t WHERE b = $1 AND id IN ($list)", params![9], ids);
    /// assert_eq!(find.sql(), "SELECT a FROM t WHERE b = $1 AND id IN ($2,$3,$4,$5)");
    /// ```
    pub fn with_list(
        sql: impl Into<Cow<'static, str>>,
        mut params: Vec<Value>,
        list: impl IntoIterator<Item = Value>,
    ) -> Self {
        let first = params.len() + 1;
        params.extend(list);
        if let Some(last) = params.get(first - 1..).and_then(<[Value]>::last).cloned() {
            let full = (params.len() + 1 - first).next_power_of_two();
            params.resize(first - 1 + full, last);
        }
        let list = Some(first..=params.len());
        Self { text: Text { sql: sql.into(), list }, params, point: false }
    }

    /// Declares that the statement reads a handful of rows by an index. SQLite then
    /// answers on the caller's thread; see [`Sql::read`](crate::Sql::read).
    #[must_use]
    pub fn point(mut self) -> Self {
        self.point = true;
        self
    }

    /// The text, with its list.
    #[must_use]
    pub fn sql(&self) -> Cow<'_, str> {
        self.text.written()
    }

    /// By what engines keep it prepared.
    pub(crate) fn text(&self) -> &Text {
        &self.text
    }

    /// The parameters.
    #[must_use]
    pub fn params(&self) -> &[Value] {
        &self.params
    }

    /// Whether it was declared with [`Statement::point`].
    #[must_use]
    pub fn is_point(&self) -> bool {
        self.point
    }

    pub(crate) fn check(&self) -> Result<()> {
        let Text { sql, list } = &self.text;
        let Some(list) = list else { return text::check_params(sql, self.params.len()) };
        if !list.is_empty() && !sql.contains(LIST) {
            let context = format!("no {LIST} for a list in {sql:?}");
            return Err(Error::new(ErrorKind::Invalid, context));
        }
        text::check_params(sql, list.start() - 1)
    }
}

/// How many rows a statement of a batch must touch (`INSERT`, `UPDATE`, `DELETE`) or
/// return (`SELECT`, `… RETURNING`). If it does not, the whole batch fails with
/// [`ErrorKind::Expectation`] and nothing of it happens.
///
/// A `SELECT` with an expectation is a guard: `SELECT 1 FROM locks WHERE node = $1` with
/// [`Expect::None`] lets the batch pass only if there is no lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Expect {
    /// Any number.
    #[default]
    Any,
    /// None.
    None,
    /// This number.
    Exactly(u64),
    /// This number or more.
    AtLeast(u64),
    /// This number or fewer.
    AtMost(u64),
}

impl Expect {
    /// One row.
    pub const ONE: Self = Self::Exactly(1);

    /// Whether a number of rows is as expected.
    #[must_use]
    pub const fn admits(self, rows: u64) -> bool {
        match self {
            Self::Any => true,
            Self::None => rows == 0,
            Self::Exactly(n) => rows == n,
            Self::AtLeast(n) => rows >= n,
            Self::AtMost(n) => rows <= n,
        }
    }

    pub(crate) fn check(self, statement: usize, got: u64) -> Result<()> {
        if self.admits(got) {
            Ok(())
        } else {
            let context = format!("expected {self:?}");
            Err(Error::new(ErrorKind::Expectation { statement, got }, context))
        }
    }
}

/// Statements that happen together or not at all, each with what it expects.
///
/// ```
/// use allmende_sql::{Batch, Expect, Statement, params};
///
/// let mut batch = Batch::new();
/// batch.expect(Statement::new("UPDATE spaces SET revision = revision + 1 WHERE id = $1 RETURNING revision", params![3]), Expect::ONE);
/// let insert = batch.push(Statement::new("INSERT INTO nodes (space) VALUES ($1)", params![3]));
/// assert_eq!((insert, batch.len()), (1, 2));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Batch {
    statements: Vec<(Statement, Expect)>,
}

impl Batch {
    /// A batch without statements.
    #[must_use]
    pub const fn new() -> Self {
        Self { statements: Vec::new() }
    }

    /// A batch of one statement.
    #[must_use]
    pub fn one(statement: Statement, expect: Expect) -> Self {
        Self { statements: vec![(statement, expect)] }
    }

    /// Adds a statement; says its place.
    pub fn push(&mut self, statement: Statement) -> usize {
        self.expect(statement, Expect::Any)
    }

    /// Adds a statement with an expectation; says its place.
    pub fn expect(&mut self, statement: Statement, expect: Expect) -> usize {
        self.statements.push((statement, expect));
        self.statements.len() - 1
    }

    /// How many statements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The statements with their expectations.
    pub fn iter(&self) -> impl Iterator<Item = &(Statement, Expect)> {
        self.statements.iter()
    }
}

impl From<Vec<(Statement, Expect)>> for Batch {
    fn from(statements: Vec<(Statement, Expect)>) -> Self {
        Self { statements }
    }
}

impl FromIterator<Statement> for Batch {
    fn from_iter<I: IntoIterator<Item = Statement>>(statements: I) -> Self {
        statements.into_iter().map(|statement| (statement, Expect::Any)).collect::<Vec<_>>().into()
    }
}

/// What came of one statement of a batch.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// How many rows it touched, or returned if it returns rows.
    pub affected: u64,
    /// The rows that it returned.
    pub rows: Rows,
}
