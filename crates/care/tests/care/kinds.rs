//! Every kind of thing that an export carries changes the digest, and comes back.

use std::fs;

use allmende_care::export;
use allmende_files::versions::Standing;
use allmende_sql::{Statement, every_engine, params};

use crate::{
    exports::{clean, enrich, key, source, target},
    world::{NOW, World},
};

/// What is changed, and how. Each is done on top of those before it.
const CHANGES: &[(&str, &str)] = &[
    ("a person's name", "UPDATE people SET display_name = 'Alice of the mill' WHERE key = 'alice'"),
    ("a password", "UPDATE people SET password = 'x' WHERE key = 'bob'"),
    (
        "a field of a person",
        "INSERT INTO person_fields (person, name, value, scope) \
         VALUES ('alice', 'phone', '1', 'v2-local')",
    ),
    ("a picture", "INSERT INTO avatars (person, picture, version) VALUES ('alice', NULL, 4)"),
    ("a group", "UPDATE person_groups SET display_name = 'Everybody' WHERE id = 'staff'"),
    ("a member", "DELETE FROM group_members WHERE group_id = 'staff' AND person = 'alice'"),
    (
        "a circle",
        "INSERT INTO circles (id, name, name_key, description, flags, owner, created, revision) \
         VALUES ('c1', 'Umbau', 'umbau', '', 8, 'alice', 7, 1)",
    ),
    (
        "a member of a circle",
        "INSERT INTO circle_members (id, circle, group_id, level, state, joined, invited_by) \
         VALUES ('m1', 'c1', 'staff', 1, 0, 7, 'alice')",
    ),
    ("a setting", "INSERT INTO app_config (app, key, value) VALUES ('core', 'x', 'y')"),
    (
        "a preference",
        "INSERT INTO preferences (person, app, key, value) VALUES ('alice', 'files', 'x', 'y')",
    ),
    ("a quota", "UPDATE spaces SET quota = 1000000000 WHERE key = 'home:alice'"),
    ("a name", "UPDATE nodes SET key = 'void', name = NULL WHERE key = 'empty'"),
    ("a time of change", "UPDATE nodes SET modified = 1400000000 WHERE key = 'large.bin'"),
    ("a time of a folder", "UPDATE nodes SET modified = 1400000001 WHERE key = '2026'"),
    ("a time of creation", "UPDATE nodes SET created = 5 WHERE key = 'large.bin'"),
    ("a time of upload", "UPDATE nodes SET uploaded = 6 WHERE key = 'large.bin'"),
    ("a media type", "UPDATE nodes SET media_type = 'text/x-noise' WHERE key = 'large.bin'"),
    ("checksums", "UPDATE nodes SET checksums = NULL WHERE key = '3.txt'"),
    (
        "a favourite",
        "INSERT INTO properties (node, owner, namespace, name, value) \
         SELECT id, 'bob', 'http://owncloud.org/ns', 'favorite', '1' FROM nodes WHERE key = '1.txt'",
    ),
    ("a dead property", "UPDATE properties SET value = '<red/>' WHERE name = 'colour'"),
    ("a property of a person", "UPDATE properties SET value = '4' WHERE name = 'rating'"),
    ("a time of a version", "UPDATE nodes SET uploaded = 7 WHERE key = '1500000000'"),
    (
        "an author of a version",
        "UPDATE properties SET value = 'alice' WHERE name = 'author' AND value = 'bob'",
    ),
    (
        "a label of a version",
        "UPDATE properties SET value = 'second draft' WHERE name = 'label' AND value = 'draft'",
    ),
    ("a number of a version", "UPDATE nodes SET key = '1500000009' WHERE key = '1500000000'"),
    (
        "where something in the trash was",
        "UPDATE properties SET value = replace(value, 'notes', 'Notes') WHERE name = 'origin'",
    ),
    (
        "who threw it away",
        "UPDATE properties SET value = replace(value, 'alice', 'bob') WHERE name = 'origin'",
    ),
    ("a time in the trash", "UPDATE nodes SET modified = 8 WHERE key LIKE 'old.d%'"),
    ("a share's permissions", "UPDATE shares SET permissions = 1 WHERE kind = 0"),
    ("a share's end", "UPDATE shares SET expires = 2000000000 WHERE kind = 1"),
    ("a note", "UPDATE shares SET note = 'look' WHERE kind = 1"),
    ("attributes", "UPDATE shares SET attributes = '[]' WHERE kind = 1"),
    ("a link's password", "UPDATE shares SET password = 'x' WHERE kind = 3"),
    ("a link's label", "UPDATE shares SET label = 'x' WHERE kind = 3"),
    ("a link's limit", "UPDATE shares SET download_limit = 3 WHERE kind = 3"),
    ("a link's downloads", "UPDATE shares SET downloads = 2 WHERE kind = 3"),
    (
        "where a share is mounted",
        "INSERT INTO share_places (share, person, state, parent, name) \
         SELECT id, 'bob', 1, NULL, 'Theirs' FROM shares WHERE kind = 0",
    ),
    (
        "the folder that it is mounted in",
        "UPDATE share_places SET parent = (SELECT id FROM nodes WHERE key = 'notes' \
         ORDER BY id LIMIT 1)",
    ),
    (
        "an offer of files",
        "INSERT INTO transfers (sender, sender_key, recipient, recipient_key, node, name, created) \
         SELECT 'alice', 'alice', 'bob', 'bob', id, 'void', 9 FROM nodes WHERE key = 'void' \
         ORDER BY id LIMIT 1",
    ),
    ("a team folder", "UPDATE team_folders SET quota = 77"),
    (
        "a team folder's group",
        "INSERT INTO team_groups (folder, kind, subject, permissions) \
         SELECT id, 1, 'staff', 31 FROM team_folders",
    ),
    (
        "a team folder's manager",
        "INSERT INTO team_managers (folder, kind, subject) SELECT id, 0, 'bob' FROM team_folders",
    ),
    (
        "a rule of a team folder",
        "INSERT INTO team_rules (node, kind, subject, folder, mask, allow, shown) \
         SELECT root, 0, 'bob', id, 31, 1, 'bob' FROM team_folders",
    ),
    ("a system tag", "UPDATE system_tags SET visible = 0 WHERE id = 8"),
    ("who may use a tag", "INSERT INTO system_tag_groups (tag, group_id) VALUES (8, 'staff')"),
    (
        "a tag on a file",
        "INSERT INTO system_tag_nodes (node, tag) SELECT id, 8 FROM nodes WHERE key = '2.txt'",
    ),
    (
        "a tag in the trash",
        "INSERT INTO system_tag_nodes (node, tag) SELECT id, 7 FROM nodes WHERE key LIKE 'old.d%'",
    ),
    ("a comment", "UPDATE comments SET message = 'well, @\"alice\"' WHERE seq = 1"),
    ("a reaction", "UPDATE comments SET verb = 'reaction', parent = 1, topmost = 1 WHERE seq = 2"),
    (
        "the last number of comments",
        "INSERT INTO commented_nodes (node, last) SELECT id, 3 FROM nodes WHERE key = '2026' \
         ORDER BY id LIMIT 1",
    ),
    (
        "what was read of comments",
        "INSERT INTO comment_reads (node, person, upto, at) \
         SELECT id, 'bob', 2, 9 FROM nodes WHERE key = '2026' ORDER BY id LIMIT 1",
    ),
    (
        "a reminder",
        "INSERT INTO reminders (person_key, node, person, due) \
         SELECT 'bob', id, 'bob', 1999999999 FROM nodes WHERE key = '2026' ORDER BY id LIMIT 1",
    ),
];

