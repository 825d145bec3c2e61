use std::sync::Arc;

use allmende_files::{
    Download, ErrorKind, LinkView, MountKind, MountPlace, MountRules, PutRequest, SearchRequest,
    TransferRequest, archive,
};
use allmende_share::{Inheritance, NodeRule, Rules};
use allmende_storage::{ByteRange, ChildCount, NodeFilter, Pattern};
use allmende_types::{NodeId, Permissions};

use crate::{
    mounted::{share, team, world},
    world::{all, body, content, kind, mkdir, name, names, path, put, user},
};

#[tokio::test]
async fn a_share_stands_in_the_home_of_its_recipient() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    put(&alice, "Shared/f.txt", b"one").await;
    put(&alice, "secret", b"x").await;
    told.add("bob", share(1, "Shared", shared.id(), 31));
    let bob = world.bob().await;
    put(&bob, "a", b"x").await;
    put(&bob, "z", b"x").await;
    assert_eq!(names(&bob, "").await, ["Shared", "a", "z"]);
    assert_eq!(names(&bob, "Shared").await, ["f.txt"]);
    let root = bob.get(&path("Shared")).await.unwrap();
    let file = bob.get(&path("Shared/f.txt")).await.unwrap();
    assert_eq!((root.letters().as_str(), file.letters().as_str()), ("SRGDNVCK", "SRGDNVW"));
    assert!(root.is_mount_root() && !file.is_mount_root() && !root.is_root());
    assert_eq!((root.id(), root.owner.as_str()), (shared.id(), "alice"));
    assert_eq!(content(&bob, "Shared/f.txt").await, b"one");
    // By its id it is found where it stands, and nothing else of the owner is.
    let secret = alice.get(&path("secret")).await.unwrap();
    let top = alice.root().await.unwrap();
    let found = bob.stat(&[file.id(), shared.id(), secret.id(), top.id()]).await.unwrap();
    let paths: Vec<_> = found.iter().map(|e| e.as_ref()?.path.clone()).collect();
    assert_eq!(paths, [Some(path("Shared/f.txt")), Some(path("Shared")), None, None]);
    assert_eq!(found[0].as_ref(), Some(&file));
    assert_eq!(found[1].as_ref(), Some(&root));
    // What the recipient writes lies in the owner's space.
    let new = put(&bob, "Shared/g", b"four").await;
    assert_eq!(new.entry.node.space, shared.node.space);
    assert_eq!((new.entry.letters().as_str(), new.entry.path), ("SRGDNVW", Some(path("Shared/g"))));
    assert_eq!(content(&alice, "Shared/g").await, b"four");
    let counts = bob.count_children(&[bob.root().await.unwrap().id()]).await.unwrap();
    assert_eq!(counts, [ChildCount { files: 2, folders: 1 }]);
}

#[tokio::test]
async fn a_mount_that_moves_between_two_folders_changes_those_above_both() {
    let (world, told) = world();
    let shared = mkdir(&world.alice().await, "Shared").await;
    mkdir(&world.bob().await, "in").await;
    told.add("bob", share(1, "S", shared.id(), 31));
    let before = world.bob().await.root().await.unwrap().etag();
    let bob = world.bob().await;
    let mount = bob.get(&path("S")).await.unwrap();
    bob.move_to(&mount, TransferRequest::new(path("in/S"))).await.unwrap();
    assert_ne!(world.bob().await.root().await.unwrap().etag(), before);
}

