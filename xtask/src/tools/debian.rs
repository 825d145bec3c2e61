//! Programs from Debian's packages: found, or installed with apt where that is allowed.

use std::time::Duration;

use crate::context::Context;
use crate::failure::{Failure, Result, ensure};
use crate::postgres;
use crate::process::{Call, Log, find_program};

/// A program that must be there, and the package that brings it.
const PROGRAMS: &[(&str, &str)] = &[
    ("litmus", "litmus"),
    ("nextcloudcmd", "nextcloud-desktop-cmd"),
    ("nextcloud", "nextcloud-desktop"),
    ("dbus-run-session", "dbus-daemon"),
    ("rclone", "rclone"),
    ("mount.davfs", "davfs2"),
    ("cadaver", "cadaver"),
    ("initdb", "postgresql"),
    ("postgres", "postgresql"),
    ("setpriv", "util-linux"),
    ("strace", "strace"),
    ("openssl", "openssl"),
    ("git", "git"),
    ("cc", "gcc"),
    ("python3", "python3"),
    ("node", "nodejs"),
    ("npm", "npm"),
];

/// Installs what is missing; says exactly what could not be had.
pub(crate) fn install(_: &Context, log: &Log) -> Result<String> {
    let missing = missing(log);
    if missing.is_empty() {
        return Ok("nothing was missing".into());
    }
    let list = missing.join(" ");
    let root = rustix::process::getuid().is_root();
    ensure!(
        root && find_program("apt-get").is_some(),
        "Debian packages are missing; install them with: apt-get install {list}"
    );
    let limit = Duration::from_secs(600);
    Call::new(log, "apt-get").args(["update"]).limit(limit).run()?;
    Call::new(log, "apt-get")
        .args(["install", "--yes", "--no-install-recommends"])
        .args(&missing)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .limit(limit)
        .run()?;
    let still = self::missing(log);
    ensure!(still.is_empty(), "apt-get did not bring: {}", still.join(" "));
    Ok(format!("installed {list}"))
}

fn missing(log: &Log) -> Vec<&'static str> {
    let mut packages: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, _)| !present(program))
        .map(|(_, package)| *package)
        .collect();
    // Debian splits what makes virtual environments off from python3 itself.
    if !can_make_environments(log).is_ok_and(|can| can) {
        packages.push("python3-venv");
    }
    packages.dedup();
    packages
}

fn present(program: &str) -> bool {
    match program {
        "initdb" | "postgres" => postgres::program(program).is_ok(),
        _ => find_program(program).is_some(),
    }
}

fn can_make_environments(log: &Log) -> Result<bool, Failure> {
    let probe = Call::new(log, "python3").args(["-c", "import venv, ensurepip"]).attempt()?;
    Ok(probe.status.success())
}
