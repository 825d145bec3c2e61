use allmende_webdav::{Backend, DavHandler, Options};
use http::Method;

use crate::support::{Dav, on_both};

on_both! { announces_what_it_does unknown_methods_are_not_implemented }

async fn announces_what_it_does<B: Backend>(dav: Dav<B>) {
    let answer = dav.send("OPTIONS", "/nowhere", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("dav")), (200, "1, 2, 3, extended-mkcol"));
    let allow = "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT, LOCK, \
                 UNLOCK, MKCOL";
    assert_eq!(answer.header("allow"), allow);
    assert_eq!(answer.header("ms-author-via"), "DAV");
    assert_eq!(answer.header("dasl"), "");
}

async fn unknown_methods_are_not_implemented<B: Backend>(dav: Dav<B>) {
    for method in ["POST", "PATCH", "SEARCH", "ACL", "BREW"] {
        assert_eq!(dav.send(method, "/", &[], "").await.status, 501, "{method}");
    }
}

#[tokio::test]
async fn a_dialect_adds_methods_and_tokens() {
    let mut dav = Dav::memory(Options::default());
    let options = Options {
        compliance: "1, 3, extended-mkcol, nc-paginate, 2".to_owned(),
        more_methods: vec![Method::PATCH],
        ..Options::default()
    };
    dav.handler = DavHandler::builder(options).build();
    let answer = dav.send("OPTIONS", "/", &[], "").await;
    assert_eq!(answer.header("dav"), "1, 3, extended-mkcol, nc-paginate, 2");
    assert!(answer.header("allow").ends_with(", PATCH"));
}
