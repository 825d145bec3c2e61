//! davfs2, which mounts a collection as a file system.
//!
//! Its directory listings fail on recent kernels (`EINVAL` from `readdir`), whatever the server
//! answers; everything here is looked up by name.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cadaver::write_private;
use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;
use crate::process::{Call, Log};
use crate::tree::{self, Noise};

pub(super) fn against(context: &Context, log: &Log, endpoint: &Endpoint) -> Result<String> {
    ensure!(
        rustix::process::getuid().is_root(),
        "mounting needs root; run the tests as root or leave this one out with --skip davfs2"
    );
    ensure!(
        Path::new("/dev/fuse").exists(),
        "mounting needs /dev/fuse, which this machine does not have (load the module `fuse`)"
    );
    let home = context.fresh_dir("davfs2")?;
    let local = home.join("local.bin");
    Noise::new(2).write_file(&local, 3_000_000)?;
    {
        let mount = Mount::make(&home, log, endpoint)?;
        let at = |name: &str| mount.point.join(name);
        std::fs::write(at("note.txt"), "written through a mount\n").context("write")?;
        std::fs::create_dir(at("barn")).context("mkdir")?;
        std::fs::copy(&local, at("barn/hay.bin")).context("copy into the mount")?;
        std::fs::rename(at("note.txt"), at("barn/renamed ä.txt")).context("rename")?;
        std::fs::write(at("barn/renamed ä.txt"), "written again\n").context("overwrite")?;
        std::fs::write(at("gone.txt"), "for a moment").context("write")?;
        std::fs::remove_file(at("gone.txt")).context("remove")?;
        mount.unmount()?;
    }
    // What the mount had only in its cache would be missing on the server now.
    let get = |name: &str| endpoint.request("GET", &format!("{}{name}", endpoint.path)).send();
    let answer = get("barn/renamed%20%C3%A4.txt")?;
    ensure!(answer.status == 200, "the renamed file is answered {}", answer.status);
    ensure!(answer.body == b"written again\n", "the renamed file has another content");
    ensure!(get("note.txt")?.status == 404, "the old name is still there");
    ensure!(get("gone.txt")?.status == 404, "the removed file is still there");
    let mount = Mount::make(&home, log, endpoint)?;
    let back = mount.point.join("barn/hay.bin");
    ensure!(
        tree::digest(&back)? == tree::digest(&local)?,
        "what is read back differs from what was written"
    );
    let note = std::fs::read_to_string(mount.point.join("barn/renamed ä.txt")).context("read")?;
    ensure!(note == "written again\n", "the renamed file reads {note:?} after mounting again");
    mount.unmount()?;
    Ok("two mounts".into())
}

/// A mounted collection; dropping it takes the mount away whatever happened.
#[derive(Debug)]
struct Mount<'a> {
    point: PathBuf,
    log: &'a Log,
}

impl<'a> Mount<'a> {
    fn make(home: &Path, log: &'a Log, endpoint: &Endpoint) -> Result<Self> {
        let point = home.join("mount");
        std::fs::create_dir_all(&point).context(point.display())?;
        let secrets = home.join("secrets");
        write_private(
            &secrets,
            &format!("{} {} \"{}\"\n", endpoint.url(), endpoint.user, endpoint.password),
        )?;
        let config = home.join("davfs2.conf");
        let secrets = text(&secrets)?;
        std::fs::write(
            &config,
            format!("secrets {secrets}\nask_auth 0\nuse_locks 1\ndelay_upload 0\n"),
        )
        .context(config.display())?;
        let options = format!("conf={}", text(&config)?);
        Call::new(log, "mount.davfs")
            .args([&endpoint.url(), text(&point)?, "-o", &options])
            .limit(Duration::from_secs(60))
            .run()
            .context("this machine cannot mount, or the server was refused")?;
        Ok(Self { point, log })
    }

    /// Waits until everything is written back.
    fn unmount(&self) -> Result<()> {
        Call::new(self.log, "umount")
            .args([&self.point])
            .limit(Duration::from_secs(120))
            .run()
            .map(|_| ())
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        // Says "not mounted" after an orderly end; that is fine.
        let _ = Call::new(self.log, "umount").args(["--lazy"]).args([&self.point]).attempt();
    }
}
