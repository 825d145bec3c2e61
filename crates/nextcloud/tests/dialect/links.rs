//! Public links from outside: over WebDAV and as pages, with what guests may and may not.
//!
//! Failures are held back; where tests make many, their clock skips the waiting.

use serde_json::Value;

use crate::common::{Answer, Client, FILES, World};

const SHARES: &str = "/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json";
const OCS: (&str, &str) = ("ocs-apirequest", "true");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A link to alice's folder `d`, which has `a.txt` and `sub/b.txt`.
async fn link(world: &World, path: &str, rest: &str) -> String {
    let alice = world.alice();
    for folder in ["d", "d/sub"] {
        alice.send("MKCOL", &format!("{FILES}/{folder}"), &[], "").await;
    }
    for (name, content) in [("d/a.txt", "hello"), ("d/sub/b.txt", "below"), ("secret.txt", "no")] {
        alice.send("PUT", &format!("{FILES}/{name}"), &[], content).await;
    }
    let form = format!("path={path}&shareType=3&{rest}");
    let made = alice.send("POST", SHARES, &[OCS, FORM], form).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let made: Value = serde_json::from_str(made.text()).unwrap();
    made["ocs"]["data"]["token"].as_str().unwrap().to_owned()
}

fn dav(token: &str, path: &str) -> String {
    format!("/public.php/dav/files/{token}{path}")
}

async fn status(client: &Client, method: &str, path: &str) -> u16 {
    client.send(method, path, &[], "").await.status
}

#[tokio::test]
async fn a_folder_is_read_and_nothing_else() {
    let world = World::new().await;
    let token = link(&world, "/d", "").await;
    let guest = world.stranger();
    let file = guest.get(&dav(&token, "/a.txt")).await;
    assert_eq!((file.status, file.text()), (200, "hello"));
    assert_eq!(file.header("x-user-id"), None);
    assert_eq!(guest.get(&dav(&token, "/sub/b.txt")).await.text(), "below");
    let part = guest.send("GET", &dav(&token, "/a.txt"), &[("range", "bytes=1-2")], "").await;
    assert_eq!((part.status, part.text()), (206, "el"));
    let list = guest.propfind(&dav(&token, "/"), "1", "oc:permissions").await;
    let hrefs: Vec<String> = list.responses().iter().map(|one| one.href().to_owned()).collect();
    assert_eq!(hrefs, [dav(&token, "/"), dav(&token, "/a.txt"), dav(&token, "/sub/")]);
    let zip = guest.get(&dav(&token, "?accept=zip")).await;
    assert_eq!((zip.status, zip.header("content-type")), (200, Some("application/zip")));
    for method in ["PUT", "MKCOL", "DELETE"] {
        for path in ["/a.txt", "/new"] {
            let status = status(&guest, method, &dav(&token, path)).await;
            assert!([403, 404, 405].contains(&status), "{method} {path}: {status}");
        }
    }
    let patch = "<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop><x:p xmlns:x='urn:x'>1</x:p>\
                 </d:prop></d:set></d:propertyupdate>";
    for path in ["/", "/a.txt", "/sub/"] {
        let patched = guest.send("PROPPATCH", &dav(&token, path), &[], patch).await;
        assert_eq!(patched.status, 207);
        assert!(patched.text().contains("HTTP/1.1 403"), "{path}: {}", patched.text());
    }
    let lock = "<d:lockinfo xmlns:d='DAV:'><d:lockscope><d:exclusive/></d:lockscope><d:locktype>\
                <d:write/></d:locktype></d:lockinfo>";
    assert_eq!(guest.send("LOCK", &dav(&token, "/a.txt"), &[], lock).await.status, 403);
    let to = [("destination", "/public.php/dav/files/x/new")];
    assert_ne!(guest.send("MOVE", &dav(&token, "/a.txt"), &to, "").await.status, 201);
    assert_eq!(guest.send("COPY", &dav(&token, "/a.txt"), &to, "").await.status, 409);
    assert_eq!(world.alice().get(&format!("{FILES}/d/a.txt")).await.text(), "hello");
}

#[tokio::test(start_paused = true)]
async fn nothing_outside_of_a_link_can_be_named() {
    let world = World::new().await;
    let token = link(&world, "/d", "publicUpload=true").await;
    let guest = world.stranger();
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/sub/../../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
    ] {
        let answer = guest.get(&dav(&token, path)).await;
        assert!(answer.status >= 400 && answer.text() != "no", "{path}: {}", answer.status);
    }
    for place in [
        "/remote.php/dav/files/alice/stolen.txt",
        "/public.php/dav/files/other/x",
        "/public.php/dav/files/../x",
    ] {
        let to = [("destination", place)];
        let answer = guest.send("MOVE", &dav(&token, "/a.txt"), &to, "").await;
        assert!(answer.status >= 400, "{place}: {}", answer.status);
    }
    assert_eq!(guest.get("/remote.php/dav/files/alice/d/a.txt").await.status, 401);
    assert_eq!(status(&guest, "PROPFIND", "/public.php/dav/trashbin/x").await, 404);
    // What is no token is no link, and clients take that for a passing failure.
    for unknown in ["nothing", "", "a/b", "%00", "x'or'1'='1"] {
        assert_eq!(
            guest.get(&format!("/public.php/dav/files/{unknown}")).await.status,
            503,
            "{unknown}"
        );
    }
}

