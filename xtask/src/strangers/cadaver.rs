//! cadaver, the interactive client of neon, driven through its standard input.

use std::time::Duration;

use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;
use crate::process::{Call, Log};
use crate::tree::{self, Noise};

pub(super) fn against(context: &Context, log: &Log, endpoint: &Endpoint) -> Result<String> {
    let home = context.fresh_dir("cadaver")?;
    let host = endpoint.authority.split(':').next().unwrap_or_default();
    write_private(
        &home.join(".netrc"),
        &format!("machine {host} login {} password {}\n", endpoint.user, endpoint.password),
    )?;
    let (local, back) = (home.join("local.bin"), home.join("back.bin"));
    Noise::new(1).write_file(&local, 70_000)?;
    let (local, back) = (text(&local)?, text(&back)?);
    let script = [
        "mkcol meadow".to_owned(),
        format!("put {local} meadow/first.bin"),
        "ls meadow".into(),
        "lock meadow/first.bin".into(),
        "discover meadow/first.bin".into(),
        "unlock meadow/first.bin".into(),
        "propset meadow/first.bin colour green".into(),
        "propget meadow/first.bin colour".into(),
        "copy meadow/first.bin meadow/copy.bin".into(),
        "move meadow/first.bin meadow/second.bin".into(),
        "ls meadow".into(),
        format!("get meadow/second.bin {back}"),
        "delete meadow/copy.bin".into(),
        "rmcol meadow".into(),
        "ls".into(),
        "quit".into(),
    ]
    .join("\n");
    let output = Call::new(log, "cadaver")
        .args([endpoint.url()])
        .env("HOME", &home)
        .env("LC_ALL", "C.UTF-8")
        .input(script + "\n")
        .limit(Duration::from_secs(60))
        .run()?;
    judge(&output)?;
    ensure!(
        tree::digest(local.as_ref())? == tree::digest(back.as_ref())?,
        "what came back differs from what was put"
    );
    Ok("13 commands".into())
}

/// Each command prints one line that says how it went.
fn judge(output: &str) -> Result<()> {
    let expected: &[&[&str]] = &[
        &["Creating `meadow'", "succeeded."],
        &["Uploading ", "/meadow/first.bin'", "succeeded."],
        &["Listing collection ", "/meadow/'", "succeeded."],
        &["first.bin", "70000"],
        &["Locking `meadow/first.bin'", "succeeded."],
        &["Discovering locks on ", "meadow/first.bin'"],
        &["Unlocking `meadow/first.bin'", "succeeded."],
        &["Setting property on `meadow/first.bin'", "succeeded."],
        &["Value of colour is: green"],
        &["Copying ", "/meadow/copy.bin'", "succeeded."],
        &["Moving ", "/meadow/second.bin'", "succeeded."],
        &["copy.bin", "70000"],
        &["second.bin", "70000"],
        &["Downloading ", "/meadow/second.bin'", "succeeded."],
        &["Deleting `meadow/copy.bin'", "succeeded."],
        &["Deleting collection `meadow'", "succeeded."],
    ];
    for parts in expected {
        let found = output.lines().any(|line| parts.iter().all(|part| line.contains(part)));
        ensure!(found, "cadaver did not say: {}", parts.join(" … "));
    }
    let (_, end) = output.rsplit_once("Listing collection").context("no last listing")?;
    ensure!(!end.contains("meadow"), "the collection is listed after it was removed");
    Ok(())
}

/// Clients refuse files with credentials that others may read.
pub(super) fn write_private(path: &std::path::Path, content: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, content).context(path.display())?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).context(path.display())
}
