//! Pictures on the local disk, within a budget.
//!
//! One file for each picture, under a name that says all about it:
//! `{content}-{width}x{height} of the image-{width}x{height}{c|k}`, in 256 folders. So what is
//! there is known from the names alone. A file has a checksum of what is in it; one that
//! was torn by a crash is found out when it is read, removed, and made again. So nothing has
//! to be flushed.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use bytes::Bytes;

use crate::{
    Aspect, Content, Dimensions, Fit, Preview, Wanted,
    picture::{JPEG, PNG},
};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// Bytes of all pictures together; what was not looked at for the longest time goes.
    pub budget: u64,
}

impl Default for StoreOptions {
    /// 2 GiB: about 100,000 pictures.
    fn default() -> Self {
        Self { budget: 2 << 30 }
    }
}

/// How full a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStats {
    /// Pictures.
    pub pictures: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The bytes that there may be.
    pub budget: u64,
}

#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    budget: u64,
    index: Mutex<Index>,
    next_temporary: AtomicU64,
}

/// A picture in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    content: Content,
    fit: Fit,
}

/// What is there. Rebuilt from the names of the files when the store is opened.
#[derive(Debug, Default)]
struct Index {
    /// The size of the image, and its pictures.
    contents: HashMap<Content, (Dimensions, Vec<Fit>)>,
    files: HashMap<Key, File>,
    /// By the last use.
    order: BTreeMap<u64, Key>,
    clock: u64,
    bytes: u64,
}

#[derive(Debug, Clone, Copy)]
struct File {
    bytes: u64,
    used: u64,
}

const MAGIC: &[u8; 4] = b"APv1";
/// Magic, kind, checksum.
const HEAD: usize = 4 + 1 + 4;
const TEMPORARY: &str = "tmp-";

impl Store {
    pub(crate) fn open(folder: PathBuf, options: StoreOptions) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let mut found: Vec<(SystemTime, Key, Dimensions, u64)> = Vec::new();
        for shard in fs::read_dir(&folder)? {
            let shard = shard?;
            if !shard.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(shard.path())? {
                let file = file?;
                let name = file.file_name();
                let Some(name) = name.to_str() else { continue };
                if name.starts_with(TEMPORARY) {
                    // Of a process that is gone; the folder is this one's alone.
                    _ = fs::remove_file(file.path());
                } else if let Some((key, image)) = parse(name) {
                    let about = file.metadata()?;
                    let made = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    found.push((made, key, image, about.len()));
                }
            }
        }
        found.sort_unstable_by_key(|(made, ..)| *made);
        let store = Self {
            folder,
            budget: options.budget,
            index: Mutex::default(),
            next_temporary: AtomicU64::new(0),
        };
        let mut index = store.index();
        found.into_iter().for_each(|(_, key, image, bytes)| index.add(key, image, bytes));
        let evicted = index.shrink(store.budget);
        drop(index);
        store.remove(&evicted);
        Ok(store)
    }

    /// Whether there is any picture of some content.
    pub(crate) fn knows(&self, content: Content) -> bool {
        self.index().contents.contains_key(&content)
    }

    /// The picture, if it is there and whole.
    pub(crate) fn get(&self, content: Content, wanted: Wanted) -> Option<Preview> {
        let (key, image) = {
            let mut index = self.index();
            let image = index.contents.get(&content)?.0;
            let key = Key { content, fit: wanted.fit(image) };
            index.touch(key)?;
            (key, image)
        };
        let read = fs::read(self.path(key, image)).ok().and_then(|file| open(file, key, image));
        if read.is_none() {
            // Torn, or taken away by somebody else.
            self.index().take(key);
            _ = fs::remove_file(self.path(key, image));
        }
        read
    }

    /// Keeps a picture. What has to go for it goes.
    pub(crate) fn put(&self, content: Content, fit: Fit, preview: &Preview) -> io::Result<()> {
        let key = Key { content, fit };
        let bytes = (preview.bytes.len() + HEAD) as u64;
        if bytes > self.budget {
            return Ok(());
        }
        let path = self.path(key, preview.source);
        let shard = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(shard)?;
        let number = self.next_temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = shard.join(format!("{TEMPORARY}{}-{number}", std::process::id()));
        let written = write(&temporary, preview).and_then(|()| fs::rename(&temporary, &path));
        if let Err(failed) = written {
            _ = fs::remove_file(&temporary);
            return Err(failed);
        }
        let evicted = {
            let mut index = self.index();
            index.add(key, preview.source, bytes);
            index.shrink(self.budget)
        };
        self.remove(&evicted);
        Ok(())
    }

    /// Removes all pictures of some content.
    pub(crate) fn forget(&self, content: Content) {
        let mut index = self.index();
        let Some((_, fits)) = index.contents.get(&content).cloned() else { return };
        let keys = fits.into_iter().map(|fit| Key { content, fit });
        let gone: Vec<(Key, Dimensions)> =
            keys.filter_map(|key| Some((key, index.take(key)?))).collect();
        drop(index);
        self.remove(&gone);
    }

    pub(crate) fn stats(&self) -> StoreStats {
        let index = self.index();
        StoreStats { pictures: index.files.len(), bytes: index.bytes, budget: self.budget }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, gone: &[(Key, Dimensions)]) {
        for (key, image) in gone {
            let path = self.path(*key, *image);
            if let Err(failed) = fs::remove_file(&path)
                && failed.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(path = %path.display(), error = %failed, "a preview was not removed");
            }
        }
    }

    fn path(&self, key: Key, image: Dimensions) -> PathBuf {
        let cut = match key.fit.aspect {
            Aspect::Crop => 'c',
            Aspect::Keep => 'k',
        };
        let (content, size) = (key.content.to_string(), key.fit.size);
        self.folder.join(&content[..2]).join(format!(
            "{content}-{}x{}-{}x{}{cut}",
            image.width, image.height, size.width, size.height
        ))
    }
}

