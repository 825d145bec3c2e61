//! Laws of searches.

use std::sync::Arc;

use allmende_types::{NodeId, Timestamp};

use super::world::{MTIME, NOW, World, person, remove};
use crate::{
    Node, NodeField, NodeFilter, NodeSearch, Op, PatchProperties, Pattern, Property, PropertyKey,
    PropertyOwner, PropertyUpdate, Relation, SearchDepth, SetFacts, SortOrder, Tree,
};

async fn names(tree: &Arc<dyn Tree>, search: &NodeSearch) -> Vec<String> {
    let found = tree.search(search).await.unwrap();
    found.into_iter().map(|node| node.name.unwrap().to_string()).collect()
}

fn search(below: NodeId, filter: NodeFilter) -> NodeSearch {
    NodeSearch { filter, ..NodeSearch::below(vec![below]) }
}

fn everything() -> NodeFilter {
    NodeFilter::All(Vec::new())
}

fn mark() -> PropertyKey {
    PropertyKey { namespace: "urn:test".into(), name: "mark".into() }
}

async fn set_mark(world: &World, node: NodeId, owner: PropertyOwner) {
    let property = Property { key: mark(), value: "<m/>".into() };
    let updates = vec![PropertyUpdate::Set(property)];
    world.apply(Op::PatchProperties(PatchProperties { node, owner, updates })).await;
}

async fn set_times(world: &World, node: NodeId, modified: i64, created: Option<i64>) -> Node {
    let facts = SetFacts {
        node,
        modified: Some(MTIME.plus_seconds(modified)),
        created: created.map(Timestamp::from_unix),
        checksums: None,
    };
    world.apply(Op::SetFacts(facts)).await.node
}

pub async fn a_search_finds_what_lies_below(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let folder = world.folder(world.root, "d").await;
    let deep = world.folder(folder.id, "e").await;
    let file = world.file(deep.id, "f", 3).await;
    world.file(world.root, "g", 1).await;
    let other = world.beside().await;
    other.file(other.root, "h", 1).await;
    assert_eq!(names(&tree, &search(world.root, everything())).await, ["d", "e", "f", "g"]);
    assert_eq!(names(&tree, &search(folder.id, everything())).await, ["e", "f"]);
    let mut children = search(folder.id, everything());
    children.depth = SearchDepth::Children;
    assert_eq!(names(&tree, &children).await, ["e"]);
    // Several folders, one of them inside the other, and one of another space.
    let several = NodeSearch::below(vec![folder.id, deep.id, other.root]);
    assert_eq!(names(&tree, &several).await, ["e", "f", "h"]);
    // What is found is what stands there, with its space.
    let found = tree.search(&search(deep.id, everything())).await.unwrap();
    assert_eq!(found, [world.node(file.id).await]);
    assert!(names(&tree, &NodeSearch::below(Vec::new())).await.is_empty());
    assert!(names(&tree, &search(NodeId(4_000_000), everything())).await.is_empty());
    assert!(tree.search(&NodeSearch::below(vec![folder.id; 513])).await.is_err());
}

pub async fn a_search_goes_by_names_and_types(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    world.folder(world.root, "Letters").await;
    for name in ["Letter 1.txt", "letter_2.txt", "100%.odt", "\u{dc}ber uns.odt"] {
        world.file(world.root, name, 1).await;
    }
    let by_name =
        async |pattern: Pattern| names(&tree, &search(world.root, NodeFilter::Name(pattern))).await;
    assert_eq!(by_name(Pattern::new("LETTER%")).await, ["Letter 1.txt", "letter_2.txt", "Letters"]);
    assert_eq!(by_name(Pattern::new("letter\\_2%")).await, ["letter_2.txt"]);
    assert_eq!(by_name(Pattern::containing("0%")).await, ["100%.odt"]);
    assert_eq!(by_name(Pattern::exactly("\u{fc}ber UNS.odt")).await, ["\u{dc}ber uns.odt"]);
    assert!(by_name(Pattern::new("letter")).await.is_empty());
    let text = NodeFilter::MediaType(Pattern::new("text/%"));
    assert_eq!(names(&tree, &search(world.root, text.clone())).await.len(), 4);
    let rest = NodeFilter::Not(Box::new(text));
    assert_eq!(names(&tree, &search(world.root, rest)).await, ["Letters"]);
    assert_eq!(names(&tree, &search(world.root, NodeFilter::Folder)).await, ["Letters"]);
    let none = NodeFilter::Any(Vec::new());
    assert!(names(&tree, &search(world.root, none)).await.is_empty());
}

