//! The clients that come from npm, installed below `target/`.

use std::time::Duration;

use crate::context::Context;
use crate::failure::{Context as _, Result};
use crate::process::{Call, Log};

/// Exact versions: a new release of a client is looked at before it decides about ours.
const PACKAGES: &[&str] = &["webdav@5.11.0"];

/// Installs the packages if the list of what is there is not the present one.
pub(crate) fn install(context: &Context, log: &Log) -> Result<String> {
    let home = context.node();
    let stamp = home.join("packages.txt");
    let wanted = PACKAGES.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|present| present == wanted) {
        return Ok("nothing was missing".into());
    }
    std::fs::create_dir_all(&home).context(home.display())?;
    std::fs::write(home.join("package.json"), "{\"private\":true,\"type\":\"module\"}\n")
        .context(home.display())?;
    Call::new(log, "npm")
        // No package's own scripts are run: none of these needs one.
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
        .args(PACKAGES)
        .dir(&home)
        .limit(Duration::from_secs(300))
        .run()?;
    std::fs::write(&stamp, wanted).context(stamp.display())?;
    Ok(format!("installed {}", PACKAGES.join(" ")))
}
