//! Comparing a content with the checksums that it is said to have.

use allmende_types::Checksums;

use crate::{Result, digest::Hashing};

/// Compares the checksums of a file with its bytes, as they pass: for checks of what is
/// stored.
///
/// ```
/// use allmende_files::Verifier;
///
/// let told = "SHA1:a9993e364706816aba3e25717850c26c9cd0d89d".parse()?;
/// let mut verifier = Verifier::new(&told);
/// verifier.update(b"ab");
/// verifier.update(b"c");
/// assert!(verifier.is_proof());
/// assert!(verifier.finish().is_ok());
/// # Ok::<(), allmende_types::InvalidChecksum>(())
/// ```
#[derive(Debug)]
pub struct Verifier {
    told: Checksums,
    hashing: Hashing,
}

impl Verifier {
    /// For these checksums. Those of unknown algorithms are passed over.
    #[must_use]
    pub fn new(told: &Checksums) -> Self {
        Self { told: told.clone(), hashing: Hashing::new(told, &[]) }
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hashing.update(bytes);
    }

    /// Whether there is a checksum that can be compared.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        !self.hashing.is_empty()
    }

    /// After the last byte.
    ///
    /// # Errors
    /// [`ChecksumMismatch`](crate::ErrorKind::ChecksumMismatch).
    pub fn finish(self) -> Result<()> {
        self.hashing.finish().verify(&self.told)
    }
}
