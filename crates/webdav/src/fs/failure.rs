//! What the disk's refusals mean to a client.

use rustix::io::Errno;

use crate::error::{Error, ErrorKind, Result};

/// The error that a failed call becomes. *Not found* is left to the caller, who knows
/// whether the resource or its folder is meant.
pub(super) fn from_errno(errno: Errno) -> Error {
    let (kind, message) = match errno {
        Errno::ACCESS | Errno::PERM | Errno::ROFS => (ErrorKind::Forbidden, "Not permitted"),
        Errno::NOSPC | Errno::DQUOT | Errno::FBIG => {
            (ErrorKind::InsufficientStorage, "There is no space left")
        }
        Errno::NAMETOOLONG => (ErrorKind::InvalidName, "Filename is too long"),
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP => {
            (ErrorKind::PreconditionFailed, "The resource was changed meanwhile")
        }
        _ => (ErrorKind::Unavailable, "The disk cannot be used now"),
    };
    Error::new(kind, message).with_source(std::io::Error::from(errno))
}

/// The same for calls of the standard library.
pub(super) fn from_io(error: std::io::Error) -> Error {
    match error.raw_os_error() {
        Some(code) => from_errno(Errno::from_raw_os_error(code)),
        None => {
            Error::new(ErrorKind::Unavailable, "The disk cannot be used now").with_source(error)
        }
    }
}

/// Whether nothing stands at the name, or something that is not shown.
pub(super) fn is_absent(errno: Errno) -> bool {
    matches!(errno, Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
}

/// Runs calls that wait for the disk on a thread made for that.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => {
            Err(Error::new(ErrorKind::Internal, "The work was not finished").with_source(error))
        }
    }
}
