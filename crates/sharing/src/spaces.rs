//! Whose a space is.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use allmende_storage::ErrorKind as StoreKind;
use allmende_types::SpaceId;

use crate::{Result, Sharing, TeamFolderId};

/// Whose a space is. It never changes while the space is there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SpaceOwner {
    /// The home of the person with this key.
    Person(String),
    /// A team folder.
    Team(TeamFolderId),
    /// Something that is not shared, such as unfinished uploads.
    Other,
}

impl SpaceOwner {
    fn of_key(key: &str) -> Self {
        match key.split_once(':') {
            Some(("home", person)) => Self::Person(person.to_owned()),
            Some(("team", id)) => id.parse().map_or(Self::Other, |id| Self::Team(TeamFolderId(id))),
            _ => Self::Other,
        }
    }
}

/// Spaces whose owners are remembered: a few megabytes at the most.
const REMEMBERED: usize = 20_000;

/// The owners of spaces, remembered.
#[derive(Debug, Default)]
pub(crate) struct Spaces(Mutex<HashMap<SpaceId, SpaceOwner>>);

impl Sharing {
    /// Whose these spaces are. One that is gone is nobody's.
    pub(crate) async fn owners(
        &self,
        spaces: impl IntoIterator<Item = SpaceId>,
    ) -> Result<HashMap<SpaceId, SpaceOwner>> {
        let known = || self.inner.spaces.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut owners = HashMap::new();
        for space in spaces {
            if owners.contains_key(&space) {
                continue;
            }
            let remembered = known().get(&space).cloned();
            let owner = match remembered {
                Some(owner) => owner,
                None => match self.tree().space(space).await {
                    Ok(found) => {
                        let owner = SpaceOwner::of_key(&found.key);
                        let mut known = known();
                        if known.len() >= REMEMBERED {
                            // Starting anew costs one query a space.
                            known.clear();
                        }
                        known.insert(space, owner.clone());
                        owner
                    }
                    Err(gone) if *gone.kind() == StoreKind::NotFound => SpaceOwner::Other,
                    Err(failed) => return Err(failed.into()),
                },
            };
            owners.insert(space, owner);
        }
        Ok(owners)
    }
}
