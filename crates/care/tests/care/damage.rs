//! Damage that is done on purpose is found, and repaired where it is provable.

use std::{fs, os::unix::fs::FileExt, path::PathBuf};

use allmende_care::fsck::{Kind, Mode, Outcome, Problem, Verdict};
use allmende_sql::every_engine;
use allmende_storage::{
    Actor, Batch, BlobStore, Expect, Op, PutBlob, PutFile, RemoveNode, Segment, Target, Tree,
};
use allmende_types::{BlobId, Checksums};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::world::{NOW, World};

async fn world(sql: allmende_sql::Sql) -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::on(sql, folder.path()).await;
    world.fill().await;
    let (report, problems) = world.fsck(Mode::Look).await;
    assert_eq!((report.verdict(), problems), (Verdict::Clean, vec![]));
    assert_eq!((report.contents, report.references), (10, 10));
    (world, folder)
}

fn seen(problems: &[Problem]) -> Vec<(Kind, Outcome)> {
    problems.iter().map(|problem| (problem.kind, problem.outcome)).collect()
}

/// Looks, which changes nothing, then repairs, then looks again.
async fn repaired(world: &World, kinds: &[(Kind, Outcome)]) {
    let found: Vec<(Kind, Outcome)> =
        kinds.iter().map(|(kind, _)| (*kind, Outcome::Found)).collect();
    for _ in 0..2 {
        let (report, problems) = world.fsck(Mode::Look).await;
        assert_eq!((seen(&problems), report.verdict()), (found.clone(), Verdict::Damaged));
    }
    let (report, problems) = world.fsck(Mode::Repair).await;
    assert_eq!((seen(&problems), report.verdict()), (kinds.to_vec(), Verdict::Repaired));
    let (report, problems) = world.fsck(Mode::Repair).await;
    assert_eq!((seen(&problems), report.verdict()), (vec![], Verdict::Clean));
}

/// Repairing leaves it as it is.
async fn untouched(world: &World, kinds: &[Kind]) {
    let found: Vec<(Kind, Outcome)> = kinds.iter().map(|kind| (*kind, Outcome::Found)).collect();
    for mode in [Mode::Look, Mode::Repair, Mode::Look] {
        let (report, problems) = world.fsck(mode).await;
        assert_eq!((seen(&problems), report.verdict()), (found.clone(), Verdict::Damaged));
    }
}

async fn content_of(world: &World, path: &str) -> BlobId {
    let view = world.files.view(&"alice".parse().unwrap()).await.unwrap();
    view.get(&path.parse().unwrap()).await.unwrap().node.content().unwrap().id.unwrap()
}

/// The file in which the large content of alice lies.
async fn large_file(world: &World) -> PathBuf {
    let id = content_of(world, "large.bin").await;
    let (lease, n) = (id.lease(), id.0 as u64);
    world.data.join(format!("blobs/blobs/{lease:016x}/{n:016x}"))
}

