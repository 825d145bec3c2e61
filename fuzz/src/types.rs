//! What `allmende-types` reads.

use std::{fmt::Display, str::FromStr};

use allmende_types::{
    BlobId, Checksum, Checksums, ETag, GroupId, InstanceId, Name, NodeId, Principal, SpacePath,
    UserId,
};

/// Names, paths, identifiers, tags and checksums: what is accepted reads back equal.
pub fn identifiers(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    reads_back::<BlobId>(text);
    reads_back::<Checksum>(text);
    reads_back::<Checksums>(text);
    reads_back::<ETag>(text);
    reads_back::<GroupId>(text);
    reads_back::<InstanceId>(text);
    reads_back::<NodeId>(text);
    reads_back::<Principal>(text);
    reads_back::<UserId>(text);
    if let Some(name) = reads_back::<Name>(text) {
        assert!(!name.as_str().is_empty() && !name.as_str().contains(['/', '\0']));
    }
    if let Some(path) = reads_back::<SpacePath>(text) {
        assert!(path.names().iter().all(|name| !matches!(name.as_str(), "." | "..")));
    }
}

fn reads_back<T: FromStr + Display + PartialEq>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    let again = value.to_string().parse::<T>().ok();
    assert!(again.as_ref() == Some(&value), "{value} does not read back");
    Some(value)
}
