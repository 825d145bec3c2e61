//! What OpenProject and its pages do with a storage, row by row.

use serde_json::{Value, json};

use crate::common::{Answer, Client, FILES, World};

const APP: &str = "/index.php/apps/integration_openproject";

async fn id(client: &Client, path: &str) -> i64 {
    client.prop(path, "oc:fileid").await.unwrap().parse().unwrap()
}

/// The token for a folder, as OpenProject asks for it.
async fn token(client: &Client, folder: i64) -> Answer {
    let headers = [("content-type", "application/json"), ("ocs-apirequest", "true")];
    let body = json!({ "folder_id": folder }).to_string();
    client.send("POST", &format!("{APP}/direct-upload-token"), &headers, body).await
}

/// Sends a form with a file as a browser does, from a page of another site.
async fn upload(world: &World, token: &str, name: &str, content: &str, overwrite: &str) -> Answer {
    let field = |head: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n")
    };
    let mut form = field(&format!("name=\"file\"; filename=\"{name}\""), content);
    if !overwrite.is_empty() {
        form.push_str(&field("name=\"overwrite\"", overwrite));
    }
    form.push_str("--b--\r\n");
    let headers = [
        ("content-type", "multipart/form-data; boundary=b"),
        ("origin", "https://openproject.example.org"),
    ];
    world.stranger().send("POST", &format!("{APP}/direct-upload/{token}"), &headers, form).await
}

/// A server with the folder `/p` of alice, and its id.
async fn with_folder() -> (World, i64) {
    let world = World::new().await;
    let alice = world.alice();
    assert_eq!(alice.mkcol(&format!("{FILES}/p")).await, 201);
    let id = id(&alice, &format!("{FILES}/p")).await;
    (world, id)
}

async fn fresh(world: &World, folder: i64) -> String {
    let given = token(&world.alice(), folder).await;
    assert_eq!(given.status, 200, "{}", given.text());
    given.json()["token"].as_str().unwrap().to_owned()
}

fn error(answer: &Answer) -> (u16, Value) {
    (answer.status, answer.json()["error"].clone())
}

#[tokio::test]
async fn the_capability_is_there_for_everybody() {
    let world = World::new().await;
    let capability = json!({
        "app_version": "2.9.0", "groupfolder_version": "22.0.6", "groupfolders_enabled": true,
    });
    for client in [world.stranger(), world.alice()] {
        let answer = client.ocs("GET", "/cloud/capabilities", "").await;
        assert_eq!(answer.data["capabilities"]["integration_openproject"], capability);
    }
}

