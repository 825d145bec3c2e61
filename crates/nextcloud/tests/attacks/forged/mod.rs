//! Requests that another site forged: a browser sends its cookies along, and Basic credentials
//! too, and nothing else.
//!
//! The tables here name every route of the code, and fail when one is added to it without
//! standing here with what it does against that.

mod ocs;

use std::collections::BTreeSet;

use crate::{
    common::{Answer, Client, FILES, PASSWORD, World, user},
    setting::{FORM, SESSION, browser, encoded, filled, link, untouched},
};

/// What forms of any site can send.
const FORMS: &[&str] = &[
    "application/x-www-form-urlencoded",
    "text/plain",
    "multipart/form-data; boundary=e",
    // What a script can send that needs no answer has one of the above; the others are asked
    // for first, and nobody here allows them.
    "application/json",
];

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The variants of an enum of the code.
fn variants(code: &str, name: &str) -> BTreeSet<String> {
    let (_, rest) = code.split_once(&format!("enum {name}")).unwrap();
    let (body, _) = rest.split_once("\n}").unwrap();
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    let end = |c: char| !c.is_ascii_alphanumeric();
    names.map(|line| line.split(end).next().unwrap_or_default().to_owned()).collect()
}

/// What a part of the server does against forged requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// Nothing can be changed there, by whatever method.
    Looks,
    /// No cookie counts there: what opens it stands in the request.
    NoCookie,
    /// It believes a cookie only with the token of the browser; tested on its own here.
    Token,
}
use Guard::{Looks, NoCookie, Token};

/// The parts of the server, each with an address of it.
const PARTS: &[(&str, Guard, &str)] = &[
    ("Status", Looks, "/status.php"),
    ("Connectivity", Looks, "/index.php/204"),
    ("DavDiscovery", Looks, "/.well-known/caldav"),
    ("WellKnown", Looks, "/.well-known/webfinger"),
    ("Dav", Token, "/remote.php/dav/files/alice/d"),
    ("Direct", NoCookie, "/remote.php/direct/7"),
    ("Public", NoCookie, "/public.php/dav/files/7"),
    ("Ocs", Token, "/ocs/v2.php/cloud/user"),
    ("TeamFolders", Token, "/index.php/apps/groupfolders/folders"),
    ("OcsProvider", Looks, "/ocs-provider/"),
    ("Theming", Looks, "/apps/theming/manifest"),
    ("Page", Token, "/login"),
    ("Wipe", NoCookie, "/index.php/core/wipe/success"),
    ("Avatar", Looks, "/index.php/avatar/alice/64"),
    ("GuestAvatar", Looks, "/index.php/avatar/guest/x/64"),
    ("Asset", Looks, "/core/img/logo.svg"),
    ("Preview", Looks, "/index.php/core/preview?fileId=7"),
    ("MediaIcon", Looks, "/index.php/core/mimeicon?mime=text/plain"),
    ("Cron", Looks, "/cron.php"),
    ("Robots", Looks, "/robots.txt"),
    ("Unknown", Looks, "/nothing"),
];

/// The roots of WebDAV, each with an address of it.
const ROOTS: &[(&str, &str)] = &[
    ("Root", "/remote.php/dav/"),
    ("Files", "/remote.php/dav/files/alice/d/a.txt"),
    ("Legacy", "/remote.php/webdav/d/a.txt"),
    ("TeamFolders", "/remote.php/dav/groupfolders/alice"),
    ("Uploads", "/remote.php/dav/uploads/alice/u1"),
    ("Bulk", "/remote.php/dav/bulk"),
    ("Trash", "/remote.php/dav/trashbin/alice/trash"),
    ("Versions", "/remote.php/dav/versions/alice/versions/1"),
    ("Principals", "/remote.php/dav/principals/users/alice"),
    ("Avatars", "/remote.php/dav/avatars/alice/64.png"),
    ("Tags", "/remote.php/dav/systemtags/"),
    ("TagRelations", "/remote.php/dav/systemtags-relations/files/1"),
    ("TagsInUse", "/remote.php/dav/systemtags-assigned/"),
    ("Comments", "/remote.php/dav/comments/files/1"),
    ("Unknown", "/remote.php/dav/nothing"),
];

/// The public roots: a link's token opens them, and no session counts.
const PUBLIC: &[&str] = &["Files", "Uploads", "Legacy", "Unknown"];

