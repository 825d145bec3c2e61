//! OpenProject's storage. Direct uploads, row by row, are in `dialect/openproject.rs`, its
//! managed folders in `dialect/team_rules.rs`, programs and tokens in `dialect/oauth2.rs`.

use serde_json::{Value, json};

use crate::{
    common::{Answer, Client, FILES, World},
    read::{Item, filled, propfind, text},
};

/// A way in as OpenProject has it: a bearer token. An app password is one, too.
async fn openproject(world: &World) -> Client {
    let made = world.alice().ocs("GET", "/core/getapppassword", "").await;
    world.bearer(made.data["apppassword"].as_str().unwrap()).with("ocs-apirequest", "true")
}

async fn id(client: &Client, path: &str) -> i64 {
    client.prop(&format!("{FILES}/{path}"), "oc:fileid").await.unwrap().parse().unwrap()
}

#[tokio::test]
async fn health() {
    let world = World::new().await;
    let headers = [("accept", "application/json"), ("ocs-apirequest", "true")];
    let answer = world.stranger().send("GET", "/ocs/v2.php/cloud/capabilities", &headers, "").await;
    assert_eq!(answer.status, 200);
    let app = &answer.json()["ocs"]["data"]["capabilities"]["integration_openproject"];
    let version = |name: &str| -> Vec<u32> {
        app[name].as_str().unwrap().split('.').map(|part| part.parse().unwrap()).collect()
    };
    assert!(version("app_version") >= vec![2, 6, 3], "{app}");
    assert!(version("groupfolder_version") >= vec![14, 0, 9], "{app}");
    assert_eq!(app["groupfolders_enabled"], true);
}

#[tokio::test]
async fn user_id() {
    let world = World::new().await;
    let client = openproject(&world).await;
    let answer = client.get("/ocs/v1.php/cloud/user").await;
    assert_eq!(answer.header("content-type"), Some("application/xml; charset=utf-8"));
    assert_eq!(text(answer.text(), "statuscode"), Some("100"));
    assert_eq!(text(answer.text(), "id"), Some("alice"));
}

#[tokio::test]
async fn list() {
    let world = filled().await;
    let client = openproject(&world).await;
    let names = "oc:fileid oc:size d:getcontenttype d:getlastmodified oc:permissions \
                 oc:owner-display-name";
    let answer = client.propfind(&format!("{FILES}/d"), "1", names).await;
    let root = answer.text().split('>').nth(1).unwrap();
    for prefix in ["d", "oc", "nc"] {
        assert!(root.contains(&format!("xmlns:{prefix}=\"")), "{root}");
    }
    let items = Item::all(&answer);
    assert_eq!(items[0].href, format!("{FILES}/d/"));
    for item in &items {
        let letters = item.prop("oc:permissions").unwrap();
        assert!(letters.contains('G'), "readable");
        let is_folder = item.prop("d:getcontenttype").is_none_or(str::is_empty);
        assert_eq!(is_folder, item.href.ends_with('/'));
        assert!(letters.contains(if is_folder { "CK" } else { "W" }), "writable: {letters}");
        assert_eq!(item.prop("oc:owner-display-name"), Some("Alice"));
        assert!(item.number("oc:fileid") > 0 && item.number("oc:size") >= 0);
    }
}

#[tokio::test]
async fn path_to_id() {
    let world = filled().await;
    let client = openproject(&world).await;
    for depth in ["1", "infinity"] {
        let answer = client.propfind(&format!("{FILES}/d"), depth, "oc:fileid nc:acl-list").await;
        for item in Item::all(&answer) {
            assert!(item.number("oc:fileid") > 0);
        }
        assert!(answer.text().contains("<d:status>HTTP/1.1 200 OK</d:status>"));
    }
}

#[tokio::test]
async fn create_folder_and_copy_a_template() {
    let world = filled().await;
    let client = openproject(&world).await;
    let folder = format!("{FILES}/d/Plan%20%C3%A4");
    assert_eq!(client.mkcol(&folder).await, 201);
    assert_eq!(client.mkcol(&folder).await, 405);
    let missing = client.mkcol(&format!("{FILES}/none/x")).await;
    assert!([404, 409].contains(&missing), "{missing}");
    let shown = client.send("PROPFIND", &folder, &[], propfind("oc:fileid oc:permissions")).await;
    assert!(Item::all(&shown)[0].number("oc:fileid") > 0);
    let to = format!("{FILES}/Copy");
    assert_eq!(client.send("HEAD", &to, &[], "").await.status, 404);
    let depth = [("depth", "infinity")];
    let copied = client.transfer("COPY", &format!("{FILES}/d"), &to, &depth).await;
    assert_eq!(copied.status, 201);
    assert_eq!(client.get(&format!("{to}/sub/b.txt")).await.text(), "hello");
    assert!((200..300).contains(&client.send("HEAD", &to, &[], "").await.status));
}

