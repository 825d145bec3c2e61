//! Things that go for good.

use std::sync::Arc;

use allmende_storage::{Actor, Batch, Cause, Cursor, ErrorKind as StoreKind, Op, RemoveNode, Tree};
use allmende_types::{NodeId, Permissions, Timestamp, UserId};

use super::{Trash, Trashed, list::Bin};
use crate::{
    Error, ErrorKind, Result, companion::Companion, permissions::Action, service::home_key,
};

/// How many things go in one batch.
pub(super) const PAGE: usize = 200;
/// How often a page is read anew because something in it came back in that moment.
const ATTEMPTS: usize = 16;

impl Trash {
    /// Removes something for good, with everything below it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when it is not in the trash any more,
    /// [`Forbidden`](ErrorKind::Forbidden), and those of the stores.
    pub async fn remove(&self, item: &Trashed) -> Result<()> {
        Action::Delete.check(&item.entry)?;
        if !self.may_go(item).await? {
            let context = format!("a rule below node {} forbids it", item.id());
            return Err(Error::new(ErrorKind::Forbidden, context));
        }
        // What lies in a folder that came back has the same folder still.
        let (parent, space) = (item.entry.node.parent, Some(item.bin.root.id));
        let op = RemoveNode { parent, space, ..RemoveNode::whatever(item.id()) };
        match self.view.commit_for(Cause::Request, vec![Op::Remove(op)]).await {
            Err(error) if error.is(&ErrorKind::Changed) => {
                Err(Error::new(ErrorKind::NotFound, "it came back").with_source(error))
            }
            result => result.map(drop),
        }
    }

    /// Removes for good everything that the person may remove, and returns how many things
    /// that were. One page after the other goes, each at once: whoever is interrupted begins
    /// again, and goes on where they were. What comes back meanwhile stays.
    ///
    /// # Errors
    /// Those of the stores.
    pub async fn empty(&self) -> Result<usize> {
        let mut removed = 0;
        for bin in self.bins().await? {
            removed += self.empty_bin(&bin).await?;
        }
        Ok(removed)
    }

    async fn empty_bin(&self, bin: &Arc<Bin>) -> Result<usize> {
        let (mut removed, mut after) = (0, None::<Cursor>);
        loop {
            let (gone, next) = self.empty_page(bin, after.as_ref()).await?;
            removed += gone;
            after = next;
            if after.is_none() {
                return Ok(removed);
            }
        }
    }

    /// Removes what a page shows; what may not go is passed over.
    async fn empty_page(
        &self,
        bin: &Arc<Bin>,
        after: Option<&Cursor>,
    ) -> Result<(usize, Option<Cursor>)> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let page = self.page(bin, after, PAGE).await?;
            let mut ops = Vec::new();
            for item in &page.items {
                if item.entry.permissions.contains(Permissions::DELETE) && self.may_go(item).await?
                {
                    ops.push(removal(bin.root.root, item.id()));
                }
            }
            if ops.is_empty() {
                return Ok((0, page.next));
            }
            let count = ops.len();
            match self.view.commit_for(Cause::Request, ops).await {
                Ok(_) => return Ok((count, page.next)),
                Err(error) if matches!(error.kind(), ErrorKind::Changed | ErrorKind::NotFound) => {
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        let busy = || Error::new(ErrorKind::Unavailable, "others work in the same trash");
        Err(last.map_or_else(busy, |last| busy().with_source(last)))
    }

    /// Whether no rule keeps something below it.
    async fn may_go(&self, item: &Trashed) -> Result<bool> {
        let rules = item.bin.team.as_ref().and_then(|placed| placed.mount.rules.as_ref());
        let Some(rules) = rules.filter(|_| item.entry.is_folder()) else { return Ok(true) };
        let nodes: Vec<NodeId> = rules.nodes().into_iter().collect();
        for chain in self.view.files().tree().lineage(&nodes).await? {
            let Some(top) = chain.iter().position(|id| *id == item.id()) else { continue };
            let (Some(node), true) = (chain.first(), top > 0) else { continue };
            let between = chain[1..=top].iter().rev();
            let above: Vec<NodeId> = item.above.iter().chain(between).copied().collect();
            if !item.bin.permissions(&above, *node).contains(Permissions::DELETE) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The removal of something, if it still lies in this trash.
fn removal(trash: NodeId, node: NodeId) -> Op {
    Op::Remove(RemoveNode { parent: Some(trash), ..RemoveNode::whatever(node) })
}

/// Removes things from a trash in the server's own name, and returns how many went. One that
/// came back meanwhile stays.
pub(super) async fn remove_trashed(
    tree: &dyn Tree,
    trash: NodeId,
    nodes: &[NodeId],
    now: Timestamp,
) -> Result<usize> {
    let commit = async |ops: Vec<Op>| {
        let (actor, cause) = (Actor::default(), Cause::Request);
        tree.commit(Batch { actor, now, cause, ops }).await
    };
    if nodes.is_empty() {
        return Ok(0);
    }
    let ops = nodes.iter().map(|node| removal(trash, *node)).collect();
    let came_back = |kind: &StoreKind| matches!(kind, StoreKind::Changed | StoreKind::NotFound);
    match commit(ops).await {
        Ok(_) => return Ok(nodes.len()),
        Err(error) if came_back(error.kind()) => {}
        Err(error) => return Err(error.into()),
    }
    let mut removed = 0;
    for node in nodes {
        match commit(vec![removal(trash, *node)]).await {
            Ok(_) => removed += 1,
            Err(error) if came_back(error.kind()) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(removed)
}

/// Empties the trash of a person's home where only the tree is at hand, such as on a command
/// line beside a running server, and returns how many things went. May be repeated when it was
/// interrupted.
///
/// # Errors
/// Those of the tree.
pub async fn empty_home_trash(tree: &dyn Tree, person: &UserId, now: Timestamp) -> Result<usize> {
    let Some(home) = tree.find_space(&home_key(person)).await? else { return Ok(0) };
    let trash = tree.find_space(&Companion::Trash.key(home.id)).await?;
    let Some(trash) = trash else { return Ok(0) };
    let (mut removed, mut after) = (0, None::<Cursor>);
    loop {
        let page = tree.list(trash.root, after.as_ref(), PAGE).await?;
        let nodes: Vec<NodeId> = page.items.iter().map(|node| node.id).collect();
        removed += remove_trashed(tree, trash.root, &nodes, now).await?;
        after = page.next;
        if after.is_none() {
            return Ok(removed);
        }
    }
}
