//! Paths that lead out: of a share, of a link, of an upload, of an archive.

use crate::{
    common::{FILES, World},
    setting::{BOB, dav, encoded, filled, link, share, tells, untouched},
};

/// Ways up, as they stand in a request line or a header.
const UP: &[&str] = &[
    "../secret.txt",
    "%2e%2e/secret.txt",
    ".%2e/secret.txt",
    "%2E%2E%2Fsecret.txt",
    "..%2fsecret.txt",
    "..%5csecret.txt",
    "sub/../../secret.txt",
    "sub/%2e%2e/%2e%2e/secret.txt",
    "%252e%252e/secret.txt",
    "./../secret.txt",
    "//../secret.txt",
    "..;/secret.txt",
    "%c0%ae%c0%ae/secret.txt",
    "..%00/secret.txt",
];

async fn lent(world: &World) {
    share(&world.alice(), "path=/d&shareType=0&shareWith=bob&permissions=31").await;
}

#[tokio::test]
async fn no_path_leads_out_of_a_share() {
    let world = filled().await;
    let bob = world.bob();
    lent(&world).await;
    for up in UP {
        let path = format!("{BOB}/d/{up}");
        for method in ["GET", "PROPFIND", "DELETE", "COPY", "MOVE", "HEAD"] {
            let to = format!("{BOB}/stolen");
            let headers = [("destination", to.as_str()), ("depth", "0")];
            let answer = bob.send(method, &path, &headers, "").await;
            assert!((400..500).contains(&answer.status), "{method} {path}: {}", answer.status);
            assert!(!answer.body.windows(7).any(|window| window == b"secret<"), "{path}");
            assert_ne!(answer.body, "secret", "{method} {path}");
        }
        // As the place where something goes.
        for method in ["COPY", "MOVE"] {
            let answer = bob.transfer(method, &format!("{BOB}/own.txt"), &path, &[]).await;
            let strange = (400..500).contains(&answer.status);
            // A name that only looks so is a name in the share.
            let inside = answer.status == 201;
            assert!(strange || inside, "{method} {path}: {}", answer.status);
            if inside {
                assert_eq!(bob.delete(&path).await.status, 204, "{path}");
                bob.put(&format!("{BOB}/own.txt"), "own").await;
            }
        }
    }
    untouched(&world).await;
}

#[tokio::test]
async fn no_destination_is_another_persons() {
    let world = filled().await;
    let bob = world.bob();
    lent(&world).await;
    for to in [
        "/remote.php/dav/files/alice/stolen",
        "https://cloud.example.org/remote.php/dav/files/alice/stolen",
        "/remote.php/dav/files/bob/../alice/stolen",
        "/remote.php/dav/files/bob/%2e%2e/alice/stolen",
        "/remote.php/dav/files/ALICE/stolen",
        "/remote.php/dav/files//alice/stolen",
        "/remote.php/dav/trashbin/alice/trash/stolen",
        "/remote.php/dav/uploads/alice/stolen",
        "/remote.php/dav/versions/alice/versions/stolen",
        "/public.php/dav/files/stolen",
        "https://evil.example.org/remote.php/dav/files/alice/stolen",
    ] {
        for from in ["own.txt", "d/a.txt"] {
            for method in ["COPY", "MOVE"] {
                let answer = bob.transfer(method, &format!("{BOB}/{from}"), to, &[]).await;
                assert!(
                    (400..=503).contains(&answer.status),
                    "{method} {from} {to}: {}",
                    answer.status
                );
            }
        }
        // The same for what comes in parts.
        let upload = "/remote.php/dav/uploads/bob/u1";
        bob.send("MKCOL", upload, &[("destination", to)], "").await;
        bob.send("PUT", &format!("{upload}/1"), &[("destination", to)], "x").await;
        let whole = bob.transfer("MOVE", &format!("{upload}/.file"), to, &[]).await;
        assert!((400..=503).contains(&whole.status), "{to}: {}", whole.status);
        bob.delete(upload).await;
    }
    for from in ["/remote.php/dav/uploads/alice/../../files/alice/secret.txt", FILES] {
        let answer = bob.transfer("COPY", from, &format!("{BOB}/stolen"), &[]).await;
        assert!((400..500).contains(&answer.status), "{from}: {}", answer.status);
    }
    untouched(&world).await;
    assert_eq!(bob.get(&format!("{BOB}/own.txt")).await.text(), "own");
}

