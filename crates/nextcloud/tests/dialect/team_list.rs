//! Team folders side by side: `/remote.php/dav/groupfolders/{person}`.

use crate::{
    common::{Client, FILES, World},
    team_folders::{FOLDERS, data, team},
};

const LIST: &str = "/remote.php/dav/groupfolders/alice";

/// Each entry of a listing with two of its properties.
async fn shown(client: &Client, path: &str, depth: &str) -> Vec<(String, Option<String>, bool)> {
    let answer = client.propfind(path, depth, "nc:mount-point d:getetag").await;
    let responses = answer.responses();
    let one = responses.iter().map(|one| {
        let place = one.prop("nc:mount-point").map(str::to_owned);
        (one.href().to_owned(), place, one.prop("d:getetag").is_some())
    });
    one.collect()
}

fn entry(path: &str, place: Option<&str>) -> (String, Option<String>, bool) {
    (format!("{LIST}/{path}"), place.map(str::to_owned), true)
}

#[tokio::test]
async fn each_folder_has_its_last_name_and_says_where_it_stands() {
    let (world, _) = team().await;
    let (root, alice) = (world.root(), world.alice());
    let deep = data(&root, "POST", FOLDERS, "mountpoint=Deep/In/Side").await;
    let groups = format!("{FOLDERS}/{}/groups", deep["id"]);
    data(&root, "POST", &groups, "group=staff").await;
    alice.put(&format!("{FILES}/own.txt"), "own").await;
    alice.put(&format!("{FILES}/Deep/In/Side/a.txt"), "in the tree").await;

    let all =
        [entry("", None), entry("Side/", Some("/Deep/In/Side")), entry("Team/", Some("/Team"))];
    assert_eq!(shown(&alice, &format!("{LIST}/"), "1").await, all);
    assert_eq!(shown(&alice, LIST, "0").await, all[..1]);
    let inside = [entry("Side/", Some("/Deep/In/Side")), entry("Side/a.txt", None)];
    assert_eq!(shown(&alice, &format!("{LIST}/Side"), "1").await, inside);
    // In the tree nobody is told: there it is seen.
    let tree = alice.prop(&format!("{FILES}/Deep/In/Side"), "nc:mount-point").await;
    assert_eq!(tree, None);
    // Without a body all properties are meant.
    let all = alice.send("PROPFIND", LIST, &[("depth", "1")], "").await;
    assert_eq!(all.hrefs().len(), 3);
}

#[tokio::test]
async fn it_is_the_same_content() {
    let (world, _) = team().await;
    let alice = world.alice();
    let (list, tree) = (format!("{LIST}/Team"), format!("{FILES}/Team"));
    assert_eq!(alice.put(&format!("{list}/a%20b.txt"), "one").await.status, 201);
    assert_eq!(alice.get(&format!("{tree}/a%20b.txt")).await.text(), "one");
    assert_eq!(alice.mkcol(&format!("{list}/d")).await, 201);
    let to = format!("{list}/d/c.txt");
    let moved = alice.transfer("MOVE", &format!("{list}/a%20b.txt"), &to, &[]).await;
    assert_eq!(moved.status, 201, "{}", moved.text());
    assert_eq!(alice.get(&format!("{tree}/d/c.txt")).await.text(), "one");
    let id = "oc:fileid";
    let both = (alice.prop(&to, id).await, alice.prop(&format!("{tree}/d/c.txt"), id).await);
    assert_eq!(both.0, both.1);
    assert_eq!(alice.delete(&format!("{list}/d")).await.status, 204);
    assert_eq!(alice.get(&format!("{tree}/d/c.txt")).await.status, 404);
}

#[tokio::test]
async fn the_list_itself_is_only_looked_at_and_only_ones_own() {
    let (world, _) = team().await;
    let (alice, bob) = (world.alice(), world.bob());
    for (client, list, status) in [
        (&bob, "/remote.php/dav/groupfolders/alice", 403),
        (&bob, "/remote.php/dav/groupfolders/nobody", 404),
        (&alice, "/remote.php/dav/groupfolders/alice/Nothing", 404),
        (&bob, "/remote.php/dav/groupfolders/bob/Team", 404),
    ] {
        assert_eq!(client.propfind(list, "1", "d:getetag").await.status, status, "{list}");
    }
    // bob is in no team folder.
    let none = bob.propfind("/remote.php/dav/groupfolders/bob/", "1", "d:getetag").await;
    assert_eq!(none.hrefs(), ["/remote.php/dav/groupfolders/bob/"]);
    // What lies beside the folders in the home is no part of the list.
    alice.put(&format!("{FILES}/own.txt"), "own").await;
    assert_eq!(alice.get(&format!("{LIST}/own.txt")).await.status, 404);
    assert_eq!(alice.put(&format!("{LIST}/new.txt"), "new").await.status, 404);
    assert_eq!(alice.mkcol(&format!("{LIST}/new")).await, 404);
    for method in ["GET", "DELETE", "PUT", "SEARCH"] {
        assert_eq!(alice.send(method, LIST, &[], "").await.status, 405, "{method}");
    }
    // Nothing leads out of a folder.
    let secret = format!("{LIST}/Team/../own.txt");
    assert!(alice.get(&secret).await.status >= 400);
    alice.put(&format!("{LIST}/Team/a.txt"), "a").await;
    let out = format!("{FILES}/out.txt");
    let moved = alice.transfer("MOVE", &format!("{LIST}/Team/a.txt"), &out, &[]).await;
    assert!(moved.status >= 400, "{}", moved.status);
    assert_eq!(alice.get(&format!("{FILES}/Team/a.txt")).await.status, 200);
    // The folder itself stays.
    assert_eq!(alice.delete(&format!("{LIST}/Team")).await.status, 403);
}

#[tokio::test]
async fn names_of_properties_are_names() {
    let world = World::new().await;
    let ask = "<d:propfind xmlns:d='DAV:'><d:propname/></d:propfind>";
    let path = "/remote.php/dav/groupfolders/alice";
    let answer = world.alice().send("PROPFIND", path, &[("depth", "0")], ask).await;
    assert_eq!(answer.status, 207);
    assert_eq!(answer.responses()[0].prop("d:getetag"), Some(""), "{}", answer.text());
}
