//! Mounts themselves are found, by their mark and by their name.

use crate::common::{Client, FILES, World};

const BOB: &str = "/remote.php/dav/files/bob";

async fn marked(client: &Client, folder: &str) -> Vec<String> {
    let body = "<oc:filter-files xmlns:d=\"DAV:\" xmlns:oc=\"http://owncloud.org/ns\"><d:prop>\
        <d:getetag/></d:prop><oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules>\
        </oc:filter-files>";
    let answer = client.send("REPORT", folder, &[], body).await;
    answer.hrefs().into_iter().map(str::to_owned).collect()
}

/// What a search below a folder of bob finds, in the order of names.
async fn found(client: &Client, depth: &str, filter: &str, limit: &str) -> Vec<String> {
    let body = format!(
        "<d:searchrequest xmlns:d=\"DAV:\" xmlns:oc=\"http://owncloud.org/ns\" \
         xmlns:nc=\"http://nextcloud.org/ns\"><d:basicsearch>\
         <d:select><d:prop><d:getetag/></d:prop></d:select><d:from><d:scope>\
         <d:href>/files/bob</d:href><d:depth>{depth}</d:depth></d:scope></d:from>\
         <d:where>{filter}</d:where><d:orderby/>{limit}</d:basicsearch></d:searchrequest>"
    );
    let headers = [("content-type", "text/xml")];
    let answer = client.send("SEARCH", "/remote.php/dav/", &headers, body).await;
    answer.hrefs().into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_mount_is_found_like_what_is_in_it() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.mkcol(&format!("{FILES}/notes")).await;
    alice.put(&format!("{FILES}/notes/note 1.txt").replace(' ', "%20"), "1").await;
    alice.put(&format!("{FILES}/note.txt"), "file").await;
    bob.put(&format!("{BOB}/a%20note"), "own").await;
    for path in ["/notes", "/note.txt"] {
        let form = format!("path={path}&shareType=0&shareWith=bob");
        assert_eq!(alice.ocs("POST", "/apps/files_sharing/api/v1/shares", &form).await.http, 200);
    }
    // bob has a name of his own for it, by which it is found.
    let (from, to) = (format!("{BOB}/notes"), format!("{BOB}/My%20notes"));
    assert_eq!(bob.transfer("MOVE", &from, &to, &[]).await.status, 201);
    assert_eq!(marked(&bob, BOB).await, [] as [&str; 0]);
    for path in ["My%20notes", "note.txt"] {
        let set = "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>";
        assert_eq!(bob.proppatch(&format!("{BOB}/{path}"), set).await.status, 207);
    }
    let (folder, file) = (format!("{BOB}/My%20notes/"), format!("{BOB}/note.txt"));
    assert_eq!(marked(&bob, BOB).await, [folder.clone(), file.clone()]);
    let favourite = "<d:eq><d:prop><oc:favorite/></d:prop><d:literal>yes</d:literal></d:eq>";
    assert_eq!(found(&bob, "infinity", favourite, "").await, [folder.clone(), file.clone()]);
    assert_eq!(found(&bob, "1", favourite, "").await, [folder.clone(), file.clone()]);
    // It is bob who marked it.
    assert_eq!(marked(&alice, FILES).await, [] as [&str; 0]);

    let like = |pattern: &str| {
        format!(
            "<d:like><d:prop><d:displayname/></d:prop><d:literal>{pattern}</d:literal></d:like>"
        )
    };
    let own = format!("{BOB}/a%20note");
    let inside = format!("{BOB}/My%20notes/note%201.txt");
    let all = [own.clone(), folder.clone(), inside.clone(), file.clone()];
    assert_eq!(found(&bob, "infinity", &like("%note%"), "").await, all);
    assert_eq!(found(&bob, "1", &like("%note%"), "").await, [own.clone(), folder.clone(), file]);
    assert_eq!(found(&bob, "infinity", &like("my%"), "").await, [folder]);
    assert_eq!(found(&bob, "infinity", &like("notes"), "").await, [] as [&str; 0]);
    // Whoever asks for their own gets nothing of what others share.
    let mine = "<d:eq><d:prop><oc:owner-id/></d:prop><d:literal>bob</d:literal></d:eq>";
    let filter = format!("<d:and>{mine}{}</d:and>", like("%note%"));
    assert_eq!(found(&bob, "infinity", &filter, "").await, std::slice::from_ref(&own));
    assert_eq!(found(&bob, "1", &filter, "").await, std::slice::from_ref(&own));
    // Pages count them as everything else.
    for (at, expected) in all.iter().enumerate() {
        let page = format!(
            "<d:limit><d:nresults>1</d:nresults><nc:firstresult>{at}</nc:firstresult></d:limit>"
        );
        assert_eq!(found(&bob, "infinity", &like("%note%"), &page).await, [expected.as_str()]);
    }
}
