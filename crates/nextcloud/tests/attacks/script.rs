//! Scripts in what others wrote: no page shows them as such, and nothing that is no page can be
//! taken for one.
//!
//! The pages are those of links, of the login form, of the two login flows, of programs, of
//! choosing a password, and the one of who is signed in. Labels, tags, comments and statuses
//! stand on none of them: they are only in answers for clients, whose type no browser takes
//! for a page. There are no pages of people (`/u/…`). Mails are plain text.

use serde_json::json;

use crate::{
    common::{Answer, FILES, World},
    setting::{FORM, SHARES, browser, dav, encoded, filled, link, share},
};

const SCRIPT: &str = "<script>alert(1)</script>";
const IMAGE: &str = "\"><img src=x onerror=alert(1)>'";

/// A page on which nothing runs, whatever stands on it.
fn is_tame(page: &Answer, what: &str) {
    let text = page.text();
    assert!(page.header("content-type").unwrap().starts_with("text/html"), "{what}");
    assert!(!text.contains("<script") && !text.contains("<img src=x"), "{what}: {text}");
    assert!(!text.contains(" onerror=alert(1)>"), "{what}: {text}");
    for href in text.split("href=\"").skip(1) {
        assert!(!href.trim_start().to_ascii_lowercase().starts_with("javascript"), "{what}");
    }
    let policy = page.header("content-security-policy").unwrap_or_else(|| panic!("{what}"));
    assert!(policy.starts_with("default-src 'none';"), "{what}: {policy}");
    for part in ["unsafe", "script-src", "data:", " *"] {
        assert!(!policy.contains(part), "{what}: {policy}");
    }
    for part in ["frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{what}");
    assert_eq!(page.header("x-frame-options"), Some("DENY"), "{what}");
}

/// A world in which everything that has a name is called like a script.
async fn evil() -> World {
    let world = filled().await;
    let root = world.root();
    for value in [SCRIPT, IMAGE] {
        let form = format!("key=displayname&value={}", encoded(value));
        let set = root.ocs("PUT", "/cloud/users/alice", &form).await;
        assert_eq!(set.http, 200, "{}", set.message);
    }
    let text = "/apps/provisioning_api/api/v1/config/apps/core/shareapi_public_link_disclaimertext";
    let form = format!("value={}", encoded(SCRIPT));
    assert_eq!(root.ocs("POST", text, &form).await.http, 200);
    world
}

#[tokio::test]
async fn pages_of_links() {
    let world = evil().await;
    let alice = world.alice();
    let folder = "%3Cimg%20src=x%20onerror=alert(1)%3E";
    assert_eq!(alice.mkcol(&format!("{FILES}/d/{folder}")).await, 201);
    let name = "%22%3E%3Cscript%3Ealert(1).txt";
    assert_eq!(alice.put(&format!("{FILES}/d/{folder}/{name}"), "x").await.status, 201);
    assert_eq!(alice.put(&format!("{FILES}/d/javascript%3Aalert(1)"), "x").await.status, 201);
    let words = format!("note={}&label={}", encoded(SCRIPT), encoded(IMAGE));
    let guest = world.stranger();
    for rest in ["", "&publicUpload=true", "&permissions=4"] {
        let token = link(&world, &format!("{words}{rest}")).await;
        let inside = encoded("/<img src=x onerror=alert(1)>");
        for path in [
            format!("/s/{token}"),
            format!("/s/{token}?path={inside}"),
            format!("/s/{token}?path={}", encoded(IMAGE)),
            format!("/s/{token}?path=/&after={}", encoded(SCRIPT)),
        ] {
            let page = guest.get(&path).await;
            is_tame(&page, &path);
            if page.status == 200 {
                // It is shown, as text.
                assert!(page.text().contains("&#60;script&#62;alert(1)"), "{}", page.text());
            }
        }
        // What a form brings, and what is told of it.
        let body = format!(
            "--e\r\nContent-Disposition: form-data; name=\"nickname\"\r\n\r\n{SCRIPT}\r\n--e\r\n\
             Content-Disposition: form-data; name=\"files\"; filename=\"<img src=x \
             onerror=alert(1)>.txt\"\r\n\r\nx\r\n--e--\r\n"
        );
        let kind = [("content-type", "multipart/form-data; boundary=e")];
        let page = guest.send("POST", &format!("/s/{token}"), &kind, body).await;
        is_tame(&page, "form");
    }
    // A link to what is called so itself, and a password in front of it.
    let path = encoded("/d/<img src=x onerror=alert(1)>");
    for rest in ["", "&password=Quite-a-secret-9"] {
        let form = format!("path={path}&shareType=3&{words}{rest}");
        let (_, token) = share(&alice, &form).await;
        for at in ["", "/authenticate/showShare"] {
            let page = guest.get(&format!("/s/{token}{at}")).await;
            if page.status == 200 {
                is_tame(&page, at);
            }
        }
        let form = format!("/s/{token}/authenticate/%3Cscript%3E");
        let body = format!("password={}", encoded(IMAGE));
        let page = guest.send("POST", &form, &[FORM], body).await;
        if page.status == 200 {
            is_tame(&page, "password");
        }
    }
}

