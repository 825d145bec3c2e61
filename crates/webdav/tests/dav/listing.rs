use std::collections::BTreeSet;

use allmende_types::{Name, SpacePath};
use allmende_webdav::{Backend, InfiniteDepth, Kind, Options, UnreadableDepth};
use allmende_webdav_proto::{PropName, headers::Depth};
use bytes::Bytes;
use http::Request;
use http_body::Body;
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;

use crate::support::{Dav, Fault, on_both, prop_body};

const TYPE: PropName = PropName::dav("resourcetype");

on_both! { depths }

async fn depths<B: Backend>(dav: Dav<B>) {
    for path in ["/a", "/a/b", "/a/b/c"] {
        dav.mkcol(path).await;
    }
    dav.put("/a/b/c/f%20(1)", "").await;
    let all = ["/dav/", "/dav/a/", "/dav/a/b/", "/dav/a/b/c/", "/dav/a/b/c/f%20(1)"];
    for (depth, shown) in [("0", 1), ("1", 2), ("2", 3), ("3", 4), ("infinity", 5)] {
        let found: Vec<String> = dav.propfind("", depth, &TYPE).await.into_keys().collect();
        assert_eq!(found, all[..shown], "{depth}");
    }
    let missing = dav.send("PROPFIND", "/", &[], prop_body(&TYPE)).await;
    assert_eq!(missing.multistatus().responses.len(), 5);
    assert_eq!(dav.send("PROPFIND", "/", &[("Depth", "junk")], "").await.status, 400);
    assert_eq!(dav.send("PROPFIND", "/none", &[("Depth", "0")], "").await.status, 404);
    assert_eq!(dav.send("PROPFIND", "/a%5cb", &[("Depth", "0")], "").await.status, 404);
}

#[tokio::test]
async fn a_dialect_has_other_depths() {
    let options = Options {
        missing_depth: Depth::One,
        unreadable_depth: UnreadableDepth::Ignore,
        infinite_depth: InfiniteDepth::Refuse,
        ..Options::default()
    };
    let dav = Dav::memory(options);
    dav.backend.fill("d", 3);
    for headers in [vec![], vec![("Depth", "junk")]] {
        let answer = dav.send("PROPFIND", "/", &headers, "").await;
        assert_eq!(answer.multistatus().responses.len(), 2);
    }
    let refused = dav.send("PROPFIND", "/", &[("Depth", "infinity")], "").await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("propfind-finite-depth"));
}

#[tokio::test]
async fn a_broken_listing_is_never_well_formed() {
    let dav = Dav::memory(Options { page_size: 10, ..Options::default() });
    dav.backend.fill("", 95);
    for pages in 0..=10 {
        dav.backend.state().fault = Fault::ListingAfter(pages);
        let answer = dav.send("PROPFIND", "/", &[("Depth", "1")], prop_body(&TYPE)).await;
        match pages {
            0 => assert_eq!(answer.status, 503, "nothing was sent yet"),
            10 => assert_eq!(answer.multistatus().responses.len(), 96),
            _ => {
                assert_eq!((answer.status.as_u16(), answer.broken), (207, true), "{pages}");
                assert!(!answer.text().contains("</d:multistatus>"));
            }
        }
    }
    dav.backend.state().fault = Fault::Resolve;
    assert_eq!(dav.send("PROPFIND", "/", &[], "").await.status, 503);
    assert_eq!(dav.get("/none").await.status, 503, "not 404: nobody could look");
}

#[tokio::test]
async fn memory_does_not_grow_with_the_folder() {
    let dav = Dav::memory(Options { page_size: 100, ..Options::default() });
    dav.backend.fill("", 5_000);
    let request = Request::builder().method("PROPFIND").uri("/dav/").header("Depth", "1");
    let request = request.body(Full::<Bytes>::from(prop_body(&TYPE))).unwrap();
    let mut body = dav.handler.handle(&dav.backend, &dav.mount, request).await.into_body();
    let (mut received, mut sent) = (0, 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.unwrap().into_data().unwrap();
        received += frame.len();
        assert!(frame.len() <= 64 * 1024, "a frame of {} bytes", frame.len());
        sent += std::str::from_utf8(&frame).unwrap().matches("<d:response>").count();
        // The page that is being sent, and the one behind it.
        let listed = dav.backend.state().listed;
        assert!(listed <= sent + 200, "{listed} read when {sent} were sent");
    }
    assert!(sent == 5_001 && received > 500_000, "{sent} responses in {received} bytes");
    assert_eq!(dav.backend.state().largest_page, 100);
}

#[tokio::test]
async fn a_short_listing_tells_its_length() {
    let dav = Dav::memory(Options::default());
    dav.backend.fill("", 3);
    let request = Request::builder().method("PROPFIND").uri("/dav/").header("Depth", "1");
    let request = request.body(Full::<Bytes>::from("")).unwrap();
    let body = dav.handler.handle(&dav.backend, &dav.mount, request).await.into_body();
    assert!(body.size_hint().exact().is_some_and(|length| length > 500));
}

fn trees() -> impl Strategy<Value = BTreeSet<Vec<u8>>> {
    prop::collection::btree_set(prop::collection::vec(0..4u8, 1..5), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the tree, the depth and the size of a page: each resource once.
    #[test]
    fn a_listing_is_the_tree(tree in trees(), page_size in 1..8usize, depth in 0..5usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dav = Dav::memory(Options { page_size, ..Options::default() });
            let mut expected = BTreeSet::from(["/dav/".to_owned()]);
            for names in &tree {
                // Ancestors first; the last name is a file unless something lies below it.
                for end in 1..=names.len() {
                    let part = &names[..end];
                    let names = part.iter().map(|n| Name::new(&format!("n {n}")).unwrap());
                    let path = SpacePath::from_names(names.collect()).unwrap();
                    let folder = tree.iter().any(|other| other.starts_with(part) && other.len() > end);
                    let kind = if folder { Kind::Collection } else { Kind::File };
                    let url = format!("/{path}").replace(' ', "%20");
                    if folder { dav.mkcol(&url).await } else { dav.put(&url, "").await };
                    if end <= depth {
                        expected.insert(dav.mount.href(&path, kind).as_str().to_owned());
                    }
                }
            }
            let found = dav.propfind("/", &depth.to_string(), &TYPE).await;
            assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), expected);
        });
    }
}
