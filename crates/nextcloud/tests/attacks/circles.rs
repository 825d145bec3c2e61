//! Looking into circles that one is not in, and rising in those that one is in.

use crate::{
    common::World,
    setting::{BOB, SHARES, filled, person},
};

const CIRCLES: &str = "/apps/circles/circles";

/// A circle of alice and bob that nobody else may know of; its id and bob's membership.
async fn hidden(world: &World) -> (String, String) {
    let alice = world.alice();
    let made = alice.ocs("POST", CIRCLES, "name=Geheim").await;
    let id = made.data["id"].as_str().unwrap().to_owned();
    let form = "userId=bob&type=1";
    let bob = alice.ocs("POST", &format!("{CIRCLES}/{id}/members"), form).await;
    (id, bob.data["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn strangers_learn_nothing_of_a_hidden_circle() {
    let world = filled().await;
    let (id, bob) = hidden(&world).await;
    let carol = person(&world, "carol").await;
    let at = format!("{CIRCLES}/{id}");
    let none = format!("{CIRCLES}/{}", "x".repeat(31));
    for (method, rest, form) in [
        ("GET", "", ""),
        ("DELETE", "", ""),
        ("GET", "/members", ""),
        ("PUT", "/join", ""),
        ("PUT", "/leave", ""),
        ("PUT", "/name", "value=Mein"),
        ("PUT", "/description", "value=Mein"),
        ("PUT", "/config", "value=24"),
        ("POST", "/members", "userId=carol&type=1"),
        ("PUT", &format!("/members/{bob}"), ""),
        ("PUT", &format!("/members/{bob}/level"), "level=1"),
        ("PUT", &format!("/members/{bob}/level"), "level=77"),
        ("DELETE", &format!("/members/{bob}"), ""),
    ] {
        // The same word as for one that there is not.
        let there = carol.ocs(method, &format!("{at}{rest}"), form).await;
        let not = carol.ocs(method, &format!("{none}{rest}"), form).await;
        assert_eq!((there.code, &*there.message), (404, "Circle not found"), "{method} {rest}");
        assert_eq!((not.code, not.message), (there.code, there.message), "{method} {rest}");
    }
    assert_eq!(carol.ocs("GET", CIRCLES, "").await.data, serde_json::json!([]));
    for search in ["Geheim", "geh", "", &id] {
        let found = carol
            .ocs(
                "GET",
                &format!("/apps/files_sharing/api/v1/sharees?itemType=file&search={search}"),
                "",
            )
            .await;
        assert!(!found.data.to_string().contains(&id), "{search}");
    }
    // Nor is anything put before its members.
    let form = format!("path=/c.txt&shareType=7&shareWith={id}");
    assert_eq!(carol.put("/remote.php/dav/files/carol/c.txt", "spam").await.status, 201);
    let shared = carol.ocs("POST", SHARES, &form).await;
    assert_eq!((shared.code, &*shared.message), (404, "Please specify a valid team"));
    assert_eq!(world.bob().get(&format!("{BOB}/c.txt")).await.status, 404);
}

#[tokio::test]
async fn nobody_rises_above_who_raises_them() {
    let world = filled().await;
    let (id, own) = hidden(&world).await;
    let (alice, bob, carol) = (world.alice(), world.bob(), person(&world, "carol").await);
    let at = format!("{CIRCLES}/{id}");
    let form = "userId=carol&type=1";
    let added = alice.ocs("POST", &format!("{at}/members"), form).await;
    let other = added.data["id"].as_str().unwrap().to_owned();
    let owner = alice.ocs("GET", &at, "").await.data["owner"]["id"].as_str().unwrap().to_owned();
    let refused = async |level: &str, member: &str| {
        let path = format!("{at}/members/{member}/level");
        let answer = bob.ocs("PUT", &path, &format!("level={level}")).await;
        assert_eq!(answer.code, 400, "{level} {member}: {}", answer.message);
    };
    for level in ["4", "8", "9", "owner"] {
        refused(level, &own).await;
        refused(level, &other).await;
    }
    let raise = format!("{at}/members/{own}/level");
    assert_eq!(alice.ocs("PUT", &raise, "level=4").await.http, 200);
    for level in ["8", "9"] {
        refused(level, &own).await;
        refused(level, &other).await;
    }
    refused("1", &owner).await;
    for path in [format!("{at}/members/{owner}"), at.clone()] {
        assert_eq!(bob.ocs("DELETE", &path, "").await.code, 400, "{path}");
    }
    for (what, value) in [("name", "Mein"), ("description", "Mein"), ("config", "24")] {
        let answer = bob.ocs("PUT", &format!("{at}/{what}"), &format!("value={value}")).await;
        assert_eq!(answer.code, 400, "{what}");
    }
    // The membership of one circle is none of another.
    let mine = carol.ocs("POST", CIRCLES, "name=Mein").await;
    let mine = mine.data["id"].as_str().unwrap();
    let across = format!("{CIRCLES}/{mine}/members/{own}");
    let answer = carol.ocs("DELETE", &across, "").await;
    assert_eq!((answer.code, &*answer.message), (404, "Member not found"));
    assert_eq!(carol.ocs("PUT", &format!("{across}/level"), "level=1").await.code, 404);
    assert_eq!(bob.ocs("GET", &at, "").await.data["initiator"]["level"], 4);
}
