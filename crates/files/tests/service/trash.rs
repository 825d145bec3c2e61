//! The trash, with all that can be mounted: who may see, restore and remove what.

use std::sync::Arc;

use allmende_files::{
    Download, ErrorKind, Favourite, FilesOptions, FolderRequest, LinkView, MountKind, MountRules,
    PutRequest, SearchRequest, TransferRequest, TrashPolicy, Trashed, TrashedAs, View,
    empty_home_trash, remove_companions,
};
use allmende_share::{Inheritance, NodeRule, Rules};
use allmende_storage::{ByteRange, Expect, NodeFilter, Tree};
use allmende_types::{NodeId, Permissions, Timestamp};

use crate::{
    mounted::{Told, share, team, world},
    world::{START, World, body, content, kind, mkdir, name, names, path, put, read, user},
};

async fn items(view: &View) -> Vec<Trashed> {
    view.trash().unwrap().list(None, 100).await.unwrap().items
}

/// Names in the trash and where things were.
async fn shown(view: &View) -> Vec<(String, String)> {
    let items = items(view).await;
    items.iter().map(|item| (item.name.to_string(), item.location.to_string())).collect()
}

async fn remove(view: &View, at: &str) {
    let entry = view.get(&path(at)).await.unwrap();
    view.remove(&entry, None).await.unwrap();
}

