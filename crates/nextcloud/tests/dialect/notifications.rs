//! Notifications: what people are told, and how they put it away.

use allmende_events::{NewNotification, NotificationKind, Object, notify};
use allmende_sql::Batch;
use allmende_types::{Principal, Timestamp};
use serde_json::{Value, json};

use crate::common::{START, World, user};

const LIST: &str = "/apps/notifications/api/v2/notifications";

fn news(to: Principal, kind: NotificationKind, id: &str) -> NewNotification {
    let mut news = NewNotification::new(to, kind, Object::new("files_sharing", "local_share", id));
    news.at = Timestamp::from_unix(START);
    news.actor = Some(Principal::Person(user("alice")));
    news.details.insert("name".into(), "/Work/a.txt".into());
    news
}

async fn tell(world: &World, news: &NewNotification) {
    let mut batch = Batch::new();
    notify(&mut batch, news);
    world.sql.write(batch).await.unwrap();
}

fn ids(data: &Value) -> Vec<&str> {
    data.as_array().unwrap().iter().map(|one| one["object_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_notification_has_the_form_that_clients_read() {
    let world = World::new().await;
    let bob = world.bob();
    let to = Principal::Person(user("bob"));
    tell(&world, &news(to, NotificationKind::PendingShare, "17")).await;
    let list = bob.ocs("GET", LIST, "").await;
    let mut one = list.data[0].clone();
    let id = one["notification_id"].as_u64().unwrap();
    one["notification_id"] = json!(1);
    let base = "https://cloud.example.org";
    let link = format!("{base}/ocs/v2.php/apps/files_sharing/api/v1/shares/pending/17");
    let expected = json!({
        "notification_id": 1, "app": "files_sharing", "user": "bob",
        "datetime": "2027-01-15T08:00:00+00:00",
        "object_type": "local_share", "object_id": "17",
        "subject": "Alice wants to share a.txt with you", "message": "", "link": "",
        "subjectRich": "{user} wants to share {file} with you",
        "subjectRichParameters": {
            "user": {"type": "user", "id": "alice", "name": "Alice"},
            "file": {"type": "highlight", "id": "file", "name": "a.txt"},
        },
        "messageRich": "", "messageRichParameters": [],
        "icon": format!("{base}/core/img/logo.svg"), "shouldNotify": true,
        "actions": [
            {"label": "Accept", "link": link, "type": "POST", "primary": true},
            {"label": "Decline", "link": link, "type": "DELETE", "primary": false},
        ],
    });
    assert_eq!(one, expected);
    let german = bob.clone().with("accept-language", "de");
    let one = german.ocs("GET", &format!("{LIST}/{id}"), "").await;
    assert_eq!(one.data["subject"], "Alice möchte a.txt mit Ihnen teilen");
    assert_eq!(one.data["actions"][0]["label"], "Annehmen");
    let theirs = world.root().ocs("GET", &format!("{LIST}/{id}"), "").await;
    assert_eq!((theirs.http, &theirs.data), (404, &json!(null)));
}

#[tokio::test]
async fn notifications_are_put_away_one_by_one_or_all() {
    let world = World::new().await;
    let (bob, staff) = (world.bob(), "staff".parse().unwrap());
    world.accounts.create_group(&staff, "Staff").await.unwrap();
    let member = allmende_accounts::GroupRole::Member;
    for id in ["alice", "bob", "root"] {
        world.accounts.add_to_group(&staff, &user(id), member).await.unwrap();
    }
    let mut group = news(Principal::Group(staff), NotificationKind::IncomingGroupShare, "18");
    group.details.insert("group".into(), "staff".into());
    tell(&world, &news(Principal::Person(user("bob")), NotificationKind::IncomingShare, "17"))
        .await;
    tell(&world, &group).await;
    let list = bob.ocs("GET", LIST, "").await.data;
    assert_eq!(ids(&list), ["18", "17"]);
    assert_eq!(list[0]["subject"], "Alice shared a.txt with the group Staff");
    assert_eq!(ids(&world.root().ocs("GET", LIST, "").await.data), ["18"]);
    // She did it herself.
    assert_eq!(world.alice().ocs("GET", LIST, "").await.data, json!([]));

    let id = list[0]["notification_id"].as_u64().unwrap();
    let asked = format!("ids[]={id}&ids[]=99999");
    let exists = bob.ocs("POST", &format!("{LIST}/exists"), &asked).await;
    assert_eq!(exists.data, json!([id]));
    assert_eq!(world.alice().ocs("POST", &format!("{LIST}/exists"), &asked).await.data, json!([]));
    assert_eq!(bob.ocs("DELETE", &format!("{LIST}/{id}"), "").await.http, 200);
    assert_eq!(ids(&bob.ocs("GET", LIST, "").await.data), ["17"]);
    assert_eq!(bob.ocs("DELETE", LIST, "").await.http, 200);
    assert_eq!(bob.ocs("GET", LIST, "").await.data, json!([]));
    assert_eq!(ids(&world.root().ocs("GET", LIST, "").await.data), ["18"]);
}
