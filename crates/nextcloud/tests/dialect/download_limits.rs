//! Links that can be used a few times only.

use serde_json::json;

use crate::common::{Client, FILES, World};

const SHARES: &str = "/apps/files_sharing/api/v1/shares";

/// The token of a link to a file, and the call of its limit.
async fn limited(world: &World, limit: u32) -> (String, String) {
    let alice = world.alice();
    assert_eq!(alice.put(&format!("{FILES}/f.txt"), "0123456789").await.status, 201);
    let link = alice.ocs("POST", SHARES, "path=/f.txt&shareType=3").await;
    let token = link.data["token"].as_str().unwrap().to_owned();
    let call = format!("/apps/files_downloadlimit/api/v1/{token}/limit");
    if limit > 0 {
        assert_eq!(alice.ocs("PUT", &call, &format!("limit={limit}")).await.http, 200);
    }
    (format!("/public.php/dav/files/{token}"), call)
}

async fn count(alice: &Client, call: &str) -> Option<u64> {
    alice.ocs("GET", call, "").await.data["count"].as_u64()
}

#[tokio::test]
async fn a_link_is_used_as_often_as_it_may_be() {
    let world = World::new().await;
    let (public, call) = limited(&world, 0).await;
    let (alice, guest) = (world.alice(), world.stranger());
    let none = alice.ocs("GET", &call, "").await;
    assert_eq!((none.http, none.data), (200, json!({ "limit": null, "count": null })));
    let set = alice.ocs("PUT", &call, "limit=2").await;
    assert_eq!((set.http, set.data), (200, json!([])));
    assert_eq!(guest.get(&public).await.text(), "0123456789");
    let once = alice.ocs("GET", &call, "").await;
    assert_eq!(once.data, json!({ "limit": 2, "count": 1 }));
    assert_eq!(guest.get(&public).await.status, 200);
    // Then there is no such link any more, in any form.
    assert_eq!(guest.get(&public).await.status, 503);
    let page = public.replace("/public.php/dav/files", "/s");
    assert_eq!(guest.get(&page).await.status, 404);
    // Set anew, it counts from the beginning.
    assert_eq!(alice.ocs("PUT", &call, "limit=1").await.http, 200);
    assert_eq!(guest.get(&public).await.status, 200);
    assert_eq!(alice.ocs("DELETE", &call, "").await.http, 200);
    assert_eq!(guest.get(&public).await.status, 200);
    assert_eq!(alice.ocs("GET", &call, "").await.data, json!({ "limit": null, "count": null }));
    for bad in ["0", "-1"] {
        let refused = alice.ocs("PUT", &call, &format!("limit={bad}")).await;
        let said = (refused.http, refused.message.as_str());
        assert_eq!(said, (400, "Limit needs to be greater or equal than 1"));
    }
    // Others have nothing to do with it, and a folder has no limit.
    for (method, form) in [("GET", ""), ("PUT", "limit=9"), ("DELETE", "")] {
        let refused = world.bob().ocs(method, &call, form).await;
        assert_eq!((refused.http, refused.message.as_str()), (404, "Unknown share"), "{method}");
    }
    assert_eq!(alice.mkcol(&format!("{FILES}/d")).await, 201);
    let folder = alice.ocs("POST", SHARES, "path=/d&shareType=3").await;
    let token = folder.data["token"].as_str().unwrap();
    let call = format!("/apps/files_downloadlimit/api/v1/{token}/limit");
    let refused = alice.ocs("GET", &call, "").await;
    assert_eq!((refused.http, refused.message.as_str()), (404, "Invalid file type"));
}

#[tokio::test]
async fn what_brings_no_content_does_not_count() {
    let world = World::new().await;
    let (public, call) = limited(&world, 3).await;
    let (alice, guest) = (world.alice(), world.stranger());
    let head = guest.send("HEAD", &public, &[], "").await;
    assert_eq!(head.status, 200);
    let etag = head.header("etag").unwrap();
    let known = guest.send("GET", &public, &[("if-none-match", etag)], "").await;
    assert_eq!(known.status, 304);
    assert_eq!(guest.send("GET", &public, &[("range", "bytes=99-")], "").await.status, 416);
    assert_eq!(guest.get(&format!("{public}/nothing")).await.status, 404);
    let page = guest.get(&public.replace("/public.php/dav/files", "/s")).await;
    assert!(page.text().contains("Downloads left: 3"), "{}", page.text());
    assert_eq!(count(&alice, &call).await, Some(0));
}