/// The pages that change nothing, or whose changes stand in [`CHANGES`].
const PAGES: &[&str] = &[
    "Home",
    "Login",
    "LoginConfirm",
    "Logout",
    "ChoosePassword",
    "CsrfToken",
    "LegacyFlow",
    "FlowStart",
    "FlowPoll",
    "FlowOpen",
    "FlowConnect",
    "FlowGrant",
    "FlowAppPassword",
    "AppPasswords",
    "Link",
    "OAuth2",
    "OpenProject",
    "OwnAvatar",
    "Contacts",
    "Profile",
    "File",
    "FilesApp",
];

#[test]
fn every_part_of_the_server_stands_in_the_tables() {
    let route = include_str!("../../../src/route.rs");
    let public = include_str!("../../../src/public/mod.rs");
    let set = |names: &mut dyn Iterator<Item = &str>| -> BTreeSet<String> {
        names.map(str::to_owned).collect()
    };
    assert_eq!(variants(route, "Route<'a>"), set(&mut PARTS.iter().map(|part| part.0)));
    assert_eq!(variants(route, "DavRoot"), set(&mut ROOTS.iter().map(|root| root.0)));
    assert_eq!(variants(route, "Page<'a>"), set(&mut PAGES.iter().copied()));
    assert_eq!(variants(public, "PublicRoot<'a>"), set(&mut PUBLIC.iter().copied()));
}

#[tokio::test(start_paused = true)]
async fn webdav_believes_no_cookie_alone() {
    let world = filled().await;
    let (browser, _) = browser(&world, "alice").await;
    let (_, foreign) = self::browser(&world, "bob").await;
    let headers = [
        ("destination", "/remote.php/dav/files/alice/stolen"),
        ("content-type", "text/plain"),
        ("origin", "https://evil.example"),
    ];
    let wrong = [&headers[..], &[("requesttoken", foreign.as_str())]].concat();
    for (name, path) in ROOTS {
        for method in [
            "PUT",
            "POST",
            "DELETE",
            "PATCH",
            "MKCOL",
            "PROPFIND",
            "PROPPATCH",
            "MOVE",
            "COPY",
            "LOCK",
            "UNLOCK",
            "REPORT",
            "SEARCH",
            "MKCALENDAR",
            "ACL",
        ] {
            for headers in [&headers[..], &wrong[..]] {
                let answer = browser.send(method, path, headers, "x").await;
                assert_eq!(answer.status, 401, "{name} {method}: {}", answer.text());
                assert_eq!(answer.error().1, "CSRF check not passed.", "{name} {method}");
            }
        }
        let asks = [
            ("origin", "https://evil.example"),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", "requesttoken, ocs-apirequest"),
        ];
        let answer = browser.send("OPTIONS", path, &asks, "").await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{name}");
    }
    untouched(&world).await;
}

#[tokio::test(start_paused = true)]
async fn where_nothing_changes_no_method_changes_anything() {
    let world = filled().await;
    let (browser, _) = browser(&world, "alice").await;
    for (name, guard, path) in PARTS {
        if *guard == Token {
            continue;
        }
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "MKCOL", "MOVE", "OPTIONS"]
        {
            let headers = [("origin", "https://evil.example"), ("content-type", "text/plain")];
            let answer = browser.send(method, path, &headers, "x").await;
            assert!(answer.status < 500 || [501, 503].contains(&answer.status), "{name} {method}");
            assert_eq!(answer.header("set-cookie"), None, "{name} {method}");
            let allowed = answer.header("access-control-allow-origin");
            // It tells no more than which version this is.
            let expected = if *name == "Status" { Some("*") } else { None };
            assert_eq!(allowed, expected, "{name} {method}");
            assert_eq!(answer.header("access-control-allow-credentials"), None, "{name}");
        }
    }
    untouched(&world).await;
}