fn pair(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

fn bits(bits: u8) -> Permissions {
    Permissions::from_bits(bits).unwrap()
}

#[tokio::test]
async fn what_was_thrown_away_is_nowhere_but_in_the_trash() {
    let (world, told) = world();
    let alice = world.alice().await;
    let folder = mkdir(&alice, "Folder").await;
    let file = put(&alice, "Folder/f.txt", b"secret").await.entry;
    alice.set_favourite(&file, Favourite::Yes).await.unwrap();
    // The folder is shared and linked, and so is the file in it, on its own.
    told.add("bob", share(1, "S", folder.id(), 31));
    told.add("bob", share(2, "f.txt", file.id(), 31));
    let mut links = Vec::new();
    for node in [folder.id(), file.id()] {
        let mut mount = share(9, "L", node, 31);
        mount.kind = MountKind::Link;
        let link = LinkView { mount, holder: user("link-9"), number: Some(9) };
        links.push(world.files.node_view(link));
    }
    let bob = world.bob().await;
    let before = bob.root().await.unwrap().etag();
    assert_eq!(names(&bob, "").await, ["S", "f.txt"]);
    assert!(links[1].root().await.is_ok());

    remove(&alice, "Folder").await;
    let bob = world.bob().await;
    for view in [&alice, &bob, &links[0], &links[1]] {
        let found = view.stat(&[folder.id(), file.id()]).await.unwrap();
        assert_eq!(found, [None, None]);
    }
    assert!(names(&bob, "").await.is_empty());
    assert_ne!(bob.root().await.unwrap().etag(), before);
    for at in ["S", "S/f.txt", "f.txt"] {
        assert!(bob.resolve(&path(at)).await.unwrap().is_none(), "{at}");
    }
    for link in &links {
        assert!(link.resolve(&path("")).await.unwrap().is_none());
        assert!(link.resolve(&path("f.txt")).await.unwrap().is_none());
        let refused = link.put(PutRequest::new(path("new")), body(b"x")).await;
        assert!(refused.is_err());
        assert!(link.put(PutRequest::new(path("")), body(b"x")).await.is_err());
        assert_eq!(kind(link.trash()), ErrorKind::Forbidden);
    }
    for view in [&alice, &bob] {
        let everything = NodeFilter::All(Vec::new());
        let search = SearchRequest::new(view.root().await.unwrap(), everything);
        assert!(view.search(search).await.unwrap().is_empty());
    }
    // Nobody else finds it in their own trash.
    assert!(items(&bob).await.is_empty());
    let bobs = bob.trash().unwrap();
    assert!(bobs.stat(file.id()).await.unwrap().is_none());
    let item = items(&alice).await.remove(0);
    assert!(bobs.resolve(&path(item.name.as_str())).await.unwrap().is_none());
    // It counts to nobody's quota.
    assert_eq!(world.files.usage(&user("alice")).await.unwrap().used, 0);

    let trash = alice.trash().unwrap();
    let part = trash.stat(file.id()).await.unwrap().unwrap();
    assert_eq!(
        (part.location.to_string().as_str(), part.standing),
        ("Folder/f.txt", TrashedAs::Part)
    );
    assert_eq!((part.entry.letters().as_str(), part.by.clone()), ("GD", Some(user("alice"))));
    assert_eq!(read(&alice, &part.entry, ByteRange::ALL).await, b"secret");
    assert_eq!(trash.restore(&item).await.unwrap().id(), folder.id());
    // All that was made of it is there again.
    let bob = world.bob().await;
    assert_eq!(names(&bob, "").await, ["S", "f.txt"]);
    assert_eq!(content(&bob, "f.txt").await, b"secret");
    assert_eq!(content(&links[0], "f.txt").await, b"secret");
    assert_eq!(alice.favourites(&[file.id()]).await.unwrap(), [Favourite::Yes]);
    assert!(items(&alice).await.is_empty());
}

#[tokio::test]
async fn what_is_restored_finds_its_place_or_the_root() {
    let world = World::new();
    let alice = world.alice().await;
    let trash = alice.trash().unwrap();
    mkdir(&alice, "a").await;
    mkdir(&alice, "a/b").await;
    put(&alice, "a/b/f.txt", b"1").await;
    remove(&alice, "a/b/f.txt").await;
    // The name is taken, also twice, and by what is in the root.
    put(&alice, "a/b/f.txt", b"2").await;
    let item = items(&alice).await.remove(0);
    assert_eq!(trash.restore(&item).await.unwrap().path, Some(path("a/b/f (restored).txt")));
    remove(&alice, "a/b/f.txt").await;
    put(&alice, "a/b/f.txt", b"3").await;
    let item = items(&alice).await.remove(0);
    assert_eq!(trash.restore(&item).await.unwrap().path, Some(path("a/b/f (restored 2).txt")));
    // The folder was moved away and another one stands in its place: that is where it was.
    remove(&alice, "a/b/f.txt").await;
    let moved = alice.get(&path("a/b")).await.unwrap();
    alice.move_to(&moved, TransferRequest::new(path("c"))).await.unwrap();
    mkdir(&alice, "a/b").await;
    let item = items(&alice).await.remove(0);
    assert_eq!(trash.restore(&item).await.unwrap().path, Some(path("a/b/f.txt")));
    // Nothing stands there, or a file.
    remove(&alice, "a/b/f.txt").await;
    remove(&alice, "a").await;
    put(&alice, "a", b"file").await;
    let all = items(&alice).await;
    let item = all.iter().find(|item| item.title().as_str() == "f.txt").unwrap();
    assert_eq!(trash.restore(item).await.unwrap().path, Some(path("f.txt")));
    // What lay in a folder comes to the root, and the rest stays.
    let part = trash.resolve(&path(&format!("{}/b", all[0].name))).await.unwrap().unwrap();
    assert_eq!(trash.restore(&part).await.unwrap().path, Some(path("b")));
    assert_eq!(names(&alice, "").await, ["a", "b", "c", "f.txt"]);
    let left = items(&alice).await;
    assert_eq!((left.len(), left[0].title().as_str()), (1, "a"));
    assert_eq!(kind(trash.restore(&part).await), ErrorKind::NotFound);
    // To a place of one's choice.
    let out = trash.restore_to(&left[0], path("c/new").into(), Expect::Absent).await.unwrap();
    assert_eq!((out.is_new(), out.entry.path), (true, Some(path("c/new"))));
    remove(&alice, "c/new").await;
    let item = items(&alice).await.remove(0);
    let refused = trash.restore_to(&item, path("a").into(), Expect::Absent).await;
    assert_eq!(kind(refused), ErrorKind::Exists);
    let refused = trash.restore_to(&item, path("none/a").into(), Expect::Any).await;
    assert_eq!(kind(refused), ErrorKind::ParentNotFound);
    // What it replaces goes into the trash.
    let over = trash.restore_to(&item, path("a").into(), Expect::Any).await.unwrap();
    assert!(!over.is_new() && over.entry.is_folder());
    let item = items(&alice).await.remove(0);
    assert_eq!(read(&alice, &item.entry, ByteRange::ALL).await, b"file");
}

#[tokio::test]
async fn many_things_of_one_name_go_in_one_second() {
    let world = World::new();
    let alice = world.alice().await;
    for n in 0u8..150 {
        put(&alice, "f", &[n]).await;
        remove(&alice, "f").await;
    }
    let long = "x".repeat(250);
    put(&alice, &long, b"long").await;
    remove(&alice, &long).await;
    let trash = alice.trash().unwrap();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = trash.list(after.as_ref(), 40).await.unwrap();
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), 151);
    let last = found.pop().unwrap();
    assert_eq!((last.title().as_str(), last.location.to_string()), (long.as_str(), long.clone()));
    assert_eq!(last.name.as_str().len(), 230);
    for (n, item) in found.iter().enumerate() {
        let second = START + i64::try_from(n).unwrap();
        assert_eq!(item.name.as_str(), format!("f.d{second}"));
        assert_eq!(item.deleted, Timestamp::from_unix(second));
        assert_eq!(read(&alice, &item.entry, ByteRange::ALL).await, [u8::try_from(n).unwrap()]);
    }
    trash.restore(&last).await.unwrap();
    assert_eq!(content(&alice, &long).await, b"long");
}

