use allmende_webdav::{Backend, Options};

use crate::support::{Dav, on_both};

on_both! {
    an_exclusive_lock_keeps_writes_out
    shared_locks_stand_side_by_side
    folders_protect_their_members
    an_unmapped_url_becomes_an_empty_file
    locks_are_renewed_and_given_back
    locks_below_a_folder_are_told
    a_lock_ends_with_its_resource
}

async fn an_exclusive_lock_keeps_writes_out<B: Backend>(dav: Dav<B>) {
    dav.put("/f", "1").await;
    let lock = dav.lock("/f", &[("Depth", "0"), ("Timeout", "Second-100")], "exclusive").await;
    assert_eq!(lock.status, 200);
    assert!(lock.header("lock-token").starts_with("<opaquelocktoken:"));
    assert!(lock.text().contains("<d:timeout>Second-100</d:timeout>"), "{}", lock.text());
    assert!(lock.text().contains("<d:href>/dav/f</d:href>"));
    let patch = "<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop><x xmlns='urn:x'>1</x></d:prop>\
                 </d:set></d:propertyupdate>";
    let writes = [("PUT", "2"), ("DELETE", ""), ("MOVE", ""), ("PROPPATCH", patch)];
    for (method, body) in writes {
        let answer = dav.send(method, "/f", &[("Destination", "/dav/g")], body).await;
        assert_eq!(answer.status, 423, "{method}");
        assert!(answer.text().contains("lock-token-submitted"), "{}", answer.text());
        assert!(answer.text().contains("<d:href>/dav/f</d:href>"));
    }
    dav.put("/g", "g").await;
    assert_eq!(dav.send("COPY", "/g", &[("Destination", "/dav/f")], "").await.status, 423);
    let again = dav.lock("/f", &[], "shared").await;
    assert_eq!(again.status, 423);
    assert!(again.text().contains("no-conflicting-lock"), "{}", again.text());
    // To read and to copy from it needs no token.
    assert_eq!(dav.get("/f").await.text(), "1");
    assert_eq!(dav.send("COPY", "/f", &[("Destination", "/dav/h")], "").await.status, 201);
    assert_eq!(dav.send("PUT", "/f", &[("If", &lock.token())], "2").await.status, 204);
    // davfs2 tags the token with the whole URL.
    let tagged = format!("<http://host/dav/f> {}", lock.token());
    assert_eq!(dav.send("PUT", "/f", &[("If", &tagged)], "3").await.status, 204);
}

async fn shared_locks_stand_side_by_side<B: Backend>(dav: Dav<B>) {
    dav.put("/f", "1").await;
    let (one, two) = (dav.lock("/f", &[], "shared").await, dav.lock("/f", &[], "shared").await);
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200));
    assert_eq!(dav.lock("/f", &[], "exclusive").await.status, 423);
    assert_eq!(dav.put("/f", "2").await.status, 423);
    assert_eq!(dav.send("PUT", "/f", &[("If", &two.token())], "2").await.status, 204);
    let name = "{DAV:}lockdiscovery".parse().unwrap();
    let found = dav.propfind("/f", "0", &name).await;
    assert_eq!(found["/dav/f"].as_ref().map(|text| text.is_empty()), Some(true));
    let answer =
        dav.send("PROPFIND", "/f", &[("Depth", "0")], crate::support::prop_body(&name)).await;
    assert_eq!(answer.text().matches("<d:activelock>").count(), 2);
}

async fn folders_protect_their_members<B: Backend>(dav: Dav<B>) {
    dav.mkcol("/d").await;
    dav.put("/d/f", "1").await;
    let flat = dav.lock("/d", &[("Depth", "0")], "exclusive").await;
    // A flat lock is about which members there are, not about what is in them.
    assert_eq!(dav.put("/d/f", "2").await.status, 204);
    for (method, path) in [("PUT", "/d/new"), ("MKCOL", "/d/new"), ("DELETE", "/d/f")] {
        assert_eq!(dav.send(method, path, &[], "").await.status, 423, "{method}");
    }
    let tagged = format!("</dav/d> {}", flat.token());
    assert_eq!(dav.send("PUT", "/d/new", &[("If", &tagged)], "").await.status, 201);
    let unlock = [("Lock-Token", flat.header("lock-token"))];
    assert_eq!(dav.send("UNLOCK", "/d", &unlock, "").await.status, 204);

    let deep = dav.lock("/d", &[("Depth", "infinity")], "exclusive").await;
    assert_eq!(dav.put("/d/f", "3").await.status, 423);
    assert_eq!(dav.lock("/d/f", &[], "shared").await.status, 423);
    assert_eq!(dav.lock("/d/unmapped", &[], "exclusive").await.status, 423);
    assert_eq!(dav.get("/d/unmapped").await.status, 404);
    assert_eq!(dav.send("PUT", "/d/f", &[("If", &deep.token())], "3").await.status, 204);
    assert_eq!(dav.lock("/d", &[("Depth", "1")], "exclusive").await.status, 400);
}

