//! Random batches, compared with the reference in memory.

use std::{collections::BTreeMap, sync::Arc};

use allmende_types::{NamePolicy, NodeId};

use super::world::{World, copy_to, make_folder, move_to, put, remove, target};
use crate::{Committed, CopyNode, ErrorKind, Expect, LockDepth, Op, Result, Tree};

pub async fn random_batches_agree_with_the_reference(tree: Arc<dyn Tree>) {
    compare(tree, &NamePolicy::default(), 1).await;
}

/// SplitMix64: the same choices in every run.
pub(super) struct Choices(pub(super) u64);

impl Choices {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    pub(super) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// Both trees, and which node of the one is which of the other.
struct Pair {
    subject: World,
    reference: World,
    ids: Vec<(NodeId, NodeId)>,
}

/// A change in terms of positions in [`Pair::ids`].
struct Plan {
    what: usize,
    node: usize,
    parent: usize,
    name: &'static str,
    expect: usize,
    size: u64,
}

impl Pair {
    /// The change, for the subject or for the reference.
    fn op(&self, plan: &Plan, world: &World) -> Op {
        let of = |(subject, reference)| {
            if std::ptr::eq(world, &self.subject) { subject } else { reference }
        };
        let (node, parent) = (of(self.ids[plan.node]), of(self.ids[plan.parent]));
        let expect = match plan.expect {
            0 => Expect::Absent,
            1 => Expect::Node(node),
            _ => Expect::Any,
        };
        let at = target(parent, plan.name, expect);
        match plan.what {
            0..=3 if plan.size == 0 => put(at, vec![]),
            0..=3 => put(at, vec![world.blob(plan.size)]),
            4..=6 => make_folder(at),
            7 => remove(node),
            8..=10 => move_to(node, at),
            11 => copy_to(node, at),
            _ => Op::Copy(CopyNode { node, target: at, depth: LockDepth::Zero }),
        }
    }

    /// What the two answered must be the same but for ids and numbers of revisions.
    fn learn(&mut self, subject: Result<Committed>, reference: Result<Committed>, step: usize) {
        match (subject, reference) {
            (Ok(subject), Ok(reference)) => {
                for (ours, theirs) in subject.written.iter().zip(&reference.written) {
                    let pair = (ours.node.id, theirs.node.id);
                    if !self.ids.contains(&pair) {
                        self.ids.push(pair);
                    }
                }
            }
            (Err(subject), Err(reference)) => {
                // Where a change is wrong in two ways, either may be told.
                let quota = |kind: &ErrorKind| matches!(kind, ErrorKind::Quota { .. });
                assert_eq!(quota(subject.kind()), quota(reference.kind()), "step {step}");
            }
            (subject, reference) => {
                panic!("step {step}: the subject says {subject:?}, the reference {reference:?}")
            }
        }
    }
}

/// What can be compared of a tree whose ids and revisions are its own.
async fn shape(world: &World) -> BTreeMap<String, (bool, u64, i64)> {
    let shape = |(path, node): (String, crate::Node)| {
        (path, (node.is_folder(), node.size, node.modified.unix()))
    };
    world.all().await.into_iter().map(shape).collect()
}

pub(super) async fn compare(tree: Arc<dyn Tree>, policy: &NamePolicy, seed: u64) {
    let reference = Arc::new(crate::memory::MemoryTree::new(policy.clone()));
    let (subject, reference) = (World::new(tree).await, World::new(reference).await);
    for world in [&subject, &reference] {
        world.tree.set_quota(world.space, Some(400)).await.unwrap();
    }
    let ids = vec![(subject.root, reference.root)];
    let mut pair = Pair { subject, reference, ids };
    let mut choices = Choices(seed);
    for step in 0..240 {
        let length = choices.of(&[1, 1, 1, 2, 3]);
        let plans: Vec<Plan> = (0..length)
            .map(|_| Plan {
                what: choices.below(13),
                node: choices.below(pair.ids.len()),
                parent: choices.below(pair.ids.len().min(12)),
                name: choices.of(&["a", "b", "c", "A", "é", "É"]),
                expect: choices.below(6),
                size: choices.of(&[0, 1, 7, 30, 90]),
            })
            .collect();
        let ops = |world| plans.iter().map(|plan| pair.op(plan, world)).collect();
        let (ours, theirs): (Vec<Op>, Vec<Op>) = (ops(&pair.subject), ops(&pair.reference));
        let ours = pair.subject.commit_all(ours).await;
        let theirs = pair.reference.commit_all(theirs).await;
        pair.learn(ours, theirs, step);
        if step % 6 == 0 {
            assert_eq!(shape(&pair.subject).await, shape(&pair.reference).await, "step {step}");
        }
    }
    assert_eq!(shape(&pair.subject).await, shape(&pair.reference).await);
}
