//! What comes over the place of something mounted: nothing. RFC 4918 (sections 9.8.4 and
//! 9.9.3) would remove what stands there, and of a received share that is somebody else's.

use crate::common::{Client, FILES, World};

const BOB: &str = "/remote.php/dav/files/bob";
const SHARES: &str = "/apps/files_sharing/api/v1/shares";

/// Bob has a folder and a file of alice's, a team folder, and files of his own.
async fn mounted() -> World {
    let world = World::new().await;
    let (alice, bob, root) = (world.alice(), world.bob(), world.root());
    assert_eq!(alice.mkcol(&format!("{FILES}/folder")).await, 201);
    for (path, text) in [("folder/a.txt", "a"), ("file.txt", "theirs")] {
        assert_eq!(alice.put(&format!("{FILES}/{path}"), text).await.status, 201);
    }
    for path in ["folder", "file.txt"] {
        let form = format!("path=/{path}&shareType=0&shareWith=bob&permissions=31");
        assert_eq!(alice.ocs("POST", SHARES, &form).await.http, 200);
    }
    let made = root.send(
        "POST",
        "/index.php/apps/groupfolders/folders?format=json",
        &[("ocs-apirequest", "true"), ("content-type", "application/x-www-form-urlencoded")],
        "mountpoint=team",
    );
    let made: serde_json::Value = serde_json::from_slice(&made.await.body).unwrap();
    let id = made["ocs"]["data"]["id"].as_i64().unwrap();
    assert_eq!(root.ocs("POST", "/cloud/groups", "groupid=staff").await.code, 200);
    assert_eq!(root.ocs("POST", "/cloud/users/bob/groups", "groupid=staff").await.code, 200);
    let place = format!("/index.php/apps/groupfolders/folders/{id}/groups");
    let headers =
        [("ocs-apirequest", "true"), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(root.send("POST", &place, &headers, "group=staff").await.status, 200);
    assert_eq!(bob.mkcol(&format!("{BOB}/own")).await, 201);
    for (path, text) in [("own/b.txt", "b"), ("own.txt", "mine"), ("team/t.txt", "t")] {
        assert_eq!(bob.put(&format!("{BOB}/{path}"), text).await.status, 201);
    }
    world
}

/// Everything that was there is there.
async fn unchanged(bob: &Client, alice: &Client) {
    for (path, text) in [
        ("own/b.txt", "b"),
        ("own.txt", "mine"),
        ("team/t.txt", "t"),
        ("folder/a.txt", "a"),
        ("file.txt", "theirs"),
    ] {
        assert_eq!(bob.get(&format!("{BOB}/{path}")).await.text(), text, "{path}");
    }
    for (path, text) in [("folder/a.txt", "a"), ("file.txt", "theirs")] {
        assert_eq!(alice.get(&format!("{FILES}/{path}")).await.text(), text, "{path}");
    }
}

#[tokio::test]
async fn nothing_takes_the_place_of_a_mount() {
    let world = mounted().await;
    let (alice, bob) = (world.alice(), world.bob());
    for method in ["MOVE", "COPY"] {
        for source in ["own", "own.txt", "folder", "file.txt", "team", "folder/a.txt"] {
            for place in ["folder", "file.txt", "team"].iter().filter(|place| **place != source) {
                let (from, to) = (format!("{BOB}/{source}"), format!("{BOB}/{place}"));
                let what = format!("{method} {source} {place}");
                let refused = bob.transfer(method, &from, &to, &[("overwrite", "F")]).await;
                assert!(matches!(refused.status, 403 | 412), "{what}: {}", refused.status);
                let refused = bob.transfer(method, &from, &to, &[]).await;
                assert!(matches!(refused.status, 403 | 409), "{what}: {}", refused.status);
                unchanged(&bob, &alice).await;
            }
        }
    }
    // Content comes into a received file as into any other.
    assert_eq!(bob.put(&format!("{BOB}/file.txt"), "newer").await.status, 204);
    assert_eq!(alice.get(&format!("{FILES}/file.txt")).await.text(), "newer");
}

#[tokio::test]
async fn a_folder_around_a_mount_takes_nothing_of_it_along() {
    let world = mounted().await;
    let (alice, bob) = (world.alice(), world.bob());
    let moved = bob.transfer("MOVE", &format!("{BOB}/folder"), &format!("{BOB}/own/in"), &[]).await;
    assert_eq!(moved.status, 201);
    // What replaces the folder around it throws that away, and not what is mounted there.
    let over = bob.transfer("MOVE", &format!("{BOB}/own.txt"), &format!("{BOB}/own"), &[]).await;
    assert_eq!(alice.get(&format!("{FILES}/folder/a.txt")).await.text(), "a");
    if over.status < 300 {
        assert_eq!(bob.get(&format!("{BOB}/own")).await.text(), "mine");
        let shown = bob.propfind(BOB, "infinity", "d:displayname").await;
        let shown = shown.text().matches("a.txt</d:href>").count();
        assert_eq!(shown, 1, "the share is shown once");
    } else {
        assert_eq!(bob.get(&format!("{BOB}/own/in/a.txt")).await.text(), "a");
    }
}
