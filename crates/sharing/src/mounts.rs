//! What is mounted into people's homes: received shares and team folders.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use allmende_files::{
    self as files, Download, Mount, MountId, MountKind, MountPlace, MountRules, Mounts,
};
use allmende_share::{Answer, Exclusion, Merged, ReceivedShare, Rights, ShareId, merge};
use allmende_sql::{Batch, Statement, params};
use allmende_types::{EventKind, Name, NodeId, Permissions, SpacePath, Timestamp, UserId};
use async_trait::async_trait;

use crate::{
    Caller, Error, ErrorKind, Result, Share, Sharing, Slice, TeamRefusal, changes::TRUST,
    lists::Which, people::Known, teams::TeamFolderId,
};

/// People whose mounts are remembered.
const REMEMBERED: usize = 10_000;
/// Set in the numbers of mounts of team folders; those of shares are the numbers of nodes.
const TEAM: u64 = 1 << 63;

/// The mounts of people, remembered.
#[derive(Debug, Default)]
pub(crate) struct MountCache(Mutex<HashMap<String, Remembered>>);

#[derive(Debug, Clone)]
struct Remembered {
    /// The state from which they were derived.
    state: u64,
    since: Instant,
    /// Whether they depend on where nodes lie, of which no change is counted.
    on_tree: bool,
    mounts: Arc<[Arc<Mount>]>,
}

impl MountCache {
    fn get(&self, person: &str, state: u64) -> Option<Arc<[Arc<Mount>]>> {
        let cache = self.lock();
        let entry = cache.get(person).filter(|entry| entry.state == state)?;
        let fresh = !entry.on_tree || entry.since.elapsed() < TRUST;
        fresh.then(|| Arc::clone(&entry.mounts))
    }

    fn put(&self, person: String, entry: Remembered) {
        let mut cache = self.lock();
        if cache.len() >= REMEMBERED {
            // Starting anew costs a few queries a person, which is less than keeping order.
            cache.clear();
        }
        cache.insert(person, entry);
    }

    /// Entries are put in and taken out whole, so a panic elsewhere leaves the map sound.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes of this process count at once, those of others after two seconds at the most:
/// also those that no act of sharing makes, such as a folder that is moved out of a shared
/// one, or a share that ends.
#[async_trait]
impl Mounts for Sharing {
    async fn mounts(&self, person: &UserId) -> files::Result<Arc<[Arc<Mount>]>> {
        self.remembered_mounts(person).await.map_err(to_files)
    }

    async fn own_permissions(&self, person: &UserId) -> files::Result<Permissions> {
        self.permissions_at_home(person).await.map_err(to_files)
    }

    async fn relocate(
        &self,
        person: &UserId,
        mount: &Mount,
        place: MountPlace,
    ) -> files::Result<()> {
        self.move_mount(person, mount, &place).await.map_err(to_files)
    }

    async fn leave(&self, person: &UserId, mount: &Mount) -> files::Result<()> {
        self.leave_mount(person, mount).await.map_err(to_files)
    }
}

impl Sharing {
    /// Everything, without sharing for those whose groups may not.
    async fn permissions_at_home(&self, person: &UserId) -> Result<Permissions> {
        let policy = self.policy().await?;
        if policy.sharers == Exclusion::Nobody {
            return Ok(Permissions::ALL);
        }
        let memberships = self.accounts().memberships_of(person).await?;
        let bits = match policy.may_share(&memberships.groups) {
            true => Permissions::ALL.bits(),
            false => Permissions::ALL.bits() & !Permissions::SHARE.bits(),
        };
        Ok(Permissions::from_bits(bits).unwrap_or(Permissions::NONE))
    }

    async fn remembered_mounts(&self, person: &UserId) -> Result<Arc<[Arc<Mount>]>> {
        let state = self.state().await?;
        let key = person.key();
        if let Some(mounts) = self.inner.mounts.get(&key, state) {
            return Ok(mounts);
        }
        let since = Instant::now();
        let Some(member) = self.member(person).await? else { return Ok(Arc::new([])) };
        let now = self.now();
        let mut mounts = self.team_mounts(&member).await?;
        let shares = self.share_mounts(&member, now).await?;
        // Also when none of them gives anything: what lies in the trash can come back.
        let on_tree = shares.is_some();
        mounts.extend(shares.into_iter().flatten());
        let mounts: Arc<[Arc<Mount>]> = mounts.into_iter().map(Arc::new).collect();
        let entry = Remembered { state, since, on_tree, mounts: Arc::clone(&mounts) };
        self.inner.mounts.put(key, entry);
        Ok(mounts)
    }

