//! One person's view of the files: the one place in which a path, or an id, of the view
//! becomes a node with its space, owner and permissions.
//!
//! A view is the person's home with what is mounted into it (team folders, received
//! shares), or, for a public link, one node and what lies below it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use allmende_storage::{
    Actor, Batch, Cause, ChildCount, Committed, Cursor, ErrorKind as StoreKind, Node, Op, Page,
    Property, PropertyOwner,
};
use allmende_types::{Name, NodeId, Permissions, SpaceId, SpacePath, UserId};

use crate::{
    Entry, Error, ErrorKind, Files, Mount, Quota, Result,
    mounts::{Layout, Shown, entries},
    permissions::Action,
    service::{SpaceRoot, home_key},
};

/// What one person sees and may do, for the length of a request. Cheap to clone.
///
/// ```
/// use std::sync::Arc;
/// use allmende_files::{Files, FilesOptions, FolderRequest, Stores, SystemClock, TransferRequest};
/// use allmende_storage::memory;
/// use allmende_types::SpacePath;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let tree = Arc::new(memory::MemoryTree::default());
/// # let blobs = Arc::new(memory::MemoryBlobs::default());
/// # let stores = Stores { tree: tree.clone(), blobs, locks: tree };
/// # let files = Files::new(stores, Arc::new(SystemClock), FilesOptions::default())?;
/// let view = files.view(&"alice".parse()?).await?;
/// let at = |text: &str| text.parse::<SpacePath>();
///
/// let folder = view.make_folder(FolderRequest::new(at("Drafts")?)).await?;
/// let moved = view.move_to(&folder, TransferRequest::new(at("Letters")?)).await?;
/// assert_eq!((moved.entry.id(), moved.entry.letters()), (folder.id(), "RGDNVCK".to_owned()));
///
/// let page = view.children(&view.root().await?, None, 100).await?;
/// let names: Vec<_> = page.items.iter().filter_map(|entry| entry.name()).collect();
/// assert_eq!(names[0].as_str(), "Letters");
/// assert!(view.resolve(&at("Drafts")?).await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct View {
    files: Files,
    person: Arc<UserId>,
    base: Base,
    tokens: Vec<allmende_storage::LockToken>,
}

/// What a view shows.
#[derive(Debug, Clone)]
enum Base {
    Home { root: SpaceRoot, mounts: Option<Arc<Mutex<Mounted>>> },
    Link { mount: Arc<Mount>, number: Option<i64> },
}

/// The mounts of a home as they were last asked for. The places are found when they are
/// needed first, and anew after each change through the view.
#[derive(Debug)]
struct Mounted {
    list: Arc<[Arc<Mount>]>,
    layout: Option<Arc<Layout>>,
}

/// A public link, for [`Files::node_view`].
#[derive(Debug, Clone)]
pub struct LinkView {
    /// The node, and what its guests may do. Without `READ` nothing in it can be seen: what
    /// is written gets a name of its own where its name is taken (file drop).
    pub mount: Mount,
    /// Under which name the guests' unfinished uploads are kept.
    pub holder: UserId,
    /// The number of the share, by which events name the guest.
    pub number: Option<i64>,
}

impl View {
    pub(crate) fn of_home(
        files: Files,
        person: UserId,
        root: SpaceRoot,
        mounts: Arc<[Arc<Mount>]>,
    ) -> Self {
        let mounts = (!mounts.is_empty())
            .then(|| Arc::new(Mutex::new(Mounted { list: mounts, layout: None })));
        let base = Base::Home { root, mounts };
        Self { files, person: Arc::new(person), base, tokens: Vec::new() }
    }

    pub(crate) fn of_link(files: Files, link: LinkView) -> Self {
        let LinkView { mount, holder, number } = link;
        let base = Base::Link { mount: Arc::new(mount), number };
        Self { files, person: Arc::new(holder), base, tokens: Vec::new() }
    }

