//! What does not fit is refused, and what was there stays.

use crate::common::{FILES, World, user};

async fn small(limit: u64) -> World {
    let world = World::new().await;
    world.files.set_quota(&user("alice"), Some(limit)).await.unwrap();
    world
}

#[tokio::test]
async fn a_full_home() {
    let world = small(10).await;
    let alice = world.alice();
    let root = format!("{FILES}/");
    let a = format!("{FILES}/a");
    assert_eq!(alice.prop(&root, "d:quota-available-bytes").await.as_deref(), Some("10"));
    assert_eq!(alice.put(&a, "123456").await.status, 201);
    assert_eq!(alice.prop(&root, "d:quota-available-bytes").await.as_deref(), Some("4"));
    assert_eq!(alice.prop(&root, "d:quota-used-bytes").await.as_deref(), Some("6"));
    let exception = "Sabre\\DAV\\Exception\\InsufficientStorage";
    let over = alice.put(&format!("{FILES}/b"), "12345").await;
    assert_eq!((over.status, over.error().0), (507, exception));
    for header in ["oc-total-length", "x-expected-entity-length"] {
        let told = alice.send("PUT", &format!("{FILES}/b"), &[(header, "5")], "1").await;
        assert_eq!(told.status, 507, "{header}");
    }
    let copy = alice.transfer("COPY", &a, &format!("{FILES}/b"), &[]).await;
    assert_eq!(copy.status, 507);
    // A body whose length nobody told is refused at its end.
    let long = alice.send("PUT", &a, &[("content-length", "20")], "12345678901234567890").await;
    assert_eq!(long.status, 507);
    assert_eq!(alice.get(&a).await.text(), "123456");
    assert_eq!(alice.propfind(&root, "1", "oc:id").await.hrefs().len(), 2);
    assert_eq!(alice.put(&format!("{FILES}/b"), "1234").await.status, 201);
    assert_eq!(alice.prop(&root, "d:quota-available-bytes").await.as_deref(), Some("0"));
}

#[tokio::test]
async fn uploads_are_refused_early() {
    let world = small(10).await;
    let alice = world.alice();
    let upload = "/remote.php/dav/uploads/alice/u";
    let a = format!("{FILES}/a");
    alice.mkcol(upload).await;
    let told = [("destination", a.as_str()), ("oc-total-length", "11")];
    let part = alice.send("PUT", &format!("{upload}/1"), &told, "12345").await;
    assert_eq!(part.status, 507);
    // Without an announcement the last step tells.
    for (part, content) in [("1", "123456"), ("2", "123456")] {
        alice.put(&format!("{upload}/{part}"), content).await;
    }
    let whole = format!("{upload}/.file");
    assert_eq!(alice.transfer("MOVE", &whole, &a, &[]).await.status, 507);
    assert_eq!(alice.get(&a).await.status, 404);
}