async fn an_unmapped_url_becomes_an_empty_file<B: Backend>(dav: Dav<B>) {
    let lock = dav.lock("/new.txt", &[], "exclusive").await;
    assert_eq!(lock.status, 201);
    let get = dav.get("/new.txt").await;
    assert_eq!(
        (get.status.as_u16(), get.text(), get.header("etag")),
        (200, "", lock.header("etag"))
    );
    // davfs2 sends both right after it.
    let headers = [("If-Match", lock.header("etag")), ("If", &lock.token())];
    assert_eq!(dav.send("PUT", "/new.txt", &headers, "x").await.status, 204);
    assert_eq!(dav.lock("/none/x", &[], "exclusive").await.status, 409);
}

async fn locks_are_renewed_and_given_back<B: Backend>(dav: Dav<B>) {
    dav.mkcol("/d").await;
    dav.put("/d/f", "1").await;
    let lock = dav.lock("/d", &[("Timeout", "Second-10")], "exclusive").await;
    let token = lock.token();
    let renewed =
        dav.send("LOCK", "/d", &[("If", &token), ("Timeout", "Infinite, Second-9")], "").await;
    assert_eq!((renewed.status.as_u16(), renewed.header("lock-token")), (200, ""));
    assert!(renewed.text().contains("Second-86400"), "{}", renewed.text());
    // Also by way of what it covers (RFC 4918, section 9.10.2).
    assert_eq!(dav.send("LOCK", "/d/f", &[("If", &token)], "").await.status, 200);
    assert_eq!(dav.send("LOCK", "/d", &[], "").await.status, 400);
    assert_eq!(dav.send("LOCK", "/d", &[("If", "(<opaquelocktoken:x>)")], "").await.status, 412);

    let unlock = |token: &'static str| [("Lock-Token", token)];
    let wrong = dav.send("UNLOCK", "/d", &unlock("<opaquelocktoken:x>"), "").await;
    assert_eq!(wrong.status, 409);
    assert!(wrong.text().contains("lock-token-matches-request-uri"));
    assert_eq!(dav.send("UNLOCK", "/d", &unlock("junk"), "").await.status, 400);
    assert_eq!(dav.send("UNLOCK", "/d", &[], "").await.status, 400);
    assert_eq!(dav.send("UNLOCK", "/none", &unlock("<opaquelocktoken:x>"), "").await.status, 404);
    let right = [("Lock-Token", lock.header("lock-token"))];
    assert_eq!(dav.send("UNLOCK", "/d", &right, "").await.status, 204);
    assert_eq!(dav.send("UNLOCK", "/d", &right, "").await.status, 409);
    assert_eq!(dav.put("/d/f", "2").await.status, 204);
}

async fn locks_below_a_folder_are_told<B: Backend>(dav: Dav<B>) {
    dav.mkcol("/d").await;
    dav.put("/d/f", "1").await;
    let lock = dav.lock("/d/f", &[], "exclusive").await;
    assert_eq!(dav.send("DELETE", "/d", &[], "").await.status, 423);
    assert_eq!(dav.send("MOVE", "/d", &[("Destination", "/dav/e")], "").await.status, 423);
    let deep = dav.lock("/d", &[], "exclusive").await;
    assert_eq!(deep.status, 207);
    let statuses: Vec<_> = (deep.multistatus().responses.iter())
        .map(|r| (r.href.as_str().to_owned(), format!("{:?}", r.content)))
        .collect();
    assert_eq!(statuses[0], ("/dav/d/f".to_owned(), "Status(423)".to_owned()));
    assert_eq!(statuses[1], ("/dav/d/".to_owned(), "Status(424)".to_owned()));
    let tagged = format!("</dav/d/f> {}", lock.token());
    assert_eq!(dav.send("DELETE", "/d", &[("If", &tagged)], "").await.status, 204);
}

async fn a_lock_ends_with_its_resource<B: Backend>(dav: Dav<B>) {
    dav.put("/f", "1").await;
    let lock = dav.lock("/f", &[], "exclusive").await;
    let headers = [("Destination", "/dav/g"), ("If", &*lock.token())];
    assert_eq!(dav.send("MOVE", "/f", &headers, "").await.status, 201);
    assert_eq!(dav.put("/f", "2").await.status, 201);
    assert_eq!(dav.put("/g", "2").await.status, 204);
}

#[tokio::test]
async fn a_lock_is_a_lease() {
    let dav = Dav::memory(Options { max_lock: 1, ..Options::default() });
    dav.put("/f", "1").await;
    let lock = dav.lock("/f", &[("Timeout", "Infinite")], "exclusive").await;
    assert!(lock.text().contains("<d:timeout>Second-1</d:timeout>"), "{}", lock.text());
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(dav.put("/f", "2").await.status, 204);
}
