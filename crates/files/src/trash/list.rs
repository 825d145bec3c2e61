//! What is in the trash, by the page.

use std::sync::Arc;

use allmende_storage::{Cursor, Node, Page, PropertyOwner};
use allmende_types::{NodeFacts, NodeId, Permissions, SpacePath, UserId};

use super::{
    Trash, Trashed,
    origin::{self, Origin},
};
use crate::{Entry, MountKind, Result, companion::Companion, mounts::Placed, service::SpaceRoot};

/// The trash of one space, as one person sees it.
#[derive(Debug)]
pub(super) struct Bin {
    pub(super) root: SpaceRoot,
    /// The team folder that it belongs to; none for the person's own.
    pub(super) team: Option<Arc<Placed>>,
    person: Arc<UserId>,
}

impl Bin {
    pub(super) fn kind(&self) -> Option<MountKind> {
        self.team.as_ref().map(|placed| placed.mount.kind)
    }

    /// The number of its team folder.
    pub(super) fn folder(&self) -> Option<i64> {
        match self.kind()? {
            MountKind::Team { folder } => Some(folder),
            _ => None,
        }
    }

    /// What the person may do with something where it was, given what was above it.
    pub(super) fn permissions(&self, above: &[NodeId], node: NodeId) -> Permissions {
        match &self.team {
            None => Permissions::ALL,
            Some(placed) => {
                let chain: Vec<NodeId> = above.iter().copied().chain([node]).collect();
                placed.mount.permissions_at(&chain)
            }
        }
    }

    /// Where something was, in the person's files.
    pub(super) fn location(&self, path: &SpacePath) -> SpacePath {
        let Some(placed) = &self.team else { return path.clone() };
        path.names().iter().fold(placed.spot.path.clone(), |path, name| path.join(name.clone()))
    }

    /// A node as something that can be read, and removed for good by who may.
    pub(super) fn entry(&self, node: Node, above: &[NodeId]) -> Option<Entry> {
        let may = self.permissions(above, node.id);
        if !may.contains(Permissions::READ) {
            return None;
        }
        let facts = NodeFacts { folder: node.is_folder(), ..NodeFacts::default() };
        let ruled = self.team.as_ref().is_some_and(|placed| placed.mount.rules.is_some());
        let chain = ruled.then(|| above.iter().copied().chain([node.id]).collect());
        let permissions = may & (Permissions::READ | Permissions::DELETE);
        let mount = self.team.as_ref().map(|placed| Arc::clone(&placed.mount));
        let owner = Arc::clone(&self.person);
        Some(Entry { node, permissions, facts, owner, path: None, mount, tag: None, chain })
    }
}

impl Trash {
    /// The trashes that there are: the person's own, then those of team folders.
    pub(super) async fn bins(&self) -> Result<Vec<Arc<Bin>>> {
        let mut teams: Vec<Arc<Placed>> = Vec::new();
        if let Some(layout) = self.view.layout().await? {
            let team = |placed: &&Arc<Placed>| matches!(placed.mount.kind, MountKind::Team { .. });
            teams.extend(layout.all().filter(team).cloned());
        }
        let number = |placed: &Arc<Placed>| match placed.mount.kind {
            MountKind::Team { folder } => folder,
            _ => 0,
        };
        teams.sort_by_key(number);
        teams.dedup_by_key(|placed| number(placed));
        let owners: Vec<Option<Arc<Placed>>> =
            [None].into_iter().chain(teams.into_iter().map(Some)).collect();
        let home = self.view.home()?.id;
        let spaces: Vec<_> =
            owners.iter().map(|team| team.as_ref().map_or(home, |of| of.root.space)).collect();
        let found = self.view.files().find_companions(Companion::Trash, &spaces).await?;
        let person = self.view.person_arc();
        let bin = |(team, root): (Option<Arc<Placed>>, Option<SpaceRoot>)| {
            Some(Arc::new(Bin { root: root?, team, person: Arc::clone(&person) }))
        };
        Ok(owners.into_iter().zip(found).filter_map(bin).collect())
    }

