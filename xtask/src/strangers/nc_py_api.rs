//! `nc_py_api` from PyPI, the Python client of Nextcloud's own app framework.

use std::time::Duration;

use crate::context::Context;
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;
use crate::process::{Call, Log};
use crate::tools::python_program;

const SCRIPT: &str = include_str!("nc_py_api.py");

/// Walks through the whole API as the administrator whom the endpoint names.
pub(super) fn against(context: &Context, log: &Log, admin: &Endpoint) -> Result<String> {
    let dir = context.fresh_dir("nc-py-api")?;
    let script = dir.join("walk.py");
    std::fs::write(&script, SCRIPT).context(script.display())?;
    let output = Call::new(log, python_program(context, "python3")?)
        .args([&script])
        .env("NC_URL", format!("http://{}", admin.authority))
        .env("NC_ADMIN", &admin.user)
        .env("NC_ADMIN_PASSWORD", &admin.password)
        .dir(&dir)
        .limit(Duration::from_secs(180))
        .run()?;
    // The script's last words: an early end with status 0 must not count.
    ensure!(output.trim_end().ends_with("all steps done"), "the script ended before its end");
    Ok(String::new())
}
