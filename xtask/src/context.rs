//! Where things are and what this run was asked to do.

use std::path::{Path, PathBuf};

use crate::failure::{Context as _, Result};

/// What every check may know.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The root of the work tree.
    pub(crate) root: PathBuf,
    /// Cargo's target directory; everything that a run makes lies below it.
    pub(crate) target: PathBuf,
    /// Where the recorded exchanges are looked for.
    pub(crate) wire: PathBuf,
    /// What it means if they are not there.
    pub(crate) wire_absent: WhenAbsent,
    /// Bytes in the one large file that each sync client moves.
    pub(crate) large_file: u64,
}

/// What to make of material that lives outside the repository and is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenAbsent {
    /// Say so, and go on.
    Report,
    /// The check fails.
    Fail,
}

impl Context {
    /// Reads the place of the work tree and of the target directory from cargo.
    pub(crate) fn discover(wire: Option<PathBuf>, wire_absent: WhenAbsent) -> Result<Self> {
        let metadata = cargo_metadata::MetadataCommand::new()
            .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .no_deps()
            .exec()
            .context("cargo metadata")?;
        let root = metadata.workspace_root.into_std_path_buf();
        let target = metadata.target_directory.into_std_path_buf();
        let large_file = match std::env::var("ALLMENDE_STRANGER_BYTES") {
            Ok(text) => text.parse().context("ALLMENDE_STRANGER_BYTES is not a number")?,
            Err(_) => 300_000_000,
        };
        let wire = wire
            .or_else(|| std::env::var_os("ALLMENDE_WIRE").map(PathBuf::from))
            .unwrap_or_else(|| root.join("../shared/wire"));
        Ok(Self { root, target, wire, wire_absent, large_file })
    }

    /// The log of one check.
    pub(crate) fn log_path(&self, name: &str) -> PathBuf {
        self.target.join("xtask-logs").join(format!("{name}.log"))
    }

    /// An empty directory for one check; what an earlier run left there is removed.
    pub(crate) fn fresh_dir(&self, name: &str) -> Result<PathBuf> {
        let dir = self.target.join("xtask-work").join(name);
        if dir.exists() {
            std::fs::remove_dir_all(&dir).context(dir.display())?;
        }
        std::fs::create_dir_all(&dir).context(dir.display())?;
        Ok(dir)
    }

    /// The Python environment of the foreign clients.
    pub(crate) fn venv(&self) -> PathBuf {
        self.target.join("xtask-tools/python")
    }

    /// The folder in which the foreign clients from npm are installed.
    pub(crate) fn node(&self) -> PathBuf {
        self.target.join("xtask-tools/node")
    }

    /// A binary of the release profile.
    pub(crate) fn release_binary(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }
}

/// A child path as text; the work tree is expected to lie on a path that is valid UTF-8.
pub(crate) fn text(path: &Path) -> Result<&str> {
    path.to_str().context(format!("not UTF-8: {}", path.display()))
}