    /// The same view for a request that submits these lock tokens: its writes pass the
    /// locks that the person holds under them.
    #[must_use]
    pub fn with_lock_tokens(&self, tokens: Vec<allmende_storage::LockToken>) -> Self {
        Self { tokens, ..self.clone() }
    }

    /// Whose view it is.
    #[must_use]
    pub fn person(&self) -> &UserId {
        &self.person
    }

    /// The service behind it.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

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
                let top = self.files.tree().stat(&[mount.root]).await?.pop().flatten();
                let Some(top) = top else { return Ok(None) };
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

    /// The entries with these ids, in their order; none where the person sees no such
    /// node.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn stat(&self, ids: &[NodeId]) -> Result<Vec<Option<Entry>>> {
        let nodes = self.files.tree().stat(ids).await?;
        let paths = self.files.tree().paths(ids).await?;
        let layout = self.layout().await?;
        let home = match &self.base {
            Base::Home { root, .. } => Some(*root),
            Base::Link { .. } => None,
        };
        let own = |space: SpaceId| home.is_some_and(|home| home.id == space);
        let mut foreign: Vec<NodeId> = Vec::new();
        if layout.is_some() || home.is_none() {
            foreign.extend(nodes.iter().flatten().filter(|n| !own(n.space)).map(|node| node.id));
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
                    Some(self.home_entry(layout.as_deref(), node, Some(path)))
                }
                (Some(node), Some(path)) => {
                    let chain = lineages.get(&node.id).map_or(&[][..], Vec::as_slice);
                    self.foreign_entry(layout.as_deref(), &node, &path, chain)
                }
                _ => layout.as_ref().zip(home).and_then(|(layout, home)| {
                    let between = layout.between(*id)?;
                    Some(self.between_entry(layout, home, between))
                }),
            });
        }
        Ok(found)
    }

    /// A node of another space, by the nearest mount that shows it.
    fn foreign_entry(
        &self,
        layout: Option<&Layout>,
        node: &Node,
        path: &SpacePath,
        chain: &[NodeId],
    ) -> Option<Entry> {
        if self.is_drop() {
            return None;
        }
        for (depth, id) in chain.iter().enumerate() {
            let names = path.names();
            let rest = names.get(names.len().checked_sub(depth)?..)?;
            let mut tops = Vec::new();
            match &self.base {
                Base::Link { mount, .. } if mount.root == *id => {
                    if depth == 0 {
                        return Some(Self::link_root(mount, node.clone()));
                    }
                    tops.push((Arc::clone(mount), SpacePath::root()));
                }
                Base::Link { .. } => {}
                Base::Home { .. } => {
                    for placed in layout?.mounts_of(*id) {
                        if depth == 0 {
                            return Some(Self::placed_entry(placed));
                        }
                        tops.push((Arc::clone(&placed.mount), placed.spot.path.clone()));
                    }
                }
            }
            for (mount, top) in tops {
                let path = rest.iter().fold(top, |path, name| path.join(name.clone()));
                let lineage = Some(chain.to_vec());
                if let Some(entry) = Self::mounted_entry(&mount, node.clone(), path, lineage) {
                    return Some(entry);
                }
            }
        }
        None
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
        let mut quotas: HashMap<SpaceId, Quota> = HashMap::new();
        match ids[..] {
            [] => {}
            [only] => {
                quotas.insert(only, (&self.files.tree().space(only).await?).into());
            }
            _ => {
                let spaces = self.files.tree().spaces(&ids).await?;
                quotas.extend(spaces.iter().flatten().map(|space| (space.id, space.into())));
            }
        }
        let gone = || Error::new(ErrorKind::Unavailable, "a space was removed meanwhile");
        let quota = |entry: &&Entry| quotas.get(&entry.node.space).copied().ok_or_else(gone);
        entries.iter().map(quota).collect()
    }

    /// Where the mounts of the person stand; none if there are no mounts.
    pub(crate) async fn layout(&self) -> Result<Option<Arc<Layout>>> {
        let Base::Home { root, mounts: Some(mounts) } = &self.base else { return Ok(None) };
        let list = {
            let mounted = locked(mounts);
            if let Some(layout) = &mounted.layout {
                return Ok(Some(Arc::clone(layout)));
            }
            Arc::clone(&mounted.list)
        };
        let layout = Arc::new(Layout::load(&self.files, *root, &list).await?);
        locked(mounts).layout = Some(Arc::clone(&layout));
        Ok(Some(layout))
    }

    /// Asks anew which mounts there are, after one of them went elsewhere.
    pub(crate) async fn renew_mounts(&self) -> Result<()> {
        let list = self.files.mounts_of(&self.person).await?;
        if let Base::Home { mounts: Some(mounts), .. } = &self.base {
            *locked(mounts) = Mounted { list, layout: None };
        }
        Ok(())
    }

    /// The home that the view shows.
    pub(crate) fn home(&self) -> Result<SpaceRoot> {
        match &self.base {
            Base::Home { root, .. } => Ok(*root),
            Base::Link { .. } => Err(Error::new(ErrorKind::Forbidden, "a link has no home")),
        }
    }

    /// The one mount that the view shows, if it is that of a link.
    pub(crate) fn link(&self) -> Option<&Arc<Mount>> {
        match &self.base {
            Base::Home { .. } => None,
            Base::Link { mount, .. } => Some(mount),
        }
    }

    /// Whether things can be put into it and nothing can be seen.
    pub(crate) fn is_drop(&self) -> bool {
        self.link().is_some_and(|mount| !mount.permissions.contains(Permissions::READ))
    }

    pub(crate) fn person_arc(&self) -> Arc<UserId> {
        Arc::clone(&self.person)
    }

    /// The path of a child, where its folder's is known.
    pub(crate) fn path_in(folder: &Entry, node: &Node) -> Option<SpacePath> {
        Some(folder.path.as_ref()?.join(node.name.clone()?))
    }

    /// Refuses a new name that the policy forbids.
    pub(crate) fn check_name(&self, name: &Name) -> Result<()> {
        Ok(self.files.options().names.check(name)?)
    }

    /// Commits changes in the person's name, with the tokens of the request.
    pub(crate) async fn commit(&self, ops: Vec<Op>) -> Result<Committed> {
        let (person, link) = match &self.base {
            Base::Home { .. } => (Some((*self.person).clone()), None),
            Base::Link { number, .. } => (None, *number),
        };
        let actor = Actor { person, tokens: self.tokens.clone(), link, ..Actor::default() };
        let batch = Batch { actor, now: self.files.now(), cause: Cause::Request, ops };
        let result = self.files.tree().commit(batch).await;
        if let Base::Home { mounts: Some(mounts), .. } = &self.base {
            locked(mounts).layout = None;
        }
        match result {
            Ok(committed) => Ok(committed),
            Err(error) => Err(self.explain(error.into()).await),
        }
    }

    /// Commits one change.
    pub(crate) async fn commit_one(&self, op: Op) -> Result<allmende_storage::Written> {
        let written = self.commit(vec![op]).await?.written.pop();
        written.ok_or_else(|| Error::new(ErrorKind::Unavailable, "a commit without a result"))
    }

    /// Adds to locks that stand in the way the paths of their nodes.
    pub(crate) async fn explain(&self, mut error: Error) -> Error {
        if let Some(locks) = error.locks_mut() {
            let ids: Vec<NodeId> = locks.iter().map(|locked| locked.lock.node).collect();
            // Without the paths the answer is poorer, not wrong.
            if let Ok(entries) = self.stat(&ids).await {
                for (locked, entry) in locks.iter_mut().zip(entries) {
                    locked.path = entry.and_then(|entry| entry.path);
                }
            }
        }
        error
    }
}

/// How many nodes the service's own walks read at once.
pub(crate) const PAGE: usize = 500;

fn locked(mounts: &Mutex<Mounted>) -> std::sync::MutexGuard<'_, Mounted> {
    // Never left half changed, so a panic elsewhere does not spoil it.
    mounts.lock().unwrap_or_else(PoisonError::into_inner)
}
