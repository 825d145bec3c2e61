//! App passwords: made, used, changed, taken back and wiped.

use crate::common::{FILES, PASSWORD, World};

async fn made(world: &World) -> String {
    let made = world.alice().ocs("GET", "/core/getapppassword", "").await;
    assert_eq!((made.http, made.code), (200, 200));
    let secret = made.data["apppassword"].as_str().unwrap().to_owned();
    assert!(secret.len() == 72 && secret.bytes().all(|b| b.is_ascii_alphanumeric()), "{secret}");
    secret
}

#[tokio::test]
async fn from_the_password() {
    let world = World::new().await;
    let secret = made(&world).await;
    for client in [world.person("alice", &secret), world.bearer(&secret)] {
        let answer = client.propfind(FILES, "0", "d:getetag").await;
        assert_eq!((answer.status, answer.header("x-user-id")), (207, Some("alice")));
        assert_eq!(client.ocs("GET", "/cloud/user", "").await.data["id"], "alice");
        let more = client.ocs("GET", "/core/getapppassword", "").await;
        assert_eq!(more.http, 403);
        let onetime = client.ocs("GET", "/core/getapppassword-onetime", "").await;
        assert_eq!((onetime.http, &*onetime.message), (403, "could not get one-time app password"));
    }
    // It is alice's, and nobody else's.
    assert_eq!(world.person("bob", &secret).propfind(FILES, "0", "d:href").await.status, 401);
    let wrong = world.bearer("nothing").propfind(FILES, "0", "d:href").await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.header("www-authenticate").unwrap().starts_with("Basic "));
}

#[tokio::test]
async fn rotated_and_revoked() {
    let world = World::new().await;
    let first = made(&world).await;
    let client = world.person("alice", &first);
    let rotated = client.ocs("POST", "/core/apppassword/rotate", "").await;
    let second = rotated.data["apppassword"].as_str().unwrap();
    assert!(second.len() == 72 && second != first);
    assert_eq!(client.propfind(FILES, "0", "d:getetag").await.status, 401);
    let client = world.person("alice", second);
    assert_eq!(client.propfind(FILES, "0", "d:getetag").await.status, 207);

    let real = world.alice().ocs("DELETE", "/core/apppassword", "").await;
    assert_eq!((real.http, &*real.message), (403, "no app password in use"));
    let gone = client.ocs("DELETE", "/core/apppassword", "").await;
    assert_eq!((gone.http, gone.data), (200, serde_json::json!([])));
    assert_eq!(client.propfind(FILES, "0", "d:getetag").await.status, 401);
    assert_eq!(client.ocs("GET", "/cloud/user", "").await.http, 401);
}

#[tokio::test]
async fn on_the_settings_page() {
    const TOKENS: &str = "/index.php/settings/personal/authtokens";
    let world = World::new().await;
    let alice = world.alice();
    let named = alice.send("POST", TOKENS, &[], "name=my+phone").await;
    assert_eq!(named.status, 200, "{}", named.text());
    let named = named.json();
    assert_eq!(named["loginName"], "alice");
    assert_eq!(named["deviceToken"]["name"], "my phone");
    assert_eq!(named["deviceToken"]["scope"]["filesystem"], true);
    let id = named["deviceToken"]["id"].as_i64().unwrap();
    let phone = world.person("alice", named["token"].as_str().unwrap());
    assert_eq!(phone.propfind(FILES, "0", "d:getetag").await.status, 207);

    // Without files it opens everything else.
    let scope = [("content-type", "application/json")];
    let body = "{\"name\":\"old phone\",\"scope\":{\"filesystem\":false}}";
    let put = alice.send("PUT", &format!("{TOKENS}/{id}"), &scope, body).await;
    assert_eq!((put.status, put.text()), (200, "[]"));
    assert!(matches!(phone.propfind(FILES, "0", "d:getetag").await.status, 403 | 404));
    assert_eq!(phone.ocs("GET", "/cloud/user", "").await.http, 200);
    let listed = alice.get(TOKENS).await.json();
    assert_eq!(listed[0]["name"], "old phone");
    assert_eq!(listed[0]["scope"]["filesystem"], false);

    // A browser in which someone signed in long ago makes none before it is told the
    // password once more.
    let (browser, cookie) = world.session("alice").await;
    world.clock.forward(30 * 60 + 1);
    assert_eq!(browser.send("POST", TOKENS, &[], "name=x").await.status, 412);
    let token = world.accounts.request_token(&cookie).unwrap();
    let browser = browser.with("requesttoken", token);
    assert_eq!(browser.send("POST", TOKENS, &[], "name=x").await.status, 403);
    let wrong = browser.send("POST", "/index.php/login/confirm", &[], "password=no").await;
    assert_eq!(wrong.status, 403);
    let body = format!("password={PASSWORD}");
    let confirmed = browser.send("POST", "/index.php/login/confirm", &[], body).await;
    assert_eq!(confirmed.json()["lastLogin"], 1_800_001_801);
    assert_eq!(browser.send("POST", TOKENS, &[], "name=x").await.status, 200);

    // Nobody touches those of others.
    let theirs = world.bob().delete(&format!("{TOKENS}/{id}")).await;
    assert_eq!(theirs.status, 404);
    assert_eq!(alice.delete(&format!("{TOKENS}/{id}")).await.status, 200);
    assert_eq!(phone.ocs("GET", "/cloud/user", "").await.http, 401);
    assert_eq!(alice.delete(&format!("{TOKENS}/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_lost_device_is_wiped() {
    let world = World::new().await;
    let secret = made(&world).await;
    let (alice, stranger) = (world.alice(), world.stranger());
    let check = async |token: &str| {
        let body = format!("token={token}");
        let answer = stranger.send("POST", "/index.php/core/wipe/check", &[], body).await;
        (answer.status, answer.text().to_owned())
    };
    let no = (404, "[]".to_owned());
    assert_eq!(check(&secret).await, no);
    assert_eq!(check("unknown").await, no);
    assert_eq!(check("").await, no);
    assert_eq!(stranger.get("/index.php/core/wipe/check").await.status, 405);

    let listed = alice.get("/index.php/settings/personal/authtokens").await.json();
    let id = listed[0]["id"].as_i64().unwrap();
    let wipe = format!("/index.php/settings/personal/authtokens/wipe/{id}");
    assert_eq!(alice.send("POST", &wipe, &[], "").await.status, 200);
    let device = world.person("alice", &secret);
    assert_eq!(device.propfind(FILES, "0", "d:getetag").await.status, 401);
    assert_eq!(device.ocs("GET", "/cloud/user", "").await.http, 401);
    assert_eq!(check(&secret).await, (200, "{\"wipe\":true}".to_owned()));
    let body = format!("token={secret}");
    let done = stranger.send("POST", "/index.php/core/wipe/success", &[], body.clone()).await;
    assert_eq!((done.status, done.text()), (200, "[]"));
    assert_eq!(check(&secret).await, no);
    let again = stranger.send("POST", "/index.php/core/wipe/success", &[], body).await;
    assert_eq!(again.status, 404);
}
