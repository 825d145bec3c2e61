//! The installation's key for links.

use std::{fmt, io, path::Path};

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use allmende_types::Timestamp;

use crate::{Error, Result};

const NONCE: usize = 24;

/// The key without which stored tokens of links are of no use.
///
/// A token opens files, and yet must be shown to who made the link again. So it is stored
/// twice: as HMAC-SHA-256, by which the index finds it, and sealed with
/// XChaCha20-Poly1305. Both are useless without this key, which belongs outside of the
/// database: a copy of the database, or of a backup of it, opens no link. Since links are
/// found by the keyed hash, the time that a look-up takes tells nothing about near misses.
///
/// ```
/// use allmende_sharing::LinkKey;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("link.key");
/// LinkKey::in_file(&path)?;
/// assert_eq!(std::fs::read(&path)?.len(), 32);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

impl LinkKey {
    /// The key with these bytes, which must be random.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key in a file, which is made, readable for its owner only, if it is not there.
    ///
    /// A key that was given out survives a loss of power, and a process that dies while it
    /// makes one leaves none.
    ///
    /// # Errors
    /// Those of the file system, and [`InvalidData`](io::ErrorKind::InvalidData) when the
    /// file does not have 32 bytes.
    pub fn in_file(path: &Path) -> io::Result<Self> {
        if !path.try_exists()? {
            make(path)?;
        }
        let bytes = std::fs::read(path)?;
        let bad = |_| io::Error::new(io::ErrorKind::InvalidData, "not a key of 32 bytes");
        let key = bytes.try_into().map(Self).map_err(bad)?;
        // Also when it was there: its maker may have died before it came to this.
        #[cfg(unix)]
        std::fs::File::open(folder(path))?.sync_all()?;
        Ok(key)
    }

    /// A keyed hash over parts, for one purpose.
    pub(crate) fn digest(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(purpose, parts).finalize().into_bytes().into()
    }

    /// Whether a hash is that of the parts, in a time that does not depend on it.
    pub(crate) fn verify(&self, purpose: &str, parts: &[&[u8]], hash: &[u8]) -> bool {
        self.mac(purpose, parts).verify_slice(hash).is_ok()
    }

    /// What proves until a time (seconds since 1970) that this server said something.
    pub(crate) fn prove(&self, purpose: &str, parts: &[&[u8]], end: i64) -> String {
        let mac = self.digest(purpose, &with_end(parts, &end.to_be_bytes()));
        let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{end}-{hex}")
    }

    /// Whether what somebody shows is from [`LinkKey::prove`], and not out of date.
    pub(crate) fn is_proof(
        &self,
        purpose: &str,
        parts: &[&[u8]],
        shown: &str,
        now: Timestamp,
    ) -> bool {
        let Some((end, hex)) = shown.split_once('-') else { return false };
        let Some((end, mac)) = end.parse::<i64>().ok().zip(unhex(hex)) else { return false };
        now.unix() <= end && self.verify(purpose, &with_end(parts, &end.to_be_bytes()), &mac)
    }

    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        // A key that fills a block of the hash; the rest is zeros, as HMAC itself pads it.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }

    /// What finds the link of a token.
    #[must_use]
    pub fn token_hash(&self, token: &str) -> [u8; 32] {
        self.digest("token of a link", &[token.as_bytes()])
    }

    /// Seals a token, to be shown again to who made the link.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when there are no random numbers.
    pub fn seal(&self, token: &str) -> Result<Vec<u8>> {
        self.seal_for("token of a link", token.as_bytes())
    }

    /// Opens what [`LinkKey::seal`] made; none if it is another key's.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> Option<String> {
        String::from_utf8(self.open_for("token of a link", sealed)?).ok()
    }

    /// Seals a secret, for one purpose.
    pub(crate) fn seal_for(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = vec![0; NONCE];
        getrandom::fill(&mut sealed)
            .map_err(|e| Error::unavailable(format!("random numbers: {e}")))?;
        let nonce: [u8; NONCE] = sealed[..].try_into().unwrap_or([0; NONCE]);
        let payload = Payload { msg: secret, aad: purpose.as_bytes() };
        let text = self
            .cipher()
            .encrypt(&nonce.into(), payload)
            .map_err(|_| Error::unavailable("sealing a secret"))?;
        sealed.extend(text);
        Ok(sealed)
    }

    /// Opens what [`LinkKey::seal_for`] made; none if it is another key's, or was sealed for
    /// another purpose.
    pub(crate) fn open_for(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let payload = Payload { msg: text, aad: purpose.as_bytes() };
        self.cipher().decrypt(&nonce.into(), payload).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.digest("sealing of tokens", &[]).into())
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(..)")
    }
}

