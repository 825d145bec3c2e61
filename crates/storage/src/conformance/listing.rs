//! Laws of listings and look-ups.

use std::{collections::BTreeSet, sync::Arc};

use allmende_types::NodeId;

use super::world::{World, name, path, refused, remove};
use crate::{ChildCount, Cursor, ErrorKind, Tree};

pub async fn pages_are_whole_and_in_order(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let mut names = Vec::new();
    for n in 0..12 {
        let text = format!("f{n:02}");
        world.file(world.root, &text, n).await;
        names.push(text);
    }
    for limit in [1, 2, 5, 6, 11, 12, 13, 1000] {
        let mut seen: Vec<String> = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page = tree.list(world.root, after.as_ref(), limit).await.unwrap();
            let left = names.len() - seen.len();
            assert_eq!(page.items.len(), limit.min(left), "pages of {limit}");
            assert_eq!(page.next.is_some(), left > limit, "pages of {limit}");
            seen.extend(page.items.into_iter().map(|node| node.name.unwrap().to_string()));
            after = page.next;
            let Some(Cursor(last)) = &after else { break };
            assert_eq!(Some(last.as_str()), seen.last().map(String::as_str));
        }
        assert_eq!(seen, names, "pages of {limit}");
    }
    let behind = tree.list(world.root, Some(&Cursor(name("g"))), 5).await.unwrap();
    assert!(behind.items.is_empty() && behind.next.is_none());
}

pub async fn a_page_survives_changes_around_it(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let kept: BTreeSet<String> = (0..20).map(|n| format!("k{n:02}")).collect();
    for text in &kept {
        world.file(world.root, text, 1).await;
    }
    let mut seen: Vec<String> = Vec::new();
    let mut after: Option<Cursor> = None;
    for round in 0.. {
        let page = tree.list(world.root, after.as_ref(), 3).await.unwrap();
        seen.extend(page.items.into_iter().map(|node| node.name.unwrap().to_string()));
        let Some(next) = page.next else { break };
        // Something comes before, right behind and far behind the cursor, and goes again.
        world.file(world.root, &format!("a{round}"), 1).await;
        world.file(world.root, &format!("{}-new", next.0), 1).await;
        let passing = world.file(world.root, &format!("{}!", next.0), 1).await.id;
        world.apply(remove(passing)).await;
        after = Some(next);
    }
    let all: BTreeSet<String> = seen.iter().cloned().collect();
    assert_eq!(all.len(), seen.len(), "a name was listed twice");
    assert!(kept.is_subset(&all), "a name that stood all the time was not listed");
    assert!(seen.is_sorted());
    // The name at the cursor may be gone when the next page is read.
    let page = tree.list(world.root, None, 4).await.unwrap();
    let last = page.items.last().unwrap().clone();
    world.apply(remove(last.id)).await;
    let rest = tree.list(world.root, page.next.as_ref(), 1).await.unwrap();
    assert!(rest.items[0].name > last.name);
}

pub async fn only_folders_are_listed(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let file = world.file(world.root, "f", 1).await.id;
    assert_eq!(refused(tree.list(file, None, 10).await), ErrorKind::NotAFolder);
    let gone = NodeId(4_000_000);
    assert_eq!(refused(tree.list(gone, None, 10).await), ErrorKind::NotFound);
    let below_file = tree.resolve(world.space, &path("f/x")).await.unwrap();
    assert_eq!(below_file, None);
}

