//! Randomness, and the secrets that are made of it.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{Error, ErrorKind, Result};

/// Where random bytes come from. Tests can bring their own.
pub trait Entropy: fmt::Debug + Send + Sync + 'static {
    /// Fills `out` with bytes that nobody can predict.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] when there are none.
    fn fill(&self, out: &mut [u8]) -> Result<()>;
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<()> {
        getrandom::fill(out)
            .map_err(|e| Error::new(ErrorKind::Unavailable, format!("random numbers: {e}")))
    }
}

/// A text that opens something: shown once, to its owner, and kept out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// Letters and digits, each as likely as any other.
    pub(crate) fn random(entropy: &dyn Entropy, length: usize) -> Result<Self> {
        const LETTERS: &[u8; 62] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut text = String::with_capacity(length);
        let mut random = [0; 64];
        while text.len() < length {
            entropy.fill(&mut random)?;
            // Six bits of each byte; the two numbers without a letter are passed over.
            let letters = random.iter().filter_map(|byte| LETTERS.get(usize::from(byte >> 2)));
            text.extend(letters.take(length - text.len()).map(|letter| char::from(*letter)));
        }
        Ok(Self(text))
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        digest(&[self.0.as_bytes()])
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// SHA-256 over parts, each with its length before it unless there is only one.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        if parts.len() > 1 {
            hash.update((part.len() as u64).to_be_bytes());
        }
        hash.update(part);
    }
    hash.finalize().into()
}

pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn secrets_are_long_even_and_hidden() {
        let mut counts = BTreeMap::new();
        for _ in 0..100 {
            let secret = Secret::random(&SystemEntropy, 620).unwrap();
            assert_eq!(secret.expose().len(), 620);
            secret.expose().chars().for_each(|c| *counts.entry(c).or_insert(0u32) += 1);
            assert_eq!(format!("{secret:?}"), "Secret(..)");
        }
        // 1,000 of each are expected; the standard deviation is 31.
        assert_eq!(counts.len(), 62);
        assert!(counts.values().all(|n| (800..1200).contains(n)), "{counts:?}");
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_eq!(Secret::new("x".to_owned()).digest(), digest(&[b"x"]));
    }
}
