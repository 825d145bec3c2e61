//! Places of a view at which something is to be written.

use allmende_storage::{Expect, Target};
use allmende_types::{Name, NodeId, SpacePath};

use crate::{
    Entry, Error, ErrorKind, Place, Result, View,
    mounts::{Placed, Shown},
};

/// A folder and a name in it, and where that really is.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    /// The folder, as the view shows it.
    pub(crate) folder: Entry,
    pub(crate) name: Name,
    /// The root of a mount that stands there: a file that somebody shared.
    pub(crate) standing: Option<Standing>,
}

/// A root of a mount, and its place in the space that it lies in.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) entry: Entry,
    place: Option<(NodeId, Name)>,
}

impl Standing {
    fn of(placed: &Placed) -> Self {
        let real = &placed.root;
        Self { entry: View::placed_entry(placed), place: real.parent.zip(real.name.clone()) }
    }
}

impl Spot {
    /// The place as a change of the tree names it: in the space in which it was seen, for the
    /// folder can be thrown away before the change is made.
    pub(crate) fn target(&self, expect: Expect) -> Target {
        let space = Some(self.payer().node.space);
        let standing = self.standing.as_ref();
        match standing.and_then(|standing| Some((standing, standing.place.clone()?))) {
            // The share is bound to the node, so it must be this one and no other.
            Some((standing, (parent, name))) => {
                let own = Expect::Node(standing.entry.id());
                let expect = if expect == Expect::Any { own } else { expect };
                Target { parent, name, expect, space }
            }
            None => Target { parent: self.folder.id(), name: self.name.clone(), expect, space },
        }
    }

    /// The entry in whose space the bytes come to lie.
    pub(crate) fn payer(&self) -> &Entry {
        self.standing.as_ref().map_or(&self.folder, |standing| &standing.entry)
    }

    /// Refuses to put something else in the place of a mount.
    pub(crate) fn must_not_replace_mount(&self, expect: Expect) -> Result<()> {
        let Some(standing) = &self.standing else { return Ok(()) };
        let kind = if expect == Expect::Absent { ErrorKind::Exists } else { ErrorKind::Forbidden };
        Err(Error::new(kind, format!("node {} is mounted here", standing.entry.id())))
    }
}

impl View {
    /// The folder and the name that a place means.
    pub(crate) async fn locate(&self, place: Place) -> Result<Spot> {
        let (folder, name) = match place {
            Place::Child(folder, name) => (*folder, name),
            Place::Path(path) => {
                let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
                    return self.locate_root().await;
                };
                let folder = self.look(&parent).await?;
                let folder = folder
                    .ok_or_else(|| Error::new(ErrorKind::ParentNotFound, format!("/{parent}")))?;
                (folder, name.clone())
            }
        };
        folder.must_be_folder()?;
        let mut standing = None;
        if folder.mount.is_none()
            && let Some(layout) = self.layout().await?
        {
            let key = self.files().options().names.key(&name);
            standing = match layout.shown_in(folder.id()).and_then(|shown| shown.get(&key)) {
                Some(Shown::Mount(placed)) => Some(Standing::of(placed)),
                Some(Shown::Between(between)) => {
                    let home = self.home()?;
                    let entry = self.between_entry(&layout, home, between);
                    Some(Standing { entry, place: None })
                }
                None => None,
            };
        }
        Ok(Spot { folder, name, standing })
    }

    /// The root itself can be written to where it is a file: that of a public link.
    async fn locate_root(&self) -> Result<Spot> {
        let refused = || Error::new(ErrorKind::Forbidden, "the root cannot be replaced");
        let mount = self.link().ok_or_else(refused)?;
        let node = self.files().linked(mount).await?;
        let node = node.filter(|node| !node.is_folder()).ok_or_else(refused)?;
        let place = node.parent.zip(node.name.clone()).ok_or_else(refused)?;
        let entry = Self::link_root(mount, node);
        let name = place.1.clone();
        let standing = Some(Standing { entry: entry.clone(), place: Some(place) });
        Ok(Spot { folder: entry, name, standing })
    }

    /// What stands under a name in a folder.
    pub(crate) async fn child(&self, folder: &Entry, name: &Name) -> Result<Option<Entry>> {
        let layout = if folder.mount.is_none() { self.layout().await? } else { None };
        let path = folder.path.as_ref().map(|path| path.join(name.clone()));
        if let Some(layout) = &layout {
            let key = self.files().options().names.key(name);
            match layout.shown_in(folder.id()).and_then(|shown| shown.get(&key)) {
                Some(Shown::Mount(placed)) => return Ok(Some(Self::placed_entry(placed))),
                Some(Shown::Between(between)) => {
                    return Ok(Some(self.between_entry(layout, self.home()?, between)));
                }
                None => {}
            }
        }
        let below = SpacePath::root().join(name.clone());
        let node = self.files().tree().resolve_below(folder.id(), &below).await?;
        let entry = |node| self.entry_in(layout.as_deref(), folder, node, path);
        Ok(node.map(entry).filter(Entry::is_visible))
    }

    /// What a change came to, as this view shows it.
    pub(crate) fn written(
        &self,
        spot: &Spot,
        written: allmende_storage::Written,
        hashes: allmende_types::Checksums,
    ) -> crate::Written {
        let node = written.node;
        let entry = match &spot.standing {
            Some(standing) => self.entry_again(&standing.entry, node),
            None => {
                let path = Self::path_in(&spot.folder, &node);
                self.entry_in(None, &spot.folder, node, path)
            }
        };
        crate::Written { entry, replaced: written.replaced, hashes }
    }
}
