//! A person at a server.

use allmende_webdav_proto::Href;

use crate::account::Account;
use crate::client::Client;
use crate::failure::Failure;
use crate::path::RemotePath;

/// A person at a server, and where WebDAV has what is theirs.
pub(crate) struct Session {
    pub(crate) client: Client,
    user: String,
}

impl Session {
    /// The session of a login that stands.
    pub(crate) fn of(account: &Account) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::basic(&account.server, &account.login_name, &account.app_password)?,
            user: account.user.clone(),
        })
    }

    /// The root of WebDAV, where searches are sent to.
    pub(crate) fn dav_root() -> Href {
        Href::from_path("/remote.php/dav/")
    }

    /// The home, as a search names it: from the root of WebDAV.
    pub(crate) fn search_scope(&self) -> Href {
        Href::from_path("/files").join(&self.user)
    }

    /// A file or folder in the home.
    pub(crate) fn file(&self, path: &RemotePath) -> Href {
        path.below(&Href::from_path("/remote.php/dav/files").join(&self.user))
    }

    /// The folder of an upload in pieces.
    pub(crate) fn upload(&self, id: &str) -> Href {
        Href::from_path("/remote.php/dav/uploads").join(&self.user).join(id)
    }

    /// The path of a file or folder as a `Destination` names it, from the root of the host.
    pub(crate) fn destination(&self, path: &RemotePath) -> String {
        format!("{}{}", self.client.server(), self.file(path))
    }
}
