//! What clients ask of the core beside files: search, completion, profiles, preferences.

use serde_json::{Value, json};

use crate::common::{FILES, START, World};

#[tokio::test]
async fn files_are_found_by_their_names() {
    let world = World::new().await;
    let alice = world.alice();
    assert_eq!(alice.mkcol(&format!("{FILES}/Letters")).await, 201);
    for name in ["Letters/Letter%20to%20Bob.txt", "Letters/other.txt", "letter.png"] {
        assert_eq!(alice.put(&format!("{FILES}/{name}"), "x").await.status, 201);
    }
    world.bob().put("/remote.php/dav/files/bob/letter.txt", "x").await;
    let providers = alice.ocs("GET", "/search/providers", "").await;
    assert_eq!(providers.data[0]["id"], "files");
    let find = async |query: &str| {
        alice.ocs("GET", &format!("/search/providers/files/search?{query}"), "").await
    };
    let found = find("term=LETTER&limit=10").await.data;
    let entries = found["entries"].as_array().unwrap();
    let mut titles: Vec<_> = entries.iter().map(|entry| entry["title"].as_str().unwrap()).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Letter to Bob.txt", "Letters", "letter.png"]);
    let one = entries.iter().find(|entry| entry["title"] == "Letter to Bob.txt").unwrap();
    assert_eq!(
        (&one["subline"], &one["attributes"]["path"]),
        (&json!("in Letters"), &json!("/Letters/Letter to Bob.txt"))
    );
    let id = alice.prop(&format!("{FILES}/Letters/Letter%20to%20Bob.txt"), "oc:fileid").await;
    assert_eq!(one["attributes"]["fileId"].as_str(), id.as_deref());
    assert_eq!(one["resourceUrl"], format!("https://cloud.example.org/f/{}", id.unwrap()));

    let first = find("term=letter&limit=2").await.data;
    assert_eq!((first["entries"].as_array().unwrap().len(), &first["cursor"]), (2, &json!(2)));
    let second = find("term=letter&limit=2&cursor=2").await.data;
    assert_eq!(second["entries"].as_array().unwrap().len(), 1);
    assert_eq!(find("term=%25").await.data["entries"], json!([]));
    assert_eq!(find("term=").await.data["entries"], json!([]));
    assert_eq!(find("term=a&cursor=x").await.http, 400);
    let unknown = alice.ocs("GET", "/search/providers/mail/search?term=a", "").await;
    assert_eq!(unknown.http, 400);
}