#[tokio::test(start_paused = true)]
async fn no_path_leads_out_of_a_link() {
    let world = filled().await;
    let token = link(&world, "publicUpload=true").await;
    let guest = world.stranger();
    for up in UP {
        for method in ["GET", "HEAD", "PROPFIND", "DELETE"] {
            let answer =
                guest.send(method, &dav(&token, &format!("/{up}")), &[("depth", "0")], "").await;
            assert!(answer.status >= 400, "{method} {up}: {}", answer.status);
            assert_ne!(answer.body, "secret", "{method} {up}");
        }
        // As a place for a file, alone and in parts.
        let place = format!("https://cloud.example.org{}", dav(&token, &format!("/{up}")));
        let to = [("destination", place.as_str())];
        let moved = guest.send("MOVE", &dav(&token, "/a.txt"), &to, "").await;
        if moved.status == 201 {
            // A strange name below the link.
            let back = format!("https://cloud.example.org{}", dav(&token, "/a.txt"));
            let back = [("destination", back.as_str())];
            let moved = guest.send("MOVE", &dav(&token, &format!("/{up}")), &back, "").await;
            assert_eq!(moved.status, 201, "{up}");
        }
        let upload = format!("/public.php/dav/uploads/{token}/u1");
        guest.send("MKCOL", &upload, &to, "").await;
        guest.send("PUT", &format!("{upload}/1"), &to, "x").await;
        let moved = guest.send("MOVE", &format!("{upload}/.file"), &to, "").await;
        if moved.status == 201 {
            assert_eq!(
                guest.delete(&dav(&token, &format!("/{up}"))).await.status,
                204,
                "it is below the link: {up}"
            );
        }
        guest.delete(&upload).await;
        // In the page, in pictures and in archives.
        let path = encoded(&format!("/{}", up.replace("%2e", ".").replace("%2f", "/")));
        for asked in [
            format!("/s/{token}?path={path}"),
            format!("/s/{token}/download?path={path}"),
            format!("/s/{token}/download?path=/&files={path}"),
            format!("/index.php/apps/files_sharing/publicpreview/{token}?file={path}&x=32&y=32"),
        ] {
            let answer = guest.get(&asked).await;
            assert!(!tells(&answer, ">secret") && answer.body != "secret", "{asked}");
            let place = answer.header("location").unwrap_or_default();
            let own = format!("https://cloud.example.org/public.php/dav/files/{token}");
            assert!(answer.status != 303 || place.starts_with(&own), "{asked}: {place}");
        }
        let files = encoded(&serde_json::json!([up, "../secret.txt"]).to_string());
        let zip = guest.get(&dav(&token, &format!("/?accept=zip&files={files}"))).await;
        assert!(!tells(&zip, "secret.txt") || zip.status >= 400, "{up}");
        assert!(!zip.body.windows(6).any(|w| w == b"secret") || zip.status >= 400, "{up}");
    }
    untouched(&world).await;
}

#[tokio::test]
async fn no_upload_is_another_persons() {
    let world = filled().await;
    let (alice, bob) = (world.alice(), world.bob());
    let upload = "/remote.php/dav/uploads/alice/u1";
    assert_eq!(alice.mkcol(upload).await, 201);
    assert_eq!(alice.put(&format!("{upload}/1"), "part").await.status, 201);
    let token = link(&world, "publicUpload=true").await;
    for (client, path) in [
        (&bob, upload.to_owned()),
        (&bob, "/remote.php/dav/uploads/bob/../alice/u1".to_owned()),
        (&bob, "/remote.php/dav/uploads/bob/%2e%2e%2falice%2fu1".to_owned()),
        (&world.stranger(), format!("/public.php/dav/uploads/{token}/../alice/u1")),
        (&world.stranger(), format!("/public.php/dav/uploads/{token}/u1")),
        (&world.stranger(), format!("/public.php/dav/uploads/{token}/%2e%2e%2falice%2fu1")),
    ] {
        let listed = client.propfind(&path, "1", "d:getcontentlength").await;
        assert!((400..500).contains(&listed.status), "{path}: {}", listed.status);
        let taken = client.delete(&path).await;
        assert!((400..500).contains(&taken.status), "{path}: {}", taken.status);
        let stolen = client.put(&format!("{path}/2"), "more").await;
        assert!((400..500).contains(&stolen.status), "{path}: {}", stolen.status);
    }
    let listed = alice.propfind(upload, "1", "d:getcontentlength").await;
    assert_eq!(listed.hrefs().len(), 3, "{}", listed.text());
}
