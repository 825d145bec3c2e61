//! What SQLite's errors mean.

use std::borrow::Cow;

use rusqlite::ErrorCode;

use crate::{Error, ErrorKind};

pub(super) fn error(context: impl Into<Cow<'static, str>>, error: rusqlite::Error) -> Error {
    Error::new(kind(&error), context).with_source(error)
}

fn kind(error: &rusqlite::Error) -> ErrorKind {
    let Some(code) = error.sqlite_error_code() else { return ErrorKind::Invalid };
    match code {
        ErrorCode::ConstraintViolation => ErrorKind::Constraint,
        ErrorCode::DiskFull => ErrorKind::Full,
        ErrorCode::ReadOnly => ErrorKind::ReadOnly,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => ErrorKind::Corrupt,
        // `Unknown` is SQLITE_ERROR: text that it does not understand.
        ErrorCode::Unknown
        | ErrorCode::TooBig
        | ErrorCode::TypeMismatch
        | ErrorCode::ApiMisuse
        | ErrorCode::ParameterOutOfRange => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    }
}
