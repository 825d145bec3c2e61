//! The way from one state to the next.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use allmende_storage::{Change, ChangeKind, ErrorKind as StoreKind};
use allmende_types::{Name, NodeId, Revision, SpaceId, SpacePath};

use super::SyncState;
use crate::{Entry, Result, View};

/// How many entries of a feed, and how many nodes, one query asks for.
const PAGE: usize = 512;

/// How far below a folder changes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncDepth {
    /// Its members; those that are folders also when something below them changed.
    Members,
    /// Everything below it.
    All,
}

/// What has changed below a folder.
#[derive(Debug, Clone)]
pub struct Changes {
    /// What came, or is another than it was, each with its path. A file can stand in the
    /// place of a folder, below which there is nothing any more then.
    pub changed: Vec<Entry>,
    /// Folders that came to their place with everything in them, which is all to be told;
    /// [`SyncDepth::All`] only. They are not among the changed ones.
    pub arrived: Vec<Entry>,
    /// Where nothing is any more, neither below.
    pub gone: Vec<SpacePath>,
    /// The state that was reached.
    pub state: SyncState,
    /// Whether there is more, because of the limit.
    pub more: bool,
}

/// What the feeds tell of a time.
#[derive(Default)]
struct Told {
    /// In the order in which they changed first.
    nodes: Vec<NodeId>,
    known: HashSet<NodeId>,
    /// Those that came to a place.
    arrived: HashSet<NodeId>,
    /// From where something went, and what it was.
    left: BTreeMap<(NodeId, Name), NodeId>,
}

impl Told {
    fn note(&mut self, change: Change) {
        match change.kind {
            ChangeKind::Removed { parent, name } => {
                // If it is still in the space, it is moved.
                self.arrived.insert(change.node);
                self.left.insert((parent, name), change.node);
                return;
            }
            ChangeKind::Created => drop(self.arrived.insert(change.node)),
            _ => {}
        }
        if self.known.insert(change.node) {
            self.nodes.push(change.node);
        }
    }
}

impl View {
    /// What has changed in a folder that was found by its path, after about `limit` entries
    /// of the feeds; none where that cannot be told without a gap, and everything is to be
    /// read anew.
    ///
    /// Changes of properties alone (a mark, a tag) are not told: they change no etag.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use allmende_files::{Files, FilesOptions, FolderRequest, Stores, SystemClock};
    /// # use allmende_storage::memory;
    /// use allmende_files::SyncDepth;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let tree = Arc::new(memory::MemoryTree::default());
    /// # let blobs = Arc::new(memory::MemoryBlobs::default());
    /// # let stores = Stores { tree: tree.clone(), blobs, locks: tree };
    /// # let files = Files::new(stores, Arc::new(SystemClock), FilesOptions::default())?;
    /// # let view = files.view(&"alice".parse()?).await?;
    /// let root = view.root().await?;
    /// let path = allmende_types::SpacePath::root();
    /// let before = view.sync_states(&[(&root, &path)]).await?.remove(0);
    /// view.make_folder(FolderRequest::new("Letters".parse::<allmende_types::SpacePath>()?)).await?;
    /// let changes = view.changes_since(&root, &before, SyncDepth::Members, 100).await?;
    /// let changes = changes.ok_or("a gap")?;
    /// assert_eq!(changes.changed[0].path.as_ref().map(ToString::to_string).as_deref(), Some("Letters"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NotAFolder`](crate::ErrorKind::NotAFolder),
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn changes_since(
        &self,
        folder: &Entry,
        since: &SyncState,
        depth: SyncDepth,
        limit: usize,
    ) -> Result<Option<Changes>> {
        folder.must_be_folder()?;
        let root = SpacePath::root();
        let path = folder.path.as_ref().unwrap_or(&root);
        let mut state = self.sync_states(&[(folder, path)]).await?.remove(0);
        if !since.leads_to(&state) {
            return Ok(None);
        }
        let mut told = Told::default();
        let (mut left, mut more) = (limit.max(1), false);
        for (space, known) in state.spaces.iter_mut().zip(&since.spaces) {
            let mut reached = known.revision;
            while reached < space.revision && left > 0 {
                let Some(page) = self.feed(space.id, reached, left.min(PAGE)).await? else {
                    return Ok(None);
                };
                // Of what came after the state was asked for, the next answer tells.
                let Some(last) = page.last().map(|change| change.revision) else {
                    reached = space.revision;
                    break;
                };
                reached = last;
                left = left.saturating_sub(page.len());
                page.into_iter().for_each(|change| told.note(change));
            }
            more |= reached < space.revision;
            space.revision = reached;
        }
        let Some(gone) = self.gone(path, depth, &told).await? else { return Ok(None) };
        let mut found = self.changed(path, &told.nodes).await?;
        if depth == SyncDepth::Members {
            let parents: Vec<NodeId> = told.left.keys().map(|(parent, _)| *parent).collect();
            found.extend(self.changed(path, &parents).await?);
            found = self.members(folder, path, found).await?;
        }
        let (mut changed, mut arrived) = (Vec::new(), Vec::new());
        for entry in found {
            let whole =
                depth == SyncDepth::All && entry.is_folder() && told.arrived.contains(&entry.id());
            if whole { &mut arrived } else { &mut changed }.push(entry);
        }
        Ok(Some(Changes { changed, arrived, gone, state, more }))
    }

