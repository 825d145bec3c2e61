//! What a refused act of sharing is called on the wire: the code; the words are the
//! refusal's own.

use allmende_ocs::{Code, OcsError};
use allmende_sharing::{Error, ErrorKind, Refusal};

use super::super::unavailable;

/// A failed act as an answer.
pub(crate) fn refused(error: Error) -> OcsError {
    match error.kind() {
        ErrorKind::NotFound => wrong_id(),
        ErrorKind::Refused(refusal) => OcsError::new(code(refusal), refusal.to_string()),
        ErrorKind::Changed => {
            OcsError::new(Code::CONFLICT, "Somebody else has changed this meanwhile")
        }
        _ => unavailable(error),
    }
}

pub(super) fn wrong_id() -> OcsError {
    OcsError::new(Code::NOT_FOUND, "Wrong share ID, share does not exist")
}

pub(super) fn wrong_path() -> OcsError {
    OcsError::new(Code::NOT_FOUND, "Wrong path, file/folder does not exist")
}

fn code(refusal: &Refusal) -> Code {
    use Refusal as R;
    match refusal {
        R::SharingDisabled
        | R::LinksDisabled
        | R::GroupsDisabled
        | R::NoSuchPerson
        | R::NoSuchGroup
        | R::NotSharable { .. }
        | R::CannotIncrease { .. }
        | R::InvalidDate
        | R::ExpiryInPast
        | R::ExpiryTooFar { .. }
        | R::InvalidAddress => Code::NOT_FOUND,
        R::Yourself
        | R::Owner
        | R::RootFolder
        | R::Failed
        | R::InvalidPermissions
        | R::UploadDisabled
        | R::PasswordRequired
        | R::CustomTokensDisabled
        | R::NoAddress
        | R::KindNotAllowed { .. }
        | R::InvalidApp
        | R::ProtectedKey
        | R::NotManager
        | R::IncomingShare => Code::FORBIDDEN,
        _ => Code::BAD_REQUEST,
    }
}
