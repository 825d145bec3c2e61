//! `nc_py_api` 0.30.3, as it was captured. Its own walk against a server runs in the test
//! command; here is each request with what it reads.

use serde_json::Value;

use crate::{
    common::{Client, FILES, World},
    read::{Item, code, data, filled},
};

/// What its interface offers beside, and why there is nothing.
const NOT_BUILT: &[(&str, &str)] = &[
    ("/ocs/v1.php/apps/weather_status/api/v1/location", "no weather"),
    ("/ocs/v2.php/apps/spreed/api/v4/room", "no conversations"),
    ("/ocs/v1.php/apps/app_api/api/v1/info", "no programs from outside"),
];

fn nc_py_api(world: &World) -> Client {
    world
        .alice()
        .with("user-agent", "nc_py_api/0.30.3")
        .with("accept", "application/json")
        .with("ocs-apirequest", "true")
}

#[tokio::test]
async fn start() {
    let world = World::new().await;
    let client = nc_py_api(&world);
    let all = client.get("/ocs/v1.php/cloud/capabilities?format=json").await;
    assert_eq!(code(&all), (200, 100));
    let all: Value = data(&all);
    assert_eq!(all["version"]["major"], 34);
    let me = client.get("/ocs/v1.php/cloud/user?format=json").await;
    assert_eq!(data::<Value>(&me)["id"], "alice");
}

#[tokio::test]
async fn folders_files_and_streams() {
    let world = World::new().await;
    let client = nc_py_api(&world);
    let folder = format!("{FILES}/ncp");
    assert_eq!(client.mkcol(&folder).await, 201);
    assert_eq!(client.mkcol(&folder).await, 405);
    let made = client.put(&format!("{folder}/x.txt"), "hello").await;
    assert!(made.header("oc-fileid").is_some() && made.header("oc-etag").is_some());
    let upload = "/remote.php/dav/uploads/alice/nc-py-api-Qz7";
    let to = format!("https://cloud.example.org{folder}/stream.bin");
    let to = [("destination", to.as_str())];
    assert_eq!(client.send("MKCOL", upload, &to, "").await.status, 201);
    for (number, content) in [("1", "one"), ("2", "two")] {
        let part = client.send("PUT", &format!("{upload}/{number}"), &to, content).await;
        assert_eq!(part.status, 201);
    }
    let moved = client.send("MOVE", &format!("{upload}/.file"), &to, "").await;
    assert_eq!(moved.status, 201);
    assert!(moved.header("oc-fileid").is_some());
    assert_eq!(client.delete(upload).await.status, 404, "the folder is gone by itself");
    assert_eq!(client.get(&format!("{folder}/stream.bin")).await.text(), "onetwo");
    let zip = world.alice().send("GET", &folder, &[("accept", "application/zip")], "").await;
    assert_eq!((zip.status, zip.header("content-type")), (200, Some("application/zip")));
    assert!(zip.body.starts_with(b"PK"));
}

#[tokio::test]
async fn copies_and_moves_are_found_by_their_long_id() {
    let world = filled().await;
    let client = nc_py_api(&world);
    for (method, to, overwrite) in [("COPY", "copied.txt", "F"), ("MOVE", "moved.txt", "T")] {
        let place = format!("https://cloud.example.org{FILES}/{to}");
        let done = client
            .transfer(method, &format!("{FILES}/d/a.txt"), &place, &[("overwrite", overwrite)])
            .await;
        assert_eq!(done.status, 201);
        let id = done.header("oc-fileid").unwrap();
        let body = format!(
            "<?xml version='1.0' encoding='utf-8'?>\n<d:searchrequest xmlns:d=\"DAV:\" \
             xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\">\
             <d:basicsearch><d:select><d:prop><d:getcontentlength/><d:getlastmodified/>\
             <d:getetag/><oc:id/><oc:fileid/><oc:size/><oc:permissions/></d:prop></d:select>\
             <d:from><d:scope><d:href>/files/alice/</d:href><d:depth>infinity</d:depth></d:scope>\
             </d:from><d:where><d:eq><d:prop><oc:fileid/></d:prop><d:literal>{id}</d:literal>\
             </d:eq></d:where></d:basicsearch></d:searchrequest>"
        );
        // No slash at the end.
        let kind = [("content-type", "text/xml")];
        let found = client.send("SEARCH", "/remote.php/dav", &kind, body).await;
        let items = Item::all(&found);
        assert_eq!(items.len(), 1, "{}", found.text());
        assert_eq!(items[0].href, format!("{FILES}/{to}"));
        assert_eq!(items[0].prop("oc:id"), Some(id));
    }
}

