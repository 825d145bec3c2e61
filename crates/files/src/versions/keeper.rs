//! The job that thins versions out, and removes those of files that are gone.

use std::{collections::HashMap, future::Future};

use allmende_storage::{
    Actor, Batch, Cause, ErrorKind as StoreKind, Expect, MoveNode, Node, NodeField, NodeFilter,
    NodeSearch, Op, PatchProperties, PropertyOwner, Relation, RemoveNode, SortOrder, Space, Target,
};
use allmende_types::{Name, NodeId, SpaceId};

use super::{
    Kept, Naming, VersionOptions,
    place::{LABEL, Place, key},
};
use crate::{
    Error, ErrorKind, Files, Result, Retention,
    companion::{Companion, Found},
    view::PAGE,
};

/// Removes versions that nobody needs any more.
///
/// * Those of files that are gone for good. Files in the trash keep theirs.
/// * Those that the schedule and the obligation let go.
/// * The oldest, where all together take more than half of what the files leave free of
///   their quota.
///
/// What has a label stays as long as its file. Versions of files that were moved to another
/// space are brought after them. Each round goes on from the state that it finds, so it may
/// be broken off anywhere; it holds a page of files at a time.
#[derive(Debug, Clone)]
pub struct VersionKeeper {
    files: Files,
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Tidied {
    /// Files that are gone, whose versions went with them.
    pub gone: usize,
    /// Files whose versions were brought to where they are now.
    pub moved: usize,
    /// Versions that were too many, or too old.
    pub thinned: usize,
    /// Versions that took too much room.
    pub crowded: usize,
}

impl Files {
    /// The job that looks after versions.
    #[must_use]
    pub fn version_keeper(&self) -> VersionKeeper {
        VersionKeeper { files: self.clone() }
    }
}

impl VersionKeeper {
    /// Works until `shutdown` completes; to be spawned once. Failures are logged, and tried
    /// again in the next round.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let options = self.files.options().versions.as_ref();
        let every = options.map_or(VersionOptions::default().tidy_every, |own| own.tidy_every);
        let work = async {
            loop {
                tokio::time::sleep(every).await;
                match self.run_once().await {
                    Ok(done) if done != Tidied::default() => tracing::debug!(?done, "versions"),
                    Ok(_) => {}
                    Err(error) => tracing::warn!(%error, "versions cannot be tidied"),
                }
            }
        };
        tokio::select! {
            () = shutdown => {}
            () = work => {}
        }
    }

    /// One round. Where no versions are kept any more, those that there are stay with their
    /// files.
    ///
    /// # Errors
    /// The first failure of a store; the steps after it were not taken.
    pub async fn run_once(&self) -> Result<Tidied> {
        let mut tidied = Tidied::default();
        let mut after = None;
        loop {
            let page = self.files.companions(after.as_ref(), PAGE).await?;
            for found in page.items.iter().filter(|found| found.kind == Companion::Versions) {
                self.look_after(found, &mut tidied).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(tidied);
            }
        }
    }

    async fn look_after(&self, found: &Found, tidied: &mut Tidied) -> Result<()> {
        let beside = found.of.as_ref();
        if let Some(own) = &found.space {
            let round = Round { files: &self.files, beside, own };
            let left = round.run(tidied).await?;
            if left > 0 {
                return Ok(());
            }
        }
        match beside {
            // Whose space is gone: files that were moved out of it have their versions now.
            None => self.files.drop_companion(found).await,
            Some(_) => Ok(()),
        }
    }
}

/// The work on the versions of one space.
struct Round<'a> {
    files: &'a Files,
    /// The space of the files, if that is still there.
    beside: Option<&'a Space>,
    /// That of their versions.
    own: &'a Space,
}