/// What happens to a request that changes something, and shows a session's cookie alone.
#[derive(Debug, Clone, Copy)]
enum Forged {
    /// It is refused with this status.
    Refused(u16),
    /// Nobody is believed for a cookie there: it takes something else, as said here.
    Other(&'static str),
}
use Forged::{Other, Refused};

/// Every arm of the code of pages that takes a method that changes something, with a request
/// that gets there: `(file, arm, method, path, body, what happens)`.
#[rustfmt::skip]
const CHANGES: &[(&str, &str, &str, &str, &str, Forged)] = &[
    ("app_passwords.rs", r#"(Method::POST, "") => {"#,
        "POST", "/settings/personal/authtokens", "name=x", Refused(412)),
    ("app_passwords.rs", r#"(Method::DELETE, rest) => match id(rest) {"#,
        "DELETE", "/settings/personal/authtokens/1", "", Refused(412)),
    ("app_passwords.rs", r#"(Method::POST, rest) => match rest.strip_prefix("wipe/").and_then(id) {"#,
        "POST", "/settings/personal/authtokens/wipe/1", "", Refused(412)),
    ("app_passwords.rs", r#"(Method::PUT, rest) => {"#,
        "PUT", "/settings/personal/authtokens/1", "name=x", Refused(412)),
    ("avatars.rs", r#"Method::DELETE => match accounts.remove_avatar(id).await {"#,
        "DELETE", "/index.php/avatar/", "", Refused(412)),
    ("avatars.rs", r#"Method::POST => {"#,
        "POST", "/avatar", "x", Refused(412)),
    ("choose_password.rs", r#"Method::POST => self.take_chosen_password(&token, request).await,"#,
        "POST", "/lostpassword/reset/form/x", "password=x&repeated=x",
        Other("the address came by mail, and its form has a token of its own: see below")),
    ("contacts.rs", r#"("contacts", Method::POST) => self.menu(&who, language, field("filter")).await,"#,
        "POST", "/index.php/contactsmenu/contacts", "filter=", Refused(412)),
    ("contacts.rs", r#"("findOne", Method::POST) => {"#,
        "POST", "/index.php/contactsmenu/findOne", "shareType=0&shareWith=bob", Refused(412)),
    ("legacy_flow.rs", r#"("", Method::POST) => self.legacy_grant(request).await,"#,
        "POST", "/login/flow", "stateToken=x", Refused(412)),
    ("legacy_flow.rs", r#"("apptoken", Method::POST) => self.legacy_app_password(request).await,"#,
        "POST", "/login/flow/apptoken", "user=alice&password=x&stateToken=x", Refused(412)),
    ("links/mod.rs", r#"(Method::POST, true) => self.unlock(&link, &place, request).await,"#,
        "POST", "/s/x/authenticate/showShare", "password=x",
        Other("the password of a link, by which its page is opened and nothing else")),
    ("links/mod.rs", r#"(Method::POST, "") => visit.upload(request).await,"#,
        "POST", "/s/x", "",
        Other("whoever knows a link may put files there; the cookie of a password is same-site")),
    ("mod.rs", r#"(Page::Login, Method::POST) => self.log_in(request).await,"#,
        "POST", "/login", "user=bob&password=Some-good-pw-123", Refused(303)),
    ("mod.rs", r#"(Page::LoginConfirm, Method::POST) => self.confirm(request).await,"#,
        "POST", "/login/confirm", "password=Some-good-pw-123", Refused(412)),
    ("mod.rs", r#"(Page::FlowStart, Method::POST) => self.flow_start(&request.into_parts().0).await,"#,
        "POST", "/login/v2", "", Other("a flow that nobody has agreed to opens nothing")),
    ("mod.rs", r#"(Page::FlowPoll, Method::POST) => self.flow_poll(request).await,"#,
        "POST", "/login/v2/poll", "token=x", Other("the token of the client that began it")),
    ("mod.rs", r#"(Page::FlowGrant, Method::POST) => self.flow_grant(request).await,"#,
        "POST", "/login/v2/grant", "stateToken=x", Refused(403)),
    ("mod.rs", r#"(Page::FlowAppPassword, Method::POST) => self.flow_app_password(request).await,"#,
        "POST", "/login/v2/apptoken", "stateToken=x&user=alice&password=x", Refused(412)),
    ("mod.rs", r#"(Page::Contacts(call), Method::POST | Method::GET) => {"#,
        "POST", "/index.php/contactsmenu/contacts", "", Refused(412)),
    ("oauth2.rs", r#"("authorize", Method::POST) => self.consent(request).await,"#,
        "POST", "/apps/oauth2/authorize", "client_id=x&response_type=code", Refused(412)),
    ("oauth2.rs", r#"("api/v1/token", Method::POST) => self.token(request).await,"#,
        "POST", "/apps/oauth2/api/v1/token", "grant_type=authorization_code&code=x",
        Other("the secret of the program")),
    ("oauth2.rs", r#"("clients", Method::POST) => self.register_program(request).await,"#,
        "POST", "/apps/oauth2/clients", "name=x&redirectUri=https://x.example/", Refused(412)),
    ("oauth2.rs", r#"(rest, Method::DELETE) => match rest.strip_prefix("clients/").map(str::parse) {"#,
        "DELETE", "/apps/oauth2/clients/1", "", Refused(412)),
    ("openproject.rs", r#"(("direct-upload-token", ""), &Method::POST) => self.upload_token(request).await,"#,
        "POST", "/apps/integration_openproject/direct-upload-token", "folder_id=1", Refused(412)),
    ("openproject.rs", r#"(("direct-upload", token), &Method::POST) if !token.is_empty() => {"#,
        "POST", "/apps/integration_openproject/direct-upload/x", "",
        Other("the address itself, which a person has just asked for")),
];

/// The arms of the code that take a method which changes something: file and text.
fn changing_arms() -> BTreeSet<(String, String)> {
    let web = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
    let mut found = BTreeSet::new();
    let mut folders = vec![web.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&web).unwrap().to_str().unwrap().to_owned();
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                let changes = ["POST", "PUT", "DELETE", "PATCH"];
                let changes = changes.iter().any(|one| line.contains(&format!("Method::{one}")));
                if changes && line.contains("=>") {
                    found.insert((name.clone(), without_blanks(line)));
                }
            }
        }
    }
    found
}

