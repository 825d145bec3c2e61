//! Checks that are one call of cargo each.

use std::time::Duration;

use crate::context::Context;
use crate::failure::Result;
use crate::process::{Call, Log};

/// A build from nothing on a small machine.
pub(super) const BUILD_LIMIT: Duration = Duration::from_secs(30 * 60);

/// A call of the cargo that runs this program.
pub(super) fn cargo<'a>(context: &Context, log: &'a Log) -> Call<'a> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Call::new(log, program).dir(&context.root).env("CARGO_TERM_COLOR", "never").limit(BUILD_LIMIT)
}

pub(super) fn format(context: &Context, log: &Log) -> Result<String> {
    cargo(context, log).args(["fmt", "--all", "--check"]).run()?;
    Ok(String::new())
}

pub(super) fn lints(context: &Context, log: &Log) -> Result<String> {
    cargo(context, log)
        .args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])
        .run()?;
    Ok(String::new())
}

pub(super) fn docs(context: &Context, log: &Log) -> Result<String> {
    cargo(context, log)
        .args(["doc", "--locked", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()?;
    Ok(String::new())
}

pub(super) fn release(context: &Context, log: &Log) -> Result<String> {
    cargo(context, log)
        .args([
            "build",
            "--locked",
            "--release",
            "-p",
            "allmende-cloud",
            "-p",
            "allmende-dav-folder",
            "-p",
            "allmende-ocs-cli",
        ])
        .run()?;
    Ok(String::new())
}
