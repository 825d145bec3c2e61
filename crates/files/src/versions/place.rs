//! What is noted at a file and its versions: who wrote the content, what it is called, and
//! where the versions lie.

use allmende_storage::{
    Actor, Batch, Cause, ErrorKind as StoreKind, Expect, MakeFolder, MoveNode, Node, Op, Property,
    PropertyKey, PropertyOwner, PropertyUpdate, Target,
};
use allmende_types::{Name, NodeId, SpaceId, SpacePath, Timestamp, UserId};

use crate::{Error, ErrorKind, Files, Result, companion::Companion, view::PAGE};

/// The namespace of the notes. No client sees or sets what belongs to everyone.
const NAMESPACE: &str = "urn:allmende:versions";

pub(super) fn key(name: &'static str) -> PropertyKey {
    PropertyKey { namespace: NAMESPACE.into(), name: name.into() }
}

const AUTHOR: &str = "author";
pub(super) const LABEL: &str = "label";
const PLACE: &str = "place";

/// Who wrote a content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Author {
    /// Nothing was noted: whoever the file belongs to.
    #[default]
    Owner,
    /// Somebody without an account.
    Nobody,
    Person(UserId),
}

/// Where the versions of a file lie: what is noted at the file, by a property of everyone.
///
/// ```
/// use allmende_files::versions::VersionPlace;
/// use allmende_types::{NodeId, SpaceId};
///
/// let place = VersionPlace { beside: SpaceId(3), folder: NodeId(9) };
/// let noted = place.property(NodeId(7));
/// assert_eq!(VersionPlace::of(NodeId(7), &noted), Some(place));
/// // A copy of the file has the note, and no versions of its own.
/// assert_eq!(VersionPlace::of(NodeId(8), &noted), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The space beside which they lie.
    pub beside: SpaceId,
    /// Their folder, which is named by the id of the file.
    pub folder: NodeId,
}

/// What is noted at a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    pub(crate) author: Author,
    pub(crate) label: Option<Box<str>>,
    pub(crate) place: Option<Place>,
}

impl Marks {
    /// Reads them from the properties of a node.
    fn of(node: NodeId, properties: &[Property]) -> Self {
        let mut marks = Self::default();
        for Property { key, value } in properties.iter().filter(|p| &*p.key.namespace == NAMESPACE)
        {
            match &*key.name {
                AUTHOR if value.is_empty() => marks.author = Author::Nobody,
                AUTHOR => marks.author = value.parse().map_or(Author::Owner, Author::Person),
                LABEL => marks.label = Some(value.clone()),
                PLACE => marks.place = Place::read(node, value),
                _ => {}
            }
        }
        marks
    }

    /// The changes that give the marks to a content, and take the old ones away.
    pub(crate) fn updates(&self) -> Vec<PropertyUpdate> {
        vec![set_or_remove(AUTHOR, self.author.value()), set_or_remove(LABEL, self.label.clone())]
    }
}

/// The change that gives a note a value, or takes it away.
pub(super) fn set_or_remove(name: &'static str, value: Option<Box<str>>) -> PropertyUpdate {
    let key = key(name);
    match value {
        Some(value) => PropertyUpdate::Set(Property { key, value }),
        None => PropertyUpdate::Remove(key),
    }
}

impl Author {
    fn value(&self) -> Option<Box<str>> {
        match self {
            Self::Owner => None,
            Self::Nobody => Some("".into()),
            Self::Person(person) => Some(person.as_str().into()),
        }
    }

    /// The note of a new file; nothing where its owner writes.
    pub(crate) fn updates(&self) -> Vec<PropertyUpdate> {
        self.value().map(|value| set_or_remove(AUTHOR, Some(value))).into_iter().collect()
    }
}

impl Place {
    /// The note names the file too: a copy of it has the note, and no versions yet.
    fn read(node: NodeId, text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten();
        (next() == Some(node.0)).then_some(())?;
        Some(Self { beside: SpaceId(next()?), folder: NodeId(next()?) })
    }

    pub(super) fn update(self, node: NodeId) -> PropertyUpdate {
        PropertyUpdate::Set(self.property(node))
    }

    /// The property of a file that notes it.
    #[must_use]
    pub fn property(self, node: NodeId) -> Property {
        let Self { beside, folder } = self;
        Property { key: Self::key(), value: format!("{node} {beside} {folder}").into() }
    }

    /// What a property of a file notes; none if it is another one, broken, or of another file.
    #[must_use]
    pub fn of(node: NodeId, property: &Property) -> Option<Self> {
        (property.key == Self::key()).then(|| Self::read(node, &property.value))?
    }

    /// The key of properties that note a place.
    #[must_use]
    pub fn key() -> PropertyKey {
        key(PLACE)
    }
}

/// A place that is there when the changes before it are made.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) folder: NodeId,
    /// What comes before.
    pub(super) ops: Vec<Op>,
    /// What is noted at the file then.
    pub(super) note: Vec<PropertyUpdate>,
}

/// Whether what was noted is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    Note,
    /// It led nowhere; look.
    Nothing,
}

impl Files {
    /// What is noted at nodes, in their order. One read.
    pub(crate) async fn marks(&self, nodes: &[NodeId]) -> Result<Vec<Marks>> {
        let all = self.tree().properties(nodes, &PropertyOwner::Everyone).await?;
        Ok(nodes.iter().zip(&all).map(|(node, noted)| Marks::of(*node, noted)).collect())
    }

