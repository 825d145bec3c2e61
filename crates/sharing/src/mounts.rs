//! What is mounted into people's homes: received shares and team folders.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use allmende_files::{
    self as files, Download, Mount, MountId, MountKind, MountPlace, Mounts, NodeRule, Rules,
};
use allmende_sql::{Batch, Statement, Value, params};
use allmende_types::{EventKind, Name, NodeId, Permissions, SpacePath, Timestamp, UserId};
use async_trait::async_trait;

use crate::{
    Caller, Error, ErrorKind, Grantee, Policy, ReceivedState, Result, Rights, Share, Sharing,
    Slice,
    changes::TRUST,
    lists::Which,
    people::Member,
    teams::{TeamFolderId, TeamState, bits},
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
    async fn remembered_mounts(&self, person: &UserId) -> Result<Arc<[Arc<Mount>]>> {
        let state = self.state().await?;
        let key = person.key();
        if let Some(mounts) = self.inner.mounts.get(&key, state) {
            return Ok(mounts);
        }
        let since = Instant::now();
        let Some(member) = self.member(person).await? else { return Ok(Arc::new([])) };
        let policy = self.policy().await?;
        let now = self.now();
        let mut mounts = self.team_mounts(&member, &policy).await?;
        let shares = self.share_mounts(&member, now).await?;
        let on_tree = !shares.is_empty();
        mounts.extend(shares);
        let mounts: Arc<[Arc<Mount>]> = mounts.into_iter().map(Arc::new).collect();
        let entry = Remembered { state, since, on_tree, mounts: Arc::clone(&mounts) };
        self.inner.mounts.put(key, entry);
        Ok(mounts)
    }

    async fn share_mounts(&self, member: &Member, now: Timestamp) -> Result<Vec<Mount>> {
        let asked = self.chose_to_be_asked(&member.person.id).await?;
        let slice = Slice { offset: 0, limit: u32::MAX };
        let mut shares = self.received_by(member, asked, Which::All, now, slice).await?;
        shares.retain(is_accepted);
        if shares.is_empty() {
            return Ok(Vec::new());
        }
        let nodes = shares.iter().map(|share| share.node);
        let graph = self.graph([&member.person.id], nodes, now).await?;
        let owners: BTreeSet<UserId> = shares.iter().map(|share| share.owner.clone()).collect();
        let names = self.people_named(&owners).await?;
        let first = SpacePath::from_names(self.share_folder()).unwrap_or_default();
        let view_only = match self.policy().await?.view_without_download {
            true => Download::ViewOnly,
            false => Download::Refused,
        };
        // Several shares of one node are one mount, at the place of the oldest.
        let mut merged: Vec<(Share, Rights)> = Vec::new();
        let mut places: BTreeMap<NodeId, usize> = BTreeMap::new();
        for share in shares {
            let own = graph.rights(&member.person.id, share.node).own;
            let gives = graph.received(graph.gives(share.id));
            if own || graph.lineage.get(share.node).is_none() {
                continue;
            }
            if !gives.permissions.contains(Permissions::READ) {
                continue;
            }
            match places.get(&share.node) {
                Some(at) => merged[*at].1 = merged[*at].1.or(gives),
                None => {
                    places.insert(share.node, merged.len());
                    merged.push((share, gives));
                }
            }
        }
        let mount = |(share, gives): (Share, Rights)| {
            let id = MountId(share.node.get().unsigned_abs());
            let placed = share.received.as_ref();
            let name = placed.and_then(|of| of.name.as_deref()).unwrap_or(&share.name);
            let name = Name::new(name).ok()?;
            let parent = placed.and_then(|of| of.parent);
            let owner = names.get(&share.owner.key());
            let place = MountPlace { parent, name };
            let mut mount =
                Mount::new(id, MountKind::Share, place, share.node, share.owner.clone());
            if let Some(owner) = owner {
                mount.owner_name = owner.display_name.as_str().into();
            }
            // Who moved it to the root moved it out of the folder for shares.
            if placed.is_none_or(|of| of.name.is_none()) {
                mount.folders = first.clone();
            }
            mount.permissions = gives.permissions;
            mount.download = if gives.download { Download::Allowed } else { view_only };
            Some(mount)
        };
        Ok(merged.into_iter().filter_map(mount).collect())
    }

    fn share_folder(&self) -> Vec<Name> {
        let path = &self.inner.options.system.share_folder;
        let names = path.split('/').filter(|part| !part.is_empty()).map(Name::new);
        names.collect::<Result<_, _>>().unwrap_or_default()
    }

    async fn team_mounts(&self, member: &Member, policy: &Policy) -> Result<Vec<Mount>> {
        const FIND: &str = "SELECT f.id, f.mount_point, f.root FROM team_folders f \
             WHERE f.root IS NOT NULL AND EXISTS (SELECT 1 FROM team_groups g \
             WHERE g.folder = f.id AND (g.kind = 0 AND g.grantee = $1 \
             OR g.kind = 1 AND g.grantee IN ($list))) ORDER BY f.id";
        let groups = || member.groups.iter().map(|group| Value::from(group.as_str()));
        let key = member.person.id.key();
        let find = Statement::with_list(FIND, params![key.as_str()], groups());
        let rows = self.sql().read(find).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids =
            rows.iter().map(|row| Ok(TeamFolderId(row.int(0)?))).collect::<Result<Vec<_>>>()?;
        let states = self.team_states(&ids).await?;
        let rules = match states.values().any(|state| state.rules) {
            true => self.rules_of(member).await?,
            false => HashMap::new(),
        };
        let mut mounts = Vec::with_capacity(ids.len());
        for (row, id) in rows.iter().zip(ids) {
            let Some(state) = states.get(&id) else { continue };
            let path: SpacePath = match row.text(1)?.parse() {
                Ok(path) => path,
                Err(bad) => return Err(Error::unavailable(format!("team folder {id}: {bad}"))),
            };
            let (Some(name), Some(folders)) = (path.file_name(), path.parent()) else { continue };
            let place = MountPlace { parent: None, name: name.clone() };
            let kind = MountKind::Team { folder: id.0 };
            let number = MountId(TEAM | id.0.unsigned_abs());
            let me = member.person.id.clone();
            let mut mount = Mount::new(number, kind, place, NodeId(row.int(2)?), me);
            mount.owner_name = member.person.display_name.as_str().into();
            mount.folders = folders;
            mount.permissions = state.ceiling(member);
            if state.rules {
                let rules = rules.get(&id).into_iter().flatten().copied();
                let rules = Rules::new(state.base(member), policy.inheritance(), rules);
                mount.rules = Some(Arc::new(rules));
            }
            mounts.push(mount);
        }
        Ok(mounts)
    }

    /// The rules that speak of a person, of all team folders: one query.
    async fn rules_of(
        &self,
        member: &Member,
    ) -> Result<HashMap<TeamFolderId, Vec<(NodeId, NodeRule)>>> {
        const FIND: &str = "SELECT folder, node, kind, grantee, mask, allow FROM team_rules \
             WHERE kind = 0 AND grantee = $1 OR kind = 1 AND grantee IN ($list)";
        let groups = member.groups.iter().map(|group| Value::from(group.as_str()));
        let find = Statement::with_list(FIND, params![member.person.id.key()], groups);
        let rows = self.sql().read(find).await?;
        let mut principals: BTreeMap<(i64, &str), u32> = BTreeMap::new();
        let mut rules: HashMap<TeamFolderId, Vec<(NodeId, NodeRule)>> = HashMap::new();
        for row in rows.iter() {
            let next = u32::try_from(principals.len()).unwrap_or(u32::MAX);
            let principal = *principals.entry((row.int(2)?, row.text(3)?)).or_insert(next);
            let (mask, allow) = (bits(row.int(4)?), bits(row.int(5)?));
            let rule = node_rule(principal, mask, allow);
            let node = NodeId(row.int(1)?);
            rules.entry(TeamFolderId(row.int(0)?)).or_default().push((node, rule));
        }
        Ok(rules)
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
            let kind = ErrorKind::Refused(crate::Refusal::NotManager);
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

/// A rule as the file service evaluates it.
pub(crate) fn node_rule(principal: u32, mask: u8, allow: u8) -> NodeRule {
    let known = |bits: u8| {
        let bits = bits & Permissions::ALL.bits();
        Permissions::from_bits(bits).unwrap_or(Permissions::NONE)
    };
    NodeRule { principal, mask: known(mask), allow: known(allow & mask) }
}

fn is_accepted(share: &Share) -> bool {
    share.received.as_ref().is_some_and(|of| of.state == ReceivedState::Accepted)
}

fn to_files(failed: Error) -> files::Error {
    let kind = match failed.kind() {
        ErrorKind::NotFound => files::ErrorKind::NotFound,
        ErrorKind::Refused(_) => files::ErrorKind::Forbidden,
        ErrorKind::Full => files::ErrorKind::Full,
        ErrorKind::ReadOnly => files::ErrorKind::ReadOnly,
        ErrorKind::Changed | ErrorKind::Unavailable => files::ErrorKind::Unavailable,
    };
    files::Error::new(kind, "sharing").with_source(failed)
}

impl TeamState {
    /// The rules of some nodes as they decide for one person.
    pub(crate) fn rules_for<'a>(
        &self,
        member: &Member,
        policy: &Policy,
        rules: impl IntoIterator<Item = (NodeId, &'a Grantee, u8, u8)>,
    ) -> Rules {
        let mut principals: BTreeMap<&Grantee, u32> = BTreeMap::new();
        let mine = rules.into_iter().filter(|(_, grantee, ..)| member.is_one_of(grantee));
        let rules: Vec<(NodeId, NodeRule)> = mine
            .map(|(node, grantee, mask, allow)| {
                let next = u32::try_from(principals.len()).unwrap_or(u32::MAX);
                let principal = *principals.entry(grantee).or_insert(next);
                (node, node_rule(principal, mask, allow))
            })
            .collect();
        Rules::new(self.base(member), policy.inheritance(), rules)
    }
}