    /// The mounts of what a person received and accepted; none if that is nothing.
    async fn share_mounts(&self, known: &Known, now: Timestamp) -> Result<Option<Vec<Mount>>> {
        let asked = self.chose_to_be_asked(&known.person.id).await?;
        let slice = Slice { offset: 0, limit: u32::MAX };
        let mut shares = self.received_by(known, asked, Which::All, now, slice).await?;
        shares.retain(is_accepted);
        if shares.is_empty() {
            return Ok(None);
        }
        let nodes = shares.iter().map(|share| share.node);
        let graph = self.graph([&known.person.id], nodes, now).await?;
        let owners: BTreeSet<UserId> = shares.iter().map(|share| share.owner.clone()).collect();
        let names = self.people_named(&owners).await?;
        let first = SpacePath::from_names(self.share_folder()).unwrap_or_default();
        let policy = self.policy().await?;
        let view_only = match policy.view_without_download {
            true => Download::ViewOnly,
            false => Download::Refused,
        };
        let received = shares.iter().filter(|share| {
            let there = graph.lineage.get(share.node).is_some();
            there && !graph.is_own(&known.person.id, share.node)
        });
        let received = received.map(|share| ReceivedShare {
            id: share.id,
            node: share.node,
            created: share.created,
            gives: graph.gives(share.id),
        });
        let merged = merge(received);
        let by_id: HashMap<ShareId, &Share> =
            shares.iter().map(|share| (share.id, share)).collect();
        let mount = |merged: &Merged| {
            let share = by_id.get(&merged.lead)?;
            let placed = share.received.as_ref();
            let name = placed.and_then(|of| of.name.as_deref()).unwrap_or(&share.name);
            let place =
                MountPlace { parent: placed.and_then(|of| of.parent), name: Name::new(name).ok()? };
            let id = MountId(share.node.get().unsigned_abs());
            let mut mount =
                Mount::new(id, MountKind::Share, place, share.node, share.owner.clone());
            if let Some(owner) = names.get(&share.owner.key()) {
                mount.owner_name = owner.display_name.as_str().into();
            }
            // Who moved it moved it out of the folder for shares.
            if placed.is_none_or(|of| of.name.is_none()) {
                mount.folders = first.clone();
            }
            mount.note = (!share.note.is_empty()).then(|| share.note.as_str().into());
            mount.permissions = merged.rights.permissions();
            if !policy.resharing {
                let received = Rights::new(mount.permissions);
                mount.permissions = received.without(Rights::new(Permissions::SHARE)).permissions();
            }
            mount.download = match merged.rights.may_download() {
                true => Download::Allowed,
                false => view_only,
            };
            Some(mount)
        };
        Ok(Some(merged.iter().filter_map(mount).collect()))
    }

    fn share_folder(&self) -> Vec<Name> {
        let path = &self.inner.options.system.share_folder;
        let names = path.split('/').filter(|part| !part.is_empty()).map(Name::new);
        names.collect::<Result<_, _>>().unwrap_or_default()
    }

