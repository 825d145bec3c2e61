//! The login flow, from a client's start to its app password, by the forms of the pages.

use crate::common::{Answer, Client, FILES, PASSWORD, World};

const SESSION: &str = "oc48fzr4wkqv";

/// What a client was told at its start.
struct Flow {
    token: String,
    page: String,
}

fn path(url: &str) -> String {
    url.strip_prefix("https://cloud.example.org").unwrap().to_owned()
}

async fn start(world: &World) -> Flow {
    let client = world.stranger().with("user-agent", "Nextcloud-android/3.30.0");
    let started = client.send("POST", "/index.php/login/v2", &[], "").await;
    assert_eq!(started.status, 200);
    let started = started.json();
    assert_eq!(started["poll"]["endpoint"], "https://cloud.example.org/login/v2/poll");
    let token = started["poll"]["token"].as_str().unwrap().to_owned();
    assert!(token.len() == 128 && token.bytes().all(|b| b.is_ascii_alphanumeric()), "{token}");
    let login = started["login"].as_str().unwrap();
    assert!(login.starts_with("https://cloud.example.org/login/v2/flow/"), "{login}");
    Flow { token, page: path(login) }
}

async fn poll(world: &World, flow: &Flow) -> Answer {
    let body = format!("token={}", flow.token);
    world.stranger().send("POST", "/login/v2/poll", &[], body).await
}

/// A browser that was sent to the first page, and that page.
async fn open(world: &World, flow: &Flow) -> (Client, Answer) {
    let browser = world.stranger().with("accept", "text/html");
    let opened = browser.get(&flow.page).await;
    assert_eq!(opened.status, 303);
    let cookie = opened.cookie("allmende_flow").unwrap();
    let set = opened.header("set-cookie").unwrap();
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax"] {
        assert!(set.contains(attribute), "{set}");
    }
    let place = path(opened.header("location").unwrap());
    let browser = browser.with("cookie", format!("allmende_flow={cookie}"));
    let page = browser.get(&place).await;
    assert_eq!(page.status, 200);
    (browser, page)
}

#[tokio::test]
async fn from_start_to_app_password() {
    let world = World::new().await;
    let flow = start(&world).await;
    let waiting = poll(&world, &flow).await;
    assert_eq!((waiting.status, waiting.text()), (404, "[]"));

    let (browser, first) = open(&world, &flow).await;
    assert!(first.text().contains("Nextcloud-android/3.30.0"), "{}", first.text());
    let state = first.field("stateToken");
    let grant = format!("/login/v2/grant?stateToken={state}&user=");
    let unknown = browser.get(&grant).await;
    assert_eq!(unknown.status, 303);

    // The login form, with the cookie of a browser that has not signed in.
    let form = path(unknown.header("location").unwrap());
    let form = browser.get(&form).await;
    assert_eq!(form.status, 200);
    let anonymous = form.cookie(SESSION).unwrap();
    let guest = browser.clone().with("cookie", format!("{SESSION}={anonymous}"));
    let encode =
        |text: String| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let (request_token, back) =
        (encode(form.field("requesttoken")), encode(form.field("redirect_url")));
    let fields = |password: &str| {
        format!("user=alice&password={password}&requesttoken={request_token}&redirect_url={back}")
    };
    let wrong = guest.send("POST", "/login", &[], fields("wrong")).await;
    assert_eq!((wrong.status, wrong.cookie(SESSION)), (303, None));
    assert!(wrong.header("location").unwrap().contains("/login?direct=1&user=alice"));
    let signed_in = guest.send("POST", "/login", &[], fields(PASSWORD)).await;
    assert_eq!(signed_in.status, 303);
    let session = signed_in.cookie(SESSION).unwrap();
    assert_ne!(session, anonymous);
    let place = path(signed_in.header("location").unwrap());
    assert!(place.starts_with(&format!("/login/v2/grant?stateToken={state}")), "{place}");

    let person = browser.with("cookie", format!("{SESSION}={session}"));
    let asked = person.get(&place).await;
    assert_eq!(asked.status, 200);
    assert!(asked.text().contains("Alice"), "{}", asked.text());
    assert_eq!(asked.field("stateToken"), state);
    let token = encode(asked.field("requesttoken"));
    let forged = format!("stateToken={state}&requesttoken=forged");
    assert_eq!(person.send("POST", "/login/v2/grant", &[], forged).await.status, 412);
    let other = format!("stateToken=other&requesttoken={token}");
    assert_eq!(person.send("POST", "/login/v2/grant", &[], other).await.status, 403);
    assert_eq!(poll(&world, &flow).await.status, 404);
    let yes = format!("stateToken={state}&requesttoken={token}");
    assert_eq!(person.send("POST", "/login/v2/grant", &[], yes).await.status, 200);

    let granted = poll(&world, &flow).await;
    assert_eq!(granted.status, 200);
    let granted = granted.json();
    assert_eq!(granted["server"], "https://cloud.example.org");
    assert_eq!(granted["loginName"], "alice");
    let secret = granted["appPassword"].as_str().unwrap();
    assert_eq!(secret.len(), 72);
    let client = world.person("alice", secret);
    assert_eq!(client.propfind(FILES, "0", "d:getetag").await.status, 207);
    // It is told once.
    assert_eq!(poll(&world, &flow).await.status, 404);
    let listed = world.alice().get("/settings/personal/authtokens").await.json();
    assert_eq!(listed[0]["name"], "Nextcloud-android/3.30.0");
}

