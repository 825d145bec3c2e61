//! Guessing: links, and passwords wherever one can be given.
//!
//! The clock of these tests skips the waiting, and so measures it to the millisecond.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    common::{Answer, Client, PASSWORD, World, user},
    setting::{FORM, SHARES, browser, dav, encoded, filled, link, share},
};

/// An answer, and how long it was held back.
async fn timed(client: &Client, method: &str, path: &str) -> (Answer, Duration) {
    let start = Instant::now();
    let answer = client.send(method, path, &[("depth", "0")], "").await;
    (answer, start.elapsed())
}

/// Tokens of links that once were good, in worlds of their own: one failure each, so that
/// each is held back as the first one.
async fn dead(how: &str) -> (World, String) {
    let world = filled().await;
    let alice = world.alice();
    if how == "unknown" {
        return (world, "A1b2C3d4E5f6G7h".to_owned());
    }
    let expires = if how == "expired" { "expireDate=2027-01-20" } else { "" };
    let (id, token) = share(&alice, &format!("path=/d&shareType=3&{expires}")).await;
    match how {
        "expired" => world.clock.forward(6 * 24 * 3600),
        "deleted" => {
            assert_eq!(alice.ocs("DELETE", &format!("{SHARES}/{id}"), "").await.http, 200);
        }
        "of a disabled person" => {
            let disable = "/cloud/users/alice/disable";
            assert_eq!(world.root().ocs("PUT", disable, "").await.http, 200);
        }
        "switched off" => {
            let off = "/apps/provisioning_api/api/v1/config/apps/core/shareapi_allow_links";
            assert_eq!(world.root().ocs("POST", off, "value=no").await.http, 200);
        }
        _ => unreachable!("{how}"),
    }
    (world, token)
}

