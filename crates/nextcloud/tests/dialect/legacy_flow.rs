//! The login flow of before version 2, by the forms of its pages.

use crate::common::{Answer, Client, FILES, PASSWORD, World};

const HOST: &str = "https://cloud.example.org";
const COOKIE: &str = "allmende_flow_v1";
const AGENT: &str = "Mozilla/5.0 (Android) Nextcloud-android/1.4.3";

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A view of a client, and its first page.
async fn open(world: &World, view: Client) -> (Client, Answer) {
    let view = view.with("user-agent", AGENT).with("accept", "text/html");
    let header = [("ocs-apirequest", "true")];
    let page = view.send("GET", "/index.php/login/flow?user=alice", &header, "").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains(AGENT) && page.text().contains("action=\"/login/flow/grant\""));
    assert!(page.header("content-security-policy").unwrap().contains("form-action 'self' nc://*;"));
    let set = page.header("set-cookie").unwrap();
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax"] {
        assert!(set.contains(attribute), "{set}");
    }
    let cookie = page.cookie(COOKIE).unwrap();
    assert!(world.accounts.login_flow_state("v1", &cookie).expose() == page.field("stateToken"));
    (view.with("cookie", format!("{COOKIE}={cookie}")), page)
}

/// The parts of `nc://login/server:…&user:…&password:…`.
fn handed_out(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 303);
    let place = answer.header("location").unwrap();
    let rest = place.strip_prefix(&format!("nc://login/server:{HOST}&user:")).unwrap();
    let (user, password) = rest.split_once("&password:").unwrap();
    assert_eq!(password.len(), 72);
    (user.to_owned(), password.to_owned())
}

#[tokio::test]
async fn a_view_is_sent_to_its_client_with_an_app_password() {
    let world = World::new().await;
    let (view, first) = open(&world, world.stranger()).await;
    let state = first.field("stateToken");
    let grant = format!("/login/flow/grant?stateToken={state}");
    let unknown = view.get(&format!("{grant}&user=alice")).await;
    let back = encoded(&grant);
    let login = format!("{HOST}/login?redirect_url={back}&user=alice");
    assert_eq!((unknown.status, unknown.header("location")), (303, Some(login.as_str())));

    let (_, session) = world.session("alice").await;
    let person = view.clone().with("cookie", format!("oc48fzr4wkqv={session}"));
    let asked = person.get(&grant).await;
    assert_eq!(asked.status, 200);
    assert!(asked.text().contains("Alice") && asked.text().contains(AGENT), "{}", asked.text());
    assert!(asked.text().contains("action=\"/login/flow\""), "{}", asked.text());
    let token = encoded(&asked.field("requesttoken"));

    let post = async |who: &Client, state: &str, token: &str| {
        let body = format!("stateToken={state}&requesttoken={token}");
        who.send("POST", "/index.php/login/flow", &[], body).await
    };
    assert_eq!(post(&person, &state, "forged").await.status, 412);
    assert_eq!(post(&person, "other", &token).await.status, 403);
    // Signed in, but in a view that did not open the flow.
    let elsewhere = world.stranger().with("cookie", format!("oc48fzr4wkqv={session}"));
    assert_eq!(post(&elsewhere, &state, &token).await.status, 403);
    assert_eq!(post(&view, &state, &token).await.status, 303, "to the form for signing in");
    let listed = world.alice().get("/settings/personal/authtokens").await.json();
    assert_eq!(listed.as_array().unwrap().len(), 0);

    let granted = post(&person, &state, &token).await;
    let (user, password) = handed_out(&granted);
    assert_eq!(user, "alice");
    let client = world.person("alice", &password);
    assert_eq!(client.propfind(FILES, "0", "d:getetag").await.status, 207);
    let listed = world.alice().get("/settings/personal/authtokens").await.json();
    assert_eq!(listed[0]["name"], AGENT);
}

#[tokio::test]
async fn only_clients_start_it() {
    let world = World::new().await;
    let refused = world.stranger().get("/index.php/login/flow").await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("Access forbidden"), "{}", refused.text());
    assert!(refused.text().contains("Invalid request"), "{}", refused.text());
    let german = world.stranger().with("accept-language", "de").get("/login/flow").await;
    assert!(german.text().contains("Ungültige Anfrage"), "{}", german.text());
    let program = world.stranger().get("/login/flow?clientIdentifier=a%26b").await;
    let place = "/apps/oauth2/authorize?response_type=code&state=&client_id=a%26b";
    assert_eq!(program.header("location"), Some(format!("{HOST}{place}").as_str()));
    assert_eq!(world.stranger().get("/login/flow/grant?stateToken=x").await.status, 403);
    assert_eq!(world.stranger().get("/login/flow/nothing").await.status, 404);
    assert_eq!(world.stranger().get("/login/flow/apptoken").await.status, 405);
}

#[tokio::test]
async fn an_app_password_lets_in_another_client() {
    let world = World::new().await;
    let made = world.alice().ocs("GET", "/core/getapppassword", "").await;
    let known = made.data["apppassword"].as_str().unwrap().to_owned();
    let (view, page) = open(&world, world.stranger()).await;
    let state = page.field("stateToken");
    let post = async |state: &str, password: &str| {
        let body = format!("stateToken={state}&user=alice&password={password}");
        view.send("POST", "/login/flow/apptoken", &[], body).await
    };
    assert_eq!(post("other", &known).await.status, 412);
    // The real password is not for this form.
    assert_eq!(post(&state, PASSWORD).await.status, 403);
    let (user, password) = handed_out(&post(&state, &known).await);
    assert_eq!(user, "alice");
    assert_ne!(password, known);
}