pub async fn a_search_goes_by_figures(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let mut ids = Vec::new();
    for size in [0, 10, 20] {
        let file = world.file(world.root, &format!("f{size:02}"), size).await;
        let created = (size > 0).then(|| 1000 + i64::try_from(size).unwrap());
        ids.push(set_times(&world, file.id, i64::try_from(size).unwrap(), created).await.id);
    }
    let by = async |field, relation, value| {
        names(&tree, &search(world.root, NodeFilter::Figure(field, relation, value))).await
    };
    assert_eq!(by(NodeField::Size, Relation::Less, 10).await, ["f00"]);
    assert_eq!(by(NodeField::Size, Relation::AtMost, 10).await, ["f00", "f10"]);
    assert_eq!(by(NodeField::Size, Relation::Equal, 10).await, ["f10"]);
    assert_eq!(by(NodeField::Size, Relation::AtLeast, 10).await, ["f10", "f20"]);
    assert_eq!(by(NodeField::Size, Relation::Greater, 10).await, ["f20"]);
    assert_eq!(by(NodeField::Id, Relation::Equal, ids[1].0).await, ["f10"]);
    let modified = MTIME.plus_seconds(15).unix();
    assert_eq!(by(NodeField::Modified, Relation::Greater, modified).await, ["f20"]);
    assert_eq!(by(NodeField::Uploaded, Relation::Equal, NOW.unix()).await.len(), 3);
    assert_eq!(by(NodeField::LastActivity, Relation::Equal, NOW.unix()).await.len(), 3);
    // A time that is not known is in no relation, and so is the opposite of any.
    assert_eq!(by(NodeField::Created, Relation::Less, 5000).await, ["f10", "f20"]);
    let known = NodeFilter::Figure(NodeField::Created, Relation::Less, 5000);
    let unknown = NodeFilter::Not(Box::new(known));
    assert_eq!(names(&tree, &search(world.root, unknown)).await, ["f00"]);
    assert!(by(NodeField::Name, Relation::Greater, 0).await.is_empty());
}

pub async fn a_search_goes_by_properties(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let folder = world.folder(world.root, "d").await;
    let (a, b) = (world.file(folder.id, "a", 1).await, world.file(world.root, "b", 1).await);
    let alice = PropertyOwner::Person(person("alice"));
    set_mark(&world, a.id, alice.clone()).await;
    set_mark(&world, b.id, alice.clone()).await;
    set_mark(&world, b.id, PropertyOwner::Everyone).await;
    let has = |owner| NodeFilter::Has(owner, mark());
    assert_eq!(names(&tree, &search(world.root, has(alice.clone()))).await, ["a", "b"]);
    assert_eq!(names(&tree, &search(folder.id, has(alice.clone()))).await, ["a"]);
    let everyone = has(PropertyOwner::Everyone);
    assert_eq!(names(&tree, &search(world.root, everyone.clone())).await, ["b"]);
    let bob = PropertyOwner::Person(person("bob"));
    assert!(names(&tree, &search(world.root, has(bob))).await.is_empty());
    let only_hers = NodeFilter::All(vec![has(alice), NodeFilter::Not(Box::new(everyone))]);
    assert_eq!(names(&tree, &search(world.root, only_hers)).await, ["a"]);
}

