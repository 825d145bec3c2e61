//! Pictures of files, from outside: sizes and shapes, who sees them, and what has none.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::Value;

use crate::common::{Answer, Client, FILES, World};

const SHARES: &str = "/apps/files_sharing/api/v1/shares";

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = RgbImage::from_fn(width, height, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, 9]));
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG whose head claims another size than it has.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = picture(8, 8, ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = bytes[12..29].iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    });
    bytes[29..33].copy_from_slice(&(!sum).to_be_bytes());
    bytes
}

/// Stores a file, and returns its number.
async fn store(client: &Client, path: &str, bytes: Vec<u8>) -> String {
    let answer = client.send("PUT", &format!("{FILES}/{path}"), &[], bytes).await;
    assert_eq!(answer.status, 201, "{path}");
    client.prop(&format!("{FILES}/{path}"), "oc:fileid").await.unwrap()
}

async fn ask(client: &Client, id: &str, rest: &str) -> Answer {
    client.get(&format!("/index.php/core/preview?fileId={id}&{rest}")).await
}

fn decoded(answer: &Answer) -> DynamicImage {
    assert_eq!(answer.status, 200, "{:?}", answer.headers);
    image::load_from_memory(&answer.body).unwrap()
}

fn size(answer: &Answer) -> (u32, u32) {
    let image = decoded(answer);
    (image.width(), image.height())
}

/// Shares without download can no longer be looked at either.
async fn refuse_views(world: &World) {
    let path =
        "/apps/provisioning_api/api/v1/config/apps/core/shareapi_allow_view_without_download";
    let done = world.root().ocs("POST", path, "value=no").await;
    assert_eq!(done.http, 200, "{}", done.message);
}

