use allmende_webdav::Backend;

use crate::support::{Dav, on_both};

on_both! { match_headers_of_writes if_headers the_desktop_clients_tagged_list }

async fn match_headers_of_writes<B: Backend>(dav: Dav<B>) {
    let etag = dav.put("/f", "1").await.header("etag").to_owned();
    for method in ["PUT", "DELETE", "MOVE", "PROPPATCH"] {
        let body = if method == "PROPPATCH" { "<d:propertyupdate xmlns:d='DAV:'/>" } else { "" };
        let headers = [("If-Match", "\"other\""), ("Destination", "/dav/g")];
        let answer = dav.send(method, "/f", &headers, body).await;
        // The body of PROPPATCH is looked at first; either way nothing is done.
        assert!(answer.status == 412 || method == "PROPPATCH", "{method}");
    }
    let refused = dav.send("PUT", "/f", &[("If-Match", "\"other\"")], "2").await;
    assert_eq!(refused.header("etag"), etag);
    assert!(refused.text().contains("<s:header>If-Match</s:header>"));
    assert_eq!(dav.send("PUT", "/f", &[("If-None-Match", "*")], "2").await.status, 412);
    assert_eq!(dav.send("PUT", "/new", &[("If-Match", "*")], "2").await.status, 412);
    assert_eq!(dav.get("/f").await.text(), "1");
    assert_eq!(dav.send("PUT", "/new", &[("If-None-Match", "*")], "2").await.status, 201);
    assert_eq!(dav.send("PUT", "/f", &[("If-Match", &etag)], "2").await.status, 204);
    assert_eq!(dav.get("/f").await.text(), "2");
}

async fn if_headers<B: Backend>(dav: Dav<B>) {
    let etag = dav.put("/f", "1").await.header("etag").to_owned();
    let ok = [
        format!("([{etag}])"),
        "(Not [\"other\"]) ([\"other\"])".to_owned(),
        format!("([\"other\"]) ([{etag}])"),
        format!("</dav/f> ([{etag}])"),
        format!("<http://any.host:8/dav/f> ([{etag}])"),
        "(Not <DAV:no-lock>)".to_owned(),
        "</dav/none> (Not [\"x\"])".to_owned(),
        "</elsewhere> (Not <opaquelocktoken:1>)".to_owned(),
    ];
    for value in &ok {
        assert_eq!(dav.send("GET", "/f", &[("If", value)], "").await.status, 200, "{value}");
    }
    for value in ["([\"other\"])", "(<DAV:no-lock>)", "</dav/none> ([\"x\"])"] {
        let answer = dav.send("PUT", "/f", &[("If", value)], "2").await;
        assert_eq!(answer.status, 412, "{value}");
        assert!(answer.text().contains("Failed to find a valid token/etag combination"));
    }
    for junk in ["junk", "(", "()", "([etag)", "(<x>"] {
        assert_eq!(dav.send("PUT", "/f", &[("If", junk)], "2").await.status, 400, "{junk}");
    }
    assert_eq!(dav.get("/f").await.text(), "1");
}

async fn the_desktop_clients_tagged_list<B: Backend>(dav: Dav<B>) {
    dav.put("/part", "new").await;
    let etag = dav.put("/f", "old").await.header("etag").to_owned();
    for (tag, status) in [("\"other\"", 412), (etag.as_str(), 204)] {
        let value = format!("</dav/f> ([{tag}])");
        let headers = [("Destination", "/dav/f"), ("If", value.as_str())];
        assert_eq!(dav.send("MOVE", "/part", &headers, "").await.status, status);
    }
    assert_eq!(dav.get("/f").await.text(), "new");
}
