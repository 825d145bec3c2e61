//! What recipients see: one mount for all shares of a node, under a name of its own.

use std::collections::HashMap;

use allmende_types::{Name, NodeId, Timestamp};

use crate::{Rights, ShareId};

/// A share as its recipient has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedShare {
    /// Its number.
    pub id: ShareId,
    /// What is shared.
    pub node: NodeId,
    /// When it was made.
    pub created: Timestamp,
    /// What it gives now.
    pub gives: Rights,
}

/// Several shares of one node, as one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merged {
    /// What is shared.
    pub node: NodeId,
    /// The oldest of the shares: it has the name and the place of the mount.
    pub lead: ShareId,
    /// All of the shares, the oldest first.
    pub shares: Vec<ShareId>,
    /// What any of them gives.
    pub rights: Rights,
}

/// Puts together what one person received: one mount for each node, in the order of the
/// oldest shares. Shares that give nothing make no mount.
///
/// ```
/// use allmende_share::{ReceivedShare, Rights, ShareId, merge};
/// use allmende_types::{NodeId, Permissions, Timestamp};
///
/// let share = |id, seconds, permissions| ReceivedShare {
///     id: ShareId(id),
///     node: NodeId(7),
///     created: Timestamp::from_unix(seconds),
///     gives: Rights::new(permissions),
/// };
/// let merged = merge([share(2, 20, Permissions::READ), share(9, 10, Permissions::UPDATE)]);
/// assert_eq!((merged.len(), merged[0].lead), (1, ShareId(9)));
/// assert_eq!(merged[0].rights.permissions(), Permissions::READ | Permissions::UPDATE);
/// ```
#[must_use]
pub fn merge(received: impl IntoIterator<Item = ReceivedShare>) -> Vec<Merged> {
    let mut all: Vec<ReceivedShare> =
        received.into_iter().filter(|share| !share.gives.is_none()).collect();
    all.sort_unstable_by_key(|share| (share.created, share.id));
    let mut merged: Vec<Merged> = Vec::new();
    let mut places: HashMap<NodeId, usize> = HashMap::new();
    for share in all {
        let at = *places.entry(share.node).or_insert(merged.len());
        match merged.get_mut(at) {
            Some(mount) => {
                mount.shares.push(share.id);
                mount.rights = mount.rights | share.gives;
            }
            None => merged.push(Merged {
                node: share.node,
                lead: share.id,
                shares: vec![share.id],
                rights: share.gives,
            }),
        }
    }
    merged
}

/// The name, or where that is taken the first of `name (2)`, `name (3)` … that is not: before
/// the ending, as in `minutes (2).txt`. A name that is too long for it loses its end.
///
/// `None` only if all numbers up to a thousand million are taken.
///
/// ```
/// use allmende_share::unique_name;
/// use allmende_types::Name;
///
/// let name = Name::new("minutes.txt")?;
/// let taken = ["minutes.txt", "minutes (2).txt"];
/// let unique = unique_name(&name, |name| taken.contains(&name.as_str()));
/// assert_eq!(unique.as_ref().map(Name::as_str), Some("minutes (3).txt"));
/// # Ok::<(), allmende_types::InvalidName>(())
/// ```
#[must_use]
pub fn unique_name(wanted: &Name, mut is_taken: impl FnMut(&Name) -> bool) -> Option<Name> {
    if !is_taken(wanted) {
        return Some(wanted.clone());
    }
    let text = wanted.as_str();
    let (stem, ending) = match text.rfind('.') {
        // A leading dot begins a name, not an ending.
        Some(dot) if dot > 0 => text.split_at(dot),
        _ => (text, ""),
    };
    (2..1_000_000_000u32)
        .filter_map(|number| numbered(stem, number, ending))
        .find(|name| !is_taken(name))
}

fn numbered(stem: &str, number: u32, ending: &str) -> Option<Name> {
    let tail = format!(" ({number}){ending}");
    // An ending that fills the whole name is none.
    let Some(room) = Name::MAX_BYTES.checked_sub(tail.len()).filter(|room| *room > 0) else {
        return Name::new(&format!("{} ({number})", cut(stem, Name::MAX_BYTES - 16))).ok();
    };
    Name::new(&format!("{}{tail}", cut(stem, room))).ok()
}

/// The beginning of a text, of so many bytes at most, whole characters only.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unique(name: &str, taken: &[&str]) -> String {
        let name = Name::new(name).unwrap();
        unique_name(&name, |name| taken.contains(&name.as_str())).unwrap().as_str().to_owned()
    }

    #[test]
    fn numbers_stand_before_the_ending() {
        assert_eq!(unique("foo", &[]), "foo");
        assert_eq!(unique("foo", &["foo"]), "foo (2)");
        assert_eq!(unique("foo.txt", &["foo.txt", "foo (2).txt"]), "foo (3).txt");
        assert_eq!(unique("a.tar.gz", &["a.tar.gz"]), "a.tar (2).gz");
        assert_eq!(unique(".profile", &[".profile"]), ".profile (2)");
        let long = "é".repeat(125);
        assert_eq!(unique(&long, &[&long]), format!("{} (2)", "é".repeat(123)));
        let ending = format!("a.{}", "b".repeat(248));
        assert_eq!(unique(&ending, &[&ending]), "a (2)");
    }

    #[test]
    fn the_oldest_share_leads_and_void_ones_do_not_count() {
        let share = |id, node, seconds, gives| ReceivedShare {
            id: ShareId(id),
            node: NodeId(node),
            created: Timestamp::from_unix(seconds),
            gives,
        };
        let all = [
            share(3, 1, 30, Rights::ALL),
            share(1, 2, 20, Rights::ALL),
            share(2, 1, 10, Rights::NONE),
            share(4, 1, 20, Rights::ALL),
        ];
        let merged = merge(all);
        let told: Vec<_> = merged.iter().map(|m| (m.node.0, m.lead.0, m.shares.len())).collect();
        assert_eq!(told, [(2, 1, 1), (1, 4, 2)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn unique_names_are_names_and_free(text in "[a-z.é]{1,125}", taken in 0u32..5) {
            let Ok(wanted) = Name::new(&text) else { return Ok(()) };
            let mut used = Vec::new();
            for _ in 0..=taken {
                let name = unique_name(&wanted, |name| used.contains(name)).unwrap();
                prop_assert!(!used.contains(&name));
                used.push(name);
            }
        }
    }
}
