//! What people say of themselves, and what the server tells them.

use serde_json::json;

use crate::common::{START, World};

const STATUS: &str = "/apps/user_status/api/v1/user_status";

#[tokio::test]
async fn a_status_is_set_and_cleared() {
    let world = World::new().await;
    let alice = world.alice();
    let never = alice.ocs("GET", STATUS, "").await;
    assert_eq!((never.http, &*never.message), (404, "No status for the current user"));
    let set = alice.ocs("PUT", &format!("{STATUS}/status"), "statusType=busy").await;
    assert_eq!(set.data["status"], "busy");
    let junk = alice.ocs("PUT", &format!("{STATUS}/status"), "statusType=asleep").await;
    assert_eq!(junk.http, 400);

    let message = format!("{STATUS}/message/predefined");
    let set = alice.ocs("PUT", &message, "messageId=meeting").await;
    assert_eq!(set.data["messageIsPredefined"], true);
    assert_eq!(set.data["messageId"], "meeting");
    assert_eq!(alice.ocs("PUT", &message, "messageId=sleeping").await.http, 400);
    let past = format!("messageId=meeting&clearAt={}", START - 1);
    assert_eq!(alice.ocs("PUT", &message, &past).await.http, 400);

    let custom = format!("statusIcon=%F0%9F%90%8C&message=slow&clearAt={}", START + 60);
    let set = alice.ocs("PUT", &format!("{STATUS}/message/custom"), &custom).await;
    assert_eq!((&set.data["message"], &set.data["icon"]), (&json!("slow"), &json!("🐌")));
    let seen = world.bob().ocs("GET", "/apps/user_status/api/v1/statuses/alice", "").await;
    assert_eq!((&seen.data["message"], &seen.data["status"]), (&json!("slow"), &json!("busy")));
    let none = world.alice().ocs("GET", "/apps/user_status/api/v1/statuses/bob", "").await;
    assert_eq!(none.http, 404);
    world.clock.forward(60);
    let now = alice.ocs("GET", STATUS, "").await.data;
    assert_eq!((&now["message"], &now["status"]), (&json!(null), &json!("busy")));
    let cleared = alice.ocs("DELETE", &format!("{STATUS}/message"), "").await;
    assert_eq!((cleared.http, &cleared.data), (200, &json!([])));
    let ready = alice.ocs("GET", "/apps/user_status/api/v1/predefined_statuses", "").await;
    assert_eq!(ready.data[0]["id"], "meeting");
    assert_eq!(ready.data[0]["clearAt"], json!({"type": "period", "time": 3600}));
    let beat = alice.ocs("PUT", "/apps/user_status/api/v1/heartbeat", "status=online").await;
    assert!(matches!(beat.http, 200 | 204));
    assert_eq!(alice.ocs("GET", STATUS, "").await.data["status"], "busy");
}

#[tokio::test]
async fn there_are_no_notifications() {
    const LIST: &str = "/apps/notifications/api/v2/notifications";
    let world = World::new().await;
    let alice = world.alice();
    let list = alice.ocs("GET", LIST, "").await;
    assert_eq!((list.http, &list.data), (200, &json!([])));
    let one = alice.ocs("GET", &format!("{LIST}/7"), "").await;
    assert_eq!((one.http, &one.data), (404, &json!(null)));
    for path in [LIST.to_owned(), format!("{LIST}/7")] {
        assert_eq!(alice.ocs("DELETE", &path, "").await.http, 200, "{path}");
    }
    assert_eq!(world.stranger().ocs("GET", LIST, "").await.http, 401);
}

#[tokio::test]
async fn people_are_shown_to_others() {
    let world = World::new().await;
    let alice = world.alice();
    let card = alice.ocs("GET", "/hovercard/v1/bob", "").await;
    assert_eq!((&card.data["userId"], &card.data["displayName"]), (&json!("bob"), &json!("Bob")));
    let page = &card.data["actions"][0];
    assert_eq!((&page["appId"], &page["title"]), (&json!("profile"), &json!("View profile")));
    assert_eq!(page["hyperlink"], "https://cloud.example.org/u/bob");
    let mail = &card.data["actions"][1];
    assert_eq!((&mail["appId"], &mail["title"]), (&json!("email"), &json!("bob@example.org")));
    assert_eq!(mail["hyperlink"], "mailto:bob@example.org");
    assert_eq!(alice.ocs("GET", "/hovercard/v1/nobody", "").await.http, 404);
    let found = "/core/autocomplete/get?search=bo&itemType=files&itemId=1&shareTypes%5B%5D=0";
    let found = alice.ocs("GET", found, "").await;
    assert_eq!(found.data[0]["id"], "bob");
    let apps = alice.ocs("GET", "/core/navigation/apps?absolute=true", "").await;
    assert_eq!((apps.http, apps.data.is_array()), (200, true));
}
