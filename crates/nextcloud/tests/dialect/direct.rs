//! Addresses of files for players, from outside.

use crate::common::{Client, FILES, Ocs, World};

const DIRECT: &str = "/apps/dav/api/v1/direct";

async fn id(client: &Client, path: &str) -> String {
    client.prop(path, "oc:fileid").await.unwrap()
}

async fn ask(client: &Client, form: &str) -> Ocs {
    client.ocs("POST", DIRECT, form).await
}

/// The path of an address that was given.
fn path(given: &Ocs) -> String {
    let url = given.data["url"].as_str().unwrap();
    let path = url.strip_prefix("https://cloud.example.org").unwrap();
    let token = path.strip_prefix("/remote.php/direct/").unwrap();
    assert!(token.len() == 60 && token.bytes().all(|b| b.is_ascii_alphanumeric()), "{token}");
    path.to_owned()
}

async fn with_file() -> (World, String) {
    let world = World::new().await;
    let alice = world.alice();
    assert_eq!(alice.mkcol(&format!("{FILES}/d")).await, 201);
    assert_eq!(alice.put(&format!("{FILES}/d/f.txt"), "direct").await.status, 201);
    let id = id(&alice, &format!("{FILES}/d/f.txt")).await;
    (world, id)
}

#[tokio::test]
async fn a_file_is_read_by_its_address_alone() {
    let (world, id) = with_file().await;
    let alice = world.alice();
    let address = path(&ask(&alice, &format!("fileId={id}")).await);
    let anybody = world.stranger();
    let whole = anybody.get(&address).await;
    assert_eq!((whole.status, whole.text()), (200, "direct"));
    for (name, value) in [
        ("content-type", Some("text/plain;charset=UTF-8")),
        ("content-length", Some("6")),
        ("content-security-policy", Some("default-src 'none';")),
        ("referrer-policy", Some("no-referrer")),
        ("content-disposition", None),
        ("x-user-id", None),
        ("oc-etag", None),
    ] {
        assert_eq!(whole.header(name), value, "{name}");
    }
    let head = anybody.send("HEAD", &address, &[], "").await;
    assert_eq!(
        (head.status, head.text(), head.header("content-type")),
        (200, "", Some("text/plain;charset=UTF-8"))
    );
    let part = anybody.send("GET", &address, &[("range", "bytes=1-2")], "").await;
    assert_eq!((part.status, part.text()), (206, "ir"));
    assert_eq!(part.header("content-range"), Some("bytes 1-2/6"));
    // OpenProject takes the token, and adds a name.
    let token = address.rsplit('/').next().unwrap();
    let theirs = format!("/index.php/apps/integration_openproject/direct/{token}/f.txt");
    assert_eq!(anybody.get(&theirs).await.text(), "direct");
    // Nothing is written, and nothing beside it is read.
    for method in ["PUT", "DELETE", "MKCOL", "PROPPATCH", "MOVE", "COPY", "LOCK", "POST"] {
        let refused = anybody.send(method, &address, &[("destination", "/x")], "x").await;
        assert_eq!(refused.status, 403, "{method}");
        assert_eq!(refused.error(), ("Sabre\\DAV\\Exception\\Forbidden", ""), "{method}");
    }
    for beside in ["/", "/f.txt", "/../f.txt", "x", "%2F..%2Ff.txt"] {
        let refused = anybody.get(&format!("{address}{beside}")).await;
        assert_eq!(refused.status, 404, "{beside}: {}", refused.text());
    }
    // It is the file, whatever becomes of it.
    assert_eq!(alice.put(&format!("{FILES}/d/f.txt"), "changed").await.status, 204);
    assert_eq!(anybody.get(&address).await.text(), "changed");
    let to = format!("{FILES}/g.txt");
    assert_eq!(alice.transfer("MOVE", &format!("{FILES}/d/f.txt"), &to, &[]).await.status, 201);
    assert_eq!(anybody.get(&address).await.text(), "changed");
    assert_eq!(alice.delete(&to).await.status, 204);
    let gone = anybody.get(&address).await;
    assert_eq!(gone.status, 404);
    assert_eq!(gone.error(), ("Sabre\\DAV\\Exception\\NotFound", ""));
}

