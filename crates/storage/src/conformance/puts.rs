//! Laws of files and folders that come into being.

use std::sync::Arc;

use allmende_types::{NodeId, Revision, SpacePath, Timestamp};

use super::world::{
    MTIME, NOW, World, copy_to, make_folder, move_to, name, put, refused, remove, target,
};
use crate::{Content, ErrorKind, Expect, MakeFolder, NodeKind, Op, PutFile, Segment, Target, Tree};

pub async fn a_file_has_what_was_put(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let before = world.revision().await;
    let segment = world.blob(11);
    let op = Op::PutFile(PutFile {
        target: target(world.root, "Straße.txt", Expect::Absent),
        segments: vec![segment],
        media_type: "text/plain".into(),
        checksums: "SHA1:abc MD5:def".parse().unwrap(),
        modified: MTIME,
        created: Some(Timestamp::from_unix(5)),
        properties: Vec::new(),
    });
    let committed = world.commit(op).await.unwrap();
    let written = &committed.written[0];
    let node = &written.node;
    assert_eq!(written.replaced, None);
    assert_eq!(committed.revisions, [(world.space, node.revision)]);
    assert!(node.revision > before);
    assert_eq!((node.space, node.parent), (world.space, Some(world.root)));
    assert_eq!(node.name, Some(name("Straße.txt")));
    assert_eq!((node.size, node.modified, node.uploaded), (11, MTIME, NOW));
    assert_eq!(node.created, Some(Timestamp::from_unix(5)));
    let content = node.content().unwrap();
    assert_eq!((content.id, content.segments), (Some(segment.blob), 1));
    assert_eq!(&*content.media_type, "text/plain");
    assert_eq!(content.checksums.to_string(), "SHA1:abc MD5:def");
    assert_eq!(tree.segments(content).await.unwrap(), [segment]);
    assert_eq!(world.stat(node.id).await.as_ref(), Some(node));
    assert_eq!(world.paths().await, ["Straße.txt"]);
}

pub async fn an_overwritten_file_keeps_its_identity(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let place = |created| PutFile {
        target: target(world.root, "a", Expect::Any),
        segments: vec![world.blob(4)],
        media_type: "text/plain".into(),
        checksums: "SHA1:abc".parse().unwrap(),
        modified: MTIME,
        created,
        properties: Vec::new(),
    };
    let first = world.apply(Op::PutFile(place(Some(Timestamp::from_unix(9))))).await.node;
    let later = NOW.plus_seconds(60);
    let second = PutFile {
        segments: vec![world.blob(6)],
        media_type: "image/png".into(),
        checksums: Default::default(),
        modified: MTIME.plus_seconds(-100),
        ..place(None)
    };
    let committed = world.commit_at(later, Op::PutFile(second)).await.unwrap();
    let written = &committed.written[0];
    assert_eq!(written.replaced.as_ref(), Some(&first));
    let node = world.node(first.id).await;
    assert_eq!(&node, &written.node);
    assert!(node.revision > first.revision && node.etag() != first.etag());
    assert_eq!((node.size, node.created), (6, Some(Timestamp::from_unix(9))));
    assert_eq!((node.modified, node.uploaded), (MTIME.plus_seconds(-100), later));
    let content = node.content().unwrap();
    assert!(content.checksums.is_empty() && &*content.media_type == "image/png");
    let third = world.apply(Op::PutFile(place(Some(Timestamp::from_unix(10))))).await.node;
    assert_eq!((third.id, third.created), (first.id, Some(Timestamp::from_unix(10))));
    assert_eq!(world.paths().await, ["a"]);
    assert_eq!(world.info().await.used, 4);
}

pub async fn an_empty_file_has_no_content(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let node = world.file(world.root, "empty", 0).await;
    let content = node.content().unwrap();
    assert_eq!((node.size, content.id, content.segments), (0, None, 0));
    assert_eq!(tree.segments(content).await.unwrap(), []);
    let grown = world.file(world.root, "empty", 3).await;
    assert_eq!((grown.id, grown.size), (node.id, 3));
    let back = world.file(world.root, "empty", 0).await;
    assert_eq!((back.id, back.size, back.content().unwrap().id), (node.id, 0, None));
    world.all().await;
}

