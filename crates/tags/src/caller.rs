//! Who acts.

use allmende_types::{GroupId, Timestamp, UserId};

/// Who acts, and when.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The person.
    pub person: &'a UserId,
    /// The groups that the person is a member of now.
    pub groups: &'a [GroupId],
    /// The time.
    pub now: Timestamp,
}

impl Caller<'_> {
    /// Whether the person administers the server.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.groups.contains(&GroupId::admin())
    }
}
