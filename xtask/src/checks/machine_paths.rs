//! No file of the repository may name a path of the machine on which it was written.

use std::path::Path;

use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure};
use crate::process::{Call, Log};

/// Folders that many machines have and that a text may well speak of.
const COMMON: &[&str] =
    &["/", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/var", "/var/tmp"];

pub(super) fn check(context: &Context, log: &Log) -> Result<String> {
    let traces = traces(&context.root, std::env::var_os("HOME").as_deref().map(Path::new))?;
    let listed = Call::new(log, "git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .dir(&context.root)
        .run()?;
    let mut found = Vec::new();
    let mut files = 0;
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        // A file that was removed but is still in the index has no content to look at.
        let Ok(bytes) = std::fs::read(context.root.join(name)) else { continue };
        files += 1;
        let content = String::from_utf8_lossy(&bytes);
        for (number, line) in content.lines().enumerate() {
            if let Some(trace) = traces.iter().find(|trace| line.contains(trace.as_str())) {
                found.push(format!("{name}:{}: {trace}", number + 1));
            }
        }
    }
    found.iter().for_each(|line| log.line(line));
    ensure!(found.is_empty(), "{} machine paths, first: {}", found.len(), found[0]);
    Ok(format!("{files} files"))
}

/// The texts that would give a machine away: the work tree, the folder that holds it, and
/// what lies in the home directory.
fn traces(root: &Path, home: Option<&Path>) -> Result<Vec<String>> {
    let mut traces = vec![text(root)?.to_owned()];
    let parent = root.parent().context("the work tree has no parent")?;
    let parent = text(parent)?;
    if !COMMON.contains(&parent) {
        traces.push(format!("{parent}/"));
    }
    if let Some(home) = home.filter(|home| home.parent().is_some()) {
        let home = text(home)?;
        // Below the home of root only what is hidden is telling: `/root/` occurs in texts.
        traces.push(if home == "/root" { format!("{home}/.") } else { format!("{home}/") });
    }
    Ok(traces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_folders_are_no_traces() {
        let find = |root: &str, home: &str| traces(Path::new(root), Some(Path::new(home))).unwrap();
        assert_eq!(find("/a/b/c", "/home/me"), ["/a/b/c", "/a/b/", "/home/me/"]);
        assert_eq!(find("/tmp/c", "/"), ["/tmp/c"]);
    }
}
