//! Whatever is written reads back equal.

mod common;

use allmende_webdav_proto::{
    DavErrorBody, Element, Multistatus, XmlLimits, lock,
    multistatus::{MultistatusOptions, MultistatusReader, MultistatusWriter},
    request::{Lockinfo, Mkcol, Propfind, Proppatch, Report, Search, SyncCollection},
};
use proptest::prelude::*;

fn limits() -> XmlLimits {
    XmlLimits::default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn elements(element in common::element()) {
        let fragment = element.to_fragment();
        let read = Element::from_fragment(&fragment);
        prop_assert_eq!(read.as_ref(), Ok(&element), "{}", fragment);
    }

    #[test]
    fn elements_inside_a_document(element in common::element()) {
        let mut xml = allmende_webdav_proto::XmlWriter::new();
        let root = allmende_webdav_proto::PropName::dav("prop");
        xml.root(&root, |xml| xml.write_element(&element));
        let read = Element::parse(&xml.into_bytes(), &limits()).unwrap();
        prop_assert_eq!(read, Element::new(root).push(element));
    }

    #[test]
    fn requests(
        propfind in common::propfind(),
        proppatch in common::proppatch(),
        mkcol in common::mkcol(),
        lockinfo in common::lockinfo(),
        sync in common::sync_collection(),
        root in common::element(),
    ) {
        prop_assert_eq!(Propfind::parse(&propfind.to_bytes(), &limits()), Ok(propfind));
        prop_assert_eq!(Proppatch::parse(&proppatch.to_bytes(), &limits()), Ok(proppatch));
        prop_assert_eq!(Mkcol::parse(&mkcol.to_bytes(), &limits()), Ok(mkcol));
        prop_assert_eq!(Lockinfo::parse(&lockinfo.to_bytes(), &limits()), Ok(lockinfo));
        prop_assert_eq!(SyncCollection::parse(&sync.to_bytes(), &limits()), Ok(sync));
        let report = Report::new(root);
        prop_assert_eq!(Report::parse(&report.to_bytes(), &limits()), Ok(report));
    }

    #[test]
    fn searches(search in common::search()) {
        prop_assert_eq!(Search::parse(&search.to_bytes(), &limits()), Ok(search));
    }

    #[test]
    fn errors_and_locks(error in common::error(), locks in prop::collection::vec(common::lock(), 0..3)) {
        prop_assert_eq!(DavErrorBody::parse(&error.to_bytes(), &limits()), Ok(error));
        let body = lock::lock_response(&locks);
        prop_assert_eq!(lock::read_lock_response(&body, &limits()), Ok(locks));
    }

    #[test]
    fn listings(whole in common::multistatus()) {
        let bytes = whole.to_bytes();
        let read = Multistatus::parse(&bytes, &limits());
        prop_assert_eq!(read.as_ref(), Ok(&whole));
        // Frame by frame it is the same document.
        let mut out = MultistatusWriter::new(Vec::new(), MultistatusOptions::default());
        let mut frames = Vec::new();
        for response in &whole.responses {
            out.write_response(response);
            frames.extend_from_slice(&out.take());
        }
        if let Some(text) = &whole.description {
            out.description(text);
        }
        if let Some(token) = &whole.sync_token {
            out.sync_token(token);
        }
        frames.extend_from_slice(&out.finish());
        prop_assert_eq!(&frames[..], &bytes[..]);
    }

    /// Whoever deletes what a listing does not show must never see half of one.
    #[test]
    fn a_listing_that_is_cut_off_is_never_complete(
        whole in common::multistatus(),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = whole.to_bytes();
        let cut = cut.index(bytes.len() - 1); // the last byte is a line feed
        prop_assert!(Multistatus::parse(&bytes[..cut], &limits()).is_err());
        let told = MultistatusReader::read(&bytes[..cut], &limits(), |reader| {
            while reader.next_response()?.is_some() {}
            Ok(())
        });
        prop_assert!(told.is_err());
    }
}
