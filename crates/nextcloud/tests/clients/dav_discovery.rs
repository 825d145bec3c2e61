//! DAVx5 and Thunderbird: calendars and address books.
//!
//! Neither is kept here. What the clients ask at first is answered, so that they find out and say
//! so, and nothing is announced that is not there.

use crate::{
    common::World,
    read::{Item, ask},
};

/// What these clients look for, and why they find nothing.
const NOT_BUILT: &[(&str, &str)] = &[
    ("/remote.php/dav/calendars/alice/", "no calendars"),
    ("/remote.php/dav/addressbooks/users/alice/", "no address books"),
    ("/remote.php/dav/public-calendars/", "no calendars"),
    ("/remote.php/dav/system-calendars/", "no calendars"),
];

#[tokio::test]
async fn login() {
    let world = World::new().await;
    let client = world
        .stranger()
        .with("user-agent", "DAVx5/4.4.3-gplay (dav4jvm; okhttp/4.12.0) Android/14");
    let start = client.send("POST", "/index.php/login/v2", &[], "").await;
    assert_eq!(start.status, 200);
    let start = start.json();
    for address in [&start["login"], &start["poll"]["endpoint"]] {
        assert!(address.as_str().unwrap().starts_with("https://cloud.example.org/"));
    }
}

#[tokio::test]
async fn well_known_leads_to_the_root() {
    let world = World::new().await;
    for (path, method) in [
        ("/.well-known/caldav", "PROPFIND"),
        ("/.well-known/carddav", "PROPFIND"),
        ("/.well-known/caldav", "GET"),
    ] {
        let answer = world.stranger().send(method, path, &[("depth", "0")], "").await;
        let place = answer.header("location");
        assert_eq!(
            (answer.status, place),
            (301, Some("https://cloud.example.org/remote.php/dav/"))
        );
    }
}

#[tokio::test]
async fn the_root_names_the_principal() {
    let world = World::new().await;
    let client = world.alice();
    let body = "<propfind xmlns=\"DAV:\" xmlns:CAL=\"urn:ietf:params:xml:ns:caldav\" \
                xmlns:CARD=\"urn:ietf:params:xml:ns:carddav\"><prop><current-user-principal/>\
                <CARD:addressbook-home-set/><CAL:calendar-home-set/></prop></propfind>";
    let answer = client.send("PROPFIND", "/remote.php/dav/", &[("depth", "0")], body).await;
    let item = Item::all(&answer).remove(0);
    let href = "<d:href>/remote.php/dav/principals/users/alice/</d:href>";
    assert_eq!(item.prop("d:current-user-principal"), Some(href));
    // The home sets are 404 on the root, as on the original.
    assert_eq!(answer.text().matches("HTTP/1.1 404 Not Found").count(), 1, "{}", answer.text());
    let principal = ask(
        &client,
        "/remote.php/dav/principals/users/alice/",
        "0",
        "d:displayname d:resourcetype",
    )
    .await;
    let item = Item::all(&principal).remove(0);
    assert_eq!(item.prop("d:displayname"), Some("Alice"));
}

#[tokio::test]
async fn not_built() {
    let world = World::new().await;
    let client = world.alice();
    for (path, why) in NOT_BUILT {
        let answer = ask(&client, path, "0", "d:resourcetype").await;
        assert_eq!(answer.status, 404, "{path}: {why}");
    }
    let body = "<propfind xmlns=\"DAV:\" xmlns:CAL=\"urn:ietf:params:xml:ns:caldav\"><prop>\
                <CAL:calendar-home-set/></prop></propfind>";
    let path = "/remote.php/dav/principals/users/alice/";
    let answer = client.send("PROPFIND", path, &[("depth", "0")], body).await;
    assert!(!answer.text().contains("/remote.php/dav/calendars/"), "{}", answer.text());
    let root = client.send("OPTIONS", "/remote.php/dav/", &[], "").await;
    let classes = root.header("dav").unwrap_or_default();
    for class in ["calendar-access", "addressbook", "calendar-auto-schedule"] {
        assert!(!classes.split(',').any(|one| one.trim() == class), "{class}: {classes}");
    }
}