#[tokio::test]
async fn who_removes_from_a_share_gets_a_copy_and_the_owner_the_thing() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    mkdir(&alice, "Shared/d").await;
    let file = put(&alice, "Shared/d/f", b"x").await.entry;
    told.add("bob", share(1, "S", shared.id(), 31));
    let bob = world.bob().await;
    remove(&bob, "S/d").await;
    let second = START;
    assert_eq!(shown(&alice).await, [pair(&format!("d.d{second}"), "Shared/d")]);
    assert_eq!(shown(&bob).await, [pair(&format!("d.d{second}"), "S/d")]);
    let (hers, his) = (items(&alice).await.remove(0), items(&bob).await.remove(0));
    assert_eq!((hers.by.clone(), his.by.clone()), (Some(user("bob")), Some(user("bob"))));
    assert_ne!(hers.id(), his.id());
    // His own comes back into the share, under a name of its own when hers did first.
    let back = alice.trash().unwrap().restore(&hers).await.unwrap();
    assert_eq!(back.path, Some(path("Shared/d")));
    assert_eq!(alice.get(&path("Shared/d/f")).await.unwrap().id(), file.id());
    let back = bob.trash().unwrap().restore(&his).await.unwrap();
    assert_eq!((back.path, back.node.space), (Some(path("S/d (restored)")), shared.node.space));
    // Into his own home, when he may put nothing into the share any more.
    remove(&bob, "S/d").await;
    told.change("bob", 1, |mount| mount.permissions = bits(1));
    let bob = world.bob().await;
    let his = items(&bob).await.remove(0);
    assert_eq!(bob.trash().unwrap().restore(&his).await.unwrap().path, Some(path("d")));
    assert_eq!(content(&bob, "d/f").await, b"x");
    // Who may not take it away does not get it so; and the root of a share is only left.
    let hers = items(&alice).await.remove(0);
    alice.trash().unwrap().restore(&hers).await.unwrap();
    told.change("bob", 1, |mount| {
        mount.permissions = bits(31);
        mount.download = Download::ViewOnly;
    });
    let bob = world.bob().await;
    remove(&bob, "S/d").await;
    assert!(items(&bob).await.is_empty());
    assert_eq!(items(&alice).await.len(), 1);
    remove(&bob, "S").await;
    assert!(items(&bob).await.is_empty());
    assert_eq!(names(&alice, "").await, ["Shared"]);
}

