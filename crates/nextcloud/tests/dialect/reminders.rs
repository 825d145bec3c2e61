//! Reminders of files.

use crate::common::{Client, FILES, World};

const API: &str = "/apps/files_reminders/api/v1";

async fn set(client: &Client, node: &str, due: &str) -> u16 {
    let due: String = form_urlencoded::byte_serialize(due.as_bytes()).collect();
    client.ocs("PUT", &format!("{API}/{node}"), &format!("dueDate={due}")).await.http
}

#[tokio::test]
async fn people_are_reminded_of_what_they_see() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    let path = format!("{FILES}/f");
    assert_eq!(alice.put(&path, "x").await.status, 201);
    let node = alice.prop(&path, "oc:fileid").await.unwrap();
    let get = async |client: &Client| {
        client.ocs("GET", &format!("{API}/{node}"), "").await.data["dueDate"].clone()
    };
    assert_eq!(get(&alice).await, serde_json::Value::Null);
    assert_eq!(alice.prop(&path, "nc:reminder-due-date").await.unwrap(), "");
    for (due, status) in [
        ("2027-01-15T07:59:59+00:00", 400),
        ("2027-01-15T08:00:00+00:00", 400),
        ("junk", 400),
        ("", 400),
        ("2027-01-15T09:00:00+00:00", 201),
        ("2027-01-16T10:00:00+01:00", 200),
    ] {
        assert_eq!(set(&alice, &node, due).await, status, "{due}");
    }
    assert_eq!(get(&alice).await, "2027-01-16T09:00:00+00:00");
    let shown = alice.prop(&path, "nc:reminder-due-date").await.unwrap();
    assert_eq!(shown, "2027-01-16T09:00:00+00:00");
    // Others learn nothing of it, and set nothing for what they do not see.
    assert_eq!(get(&bob).await, serde_json::Value::Null);
    for (client, node) in
        [(&bob, node.as_str()), (&alice, "9999"), (&alice, "18446744073709551615")]
    {
        assert_eq!(set(client, node, "2027-01-16T10:00:00+00:00").await, 404, "{node}");
    }
    let delete =
        async |client: &Client| client.ocs("DELETE", &format!("{API}/{node}"), "").await.http;
    assert_eq!(delete(&bob).await, 404);
    assert_eq!((delete(&alice).await, delete(&alice).await), (200, 404));
    assert_eq!(get(&alice).await, serde_json::Value::Null);
}
