//! Views with random mounts: what is listed, resolved and looked up agrees, nothing is seen
//! that no mount gives, and etags change exactly where something to see changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use allmende_files::{Entry, FolderRequest, MountRules, PutRequest, TransferRequest, View};
use allmende_share::{Inheritance, NodeRule, Rules};
use allmende_storage::Tree;
use allmende_types::{NodeId, Permissions, SpacePath};
use proptest::prelude::*;

use crate::{
    mounted::{Told, share, world},
    world::{World, body, path, user},
};

#[derive(Debug, Clone)]
enum Step {
    Put(Who, String),
    Folder(Who, String),
    Remove(Who, String),
    Move(Who, String, String),
    /// Alice's node at a path is mounted in a folder of Bob's, with these bits.
    Mount(String, String, String, u8),
    Permit(usize, u8),
    /// A rule on a node of Alice's in the mount.
    Rule(usize, String, u8, u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Alice,
    Bob,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || prop_oneof![Just(Who::Alice), Just(Who::Bob)];
    let at = || prop::collection::vec("[ab]", 1..4).prop_map(|names| names.join("/"));
    let step = prop_oneof![
        3 => (who(), at()).prop_map(|(who, at)| Step::Put(who, at)),
        4 => (who(), at()).prop_map(|(who, at)| Step::Folder(who, at)),
        1 => (who(), at()).prop_map(|(who, at)| Step::Remove(who, at)),
        2 => (who(), at(), at()).prop_map(|(who, from, to)| Step::Move(who, from, to)),
        4 => (at(), at(), "[abc]", 0u8..32).prop_map(|(node, folder, name, bits)| {
            Step::Mount(node, folder, name, bits)
        }),
        1 => (0usize..4, 0u8..32).prop_map(|(mount, bits)| Step::Permit(mount, bits)),
        1 => (0usize..4, at(), 0u8..32, 0u8..32)
            .prop_map(|(mount, node, mask, allow)| Step::Rule(mount, node, mask, allow)),
    ];
    prop::collection::vec(step, 4..24)
}

/// What a person sees at each path: the entry.
type Seen = BTreeMap<String, Entry>;

async fn see(view: &View) -> Seen {
    let mut seen = Seen::new();
    let mut open = vec![(SpacePath::root(), view.root().await.unwrap())];
    while let Some((at, entry)) = open.pop() {
        let mut after = None;
        while entry.is_folder() {
            let page = view.children(&entry, after.as_ref(), 2).await.unwrap();
            assert!(page.items.len() <= 2);
            for child in page.items {
                open.push((at.join(child.name().unwrap().clone()), child));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let old = seen.insert(at.to_string(), entry);
        assert!(old.is_none(), "{at} is listed twice");
    }
    seen
}

/// The entry by path and by id is the one that is listed.
async fn agree(view: &View, seen: &Seen) {
    let ids: Vec<NodeId> = seen.values().map(Entry::id).collect();
    let found = view.stat(&ids).await.unwrap();
    for ((at, listed), by_id) in seen.iter().zip(found) {
        let by_path = view.get(&path(at)).await.unwrap();
        let facts =
            |entry: &Entry| (entry.id(), entry.etag(), entry.letters(), entry.node.modified);
        assert_eq!(facts(listed), facts(&by_path), "{at}");
        assert_eq!(by_path.path, Some(path(at)));
        let by_id = by_id.unwrap_or_else(|| panic!("{at} is not found by its id"));
        // One node can be seen at several places.
        let there = by_id.path.as_ref().unwrap().to_string();
        assert_eq!(facts(&by_id), facts(&seen[&there]), "{at} and {there}");
        assert_eq!(by_id.id(), listed.id());
        assert!(listed.permissions.contains(Permissions::READ), "{at}");
    }
}

/// No node of Alice's is found by its id that is not in what Bob sees.
async fn nothing_else(world: &World, view: &View, seen: &Seen, told: &Told) {
    let alice = world.files.view(&user("alice")).await.unwrap();
    let hers = see(&alice).await;
    let visible: BTreeSet<NodeId> = seen.values().map(Entry::id).collect();
    let ids: Vec<NodeId> = hers.values().map(Entry::id).collect();
    for (id, found) in ids.iter().zip(view.stat(&ids).await.unwrap()) {
        assert_eq!(found.is_some(), visible.contains(id), "node {id}");
    }
    let readable: Vec<NodeId> = (told.of("bob").iter())
        .filter(|mount| mount.permissions.contains(Permissions::READ))
        .map(|mount| mount.root)
        .collect();
    let hers: BTreeSet<NodeId> = ids.into_iter().collect();
    for (at, entry) in seen.iter().filter(|(_, entry)| hers.contains(&entry.id())) {
        let chain = world.tree.lineage(&[entry.id()]).await.unwrap().remove(0);
        assert!(chain.iter().any(|id| readable.contains(id)), "nothing gives {at}");
    }
}

/// What there is to see at and below a folder.
fn below<'a>(seen: &'a Seen, at: &str) -> BTreeSet<(String, NodeId, String, Option<String>)> {
    let prefix = if at.is_empty() { String::new() } else { format!("{at}/") };
    let part = |(to, entry): (&'a String, &'a Entry)| {
        let rest = if to == at { "" } else { to.strip_prefix(&prefix)? };
        let tag = (!entry.is_folder()).then(|| entry.etag().to_string());
        let may = format!("{} {}", entry.letters(), entry.permissions.bits());
        Some((rest.to_owned(), entry.id(), may, tag))
    };
    seen.iter().filter_map(part).collect()
}

fn etags_tell(before: &Seen, after: &Seen, exact: bool) {
    for (at, old) in before.iter().filter(|(_, entry)| entry.is_folder()) {
        let Some(new) = after.get(at).filter(|new| new.id() == old.id()) else { continue };
        let same = below(before, at) == below(after, at);
        if !same {
            assert_ne!(old.etag(), new.etag(), "below {at:?} something changed");
        } else if exact {
            assert_eq!(old.etag(), new.etag(), "below {at:?} nothing changed");
        }
    }
}

async fn apply(world: &World, told: &Told, step: &Step, number: u64) {
    let who = |who: &Who| user(if *who == Who::Alice { "alice" } else { "bob" });
    // What is refused has no effect, which the etags show.
    match step {
        Step::Put(by, at) => {
            let view = world.files.view(&who(by)).await.unwrap();
            _ = view.put(PutRequest::new(path(at)), body(b"x")).await;
        }
        Step::Folder(by, at) => {
            let view = world.files.view(&who(by)).await.unwrap();
            _ = view.make_folder(FolderRequest::new(path(at))).await;
        }
        Step::Remove(by, at) => {
            let view = world.files.view(&who(by)).await.unwrap();
            if let Some(entry) = view.resolve(&path(at)).await.unwrap() {
                _ = view.remove(&entry, None).await;
            }
        }
        Step::Move(by, from, to) => {
            let view = world.files.view(&who(by)).await.unwrap();
            if let Some(entry) = view.resolve(&path(from)).await.unwrap() {
                _ = view.move_to(&entry, TransferRequest::new(path(to))).await;
            }
        }
        Step::Mount(node, folder, name, bits) => {
            let alice = world.files.view(&user("alice")).await.unwrap();
            let bob = world.files.view(&user("bob")).await.unwrap();
            let Some(node) = alice.resolve(&path(node)).await.unwrap() else { return };
            let twice = told.of("bob").iter().any(|mount| mount.root == node.id());
            // The tree moves nodes between the homes; a person's own is not mounted.
            if twice || node.mount.is_some() || node.owner.as_str() != "alice" {
                return;
            }
            let mut mount = share(number, name, node.id(), *bits);
            let folder = bob.resolve(&path(folder)).await.unwrap();
            mount.place.parent =
                folder.filter(|f| f.is_folder() && f.mount.is_none()).map(|f| f.id());
            told.add("bob", mount);
        }
        Step::Permit(at, bits) => {
            if let Some(mount) = told.of("bob").get(*at) {
                let bits = Permissions::from_bits(*bits).unwrap();
                told.change("bob", mount.id.0, |mount| mount.permissions = bits);
            }
        }
        Step::Rule(at, node, mask, allow) => {
            let alice = world.files.view(&user("alice")).await.unwrap();
            let Some(mount) = told.of("bob").get(*at).cloned() else { return };
            let Some(node) = alice.resolve(&path(node)).await.unwrap() else { return };
            let bits = |bits| Permissions::from_bits(bits).unwrap();
            let rule = NodeRule { subject: 1, mask: bits(*mask), allow: bits(*allow) };
            let rules = [(node.id(), rule)];
            let rules = Rules::new(Permissions::ALL, Inheritance::PerNode, rules);
            told.change("bob", mount.id.0, |mount| {
                mount.rules = Some(Arc::new(MountRules::from(rules)));
            });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_listed_resolved_and_looked_up_agrees(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (world, told) = world();
            let mut before = see(&world.files.view(&user("bob")).await.unwrap()).await;
            for (number, step) in (1..).zip(&steps) {
                apply(&world, &told, step, number).await;
                let bob = world.files.view(&user("bob")).await.unwrap();
                let after = see(&bob).await;
                agree(&bob, &after).await;
                nothing_else(&world, &bob, &after, &told).await;
                // With rules, or without the right to read, what changes can be hidden.
                let exact = told.of("bob").iter().all(|mount| mount.rules.is_none());
                etags_tell(&before, &after, exact);
                before = after;
            }
        });
    }
}
