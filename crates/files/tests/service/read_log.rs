//! What is told of reading, and that nothing is read untold.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use allmende_files::{
    Error, ErrorKind, FilesOptions, LinkView, Mount, MountId, MountKind, MountPlace, ReadForm,
    ReadLog, Result, View, archive, archive::Selection,
};
use allmende_storage::ByteRange;
use allmende_types::{EventKind, NewEvent, NodeShape, Origin, Permissions, Stream};
use async_trait::async_trait;

use crate::world::{World, all, content, kind, mkdir, name, path, put, read, user};

#[derive(Debug, Default)]
struct Log {
    events: Mutex<Vec<NewEvent>>,
    broken: AtomicBool,
}

#[async_trait]
impl ReadLog for Log {
    async fn note(&self, event: NewEvent) -> Result<()> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Unavailable, "the log"));
        }
        self.events.lock().unwrap().push(event);
        Ok(())
    }
}

impl Log {
    /// What was told since the last time: who, which name, and the details.
    fn told(&self) -> Vec<String> {
        let told = std::mem::take(&mut *self.events.lock().unwrap());
        let line = |event: &NewEvent| {
            assert_eq!(event.kind, EventKind::FileRead);
            let node = event.node.as_ref().unwrap();
            assert_eq!(event.stream, Stream::Reads(node.space));
            let by = event.actor.as_ref().map(ToString::to_string).unwrap_or_default();
            let details: Vec<_> = event.details.iter().map(|(k, v)| format!(" {k}={v}")).collect();
            format!("{by} {}{}", node.name, details.concat())
        };
        told.iter().map(line).collect()
    }
}

async fn world() -> (World, Arc<Log>, View) {
    let mut world = World::with(FilesOptions::default());
    let log = Arc::new(Log::default());
    world.files = world.files.with_read_log(log.clone());
    let alice = world.alice().await;
    (world, log, alice)
}

#[tokio::test]
async fn every_opening_of_a_content_is_told() {
    let (_world, log, alice) = world().await;
    mkdir(&alice, "f").await;
    let file = put(&alice, "f/a", b"0123456789").await.entry;
    read(&alice, &file, ByteRange::ALL).await;
    read(&alice, &file, ByteRange::new(2, 3)).await;
    read(&alice, &file, ByteRange::new(0, 99)).await;
    alice.note_read(&file, ReadForm::Preview).await.unwrap();
    let told = ["person:alice a", "person:alice a length=3 offset=2", "person:alice a"];
    assert_eq!(log.told(), [&told[..], &["person:alice a as=preview"]].concat());
    // What is refused, or not shown, is not told.
    assert!(alice.read(&file, ByteRange::new(11, 1)).await.is_err());
    alice.recalculate_checksum(&file, allmende_files::Algorithm::Md5).await.unwrap();
    alice.children(&alice.root().await.unwrap(), None, 9).await.unwrap();
    assert_eq!(log.told(), [] as [&str; 0]);
}

#[tokio::test]
async fn an_event_says_where_the_request_came_from() {
    let (_world, log, alice) = world().await;
    let origin = Origin { address: Some([192, 0, 2, 7].into()), agent: Some("mirall".into()) };
    let alice = alice.with_origin(origin.clone());
    let file = put(&alice, "a", b"0123").await.entry;
    content(&alice, "a").await;
    let event = log.events.lock().unwrap()[0].clone();
    assert_eq!((event.origin, event.at), (origin, alice.files().now()));
    let node = event.node.unwrap();
    assert_eq!(
        (node.node, node.shape, node.parent),
        (file.id(), NodeShape::File, file.node.parent)
    );
}