#[tokio::test]
async fn every_folder_above_a_mount_has_a_new_etag_when_it_changes() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    let bob = world.bob().await;
    let folder = mkdir(&bob, "in").await;
    mkdir(&bob, "in/deep").await;
    let deep = bob.get(&path("in/deep")).await.unwrap();
    mkdir(&bob, "out").await;
    let mut mount = share(1, "S", shared.id(), 1);
    mount.place.parent = Some(deep.id());
    told.add("bob", mount);
    let tags = async || {
        let bob = world.bob().await;
        let mut tags = Vec::new();
        for at in ["", "in", "in/deep", "in/deep/S", "out"] {
            tags.push(bob.get(&path(at)).await.unwrap().etag());
        }
        let page = bob.children(&bob.root().await.unwrap(), None, 9).await.unwrap();
        assert_eq!(page.items[0].etag(), tags[1], "a listing shows the same tag");
        tags
    };
    let differ = |a: &[allmende_types::ETag], b: &[allmende_types::ETag]| -> Vec<bool> {
        a.iter().zip(b).map(|(a, b)| a != b).collect()
    };
    let first = tags().await;
    assert_eq!(tags().await, first);
    world.clock.forward(5);
    let written = put(&alice, "Shared/f", b"x").await;
    let second = tags().await;
    assert_eq!(differ(&first, &second), [true, true, true, true, false]);
    let root = world.bob().await.root().await.unwrap();
    assert_eq!(root.node.modified, written.entry.node.modified);
    put(&alice, "other", b"x").await;
    assert_eq!(tags().await, second);
    // Other permissions are something else to see, too.
    told.change("bob", 1, |mount| mount.permissions = Permissions::ALL);
    let third = tags().await;
    assert_eq!(differ(&second, &third), [true, true, true, true, false]);
    // The owner's own tags are as they were without any mount.
    assert_eq!(shared.id(), alice.get(&path("Shared")).await.unwrap().id());
    assert_eq!(folder.id(), world.bob().await.get(&path("in")).await.unwrap().id());
}

#[tokio::test]
async fn names_that_clash_and_folders_that_are_gone() {
    let (world, told) = world();
    let alice = world.alice().await;
    let (one, two) = (mkdir(&alice, "one").await, mkdir(&alice, "two").await);
    let file = put(&alice, "a.txt", b"hers").await.entry;
    let bob = world.bob().await;
    put(&bob, "a.txt", b"his").await;
    mkdir(&bob, "docs (2)").await;
    let gone = mkdir(&bob, "gone").await;
    told.add("bob", share(1, "docs", one.id(), 31));
    let mut second = share(2, "docs", two.id(), 31);
    second.place.parent = Some(gone.id());
    told.add("bob", second);
    told.add("bob", share(3, "a.txt", file.id(), 3));
    let bob = world.bob().await;
    assert_eq!(names(&bob, "").await, ["a (2).txt", "a.txt", "docs", "docs (2)", "gone"]);
    assert_eq!(names(&bob, "gone").await, ["docs"]);
    assert_eq!(content(&bob, "a (2).txt").await, b"hers");
    bob.remove(&bob.get(&path("gone")).await.unwrap(), None).await.unwrap();
    assert_eq!(names(&bob, "").await, ["a (2).txt", "a.txt", "docs", "docs (2)", "docs (3)"]);
    assert_eq!(bob.get(&path("docs (3)")).await.unwrap().id(), two.id());
    assert!(alice.get(&path("two")).await.is_ok(), "nothing of the owner's was removed");
}

#[tokio::test]
async fn a_shared_file_is_written_in_its_own_place() {
    let (world, told) = world();
    let alice = world.alice().await;
    mkdir(&alice, "d").await;
    let file = put(&alice, "d/f.txt", b"one").await.entry;
    told.add("bob", share(1, "f.txt", file.id(), 3));
    told.add("carol", share(1, "f.txt", file.id(), 1));
    let bob = world.bob().await;
    let seen = bob.get(&path("f.txt")).await.unwrap();
    assert_eq!(seen.letters(), "SGDNVW");
    let written = put(&bob, "f.txt", b"two two").await;
    assert!(!written.is_new());
    assert_eq!((written.entry.id(), written.entry.path), (file.id(), Some(path("f.txt"))));
    assert_eq!(content(&alice, "d/f.txt").await, b"two two");
    let carol = world.files.view(&user("carol")).await.unwrap();
    assert_eq!(carol.get(&path("f.txt")).await.unwrap().letters(), "SGDNV");
    let refused = carol.put(PutRequest::new(path("f.txt")), body(b"x")).await;
    assert_eq!(kind(refused), ErrorKind::Forbidden);
    // Nothing else takes the place of a mount, or the share would be lost.
    put(&bob, "mine", b"x").await;
    let mine = bob.get(&path("mine")).await.unwrap();
    let refused = bob.move_to(&mine, TransferRequest::new(path("f.txt"))).await;
    assert_eq!(kind(refused), ErrorKind::Forbidden);
    assert_eq!(content(&alice, "d/f.txt").await, b"two two");
}

