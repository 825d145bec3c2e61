//! A backup is taken while the server serves, more is uploaded, the backup comes back, and
//! nextcloudcmd loses nothing of what it has.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure};
use crate::process::Log;
use crate::server::Server;
use crate::tree::{self, Entry, Noise, Tree};

use super::nextcloudcmd::Pair;

const FILES: u64 = 120;
/// How long the client may take to begin.
const UPLOADING: Duration = Duration::from_secs(60);

pub(super) fn drill(context: &Context, log: &Log) -> Result<String> {
    let dir = context.fresh_dir("restore-drill")?;
    let mut server = Server::start(context, log, dir.join("data"))?;
    let pair = Pair::new(context, log, "restore-drill-clients", &server)?;
    let mut noise = Noise::new(11);
    for number in 0..FILES {
        let path = format!("before/{:02}/{number:03}.dat", number / 20);
        noise.write_file(&pair.a.join(path), 1 + number * 97 % 5000)?;
    }
    for (name, content) in [
        ("changed.txt", "as it was in the backup\n"),
        ("old name.txt", "renamed after the backup\n"),
        ("removed.txt", "removed after the backup\n"),
    ] {
        tree::write_text(&pair.a.join(name), content)?;
    }
    pair.settle("before the backup")?;

    // While the client uploads.
    for number in 0..FILES {
        noise.write_file(&pair.a.join(format!("during/{number:03}.dat")), 3000 + number)?;
    }
    let backups = dir.join("backups");
    let (before, end) = (pair.relay.upstream_bytes(), Instant::now() + UPLOADING);
    let mut uploading = pair.call(&pair.a)?.start()?;
    while pair.relay.upstream_bytes() - before < FILES * 500 {
        ensure!(!uploading.ended()?, "the client ended before it had uploaded");
        ensure!(Instant::now() < end, "the client does not upload");
        std::thread::sleep(Duration::from_millis(2));
    }
    let taken = server.command(log, &["backup", "--json", text(&backups)?]).run()?;
    ensure!(taken.contains("\"unreadable\": []"), "the backup is not whole: {taken}");
    let uploaded = uploading.wait()?;
    ensure!(uploaded.status.success(), "the upload ended with {}", uploaded.status);
    pair.settle("after the backup")?;

    for number in 0..FILES {
        noise.write_file(&pair.a.join(format!("after/{number:03}.dat")), 2000 + number)?;
    }
    tree::write_text(&pair.a.join("changed.txt"), "newer than the backup, and longer\n")?;
    std::fs::remove_file(pair.a.join("removed.txt")).context("removed.txt")?;
    std::fs::rename(pair.a.join("old name.txt"), pair.a.join("new name.txt")).context("rename")?;
    pair.settle("after what the backup does not know")?;
    let had = tree::read(&pair.a)?;

    server.kill()?;
    let restored = dir.join("restored");
    server.command_on(log, &restored, &["restore", text(&backups)?]).run()?;
    server.command_on(log, &restored, &["fsck"]).run()?;
    server.restart_on(log, restored)?;
    log.line("the server goes on from the backup");

    for (what, folder) in [("A", &pair.a), ("B", &pair.b)] {
        pair.sync(folder).context(format!("{what} after the restore"))?;
        ensure_nothing_lost(what, &had, &tree::read(folder)?)?;
    }
    let copies = resolve(&pair.a)? + resolve(&pair.b)?;
    pair.settle("at the end")?;
    let have = tree::read(&pair.b)?;
    ensure_nothing_lost("B at the end", &had, &have)?;
    let changed = std::fs::read_to_string(pair.b.join("changed.txt")).context("changed.txt")?;
    ensure!(changed == "newer than the backup, and longer\n", "changed.txt reads {changed:?}");
    pair.ensure_quiet("after the restore")?;
    // Beside the server.
    let checked = server.command(log, &["fsck", "--json"]).run()?;
    ensure!(checked.contains("\"verdict\": \"clean\""), "fsck found: {checked}");
    Ok(format!("{} entries, lost: 0, conflicts: {copies}", have.len()))
}

/// Everything that a folder had is still there: under its name, under the one that it has in
/// the backup, or as the copy that the client makes of a conflict.
fn ensure_nothing_lost(what: &str, had: &Tree, have: &Tree) -> Result<()> {
    for (path, entry) in had {
        let is_there = have.get(path) == Some(entry);
        let is_elsewhere = *entry != Entry::Folder && have.values().any(|kept| kept == entry);
        ensure!(is_there || is_elsewhere, "{what}: {path} is lost");
    }
    Ok(())
}

/// Decides every conflict for the copy, as a person does who wants the newer file.
fn resolve(root: &Path) -> Result<usize> {
    let mut resolved = 0;
    for path in tree::read(root)?.keys().filter(|path| path.contains(" (conflicted copy ")) {
        let (start, rest) = path.split_once(" (conflicted copy ").unwrap_or((path, ""));
        let end = rest.split_once(')').map_or("", |(_, end)| end);
        let original = root.join(format!("{start}{end}"));
        std::fs::rename(root.join(path), &original).context(original.display())?;
        resolved += 1;
    }
    Ok(resolved)
}
