//! Who is logged in where: kept in a file that only its owner may read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A login that stands.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// The address of the server, without a final slash.
    pub(crate) server: String,
    /// The id of the person, by which WebDAV knows the home.
    pub(crate) user: String,
    /// The name that goes with the password; it may be an e-mail address.
    pub(crate) login_name: String,
    /// The password of this device.
    pub(crate) app_password: String,
}

// A password must not end up in logs.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({} at {})", self.user, self.server)
    }
}

impl Account {
    /// The account that is kept.
    pub(crate) fn load() -> Result<Self, Failure> {
        Self::load_from(&place()?)?.ok_or(Failure::LoggedOut)
    }

    /// The account that is kept, if there is one.
    pub(crate) fn load_if_any() -> Result<Option<Self>, Failure> {
        Self::load_from(&place()?)
    }

    /// Keeps the account.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        self.save_to(&place()?)
    }

    /// Forgets the account that is kept.
    pub(crate) fn forget() -> Result<(), Failure> {
        let path = place()?;
        fs::remove_file(&path).map_err(Failure::file(&path))
    }

    fn load_from(path: &Path) -> Result<Option<Self>, Failure> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| Failure::file(path)(error.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::file(path)(error)),
        }
    }

    /// Writes a file beside the old one and renames it, so that there is always a whole one.
    fn save_to(&self, path: &Path) -> Result<(), Failure> {
        let write = || {
            if let Some(folder) = path.parent() {
                fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            }
            let beside = path.with_extension("new");
            match fs::remove_file(&beside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            // New, so that nobody else's file or link of that name is written into.
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.sync_all()?;
            fs::rename(&beside, path)
        };
        write().map_err(Failure::file(path))
    }
}

/// Where the account is kept, by the rules of the XDG base directories.
fn place() -> Result<PathBuf, Failure> {
    let configured = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    configured
        // A path that is not absolute is to be ignored.
        .filter(|folder| folder.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".config")))
        .map(|folder| folder.join("allmende-ocs/account.json"))
        .ok_or_else(|| Failure::Wish("neither XDG_CONFIG_HOME nor HOME is set".into()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn account(password: &str) -> Account {
        Account {
            server: "https://cloud.example.org".into(),
            user: "alice".into(),
            login_name: "alice@example.org".into(),
            app_password: password.into(),
        }
    }

    #[test]
    fn the_file_is_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("allmende-ocs/account.json");
        assert_eq!(Account::load_from(&path).unwrap(), None);
        account("first").save_to(&path).unwrap();
        account("second").save_to(&path).unwrap();
        assert_eq!(Account::load_from(&path).unwrap(), Some(account("second")));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }

    #[test]
    fn the_password_is_not_shown() {
        assert_eq!(
            format!("{:?}", account("secret")),
            "Account(alice at https://cloud.example.org)"
        );
    }
}
