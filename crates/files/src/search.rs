//! Searches in what one person sees.

use allmende_storage::{NodeField, NodeFilter, NodeSearch, SearchDepth, SortOrder};
use allmende_types::{NodeId, SpacePath};

use crate::{Entry, Result, View};

/// What to look for in a view.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// The folders to look below; they are not found themselves.
    pub below: Vec<Entry>,
    /// How far below.
    pub depth: SearchDepth,
    /// What to find.
    pub filter: NodeFilter,
    /// In which order, the most important first.
    pub order: Vec<(NodeField, SortOrder)>,
    /// How many are passed over.
    pub skip: usize,
    /// How many are found at most.
    pub limit: usize,
}

impl SearchRequest {
    /// A search for the first hundred entries below a folder that fit.
    #[must_use]
    pub fn new(below: Entry, filter: NodeFilter) -> Self {
        Self {
            below: vec![below],
            depth: SearchDepth::Infinity,
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
            below.push(folder.id());
        }
        if request.depth == SearchDepth::Infinity {
            self.add_mounts(&request.below, &mut below).await?;
        }
        let SearchRequest { depth, filter, order, skip, limit, .. } = request;
        let search = NodeSearch { below, depth, filter, order, skip, limit };
        let found = self.files().tree().search(&search).await?;
        let ids: Vec<_> = found.iter().map(|node| node.id).collect();
        // The second look gives the paths, and leaves out what the person may not see.
        Ok(self.stat(&ids).await?.into_iter().flatten().collect())
    }

    /// Adds the roots of the mounts below some folders of the home.
    async fn add_mounts(&self, folders: &[Entry], below: &mut Vec<NodeId>) -> Result<()> {
        let Some(layout) = self.layout().await? else { return Ok(()) };
        for folder in folders.iter().filter(|folder| folder.mount.is_none()) {
            // Only the root of the home has no name, and everything is below it.
            let path = match (&folder.path, folder.is_root()) {
                (_, true) => SpacePath::root(),
                (Some(path), _) => path.clone(),
                (None, _) => continue,
            };
            let inside = layout.all().filter(|placed| placed.spot.path.starts_with(&path));
            below.extend(inside.filter(|placed| placed.root.is_folder()).map(|p| p.root.id));
        }
        Ok(())
    }
}
