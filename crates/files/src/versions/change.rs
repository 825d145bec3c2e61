//! Bringing versions back, naming and removing them.

use allmende_storage::{
    Cause, Expect, Op, PatchProperties, PropertyOwner, PutFile, RemoveNode, Target,
};
use allmende_types::{Checksums, Permissions};

use super::{
    Author, Content, Marks, Standing, Version,
    place::{LABEL, set_or_remove},
};
use crate::{Entry, Error, ErrorKind, Result, View, Written, permissions::Action};

impl Version {
    /// The most characters that a label has.
    pub const MAX_LABEL: usize = 255;

    fn must_be_overwritten(&self) -> Result<()> {
        match self.standing {
            Standing::Overwritten => Ok(()),
            Standing::Current => {
                let context = format!("{} is the content of the file", self.number);
                Err(Error::new(ErrorKind::NotFound, context))
            }
        }
    }
}

impl View {
    /// Gives a file an older content back, with its time of change, author and label. The
    /// content that it had is kept; the older one is a version no more.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use allmende_files::{Files, FilesOptions, PutRequest, Stores, SystemClock};
    /// # use allmende_storage::memory;
    /// use allmende_files::versions::VersionOptions;
    /// # use allmende_types::SpacePath;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let tree = Arc::new(memory::MemoryTree::default());
    /// # let blobs = Arc::new(memory::MemoryBlobs::default());
    /// # let stores = Stores { tree: tree.clone(), blobs, locks: tree };
    /// let versions = Some(VersionOptions::default());
    /// let options = FilesOptions { versions, ..FilesOptions::default() };
    /// let files = Files::new(stores, Arc::new(SystemClock), options)?;
    /// let view = files.view(&"alice".parse()?).await?;
    /// let path: SpacePath = "plan.txt".parse()?;
    /// for text in ["by train", "by car"] {
    ///     let body = Box::pin(futures_util::stream::iter([Ok(text.into())]));
    ///     view.put(PutRequest::new(path.clone()), body).await?;
    /// }
    /// let plan = view.get(&path).await?;
    /// let old = view.versions(&plan).await?.into_iter().find(|v| v.entry.node.size == 8);
    /// view.restore_version(&plan, &old.expect("the first content")).await?;
    /// assert_eq!(view.get(&path).await?.node.size, 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) for the content that the file has,
    /// [`Forbidden`](ErrorKind::Forbidden), [`Locked`](ErrorKind::Locked),
    /// [`Quota`](ErrorKind::Quota), and those of the stores.
    pub async fn restore_version(&self, entry: &Entry, version: &Version) -> Result<Written> {
        version.must_be_overwritten()?;
        Action::Update.check(entry)?;
        let gone = || Error::new(ErrorKind::NotFound, format!("node {}", entry.id()));
        // Where it really lies: the view may show it elsewhere.
        let real = self.files().tree().stat(&[entry.id()]).await?.pop().flatten();
        // What was thrown away meanwhile is not written to.
        let space = entry.node.space;
        let real = real.filter(|real| real.space == space).ok_or_else(gone)?;
        let (parent, name) = real.parent.zip(real.name.clone()).ok_or_else(gone)?;
        let old = &version.entry.node;
        let content = old.content().ok_or_else(gone)?;
        let put = PutFile {
            target: Target { parent, name, expect: Expect::Node(entry.id()), space: Some(space) },
            segments: self.files().segments_of(&version.entry).await?,
            media_type: content.media_type.clone(),
            checksums: content.checksums.clone(),
            modified: old.modified,
            created: None,
            properties: Vec::new(),
        };
        let author = version.author.clone().map_or(Author::Nobody, Author::Person);
        let content = Content {
            put,
            others: vec![Op::Remove(RemoveNode::whatever(old.id))],
            cause: Cause::Restore,
            marks: Marks { author, label: version.label.clone(), place: None },
        };
        let written = self.commit_content(content, Some(Box::new(real))).await?;
        let entry = self.entry_again(entry, written.node);
        Ok(Written { entry, replaced: written.replaced, hashes: Checksums::none() })
    }

    /// Names a version, or takes its name away. One with a name never goes by itself.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for an empty name and one of more than
    /// [`Version::MAX_LABEL`] characters, [`NotFound`](ErrorKind::NotFound),
    /// [`Forbidden`](ErrorKind::Forbidden), and those of the stores.
    pub async fn label_version(
        &self,
        entry: &Entry,
        version: &Version,
        label: Option<&str>,
    ) -> Result<()> {
        Action::Update.check(entry)?;
        if label.is_some_and(|l| l.is_empty() || l.chars().count() > Version::MAX_LABEL) {
            return Err(Error::new(ErrorKind::Invalid, "the label of a version"));
        }
        let updates = vec![set_or_remove(LABEL, label.map(Into::into))];
        let node = version.entry.id();
        let owner = PropertyOwner::Everyone;
        self.commit(vec![Op::PatchProperties(PatchProperties { node, owner, updates })]).await?;
        Ok(())
    }

    /// Removes an overwritten content for good.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), also for the content that the file has,
    /// [`Forbidden`](ErrorKind::Forbidden), and those of the stores.
    pub async fn remove_version(&self, entry: &Entry, version: &Version) -> Result<()> {
        version.must_be_overwritten()?;
        // To leave a share needs no permission; this does.
        if !entry.permissions.contains(Permissions::DELETE) {
            let context = format!("a version of node {}", entry.id());
            return Err(Error::new(ErrorKind::Forbidden, context));
        }
        self.commit(vec![Op::Remove(RemoveNode::whatever(version.entry.id()))]).await?;
        Ok(())
    }
}