#[tokio::test]
async fn guests_throw_things_into_the_trash_of_the_owner() {
    let world = World::new();
    let alice = world.alice().await;
    let folder = mkdir(&alice, "L").await;
    put(&alice, "L/f", b"x").await;
    let mut mount = share(9, "L", folder.id(), 15);
    mount.kind = MountKind::Link;
    let link = LinkView { mount, holder: user("link-9"), number: Some(9) };
    let guest = world.files.node_view(link);
    remove(&guest, "f").await;
    let item = items(&alice).await.remove(0);
    assert_eq!((item.location.to_string().as_str(), item.by.clone()), ("L/f", None));
    assert!(names(&alice, "L").await.is_empty());
}

async fn a_team(world: &World, told: &Told, person: &str, rules: Option<MountRules>) -> View {
    let mut mount = team(world, 3, "Team", person).await;
    mount.rules = rules.map(Arc::new);
    told.add(person, mount);
    world.files.view(&user(person)).await.unwrap()
}

/// One rule: at a node so much and no more.
fn only(node: NodeId, allow: u8) -> Option<MountRules> {
    let rule = NodeRule { subject: 1, mask: Permissions::ALL, allow: bits(allow) };
    Some(Rules::new(Permissions::ALL, Inheritance::PerNode, [(node, rule)]).into())
}

