//! Which names files may have, and how they are found again.

use crate::common::{FILES, World};

#[tokio::test]
async fn forbidden_names() {
    let world = World::new().await;
    let alice = world.alice();
    alice.put(&format!("{FILES}/ok"), "x").await;
    let long = "a".repeat(251);
    for (name, message) in [
        ("a%5Cb", "\"\\\" is not allowed inside a file or folder name."),
        ("a.part", "\".part\" is a forbidden file type."),
        ("a.PART", "\".part\" is a forbidden file type."),
        ("a.filepart", "\".filepart\" is a forbidden file type."),
        (long.as_str(), "Filename is too long"),
    ] {
        let at = format!("{FILES}/{name}");
        let put = alice.put(&at, "x").await;
        let exception = "OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath";
        assert_eq!((put.status, put.error().0), (400, exception), "{name}");
        assert_eq!(put.error().1.replace("&quot;", "\""), message);
        let text = put.text();
        assert!(text.contains("<o:retry xmlns:o=\"o:\">false</o:retry>"), "{text}");
        assert!(text.contains("<o:reason xmlns:o=\"o:\">"), "{text}");
        assert_eq!(alice.mkcol(&at).await, 400, "{name}");
        let moved = alice.transfer("MOVE", &format!("{FILES}/ok"), &at, &[]).await;
        assert_eq!(moved.status, 400, "{name}");
    }
    for name in [".htaccess", ".HTACCESS"] {
        let status = alice.put(&format!("{FILES}/{name}"), "x").await.status;
        assert!((400..=500).contains(&status), "{name}");
    }
    assert_eq!(alice.propfind(&format!("{FILES}/"), "1", "oc:id").await.hrefs().len(), 2);
}

#[tokio::test]
async fn names_that_other_systems_refuse() {
    let world = World::new().await;
    let alice = world.alice();
    let long = "a".repeat(250);
    for name in
        ["CON", "a%3Ab", "a%2Ab", "dot.", "space%20", ".hidden", "%F0%9F%90%8C", long.as_str()]
    {
        let at = format!("{FILES}/{name}");
        assert_eq!(alice.put(&at, "x").await.status, 201, "{name}");
        assert_eq!(alice.get(&at).await.text(), "x", "{name}");
    }
    // Case counts.
    assert_eq!(alice.put(&format!("{FILES}/A.txt"), "upper").await.status, 201);
    assert_eq!(alice.put(&format!("{FILES}/a.txt"), "lower").await.status, 201);
    assert_eq!(alice.get(&format!("{FILES}/A.txt")).await.text(), "upper");
}

#[tokio::test]
async fn composed_and_decomposed_are_one() {
    let world = World::new().await;
    let alice = world.alice();
    let (composed, decomposed) = (format!("{FILES}/%c3%a9"), format!("{FILES}/e%cc%81"));
    assert_eq!(alice.put(&decomposed, "x").await.status, 201);
    assert_eq!(alice.put(&composed, "y").await.status, 204);
    assert_eq!(alice.get(&decomposed).await.text(), "y");
    let listed = alice.propfind(&format!("{FILES}/"), "1", "oc:id").await;
    assert_eq!(listed.hrefs(), [format!("{FILES}/"), composed.clone()]);
    let moved = alice.transfer("MOVE", &composed, &format!("{FILES}/o%cc%88"), &[]).await;
    assert_eq!(moved.status, 201);
    assert_eq!(alice.get(&format!("{FILES}/%c3%b6")).await.text(), "y");
}