#[tokio::test]
async fn pages_of_people() {
    let world = evil().await;
    let alice = world.alice();
    let (browser, token) = browser(&world, "alice").await;
    let browser = browser.with("accept", "text/html");
    is_tame(&browser.get("/").await, "home");
    let file = format!("{FILES}/%22%3E%3Cscript%3Ealert(1).txt");
    assert_eq!(alice.put(&file, "x").await.status, 201);
    let id = alice.prop(&file, "oc:fileid").await.unwrap();
    is_tame(&browser.get(&format!("/apps/files/files/{id}")).await, "deep link");
    is_tame(&browser.get("/apps/files/files/4000000").await, "missing");
    is_tame(&browser.get("/index.php/%3Cscript%3E").await, "unknown");
    is_tame(&browser.get("/f/%3Cscript%3E").await, "no number");
    let text = encoded(IMAGE);
    let page = world.stranger().get(&format!("/login?user={text}&redirect_url={text}")).await;
    is_tame(&page, "login");
    is_tame(&world.stranger().get(&format!("/lostpassword/reset/form/{text}")).await, "password");

    // A client that calls itself so, in both flows, asks a person who is called so.
    let client = world.stranger().with("user-agent", SCRIPT).with("ocs-apirequest", "true");
    let started = client.send("POST", "/login/v2", &[], "").await.json();
    let login = started["login"].as_str().unwrap().strip_prefix("https://cloud.example.org");
    let opened = browser.get(&format!("{}?user={text}", login.unwrap())).await;
    let cookie = opened.cookie("allmende_flow").unwrap();
    let both = [("cookie", format!("allmende_flow={cookie}"))];
    let both = browser.clone().with(both[0].0, both[0].1.clone());
    let first = both.get(&format!("/login/v2/flow?user={text}")).await;
    is_tame(&first, "connect");
    let state = first.field("stateToken");
    let asked = both.get(&format!("/login/v2/grant?stateToken={state}")).await;
    assert_eq!(asked.status, 200);
    is_tame(&asked, "grant");
    is_tame(&both.get(&format!("/login/v2/grant?stateToken={text}")).await, "refused");
    let old = client.get(&format!("/login/flow?user={text}")).await;
    is_tame(&old, "connect, version 1");

    // And a program.
    let form = format!("name={}&redirectUri=https%3A%2F%2Fop.example.org%2F", encoded(SCRIPT));
    let made = world.root().send("POST", "/apps/oauth2/clients", &[FORM], form).await.json();
    let id = made["clientId"].as_str().unwrap();
    let asked = format!(
        "/apps/oauth2/authorize?client_id={id}&response_type=code&state={text}&\
         code_challenge={text}&code_challenge_method=S256"
    );
    let page = browser.get(&asked).await;
    assert_eq!(page.status, 200);
    is_tame(&page, "consent");
    is_tame(&browser.get(&format!("/apps/oauth2/authorize?client_id={text}")).await, "unknown");
    assert!(!token.is_empty());
    // And what a person tells of themselves.
    let person = world.stranger().get("/u/alice").await;
    assert_eq!(person.status, 200);
    is_tame(&person, "person");
}

