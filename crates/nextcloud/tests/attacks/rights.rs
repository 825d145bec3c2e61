//! Sharing on what one does not have, and carrying away what one may only read.

use crate::{
    common::{FILES, World},
    setting::{BOB, SHARES, filled, person, share, untouched},
};

/// alice's `d` for bob with these permissions.
async fn lent(world: &World, permissions: u32) -> String {
    let form = format!("path=/d&shareType=0&shareWith=bob&permissions={permissions}");
    share(&world.alice(), &form).await.0
}

#[tokio::test]
async fn who_may_not_share_shares_nothing_on() {
    let world = filled().await;
    let (bob, _) = (world.bob(), person(&world, "carol").await);
    lent(&world, 15).await;
    for form in [
        "path=/d&shareType=0&shareWith=carol",
        "path=/d&shareType=0&shareWith=carol&permissions=1",
        "path=/d/a.txt&shareType=0&shareWith=carol&permissions=1",
        "path=/d/sub&shareType=3",
        "path=/d/a.txt&shareType=3",
        "path=/d/a.txt&shareType=4&shareWith=carol%40example.net",
    ] {
        let refused = bob.ocs("POST", SHARES, form).await;
        assert!([403, 404].contains(&refused.http), "{form}: {} {}", refused.http, refused.message);
    }
    assert_eq!(bob.ocs("GET", SHARES, "").await.data, serde_json::json!([]));
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let world = filled().await;
    let (bob, carol) = (world.bob(), person(&world, "carol").await);
    // Read and share on.
    lent(&world, 17).await;
    for permissions in ["31", "19", "21", "25", "3"] {
        let form = format!("path=/d&shareType=0&shareWith=carol&permissions={permissions}");
        let refused = bob.ocs("POST", SHARES, &form).await;
        assert!([403, 404].contains(&refused.http), "{permissions}: {}", refused.http);
    }
    for form in [
        "path=/d&shareType=3&publicUpload=true",
        "path=/d&shareType=3&permissions=15",
        "path=/d&shareType=3&permissions=4",
    ] {
        let refused = bob.ocs("POST", SHARES, form).await;
        assert!([403, 404].contains(&refused.http), "{form}: {}", refused.http);
    }
    let (id, _) = share(&bob, "path=/d&shareType=0&shareWith=carol&permissions=17").await;
    // Nor afterwards, as its maker or as who has received it.
    let one = format!("{SHARES}/{id}");
    for (client, permissions) in [(&bob, "31"), (&bob, "19"), (&carol, "31"), (&carol, "17")] {
        let refused = client.ocs("PUT", &one, &format!("permissions={permissions}")).await;
        assert!([403, 404].contains(&refused.http), "{permissions}: {}", refused.http);
    }
    let theirs = "/remote.php/dav/files/carol/d";
    assert_eq!(carol.get(&format!("{theirs}/a.txt")).await.text(), "inside");
    assert_eq!(carol.put(&format!("{theirs}/a.txt"), "x").await.status, 403);
    assert_eq!(carol.put(&format!("{theirs}/new"), "x").await.status, 403);
    untouched(&world).await;
}

#[tokio::test]
async fn what_is_taken_back_is_taken_back_from_all_behind() {
    let world = filled().await;
    let (alice, bob, carol) = (world.alice(), world.bob(), person(&world, "carol").await);
    let id = lent(&world, 31).await;
    share(&bob, "path=/d&shareType=0&shareWith=carol&permissions=31").await;
    let (_, token) = share(&bob, "path=/d&shareType=3&publicUpload=true").await;
    let theirs = "/remote.php/dav/files/carol/d";
    let public = format!("/public.php/dav/files/{token}");
    assert_eq!(carol.put(&format!("{theirs}/c"), "c").await.status, 201);
    let stranger = world.stranger();
    assert_eq!(stranger.put(&format!("{public}/g"), "g").await.status, 201);
    let one = format!("{SHARES}/{id}");
    assert_eq!(alice.ocs("PUT", &one, "permissions=17").await.http, 200);
    assert_eq!(carol.put(&format!("{theirs}/c"), "more").await.status, 403);
    assert_eq!(carol.delete(&format!("{theirs}/c")).await.status, 403);
    assert_eq!(stranger.put(&format!("{public}/g"), "more").await.status, 403);
    assert_eq!(alice.ocs("DELETE", &one, "").await.http, 200);
    assert_eq!(carol.get(&format!("{theirs}/a.txt")).await.status, 404);
    assert!(stranger.get(&format!("{public}/a.txt")).await.status >= 400);
    assert_eq!(alice.get(&format!("{FILES}/d/c")).await.text(), "c");
}

