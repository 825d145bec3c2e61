//! nextcloudcmd, the sync engine of the desktop client, with two folders of one account.
//!
//! Two faults of version 3.7 are kept out of the way, since no server can answer around them:
//! it cannot upload an empty file while bulk upload is announced, and it waits for ever when
//! every file of a folder pair was deleted. So no file here is empty, and some always stay.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure, fail};
use crate::http::Endpoint;
use crate::process::{Call, Log};
use crate::relay::Relay;
use crate::server::Server;
use crate::tree::{self, AWKWARD_NAMES, DECOMPOSED_NAME, Noise};

const SMALL_FILES: u64 = 1000;

/// Two folders of one account, seen through a relay.
pub(super) struct Pair<'a> {
    pub(super) a: PathBuf,
    pub(super) b: PathBuf,
    home: PathBuf,
    pub(super) relay: Relay,
    account: Endpoint,
    log: &'a Log,
}

impl<'a> Pair<'a> {
    pub(super) fn new(
        context: &Context,
        log: &'a Log,
        name: &str,
        server: &Server,
    ) -> Result<Self> {
        let dir = context.fresh_dir(name)?;
        let folder = |name: &str| -> Result<PathBuf> {
            let path = dir.join(name);
            std::fs::create_dir_all(&path).context(path.display())?;
            Ok(path)
        };
        Ok(Self {
            a: folder("a")?,
            b: folder("b")?,
            home: folder("home")?,
            relay: Relay::start(server.authority())?,
            account: server.person("wanderer")?,
            log,
        })
    }

    pub(super) fn call(&self, folder: &Path) -> Result<Call<'a>> {
        let url = format!("http://{}", self.relay.authority());
        Ok(Call::new(self.log, "nextcloudcmd")
            .args(["--non-interactive", "-h", "-u", &self.account.user])
            .args(["-p", &self.account.password, text(folder)?, &url])
            .env("HOME", &self.home)
            .env("XDG_CONFIG_HOME", self.home.join("config"))
            .env("XDG_DATA_HOME", self.home.join("data"))
            .env("XDG_CACHE_HOME", self.home.join("cache"))
            .env("LC_ALL", "C.UTF-8")
            .limit(Duration::from_secs(300)))
    }

    /// One run of the client, which must end well.
    pub(super) fn sync(&self, folder: &Path) -> Result<()> {
        self.call(folder)?.run().map(|_| ())
    }

    /// Changes travel from A to B and back, until both have everything.
    pub(super) fn settle(&self, what: &str) -> Result<()> {
        for folder in [&self.a, &self.b, &self.a] {
            self.sync(folder).context(what)?;
        }
        tree::ensure_equal(what, &tree::read(&self.a)?, &tree::read(&self.b)?)
    }

    /// A run without a change may ask, but must not transfer or change anything.
    pub(super) fn ensure_quiet(&self, what: &str) -> Result<()> {
        for folder in [&self.a, &self.b] {
            self.relay.take_requests();
            self.sync(folder)?;
            let requests = self.relay.take_requests();
            let loud: Vec<&String> = requests.iter().filter(|line| !is_question(line)).collect();
            ensure!(
                loud.is_empty(),
                "{what}: a sync without changes sent {} requests that transfer, first: {}",
                loud.len(),
                loud[0]
            );
            ensure!(
                requests.iter().any(|line| line.starts_with("PROPFIND ")),
                "{what}: the relay saw no PROPFIND, so it proves nothing"
            );
        }
        Ok(())
    }
}

/// Requests that only ask for the state of things.
fn is_question(request: &str) -> bool {
    match request.split_once(' ') {
        Some(("PROPFIND" | "OPTIONS", _)) => true,
        Some(("GET" | "HEAD", path)) => !path.starts_with("/remote.php/dav/files/"),
        _ => false,
    }
}

pub(super) fn sync(context: &Context, log: &Log) -> Result<String> {
    let server = Server::start(context, log, context.fresh_dir("nextcloudcmd-sync-server")?)?;
    let pair = Pair::new(context, log, "nextcloudcmd-sync", &server)?;

    fill(&pair.a, context.large_file)?;
    pair.settle("first sync")?;
    let files = tree::read(&pair.b)?;
    ensure!(files.len() as u64 > SMALL_FILES + 20, "only {} entries arrived", files.len());
    pair.ensure_quiet("after the first sync")?;

    decomposed(&pair)?;
    rename_parent(&pair)?;
    deletions(&pair)?;
    conflict(&pair)?;
    both_ways(&pair)?;
    pair.ensure_quiet("at the end")?;
    Ok(format!("{} entries", tree::read(&pair.a)?.len()))
}

