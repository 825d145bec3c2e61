//! Refused acts of sharing on the wire: code and words are the refusal's own.

use allmende_ocs::{Code, OcsError};
use allmende_sharing::{Error, ErrorKind, Refusal};

use super::super::unavailable;

/// A failed act as an answer.
pub(crate) fn refused(error: impl Into<Error>) -> OcsError {
    let error = error.into();
    match error.kind() {
        ErrorKind::NotFound => told(&Refusal::NoSuchShare),
        ErrorKind::Refused(refusal) => told(refusal),
        ErrorKind::Changed => {
            OcsError::new(Code::CONFLICT, "Somebody else has changed this meanwhile")
        }
        _ => unavailable(error),
    }
}

fn told(refusal: &Refusal) -> OcsError {
    OcsError::new(Code(refusal.code()), refusal.to_string())
}