#[tokio::test]
async fn guests_write_where_they_may() {
    let world = World::new().await;
    let token = link(&world, "/d", "publicUpload=true").await;
    let guest = world.stranger();
    let put = guest.send("PUT", &dav(&token, "/new.txt"), &[], "new").await;
    assert_eq!(put.status, 201);
    assert_eq!(world.alice().get(&format!("{FILES}/d/new.txt")).await.text(), "new");
    assert_eq!(guest.send("PUT", &dav(&token, "/new.txt"), &[], "newer").await.status, 204);
    assert_eq!(status(&guest, "MKCOL", &dav(&token, "/made")).await, 201);
    let place = format!("https://cloud.example.org{}", dav(&token, "/made/moved.txt"));
    let to = [("destination", place.as_str())];
    assert_eq!(guest.send("MOVE", &dav(&token, "/new.txt"), &to, "").await.status, 201);
    assert_eq!(status(&guest, "DELETE", &dav(&token, "/made")).await, 204);
    // Large files come in parts.
    let upload = format!("/public.php/dav/uploads/{token}/u1");
    let place = format!("https://cloud.example.org{}", dav(&token, "/big.bin"));
    let to = [("destination", place.as_str())];
    assert_eq!(guest.send("MKCOL", &upload, &to, "").await.status, 201);
    assert_eq!(guest.send("PUT", &format!("{upload}/1"), &to, "one").await.status, 201);
    assert_eq!(guest.send("PUT", &format!("{upload}/2"), &to, "two").await.status, 201);
    assert_eq!(guest.send("MOVE", &format!("{upload}/.file"), &to, "").await.status, 201);
    assert_eq!(world.alice().get(&format!("{FILES}/d/big.bin")).await.text(), "onetwo");
}

#[tokio::test]
async fn a_file_is_the_link_itself() {
    let world = World::new().await;
    let token = link(&world, "/d/a.txt", "").await;
    let guest = world.stranger();
    let file = guest.get(&dav(&token, "")).await;
    assert_eq!((file.status, file.text()), (200, "hello"));
    assert!(file.header("content-disposition").unwrap().contains("a.txt"));
    assert_eq!(guest.get(&dav(&token, "/a.txt")).await.status, 404);
    assert_eq!(guest.send("PUT", &dav(&token, ""), &[], "x").await.status, 403);
    let writable = link(&world, "/d/a.txt", "permissions=3").await;
    assert_eq!(guest.send("PUT", &dav(&writable, ""), &[], "hello").await.status, 204);
    assert_eq!(status(&guest, "DELETE", &dav(&token, "")).await, 403);
    let page = guest.get(&format!("/s/{token}")).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<h1>a.txt</h1>"), "{}", page.text());
    assert!(page.text().contains(&format!("href=\"{}\"", dav(&token, ""))), "{}", page.text());
    let download = guest.get(&format!("/s/{token}/download")).await;
    let place = format!("https://cloud.example.org{}", dav(&token, ""));
    assert_eq!((download.status, download.header("location")), (303, Some(place.as_str())));
}