pub async fn a_search_is_sorted_and_cut(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    for (name, size, created) in [("B", 2, None), ("a", 2, Some(9)), ("c", 1, Some(8))] {
        let file = world.file(world.root, name, size).await;
        set_times(&world, file.id, 0, created).await;
    }
    let mut by = search(world.root, everything());
    by.order = vec![(NodeField::Size, SortOrder::Descending)];
    assert_eq!(names(&tree, &by).await, ["a", "B", "c"]);
    by.order = vec![(NodeField::Name, SortOrder::Descending)];
    assert_eq!(names(&tree, &by).await, ["c", "B", "a"]);
    by.order = vec![(NodeField::Created, SortOrder::Ascending)];
    assert_eq!(names(&tree, &by).await, ["B", "c", "a"]);
    by.order = vec![(NodeField::Created, SortOrder::Descending)];
    assert_eq!(names(&tree, &by).await, ["a", "c", "B"]);
    (by.skip, by.limit) = (1, 1);
    assert_eq!(names(&tree, &by).await, ["c"]);
    (by.skip, by.limit) = (3, 5);
    assert!(names(&tree, &by).await.is_empty());
    by.skip = usize::MAX;
    assert!(names(&tree, &by).await.is_empty());
}

pub async fn a_search_finds_nothing_removed(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let folder = world.folder(world.root, "d").await;
    let file = world.file(folder.id, "f", 1).await;
    let alice = PropertyOwner::Person(person("alice"));
    set_mark(&world, file.id, alice.clone()).await;
    world.apply(remove(folder.id)).await;
    assert!(names(&tree, &search(world.root, everything())).await.is_empty());
    // Nor below what is removed, by any way.
    let id = NodeFilter::Figure(NodeField::Id, Relation::Equal, file.id.0);
    for filter in [everything(), id, NodeFilter::Has(alice, mark())] {
        assert!(names(&tree, &search(folder.id, filter)).await.is_empty());
    }
}

pub async fn a_search_agrees_with_the_filter(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let alice = PropertyOwner::Person(person("alice"));
    let mut nodes = Vec::new();
    let mut parent = world.root;
    for n in 0..20 {
        let size = n * 7 % 5;
        let file = world.file(parent, &format!("n{}", n * 13 % 20), size).await;
        let created = (n % 3 == 0).then(|| i64::try_from(n).unwrap());
        let file = set_times(&world, file.id, i64::try_from(n).unwrap(), created).await;
        if n % 4 == 1 {
            set_mark(&world, file.id, alice.clone()).await;
        }
        nodes.push((file, n % 4 == 1));
        if n % 6 == 5 {
            parent = world.folder(parent, "deeper").await.id;
        }
    }
    let leaves = [
        NodeFilter::Name(Pattern::new("n1%")),
        NodeFilter::Figure(NodeField::Size, Relation::AtLeast, 3),
        NodeFilter::Figure(NodeField::Created, Relation::AtMost, 9),
        NodeFilter::Figure(NodeField::Id, Relation::Equal, nodes[5].0.id.0),
        NodeFilter::Has(alice, mark()),
        NodeFilter::MediaType(Pattern::new("text/plain")),
    ];
    let not = |filter: &NodeFilter| NodeFilter::Not(Box::new(filter.clone()));
    for first in &leaves {
        for second in &leaves {
            for filter in [
                NodeFilter::All(vec![first.clone(), second.clone()]),
                NodeFilter::Any(vec![first.clone(), second.clone()]),
                NodeFilter::Any(vec![not(first), second.clone()]),
                NodeFilter::All(vec![not(first), not(second)]),
            ] {
                let filter = NodeFilter::All(vec![filter, not(&NodeFilter::Folder)]);
                let mut found = names(&tree, &search(world.root, filter.clone())).await;
                found.sort();
                let fits = nodes.iter().filter(|(node, marked)| filter.fits(node, &|_, _| *marked));
                let mut expected: Vec<String> =
                    fits.map(|(node, _)| node.name.as_ref().unwrap().to_string()).collect();
                expected.sort();
                assert_eq!(found, expected, "{filter:?}");
            }
        }
    }
}