#[tokio::test]
async fn the_parts_of_a_download_are_one_for_who_shows_that_it_was_counted() {
    let world = World::new().await;
    let (public, call) = limited(&world, 9).await;
    let (alice, guest) = (world.alice(), world.stranger());
    let part = async |client: &Client, range: &str| {
        client.send("GET", &public, &[("range", range)], "").await
    };
    let first = part(&guest, "bytes=0-3").await;
    assert_eq!((first.status, first.text()), (206, "0123"));
    let cookie = first.header("set-cookie").unwrap().to_owned();
    assert!(cookie.contains(&format!("; Path={public}; HttpOnly; SameSite=Lax; Secure")));
    let player = guest.clone().with("cookie", cookie.split(';').next().unwrap());
    for range in ["bytes=4-5", "bytes=6-", "bytes=-2"] {
        assert_eq!(part(&player, range).await.status, 206);
    }
    assert_eq!(count(&alice, &call).await, Some(1));
    // From the first byte it is another download, and without the cookie each part is one.
    assert_eq!(part(&player, "bytes=0-").await.status, 206);
    assert_eq!(part(&guest, "bytes=1-").await.status, 206);
    assert_eq!(
        part(&guest.clone().with("cookie", "allmende_download=9-x"), "bytes=1-").await.status,
        206
    );
    assert_eq!(count(&alice, &call).await, Some(4));
    // It is for this content and this hour.
    assert_eq!(alice.put(&format!("{FILES}/f.txt"), "abcdefghij").await.status, 204);
    assert_eq!(part(&player, "bytes=4-5").await.text(), "ef");
    assert_eq!(count(&alice, &call).await, Some(5));
}

#[tokio::test]
async fn no_more_than_the_limit_get_through_at_once() {
    let world = World::new().await;
    let (public, call) = limited(&world, 3).await;
    let guest = world.stranger();
    let all = futures_util::future::join_all((0..8).map(|_| guest.get(&public))).await;
    let through = all.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(through, 3);
    assert!(all.iter().all(|answer| matches!(answer.status, 200 | 503)));
    assert_eq!(count(&world.alice(), &call).await, Some(3));
}

#[tokio::test]
async fn clients_are_told_of_limits_and_of_the_one_to_propose() {
    let world = World::new().await;
    let (public, _) = limited(&world, 4).await;
    let (alice, root) = (world.alice(), world.root());
    let token = public.rsplit('/').next().unwrap();
    let props = "nc:share-download-limits";
    let seen = alice.propfind(&format!("{FILES}/f.txt"), "0", props).await;
    let told = format!(
        "<nc:share-download-limits><nc:share-download-limit><nc:token>{token}</nc:token>\
         <nc:limit>4</nc:limit><nc:count>0</nc:count></nc:share-download-limit>\
         </nc:share-download-limits>"
    );
    assert!(seen.text().contains(&told), "{}", seen.text());
    let guest = world.stranger().propfind(&public, "0", props).await;
    assert!(
        !guest.text().contains(token.get(..9).unwrap()) || !guest.text().contains("<nc:limit>")
    );
    let proposed = async || {
        let all = alice.ocs("GET", "/cloud/capabilities", "").await.data;
        all["capabilities"]["downloadlimit"].clone()
    };
    assert_eq!(proposed().await, json!({ "enabled": true, "default-limit": -1 }));
    let call = "/apps/files_downloadlimit/api/v1/limit";
    assert_eq!(alice.ocs("PUT", call, "limit=5").await.http, 403);
    let refused = root.ocs("PUT", call, "limit=0").await;
    assert_eq!((refused.http, refused.message.as_str()), (400, "Minimum limit is 1"));
    assert_eq!(proposed().await["default-limit"], -1);
    assert_eq!(root.ocs("PUT", call, "limit=5").await.http, 200);
    assert_eq!(proposed().await["default-limit"], 5);
}
