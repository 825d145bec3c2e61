//! One entry of a pack's table.

/// How many bytes a slot has.
pub(super) const SLOT: usize = 16;

const PRESENT: u8 = 1;
const REMOVED: u8 = 2;

/// What a slot says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Never written.
    Free,
    /// A blob lies there.
    Present(Extent),
    /// A blob lay there.
    Removed(Extent),
    /// Neither: it was torn by a crash before its blob was acknowledged, or damaged since.
    Damaged,
}

/// Where a blob lies, and the checksum of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) offset: u32,
    /// At most 64 KiB, so that 24 bits hold it.
    pub(super) length: u32,
    pub(super) checksum: u32,
}

impl Extent {
    /// The first byte behind.
    pub(super) const fn end(self) -> u64 {
        self.offset as u64 + self.length as u64
    }
}

impl Slot {
    /// The bytes of slot `n` in the pack of `lease`: a slot that was written elsewhere does
    /// not pass for one of here.
    pub(super) fn to_bytes(self, lease: u64, n: u64) -> [u8; SLOT] {
        let (state, extent) = match self {
            Self::Free | Self::Damaged => return [0; SLOT],
            Self::Present(extent) => (PRESENT, extent),
            Self::Removed(extent) => (REMOVED, extent),
        };
        let mut bytes = [0; SLOT];
        bytes[..4].copy_from_slice(&extent.offset.to_le_bytes());
        bytes[4..8].copy_from_slice(&(extent.length | u32::from(state) << 24).to_le_bytes());
        bytes[8..12].copy_from_slice(&extent.checksum.to_le_bytes());
        let check = check(&bytes[..12], lease, n);
        bytes[12..].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: [u8; SLOT], lease: u64, n: u64) -> Self {
        if bytes == [0; SLOT] {
            return Self::Free;
        }
        let [offset, length, checksum, stored] = std::array::from_fn(|word| {
            u32::from_le_bytes(std::array::from_fn(|byte| bytes[4 * word + byte]))
        });
        if stored != check(&bytes[..12], lease, n) {
            return Self::Damaged;
        }
        let extent = Extent { offset, length: length & 0x00ff_ffff, checksum };
        match (length >> 24) as u8 {
            PRESENT => Self::Present(extent),
            REMOVED => Self::Removed(extent),
            _ => Self::Damaged,
        }
    }
}

fn check(bytes: &[u8], lease: u64, n: u64) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytes);
    hasher.update(&lease.to_le_bytes());
    hasher.update(&n.to_le_bytes());
    // Never that of an empty slot.
    hasher.finalize() | 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_slot_reads_back_and_a_flipped_bit_is_seen(
            offset: u32, length in 0u32..=65_536, checksum: u32, lease: u64,
            n in 0u64..4096, bit in 0usize..128, removed: bool,
        ) {
            let extent = Extent { offset, length, checksum };
            let slot = if removed { Slot::Removed(extent) } else { Slot::Present(extent) };
            let bytes = slot.to_bytes(lease, n);
            prop_assert_eq!(Slot::from_bytes(bytes, lease, n), slot);
            prop_assert_eq!(Slot::from_bytes(bytes, lease, n ^ 1), Slot::Damaged);
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(Slot::from_bytes(flipped, lease, n), Slot::Damaged);
        }
    }
}
