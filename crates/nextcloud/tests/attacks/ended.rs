//! What has ended or was disabled opens nothing: people, shares, links, app passwords, tokens
//! of programs, sessions, addresses.

use allmende_accounts::Status;

use crate::{
    common::{Client, FILES, World, user},
    setting::{BOB, FORM, SHARES, dav, encoded, filled, link, share},
};

/// Everything by which alice, or somebody because of her, gets at her files.
struct Ways {
    people: Vec<(&'static str, Client)>,
    anybody: Vec<(&'static str, &'static str, String)>,
}

/// Tokens of a program that alice let in.
async fn program(world: &World) -> String {
    let form = "name=x&redirectUri=https://op.example.org/";
    let made = world.root().send("POST", "/apps/oauth2/clients", &[FORM], form).await.json();
    let id = made["clientId"].as_str().unwrap();
    let (browser, cookie) = world.session("alice").await;
    let token = encoded(&world.accounts.request_token(&cookie).unwrap());
    let form = format!("client_id={id}&response_type=code&requesttoken={token}");
    let agreed = browser.send("POST", "/apps/oauth2/authorize", &[FORM], form).await;
    let code = agreed.header("location").unwrap().split("code=").nth(1).unwrap().to_owned();
    let secret = made["clientSecret"].as_str().unwrap();
    let form =
        format!("grant_type=authorization_code&code={code}&client_id={id}&client_secret={secret}");
    let tokens = world.stranger().send("POST", "/apps/oauth2/api/v1/token", &[FORM], form).await;
    tokens.json()["access_token"].as_str().unwrap().to_owned()
}

async fn ways(world: &World) -> Ways {
    let alice = world.alice();
    let made = alice.ocs("GET", "/core/getapppassword", "").await;
    let secret = made.data["apppassword"].as_str().unwrap().to_owned();
    let (browser, _) = world.session("alice").await;
    let program = program(world).await;
    let id = alice.prop(&format!("{FILES}/d/a.txt"), "oc:fileid").await.unwrap();
    let direct = alice.ocs("POST", "/apps/dav/api/v1/direct", &format!("fileId={id}")).await;
    let direct = direct.data["url"].as_str().unwrap().to_owned();
    let direct = direct.strip_prefix("https://cloud.example.org").unwrap().to_owned();
    let folder = alice.prop(&format!("{FILES}/d"), "oc:fileid").await.unwrap();
    let app = "/index.php/apps/integration_openproject";
    let given = alice
        .send("POST", &format!("{app}/direct-upload-token"), &[FORM], format!("folder_id={folder}"))
        .await
        .json();
    let given = format!("{app}/direct-upload/{}", given["token"].as_str().unwrap());
    let token = link(world, "").await;
    Ways {
        people: vec![
            ("password", alice),
            ("app password", world.person("alice", &secret)),
            ("bearer of it", world.bearer(&secret)),
            ("session", browser),
            ("program", world.bearer(&program)),
        ],
        anybody: vec![
            ("address to read", "GET", direct),
            ("address to write", "POST", given),
            ("link", "GET", dav(&token, "/a.txt")),
            ("page of a link", "GET", format!("/s/{token}")),
        ],
    }
}

#[tokio::test(start_paused = true)]
async fn a_disabled_person_is_nobody_in_any_way() {
    let world = filled().await;
    let ways = ways(&world).await;
    share(&world.alice(), "path=/d&shareType=0&shareWith=bob&permissions=31").await;
    let file = format!("{FILES}/d/a.txt");
    for (way, client) in &ways.people {
        assert_eq!(client.get(&file).await.text(), "inside", "{way}");
    }
    for (way, method, path) in &ways.anybody {
        let answer = world.stranger().send(method, path, &[], "").await;
        // The form for the address to write was no form, for which it has another code.
        assert!([200, 415].contains(&answer.status), "{way}: {}", answer.status);
    }
    world.accounts.set_status(&user("alice"), Status::Disabled).await.unwrap();
    for (way, client) in &ways.people {
        for (method, path) in
            [("GET", file.as_str()), ("PROPFIND", FILES), ("GET", "/index.php/f/7")]
        {
            let answer = client.send(method, path, &[("ocs-apirequest", "true")], "").await;
            assert!([401, 503].contains(&answer.status), "{way} {path}: {}", answer.status);
        }
        let ocs = client.ocs("GET", "/cloud/user", "").await;
        assert_eq!(ocs.http, 401, "{way}");
    }
    for (way, method, path) in &ways.anybody {
        let answer = world.stranger().send(method, path, &[], "").await;
        assert!([401, 404, 503].contains(&answer.status), "{way}: {}", answer.status);
    }
    // It comes back with all its ways but the ones that ended with a session.
    world.accounts.set_status(&user("alice"), Status::Enabled).await.unwrap();
    assert_eq!(world.alice().get(&file).await.text(), "inside");
}

#[tokio::test(start_paused = true)]
async fn a_removed_person_leaves_no_way() {
    let world = filled().await;
    let ways = ways(&world).await;
    share(&world.alice(), "path=/d&shareType=0&shareWith=bob&permissions=31").await;
    assert_eq!(world.bob().get(&format!("{BOB}/d/a.txt")).await.text(), "inside");
    assert_eq!(world.root().ocs("DELETE", "/cloud/users/alice", "").await.http, 200);
    for (way, client) in &ways.people {
        let answer = client.get(&format!("{FILES}/d/a.txt")).await;
        assert_eq!(answer.status, 401, "{way}");
    }
    for (way, method, path) in &ways.anybody {
        let answer = world.stranger().send(method, path, &[], "").await;
        assert!([401, 404, 503].contains(&answer.status), "{way}: {}", answer.status);
    }
    assert_eq!(world.bob().get(&format!("{BOB}/d/a.txt")).await.status, 404);
}

#[tokio::test]
async fn a_share_that_has_expired() {
    let world = filled().await;
    let form = "path=/d&shareType=0&shareWith=bob&permissions=31&expireDate=2027-01-20";
    share(&world.alice(), form).await;
    let bob = world.bob();
    assert_eq!(bob.get(&format!("{BOB}/d/a.txt")).await.text(), "inside");
    world.clock.forward(6 * 24 * 3600);
    // What was seen of shares a moment ago holds for two seconds, of this computer's own clock.
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    for (method, path) in [
        ("GET", "d/a.txt"),
        ("PUT", "d/a.txt"),
        ("PROPFIND", "d"),
        ("MKCOL", "d/new"),
        ("DELETE", "d"),
    ] {
        let answer = bob.send(method, &format!("{BOB}/{path}"), &[("depth", "0")], "").await;
        assert!([404, 409].contains(&answer.status), "{method} {path}: {}", answer.status);
    }
    let received = bob.ocs("GET", &format!("{SHARES}?shared_with_me=true"), "").await;
    assert_eq!(received.data, serde_json::json!([]));
    let listed = bob.propfind(&format!("{BOB}/"), "infinity", "d:getetag").await;
    assert!(!listed.text().contains("/bob/d/"), "{}", listed.text());
}

#[tokio::test]
async fn a_session_that_has_ended() {
    let world = filled().await;
    let (browser, cookie) = world.session("alice").await;
    let (other, _) = world.session("alice").await;
    let token = encoded(&world.accounts.request_token(&cookie).unwrap());
    assert_eq!(browser.get(&format!("/logout?requesttoken={token}")).await.status, 303);
    assert_eq!(browser.get(&format!("{FILES}/d/a.txt")).await.status, 401);
    assert_eq!(other.get(&format!("{FILES}/d/a.txt")).await.status, 200);
    // Another password ends the sessions that were opened by the old one.
    let form = "key=password&value=Another-good-pw-9";
    assert_eq!(world.alice().ocs("PUT", "/cloud/users/alice", form).await.http, 200);
    assert_eq!(other.get(&format!("{FILES}/d/a.txt")).await.status, 401);
    // And so does time.
    let (last, _) = world.session("bob").await;
    assert_eq!(last.get(&format!("{BOB}/own.txt")).await.status, 200);
    world.clock.forward(60 * 24 * 3600);
    assert_eq!(last.get(&format!("{BOB}/own.txt")).await.status, 401);
}

#[tokio::test]
async fn an_app_password_that_was_taken_back_or_is_without_files() {
    let world = filled().await;
    let alice = world.alice();
    let secrets = async || {
        let made = alice.ocs("GET", "/core/getapppassword", "").await;
        made.data["apppassword"].as_str().unwrap().to_owned()
    };
    let file = format!("{FILES}/d/a.txt");
    let client = world.person("alice", &secrets().await);
    assert_eq!(client.get(&file).await.status, 200);
    let listed = alice.get("/settings/personal/authtokens").await.json();
    let one = format!("/settings/personal/authtokens/{}", listed[0]["id"]);
    // Its own scope is not for itself to widen, nor another's to see.
    assert_eq!(world.bob().delete(&one).await.status, 404);
    let scope = r#"{"name":"x","scope":"{\"filesystem\":false}"}"#;
    let kind = [("content-type", "application/json")];
    assert_eq!(alice.send("PUT", &one, &kind, scope).await.status, 200);
    for (method, path) in [("GET", file.as_str()), ("PROPFIND", FILES), ("PUT", file.as_str())] {
        assert_eq!(client.send(method, path, &[], "x").await.status, 404, "{method} {path}");
    }
    // Nor by an address that others open: of a file, for an upload, of a link.
    let id = |of: &'static str| {
        let alice = &alice;
        async move { alice.prop(&format!("{FILES}/{of}"), "oc:fileid").await.unwrap() }
    };
    let (file_id, folder_id) = (id("d/a.txt").await, id("d").await);
    let direct = format!("fileId={file_id}");
    assert_eq!(client.ocs("POST", "/apps/dav/api/v1/direct", &direct).await.http, 404);
    let shared = "path=/d/a.txt&shareType=3";
    assert_eq!(client.ocs("POST", "/apps/files_sharing/api/v1/shares", shared).await.http, 404);
    assert_eq!(client.ocs("GET", "/apps/files_sharing/api/v1/shares", "").await.http, 404);
    let headers = [("ocs-apirequest", "true"), kind[0]];
    let upload = "/index.php/apps/integration_openproject/direct-upload-token";
    let body = format!("{{\"folder_id\":{folder_id}}}");
    assert_eq!(client.send("POST", upload, &headers, body.clone()).await.status, 404);
    assert_eq!(alice.send("POST", upload, &headers, body).await.status, 200);
    assert_eq!(alice.delete(&one).await.status, 200);
    assert_eq!(client.get(&file).await.status, 401);
    assert_eq!(alice.get(&file).await.text(), "inside");
}
