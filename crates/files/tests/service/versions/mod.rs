//! Versions: what is kept, and what becomes of it.

mod expiry;
mod losses;
mod readers;

use std::sync::Arc;

use allmende_files::{
    Assembly, ErrorKind, FilesOptions, LinkView, MountKind, Mounts, PartRequest, PutRequest,
    TransferRequest, TrashExpired, View,
    versions::{Standing, Tidied, Version},
};
use allmende_storage::{ByteRange, Expect};
use allmende_types::Timestamp;
use bytes::Bytes;

use crate::{
    mounted::{Told, share, team},
    world::{START, World, all, body, kind, mkdir, name, path, put, user},
};

fn world() -> World {
    World::with(FilesOptions::default())
}

/// The world of several people, whose mounts are told.
fn shared_world() -> (World, Arc<Told>) {
    let mut world = world();
    let told = Arc::new(Told::default());
    world.files = world.files.clone().with_mounts(Arc::clone(&told) as Arc<dyn Mounts>);
    (world, told)
}

async fn versions(view: &View, at: &str) -> Vec<Version> {
    let entry = view.get(&path(at)).await.unwrap();
    view.versions(&entry).await.unwrap()
}

/// Each version as `number: content`, the current one with a star.
async fn shown(view: &View, at: &str) -> Vec<String> {
    let mut shown = Vec::new();
    for version in versions(view, at).await {
        let reading = view.read_version(&version, ByteRange::ALL).await.unwrap();
        let text = String::from_utf8(all(reading.body).await.unwrap()).unwrap();
        let star = if version.standing == Standing::Current { "*" } else { "" };
        shown.push(format!("{}: {text}{star}", version.number));
    }
    shown
}

async fn put_at(view: &View, at: &str, time: i64, content: &str) {
    let modified = Some(Timestamp::from_unix(time));
    let request = PutRequest { modified, ..PutRequest::new(path(at)) };
    view.put(request, body(content.as_bytes())).await.unwrap();
}

async fn restore(view: &View, at: &str, number: i64) {
    let entry = view.get(&path(at)).await.unwrap();
    let version = view.version(&entry, number).await.unwrap().unwrap();
    view.restore_version(&entry, &version).await.unwrap();
}

async fn tidy(world: &World) -> Tidied {
    world.files.version_keeper().run_once().await.unwrap()
}
#[tokio::test]
async fn what_is_overwritten_is_kept() {
    let world = world();
    let alice = world.alice().await;
    put_at(&alice, "f", 100, "one").await;
    assert_eq!(shown(&alice, "f").await, ["100: one*"]);
    put_at(&alice, "f", 200, "two").await;
    put_at(&alice, "f", 300, "three").await;
    assert_eq!(shown(&alice, "f").await, ["100: one", "200: two", "300: three*"]);
    // Its size is that of the file alone.
    assert_eq!(alice.root().await.unwrap().node.size, 5);
    let entry = alice.get(&path("f")).await.unwrap();
    let one = alice.version(&entry, 100).await.unwrap().unwrap();
    assert_eq!((one.entry.name(), one.entry.media_type()), (entry.name(), entry.media_type()));
    assert_ne!(one.entry.id(), entry.id());
    assert_eq!(alice.version(&entry, 300).await.unwrap(), None, "that is the file");
    assert_eq!(alice.version(&entry, 301).await.unwrap(), None);
    let folder = mkdir(&alice, "d").await;
    assert_eq!(kind(alice.versions(&folder).await), ErrorKind::NotAFile);
}

#[tokio::test]
async fn two_of_one_second_are_both_kept() {
    let world = world();
    let alice = world.alice().await;
    for text in ["one", "two", "three", "four"] {
        put_at(&alice, "f", 100, text).await;
    }
    let shown = shown(&alice, "f").await;
    let mut texts: Vec<&str> = shown.iter().map(|s| s.split_once(": ").unwrap().1).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["four*", "one", "three", "two"]);
    let numbers: Vec<i64> = versions(&alice, "f").await.iter().map(|v| v.number).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    assert_eq!(tidy(&world).await, Tidied::default(), "they have not settled");
}

