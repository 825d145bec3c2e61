//! How people prove who they are, and what those hear who cannot.

use allmende_accounts::{Credentials, Status};

use crate::common::{CLIENT, FILES, PASSWORD, World, user};

const OCS_USER: &str = "/ocs/v2.php/cloud/user?format=json";
const OCS: (&str, &str) = ("ocs-apirequest", "true");

#[tokio::test]
async fn names_and_passwords() {
    let world = World::new().await;
    for login in ["alice", "ALICE", "alice@example.org"] {
        let answer = world.person(login, PASSWORD).propfind(FILES, "0", "d:getetag").await;
        assert_eq!((answer.status, answer.header("x-user-id")), (207, Some("alice")), "{login}");
    }
    let listed = world.stranger().propfind(FILES, "0", "d:getetag").await;
    assert_eq!((listed.status, listed.error().0), (401, "Sabre\\DAV\\Exception\\NotAuthenticated"));
    let challenge = "Basic realm=\"Nextcloud\", charset=\"UTF-8\"";
    assert_eq!(listed.header("www-authenticate"), Some(challenge));
    let wrong = world.person("alice", "wrong").propfind(FILES, "0", "d:getetag").await;
    assert_eq!((wrong.status, wrong.header("www-authenticate")), (401, Some(challenge)));
    let script = world.stranger().with("x-requested-with", "XMLHttpRequest");
    let script = script.propfind(FILES, "0", "d:getetag").await;
    assert_eq!(script.header("www-authenticate"), Some("DummyBasic realm=\"Nextcloud\""));
    let options = world.stranger().send("OPTIONS", FILES, &[], "").await;
    assert_eq!(options.status, 401);
}

#[tokio::test]
async fn ocs_refuses_in_its_own_words() {
    let world = World::new().await;
    let none = world.stranger().ocs("GET", "/cloud/user", "").await;
    assert_eq!((none.http, none.code), (401, 997));
    assert_eq!(none.message, "Current user is not logged in");
    let none = world.stranger().send("GET", OCS_USER, &[OCS], "").await;
    assert_eq!(none.header("www-authenticate"), None);
    let wrong = world.person("alice", "wrong").send("GET", OCS_USER, &[OCS], "").await;
    assert_eq!(wrong.status, 401);
    let challenge = "Basic realm=\"Authorisation Required\"";
    assert_eq!(wrong.header("www-authenticate"), Some(challenge));
    assert_eq!(wrong.json()["ocs"]["meta"]["message"], "Unauthorised");
    // Version 1 tells this one by the status too.
    let old = world.stranger().send("GET", "/ocs/v1.php/cloud/user", &[OCS], "").await;
    assert_eq!(old.status, 401);
}

#[tokio::test]
async fn disabled_people() {
    let world = World::new().await;
    let alice = world.alice();
    assert_eq!(alice.propfind(FILES, "0", "d:getetag").await.status, 207);
    world.accounts.set_status(&user("alice"), Status::Disabled).await.unwrap();
    let files = alice.propfind(FILES, "0", "d:getetag").await;
    assert_eq!(files.status, 503);
    assert_eq!(
        files.error(),
        (
            "Sabre\\DAV\\Exception\\ServiceUnavailable",
            "OC\\User\\DisabledUserException: Account disabled"
        )
    );
    let ocs = alice.ocs("GET", "/cloud/user", "").await;
    assert_eq!((ocs.http, ocs.code), (401, 997));
    world.accounts.set_status(&user("alice"), Status::Enabled).await.unwrap();
    assert_eq!(alice.propfind(FILES, "0", "d:getetag").await.status, 207);
}