#[tokio::test]
async fn a_search_is_narrowed() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.mkcol(&format!("{FILES}/Work")).await;
    alice.put(&format!("{FILES}/Work/a.png"), "1234567890").await;
    alice.put(&format!("{FILES}/a.txt"), "1").await;
    bob.mkcol("/remote.php/dav/files/bob/theirs").await;
    bob.put("/remote.php/dav/files/bob/theirs/a.md", "1").await;
    let share = "path=/theirs&shareType=0&shareWith=alice&permissions=1";
    let shares = "/apps/files_sharing/api/v1/shares";
    assert_eq!(bob.ocs("POST", shares, share).await.http, 200);
    world.clock.forward(86_400);
    alice.put(&format!("{FILES}/late.a"), "1").await;
    let mark = "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>";
    alice.proppatch(&format!("{FILES}/late.a"), mark).await;
    let providers = alice.ocs("GET", "/search/providers", "").await.data;
    assert_eq!(providers[0]["filters"]["since"], "datetime");
    assert_eq!(providers[0]["filters"]["person"], "person");
    let find = async |query: &str| -> Vec<String> {
        let path = format!("/search/providers/files/search?{query}&limit=20");
        let data = alice.ocs("GET", &path, "").await.data;
        let all = data["entries"].as_array().unwrap().iter();
        let mut titles: Vec<_> =
            all.map(|entry| entry["title"].as_str().unwrap().to_owned()).collect();
        titles.sort_unstable();
        titles
    };
    for (query, titles) in [
        ("term=a.&mime=image/%25", vec!["a.png"]),
        ("type=folder", vec!["Work", "theirs"]),
        ("term=a&type=file", vec!["a.md", "a.png", "a.txt", "late.a"]),
        ("term=a&since=2027-01-16", vec!["late.a"]),
        ("term=a.&until=1800000000", vec!["a.md", "a.png", "a.txt"]),
        ("term=a&path=/Work", vec!["a.png"]),
        ("term=a&path=/None", vec![]),
        ("min-size=10&type=file", vec!["a.png"]),
        ("term=a&max-size=9&path=/&mime=text/%25", vec!["a.md", "a.txt"]),
        ("person=bob", vec!["a.md", "theirs"]),
        ("term=a&person=bob", vec!["a.md"]),
        ("is-favorite=true", vec!["late.a"]),
        ("term=late&is-favorite=0", vec![]),
    ] {
        assert_eq!(find(query).await, titles, "{query}");
    }
    for wrong in ["since=soon", "min-size=big", "type=link", "is-favorite=maybe"] {
        let path = format!("/search/providers/files/search?term=a&{wrong}");
        assert_eq!(alice.ocs("GET", &path, "").await.http, 400, "{wrong}");
    }
    // A page of one person's ends where theirs does, and tells where to go on.
    let path = "/search/providers/files/search?person=alice&type=file&limit=1";
    let first = alice.ocs("GET", path, "").await.data;
    assert_eq!((&first["entries"][0]["title"], &first["cursor"]), (&json!("late.a"), &json!(1)));
    let second = alice.ocs("GET", &format!("{path}&cursor=1"), "").await.data;
    assert_ne!(second["entries"][0]["title"], "late.a");
}

#[tokio::test]
async fn names_are_completed() {
    let world = World::new().await;
    let root = world.root();
    root.ocs("POST", "/cloud/groups", "groupid=bobs&displayname=Bobs").await;
    let complete = async |query: &str| {
        let path = format!("/core/autocomplete/get?itemType=files&itemId=1&{query}");
        world.alice().ocs("GET", &path, "").await.data
    };
    let ids = |data: &Value| -> Vec<String> {
        data.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let found = complete("search=bo&shareTypes[]=0&shareTypes[]=1").await;
    assert_eq!(ids(&found), ["bob", "bobs"]);
    assert_eq!((&found[0]["source"], &found[1]["source"]), (&json!("users"), &json!("groups")));
    assert_eq!(found[0]["shareWithDisplayNameUnique"], "bob@example.org");
    assert_eq!(found[0]["status"], "");
    assert_eq!(ids(&complete("search=bo").await), ["bob"]);
    // Oneself is not there, and who is locked out is not either.
    assert_eq!(complete("search=alice").await, json!([]));
    world.bob().ocs("PUT", "/apps/user_status/api/v1/user_status/status", "statusType=dnd").await;
    assert_eq!(complete("search=bob%40example.org").await[0]["status"]["status"], "dnd");
    root.ocs("PUT", "/cloud/users/bob/disable", "").await;
    assert_eq!(complete("search=bo").await, json!([]));
}

#[tokio::test]
async fn a_profile_shows_what_its_owner_wants() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    let edit = async |key: &str, value: &str| {
        let form = format!("key={key}&value={value}");
        assert_eq!(bob.ocs("PUT", "/cloud/users/bob", &form).await.http, 200, "{form}");
    };
    edit("role", "Cook").await;
    edit("address", "Street+1").await;
    edit("timezone", "Europe%2FBerlin").await;
    edit("website", "https%3A%2F%2Fbob.example").await;
    let seen = async || alice.ocs("GET", "/profile/bob", "").await;
    let page = seen().await.data;
    assert_eq!((&page["userId"], &page["displayname"]), (&json!("bob"), &json!("Bob")));
    assert_eq!((&page["role"], &page["address"]), (&json!("Cook"), &json!("Street 1")));
    assert_eq!(
        (&page["timezone"], &page["timezoneOffset"]),
        (&json!("Europe/Berlin"), &json!(3600))
    );
    let targets: Vec<_> =
        page["actions"].as_array().unwrap().iter().map(|action| action["target"].clone()).collect();
    assert_eq!(targets, ["mailto:bob@example.org", "https://bob.example"]);

    edit("addressScope", "v2-private").await;
    let hide = bob.ocs("PUT", "/profile/bob", "paramId=email&visibility=hide").await;
    assert_eq!((hide.http, hide.data), (200, json!([])));
    let page = seen().await.data;
    assert_eq!((&page["address"], &page["actions"][0]["id"]), (&json!(null), &json!("website")));
    let foreign = alice.ocs("PUT", "/profile/bob", "paramId=email&visibility=show").await;
    assert_eq!(foreign.message, "People can only edit their own visibility settings");
    let unknown = bob.ocs("PUT", "/profile/bob", "paramId=x&visibility=show").await;
    assert_eq!(unknown.message, "Account does not have a profile parameter with ID: x");
    assert_eq!((foreign.http, unknown.http), (403, 400));

    edit("profile_enabled", "0").await;
    let none = seen().await;
    assert_eq!((none.http, none.data), (400, json!(null)));
    let nobody = alice.ocs("GET", "/profile/nobody", "").await;
    assert_eq!((nobody.http, nobody.data), (404, json!(null)));
}