#[tokio::test]
async fn shares_of_others_are_neither_seen_nor_changed() {
    let world = filled().await;
    let carol = person(&world, "carol").await;
    let id = lent(&world, 1).await;
    for (method, path, form) in [
        ("GET", format!("{SHARES}/{id}"), ""),
        ("PUT", format!("{SHARES}/{id}"), "permissions=31"),
        ("DELETE", format!("{SHARES}/{id}"), ""),
        ("POST", format!("{SHARES}/{id}/send-email"), ""),
        ("POST", format!("{SHARES}/pending/{id}"), ""),
        ("DELETE", format!("{SHARES}/pending/{id}"), ""),
        ("POST", format!("/apps/files_sharing/api/v1/deletedshares/ocinternal:{id}"), ""),
    ] {
        let refused = carol.ocs(method, &path, form).await;
        assert_eq!(refused.http, 404, "{method} {path}: {}", refused.message);
    }
    assert_eq!(world.bob().get(&format!("{BOB}/d/a.txt")).await.text(), "inside");
}

#[tokio::test]
async fn nothing_leaves_what_may_only_be_read() {
    let world = filled().await;
    let bob = world.bob();
    // Read alone, read with changing, with making: none of them is removing.
    for permissions in [1, 3, 5, 7] {
        let id = lent(&world, permissions).await;
        for (from, to) in [("d/a.txt", "mine.txt"), ("d/sub", "mine"), ("d/sub/b.txt", "b.txt")] {
            let (from, to) = (format!("{BOB}/{from}"), format!("{BOB}/{to}"));
            let moved = bob.transfer("MOVE", &from, &to, &[]).await;
            assert_eq!(moved.status, 403, "{permissions}: {from}: {}", moved.text());
            assert_eq!(bob.get(&to).await.status, 404, "{to}");
            assert_eq!(bob.delete(&from).await.status, 403, "{permissions}: {from}");
        }
        if permissions & 4 == 0 {
            let into = format!("{BOB}/d/own.txt");
            let moved = bob.transfer("MOVE", &format!("{BOB}/own.txt"), &into, &[]).await;
            assert_eq!(moved.status, 403, "{permissions}");
            let copied = bob.transfer("COPY", &format!("{BOB}/own.txt"), &into, &[]).await;
            assert_eq!(copied.status, 403, "{permissions}");
        }
        if permissions & 2 == 0 {
            for method in ["MOVE", "COPY"] {
                let over = format!("{BOB}/d/a.txt");
                let answer = bob.transfer(method, &format!("{BOB}/own.txt"), &over, &[]).await;
                assert_eq!(answer.status, 403, "{method} {permissions}");
            }
        }
        untouched(&world).await;
        assert_eq!(bob.get(&format!("{BOB}/own.txt")).await.text(), "own");
        world.alice().ocs("DELETE", &format!("{SHARES}/{id}"), "").await;
    }
}

#[tokio::test]
async fn a_share_without_download_is_not_carried_away() {
    let world = filled().await;
    let bob = world.bob();
    let path =
        "/apps/provisioning_api/api/v1/config/apps/core/shareapi_allow_view_without_download";
    assert_eq!(world.root().ocs("POST", path, "value=no").await.http, 200);
    let attributes = r#"[{"scope":"permissions","key":"download","value":false}]"#;
    let attributes: String = form_urlencoded::byte_serialize(attributes.as_bytes()).collect();
    let form = format!("path=/d&shareType=0&shareWith=bob&permissions=31&attributes={attributes}");
    share(&world.alice(), &form).await;
    for path in ["d/a.txt", "d/sub/b.txt", "d?accept=zip", "d/sub?accept=zip"] {
        let got = bob.get(&format!("{BOB}/{path}")).await;
        assert_eq!(got.status, 403, "{path}: {}", String::from_utf8_lossy(&got.body));
    }
    let part = bob.send("GET", &format!("{BOB}/d/a.txt"), &[("range", "bytes=0-1")], "").await;
    assert_eq!(part.status, 403);
    let copied =
        bob.transfer("COPY", &format!("{BOB}/d/a.txt"), &format!("{BOB}/mine.txt"), &[]).await;
    assert_eq!(copied.status, 403, "{}", copied.text());
    assert_eq!(bob.get(&format!("{BOB}/mine.txt")).await.status, 404);
    let id = bob.prop(&format!("{BOB}/d/a.txt"), "oc:fileid").await.unwrap();
    let direct = bob.ocs("POST", "/apps/dav/api/v1/direct", &format!("fileId={id}")).await;
    assert!([403, 404].contains(&direct.http), "{}", direct.http);
    // Nor by somebody to whom it is shared on.
    let carol = person(&world, "carol").await;
    share(&bob, "path=/d&shareType=0&shareWith=carol&permissions=1").await;
    let theirs = carol.get("/remote.php/dav/files/carol/d/a.txt").await;
    assert_eq!(theirs.status, 403, "{}", String::from_utf8_lossy(&theirs.body));
}
