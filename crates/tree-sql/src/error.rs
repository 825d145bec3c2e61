//! Errors of the database as errors of a store.

use std::borrow::Cow;

use allmende_sql::ErrorKind as Sql;
use allmende_storage::{Error, ErrorKind, Result};

/// Turns the database's answer into a store's.
pub(crate) trait Context<T> {
    /// Says what was tried.
    fn context(self, what: impl Into<Cow<'static, str>>) -> Result<T>;
}

impl<T> Context<T> for allmende_sql::Result<T> {
    fn context(self, what: impl Into<Cow<'static, str>>) -> Result<T> {
        self.map_err(|error| translate(error, what.into()))
    }
}

fn translate(error: allmende_sql::Error, what: Cow<'static, str>) -> Error {
    let kind = match error.kind() {
        Sql::Full => ErrorKind::Full,
        Sql::ReadOnly => ErrorKind::ReadOnly,
        Sql::Corrupt => ErrorKind::Corrupt,
        // A mistake of the program is no fault of the request, and says nothing of the state.
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, what).with_source(error)
}

/// Whether a batch met another state than the one it was made for.
pub(crate) fn is_stale(error: &allmende_sql::Error) -> bool {
    matches!(error.kind(), Sql::Expectation { .. } | Sql::Constraint)
}

/// A row that no version of this program wrote.
pub(crate) fn corrupt(what: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Corrupt, what)
}

/// A number as a column holds it.
pub(crate) fn column(value: u64, what: &'static str) -> Result<i64> {
    i64::try_from(value)
        .map_err(|_| Error::new(ErrorKind::Invalid, format!("{what}: {value} is too large")))
}