every_engine! {
    async fn wrong_sums_are_repaired(sql: Sql) {
        let (world, _folder) = world(sql).await;
        let root = "SELECT root FROM spaces WHERE key = 'home:alice'";
        let right = world.number(&format!("SELECT size FROM nodes WHERE id = ({root})")).await;
        world.tamper("UPDATE nodes SET size = size + 5 WHERE key = '2026'").await;
        world.tamper("UPDATE spaces SET used = used - 1 WHERE key = 'home:alice'").await;
        // The folders themselves, and those that they lie in.
        let wrong = (Kind::FolderSize, Outcome::Repaired);
        repaired(&world, &[wrong, wrong, wrong, wrong, (Kind::SpaceUsed, Outcome::Repaired)]).await;
        let now = world.number(&format!("SELECT size FROM nodes WHERE id = ({root})")).await;
        assert_eq!(now, right);
    }

    async fn rows_of_what_is_gone_are_removed(sql: Sql) {
        let (world, _folder) = world(sql).await;
        world.tamper(
            "INSERT INTO properties (node, owner, namespace, name, value) \
             VALUES (999999, '', 'x', 'y', 'z'), (999999, '', 'x', 'z', 'z')",
        ).await;
        world.tamper(
            "INSERT INTO locks (token, space, node, scope, depth, holder, owner, created) \
             VALUES ('t', 1, 999998, 0, 0, 'alice', '', 0)",
        ).await;
        world.tamper(
            "INSERT INTO changes (space, revision, ord, node, kind, at) VALUES (77, 1, 0, 1, 0, 0)",
        ).await;
        repaired(&world, &[(Kind::Dangling, Outcome::Repaired); 3]).await;
        assert_eq!(world.number("SELECT count(*) FROM properties").await, 0);
    }

    async fn what_is_in_use_is_taken_off_the_list_of_the_collector(sql: Sql) {
        let (world, _folder) = world(sql).await;
        world.tamper(
            "INSERT INTO garbage (blob, since, condemned) \
             SELECT content, 0, 1 FROM nodes WHERE key = 'large.bin'",
        ).await;
        repaired(&world, &[(Kind::Condemned, Outcome::Repaired); 2]).await;
        assert!(world.tree.purge(NOW, 100).await.unwrap().blobs.is_empty());
    }

    async fn a_length_is_repaired_where_a_checksum_proves_the_content(sql: Sql) {
        let (world, _folder) = world(sql).await;
        let file = "key = '1.txt' AND size = 17";
        let right = world.number("SELECT used FROM spaces WHERE key = 'home:bob'").await;
        assert_eq!(world.number(&format!("SELECT count(*) FROM nodes WHERE {file}")).await, 1);
        world.tamper(&format!("UPDATE nodes SET size = 4 WHERE {file}")).await;
        // The sums around it are wrong too, until they are as wrong as the file.
        let (report, problems) = world.fsck(Mode::Repair).await;
        assert_eq!(report.verdict(), Verdict::Repaired, "{problems:?}");
        assert_eq!(problems.last().unwrap().kind, Kind::Length);
        assert_eq!(world.fsck(Mode::Look).await.0.verdict(), Verdict::Clean);
        assert_eq!(world.number("SELECT used FROM spaces WHERE key = 'home:bob'").await, right);
    }

    async fn a_length_without_a_checksum_is_left_alone(sql: Sql) {
        let (world, _folder) = world(sql).await;
        let file = "key = '1.txt' AND size = 17";
        world.tamper(&format!("UPDATE nodes SET checksums = NULL WHERE {file}")).await;
        world.tamper("UPDATE nodes SET size = 4 WHERE key = '1.txt' AND checksums IS NULL").await;
        world.fsck(Mode::Repair).await;
        untouched(&world, &[Kind::Length]).await;
    }

    async fn parents_circles_and_roots_are_told(sql: Sql) {
        let (world, _folder) = world(sql).await;
        world.put("carol", "a/b/c.txt", b"deep").await;
        world.tamper("UPDATE nodes SET parent = 888888 WHERE key = '0.txt' AND size = 17").await;
        world.fsck(Mode::Repair).await;
        untouched(&world, &[Kind::Parent]).await;
        world.tamper(
            "UPDATE nodes SET parent = (SELECT id FROM nodes WHERE key = 'b') WHERE key = 'a'",
        ).await;
        let kinds = |problems: Vec<Problem>| {
            let mut kinds: Vec<Kind> = problems.iter().map(|problem| problem.kind).collect();
            kinds.sort();
            kinds.dedup();
            kinds
        };
        let (_, problems) = world.fsck(Mode::Look).await;
        assert_eq!(problems.iter().filter(|p| p.kind == Kind::Circle).count(), 2);
        world.tamper("UPDATE spaces SET root = 888888 WHERE key = 'home:bob'").await;
        let (_, problems) = world.fsck(Mode::Look).await;
        let all = kinds(problems);
        assert!(all.contains(&Kind::Root) && all.contains(&Kind::Parent), "{all:?}");
    }

    async fn ids_do_not_repeat(sql: Sql) {
        let (world, _folder) = world(sql).await;
        world.tamper("UPDATE numbers SET value = 3 WHERE name = 'next_id'").await;
        repaired(&world, &[(Kind::NextId, Outcome::Repaired)]).await;
    }

    async fn a_missing_content_is_told(sql: Sql) {
        let (world, _folder) = world(sql).await;
        fs::remove_file(large_file(&world).await).unwrap();
        untouched(&world, &[Kind::Missing]).await;
        let (_, problems) = world.fsck(Mode::Look).await;
        let id = content_of(&world, "large.bin").await;
        assert!(problems[0].what.contains(&id.to_string()), "{problems:?}");
    }

    async fn a_flipped_bit_is_told(sql: Sql) {
        let (world, _folder) = world(sql).await;
        let path = large_file(&world).await;
        let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, 100_000).unwrap();
        file.write_all_at(&[byte[0] ^ 1], 100_000).unwrap();
        untouched(&world, &[Kind::Damaged]).await;
    }

    async fn the_content_of_another_file_is_told(sql: Sql) {
        let (world, _folder) = world(sql).await;
        world.tamper(
            "UPDATE nodes SET checksums = (SELECT n.checksums FROM nodes n \
             WHERE n.key = '1.txt' AND n.size = 17) WHERE key = 'large.bin' \
             AND id = (SELECT max(m.id) FROM nodes m WHERE m.key = 'large.bin')",
        ).await;
        untouched(&world, &[Kind::Checksum]).await;
    }

    async fn a_content_that_nothing_knows_is_quarantined(sql: Sql) {
        let (world, _folder) = world(sql).await;
        let id = BlobId::new(4242, 7);
        let body = stream::iter([Ok("left behind".into())]).boxed();
        world.blobs.put(id, body, PutBlob::of_length(11)).await.unwrap();
        repaired(&world, &[(Kind::Orphan, Outcome::Quarantined)]).await;
        let kept = fs::read(world.data.join("quarantine").join(id.to_string())).unwrap();
        assert_eq!(kept, b"left behind");
        assert_eq!(world.blobs.list(None).try_collect::<Vec<_>>().await.unwrap().len(), 10);
    }

    async fn what_the_collector_knows_is_no_damage(sql: Sql) {
        let (world, _folder) = world(sql).await;
        let lease = world.tree.lease_blobs(NOW).await.unwrap();
        let body = stream::iter([Ok("under way".into())]).boxed();
        world.blobs.put(lease.first(), body, PutBlob::of_length(9)).await.unwrap();
        let view = world.files.view(&"alice".parse().unwrap()).await.unwrap();
        let large = view.get(&"large.bin".parse().unwrap()).await.unwrap();
        let remove = Op::Remove(RemoveNode::whatever(large.id()));
        world.tree.commit(Batch::one(Actor::default(), NOW, remove)).await.unwrap();
        let (report, problems) = world.fsck(Mode::Repair).await;
        assert_eq!((report.verdict(), problems), (Verdict::Clean, vec![]));
        assert_eq!(report.collectable, 2);
    }
    async fn a_list_of_segments_without_its_file_refers_to_nothing(sql: Sql) {
        let (world, folder) = world(sql).await;
        let lease = world.tree.lease_blobs(NOW).await.unwrap();
        let blobs = [BlobId::new(lease.lease, 0), BlobId::new(lease.lease, 1)];
        for blob in blobs {
            let body = stream::iter([Ok("half".into())]).boxed();
            world.blobs.put(blob, body, PutBlob::of_length(4)).await.unwrap();
        }
        let home = world.tree.find_space("home:alice").await.unwrap().unwrap();
        let put = Op::PutFile(PutFile {
            target: Target {
                parent: home.root,
                name: "halves".parse().unwrap(),
                expect: Expect::Absent,
                space: None,
            },
            segments: blobs.map(|blob| Segment { blob, size: 4 }).to_vec(),
            media_type: "text/plain".into(),
            checksums: Checksums::none(),
            modified: NOW,
            created: None,
            properties: Vec::new(),
        });
        let put = world.tree.commit(Batch::one(Actor::default(), NOW, put)).await.unwrap();
        let (report, problems) = world.fsck(Mode::Look).await;
        assert_eq!((report.verdict(), problems), (Verdict::Clean, vec![]));
        assert_eq!((report.references, report.collectable), (12, 0));

        let remove = Op::Remove(RemoveNode::whatever(put.written[0].node.id));
        world.tree.commit(Batch::one(Actor::default(), NOW, remove)).await.unwrap();
        let (report, problems) = world.fsck(Mode::Look).await;
        assert_eq!((report.verdict(), problems), (Verdict::Clean, vec![]));
        assert_eq!((report.references, report.collectable), (10, 2));
        // The collector of a server has come so far, and the snapshot is of a moment before.
        world.blobs.delete(&blobs).await.unwrap();
        let (report, problems) = world.fsck(Mode::Look).await;
        assert_eq!((report.verdict(), problems), (Verdict::Clean, vec![]));
        let taken = world.backup(&folder.path().join("backups")).await.unwrap();
        assert_eq!((taken.contents, taken.unreadable), (10, vec![]));
    }
}
