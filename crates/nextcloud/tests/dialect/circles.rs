//! Circles from outside: made, filled and shared with, as the contacts app and the sharing dialogs
//! do, and each refusal.

use serde_json::{Value, json};

use crate::common::{Client, FILES, Ocs, World};

const CIRCLES: &str = "/apps/circles/circles";
const SHARES: &str = "/apps/files_sharing/api/v1/shares";

async fn made(client: &Client, name: &str) -> String {
    let made = client.ocs("POST", CIRCLES, &format!("name={name}&personal=false&local=true")).await;
    assert_eq!(made.http, 200, "{}", made.message);
    made.data["id"].as_str().unwrap().to_owned()
}

async fn add(client: &Client, id: &str, who: &str) -> Value {
    let form = format!("userId={who}&type=1");
    let added = client.ocs("POST", &format!("{CIRCLES}/{id}/members"), &form).await;
    assert_eq!(added.http, 200, "{}", added.message);
    added.data
}

fn short(answer: &Ocs) -> (u64, &str) {
    (answer.code, answer.message.as_str())
}

#[tokio::test]
async fn a_circle_has_every_field() {
    let world = World::new().await;
    let alice = world.alice();
    let made = alice.ocs("POST", CIRCLES, "name=Umbau/Rathaus").await.data;
    let owner = json!({
        "id": made["owner"]["id"], "circleId": made["id"], "singleId": made["owner"]["singleId"],
        "userId": "alice", "userType": 1, "instance": "", "local": true, "level": 9,
        "status": "Member", "displayName": "Alice", "displayUpdate": 0, "notes": [],
        "contactId": "", "contactMeta": "", "joined": made["creation"],
    });
    let all = json!({
        "id": made["id"], "name": "Umbau/Rathaus", "displayName": "Umbau/Rathaus",
        "sanitizedName": "Umbau-Rathaus", "source": 16, "population": 1, "config": 0,
        "description": "", "url": "", "creation": made["creation"],
        "initiator": owner, "owner": owner,
    });
    assert_eq!(made, all);
    let id = made["id"].as_str().unwrap();
    assert_eq!(id.len(), 31);
    assert_eq!(alice.ocs("GET", &format!("{CIRCLES}/{id}"), "").await.data, all);
    assert_eq!(alice.ocs("GET", CIRCLES, "").await.data, json!([all]));
    for (what, value, field) in [
        ("name", "Neubau", "displayName"),
        ("description", "Bis+2030", "description"),
        ("config", "24", "config"),
    ] {
        let path = format!("{CIRCLES}/{id}/{what}");
        let put = alice.ocs("PUT", &path, &format!("value={value}")).await;
        assert_eq!(put.http, 200, "{}", put.message);
        let told = put.data[field].to_string().replace('"', "");
        assert_eq!(told, value.replace('+', " "));
    }
    let bad = alice.ocs("PUT", &format!("{CIRCLES}/{id}/config"), "value=512").await;
    assert_eq!(short(&bad), (400, "Configuration value is not valid"));
    let gone = alice.ocs("DELETE", &format!("{CIRCLES}/{id}"), "").await;
    assert_eq!((gone.http, &gone.data["name"]), (200, &json!("Neubau")));
    let none = alice.ocs("GET", &format!("{CIRCLES}/{id}"), "").await;
    assert_eq!(short(&none), (404, "Circle not found"));
}

