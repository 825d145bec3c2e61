//! Random acts of several people on locked nodes, compared with a model of locks.
//!
//! The model knows neither guards nor statements: only who holds which lock on what until when,
//! and where each node lies.

use allmende_types::{NodeId, Timestamp};

use super::{
    LockingTree,
    locks::token,
    model::Choices,
    world::{MTIME, NOW, World, move_to, person, put, target},
};
use crate::{
    Actor, Batch, BreakLock, ErrorKind, Expect, Lock, LockDepth, LockKind, LockRequest, LockScope,
    LockStore, LockTimeout, MakeFolder, Op, PatchProperties, PropertyKey, PropertyOwner,
    PropertyUpdate, SetFacts,
};

const PEOPLE: [&str; 3] = ["anna", "bert", "carl"];
const STEPS: usize = 400;

/// A node of the model: where it lies and what it is called.
#[derive(Debug, Clone, Copy)]
struct Spot {
    id: NodeId,
    parent: usize,
    name: &'static str,
    folder: bool,
}

struct Model {
    /// The root is the first, and its own parent.
    spots: Vec<Spot>,
    locks: Vec<Lock>,
    now: Timestamp,
}

impl Model {
    /// A node and all above it.
    fn chain(&self, mut at: usize) -> Vec<NodeId> {
        let mut chain = vec![self.spots[at].id];
        while at != 0 {
            at = self.spots[at].parent;
            chain.push(self.spots[at].id);
        }
        chain
    }

    fn is_within(&self, at: usize, top: usize) -> bool {
        self.chain(at).contains(&self.spots[top].id)
    }

    fn covering(&self, at: usize) -> Vec<&Lock> {
        let (id, chain) = (self.spots[at].id, self.chain(at));
        let covers = |lock: &&Lock| {
            let reaches = lock.depth == LockDepth::Infinity && chain.contains(&lock.node);
            lock.expires.is_none_or(|end| end > self.now) && (lock.node == id || reaches)
        };
        self.locks.iter().filter(covers).collect()
    }

    /// The law: what bars a person with these tokens from writing to a node itself.
    fn bars(&self, at: usize, actor: &Actor) -> bool {
        let passes = |lock: &Lock| {
            let own = actor.person.as_ref() == Some(&lock.holder);
            own && (lock.kind != LockKind::Token || actor.tokens.contains(&lock.token))
        };
        let (shared, exclusive): (Vec<&Lock>, Vec<&Lock>) =
            self.covering(at).into_iter().partition(|lock| lock.scope == LockScope::Shared);
        exclusive.iter().any(|lock| !passes(lock))
            || !shared.is_empty() && !shared.iter().any(|lock| passes(lock))
    }

    /// The same for taking a node from its place with all below.
    fn bars_leaving(&self, at: usize, actor: &Actor) -> bool {
        let locked = |below: &usize| {
            let id = self.spots[*below].id;
            *below == at || self.covering(*below).iter().any(|lock| lock.node == id)
        };
        let mut within = (0..self.spots.len()).filter(|below| self.is_within(*below, at));
        within.any(|below| locked(&below) && self.bars(below, actor))
            || self.bars(self.spots[at].parent, actor)
    }

    /// Whether a lock can be taken.
    fn is_free(&self, at: usize, scope: LockScope, depth: LockDepth) -> bool {
        let clashes =
            |lock: &&Lock| scope == LockScope::Exclusive || lock.scope == LockScope::Exclusive;
        let below = |other: &usize| {
            *other != at && depth == LockDepth::Infinity && self.is_within(*other, at)
        };
        let on = |other: usize| {
            let id = self.spots[other].id;
            self.covering(other).into_iter().filter(move |lock| lock.node == id)
        };
        !self.covering(at).iter().any(clashes)
            && !(0..self.spots.len()).filter(below).any(|other| on(other).any(|l| clashes(&l)))
    }
}

/// `/d/e/{f,g}`, `/d/h` and `/i`.
async fn start(world: &World) -> Model {
    let root = Spot { id: world.root, parent: 0, name: "", folder: true };
    let mut spots = vec![root];
    for (parent, name, folder) in [
        (0, "d", true),
        (1, "e", true),
        (2, "f", false),
        (2, "g", false),
        (1, "h", false),
        (0, "i", false),
    ] {
        let at = spots[parent].id;
        let id = match folder {
            true => world.folder(at, name).await.id,
            false => world.file(at, name, 1).await.id,
        };
        spots.push(Spot { id, parent, name, folder });
    }
    Model { spots, locks: Vec::new(), now: NOW }
}

pub async fn a_write_passes_iff_no_lock_bars_it((tree, locks): LockingTree) {
    let world = World::new(tree).await;
    let mut model = start(&world).await;
    let mut choices = Choices(7);
    let (mut passed, mut barred) = (0, 0);
    for step in 0..STEPS {
        match choices.below(10) {
            0 => model.now = model.now.plus_seconds(choices.of(&[1, 10, 40])),
            1 | 2 => take(&mut model, &*locks, &mut choices, step).await,
            3 => give_back(&mut model, &*locks, &mut choices, step).await,
            _ => match write(&mut model, &world, &mut choices, step).await {
                true => passed += 1,
                false => barred += 1,
            },
        }
        for (at, spot) in model.spots.iter().enumerate() {
            let told = locks.covering(&[spot.id], model.now).await.unwrap().remove(0);
            let mut known: Vec<Lock> = model.covering(at).into_iter().cloned().collect();
            known.sort_by(|a, b| a.token.cmp(&b.token));
            assert_eq!(told, known, "step {step}: {spot:?}");
        }
    }
    assert!(passed > 40 && barred > 40, "{passed} passed, {barred} barred");
    world.all().await;
}

