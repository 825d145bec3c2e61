//! Redirects that lead away: by the login form, login flows, programs and links.

use crate::{
    common::{Answer, PASSWORD, World},
    setting::{FORM, SESSION, browser, encoded, filled, link},
};

/// What browsers take for an address of another host, or for a script.
const AWAY: &[&str] = &[
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    "\n//evil.example",
    " //evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "HTTPS://evil.example",
    "http:\\\\evil.example",
    "//evil.example/%2f..",
    "//cloud.example.org@evil.example",
    "@evil.example",
    ".evil.example",
    ":443@evil.example/",
    "evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\u{2028}/evil.example",
    "/x\r\nSet-Cookie: a=b",
];

/// The answer, if it leads anywhere, leads to this server.
fn stays(answer: &Answer, what: &str) {
    let Some(place) = answer.header("location") else { return };
    let path = place.strip_prefix("https://cloud.example.org/");
    let path = path.unwrap_or_else(|| panic!("{what}: {place}"));
    assert!(!path.starts_with(['/', '\\']), "{what}: {place}");
    assert!(path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\'), "{what}: {place}");
    assert!(
        answer
            .headers
            .get_all("set-cookie")
            .iter()
            .all(|cookie| { cookie.to_str().is_ok_and(|cookie| !cookie.starts_with("a=b")) })
    );
}

#[tokio::test(start_paused = true)]
async fn signing_in() {
    let world = World::new().await;
    let csrf = world.stranger().get("/csrftoken").await;
    let cookie = csrf.cookie(SESSION).unwrap();
    let token = encoded(csrf.json()["token"].as_str().unwrap());
    let guest = world.stranger().with("cookie", format!("{SESSION}={cookie}"));
    let (browser, _) = browser(&world, "alice").await;
    for away in AWAY {
        let back = encoded(away);
        // With the right password.
        let form =
            format!("user=alice&password={PASSWORD}&requesttoken={token}&redirect_url={back}");
        let answer = guest.send("POST", "/login", &[FORM], form).await;
        let place = answer.header("location");
        assert_eq!((answer.status, place), (303, Some("https://cloud.example.org/")), "{away:?}");
        // As somebody who is signed in.
        let answer = browser.get(&format!("/login?redirect_url={back}")).await;
        let place = answer.header("location");
        assert_eq!((answer.status, place), (303, Some("https://cloud.example.org/")), "{away:?}");
        // With an old form, and by the form that carries it on.
        let form = format!("user=alice&password=x&requesttoken=old&redirect_url={back}");
        stays(&guest.send("POST", "/login", &[FORM], form).await, away);
        let page = guest.get(&format!("/login?redirect_url={back}&user={back}&direct=1")).await;
        assert_eq!(page.status, 200);
        for start in ["href=\"", "action=\"", "src=\"", "content=\"0;"] {
            let found =
                page.text().split(start).skip(1).map(|rest| rest.split('"').next().unwrap());
            for place in found {
                let own = place.starts_with(['/', '#']) && !place.starts_with("//");
                assert!(own, "{away:?}: {place}");
            }
        }
    }
    // A place of this server is kept.
    let form = format!("user=alice&password={PASSWORD}&requesttoken={token}&redirect_url=%2Ff%2F7");
    let answer = guest.send("POST", "/login", &[FORM], form).await;
    assert_eq!(answer.header("location"), Some("https://cloud.example.org/f/7"));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_leads_nowhere_else() {
    for away in ["//evil.example", "/\\evil.example", "https:evil.example", "/\t/evil.example"] {
        let world = World::new().await;
        let csrf = world.stranger().get("/csrftoken").await;
        let cookie = csrf.cookie(SESSION).unwrap();
        let token = encoded(csrf.json()["token"].as_str().unwrap());
        let guest = world.stranger().with("cookie", format!("{SESSION}={cookie}"));
        let back = encoded(away);
        let form = format!("user=alice&password=wrong&requesttoken={token}&redirect_url={back}");
        let answer = guest.send("POST", "/login", &[FORM], form).await;
        assert!(answer.header("location").unwrap().contains("/login?direct=1"));
        stays(&answer, away);
    }
}

#[tokio::test]
async fn on_the_way_to_the_login_form_and_out() {
    let world = World::new().await;
    let html = world.stranger().with("accept", "text/html");
    let (browser, token) = browser(&world, "alice").await;
    for path in [
        "/f/7?dir=//evil.example",
        "/index.php/f/%2f%2fevil.example",
        "/f///evil.example",
        "//evil.example/f/7",
        "/index.php//evil.example",
        "/apps/files/files//evil.example",
        "/apps/files/?dir=//evil.example&openfile=//evil.example",
        "/login/flow/grant?stateToken=x&redirect_url=//evil.example",
        "/settings/personal/authtokens?redirect_url=//evil.example",
        "/.well-known/caldav?redirect_url=//evil.example",
        "/.well-known/carddav//evil.example",
    ] {
        for client in [&html, &browser] {
            stays(&client.get(path).await, path);
        }
    }
    let out = format!("/logout?requesttoken={}&redirect_url=//evil.example", encoded(&token));
    stays(&browser.get(&out).await, "out");
}

#[tokio::test]
async fn login_flows() {
    let world = World::new().await;
    let stranger = world.stranger();
    for away in AWAY {
        let back = encoded(away);
        let started = stranger.send("POST", &format!("/login/v2?redirect={back}"), &[], "").await;
        let login = started.json()["login"].as_str().unwrap().to_owned();
        let path = login.strip_prefix("https://cloud.example.org").unwrap();
        let opened = stranger.get(&format!("{path}?user={back}&redirect_url={back}")).await;
        assert_eq!(opened.status, 303);
        stays(&opened, away);
        let asked = format!("/index.php/login/flow?clientIdentifier={back}&user={back}");
        stays(&stranger.get(&asked).await, away);
    }
    // The old flow ends at the client's own scheme, and only in the view that began it.
    let forged = "stateToken=x&redirect_url=https%3A%2F%2Fevil.example";
    let answer = world.alice().send("POST", "/login/flow", &[FORM], forged).await;
    assert_eq!((answer.status, answer.header("location")), (403, None));
}

#[tokio::test]
async fn programs() {
    let world = World::new().await;
    let clients = "/index.php/apps/oauth2/clients";
    for bad in [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/cb",
        "/callback",
        "evil.example",
        "https:",
        "https://",
        "https:///path",
        "https://op.example.org/\r\nX: y",
        "https://op.example.org/\tx",
        "https://op.example.org\\@evil.example/",
        "",
    ] {
        let form = format!("name=x&redirectUri={}", encoded(bad));
        let made = world.root().send("POST", clients, &[FORM], form).await;
        assert_eq!(made.status, 400, "{bad:?}: {}", made.text());
    }
    let form = "name=x&redirectUri=https%3A%2F%2Fop.example.org%2Fcb";
    let made = world.root().send("POST", clients, &[FORM], form).await.json();
    let id = made["clientId"].as_str().unwrap();
    let (browser, token) = browser(&world, "alice").await;
    let own = "https://op.example.org/cb?";
    for away in AWAY
        .iter()
        .chain(&["https://op.example.org.evil.example/cb", "https://op.example.org/cb/../x"])
    {
        let uri = encoded(away);
        for rest in ["response_type=code", "response_type=token"] {
            let asked = format!(
                "client_id={id}&{rest}&state={uri}&redirect_uri={uri}&redirect_url={uri}&\
                 requesttoken={}",
                encoded(&token)
            );
            let page = browser.get(&format!("/apps/oauth2/authorize?{asked}")).await;
            let place = page.header("location");
            assert!(place.is_none_or(|place| place.starts_with(own)), "{away:?}: {place:?}");
            let policy = page.header("content-security-policy").unwrap_or_default();
            assert!(!policy.contains("evil"), "{policy}");
            let agreed = browser.send("POST", "/apps/oauth2/authorize", &[FORM], asked).await;
            let place = agreed.header("location").unwrap();
            assert!(place.starts_with(own), "{away:?}: {place}");
            assert!(place.bytes().all(|b| b.is_ascii_graphic() && b != b'\\'), "{place}");
        }
        let unknown = format!("/apps/oauth2/authorize?client_id=none&redirect_uri={uri}");
        assert_eq!(browser.get(&unknown).await.header("location"), None, "{away:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn links_and_addresses() {
    let world = filled().await;
    let token = link(&world, "").await;
    let secret = link(&world, "password=Quite-a-secret-9").await;
    let guest = world.stranger();
    for away in AWAY {
        let to = encoded(away);
        for path in [
            format!("/s/{token}?path={to}&redirect_url={to}"),
            format!("/s/{token}/download?path={to}"),
            format!("/s/{token}/download?path=/&files={to}"),
            format!("/s/{token}/authenticate/{to}?redirect={to}"),
            format!("/s/{secret}?redirect_url={to}"),
            format!("/s/{secret}/authenticate/{to}?redirect_url={to}"),
            format!("/index.php/core/mimeicon?mime={to}"),
            format!("/index.php/core/preview?fileId={to}&mimeFallback=true"),
        ] {
            stays(&guest.get(&path).await, &path);
        }
        let form = format!("/s/{secret}/authenticate/showShare?redirect_url={to}");
        let body = format!("password=Quite-a-secret-9&redirect_url={to}&redirect={to}");
        let opened = guest.send("POST", &form, &[FORM], body).await;
        assert_eq!(opened.status, 303);
        stays(&opened, away);
    }
    // The page on which a password is chosen leads to the login form.
    let page = guest.get("/lostpassword/reset/form/x?redirect_url=//evil.example").await;
    stays(&page, "password");
}