/// A file with two versions, one of them labelled; a folder in the trash with a file that has
/// a version; and a file that was thrown away before it.
async fn keep(world: &World) {
    let alice = "alice".parse().unwrap();
    let view = world.files.view(&alice).await.unwrap();
    for text in ["first", "second", "third"] {
        world.put("alice", "notes/plan.txt", text.as_bytes()).await;
        world.put("alice", "notes/old/deep.md", text.as_bytes()).await;
    }
    let plan = view.get(&"notes/plan.txt".parse().unwrap()).await.unwrap();
    let versions = view.versions(&plan).await.unwrap();
    let old: Vec<_> = versions.iter().filter(|v| v.standing == Standing::Overwritten).collect();
    assert_eq!(old.len(), 2);
    view.label_version(&plan, old[0], Some("draft")).await.unwrap();
    let author = format!(
        "UPDATE properties SET value = 'bob' WHERE node = {} AND name = 'author'",
        old[1].entry.id()
    );
    world.tamper(&author).await;
    world.put("alice", "notes/gone.txt", b"gone").await;
    for path in ["notes/gone.txt", "notes/old"] {
        let entry = view.get(&path.parse().unwrap()).await.unwrap();
        view.remove(&entry, None).await.unwrap();
    }
}

async fn digest(world: &World, links: u8) -> String {
    let key = key(links);
    export::digest(source(world, &key), NOW, &()).await.unwrap().digest
}