#[tokio::test]
async fn a_mount_is_moved_renamed_and_left_for_its_holder_only() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    put(&alice, "Shared/f", b"x").await;
    let other = mkdir(&alice, "Other").await;
    told.add("bob", share(1, "Shared", shared.id(), 1));
    told.add("bob", share(2, "Other", other.id(), 31));
    let bob = world.bob().await;
    mkdir(&bob, "d").await;
    let mount = bob.get(&path("Shared")).await.unwrap();
    let moved = bob.move_to(&mount, TransferRequest::new(path("d/Theirs"))).await.unwrap();
    assert_eq!((moved.entry.id(), moved.entry.path), (shared.id(), Some(path("d/Theirs"))));
    assert_eq!(names(&bob, "").await, ["Other", "d"]);
    assert_eq!(content(&bob, "d/Theirs/f").await, b"x");
    assert!(alice.get(&path("Shared")).await.is_ok());
    // Mounts are not put into what others own, nor is a folder that holds one.
    let mount = bob.get(&path("d/Theirs")).await.unwrap();
    let into = TransferRequest::new(path("Other/x"));
    assert_eq!(kind(bob.move_to(&mount, into.clone()).await), ErrorKind::Forbidden);
    let around = bob.get(&path("d")).await.unwrap();
    assert_eq!(kind(bob.move_to(&around, into).await), ErrorKind::Forbidden);
    // It goes along when its folder moves.
    bob.move_to(&around, TransferRequest::new(path("e"))).await.unwrap();
    assert_eq!(content(&bob, "e/Theirs/f").await, b"x");
    // A copy is of the content, also of that below a folder.
    let mount = bob.get(&path("e/Theirs")).await.unwrap();
    let copy = bob.copy_to(&mount, TransferRequest::new(path("copy"))).await.unwrap();
    assert_eq!(copy.entry.letters(), "RGDNVCK");
    assert_eq!(content(&bob, "copy/f").await, b"x");
    let around = bob.get(&path("e")).await.unwrap();
    bob.copy_to(&around, TransferRequest::new(path("e2"))).await.unwrap();
    assert_eq!(content(&bob, "e2/Theirs/f").await, b"x");
    assert!(bob.get(&path("e2/Theirs")).await.unwrap().mount.is_none());
    let mount = bob.get(&path("e/Theirs")).await.unwrap();
    bob.remove(&mount, None).await.unwrap();
    assert_eq!(names(&bob, "e").await, Vec::<String>::new());
    assert_eq!(content(&alice, "Shared/f").await, b"x");
}

