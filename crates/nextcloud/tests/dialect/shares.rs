//! The sharing dialogs from outside: what is made, seen, changed and left, and each refusal.

use serde_json::{Value, json};

use crate::common::{Answer, Client, FILES, World};

const SHARES: &str = "/ocs/v2.php/apps/files_sharing/api/v1/shares";
const OCS: (&str, &str) = ("ocs-apirequest", "true");
const JSON: (&str, &str) = ("accept", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn call(client: &Client, method: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    client.send(method, path, &[OCS, JSON, FORM], form).await
}

fn data(answer: &Answer) -> Value {
    let answer: Value = serde_json::from_str(answer.text()).unwrap();
    answer["ocs"]["data"].clone()
}

fn message(answer: &Answer) -> String {
    let answer: Value = serde_json::from_str(answer.text()).unwrap();
    answer["ocs"]["meta"]["message"].as_str().unwrap_or_default().to_owned()
}

async fn share(client: &Client, form: &[(&str, &str)]) -> Value {
    let answer = call(client, "POST", SHARES, form).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    data(&answer)
}

/// alice's folder `d` with the file `a.txt`, and the file `i.txt`.
async fn filled() -> World {
    let world = World::new().await;
    let alice = world.alice();
    assert_eq!(alice.send("MKCOL", &format!("{FILES}/d"), &[], "").await.status, 201);
    for name in ["d/a.txt", "i.txt"] {
        assert_eq!(alice.send("PUT", &format!("{FILES}/{name}"), &[], "hello").await.status, 201);
    }
    world
}

#[tokio::test]
async fn a_share_with_a_person_has_every_field() {
    let world = filled().await;
    let alice = world.alice();
    let made = share(
        &alice,
        &[("path", "/i.txt"), ("shareType", "0"), ("shareWith", "bob"), ("note", "hi")],
    )
    .await;
    let id = made["id"].as_str().unwrap().to_owned();
    for (field, value) in [
        ("share_type", json!(0)),
        ("uid_owner", json!("alice")),
        ("displayname_owner", json!("Alice")),
        ("permissions", json!(19)),
        ("can_edit", json!(true)),
        ("can_delete", json!(true)),
        ("parent", Value::Null),
        ("expiration", Value::Null),
        ("token", Value::Null),
        ("uid_file_owner", json!("alice")),
        ("displayname_file_owner", json!("Alice")),
        ("note", json!("hi")),
        ("label", json!("")),
        ("path", json!("/i.txt")),
        ("item_type", json!("file")),
        ("item_permissions", json!(27)),
        ("is-mount-root", json!(false)),
        ("mount-type", json!("")),
        ("mimetype", json!("text/plain")),
        ("storage_id", json!("home::alice")),
        ("file_target", json!("/i.txt")),
        ("item_size", json!(5)),
        ("share_with", json!("bob")),
        ("share_with_displayname", json!("Bob")),
        ("mail_send", json!(1)),
        ("hide_download", json!(0)),
        ("attributes", Value::Null),
    ] {
        assert_eq!(made[field], value, "{field}: {made}");
    }
    assert!(made.get("url").is_none() && made.get("password").is_none());
    let got = data(&call(&alice, "GET", &format!("{SHARES}/{id}"), &[]).await);
    assert_eq!((got[0]["id"].clone(), got[0]["mail_send"].clone()), (json!(id), json!(0)));
    // The recipient sees it where it stands for them, and may leave but not edit it.
    let bob = world.bob();
    let received = data(&call(&bob, "GET", &format!("{SHARES}?shared_with_me=true"), &[]).await);
    let one = &received[0];
    assert_eq!(received.as_array().unwrap().len(), 1);
    for (field, value) in [
        ("id", json!(id)),
        ("path", json!("/i.txt")),
        ("file_target", json!("/i.txt")),
        ("storage_id", json!("shared::/i.txt")),
        ("mount-type", json!("shared")),
        ("is-mount-root", json!(true)),
        ("can_edit", json!(false)),
        ("can_delete", json!(true)),
    ] {
        assert_eq!(one[field], value, "{field}: {one}");
    }
    let mine = "/remote.php/dav/files/bob/i.txt";
    assert_eq!(bob.get(mine).await.text(), "hello");
    assert_eq!(bob.send("PUT", mine, &[], "changed").await.status, 204);
    assert_eq!(alice.get(&format!("{FILES}/i.txt")).await.text(), "changed");
    let edit = call(&bob, "PUT", &format!("{SHARES}/{id}"), &[("permissions", "31")]).await;
    assert_eq!(
        (edit.status, message(&edit).as_str()),
        (403, "You are not allowed to edit incoming shares")
    );
    // The same again is the same share.
    let again = share(&alice, &[("path", "i.txt"), ("shareType", "0"), ("shareWith", "bob")]).await;
    assert_eq!(again["id"], json!(id));
    // Less from now on.
    let less = call(&alice, "PUT", &format!("{SHARES}/{id}"), &[("permissions", "1")]).await;
    assert_eq!(data(&less)["permissions"], 1);
    assert_eq!(bob.send("PUT", mine, &[], "once more").await.status, 403);
    assert_eq!(call(&bob, "DELETE", &format!("{SHARES}/{id}"), &[]).await.status, 200);
    assert_eq!(bob.get(mine).await.status, 404);
    let gone = call(&alice, "GET", &format!("{SHARES}/{id}"), &[]).await;
    assert_eq!(
        (gone.status, message(&gone).as_str()),
        (404, "Wrong share ID, share does not exist")
    );
}

#[tokio::test]
async fn lists_follow_their_parameters() {
    let world = filled().await;
    let (alice, bob) = (world.alice(), world.bob());
    let folder = share(&alice, &[("path", "/d"), ("shareType", "0"), ("shareWith", "bob")]).await;
    let inner = share(&alice, &[("path", "/d/a.txt"), ("shareType", "3")]).await;
    let ids = async |client: &Client, query: &str| {
        let answer = call(client, "GET", &format!("{SHARES}{query}"), &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let all = data(&answer);
        let mut ids: Vec<String> = all
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    let (folder, inner) = (folder["id"].as_str().unwrap(), inner["id"].as_str().unwrap());
    assert_eq!(ids(&alice, "").await, [folder, inner]);
    assert_eq!(ids(&alice, "?path=/d").await, [folder]);
    assert_eq!(ids(&alice, "?path=d&subfiles=true").await, [inner]);
    assert_eq!(ids(&alice, "/inherited?path=/d/a.txt").await, [folder]);
    assert!(ids(&bob, "").await.is_empty());
    assert_eq!(ids(&bob, "?shared_with_me=true").await, [folder]);
    // What bob shares on, alice sees among the reshares.
    let on = share(&bob, &[("path", "/d/a.txt"), ("shareType", "3")]).await;
    let on = on["id"].as_str().unwrap();
    assert_eq!(ids(&alice, "?path=/d/a.txt").await, [inner]);
    assert_eq!(ids(&alice, "?path=/d/a.txt&reshares=true").await, [inner, on]);
    assert_eq!(ids(&bob, "").await, [on]);
    let file = call(&alice, "GET", &format!("{SHARES}?path=/i.txt&subfiles=true"), &[]).await;
    assert_eq!((file.status, message(&file).as_str()), (400, "Not a directory"));
    let none = call(&alice, "GET", &format!("{SHARES}?path=/none"), &[]).await;
    assert_eq!(
        (none.status, message(&none).as_str()),
        (404, "Wrong path, file/folder does not exist")
    );
}

#[tokio::test]
async fn each_refusal_has_its_code_and_words() {
    let world = filled().await;
    let alice = world.alice();
    for (form, status, words) in [
        ("shareType=0&shareWith=bob", 404, "Please specify a file or folder path"),
        ("path=/none&shareType=0&shareWith=bob", 404, "Wrong path, file/folder does not exist"),
        (
            "path=/d&shareType=0&shareWith=nobody",
            404,
            "Please specify a valid account to share with",
        ),
        ("path=/d&shareType=0", 404, "Please specify a valid account to share with"),
        ("path=/d&shareType=1&shareWith=none", 404, "Please specify a valid group"),
        ("path=/d&shareType=0&shareWith=alice", 403, "Cannot share with yourself"),
        ("path=/d&shareType=99&shareWith=bob", 400, "Unknown share type"),
        ("path=/d&shareWith=bob", 400, "Unknown share type"),
        (
            "path=/d&shareType=0&shareWith=bob&permissions=32",
            403,
            "Valid permissions are required for sharing",
        ),
        (
            "path=/d&shareType=0&shareWith=bob&expireDate=junk",
            404,
            "Invalid date. Format must be YYYY-MM-DD",
        ),
        (
            "path=/d&shareType=0&shareWith=bob&expireDate=2020-01-01",
            404,
            "Expiration date is in the past",
        ),
        ("path=/&shareType=0&shareWith=bob", 403, "You cannot share your root folder"),
        (
            "path=/i.txt&shareType=3&publicUpload=true",
            400,
            "Public upload is only possible for publicly shared folders",
        ),
        (
            "path=/d&shareType=3&permissions=2",
            400,
            "Share must at least have READ or CREATE permissions",
        ),
        (
            "path=/d&shareType=3&permissions=6",
            400,
            "Share must have READ permission if UPDATE or DELETE permission is set",
        ),
    ] {
        let answer = alice.send("POST", SHARES, &[OCS, JSON, FORM], form).await;
        assert_eq!((answer.status, message(&answer).as_str()), (status, words), "{form}");
        // Version 1 says the same in its own way.
        let first = SHARES.replace("v2", "v1");
        let answer = alice.send("POST", &first, &[OCS, JSON, FORM], form).await;
        assert_eq!((answer.status, message(&answer).as_str()), (200, words), "{form}");
    }
    let all = data(&call(&alice, "GET", SHARES, &[]).await);
    assert_eq!(all, json!([]), "nothing was shared");
    let link = share(&alice, &[("path", "/d"), ("shareType", "3")]).await;
    let one = format!("{SHARES}/{}", link["id"].as_str().unwrap());
    for (form, status, words) in [
        ("", 400, "Wrong or no update parameter given"),
        ("token=mine", 403, "Custom share link tokens have been disabled by the administrator"),
        ("permissions=2", 400, "Share must at least have READ or CREATE permissions"),
        ("expireDate=2020-01-01", 404, "Expiration date is in the past"),
    ] {
        let answer = alice.send("PUT", &one, &[OCS, JSON, FORM], form).await;
        assert_eq!((answer.status, message(&answer).as_str()), (status, words), "{form}");
    }
    // To strangers none of it exists.
    for method in ["GET", "PUT", "DELETE"] {
        let answer = call(&world.bob(), method, &one, &[("note", "x")]).await;
        assert_eq!(
            (answer.status, message(&answer).as_str()),
            (404, "Wrong share ID, share does not exist")
        );
    }
    let long = "x".repeat(256);
    let answer = call(&alice, "PUT", &one, &[("label", &long)]).await;
    assert_eq!((answer.status, message(&answer).as_str()), (400, "Maximum label length is 255"));
}

#[tokio::test]
async fn a_link_is_told_with_its_address() {
    let world = filled().await;
    let alice = world.alice();
    let link = share(
        &alice,
        &[
            ("path", "/d"),
            ("shareType", "3"),
            ("password", "Quite-a-secret-9"),
            ("label", "L"),
            ("expireDate", "2027-03-04"),
        ],
    )
    .await;
    let token = link["token"].as_str().unwrap();
    assert_eq!(token.len(), 15);
    for (field, value) in [
        ("url", json!(format!("https://cloud.example.org/s/{token}"))),
        ("permissions", json!(17)),
        ("share_with", json!("redacted")),
        ("share_with_displayname", json!("(Shared link)")),
        ("password", json!("redacted")),
        ("send_password_by_talk", json!(false)),
        ("expiration", json!("2027-03-04 23:59:59")),
        ("label", json!("L")),
    ] {
        assert_eq!(link[field], value, "{field}: {link}");
    }
    let one = format!("{SHARES}/{}", link["id"].as_str().unwrap());
    let clear =
        [("password", ""), ("expireDate", ""), ("publicUpload", "true"), ("hideDownload", "true")];
    let changed = data(&call(&alice, "PUT", &one, &clear).await);
    for (field, value) in [
        ("password", Value::Null),
        ("share_with", Value::Null),
        ("expiration", Value::Null),
        ("permissions", json!(31)),
        ("hide_download", json!(1)),
    ] {
        assert_eq!(changed[field], value, "{field}: {changed}");
    }
    // Each link is a new one.
    let second = share(&alice, &[("path", "/d"), ("shareType", "3")]).await;
    assert_ne!(second["id"], link["id"]);
    let drop = share(&alice, &[("path", "/d"), ("shareType", "3"), ("permissions", "4")]).await;
    assert_eq!(drop["permissions"], 4);
    let token = data(&call(&alice, "GET", &SHARES.replace("/shares", "/token"), &[]).await);
    assert_eq!(token["token"].as_str().unwrap().len(), 15);
}

#[tokio::test]
async fn a_group_share_is_left_and_taken_back() {
    let world = filled().await;
    let (root, alice, bob) = (world.root(), world.alice(), world.bob());
    let groups = "/ocs/v2.php/cloud/groups";
    assert_eq!(call(&root, "POST", groups, &[("groupid", "staff")]).await.status, 200);
    let join = "/ocs/v2.php/cloud/users/bob/groups";
    assert_eq!(call(&root, "POST", join, &[("groupid", "staff")]).await.status, 200);
    let made = share(&alice, &[("path", "/d"), ("shareType", "1"), ("shareWith", "staff")]).await;
    assert_eq!((&made["share_with"], &made["share_type"]), (&json!("staff"), &json!(1)));
    let file = "/remote.php/dav/files/bob/d/a.txt";
    assert_eq!(bob.get(file).await.text(), "hello");
    let received = data(&call(&bob, "GET", &format!("{SHARES}?shared_with_me=true"), &[]).await);
    assert_eq!(received[0]["can_delete"], false);
    let id = made["id"].as_str().unwrap();
    assert_eq!(call(&bob, "DELETE", &format!("{SHARES}/{id}"), &[]).await.status, 200);
    assert_eq!(bob.get(file).await.status, 404);
    let deleted = SHARES.replace("/shares", "/deletedshares");
    let left = data(&call(&bob, "GET", &deleted, &[]).await);
    assert_eq!(
        (&left[0]["id"], &left[0]["permissions"]),
        (&json!(format!("ocinternal:{id}")), &json!(0))
    );
    assert_eq!(call(&bob, "POST", &format!("{deleted}/ocinternal:{id}"), &[]).await.status, 200);
    assert_eq!(bob.get(file).await.text(), "hello");
    // Whoever leaves the group has it no more.
    assert_eq!(call(&root, "DELETE", join, &[("groupid", "staff")]).await.status, 200);
    assert_eq!(bob.get(file).await.status, 404);
}

#[tokio::test]
async fn recipients_are_found() {
    let world = filled().await;
    let sharees = "/ocs/v2.php/apps/files_sharing/api/v1/sharees";
    let alice = world.alice();
    let found =
        data(&call(&alice, "GET", &format!("{sharees}?search=bo&itemType=file"), &[]).await);
    assert_eq!(
        found["users"][0],
        json!({
            "label": "Bob", "subline": "", "icon": "icon-user",
            "value": {"shareType": 0, "shareWith": "bob"},
            "shareWithDisplayNameUnique": "bob@example.org", "status": [],
        })
    );
    for list in ["users", "groups", "remotes", "remote_groups", "emails", "circles", "rooms"] {
        assert!(found[list].is_array() && found["exact"][list].is_array(), "{list}");
    }
    assert_eq!((&found["lookup"], &found["lookupEnabled"]), (&json!([]), &json!(false)));
    let exact =
        data(&call(&alice, "GET", &format!("{sharees}?search=bob&itemType=file"), &[]).await);
    assert_eq!(exact["exact"]["users"][0]["value"]["shareWith"], "bob");
    assert_eq!(exact["users"], json!([]));
    let mail = data(
        &call(&alice, "GET", &format!("{sharees}?search=x@example.net&itemType=file"), &[]).await,
    );
    assert_eq!(
        mail["exact"]["emails"][0]["value"],
        json!({"shareType": 4, "shareWith": "x@example.net"})
    );
    let answer = call(&alice, "GET", &format!("{sharees}?search=bo"), &[]).await;
    assert_eq!((answer.status, message(&answer).as_str()), (400, "Missing itemType"));
    let recommended = sharees.replace("/sharees", "/sharees_recommended?itemType=file");
    share(&alice, &[("path", "/d"), ("shareType", "0"), ("shareWith", "bob")]).await;
    let found = data(&call(&alice, "GET", &recommended, &[]).await);
    assert_eq!(found["exact"]["users"][0]["value"]["shareWith"], "bob");
}
