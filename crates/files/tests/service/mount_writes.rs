//! What is written through mounts, and what that costs.

use std::sync::Arc;

use allmende_files::{
    Assembly, Clock, ErrorKind, Favourite, Files, FilesOptions, LinkView, LockOrder, MountKind,
    PartRequest, PutRequest, Stores,
};
use allmende_storage::{Decorated, LockDepth, LockScope, LockTimeout, Method, Probe, Verdict};

use crate::{
    mounted::{share, world},
    world::{body, content, kind, mkdir, name, path, put, user},
};

#[tokio::test]
async fn uploads_in_parts_and_in_bulk_go_where_the_mount_is() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    let file = put(&alice, "single", b"old").await.entry;
    told.add("bob", share(1, "S", shared.id(), 31));
    told.add("bob", share(2, "single", file.id(), 3));
    let bob = world.bob().await;
    let uploads = bob.uploads();
    for at in ["S/whole", "single"] {
        let id = name("u");
        uploads.create(&id).await.unwrap();
        for part in ["1", "2"] {
            let request = PartRequest::new(name(part));
            uploads.put_part(&id, request, body(part.as_bytes())).await.unwrap();
        }
        let written = uploads.assemble(&id, Assembly::new(path(at))).await.unwrap();
        assert_eq!(written.entry.path, Some(path(at)));
        assert_eq!(written.entry.node.space, shared.node.space);
    }
    assert_eq!(content(&alice, "Shared/whole").await, b"12");
    assert_eq!(content(&alice, "single").await, b"12");
    assert_eq!(alice.get(&path("single")).await.unwrap().id(), file.id());
    let many = ["S/x", "single", "y"].map(|at| (PutRequest::new(path(at)), "z".into()));
    let written = bob.put_many(many.into()).await;
    assert!(written.iter().all(Result::is_ok), "{written:?}");
    assert_eq!(content(&alice, "Shared/x").await, b"z");
    assert_eq!(content(&alice, "single").await, b"z");
    // In a file drop the joined parts replace nothing.
    let mut mount = share(9, "S", shared.id(), 4);
    mount.kind = MountKind::Link;
    let link = LinkView { mount, holder: user("link-9"), number: Some(9) };
    let drop = world.files.node_view(link);
    let id = name("u");
    drop.uploads().create(&id).await.unwrap();
    drop.uploads().put_part(&id, PartRequest::new(name("1")), body(b"n")).await.unwrap();
    let written = drop.uploads().assemble(&id, Assembly::new(path("x"))).await.unwrap();
    assert_eq!(written.entry.name().unwrap().as_str(), "x (2)");
    assert_eq!(content(&alice, "Shared/x").await, b"z");
    assert!(drop.uploads().find(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_lock_holds_in_every_view_of_its_node() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    put(&alice, "Shared/f", b"x").await;
    told.add("bob", share(1, "S", shared.id(), 31));
    let bob = world.bob().await;
    let order = LockOrder {
        token: "opaquelocktoken:1".parse().unwrap(),
        scope: LockScope::Exclusive,
        depth: LockDepth::Zero,
        owner: String::new(),
        timeout: LockTimeout::Seconds(60),
    };
    bob.lock(path("S/f").into(), order).await.unwrap();
    let refused = alice.put(PutRequest::new(path("Shared/f")), body(b"y")).await;
    let ErrorKind::Locked(locks) = kind(refused) else { panic!("not locked") };
    assert_eq!(locks[0].path, Some(path("Shared/f")));
    let refused = bob.put(PutRequest::new(path("S/f")), body(b"y")).await;
    let ErrorKind::Locked(locks) = kind(refused) else { panic!("not locked") };
    assert_eq!(locks[0].path, Some(path("S/f")));
    let bob = bob.with_lock_tokens(vec!["opaquelocktoken:1".parse().unwrap()]);
    put(&bob, "S/f", b"y").await;
    // A favourite is one person's, wherever they see the node.
    let file = bob.get(&path("S/f")).await.unwrap();
    bob.set_favourite(&file, Favourite::Yes).await.unwrap();
    assert_eq!(bob.favourites(&[file.id()]).await.unwrap(), [Favourite::Yes]);
    assert_eq!(alice.favourites(&[file.id()]).await.unwrap(), [Favourite::No]);
}

/// Counts the calls of the tree.
#[derive(Debug, Clone, Default)]
struct Calls(Arc<std::sync::Mutex<Vec<Method>>>);

impl Calls {
    fn take(&self) -> usize {
        std::mem::take(&mut *self.0.lock().unwrap()).len()
    }
}

impl Probe for Calls {
    fn before(&self, method: Method) -> Verdict {
        self.0.lock().unwrap().push(method);
        Verdict::default()
    }
}

#[tokio::test]
async fn the_reads_of_a_page_do_not_grow_with_entries_and_mounts() {
    let (mut world, told) = world();
    let calls = Calls::default();
    let tree = Arc::new(Decorated::new(Arc::new(world.tree.clone()), calls.clone()));
    let stores =
        Stores { tree, blobs: Arc::new(world.blobs.clone()), locks: Arc::new(world.tree.clone()) };
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let files = Files::new(stores, clock, FilesOptions::default()).unwrap();
    world.files = files.with_mounts(told.clone());
    let alice = world.alice().await;
    let bob = world.bob().await;
    for n in 0..1000 {
        mkdir(&bob, &format!("f{n:04}")).await;
    }
    let poll = async || {
        let bob = world.bob().await;
        calls.take();
        bob.root().await.unwrap();
        calls.take()
    };
    let page = async || {
        let bob = world.bob().await;
        let root = bob.root().await.unwrap();
        calls.take();
        let page = bob.children(&root, None, 2000).await.unwrap();
        let entries: Vec<_> = page.items.iter().collect();
        bob.quotas(&entries).await.unwrap();
        (page.items.len(), calls.take())
    };
    assert_eq!(poll().await, 1, "without mounts it is one look at the root");
    assert_eq!(page().await, (1000, 2));
    let mut counts = Vec::new();
    for n in 0..50 {
        let shared = mkdir(&alice, &format!("s{n}")).await;
        told.add("bob", share(n + 1, &format!("f{n:04}-shared"), shared.id(), 31));
        counts.push((poll().await, page().await.1));
    }
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    assert_eq!(counts[0].0, 3, "the root, the roots of the mounts, and their names");
    assert_eq!(page().await.0, 1050);
    // A write into what many have mounted is one commit, as it is without them.
    for n in 0..50 {
        told.add(&format!("p{n}"), share(1, "S", alice.get(&path("s0")).await.unwrap().id(), 31));
    }
    let alice = world.alice().await;
    calls.take();
    let before = world.files.view(&user("p7")).await.unwrap().root().await.unwrap().etag();
    calls.take();
    put(&alice, "s0/x", b"x").await;
    let made = calls.0.lock().unwrap().clone();
    assert_eq!(made.iter().filter(|method| **method == Method::Commit).count(), 1, "{made:?}");
    assert_ne!(world.files.view(&user("p7")).await.unwrap().root().await.unwrap().etag(), before);
}
