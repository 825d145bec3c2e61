//! A write as it grows, change by change.

use std::collections::BTreeSet;

use allmende_sql::{Batch as Statements, Engine, Expect, Statement, Value, params};
use allmende_storage::{
    Actor, Batch, ChangeKind, Error, ErrorKind, GuardedWrite, Lock, Node, Op, Result, Segment,
    Target, Teller,
};
use allmende_types::{NamePolicy, NodeId, Revision, SpaceId, SpacePath, Timestamp};

use super::{
    delta::{Bytes, Delta},
    guard_alive, hold,
    report::{Report, Source},
    view::{View, tokens},
};
use crate::{
    SqlTree, changes,
    lock_row::guard,
    row::{Home, Spelling, columns},
};

const OLD: &str = concat!(
    "SELECT ",
    columns!(""),
    " FROM nodes WHERE id = $1 AND parent = $2 AND key = $3 AND revision = COALESCE($4, revision)"
);
const INSIDE: &str = "WITH RECURSIVE up(id, parent) AS (\
     SELECT id, parent FROM nodes WHERE id = $1 UNION ALL \
     SELECT n.id, n.parent FROM up CROSS JOIN nodes n WHERE n.id = up.parent) \
     SELECT id FROM up WHERE id = $2";
const DROP_CONTENT: &str = "INSERT INTO garbage (blob, since, condemned) \
     SELECT content, CAST($2 AS BIGINT), 0 FROM nodes WHERE id = $1 AND content IS NOT NULL \
     ON CONFLICT (blob) DO UPDATE SET since = excluded.since";
const DEEPEN: &str = "UPDATE spaces SET deepest = $2 WHERE id = $1 AND deepest < $2";
// The spaces of a batch that names several are held by then.
const LIFT: &str = "UPDATE spaces SET revision = $2 + \
     (SELECT max(m.revision) FROM spaces m WHERE m.id IN ($list)) WHERE id = $1 RETURNING revision";
const CONDEMNED: &str = "SELECT blob FROM garbage WHERE blob IN ($list) AND condemned = 1";
const ONE_CONTENT: &str = "SELECT blob FROM garbage WHERE blob = $1 AND condemned = 1 UNION ALL \
     SELECT content FROM nodes WHERE content = $1 AND size <> $2";

/// A place to write to, with what stands there.
pub(super) struct Place {
    pub(super) parent: Node,
    pub(super) standing: Option<Node>,
}

impl Place {
    pub(super) fn id(&self) -> Option<NodeId> {
        self.standing.as_ref().map(|node| node.id)
    }
}