#[tokio::test]
async fn file_info() {
    let world = filled().await;
    let client = openproject(&world).await;
    let app = "/ocs/v1.php/apps/integration_openproject";
    let ask = async |id: i64| -> Value {
        let answer = client.get(&format!("{app}/fileinfo/{id}?format=json")).await;
        assert_eq!(answer.status, 200);
        answer.json()["ocs"].clone()
    };
    let (file, folder) = (id(&client, "d/a.txt").await, id(&client, "d").await);
    let shown = ask(file).await;
    assert_eq!(shown["meta"]["statuscode"], 100);
    let data = &shown["data"];
    assert_eq!((&data["status"], &data["statuscode"]), (&json!("OK"), &json!(200)));
    assert_eq!((&data["id"], &data["name"]), (&json!(file), &json!("a.txt")));
    assert_eq!((&data["mimetype"], &data["path"]), (&json!("text/plain"), &json!("files/d/a.txt")));
    for number in ["mtime", "ctime", "size"] {
        assert!(data[number].is_i64(), "{number}: {data}");
    }
    for name in ["owner_name", "owner_id", "dav_permissions"] {
        assert!(data[name].is_string(), "{name}: {data}");
    }
    for known in ["modifier_name", "modifier_id"] {
        assert!(data.get(known).is_some(), "{known}: {data}");
    }
    let data = &ask(folder).await["data"];
    assert_eq!(data["mimetype"], "application/x-op-directory");
    assert!(data["path"].as_str().unwrap().ends_with('/'));
    assert_eq!(ask(4_000_000).await["data"]["statuscode"], 404);
    client.delete(&format!("{FILES}/d/a.txt")).await;
    assert_eq!(ask(file).await["data"]["statuscode"], 404, "it is in the trash");
    // Many at once, by their ids.
    let body = json!({ "fileIds": [folder, 4_000_000] }).to_string();
    let kind = [("content-type", "application/json")];
    let many = client.send("POST", &format!("{app}/filesinfo?format=json"), &kind, body).await;
    let many = &many.json()["ocs"]["data"];
    assert_eq!(many[folder.to_string()]["statuscode"], 200, "{many}");
    assert_eq!(many["4000000"]["statuscode"], 404);
}

#[tokio::test]
async fn what_is_of_somebody_else() {
    let world = filled().await;
    let client = openproject(&world).await;
    let file = id(&client, "d/a.txt").await;
    let path = format!("/ocs/v1.php/apps/integration_openproject/fileinfo/{file}?format=json");
    let theirs = world.bob().send("GET", &path, &[("ocs-apirequest", "true")], "").await;
    let code = &theirs.json()["ocs"]["data"]["statuscode"];
    assert!([json!(403), json!(404)].contains(code), "{code}");
    assert!(!theirs.text().contains("a.txt"));
}

#[tokio::test]
async fn download() {
    let world = filled().await;
    let client = openproject(&world).await;
    let body = json!({ "fileId": id(&client, "d/a.txt").await }).to_string();
    let kind = [("content-type", "application/json"), ("accept", "application/json")];
    let given = client.send("POST", "/ocs/v2.php/apps/dav/api/v1/direct", &kind, body).await;
    let url = given.json()["ocs"]["data"]["url"].as_str().unwrap().to_owned();
    let token = url.rsplit('/').next().unwrap();
    let path = format!("/index.php/apps/integration_openproject/direct/{token}/a.txt");
    assert_eq!(world.stranger().get(&path).await.text(), "hello");
}

#[tokio::test]
async fn open() {
    let world = filled().await;
    let alice = world.alice();
    let file = id(&alice, "d/a.txt").await;
    for (open, shown) in [("0", "false"), ("1", "true")] {
        let answer = alice.get(&format!("/index.php/f/{file}?openfile={open}")).await;
        assert_eq!(answer.status, 303);
        assert!(answer.header("location").unwrap().ends_with(&format!("openfile={shown}")));
    }
    assert_eq!(alice.get("/index.php/apps/files").await.status, 200);
}

#[tokio::test]
async fn groups_in_xml_of_version_1() {
    let world = World::new().await;
    let root = world.root().with("ocs-apirequest", "true");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let call = async |method: &str, path: &str, body: &'static str| -> (String, Answer) {
        let answer = root.send(method, &format!("/ocs/v1.php/cloud{path}"), &form, body).await;
        assert_eq!(answer.status, 200, "{path}");
        (text(answer.text(), "statuscode").unwrap().to_owned(), answer)
    };
    assert_eq!(call("POST", "/groups", "groupid=OpenProject").await.0, "100");
    assert_eq!(call("POST", "/users/alice/groups", "groupid=OpenProject").await.0, "100");
    let (code, members) = call("GET", "/groups/OpenProject", "").await;
    assert_eq!((code.as_str(), text(members.text(), "element")), ("100", Some("alice")));
    for (method, path, body, expected) in [
        ("POST", "/users/alice/groups", "", "101"),
        ("POST", "/users/alice/groups", "groupid=none", "102"),
        ("POST", "/users/nobody/groups", "groupid=OpenProject", "103"),
        ("GET", "/groups/none", "", "404"),
        ("DELETE", "/users/alice/groups", "groupid=OpenProject", "100"),
    ] {
        assert_eq!(call(method, path, body).await.0, expected, "{method} {path} {body}");
    }
}
