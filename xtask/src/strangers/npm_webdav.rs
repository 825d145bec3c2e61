//! webdav from npm, the client of many web applications.

use std::time::Duration;

use crate::context::Context;
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;
use crate::process::{Call, Log};

const SCRIPT: &str = include_str!("webdav.mjs");

pub(super) fn against(context: &Context, log: &Log, endpoint: &Endpoint) -> Result<String> {
    // Beside its node_modules, from which the script imports.
    let script = context.node().join("work.mjs");
    std::fs::write(&script, SCRIPT).context(script.display())?;
    let output = Call::new(log, "node")
        .args([&script])
        .env("DAV_URL", endpoint.url())
        .env("DAV_USER", &endpoint.user)
        .env("DAV_PASSWORD", &endpoint.password)
        .dir(context.node())
        .limit(Duration::from_secs(120))
        .run()?;
    // The script's last words: an early end with status 0 must not count.
    ensure!(output.trim_end().ends_with("all steps done"), "the script ended before its end");
    Ok(String::new())
}
