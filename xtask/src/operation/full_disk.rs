//! A server on a disk of its own that fills up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::context::{Context, text};
use crate::failure::{Result, ensure};
use crate::process::{Call, Log};
use crate::server::Server;

/// A small file system in memory, unmounted in the end.
struct Disk<'a> {
    log: &'a Log,
    path: PathBuf,
}

impl<'a> Disk<'a> {
    fn mount(log: &'a Log, path: PathBuf, size: &str) -> Result<Self> {
        let options = format!("size={size}");
        Call::new(log, "mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs", text(&path)?])
            .limit(Duration::from_secs(10))
            .run()?;
        Ok(Self { log, path })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        // Lazily, since the server may still be ending.
        let unmount = Call::new(self.log, "umount").args(["-l".as_ref(), self.path.as_os_str()]);
        if let Err(failure) = unmount.limit(Duration::from_secs(10)).run() {
            self.log.line(format!("not unmounted: {failure}"));
        }
    }
}

pub(super) fn check(context: &Context, log: &Log) -> Result<String> {
    const PIECE: usize = 1 << 20;
    let disk = Disk::mount(log, context.fresh_dir("full-disk")?, "64m")?;
    let server = Server::start(context, log, disk.path().join("data"))?;
    let home = server.person("hoarder")?;
    let at = |method: &str, name: &str| home.request(method, &format!("{}{name}", home.path));
    let put = |name: &str, bytes: Vec<u8>| at("PUT", name).body(bytes).send();

    ensure!(put("kept.txt", b"kept".to_vec())?.status == 201, "the first file was refused");
    let mut stored = Vec::new();
    let full = loop {
        let name = format!("piece-{}", stored.len());
        let answer = put(&name, vec![b'x'; PIECE])?;
        if answer.status != 201 {
            break answer;
        }
        stored.push(name);
        ensure!(stored.len() < 100, "64 MiB took {} files of 1 MiB", stored.len());
    };
    ensure!(full.status == 507, "a full disk was answered {}: {}", full.status, full.text());
    ensure!(
        full.text().contains("Sabre\\DAV\\Exception\\InsufficientStorage"),
        "507 without its body: {}",
        full.text()
    );

    // What is there stays: also the old content of a file that could not be overwritten.
    let over = put("kept.txt", vec![b'y'; PIECE])?;
    ensure!(over.status == 507, "overwriting on a full disk was answered {}", over.status);
    let kept = at("GET", "kept.txt").send()?;
    ensure!(kept.status == 200 && kept.body == b"kept", "the old content is gone");

    // The service goes on: there is room to change what is known of files.
    let list = || at("PROPFIND", "").header("Depth", "1").send();
    let members = |text: &str| text.matches("<d:response>").count() - 1;
    let listed = list()?;
    ensure!(listed.status == 207, "listing was answered {}", listed.status);
    ensure!(members(&listed.text()) == stored.len() + 1, "the listing is short");
    let folder = at("MKCOL", "folder").send()?;
    ensure!(folder.status == 201, "a folder on a full disk was answered {}", folder.status);
    for name in stored.iter().take(5) {
        let removed = at("DELETE", name).send()?;
        ensure!(removed.status == 204, "removing {name} was answered {}", removed.status);
    }
    ensure!(members(&list()?.text()) == stored.len() + 1 - 4, "removed files are listed");
    Ok(format!("{} files of 1 MiB on 64 MiB", stored.len()))
}