#[tokio::test]
async fn a_browser_puts_a_file_into_a_folder() {
    let (world, folder) = with_folder().await;
    let alice = world.alice();
    let given = token(&alice, folder).await.json();
    assert_eq!(given["expires_on"], 1_800_000_000 + 3600);
    let address = given["token"].as_str().unwrap();
    assert!(address.len() == 64 && address.bytes().all(|b| b.is_ascii_alphanumeric()));

    let path = format!("{APP}/direct-upload/{address}");
    let asked = [("access-control-request-method", "POST"), ("origin", "https://op.example.org")];
    let preflight = world.stranger().send("OPTIONS", &path, &asked, "").await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(preflight.header("access-control-allow-methods"), Some("POST, OPTIONS"));
    assert_eq!(preflight.header("access-control-allow-credentials"), None);

    let done = upload(&world, address, "Plan ä.txt", "plan", "").await;
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(done.header("access-control-allow-origin"), Some("*"));
    let file = format!("{FILES}/p/Plan%20%C3%A4.txt");
    let id = id(&alice, &file).await;
    assert_eq!(done.json(), json!({ "file_name": "Plan ä.txt", "file_id": id.to_string() }));
    assert_eq!(alice.get(&file).await.text(), "plan");
    // Once.
    let again = upload(&world, address, "b.txt", "b", "").await;
    assert_eq!(error(&again), (401, json!("unauthorized")));
    assert_eq!(again.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn what_is_in_the_way_is_replaced_kept_or_a_conflict() {
    let (world, folder) = with_folder().await;
    let alice = world.alice();
    let file = format!("{FILES}/p/a.txt");
    alice.put(&file, "old").await;
    let id = id(&alice, &file).await;
    let address = fresh(&world, folder).await;
    let conflict = upload(&world, &address, "a.txt", "new", "").await;
    assert_eq!(error(&conflict), (409, json!("conflict, file name already exists")));
    assert_eq!(alice.get(&file).await.text(), "old");
    // The address is still good: the person is asked, and chooses.
    let beside = upload(&world, &address, "a.txt", "new", "false").await;
    assert_eq!((beside.status, &beside.json()["file_name"]), (201, &json!("a (2).txt")));
    let over = upload(&world, &fresh(&world, folder).await, "a.txt", "newer", "true").await;
    assert_eq!(
        (over.status, over.json()),
        (
            200,
            json!({
                "file_name": "a.txt", "file_id": id.to_string(),
            })
        )
    );
    assert_eq!(alice.get(&file).await.text(), "newer");
    alice.mkcol(&format!("{FILES}/p/d")).await;
    let address = fresh(&world, folder).await;
    let refused = upload(&world, &address, "d", "x", "true").await;
    assert_eq!(error(&refused), (409, json!("a folder has this name")));
    // Nothing is left over.
    let uploads = world.files.view(&crate::common::user("alice")).await.unwrap().uploads();
    let left = uploads.find(&format!("direct-{address}").parse().unwrap()).await.unwrap();
    assert!(left.is_none());
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused() {
    let (world, folder) = with_folder().await;
    let alice = world.alice();
    let address = fresh(&world, folder).await;
    let path = format!("{APP}/direct-upload/{address}");
    let anybody = world.stranger();
    let plain = anybody.send("POST", &path, &[("content-type", "text/plain")], "x").await;
    assert_eq!(error(&plain), (415, json!("not a form")));
    for (name, overwrite, why) in [
        ("..", "", "invalid file name"),
        ("", "", "invalid file name"),
        ("a/b", "", "invalid file name"),
        (".htaccess", "", "invalid file name"),
        ("a.txt", "perhaps", "invalid overwrite value"),
    ] {
        let answer = upload(&world, &address, name, "x", overwrite).await;
        assert_eq!(error(&answer), (400, json!(why)), "{name}");
    }
    let form = [("content-type", "multipart/form-data; boundary=b")];
    for (body, why) in [
        ("--b--\r\n", "no file in the form"),
        (
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nx",
            "the form cannot be read",
        ),
    ] {
        let answer = anybody.send("POST", &path, &form, body).await;
        assert_eq!(error(&answer), (400, json!(why)), "{body}");
    }
    assert_eq!(alice.get(&format!("{FILES}/p/x")).await.status, 404);
    for method in ["GET", "PUT", "DELETE"] {
        assert_eq!(anybody.send(method, &path, &[], "").await.status, 405, "{method}");
    }
    let unknown = upload(&world, &"x".repeat(64), "a.txt", "x", "").await;
    assert_eq!(error(&unknown), (401, json!("unauthorized")));
    // A token to read a file by opens no folder.
    alice.put(&format!("{FILES}/f"), "f").await;
    let file = id(&alice, &format!("{FILES}/f")).await;
    let read = alice.ocs("POST", "/apps/dav/api/v1/direct", &format!("fileId={file}")).await;
    let read = read.data["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(upload(&world, &read, "a.txt", "x", "").await.status, 401);
    assert_eq!(world.stranger().get(&format!("/remote.php/direct/{address}")).await.status, 404);

    world.files.set_quota(&crate::common::user("alice"), Some(3)).await.unwrap();
    let full = upload(&world, &address, "a.txt", "more", "").await;
    assert_eq!(error(&full), (507, json!("insufficient quota")));
    world.clock.forward(3601);
    assert_eq!(upload(&world, &address, "a.txt", "x", "").await.status, 401);
}

#[tokio::test]
async fn only_folders_that_a_person_may_fill_have_an_address() {
    let (world, folder) = with_folder().await;
    let (alice, bob) = (world.alice(), world.bob());
    let missing = json!("folder not found or not enough permissions");
    assert_eq!(error(&token(&bob, folder).await), (404, missing.clone()));
    assert_eq!(error(&token(&alice, 4_000_000).await), (404, missing.clone()));
    alice.put(&format!("{FILES}/f"), "f").await;
    let file = id(&alice, &format!("{FILES}/f")).await;
    assert_eq!(error(&token(&alice, file).await), (404, missing.clone()));
    let share = "path=/p&shareType=0&shareWith=bob&permissions=1";
    let shared = alice.ocs("POST", "/apps/files_sharing/api/v1/shares", share).await;
    assert_eq!(error(&token(&bob, folder).await), (404, missing.clone()));
    let path = format!("/apps/files_sharing/api/v1/shares/{}", shared.data["id"].as_str().unwrap());
    alice.ocs("PUT", &path, "permissions=15").await;
    let address = token(&bob, folder).await.json()["token"].as_str().unwrap().to_owned();
    // What the person may not do any more, the address does not do.
    alice.ocs("PUT", &path, "permissions=1").await;
    let refused = upload(&world, &address, "a.txt", "x", "").await;
    assert_eq!(error(&refused), (404, missing));
    alice.ocs("PUT", &path, "permissions=15").await;
    world
        .accounts
        .set_status(&crate::common::user("bob"), allmende_accounts::Status::Disabled)
        .await
        .unwrap();
    assert_eq!(upload(&world, &address, "a.txt", "x", "").await.status, 401);

    let bad = alice.send("POST", &format!("{APP}/direct-upload-token"), &[], "folder_id=x").await;
    assert_eq!(bad.status, 400);
    assert_eq!(token(&world.stranger(), folder).await.status, 401);
    assert_eq!(alice.get(&format!("{APP}/direct-upload-token")).await.status, 405);
    assert_eq!(alice.get(&format!("{APP}/nothing")).await.status, 404);
    let (browser, _) = world.session("alice").await;
    let path = format!("{APP}/direct-upload-token");
    assert_eq!(browser.send("POST", &path, &[], "folder_id=1").await.status, 412);
}
