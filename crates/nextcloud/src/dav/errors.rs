//! The file service's errors in the words of WebDAV: the one place of this mapping.

use allmende_files::{Error as FilesError, ErrorKind as Kind};
use allmende_webdav::{Error, ErrorKind};
use allmende_webdav_proto::error::{Retry, RetryAdvice};

/// The answer to a failed operation of the file service.
pub(crate) fn from_files(error: FilesError) -> Error {
    let text = |kind: ErrorKind, message: String| Error::new(kind, message);
    let answer = match error.kind() {
        Kind::NotFound => text(
            ErrorKind::NotFound,
            format!("File with name {} could not be located", error.context()),
        ),
        Kind::ParentNotFound => Error::missing_parent(),
        Kind::NotAFolder => text(ErrorKind::Conflict, "The parent is not a folder".into()),
        Kind::NotAFile => text(ErrorKind::Conflict, "PUT is not allowed on non-files.".into()),
        Kind::Exists => text(
            ErrorKind::MethodNotAllowed,
            "The resource you tried to create already exists".into(),
        ),
        Kind::Forbidden => text(ErrorKind::Forbidden, "You may not do this here".into()),
        Kind::InvalidName(name) => name.clone().into(),
        Kind::PathTooDeep => text(ErrorKind::InvalidName, "Path is too deep".into()),
        Kind::Quota { needed, free } => text(
            ErrorKind::InsufficientStorage,
            format!("Insufficient space: {needed} bytes are needed and {free} are free"),
        ),
        Kind::Locked(locks) => Error::locked(locks.iter().filter_map(|l| l.path.clone()).collect()),
        Kind::ChecksumMismatch { expected, actual } => text(
            ErrorKind::BadRequest,
            format!("The checksum {expected} was announced and {actual} was received"),
        ),
        Kind::BodyTooShort { expected, received } => text(
            ErrorKind::BadRequest,
            format!("Expected filesize of {expected} bytes but received {received} bytes"),
        ),
        Kind::BodyTooLong { expected } => {
            text(ErrorKind::BadRequest, format!("The body is longer than {expected} bytes"))
        }
        Kind::BodyInterrupted => text(ErrorKind::BadRequest, "The body broke off".into()),
        Kind::UploadIncomplete { expected, received } => text(
            ErrorKind::BadRequest,
            format!("Chunks on server do not sum up to {expected} but to {received} bytes"),
        ),
        Kind::Changed => Error::changed(),
        Kind::Cycle => text(
            ErrorKind::Conflict,
            "The destination lies inside the source, or the source inside the destination".into(),
        ),
        Kind::SamePlace => {
            text(ErrorKind::Forbidden, "Source and destination uri are identical.".into())
        }
        Kind::Invalid => text(ErrorKind::BadRequest, "The request makes no sense".into()),
        Kind::Full => text(ErrorKind::InsufficientStorage, "The server's disk is full".into()),
        Kind::ReadOnly => text(ErrorKind::Unavailable, "The server cannot write now".into()),
        Kind::Corrupt => {
            text(ErrorKind::Unavailable, "The content is damaged on the server".into())
        }
        _ => text(ErrorKind::Unavailable, "The server cannot answer now".into()),
    };
    match error.kind() {
        Kind::InvalidName(_) => answer,
        Kind::Forbidden => {
            answer.with_retry(Retry { advice: RetryAdvice::GiveUp, reason: String::new() })
        }
        Kind::Corrupt => {
            tracing::error!(%error, "damaged content");
            answer.with_source(error)
        }
        _ => answer.with_source(error),
    }
}
