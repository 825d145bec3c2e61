//! Listings by the page, as the iOS client asks for them.

use crate::common::{Answer, Client, FILES, World};

const BODY: &str = r#"<d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>"#;

async fn page(client: &Client, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("depth", "1"), ("x-nc-paginate", "true")];
    all.extend(headers);
    client.send("PROPFIND", path, &all, BODY).await
}

/// The last names of a page.
fn names(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 207, "{}", answer.text());
    let name = |href: &'_ str| href.trim_end_matches('/').len();
    let hrefs = answer.hrefs();
    hrefs.into_iter().map(|href| href[..name(href)].rsplit('/').next().unwrap()).collect()
}

#[tokio::test]
async fn pages_follow_one_another() {
    let world = World::new().await;
    let alice = world.alice();
    let folder = format!("{FILES}/f");
    alice.mkcol(&folder).await;
    for name in ["a", "b", "c", "d", "e"] {
        alice.put(&format!("{folder}/{name}"), name).await;
    }
    let first = page(&alice, &folder, &[("x-nc-paginate-count", "2")]).await;
    assert_eq!(names(&first), ["f", "a"]);
    assert_eq!(first.header("x-nc-paginate"), Some("true"));
    assert_eq!(first.header("x-nc-paginate-total"), Some("6"));
    assert!(first.header("dav").unwrap().contains("nc-paginate"));
    let token = first.header("x-nc-paginate-token").unwrap();
    let next = async |client: &Client, offset: &str| {
        let headers = [
            ("x-nc-paginate-token", token),
            ("x-nc-paginate-offset", offset),
            ("x-nc-paginate-count", "2"),
        ];
        page(client, &folder, &headers).await
    };
    // Between two pages something comes before the place, and the last that was told goes.
    alice.put(&format!("{folder}/0"), "0").await;
    alice.delete(&format!("{folder}/a")).await;
    let second = next(&alice, "2").await;
    assert_eq!(names(&second), ["b", "c"], "each once");
    assert_eq!(second.header("x-nc-paginate"), Some("true"));
    assert_eq!(second.header("x-nc-paginate-total"), None);
    assert_eq!(second.header("x-nc-paginate-token"), None);
    assert_eq!(names(&next(&alice, "4").await), ["d", "e"]);
    assert_eq!(names(&next(&alice, "6").await), [""; 0]);
    // Another place than that where the page before ended is counted.
    assert_eq!(names(&next(&alice, "1").await), ["0", "b"]);
    assert_eq!(names(&next(&alice, "0").await), ["f", "0"]);

    // A token is one person's, for one folder and a while; else the listing begins anew.
    let other = page(&alice, FILES, &[("x-nc-paginate-token", token)]).await;
    assert_ne!(other.header("x-nc-paginate-token"), None);
    assert_eq!(names(&other), ["alice", "f"]);
    let bobs = "/remote.php/dav/files/bob";
    let bob = page(&world.bob(), bobs, &[("x-nc-paginate-token", token)]).await;
    assert_eq!((names(&bob), bob.header("x-nc-paginate-total")), (vec!["bob"], Some("1")));
    world.clock.forward(3600);
    let late = next(&alice, "2").await;
    assert_eq!((names(&late), late.header("x-nc-paginate-total")), (vec!["b", "c"], Some("6")));

    assert_eq!(page(&alice, &folder, &[("x-nc-paginate-count", "x")]).await.status, 400);
    assert_eq!(page(&alice, &format!("{FILES}/none"), &[]).await.status, 404);
    let file = page(&alice, &format!("{folder}/b"), &[]).await;
    assert_eq!((names(&file), file.header("x-nc-paginate")), (vec!["b"], None));
    let alone = [("depth", "0"), ("x-nc-paginate", "true")];
    let alone = alice.send("PROPFIND", &folder, &alone, BODY).await;
    assert_eq!((names(&alone), alone.header("x-nc-paginate")), (vec!["f"], None));
}

#[tokio::test]
async fn mounts_stand_among_the_others() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    for name in ["a", "z"] {
        alice.put(&format!("{FILES}/{name}"), "x").await;
    }
    bob.mkcol("/remote.php/dav/files/bob/m").await;
    let share = "path=/m&shareType=0&shareWith=alice&permissions=1";
    let shares = "/apps/files_sharing/api/v1/shares";
    assert_eq!(bob.ocs("POST", shares, share).await.http, 200);
    let first = page(&alice, FILES, &[("x-nc-paginate-count", "3")]).await;
    assert_eq!(names(&first), ["alice", "a", "m"]);
    assert_eq!(first.header("x-nc-paginate-total"), Some("4"));
    let token = first.header("x-nc-paginate-token").unwrap();
    let headers = [("x-nc-paginate-token", token), ("x-nc-paginate-offset", "3")];
    assert_eq!(names(&page(&alice, FILES, &headers).await), ["z"]);
}
