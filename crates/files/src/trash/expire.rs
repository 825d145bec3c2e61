//! Things that go because they were in the trash for long enough, or take up too much.

use std::collections::BinaryHeap;

use allmende_storage::{Cursor, Node, Page, PropertyOwner, Space};
use allmende_types::{NodeId, Timestamp};

use super::{
    TrashPolicy,
    empty::{PAGE, remove_trashed},
    origin::Origin,
    policy::{Verdict, allowance, judge},
};
use crate::{Files, Result, Retention, companion::Companion, service::absent_is_fine};

/// How many of the oldest things are remembered while a trash is looked through for those that
/// make room.
const OLDEST: usize = 1000;

/// What a round of [`Files::expire_trash`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrashExpired {
    /// Things that went from the trash.
    pub items: usize,
    /// Trashes whose space is gone, which went too.
    pub spaces: usize,
}

impl Files {
    /// Removes for good what was in the trash for as long as the retention says. Where a quota
    /// is set, half of what is free under it may be taken up by the trash; if it is more, the
    /// oldest things go that need not be kept. For a job: what fails is left for the next
    /// round.
    ///
    /// # Errors
    /// The first failure of a store.
    pub async fn expire_trash(&self) -> Result<TrashExpired> {
        let mut expired = TrashExpired::default();
        let mut after = None::<Cursor>;
        loop {
            let Page { items, next } = self.companions(after.as_ref(), PAGE).await?;
            // Versions are the matter of their keeper: of a space that is gone, too, there can
            // be some of files that were moved out of it.
            for found in items.iter().filter(|found| found.kind == Companion::Trash) {
                match (&found.of, &found.space) {
                    (None, _) => {
                        self.drop_companion(found).await?;
                        expired.spaces += 1;
                    }
                    (Some(of), Some(trash)) => {
                        if let TrashPolicy::Keep(retention) = self.options().trash {
                            expired.items += self.expire_in(of, trash, retention).await?;
                        }
                    }
                    // It is about to be made.
                    (Some(_), None) => {}
                }
                tokio::task::yield_now().await;
            }
            after = next;
            if after.is_none() {
                return Ok(expired);
            }
        }
    }

    async fn expire_in(&self, of: &Space, trash: &Space, retention: Retention) -> Result<usize> {
        let allowed = allowance(of.quota, of.used);
        let mut over = allowed.map_or(0, |allowed| trash.used.saturating_sub(allowed));
        let mut removed = 0;
        loop {
            let round = Round { retention, now: self.now(), over };
            let Looked { gone, freed, oldest, cut } = self.look_through(trash, round).await?;
            removed += gone;
            over = over.saturating_sub(freed);
            if over == 0 {
                return Ok(removed);
            }
            let (mut nodes, mut room) = (Vec::new(), 0u64);
            for old in oldest {
                if room >= over {
                    break;
                }
                room = room.saturating_add(old.size);
                nodes.push(old.node);
            }
            for some in nodes.chunks(PAGE) {
                removed += remove_trashed(self.tree(), trash.root, some, self.now()).await?;
            }
            over = over.saturating_sub(room);
            if over == 0 || !cut || nodes.is_empty() {
                return Ok(removed);
            }
        }
    }

    /// Looks at everything in a trash, and removes what is too old.
    async fn look_through(&self, trash: &Space, round: Round) -> Result<Looked> {
        let (mut looked, mut after) = (Looked::default(), None::<Cursor>);
        let mut oldest = BinaryHeap::new();
        loop {
            let page = self.tree().list(trash.root, after.as_ref(), PAGE).await;
            let Page { items, next } = match page {
                // The person was removed meanwhile.
                Err(error) if *error.kind() == allmende_storage::ErrorKind::NotFound => {
                    absent_is_fine(Err(error))?;
                    return Ok(looked);
                }
                page => page?,
            };
            let ids: Vec<NodeId> = items.iter().map(|node| node.id).collect();
            let properties = match ids.is_empty() {
                true => Vec::new(),
                false => self.tree().properties(&ids, &PropertyOwner::Everyone).await?,
            };
            let (mut gone, mut freed) = (Vec::new(), 0);
            for (node, properties) in items.iter().zip(properties) {
                let deleted = Origin::among(&properties).map_or(node.modified, |of| of.deleted);
                match judge(round.retention, round.now.unix() - deleted.unix()) {
                    Verdict::Expire => {
                        gone.push(node.id);
                        freed += node.size;
                    }
                    Verdict::IfNeeded if round.over > 0 => {
                        oldest.push(Old::of(node, deleted));
                        if oldest.len() > OLDEST {
                            // The youngest of them.
                            oldest.pop();
                            looked.cut = true;
                        }
                    }
                    _ => {}
                }
            }
            looked.gone += remove_trashed(self.tree(), trash.root, &gone, self.now()).await?;
            looked.freed += freed;
            after = next;
            if after.is_none() {
                looked.oldest = oldest.into_sorted_vec();
                return Ok(looked);
            }
        }
    }
}

/// By what a trash is looked through.
#[derive(Debug, Clone, Copy)]
struct Round {
    retention: Retention,
    now: Timestamp,
    /// By how many bytes the trash takes up too much.
    over: u64,
}

/// What was found in a trash.
#[derive(Debug, Default)]
struct Looked {
    gone: usize,
    freed: u64,
    /// What may go if there is need, the oldest first.
    oldest: Vec<Old>,
    /// Whether there is more of it.
    cut: bool,
}

/// Something that may go; the order is that of the deletions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Old {
    deleted: Timestamp,
    node: NodeId,
    size: u64,
}

impl Old {
    fn of(node: &Node, deleted: Timestamp) -> Self {
        Self { deleted, node: node.id, size: node.size }
    }
}