fn fill(root: &Path, large: u64) -> Result<()> {
    let mut noise = Noise::new(4);
    for number in 0..SMALL_FILES {
        let path = format!("small/{:02}/file {number:04}.dat", number / 50);
        noise.write_file(&root.join(path), 1 + number * 7 % 4000)?;
    }
    for (index, name) in AWKWARD_NAMES.iter().enumerate() {
        noise.write_file(&root.join("names").join(name), 11 + index as u64)?;
    }
    let deep: String = (0..20).map(|level| format!("level {level}/")).collect();
    tree::write_text(&root.join(deep).join("leaf.txt"), "deep down\n")?;
    std::fs::create_dir_all(root.join("empty folder")).context("empty folder")?;
    noise.write_file(&root.join("large.bin"), large)
}

/// A name in NFD, as macOS makes it, arrives in NFC and neither doubles nor vanishes.
fn decomposed(pair: &Pair<'_>) -> Result<()> {
    let composed = DECOMPOSED_NAME.replace("u\u{0308}", "ü");
    tree::write_text(&pair.a.join("nfd").join(DECOMPOSED_NAME), "one file\n")?;
    for folder in [&pair.a, &pair.b, &pair.a, &pair.b] {
        pair.sync(folder).context("a decomposed name")?;
    }
    for folder in [&pair.a, &pair.b] {
        let names: Vec<_> = tree::read(&folder.join("nfd"))?.into_keys().collect();
        ensure!(
            names == [composed.as_str()] || names == [DECOMPOSED_NAME],
            "a decomposed name became {names:?} in {}",
            folder.display()
        );
    }
    let content = tree::read(&pair.b.join("nfd"))?;
    ensure!(content.len() == 1, "the decomposed file is there {} times", content.len());
    // From here on both sides must be equal again, so the name goes.
    for folder in [&pair.a, &pair.b] {
        std::fs::remove_dir_all(folder.join("nfd")).context("nfd")?;
    }
    pair.settle("after the decomposed name")
}

fn rename_parent(pair: &Pair<'_>) -> Result<()> {
    let from = |root: &Path| root.join("small");
    let to = |root: &Path| root.join("renamed päckchen");
    std::fs::rename(from(&pair.a), to(&pair.a)).context("rename")?;
    pair.relay.take_requests();
    pair.settle("rename of a parent folder")?;
    ensure!(!from(&pair.b).exists() && to(&pair.b).exists(), "B does not have the new name");
    let requests = pair.relay.take_requests();
    let moves = requests.iter().filter(|line| line.starts_with("MOVE ")).count();
    let puts = requests
        .iter()
        .filter(|line| line.starts_with("PUT ") || line.starts_with("POST /remote.php/dav/bulk"))
        .count();
    ensure!(moves == 1 && puts == 0, "a rename took {moves} MOVE and {puts} uploads");
    Ok(())
}

fn deletions(pair: &Pair<'_>) -> Result<()> {
    for number in (0..1000).step_by(3) {
        let path = format!("renamed päckchen/{:02}/file {number:04}.dat", number / 50);
        std::fs::remove_file(pair.b.join(&path)).context(path)?;
    }
    std::fs::remove_dir_all(pair.a.join("names")).context("names")?;
    // The side that deleted goes first, or it would be given back what the other still has.
    pair.sync(&pair.b)?;
    pair.settle("deletions on both sides")?;
    ensure!(!pair.b.join("names").exists(), "the removed folder is still in B");
    ensure!(
        !pair.a.join("renamed päckchen/00/file 0003.dat").exists(),
        "the removed file is still in A"
    );
    ensure!(pair.a.join("renamed päckchen/00/file 0001.dat").exists(), "too much was removed");
    Ok(())
}