#[tokio::test]
async fn members_come_rise_and_go() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    let id = made(&alice, "Umbau").await;
    let at = format!("{CIRCLES}/{id}");
    let member = add(&alice, &id, "bob").await;
    assert_eq!((&member["level"], &member["invitedBy"]["userId"]), (&json!(1), &json!("alice")));
    let member = member["id"].as_str().unwrap();
    let again = alice.ocs("POST", &format!("{at}/members"), "userId=bob&type=1").await;
    assert_eq!(short(&again), (122, "Already member of the circle"));
    let nobody = alice.ocs("POST", &format!("{at}/members"), "userId=nobody&type=1").await;
    assert_eq!(short(&nobody), (120, "Unknown entity"));
    let nested = alice.ocs("POST", &format!("{at}/members"), &format!("userId={id}&type=16")).await;
    assert_eq!(short(&nested), (120, "Unknown entity"));
    let level = format!("{at}/members/{member}/level");
    let high = bob.ocs("PUT", &level, "level=8").await;
    assert_eq!(short(&high), (400, "Insufficient rights"));
    let none = alice.ocs("PUT", &level, "level=5").await;
    assert_eq!(short(&none), (121, "Available levels: 1, 4, 8, 9"));
    assert_eq!(alice.ocs("PUT", &level, "level=moderator").await.data["level"], 4);
    let list = bob.ocs("GET", &format!("{at}/members"), "").await.data;
    let levels: Vec<_> = list.as_array().unwrap().iter().map(|of| &of["level"]).collect();
    assert_eq!((levels.len(), levels.contains(&&json!(4))), (2, true));
    let owner = alice.ocs("PUT", &format!("{at}/leave"), "").await;
    assert_eq!(short(&owner), (400, "Member cannot be Owner"));
    assert_eq!(bob.ocs("PUT", &format!("{at}/leave"), "").await.http, 200);
    let closed = bob.ocs("PUT", &format!("{at}/join"), "").await;
    assert_eq!(short(&closed), (404, "Circle not found"));
    alice.ocs("PUT", &format!("{at}/config"), "value=88").await;
    assert_eq!(bob.ocs("PUT", &format!("{at}/join"), "").await.data["status"], "Requesting");
    let asks = alice.ocs("GET", &format!("{at}/members"), "").await.data;
    let asks = asks.as_array().unwrap().iter().find(|of| of["userId"] == "bob").unwrap();
    let confirm = format!("{at}/members/{}", asks["id"].as_str().unwrap());
    assert_eq!(alice.ocs("PUT", &confirm, "").await.data["level"], 1);
    let removed = alice.ocs("DELETE", &confirm, "").await;
    assert_eq!((removed.http, removed.data), (200, json!([])));
}

#[tokio::test]
async fn a_circle_is_found_and_shared_with() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    assert_eq!(alice.mkcol(&format!("{FILES}/d")).await, 201);
    assert_eq!(alice.put(&format!("{FILES}/d/a.txt"), "hello").await.status, 201);
    let id = made(&alice, "Umbau").await;
    add(&alice, &id, "bob").await;
    let sharees = "/apps/files_sharing/api/v1/sharees?itemType=file&shareType[]=7&search=";
    let found = alice.ocs("GET", &format!("{sharees}umb"), "").await.data;
    let hit = json!([{ "label": "Umbau", "value": { "shareType": 7, "shareWith": id } }]);
    assert_eq!((&found["circles"], &found["exact"]["circles"]), (&hit, &json!([])));
    let found = alice.ocs("GET", &format!("{sharees}umbau"), "").await.data;
    assert_eq!((&found["circles"], &found["exact"]["circles"]), (&json!([]), &hit));
    let before = bob.etag("/remote.php/dav/files/bob").await;
    let form = format!("path=/d&shareType=7&shareWith={id}&permissions=1");
    let share = alice.ocs("POST", SHARES, &form).await;
    assert_eq!(share.http, 200, "{}", share.message);
    assert_eq!((&share.data["share_type"], &share.data["share_with"]), (&json!(7), &json!(id)));
    assert_eq!(share.data["share_with_displayname"], "Umbau");
    assert_eq!(bob.get("/remote.php/dav/files/bob/d/a.txt").await.text(), "hello");
    let then = bob.etag("/remote.php/dav/files/bob").await;
    assert_ne!(before, then);
    // A write changes the root of each member.
    assert!(alice.put(&format!("{FILES}/d/a.txt"), "anew").await.status < 300);
    assert_ne!(bob.etag("/remote.php/dav/files/bob").await, then);
    let told = bob.ocs("GET", "/apps/notifications/api/v2/notifications", "").await.data;
    assert_eq!(told[0]["subject"], "Alice shared d with a team that you are in");
    let unknown = alice.ocs("POST", SHARES, "path=/d&shareType=7&shareWith=nothing").await;
    assert_eq!(short(&unknown), (404, "Please specify a valid team"));
    assert_eq!(alice.ocs("DELETE", &format!("{CIRCLES}/{id}"), "").await.http, 200);
    assert_eq!(bob.get("/remote.php/dav/files/bob/d/a.txt").await.status, 404);
    assert_eq!(alice.ocs("GET", SHARES, "").await.data, json!([]));
}

#[tokio::test]
async fn what_clients_are_told_of_circles() {
    let world = World::new().await;
    let told = world.alice().ocs("GET", "/cloud/capabilities", "").await.data;
    let circles = &told["capabilities"]["circles"];
    assert_eq!(circles["settings"]["membersLimit"], 5000);
    assert_eq!(circles["circle"]["constants"]["flags"]["8"], "Visible");
    assert_eq!(circles["member"]["constants"]["level"]["9"], "Owner");
    assert!(circles["circle"]["constants"]["flags"].get("32768").is_none());
}