fn with_end<'a>(parts: &[&'a [u8]], end: &'a [u8]) -> Vec<&'a [u8]> {
    parts.iter().copied().chain([end]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// A token of letters and digits, each as likely as any other.
pub(crate) fn random_token(length: usize) -> Result<String> {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut token = String::with_capacity(length);
    let mut random = [0; 64];
    while token.len() < length {
        getrandom::fill(&mut random)
            .map_err(|e| Error::unavailable(format!("random numbers: {e}")))?;
        // Six bits of each byte; the two numbers without a letter are passed over.
        let letters = random.iter().filter_map(|byte| LETTERS.get(usize::from(byte >> 2)));
        token.extend(letters.take(length - token.len()).map(|letter| char::from(*letter)));
    }
    Ok(token)
}

/// Makes a file with a fresh key, unless another process does so at the same time.
fn make(path: &Path) -> io::Result<()> {
    let mut random = [0; 40];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let (key, own) = random.split_at(32);
    // Under a name of its own at first, so that nobody ever reads half a key.
    let own: String = own.iter().map(|byte| format!("{byte:02x}")).collect();
    let staged = path.with_extension(own);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = (|| {
        let mut file = options.open(&staged)?;
        io::Write::write_all(&mut file, key)?;
        file.sync_all()?;
        // A link does not replace the key of another process.
        match std::fs::hard_link(&staged, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    })();
    let removed = std::fs::remove_file(&staged);
    written.and(removed)
}

/// The folder that a file lies in.
#[cfg(unix)]
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("links.key");
        let key = LinkKey::in_file(&path).unwrap();
        assert_eq!(LinkKey::in_file(&path).unwrap().0, key.0);
        assert_eq!(std::fs::read(&path).unwrap(), key.0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // Who makes one at the same time uses the one that was there first.
        make(&path).unwrap();
        assert_eq!(LinkKey::in_file(&path).unwrap().0, key.0);
        std::fs::write(&path, "short").unwrap();
        let error = LinkKey::in_file(&path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn tokens_are_sealed_and_opened_by_one_key_only() {
        let (key, other) = (LinkKey::from_bytes([7; 32]), LinkKey::from_bytes([8; 32]));
        let sealed = key.seal("PWWyjnqBRyfkAFe").unwrap();
        assert_eq!(key.open(&sealed).as_deref(), Some("PWWyjnqBRyfkAFe"));
        assert_eq!(
            (other.open(&sealed), key.open(&sealed[1..]), key.open(b"x")),
            (None, None, None)
        );
        assert_ne!(key.seal("PWWyjnqBRyfkAFe").unwrap(), sealed);
        assert!(!sealed.windows(8).any(|part| part == b"PWWyjnqB"));
        let secret = key.seal_for("a", b"secret").unwrap();
        assert_eq!(key.open_for("a", &secret).as_deref(), Some(&b"secret"[..]));
        assert_eq!((key.open_for("b", &secret), key.open(&secret)), (None, None));
        assert_ne!(key.token_hash("a"), other.token_hash("a"));
        assert_ne!(key.digest("x", &[b"ab", b"c"]), key.digest("x", &[b"a", b"bc"]));
        assert!(key.verify("x", &[b"a"], &key.digest("x", &[b"a"])));
        assert!(!key.verify("y", &[b"a"], &key.digest("x", &[b"a"])));
        let (now, later) = (Timestamp::from_unix(1_000), Timestamp::from_unix(1_001));
        let proof = key.prove("x", &[b"a"], 1_000);
        assert!(key.is_proof("x", &[b"a"], &proof, now));
        assert!(!key.is_proof("x", &[b"a"], &proof, later), "out of date");
        assert!(!key.is_proof("x", &[b"a"], &proof.replace("1000-", "1001-"), now));
        for bad in ["", "-", "1000-", "1000-zz", &proof[..proof.len() - 1]] {
            assert!(!key.is_proof("x", &[b"a"], bad, now), "{bad}");
        }
        assert!(
            !key.is_proof("x", &[b"b"], &proof, now) && !other.is_proof("x", &[b"a"], &proof, now)
        );
        assert_eq!(format!("{key:?}"), "LinkKey(..)");
    }

    #[test]
    fn tokens_have_the_length_asked_for() {
        for length in [6, 15, 32, 100] {
            let token = random_token(length).unwrap();
            assert_eq!(token.len(), length);
            assert!(token.bytes().all(|b| b.is_ascii_alphanumeric()));
        }
    }
}