#[tokio::test]
async fn what_a_read_only_share_refuses() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    put(&alice, "Shared/f", b"x").await;
    told.add("bob", share(1, "S", shared.id(), 1));
    let bob = world.bob().await;
    put(&bob, "mine", b"x").await;
    let (file, mine) =
        (bob.get(&path("S/f")).await.unwrap(), bob.get(&path("mine")).await.unwrap());
    assert_eq!((file.letters().as_str()), "SG");
    assert_eq!(bob.get(&path("S")).await.unwrap().letters(), "SGDN");
    let to = |at| TransferRequest::new(path(at));
    assert_eq!(kind(bob.remove(&file, None).await), ErrorKind::Forbidden);
    assert_eq!(kind(bob.move_to(&file, to("out")).await), ErrorKind::Forbidden);
    assert_eq!(kind(bob.move_to(&file, to("S/g")).await), ErrorKind::Forbidden);
    assert_eq!(kind(bob.move_to(&mine, to("S/g")).await), ErrorKind::Forbidden);
    assert_eq!(kind(bob.copy_to(&mine, to("S/g")).await), ErrorKind::Forbidden);
    assert_eq!(kind(bob.move_to(&mine, to("S/f")).await), ErrorKind::Forbidden);
    let put = bob.put(PutRequest::new(path("S/f")), body(b"y")).await;
    assert_eq!(kind(put), ErrorKind::Forbidden);
    bob.copy_to(&file, to("out")).await.unwrap();
    // What is the person's own stays possible.
    bob.set_favourite(&file, allmende_files::Favourite::Yes).await.unwrap();
    told.change("bob", 1, |mount| mount.download = Download::ViewOnly);
    let bob = world.bob().await;
    let file = bob.get(&path("S/f")).await.unwrap();
    assert!(bob.read(&file, ByteRange::ALL).await.is_ok());
    assert_eq!(kind(bob.copy_to(&file, to("again")).await), ErrorKind::Forbidden);
    let folder = bob.get(&path("S")).await.unwrap();
    let zip = archive::zip(&bob, &folder, archive::Selection::Whole).await;
    assert_eq!(zip.err().map(|error| error.kind().clone()), Some(ErrorKind::Forbidden));
    let home = bob.root().await.unwrap();
    let tar = archive::tar(&bob, &home, archive::Selection::Whole).await.unwrap();
    let tar = all(tar).await.unwrap();
    assert!(!tar.windows(5).any(|w| w == b"/S/f\0"));
    told.change("bob", 1, |mount| mount.download = Download::Refused);
    let bob = world.bob().await;
    let file = bob.get(&path("S/f")).await.unwrap();
    assert_eq!(kind(bob.read(&file, ByteRange::ALL).await), ErrorKind::Forbidden);
}

#[tokio::test]
async fn quotas_count_where_the_bytes_lie() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    world.files.set_quota(&user("alice"), Some(10)).await.unwrap();
    world.files.view(&user("bob")).await.unwrap();
    world.files.set_quota(&user("bob"), Some(5)).await.unwrap();
    told.add("bob", share(1, "S", shared.id(), 31));
    let bob = world.bob().await;
    put(&bob, "S/f", b"12345678").await;
    let moved = put(&bob, "mine", b"123").await.entry;
    let (root, mount) = (bob.root().await.unwrap(), bob.get(&path("S")).await.unwrap());
    let quotas = bob.quotas(&[&root, &mount]).await.unwrap();
    assert_eq!(quotas.iter().map(|quota| quota.free()).collect::<Vec<_>>(), [Some(2), Some(2)]);
    let refused = bob.move_to(&moved, TransferRequest::new(path("S/mine"))).await;
    assert!(matches!(kind(refused), ErrorKind::Quota { .. }));
    world.files.set_quota(&user("alice"), Some(11)).await.unwrap();
    let there = bob.move_to(&moved, TransferRequest::new(path("S/mine"))).await.unwrap();
    assert_eq!(there.entry.id(), moved.id());
    assert_eq!(content(&alice, "Shared/mine").await, b"123");
    let file = bob.get(&path("S/f")).await.unwrap();
    let refused = bob.move_to(&file, TransferRequest::new(path("f"))).await;
    assert!(matches!(kind(refused), ErrorKind::Quota { .. }));
}

fn rule(mask: u8, allow: u8) -> NodeRule {
    let bits = |bits| Permissions::from_bits(bits).unwrap();
    NodeRule { subject: 1, mask: bits(mask), allow: bits(allow) }
}