every_engine! {
    async fn each_kind_counts_and_comes_back(sql: Sql) {
        let folder = tempfile::tempdir().unwrap();
        let world = World::on(sql, &folder.path().join("old")).await;
        world.fill().await;
        enrich(&world).await;
        keep(&world).await;
        let mut last = digest(&world, 1).await;
        for (what, change) in CHANGES {
            world.tamper(change).await;
            let next = digest(&world, 1).await;
            assert_ne!(next, last, "{what}");
            last = next;
        }

        let (old_key, new_key, dir) = (key(1), key(2), folder.path().join("export"));
        let exported = export::export(source(&world, &old_key), &dir, NOW, &()).await.unwrap();
        assert_eq!((&exported.digest, exported.unreadable.len()), (&last, 0));
        assert_eq!((exported.versions, exported.spaces), (4, 4));
        // People find them without a program.
        let text = |path: &str| fs::read_to_string(dir.join(path)).unwrap();
        assert_eq!(text("versions/home/alice/notes/plan.txt/1500000009.txt").len(), 5);
        let trash = fs::read_dir(dir.join("trash/home/alice")).unwrap();
        let mut names: Vec<_> = trash.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        assert!(names[0].starts_with("gone.txt.d") && names[1].starts_with("old.d"), "{names:?}");
        assert_eq!(text(&format!("trash/home/alice/{}/deep.md", names[1])), "third");
        let old = dir.join("versions/trash/home/alice").join(&names[1]).join("deep.md");
        assert_eq!(fs::read_dir(old).unwrap().count(), 2);

        let new = World::at(&folder.path().join("new")).await;
        let imported = export::import(target(&new, &new_key), &dir, NOW, &()).await.unwrap();
        assert_eq!((imported.versions, imported.skipped.len()), (4, 0));
        clean(&new).await;
        assert_eq!(digest(&new, 2).await, last);
        // And the file service finds them: nothing is thinned out or thrown away by the jobs.
        new.files.version_keeper().run_once().await.unwrap();
        let view = new.files.view(&"alice".parse().unwrap()).await.unwrap();
        let plan = view.get(&"notes/plan.txt".parse().unwrap()).await.unwrap();
        let versions = view.versions(&plan).await.unwrap();
        let label = |text: &str| versions.iter().any(|v| v.label.as_deref() == Some(text));
        assert!(versions.len() == 3 && label("second draft"), "{versions:?}");
        let trash = view.trash().unwrap();
        let items = trash.list(None, 10).await.unwrap().items;
        let deep = items.iter().find(|item| item.title().as_str() == "old").unwrap();
        assert_eq!((deep.location.to_string(), deep.by.as_ref().unwrap().as_str()),
            ("Notes/old".to_owned(), "bob"));
        trash.restore(deep).await.unwrap();
        let back = view.get(&"old/deep.md".parse().unwrap()).await.unwrap();
        assert_eq!(view.versions(&back).await.unwrap().len(), 3);
        assert_ne!(digest(&new, 2).await, last);
    }
}

