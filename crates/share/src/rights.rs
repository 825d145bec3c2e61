//! What somebody may do: the permissions of the protocol, and whether they may download.

use std::{
    fmt,
    ops::{BitAnd, BitOr},
};

use allmende_types::Permissions;

/// What somebody may do with a node: [`Permissions`], and whether they may take contents
/// away.
///
/// Rights form a lattice: `a | b` is what either gives, `a & b` what both give, and
/// `a <= b` is [`b.contains(a)`](Self::contains).
///
/// ```
/// use allmende_share::Rights;
/// use allmende_types::Permissions;
///
/// let view_only = Rights::new(Permissions::READ);
/// let reader = view_only.with_download();
/// assert!(reader.contains(view_only) && !view_only.contains(reader));
/// assert_eq!(view_only | reader, reader);
/// assert_eq!(reader & Rights::ALL, reader);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights(u8);

const DOWNLOAD: u8 = 32;

impl Rights {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Everything.
    pub const ALL: Self = Self(Permissions::ALL.bits() | DOWNLOAD);

    /// Permissions without the right to download.
    #[must_use]
    pub const fn new(permissions: Permissions) -> Self {
        Self(permissions.bits())
    }

    /// The same, and to download.
    #[must_use]
    pub const fn with_download(self) -> Self {
        Self(self.0 | DOWNLOAD)
    }

    /// The permissions.
    #[must_use]
    pub fn permissions(self) -> Permissions {
        Permissions::from_bits(self.0 & Permissions::ALL.bits()).unwrap_or(Permissions::NONE)
    }

    /// Whether contents may be taken away.
    #[must_use]
    pub const fn may_download(self) -> bool {
        self.0 & DOWNLOAD != 0
    }

    /// Whether all of these permissions are included.
    #[must_use]
    pub const fn may(self, permissions: Permissions) -> bool {
        self.contains(Self::new(permissions))
    }

    /// Whether all of `other` is included.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// What is left when this much is taken away.
    #[must_use]
    pub const fn without(self, taken: Self) -> Self {
        Self(self.0 & !taken.0)
    }

    /// Nothing, unless it lets read: to people, what they cannot read is not there.
    #[must_use]
    pub(crate) const fn if_readable(self) -> Self {
        if self.may(Permissions::READ) { self } else { Self::NONE }
    }
}

impl BitOr for Rights {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Rights {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Words, for logs: `read+update, view only`.
impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WORDS: [(Permissions, &str); 5] = [
            (Permissions::READ, "read"),
            (Permissions::UPDATE, "update"),
            (Permissions::CREATE, "create"),
            (Permissions::DELETE, "delete"),
            (Permissions::SHARE, "share"),
        ];
        let words = WORDS.iter().filter(|(bit, _)| self.may(*bit)).map(|(_, word)| *word);
        let words = words.collect::<Vec<_>>().join("+");
        f.write_str(if words.is_empty() { "nothing" } else { &words })?;
        if self.may(Permissions::READ) && !self.may_download() {
            f.write_str(", view only")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_told_in_words() {
        let bits = |bits| Rights::new(Permissions::from_bits(bits).unwrap());
        assert_eq!(Rights::ALL.to_string(), "read+update+create+delete+share");
        assert_eq!(bits(3).to_string(), "read+update, view only");
        assert_eq!(Rights::NONE.to_string(), "nothing");
        assert_eq!(bits(4).with_download().to_string(), "create");
        assert_eq!(bits(6).if_readable(), Rights::NONE);
        assert_eq!(Rights::ALL.without(bits(30)), bits(1).with_download());
    }
}
