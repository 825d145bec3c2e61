//! Single bits that flip on the disk while the server is down.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::failure::{Context as _, Result, ensure, fail};
use crate::http::Endpoint;
use crate::process::Log;
use crate::server::{Launch, Server};
use crate::tree::Noise;

/// Lengths of contents: empty, in a pack, around the border between the forms, and large.
const LENGTHS: &[usize] = &[0, 1, 500, 20_000, 65_535, 65_536, 65_537, 200_000, 1_000_000];
/// Where the head of a file with contents ends, at the latest: its half of the flips hits it.
const HEAD: u64 = 70 * 1024;

/// Flips one bit, as often as said, each time in what was stored whole.
pub(super) fn run(context: &Context, log: &Log, flips: u64, seed: u64) -> Result<String> {
    log.line(format!("seed {seed}"));
    let work = context.fresh_dir("bit-rot")?;
    let data = work.join("data");
    let mut noise = Noise::new(seed);
    let mut server = Server::start(context, log, data.clone())?;
    let home = server.person("rosa")?;
    let contents: Vec<Vec<u8>> = LENGTHS.iter().map(|length| noise.block(*length)).collect();
    for (n, content) in contents.iter().enumerate() {
        let put = home.request("PUT", &address(&home, n)).body(content.clone()).send()?;
        ensure!(put.status == 201, "storing was answered {}", put.status);
    }
    server.kill()?;
    drop(server);

    let stored = data.join("blobs/blobs");
    let files = files(&stored)?;
    ensure!(!files.is_empty(), "nothing lies below {}", stored.display());
    let (mut found, mut harmless) = (0, 0);
    for _ in 0..flips {
        let file = &files[usize::try_from(noise.below(files.len() as u64)).unwrap_or(0)];
        let bit = flip(file, &mut noise)?;
        let what = format!("bit {bit} of {} (seed {seed})", file.display());
        log.line(format!("flipped: {what}"));
        match look(context, log, &data, &contents, State::Flipped).context(&what)? {
            0 => harmless += 1,
            _ => found += 1,
        }
        flip_at(file, bit)?;
    }
    // Put back, all is well.
    let broken = look(context, log, &data, &contents, State::Whole)?;
    ensure!(broken == 0, "{broken} contents are broken without a flipped bit");
    ensure!(found > 0, "none of {flips} flipped bits broke anything: nothing was looked at");
    Ok(format!(
        "{flips} flipped bits: {found} broke what was read and were found by `check` and `fsck`, {harmless} \
         lay where nothing is read, none was served"
    ))
}

fn address(home: &Endpoint, n: usize) -> String {
    format!("{}file-{n}", home.path)
}

/// Every file below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).context(folder.display())? {
        let path = entry.context(folder.display())?.path();
        if path.is_dir() {
            all.extend(files(&path)?);
        } else {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

/// Flips one bit, often near the beginning; says which.
fn flip(file: &Path, noise: &mut Noise) -> Result<u64> {
    let length = std::fs::metadata(file).context(file.display())?.len();
    let range = if noise.below(2) == 0 { length.min(HEAD) } else { length };
    let bit = noise.below(range * 8);
    flip_at(file, bit)?;
    Ok(bit)
}

fn flip_at(file: &Path, bit: u64) -> Result<()> {
    let what = file.display();
    let open = std::fs::OpenOptions::new().read(true).write(true).open(file).context(&what)?;
    let mut byte = [0];
    open.read_exact_at(&mut byte, bit / 8).context(&what)?;
    byte[0] ^= 1 << (bit % 8);
    open.write_all_at(&byte, bit / 8).context(&what)
}

/// What a look has to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A bit is another, wherever.
    Flipped,
    /// Everything is as it was stored.
    Whole,
}

/// Reads everything; says how much could not be read. What could is as it was stored, and
/// what could not is found by `allmende check` and `allmende fsck` too. Of what is whole they
/// find nothing.
fn look(
    context: &Context,
    log: &Log,
    data: &Path,
    contents: &[Vec<u8>],
    state: State,
) -> Result<u64> {
    let mut server = Server::launch(context, log, data.to_owned(), Launch::default())?;
    let home = server.home_of("rosa");
    let mut broken = 0;
    for (n, content) in contents.iter().enumerate() {
        let address = address(&home, n);
        // An answer that ends early is an error here, as it is for a client.
        let Ok(answer) = home.request("GET", &address).send() else {
            broken += 1;
            continue;
        };
        match answer.status {
            200 => ensure!(answer.body == *content, "{address} was served with other bytes"),
            404 => fail!("{address} is damaged, and was said not to be there"),
            _ => broken += 1,
        }
    }
    server.kill()?;
    for finder in ["check", "fsck"] {
        let ended = server.command(log, &[finder, "--json"]).attempt()?;
        let (found, output) = (!ended.status.success(), ended.output);
        ensure!(
            broken == 0 || found,
            "{broken} contents could not be read, and `{finder}` found nothing: {output}"
        );
        ensure!(state == State::Flipped || !found, "`{finder}` finds what is not: {output}");
    }
    Ok(broken)
}
