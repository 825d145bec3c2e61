//! Team folders from outside: their administration.

use serde_json::{Value, json};

use crate::{
    common::{Answer, Client, World},
    team_rules::{rule, set_rules},
};

pub(crate) const FOLDERS: &str = "/index.php/apps/groupfolders/folders";
const APP: &str = "/index.php/apps/groupfolders";
const SPECIAL: &str = "Logged in user must be an admin, a sub admin or gotten special right to \
                       access this setting";

/// A call with JSON for an answer.
async fn call(client: &Client, method: &str, path: &str, form: &str) -> Answer {
    let headers = [
        ("ocs-apirequest", "true"),
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    client.send(method, path, &headers, form.to_owned()).await
}

/// The data of a call that succeeds.
pub(crate) async fn data(client: &Client, method: &str, path: &str, form: &str) -> Value {
    let answer = call(client, method, path, form).await;
    let whole = answer.json();
    assert_eq!((answer.status, &whole["ocs"]["meta"]["statuscode"]), (200, &json!(100)), "{whole}");
    whole["ocs"]["data"].clone()
}

/// The status and the message of a call that is refused without an envelope.
async fn plain(client: &Client, method: &str, path: &str, form: &str) -> (u16, String) {
    let answer = call(client, method, path, form).await;
    (answer.status, answer.json()["message"].as_str().unwrap_or("no message").to_owned())
}

/// What a call that is refused in the envelope of version 1 says.
async fn enveloped(client: &Client, method: &str, path: &str, form: &str) -> (u16, u64, String) {
    let answer = call(client, method, path, form).await;
    let meta = &answer.json()["ocs"]["meta"];
    let code = meta["statuscode"].as_u64().unwrap();
    (answer.status, code, meta["message"].as_str().unwrap().to_owned())
}

/// alice is in `staff` and bob is not.
pub(crate) async fn world() -> World {
    let world = World::new().await;
    let root = world.root();
    for group in ["staff", "other"] {
        let made = root.ocs("POST", "/cloud/groups", &format!("groupid={group}")).await;
        assert_eq!(made.http, 200);
    }
    assert_eq!(root.ocs("POST", "/cloud/users/alice/groups", "groupid=staff").await.http, 200);
    world
}

/// The folder `Team`, given to `staff`, with alice as the manager of its rules.
pub(crate) async fn team() -> (World, String) {
    let world = world().await;
    let root = world.root();
    let made = data(&root, "POST", FOLDERS, "mountpoint=Team").await;
    let one = format!("{FOLDERS}/{}", made["id"]);
    data(&root, "POST", &format!("{one}/groups"), "group=staff").await;
    data(&root, "POST", &format!("{one}/acl"), "acl=1").await;
    let manager = "mappingType=user&mappingId=alice&manageAcl=1";
    data(&root, "POST", &format!("{one}/manageACL"), manager).await;
    (world, one)
}

#[tokio::test]
async fn a_folder_is_made_given_changed_and_removed() {
    let world = world().await;
    let root = world.root();
    assert_eq!(data(&root, "GET", FOLDERS, "").await, json!([]));
    assert_eq!(data(&root, "GET", &format!("{FOLDERS}/count"), "").await, json!({ "count": 0 }));
    let made = data(&root, "POST", FOLDERS, "mountpoint=/Team1/").await;
    let id = made["id"].as_i64().unwrap();
    let bare = json!({
        "id": id, "mount_point": "Team1", "quota": -3, "acl": false,
        "acl_default_no_permission": false, "size": 0, "groups": [], "group_details": [],
        "manage": [],
    });
    assert_eq!(made, bare);
    let one = format!("{FOLDERS}/{id}");
    let given = data(&root, "POST", &format!("{one}/groups"), "group=staff").await;
    assert_eq!(given["success"], true);
    assert_eq!(given["folder"]["groups"], json!({ "staff": 31 }));
    assert_eq!(
        given["folder"]["group_details"],
        json!({ "staff": { "displayName": "staff", "permissions": 31, "type": "group" } })
    );
    let less = data(&root, "POST", &format!("{one}/groups/staff"), "permissions=1").await;
    assert_eq!(less["folder"]["groups"], json!({ "staff": 1 }));
    // A group that has not got it is passed over, to set and to remove.
    let other = data(&root, "POST", &format!("{one}/groups/other"), "permissions=1").await;
    assert_eq!(other["folder"]["groups"], json!({ "staff": 1 }));
    let other = data(&root, "DELETE", &format!("{one}/groups/other"), "").await;
    assert_eq!(other["folder"]["groups"], json!({ "staff": 1 }));
    let all = data(&root, "POST", &format!("{one}/groups/staff"), "permissions=31").await;
    assert_eq!(all["folder"]["groups"], json!({ "staff": 31 }));
    for (form, quota) in [
        ("quota=1000", 1000),
        ("quota=0", 0),
        ("quota=junk", 0),
        ("quota=-4", -3),
        ("quota=-1", -3),
        ("quota=-3", -3),
    ] {
        let set = data(&root, "POST", &format!("{one}/quota"), form).await;
        assert_eq!(set["folder"]["quota"], quota, "{form}");
    }
    let moved = data(&root, "PUT", &one, "mountPoint=Deep/Side").await;
    assert_eq!(moved["folder"]["mount_point"], "Deep/Side");
    let same = data(&root, "POST", &format!("{one}/mountpoint"), "mountpoint=Deep/Side").await;
    assert_eq!(same["folder"]["mount_point"], "Deep/Side");
    let alice = world.alice();
    let file = "/remote.php/dav/files/alice/Deep/Side/a.txt";
    assert_eq!(alice.put(file, "hello").await.status, 201);
    assert_eq!(data(&root, "GET", &one, "").await["size"], 5);
    assert_eq!(data(&root, "DELETE", &one, "").await, json!({ "success": true }));
    assert_eq!(alice.get(file).await.status, 404);
    assert_eq!(plain(&root, "GET", &one, "").await, (404, "Groupfolder not found".to_owned()));
    // What comes next has another number, and nothing of what was there.
    let next = data(&root, "POST", FOLDERS, "mountpoint=Deep/Side").await;
    assert!(next["id"].as_i64().unwrap() > id, "{next}");
    assert_eq!(next["size"], 0);
}

#[tokio::test]
async fn rules_are_switched_and_their_managers_named() {
    let (world, one) = team().await;
    let root = world.root();
    let shown = data(&root, "GET", &one, "").await;
    assert_eq!(shown["acl"], true);
    let alice = json!([{ "type": "user", "id": "alice", "displayname": "Alice" }]);
    assert_eq!(shown["manage"], alice);
    // The same again is no second one.
    let form = "mappingType=user&mappingId=alice&manageAcl=1";
    let again = data(&root, "POST", &format!("{one}/manageACL"), form).await;
    assert_eq!(again["folder"]["manage"], alice);
    let form = "mappingType=group&mappingId=staff&manageAcl=1";
    let more = data(&root, "POST", &format!("{one}/manageACL"), form).await;
    assert_eq!(more["folder"]["manage"].as_array().unwrap().len(), 2);
    let form = "mappingType=group&mappingId=staff&manageAcl=0";
    let fewer = data(&root, "POST", &format!("{one}/manageACL"), form).await;
    assert_eq!(fewer["folder"]["manage"], alice);
    let off = data(&root, "POST", &format!("{one}/acl"), "acl=0").await;
    assert_eq!((&off["folder"]["acl"], &off["folder"]["manage"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn lists_are_ordered_and_cut() {
    let world = world().await;
    let root = world.root();
    for (name, quota) in [("B", 3), ("A", 1), ("C", 2)] {
        let made = data(&root, "POST", FOLDERS, &format!("mountpoint={name}")).await;
        let path = format!("{FOLDERS}/{}/quota", made["id"]);
        data(&root, "POST", &path, &format!("quota={quota}")).await;
    }
    for (query, names) in [
        ("", vec!["A", "B", "C"]),
        ("?orderBy=mount_point&order=desc", vec!["C", "B", "A"]),
        ("?orderBy=quota", vec!["A", "C", "B"]),
        ("?orderBy=quota&order=desc&limit=1", vec!["B"]),
        ("?offset=1&limit=1", vec!["B"]),
        ("?offset=9", vec![]),
        ("?applicable=1", vec![]),
    ] {
        let list = data(&root, "GET", &format!("{FOLDERS}{query}"), "").await;
        let mut shown: Vec<(u64, String)> = list
            .as_object()
            .into_iter()
            .flatten()
            .map(|(id, folder)| {
                assert_eq!(*id, folder["id"].to_string());
                let name = folder["mount_point"].as_str().unwrap().to_owned();
                (folder["sortIndex"].as_u64().unwrap(), name)
            })
            .collect();
        shown.sort();
        let shown: Vec<&str> = shown.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(shown, names, "{query}");
    }
    let bad = |text: &str| (400, text.to_owned());
    for (query, text) in [
        ("?orderBy=id", "The orderBy is not allowed."),
        ("?order=up", "The order is not allowed."),
        ("?limit=0", "The limit must be greater than 0."),
    ] {
        assert_eq!(plain(&root, "GET", &format!("{FOLDERS}{query}"), "").await, bad(text));
    }
}

#[tokio::test]
async fn xml_has_a_form_of_its_own() {
    let (world, one) = team().await;
    let answer = world.root().send("GET", FOLDERS, &[("ocs-apirequest", "true")], "").await;
    let text = answer.text().replace("\n", "").replace("  ", " ");
    assert!(text.contains("<statuscode>100</statuscode>"), "{text}");
    let element = "<element group_id=\"staff\" permissions=\"31\" display-name=\"staff\" \
                   type=\"group\"/>";
    assert!(text.contains(element), "{text}");
    assert!(text.contains("<acl>1</acl>") && !text.contains("group_details"), "{text}");
    let answer = world.root().send("GET", &one, &[("ocs-apirequest", "true")], "").await;
    assert!(answer.text().contains("<mount_point>Team</mount_point>"), "{}", answer.text());
    assert!(!answer.text().contains("sortIndex"), "{}", answer.text());
}

#[tokio::test]
async fn what_is_refused_and_how() {
    let (world, one) = team().await;
    let root = world.root();
    let bad = |text: &str| (400, text.to_owned());
    data(&root, "POST", FOLDERS, "mountpoint=Second").await;
    for form in ["mountpoint=Team", "mountpoint=/Team", "mountpoint=%20Team/"] {
        assert_eq!(plain(&root, "POST", FOLDERS, form).await, bad("Mount point already exists"));
    }
    let dots = bad("Mount point cannot contain \"..\"");
    assert_eq!(plain(&root, "POST", FOLDERS, "mountpoint=a/../b").await, dots);
    // Everybody's whole home is nothing that one wants to give away.
    for form in ["mountpoint=", "mountpoint=/", "mountpoint=%20"] {
        assert_eq!(plain(&root, "POST", FOLDERS, form).await.0, 400, "{form}");
    }
    let taken = bad("Mount point already exists");
    assert_eq!(plain(&root, "PUT", &one, "mountPoint=Team").await, taken);
    assert_eq!(plain(&root, "PUT", &one, "mountPoint=Second").await, taken);
    let path = format!("{one}/mountpoint");
    assert_eq!(plain(&root, "POST", &path, "mountpoint=Second").await, taken);
    let twice = plain(&root, "POST", &format!("{one}/groups"), "group=staff").await;
    assert_eq!(twice, bad("Group already assigned to this Groupfolder"));
    for (method, path, form) in [
        ("GET", "", ""),
        ("DELETE", "", ""),
        ("PUT", "", "mountPoint=x"),
        ("POST", "/mountpoint", "mountpoint=x"),
        ("POST", "/groups", "group=staff"),
        ("POST", "/groups/staff", "permissions=1"),
        ("DELETE", "/groups/staff", ""),
        ("POST", "/quota", "quota=1"),
        ("POST", "/acl", "acl=1"),
        ("POST", "/manageACL", "mappingType=user&mappingId=alice&manageAcl=1"),
        ("GET", "/search", ""),
    ] {
        let missing = plain(&root, method, &format!("{FOLDERS}/999{path}"), form).await;
        assert_eq!(missing, (404, "Groupfolder not found".to_owned()), "{method} {path}");
    }
    for (method, path, form) in [
        ("POST", FOLDERS.to_owned(), ""),
        ("POST", format!("{one}/groups"), ""),
        ("POST", format!("{one}/quota"), ""),
        ("POST", format!("{one}/manageACL"), "mappingType=robot&mappingId=x&manageAcl=1"),
    ] {
        let incomplete = call(&root, method, &path, form).await;
        assert_eq!((incomplete.status, incomplete.text()), (400, ""), "{method} {path}");
    }
    let words = call(&root, "GET", &format!("{FOLDERS}/first"), "").await;
    assert_eq!(words.status, 405);
    // Only there, and only for those who are no forged page.
    for version in ["v1", "v2"] {
        let path = format!("/ocs/{version}.php/apps/groupfolders/folders");
        let answer = call(&root, "GET", &path, "").await;
        assert_eq!(answer.json()["ocs"]["meta"]["statuscode"], 998);
    }
    let forged = root.send("GET", FOLDERS, &[], "").await;
    assert_eq!((forged.status, forged.text()), (412, r#"{"message":"CSRF check failed"}"#));
    let stranger = call(&world.stranger(), "GET", FOLDERS, "").await;
    assert_eq!(
        (stranger.status, &stranger.json()["ocs"]["meta"]["statuscode"]),
        (401, &json!(997))
    );
    let nothing = call(&root, "GET", &format!("{APP}/nothing"), "").await;
    assert_eq!(nothing.status, 404);
}

#[tokio::test]
async fn who_does_not_administer_looks_at_their_own_only() {
    let (world, one) = team().await;
    let (root, alice, bob) = (world.root(), world.alice(), world.bob());
    data(&root, "POST", &format!("{one}/groups"), "group=other").await;
    let foreign = data(&root, "POST", FOLDERS, "mountpoint=Foreign").await;
    let foreign = format!("{FOLDERS}/{}", foreign["id"]);
    let list = data(&alice, "GET", FOLDERS, "").await;
    let folder = list.as_object().unwrap().values().next().unwrap();
    assert_eq!((list.as_object().unwrap().len(), &folder["groups"]), (1, &json!({ "staff": 31 })));
    assert_eq!(folder["manage"][0]["id"], "alice");
    assert_eq!(data(&alice, "GET", &one, "").await["groups"], json!({ "staff": 31 }));
    assert_eq!(plain(&alice, "GET", &foreign, "").await, (404, String::new()));
    assert_eq!(plain(&bob, "GET", &one, "").await, (404, String::new()));
    assert_eq!(data(&bob, "GET", FOLDERS, "").await, json!([]));
    assert_eq!(data(&bob, "GET", &format!("{FOLDERS}/count"), "").await, json!({ "count": 0 }));
    for (method, path, form) in [
        ("POST", FOLDERS.to_owned(), "mountpoint=Mine"),
        ("DELETE", one.clone(), ""),
        ("PUT", one.clone(), "mountPoint=x"),
        ("POST", format!("{one}/mountpoint"), "mountpoint=x"),
        ("POST", format!("{one}/groups"), "group=admin"),
        ("POST", format!("{one}/groups/staff"), "permissions=1"),
        ("DELETE", format!("{one}/groups/staff"), ""),
        ("POST", format!("{one}/quota"), "quota=1"),
        ("POST", format!("{one}/acl"), "acl=0"),
        ("POST", format!("{one}/manageACL"), "mappingType=user&mappingId=bob&manageAcl=1"),
        ("GET", format!("{APP}/delegation/groups"), ""),
        ("GET", format!("{APP}/delegation/authorized-groups"), ""),
    ] {
        // Also alice, who manages the rules of it.
        for client in [&alice, &bob] {
            let refused = enveloped(client, method, &path, form).await;
            assert_eq!(refused, (200, 403, SPECIAL.to_owned()), "{method} {path}");
        }
    }
    assert_eq!(data(&root, "GET", &one, "").await["groups"], json!({ "other": 31, "staff": 31 }));
    let made = root.ocs("GET", "/core/getapppassword", "").await;
    let client = world.person("root", made.data["apppassword"].as_str().unwrap());
    let text = "Password confirmation is required".to_owned();
    assert_eq!(enveloped(&client, "DELETE", &one, "").await, (200, 403, text));
}

#[tokio::test]
async fn administrators_hand_it_to_groups() {
    let (world, one) = team().await;
    let (root, alice, bob) = (world.root(), world.alice(), world.bob());
    assert_eq!(root.ocs("POST", "/cloud/users/bob/groups", "groupid=other").await.http, 200);
    let other = data(&root, "POST", FOLDERS, "mountpoint=Other").await;
    let other = format!("{FOLDERS}/{}", other["id"]);
    let handed = r#"{"OCA\\GroupFolders\\Settings\\Admin":["other"],
        "OCA\\GroupFolders\\Controller\\DelegationController":["staff"]}"#;
    let form =
        form_urlencoded::Serializer::new(String::new()).append_pair("value", handed).finish();
    let path = "/apps/provisioning_api/api/v1/config/apps/settings/authorized_groups";
    assert_eq!(root.ocs("POST", path, &form).await.http, 200);
    // bob may everything.
    let made = data(&bob, "POST", FOLDERS, "mountpoint=Bobs").await;
    data(&bob, "DELETE", &format!("{FOLDERS}/{}", made["id"]), "").await;
    assert_eq!(data(&bob, "GET", FOLDERS, "").await.as_object().unwrap().len(), 2);
    let groups = data(&bob, "GET", &format!("{APP}/delegation/groups"), "").await;
    let ids: Vec<&str> =
        groups.as_array().unwrap().iter().map(|g| g["gid"].as_str().unwrap()).collect();
    assert_eq!(ids, ["admin", "other", "staff"]);
    let class = "OCA%5CGroupFolders%5CSettings%5CAdmin";
    let path = format!("{APP}/delegation/authorized-groups?classname={class}");
    let holders = data(&root, "GET", &path, "").await;
    assert_eq!(holders, json!([{ "gid": "other", "displayName": "other" }]));
    // And sets the rules of every folder that is in their files.
    data(&root, "POST", &format!("{one}/groups"), "group=other").await;
    let theirs = "/remote.php/dav/files/bob/Team";
    assert_eq!(bob.prop(theirs, "nc:acl-can-manage").await.as_deref(), Some("1"));
    assert_eq!(set_rules(&bob, theirs, &rule("user", "bob", 2, 2)).await.status, 207);
    // alice may change what she manages.
    data(&alice, "POST", &format!("{one}/quota"), "quota=7").await;
    let refused = enveloped(&alice, "POST", &format!("{other}/quota"), "quota=7").await;
    assert_eq!(refused, (200, 403, SPECIAL.to_owned()));
    let refused = enveloped(&alice, "POST", FOLDERS, "mountpoint=Mine").await;
    assert_eq!(refused, (200, 403, SPECIAL.to_owned()));
    assert_eq!(data(&alice, "GET", FOLDERS, "").await.as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn who_can_be_named_in_rules_is_found_by_managers() {
    let (world, one) = team().await;
    let path = format!("{one}/search?search=");
    for client in [world.root(), world.alice()] {
        let found = data(&client, "GET", &path, "").await;
        assert_eq!(
            found,
            json!({
                "users": [{ "uid": "alice", "displayname": "Alice" }],
                "groups": [{ "gid": "staff", "displayname": "staff" }],
                "circles": [],
            })
        );
    }
    let none = json!({ "users": [], "groups": [], "circles": [] });
    assert_eq!(data(&world.bob(), "GET", &path, "").await, none);
    let nobody = data(&world.alice(), "GET", &format!("{one}/search?search=zz"), "").await;
    assert_eq!(nobody, none);
}