/// Both change one file: the client keeps the server's and its own beside it.
fn conflict(pair: &Pair<'_>) -> Result<()> {
    let name = "contested.txt";
    tree::write_text(&pair.a.join(name), "in the beginning\n")?;
    pair.settle("before the conflict")?;
    tree::write_text(&pair.a.join(name), "what A wrote\n")?;
    tree::write_text(&pair.b.join(name), "what B wrote, longer\n")?;
    pair.sync(&pair.a)?;
    pair.sync(&pair.b)?;
    let contents = |folder: &Path| -> Result<Vec<String>> {
        let mut contents = Vec::new();
        for entry in std::fs::read_dir(folder).context(folder.display())? {
            let path = entry.context(folder.display())?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("contested") {
                let text = std::fs::read_to_string(&path).context(path.display())?;
                contents.push(format!("{name}: {text}"));
            }
        }
        contents.sort();
        Ok(contents)
    };
    let found = contents(&pair.b)?;
    ensure!(found.len() == 2, "a conflict left {found:?} in B");
    ensure!(
        found.iter().any(
            |text| text.contains("conflicted copy") && text.ends_with("what B wrote, longer\n")
        ),
        "the content of B is lost: {found:?}"
    );
    ensure!(
        found.iter().any(|text| text == "contested.txt: what A wrote\n"),
        "the content of A is lost: {found:?}"
    );
    // The copy is B's own affair: by default the client does not upload it.
    for entry in std::fs::read_dir(&pair.b).context("B")? {
        let path = entry.context("B")?.path();
        if path.to_string_lossy().contains("conflicted copy") {
            std::fs::remove_file(&path).context(path.display())?;
        }
    }
    pair.settle("after the conflict")
}

/// Changes on both sides at once that do not touch one another.
fn both_ways(pair: &Pair<'_>) -> Result<()> {
    let text = |number: u32| format!("changed in round {number}\n");
    tree::write_text(&pair.a.join("from a/new.txt"), "from A\n")?;
    tree::write_text(&pair.b.join("from b/new.txt"), "from B\n")?;
    tree::write_text(&pair.b.join("renamed päckchen/00/file 0001.dat"), &text(1))?;
    tree::write_text(&pair.a.join("renamed päckchen/00/file 0002.dat"), &text(2))?;
    std::fs::rename(pair.b.join("large.bin"), pair.b.join("from b/moved large.bin"))
        .context("rename")?;
    pair.sync(&pair.b)?;
    pair.settle("changes on both sides")?;
    ensure!(pair.a.join("from b/moved large.bin").exists(), "A misses B's move");
    for (folder, name, content) in [
        (&pair.a, "renamed päckchen/00/file 0001.dat", text(1)),
        (&pair.b, "renamed päckchen/00/file 0002.dat", text(2)),
    ] {
        let found = std::fs::read_to_string(folder.join(name)).context(name)?;
        ensure!(found == content, "{name} reads {found:?}");
    }
    Ok(())
}

pub(super) fn kill(context: &Context, log: &Log) -> Result<String> {
    let mut server = Server::start(context, log, context.fresh_dir("nextcloudcmd-kill-server")?)?;
    let pair = Pair::new(context, log, "nextcloudcmd-kill", &server)?;
    // Something small that is there before, and must be there afterwards.
    tree::write_text(&pair.a.join("before.txt"), "was here before\n")?;
    let mut noise = Noise::new(5);
    noise.write_file(&pair.a.join("overwritten.bin"), context.large_file / 10)?;
    pair.settle("before the kill")?;
    let old = tree::digest(&pair.a.join("overwritten.bin"))?;

    noise.write_file(&pair.a.join("overwritten.bin"), context.large_file)?;
    for number in 0..50 {
        noise.write_file(&pair.a.join(format!("with it/{number}.dat")), 3000 + number)?;
    }
    let before = pair.relay.upstream_bytes();
    let mut running = pair.call(&pair.a)?.start()?;
    let end = Instant::now() + Duration::from_secs(120);
    while pair.relay.upstream_bytes() - before < context.large_file / 3 {
        ensure!(!running.ended()?, "the client ended before a third was uploaded");
        if Instant::now() > end {
            fail!("a third of the upload did not pass within 120 s");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    server.kill_and_restart(log)?;
    // The interrupted run may fail or recover; either is the client's right.
    let interrupted = running.wait()?;
    log.line(format!("the interrupted run ended with {}", interrupted.status));

    // Whoever reads now sees the old content or the new, never a mixture.
    pair.sync(&pair.b).context("B after the kill")?;
    let seen = tree::digest(&pair.b.join("overwritten.bin"))?;
    let new = tree::digest(&pair.a.join("overwritten.bin"))?;
    ensure!(seen == old || seen == new, "B was given a torn file");
    let note = std::fs::read_to_string(pair.b.join("before.txt")).context("before.txt")?;
    ensure!(note == "was here before\n", "an old file reads {note:?}");

    pair.settle("after the kill")?;
    ensure!(
        tree::digest(&pair.b.join("overwritten.bin"))? == new,
        "the interrupted file did not arrive"
    );
    pair.ensure_quiet("after the kill")?;
    Ok(format!("killed after {} MB", context.large_file / 3_000_000))
}
