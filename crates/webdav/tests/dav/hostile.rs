use allmende_webdav::Backend;

use crate::support::{Dav, on_both};

on_both! { xml headers paths }

async fn xml<B: Backend>(dav: Dav<B>) {
    let deep = format!("<d:propfind xmlns:d='DAV:'>{}", "<d:prop>".repeat(10_000));
    let wide = format!(
        "<d:propfind xmlns:d='DAV:'><d:prop>{}</d:prop></d:propfind>",
        "<d:x/>".repeat(100_000)
    );
    let entity = "<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><d:propfind xmlns:d='DAV:'>\
                  <d:prop><d:x>&a;</d:x></d:prop></d:propfind>";
    let cases = [
        (deep.as_str(), 400),
        (wide.as_str(), 400),
        (entity, 400),
        ("<a", 400),
        ("\0", 400),
        // Nothing asked for is everything, as with no body at all.
        ("<d:propfind xmlns:d='DAV:'/>", 207),
        ("<d:propfind xmlns:d='DAV:'><d:prop><x:y/></d:prop></d:propfind>", 400),
        ("<d:wrong xmlns:d='DAV:'/>", 400),
    ];
    for (body, status) in cases {
        let answer = dav.send("PROPFIND", "/", &[("Depth", "0")], body.to_owned()).await;
        assert_eq!(answer.status, status, "{}", &body[..body.len().min(60)]);
    }
    let large = "x".repeat((1 << 20) + 1);
    for method in ["PROPFIND", "PROPPATCH", "LOCK", "REPORT", "MKCOL"] {
        assert_eq!(dav.send(method, "/", &[], large.clone()).await.status, 413, "{method}");
    }
    for method in ["PROPPATCH", "LOCK", "REPORT"] {
        assert_eq!(dav.send(method, "/", &[], "junk").await.status, 400, "{method}");
    }
    assert_eq!(dav.send("PROPPATCH", "/", &[], "").await.status, 400);
}

async fn headers<B: Backend>(dav: Dav<B>) {
    dav.put("/f", "1").await;
    for (method, name, value) in [
        ("PROPFIND", "Depth", "-1"),
        ("COPY", "Depth", "2"),
        ("COPY", "Overwrite", "yes"),
        ("COPY", "If", "((("),
        ("COPY", "If-Match", "\"unclosed"),
        ("LOCK", "Depth", "1"),
        ("UNLOCK", "Lock-Token", "no brackets"),
        ("PUT", "Content-Length", "-5"),
    ] {
        let headers = [("Destination", "/dav/g"), (name, value)];
        let body = if method == "LOCK" {
            "<lockinfo xmlns='DAV:'><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>"
        } else {
            ""
        };
        assert_eq!(dav.send(method, "/f", &headers, body).await.status, 400, "{method} {name}");
    }
    // Dates that are none say nothing (RFC 9110, section 13.1.3).
    assert_eq!(dav.send("GET", "/f", &[("If-Modified-Since", "soon")], "").await.status, 200);
    assert_eq!(dav.get("/g").await.status, 404);
    assert_eq!(dav.get("/f").await.text(), "1");
}

async fn paths<B: Backend>(dav: Dav<B>) {
    dav.put("/f", "1").await;
    for path in ["/..", "/%2e%2e/f", "/a/../../etc/passwd", "/%2e%2e%2fetc", "/x%0ay", "/a%00"] {
        for (method, allowed) in [("GET", [404, 400]), ("PUT", [400, 409]), ("DELETE", [404, 400])]
        {
            let status = dav.send(method, path, &[], "").await.status.as_u16();
            assert!(allowed.contains(&status), "{method} {path}: {status}");
        }
        let destination = format!("/dav{path}");
        let answer = dav.send("COPY", "/f", &[("Destination", &destination)], "").await;
        assert!([400, 409, 403].contains(&answer.status.as_u16()), "{path}");
    }
    let deep = "/x".repeat(300);
    assert_eq!(dav.get(&deep).await.status, 404);
    assert_eq!(dav.put(&deep, "").await.status, 400);
    let long = format!("/{}", "n".repeat(251));
    assert_eq!(
        (dav.get(&long).await.status.as_u16(), dav.put(&long, "").await.status.as_u16()),
        (404, 400)
    );
}
