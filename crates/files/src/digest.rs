//! Hashes that clients know, computed while the bytes pass.

use std::{fmt, str::FromStr};

use allmende_types::{Checksum, Checksums};
use sha1::Digest;

use crate::{Error, ErrorKind, Result};

/// A hash that the service can compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// MD5 (RFC 1321).
    Md5,
    /// SHA-1: what clients send by default.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
    /// Adler-32 (RFC 1950). Clients write it without leading zeros.
    Adler32,
    /// CRC-32 as in gzip (RFC 1952).
    Crc32,
}

/// A name that is no known algorithm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is not a known hash algorithm")]
pub struct UnknownAlgorithm(pub String);

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512, Self::Adler32, Self::Crc32];

    /// The name in upper case, as `OC-Checksum` has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
            Self::Adler32 => "ADLER32",
            Self::Crc32 => "CRC32",
        }
    }

    /// The checksum of bytes that are all at hand.
    #[must_use]
    pub fn checksum(self, bytes: &[u8]) -> Checksum {
        let mut hasher = Hasher::new(self);
        hasher.update(bytes);
        hasher.finish()
    }

    /// Whether two values of this algorithm are the same: short sums are numbers, whose
    /// leading zeros do not count.
    fn same(self, a: &Checksum, b: &Checksum) -> bool {
        match self {
            Self::Adler32 | Self::Crc32 => {
                let number = |c: &Checksum| u32::from_str_radix(c.value(), 16).ok();
                number(a).is_some() && number(a) == number(b)
            }
            _ => a.agrees(b),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    /// Reads a name in any case.
    fn from_str(s: &str) -> Result<Self, UnknownAlgorithm> {
        (Self::ALL.into_iter())
            .find(|a| a.as_str().eq_ignore_ascii_case(s))
            .ok_or_else(|| UnknownAlgorithm(s.to_owned()))
    }
}

/// One running hash.
#[derive(Clone)]
pub(crate) enum Hasher {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Sha512(Box<sha2::Sha512>),
    Adler32(simd_adler32::Adler32),
    Crc32(crc32fast::Hasher),
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hasher({})", self.algorithm())
    }
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(md5::Md5::new()),
            Algorithm::Sha1 => Self::Sha1(sha1::Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(sha2::Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Box::new(sha2::Sha512::new())),
            Algorithm::Adler32 => Self::Adler32(simd_adler32::Adler32::new()),
            Algorithm::Crc32 => Self::Crc32(crc32fast::Hasher::new()),
        }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Md5(_) => Algorithm::Md5,
            Self::Sha1(_) => Algorithm::Sha1,
            Self::Sha256(_) => Algorithm::Sha256,
            Self::Sha512(_) => Algorithm::Sha512,
            Self::Adler32(_) => Algorithm::Adler32,
            Self::Crc32(_) => Algorithm::Crc32,
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hash) => hash.update(bytes),
            Self::Sha1(hash) => hash.update(bytes),
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
            Self::Adler32(hash) => hash.write(bytes),
            Self::Crc32(hash) => hash.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Checksum {
        let name = self.algorithm().as_str();
        match self {
            Self::Md5(hash) => Checksum::from_digest(name, &hash.finalize()),
            Self::Sha1(hash) => Checksum::from_digest(name, &hash.finalize()),
            Self::Sha256(hash) => Checksum::from_digest(name, &hash.finalize()),
            Self::Sha512(hash) => Checksum::from_digest(name, &hash.finalize()),
            Self::Adler32(hash) => Checksum::from_digest(name, &hash.finish().to_be_bytes()),
            Self::Crc32(hash) => Checksum::from_digest(name, &hash.finalize().to_be_bytes()),
        }
    }
}

/// The hashes that one content is to get: those that its client told, to be verified,
/// and those that were asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hashing(Vec<Hasher>);

