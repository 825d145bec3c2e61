use allmende_webdav::Backend;

use crate::support::{Dav, on_both};

on_both! {
    new_and_replaced_targets
    places_that_cannot_be
    folders_with_everything_below
    properties_move_along
    deletion
}

async fn new_and_replaced_targets<B: Backend>(dav: Dav<B>) {
    for method in ["COPY", "MOVE"] {
        dav.put("/a", "a").await;
        dav.put("/b", "b").await;
        let keep = [("Destination", "/dav/b"), ("Overwrite", "F")];
        let refused = dav.send(method, "/a", &keep, "").await;
        assert_eq!(refused.status, 412);
        assert!(refused.text().contains("<s:header>Overwrite</s:header>"));
        assert_eq!(dav.get("/b").await.text(), "b");
        let whole_url = [("Destination", "http://elsewhere:81/dav/b")];
        assert_eq!(dav.send(method, "/a", &whole_url, "").await.status, 204);
        assert_eq!(dav.get("/b").await.text(), "a");
        let path = [("Destination", "/dav/%c3%a9"), ("Overwrite", "F")];
        assert_eq!(dav.send(method, "/b", &path, "").await.status, 201);
        assert_eq!(dav.get("/%C3%A9").await.text(), "a");
        let gone = if method == "MOVE" { 404 } else { 200 };
        assert_eq!(
            (dav.get("/a").await.status, dav.get("/b").await.status.as_u16()),
            (gone.try_into().unwrap(), gone)
        );
        dav.send("DELETE", "/%C3%A9", &[], "").await;
    }
}

async fn places_that_cannot_be<B: Backend>(dav: Dav<B>) {
    dav.mkcol("/d").await;
    dav.mkcol("/d/e").await;
    dav.put("/d/e/f", "f").await;
    for method in ["COPY", "MOVE"] {
        for (source, destination, status) in [
            ("/d", "/dav/d", 403),
            ("/d", "/dav/d/e/x", 409),
            ("/d/e", "/dav/d", 403),
            ("/d/e/f", "/dav/d/e", 403),
            ("/d", "/dav/none/d", 409),
            ("/d", "/other/d", 403),
            ("/d", "/dav/a%5cb", 400),
            ("/none", "/dav/x", 404),
            ("/", "/dav/x", 409),
            ("/d", "/dav/", 403),
        ] {
            let answer = dav.send(method, source, &[("Destination", destination)], "").await;
            assert_eq!(answer.status, status, "{method} {source} {destination}");
        }
        assert_eq!(dav.send(method, "/d", &[], "").await.status, 400);
        let junk = [("Destination", "/dav/x"), ("Overwrite", "junk")];
        assert_eq!(dav.send(method, "/d", &junk, "").await.status, 400);
        assert_eq!(dav.get("/d/e/f").await.text(), "f");
    }
}

async fn folders_with_everything_below<B: Backend>(dav: Dav<B>) {
    for path in ["/d", "/d/e", "/old", "/old/sub"] {
        dav.mkcol(path).await;
    }
    dav.put("/d/e/f", "f").await;
    dav.put("/old/sub/x", "x").await;
    let to = |path: &'static str| [("Destination", path), ("Depth", "infinity")];
    // The target is replaced as a whole, not merged into.
    assert_eq!(dav.send("COPY", "/d", &to("/dav/old/"), "").await.status, 204);
    assert_eq!(dav.get("/old/e/f").await.text(), "f");
    assert_eq!(dav.get("/old/sub/x").await.status, 404);
    let alone = [("Destination", "/dav/alone"), ("Depth", "0")];
    assert_eq!(dav.send("COPY", "/d", &alone, "").await.status, 201);
    assert_eq!(dav.propfind("/alone", "1", &"{DAV:}resourcetype".parse().unwrap()).await.len(), 1);
    assert_eq!(dav.send("MOVE", "/d", &alone, "").await.status, 400);
    assert_eq!(
        dav.send("COPY", "/d", &[("Destination", "/dav/x"), ("Depth", "1")], "").await.status,
        400
    );
    assert_eq!(dav.send("MOVE", "/d", &to("/dav/moved"), "").await.status, 201);
    assert_eq!(dav.get("/moved/e/f").await.text(), "f");
    assert_eq!(dav.get("/d").await.status, 404);
    // A file may take the place of a folder.
    dav.put("/file", "file").await;
    assert_eq!(dav.send("MOVE", "/file", &to("/dav/moved"), "").await.status, 204);
    assert_eq!(dav.get("/moved").await.text(), "file");
}

async fn properties_move_along<B: Backend>(dav: Dav<B>) {
    let body = "<d:propertyupdate xmlns:d='DAV:' xmlns:x='urn:x'><d:set><d:prop><x:p>v</x:p>\
                </d:prop></d:set></d:propertyupdate>";
    let name = "{urn:x}p".parse().unwrap();
    dav.mkcol("/d").await;
    dav.put("/d/f", "f").await;
    dav.put("/g", "g").await;
    for path in ["/d", "/d/f"] {
        assert_eq!(dav.send("PROPPATCH", path, &[], body).await.status, 207);
    }
    dav.send("COPY", "/d", &[("Destination", "/dav/copy")], "").await;
    dav.send("MOVE", "/d", &[("Destination", "/dav/moved")], "").await;
    dav.send("MOVE", "/moved/f", &[("Destination", "/dav/g")], "").await;
    let all = dav.propfind("/", "infinity", &name).await;
    let value = |path: &str| all[path].as_deref();
    assert_eq!((value("/dav/copy/"), value("/dav/copy/f")), (Some("v"), Some("v")));
    assert_eq!(
        (value("/dav/moved/"), value("/dav/g"), value("/dav/")),
        (Some("v"), Some("v"), None)
    );
    // What is gone leaves nothing to those that come after it.
    dav.send("DELETE", "/g", &[], "").await;
    dav.put("/g", "new").await;
    assert_eq!(dav.propfind("/g", "0", &name).await["/dav/g"], None);
}

async fn deletion<B: Backend>(dav: Dav<B>) {
    dav.mkcol("/d").await;
    dav.put("/d/f", "f").await;
    assert_eq!(dav.send("DELETE", "/", &[], "").await.status, 403);
    assert_eq!(dav.send("DELETE", "/none", &[], "").await.status, 404);
    assert_eq!(dav.send("DELETE", "/d/f", &[("If-Match", "\"other\"")], "").await.status, 412);
    assert_eq!(dav.send("DELETE", "/d", &[("Depth", "0")], "").await.status, 400);
    let answer = dav.send("DELETE", "/d/", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (204, ""));
    assert_eq!(dav.get("/d/f").await.status, 404);
}