#[tokio::test]
async fn favourites() {
    let world = filled().await;
    let client = nc_py_api(&world);
    let one = "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>";
    assert_eq!(client.proppatch(&format!("{FILES}/d/a.txt"), one).await.status, 207);
    let body = "<?xml version='1.0' encoding='utf-8'?>\n<oc:filter-files xmlns:d=\"DAV:\" \
                xmlns:oc=\"http://owncloud.org/ns\"><d:prop><oc:fileid/><oc:favorite/></d:prop>\
                <oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules></oc:filter-files>";
    let items = Item::all(&client.send("REPORT", FILES, &[], body).await);
    assert_eq!((items.len(), items[0].number("oc:favorite")), (1, 1));
}

#[tokio::test]
async fn versions_and_trash() {
    let world = filled().await;
    let client = nc_py_api(&world);
    let file = format!("{FILES}/d/a.txt");
    let id = client.prop(&file, "oc:fileid").await.unwrap();
    world.clock.forward(60);
    client.put(&file, "later").await;
    let path = format!("/remote.php/dav/versions/alice/versions/{id}");
    let listed = client.propfind(&path, "1", "d:getcontentlength d:getlastmodified").await;
    assert!(Item::all(&listed).len() >= 2, "{}", listed.text());
    assert_eq!(client.delete(&file).await.status, 204);
    let names = "oc:id oc:fileid nc:trashbin-filename nc:trashbin-original-location \
                 nc:trashbin-deletion-time";
    let listed = client.propfind("/remote.php/dav/trashbin/alice/trash", "1", names).await;
    let items = Item::all(&listed);
    assert_eq!(items[1].prop("nc:trashbin-original-location"), Some("d/a.txt"));
    let cleaned = client.delete("/remote.php/dav/trashbin/alice/trash").await;
    assert_eq!(cleaned.status, 204, "{}", cleaned.text());
}

#[tokio::test]
async fn shares_by_query_and_without_a_slash() {
    let world = filled().await;
    let client = nc_py_api(&world);
    let base = "/ocs/v1.php/apps/files_sharing/api/v1/shares";
    let path = format!("{base}?format=json&path=d/a.txt&shareType=0&shareWith=bob&permissions=1");
    let made = client.send("POST", &path, &[], "").await;
    assert_eq!(code(&made), (200, 100), "{}", made.text());
    let made: Value = data(&made);
    assert_eq!(made["path"], "/d/a.txt");
    let listed: Value = data(&client.get(&format!("{base}?format=json&path=d/a.txt")).await);
    assert_eq!(listed[0]["id"], made["id"]);
    let one = format!("{base}/{}?format=json", made["id"].as_str().unwrap());
    assert_eq!(code(&client.delete(&one).await), (200, 100));
    // Version 1 tells failures by its own code.
    assert_eq!(code(&client.get(&one).await), (200, 404));
}

#[tokio::test]
async fn notifications() {
    let world = World::new().await;
    let client = nc_py_api(&world);
    let path = "/ocs/v2.php/apps/notifications/api/v2/notifications?format=json";
    let all: Vec<Value> = data(&client.get(path).await);
    assert!(all.is_empty());
    let path = "/ocs/v2.php/apps/notifications/api/v2/notifications/exists?format=json";
    let kind = [("content-type", "application/json")];
    let known: Vec<i64> = data(&client.send("POST", path, &kind, "{\"ids\":[1,2]}").await);
    assert!(known.is_empty());
}

#[tokio::test]
async fn not_built() {
    let world = filled().await;
    let client = nc_py_api(&world);
    for (path, why) in NOT_BUILT {
        let answer = client.get(&format!("{path}?format=json")).await;
        assert_eq!(code(&answer).1, 998, "{path}: {why}");
    }
}
