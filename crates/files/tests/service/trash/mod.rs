//! The trash: what is in it, and where it comes back to.

mod expiry;
mod shared;

use allmende_files::{
    ErrorKind, Favourite, LinkView, MountKind, PutRequest, SearchRequest, TransferRequest, Trashed,
    TrashedAs, View,
};
use allmende_storage::{ByteRange, Expect, NodeFilter};
use allmende_types::{Permissions, Timestamp};

use crate::{
    mounted::{share, world},
    world::{START, World, body, content, kind, mkdir, names, path, put, read, user},
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