#[test]
fn every_page_that_changes_something_stands_in_the_table() {
    let table: BTreeSet<(String, String)> =
        CHANGES.iter().map(|row| (row.0.to_owned(), without_blanks(row.1))).collect();
    let code = changing_arms();
    let missing: Vec<_> = code.symmetric_difference(&table).collect();
    assert!(missing.is_empty(), "in one of both only: {missing:#?}");
    // The other parts of the server have no such arms.
    let service = include_str!("../../../src/service.rs");
    assert_eq!(service.matches("Method::POST").count(), 1, "the wipe, which takes a token");
    assert_eq!(
        service.matches("Method::PUT").count() + service.matches("Method::DELETE").count(),
        0
    );
}

#[tokio::test(start_paused = true)]
async fn pages_believe_no_cookie_alone() {
    let world = filled().await;
    let (root, _) = browser(&world, "root").await;
    let (_, foreign) = browser(&world, "bob").await;
    for (_, arm, method, path, body, happens) in CHANGES {
        let Refused(status) = happens else { continue };
        for kind in FORMS {
            for more in [
                ("origin", "https://evil.example"),
                ("requesttoken", foreign.as_str()),
                ("referer", "https://cloud.example.org/"),
            ] {
                let headers = [("content-type", *kind), more];
                let answer = root.send(method, path, &headers, *body).await;
                let text = String::from_utf8_lossy(&answer.body);
                assert_eq!(answer.status, *status, "{arm} {more:?}: {text}");
                assert_eq!(answer.cookie(SESSION), None, "{arm}");
                assert_eq!(answer.header("access-control-allow-origin"), None, "{arm}");
            }
        }
    }
    // Signing out is a link, and takes the token too.
    for path in ["/logout", "/logout?requesttoken=x"] {
        assert_eq!(root.get(path).await.status, 412, "{path}");
    }
    assert_eq!(root.get("/").await.status, 200, "nobody was signed out");
    let mine = world.root().get("/settings/personal/authtokens").await;
    assert_eq!(mine.json(), serde_json::json!([]));
    untouched(&world).await;
}

#[tokio::test(start_paused = true)]
async fn what_takes_no_cookie_takes_none() {
    let world = filled().await;
    let token = link(&world, "").await;
    let (browser, own) = browser(&world, "alice").await;
    for (_, arm, method, path, body, happens) in CHANGES {
        let Other(why) = happens else { continue };
        assert!(!why.is_empty());
        let path = path.replace("/s/x", &format!("/s/{token}"));
        // Who is signed in and has the token hears what a stranger hears.
        let headers = [FORM, ("requesttoken", own.as_str()), ("ocs-apirequest", "true")];
        let signed_in = browser.send(method, &path, &headers, *body).await;
        let stranger = world.stranger().send(method, &path, &[FORM], *body).await;
        assert_eq!(signed_in.status, stranger.status, "{arm}");
    }
    untouched(&world).await;
}

/// A flow that a page of another site opened in the browser: it has the cookies of both, and
/// even the state, but not the token of the form.
async fn flow(world: &World, browser: &Client) -> (Client, String) {
    let started = world.stranger().send("POST", "/login/v2", &[], "").await.json();
    let login = started["login"].as_str().unwrap().to_owned();
    let opened = browser.get(login.strip_prefix("https://cloud.example.org").unwrap()).await;
    let cookie = opened.cookie("allmende_flow").unwrap();
    let set = opened.header("set-cookie").unwrap();
    assert!(set.contains("; HttpOnly; SameSite=Lax; Secure"), "{set}");
    let browser = browser.clone().with("cookie", format!("allmende_flow={cookie}"));
    let state = browser.get("/login/v2/flow").await.field("stateToken");
    (browser, state)
}

