//! Where uploads are kept, and the list of people who have any.
//!
//! Each person's uploads are a space of their own, so that nobody's parts wait for
//! somebody else's. A tree does not list its spaces, so one more space holds a folder for
//! each person; the collector goes through them.

use allmende_storage::{
    Actor, Batch, Cursor, ErrorKind as StoreKind, Expect, MakeFolder, Node, Op, RemoveNode, Target,
};
use allmende_types::{Name, NodeId, SpacePath, Timestamp, UserId};

use crate::{Files, Result, options::seconds, service::SpaceRoot, view::PAGE};

const REGISTRY: &str = "uploads";

/// The key of the space of a person's uploads.
pub(crate) fn space_key(person: &UserId) -> String {
    key_of(&person.key())
}

fn key_of(person: &str) -> String {
    format!("{REGISTRY}:{person}")
}

/// The space of a person's uploads, which is made, and listed, if it is not there.
pub(super) async fn space_of(files: &Files, person: &UserId) -> Result<SpaceRoot> {
    let key = space_key(person);
    if let Some(known) = files.known_space(&key) {
        return Ok(known);
    }
    if files.tree().find_space(&key).await?.is_none() {
        // Listed first: a space that the collector does not know must not exist.
        register(files, person).await?;
    }
    files.space(&key, None).await
}

async fn register(files: &Files, person: &UserId) -> Result<()> {
    let registry = files.space(REGISTRY, None).await?;
    let now = files.now();
    let (parent, name) = (registry.root, Name::new(&person.key())?);
    let target = Target { parent, name, expect: Expect::Absent, space: None };
    let op = Op::MakeFolder(MakeFolder { target, modified: now, created: None });
    match files.tree().commit(Batch::one(Actor::default(), now, op)).await {
        Err(error) if *error.kind() == StoreKind::Exists => Ok(()),
        result => Ok(result.map(drop)?),
    }
}

/// Takes a person off the list.
pub(crate) async fn unregister(files: &Files, person: &UserId) -> Result<()> {
    let Some(registry) = files.tree().find_space(REGISTRY).await? else { return Ok(()) };
    let path = SpacePath::root().join(Name::new(&person.key())?);
    match files.tree().resolve(registry.id, &path).await? {
        Some(node) => remove(files, node.id, None).await.map(drop),
        None => Ok(()),
    }
}

/// Gives up all uploads in which nothing happened for their lifetime, and returns how many.
pub(crate) async fn expire(files: &Files) -> Result<usize> {
    let before = files.now().plus_seconds(-seconds(files.options().upload_lifetime));
    let Some(registry) = files.tree().find_space(REGISTRY).await? else { return Ok(0) };
    let (mut expired, mut after) = (0, None);
    loop {
        let people = files.tree().list(registry.root, after.as_ref(), PAGE).await?;
        for person in people.items.iter().filter_map(|node| node.name.as_ref()) {
            if let Some(space) = files.tree().find_space(&key_of(person.as_str())).await? {
                expired += expire_of(files, space.root, before).await?;
            }
        }
        after = people.next;
        if after.is_none() {
            return Ok(expired);
        }
    }
}

async fn expire_of(files: &Files, root: NodeId, before: Timestamp) -> Result<usize> {
    let (mut expired, mut after) = (0, None::<Cursor>);
    loop {
        let page = match files.tree().list(root, after.as_ref(), PAGE).await {
            // The person was removed meanwhile.
            Err(error) if *error.kind() == StoreKind::NotFound => return Ok(expired),
            page => page?,
        };
        for upload in page.items.iter().filter(|upload| last_touched(upload) < before) {
            // A part that arrives in this moment keeps the upload alive.
            expired += remove(files, upload.id, Some(upload)).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(expired);
        }
    }
}

fn last_touched(upload: &Node) -> Timestamp {
    upload.modified.max(upload.uploaded)
}

/// Removes a folder, if given in the state that was seen, and returns how many went.
async fn remove(files: &Files, node: NodeId, seen: Option<&Node>) -> Result<usize> {
    let revision = seen.map(|node| node.revision);
    let op = Op::Remove(RemoveNode { revision, ..RemoveNode::whatever(node) });
    match files.tree().commit(Batch::one(Actor::default(), files.now(), op)).await {
        Ok(_) => {
            files.hashes().forget(node);
            Ok(1)
        }
        Err(error) if matches!(error.kind(), StoreKind::NotFound | StoreKind::Changed) => Ok(0),
        Err(error) => Err(error.into()),
    }
}