#[tokio::test]
async fn rules_of_a_team_folder() {
    let (world, told) = world();
    told.add("alice", team(&world, 1, "Team", "alice").await);
    let alice = world.alice().await;
    let mut ids = std::collections::HashMap::new();
    for at in ["Team/open", "Team/closed", "Team/kept", "Team/open/kept"] {
        ids.insert(at, mkdir(&alice, at).await.id());
    }
    put(&alice, "Team/closed/f", b"x").await;
    put(&alice, "Team/open/f", b"x").await;
    let rules = [
        (ids["Team/closed"], rule(31, 0)),
        (ids["Team/kept"], rule(4, 0)),
        (ids["Team/open/kept"], rule(8, 0)),
    ];
    let rules = Rules::new(Permissions::ALL, Inheritance::PerNode, rules);
    let mut mount = team(&world, 1, "Team", "bob").await;
    mount.rules = Some(Arc::new(MountRules::from(rules)));
    told.add("bob", mount);
    let bob = world.bob().await;
    assert_eq!(names(&bob, "Team").await, ["kept", "open"]);
    assert!(bob.resolve(&path("Team/closed")).await.unwrap().is_none());
    assert!(bob.resolve(&path("Team/closed/f")).await.unwrap().is_none());
    let hidden = alice.get(&path("Team/closed/f")).await.unwrap();
    assert_eq!(bob.stat(&[hidden.id(), ids["Team/closed"]]).await.unwrap(), [None, None]);
    let letters = async |at: &str| bob.get(&path(at)).await.unwrap().letters();
    assert_eq!(letters("Team").await, "RMGCK");
    assert_eq!(letters("Team/open").await, "RMGDNVCK");
    assert_eq!(letters("Team/kept").await, "RMGDNV");
    assert_eq!(letters("Team/open/kept").await, "RMGNVCK");
    let page = bob.children(&bob.get(&path("Team")).await.unwrap(), None, 9).await.unwrap();
    assert_eq!(page.items[0].letters(), "RMGDNV");
    let new = bob.put(PutRequest::new(path("Team/kept/x")), body(b"x")).await;
    assert_eq!(kind(new), ErrorKind::Forbidden);
    // A rule below keeps the folder, and nothing of it is removed.
    let open = bob.get(&path("Team/open")).await.unwrap();
    assert_eq!(kind(bob.remove(&open, None).await), ErrorKind::Forbidden);
    assert_eq!(content(&bob, "Team/open/f").await, b"x");
    let out = TransferRequest::new(path("open"));
    assert_eq!(kind(bob.move_to(&open, out).await), ErrorKind::Forbidden);
    bob.move_to(&open, TransferRequest::new(path("Team/opened"))).await.unwrap();
    // The whole folder cannot be copied past the rules.
    let top = bob.get(&path("Team")).await.unwrap();
    let copy = bob.copy_to(&top, TransferRequest::new(path("all"))).await;
    assert_eq!(kind(copy), ErrorKind::Forbidden);
    assert_eq!(kind(bob.remove(&top, None).await), ErrorKind::Forbidden);
    let renamed = bob.move_to(&top, TransferRequest::new(path("Mine"))).await;
    assert_eq!(kind(renamed), ErrorKind::Forbidden);
    // Nothing of what is hidden is found.
    let filter = NodeFilter::Name(Pattern::new("f"));
    let found = bob.search(SearchRequest::new(bob.root().await.unwrap(), filter)).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|entry| entry.path.unwrap().to_string()).collect();
    assert_eq!(found, ["Team/opened/f"]);
}

#[tokio::test]
async fn team_folders_keep_their_names_and_need_no_folders() {
    let (world, told) = world();
    let bob = world.bob().await;
    put(&bob, "Team", b"own").await;
    mkdir(&bob, "Half").await;
    put(&bob, "Half/own", b"x").await;
    told.add("bob", team(&world, 1, "Team", "bob").await);
    for (id, folders) in [(2, "Deep/In"), (3, "Half/Way"), (4, "Deep/In")] {
        let mut mount = team(&world, id, &format!("T{id}"), "bob").await;
        mount.folders = path(folders);
        told.add("bob", mount);
    }
    let bob = world.bob().await;
    assert_eq!(names(&bob, "").await, ["Deep", "Half", "Team", "Team (1)"]);
    assert_eq!(content(&bob, "Team (1)").await, b"own");
    assert_eq!(names(&bob, "Deep").await, ["In"]);
    assert_eq!(names(&bob, "Deep/In").await, ["T2", "T4"]);
    assert_eq!(names(&bob, "Half").await, ["Way", "own"]);
    put(&bob, "Deep/In/T2/f", b"x").await;
    let between = bob.get(&path("Deep")).await.unwrap();
    assert_eq!(between.letters(), "G");
    let found = bob.stat(&[between.id()]).await.unwrap();
    assert_eq!(found[0].as_ref().and_then(|entry| entry.path.clone()), Some(path("Deep")));
    for at in ["Deep/x", "Deep/In"] {
        let refused = bob.put(PutRequest::new(path(at)), body(b"x")).await;
        assert!(matches!(kind(refused), ErrorKind::Forbidden | ErrorKind::NotAFile), "{at}");
    }
    assert_eq!(kind(bob.remove(&between, None).await), ErrorKind::Forbidden);
    let before = bob.get(&path("Deep")).await.unwrap().etag();
    put(&bob, "Deep/In/T2/f", b"y").await;
    assert_ne!(bob.get(&path("Deep")).await.unwrap().etag(), before);
}