impl Index {
    fn add(&mut self, key: Key, image: Dimensions, bytes: u64) {
        self.take(key);
        self.clock += 1;
        let (_, fits) = self.contents.entry(key.content).or_insert((image, Vec::new()));
        fits.push(key.fit);
        self.files.insert(key, File { bytes, used: self.clock });
        self.order.insert(self.clock, key);
        self.bytes += bytes;
    }

    fn touch(&mut self, key: Key) -> Option<()> {
        let file = self.files.get_mut(&key)?;
        self.order.remove(&file.used);
        self.clock += 1;
        file.used = self.clock;
        self.order.insert(self.clock, key);
        Some(())
    }

    /// Takes a picture out; the size of its image, if it was there.
    fn take(&mut self, key: Key) -> Option<Dimensions> {
        let file = self.files.remove(&key)?;
        self.order.remove(&file.used);
        self.bytes -= file.bytes;
        let (image, fits) = self.contents.get_mut(&key.content)?;
        let image = *image;
        fits.retain(|fit| *fit != key.fit);
        if fits.is_empty() {
            self.contents.remove(&key.content);
        }
        Some(image)
    }

    /// Takes out what was not used for the longest time, until the rest is in the budget.
    fn shrink(&mut self, budget: u64) -> Vec<(Key, Dimensions)> {
        let mut gone = Vec::new();
        while self.bytes > budget {
            let Some((_, key)) = self.order.first_key_value() else { break };
            let key = *key;
            if let Some(image) = self.take(key) {
                gone.push((key, image));
            }
        }
        gone
    }
}

fn write(path: &Path, preview: &Preview) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    let kind = [u8::from(preview.media_type == JPEG)];
    file.write_all(MAGIC)?;
    file.write_all(&kind)?;
    file.write_all(&checksum(kind[0], &preview.bytes).to_be_bytes())?;
    file.write_all(&preview.bytes)
}

fn checksum(kind: u8, bytes: &[u8]) -> u32 {
    let mut hash = crc32fast::Hasher::new();
    hash.update(&[kind]);
    // A file of zeros, as a crash may leave it, does not pass.
    hash.update(&(bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
    hash.finalize()
}

fn open(file: Vec<u8>, key: Key, source: Dimensions) -> Option<Preview> {
    let file = Bytes::from(file);
    let (magic, rest) = file.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first()?;
    let (sum, body) = rest.split_first_chunk::<4>()?;
    if magic != MAGIC || u32::from_be_bytes(*sum) != checksum(*kind, body) {
        return None;
    }
    let media_type = if *kind == 1 { JPEG } else { PNG };
    Some(Preview { bytes: file.slice(HEAD..), media_type, size: key.fit.size, source })
}

fn parse(name: &str) -> Option<(Key, Dimensions)> {
    let mut parts = name.split('-');
    let (content, image, size) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || content.len() != 32 || !content.is_ascii() {
        return None;
    }
    let mut bytes = [0; 16];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&content[at * 2..at * 2 + 2], 16).ok()?;
    }
    let (size, aspect) = match size.strip_suffix('c') {
        Some(size) => (size, Aspect::Crop),
        None => (size.strip_suffix('k')?, Aspect::Keep),
    };
    let fit = Fit { size: dimensions(size)?, aspect };
    Some((Key { content: Content::from_bytes(bytes), fit }, dimensions(image)?))
}

fn dimensions(text: &str) -> Option<Dimensions> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| text.parse().ok().filter(|side| *side > 0);
    Some(Dimensions { width: side(width)?, height: side(height)? })
}
