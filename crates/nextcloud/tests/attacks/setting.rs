//! What the attacks start from: alice's folder `d`, and what she shares of it.

use crate::common::{Answer, Client, FILES, PASSWORD, World, user};

pub(crate) const BOB: &str = "/remote.php/dav/files/bob";
pub(crate) const SHARES: &str = "/apps/files_sharing/api/v1/shares";
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
pub(crate) const SESSION: &str = "oc48fzr4wkqv";

/// A world in which alice has `d/a.txt` ("inside"), `d/sub/b.txt` ("below") and
/// `secret.txt` ("secret"), and bob `own.txt` ("own").
pub(crate) async fn filled() -> World {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    for folder in ["d", "d/sub"] {
        assert_eq!(alice.mkcol(&format!("{FILES}/{folder}")).await, 201);
    }
    for (path, content) in
        [("d/a.txt", "inside"), ("d/sub/b.txt", "below"), ("secret.txt", "secret")]
    {
        assert_eq!(alice.put(&format!("{FILES}/{path}"), content).await.status, 201);
    }
    assert_eq!(bob.put(&format!("{BOB}/own.txt"), "own").await.status, 201);
    world
}

/// A person more.
pub(crate) async fn person(world: &World, id: &str) -> Client {
    let form = format!("userid={id}&password={PASSWORD}");
    let made = world.root().ocs("POST", "/cloud/users", &form).await;
    assert_eq!(made.http, 200, "{}", made.message);
    world.person(id, PASSWORD)
}

/// Shares, and returns the share's id and its token if it is a link.
pub(crate) async fn share(client: &Client, form: &str) -> (String, String) {
    let made = client.ocs("POST", SHARES, form).await;
    assert_eq!(made.http, 200, "{form}: {}", made.message);
    let token = made.data["token"].as_str().unwrap_or_default().to_owned();
    (made.data["id"].as_str().unwrap().to_owned(), token)
}

/// A link to alice's folder `d`; its token.
pub(crate) async fn link(world: &World, rest: &str) -> String {
    share(&world.alice(), &format!("path=/d&shareType=3&{rest}")).await.1
}

/// The address of something below a link.
pub(crate) fn dav(token: &str, path: &str) -> String {
    format!("/public.php/dav/files/{token}{path}")
}

/// A form's or query's encoding.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A browser in which somebody is signed in, and the token of its forms.
pub(crate) async fn browser(world: &World, id: &str) -> (Client, String) {
    let (client, cookie) = world.session(id).await;
    let token = world.accounts.request_token(&cookie).unwrap();
    (client, token)
}

/// What nobody but alice may learn, in none of an answer's parts.
pub(crate) fn tells(answer: &Answer, word: &str) -> bool {
    let in_body = answer.body.windows(word.len()).any(|window| window == word.as_bytes());
    in_body || answer.headers.values().any(|value| value.to_str().is_ok_and(|v| v.contains(word)))
}

/// All that alice has is as [`filled`] made it.
pub(crate) async fn untouched(world: &World) {
    let alice = world.alice();
    for (path, content) in
        [("d/a.txt", "inside"), ("d/sub/b.txt", "below"), ("secret.txt", "secret")]
    {
        let got = alice.get(&format!("{FILES}/{path}")).await;
        assert_eq!((got.status, got.text()), (200, content), "{path}");
    }
    let all = alice.propfind(&format!("{FILES}/"), "infinity", "d:getetag").await;
    let mut names: Vec<&str> =
        all.hrefs().into_iter().map(|href| href.strip_prefix(FILES).unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["/", "/d/", "/d/a.txt", "/d/sub/", "/d/sub/b.txt", "/secret.txt"]);
    assert!(world.accounts.person(&user("alice")).await.unwrap().is_some());
}
