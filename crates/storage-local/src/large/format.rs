//! Where what lies in the file of a large blob.

use allmende_types::BlobId;

pub(super) const PAGE: u64 = 4096;
/// As much data as has a checksum of its own.
pub(super) const BLOCK: u64 = 64 * 1024;
/// The data that one page of checksums (of 4 bytes) is of.
pub(super) const SEGMENT: u64 = PAGE / 4 * BLOCK;

const MAGIC: &[u8; 8] = b"ALMDBLB1";
pub(super) const HEADER: usize = 36;

/// Where a byte of data lies.
pub(super) const fn data_position(offset: u64) -> u64 {
    offset + PAGE + (offset / SEGMENT + 1) * PAGE
}

/// Where the checksum of a block lies.
pub(super) const fn checksum_position(block: u64) -> u64 {
    let segment = block * BLOCK / SEGMENT;
    PAGE + segment * (PAGE + SEGMENT) + block * 4 % PAGE
}

/// How long the file of a blob is.
pub(super) const fn file_length(length: u64) -> u64 {
    length + PAGE + length.div_ceil(SEGMENT) * PAGE
}

/// How long the blob is whose file has this length; none if there is no such blob.
pub(crate) const fn length_of_file(file: u64) -> Option<u64> {
    let Some(body) = file.checked_sub(PAGE) else { return None };
    let segments = body.div_ceil(PAGE + SEGMENT);
    match body.checked_sub(segments * PAGE) {
        Some(length) if file_length(length) == file => Some(length),
        _ => None,
    }
}

/// The header: what this is, whose, and how long.
pub(super) fn header(id: BlobId, length: u64) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..24].copy_from_slice(&id.to_bytes());
    header[24..32].copy_from_slice(&length.to_le_bytes());
    let check = crc32fast::hash(&header[..32]);
    header[32..].copy_from_slice(&check.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn positions_do_not_overlap(length in 0u64..1 << 40, offset in 0u64..1 << 40) {
            prop_assert_eq!(length_of_file(file_length(length)), Some(length));
            let offset = offset % (length + 1);
            prop_assert!(data_position(offset) <= file_length(length).max(data_position(0)));
            let (block, next) = (offset / BLOCK, offset / BLOCK + 1);
            let (here, there) = (checksum_position(block), checksum_position(next));
            prop_assert!(here + 4 <= data_position(block * BLOCK));
            prop_assert!(there == here + 4 || there >= data_position(next * BLOCK) - PAGE);
            let last = data_position(next * BLOCK - 1);
            prop_assert!(there > last || there < data_position(block * BLOCK));
        }
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        assert_eq!((data_position(0), data_position(SEGMENT)), (8192, 12288 + SEGMENT));
        assert_eq!((checksum_position(0), checksum_position(1023)), (4096, 4096 + 4092));
        assert_eq!(checksum_position(1024), 4096 + 4096 + SEGMENT);
        assert_eq!((file_length(0), file_length(1)), (4096, 8193));
        assert_eq!((length_of_file(0), length_of_file(8192)), (None, None));
    }
}
