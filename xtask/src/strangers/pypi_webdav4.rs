//! webdav4 from PyPI, the WebDAV file system of fsspec.

use std::time::Duration;

use crate::context::Context;
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;
use crate::process::{Call, Log};
use crate::tools::python_program;

const SCRIPT: &str = include_str!("webdav4.py");

pub(super) fn against(context: &Context, log: &Log, endpoint: &Endpoint) -> Result<String> {
    let dir = context.fresh_dir("pypi-webdav4")?;
    let script = dir.join("work.py");
    std::fs::write(&script, SCRIPT).context(script.display())?;
    let output = Call::new(log, python_program(context, "python3")?)
        .args([&script])
        .env("DAV_URL", endpoint.url())
        .env("DAV_USER", &endpoint.user)
        .env("DAV_PASSWORD", &endpoint.password)
        .dir(&dir)
        .limit(Duration::from_secs(120))
        .run()?;
    // The script's last words: an early end with status 0 must not count.
    ensure!(output.trim_end().ends_with("all steps done"), "the script ended before its end");
    Ok(String::new())
}