#[tokio::test(start_paused = true)]
async fn a_password_stands_in_front_of_everything() {
    let world = World::new().await;
    let token = link(&world, "/d", "password=Quite-a-secret-9").await;
    let guest = world.stranger();
    let closed = guest.get(&dav(&token, "/a.txt")).await;
    assert_eq!((closed.status, closed.header("www-authenticate")), (401, None));
    for name in ["anonymous", token.as_str()] {
        let wrong = world.person(name, "guess").get(&dav(&token, "/a.txt")).await;
        assert_eq!(wrong.status, 401);
        assert!(wrong.header("www-authenticate").unwrap().starts_with("Basic"));
        let right = world.person(name, "Quite-a-secret-9");
        assert_eq!(right.get(&dav(&token, "/a.txt")).await.text(), "hello");
    }
    // The page asks for it, and remembers it in a cookie of this link alone.
    let form = format!("/s/{token}/authenticate/showShare");
    let page = guest.get(&format!("/s/{token}")).await;
    assert_eq!(page.header("location"), Some(format!("https://cloud.example.org{form}").as_str()));
    let page = guest.get(&form).await;
    assert!(page.text().contains("type=\"password\"") && !page.text().contains("a.txt"));
    let wrong = guest.send("POST", &form, &[FORM], "password=guess").await;
    assert_eq!(wrong.header("set-cookie"), None);
    assert!(wrong.text().contains("role=\"alert\""));
    let right = guest.send("POST", &form, &[FORM], "password=Quite-a-secret-9").await;
    assert_eq!(right.status, 303);
    let cookie = right.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let browser = world.stranger().with("cookie", cookie);
    assert!(browser.get(&format!("/s/{token}")).await.text().contains("a.txt"));
    assert_eq!(browser.get(&dav(&token, "/a.txt")).await.text(), "hello");
    let other = link(&world, "/d", "password=Another-secret-9").await;
    assert_eq!(browser.get(&dav(&other, "/a.txt")).await.status, 401);
    assert_eq!(browser.get(&format!("/s/{other}")).await.status, 303);
    // Guessing is braked.
    let mut blocked = false;
    for guess in 0..40 {
        let answer = world.person("anonymous", &format!("g{guess}")).get(&dav(&token, "/")).await;
        assert!([401, 429].contains(&answer.status), "{}", answer.status);
        blocked |= answer.status == 429;
        if blocked {
            break;
        }
    }
    assert!(blocked, "forty guesses passed");
}

#[tokio::test]
async fn a_drop_takes_and_tells_nothing() {
    let world = World::new().await;
    let token = link(&world, "/d", "permissions=4").await;
    let guest = world.stranger();
    let list = guest.propfind(&dav(&token, "/"), "1", "d:getetag").await;
    assert_eq!(list.status, 405);
    assert!(list.text().contains("Only PUT, MKCOL and MOVE are allowed on files drop"));
    for path in ["/a.txt", "/", "", "/sub/b.txt", "?accept=zip"] {
        let answer = guest.get(&dav(&token, path)).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("hello"));
    }
    for method in ["DELETE", "MOVE", "COPY", "PROPPATCH", "LOCK", "REPORT", "SEARCH"] {
        assert_eq!(status(&guest, method, &dav(&token, "/a.txt")).await, 405, "{method}");
    }
    // A taken name becomes another one, so nothing is overwritten and nothing is told.
    for content in ["mine", "again"] {
        let put = guest.send("PUT", &dav(&token, "/a.txt"), &[], content).await;
        assert_eq!((put.status, put.header("oc-fileid")), (201, None));
    }
    let alice = world.alice();
    for (name, content) in [("a.txt", "hello"), ("a%20(2).txt", "mine"), ("a%20(3).txt", "again")] {
        assert_eq!(alice.get(&format!("{FILES}/d/{name}")).await.text(), content, "{name}");
    }
    let joe = [("x-nc-nickname", "J%C3%B6 M.")];
    assert_eq!(guest.send("PUT", &dav(&token, "/own.txt"), &joe, "own").await.status, 201);
    assert_eq!(alice.get(&format!("{FILES}/d/J%C3%B6%20M./own.txt")).await.text(), "own");
    for nickname in ["../x", ".htaccess", "a/b", "a%2Fb"] {
        let answer =
            guest.send("PUT", &dav(&token, "/n.txt"), &[("x-nc-nickname", nickname)], "x").await;
        assert_eq!(answer.status, 400, "{nickname}");
    }
    // The page is a form without a list.
    let page = guest.get(&format!("/s/{token}")).await;
    assert!(page.text().contains("enctype=\"multipart/form-data\""));
    assert!(!page.text().contains("a.txt"), "{}", page.text());
    assert_eq!(guest.get(&format!("/s/{token}/download")).await.status, 404);
    assert!(!guest.get(&format!("/s/{token}?path=/sub")).await.text().contains("b.txt"));
}

fn multipart(fields: &[(&str, Option<&str>, &str)]) -> (String, String) {
    let mut body = String::new();
    for (name, file, content) in fields {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.push_str(&format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        ));
    }
    body.push_str("--edge--\r\n");
    ("multipart/form-data; boundary=edge".to_owned(), body)
}

async fn upload(client: &Client, token: &str, fields: &[(&str, Option<&str>, &str)]) -> Answer {
    let (kind, body) = multipart(fields);
    client.send("POST", &format!("/s/{token}"), &[("content-type", &kind)], body).await
}

