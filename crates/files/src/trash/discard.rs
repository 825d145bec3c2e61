//! What becomes of something that is removed, or replaced by something else.

use allmende_storage::{
    Cause, Committed, CopyNode, Expect, LockDepth, MoveNode, Node, Op, RemoveNode, Target, Written,
};
use allmende_types::{Name, NodeId, Permissions, Revision, SpaceId, Timestamp};

use super::{
    TrashPolicy,
    origin::{self, Origin},
};
use crate::{
    Download, Entry, Error, ErrorKind, MountKind, Result, View, companion::Companion, locate::Spot,
    permissions::Action, service::SpaceRoot,
};

/// How often something is thrown away anew because its name in the trash was taken, or
/// because something else stands at a place.
const ATTEMPTS: usize = 16;
/// How many seconds are looked at together for one whose name is free.
const MOMENTS: i64 = 64;

/// Something on its way into the trash.
#[derive(Debug)]
struct Discard {
    node: NodeId,
    revision: Option<Revision>,
    /// The space that it lies in.
    space: SpaceId,
    name: Name,
    /// The trash of that space.
    trash: NodeId,
    origin: Origin,
    /// The home and trash of the person who removes it from somebody else's space, who gets
    /// a copy, with what they know of it.
    own: Option<(SpaceRoot, NodeId, Origin)>,
}

impl View {
    /// Takes a node away, together with further changes: into the trash, if there is one.
    pub(crate) async fn discard(
        &self,
        entry: &Entry,
        revision: Option<Revision>,
        then: Vec<Op>,
    ) -> Result<Committed> {
        self.discard_for(Cause::Request, entry, revision, then).await
    }

    async fn discard_for(
        &self,
        cause: Cause,
        entry: &Entry,
        revision: Option<Revision>,
        then: Vec<Op>,
    ) -> Result<Committed> {
        if self.files().options().trash == TrashPolicy::Off {
            let space = Some(entry.node.space);
            let remove = RemoveNode { revision, space, ..RemoveNode::whatever(entry.id()) };
            return self.commit_for(cause, [vec![Op::Remove(remove)], then].concat()).await;
        }
        let discard = self.plan_discard(entry, revision).await?;
        let mut at = self.files().now();
        for _ in 1..ATTEMPTS {
            let ops = [discard.ops(at)?, then.clone()].concat();
            match self.commit_discard(cause, &discard, ops).await {
                Err(error) if error.is(&ErrorKind::Exists) => {
                    let free = self.free_moment(&discard, at).await?;
                    if free == at {
                        // It is the place of something else that is taken.
                        return Err(error);
                    }
                    at = free;
                }
                result => return result,
            }
        }
        self.commit_discard(cause, &discard, [discard.ops(at)?, then].concat()).await
    }

    async fn commit_discard(
        &self,
        cause: Cause,
        discard: &Discard,
        ops: Vec<Op>,
    ) -> Result<Committed> {
        match self.commit_for(cause, ops).await {
            // A trash can be removed under a remembered id; or it is the place of something
            // else that is gone.
            Err(error)
                if error.is(&ErrorKind::ParentNotFound)
                    && self.files().forget_gone(Companion::Trash, &discard.trashes()).await? =>
            {
                let gone = Error::new(ErrorKind::Unavailable, "the trash was removed meanwhile");
                Err(gone.with_source(error))
            }
            result => result,
        }
    }

    async fn plan_discard(&self, entry: &Entry, revision: Option<Revision>) -> Result<Discard> {
        let gone = || Error::new(ErrorKind::NotFound, format!("node {}", entry.id()));
        let (node, space) = (entry.id(), entry.node.space);
        let trash = self.files().companion(Companion::Trash, space).await?.root;
        let by = self.link().is_none().then(|| self.person().clone());
        let now = self.files().now();
        let mut above = Vec::new();
        let path = match &entry.path {
            Some(path) if entry.mount.is_none() => path.clone(),
            _ => self.files().tree().paths(&[node]).await?.pop().flatten().ok_or_else(gone)?,
        };
        let mut own = None;
        if let Some(mount) = &entry.mount {
            let chain = self.files().tree().lineage(&[node]).await?.pop().unwrap_or_default();
            above.extend(chain.into_iter().skip(1));
            above.reverse();
            // Who may not take a content away does not get it by deleting it.
            if mount.kind == MountKind::Share
                && entry.download() == Download::Allowed
                && entry.permissions.contains(Permissions::READ)
            {
                let path = match &entry.path {
                    Some(path) => path.clone(),
                    None => {
                        let seen = self.stat(&[node]).await?.pop().flatten();
                        seen.and_then(|seen| seen.path).ok_or_else(gone)?
                    }
                };
                let home = self.home()?;
                let root = self.files().companion(Companion::Trash, home.id).await?.root;
                let origin = Origin { deleted: now, by: by.clone(), above: Vec::new(), path };
                own = Some((home, root, origin));
            }
        }
        let name = path.file_name().cloned().ok_or_else(gone)?;
        let origin = Origin { deleted: now, by, above, path };
        Ok(Discard { node, revision, space, name, trash, origin, own })
    }

