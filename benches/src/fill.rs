//! Trees of many files, written in large batches and without their contents.

use allmende_storage::{
    Actor, Batch, Cause, Expect, MakeFolder, NewSpace, Op, PutFile, Segment, Space, Target, Tree,
};
use allmende_types::{BlobId, Checksums, Name, NodeId, Timestamp};

use crate::{Failure, rig::PERSON};

/// Files of one batch.
const BATCH: usize = 2000;

/// Makes the home of the person, as their first request would.
pub(crate) async fn home(tree: &dyn Tree) -> Result<Space, Failure> {
    let now = Timestamp::from(std::time::SystemTime::now());
    let new = NewSpace { key: format!("home:{PERSON}").into(), quota: None, now };
    Ok(tree.create_space(new).await?)
}

/// Makes a folder with so many files in the home of a person.
pub(crate) async fn folder(
    tree: &dyn Tree,
    space: &Space,
    name: &str,
    files: usize,
) -> Result<(), Failure> {
    let now = Timestamp::from(std::time::SystemTime::now());
    let batch = |ops| Batch { actor: Actor::default(), now, cause: Cause::Request, ops };
    let (parent, name) = (space.root, Name::new(name)?);
    let target = Target { parent, name, expect: Expect::Absent, space: None };
    let make = Op::MakeFolder(MakeFolder { target, modified: now, created: None });
    let made = tree.commit(batch(vec![make])).await?;
    let folder = made.written.first().map(|written| written.node.id).ok_or("no folder")?;
    let mut made = 0;
    while made < files {
        let lease = tree.lease_blobs(now).await?;
        let count = BATCH.min(files - made);
        let ops: Result<Vec<Op>, Failure> = (0..count)
            .map(|n| file(folder, made + n, BlobId::new(lease.lease, n as u64), now))
            .collect();
        tree.commit(batch(ops?)).await?;
        made += count;
    }
    Ok(())
}

fn file(parent: NodeId, number: usize, blob: BlobId, now: Timestamp) -> Result<Op, Failure> {
    let name = Name::new(&format!("Document {number:06}.txt"))?;
    let checksums: Checksums = format!("SHA1:{number:040x}").parse()?;
    Ok(Op::PutFile(PutFile {
        target: Target { parent, name, expect: Expect::Absent, space: None },
        segments: vec![Segment { blob, size: 10_240 }],
        media_type: "text/plain".into(),
        checksums,
        modified: now,
        created: None,
        properties: Vec::new(),
    }))
}
