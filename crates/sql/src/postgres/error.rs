//! What PostgreSQL's errors mean.

use std::borrow::Cow;

use tokio_postgres::error::SqlState;

use crate::{Error, ErrorKind};

pub(super) fn error(context: impl Into<Cow<'static, str>>, error: tokio_postgres::Error) -> Error {
    Error::new(kind(&error), context).with_source(error)
}

fn kind(error: &tokio_postgres::Error) -> ErrorKind {
    let Some(code) = error.code() else {
        // Without a code it is the connection, or a value that could not be converted.
        let source = std::error::Error::source(error);
        let lost = error.is_closed() || source.is_some_and(|source| source.is::<std::io::Error>());
        return if lost { ErrorKind::Unavailable } else { ErrorKind::Invalid };
    };
    match *code {
        // The last one is what a statement gets that was prepared before a migration.
        SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::FEATURE_NOT_SUPPORTED => ErrorKind::Conflict,
        SqlState::DISK_FULL => ErrorKind::Full,
        SqlState::READ_ONLY_SQL_TRANSACTION => ErrorKind::ReadOnly,
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => ErrorKind::Corrupt,
        _ => match code.code().get(..2) {
            Some("23") => ErrorKind::Constraint,
            // Data exceptions, and text that the server does not understand.
            Some("22" | "42") => ErrorKind::Invalid,
            _ => ErrorKind::Unavailable,
        },
    }
}