#[tokio::test(start_paused = true)]
async fn a_link_that_has_ended_is_one_that_never_was() {
    for (method, path) in [
        ("GET", "/public.php/dav/files/{}/a.txt"),
        ("PROPFIND", "/public.php/dav/files/{}/"),
        ("PUT", "/public.php/dav/files/{}/new"),
        ("MKCOL", "/public.php/dav/uploads/{}/u"),
        ("GET", "/s/{}"),
        ("GET", "/s/{}/authenticate/showShare"),
        ("POST", "/s/{}/authenticate/showShare"),
        ("GET", "/s/{}/download"),
        ("GET", "/index.php/apps/files_sharing/publicpreview/{}?file=/a.txt&x=32&y=32"),
        ("GET", "/s/{}/preview"),
    ] {
        let mut first: Option<(u16, String, Duration)> = None;
        for how in ["unknown", "expired", "deleted", "of a disabled person", "switched off"] {
            let (world, token) = dead(how).await;
            let stranger = world.stranger();
            let (answer, held) = timed(&stranger, method, &path.replace("{}", &token)).await;
            assert!(answer.status >= 400, "{method} {path} {how}: {}", answer.status);
            let text = answer.text().replace(&token, "…");
            let told = (answer.status, text, held);
            let first = first.get_or_insert_with(|| told.clone());
            assert_eq!(told, *first, "{method} {path} {how}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_tries_many_tokens_is_held_back_and_stopped() {
    let world = filled().await;
    let token = link(&world, "").await;
    let guest = world.stranger();
    let mut held = Vec::new();
    let mut stopped = false;
    for guess in 0..40 {
        let path = dav(&format!("guess{guess:010}"), "/");
        let (answer, time) = timed(&guest, "PROPFIND", &path).await;
        if answer.status == 429 {
            assert!(answer.header("retry-after").is_some());
            stopped = true;
            break;
        }
        assert_eq!(answer.status, 503, "{guess}");
        held.push(time);
    }
    assert!(stopped, "forty guesses passed");
    assert!(held.is_sorted() && held.last() > held.first(), "{held:?}");
    // The page is no way around it.
    assert_eq!(guest.get("/s/anotherguess123").await.status, 429);
    world.clock.forward(24 * 3600);
    assert_eq!(guest.get(&dav(&token, "/a.txt")).await.text(), "inside");
}

#[tokio::test(start_paused = true)]
async fn tokens_cannot_be_guessed() {
    let world = filled().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let token = link(&world, "").await;
        assert!(token.len() >= 15 && token.bytes().all(|b| b.is_ascii_alphanumeric()), "{token}");
        assert!(seen.insert(token));
    }
    // Nor is part of one, or one of another case, a token.
    let token = seen.pop_first().unwrap();
    let flipped: String = token
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let longer = format!("{token}a");
    for wrong in [&token[..token.len() - 1], &flipped, &longer, "%25", "*", "_"] {
        assert_eq!(world.stranger().get(&dav(wrong, "/a.txt")).await.status, 503, "{wrong}");
    }
}

/// Sends wrong proofs until there is a 429; says after how many.
async fn until_stopped<F: Future<Output = u16>>(
    attempt: impl Fn(u32) -> F,
    refused: &[u16],
) -> u32 {
    for number in 0..40 {
        let status = attempt(number).await;
        if status == 429 {
            return number;
        }
        assert!(refused.contains(&status), "{number}: {status}");
    }
    panic!("forty guesses passed")
}

#[tokio::test(start_paused = true)]
async fn passwords_of_people_over_every_way() {
    // WebDAV and OCS are in `dialect/auth.rs`; here are all others that take a password.
    let world = filled().await;
    let guest = |path: &'static str| {
        let client = world.person("alice", "guess");
        async move { client.get(path).await.status }
    };
    for path in [
        "/remote.php/webdav/",
        "/index.php/core/preview?fileId=7",
        "/settings/personal/authtokens",
        "/index.php/f/7",
    ] {
        let world = filled().await;
        let client = world.person("alice", "guess");
        let tries = until_stopped(|_| async { client.get(path).await.status }, &[401, 403]).await;
        assert!(tries >= 5, "{path}: {tries}");
    }
    assert_eq!(guest("/remote.php/webdav/").await, 401);

    // The form.
    let world = filled().await;
    let csrf = world.stranger().get("/csrftoken").await;
    let cookie = csrf.cookie("oc48fzr4wkqv").unwrap();
    let token = encoded(csrf.json()["token"].as_str().unwrap());
    let form = world.stranger().with("cookie", format!("oc48fzr4wkqv={cookie}"));
    let attempt = |number: u32| {
        let body = format!("user=alice&password=guess{number}&requesttoken={token}");
        let form = form.clone();
        async move { form.send("POST", "/login", &[FORM], body).await.status }
    };
    until_stopped(attempt, &[303]).await;
    // The right one is not told from a wrong one meanwhile.
    let body = format!("user=alice&password={PASSWORD}&requesttoken={token}");
    assert_eq!(form.send("POST", "/login", &[FORM], body).await.status, 429);
}

#[tokio::test(start_paused = true)]
async fn a_borrowed_browser_does_not_find_the_password() {
    let world = filled().await;
    let (browser, token) = browser(&world, "alice").await;
    let browser = browser.with("requesttoken", token);
    let mut refused = 0;
    for number in 0..40 {
        let body = format!("password=guess{number}");
        let start = Instant::now();
        let answer = browser.send("POST", "/login/confirm", &[FORM], body).await;
        assert!([403, 429].contains(&answer.status), "{}", answer.status);
        refused += 1;
        if number > 20 {
            // It is stopped: the right one is of no use either.
            let body = format!("password={PASSWORD}");
            let right = browser.send("POST", "/login/confirm", &[FORM], body).await;
            assert!([403, 429].contains(&right.status), "{}", right.status);
            break;
        }
        assert!(number < 2 || start.elapsed() > Duration::ZERO || number > 9, "{number}");
    }
    assert!(refused > 20);
    assert_eq!(browser.get("/").await.status, 200, "who is in stays in");
}

#[tokio::test(start_paused = true)]
async fn unknown_names_are_answered_as_wrong_passwords() {
    let mut first: Option<(u16, String, Duration)> = None;
    for login in ["alice", "nobody", "alice@example.org", "nobody@example.org"] {
        let world = filled().await;
        let client = world.person(login, "guess");
        let start = Instant::now();
        let answer = client.get("/remote.php/webdav/").await;
        let told = (answer.status, answer.text().to_owned(), start.elapsed());
        let first = first.get_or_insert_with(|| told.clone());
        assert_eq!(told, *first, "{login}");
    }
    assert_eq!(first.unwrap().0, 401);
}

#[tokio::test(start_paused = true)]
async fn one_time_secrets_are_not_told_by_guesses() {
    let world = filled().await;
    let stranger = world.stranger();
    let long = "x".repeat(128);
    let body = format!("token={long}");
    for (method, path, body, status) in [
        ("POST", "/login/v2/poll".to_owned(), body.as_str(), 404),
        ("POST", "/index.php/core/wipe/check".to_owned(), body.as_str(), 404),
        ("POST", "/index.php/core/wipe/success".to_owned(), body.as_str(), 404),
        ("GET", format!("/login/v2/flow/{long}"), "", 403),
        ("GET", format!("/lostpassword/reset/form/{long}"), "", 404),
        ("GET", format!("/remote.php/direct/{}", "x".repeat(60)), "", 404),
        (
            "POST",
            format!("/apps/integration_openproject/direct-upload/{}", "x".repeat(64)),
            "",
            401,
        ),
    ] {
        let answer = stranger.send(method, &path, &[FORM], body.to_owned()).await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
    assert!(world.accounts.person(&user("alice")).await.unwrap().is_some());
}