    /// A place for versions of a file: beside the space that it lies in now.
    pub(super) async fn version_place(
        &self,
        node: &Node,
        noted: Option<Place>,
        trust: Trust,
    ) -> Result<Prepared> {
        let id = node.id;
        let noted = match (noted, trust) {
            (Some(place), Trust::Note) if place.beside == node.space => {
                return Ok(Prepared { folder: place.folder, ops: Vec::new(), note: Vec::new() });
            }
            (None, _) => None,
            (Some(place), _) => {
                let there = self.tree().stat(&[place.folder]).await?.pop().flatten();
                there.map(|folder| Place { folder: folder.id, ..place })
            }
        };
        let root = self.companion(Companion::Versions, node.space).await?.root;
        let name = Name::new(&id.to_string())?;
        if let Some(place) = noted {
            if place.beside == node.space {
                return Ok(Prepared { folder: place.folder, ops: Vec::new(), note: Vec::new() });
            }
            let target = Target { parent: root, name, expect: Expect::Absent, space: None };
            let op = MoveNode::whatever(place.folder, target);
            let note = vec![Place { beside: node.space, ..place }.update(id)];
            return Ok(Prepared { folder: place.folder, ops: vec![Op::Move(op)], note });
        }
        let folder = self.version_folder(root, name).await?;
        let note = vec![Place { beside: node.space, folder }.update(id)];
        Ok(Prepared { folder, ops: Vec::new(), note })
    }

    /// The same for many files. The folders that are missing are made by one commit.
    pub(super) async fn version_places(&self, nodes: &[&Node]) -> Result<Vec<Prepared>> {
        let ids: Vec<NodeId> = nodes.iter().map(|node| node.id).collect();
        let mut noted: Vec<Option<Place>> = Vec::with_capacity(ids.len());
        for ids in ids.chunks(PAGE) {
            noted.extend(self.marks(ids).await?.into_iter().map(|marks| marks.place));
        }
        let mut missing = Vec::new();
        for (node, _) in nodes.iter().zip(&noted).filter(|(_, noted)| noted.is_none()) {
            let root = self.companion(Companion::Versions, node.space).await?.root;
            missing.push((root, Name::new(&node.id.to_string())?));
        }
        let mut made = self.version_folders(&missing).await?.into_iter();
        let mut places = Vec::with_capacity(nodes.len());
        for (node, noted) in nodes.iter().zip(noted) {
            let beside = node.space;
            let folder = if noted.is_none() { made.next() } else { None };
            places.push(match folder {
                Some(folder) => {
                    let note = vec![Place { beside, folder }.update(node.id)];
                    Prepared { folder, ops: Vec::new(), note }
                }
                None => self.version_place(node, noted, Trust::Note).await?,
            });
        }
        Ok(places)
    }

    async fn version_folders(&self, places: &[(NodeId, Name)]) -> Result<Vec<NodeId>> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let (actor, now, cause) = (Actor::default(), self.now(), Cause::Request);
        let ops = places.iter().map(|(root, name)| make_folder(*root, name.clone(), now)).collect();
        match self.tree().commit(Batch { actor, now, cause, ops }).await {
            // Some are there, without a note at their file: each by itself.
            Err(error) if *error.kind() == StoreKind::Exists => {
                let mut folders = Vec::with_capacity(places.len());
                for (root, name) in places {
                    folders.push(self.version_folder(*root, name.clone()).await?);
                }
                Ok(folders)
            }
            made => Ok(made?.written.into_iter().map(|written| written.node.id).collect()),
        }
    }

    /// A folder beside a space, which is made if it is not there. One that stays empty does
    /// no harm.
    async fn version_folder(&self, root: NodeId, name: Name) -> Result<NodeId> {
        let path = SpacePath::root().join(name.clone());
        let now = self.now();
        let make = make_folder(root, name, now);
        match self.tree().commit(Batch::one(Actor::default(), now, make)).await {
            Err(error) if *error.kind() == StoreKind::Exists => {
                let there = self.tree().resolve_below(root, &path).await?;
                there.map(|folder| folder.id).ok_or_else(|| error.into())
            }
            made => {
                let made = made?.written.pop().map(|written| written.node.id);
                made.ok_or_else(|| Error::new(ErrorKind::Unavailable, "a commit without a result"))
            }
        }
    }
}

fn make_folder(parent: NodeId, name: Name, now: Timestamp) -> Op {
    let target = Target { parent, name, expect: Expect::Absent, space: None };
    Op::MakeFolder(MakeFolder { target, modified: now, created: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &'static str, value: &str) -> Property {
        Property { key: key(name), value: value.into() }
    }

    #[test]
    fn what_is_noted_is_read() {
        let node = NodeId(7);
        let place = Place { beside: SpaceId(3), folder: NodeId(9) };
        let PropertyUpdate::Set(noted) = place.update(node) else { panic!("a note") };
        let author = Author::Person("bob".parse().unwrap());
        let label = Some("first draft".into());
        let marks = Marks { author, label, place: Some(place) };
        let all = [property(AUTHOR, "bob"), property(LABEL, "first draft"), noted];
        assert_eq!(Marks::of(node, &all), marks);
        // A copy has no versions of its own.
        assert_eq!(Marks::of(NodeId(8), &all), Marks { place: None, ..marks });
        assert_eq!(Marks::of(node, &[property(AUTHOR, "")]).author, Author::Nobody);
        for broken in ["", "7", "7 3", "7 x 9", "7  9", "8 3 9"] {
            assert_eq!(Marks::of(node, &[property(PLACE, broken)]), Marks::default(), "{broken}");
        }
        let foreign = PropertyKey { namespace: "urn:x".into(), name: LABEL.into() };
        let foreign = Property { key: foreign, value: "no".into() };
        assert_eq!(Marks::of(node, &[foreign]), Marks::default());
    }
}
