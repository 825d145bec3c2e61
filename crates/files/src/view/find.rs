//! What stands at a path, or has an id.

use std::{collections::HashMap, sync::Arc};

use allmende_storage::{ErrorKind as StoreKind, Node};
use allmende_types::{NodeId, Permissions, SpaceId, SpacePath};

use super::Base;
use crate::{
    Entry, Error, ErrorKind, Mount, Result, View,
    mounts::{Layout, Shown, entries},
    service::home_key,
};

impl View {
    /// The root of the view.
    ///
    /// # Errors
    /// As of [`View::resolve`].
    pub async fn root(&self) -> Result<Entry> {
        self.get(&SpacePath::root()).await
    }

    /// What stands at a path, if anything does.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn resolve(&self, path: &SpacePath) -> Result<Option<Entry>> {
        if self.is_drop() && !path.is_root() {
            return Ok(None);
        }
        self.look(path).await
    }

    /// What stands at a path, be it in a file drop.
    pub(crate) async fn look(&self, path: &SpacePath) -> Result<Option<Entry>> {
        let home = match &self.base {
            Base::Home { root, .. } => *root,
            Base::Link { mount, .. } => {
                let Some(top) = self.files.linked(mount).await? else { return Ok(None) };
                return self.look_below(&Self::link_root(mount, top), path).await;
            }
        };
        let layout = self.layout().await?;
        if let Some(layout) = &layout {
            match layout.find(&self.files.options().names, path) {
                Some((Shown::Mount(placed), rest)) => {
                    return self.look_below(&Self::placed_entry(&placed), &rest).await;
                }
                Some((Shown::Between(between), _)) => {
                    return Ok(Some(self.between_entry(layout, home, &between)));
                }
                None => {}
            }
        }
        let node = match self.files.tree().resolve(home.id, path).await {
            Err(error) if *error.kind() == StoreKind::NotFound => {
                // The home was removed under a remembered id. The next request makes a new
                // one; for this one it is not certain that nothing is there.
                self.files.forget_space(&home_key(&self.person));
                let gone = Error::new(ErrorKind::Unavailable, "the home was removed meanwhile");
                return Err(gone.with_source(error));
            }
            result => result?,
        };
        Ok(node.map(|node| self.home_entry(layout.as_deref(), node, Some(path.clone()))))
    }

    /// What stands below the root of a mount.
    async fn look_below(&self, top: &Entry, rest: &SpacePath) -> Result<Option<Entry>> {
        let Some(mount) = &top.mount else { return Ok(None) };
        if rest.is_root() {
            return Ok(Some(top.clone()));
        }
        let Some(node) = self.files.tree().resolve_below(mount.root, rest).await? else {
            return Ok(None);
        };
        let mut path = top.path.clone().unwrap_or_default();
        for name in rest.names() {
            path = path.join(name.clone());
        }
        let mut chains = match mount.rules {
            Some(_) => self.files.tree().lineage(&[node.id]).await?,
            None => Vec::new(),
        };
        Ok(Self::mounted_entry(mount, node, path, chains.pop()))
    }

    /// A node of a mount, if it may be seen; with rules, by all that is above it.
    fn mounted_entry(
        mount: &Arc<Mount>,
        node: Node,
        path: SpacePath,
        lineage: Option<Vec<NodeId>>,
    ) -> Option<Entry> {
        let mut chain: Option<Arc<[NodeId]>> = None;
        let mut above = mount.permissions;
        if mount.rules.is_some() {
            let mut down = lineage?;
            let top = down.iter().position(|id| *id == mount.root)?;
            down.truncate(top + 1);
            down.reverse();
            above = mount.permissions_at(&down[..down.len().saturating_sub(1)]);
            chain = Some(down.into());
        }
        let creatable = above.contains(Permissions::CREATE);
        let entry = entries::mounted(mount, node, Some(path), chain, creatable);
        Some(entry).filter(Entry::is_visible)
    }

    /// What stands at a path.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Unavailable`](ErrorKind::Unavailable).
    pub async fn get(&self, path: &SpacePath) -> Result<Entry> {
        let found = self.resolve(path).await?;
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("/{path}")))
    }

    /// The entries with these ids, in their order; none where the person sees no such
    /// node. What is seen at several places is told at the one of the nearest mount.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn stat(&self, ids: &[NodeId]) -> Result<Vec<Option<Entry>>> {
        let places = self.places(ids).await?;
        Ok(places.into_iter().map(|entries| entries.into_iter().next()).collect())
    }

    /// The same with every place at which the person sees a node, the nearest mount first.
    pub(crate) async fn places(&self, ids: &[NodeId]) -> Result<Vec<Vec<Entry>>> {
        let nodes = self.files.tree().stat(ids).await?;
        let paths = self.files.tree().paths(ids).await?;
        let layout = self.layout().await?;
        let home = match &self.base {
            Base::Home { root, .. } => Some(*root),
            Base::Link { .. } => None,
        };
        let own = |space: SpaceId| home.is_some_and(|home| home.id == space);
        let strange = nodes.iter().flatten().map(|node| node.space).filter(|space| !own(*space));
        // What was thrown away is not there, also where it was shared.
        let hidden = self.files.hidden(strange.collect()).await?;
        let seen = |node: Option<Node>| node.filter(|node| !hidden.contains(&node.space));
        let nodes: Vec<Option<Node>> = nodes.into_iter().map(seen).collect();
        // What was shared and then moved into the recipient's home is seen there twice.
        let twice =
            layout.as_ref().is_some_and(|layout| layout.all().any(|placed| own(placed.root.space)));
        let mut foreign: Vec<NodeId> = Vec::new();
        if layout.is_some() || home.is_none() {
            let mounted = nodes.iter().flatten().filter(|node| twice || !own(node.space));
            foreign.extend(mounted.map(|node| node.id));
        }
        let mut lineages = HashMap::new();
        if !foreign.is_empty() {
            let chains = self.files.tree().lineage(&foreign).await?;
            lineages = foreign.into_iter().zip(chains).collect();
        }
        let mut found = Vec::with_capacity(ids.len());
        for ((id, node), path) in ids.iter().zip(nodes).zip(paths) {
            // A node between the reads can be gone: then it has no path, and is gone.
            found.push(match (node, path) {
                (Some(node), Some(path)) if own(node.space) => {
                    let mut entries = Vec::with_capacity(1);
                    if let Some(chain) = lineages.get(&node.id) {
                        entries = self.foreign_entries(layout.as_deref(), &node, &path, chain);
                    }
                    entries.insert(0, self.home_entry(layout.as_deref(), node, Some(path)));
                    entries
                }
                (Some(node), Some(path)) => {
                    let chain = lineages.get(&node.id).map_or(&[][..], Vec::as_slice);
                    self.foreign_entries(layout.as_deref(), &node, &path, chain)
                }
                _ => Vec::from_iter(layout.as_ref().zip(home).and_then(|(layout, home)| {
                    let between = layout.between(*id)?;
                    Some(self.between_entry(layout, home, between))
                })),
            });
        }
        Ok(found)
    }

    /// A node of another space, once for each mount that shows it, the nearest first.
    fn foreign_entries(
        &self,
        layout: Option<&Layout>,
        node: &Node,
        path: &SpacePath,
        chain: &[NodeId],
    ) -> Vec<Entry> {
        let mut found = Vec::new();
        if self.is_drop() {
            return found;
        }
        let names = path.names();
        for (depth, id) in chain.iter().enumerate().take(names.len() + 1) {
            let below = |mount: &Arc<Mount>, top: SpacePath| {
                let rest = &names[names.len() - depth..];
                let path = rest.iter().fold(top, |path, name| path.join(name.clone()));
                Self::mounted_entry(mount, node.clone(), path, Some(chain.to_vec()))
            };
            match &self.base {
                Base::Link { mount, .. } if mount.root == *id => found.extend(match depth {
                    0 => Some(Self::link_root(mount, node.clone())),
                    _ => below(mount, SpacePath::root()),
                }),
                Base::Link { .. } => {}
                Base::Home { .. } => {
                    let placed = layout.map_or(&[][..], |layout| layout.mounts_of(*id));
                    found.extend(placed.iter().filter_map(|placed| match depth {
                        0 => Some(Self::placed_entry(placed)),
                        _ => below(&placed.mount, placed.spot.path.clone()),
                    }));
                }
            }
        }
        found
    }
}