#[tokio::test]
async fn flows_run_out() {
    let world = World::new().await;
    let flow = start(&world).await;
    assert_eq!(world.stranger().get("/index.php/login/v2").await.status, 405);
    assert_eq!(world.stranger().get("/login/v2/flow/unknown").await.status, 403);
    // Without the cookie of the browser that it was opened in, there is no page.
    assert_eq!(world.stranger().get("/login/v2/flow").await.status, 403);
    let (browser, page) = open(&world, &flow).await;
    let state = page.field("stateToken");
    assert_eq!(browser.get("/login/v2/grant?stateToken=wrong").await.status, 403);
    world.clock.forward(20 * 60 + 1);
    assert_eq!(browser.get(&flow.page).await.status, 403);
    assert_eq!(browser.get(&format!("/login/v2/grant?stateToken={state}")).await.status, 403);
    assert_eq!(poll(&world, &flow).await.status, 404);
}

#[tokio::test]
async fn an_app_password_lets_in_another_client() {
    let world = World::new().await;
    let made = world.alice().ocs("GET", "/core/getapppassword", "").await;
    let known = made.data["apppassword"].as_str().unwrap().to_owned();
    let flow = start(&world).await;
    let (browser, page) = open(&world, &flow).await;
    let state = page.field("stateToken");
    let body = |password: &str| format!("stateToken={state}&user=alice&password={password}");
    // The real password is not for this form.
    let real = browser.send("POST", "/login/v2/apptoken", &[], body(PASSWORD)).await;
    assert_eq!(real.status, 403);
    assert_eq!(poll(&world, &flow).await.status, 404);
    let let_in = browser.send("POST", "/login/v2/apptoken", &[], body(&known)).await;
    assert_eq!(let_in.status, 200);
    let granted = poll(&world, &flow).await.json();
    assert_eq!(granted["loginName"], "alice");
    assert_ne!(granted["appPassword"], known.as_str());
}

#[tokio::test]
async fn pages_cannot_be_filled_with_markup() {
    let world = World::new().await;
    let client = world.stranger().with("user-agent", "<script>alert(1)</script>");
    let started = client.send("POST", "/login/v2", &[], "").await.json();
    let flow = Flow {
        token: started["poll"]["token"].as_str().unwrap().to_owned(),
        page: path(started["login"].as_str().unwrap()),
    };
    let (_, page) = open(&world, &flow).await;
    assert!(!page.text().contains("<script"), "{}", page.text());
    let form = world.stranger().get("/login?user=%22%3E%3Cscript%3E&redirect_url=//evil").await;
    assert!(!form.text().contains("<script"), "{}", form.text());
    assert!(form.header("content-security-policy").unwrap().contains("default-src"));
}

#[tokio::test]
async fn signing_out() {
    let world = World::new().await;
    let (browser, cookie) = world.session("alice").await;
    let home = browser.get("/").await;
    assert_eq!(home.status, 200);
    assert_eq!(browser.get("/logout").await.status, 412);
    let token = world.accounts.request_token(&cookie).unwrap();
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let out = browser.get(&format!("/logout?requesttoken={token}")).await;
    assert_eq!(
        (out.status, out.header("location")),
        (303, Some("https://cloud.example.org/login?clear=1"))
    );
    assert_eq!(browser.get(FILES).await.status, 401);
    let csrf = world.stranger().get("/index.php/csrftoken").await;
    let cookie = csrf.cookie(SESSION).unwrap();
    let token = csrf.json()["token"].as_str().unwrap().to_owned();
    assert!(world.accounts.check_request_token(&cookie, &token));
}
