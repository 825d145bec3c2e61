//! One person's view of the files: the one place in which a path, or an id, of the view
//! becomes a node with its space, owner and permissions.
//!
//! A view is the person's home with what is mounted into it (team folders, received
//! shares), or, for a public link, one node and what lies below it.

mod find;
mod list;

use std::sync::{Arc, Mutex, PoisonError};

use allmende_storage::{Actor, Batch, Cause, Committed, Node, Op};
use allmende_types::{Name, NodeId, Origin, Permissions, SpacePath, UserId};

use crate::{Entry, Error, ErrorKind, Files, Mount, Result, mounts::Layout, service::SpaceRoot};

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
    /// Where the request came from, for the events.
    pub(crate) origin: Arc<Origin>,
    /// Whom events name, where it is not who the view shows.
    pub(crate) acting: Option<UserId>,
    /// Which of the guests of a link it is for.
    pub(crate) guest: Option<Arc<Name>>,
}

/// What a view shows.
#[derive(Debug, Clone)]
enum Base {
    Home { root: SpaceRoot, own: Permissions, mounts: Option<Arc<Mutex<Mounted>>> },
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
        own: Permissions,
        mounts: Arc<[Arc<Mount>]>,
    ) -> Self {
        let mounts = (!mounts.is_empty())
            .then(|| Arc::new(Mutex::new(Mounted { list: mounts, layout: None })));
        let base = Base::Home { root, own, mounts };
        Self::new(files, person, base)
    }

    pub(crate) fn of_link(files: Files, link: LinkView) -> Self {
        let LinkView { mount, holder, number } = link;
        let base = Base::Link { mount: Arc::new(mount), number };
        Self::new(files, holder, base)
    }

    fn new(files: Files, person: UserId, base: Base) -> Self {
        let (tokens, origin) = (Vec::new(), Arc::default());
        Self { files, person: Arc::new(person), base, tokens, origin, acting: None, guest: None }
    }

    /// The same view for a request that submits these lock tokens: its writes pass the
    /// locks that the person holds under them.
    #[must_use]
    pub fn with_lock_tokens(&self, tokens: Vec<allmende_storage::LockToken>) -> Self {
        Self { tokens, ..self.clone() }
    }

    /// The tokens that came with the request.
    pub(crate) fn lock_tokens(&self) -> &[allmende_storage::LockToken] {
        &self.tokens
    }

    /// Whose view it is.
    #[must_use]
    pub fn person(&self) -> &UserId {
        &self.person
    }

    /// The same view of a link for one of its guests, under a name that no other has: nobody
    /// reads, ends or aborts another one's unfinished upload.
    #[must_use]
    pub fn for_guest(&self, guest: Name) -> Self {
        Self { guest: Some(Arc::new(guest)), ..self.clone() }
    }

    /// The service behind it.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Where the mounts of the person stand; none if there are no mounts.
    pub(crate) async fn layout(&self) -> Result<Option<Arc<Layout>>> {
        let Base::Home { root, mounts: Some(mounts), .. } = &self.base else { return Ok(None) };
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

    /// The most that the person may do with what is their own.
    pub(crate) fn own_permissions(&self) -> Permissions {
        match &self.base {
            Base::Home { own, .. } => *own,
            Base::Link { .. } => Permissions::NONE,
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

    /// Who acts through the view: a person, or the guest of a link with this number.
    pub(crate) fn actor(&self) -> (Option<UserId>, Option<i64>) {
        match (&self.acting, &self.base) {
            (Some(person), _) => (Some(person.clone()), None),
            (None, Base::Home { .. }) => (Some((*self.person).clone()), None),
            (None, Base::Link { number, .. }) => (None, *number),
        }
    }

    /// Commits changes in the person's name, with the tokens of the request.
    pub(crate) async fn commit(&self, ops: Vec<Op>) -> Result<Committed> {
        self.commit_for(Cause::Request, ops).await
    }

    /// The same for a cause.
    pub(crate) async fn commit_for(&self, cause: Cause, ops: Vec<Op>) -> Result<Committed> {
        let (person, link) = self.actor();
        let origin = (*self.origin).clone();
        let actor = Actor { person, tokens: self.tokens.clone(), link, origin };
        let batch = Batch { actor, now: self.files.now(), cause, ops };
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