    /// Up to `limit` of what was removed, behind `after`. A page may be shorter, and even
    /// empty, where another one follows: what may not be seen is left out.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn list(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Trashed>> {
        let limit = limit.max(1);
        let (mut from, begun) = match after {
            Some(Cursor(name)) => {
                let (stored, folder) = origin::stored(name);
                (Some(Cursor(stored)), folder)
            }
            None => (None, None),
        };
        let mut items = Vec::new();
        let mut bins = self.bins().await?;
        bins.retain(|bin| bin.folder() >= begun);
        for (at, bin) in bins.iter().enumerate() {
            if bin.folder() != begun {
                // The trash in which the page before ended is gone.
                from = None;
            }
            let page = self.page(bin, from.take().as_ref(), limit - items.len()).await?;
            items.extend(page.items);
            if let Some(Cursor(name)) = page.next {
                let next = Some(Cursor(origin::shown(&name, bin.folder())?));
                return Ok(Page { items, next });
            }
            if items.len() >= limit && at + 1 < bins.len() {
                let last = items.last().map(|item| item.name.clone());
                return Ok(Page { items, next: last.map(Cursor) });
            }
        }
        Ok(Page { items, next: None })
    }

    /// A page of one trash: the nodes with what is remembered of them.
    pub(super) async fn page(
        &self,
        bin: &Arc<Bin>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Trashed>> {
        let Page { items: nodes, next } =
            self.view.files().tree().list(bin.root.root, after, limit).await?;
        Ok(Page { items: self.known(bin, nodes).await?, next })
    }

    async fn known(&self, bin: &Arc<Bin>, nodes: Vec<Node>) -> Result<Vec<Trashed>> {
        let ids: Vec<NodeId> = nodes.iter().map(|node| node.id).collect();
        let tree = self.view.files().tree();
        let properties = match ids.is_empty() {
            true => Vec::new(),
            false => tree.properties(&ids, &PropertyOwner::Everyone).await?,
        };
        let mut items = Vec::with_capacity(nodes.len());
        for (node, properties) in nodes.into_iter().zip(properties) {
            items.extend(Trashed::item(bin, node, Origin::among(&properties))?);
        }
        Ok(items)
    }

    /// What is at a path of the trash: the name of something that was removed, and names
    /// below it.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn resolve(&self, path: &SpacePath) -> Result<Option<Trashed>> {
        let Some((first, rest)) = path.names().split_first() else { return Ok(None) };
        let (stored, folder) = origin::stored(first);
        let bins = self.bins().await?;
        let Some(bin) = bins.iter().find(|bin| bin.folder() == folder) else { return Ok(None) };
        let tree = self.view.files().tree();
        let node = tree.children_named(&[(bin.root.root, stored)]).await?.pop().flatten();
        let item = self.known(bin, node.into_iter().collect()).await?.pop();
        let Some(item) = item else { return Ok(None) };
        if rest.is_empty() {
            return Ok(Some(item));
        }
        let rest = SpacePath::from_names(rest.to_vec())?;
        match tree.resolve_below(item.id(), &rest).await? {
            Some(node) => self.below(&item, node, &rest).await,
            None => Ok(None),
        }
    }

    /// A node below something that was removed.
    async fn below(&self, item: &Trashed, node: Node, rest: &SpacePath) -> Result<Option<Trashed>> {
        let chain = self.view.files().tree().lineage(&[node.id]).await?.pop().unwrap_or_default();
        let mut between: Vec<NodeId> =
            chain.into_iter().skip(1).take_while(|id| *id != item.id()).collect();
        between.reverse();
        Ok(item.part(node, &between, rest))
    }

    /// What has this id, be it below something that was removed; none for what is not in the
    /// trash.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn stat(&self, id: NodeId) -> Result<Option<Trashed>> {
        let tree = self.view.files().tree();
        let chain = tree.lineage(&[id]).await?.pop().unwrap_or_default();
        let [.., top, root] = chain[..] else { return Ok(None) };
        let bins = self.bins().await?;
        let Some(bin) = bins.iter().find(|bin| bin.root.root == root) else { return Ok(None) };
        let mut nodes = tree.stat(&[top, id]).await?;
        let (node, top) = (nodes.pop().flatten(), nodes.pop().flatten());
        // In this moment it can have come back.
        let top = top.filter(|top| top.parent == Some(root));
        let Some(item) = self.known(bin, top.into_iter().collect()).await?.pop() else {
            return Ok(None);
        };
        if item.id() == id {
            return Ok(Some(item));
        }
        let between: Vec<NodeId> = chain[1..chain.len() - 2].iter().rev().copied().collect();
        let paths = tree.paths(&[id]).await?.pop().flatten();
        let rest =
            paths.and_then(|path| SpacePath::from_names(path.names().get(1..)?.to_vec()).ok());
        let (Some(node), Some(rest)) = (node, rest) else { return Ok(None) };
        Ok(item.part(node, &between, &rest))
    }

    /// Up to `limit` children of a folder in the trash, behind `after`.
    ///
    /// # Errors
    /// [`NotAFolder`](crate::ErrorKind::NotAFolder), [`NotFound`](crate::ErrorKind::NotFound)
    /// when the folder is gone, [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn children(
        &self,
        folder: &Trashed,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Trashed>> {
        folder.entry.must_be_folder()?;
        let Page { items, next } = self.view.files().tree().list(folder.id(), after, limit).await?;
        let child = |node: Node| {
            let rest = SpacePath::root().join(node.name.clone()?);
            folder.part(node, &[], &rest)
        };
        Ok(Page { items: items.into_iter().filter_map(child).collect(), next })
    }
}