/// The statements of a batch, and what they are checked on.
pub(super) struct Draft<'a> {
    pub(super) policy: &'a NamePolicy,
    pub(super) now: Timestamp,
    pub(super) view: View,
    pub(super) body: Statements,
    actor: &'a Actor,
    ids: std::vec::IntoIter<i64>,
    engine: Engine,
    /// The charge of the only change, which goes into the statement that lifts the revision.
    /// None when several changes each have their own.
    lone: Option<Delta>,
    touched: BTreeSet<SpaceId>,
    /// The spaces that are guarded to have no locks at all.
    unlocked: BTreeSet<SpaceId>,
    entries: i64,
    pub(super) teller: Teller,
    written: Vec<(Source, Option<Source>)>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(tree: &'a SqlTree, view: View, batch: &'a Batch, ids: Vec<i64>) -> Self {
        let lone = batch.ops.len() == 1 && view.named.len() == 1;
        Self {
            policy: &tree.options.policy,
            now: batch.now,
            view,
            body: Statements::new(),
            actor: &batch.actor,
            ids: ids.into_iter(),
            engine: tree.sql.engine(),
            lone: lone.then(Delta::default),
            touched: BTreeSet::new(),
            unlocked: BTreeSet::new(),
            entries: 0,
            teller: Teller::new(batch),
            written: Vec::new(),
        }
    }

    pub(super) fn op(&mut self, op: &Op) -> Result<()> {
        let written = match op {
            Op::PutFile(op) => self.put_file(op),
            Op::MakeFolder(op) => self.make_folder(op),
            Op::Remove(op) => self.remove(*op),
            Op::Move(op) => self.move_node(op),
            Op::Copy(op) => self.copy(op),
            Op::SetFacts(op) => self.set_facts(op),
            Op::PatchProperties(op) => self.patch_properties(op),
            _ => Err(Error::new(ErrorKind::Invalid, "a change of an unknown kind")),
        }?;
        self.written.push(written);
        Ok(())
    }

    pub(super) fn fresh_id(&mut self) -> Result<NodeId> {
        let none = || Error::new(ErrorKind::Unavailable, "no fresh id for a node");
        self.ids.next().map(NodeId).ok_or_else(none)
    }

    /// A node that is alive.
    pub(super) fn node(&self, id: NodeId) -> Result<Node> {
        let gone = || Error::new(ErrorKind::NotFound, format!("node {id}"));
        self.view.lineage.node(id).ok_or_else(gone)
    }

    /// Looks at a target.
    pub(super) fn place(&self, target: &Target) -> Result<Place> {
        let Some(parent) = self.view.lineage.node(target.parent) else {
            return fail(ErrorKind::ParentNotFound, target);
        };
        target.check_folder(&parent).or_else(|kind| fail(kind, target))?;
        let standing = self.view.standing(target, self.policy);
        let (space, epoch) = (parent.space, parent.epoch);
        let standing = standing.map(|node| Node { space, epoch, ..node.clone() });
        Ok(Place { parent, standing })
    }

    /// Refuses a place below which paths would be longer than any path may be.
    pub(super) fn check_depth(&mut self, parent: NodeId, height: usize) -> Result<()> {
        let depth = self.view.lineage.depth(parent) + height;
        if depth > SpacePath::MAX_DEPTH {
            return Err(Error::new(ErrorKind::Invalid, format!("below node {parent}: too deep")));
        }
        if let Some(root) = self.view.lineage.root(parent)
            && let Some(head) = self.view.lineage.roots.get_mut(&root)
            && head.deepest < depth
        {
            head.deepest = depth;
            let deepest = i64::try_from(depth).unwrap_or(i64::MAX);
            self.body.push(Statement::new(DEEPEN, params![head.id.0, deepest]));
        }
        Ok(())
    }

    /// Asks the locks, now and inside the transaction.
    pub(super) fn guard(&mut self, guards: &[GuardedWrite]) -> Result<()> {
        let mut obstacles = Vec::new();
        for guard in guards {
            let id = guard.node();
            let covering = self.view.covering(id);
            obstacles.extend(self.actor.stopped_by(&covering, self.now));
            if let Some(head) = self.view.head(id)
                && !head.locks
            {
                let space = head.id;
                self.no_locks(space);
                continue;
            }
            let values = params![id.0, self.now.unix()];
            self.same_locks([guard::COVERING, guard::COVERING_KNOWN], values, &covering);
            if guard.reaches_below()
                && let Some(space) = self.view.head(id).map(|head| head.id)
            {
                let within = self.view.within(id);
                for lock in &within {
                    let covering = self.view.covering(lock.node);
                    obstacles.extend(self.actor.stopped_by(&covering, self.now));
                }
                let values = params![id.0, self.now.unix(), space.0];
                self.same_locks([guard::WITHIN, guard::WITHIN_KNOWN], values, &within);
            }
        }
        if obstacles.is_empty() {
            return Ok(());
        }
        obstacles.sort_by(|a, b| a.token.cmp(&b.token));
        obstacles.dedup();
        Err(Error::new(ErrorKind::Locked(obstacles), "commit"))
    }

    /// Guards that there is no lock in a space. If one comes just now, the next attempt
    /// asks the nodes one by one.
    fn no_locks(&mut self, space: SpaceId) {
        if self.unlocked.insert(space) {
            self.body.expect(Statement::new(guard::ANY, params![space.0]), Expect::None);
        }
    }

    /// Guards that a query finds these locks and no other.
    fn same_locks(&mut self, [all, known]: [&'static str; 2], values: Vec<Value>, locks: &[Lock]) {
        let count = Expect::Exactly(locks.len() as u64);
        if !locks.is_empty() {
            let known = Statement::with_list(known, values.clone(), tokens(locks));
            self.body.expect(known, count);
        }
        self.body.expect(Statement::new(all, values), count);
    }

    /// Reads a node as it was, and guards that it is still in its place.
    pub(super) fn old(&mut self, node: &Node, revision: Option<Revision>) -> Source {
        let key = node.name.as_ref().map(|name| self.policy.key(name));
        let parent = node.parent.map(|parent| parent.0);
        let values = params![node.id.0, parent, key, revision.map(Revision::get)];
        let statement = self.body.expect(Statement::new(OLD, values), Expect::ONE);
        self.source(statement, node)
    }

    /// A statement that returns the row of a node in the space of `like`.
    pub(super) fn source(&self, statement: usize, like: &Node) -> Source {
        Source { statement, home: Home { space: like.space, epoch: like.epoch } }
    }

    /// Guards that a node is alive.
    pub(super) fn alive(&mut self, node: &Node) {
        guard_alive(&mut self.body, node.id, node.space);
    }

    /// Guards that `id` is not `top` and does not lie below it.
    pub(super) fn outside(&mut self, id: NodeId, top: NodeId) {
        self.body.expect(Statement::new(INSIDE, params![id.0, top.0]), Expect::None);
    }

    /// Charges the space of a folder. What does not add is never refused.
    pub(super) fn charge(&mut self, folder: &Node, delta: Delta, bytes: Bytes) -> Result<()> {
        let needed = bytes.added.saturating_sub(bytes.freed);
        let Some(root) = self.view.lineage.root(folder.id) else { return Ok(()) };
        if let Some(head) = self.view.lineage.roots.get(&root) {
            let sum = head.used.checked_add(needed).and_then(|sum| i64::try_from(sum).ok());
            if sum.is_none() {
                let context = "more bytes than can be counted";
                return Err(Error::new(ErrorKind::Invalid, context));
            }
            let free = head.quota.map(|quota| quota.saturating_sub(head.used));
            if let Some(free) = free.filter(|free| needed > *free) {
                let kind = ErrorKind::Quota { needed, free };
                return Err(Error::new(kind, format!("space {}", head.id)));
            }
        }
        self.view.charge(root, bytes);
        match &mut self.lone {
            Some(lone) => *lone = delta,
            None => {
                self.body.expect(delta.charge(folder.space), Expect::ONE);
            }
        }
        Ok(())
    }

    /// Tells a folder and its ancestors; guards that it is alive.
    pub(super) fn propagate(&mut self, folder: &Node, delta: Delta, bytes: Bytes) {
        self.propagate_since(folder, delta, bytes, self.now);
    }

    /// The same for a change that counts as made at `told`.
    pub(super) fn propagate_since(
        &mut self,
        folder: &Node,
        delta: Delta,
        bytes: Bytes,
        told: Timestamp,
    ) {
        self.touch(folder.space);
        let chain: Vec<NodeId> = self.view.lineage.chain(folder.id).map(|node| node.id).collect();
        let propagate = delta.propagate(&chain, folder.space, told);
        self.body.expect(propagate, Expect::Exactly(chain.len() as u64));
        self.view.propagate(folder.id, bytes, told);
    }

    /// The space gets the revision of the batch.
    pub(super) fn touch(&mut self, space: SpaceId) {
        self.touched.insert(space);
    }

    /// Takes a node from its place, of which its ancestors were told. A file's row goes at
    /// once; a folder is detached, and cleared later.
    pub(super) fn take_away(&mut self, node: &Node) {
        let ended = self.view.within(node.id);
        self.end_locks(&ended);
        if node.is_folder() {
            let detach = "UPDATE nodes SET parent = NULL, modified = $2 WHERE id = $1";
            self.body.push(Statement::new(detach, params![node.id.0, self.now.unix()]));
        } else {
            self.drop_content(node.id);
            let delete = "DELETE FROM properties WHERE node = $1";
            self.body.push(Statement::new(delete, params![node.id.0]));
            let delete = "DELETE FROM nodes WHERE id = $1";
            self.body.expect(Statement::new(delete, params![node.id.0]), Expect::ONE);
        }
        self.note_removed(node);
        self.teller.removed(node);
        self.view.remove(node.id, self.policy);
    }

    /// A content may have lost its last file.
    pub(super) fn drop_content(&mut self, node: NodeId) {
        self.body.push(Statement::new(DROP_CONTENT, params![node.0, self.now.unix()]));
    }

    pub(super) fn end_locks(&mut self, ended: &[Lock]) {
        if !ended.is_empty() {
            let delete = "DELETE FROM locks WHERE token IN ($list)";
            self.body.push(Statement::with_list(delete, params![], tokens(ended)));
            self.view.end_locks(ended);
        }
    }

    /// Notes that a node is gone from its place.
    pub(super) fn note_removed(&mut self, node: &Node) {
        if let (Some(parent), Some(name)) = (node.parent, &node.name) {
            let kind = ChangeKind::Removed { parent, name: name.clone() };
            self.note(node.space, node.id, &kind);
        }
    }

    /// Adds an entry to a space's feed.
    pub(super) fn note(&mut self, space: SpaceId, node: NodeId, kind: &ChangeKind) {
        if let Some(entry) = changes::entry(space, self.entries, node, kind, self.now) {
            self.body.push(entry);
            self.entries += 1;
        }
    }

    pub(super) fn spelling(&self, target: &Target) -> Spelling {
        Spelling::of(&target.name, self.policy)
    }

    /// The whole write, and how to read what it answers.
    pub(super) fn finish(self) -> (Statements, Report) {
        let mut all = Statements::new();
        let mut revisions = Vec::new();
        let named: Vec<SpaceId> = self.view.named.iter().copied().collect();
        if let [space] = named[..]
            && !self.touched.is_empty()
        {
            let delta = self.lone.unwrap_or_default();
            // PostgreSQL looks at the nodes before it waits for the row of the space; the
            // sizes that it would charge could be old ones.
            if delta.refers() && self.engine == Engine::Postgres {
                hold(&mut all, space);
            }
            revisions.push((space, all.expect(delta.touch(space, 1), Expect::ONE)));
        } else {
            named.iter().for_each(|space| hold(&mut all, *space));
            for space in &self.touched {
                let lift = i64::from(revisions.is_empty());
                let list = named.iter().map(|space| Value::Int(space.0));
                let lift = Statement::with_list(LIFT, params![space.0, lift], list);
                revisions.push((*space, all.expect(lift, Expect::ONE)));
            }
        }
        let head = all.len();
        for (statement, expect) in self.body.iter() {
            all.expect(statement.clone(), *expect);
        }
        allmende_events::append_all(&mut all, &self.teller.into_events());
        (all, Report { head, revisions, written: self.written })
    }
}

