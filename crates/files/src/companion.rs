//! What is kept beside the files of a space: its trash and its old versions.
//!
//! A companion is a space of its own, so that what is in it counts to nobody's quota, and
//! moving something there and back changes one row. Its key names the space that it belongs
//! to; it is made when it is needed first. No view leads into it, whatever it is asked for:
//! a share or a link of something that was thrown away shows nothing until it is back.
//!
//! A tree does not list its spaces, so one more space holds a folder for each companion;
//! the jobs go through them.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use allmende_storage::{
    Actor, Batch, Cursor, ErrorKind as StoreKind, Expect, MakeFolder, Node, Op, Page, RemoveNode,
    Space, Target, Tree,
};
use allmende_types::{Name, NodeId, SpaceId, Timestamp};

use crate::{
    Error, ErrorKind, Files, Mount, Result,
    service::{SpaceRoot, absent_is_fine, find_or_make},
};

const REGISTRY: &str = "companions";

/// What a space beside another one keeps.
///
/// ```
/// use allmende_files::Companion;
/// use allmende_types::SpaceId;
///
/// assert_eq!(Companion::of_key("trash:42"), Some((Companion::Trash, SpaceId(42))));
/// assert_eq!(Companion::of_key("home:alice"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Companion {
    /// What was removed.
    Trash,
    /// What was overwritten.
    Versions,
}

impl Companion {
    const ALL: [Self; 2] = [Self::Trash, Self::Versions];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Trash => "trash",
            Self::Versions => "versions",
        }
    }

    /// The key of the companion of a space.
    #[must_use]
    pub fn key(self, of: SpaceId) -> String {
        format!("{}:{of}", self.prefix())
    }

    /// What the space with this key keeps, and for which space; none if it is no companion.
    #[must_use]
    pub fn of_key(key: &str) -> Option<(Self, SpaceId)> {
        let (prefix, of) = key.split_once(':')?;
        let kind = Self::ALL.into_iter().find(|kind| kind.prefix() == prefix)?;
        Some((kind, SpaceId(of.parse().ok()?)))
    }
}

/// A companion, as the jobs find it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) kind: Companion,
    /// The space that it belongs to, if that is still there.
    pub(crate) of: Option<Space>,
    /// Itself; none if it is gone.
    pub(crate) space: Option<Space>,
    entry: NodeId,
}

/// Which spaces are companions, as far as anybody asked. It never changes.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<SpaceId, bool>>);

/// How many spaces are remembered: about a megabyte at the most.
const REMEMBERED: usize = 20_000;

impl Files {
    /// A companion of a space, which is made if it is not there.
    pub(crate) async fn companion(&self, kind: Companion, of: SpaceId) -> Result<SpaceRoot> {
        let key = kind.key(of);
        if let Some(known) = self.known_space(&key) {
            return Ok(known);
        }
        if let Some(space) = self.tree().find_space(&key).await? {
            return Ok(self.remember(&space));
        }
        // Listed first: a companion that the jobs do not know must not exist.
        self.register(&key).await?;
        let made = self.space(&key, None).await?;
        // The job takes what belongs to no space off the list. Either it finds what was just
        // made, or the space was gone before, which is seen here.
        if self.tree().spaces(&[of]).await?.pop().flatten().is_none() {
            self.forget_space(&key);
            absent_is_fine(self.tree().remove_space(made.id, self.now()).await)?;
            let context = format!("space {of} was removed meanwhile");
            return Err(Error::new(ErrorKind::Unavailable, context));
        }
        Ok(made)
    }

    /// Forgets those of some companions, given with their roots, that are gone, and tells
    /// whether there are any: the next request makes new ones.
    pub(crate) async fn forget_gone(
        &self,
        kind: Companion,
        all: &[(SpaceId, NodeId)],
    ) -> Result<bool> {
        let roots: Vec<NodeId> = all.iter().map(|(_, root)| *root).collect();
        let there = self.tree().stat(&roots).await?;
        let mut any = false;
        for ((of, _), _) in all.iter().zip(there).filter(|(_, root)| root.is_none()) {
            self.forget_space(&kind.key(*of));
            any = true;
        }
        Ok(any)
    }

    /// The companions of spaces, in their order; none where there is none.
    pub(crate) async fn find_companions(
        &self,
        kind: Companion,
        of: &[SpaceId],
    ) -> Result<Vec<Option<SpaceRoot>>> {
        let keys: Vec<String> = of.iter().map(|of| kind.key(*of)).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let found = self.tree().find_spaces(&keys).await?;
        Ok(found.iter().map(|space| space.as_ref().map(SpaceRoot::from)).collect())
    }

    async fn register(&self, key: &str) -> Result<()> {
        let registry = self.space(REGISTRY, None).await?.root;
        register(self.tree(), registry, key, self.now()).await
    }