#[tokio::test]
async fn every_way_to_overwrite_keeps() {
    let (world, told) = shared_world();
    let alice = world.alice().await;
    let folder = mkdir(&alice, "d").await;
    put(&alice, "d/f", b"new").await;
    // The last step of an upload.
    let uploads = alice.uploads();
    uploads.create(&name("u")).await.unwrap();
    for (part, bytes) in [("1", "up"), ("2", "load")] {
        let request = PartRequest::new(name(part));
        uploads.put_part(&name("u"), request, body(bytes.as_bytes())).await.unwrap();
    }
    world.clock.forward(1);
    uploads.assemble(&name("u"), Assembly::new(path("d/f"))).await.unwrap();
    // Many at once, of which one is there and one comes twice.
    world.clock.forward(1);
    let many = ["d/f", "d/g", "d/g"].map(|at| (PutRequest::new(path(at)), Bytes::from("many")));
    let mut many = many.to_vec();
    many[2].1 = Bytes::from("again");
    assert!(alice.put_many(many).await.iter().all(Result::is_ok));
    // A guest of a link.
    world.clock.forward(1);
    let mut mount = share(1, "d", folder.id(), 31);
    mount.kind = MountKind::Link;
    let link = LinkView { mount, holder: user("guest"), number: Some(3) };
    put(&world.files.node_view(link), "f", b"guest").await;
    // Somebody with whom it is shared.
    world.clock.forward(1);
    told.add("bob", share(1, "d", folder.id(), 31));
    put(&world.bob().await, "d/f", b"shared").await;
    // Bringing back an older one.
    let all: Vec<String> = shown(&alice, "d/f").await;
    let texts: Vec<&str> = all.iter().map(|s| s.split_once(": ").unwrap().1).collect();
    assert_eq!(texts, ["new", "upload", "many", "guest", "shared*"]);
    restore(&alice, "d/f", START + 1).await;
    let texts = shown(&alice, "d/f").await.join(" ");
    assert!(texts.contains("upload*") && texts.ends_with("shared"), "{texts}");
    assert_eq!(shown(&alice, "d/g").await.len(), 2);
    let authors: Vec<Option<String>> = (versions(&alice, "d/f").await.iter())
        .map(|version| version.author.as_ref().map(ToString::to_string))
        .collect();
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(authors, [some("alice"), some("alice"), some("alice"), None, some("bob")]);
}

#[tokio::test]
async fn nothing_is_kept_where_nothing_is_lost() {
    let world = world();
    let alice = world.alice().await;
    put_at(&alice, "f", 100, "").await;
    put_at(&alice, "f", 200, "one").await;
    assert_eq!(shown(&alice, "f").await, ["200: one*"]);
    // The same once more, as its checksum tells.
    let sum = "SHA1:fe05bcdcdc4928012781a5f1a2a77cbb5398e106";
    for (time, sum) in [(300, sum), (400, sum), (500, "")] {
        let mut request = PutRequest::new(path("f"));
        request.modified = Some(Timestamp::from_unix(time));
        request.checksums = sum.parse().unwrap();
        alice.put(request, body(b"one")).await.unwrap();
    }
    // Only the first time and the last it was not known.
    assert_eq!(shown(&alice, "f").await, ["200: one", "400: one", "500: one*"]);
    // What is refused keeps nothing either.
    let request = PutRequest { expect: Expect::Absent, ..PutRequest::new(path("f")) };
    assert_eq!(kind(alice.put(request, body(b"no")).await), ErrorKind::Exists);
    let seen = alice.get(&path("f")).await.unwrap();
    put_at(&alice, "f", 600, "two").await;
    let expect = Expect::Unchanged(seen.id(), seen.node.revision);
    let request = PutRequest { expect, ..PutRequest::new(path("f")) };
    assert_eq!(kind(alice.put(request, body(b"no")).await), ErrorKind::Changed);
    assert_eq!(shown(&alice, "f").await.len(), 4);
    let now = alice.get(&path("f")).await.unwrap();
    let expect = Expect::Unchanged(now.id(), now.node.revision);
    let request = PutRequest { expect, ..PutRequest::new(path("f")) };
    alice.put(request, body(b"three")).await.unwrap();
    assert_eq!(shown(&alice, "f").await.len(), 5);
    mkdir(&alice, "d").await;
    assert_eq!(kind(alice.put(PutRequest::new(path("d")), body(b"x")).await), ErrorKind::NotAFile);
    let lost = alice.put(PutRequest::new(path("nowhere/f")), body(b"x")).await;
    assert_eq!(kind(lost), ErrorKind::ParentNotFound);
}

