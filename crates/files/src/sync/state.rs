//! The state that a client knows, and its text.

use std::{fmt, str::FromStr};

use allmende_types::{Epoch, NodeId, Revision, SpaceId};

/// More spaces than anybody sees; a longer text is not read.
const MAX_SPACES: usize = 4096;

/// What a folder and everything below it were at one moment, in one person's view.
///
/// It holds the revision of each space that the person sees there, so that what has
/// changed since can be read from the feeds of these spaces, without a gap. It is worth
/// nothing for another folder, and nothing any more when a mount below came, went, was
/// renamed or gives other rights: then everything is read anew.
///
/// Its text is of letters, digits, `.` and `-`, and can be a part of a URI.
///
/// ```
/// use allmende_files::SyncState;
///
/// let state: SyncState = "7-0-3.1.41".parse()?;
/// assert_eq!(state.to_string(), "7-0-3.1.41");
/// assert!("7-0".parse::<SyncState>().is_err());
/// # Ok::<(), allmende_files::InvalidSyncState>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// The folder.
    pub(super) top: NodeId,
    /// Which mounts there are below, and what they give.
    pub(super) mounts: u64,
    /// How far each space is, in the order of their ids.
    pub(super) spaces: Vec<SpaceState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpaceState {
    pub(super) id: SpaceId,
    pub(super) epoch: Epoch,
    pub(super) revision: Revision,
}

impl SyncState {
    /// Whether it tells of the same folder with the same mounts in the same spaces, at this
    /// time or an earlier one.
    pub(super) fn leads_to(&self, now: &Self) -> bool {
        let same = |(old, new): (&SpaceState, &SpaceState)| {
            old.id == new.id && old.epoch == new.epoch && old.revision <= new.revision
        };
        self.top == now.top
            && self.mounts == now.mounts
            && self.spaces.len() == now.spaces.len()
            && self.spaces.iter().zip(&now.spaces).all(same)
    }
}

impl fmt::Display for SyncState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:x}", self.top.0, self.mounts)?;
        for space in &self.spaces {
            write!(f, "-{}.{}.{}", space.id.0, space.epoch.0, space.revision.0)?;
        }
        Ok(())
    }
}

/// A text that no [`SyncState`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a state of a folder")]
pub struct InvalidSyncState;

impl FromStr for SyncState {
    type Err = InvalidSyncState;

    fn from_str(text: &str) -> Result<Self, InvalidSyncState> {
        let mut parts = text.split('-');
        let mut next = || parts.next().ok_or(InvalidSyncState);
        let top = NodeId(number(next()?)?);
        let mounts = next()?;
        if !mounts.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidSyncState);
        }
        let mounts = u64::from_str_radix(mounts, 16).map_err(|_| InvalidSyncState)?;
        let mut spaces = Vec::new();
        for part in parts {
            let mut numbers = part.split('.').map(number);
            let mut next = || numbers.next().unwrap_or(Err(InvalidSyncState));
            let id = SpaceId(next()?);
            let (epoch, revision) = (Epoch(next()?), Revision(next()?));
            if numbers.next().is_some() || spaces.len() == MAX_SPACES {
                return Err(InvalidSyncState);
            }
            spaces.push(SpaceState { id, epoch, revision });
        }
        if spaces.is_empty() {
            return Err(InvalidSyncState);
        }
        Ok(Self { top, mounts, spaces })
    }
}

/// Digits only: no sign, no blank.
fn number<T: FromStr>(text: &str) -> Result<T, InvalidSyncState> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidSyncState);
    }
    text.parse().map_err(|_| InvalidSyncState)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spaces() -> impl Strategy<Value = Vec<SpaceState>> {
        let space = (0..i64::MAX, 0..i64::MAX, 0..i64::MAX).prop_map(|(id, epoch, revision)| {
            SpaceState { id: SpaceId(id), epoch: Epoch(epoch), revision: Revision(revision) }
        });
        proptest::collection::vec(space, 1..6)
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            top in 0..i64::MAX,
            mounts: u64,
            spaces in spaces(),
        ) {
            let state = SyncState { top: NodeId(top), mounts, spaces };
            prop_assert_eq!(state.to_string().parse(), Ok(state));
        }

        #[test]
        fn nothing_else_is_read(text in ".*") {
            if let Ok(state) = text.parse::<SyncState>() {
                prop_assert_eq!(state.to_string().parse(), Ok(state));
            }
        }
    }

    #[test]
    fn what_is_no_state_is_refused() {
        for text in [
            "",
            "7",
            "7-0",
            "7-0-",
            "7-0-1.2",
            "7-0-1.2.3.4",
            "-7-0-1.2.3",
            "7-+0-1.2.3",
            "7-0-1.2.-3",
            "7-g-1.2.3",
            "99999999999999999999-0-1.2.3",
        ] {
            assert_eq!(text.parse::<SyncState>(), Err(InvalidSyncState), "{text}");
        }
        let many = format!("7-0{}", "-1.1.1".repeat(MAX_SPACES + 1));
        assert_eq!(many.parse::<SyncState>(), Err(InvalidSyncState));
    }
}