    /// The first moment from `from` on at which the names that something gets in the trash
    /// are free.
    async fn free_moment(&self, discard: &Discard, from: Timestamp) -> Result<Timestamp> {
        let mut from = from;
        loop {
            let moments: Vec<Timestamp> = (0..MOMENTS).map(|n| from.plus_seconds(n)).collect();
            let mut places = Vec::new();
            for moment in &moments {
                let name = origin::name_of(&discard.name, *moment)?;
                places.extend(discard.roots().map(|root| (root, name.clone())));
            }
            let taken = self.files().tree().children_named(&places).await?;
            let each = taken.len() / moments.len();
            let free = taken.chunks(each).position(|at| at.iter().all(Option::is_none));
            if let Some(free) = free.and_then(|free| moments.get(free)) {
                return Ok(*free);
            }
            from = from.plus_seconds(MOMENTS);
        }
    }

    /// Commits changes that put something at a place, and returns what came of the first of
    /// them. What stands there, if the expectation admits it, goes into the trash in the same
    /// instant.
    pub(crate) async fn commit_over(
        &self,
        spot: &Spot,
        over: Over,
        make: impl Fn(Target) -> Vec<Op> + Send,
    ) -> Result<Written> {
        let Over { expect, moved, cause } = over;
        let pick = |mut committed: Committed, at: usize| {
            let lost = || Error::new(ErrorKind::Unavailable, "a commit without a result");
            (at < committed.written.len())
                .then(|| committed.written.swap_remove(at))
                .ok_or_else(lost)
        };
        if self.files().options().trash == TrashPolicy::Off {
            return pick(self.commit_for(cause, make(spot.target(expect))).await?, 0);
        }
        let mut last = None;
        for _ in 0..ATTEMPTS {
            if matches!(expect, Expect::Any | Expect::Absent) {
                // Mostly nothing stands there, and the commit is what tells for certain.
                match self.commit_for(cause, make(spot.target(Expect::Absent))).await {
                    Err(error) if error.is(&ErrorKind::Exists) && expect == Expect::Any => {
                        last = Some(error);
                    }
                    result => return pick(result?, 0),
                }
            }
            let place = [(spot.folder.id(), spot.name.clone())];
            let standing = self.files().tree().children_named(&place).await?.pop().flatten();
            let here = |node: &Node| node.id != moved && node.space == spot.folder.node.space;
            let Some(standing) = standing.filter(here) else {
                if expect == Expect::Any {
                    continue;
                }
                // It tells precisely what is wrong.
                return pick(self.commit_for(cause, make(spot.target(expect))).await?, 0);
            };
            let state = (standing.id, standing.revision);
            if let Err(kind) = expect.check(Some(state)) {
                return Err(allmende_storage::Error::new(kind, "what is to be replaced").into());
            }
            if standing.is_folder() {
                let chain = self.files().tree().lineage(&[moved]).await?.pop();
                if chain.is_some_and(|chain| chain.contains(&standing.id)) {
                    return Err(Error::new(ErrorKind::Cycle, format!("node {moved}")));
                }
            }
            let path = View::path_in(&spot.folder, &standing);
            let entry = self.entry_in(None, &spot.folder, standing.clone(), path);
            Action::Delete.check(&entry)?;
            self.check_below(&entry, Permissions::DELETE).await?;
            let revision = match expect {
                Expect::Unchanged(_, revision) => Some(revision),
                _ => None,
            };
            let then = make(spot.target(Expect::Absent));
            let count = then.len();
            match self.discard_for(cause, &entry, revision, then).await {
                Ok(committed) => {
                    let at = committed.written.len().saturating_sub(count);
                    let written = pick(committed, at)?;
                    return Ok(Written { replaced: Some(standing), ..written });
                }
                // It went elsewhere, or something else came.
                Err(error)
                    if expect == Expect::Any
                        && matches!(error.kind(), ErrorKind::Exists | ErrorKind::NotFound) =>
                {
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        let busy = || Error::new(ErrorKind::Unavailable, "others write to the same place");
        Err(last.map_or_else(busy, |last| busy().with_source(last)))
    }
}

/// How something comes to a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Over {
    /// What must stand there.
    pub(crate) expect: Expect,
    /// What comes, or is copied: it does not stand in its own way.
    pub(crate) moved: NodeId,
    /// Why.
    pub(crate) cause: Cause,
}

impl Discard {
    /// The trashes that it goes into.
    fn roots(&self) -> impl Iterator<Item = NodeId> {
        self.trashes().into_iter().map(|(_, root)| root)
    }

    /// The same, each with the space that it belongs to.
    fn trashes(&self) -> Vec<(SpaceId, NodeId)> {
        let own = self.own.as_ref().map(|(home, root, _)| (home.id, *root));
        [Some((self.space, self.trash)), own].into_iter().flatten().collect()
    }

    /// The changes, for a moment.
    fn ops(&self, at: Timestamp) -> Result<Vec<Op>> {
        let Self { node, revision, .. } = *self;
        let name = origin::name_of(&self.name, at)?;
        let expect = Expect::Absent;
        let into = |parent| Target { parent, name: name.clone(), expect, space: None };
        let remember = |origin: &Origin| {
            let origin = Origin { deleted: at, ..origin.clone() };
            Op::PatchProperties(origin.remember(node))
        };
        let mut ops = Vec::new();
        if let Some((_, root, origin)) = &self.own {
            // A copy gets the properties that the node has then: those for its owner.
            ops.push(remember(origin));
            let depth = LockDepth::Infinity;
            ops.push(Op::Copy(CopyNode { node, target: into(*root), depth }));
        }
        let space = Some(self.space);
        ops.push(Op::Move(MoveNode { node, revision, space, target: into(self.trash) }));
        ops.push(remember(&self.origin));
        Ok(ops)
    }
}