pub async fn lookups_keep_the_order_of_the_ids(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let folder = world.folder(world.root, "d").await.id;
    for text in ["x", "y"] {
        world.folder(folder, text).await;
    }
    let file = world.file(folder, "f", 1).await.id;
    let gone = NodeId(4_000_000);
    let ids = [file, gone, world.root, folder, file];
    let stat = tree.stat(&ids).await.unwrap();
    let found: Vec<_> = stat.iter().map(|node| node.as_ref().map(|node| node.id)).collect();
    assert_eq!(found, [Some(file), None, Some(world.root), Some(folder), Some(file)]);
    let paths = tree.paths(&ids).await.unwrap();
    let texts: Vec<_> = paths.iter().map(|path| path.as_ref().map(ToString::to_string)).collect();
    let expected = [Some("d/f"), None, Some(""), Some("d"), Some("d/f")];
    assert_eq!(texts, expected.map(|text| text.map(str::to_owned)));
    let counts = tree.count_children(&ids).await.unwrap();
    let count = |files, folders| ChildCount { files, folders };
    assert_eq!(counts, [count(0, 0), count(0, 0), count(0, 1), count(1, 2), count(0, 0)]);
    assert_eq!(tree.stat(&[]).await.unwrap(), []);
    // More ids than one statement of a database may have parameters.
    let many: Vec<NodeId> = (0..3000).map(|n| if n == 1500 { file } else { gone }).collect();
    let found = tree.stat(&many).await.unwrap();
    assert_eq!((found.len(), found.iter().flatten().count()), (3000, 1));
}

pub async fn paths_start_at_any_node(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let folder = world.folder(world.root, "d").await.id;
    let mut deep = folder;
    for level in 0..14 {
        deep = world.folder(deep, &format!("l{level}")).await.id;
    }
    let file = world.file(folder, "f", 1).await;
    let below = |top, text: &'static str| {
        let tree = tree.clone();
        async move { tree.resolve_below(top, &path(text)).await.unwrap() }
    };
    assert_eq!(below(folder, "f").await, Some(file.clone()));
    assert_eq!(below(file.id, "").await, Some(file.clone()));
    assert_eq!(below(world.root, "d/f").await, Some(file.clone()));
    assert_eq!(below(folder, "f/x").await, None);
    assert_eq!(below(folder, "d").await, None, "only what lies below is found");
    let all: Vec<String> = (0..14).map(|level| format!("l{level}")).collect();
    let long = tree.resolve_below(folder, &path(&all.join("/"))).await.unwrap();
    assert_eq!(long.map(|node| node.id), Some(deep));
    world.apply(remove(folder)).await;
    assert_eq!(below(folder, "").await, None);
    assert_eq!(below(folder, "f").await, None);
}

pub async fn a_lineage_ends_at_the_root(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let outer = world.folder(world.root, "a").await.id;
    let inner = world.folder(outer, "b").await.id;
    let file = world.file(inner, "f", 1).await.id;
    let gone = NodeId(4_000_000);
    let lineage = tree.lineage(&[file, gone, world.root, outer]).await.unwrap();
    let root = world.root;
    assert_eq!(lineage, [vec![file, inner, outer, root], vec![], vec![root], vec![outer, root]]);
    world.apply(remove(outer)).await;
    assert_eq!(tree.lineage(&[file, root]).await.unwrap(), [vec![], vec![root]]);
}

pub async fn children_are_found_by_their_names(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let folder = world.folder(world.root, "d").await.id;
    let first = world.file(folder, "f", 1).await;
    let second = world.file(world.root, "f", 2).await;
    let gone = NodeId(4_000_000);
    let places = [
        (folder, name("f")),
        (world.root, name("f")),
        (folder, name("g")),
        (gone, name("f")),
        (first.id, name("f")),
        (folder, name("f")),
    ];
    let found = tree.children_named(&places).await.unwrap();
    let first = Some(first);
    assert_eq!(found, [first.clone(), Some(second), None, None, None, first]);
    let many: Vec<_> = (0..300).map(|n| (folder, name(&format!("{n}")))).collect();
    assert_eq!(tree.children_named(&many).await.unwrap(), vec![None; 300]);
    world.apply(remove(folder)).await;
    assert_eq!(tree.children_named(&places[..1]).await.unwrap(), [None]);
    assert_eq!(tree.children_named(&[]).await.unwrap(), []);
}