#[tokio::test]
async fn preferences_are_those_that_are_known() {
    const CONFIG: &str = "/apps/provisioning_api/api/v1/config/users";
    let world = World::new().await;
    let alice = world.alice();
    for (method, path, form, http) in [
        ("POST", "/theming/primary_color", "configValue=%23fff", 200),
        ("POST", "/theming/primary_color", "configValue=white", 400),
        ("POST", "/core/lang", "configValue=de", 400),
        (
            "POST",
            "/theming",
            "configs[primary_color]=%23000&configs[force_enable_blur_filter]=no",
            200,
        ),
        ("POST", "/theming", "configs[primary_color]=%23000&configs[x]=y", 400),
        ("DELETE", "/theming/primary_color", "", 200),
        ("DELETE", "/theming/x", "", 400),
        ("DELETE", "/theming", "configKeys[]=shortcuts_disabled", 200),
        ("GET", "/theming/primary_color", "", 405),
    ] {
        let answer = alice.ocs(method, &format!("{CONFIG}{path}"), form).await;
        assert_eq!(answer.http, http, "{method} {path} {form}");
    }
    // None of it is shown to others, or as a field of the person.
    let me = alice.ocs("GET", "/cloud/user", "").await;
    assert!(!me.data.to_string().contains(".config"));
}

#[tokio::test]
async fn what_there_is_not_is_empty() {
    let world = World::new().await;
    let alice = world.alice();
    for (path, data) in [
        ("/apps/files/api/v1/directEditing", json!({"editors": [], "creators": []})),
        ("/apps/files/api/v1/templates", json!([])),
        ("/taskprocessing/tasktypes", json!({"types": []})),
        ("/textprocessing/tasktypes", json!({"types": []})),
        ("/text2image/is_available", json!({"isAvailable": false})),
        ("/translation/languages", json!({"languages": [], "languageDetection": false})),
        ("/references/providers", json!([])),
        (
            "/references/resolve?reference=https://a.example/",
            json!({"references": {"https://a.example/": null}}),
        ),
        ("/teams/resources/files/1", json!({"teams": []})),
        ("/collaboration/resources/file/1", json!([])),
    ] {
        let answer = alice.ocs("GET", path, "").await;
        assert_eq!((answer.http, answer.data), (200, data), "{path}");
        assert_eq!(world.stranger().ocs("GET", path, "").await.http, 401, "{path}");
    }
    // Clients take any success here for an application that is there.
    for path in [
        "/apps/terms_of_service/terms",
        "/apps/external/api/v1",
        "/core/whatsnew",
        "/privatedata/getattribute",
    ] {
        let answer = alice.ocs("GET", path, "").await;
        assert_eq!((answer.http, answer.code), (404, 998), "{path}");
    }
}

