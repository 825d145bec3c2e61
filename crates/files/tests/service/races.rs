//! What happens between the looks of a request and its commit: nothing is lost by it, and
//! nothing comes to where nobody finds it.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use allmende_files::{
    Assembly, Clock, ErrorKind, Files, FilesOptions, FolderRequest, PartRequest, PutRequest,
    Stores, TransferRequest, TrashExpired, View, remove_companions,
};
use allmende_storage::{Decorated, Expect, Method, Probe, Tree, Verdict};

use crate::world::{World, body, content, kind, mkdir, name, names, path, put, user};

type Act = Box<dyn FnOnce() + Send>;

/// Does something right before the next call of a method.
#[derive(Clone, Default)]
struct Meanwhile(Arc<Mutex<Option<(Method, Act)>>>);

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meanwhile")
    }
}

impl Meanwhile {
    /// Whatever it does is over when the call begins.
    fn before<F>(&self, method: Method, act: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = ()>,
    {
        let other = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(act());
        };
        let act = Box::new(|| std::thread::spawn(other).join().unwrap());
        *self.0.lock().unwrap() = Some((method, act));
    }

    fn is_over(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }
}

impl Probe for Meanwhile {
    fn before(&self, method: Method) -> Verdict {
        let act = self.0.lock().unwrap().take_if(|(awaited, _)| *awaited == method);
        if let Some((_, act)) = act {
            act();
        }
        Verdict::default()
    }
}

/// A world, the same over a tree between whose calls others can act, and alice in the latter.
async fn world(options: FilesOptions) -> (World, Meanwhile, View) {
    let world = World::with(options.clone());
    let meanwhile = Meanwhile::default();
    let tree = Arc::new(world.tree.clone());
    let stores = Stores {
        tree: Arc::new(Decorated::new(Arc::clone(&tree), meanwhile.clone())),
        blobs: Arc::new(world.blobs.clone()),
        locks: tree,
    };
    let files = Files::new(stores, Arc::clone(&world.clock) as Arc<dyn Clock>, options).unwrap();
    let alice = files.view(&user("alice")).await.unwrap();
    // Whose trash makes what there is once.
    let bob = files.view(&user("bob")).await.unwrap();
    let file = put(&bob, "f", b"x").await.entry;
    bob.remove(&file, None).await.unwrap();
    (world, meanwhile, alice)
}

#[tokio::test]
async fn a_trash_that_is_about_to_be_made_stays_on_the_list() {
    let (world, meanwhile, alice) = world(FilesOptions::default()).await;
    let file = put(&alice, "f", b"x").await.entry;
    let files = world.files.clone();
    meanwhile.before(Method::CreateSpace, move || async move {
        assert_eq!(files.expire_trash().await.unwrap(), TrashExpired::default());
    });
    alice.remove(&file, None).await.unwrap();
    assert!(meanwhile.is_over());
    // So the job knows it when its time comes.
    let now = world.files.now();
    world.tree.remove_space(file.node.space, now).await.unwrap();
    assert!(world.tree.stat(&[file.id()]).await.unwrap()[0].is_some());
    assert_eq!(world.files.expire_trash().await.unwrap().spaces, 1);
    assert_eq!(world.tree.stat(&[file.id()]).await.unwrap(), [None]);
}