#[tokio::test]
async fn nobody_is_made_to_let_a_client_in() {
    let world = filled().await;
    let (browser, token) = browser(&world, "alice").await;
    let (both, state) = flow(&world, &browser).await;
    let send = async |fields: &str, more: (&str, &str)| -> Answer {
        let body = format!("stateToken={state}&{fields}");
        both.send("POST", "/login/v2/grant", &[FORM, more], body).await
    };
    let right = format!("requesttoken={}", encoded(&token));
    assert_eq!(send("", ("x", "y")).await.status, 412);
    assert_eq!(send("", ("ocs-apirequest", "true")).await.status, 412);
    assert_eq!(send(&right, ("origin", "https://evil.example")).await.status, 412);
    let mine = world.alice().get("/settings/personal/authtokens").await;
    assert_eq!(mine.json(), serde_json::json!([]));
    // The very form of the page is believed.
    assert_eq!(send(&right, ("origin", "https://cloud.example.org")).await.status, 200);

    // Version 1, which ends with an address of the client's.
    let view = browser.with("ocs-apirequest", "true");
    let first = view.get("/login/flow").await;
    let cookie = first.cookie("allmende_flow_v1").unwrap();
    let state = first.field("stateToken");
    let both = view.with("cookie", format!("allmende_flow_v1={cookie}"));
    let forged = both.send("POST", "/login/flow", &[FORM], format!("stateToken={state}")).await;
    assert_eq!((forged.status, forged.header("location")), (412, None));
}

#[tokio::test]
async fn nobody_is_signed_in_as_somebody_else() {
    let world = filled().await;
    let csrf = world.stranger().get("/csrftoken").await;
    let (cookie, token) =
        (csrf.cookie(SESSION).unwrap(), csrf.json()["token"].as_str().unwrap().to_owned());
    let (_, foreign) = browser(&world, "bob").await;
    let form =
        |token: &str| format!("user=alice&password={PASSWORD}&requesttoken={}", encoded(token));
    let victim = world.stranger().with("cookie", format!("{SESSION}={cookie}"));
    for (client, headers, token) in [
        (&victim, vec![FORM], ""),
        (&victim, vec![FORM], foreign.as_str()),
        (&victim, vec![FORM, ("origin", "https://evil.example")], token.as_str()),
        (&world.stranger(), vec![FORM], token.as_str()),
    ] {
        let answer = client.send("POST", "/login", &headers, form(token)).await;
        assert_eq!((answer.status, answer.cookie(SESSION)), (303, None), "{headers:?}");
        assert!(answer.header("location").unwrap().contains("/login?expired=1"));
    }
    // The cookie that does come goes to this server alone, and not with requests of others.
    for (rest, lasts) in [("", false), ("&rememberme=1", true)] {
        let body = format!("{}{rest}", form(&token));
        let answer = victim.send("POST", "/login", &[FORM], body).await;
        let set = answer.header("set-cookie").unwrap();
        let plain = "; Path=/; HttpOnly; SameSite=Lax; Secure";
        assert!(set.contains(plain), "{set}");
        assert_eq!(set.contains("Max-Age=1296000"), lasts, "{set}");
        // What the browser had before opens nothing.
        assert_ne!(answer.cookie(SESSION), Some(cookie.clone()));
        assert_eq!(victim.get(FILES).await.status, 401);
    }
}

#[tokio::test]
async fn nobody_is_given_a_password() {
    let world = filled().await;
    let now = world.files.now();
    let link = world.accounts.create_password_link(&user("alice"), now).await.unwrap();
    let path = format!("/lostpassword/reset/form/{}", link.expose());
    let (browser, token) = browser(&world, "alice").await;
    let chosen = "password=Chosen-by-another-9&repeated=Chosen-by-another-9";
    let right = format!("{chosen}&requesttoken={}", encoded(&token));
    for (more, body) in [
        (("x", "y"), chosen),
        (("ocs-apirequest", "true"), chosen),
        (("origin", "https://evil.example"), right.as_str()),
    ] {
        let page = browser.send("POST", &path, &[FORM, more], body.to_owned()).await;
        assert!(page.text().contains("role=\"alert\""), "{more:?}: {}", page.text());
        let known = world.alice().propfind(FILES, "0", "d:getetag").await;
        assert_eq!(known.status, 207, "{more:?}");
    }
    // The very form of the page is believed.
    let own = [FORM, ("origin", "https://cloud.example.org")];
    assert_eq!(browser.send("POST", &path, &own, right).await.status, 303);
    let changed = world.person("alice", "Chosen-by-another-9");
    assert_eq!(changed.propfind(FILES, "0", "d:getetag").await.status, 207);
}