#[tokio::test]
async fn a_link_shows_one_node_and_a_drop_shows_nothing() {
    let (world, _) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    put(&alice, "Shared/f", b"x").await;
    let single = put(&alice, "Shared/one.txt", b"one").await.entry;
    let secret = put(&alice, "secret", b"x").await.entry;
    let link = |root: NodeId, bits: u8| {
        let mut mount = share(9, "Shared", root, bits);
        mount.kind = MountKind::Link;
        world.files.node_view(LinkView { mount, holder: user("link-9"), number: Some(9) })
    };
    let guests = link(shared.id(), 31);
    assert_eq!(guests.root().await.unwrap().letters(), "RGDNVCK");
    assert_eq!(names(&guests, "").await, ["f", "one.txt"]);
    assert_eq!(guests.stat(&[secret.id()]).await.unwrap(), [None]);
    assert_eq!(
        guests.stat(&[single.id()]).await.unwrap()[0].as_ref().unwrap().path,
        Some(path("one.txt"))
    );
    let root = guests.root().await.unwrap();
    assert_eq!(kind(guests.remove(&root, None).await), ErrorKind::Forbidden);
    put(&guests, "g", b"new").await;
    assert_eq!(content(&alice, "Shared/g").await, b"new");

    let file = link(single.id(), 3);
    let root = file.root().await.unwrap();
    assert!(!root.is_folder());
    put(&file, "", b"two").await;
    assert_eq!(content(&alice, "Shared/one.txt").await, b"two");

    let drop = link(shared.id(), 4);
    assert!(drop.resolve(&path("f")).await.unwrap().is_none());
    let root = drop.root().await.unwrap();
    assert_eq!(kind(drop.children(&root, None, 9).await), ErrorKind::Forbidden);
    assert_eq!(drop.stat(&[single.id()]).await.unwrap(), [None]);
    let dropped = put(&drop, "f", b"dropped").await;
    assert_eq!(dropped.entry.name().unwrap().as_str(), "f (2)");
    let dropped = put(&drop, "f", b"again").await;
    assert_eq!(dropped.entry.name().unwrap().as_str(), "f (3)");
    assert_eq!(content(&alice, "Shared/f").await, b"x");
    assert_eq!(kind(drop.read(&dropped.entry, ByteRange::ALL).await), ErrorKind::Forbidden);
    mkdir(&drop, "Nick").await;
    put(&drop, "Nick/f", b"x").await;
    assert_eq!(names(&alice, "Shared/Nick").await, ["f"]);
}

#[tokio::test]
async fn a_share_is_bound_to_its_node() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "a").await;
    mkdir(&alice, "b").await;
    put(&alice, "a/f", b"x").await;
    told.add("bob", share(1, "S", shared.id(), 31));
    alice.move_to(&shared, TransferRequest::new(path("b/c"))).await.unwrap();
    let bob = world.bob().await;
    assert_eq!(content(&bob, "S/f").await, b"x");
    // A mount's place is bound to a folder, too.
    let folder = mkdir(&bob, "d").await;
    told.change("bob", 1, |mount| {
        mount.place = MountPlace { parent: Some(folder.id()), name: name("T") };
    });
    let bob = world.bob().await;
    bob.move_to(&folder, TransferRequest::new(path("e"))).await.unwrap();
    assert_eq!(content(&bob, "e/T/f").await, b"x");
    alice.remove(&alice.get(&path("b")).await.unwrap(), None).await.unwrap();
    let bob = world.bob().await;
    assert!(bob.resolve(&path("e/T")).await.unwrap().is_none());
    assert_eq!(names(&bob, "e").await, Vec::<String>::new());
}