    /// The next entries of a space's feed; none where it does not reach back that far.
    async fn feed(
        &self,
        space: SpaceId,
        since: Revision,
        limit: usize,
    ) -> Result<Option<Vec<Change>>> {
        match self.files().tree().changes(space, since, limit).await {
            Err(error) if *error.kind() == StoreKind::NotFound => Ok(None),
            result => Ok(Some(result?)),
        }
    }

    /// Where these nodes are now seen below a folder.
    async fn changed(&self, top: &SpacePath, nodes: &[NodeId]) -> Result<Vec<Entry>> {
        let mut found = Vec::new();
        for ids in nodes.chunks(PAGE) {
            let places = self.places(ids).await?;
            found.extend(places.into_iter().flatten().filter(|entry| is_below(entry, top)));
        }
        Ok(found)
    }

    /// The members of a folder at which, or below which, these entries stand.
    async fn members(
        &self,
        folder: &Entry,
        top: &SpacePath,
        found: Vec<Entry>,
    ) -> Result<Vec<Entry>> {
        let depth = top.names().len();
        let mut members = Vec::new();
        let mut told = HashSet::new();
        let mut above = BTreeSet::new();
        for entry in found {
            let names = entry.path.as_ref().map_or(&[][..], SpacePath::names);
            if names.len() == depth + 1 {
                if told.insert(names[depth].clone()) {
                    members.push(entry);
                }
            } else {
                above.insert(names[depth].clone());
            }
        }
        above.retain(|name| !told.contains(name));
        let places: Vec<_> = above.into_iter().map(|name| (folder.id(), name)).collect();
        for places in places.chunks(PAGE) {
            let nodes = self.files().tree().children_named(places).await?;
            let ids: Vec<NodeId> = nodes.iter().flatten().map(|node| node.id).collect();
            let mut entries: HashMap<Name, Entry> = HashMap::new();
            for entry in self.places(&ids).await?.into_iter().flatten() {
                if let Some(name) = last_name(&entry, top) {
                    entries.insert(name.clone(), entry);
                }
            }
            for (_, name) in places {
                // What is no node of the folder is a mount, or stands only for one.
                let entry = match entries.remove(name) {
                    Some(entry) => Some(entry),
                    None => self.resolve(&top.join(name.clone())).await?,
                };
                members.extend(entry);
            }
        }
        Ok(members)
    }

    /// The places below a folder where nothing is any more; none where what went cannot be
    /// told without saying too much or too little.
    async fn gone(
        &self,
        top: &SpacePath,
        depth: SyncDepth,
        told: &Told,
    ) -> Result<Option<Vec<SpacePath>>> {
        let mut gone = Vec::new();
        let left: Vec<_> = told.left.iter().collect();
        let layout = self.layout().await?;
        for left in left.chunks(PAGE) {
            let parents: Vec<NodeId> = left.iter().map(|((parent, _), _)| *parent).collect();
            let mut parents: HashMap<NodeId, Vec<Entry>> =
                parents.iter().copied().zip(self.places(&parents).await?).collect();
            let places: Vec<_> = left.iter().map(|(place, _)| (*place).clone()).collect();
            let standing = self.files().tree().children_named(&places).await?;
            for (((parent, name), node), standing) in left.iter().copied().zip(standing) {
                // Where the folder itself is not seen any more, it has an entry of its own.
                for folder in parents.entry(*parent).or_default() {
                    let path = folder.path.clone().unwrap_or_default().join(name.clone());
                    if !path.starts_with(top) || path.names().len() <= top.names().len() {
                        continue;
                    }
                    if depth == SyncDepth::Members && path.names().len() > top.names().len() + 1 {
                        continue;
                    }
                    if folder.mount.as_ref().is_some_and(|mount| mount.rules.is_some()) {
                        // Whether the person might have seen it, nobody knows any more.
                        return Ok(None);
                    }
                    let names = &self.files().options().names;
                    let mounted = layout.as_ref().is_some_and(|layout| {
                        let found = layout.find(names, &path);
                        found.is_some_and(|(_, rest)| rest.is_root())
                    });
                    // Another spelling, where names are compared without case, is another name.
                    let standing = standing.as_ref().filter(|now| now.name.as_ref() == Some(name));
                    match standing {
                        Some(now) if now.id == *node => {}
                        // What was below the old folder is not all below the new one.
                        Some(now) if now.is_folder() && depth == SyncDepth::All => return Ok(None),
                        Some(_) => {}
                        None if mounted => {}
                        None => gone.push(path),
                    }
                }
            }
        }
        Ok(Some(gone))
    }
}

fn is_below(entry: &Entry, top: &SpacePath) -> bool {
    let Some(path) = &entry.path else { return false };
    path.starts_with(top) && path.names().len() > top.names().len()
}

/// The name of an entry that is a member of a folder.
fn last_name<'a>(entry: &'a Entry, top: &SpacePath) -> Option<&'a Name> {
    let path = entry.path.as_ref()?;
    let member = path.starts_with(top) && path.names().len() == top.names().len() + 1;
    path.names().last().filter(|_| member)
}
