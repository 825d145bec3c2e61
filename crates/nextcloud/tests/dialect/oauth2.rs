//! Programs that act for a person: consent, tokens, and what is refused.

use crate::common::{Answer, START, World};

const CALLBACK: &str = "https://op.example.org/callback";
const AUTHORIZE: &str = "/index.php/apps/oauth2/authorize";
const TOKEN: &str = "/index.php/apps/oauth2/api/v1/token";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn registered(world: &World) -> (String, String) {
    let body = r#"{"name": "OpenProject <b>", "redirectUri": "https://op.example.org/callback"}"#;
    let headers = [("content-type", "application/json"), ("ocs-apirequest", "true")];
    let made = world.root().send("POST", "/index.php/apps/oauth2/clients", &headers, body).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let made: serde_json::Value = serde_json::from_str(made.text()).unwrap();
    assert_eq!(made["redirectUri"], CALLBACK);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("clientId"), text("clientSecret"))
}

fn value(location: &str, name: &str) -> Option<String> {
    let query = location.split_once('?')?.1;
    let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name)?;
    Some(found.1.into_owned())
}

/// Agrees in alice's browser, and returns the address to which that leads.
async fn agree(world: &World, fields: &[(&str, &str)]) -> Answer {
    let (browser, cookie) = world.session("alice").await;
    let token = world.accounts.request_token(&cookie).unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("requesttoken", &token)
        .extend_pairs(fields)
        .finish();
    browser.send("POST", AUTHORIZE, &[FORM], form).await
}

async fn code(world: &World, id: &str) -> String {
    let fields = [("client_id", id), ("response_type", "code"), ("state", "s t")];
    let answer = agree(world, &fields).await;
    let location = answer.header("location").unwrap();
    assert!(location.starts_with(&format!("{CALLBACK}?state=s+t&code=")), "{location}");
    value(location, "code").unwrap()
}

async fn exchange(world: &World, fields: &[(&str, &str)]) -> (u16, serde_json::Value) {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let answer = world.stranger().send("POST", TOKEN, &[FORM], form).await;
    (answer.status, serde_json::from_str(answer.text()).unwrap_or_default())
}

#[tokio::test]
async fn a_program_gets_tokens_by_consent() {
    let world = World::new().await;
    let (id, secret) = registered(&world).await;
    let asked = format!("{AUTHORIZE}?client_id={id}&response_type=code&state=s%20t");
    // A stranger signs in first, and comes back with all that was asked.
    let html = [("accept", "text/html")];
    let first = world.stranger().send("GET", &asked, &html, "").await;
    assert_eq!(first.status, 303);
    let login = first.header("location").unwrap();
    assert!(login.starts_with("https://cloud.example.org/login?redirect_url="), "{login}");
    assert_eq!(value(login, "redirect_url").as_deref(), Some(asked.as_str()));
    let (browser, _) = world.session("alice").await;
    let page = browser.send("GET", &asked, &html, "").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("OpenProject &#60;b&#62;") && !page.text().contains("<b>"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://op.example.org;"), "{policy}");

    let code = code(&world, &id).await;
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", &id),
        ("client_secret", &secret),
    ];
    let (status, tokens) = exchange(&world, &grant).await;
    assert_eq!(
        (status, &tokens["token_type"], &tokens["expires_in"]),
        (200, &"Bearer".into(), &3600.into())
    );
    assert_eq!(tokens["user_id"], "alice");
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!((access.len(), tokens["refresh_token"].as_str().unwrap().len()), (72, 128));
    let user = "/ocs/v1.php/cloud/user";
    let ask = [("ocs-apirequest", "true")];
    let known = world.bearer(access).send("GET", user, &ask, "").await;
    assert!(known.text().contains("<id>alice</id>"), "{}", known.text());
    // Both end with the refresh; the code is used up already.
    assert_eq!(
        exchange(&world, &grant).await,
        (400, serde_json::json!({"error": "invalid_request"}))
    );
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ("client_id", &id),
        ("client_secret", &secret),
    ];
    let (status, next) = exchange(&world, &refresh).await;
    assert_eq!(status, 200);
    assert_eq!(exchange(&world, &refresh).await.0, 400);
    assert_eq!(world.bearer(access).send("GET", user, &ask, "").await.status, 401);
    let access = next["access_token"].as_str().unwrap();
    assert_eq!(world.bearer(access).send("GET", user, &ask, "").await.status, 200);
    world.clock.forward(3601);
    assert!(world.files.now().unix() > START + 3600);
    assert_eq!(world.bearer(access).send("GET", user, &ask, "").await.status, 401);
}