pub async fn segments_keep_their_order(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let (a, b, c) = (world.blob(30), world.blob(10), world.blob(20));
    let op = put(target(world.root, "chunked", Expect::Any), vec![c, a, b]);
    let node = world.apply(op).await.node;
    let content: Content = node.content().unwrap().clone();
    assert_eq!((node.size, content.segments), (60, 3));
    assert!(content.id.is_some());
    assert_eq!(tree.segments(&content).await.unwrap(), [c, a, b]);
    // Two contents of several segments are two.
    let op = put(target(world.root, "other", Expect::Any), vec![world.blob(1), world.blob(2)]);
    let other = world.apply(op).await.node;
    assert_ne!(other.content().unwrap().id, content.id);
    world.file(world.root, "chunked", 5).await;
    assert_eq!(refused(tree.segments(&content).await), ErrorKind::NotFound);
    world.all().await;
}

pub async fn an_empty_segment_is_invalid(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let empty = Segment { size: 0, ..world.blob(1) };
    for segments in [vec![empty], vec![world.blob(1), empty]] {
        let op = put(target(world.root, "a", Expect::Any), segments);
        assert_eq!(refused(world.commit(op).await), ErrorKind::Invalid);
    }
    assert_eq!(world.paths().await, Vec::<String>::new());
}

pub async fn a_put_keeps_its_expectations(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let put_if = async |name: &str, expect| {
        world.commit(put(target(world.root, name, expect), vec![world.blob(1)])).await
    };
    let other = world.file(world.root, "other", 1).await;
    let old = put_if("a", Expect::Absent).await.unwrap().written.remove(0).node;
    for (name, expect, kind) in [
        ("a", Expect::Absent, ErrorKind::Exists),
        ("a", Expect::Node(other.id), ErrorKind::Changed),
        ("a", Expect::Unchanged(other.id, old.revision), ErrorKind::Changed),
        ("a", Expect::Unchanged(old.id, Revision(old.revision.0 - 1)), ErrorKind::Changed),
        ("a", Expect::Unchanged(old.id, Revision(old.revision.0 + 1)), ErrorKind::Changed),
        ("b", Expect::Node(old.id), ErrorKind::NotFound),
        ("b", Expect::Unchanged(old.id, old.revision), ErrorKind::NotFound),
    ] {
        assert_eq!(refused(put_if(name, expect).await), kind, "{name}: {expect:?}");
        assert_eq!(world.node(old.id).await, old);
    }
    let unchanged = Expect::Unchanged(old.id, old.revision);
    let new = put_if("a", unchanged).await.unwrap().written.remove(0).node;
    assert_eq!(refused(put_if("a", unchanged).await), ErrorKind::Changed);
    assert_eq!(new.id, old.id);
    put_if("a", Expect::Node(old.id)).await.unwrap();
    put_if("a", Expect::Any).await.unwrap();
    assert_eq!(world.paths().await, ["a", "other"]);
}

pub async fn a_put_needs_a_folder_and_a_file(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let file = world.file(world.root, "file", 1).await;
    let folder = world.folder(world.root, "folder").await;
    let gone = world.folder(world.root, "gone").await;
    world.apply(remove(gone.id)).await;
    for (parent, kind) in [
        (file.id, ErrorKind::NotAFolder),
        (gone.id, ErrorKind::ParentNotFound),
        (NodeId(4_000_000), ErrorKind::ParentNotFound),
    ] {
        let into = || target(parent, "x", Expect::Any);
        assert_eq!(refused(world.commit(put(into(), vec![world.blob(1)])).await), kind);
        assert_eq!(refused(world.commit(make_folder(into())).await), kind);
    }
    for expect in [Expect::Any, Expect::Absent, Expect::Node(folder.id), Expect::Node(file.id)] {
        let over = put(target(world.root, "folder", expect), vec![world.blob(1)]);
        assert_eq!(refused(world.commit(over).await), ErrorKind::NotAFile, "{expect:?}");
    }
    assert_eq!(world.paths().await, ["file", "folder"]);
}