    async fn team_mounts(&self, known: &Known) -> Result<Vec<Mount>> {
        const FIND: &str = "SELECT f.id, f.mount_point, f.root FROM team_folders f \
             WHERE f.root IS NOT NULL AND EXISTS (SELECT 1 FROM team_groups g \
             WHERE g.folder = f.id AND (g.kind = 0 AND g.subject = $1 \
             OR g.kind IN (1, 2) AND g.subject IN ($list))) ORDER BY f.id";
        let find = Statement::with_list(FIND, params![known.person.id.key()], known.sets());
        let rows = self.sql().read(find).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids =
            rows.iter().map(|row| Ok(TeamFolderId(row.int(0)?))).collect::<Result<Vec<_>>>()?;
        let nodes = self.ruled_nodes(known).await?;
        let states = self.team_states(ids.iter().copied(), nodes).await?;
        let mut mounts = Vec::with_capacity(ids.len());
        for (row, id) in rows.iter().zip(ids) {
            let Some(state) = states.get(&id) else { continue };
            if !state.given.iter().any(|(subject, _)| known.member.is_one_of(subject)) {
                continue;
            }
            let path: SpacePath = match row.text(1)?.parse() {
                Ok(path) => path,
                Err(bad) => return Err(Error::unavailable(format!("team folder {id}: {bad}"))),
            };
            let (Some(name), Some(folders)) = (path.file_name(), path.parent()) else { continue };
            let place = MountPlace { parent: None, name: name.clone() };
            let kind = MountKind::Team { folder: id.0 };
            let number = MountId(TEAM | id.0.unsigned_abs());
            let me = known.person.id.clone();
            let mut mount = Mount::new(number, kind, place, NodeId(row.int(2)?), me);
            mount.owner_name = known.person.display_name.as_str().into();
            mount.folders = folders;
            mount.permissions = state.space().ceiling(&known.member);
            mount.rules = state
                .enabled
                .then(|| Arc::new(MountRules::from(state.acl.for_member(&known.member))));
            mounts.push(mount);
        }
        Ok(mounts)
    }

    /// The nodes with rules that speak of a person: one query.
    async fn ruled_nodes(&self, known: &Known) -> Result<Vec<NodeId>> {
        const FIND: &str = "SELECT DISTINCT node FROM team_rules \
             WHERE kind = 0 AND subject = $1 OR kind IN (1, 2) AND subject IN ($list)";
        let find = Statement::with_list(FIND, params![known.person.id.key()], known.sets());
        let rows = self.sql().read(find).await?;
        rows.iter().map(|row| Ok(NodeId(row.int(0)?))).collect()
    }

    async fn move_mount(&self, person: &UserId, mount: &Mount, place: &MountPlace) -> Result<()> {
        let mut batch = Batch::new();
        for share in self.shares_of_mount(person, mount).await? {
            let set = "INSERT INTO share_places (share, person, parent, name) \
                 VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (share, person) DO UPDATE SET parent = $3, name = $4";
            let parent = place.parent.map(NodeId::get);
            let row = params![share.id.0, person.key(), parent, place.name.as_str()];
            batch.push(Statement::new(set, row));
        }
        self.write(batch).await.map(drop)
    }

    async fn leave_mount(&self, person: &UserId, mount: &Mount) -> Result<()> {
        let shares = self.shares_of_mount(person, mount).await?;
        let caller = Caller { person, now: self.now() };
        self.leave_shares(caller, &shares, EventKind::ShareLeft).await
    }

    /// The shares that a mount is made of.
    async fn shares_of_mount(&self, person: &UserId, mount: &Mount) -> Result<Vec<Share>> {
        if mount.kind != MountKind::Share {
            let kind = ErrorKind::Team(TeamRefusal::NotManager);
            return Err(Error::new(kind, "a team folder stays where it is"));
        }
        let caller = Caller { person, now: self.now() };
        let mut shares = self.received(caller, Which::Node(mount.root), Slice::default()).await?;
        shares.retain(is_accepted);
        if shares.is_empty() {
            return Err(Error::not_found(format!("mount of node {}", mount.root)));
        }
        Ok(shares)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.options.clock.now()
    }
}

fn is_accepted(share: &Share) -> bool {
    share.received.as_ref().is_some_and(|of| of.state == Answer::Accepted)
}

fn to_files(failed: Error) -> files::Error {
    let kind = match failed.kind() {
        ErrorKind::NotFound => files::ErrorKind::NotFound,
        ErrorKind::Refused(_) | ErrorKind::Team(_) | ErrorKind::Config(_) => {
            files::ErrorKind::Forbidden
        }
        ErrorKind::NoRoom => files::ErrorKind::Full,
        ErrorKind::Full => files::ErrorKind::Full,
        ErrorKind::ReadOnly => files::ErrorKind::ReadOnly,
        ErrorKind::Changed | ErrorKind::Unavailable => files::ErrorKind::Unavailable,
    };
    files::Error::new(kind, "sharing").with_source(failed)
}
