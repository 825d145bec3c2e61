//! Numbers that name things, each with a type of its own.

use std::{fmt, str::FromStr};

/// An id that its type refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is not a valid {1}")]
pub struct InvalidId(pub String, pub &'static str);

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub i64);

        impl $name {
            /// The number itself, as a database column holds it.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(s: &str) -> Result<Self, InvalidId> {
                s.parse().map(Self).map_err(|_| InvalidId(s.to_owned(), $what))
            }
        }
    };
}

number! {
    /// A space: one tree of nodes with one quota and one line of revisions, such as
    /// a person's home or a team folder.
    SpaceId, "space id"
}
number! {
    /// A file or folder. It stays the same when the node is renamed or moved, and is
    /// never used again after the node is gone. Nextcloud calls it `fileid`.
    NodeId, "node id"
}
number! {
    /// The position of a change in its space: assigned inside the transaction of the
    /// change, strictly rising in the order of commits.
    Revision, "revision"
}
number! {
    /// The history in which a space was made: another one begins when a backup is
    /// restored or a database forked. It is a part of every etag. With it the revisions
    /// of all spaces are raised beyond those of the history before, so that no etag is
    /// issued twice for different content.
    Epoch, "epoch"
}

impl NodeId {
    /// The id as `oc:id` and `OC-FileId` carry it: eight or more digits, then the
    /// instance. The desktop and mobile clients keep it as the key of a file.
    ///
    /// ```
    /// # use allmende_types::{InstanceId, NodeId};
    /// let instance: InstanceId = "oc48fzr4wkqv".parse()?;
    /// assert_eq!(NodeId(217).file_id(&instance), "00000217oc48fzr4wkqv");
    /// # Ok::<(), allmende_types::InvalidId>(())
    /// ```
    #[must_use]
    pub fn file_id(self, instance: &InstanceId) -> String {
        format!("{:08}{instance}", self.0)
    }

    /// Reads a plain number or the form of [`NodeId::file_id`], whose instance part is
    /// not looked at: nc_py_api sends either.
    ///
    /// # Errors
    /// When the text does not start with a digit.
    pub fn from_file_id(text: &str) -> Result<Self, InvalidId> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..digits].parse()
    }
}

/// The name of a write-once blob: 16 bytes, never used for two contents.
///
/// The upper 64 bits are drawn at random for each lease of ids, the lower 64 count
/// up within the lease. So ids of one lease lie side by side in an index, and a
/// database that was restored from a backup cannot hand out an id again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub u128);

impl BlobId {
    /// The `n`-th id of a lease.
    #[must_use]
    pub const fn new(lease: u64, n: u64) -> Self {
        Self((lease as u128) << 64 | n as u128)
    }

    /// The lease that the id comes from.
    #[must_use]
    pub const fn lease(self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// Big-endian bytes: their order is the order of the ids.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id with these big-endian bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for BlobId {
    type Err = InvalidId;
    fn from_str(s: &str) -> Result<Self, InvalidId> {
        let bad = || InvalidId(s.to_owned(), "blob id");
        if s.len() != 32 || !s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(bad());
        }
        u128::from_str_radix(s, 16).map(Self).map_err(|_| bad())
    }
}

/// The name that one installation gives itself: `oc` and ten lower-case letters or
/// digits, made once from random bytes. It ends every `oc:id` and names the session
/// cookie.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InstanceId(String);

impl InstanceId {
    /// Makes an id from ten random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 10]) -> Self {
        const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let tail = random.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()]));
        Self("oc".chars().chain(tail).collect())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for InstanceId {
    type Err = InvalidId;
    fn from_str(s: &str) -> Result<Self, InvalidId> {
        let letters = s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        // A leading digit would run into the number before it.
        if s.len() >= 4 && s.len() <= 32 && letters && !s.as_bytes()[0].is_ascii_digit() {
            Ok(Self(s.to_owned()))
        } else {
            Err(InvalidId(s.to_owned(), "instance id"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_ids_are_padded_and_read_back() {
        let instance = InstanceId::from_random([0, 35, 36, 255, 1, 2, 3, 4, 5, 6]);
        assert_eq!(instance.as_str(), instance.as_str().parse::<InstanceId>().unwrap().as_str());
        let text = NodeId(123_456_789_012).file_id(&instance);
        assert_eq!(NodeId::from_file_id(&text).unwrap(), NodeId(123_456_789_012));
        assert_eq!(NodeId::from_file_id("42").unwrap(), NodeId(42));
        assert!(NodeId::from_file_id("oc42").is_err());
        assert!(NodeId::from_file_id("").is_err());
    }

    #[test]
    fn blob_ids_sort_as_their_bytes_and_texts() {
        let (a, b) = (BlobId::new(7, 9), BlobId::new(7, 10));
        assert!(a < b && a.to_bytes() < b.to_bytes() && a.to_string() < b.to_string());
        assert_eq!(a.to_string().parse::<BlobId>().unwrap(), a);
        assert_eq!((a.lease(), BlobId::from_bytes(a.to_bytes())), (7, a));
        for bad in
            ["", "7", "../../../../../../etc/passwd00000", "0000000000000000000000000000000G"]
        {
            assert!(bad.parse::<BlobId>().is_err(), "{bad}");
        }
    }
}