pub async fn a_target_lies_in_its_space(tree: Arc<dyn Tree>) {
    let (here, there) = (World::new(tree.clone()).await, World::new(tree).await);
    let folder = here.folder(here.root, "folder").await.id;
    let old = here.file(folder, "old", 1).await;
    let other = here.file(here.root, "other", 1).await;
    let into =
        |space, name: &str, expect| Target { space: Some(space), ..target(folder, name, expect) };
    let ops = |space, name: &str| {
        [
            put(into(space, "old", Expect::Node(old.id)), vec![here.blob(2)]),
            put(into(space, &format!("{name} put"), Expect::Absent), vec![here.blob(2)]),
            make_folder(into(space, &format!("{name} made"), Expect::Absent)),
            copy_to(other.id, into(space, &format!("{name} copied"), Expect::Absent)),
            move_to(other.id, into(space, &format!("{name} moved"), Expect::Absent)),
        ]
    };
    let leave = move_to(folder, target(there.root, "folder", Expect::Absent));
    for op in ops(there.space, "early") {
        assert_eq!(refused(here.commit(op).await), ErrorKind::ParentNotFound);
    }
    // A change sees what the ones before it in its batch did.
    let [late, ..] = ops(here.space, "late");
    let both = here.commit_all(vec![leave.clone(), late]).await;
    assert_eq!(refused(both), ErrorKind::ParentNotFound);
    assert_eq!(here.paths().await, ["folder", "folder/old", "other"]);
    here.apply(leave).await;
    for op in ops(here.space, "late") {
        assert_eq!(refused(here.commit(op).await), ErrorKind::ParentNotFound);
    }
    assert_eq!(there.paths().await, ["folder", "folder/old"]);
    for op in ops(there.space, "in time") {
        here.apply(op).await;
    }
    let names = ["in time copied", "in time made", "in time moved", "in time put", "old"];
    let names = names.map(|name| format!("folder/{name}"));
    assert_eq!(there.paths().await[1..], names);
    // A file is no folder, whatever its space.
    let below = Target { space: Some(there.space), ..target(old.id, "x", Expect::Any) };
    assert_eq!(refused(here.commit(make_folder(below)).await), ErrorKind::NotAFolder);
}

pub async fn a_folder_is_made_where_nothing_stands(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let op = Op::MakeFolder(MakeFolder {
        target: target(world.root, "a", Expect::Any),
        modified: MTIME,
        created: Some(Timestamp::from_unix(5)),
    });
    let written = world.apply(op).await;
    let node = written.node;
    assert_eq!((&node.kind, node.size, &written.replaced), (&NodeKind::Folder, 0, &None));
    assert_eq!((node.modified, node.uploaded), (MTIME, NOW));
    assert_eq!(node.created, Some(Timestamp::from_unix(5)));
    assert_eq!(node.revision, world.revision().await);
    world.file(world.root, "f", 1).await;
    for place in ["a", "f"] {
        for expect in [Expect::Any, Expect::Absent, Expect::Node(node.id)] {
            let again = world.commit(make_folder(target(world.root, place, expect))).await;
            assert_eq!(refused(again), ErrorKind::Exists, "{place}: {expect:?}");
        }
    }
    let absent = make_folder(target(world.root, "b", Expect::Node(node.id)));
    assert_eq!(refused(world.commit(absent).await), ErrorKind::NotFound);
    assert_eq!(world.paths().await, ["a", "f"]);
}