/// What has an id of the old installation in it does not mean something else in the new one.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_the_first_version_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.put("alice", "a.txt", b"first").await;
    let (key, dir) = (key(1), folder.path().join("export"));
    export::export(source(&world, &key), &dir, NOW, &()).await.unwrap();
    let edit = |name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(dir.join(name)).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        fs::write(dir.join(name), text.replace(from, to)).unwrap();
    };
    // As it stood in the properties of files.
    let note = "\"properties\":[[\"\",\"urn:allmende:versions\",\"place\",\"3 1 2\"]]";
    let line = fs::read_to_string(dir.join("manifest.jsonl")).unwrap();
    let line = line.lines().find(|line| line.contains("a.txt")).unwrap().to_owned();
    edit("manifest.jsonl", &line, &line.replace("\"properties\":[]", note));
    edit("format.json", "\"version\": 2", "\"version\": 1");
    let new = World::at(&folder.path().join("new")).await;
    let changed = export::import(target(&new, &key), &dir, NOW, &()).await.unwrap_err();
    assert_eq!(changed.kind(), allmende_care::ErrorKind::Damaged);
    let head: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("format.json")).unwrap()).unwrap();
    let manifest = fs::read(dir.join("manifest.jsonl")).unwrap();
    let digest = rows_last(&manifest);
    edit("format.json", head["digest"].as_str().unwrap(), &digest);
    export::import(target(&new, &key), &dir, NOW, &()).await.unwrap();
    assert_eq!(new.read("alice", "a.txt").await.unwrap(), b"first");
    let count = "SELECT count(*) FROM properties WHERE name = 'place'";
    assert_eq!(new.number(count).await, 0);
}

/// The digest of a manifest, as its documentation says: the lines in their order, then the sum
/// of the digests of those whose order says nothing.
fn rows_last(manifest: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    let (mut lines, mut sum) = (Sha256::new(), [0u64; 4]);
    for line in manifest.split_inclusive(|byte| *byte == b'\n') {
        let value: serde_json::Value = serde_json::from_slice(line).unwrap();
        let table = value["table"].as_str().unwrap_or_default();
        let unordered = ["comment_ids", "team_", "share", "system_", "comment"];
        if unordered.iter().any(|start| table.starts_with(start)) {
            let digest = Sha256::digest(line);
            for (sum, part) in sum.iter_mut().zip(digest.chunks(8)) {
                *sum = sum.wrapping_add(u64::from_be_bytes(part.try_into().unwrap()));
            }
        } else {
            lines.update(line);
        }
    }
    sum.iter().for_each(|sum| lines.update(sum.to_be_bytes()));
    lines.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_of_a_lost_content_does_not_hinder_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(&folder.path().join("old")).await;
    world.fill().await;
    enrich(&world).await;
    world.put("alice", "large.bin", b"small").await;
    let select = "SELECT content FROM nodes WHERE name IS NULL AND key = 'large.bin' \
         AND size = 5";
    let rows = world.sql.read(Statement::new(select, params![])).await.unwrap();
    let blob = rows.one().unwrap().blob(0).unwrap().try_into().unwrap();
    let blob = allmende_types::BlobId::from_bytes(blob);
    allmende_storage::BlobStore::delete(&*world.blobs, &[blob]).await.unwrap();
    world
        .tamper(
            "INSERT INTO system_tag_nodes (node, tag) \
             SELECT id, 7 FROM nodes WHERE key = 'large.bin' AND size = 5",
        )
        .await;
    let (key, dir) = (key(1), folder.path().join("export"));
    let exported = export::export(source(&world, &key), &dir, NOW, &()).await.unwrap();
    assert_eq!(exported.unreadable, ["home:alice/large.bin"]);
    let new = World::at(&folder.path().join("new")).await;
    let imported = export::import(target(&new, &key), &dir, NOW, &()).await.unwrap();
    assert_eq!(
        imported.skipped,
        [
            "home:alice/large.bin",
            "home:alice/large.bin (version 1500000000)",
            "system_tag_nodes of home:alice/large.bin",
        ]
    );
    assert_eq!(imported.files, 11);
    clean(&new).await;
}