#[tokio::test]
async fn labels_go_with_their_content() {
    let world = world();
    let alice = world.alice().await;
    put_at(&alice, "f", 100, "one").await;
    let label = async |number: i64, label: Option<&str>| {
        let entry = alice.get(&path("f")).await.unwrap();
        let all = alice.versions(&entry).await.unwrap();
        let version = all.iter().find(|version| version.number == number).unwrap();
        alice.label_version(&entry, version, label).await
    };
    let labels = async || {
        let all = versions(&alice, "f").await;
        all.iter().map(|v| v.label.as_deref().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    label(100, Some("sent to Bob")).await.unwrap();
    put_at(&alice, "f", 200, "two").await;
    assert_eq!(labels().await, ["sent to Bob", "-"]);
    restore(&alice, "f", 100).await;
    assert_eq!(shown(&alice, "f").await, ["100: one*", "200: two"]);
    assert_eq!(labels().await, ["sent to Bob", "-"]);
    label(200, Some("other")).await.unwrap();
    label(100, None).await.unwrap();
    assert_eq!(labels().await, ["-", "other"]);
    let long = "x".repeat(Version::MAX_LABEL + 1);
    for bad in ["", &long] {
        assert_eq!(kind(label(200, Some(bad)).await), ErrorKind::Invalid);
    }
}

#[tokio::test]
async fn a_version_is_removed_for_good() {
    let world = world();
    let alice = world.alice().await;
    for (time, text) in [(100, "one"), (200, "two")] {
        put_at(&alice, "f", time, text).await;
    }
    let entry = alice.get(&path("f")).await.unwrap();
    let all = alice.versions(&entry).await.unwrap();
    alice.remove_version(&entry, &all[0]).await.unwrap();
    assert_eq!(kind(alice.remove_version(&entry, &all[0]).await), ErrorKind::NotFound);
    assert_eq!(kind(alice.restore_version(&entry, &all[0]).await), ErrorKind::NotFound);
    assert_eq!(kind(alice.remove_version(&entry, &all[1]).await), ErrorKind::NotFound);
    assert_eq!(kind(alice.restore_version(&entry, &all[1]).await), ErrorKind::NotFound);
    assert_eq!(shown(&alice, "f").await, ["200: two*"]);
    world.collect().await;
    assert_eq!(world.count_blobs().await, 1);
}

#[tokio::test]
async fn versions_are_found_wherever_the_file_goes() {
    let (world, told) = shared_world();
    told.add("alice", team(&world, 1, "T", "alice").await);
    let alice = world.alice().await;
    mkdir(&alice, "d").await;
    for (time, text) in [(100, "one"), (200, "two")] {
        put_at(&alice, "d/f", time, text).await;
        put_at(&alice, "g", time, text).await;
    }
    let folder = alice.get(&path("d")).await.unwrap();
    alice.move_to(&folder, TransferRequest::new(path("T/d"))).await.unwrap();
    assert_eq!(shown(&alice, "T/d/f").await, ["100: one", "200: two*"]);
    // The next one brings the others along.
    put_at(&alice, "T/d/f", 300, "three").await;
    assert_eq!(shown(&alice, "T/d/f").await, ["100: one", "200: two", "300: three*"]);
    let file = alice.get(&path("g")).await.unwrap();
    alice.move_to(&file, TransferRequest::new(path("T/g"))).await.unwrap();
    // They do not go with whoever had the file.
    world.files.remove_person(&user("alice")).await.unwrap();
    // The job that looks after the trash has no business with them.
    assert_eq!(world.files.expire_trash().await.unwrap(), TrashExpired::default());
    told.add("bob", team(&world, 1, "T", "bob").await);
    let bob = world.bob().await;
    assert_eq!(shown(&bob, "T/g").await, ["100: one", "200: two*"]);
    assert_eq!(tidy(&world).await.moved, 1);
    assert_eq!(tidy(&world).await, Tidied::default());
    assert_eq!(shown(&bob, "T/d/f").await, ["100: one", "200: two", "300: three*"]);
    assert_eq!(shown(&bob, "T/g").await, ["100: one", "200: two*"]);
    let file = bob.get(&path("T/g")).await.unwrap();
    bob.move_to(&file, TransferRequest::new(path("g"))).await.unwrap();
    assert_eq!(tidy(&world).await.moved, 1);
    assert_eq!(shown(&bob, "g").await, ["100: one", "200: two*"]);
}

#[tokio::test]
async fn a_copy_has_no_versions_yet() {
    let world = world();
    let alice = world.alice().await;
    for (time, text) in [(100, "one"), (200, "two")] {
        put_at(&alice, "f", time, text).await;
    }
    let file = alice.get(&path("f")).await.unwrap();
    alice.copy_to(&file, TransferRequest::new(path("copy"))).await.unwrap();
    assert_eq!(shown(&alice, "copy").await, ["200: two*"]);
    put_at(&alice, "copy", 300, "three").await;
    assert_eq!(shown(&alice, "copy").await, ["200: two", "300: three*"]);
    assert_eq!(shown(&alice, "f").await, ["100: one", "200: two*"]);
}

#[tokio::test]
async fn versions_stay_in_the_trash_and_go_with_the_file() {
    let world = world();
    let alice = world.alice().await;
    mkdir(&alice, "d").await;
    for (time, text) in [(100, "one"), (200, "two")] {
        put_at(&alice, "d/f", time, text).await;
    }
    let folder = alice.get(&path("d")).await.unwrap();
    alice.remove(&folder, None).await.unwrap();
    assert_eq!(tidy(&world).await, Tidied::default());
    let trash = alice.trash().unwrap();
    let item = trash.list(None, 10).await.unwrap().items.remove(0);
    trash.restore(&item).await.unwrap();
    assert_eq!(shown(&alice, "d/f").await, ["100: one", "200: two*"]);
    alice.remove(&folder, None).await.unwrap();
    trash.empty().await.unwrap();
    assert_eq!(tidy(&world).await.gone, 1);
    for _ in 0..3 {
        world.collect().await;
    }
    assert_eq!(world.count_blobs().await, 0);
}

#[tokio::test]
async fn what_is_replaced_by_another_file_is_in_the_trash_with_its_versions() {
    let world = world();
    let alice = world.alice().await;
    for at in ["moved", "copied"] {
        for (time, text) in [(100, "one"), (200, "two")] {
            put_at(&alice, at, time, text).await;
        }
        put_at(&alice, "new", 300, "new").await;
        let new = alice.get(&path("new")).await.unwrap();
        let onto = TransferRequest::new(path(at));
        match at {
            "moved" => alice.move_to(&new, onto).await.unwrap(),
            _ => alice.copy_to(&new, onto).await.unwrap(),
        };
        assert_eq!(shown(&alice, at).await, ["300: new*"]);
        let trash = alice.trash().unwrap();
        let item = trash.list(None, 10).await.unwrap().items.remove(0);
        let back = trash.restore(&item).await.unwrap();
        let back = back.path.unwrap().to_string();
        assert_eq!(shown(&alice, &back).await, ["100: one", "200: two*"]);
    }
}