impl Round<'_> {
    /// Returns how many folders of versions could not be brought to where their files are.
    async fn run(&self, tidied: &mut Tidied) -> Result<usize> {
        let options = self.files.options().versions.as_ref();
        let (mut left, mut after) = (0, None);
        loop {
            let page = match self.files.tree().list(self.own.root, after.as_ref(), PAGE).await {
                // Removed meanwhile, by another round.
                Err(error) if *error.kind() == StoreKind::NotFound => return Ok(left),
                page => page?,
            };
            let file = |node: &Node| node.name.as_ref()?.as_str().parse().ok().map(NodeId);
            let folders = page.items.iter().filter_map(|node| Some((node.id, file(node)?)));
            let folders: Vec<(NodeId, NodeId)> = folders.collect();
            left += self.follow(&folders, tidied).await?;
            if let (Some(options), Some(_)) = (options, self.beside) {
                self.thin(options, &folders, tidied).await?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
            // So that requests get their turn.
            tokio::task::yield_now().await;
        }
        if let (Some(options), Some(beside)) = (options, self.beside) {
            self.make_room(options, beside, tidied).await?;
        }
        Ok(left)
    }

    /// Removes the versions of files that are gone, and brings the others to where their
    /// files are; returns how many could not be brought.
    async fn follow(&self, folders: &[(NodeId, NodeId)], tidied: &mut Tidied) -> Result<usize> {
        let ids: Vec<NodeId> = folders.iter().map(|(_, file)| *file).collect();
        let files = self.files.tree().stat(&ids).await?;
        let here = self.beside.map(|beside| beside.id);
        let mut bases: HashMap<SpaceId, Option<SpaceId>> = HashMap::new();
        bases.extend(here.map(|id| (id, here)));
        let (mut gone, mut left) = (Vec::new(), 0);
        for ((folder, _), file) in folders.iter().zip(files) {
            let Some(file) = file else {
                gone.push(*folder);
                continue;
            };
            let base = match bases.get(&file.space) {
                Some(base) => *base,
                None => {
                    let base = self.base_of(file.space).await?;
                    bases.insert(file.space, base);
                    base
                }
            };
            let Some(base) = base else {
                // The file is about to go.
                left += 1;
                continue;
            };
            if Some(base) != here {
                let brought = self.bring(*folder, &file, base).await?;
                *(if brought { &mut tidied.moved } else { &mut left }) += 1;
            }
        }
        tidied.gone += self.remove(gone).await?;
        Ok(left)
    }

    /// The space beside which the versions of a space's files lie: what is in the trash
    /// belongs to where it was. None where it was removed meanwhile.
    async fn base_of(&self, space: SpaceId) -> Result<Option<SpaceId>> {
        let there =
            async |id| Ok::<_, Error>(self.files.tree().spaces(&[id]).await?.pop().flatten());
        let Some(space) = there(space).await? else { return Ok(None) };
        Ok(match Companion::of_key(&space.key) {
            Some((Companion::Trash, of)) => there(of).await?.map(|of| of.id),
            _ => Some(space.id),
        })
    }

    /// Moves a folder of versions beside another space. Where the file is locked, or not
    /// there any more, that is left for the next round.
    async fn bring(&self, folder: NodeId, file: &Node, base: SpaceId) -> Result<bool> {
        let parent = self.files.companion(Companion::Versions, base).await?.root;
        let name = Name::new(&file.id.to_string())?;
        let target = Target { parent, name, expect: Expect::Absent, space: None };
        let updates = vec![Place { beside: base, folder }.update(file.id)];
        let owner = PropertyOwner::Everyone;
        let ops = vec![
            Op::Move(MoveNode::whatever(folder, target)),
            Op::PatchProperties(PatchProperties { node: file.id, owner, updates }),
        ];
        match self.commit(ops).await {
            Ok(()) => Ok(true),
            Err(error) => match error.kind() {
                ErrorKind::Locked(_) | ErrorKind::NotFound | ErrorKind::Exists => {
                    tracing::debug!(%error, "versions stay where they are for now");
                    Ok(false)
                }
                _ => Err(error),
            },
        }
    }

    /// Removes what the schedule lets go.
    async fn thin(
        &self,
        options: &VersionOptions,
        folders: &[(NodeId, NodeId)],
        tidied: &mut Tidied,
    ) -> Result<()> {
        let few = match options.retention {
            Retention::Disabled => return Ok(()),
            // One alone never goes but by its age.
            Retention::Bounded { at_most: None, .. } => 1,
            Retention::Bounded { at_most: Some(_), .. } => 0,
        };
        let ids: Vec<NodeId> = folders.iter().map(|(folder, _)| *folder).collect();
        let counts = self.files.tree().count_children(&ids).await?;
        let now = self.files.now();
        for (folder, _) in ids.iter().zip(counts).filter(|(_, count)| count.files > few) {
            let mut nodes = self.files.version_nodes(*folder).await?;
            // As they were kept: a copy has the time of its batch, and ids rise.
            nodes.sort_by_key(|node| (node.uploaded, node.id));
            let plain = |node: &Node| Kept { at: node.uploaded, naming: Naming::Plain };
            let mut kept: Vec<Kept> = nodes.iter().map(plain).collect();
            // A name only ever spares: where nothing is too much without them, mostly, they
            // need not be read.
            if options.surplus(now, &kept).is_empty() {
                continue;
            }
            for (page, kept) in nodes.chunks(PAGE).zip(kept.chunks_mut(PAGE)) {
                let ids: Vec<NodeId> = page.iter().map(|node| node.id).collect();
                let marks = self.files.marks(&ids).await?;
                for (kept, _) in kept.iter_mut().zip(marks).filter(|(_, m)| m.label.is_some()) {
                    kept.naming = Naming::Labelled;
                }
            }
            let surplus = options.surplus(now, &kept);
            tidied.thinned += self.remove(surplus.iter().map(|at| nodes[*at].id).collect()).await?;
        }
        Ok(())
    }

    /// Removes the oldest ones until all together take no more than half of what is free.
    async fn make_room(
        &self,
        options: &VersionOptions,
        beside: &Space,
        tidied: &mut Tidied,
    ) -> Result<()> {
        let (Retention::Bounded { at_least, .. }, Some(_)) = (options.retention, beside.quota)
        else {
            return Ok(());
        };
        let days = i64::from(at_least.unwrap_or(0));
        let before = self.files.now().plus_seconds(-days * 86_400);
        loop {
            let tree = self.files.tree();
            let mut spaces = tree.spaces(&[beside.id, self.own.id]).await?;
            let (Some(own), Some(of)) = (spaces.pop().flatten(), spaces.pop().flatten()) else {
                // Removed meanwhile.
                return Ok(());
            };
            let most = of.free().unwrap_or(u64::MAX) / 2;
            let Some(mut over) = own.used.checked_sub(most).filter(|over| *over > 0) else {
                return Ok(());
            };
            let mut search = NodeSearch::below(vec![own.root]);
            search.filter = NodeFilter::All(vec![
                NodeFilter::Not(Box::new(NodeFilter::Folder)),
                NodeFilter::Not(Box::new(NodeFilter::Has(PropertyOwner::Everyone, key(LABEL)))),
                NodeFilter::Figure(NodeField::Uploaded, Relation::AtMost, before.unix()),
            ]);
            search.order = vec![(NodeField::Uploaded, SortOrder::Ascending)];
            search.limit = PAGE;
            let oldest = tree.search(&search).await?;
            let mut going = Vec::new();
            for node in oldest {
                if over == 0 {
                    break;
                }
                over = over.saturating_sub(node.size);
                going.push(node.id);
            }
            let removed = self.remove(going).await?;
            if removed == 0 {
                return Ok(());
            }
            tidied.crowded += removed;
        }
    }

    /// Removes nodes, a page at a time. What is gone already is passed over.
    async fn remove(&self, nodes: Vec<NodeId>) -> Result<usize> {
        let mut removed = 0;
        for page in nodes.chunks(PAGE) {
            let ops = page.iter().map(|node| Op::Remove(RemoveNode::whatever(*node))).collect();
            match self.commit(ops).await {
                Ok(()) => removed += page.len(),
                // Somebody removed one of them just now: each by itself.
                Err(error) if error.is(&ErrorKind::NotFound) => {
                    for node in page {
                        match self.commit(vec![Op::Remove(RemoveNode::whatever(*node))]).await {
                            Ok(()) => removed += 1,
                            Err(error) if error.is(&ErrorKind::NotFound) => {}
                            Err(error) => return Err(error),
                        }
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }

    async fn commit(&self, ops: Vec<Op>) -> Result<()> {
        let (actor, now) = (Actor::default(), self.files.now());
        let batch = Batch { actor, now, cause: Cause::Request, ops };
        self.files.tree().commit(batch).await.map(drop).map_err(Error::from)
    }
}