pub async fn each_ancestor_gets_revision_and_size(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let a = world.folder(world.root, "a").await.id;
    let b = world.folder(a, "b").await.id;
    let side = world.folder(a, "side").await;
    world.file(b, "older", 100).await;
    let mut last = world.revision().await;
    let mut check = async |change: Op, sizes: [u64; 3], seconds: i64| {
        let now = NOW.plus_seconds(seconds);
        let revision = world.commit_at(now, change).await.unwrap().revisions[0].1;
        assert!(revision > last, "revisions rise");
        last = revision;
        for (id, size) in [world.root, a, b].into_iter().zip(sizes) {
            let folder = world.node(id).await;
            assert_eq!((folder.revision, folder.size), (revision, size), "folder {id}");
            assert_eq!(folder.modified, now.max(NOW), "folder {id}");
        }
        assert_eq!(world.stat(side.id).await.as_ref(), Some(&side), "a sibling changed");
        assert_eq!(world.info().await.used, sizes[0]);
        world.all().await;
    };
    let file = || target(b, "f", Expect::Any);
    check(put(file(), vec![world.blob(10)]), [110, 110, 110], 0).await;
    let again = |segments, seconds| match put(file(), segments) {
        Op::PutFile(op) => Op::PutFile(PutFile { modified: NOW.plus_seconds(seconds), ..op }),
        other => other,
    };
    check(again(vec![world.blob(50)], 1), [150, 150, 150], 1).await;
    check(again(vec![world.blob(5)], 1), [105, 105, 105], 1).await;
    check(again(vec![], 2), [100, 100, 100], 2).await;
    check(make_folder(target(b, "c", Expect::Any)), [100, 100, 100], 3).await;
    let f = world.at("a/b/f").await.unwrap().id;
    check(remove(f), [100, 100, 100], 4).await;
    let older = world.at("a/b/older").await.unwrap().id;
    check(move_to(older, target(b, "renamed", Expect::Any)), [100, 100, 100], 5).await;
    check(remove(older), [0, 0, 0], 6).await;
}

pub async fn folders_are_as_new_as_what_a_file_in_them_became(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let a = world.folder(world.root, "a").await.id;
    let b = world.folder(a, "b").await.id;
    let write = async |modified, at: i64| {
        let revision = world.revision().await;
        let op = PutFile {
            target: target(b, "f", Expect::Any),
            segments: vec![],
            media_type: "text/plain".into(),
            checksums: Default::default(),
            modified: NOW.plus_seconds(modified),
            created: None,
            properties: Vec::new(),
        };
        world.commit_at(NOW.plus_seconds(at), Op::PutFile(op)).await.unwrap();
        let mut times = Vec::new();
        for id in [world.root, a, b] {
            let folder = world.node(id).await;
            assert!(folder.revision > revision, "it is told of in any case");
            times.push(folder.modified.unix() - NOW.unix());
        }
        times
    };
    // A file that comes makes its folder another one now.
    assert_eq!(write(-500, 10).await, [10, 10, 10]);
    // Then a folder is as new as the newest in it,
    assert_eq!(write(-400, 20).await, [10, 10, 10]);
    assert_eq!(write(25, 30).await, [25, 25, 25]);
    assert_eq!(write(40, 40).await, [40, 40, 40]);
    // and nothing is newer than now.
    assert_eq!(write(9000, 50).await, [50, 50, 50]);
}

pub async fn names_meet_in_nfc(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let node = world.file(world.root, "caf\u{e9}", 1).await;
    let again = world.file(world.root, "cafe\u{301}", 2).await;
    assert_eq!(node.id, again.id);
    assert_eq!(world.at("cafe\u{301}").await.unwrap().name.unwrap().as_str(), "caf\u{e9}");
}

pub async fn names_differ_in_case(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    for text in ["b", "B", "a", "é", "É", "z", "\u{1f600}"] {
        world.folder(world.root, text).await;
    }
    // In the order of their bytes.
    assert_eq!(world.names(world.root).await, ["B", "a", "b", "z", "É", "é", "\u{1f600}"]);
    assert_eq!(world.at("A").await, None);
}

pub async fn paths_end_at_their_limit(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let mut folder = world.root;
    for _ in 0..SpacePath::MAX_DEPTH {
        folder = world.folder(folder, "x").await.id;
    }
    let deepest = tree.paths(&[folder]).await.unwrap().remove(0).unwrap();
    assert_eq!(deepest.names().len(), SpacePath::MAX_DEPTH);
    let below = || target(folder, "y", Expect::Any);
    for op in [put(below(), vec![world.blob(1)]), make_folder(below())] {
        assert_eq!(refused(world.commit(op).await), ErrorKind::Invalid);
    }
}