async fn take(model: &mut Model, locks: &dyn LockStore, choices: &mut Choices, step: usize) {
    let at = choices.below(model.spots.len());
    let kind = choices.of(&[LockKind::Person, LockKind::App, LockKind::Token, LockKind::Token]);
    let mut request = LockRequest {
        node: model.spots[at].id,
        token: token(&format!("{step}")),
        kind,
        scope: LockScope::Exclusive,
        depth: LockDepth::Zero,
        holder: person(choices.of(&PEOPLE)),
        owner: String::new(),
        timeout: choices.of(&[LockTimeout::Seconds(20), LockTimeout::Seconds(90)]),
        now: model.now,
    };
    if kind == LockKind::Token {
        request.scope = choices.of(&[LockScope::Exclusive, LockScope::Shared]);
        request.depth = choices.of(&[LockDepth::Zero, LockDepth::Infinity]);
    }
    let free = model.is_free(at, request.scope, request.depth);
    match locks.lock(request).await {
        Ok(lock) => {
            assert!(free, "step {step}: {lock:?} was taken");
            model.locks.push(lock);
        }
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Locked(_)), "step {step}: {error}");
            assert!(!free, "step {step}: {error}");
        }
    }
}

/// Renews, gives back or breaks a lock, perhaps one that has ended, perhaps another person's.
async fn give_back(model: &mut Model, locks: &dyn LockStore, choices: &mut Choices, step: usize) {
    if model.locks.is_empty() {
        return;
    }
    let which = choices.below(model.locks.len());
    let lock = model.locks[which].clone();
    let who = person(choices.of(&[lock.holder.as_str(), "carl"]));
    let (node, token, now) = (lock.node, &lock.token, model.now);
    let (own, active) = (who == lock.holder, lock.is_active(now));
    match choices.below(3) {
        0 => {
            let done = locks.refresh(node, token, &who, LockTimeout::Seconds(30), now).await;
            assert_eq!(done.is_ok(), own && active, "step {step}: {who} renews {lock:?}");
            if let Ok(renewed) = done {
                model.locks[which] = renewed;
            }
        }
        1 => {
            let done = locks.unlock(node, token, &who, now).await;
            assert_eq!(done.is_ok(), own && active, "step {step}: {who} gives back {lock:?}");
            if done.is_ok() {
                model.locks.remove(which);
            }
        }
        _ => {
            let origin = allmende_types::Origin::default();
            let order = BreakLock { node, token: token.clone(), by: None, origin, now };
            let done = locks.break_lock(order).await;
            assert_eq!(done.is_ok(), active, "step {step}: {lock:?} is broken");
            model.locks.remove(which);
        }
    }
}

/// Whether it passed, as the model says.
async fn write(model: &mut Model, world: &World, choices: &mut Choices, step: usize) -> bool {
    let at = 1 + choices.below(model.spots.len() - 1);
    let spot = model.spots[at];
    let parent = model.spots[spot.parent].id;
    // Some of the tokens that there are; also those of others, and of ended locks.
    let tokens = (model.locks.iter().map(|lock| lock.token.clone()))
        .filter(|_| choices.below(2) == 0)
        .collect();
    let who = choices.of(&[Some("anna"), Some("bert"), Some("carl"), None]);
    let actor = Actor { person: who.map(person), tokens, link: None, ..Actor::default() };
    let (op, barred, goes) = match choices.below(4) {
        0 if !spot.folder => {
            let over = put(target(parent, spot.name, Expect::Node(spot.id)), vec![world.blob(1)]);
            (over, model.bars(at, &actor), None)
        }
        0 => {
            let name: &str = &format!("n{step}");
            let at_new = target(spot.id, name, Expect::Absent);
            let make = MakeFolder { target: at_new, modified: MTIME, created: None };
            (Op::MakeFolder(make), model.bars(at, &actor), None)
        }
        1 => {
            let key = PropertyKey { namespace: "urn:x".into(), name: "p".into() };
            let (node, owner) = (spot.id, PropertyOwner::Everyone);
            let updates = vec![PropertyUpdate::Remove(key)];
            let patch = Op::PatchProperties(PatchProperties { node, owner, updates });
            (patch, model.bars(at, &actor), None)
        }
        2 => {
            let (node, modified) = (spot.id, Some(MTIME));
            let facts = SetFacts { node, modified, created: None, checksums: None };
            (Op::SetFacts(facts), model.bars(at, &actor), None)
        }
        _ => {
            let to = choices.of(&[0, 1, 2]);
            if model.is_within(to, at) || to == spot.parent {
                // A move that makes no sense.
                return true;
            }
            let op = move_to(spot.id, target(model.spots[to].id, spot.name, Expect::Absent));
            let barred = model.bars_leaving(at, &actor) || model.bars(to, &actor);
            (op, barred, Some(to))
        }
    };
    let shown = format!("{op:?} by {who:?} with {:?}", actor.tokens);
    match world.tree.commit(Batch::one(actor, model.now, op)).await {
        Ok(_) => assert!(!barred, "step {step}: passed: {shown}\n{:?}", model.locks),
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Locked(_)), "step {step}: {error}: {shown}");
            assert!(barred, "step {step}: barred: {shown}\n{:?}", model.locks);
        }
    }
    if let (Some(to), false) = (goes, barred) {
        let within: Vec<NodeId> = (0..model.spots.len())
            .filter(|below| model.is_within(*below, at))
            .map(|below| model.spots[below].id)
            .collect();
        // Locks of the protocol end with the move (RFC 4918, section 7.6).
        let stays = |lock: &Lock| lock.kind != LockKind::Token || !within.contains(&lock.node);
        model.locks.retain(stays);
        model.spots[at].parent = to;
    }
    !barred
}
