//! Folders by the page, and what is asked of a page of entries.

use std::collections::HashMap;

use allmende_storage::{ChildCount, Cursor, Page, Property, PropertyOwner};
use allmende_types::{NodeId, SpaceId};

use crate::{
    Entry, Error, ErrorKind, Quota, Result, View,
    mounts::{Layout, Shown},
    permissions::Action,
};

impl View {
    /// Up to `limit` children of a folder behind `after`, in the tree's order. A page may
    /// be shorter, and even empty, where another one follows: what may not be seen is left
    /// out.
    ///
    /// # Errors
    /// [`NotAFolder`](ErrorKind::NotAFolder), [`NotFound`](ErrorKind::NotFound) when the
    /// folder is gone, [`Forbidden`](ErrorKind::Forbidden),
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn children(
        &self,
        folder: &Entry,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Entry>> {
        folder.must_be_folder()?;
        Action::Read.check(folder)?;
        let layout = if folder.mount.is_none() { self.layout().await? } else { None };
        let Some(layout) = layout else {
            let Page { items, next } = self.files.tree().list(folder.id(), after, limit).await?;
            let entry = |node| self.entry_in(None, folder, node, None);
            let items = items.into_iter().map(entry).filter(Entry::is_visible).collect();
            return Ok(Page { items, next });
        };
        let own = match layout.between(folder.id()) {
            Some(_) => Page { items: Vec::new(), next: None },
            None => self.files.tree().list(folder.id(), after, limit).await?,
        };
        let entry = |node| self.entry_in(Some(&layout), folder, node, None);
        let items = own.items.into_iter().map(entry).collect();
        let page = Page { items, next: own.next };
        self.merge(&layout, folder, after, limit, page)
    }

    /// A page of a folder of the home with the mounts that stand in it.
    fn merge(
        &self,
        layout: &Layout,
        folder: &Entry,
        after: Option<&Cursor>,
        limit: usize,
        own: Page<Entry>,
    ) -> Result<Page<Entry>> {
        let Some(shown) = layout.shown_in(folder.id()) else { return Ok(own) };
        let names = &self.files.options().names;
        let key = |entry: &Entry| entry.name().map(|name| names.key(name));
        let from = after.map(|cursor| names.key(&cursor.0));
        // Behind the last one of this page, the next page begins.
        let until = own.next.as_ref().map(|cursor| names.key(&cursor.0));
        let home = self.home()?;
        let mut mounts = (shown.iter())
            .filter(|(key, _)| from.as_ref().is_none_or(|from| *key > from))
            .filter(|(key, _)| until.as_ref().is_none_or(|until| *key <= until))
            .map(|(_, shown)| match shown {
                Shown::Mount(placed) => Self::placed_entry(placed),
                Shown::Between(between) => self.between_entry(layout, home, between),
            })
            .map(|entry| Entry { path: None, ..entry })
            .peekable();
        let mut items = Vec::with_capacity(own.items.len());
        for entry in own.items {
            while let Some(mount) = mounts.next_if(|mount| key(mount) < key(&entry)) {
                items.push(mount);
            }
            items.push(entry);
        }
        items.extend(mounts);
        let limit = limit.max(1);
        let mut next = own.next;
        if items.len() > limit {
            items.truncate(limit);
            next = items.last().and_then(|entry| entry.name().cloned()).map(Cursor);
        }
        Ok(Page { items, next })
    }

    /// How many files and folders each folder holds directly.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn count_children(&self, folders: &[NodeId]) -> Result<Vec<ChildCount>> {
        let mut counts = self.files.tree().count_children(folders).await?;
        if let Some(layout) = self.layout().await? {
            for (folder, count) in folders.iter().zip(&mut counts) {
                for shown in layout.shown_in(*folder).into_iter().flat_map(|all| all.values()) {
                    let kind = shown.is_folder();
                    *(if kind { &mut count.folders } else { &mut count.files }) += 1;
                }
            }
        }
        Ok(counts)
    }

    /// The stored properties of entries that belong to `owner`, in the order of the ids.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn properties(
        &self,
        ids: &[NodeId],
        owner: &PropertyOwner,
    ) -> Result<Vec<Vec<Property>>> {
        Ok(self.files.tree().properties(ids, owner).await?)
    }

    /// How full the space is in which an entry lies.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn quota(&self, entry: &Entry) -> Result<Quota> {
        Ok((&self.files.tree().space(entry.node.space).await?).into())
    }

    /// How full the spaces are in which entries lie, in their order: at most one query,
    /// however many spaces that are.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn quotas(&self, entries: &[&Entry]) -> Result<Vec<Quota>> {
        let mut ids: Vec<SpaceId> = entries.iter().map(|entry| entry.node.space).collect();
        ids.sort_unstable();
        ids.dedup();
        if let [only] = ids[..] {
            let quota = (&self.files.tree().space(only).await?).into();
            return Ok(vec![quota; entries.len()]);
        }
        let mut quotas: HashMap<SpaceId, Quota> = HashMap::new();
        if !ids.is_empty() {
            let spaces = self.files.tree().spaces(&ids).await?;
            quotas.extend(spaces.iter().flatten().map(|space| (space.id, space.into())));
        }
        let gone = || Error::new(ErrorKind::Unavailable, "a space was removed meanwhile");
        let quota = |entry: &&Entry| quotas.get(&entry.node.space).copied().ok_or_else(gone);
        entries.iter().map(quota).collect()
    }
}