    /// Some of the companions that there are, for jobs: with each the space that it belongs
    /// to. Four reads a page.
    pub(crate) async fn companions(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Found>> {
        let tree = self.tree();
        let Some(registry) = tree.find_space(REGISTRY).await? else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let Page { items, next } = tree.list(registry.root, after, limit).await?;
        let listed: Vec<_> = items
            .iter()
            .filter_map(|entry| {
                let key = entry.name.as_ref()?.as_str();
                let (kind, of) = Companion::of_key(key)?;
                Some((entry.id, key, kind, of))
            })
            .collect();
        let keys: Vec<&str> = listed.iter().map(|(_, key, ..)| *key).collect();
        let owners: Vec<SpaceId> = listed.iter().map(|(.., of)| *of).collect();
        // In this order: one that is made for a space that is gone by then is seen, or not
        // made in the end.
        let owners = tree.spaces(&owners).await?;
        let spaces = tree.find_spaces(&keys).await?;
        let found = listed.iter().zip(spaces).zip(owners);
        let items = found
            .map(|((&(entry, _, kind, _), space), of)| Found { kind, of, space, entry })
            .collect();
        Ok(Page { items, next })
    }

    /// Removes a companion whose space is gone, and takes it off the list. Of a space that is
    /// there it must stay on it: its companion may be made in this moment.
    pub(crate) async fn drop_companion(&self, found: &Found) -> Result<()> {
        let now = self.now();
        if let Some(space) = &found.space {
            self.forget_space(&space.key);
            absent_is_fine(self.tree().remove_space(space.id, now).await)?;
        }
        let op = Op::Remove(RemoveNode::whatever(found.entry));
        let gone = self.tree().commit(Batch::one(Actor::default(), now, op)).await;
        absent_is_fine(gone.map(drop))
    }

    /// Which of these spaces no view leads into: the companions.
    pub(crate) async fn hidden(&self, spaces: Vec<SpaceId>) -> Result<HashSet<SpaceId>> {
        let mut hidden = HashSet::new();
        let mut unknown = HashSet::new();
        {
            let known = self.companions_seen().lock();
            for space in spaces {
                match known.get(&space) {
                    Some(true) => drop(hidden.insert(space)),
                    Some(false) => {}
                    None => drop(unknown.insert(space)),
                }
            }
        }
        if unknown.is_empty() {
            return Ok(hidden);
        }
        let unknown: Vec<SpaceId> = unknown.into_iter().collect();
        let spaces = self.tree().spaces(&unknown).await?;
        // What is gone now is nowhere.
        for space in spaces.iter().flatten() {
            self.companions_seen().note(space);
            if Companion::of_key(&space.key).is_some() {
                hidden.insert(space.id);
            }
        }
        Ok(hidden)
    }

    /// What a link leads to, if it is there, and was not thrown away.
    pub(crate) async fn linked(&self, link: &Mount) -> Result<Option<Node>> {
        let Some(node) = self.tree().stat(&[link.root]).await?.pop().flatten() else {
            return Ok(None);
        };
        let hidden = self.hidden(vec![node.space]).await?;
        Ok((!hidden.contains(&node.space)).then_some(node))
    }
}

impl Known {
    /// Remembers what a space is.
    pub(crate) fn note(&self, space: &Space) {
        let mut known = self.lock();
        if known.len() >= REMEMBERED {
            // Starting anew costs one query a request, which is less than keeping order.
            known.clear();
        }
        known.insert(space.id, Companion::of_key(&space.key).is_some());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SpaceId, bool>> {
        // The map is never left half changed, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a companion on the list of those that there are.
async fn register(tree: &dyn Tree, registry: NodeId, key: &str, now: Timestamp) -> Result<()> {
    let (parent, name) = (registry, Name::new(key)?);
    let target = Target { parent, name, expect: Expect::Absent, space: None };
    let op = Op::MakeFolder(MakeFolder { target, modified: now, created: None });
    match tree.commit(Batch::one(Actor::default(), now, op)).await {
        Err(error) if *error.kind() == StoreKind::Exists => Ok(()),
        result => Ok(result.map(drop)?),
    }
}

/// The companion of a space, which is made at a time if it is not there: for an import, which
/// has the tree for itself.
///
/// # Errors
/// Those of the tree.
pub async fn make_companion(
    tree: &dyn Tree,
    kind: Companion,
    of: SpaceId,
    now: Timestamp,
) -> Result<Space> {
    let key = kind.key(of);
    // Listed first: a companion that the jobs do not know must not exist.
    let registry = find_or_make(tree, REGISTRY, None, now).await?;
    register(tree, registry.root, &key, now).await?;
    Ok(find_or_make(tree, &key, None, now).await?)
}

/// Removes what is kept beside a space where the space itself is about to be removed. What
/// was never there is passed over, so the call may be repeated.
///
/// That is the trash. Versions wait for the
/// [`VersionKeeper`](crate::versions::VersionKeeper): files that were moved out of the space
/// may still have theirs there.
///
/// # Errors
/// Those of the tree.
pub async fn remove_companions(
    tree: &dyn Tree,
    of: SpaceId,
    now: Timestamp,
) -> allmende_storage::Result<()> {
    let Some(space) = tree.find_space(&Companion::Trash.key(of)).await? else { return Ok(()) };
    match tree.remove_space(space.id, now).await {
        Err(error) if *error.kind() == StoreKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_the_space_that_it_belongs_to() {
        let of = SpaceId(42);
        assert_eq!(Companion::Trash.key(of), "trash:42");
        assert_eq!(Companion::of_key("trash:42"), Some((Companion::Trash, of)));
        assert_eq!(Companion::of_key("versions:42"), Some((Companion::Versions, of)));
        // A person may be called so.
        for key in ["home:trash:42", "uploads:trash", "trash", "trash:", "trash:x", "team:42"] {
            assert_eq!(Companion::of_key(key), None, "{key}");
        }
    }
}
