//! Statements of listings.

use allmende_storage::{Actor, Batch, Cause, Expect, MakeFolder, Op, PutFile, Target, Tree};
use allmende_types::{Checksums, Name};
use http::StatusCode;

use crate::{World, now};

/// What the desktop client asks of each entry.
const DISCOVERY: &[u8] = b"<?xml version=\"1.0\"?><d:propfind xmlns:d=\"DAV:\" \
    xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\"><d:prop>\
    <d:resourcetype/><d:getlastmodified/><d:getcontentlength/><d:getetag/>\
    <d:quota-available-bytes/><d:quota-used-bytes/><oc:size/><oc:id/><oc:fileid/>\
    <oc:downloadURL/><oc:dDC/><oc:permissions/><oc:checksums/><oc:share-types/>\
    <nc:is-encrypted/><nc:is-mount-root/><nc:share-attributes/><nc:lock/>\
    <nc:lock-owner-displayname/><nc:lock-owner/><nc:lock-owner-type/><nc:lock-time/>\
    <nc:lock-timeout/><nc:lock-token/></d:prop></d:propfind>";

#[tokio::test]
async fn a_page_of_a_listing_is_a_constant_number_of_statements() {
    let world = World::new(None).await;
    let mut counts = Vec::new();
    for files in [1_000, 2_000, 3_000] {
        fill(&world, files).await;
        counts.push(statements(&world, files).await);
    }
    let [thousand, two, three] = counts[..] else { panic!("three listings") };
    assert_eq!(two - thousand, three - two, "{counts:?}");
    // A thousand entries are two pages. Each reads the folder with what is above it, its
    // members, the quota, the locks and the shares.
    assert_eq!(two - thousand, 2 * 5, "{counts:?}");
    assert!(thousand <= 3 * 5 + 2, "{counts:?}");
}

/// The statements of one listing.
async fn statements(world: &World, files: usize) -> u64 {
    let mut least = u64::MAX;
    // Now and then a request asks the database who sends it, too.
    for _ in 0..4 {
        let before = world.stores.databases.sql.stats();
        let (status, body) = world.send("PROPFIND", &format!("{files}/"), DISCOVERY).await;
        assert_eq!(status, StatusCode::MULTI_STATUS);
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(text.matches("<d:response>").count(), files + 1);
        least = least.min((world.stores.databases.sql.stats() - before).statements);
    }
    least
}

async fn fill(world: &World, files: usize) {
    let tree = &*world.stores.databases.tree;
    let view = world.stores.files.view(&"alice".parse().unwrap()).await.unwrap();
    let root = view.root().await.unwrap().id();
    let cause = Cause::Request;
    let batch = |ops| Batch { actor: Actor::default(), now: now(), cause, ops };
    let place = |parent, name: String| Target {
        parent,
        name: Name::new(&name).unwrap(),
        expect: Expect::Absent,
        space: None,
    };
    let target = place(root, files.to_string());
    let folder = Op::MakeFolder(MakeFolder { target, modified: now(), created: None });
    let folder = Tree::commit(tree, batch(vec![folder])).await.unwrap().written[0].node.id;
    let file = |n: usize| {
        Op::PutFile(PutFile {
            target: place(folder, format!("{n:05}.txt")),
            segments: Vec::new(),
            media_type: "text/plain".into(),
            checksums: Checksums::none(),
            modified: now(),
            created: None,
            properties: Vec::new(),
        })
    };
    Tree::commit(tree, batch((0..files).map(file).collect())).await.unwrap();
}
