//! Searches in what one person sees.

use std::{collections::HashSet, sync::Arc};

use allmende_storage::{
    Node, NodeField, NodeFilter, NodeSearch, PropertyKey, PropertyOwner, SearchDepth, SortOrder,
};
use allmende_types::{NodeId, SpacePath};

use crate::{Entry, Result, View, mounts::Placed};

/// What to look for in a view.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// The folders to look below; they are not found themselves.
    pub below: Vec<Entry>,
    /// How far below.
    pub depth: SearchDepth,
    /// Whether what is mounted in the home belongs to it.
    pub reach: SearchReach,
    /// What to find.
    pub filter: NodeFilter,
    /// In which order, the most important first.
    pub order: Vec<(NodeField, SortOrder)>,
    /// How many are passed over.
    pub skip: usize,
    /// How many are found at most.
    pub limit: usize,
}

/// How far a search goes beyond what a person owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SearchReach {
    /// To all that is seen below the folders, with shares and team folders.
    #[default]
    All,
    /// To the person's own home only: of a folder in a mount nothing is found.
    Home,
}

impl SearchRequest {
    /// A search for the first hundred entries below a folder that fit.
    #[must_use]
    pub fn new(below: Entry, filter: NodeFilter) -> Self {
        Self {
            below: vec![below],
            depth: SearchDepth::Infinity,
            reach: SearchReach::All,
            filter,
            order: Vec::new(),
            skip: 0,
            limit: 100,
        }
    }
}

impl View {
    /// Finds entries, each with its path, in a constant number of queries.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use allmende_files::{Files, FilesOptions, FolderRequest, Stores, SystemClock};
    /// # use allmende_storage::memory;
    /// use allmende_files::SearchRequest;
    /// use allmende_storage::{NodeFilter, Pattern};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let tree = Arc::new(memory::MemoryTree::default());
    /// # let blobs = Arc::new(memory::MemoryBlobs::default());
    /// # let stores = Stores { tree: tree.clone(), blobs, locks: tree };
    /// # let files = Files::new(stores, Arc::new(SystemClock), FilesOptions::default())?;
    /// # let view = files.view(&"alice".parse()?).await?;
    /// view.make_folder(FolderRequest::new("Letters".parse::<allmende_types::SpacePath>()?)).await?;
    /// let filter = NodeFilter::Name(Pattern::new("let%"));
    /// let found = view.search(SearchRequest::new(view.root().await?, filter)).await?;
    /// assert_eq!(found[0].path.as_ref().map(ToString::to_string).as_deref(), Some("Letters"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NotAFolder`](crate::ErrorKind::NotAFolder),
    /// [`Invalid`](crate::ErrorKind::Invalid) with too many folders,
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn search(&self, request: SearchRequest) -> Result<Vec<Entry>> {
        let mut below = Vec::with_capacity(request.below.len());
        for folder in &request.below {
            folder.must_be_folder()?;
            if request.reach == SearchReach::All || folder.mount.is_none() {
                below.push(folder.id());
            }
        }
        if below.is_empty() {
            return Ok(Vec::new());
        }
        let mounts = match request.reach {
            SearchReach::All => self.mounts_in(&request.below, request.depth).await?,
            SearchReach::Home => Vec::new(),
        };
        if request.depth == SearchDepth::Infinity {
            let folders = mounts.iter().filter(|placed| placed.root.is_folder());
            below.extend(folders.map(|placed| placed.root.id));
        }
        let SearchRequest { depth, filter, order, skip, limit, .. } = request;
        let mut search = NodeSearch { below, depth, filter, order, skip, limit };
        let roots = self.fitting(&mounts, &search.filter).await?;
        let found = if roots.is_empty() {
            self.files().tree().search(&search).await?
        } else {
            // They stand among the others, so that it is not known which of those are on
            // the page.
            (search.skip, search.limit) = (0, skip.saturating_add(limit));
            let mut found = self.files().tree().search(&search).await?;
            found.retain(|node| roots.iter().all(|root| root.id != node.id));
            found.extend(roots);
            found.sort_by(|a, b| search.compare(a, b));
            found.into_iter().skip(skip).take(limit).collect()
        };
        let ids: Vec<_> = found.iter().map(|node| node.id).collect();
        // The second look gives the paths, and leaves out what the person may not see.
        Ok(self.stat(&ids).await?.into_iter().flatten().collect())
    }

    /// The mounts that stand below some folders of the home.
    async fn mounts_in(&self, folders: &[Entry], depth: SearchDepth) -> Result<Vec<Arc<Placed>>> {
        let Some(layout) = self.layout().await? else { return Ok(Vec::new()) };
        let mut mounts = Vec::new();
        for folder in folders.iter().filter(|folder| folder.mount.is_none()) {
            if depth == SearchDepth::Children {
                mounts.extend(
                    layout.all().filter(|placed| placed.spot.folder == folder.id()).cloned(),
                );
                continue;
            }
            // Only the root of the home has no name, and everything is below it.
            let path = match (&folder.path, folder.is_root()) {
                (_, true) => SpacePath::root(),
                (Some(path), _) => path.clone(),
                (None, _) => continue,
            };
            mounts
                .extend(layout.all().filter(|placed| placed.spot.path.starts_with(&path)).cloned());
        }
        Ok(mounts)
    }

    /// The roots of the mounts that fit, as the person sees them: under the name of the mount.
    /// A tree finds what is below them, and never themselves.
    async fn fitting(&self, mounts: &[Arc<Placed>], filter: &NodeFilter) -> Result<Vec<Node>> {
        let seen = |placed: &Arc<Placed>| Node {
            name: Some(placed.spot.name.clone()),
            ..placed.root.clone()
        };
        let mut roots: Vec<Node> = mounts.iter().map(seen).collect();
        roots.sort_by_key(|root| root.id);
        roots.dedup_by_key(|root| root.id);
        if roots.is_empty() {
            return Ok(roots);
        }
        let ids: Vec<NodeId> = roots.iter().map(|root| root.id).collect();
        let mut owners = Vec::new();
        owners_in(filter, &mut owners);
        let mut stored = HashSet::new();
        for owner in &owners {
            let properties = self.files().tree().properties(&ids, owner).await?;
            for (id, properties) in ids.iter().zip(properties) {
                stored.extend(properties.into_iter().map(|one| (*id, owner.clone(), one.key)));
            }
        }
        roots.retain(|root| {
            let has = |owner: &PropertyOwner, key: &PropertyKey| {
                stored.contains(&(root.id, owner.clone(), key.clone()))
            };
            filter.fits(root, &has)
        });
        Ok(roots)
    }
}

/// Whose properties a filter looks at.
fn owners_in(filter: &NodeFilter, owners: &mut Vec<PropertyOwner>) {
    match filter {
        NodeFilter::All(all) | NodeFilter::Any(all) => {
            all.iter().for_each(|filter| owners_in(filter, owners));
        }
        NodeFilter::Not(not) => owners_in(not, owners),
        NodeFilter::Has(owner, _) if !owners.contains(owner) => owners.push(owner.clone()),
        _ => {}
    }
}