/// Guards that return nothing where the blobs may become a content.
pub(super) fn content_guards(segments: &[Segment]) -> Vec<Statement> {
    let blob = |segment: &Segment| Value::from(segment.blob.to_bytes());
    match segments {
        [] => Vec::new(),
        [one] => {
            let size = i64::try_from(one.size).unwrap_or(i64::MAX);
            vec![Statement::new(ONE_CONTENT, vec![blob(one), Value::Int(size)])]
        }
        several => (several.chunks(crate::CHUNK))
            .map(|chunk| Statement::with_list(CONDEMNED, params![], chunk.iter().map(blob)))
            .collect(),
    }
}

pub(super) fn fail<T>(kind: ErrorKind, target: &Target) -> Result<T> {
    Err(Error::new(kind, format!("{:?} in node {}", target.name.as_str(), target.parent)))
}

pub(super) fn expect(target: &Target, standing: Option<&Node>) -> Result<()> {
    let standing = standing.map(|node| (node.id, node.revision));
    target.expect.check(standing).or_else(|kind| fail(kind, target))
}

/// The revision that a target's expectation asks for.
pub(super) fn expected_revision(target: &Target) -> Option<Revision> {
    match target.expect {
        allmende_storage::Expect::Unchanged(_, revision) => Some(revision),
        _ => None,
    }
}

pub(super) fn unchanged(node: &Node, revision: Option<Revision>) -> Result<()> {
    if revision.is_some_and(|revision| revision != node.revision) {
        return Err(Error::new(ErrorKind::Changed, format!("node {}", node.id)));
    }
    Ok(())
}
