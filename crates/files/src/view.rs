//! One person's view of the files: the one place in which a path, or an id, of the view
//! becomes a node with its space, owner and permissions.
//!
//! Today a view is the person's home. What is mounted into it later (team folders,
//! received shares) is looked up here and nowhere else.

use std::sync::Arc;

use allmende_storage::{
    Actor, Batch, Cause, ChildCount, Committed, Cursor, ErrorKind as StoreKind, Node, Op, Page,
    Property, PropertyOwner, Target,
};
use allmende_types::{Name, NodeFacts, NodeId, Permissions, SpaceId, SpacePath, UserId};

use crate::{
    Entry, Error, ErrorKind, Files, Place, Quota, Result,
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
    home: SpaceRoot,
    tokens: Vec<allmende_storage::LockToken>,
}

impl View {
    pub(crate) fn new(files: Files, person: UserId, home: SpaceRoot) -> Self {
        Self { files, person: Arc::new(person), home, tokens: Vec::new() }
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
        let node = match self.files.tree().resolve(self.home.id, path).await {
            Err(error) if *error.kind() == StoreKind::NotFound => {
                // The home was removed under a remembered id. The next request makes a new
                // one; for this one it is not certain that nothing is there.
                self.files.forget_space(&home_key(&self.person));
                let gone = Error::new(ErrorKind::Unavailable, "the home was removed meanwhile");
                return Err(gone.with_source(error));
            }
            result => result?,
        };
        Ok(node.map(|node| self.entry(node, Some(path.clone()))))
    }

    /// What stands at a path.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Unavailable`](ErrorKind::Unavailable).
    pub async fn get(&self, path: &SpacePath) -> Result<Entry> {
        let found = self.resolve(path).await?;
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("/{path}")))
    }

    /// Up to `limit` children of a folder behind `after`, in the tree's order.
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
        let Page { items, next } = self.files.tree().list(folder.id(), after, limit).await?;
        Ok(Page { items: items.into_iter().map(|node| self.entry(node, None)).collect(), next })
    }

    /// The entries with these ids, in their order; none where the person sees no such
    /// node.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn stat(&self, ids: &[NodeId]) -> Result<Vec<Option<Entry>>> {
        let nodes = self.files.tree().stat(ids).await?;
        let paths = self.files.tree().paths(ids).await?;
        // A node between the two reads can be gone: then it has no path, and is gone.
        let visible = |node: &Node| self.sees(node.space);
        Ok(nodes
            .into_iter()
            .zip(paths)
            .map(|(node, path)| Some(self.entry(node.filter(visible)?, Some(path?))))
            .collect())
    }

    /// How many files and folders each folder holds directly.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn count_children(&self, folders: &[NodeId]) -> Result<Vec<ChildCount>> {
        Ok(self.files.tree().count_children(folders).await?)
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

    /// A node as an entry of this view.
    pub(crate) fn entry(&self, node: Node, path: Option<SpacePath>) -> Entry {
        let root = node.parent.is_none();
        let facts =
            NodeFacts { folder: node.is_folder(), parent_creatable: !root, ..NodeFacts::default() };
        let owner = Arc::clone(&self.person);
        Entry { node, permissions: Permissions::ALL, facts, owner, path }
    }

    fn sees(&self, space: SpaceId) -> bool {
        space == self.home.id
    }

    /// The folder and the name that a place means.
    pub(crate) async fn locate(&self, place: Place) -> Result<(Entry, Name)> {
        let (folder, name) = match place {
            Place::Child(folder, name) => (*folder, name),
            Place::Path(path) => {
                let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
                    return Err(Error::new(ErrorKind::Forbidden, "the root cannot be replaced"));
                };
                let folder = self.resolve(&parent).await?;
                let folder = folder
                    .ok_or_else(|| Error::new(ErrorKind::ParentNotFound, format!("/{parent}")))?;
                (folder, name.clone())
            }
        };
        folder.must_be_folder()?;
        Ok((folder, name))
    }

    /// What stands under a name in a folder.
    pub(crate) async fn child(&self, folder: &Entry, name: &Name) -> Result<Option<Entry>> {
        let path = match &folder.path {
            Some(path) => path.clone(),
            None => match self.files.tree().paths(&[folder.id()]).await?.pop().flatten() {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        self.resolve(&path.join(name.clone())).await
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
        let person = Some((*self.person).clone());
        let actor = Actor { person, tokens: self.tokens.clone(), ..Actor::default() };
        let batch = Batch { actor, now: self.files.now(), cause: Cause::Request, ops };
        match self.files.tree().commit(batch).await {
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

/// A target in a folder of a view.
pub(crate) fn target(folder: &Entry, name: Name, expect: allmende_storage::Expect) -> Target {
    Target { parent: folder.id(), name, expect }
}