#[tokio::test]
async fn an_archive_is_told_as_a_whole_and_by_its_files() {
    let (_world, log, alice) = world().await;
    let folder = mkdir(&alice, "f").await;
    mkdir(&alice, "f/g").await;
    for at in ["f/a", "f/g/b", "f/z"] {
        put(&alice, at, b"x").await;
    }
    let archive = archive::tar(&alice, &folder, Selection::Whole).await.unwrap();
    assert_eq!(log.told(), ["person:alice f as=archive"]);
    all(archive).await.unwrap();
    assert_eq!(log.told(), ["a", "b", "z"].map(|n| format!("person:alice {n} as=archive")));
    let some = Selection::Names(vec![name("z")]);
    all(archive::zip(&alice, &folder, some).await.unwrap()).await.unwrap();
    assert_eq!(log.told(), ["f", "z"].map(|n| format!("person:alice {n} as=archive")));
    // In the middle it breaks off before the file that cannot be told.
    let archive = archive::tar(&alice, &folder, Selection::Whole).await.unwrap();
    log.broken.store(true, Ordering::Relaxed);
    assert!(all(archive).await.is_err());
}

#[tokio::test]
async fn old_contents_and_trash_are_told() {
    let (world, log, alice) = world().await;
    put(&alice, "a", b"old").await;
    world.clock.forward(100);
    let file = put(&alice, "a", b"new").await.entry;
    let versions = alice.versions(&file).await.unwrap();
    for version in &versions {
        alice.read_version(version, ByteRange::ALL).await.unwrap();
    }
    let ids: Vec<_> = {
        let events = log.events.lock().unwrap();
        events.iter().map(|event| event.node.as_ref().unwrap().node).collect()
    };
    assert_eq!(ids, [file.id(), file.id()]);
    let numbers: Vec<_> = versions.iter().map(|version| version.number).collect();
    assert_eq!(
        log.told(),
        numbers.iter().map(|n| format!("person:alice a version={n}")).collect::<Vec<_>>()
    );
    alice.remove(&file, None).await.unwrap();
    let trash = alice.trash().unwrap();
    let item = trash.list(None, 9).await.unwrap().items.remove(0);
    read(&alice, &item.entry, ByteRange::ALL).await;
    assert_eq!(log.told().len(), 1);
}

#[tokio::test]
async fn guests_are_told_by_their_link_or_by_whom_it_stands_for() {
    let (world, log, alice) = world().await;
    let file = put(&alice, "a", b"x").await.entry;
    let place = MountPlace { parent: None, name: name("a") };
    let mut mount = Mount::new(MountId(9), MountKind::Link, place, file.id(), user("alice"));
    mount.permissions = Permissions::READ;
    let link = LinkView { mount, holder: user("link-9"), number: Some(9) };
    let guest = world.files.node_view(link);
    let shown = guest.root().await.unwrap();
    read(&guest, &shown, ByteRange::ALL).await;
    assert_eq!(log.told(), ["link:9 a"]);
    read(&guest.in_the_name_of(user("bob")), &shown, ByteRange::ALL).await;
    assert_eq!(log.told(), ["person:bob a"]);
}

#[tokio::test]
async fn what_cannot_be_told_is_not_read() {
    let (world, log, alice) = world().await;
    let folder = mkdir(&alice, "f").await;
    put(&alice, "f/a", b"old").await;
    world.clock.forward(100);
    let file = put(&alice, "f/a", b"new").await.entry;
    let versions = alice.versions(&file).await.unwrap();
    log.broken.store(true, Ordering::Relaxed);
    let unavailable = ErrorKind::Unavailable;
    assert_eq!(kind(alice.read(&file, ByteRange::ALL).await), unavailable);
    assert_eq!(kind(alice.read_version(&versions[0], ByteRange::ALL).await), unavailable);
    assert_eq!(kind(alice.note_read(&file, ReadForm::Preview).await), unavailable);
    assert_eq!(
        archive::zip(&alice, &folder, Selection::Whole).await.err().map(|e| e.kind().clone()),
        Some(unavailable)
    );
    // Nothing else is in the way.
    assert!(alice.resolve(&path("f/a")).await.unwrap().is_some());
    log.broken.store(false, Ordering::Relaxed);
    assert_eq!(content(&alice, "f/a").await, b"new");
}
