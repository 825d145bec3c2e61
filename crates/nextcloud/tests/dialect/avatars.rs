//! Pictures that people choose, and the menu of contacts that shows them.

use serde_json::json;

use crate::common::{Answer, Client, World};

/// A red picture of 20 × 10 pixels.
fn red() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(20, 10, image::Rgb([200, 0, 0]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn upload(client: &Client, picture: &[u8]) -> Answer {
    let before = "--xyz\r\nContent-Disposition: form-data; name=\"files[]\"; filename=\"me.png\"\r\n\
                  Content-Type: image/png\r\n\r\n";
    let body = [before.as_bytes(), picture, b"\r\n--xyz--\r\n"].concat();
    let headers = [("content-type", "multipart/form-data; boundary=xyz")];
    client.send("POST", "/index.php/avatar/", &headers, body).await
}

#[tokio::test]
async fn a_picture_is_chosen_and_taken_back() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    let seen = async |path: &str| {
        let answer = bob.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        (answer.header("x-nc-iscustomavatar").unwrap().to_owned(), answer.body)
    };
    let (custom, drawn) = seen("/index.php/avatar/alice/64").await;
    assert_eq!(custom, "0");
    let done = upload(&alice, &red()).await;
    assert_eq!((done.status, done.json()), (200, json!({"status": "success"})));
    let (custom, chosen) = seen("/index.php/avatar/alice/64").await;
    assert_eq!(custom, "1");
    assert_ne!(chosen, drawn);
    // The other paths show the same one.
    assert_eq!(seen("/remote.php/dav/avatars/alice/64.png").await.1, chosen);
    assert_eq!(seen("/avatar/bob/64").await.0, "0");
    let answer = bob.get("/avatar/alice/512").await;
    let etag = answer.header("etag").unwrap().to_owned();
    let again = bob.send("GET", "/avatar/alice/512", &[("if-none-match", &etag)], "").await;
    assert_eq!(again.status, 304);

    let gone = alice.delete("/index.php/avatar/").await;
    assert_eq!((gone.status, gone.json()), (200, json!([])));
    assert_eq!(seen("/index.php/avatar/alice/64").await.1, drawn);
}

#[tokio::test]
async fn what_is_no_picture_changes_nothing() {
    let world = World::new().await;
    let alice = world.alice();
    for (picture, text) in [
        (&b"GIF89a"[..], "Unknown filetype"),
        (&red()[..30], "Invalid image"),
        (b"", "Unknown filetype"),
    ] {
        let answer = upload(&alice, picture).await;
        assert_eq!(answer.json()["data"]["message"], text);
    }
    let none = alice.send("POST", "/avatar", &[], "x").await;
    assert_eq!(
        (none.status, &none.json()["data"]["message"]),
        (400, &json!("No image or file provided"))
    );
    assert_eq!(upload(&world.stranger(), &red()).await.status, 401);
    // A page of another site can send a cookie along, and nothing else.
    let (browser, _) = world.session("alice").await;
    assert_eq!(upload(&browser, &red()).await.status, 412);
    assert_eq!(browser.delete("/avatar").await.status, 412);
    assert_eq!(alice.get("/avatar/alice/64").await.header("x-nc-iscustomavatar"), Some("0"));
}

#[tokio::test]
async fn the_menu_of_contacts() {
    let world = World::new().await;
    let alice = world.alice();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let ask = async |call: &str, body: &'static str| {
        alice.send("POST", &format!("/index.php/contactsmenu/{call}"), &form, body).await
    };
    let all = ask("contacts", "filter=").await.json();
    let names: Vec<_> =
        all["contacts"].as_array().unwrap().iter().map(|entry| entry["id"].clone()).collect();
    assert_eq!(
        (names, &all["contactsAppEnabled"]),
        (vec![json!("bob"), json!("root")], &json!(false))
    );
    let custom = "statusIcon=%F0%9F%90%8C&message=slow";
    let status = "/apps/user_status/api/v1/user_status/message/custom";
    world.root().ocs("PUT", status, custom).await;
    let all = ask("contacts", "filter=").await.json();
    assert_eq!(
        (&all["contacts"][0]["id"], &all["contacts"][0]["statusMessage"]),
        (&json!("root"), &json!("slow"))
    );
    let found = ask("contacts", "filter=BOB%40exa").await.json();
    let bob = &found["contacts"][0];
    assert_eq!(
        (&bob["fullName"], &bob["emailAddresses"]),
        (&json!("Bob"), &json!(["bob@example.org"]))
    );
    assert_eq!(bob["topAction"]["hyperlink"], "https://cloud.example.org/u/bob");
    assert_eq!(bob["profileUrl"], "https://cloud.example.org/u/bob");
    assert_eq!(bob["actions"][0]["hyperlink"], "mailto:bob@example.org");
    let one = ask("findOne", "shareType=0&shareWith=bob").await;
    assert_eq!((one.status, &one.json()["uid"]), (200, &json!("bob")));
    for body in ["shareType=0&shareWith=nobody", "shareType=6&shareWith=bob", "shareType=0"] {
        let none = ask("findOne", body).await;
        assert_eq!((none.status, none.json()), (404, json!([])), "{body}");
    }
    assert_eq!(alice.get("/index.php/contactsmenu/teams").await.json(), json!([]));
    assert_eq!(world.stranger().get("/contactsmenu/teams").await.status, 401);
}