#[tokio::test]
async fn addresses_end() {
    let (world, id) = with_file().await;
    let alice = world.alice();
    let usual = path(&ask(&alice, &format!("fileId={id}")).await);
    let short = path(&ask(&alice, &format!("fileId={id}&expirationTime=60")).await);
    let anybody = world.stranger();
    world.clock.forward(60);
    assert_eq!(anybody.get(&short).await.status, 200);
    world.clock.forward(1);
    assert_eq!(anybody.get(&short).await.status, 404);
    world.clock.forward(8 * 3600 - 61);
    assert_eq!(anybody.get(&usual).await.status, 200);
    world.clock.forward(1);
    assert_eq!(anybody.get(&usual).await.status, 404);
    let text = "Expiration time should be greater than 0 and less than or equal to 86400";
    for seconds in ["0", "-1", "86401"] {
        let bad = ask(&alice, &format!("fileId={id}&expirationTime={seconds}")).await;
        assert_eq!((bad.http, bad.message.as_str()), (400, text), "{seconds}");
    }
    let day = ask(&alice, &format!("fileId={id}&expirationTime=86400")).await;
    assert_eq!(day.http, 200);
}

#[tokio::test]
async fn only_what_one_may_take_away_has_an_address() {
    let (world, file) = with_file().await;
    let (alice, bob) = (world.alice(), world.bob());
    for unknown in ["999999", &file] {
        assert_eq!(ask(&bob, &format!("fileId={unknown}")).await.http, 404, "{unknown}");
    }
    let folder = id(&alice, &format!("{FILES}/d")).await;
    let refused = ask(&alice, &format!("fileId={folder}")).await;
    let text = "Direct download only works for files";
    assert_eq!((refused.http, refused.message.as_str()), (400, text));
    assert_eq!(ask(&world.stranger(), &format!("fileId={file}")).await.http, 401);
    let shares = "/apps/files_sharing/api/v1/shares";
    let share = alice.ocs("POST", shares, "path=/d&shareType=0&shareWith=bob").await;
    let share = format!("{shares}/{}", share.data["id"].as_str().unwrap());
    let address = path(&ask(&bob, &format!("fileId={file}")).await);
    let anybody = world.stranger();
    assert_eq!(anybody.get(&address).await.text(), "direct");
    // What holds when it is used decides: first no download, then no share.
    let attributes = form_urlencoded::Serializer::new(String::new())
        .append_pair("attributes", r#"[{"scope":"permissions","key":"download","value":false}]"#)
        .finish();
    assert_eq!(alice.ocs("PUT", &share, &attributes).await.http, 200);
    assert_eq!(anybody.get(&address).await.status, 403);
    assert_eq!(ask(&bob, &format!("fileId={file}")).await.http, 403);
    assert_eq!(alice.ocs("DELETE", &share, "").await.http, 200);
    assert_eq!(anybody.get(&address).await.status, 404);
}

#[tokio::test]
async fn an_address_is_as_good_as_who_made_it() {
    let (world, file) = with_file().await;
    let (root, anybody) = (world.root(), world.stranger());
    let address = path(&ask(&world.alice(), &format!("fileId={file}")).await);
    assert_eq!(root.ocs("PUT", "/cloud/users/alice/disable", "").await.http, 200);
    assert_eq!(anybody.get(&address).await.status, 404);
    assert_eq!(root.ocs("PUT", "/cloud/users/alice/enable", "").await.http, 200);
    assert_eq!(anybody.get(&address).await.status, 200);
    assert_eq!(root.ocs("DELETE", "/cloud/users/alice", "").await.http, 200);
    assert_eq!(anybody.get(&address).await.status, 404);
    // The database tells nobody the address.
    let token = address.rsplit('/').next().unwrap();
    let kept = allmende_sql::Statement::new("SELECT token_hash FROM direct_links", vec![]);
    assert!(world.sql.read(kept).await.unwrap().is_empty(), "gone with her");
    let other = anybody.get(&format!("/remote.php/direct/{}", token.to_lowercase())).await;
    assert_eq!(other.status, 404);
}