#[tokio::test]
async fn what_a_program_may_not() {
    let world = World::new().await;
    let (id, secret) = registered(&world).await;
    // Nobody is sent to where the request says, nor by an unknown program.
    let elsewhere = "&redirect_uri=https%3A%2F%2Fevil.example.org";
    let asked = format!("{AUTHORIZE}?client_id={id}&response_type=token&state=x{elsewhere}");
    let answer = world.stranger().get(&asked).await;
    let error = format!("{CALLBACK}?error=unsupported_response_type&state=x");
    assert_eq!((answer.status, answer.header("location")), (303, Some(error.as_str())));
    let unknown = format!("{AUTHORIZE}?client_id=nobody&response_type=code{elsewhere}");
    let answer = world.stranger().get(&unknown).await;
    assert_eq!((answer.status, answer.header("location")), (200, None));
    assert!(answer.text().contains("not authorized"));
    let plain = format!("{AUTHORIZE}?client_id={id}&response_type=code&code_challenge=x");
    let answer = world.stranger().get(&plain).await;
    assert!(answer.header("location").unwrap().contains("error=invalid_request"));

    // Consent needs the browser's own form: no cookie alone, no password, no token.
    let fields = format!("client_id={id}&response_type=code");
    let (browser, _) = world.session("alice").await;
    assert_eq!(browser.send("POST", AUTHORIZE, &[FORM], fields.clone()).await.status, 412);
    assert_eq!(world.alice().send("POST", AUTHORIZE, &[FORM], fields.clone()).await.status, 412);
    assert_eq!(world.stranger().send("POST", AUTHORIZE, &[FORM], fields).await.status, 401);

    let code = code(&world, &id).await;
    for (fields, error) in [
        (vec![("grant_type", "password")], "invalid_grant"),
        (vec![("grant_type", "authorization_code"), ("code", &code)], "invalid_client"),
        (
            vec![
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("client_id", &id),
                ("client_secret", "wrong"),
            ],
            "invalid_client",
        ),
        (
            vec![
                ("grant_type", "authorization_code"),
                ("code", "wrong"),
                ("client_id", &id),
                ("client_secret", &secret),
            ],
            "invalid_request",
        ),
    ] {
        assert_eq!(exchange(&world, &fields).await, (400, serde_json::json!({ "error": error })));
    }
    // The credentials may also stand in the header, which wins.
    let form = format!("grant_type=authorization_code&code={code}&client_id=x&client_secret=y");
    let answer = world.person(&id, &secret).send("POST", TOKEN, &[FORM], form).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn only_administrators_register_programs() {
    let world = World::new().await;
    let clients = "/index.php/apps/oauth2/clients";
    let body = "name=x&redirectUri=https://x.example.org/";
    assert_eq!(world.stranger().send("POST", clients, &[FORM], body).await.status, 401);
    assert_eq!(world.alice().send("POST", clients, &[FORM], body).await.status, 403);
    let (browser, _) = world.session("root").await;
    assert_eq!(browser.send("POST", clients, &[FORM], body).await.status, 412);
    let bad = "name=x&redirectUri=javascript:alert(1)";
    assert_eq!(world.root().send("POST", clients, &[FORM], bad).await.status, 400);
    let made = world.root().send("POST", clients, &[FORM], body).await;
    let made: serde_json::Value = serde_json::from_str(made.text()).unwrap();
    let one = format!("{clients}/{}", made["id"]);
    assert_eq!(world.alice().send("DELETE", &one, &[], "").await.status, 403);
    assert_eq!(world.root().send("DELETE", &one, &[], "").await.status, 200);
    assert_eq!(world.root().send("DELETE", &one, &[], "").await.status, 404);
    assert_eq!(world.root().send("GET", clients, &[], "").await.status, 405);
}