#[tokio::test]
async fn the_folders_of_a_folder() {
    let world = World::new().await;
    let alice = world.alice();
    for path in ["b", "a", "a/c", "a/c/d"] {
        assert_eq!(alice.mkcol(&format!("{FILES}/{path}")).await, 201);
    }
    alice.put(&format!("{FILES}/a/file"), "x").await;
    let ask = async |query: &str| {
        let path = format!("/ocs/v2.php/apps/files/api/v1/folder-tree{query}");
        alice.send("GET", &path, &[("ocs-apirequest", "true")], "").await
    };
    let names = |value: &Value| -> Vec<String> {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["basename"].as_str().unwrap().to_owned())
            .collect()
    };
    let top = ask("").await.json();
    assert_eq!(
        (names(&top), &top[0]["children"]),
        (vec!["a".to_owned(), "b".to_owned()], &json!([]))
    );
    let deep = ask("?path=/a&depth=9").await.json();
    assert_eq!(
        (names(&deep), names(&deep[0]["children"])),
        (vec!["c".to_owned()], vec!["d".to_owned()])
    );
    for missing in ["?path=/none", "?path=/a/file"] {
        let answer = ask(missing).await;
        assert_eq!((answer.status, answer.json()), (404, json!({"message": "Folder not found"})));
    }
}

#[tokio::test]
async fn a_file_is_edited_locally_with_a_token_for_one_use() {
    const OPEN: &str = "/apps/files/api/v1/openlocaleditor";
    let world = World::new().await;
    let alice = world.alice();
    let made = alice.ocs("POST", OPEN, "path=/a.txt").await.data;
    let token = made["token"].as_str().unwrap();
    assert_eq!((token.len(), &made["userId"]), (128, &json!("alice")));
    assert_eq!(made["expirationTime"], START + 600);
    let path = format!("{OPEN}/{token}");
    assert_eq!(alice.ocs("POST", &path, "path=/b.txt").await.http, 404);
    assert_eq!(world.bob().ocs("POST", &path, "path=/a.txt").await.http, 404);
    let used = alice.ocs("POST", &path, "path=/a.txt").await;
    assert_eq!((used.http, &used.data["pathHash"]), (200, &made["pathHash"]));
    assert_eq!(alice.ocs("POST", &path, "path=/a.txt").await.http, 404);
    let late = alice.ocs("POST", OPEN, "path=/a.txt").await.data;
    world.clock.forward(600);
    let late = format!("{OPEN}/{}", late["token"].as_str().unwrap());
    assert_eq!(alice.ocs("POST", &late, "path=/a.txt").await.http, 404);
}

#[tokio::test]
async fn passwords_are_made_up_and_judged() {
    const POLICY: &str = "/apps/password_policy/api/v1";
    let world = World::new().await;
    let alice = world.alice();
    let made = alice.ocs("GET", &format!("{POLICY}/generate"), "").await.data;
    let form = format!("password={}", made["password"].as_str().unwrap());
    let verdict = alice.ocs("POST", &format!("{POLICY}/validate"), &form).await.data;
    assert_eq!(verdict, json!({"passed": true}));
    let weak = alice.ocs("POST", &format!("{POLICY}/validate"), "password=x").await;
    let reason = "Password needs to be at least 10 characters long.";
    assert_eq!((weak.http, weak.data), (200, json!({"passed": false, "reason": reason})));
}

