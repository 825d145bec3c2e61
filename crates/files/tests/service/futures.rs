//! A server spawns what the service does: every future can be sent.

use allmende_files::{
    Algorithm, Assembly, Facts, FolderRequest, LockOrder, PartRequest, PutRequest, TransferRequest,
    Trash, Trashed, Uploads, View, archive, archive::Selection,
};
use allmende_storage::{ByteRange, ByteStream, Expect, Lock, LockTimeout};
use allmende_types::{Name, SpacePath};

use crate::world::World;

fn sendable(_: impl Future + Send) {}

#[allow(dead_code, reason = "that it compiles is the test")]
fn views<'a>(
    view: &'a View,
    path: &'a SpacePath,
    entry: &'a allmende_files::Entry,
    lock: &'a Lock,
) {
    let body = || -> ByteStream<'a> { Box::pin(futures_util::stream::empty()) };
    sendable(view.resolve(path));
    sendable(view.children(entry, None, 1));
    sendable(view.stat(&[]));
    sendable(view.read(entry, ByteRange::ALL));
    sendable(view.put(PutRequest::new(path.clone()), body()));
    sendable(view.put_many(Vec::new()));
    sendable(view.make_folder(FolderRequest::new(path.clone())));
    sendable(view.remove(entry, None));
    sendable(view.move_to(entry, TransferRequest::new(path.clone())));
    sendable(view.copy_to(entry, TransferRequest::new(path.clone())));
    sendable(view.set_facts(entry, Facts::default()));
    sendable(view.recalculate_checksum(entry, Algorithm::Md5));
    sendable(view.refresh_lock(entry, &lock.token, LockTimeout::Infinite));
    sendable(view.locks_at(path));
    sendable(archive::zip(view, entry, Selection::Whole));
    sendable(archive::tar(view, entry, Selection::Whole));
}

#[allow(dead_code, reason = "that it compiles is the test")]
fn uploads<'a>(uploads: &'a Uploads, id: &'a Name, view: &'a View, order: LockOrder) {
    let body: ByteStream<'a> = Box::pin(futures_util::stream::empty());
    sendable(uploads.create(id));
    sendable(uploads.find(id));
    sendable(uploads.put_part(id, PartRequest::new(id.clone()), body));
    sendable(uploads.assemble(id, Assembly::new(SpacePath::root())));
    sendable(uploads.abort(id));
    sendable(view.lock(SpacePath::root().into(), order));
}

#[allow(dead_code, reason = "that it compiles is the test")]
fn trash<'a>(trash: &'a Trash, item: &'a Trashed, path: &'a SpacePath) {
    sendable(trash.list(None, 1));
    sendable(trash.resolve(path));
    sendable(trash.stat(item.id()));
    sendable(trash.children(item, None, 1));
    sendable(trash.restore(item));
    sendable(trash.restore_to(item, path.clone().into(), Expect::Any));
    sendable(trash.remove(item));
    sendable(trash.empty());
}

#[tokio::test]
async fn jobs_and_people() {
    let world = World::new();
    let person = crate::world::user("alice");
    sendable(world.files.view(&person));
    sendable(world.files.remove_person(&person));
    sendable(world.files.expire_trash());
    sendable(world.files.collector().run(async {}));
    let spawned = world.files.collector();
    tokio::spawn(async move { spawned.run_once().await.unwrap() }).await.unwrap();
}