#[tokio::test]
async fn a_team_has_one_trash_and_its_rules_hold_there() {
    let (world, told) = world();
    let alice = a_team(&world, &told, "alice", None).await;
    put(&alice, "f", b"own").await;
    let secret = mkdir(&alice, "Team/secret").await;
    let inner = mkdir(&alice, "Team/secret/inner").await;
    put(&alice, "Team/secret/inner/f", b"hidden").await;
    put(&alice, "Team/f", b"open").await;
    for at in ["f", "Team/f", "Team/secret/inner"] {
        remove(&alice, at).await;
    }
    let all = [
        pair(&format!("f.d{START}"), "f"),
        pair(&format!("f.d{START}-3"), "Team/f"),
        pair(&format!("inner.d{START}-3"), "Team/secret/inner"),
    ];
    assert_eq!(shown(&alice).await, all);
    assert_eq!(items(&alice).await[1].team(), Some(3));
    // By pages of one it is the same list.
    let trash = alice.trash().unwrap();
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..10 {
        let page = trash.list(after.as_ref(), 1).await.unwrap();
        found.extend(page.items.iter().map(|item| item.name.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, all.clone().map(|(name, _)| name));
    // Bob may not read the folder it was in; carol reads everything and changes nothing.
    let bob = a_team(&world, &told, "bob", only(secret.id(), 0)).await;
    assert_eq!(shown(&bob).await, all[1..2]);
    assert!(bob.trash().unwrap().stat(inner.id()).await.unwrap().is_none());
    let hidden = format!("inner.d{START}-3");
    assert!(bob.trash().unwrap().resolve(&path(&hidden)).await.unwrap().is_none());
    let below = path(&format!("{hidden}/f"));
    assert!(bob.trash().unwrap().resolve(&below).await.unwrap().is_none());
    let carol = a_team(&world, &told, "carol", only(secret.node.parent.unwrap(), 1)).await;
    assert_eq!(shown(&carol).await, all[1..]);
    let trash = carol.trash().unwrap();
    for item in items(&carol).await {
        assert_eq!(item.entry.letters(), "G");
        assert_eq!(kind(trash.restore(&item).await), ErrorKind::Forbidden);
        let taken = trash.restore_to(&item, path("mine").into(), Expect::Any).await;
        assert_eq!(kind(taken), ErrorKind::Forbidden);
        assert_eq!(kind(trash.remove(&item).await), ErrorKind::Forbidden);
    }
    assert_eq!(trash.empty().await.unwrap(), 0);
    // Dave may remove folders but not what is in this one: the folder stays as a whole.
    let dave = a_team(&world, &told, "dave", None).await;
    let inside = dave.trash().unwrap().resolve(&below).await.unwrap().unwrap();
    told.change("dave", 1003, |mount| mount.rules = only(inside.id(), 7).map(Arc::new));
    let dave = world.files.view(&user("dave")).await.unwrap();
    let inner_item = items(&dave).await.remove(1);
    assert_eq!(kind(dave.trash().unwrap().remove(&inner_item).await), ErrorKind::Forbidden);
    assert_eq!(dave.trash().unwrap().empty().await.unwrap(), 1);
    assert_eq!(shown(&dave).await, all[2..]);
    // Nobody's own trash was touched, and what was restored is the team's again.
    assert_eq!(shown(&alice).await, [all[0].clone(), all[2].clone()]);
    let back = alice.trash().unwrap().restore(&items(&alice).await[1]).await.unwrap();
    assert_eq!((back.id(), back.path), (inner.id(), Some(path("Team/secret/inner"))));
    // Strangers see nothing of it.
    remove(&alice, "Team/secret").await;
    let eve = world.files.view(&user("eve")).await.unwrap();
    assert!(items(&eve).await.is_empty());
    assert!(eve.trash().unwrap().stat(inner.id()).await.unwrap().is_none());
    let now = world.files.now();
    remove_companions(&world.tree, secret.node.space, now).await.unwrap();
    remove_companions(&world.tree, secret.node.space, now).await.unwrap();
    assert_eq!(shown(&alice).await, all[..1]);
}

#[tokio::test]
async fn what_is_replaced_goes_into_the_trash() {
    let world = World::new();
    let alice = world.alice().await;
    let folder = mkdir(&alice, "d").await;
    put(&alice, "d/x", b"x").await;
    let old = put(&alice, "f", b"old").await.entry;
    let new = put(&alice, "g", b"new").await.entry;
    let moved = alice.move_to(&new, TransferRequest::new(path("f"))).await.unwrap();
    assert_eq!((moved.is_new(), moved.entry.id()), (false, new.id()));
    assert_eq!(moved.replaced.map(|node| node.id), Some(old.id()));
    let copied = alice.copy_to(&moved.entry, TransferRequest::new(path("d"))).await.unwrap();
    assert_eq!(copied.replaced.map(|node| node.id), Some(folder.id()));
    assert_eq!(
        shown(&alice).await,
        [pair(&format!("d.d{START}"), "d"), pair(&format!("f.d{START}"), "f"),]
    );
    assert_eq!(content(&alice, "d").await, b"new");
    // Expectations hold, and a folder does not take the place of one around it.
    mkdir(&alice, "a").await;
    let inner = mkdir(&alice, "a/b").await;
    let up = alice.move_to(&inner, TransferRequest::new(path("a"))).await;
    assert_eq!(kind(up), ErrorKind::Cycle);
    let up = alice.copy_to(&inner, TransferRequest::new(path("a"))).await;
    assert_eq!(kind(up), ErrorKind::Cycle);
    let f = alice.get(&path("f")).await.unwrap();
    for (expect, refusal) in [
        (Expect::Absent, ErrorKind::Exists),
        (Expect::Node(f.id()), ErrorKind::Changed),
        (Expect::Unchanged(f.id(), f.node.revision), ErrorKind::Changed),
    ] {
        let request = TransferRequest { expect, ..TransferRequest::new(path("d")) };
        assert_eq!(kind(alice.move_to(&f, request).await), refusal);
    }
    let request =
        TransferRequest { expect: Expect::Node(f.id()), ..TransferRequest::new(path("n")) };
    assert_eq!(kind(alice.move_to(&inner, request).await), ErrorKind::NotFound);
    let d = alice.get(&path("d")).await.unwrap();
    let expect = Expect::Unchanged(d.id(), d.node.revision);
    let request = TransferRequest { expect, ..TransferRequest::new(path("d")) };
    alice.move_to(&f, request).await.unwrap();
    assert_eq!(items(&alice).await.len(), 3);
    // A name that changes its case only replaces nothing.
    let d = alice.get(&path("d")).await.unwrap();
    alice.move_to(&d, TransferRequest::new(path("D"))).await.unwrap();
    assert_eq!(items(&alice).await.len(), 3);
}

#[tokio::test]
async fn emptying_spares_what_came_back_meanwhile() {
    let world = World::new();
    let alice = world.alice().await;
    for at in ["a", "b", "c"] {
        put(&alice, at, b"x").await;
        remove(&alice, at).await;
    }
    let trash = alice.trash().unwrap();
    let stale = items(&alice).await;
    trash.restore(&stale[1]).await.unwrap();
    // What somebody saw in the trash, and what is there.
    assert_eq!(kind(trash.remove(&stale[1]).await), ErrorKind::NotFound);
    assert_eq!(trash.empty().await.unwrap(), 2);
    assert_eq!(names(&alice, "").await, ["b"]);
    assert_eq!(trash.empty().await.unwrap(), 0);
    // Many pages.
    let folder = mkdir(&alice, "many").await;
    for n in 0..450 {
        let target = (folder.clone(), name(&format!("{n:03}")));
        let entry = alice.make_folder(FolderRequest::new(target)).await.unwrap();
        alice.remove(&entry, None).await.unwrap();
    }
    assert_eq!(trash.empty().await.unwrap(), 450);
    assert!(items(&alice).await.is_empty());
    // Beside the server, of one person.
    let now = world.files.now();
    for at in ["b", "many"] {
        remove(&alice, at).await;
    }
    for (person, removed) in [("bob", 0), ("alice", 2), ("alice", 0)] {
        let emptied = empty_home_trash(&world.tree, &user(person), now).await.unwrap();
        assert_eq!(emptied, removed, "{person}");
    }
}

#[tokio::test]
async fn old_trash_goes_and_what_is_too_much() {
    const DAY: i64 = 86_400;
    let options = |retention: &str| {
        let trash = TrashPolicy::Keep(retention.parse().unwrap());
        FilesOptions { trash, ..FilesOptions::default() }
    };
    // By age.
    let world = World::with(options("7, 30"));
    let alice = world.alice().await;
    put(&alice, "old", b"x").await;
    remove(&alice, "old").await;
    world.clock.forward(10 * DAY);
    put(&alice, "new", b"x").await;
    remove(&alice, "new").await;
    assert_eq!(world.files.expire_trash().await.unwrap().items, 0);
    world.clock.forward(20 * DAY);
    assert_eq!(world.files.expire_trash().await.unwrap().items, 0, "thirty days to the second");
    world.clock.forward(1);
    assert_eq!(world.files.expire_trash().await.unwrap().items, 1);
    assert_eq!(items(&alice).await[0].title().as_str(), "new");
    // By quota: half of what is free is for the trash, and the oldest goes first, but nothing
    // that must be kept.
    world.files.set_quota(&user("alice"), Some(100)).await.unwrap();
    for n in 0..6 {
        put(&alice, "f", &[b'x'; 20]).await;
        remove(&alice, "f").await;
        world.clock.forward(DAY * n.min(1));
    }
    assert_eq!(world.files.expire_trash().await.unwrap().items, 1, "only what is old enough");
    world.clock.forward(3 * DAY);
    // 120 bytes are there, 50 are allowed; but four of the six are too young to go.
    assert_eq!(world.files.expire_trash().await.unwrap().items, 2);
    world.clock.forward(5 * DAY);
    assert_eq!(world.files.expire_trash().await.unwrap().items, 2);
    assert_eq!(items(&alice).await.len(), 2, "40 bytes may stay");
    put(&alice, "live", &[b'x'; 60]).await;
    assert_eq!(world.files.expire_trash().await.unwrap().items, 1, "20 bytes are allowed now");
    world.files.set_quota(&user("alice"), None).await.unwrap();
    assert_eq!(world.files.expire_trash().await.unwrap().items, 0);
    // Never, where it is disabled.
    let world = World::with(options("disabled"));
    let alice = world.alice().await;
    put(&alice, "old", b"x").await;
    remove(&alice, "old").await;
    world.clock.forward(10_000 * DAY);
    world.files.set_quota(&user("alice"), Some(0)).await.unwrap();
    assert_eq!(world.files.expire_trash().await.unwrap().items, 0);
    assert_eq!(items(&alice).await.len(), 1);
}

#[tokio::test]
async fn what_has_no_room_any_more_stays_in_the_trash() {
    let world = World::new();
    let alice = world.alice().await;
    put(&alice, "big", &[b'x'; 60]).await;
    remove(&alice, "big").await;
    put(&alice, "other", &[b'x'; 60]).await;
    world.files.set_quota(&user("alice"), Some(100)).await.unwrap();
    let item = items(&alice).await.remove(0);
    let trash = alice.trash().unwrap();
    let full = ErrorKind::Quota { needed: 60, free: 40 };
    assert_eq!(kind(trash.restore(&item).await), full);
    assert_eq!(shown(&alice).await.len(), 1);
    remove(&alice, "other").await;
    trash.restore(&item).await.unwrap();
    assert_eq!(content(&alice, "big").await, [b'x'; 60]);
}

#[tokio::test]
async fn a_persons_trash_goes_with_them() {
    let world = World::new();
    let alice = world.alice().await;
    put(&alice, "f", b"x").await;
    remove(&alice, "f").await;
    let file = items(&alice).await.remove(0).id();
    world.files.remove_person(&user("alice")).await.unwrap();
    assert_eq!(world.tree.stat(&[file]).await.unwrap(), [None]);
    // The job takes what is left off its list, once.
    assert_eq!(world.files.expire_trash().await.unwrap().spaces, 1);
    assert_eq!(world.files.expire_trash().await.unwrap().spaces, 0);
    // Where the server stopped between the two, it removes the trash itself.
    let bob = world.bob().await;
    let file = put(&bob, "f", b"x").await.entry;
    remove(&bob, "f").await;
    let now = world.files.now();
    world.tree.remove_space(file.node.space, now).await.unwrap();
    assert!(world.tree.stat(&[file.id()]).await.unwrap()[0].is_some());
    assert_eq!(world.files.expire_trash().await.unwrap().spaces, 1);
    assert_eq!(world.tree.stat(&[file.id()]).await.unwrap(), [None]);
    // Who comes under the same name begins anew.
    let alice = world.alice().await;
    put(&alice, "g", b"x").await;
    remove(&alice, "g").await;
    assert_eq!(shown(&alice).await.len(), 1);
    world.collect().await;
    assert_eq!(world.count_blobs().await, 1);
}

#[tokio::test]
async fn without_a_trash_what_is_removed_is_gone() {
    let options = FilesOptions { trash: TrashPolicy::Off, ..FilesOptions::default() };
    let world = World::with(options);
    let alice = world.alice().await;
    put(&alice, "f", b"x").await;
    put(&alice, "g", b"y").await;
    remove(&alice, "f").await;
    put(&alice, "h", b"z").await;
    let h = alice.get(&path("h")).await.unwrap();
    let moved = alice.move_to(&h, TransferRequest::new(path("g"))).await.unwrap();
    assert!(!moved.is_new());
    assert!(items(&alice).await.is_empty());
    world.collect().await;
    assert_eq!(world.count_blobs().await, 1);
}
