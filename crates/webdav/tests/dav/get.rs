use allmende_webdav::{Backend, CollectionHandler, DavBody, DavHandler, Entry, Options, Result};
use http::{Response, request::Parts};

use crate::support::{Dav, MemoryTree, on_both};

on_both! { whole_files_and_heads parts_of_files several_parts conditional_reads folders }

const CONTENT: &str = "0123456789ab";

async fn whole_files_and_heads<B: Backend>(dav: Dav<B>) {
    dav.put("/a%20b.txt", CONTENT).await;
    let get = dav.get("/a%20b.txt").await;
    assert_eq!((get.status.as_u16(), get.text()), (200, CONTENT));
    assert_eq!(get.header("content-type"), "text/plain");
    let head = dav.send("HEAD", "/a%20b.txt/", &[("Range", "bytes=0-1")], "").await;
    assert_eq!((head.status.as_u16(), head.text()), (200, ""));
    assert_eq!(head.header("content-length"), "12");
    assert_eq!(head.header("etag"), get.header("etag"));
    assert!(get.header("etag").starts_with('"'));
    let missing = dav.get("/nope").await;
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("<s:exception>Sabre\\DAV\\Exception\\NotFound</s:exception>"));
    assert_eq!(missing.header("content-type"), "application/xml; charset=utf-8");
    let head = dav.send("HEAD", "/nope", &[], "").await;
    assert_eq!((head.status.as_u16(), head.text()), (404, ""));
}

async fn parts_of_files<B: Backend>(dav: Dav<B>) {
    dav.put("/f.txt", CONTENT).await;
    dav.put("/empty", "").await;
    let cases = [
        ("bytes=2-4", 206, "234", "bytes 2-4/12"),
        ("bytes=-4", 206, "89ab", "bytes 8-11/12"),
        ("bytes=10-", 206, "ab", "bytes 10-11/12"),
        ("bytes=10-99", 206, "ab", "bytes 10-11/12"),
        ("bytes=junk", 200, CONTENT, ""),
        ("lines=1-2", 200, CONTENT, ""),
    ];
    for (range, status, text, content_range) in cases {
        let answer = dav.send("GET", "/f.txt", &[("Range", range)], "").await;
        assert_eq!((answer.status.as_u16(), answer.text()), (status, text), "{range}");
        assert_eq!(answer.header("content-range"), content_range, "{range}");
    }
    let beyond = dav.send("GET", "/f.txt", &[("Range", "bytes=12-")], "").await;
    assert_eq!((beyond.status.as_u16(), beyond.header("content-range")), (416, "bytes */12"));
    assert_eq!(dav.send("GET", "/empty", &[("Range", "bytes=0-")], "").await.status, 200);
    let etag = dav.get("/f.txt").await.header("etag").to_owned();
    for (if_range, status) in [(etag.as_str(), 206), ("\"other\"", 200)] {
        let headers = [("Range", "bytes=0-0"), ("If-Range", if_range)];
        assert_eq!(dav.send("GET", "/f.txt", &headers, "").await.status, status);
    }
}

async fn several_parts<B: Backend>(dav: Dav<B>) {
    dav.put("/f.txt", CONTENT).await;
    let answer = dav.send("GET", "/f.txt", &[("Range", "bytes=0-1, 4-5,-1")], "").await;
    assert_eq!(answer.status, 206);
    let kind = answer.header("content-type");
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let part = |range: &str, text: &str| {
        format!(
            "\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes {range}/12\r\n\r\n{text}"
        )
    };
    let expected = [part("0-1", "01"), part("4-5", "45"), part("11-11", "b")].concat();
    assert_eq!(answer.text(), format!("{expected}\r\n--{boundary}--\r\n"));
    assert!(!answer.broken, "the length was announced rightly");
}

async fn conditional_reads<B: Backend>(dav: Dav<B>) {
    dav.put("/f", CONTENT).await;
    let get = dav.get("/f").await;
    let (etag, modified) = (get.header("etag"), get.header("last-modified"));
    for (name, value, status) in [
        ("If-None-Match", etag, 304),
        ("If-None-Match", "\"other\"", 200),
        ("If-Modified-Since", modified, 304),
        ("If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT", 200),
        ("If-Match", "\"other\"", 412),
        ("If-Match", etag, 200),
        ("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT", 412),
    ] {
        let answer = dav.send("GET", "/f", &[(name, value)], "").await;
        assert_eq!(answer.status, status, "{name}: {value}");
        assert_eq!(answer.header("etag"), etag, "{name}: {value}");
    }
}

async fn folders<B: Backend>(dav: Dav<B>) {
    let answer = dav.get("/").await;
    assert_eq!(answer.status, 405);
    assert!(answer.header("allow").contains("PROPFIND"));
}

#[derive(Debug)]
struct Poster;

#[async_trait::async_trait]
impl<B: Backend> CollectionHandler<B> for Poster {
    async fn get(
        &self,
        _: &B,
        folder: &Entry<B::Resource>,
        _: &Parts,
    ) -> Result<Response<DavBody>> {
        Ok(Response::new(DavBody::full(format!("folder /{}", folder.path))))
    }
}

#[tokio::test]
async fn an_embedder_says_what_a_folder_contains() {
    let mut dav = Dav::over(MemoryTree::default(), Options::default());
    dav.handler = DavHandler::builder(Options::default()).collections(Poster).build();
    dav.mkcol("/d").await;
    assert_eq!(dav.get("/d/").await.text(), "folder /d");
    let head = dav.send("HEAD", "/d/", &[], "").await;
    assert_eq!((head.text(), head.header("content-length")), ("", "9"));
}
