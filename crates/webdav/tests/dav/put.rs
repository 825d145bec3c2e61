use std::{convert::Infallible, io};

use allmende_webdav::{Backend, MissingParent, Options};
use bytes::Bytes;
use futures_util::stream;
use http::Request;
use http_body::Frame;
use http_body_util::StreamBody;

use crate::support::{Dav, Fault, answer, on_both};

on_both! {
    creates_and_replaces
    a_body_of_the_wrong_length_changes_nothing
    refusals
    folders_with_and_without_body
}

async fn creates_and_replaces<B: Backend>(dav: Dav<B>) {
    let first = dav.put("/f", "one").await;
    assert_eq!((first.status.as_u16(), first.text()), (201, ""));
    let second = dav.put("/f", "two").await;
    assert_eq!(second.status, 204);
    assert_ne!(first.header("etag"), second.header("etag"));
    // The same bytes again are a new state too.
    assert_ne!(dav.put("/f", "two").await.header("etag"), second.header("etag"));
    assert_eq!(dav.get("/f").await.text(), "two");
}

async fn a_body_of_the_wrong_length_changes_nothing<B: Backend>(dav: Dav<B>) {
    dav.put("/f", "old").await;
    for length in ["2", "4", "x"] {
        for path in ["/f", "/new"] {
            let answer = dav.send("PUT", path, &[("Content-Length", length)], "new").await;
            assert_eq!(answer.status, 400, "{length}");
        }
    }
    let broken = stream::iter([
        Ok(Frame::data(Bytes::from_static(b"ne"))),
        Err(io::Error::other("the client went away")),
    ]);
    let request = Request::put("/dav/f").body(StreamBody::new(broken)).unwrap();
    let response = dav.handler.handle(&dav.backend, &dav.mount, request).await;
    assert_eq!(answer(response).await.status, 400);
    assert_eq!(dav.get("/f").await.text(), "old");
    assert_eq!(dav.get("/new").await.status, 404);
}

async fn refusals<B: Backend>(dav: Dav<B>) {
    dav.mkcol("/d").await;
    dav.put("/file", "x").await;
    assert_eq!(dav.put("/d", "x").await.status, 409);
    assert_eq!(dav.put("/", "x").await.status, 409);
    assert_eq!(dav.put("/none/f", "x").await.status, 409);
    assert_eq!(dav.put("/file/f", "x").await.status, 409);
    let part = dav.send("PUT", "/f", &[("Content-Range", "bytes 0-0/1")], "x").await;
    assert_eq!(part.status, 400);
    let name = dav.put("/a%5cb", "x").await;
    assert_eq!(name.status, 400);
    assert!(name.text().contains("<o:retry xmlns:o=\"o:\">false</o:retry>"), "{}", name.text());
    assert!(name.text().contains("InvalidPath"));
}

async fn folders_with_and_without_body<B: Backend>(dav: Dav<B>) {
    assert_eq!(dav.mkcol("/d/").await.status, 201);
    assert_eq!(dav.mkcol("/d").await.status, 405);
    assert_eq!(dav.mkcol("/none/d").await.status, 409);
    dav.put("/f", "").await;
    assert_eq!(dav.mkcol("/f").await.status, 405);
    assert_eq!(dav.mkcol("/f/d").await.status, 409);
    let xml = [("Content-Type", "text/xml")];
    assert_eq!(dav.send("MKCOL", "/e", &[("Content-Type", "x/y")], "junk").await.status, 415);
    assert_eq!(dav.send("MKCOL", "/e", &xml, "junk").await.status, 400);
    assert_eq!(dav.get("/e").await.status, 404);
    let body = |kind: &str| {
        format!(
            "<d:mkcol xmlns:d='DAV:'><d:set><d:prop><d:resourcetype><d:collection/>{kind}\
             </d:resourcetype><x:colour xmlns:x='urn:x'>red</x:colour></d:prop></d:set></d:mkcol>"
        )
    };
    let calendar = body("<c:calendar xmlns:c='urn:ietf:params:xml:ns:caldav'/>");
    let refused = dav.send("MKCOL", "/e", &xml, calendar).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("valid-resourcetype"));
    assert_eq!(dav.send("MKCOL", "/e", &xml, body("")).await.status, 201);
    let name = "{urn:x}colour".parse().unwrap();
    let found = dav.propfind("/e", "0", &name).await;
    assert_eq!(found["/dav/e/"].as_deref(), Some("red"));
}

#[tokio::test]
async fn the_dialect_says_404_for_a_missing_parent() {
    let options = Options { missing_parent: MissingParent::NotFound, ..Options::default() };
    let dav = Dav::memory(options);
    assert_eq!(dav.put("/none/f", "x").await.status, 404);
    assert_eq!(dav.mkcol("/none/f").await.status, 409);
}

#[tokio::test]
async fn a_change_in_between_is_found_by_the_commit() {
    let dav = Dav::memory(Options::default());
    let etag = dav.put("/f", "one").await.header("etag").to_owned();
    dav.backend.state().fault = Fault::Interference;
    let answer = dav.send("PUT", "/f", &[("If-Match", &etag)], "two").await;
    assert_eq!(answer.status, 412);
    dav.backend.state().fault = Fault::None;
    assert_eq!(dav.get("/f").await.text(), "one");
}

#[tokio::test]
async fn trailers_are_no_content() {
    let dav = Dav::memory(Options::default());
    let frames = stream::iter([
        Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"all"))),
        Ok(Frame::trailers(http::HeaderMap::new())),
    ]);
    let request = Request::put("/dav/f").body(StreamBody::new(frames)).unwrap();
    let response = dav.handler.handle(&dav.backend, &dav.mount, request).await;
    assert_eq!(response.status(), 201);
    assert_eq!(dav.get("/f").await.text(), "all");
}
