//! Trees of files on the local disk: made from a seed, digested, compared.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::failure::{Context as _, Result, ensure};

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Folder,
    File { length: u64, sha256: [u8; 32] },
}

/// Every folder and file below a directory, by relative path.
pub(crate) type Tree = BTreeMap<String, Entry>;

/// Reads the tree. Files that the desktop client keeps for itself are left out.
pub(crate) fn read(root: &Path) -> Result<Tree> {
    let mut tree = Tree::new();
    walk(root, "", &mut tree)?;
    Ok(tree)
}

fn walk(dir: &Path, prefix: &str, tree: &mut Tree) -> Result<()> {
    for entry in std::fs::read_dir(dir).context(dir.display())? {
        let entry = entry.context(dir.display())?;
        let name = entry.file_name();
        let name = name.to_str().context(format!("not UTF-8: {}", entry.path().display()))?;
        if [".sync_", "._sync_", ".owncloudsync.log"].iter().any(|own| name.starts_with(own)) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type().context(&path)?.is_dir() {
            tree.insert(path.clone(), Entry::Folder);
            walk(&entry.path(), &format!("{path}/"), tree)?;
        } else {
            tree.insert(path, digest(&entry.path())?);
        }
    }
    Ok(())
}

/// Length and hash of one file.
pub(crate) fn digest(path: &Path) -> Result<Entry> {
    let mut reader = BufReader::new(File::open(path).context(path.display())?);
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 256 * 1024];
    let mut length = 0;
    loop {
        let read = reader.read(&mut buffer).context(path.display())?;
        if read == 0 {
            return Ok(Entry::File { length, sha256: hasher.finalize().into() });
        }
        hasher.update(&buffer[..read]);
        length += read as u64;
    }
}

/// Fails with the first differences unless both trees are equal.
pub(crate) fn ensure_equal(what: &str, left: &Tree, right: &Tree) -> Result<()> {
    let mut differences = Vec::new();
    for path in left.keys().chain(right.keys().filter(|path| !left.contains_key(*path))) {
        match (left.get(path), right.get(path)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(_), Some(_)) => differences.push(format!("{path} differs")),
            (Some(_), None) => differences.push(format!("{path} is missing on the right")),
            _ => differences.push(format!("{path} is missing on the left")),
        }
    }
    let count = differences.len();
    differences.truncate(10);
    ensure!(count == 0, "{what}: {count} differences, first: {}", differences.join("; "));
    Ok(())
}

/// Bytes that look random and come again from the same seed.
#[derive(Debug)]
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        // The generator (xorshift64*) has no way out of zero.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// That many bytes at once.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[7]).collect()
    }

    /// A number from zero up to, but not including, the limit.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        // The low bits of the generator are its worst; the bias is of no matter here.
        (self.next() >> 11) % limit.max(1)
    }

    /// That many bytes at once, eight to a step: for large contents.
    pub(crate) fn block(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    /// Writes a file of that many bytes, with its folders.
    pub(crate) fn write_file(&mut self, path: &Path, length: u64) -> Result<()> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).context(parent.display())?;
        }
        let mut writer = BufWriter::new(File::create(path).context(path.display())?);
        let mut left = length;
        let mut buffer = vec![0_u8; 64 * 1024];
        while left > 0 {
            for eight in buffer.chunks_exact_mut(8) {
                eight.copy_from_slice(&self.next().to_le_bytes());
            }
            let part = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            writer.write_all(&buffer[..part]).context(path.display())?;
            left -= part as u64;
        }
        writer.flush().context(path.display())
    }
}

/// Writes a small text file, with its folders.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).context(parent.display())?;
    }
    std::fs::write(path, text).context(path.display())
}

/// Names that have gone wrong somewhere before, each for a reason of its own.
pub(crate) const AWKWARD_NAMES: &[&str] = &[
    "two  blanks/within  a name.txt",
    "percent %20 %zz 100%.txt",
    "hash # question-mark-free & ampersand + plus = equals ; semicolon , comma.txt",
    "quotes ' and (brackets) [square] {curly} ~ ! @ $ ^.txt",
    "umlauts ÄÖÜ äöü ß composed/Grüße.txt",
    "emoji 🦀 and 👩‍👩‍👧‍👦 family/😀.txt",
    "日本語/한국어/العربية/עברית.txt",
    "combining q\u{0323}\u{0307} that has no composed form.txt",
    "UPPER and upper/Case.txt",
    "UPPER and upper/case.TXT",
    "no-extension",
    "many.dots.in.a.name.tar.gz",
    ".hidden-but-synced-only-on-request",
];

/// A name that the desktop client refuses by itself ("Filename contains leading spaces").
pub(crate) const LEADING_BLANK: &str = "blank/ at the start.txt";

/// A name in decomposed form (NFD), as macOS writes it.
pub(crate) const DECOMPOSED_NAME: &str = "decomposed u\u{0308}ber.txt";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_file_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        Noise::new(7).write_file(&path("a"), 1001).unwrap();
        Noise::new(7).write_file(&path("b"), 1001).unwrap();
        Noise::new(8).write_file(&path("c"), 1001).unwrap();
        assert_eq!(digest(&path("a")).unwrap(), digest(&path("b")).unwrap());
        assert_ne!(digest(&path("a")).unwrap(), digest(&path("c")).unwrap());
    }

    #[test]
    fn differences_are_named() {
        let left = tempfile::tempdir().unwrap();
        let right = tempfile::tempdir().unwrap();
        write_text(&left.path().join("d/same"), "1").unwrap();
        write_text(&right.path().join("d/same"), "1").unwrap();
        write_text(&left.path().join(".sync_x.db"), "client's own").unwrap();
        let read_both = || (read(left.path()).unwrap(), read(right.path()).unwrap());
        let (a, b) = read_both();
        ensure_equal("trees", &a, &b).unwrap();
        write_text(&left.path().join("d/only"), "1").unwrap();
        write_text(&right.path().join("d/same"), "2").unwrap();
        let (a, b) = read_both();
        assert_eq!(
            ensure_equal("trees", &a, &b).unwrap_err().to_string(),
            "trees: 2 differences, first: d/only is missing on the right; d/same differs"
        );
    }
}
