//! Times, checksums, stored properties and favourites of nodes that are there.

use allmende_storage::{
    ByteRange, Op, PatchProperties, Property, PropertyKey, PropertyOwner, PropertyUpdate, SetFacts,
};
use allmende_types::{Checksum, NodeId, Timestamp};
use futures_util::TryStreamExt;

use crate::{
    Algorithm, Entry, Error, ErrorKind, Result, View, digest::Hasher, permissions::Action,
};

/// Times to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// A new time of the last change. A file gets a new etag by it.
    pub modified: Option<Timestamp>,
    /// A new creation time.
    pub created: Option<Timestamp>,
}

/// Whether a person has marked a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Favourite {
    /// It is marked.
    Yes,
    /// It is not.
    No,
}

/// Changes of times and properties that happen together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// Times.
    pub facts: Facts,
    /// Properties, each list with its owner.
    pub properties: Vec<(PropertyOwner, Vec<PropertyUpdate>)>,
}

impl View {
    /// Sets times.
    ///
    /// # Errors
    /// As of [`View::patch`].
    pub async fn set_facts(&self, entry: &Entry, facts: Facts) -> Result<Entry> {
        self.patch(entry, Patch { facts, properties: Vec::new() }).await
    }

    /// Sets and removes stored properties, in this order.
    ///
    /// # Errors
    /// As of [`View::patch`].
    pub async fn patch_properties(
        &self,
        entry: &Entry,
        owner: PropertyOwner,
        updates: Vec<PropertyUpdate>,
    ) -> Result<()> {
        let properties = vec![(owner, updates)];
        self.patch(entry, Patch { facts: Facts::default(), properties }).await.map(drop)
    }

    /// Changes times and properties, all or none, and returns the entry as it is then.
    ///
    /// What belongs to the person alone (a favourite) needs no permission but to read.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Forbidden`](ErrorKind::Forbidden),
    /// [`Locked`](ErrorKind::Locked), and those of the stores.
    pub async fn patch(&self, entry: &Entry, patch: Patch) -> Result<Entry> {
        let Patch { facts, properties } = patch;
        let mut ops = Vec::new();
        if facts != Facts::default() {
            Action::Update.check(entry)?;
            let Facts { modified, created } = facts;
            let node = entry.id();
            ops.push(Op::SetFacts(SetFacts { node, modified, created, checksums: None }));
        }
        for (owner, updates) in properties {
            self.check_owner(entry, &owner)?;
            if !updates.is_empty() {
                let patch = PatchProperties { node: entry.id(), owner, updates };
                ops.push(Op::PatchProperties(patch));
            }
        }
        if ops.is_empty() {
            return Ok(entry.clone());
        }
        let written = self.commit(ops).await?.written.pop();
        let node = written.map(|written| written.node);
        let node =
            node.ok_or_else(|| Error::new(ErrorKind::Unavailable, "a commit without result"))?;
        Ok(self.entry_again(entry, node))
    }

    fn check_owner(&self, entry: &Entry, owner: &PropertyOwner) -> Result<()> {
        match owner {
            PropertyOwner::Everyone => Action::Update.check(entry),
            PropertyOwner::Person(person) if person.key() == self.person().key() => {
                Action::Read.check(entry)
            }
            PropertyOwner::Person(_) => {
                Err(Error::new(ErrorKind::Forbidden, "properties of somebody else"))
            }
        }
    }

    /// Computes a checksum of a file from its content, stores it beside the others, and
    /// returns it.
    ///
    /// # Errors
    /// [`NotAFile`](ErrorKind::NotAFile), [`Changed`](ErrorKind::Changed) when the content
    /// changes meanwhile, those of [`View::read`] and [`View::patch`].
    pub async fn recalculate_checksum(
        &self,
        entry: &Entry,
        algorithm: Algorithm,
    ) -> Result<Checksum> {
        let content = entry.node.content();
        let mut checksums = content.map(|content| content.checksums.clone()).unwrap_or_default();
        let mut reading = self.read_for_itself(entry, ByteRange::ALL).await?;
        let mut hasher = Hasher::new(algorithm);
        while let Some(chunk) = reading.body.try_next().await.map_err(broken)? {
            hasher.update(&chunk);
        }
        let checksum = hasher.finish();
        checksums.set(checksum.clone());
        let op = SetFacts {
            node: entry.id(),
            modified: None,
            created: None,
            checksums: Some((entry.node.revision, checksums)),
        };
        self.commit_one(Op::SetFacts(op)).await?;
        Ok(checksum)
    }

    /// Which of these nodes the person has marked as favourites, in the order of the ids.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn favourites(&self, ids: &[NodeId]) -> Result<Vec<Favourite>> {
        let key = favourite_key();
        let all = self.properties(ids, &self.own()).await?;
        let marked = |properties: Vec<Property>| properties.iter().any(|p| p.key == key);
        Ok(all
            .into_iter()
            .map(|properties| if marked(properties) { Favourite::Yes } else { Favourite::No })
            .collect())
    }

    /// Marks a node as a favourite of the person, or takes the mark away. No etag changes.
    ///
    /// # Errors
    /// As of [`View::patch`].
    pub async fn set_favourite(&self, entry: &Entry, favourite: Favourite) -> Result<()> {
        let key = favourite_key();
        let update = match favourite {
            Favourite::Yes => PropertyUpdate::Set(Property { key, value: "1".into() }),
            Favourite::No => PropertyUpdate::Remove(key),
        };
        self.patch_properties(entry, self.own(), vec![update]).await
    }

    fn own(&self) -> PropertyOwner {
        PropertyOwner::Person(self.person().clone())
    }
}

/// The name under which the mark is stored: that of the property by which clients set it.
#[must_use]
pub fn favourite_key() -> PropertyKey {
    PropertyKey { namespace: "http://owncloud.org/ns".into(), name: "favorite".into() }
}

/// A stream that was being read for the service's own ends broke.
pub(crate) fn broken(error: std::io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => own,
        Err(error) => Error::new(ErrorKind::Corrupt, "reading a content").with_source(error),
    }
}
