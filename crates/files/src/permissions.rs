//! Which permission each action needs: the one place that decides.

use allmende_storage::Expect;
use allmende_types::Permissions;

use crate::{Entry, Error, ErrorKind, Result};

/// What somebody wants to do with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Read its content or its listing.
    Read,
    /// Change its content, times, properties or locks.
    Update,
    /// Put something new into it.
    Create,
    /// Remove it, or move it out of its folder.
    Delete,
    /// Give it another name in its folder.
    Rename,
}

impl Action {
    /// Refuses what the entry's permissions do not include.
    pub(crate) fn check(self, entry: &Entry) -> Result<()> {
        let has = |needed| entry.permissions.contains(needed);
        // The root of a home is for its owner to fill, not to lose; a team folder stays too.
        let fixed = entry.is_root() || entry.facts.fixed_mount;
        let may = match self {
            Self::Read => has(Permissions::READ),
            Self::Update => has(Permissions::UPDATE),
            Self::Create => has(Permissions::CREATE),
            Self::Delete => !fixed && (has(Permissions::DELETE) || entry.facts.movable_mount),
            Self::Rename => {
                let moved = has(Permissions::DELETE) && entry.facts.parent_creatable;
                !fixed && (has(Permissions::UPDATE) || entry.facts.movable_mount || moved)
            }
        };
        if may { Ok(()) } else { Err(self.refusal(entry)) }
    }

    fn refusal(self, entry: &Entry) -> Error {
        Error::new(ErrorKind::Forbidden, format!("{self:?} of node {}", entry.id()))
    }
}

/// What a file written into a folder needs of it: with an expectation that tells whether
/// it is new, only that; without one, both. None if what stands there must be looked at.
pub(crate) fn to_put(folder: &Entry, expect: Expect) -> Option<Result<()>> {
    match expect {
        Expect::Absent => Some(Action::Create.check(folder)),
        _ if folder.permissions.contains(Permissions::CREATE | Permissions::UPDATE) => Some(Ok(())),
        _ => None,
    }
}