/// A link to a path of alice's.
async fn link(world: &World, rest: &str) -> String {
    let made = world.alice().ocs("POST", SHARES, &format!("shareType=3&{rest}")).await;
    assert_eq!(made.http, 200, "{}", made.message);
    made.data["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn pictures_have_the_size_and_the_shape_that_is_asked_for() {
    let world = World::new().await;
    let alice = world.alice();
    let id = store(&alice, "a%20b.jpg", picture(600, 300, ImageFormat::Jpeg)).await;
    for (rest, expected) in [
        ("x=64&y=64", (64, 64)),
        ("x=64&y=64&a=false", (64, 64)),
        ("", (64, 64)),
        ("x=100&y=100&a=1", (128, 64)),
        ("x=256&y=256&a=1&mode=cover", (512, 256)),
        ("x=4096&y=4096&a=1", (600, 300)),
        ("x=1024&y=1024", (300, 300)),
    ] {
        assert_eq!(size(&ask(&alice, &id, rest).await), expected, "{rest}");
    }
    for path in [
        "/index.php/core/preview.png?file=%2Fa%20b.jpg&x=64&y=64&a=1",
        "/core/preview?file=a%20b.jpg&x=64&y=64&a=1",
    ] {
        assert_eq!(size(&alice.get(path).await), (64, 32), "{path}");
    }
    let thumbnail = "/index.php/apps/files/api/v1/thumbnail";
    assert_eq!(size(&alice.get(&format!("{thumbnail}/64/64/a%20b.jpg")).await), (64, 64));
    for bad in ["0/64/a%20b.jpg", "x/64/a%20b.jpg", "64"] {
        assert_eq!(alice.get(&format!("{thumbnail}/{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn clients_keep_pictures_until_the_file_changes() {
    let world = World::new().await;
    let alice = world.alice();
    let id = store(&alice, "a.png", picture(90, 90, ImageFormat::Png)).await;
    let first = ask(&alice, &id, "x=64&y=64").await;
    let etag = alice.etag(&format!("{FILES}/a.png")).await.replace("&quot;", "\"");
    assert_eq!(first.header("etag"), Some(&*etag));
    assert_eq!(first.header("content-type"), Some("image/jpeg"));
    assert_eq!(first.header("cache-control"), Some("private, max-age=86400, immutable"));
    assert_eq!(first.header("content-disposition"), Some("inline; filename=\"64-64-crop.jpg\""));
    assert_eq!(first.header("expires"), Some("Sat, 16 Jan 2027 08:00:00 GMT"));
    let path = format!("/core/preview?fileId={id}&x=64&y=64");
    let known = [("if-none-match", &*etag)];
    let again = alice.send("GET", &path, &known, "").await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(&*etag)));
    assert_eq!(alice.send("HEAD", &path, &[], "").await.status, 200);
    assert_eq!(alice.send("POST", &path, &[], "").await.status, 405);
    // Nobody learns by a tag that a file is there.
    assert_eq!(world.bob().send("GET", &path, &known, "").await.status, 404);

    alice.send("PUT", &format!("{FILES}/a.png"), &[], picture(40, 20, ImageFormat::Gif)).await;
    let changed = alice.send("GET", &path, &known, "").await;
    assert_eq!(size(&changed), (20, 20));
}

#[tokio::test]
async fn where_there_is_no_picture() {
    let world = World::new().await;
    let alice = world.alice();
    let text = store(&alice, "a.css", b"some text".to_vec()).await;
    let empty = store(&alice, "empty.txt", b"\n \n".to_vec()).await;
    let broken = store(&alice, "broken.png", b"no picture".to_vec()).await;
    let cut = picture(64, 64, ImageFormat::Png)[..60].to_vec();
    let cut = store(&alice, "cut.png", cut).await;
    let good = store(&alice, "good.png", picture(8, 8, ImageFormat::Png)).await;
    alice.mkcol(&format!("{FILES}/d")).await;
    let folder = alice.prop(&format!("{FILES}/d"), "oc:fileid").await.unwrap();
    for id in [&*text, &empty, &broken, &cut, &folder, "99999999", "junk", "-1", ""] {
        for rest in ["x=32&y=32", "x=32&y=32&forceIcon=0", "forceIcon=0&mimeFallback=0"] {
            let answer = ask(&alice, id, rest).await;
            assert_eq!((answer.status, answer.text()), (404, "[]"), "{id} {rest}");
        }
    }
    for rest in ["x=0&y=32", "x=32&y=0", "x=junk"] {
        let answer = ask(&alice, &good, rest).await;
        assert_eq!((answer.status, answer.text()), (400, "[]"), "{rest}");
    }
    for path in ["/core/preview", "/core/preview.png?x=1&y=1", "/core/preview.png?file="] {
        assert_eq!(alice.get(path).await.status, 400, "{path}");
    }
    for path in ["missing.png", "../bob/a.png", "d/../good.png", "%00"] {
        let answer = alice.get(&format!("/core/preview.png?file={path}")).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    for (id, icon) in [(&text, "text"), (&broken, "image")] {
        let answer = ask(&alice, id, "mimeFallback=1").await;
        let path = format!("/core/img/filetypes/{icon}.svg");
        let place = format!("https://cloud.example.org{path}");
        assert_eq!((answer.status, answer.header("location")), (303, Some(&*place)));
        assert_eq!(alice.get(&path).await.header("content-type"), Some("image/svg+xml"));
    }
    assert_eq!(alice.get("/core/mimeicon?mime=text/plain").await.status, 303);
    assert_eq!(alice.get("/core/mimeicon?mime=junk").await.status, 404);
    let stranger = ask(&world.stranger(), &good, "").await;
    assert_eq!(stranger.status, 401);
    assert_eq!(stranger.json()["message"], "Current user is not logged in");
}

#[tokio::test]
async fn a_text_is_shown_by_its_first_lines() {
    let world = World::new().await;
    let alice = world.alice();
    let id = store(&alice, "a.txt", b"some text".to_vec()).await;
    let small = ask(&alice, &id, "x=32&y=32&forceIcon=0").await;
    // Observed: so it is called, and of that kind.
    let name = "inline; filename=\"64-64-crop.png\"";
    assert_eq!(small.header("content-disposition"), Some(name));
    assert_eq!((small.header("content-type"), size(&small)), (Some("image/png"), (64, 64)));
    // However much stands behind, no more is read than has room.
    let long = store(&alice, "long.md", b"# Much\n".repeat(100_000)).await;
    assert_eq!(size(&ask(&alice, &long, "x=256&y=256&a=1").await), (256, 256));
}

#[tokio::test]
async fn bombs_are_refused_by_their_heads() {
    let world = World::new().await;
    let alice = world.alice();
    for (name, width, height) in
        [("wide.png", 1 << 30, 1), ("large.png", 30_000, 30_000), ("all.png", u32::MAX, u32::MAX)]
    {
        let id = store(&alice, name, bomb(width, height)).await;
        assert_eq!(ask(&alice, &id, "x=64&y=64").await.status, 404, "{name}");
    }
    // The head is right as such: a small one of the same making is only cut.
    assert!(
        image::ImageReader::new(std::io::Cursor::new(bomb(64, 64)))
            .with_guessed_format()
            .unwrap()
            .into_dimensions()
            .is_ok()
    );
}

#[tokio::test]
async fn only_who_may_see_a_file_sees_its_picture() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    let own = store(&alice, "own.png", picture(99, 99, ImageFormat::Png)).await;
    let given = store(&alice, "given.png", picture(99, 99, ImageFormat::Png)).await;
    let shut = store(&alice, "shut.png", picture(99, 99, ImageFormat::Png)).await;
    // In the store by now; that helps nobody.
    for id in [&own, &given, &shut] {
        assert_eq!(ask(&alice, id, "").await.status, 200);
        assert_eq!(ask(&bob, id, "").await.status, 404);
    }
    let no = "attributes=[{\"scope\":\"permissions\",\"key\":\"download\",\"value\":false}]";
    for (path, rest) in [("given.png", ""), ("shut.png", no)] {
        let form = format!("path={path}&shareType=0&shareWith=bob&{rest}");
        let made = alice.ocs("POST", SHARES, &form).await;
        assert_eq!((made.http, &made.data["has_preview"]), (200, &Value::Bool(true)));
    }
    assert_eq!(size(&ask(&bob, &given, "").await), (64, 64));
    // To look at it without taking it away is a picture, too, while the policy allows that.
    assert_eq!(size(&ask(&bob, &shut, "").await), (64, 64));
    refuse_views(&world).await;
    let refused = ask(&bob, &shut, "").await;
    assert_eq!((refused.status, refused.text()), (403, "[]"));
    assert_eq!(size(&ask(&bob, &given, "").await), (64, 64));
    assert_eq!(ask(&bob, &own, "").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn links_show_pictures_of_what_is_in_them() {
    let world = World::new().await;
    let (alice, guest) = (world.alice(), world.stranger());
    alice.mkcol(&format!("{FILES}/d")).await;
    store(&alice, "d/a.png", picture(600, 300, ImageFormat::Png)).await;
    store(&alice, "secret.png", picture(9, 9, ImageFormat::Png)).await;
    let shown = |token: &str, rest: &str| {
        format!("/index.php/apps/files_sharing/publicpreview/{token}?{rest}")
    };
    let token = link(&world, "path=d").await;
    let answer = guest.get(&shown(&token, "file=/a.png&x=256&y=256&a=true")).await;
    assert_eq!(size(&answer), (256, 128));
    assert_eq!(answer.header("cache-control"), Some("private, max-age=86400, must-revalidate"));
    let etag = answer.header("etag").unwrap();
    let path = shown(&token, "file=/a.png&x=256&y=256&a=true");
    assert_eq!(guest.send("GET", &path, &[("if-none-match", etag)], "").await.status, 304);
    for rest in ["file=/missing.png", "file=../secret.png", "file=/../secret.png", "file=", ""] {
        assert_eq!(guest.get(&shown(&token, rest)).await.status, 404, "{rest}");
    }
    assert_eq!(guest.get(&shown(&token, "file=a.png&x=0")).await.status, 400);
    assert_eq!(guest.get(&shown("nothing", "file=a.png")).await.status, 404);
    assert_eq!(guest.get(&format!("/index.php/s/{token}/preview")).await.status, 400);

    let one = link(&world, "path=d/a.png").await;
    assert_eq!(size(&guest.get(&shown(&one, "file=/any&x=64&y=64")).await), (64, 64));
    assert_eq!(size(&guest.get(&format!("/index.php/s/{one}/preview")).await), (600, 300));

    let locked = link(&world, "path=d/a.png&password=Quite-secret-9").await;
    let pages = [shown(&locked, "x=64&y=64"), format!("/s/{locked}/preview")];
    for (page, status) in pages.iter().zip([404, 403]) {
        assert_eq!(guest.get(page).await.status, status, "{page}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let unlock = format!("/index.php/s/{locked}/authenticate/showShare");
    let opened = guest.send("POST", &unlock, &form, "password=Quite-secret-9").await;
    let cookie = opened.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    for page in &pages {
        let visit = guest.clone().with("cookie", cookie.clone());
        assert_eq!(visit.get(page).await.status, 200, "{page}");
    }

    let no = "attributes=[{\"scope\":\"permissions\",\"key\":\"download\",\"value\":false}]";
    let shut = link(&world, &format!("path=d/a.png&{no}")).await;
    let drop = link(&world, "path=d&permissions=4").await;
    assert_eq!(guest.get(&shown(&shut, "")).await.status, 200);
    refuse_views(&world).await;
    for page in [shown(&shut, ""), format!("/s/{shut}/preview"), shown(&drop, "file=a.png")] {
        assert_eq!(guest.get(&page).await.status, 403, "{page}");
    }
}

#[tokio::test]
async fn clients_are_told_which_files_have_pictures() {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/d")).await;
    for (name, told) in [
        ("a.png", "true"),
        ("a.JPG", "true"),
        ("a.gif", "true"),
        ("a.webp", "true"),
        ("a.svg", "false"),
        ("a.txt", "true"),
        ("a.md", "true"),
        ("a.html", "false"),
    ] {
        store(&alice, name, b"x".to_vec()).await;
        let prop = alice.prop(&format!("{FILES}/{name}"), "nc:has-preview").await;
        assert_eq!(prop.as_deref(), Some(told), "{name}");
    }
    let folder = alice.prop(&format!("{FILES}/d"), "nc:has-preview").await;
    assert_eq!(folder.as_deref(), Some("false"));
}

#[tokio::test]
async fn many_ask_for_one_picture() {
    let world = World::new().await;
    let alice = world.alice();
    let id = store(&alice, "a.png", picture(300, 300, ImageFormat::Png)).await;
    let asks: Vec<_> = (0..8).map(|_| ask(&alice, &id, "x=256&y=256")).collect();
    for answer in futures_util::future::join_all(asks).await {
        assert_eq!(size(&answer), (256, 256));
    }
}
