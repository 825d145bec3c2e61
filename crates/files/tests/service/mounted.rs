//! A world in which things are mounted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use allmende_files::{Mount, MountId, MountKind, MountPlace, Mounts, Result};
use allmende_storage::{NewSpace, Tree};
use allmende_types::{NodeId, Permissions, Timestamp, UserId};
use async_trait::async_trait;

use crate::world::{START, World, name, user};

/// Mounts that a test says there are.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<HashMap<String, Vec<Mount>>>);

impl Told {
    pub(crate) fn add(&self, person: &str, mount: Mount) {
        self.0.lock().unwrap().entry(person.into()).or_default().push(mount);
    }

    pub(crate) fn change(&self, person: &str, id: u64, change: impl FnOnce(&mut Mount)) {
        let mut all = self.0.lock().unwrap();
        let mounts = all.get_mut(person).unwrap();
        change(mounts.iter_mut().find(|mount| mount.id == MountId(id)).unwrap());
    }

    pub(crate) fn of(&self, person: &str) -> Vec<Mount> {
        self.0.lock().unwrap().get(person).cloned().unwrap_or_default()
    }
}

#[async_trait]
impl Mounts for Told {
    async fn mounts(&self, person: &UserId) -> Result<Arc<[Arc<Mount>]>> {
        Ok(self.of(person.as_str()).into_iter().map(Arc::new).collect())
    }

    async fn relocate(&self, person: &UserId, mount: &Mount, place: MountPlace) -> Result<()> {
        let set = |mount: &mut Mount| {
            mount.place = place;
            mount.folders = Default::default();
        };
        self.change(person.as_str(), mount.id.0, set);
        Ok(())
    }

    async fn leave(&self, person: &UserId, mount: &Mount) -> Result<()> {
        let mut all = self.0.lock().unwrap();
        all.get_mut(person.as_str()).unwrap().retain(|other| other.id != mount.id);
        Ok(())
    }
}

/// The world with what is mounted in it.
pub(crate) fn world() -> (World, Arc<Told>) {
    let mut world = World::new();
    let told = Arc::new(Told::default());
    world.files = world.files.clone().with_mounts(Arc::clone(&told) as Arc<dyn Mounts>);
    (world, told)
}

pub(crate) fn share(id: u64, at: &str, root: NodeId, bits: u8) -> Mount {
    let place = MountPlace { parent: None, name: name(at) };
    let mut mount = Mount::new(MountId(id), MountKind::Share, place, root, user("alice"));
    mount.permissions = Permissions::from_bits(bits).unwrap();
    mount
}

pub(crate) async fn team(world: &World, id: u64, at: &str, person: &str) -> Mount {
    let key = format!("team:{id}").into();
    let now = Timestamp::from_unix(START);
    let found = world.tree.find_space(&format!("team:{id}")).await.unwrap();
    let space = match found {
        Some(space) => space,
        None => world.tree.create_space(NewSpace { key, quota: None, now }).await.unwrap(),
    };
    let place = MountPlace { parent: None, name: name(at) };
    let kind = MountKind::Team { folder: i64::try_from(id).unwrap() };
    Mount::new(MountId(1000 + id), kind, place, space.root, user(person))
}
