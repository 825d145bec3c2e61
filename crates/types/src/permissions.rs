//! Permission bits and the letters in which WebDAV clients read them.

use std::ops::{BitAnd, BitOr};

/// What someone may do with a node: Nextcloud's five share permission bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u8);

impl Permissions {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Read content and listing (1).
    pub const READ: Self = Self(1);
    /// Change content, rename, move (2).
    pub const UPDATE: Self = Self(2);
    /// Create nodes inside a folder (4).
    pub const CREATE: Self = Self(4);
    /// Delete (8).
    pub const DELETE: Self = Self(8);
    /// Share on (16).
    pub const SHARE: Self = Self(16);
    /// Everything (31).
    pub const ALL: Self = Self(31);

    /// The permissions with these bits; none if a bit is not known.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits <= Self::ALL.0 { Some(Self(bits)) } else { None }
    }

    /// The bits, 0 to 31.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether all of `other` are included.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What a file can have of these: creating inside it and deleting it through a
    /// share of the file itself mean nothing (31 becomes 19).
    #[must_use]
    pub const fn for_file(self) -> Self {
        Self(self.0 & !(Self::CREATE.0 | Self::DELETE.0))
    }

    /// The letters of `oc:permissions` and `X-NC-Permissions`, in the order in which
    /// the original writes them. Every client decides by them what it offers; the
    /// desktop client refuses an entry without any.
    ///
    /// ```
    /// # use allmende_types::{NodeFacts, Permissions};
    /// let own_file = NodeFacts::default();
    /// assert_eq!(Permissions::ALL.letters(own_file), "RGDNVW");
    /// let own_folder = NodeFacts { folder: true, ..NodeFacts::default() };
    /// assert_eq!(Permissions::ALL.letters(own_folder), "RGDNVCK");
    /// ```
    #[must_use]
    pub fn letters(self, facts: NodeFacts) -> String {
        self.each_letter(facts).collect()
    }

    /// The same letter by letter, for listings, which write each of them where it belongs.
    pub fn each_letter(self, facts: NodeFacts) -> impl Iterator<Item = &'static str> {
        let renamable = self.contains(Self::UPDATE)
            || facts.movable_mount
            || (self.contains(Self::DELETE) && facts.parent_creatable);
        let table = [
            ("S", facts.shared),
            ("R", self.contains(Self::SHARE)),
            ("M", facts.mounted),
            ("G", self.contains(Self::READ)),
            ("D", !facts.fixed_mount && (self.contains(Self::DELETE) || facts.movable_mount)),
            ("N", !facts.fixed_mount && renamable),
            (
                "V",
                !facts.fixed_mount
                    && (self.contains(Self::UPDATE) || (facts.movable_mount && !facts.folder)),
            ),
            ("W", self.contains(Self::UPDATE) && !facts.folder),
            ("CK", self.contains(Self::CREATE) && facts.folder),
        ];
        table.into_iter().filter(|(_, given)| *given).map(|(letter, _)| letter)
    }
}

impl BitOr for Permissions {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Permissions {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// What beside the bits decides the letters of [`Permissions::letters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, named at every use")]
pub struct NodeFacts {
    /// The node is a folder.
    pub folder: bool,
    /// The node lies in a received share.
    pub shared: bool,
    /// The node lies in an external or team mount.
    pub mounted: bool,
    /// The node is the root of a mount that its holder may rename, move and remove.
    pub movable_mount: bool,
    /// The node is the root of a mount that stays where it is: a team folder.
    pub fixed_mount: bool,
    /// The folder above allows new nodes.
    pub parent_creatable: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(bits: u8) -> Permissions {
        Permissions::from_bits(bits).unwrap()
    }

    #[test]
    fn the_letters_observed_on_the_original() {
        let folder = NodeFacts { folder: true, ..NodeFacts::default() };
        let shared = NodeFacts { shared: true, ..NodeFacts::default() };
        let root = NodeFacts { movable_mount: true, ..shared };
        assert_eq!(bits(31).letters(folder), "RGDNVCK");
        assert_eq!(bits(27).letters(shared), "SRGDNVW");
        assert_eq!(bits(1).letters(root), "SGDNV");
        assert_eq!(bits(1).letters(NodeFacts { folder: true, ..root }), "SGDN");
        assert_eq!(bits(1).letters(NodeFacts { folder: true, ..shared }), "SG");
        assert_eq!(bits(9).letters(NodeFacts::default()), "GD");
        let team = NodeFacts { mounted: true, ..folder };
        assert_eq!(bits(31).letters(team), "RMGDNVCK");
        assert_eq!(bits(31).letters(NodeFacts { fixed_mount: true, ..team }), "RMGCK");
        assert_eq!((bits(31).for_file().bits(), Permissions::from_bits(32)), (19, None));
    }

    proptest! {
        #[test]
        fn more_bits_never_take_a_letter(a in 0u8..32, b in 0u8..32, folder: bool) {
            let facts = NodeFacts { folder, ..NodeFacts::default() };
            let (few, many) = (bits(a).letters(facts), (bits(a) | bits(b)).letters(facts));
            prop_assert!(few.chars().all(|letter| many.contains(letter)));
        }
    }
}
