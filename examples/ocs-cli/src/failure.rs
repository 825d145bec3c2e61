//! Why a command did not do what it was told.

use std::io;
use std::path::{Path, PathBuf};

use allmende_ocs::{ClientError, Code, EncodeError};
use allmende_webdav_proto::RequestError;
use http::StatusCode;

/// A failure, as it is told to the person at the terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Failure {
    /// There is no stored account.
    #[error("you are not logged in; run `ocs login URL`")]
    LoggedOut,
    /// The server refused a call of its API.
    #[error("{}", told(.0))]
    Api(#[from] ClientError),
    /// The server refused a request to WebDAV or to the login flow.
    #[error("{message} (HTTP {})", .status.as_u16())]
    Refused { status: StatusCode, message: String },
    /// The server sends on to another address, where credentials must not follow.
    #[error("the server sends on to {0}; log in with that address")]
    Moved(String),
    /// The server could not be reached, or went away.
    #[error("{server} could not be reached")]
    Unreachable { server: String, source: Box<ureq::Error> },
    /// The server's answer makes no sense.
    #[error("the server's answer could not be read: {0}")]
    Malformed(String),
    /// A request could not be written.
    #[error("the request could not be written")]
    Encode(#[from] EncodeError),
    /// A local file.
    #[error("{}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// Standard input or output.
    #[error("standard input or output")]
    Terminal(#[from] io::Error),
    /// What was asked makes no sense here.
    #[error("{0}")]
    Wish(String),
}

/// What an API call failed with: the server's own words, if it has any.
fn told(error: &ClientError) -> String {
    match error {
        ClientError::Refused(refusal) if refusal.message.trim().is_empty() => {
            format!("the server refused with status {}", refusal.code)
        }
        ClientError::Refused(refusal) => {
            format!("{} (status {})", refusal.message.trim(), refusal.code)
        }
        other => other.to_string(),
    }
}

impl Failure {
    /// The failure of a local file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    /// The status of the command; [`Arguments`](crate::arguments::Arguments) tells them.
    pub(crate) fn exit_code(&self) -> u8 {
        if self.is_retryable() {
            return 5;
        }
        match self {
            Self::LoggedOut => 3,
            Self::Api(ClientError::Refused(refusal)) => match refusal.code {
                Code::UNAUTHENTICATED => 3,
                Code::NOT_FOUND | Code::UNKNOWN => 4,
                _ => 1,
            },
            Self::Api(ClientError::Http(status)) | Self::Refused { status, .. } => match *status {
                StatusCode::UNAUTHORIZED => 3,
                StatusCode::NOT_FOUND => 4,
                _ => 1,
            },
            _ => 1,
        }
    }

    /// Whether the same command may succeed later.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => error.is_retryable(),
            Self::Refused { status, .. } => matches!(
                *status,
                StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::LOCKED
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT
            ),
            Self::Unreachable { .. } => true,
            _ => false,
        }
    }

    /// Whether whoever read the output wants no more of it, as `head` does.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Terminal(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        Self::Wish(format!("no address can be made of that: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use allmende_ocs::OcsError;

    use super::*;

    #[test]
    fn the_servers_words_come_first() {
        let refused =
            |code, message| Failure::from(ClientError::Refused(OcsError::new(code, message)));
        let wrong_path = refused(Code::NOT_FOUND, "Wrong path, file/folder does not exist");
        assert_eq!(wrong_path.to_string(), "Wrong path, file/folder does not exist (status 404)");
        let silent = refused(Code::UNKNOWN, "");
        assert_eq!(silent.to_string(), "the server refused with status 998");
    }

    #[test]
    fn exit_codes() {
        let refused = |status| Failure::Refused { status, message: String::new() };
        let api = |code| Failure::from(ClientError::Refused(OcsError::new(code, "")));
        for (failure, code) in [
            (Failure::LoggedOut, 3),
            (api(Code::UNAUTHENTICATED), 3),
            (api(Code::NOT_FOUND), 4),
            (api(Code::FORBIDDEN), 1),
            (api(Code::UNAVAILABLE), 5),
            (refused(StatusCode::UNAUTHORIZED), 3),
            (refused(StatusCode::NOT_FOUND), 4),
            (refused(StatusCode::LOCKED), 5),
            (refused(StatusCode::INSUFFICIENT_STORAGE), 1),
            (Failure::Wish(String::new()), 1),
        ] {
            assert_eq!(failure.exit_code(), code, "{failure:?}");
        }
    }
}