#[tokio::test]
async fn guessing_is_stopped() {
    let world = World::new().await;
    for _ in 0..11 {
        // The service would wait for seconds; the accounts only say how long.
        let guess = Credentials::Basic { login: "alice", secret: "guess" };
        let now = world.files.now();
        assert!(world.accounts.authenticate(guess, CLIENT, now).await.is_err());
    }
    let blocked = world.person("alice", "guess").propfind(FILES, "0", "d:getetag").await;
    assert_eq!(blocked.status, 429);
    assert!(blocked.text().contains("too many requests"), "{}", blocked.text());
    assert_eq!(blocked.header("retry-after"), Some("1800"));
    let ocs = world.person("alice", "guess").send("GET", OCS_USER, &[OCS], "").await;
    assert_eq!((ocs.status, ocs.header("retry-after")), (429, Some("1800")));
    // Who shows nothing is not one who guesses.
    assert_eq!(world.stranger().propfind(FILES, "0", "d:getetag").await.status, 401);
    world.clock.forward(1801);
    assert_eq!(world.alice().propfind(FILES, "0", "d:getetag").await.status, 207);
}

#[tokio::test]
async fn a_session_alone_may_only_look() {
    let world = World::new().await;
    let (browser, cookie) = world.session("alice").await;
    let a = format!("{FILES}/a");
    world.alice().put(&a, "old").await;
    assert_eq!(browser.get(&a).await.text(), "old");
    for method in ["PUT", "DELETE", "MKCOL", "PROPFIND", "MOVE"] {
        let answer = browser.send(method, &a, &[("destination", "/x")], "new").await;
        assert_eq!((answer.status, answer.error().1), (401, "CSRF check not passed."), "{method}");
    }
    let token = world.accounts.request_token(&cookie).unwrap();
    let shown = [("requesttoken", token.as_str())];
    assert_eq!(browser.send("PUT", &a, &shown, "two").await.status, 204);
    assert_eq!(browser.send("PUT", &a, &[OCS], "three").await.status, 204);
    let (_, other) = world.session("bob").await;
    let other = world.accounts.request_token(&other).unwrap();
    let foreign = [("requesttoken", other.as_str())];
    assert_eq!(browser.send("PUT", &a, &foreign, "four").await.status, 401);
    assert_eq!(world.alice().get(&a).await.text(), "three");

    let bare = browser.send("GET", OCS_USER, &[], "").await;
    assert_eq!((bare.status, bare.text()), (412, "{\"message\":\"CSRF check failed\"}"));
    assert_eq!(browser.send("GET", OCS_USER, &shown, "").await.status, 200);
    assert_eq!(world.alice().send("GET", OCS_USER, &[], "").await.status, 412);
    let fake = world.stranger().with("cookie", "oc48fzr4wkqv=nothing");
    assert_eq!(fake.get(&a).await.status, 401);
}

#[tokio::test]
async fn pages_lead_to_the_login_form() {
    let world = World::new().await;
    let stranger = world.stranger();
    let home = stranger.get("/").await;
    assert_eq!(
        (home.status, home.header("location")),
        (302, Some("https://cloud.example.org/login"))
    );
    let call = stranger.get("/settings/personal/authtokens").await;
    assert_eq!(call.status, 401);
    assert_eq!(call.text(), "{\"message\":\"Current user is not logged in\"}");
    let page = stranger.send("GET", "/index.php/f/7", &[("accept", "text/html")], "").await;
    assert_eq!(page.status, 303);
    let place = "https://cloud.example.org/login?redirect_url=%2Findex.php%2Ff%2F7";
    assert_eq!(page.header("location"), Some(place));
    let preview = stranger.get("/index.php/core/preview?fileId=7&x=64&y=64").await;
    assert_eq!(preview.status, 401);
    let preview = world.alice().get("/index.php/core/preview?fileId=7&x=64&y=64").await;
    assert_eq!((preview.status, preview.text()), (404, "[]"));
    let unknown = stranger.get("/index.php/nothing").await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn deep_links() {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/d%20r")).await;
    alice.put(&format!("{FILES}/d%20r/a"), "x").await;
    let id = alice.prop(&format!("{FILES}/d%20r/a"), "oc:fileid").await.unwrap();
    let link = alice.get(&format!("/index.php/f/{id}")).await;
    let place = format!("https://cloud.example.org/apps/files/files/{id}?dir=/d%20r&openfile=true");
    assert_eq!((link.status, link.header("location")), (303, Some(place.as_str())));
    // The others learn nothing of where it lies.
    let theirs = world.bob().get(&format!("/index.php/f/{id}")).await;
    assert!(!theirs.header("location").unwrap_or_default().contains("d%20r"));
}
