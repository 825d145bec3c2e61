//! What mobile clients show first: files that one may want next, and small views of the rest.

use allmende_events::Events;
use allmende_types::{EventKind, EventNode, NewEvent, NodeId, NodeShape, Principal, Stream};
use serde_json::{Value, json};

use crate::common::{Client, FILES, World, user};

const RECOMMENDED: &str = "/apps/recommendations/api/v1/recommendations";
const WIDGETS: &str = "/apps/dashboard/api/v1/widgets";
const ITEMS: &str = "/apps/dashboard/api/v2/widget-items";
const SHARES: &str = "/apps/files_sharing/api/v1/shares";

/// Names and reasons, in their order.
async fn recommended(client: &Client) -> Vec<(String, String)> {
    let answer = client.ocs("GET", RECOMMENDED, "").await;
    assert_eq!((answer.http, &answer.data["enabled"]), (200, &json!(true)));
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let all = answer.data["recommendations"].as_array().unwrap();
    all.iter().map(|one| (text(one, "name"), text(one, "reason"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test]
async fn what_was_done_of_late_is_recommended() {
    let world = World::in_database().await;
    let (alice, bob) = (world.alice(), world.bob());
    assert_eq!(recommended(&alice).await, []);
    alice.mkcol(&format!("{FILES}/Work")).await;
    alice.put(&format!("{FILES}/Work/old.png"), "1").await;
    world.clock.forward(10);
    alice.put(&format!("{FILES}/new.tar.gz"), "2").await;
    world.clock.forward(10);
    bob.put("/remote.php/dav/files/bob/theirs.txt", "3").await;
    bob.put("/remote.php/dav/files/bob/secret.txt", "4").await;
    let share = "path=/theirs.txt&shareType=0&shareWith=alice&permissions=1";
    assert_eq!(bob.ocs("POST", SHARES, share).await.http, 200);
    let expected = [
        ("theirs.txt", "recently-shared"),
        ("new.tar.gz", "recently-edited"),
        ("old.png", "recently-edited"),
    ];
    assert_eq!(recommended(&alice).await, pairs(&expected));
    // What one gives to others is no news to oneself.
    let edited = [("secret.txt", "recently-edited"), ("theirs.txt", "recently-edited")];
    assert_eq!(recommended(&bob).await, pairs(&edited));

    let list = alice.ocs("GET", &format!("{RECOMMENDED}/always"), "").await.data;
    let one = &list["recommendations"][2];
    let id: i64 = one["id"].as_str().unwrap().parse().unwrap();
    let expected = json!({
        "id": id.to_string(), "timestamp": 1_800_000_000, "name": "old.png", "directory": "/Work",
        "extension": "png", "mimeType": "image/png", "hasPreview": true,
        "reason": "recently-edited",
    });
    assert_eq!(*one, expected);

    // What was opened, where that is told.
    world.clock.forward(10);
    let node = world.tree.stat(&[NodeId(id)]).await.unwrap().remove(0).unwrap();
    let about = EventNode {
        space: node.space,
        node: node.id,
        parent: node.parent,
        name: "old.png".into(),
        shape: NodeShape::File,
        from: None,
    };
    let now = allmende_files::Clock::now(&*world.clock);
    let read = NewEvent::new(Stream::Reads(node.space), EventKind::FileRead, now).about(about);
    let events = Events::new(world.sql.clone());
    events.record(&read.clone().by(Some(Principal::Person(user("bob"))))).await.unwrap();
    assert_eq!(recommended(&alice).await[2].0, "old.png", "what others read is theirs");
    events.record(&read.by(Some(Principal::Person(user("alice"))))).await.unwrap();
    assert_eq!(recommended(&alice).await[0], pairs(&[("old.png", "recently-opened")])[0]);

    // What is gone is not recommended, whoever took it.
    let id = bob.ocs("GET", SHARES, "").await.data[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(bob.ocs("DELETE", &format!("{SHARES}/{id}"), "").await.http, 200);
    alice.delete(&format!("{FILES}/new.tar.gz")).await;
    assert_eq!(recommended(&alice).await, pairs(&[("old.png", "recently-opened")]));
    assert_eq!(world.stranger().ocs("GET", RECOMMENDED, "").await.http, 401);
}

#[tokio::test]
async fn views_and_their_entries() {
    let world = World::in_database().await;
    let (alice, bob) = (world.alice(), world.bob());
    let widgets = alice.ocs("GET", WIDGETS, "").await.data;
    let ids: Vec<&String> = widgets.as_object().unwrap().keys().collect();
    assert_eq!(ids, ["activity", "files-favorites", "recommendations", "user_status"]);
    let base = "https://cloud.example.org";
    let expected = json!({
        "id": "files-favorites", "title": "Favorite files", "order": 1,
        "icon_class": "icon-starred", "icon_url": format!("{base}/core/img/logo.svg"),
        "widget_url": format!("{base}/apps/files/"), "item_icons_round": false,
        "item_api_versions": [1, 2], "reload_interval": 0,
        "buttons": [
            {"type": "more", "text": "Show all files", "link": format!("{base}/apps/files/")},
        ],
    });
    assert_eq!(widgets["files-favorites"], expected);
    let items = alice.ocs("GET", ITEMS, "").await.data;
    assert_eq!(
        items["user_status"],
        json!({
            "items": [], "emptyContentMessage": "No recent status changes",
            "halfEmptyContentMessage": "",
        })
    );

    alice.put(&format!("{FILES}/a.txt"), "1").await;
    let mark = "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>";
    alice.proppatch(&format!("{FILES}/a.txt"), mark).await;
    let status = "/apps/user_status/api/v1/user_status";
    bob.ocs("PUT", &format!("{status}/status"), "statusType=busy").await;
    bob.ocs("PUT", &format!("{status}/message/custom"), "message=At%20work").await;
    alice.ocs("PUT", &format!("{status}/status"), "statusType=online").await;
    let items = alice.ocs("GET", ITEMS, "").await.data;
    let titles = |view: &str| -> Vec<&str> {
        let all = items[view]["items"].as_array().unwrap();
        all.iter().map(|item| item["title"].as_str().unwrap()).collect()
    };
    assert_eq!(titles("recommendations"), ["a.txt"]);
    assert_eq!(titles("files-favorites"), ["a.txt"]);
    assert_eq!(titles("activity"), ["You created a.txt"]);
    assert_eq!(titles("user_status"), ["Bob"], "one's own is no news");
    let bobs = json!({
        "subtitle": "At work", "title": "Bob", "link": format!("{base}/u/bob"),
        "iconUrl": format!("{base}/avatar/bob/64"), "overlayIconUrl": "",
        "sinceId": "1800000000",
    });
    assert_eq!(items["user_status"]["items"][0], bobs);

    // One view, in the older form, behind what is known.
    let path = "/apps/dashboard/api/v1/widget-items?widgets[]=user_status&limit=1";
    assert_eq!(alice.ocs("GET", path, "").await.data, json!({"user_status": [bobs]}));
    let path = format!("{path}&sinceIds[user_status]=1800000000");
    assert_eq!(alice.ocs("GET", &path, "").await.data, json!({"user_status": []}));

    // Who may not be listed is in no list.
    let key = "/apps/provisioning_api/api/v1/config/apps/core/\
               shareapi_restrict_user_enumeration_to_group";
    assert_eq!(world.root().ocs("POST", key, "value=yes").await.http, 200);
    let items = alice.ocs("GET", ITEMS, "").await.data;
    assert_eq!(items["user_status"]["items"], json!([]));
    let all = alice.ocs("GET", "/apps/user_status/api/v1/statuses", "").await.data;
    assert_eq!(all.as_array().unwrap().len(), 1, "one's own alone: {all}");
    let one = alice.ocs("GET", "/apps/user_status/api/v1/statuses/bob", "").await;
    assert_eq!(one.http, 200, "who is named in full is found");
}