#[tokio::test]
async fn answers_to_clients_are_no_pages() {
    let world = evil().await;
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/%3Cscript%3E")).await;
    let form = format!(
        "path=%2F%3Cscript%3E&shareType=0&shareWith=bob&note={}&label={}",
        encoded(SCRIPT),
        encoded(SCRIPT)
    );
    share(&alice, &form).await;
    let status = json!({ "message": SCRIPT, "statusIcon": null, "clearAt": null }).to_string();
    let headers = [("ocs-apirequest", "true"), ("content-type", "application/json")];
    let set = "/ocs/v2.php/apps/user_status/api/v1/user_status/message/custom";
    assert_eq!(alice.send("PUT", set, &headers, status).await.status, 200);
    let tag = json!({ "name": SCRIPT, "userVisible": true, "userAssignable": true }).to_string();
    let kind = [("content-type", "application/json")];
    let made = world.root().send("POST", "/remote.php/dav/systemtags/", &kind, tag).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = alice.prop(&format!("{FILES}/d/a.txt"), "oc:fileid").await.unwrap();
    let comment = json!({ "actorType": "users", "verb": "comment", "message": SCRIPT }).to_string();
    let place = format!("/remote.php/dav/comments/files/{id}/");
    assert_eq!(alice.send("POST", &place, &kind, comment).await.status, 201);

    let ask = [("ocs-apirequest", "true"), ("depth", "1"), ("accept", "text/html")];
    for (method, path) in [
        ("GET", format!("/ocs/v2.php{SHARES}")),
        ("GET", format!("/ocs/v2.php{SHARES}?format=json")),
        ("GET", "/ocs/v2.php/apps/user_status/api/v1/statuses?format=json".to_owned()),
        ("GET", "/ocs/v2.php/cloud/user".to_owned()),
        ("GET", "/ocs/v2.php/apps/activity/api/v2/activity?format=json".to_owned()),
        ("GET", "/ocs/v2.php/hovercard/v1/alice?format=json".to_owned()),
        ("GET", "/ocs/v2.php/core/autocomplete/get?search=script&itemType=&itemId=".to_owned()),
        ("GET", format!("/ocs/v2.php/{}", "%3Cscript%3E")),
        ("PROPFIND", FILES.to_owned()),
        ("PROPFIND", "/remote.php/dav/systemtags/".to_owned()),
        ("PROPFIND", place),
        ("PROPFIND", format!("{FILES}/%3Cscript%3Enone")),
        ("GET", format!("{FILES}/%3Cscript%3Enone")),
        ("GET", "/remote.php/dav/%3Cscript%3E".to_owned()),
        ("GET", "/public.php/dav/files/%3Cscript%3E".to_owned()),
        ("GET", "/index.php/.well-known/%3Cscript%3E".to_owned()),
        ("GET", "/settings/personal/authtokens".to_owned()),
    ] {
        let answer = alice.send(method, &path, &ask, "").await;
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(!kind.contains("html"), "{method} {path}: {kind}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {path}");
        if kind.contains("xml") {
            assert!(!answer.text().contains("<script"), "{method} {path}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn files_do_not_run() {
    let world = filled().await;
    let alice = world.alice();
    let page = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let guest = world.stranger();
    for name in ["x.html", "x.svg", "x.xhtml", "x.xml", "x.pdf", "x.js", "x"] {
        let path = format!("{FILES}/d/{name}");
        assert_eq!(alice.put(&path, page).await.status, 201);
        let token = share(&alice, &format!("path=/d/{name}&shareType=3")).await.1;
        let id = alice.prop(&path, "oc:fileid").await.unwrap();
        let direct = alice.ocs("POST", "/apps/dav/api/v1/direct", &format!("fileId={id}")).await;
        let direct = direct.data["url"].as_str().unwrap().to_owned();
        let direct = direct.strip_prefix("https://cloud.example.org").unwrap();
        for answer in
            [alice.get(&path).await, guest.get(&dav(&token, "")).await, guest.get(direct).await]
        {
            assert_eq!(answer.status, 200, "{name}");
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none'"), "{name}: {policy}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{name}");
        }
    }
}