#[tokio::test]
async fn the_parts_of_the_server() {
    let world = World::new().await;
    let root = world.root();
    let all = root.ocs("GET", "/cloud/apps?filter=enabled", "").await.data;
    assert!(all["apps"].as_array().unwrap().contains(&json!("files")));
    assert_eq!(root.ocs("GET", "/cloud/apps?filter=disabled", "").await.data, json!({"apps": []}));
    let filter = root.ocs("GET", "/cloud/apps?filter=x", "").await;
    assert_eq!((filter.http, filter.code, &*filter.message), (400, 101, "Invalid filter"));
    assert_eq!(root.ocs("GET", "/cloud/apps/files", "").await.data["id"], "files");
    for method in ["GET", "POST"] {
        let none = root.ocs(method, "/cloud/apps/none", "").await;
        let expected = (404, 998, "The request app was not found");
        assert_eq!((none.http, none.code, &*none.message), expected, "{method}");
    }
    assert_eq!(root.ocs("POST", "/cloud/apps/files", "").await.http, 200);
    assert_eq!(root.ocs("DELETE", "/cloud/apps/files", "").await.http, 403);
    assert_eq!(root.ocs("DELETE", "/cloud/apps/none", "").await.http, 200);
    assert_eq!(world.alice().ocs("GET", "/cloud/apps", "").await.http, 403);
}

#[tokio::test]
async fn openproject_asks_for_files_by_their_ids() {
    const INFO: &str = "/apps/integration_openproject";
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/d")).await;
    alice.put(&format!("{FILES}/d/a.txt"), "12345").await;
    let id = async |path: &str| alice.prop(&format!("{FILES}/{path}"), "oc:fileid").await.unwrap();
    let (folder, file) = (id("d").await, id("d/a.txt").await);
    let one = alice.ocs("GET", &format!("{INFO}/fileinfo/{file}"), "").await.data;
    assert_eq!((&one["status"], &one["statuscode"]), (&json!("OK"), &json!(200)));
    assert_eq!((&one["path"], &one["mimetype"]), (&json!("files/d/a.txt"), &json!("text/plain")));
    assert_eq!((&one["owner_id"], &one["owner_name"]), (&json!("alice"), &json!("Alice")));
    assert_eq!((&one["size"], &one["dav_permissions"]), (&json!(5), &json!("RGDNVW")));
    let form = format!("fileIds[]={folder}&fileIds[]={file}&fileIds[]=999999");
    let many = alice.ocs("POST", &format!("{INFO}/filesinfo"), &form).await.data;
    assert_eq!(many[&folder]["path"], "files/d/");
    assert_eq!(many[&folder]["mimetype"], "application/x-op-directory");
    assert_eq!(many[&file]["name"], "a.txt");
    assert_eq!(many["999999"], json!({"status": "Not Found", "statuscode": 404}));
    let foreign = world.bob().ocs("GET", &format!("{INFO}/fileinfo/{file}"), "").await.data;
    assert_ne!(foreign["statuscode"], 200);
}

#[tokio::test]
async fn statuses_of_others_and_signs_of_life() {
    const STATUS: &str = "/apps/user_status/api/v1";
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    let beat = async |status: &str| {
        alice.ocs("PUT", &format!("{STATUS}/heartbeat"), &format!("status={status}")).await
    };
    assert_eq!(beat("online").await.data["status"], "online");
    assert_eq!(beat("dnd").await.http, 400);
    world.clock.forward(1);
    bob.ocs("PUT", &format!("{STATUS}/user_status/status"), "statusType=invisible").await;
    let list = alice.ocs("GET", &format!("{STATUS}/statuses"), "").await.data;
    let seen: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["userId"].as_str().unwrap(), one["status"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [("bob", "offline"), ("alice", "online")]);
    let page = alice.ocs("GET", &format!("{STATUS}/statuses?limit=1&offset=1"), "").await.data;
    assert_eq!(page[0]["userId"], "alice");
    // Who gives no more signs of life is away.
    world.clock.forward(15 * 60);
    let late = bob.ocs("GET", &format!("{STATUS}/statuses/alice"), "").await.data;
    assert_eq!(late["status"], "offline");
}