#[tokio::test]
async fn forms_bring_files() {
    let world = World::new().await;
    let (guest, alice) = (world.stranger(), world.alice());
    let drop = link(&world, "/d", "permissions=4").await;
    let fields = [
        ("nickname", None, "Joe"),
        ("files", Some("x.txt"), "one"),
        ("files", Some("y.txt"), "two"),
    ];
    let page = upload(&guest, &drop, &fields).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("role=\"status\">Received: x.txt, y.txt"), "{}", page.text());
    assert_eq!(alice.get(&format!("{FILES}/d/Joe/y.txt")).await.text(), "two");
    for fields in [
        [("nickname", None, "../up"), ("files", Some("x.txt"), "x")],
        [("nickname", None, "Joe"), ("files", Some("../x.txt"), "x")],
        [("nickname", None, "Joe"), ("files", Some(".htaccess"), "x")],
    ] {
        assert_eq!(upload(&guest, &drop, &fields).await.status, 400, "{fields:?}");
    }
    assert_eq!(alice.get(&format!("{FILES}/up")).await.status, 404);
    let open = link(&world, "/d", "publicUpload=true").await;
    let into = [("path", None, "sub"), ("files", Some("c.txt"), "three")];
    assert_eq!(upload(&guest, &open, &into).await.status, 200);
    assert_eq!(alice.get(&format!("{FILES}/d/sub/c.txt")).await.text(), "three");
    // A form never replaces what is there.
    let again = [("path", None, "sub"), ("files", Some("c.txt"), "four")];
    assert_eq!(upload(&guest, &open, &again).await.status, 400);
    assert_eq!(alice.get(&format!("{FILES}/d/sub/c.txt")).await.text(), "three");
    let read = link(&world, "/d", "").await;
    assert_eq!(upload(&guest, &read, &[("files", Some("z.txt"), "z")]).await.status, 400);
    assert_eq!(alice.get(&format!("{FILES}/d/z.txt")).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_is_gone() {
    let world = World::new().await;
    let guest = world.stranger();
    let token = link(&world, "/d", "expireDate=2027-01-20").await;
    assert_eq!(guest.get(&dav(&token, "/a.txt")).await.status, 200);
    world.clock.forward(6 * 24 * 3600);
    assert_eq!(guest.get(&dav(&token, "/a.txt")).await.status, 503);
    assert_eq!(guest.get(&format!("/s/{token}")).await.status, 404);
    // And so is what its maker has lost.
    let token = link(&world, "/d", "").await;
    assert_eq!(guest.get(&dav(&token, "/a.txt")).await.status, 200);
    assert_eq!(world.alice().send("DELETE", &format!("{FILES}/d"), &[], "").await.status, 204);
    assert_eq!(guest.get(&dav(&token, "/a.txt")).await.status, 503);
    let token = link(&world, "/d", "").await;
    let disable = "/ocs/v2.php/cloud/users/alice/disable";
    assert_eq!(world.root().send("PUT", disable, &[OCS], "").await.status, 200);
    assert_eq!(guest.get(&dav(&token, "/a.txt")).await.status, 503);
}

#[tokio::test]
async fn pages_show_what_others_wrote_as_text() {
    let world = World::new().await;
    let alice = world.alice();
    alice.send("MKCOL", &format!("{FILES}/d"), &[], "").await;
    let name = "%3Cimg%20src=x%20onerror=alert(1)%3E.txt";
    assert_eq!(alice.send("PUT", &format!("{FILES}/d/{name}"), &[], "x").await.status, 201);
    let note = "note=%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let token = link(&world, "/d", note).await;
    let page = world.stranger().get(&format!("/s/{token}")).await;
    assert!(
        !page.text().contains("<script") && !page.text().contains("<img src=x"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("&#60;script"), "{}", page.text());
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    // Whoever hides the download hides it on the page.
    let hidden = world.stranger();
    assert!(hidden.get(&format!("/s/{token}")).await.text().contains("accept=zip"));
    let mine = format!("{}&path=/d", SHARES);
    let all: Value =
        serde_json::from_str(alice.send("GET", &mine, &[OCS], "").await.text()).unwrap();
    let id = all["ocs"]["data"][0]["id"].as_str().unwrap();
    let one = SHARES.replace("?", &format!("/{id}?"));
    assert_eq!(alice.send("PUT", &one, &[OCS, FORM], "hideDownload=true").await.status, 200);
    let page = hidden.get(&format!("/s/{token}")).await;
    assert!(
        !page.text().contains("accept=zip") && !page.text().contains("download>"),
        "{}",
        page.text()
    );
}

#[tokio::test(start_paused = true)]
async fn old_clients_show_the_token_as_their_name() {
    let world = World::new().await;
    let token = link(&world, "/d", "").await;
    let old = world.person(&token, "");
    assert_eq!(old.get("/public.php/webdav/a.txt").await.text(), "hello");
    let list = old.propfind("/public.php/webdav/", "1", "d:getetag").await;
    assert_eq!(list.responses()[1].href(), "/public.php/webdav/a.txt");
    assert_eq!(world.stranger().get("/public.php/webdav/a.txt").await.status, 401);
    assert_eq!(world.person("nothing", "").get("/public.php/webdav/a.txt").await.status, 401);
}