#[tokio::test]
async fn no_trash_is_left_of_who_was_removed_while_it_was_made() {
    let (world, meanwhile, alice) = world(FilesOptions::default()).await;
    let file = put(&alice, "f", b"x").await.entry;
    let files = world.files.clone();
    meanwhile.before(Method::CreateSpace, move || async move {
        files.remove_person(&user("alice")).await.unwrap();
        assert_eq!(files.expire_trash().await.unwrap().spaces, 1);
    });
    assert_eq!(kind(alice.remove(&file, None).await), ErrorKind::Unavailable);
    assert!(meanwhile.is_over());
    let key = format!("trash:{}", file.node.space);
    assert_eq!(world.tree.find_space(&key).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_comes_into_a_folder_that_was_thrown_away_meanwhile() {
    for versions in [None, FilesOptions::default().versions] {
        let (world, meanwhile, alice) =
            world(FilesOptions { versions, ..FilesOptions::default() }).await;
        for way in 0..8 {
            let (at, here) = (path(&format!("d{way}")), format!("d{way}"));
            let folder = mkdir(&alice, &here).await;
            put(&alice, &format!("{here}/old"), b"old").await;
            let other = put(&alice, "other", b"other").await.entry;
            let uploads = alice.uploads();
            uploads.create(&name("u")).await.unwrap();
            uploads.put_part(&name("u"), PartRequest::new(name("1")), body(b"up")).await.unwrap();
            let files = world.files.clone();
            let gone = at.clone();
            meanwhile.before(Method::Commit, move || async move {
                let alice = files.view(&user("alice")).await.unwrap();
                let folder = alice.get(&gone).await.unwrap();
                alice.remove(&folder, None).await.unwrap();
            });
            let new = path(&format!("{here}/new"));
            let old = path(&format!("{here}/old"));
            let many = |at| vec![(PutRequest::new(at), "many".into())];
            let onto = || TransferRequest::new(new.clone());
            let refused = match way {
                0 => kind(alice.put(PutRequest::new(new), body(b"new")).await),
                1 => kind(alice.put(PutRequest::new(old), body(b"new")).await),
                2 => kind(uploads.assemble(&name("u"), Assembly::new(new)).await),
                3 => kind(alice.make_folder(FolderRequest::new(new)).await),
                4 => kind(alice.put_many(many(new)).await.remove(0)),
                5 => kind(alice.put_many(many(old)).await.remove(0)),
                6 => kind(alice.copy_to(&other, onto()).await),
                _ => kind(alice.move_to(&other, onto()).await),
            };
            assert_eq!(refused, ErrorKind::ParentNotFound, "way {way}");
            assert!(meanwhile.is_over(), "way {way}");
            // It is as it was, with what was in it, and so is what was to come.
            let trash = alice.trash().unwrap();
            let item = trash.stat(folder.id()).await.unwrap().unwrap();
            trash.restore(&item).await.unwrap();
            assert_eq!(names(&alice, &here).await, ["old"], "way {way}");
            assert_eq!(content(&alice, &format!("{here}/old")).await, b"old", "way {way}");
            assert_eq!(content(&alice, "other").await, b"other");
            assert_eq!(uploads.find(&name("u")).await.unwrap().unwrap().size(), 2);
            uploads.abort(&name("u")).await.unwrap();
        }
        // Where something specific is expected, it is that which is not there any more.
        let folder = mkdir(&alice, "last").await;
        let file = put(&alice, "last/f", b"1").await.entry;
        alice.remove(&folder, None).await.unwrap();
        let mut request = PutRequest::new((folder, name("f")));
        request.expect = Expect::Node(file.id());
        let refused = kind(alice.put(request, body(b"2")).await);
        assert!(matches!(refused, ErrorKind::ParentNotFound | ErrorKind::NotFound));
        // No trash was made for a trash.
        let bin = world.tree.find_space(&format!("trash:{}", file.node.space)).await.unwrap();
        let key = format!("trash:{}", bin.unwrap().id);
        assert_eq!(world.tree.find_space(&key).await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_came_back_with_its_folder_is_not_removed_for_good() {
    let (_, meanwhile, alice) = world(FilesOptions::default()).await;
    let folder = mkdir(&alice, "d").await;
    put(&alice, "d/f", b"x").await;
    alice.remove(&folder, None).await.unwrap();
    let trash = alice.trash().unwrap();
    let item = trash.stat(folder.id()).await.unwrap().unwrap();
    let part = trash.resolve(&path(&format!("{}/f", item.name))).await.unwrap().unwrap();
    let other = trash.clone();
    meanwhile.before(Method::Commit, move || async move {
        other.restore(&item).await.unwrap();
    });
    assert_eq!(kind(trash.remove(&part).await), ErrorKind::NotFound);
    assert_eq!(content(&alice, "d/f").await, b"x");
}

#[tokio::test]
async fn a_trash_that_was_removed_is_made_anew() {
    let (world, _, alice) = world(FilesOptions::default()).await;
    for at in ["a", "b"] {
        put(&alice, at, b"x").await;
    }
    let remove = async |at| {
        let entry = alice.get(&path(at)).await.unwrap();
        alice.remove(&entry, None).await
    };
    remove("a").await.unwrap();
    // As by another process, under what this one remembers.
    let home = alice.root().await.unwrap().node.space;
    remove_companions(&world.tree, home, world.files.now()).await.unwrap();
    assert_eq!(kind(remove("b").await), ErrorKind::Unavailable);
    assert_eq!(names(&alice, "").await, ["b"]);
    remove("b").await.unwrap();
    assert_eq!(alice.trash().unwrap().list(None, 10).await.unwrap().items.len(), 1);
}