impl Hashing {
    /// Every algorithm once. Unknown ones in `expected` cannot be computed.
    pub(crate) fn new(expected: &Checksums, wanted: &[Algorithm]) -> Self {
        let told = expected.iter().filter_map(|c| c.algorithm().parse().ok());
        let mut algorithms: Vec<Algorithm> = Vec::new();
        for algorithm in told.chain(wanted.iter().copied()) {
            if !algorithms.contains(&algorithm) {
                algorithms.push(algorithm);
            }
        }
        Self(algorithms.into_iter().map(Hasher::new).collect())
    }

    /// Goes on with one hash.
    pub(crate) fn going_on(begun: Hasher) -> Self {
        Self(vec![begun])
    }

    /// The hash, if it is one.
    pub(crate) fn into_single(mut self) -> Option<Hasher> {
        if self.0.len() == 1 { self.0.pop() } else { None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.0.iter().map(Hasher::algorithm)
    }

    /// Goes on from a hash that was begun elsewhere.
    pub(crate) fn resume(&mut self, begun: Hasher) {
        for hasher in &mut self.0 {
            if hasher.algorithm() == begun.algorithm() {
                *hasher = begun;
                return;
            }
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.iter_mut().for_each(|hash| hash.update(bytes));
    }

    pub(crate) fn finish(self) -> Hashes {
        Hashes(self.0.into_iter().map(Hasher::finish).collect())
    }
}

/// The hashes of one content.
#[derive(Debug)]
pub(crate) struct Hashes(Vec<Checksum>);

impl Hashes {
    /// Compares with what the client told.
    pub(crate) fn verify(&self, expected: &Checksums) -> Result<()> {
        for expected in expected.iter() {
            let Ok(algorithm) = expected.algorithm().parse::<Algorithm>() else { continue };
            if let Some(actual) = self.get(algorithm)
                && !algorithm.same(actual, expected)
            {
                let (expected, actual) = (expected.clone(), actual.clone());
                let kind = ErrorKind::ChecksumMismatch { expected, actual };
                return Err(Error::new(kind, "checksum of the content"));
            }
        }
        Ok(())
    }

    /// Those that were asked for.
    pub(crate) fn select(&self, wanted: &[Algorithm]) -> Checksums {
        let mut all = Checksums::none();
        wanted.iter().filter_map(|a| self.get(*a)).for_each(|c| all.set(c.clone()));
        all
    }

    fn get(&self, algorithm: Algorithm) -> Option<&Checksum> {
        self.0.iter().find(|c| c.algorithm() == algorithm.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_digests_of_abc() {
        let mut hashing = Hashing::new(&Checksums::none(), &Algorithm::ALL);
        hashing.update(b"a");
        hashing.update(b"bc");
        let hashes = hashing.finish();
        let all = "MD5:900150983cd24fb0d6963f7d28e17f72 \
            SHA1:a9993e364706816aba3e25717850c26c9cd0d89d \
            SHA256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad \
            ADLER32:024d0127 CRC32:352441c2";
        let told: Checksums = all.parse().unwrap();
        for expected in told.iter() {
            assert!(hashes.0.iter().any(|actual| actual == expected), "{expected}");
        }
        hashes.verify(&told).unwrap();
        hashes
            .verify(
                &"adler32:24d0127 Unknown:1 sha1:A9993E364706816ABA3E25717850C26C9CD0D89D"
                    .parse()
                    .unwrap(),
            )
            .unwrap();
        for wrong in ["MD5:900150983cd24fb0d6963f7d28e17f73", "CRC32:x", "ADLER32:24d0128"] {
            let error = hashes.verify(&wrong.parse().unwrap()).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::ChecksumMismatch { .. }), "{wrong}");
        }
    }

    #[test]
    fn nothing_is_computed_that_nobody_asked_for() {
        let told: Checksums = "SHA3-256:00 SHA1:00".parse().unwrap();
        let hashing = Hashing::new(&told, &[Algorithm::Sha1, Algorithm::Md5]);
        assert_eq!(hashing.algorithms().collect::<Vec<_>>(), [Algorithm::Sha1, Algorithm::Md5]);
        assert!(Hashing::new(&Checksums::none(), &[]).is_empty());
    }
}
