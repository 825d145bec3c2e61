//! Who sees a circle, and how one comes in.

use std::ops::BitOr;

use super::CircleRefusal;

/// Settings of a circle, as the bits that the protocol has for them (`config`). There are only
/// those that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct CircleFlags(i64);

impl CircleFlags {
    /// A list of people that its owner alone sees. Chosen when the circle is made.
    pub const PERSONAL: Self = Self(2);
    /// Everybody sees that it is there; otherwise only its members and who is invited.
    pub const VISIBLE: Self = Self(8);
    /// Who sees it can come in.
    pub const OPEN: Self = Self(16);
    /// Who is added has to accept first.
    pub const INVITE: Self = Self(32);
    /// Who comes in of themselves has to be let in by a moderator.
    pub const REQUEST: Self = Self(64);
    /// Every member can add others.
    pub const FRIEND: Self = Self(128);
    /// Of this server only, as all circles are.
    pub const LOCAL: Self = Self(4096);
    /// Never inside another circle, as none are.
    pub const ROOT: Self = Self(8192);

    /// Members that a circle has at most, those with them who are invited or ask.
    pub const MOST_MEMBERS: i64 = 5000;

    /// What a change may name.
    const CHANGEABLE: i64 = Self::VISIBLE.0
        | Self::OPEN.0
        | Self::INVITE.0
        | Self::REQUEST.0
        | Self::FRIEND.0
        | Self::LOCAL.0
        | Self::ROOT.0;

    /// The protocol's number.
    #[must_use]
    pub const fn bits(self) -> i64 {
        self.0
    }

    /// Whether all of these are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) const fn stored(bits: i64) -> Self {
        Self(bits & (Self::CHANGEABLE | Self::PERSONAL.0))
    }

    /// These settings in place of the present ones. To let in only whom a moderator admits is
    /// to be open: asked for alone it makes a circle open, and goes when a circle is closed.
    ///
    /// # Errors
    /// [`CircleRefusal::InvalidConfig`] for anything that circles do not have here, or that is
    /// not for change, and for all settings of a personal one.
    pub(super) fn change(self, bits: i64) -> Result<Self, CircleRefusal> {
        if bits & !Self::CHANGEABLE != 0 || self.contains(Self::PERSONAL) {
            return Err(CircleRefusal::InvalidConfig);
        }
        let mut new = Self(bits);
        if new.contains(Self::REQUEST) && !new.contains(Self::OPEN) {
            new = match self.contains(Self::REQUEST) {
                true => Self(new.0 & !Self::REQUEST.0),
                false => new | Self::OPEN,
            };
        }
        Ok(new)
    }
}

impl BitOr for CircleFlags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_changed_as_the_original_does() {
        let flags = |bits| CircleFlags::default().change(bits).map(CircleFlags::bits);
        assert_eq!(flags(0), Ok(0));
        assert_eq!(flags(8 | 16 | 32 | 128), Ok(184));
        assert_eq!(flags(64), Ok(64 | 16));
        let asked = CircleFlags::OPEN | CircleFlags::REQUEST;
        assert_eq!(asked.change(64), Ok(CircleFlags::default()));
        for bad in [1, 2, 4, 256, 512, 1024, 2048, 16384, 32768, 65536, 1 << 20, -1] {
            assert_eq!(flags(bad), Err(CircleRefusal::InvalidConfig), "{bad}");
        }
        assert!(CircleFlags::PERSONAL.change(8).is_err());
    }
}
