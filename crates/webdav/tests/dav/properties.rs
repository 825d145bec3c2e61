use allmende_webdav::{
    Backend, CoreOptions, DavHandler, Entry, Options, PropertyPage, PropertyProvider, Resource,
    Result, Selection, Slot, Wanted,
};
use allmende_webdav_proto::{Namespace, PropName, multistatus::PropsWriter, request::PropUpdate};
use http::StatusCode;
use proptest::prelude::*;

use crate::support::{Dav, MemoryTree, on_both};

on_both! { live_properties dead_properties a_change_is_all_or_nothing names_only minimal_answers }

async fn live_properties<B: Backend>(dav: Dav<B>) {
    dav.mkcol("/d").await;
    dav.put("/d/f.txt", "12345").await;
    let body = "<d:propfind xmlns:d='DAV:' xmlns:x='urn:x'><d:prop><d:resourcetype/>\
                <d:getcontentlength/><d:displayname/><d:getetag/><x:none/></d:prop></d:propfind>";
    let answer = dav.send("PROPFIND", "/d", &[("Depth", "1")], body).await;
    assert_eq!(answer.header("content-type"), "application/xml; charset=utf-8");
    let all = answer.multistatus();
    assert_eq!(all.responses[0].href.as_str(), "/dav/d/", "the folder itself is first");
    let file = &all.responses[1];
    let text = |local| file.found(&PropName::dav(local)).map(|e| e.text().into_owned());
    assert_eq!(text("getcontentlength").as_deref(), Some("5"));
    assert_eq!(text("displayname").as_deref(), Some("f.txt"));
    assert_eq!(text("resourcetype").as_deref(), Some(""));
    assert_eq!(text("getetag").as_deref(), Some(dav.get("/d/f.txt").await.header("etag")));
    assert!(answer.text().contains("<d:resourcetype><d:collection/></d:resourcetype>"));
    assert!(answer.text().contains("HTTP/1.1 404 Not Found"));
    for protected in ["getetag", "getlastmodified", "resourcetype", "displayname"] {
        let body = format!(
            "<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop><x xmlns='urn:x'>1</x><d:{protected}>1\
             </d:{protected}></d:prop></d:set></d:propertyupdate>"
        );
        let answer = dav.send("PROPPATCH", "/d", &[], body).await;
        assert_eq!(answer.status, 207);
        assert!(answer.text().contains("cannot-modify-protected-property"), "{}", answer.text());
        assert!(answer.text().contains("HTTP/1.1 424 Failed Dependency"));
    }
    assert_eq!(dav.propfind("/d", "0", &"{urn:x}x".parse().unwrap()).await["/dav/d/"], None);
}

async fn dead_properties<B: Backend>(dav: Dav<B>) {
    dav.put("/f", "1").await;
    let body = "<d:propertyupdate xmlns:d='DAV:' xmlns:m='urn:schemas-microsoft-com:'><d:set><d:prop>\
                <m:Win32 xml:lang='de' a='&quot;'>x <y xmlns=''>&lt;\u{10000}</y></m:Win32>\
                </d:prop></d:set></d:propertyupdate>";
    let answer = dav.send("PROPPATCH", "/f", &[], body).await;
    assert!(answer.text().contains("HTTP/1.1 200 OK"), "{}", answer.text());
    let name: PropName = "{urn:schemas-microsoft-com:}Win32".parse().unwrap();
    for request in [crate::support::prop_body(&name), String::new()] {
        let answer = dav.send("PROPFIND", "/f", &[("Depth", "0")], request).await;
        let all = answer.multistatus();
        let found = all.responses[0].found(&name).expect("shown by name and by allprop");
        assert_eq!((found.language(), found.text().as_ref()), (Some("de"), "x "));
        assert_eq!(found.elements().next().unwrap().text(), "<\u{10000}");
    }
    let remove = "<d:propertyupdate xmlns:d='DAV:'><d:remove><d:prop>\
                  <Win32 xmlns='urn:schemas-microsoft-com:'/></d:prop></d:remove></d:propertyupdate>";
    for _ in 0..2 {
        let answer = dav.send("PROPPATCH", "/f", &[], remove).await;
        assert!(answer.text().contains("HTTP/1.1 200 OK"), "{}", answer.text());
    }
    assert_eq!(dav.propfind("/f", "0", &name).await["/dav/f"], None);
}

async fn a_change_is_all_or_nothing<B: Backend>(dav: Dav<B>) {
    dav.put("/f", "1").await;
    let body = "<d:propertyupdate xmlns:d='DAV:' xmlns:x='urn:x'><d:set><d:prop><x:a>1</x:a></d:prop>\
                </d:set><d:remove><d:prop><x:b/></d:prop></d:remove><d:set><d:prop>\
                <d:getetag>x</d:getetag></d:prop></d:set></d:propertyupdate>";
    let answer = dav.send("PROPPATCH", "/f", &[], body).await;
    let response = &answer.multistatus().responses[0];
    let statuses = format!("{:?}", response.content);
    assert!(
        statuses.contains("424") && statuses.contains("403") && !statuses.contains("status: 200")
    );
    assert_eq!(dav.propfind("/f", "0", &"{urn:x}a".parse().unwrap()).await["/dav/f"], None);
    assert_eq!(dav.send("PROPPATCH", "/none", &[], body).await.status, 404);
}

async fn names_only<B: Backend>(dav: Dav<B>) {
    dav.put("/f", "12345").await;
    let body = "<d:propfind xmlns:d='DAV:'><d:propname/></d:propfind>";
    let answer = dav.send("PROPFIND", "/f", &[("Depth", "0")], body).await;
    assert!(answer.text().contains("<d:getcontentlength/>"), "{}", answer.text());
    assert!(answer.text().contains("<d:supported-method-set/>"));
    assert!(!answer.text().contains("404"));
    assert!(!answer.text().contains("quota"), "no file has a quota");
}

async fn minimal_answers<B: Backend>(dav: Dav<B>) {
    let none: PropName = "{urn:x}none".parse().unwrap();
    for header in [("Prefer", "return=minimal"), ("Brief", "t")] {
        let headers = [("Depth", "0"), header];
        let answer = dav.send("PROPFIND", "/", &headers, crate::support::prop_body(&none)).await;
        assert!(!answer.text().contains("404"), "{}", answer.text());
        assert_eq!(answer.header("vary"), "Brief,Prefer");
    }
}

/// `{urn:x}live`: patchable with `1` and `0`; refused to be read on folders.
#[derive(Debug)]
struct Live;

const LIVE: PropName = PropName::from_static(Namespace::from_static("urn:x"), "live");

#[async_trait::async_trait]
impl<B: Backend> PropertyProvider<B> for Live {
    fn find(&self, name: &PropName) -> Option<Slot> {
        // It takes a name of the core's as well.
        (*name == LIVE || *name == PropName::dav("displayname")).then_some(Slot(3))
    }

    fn admit(&self, _: Slot, change: &PropUpdate) -> Result<()> {
        use allmende_webdav::{Error, ErrorKind};
        match change {
            PropUpdate::Set(element) if matches!(&*element.text(), "0" | "1") => Ok(()),
            _ => Err(Error::new(ErrorKind::Unprocessable, "Neither 0 nor 1")),
        }
    }

    async fn load(
        &self,
        _: &B,
        _: &[Entry<B::Resource>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<B::Resource>>> {
        assert!(selection.wanted.iter().all(|wanted| wanted.slot == Slot(3)));
        Ok(Box::new(Live))
    }
}

impl<R: Resource> PropertyPage<R> for Live {
    fn write(&self, _: usize, entry: &Entry<R>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        if entry.resource.is_collection() {
            out.status(&wanted.name, StatusCode::FORBIDDEN);
        } else {
            out.found_text(&wanted.name, "alive");
        }
    }
}

fn with_provider() -> Dav<MemoryTree> {
    let mut dav = Dav::memory(Options::default());
    let core = CoreOptions { unlimited_quota: Some(-3), ..CoreOptions::default() };
    dav.handler = DavHandler::builder(Options::default()).provider(Live).core(core).build();
    dav
}

#[tokio::test]
async fn a_provider_claims_names_before_the_core() {
    let dav = with_provider();
    dav.put("/f", "1").await;
    for name in [LIVE, PropName::dav("displayname")] {
        let found = dav.propfind("/", "1", &name).await;
        assert_eq!((found["/dav/f"].as_deref(), &found["/dav/"]), (Some("alive"), &None));
    }
    let answer =
        dav.send("PROPFIND", "/", &[("Depth", "0")], crate::support::prop_body(&LIVE)).await;
    assert!(answer.text().contains("HTTP/1.1 403 Forbidden"));
    let quota = dav.propfind("/", "0", &PropName::dav("quota-available-bytes")).await;
    assert_eq!(quota["/dav/"].as_deref(), Some("-3"));
}

#[tokio::test]
async fn a_provider_and_the_backend_judge_changes() {
    let dav = with_provider();
    dav.put("/f", "1").await;
    let patch = |inner: &str| {
        format!(
            "<d:propertyupdate xmlns:d='DAV:' xmlns:x='urn:x'><d:set><d:prop>{inner}</d:prop>\
                 </d:set></d:propertyupdate>"
        )
    };
    for (inner, refused) in [
        ("<x:live>1</x:live><x:dead>1</x:dead>", false),
        ("<x:live>2</x:live><x:dead>2</x:dead>", true),
        ("<x:dead>3</x:dead><x:poison/>", true),
    ] {
        let answer = dav.send("PROPPATCH", "/f", &[], patch(inner)).await;
        assert_eq!(answer.text().contains("HTTP/1.1 422"), refused, "{inner}");
        assert_eq!(answer.text().contains("HTTP/1.1 424"), refused, "{inner}");
    }
    let dead = dav.propfind("/f", "0", &"{urn:x}dead".parse().unwrap()).await;
    assert_eq!(dead["/dav/f"].as_deref(), Some("1"), "neither refused change was made in part");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any sequence of changes leaves what a map would hold; one with a refused member
    /// leaves everything as it was.
    #[test]
    fn properties_are_a_map(
        requests in prop::collection::vec(
            prop::collection::vec((0..4u8, prop::option::of("[ -~]{0,8}"), prop::bool::weighted(0.1)), 1..5),
            1..5,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dav = Dav::memory(Options::default());
            dav.put("/f", "1").await;
            let mut model: [Option<String>; 4] = Default::default();
            for changes in requests {
                let mut body = String::from("<d:propertyupdate xmlns:d='DAV:' xmlns:x='urn:x'>");
                let mut next = model.clone();
                let poisoned = changes.iter().any(|(_, _, poison)| *poison);
                for (number, value, poison) in changes {
                    let name = if poison { "poison".to_owned() } else { format!("p{number}") };
                    let text = value.as_deref().map(|v| v.replace('&', "&amp;").replace('<', "&lt;"));
                    match text {
                        Some(text) => body.push_str(&format!(
                            "<d:set><d:prop><x:{name}>{text}</x:{name}></d:prop></d:set>"
                        )),
                        None => body.push_str(&format!(
                            "<d:remove><d:prop><x:{name}/></d:prop></d:remove>"
                        )),
                    }
                    if !poison {
                        next[usize::from(number)] = value;
                    }
                }
                body.push_str("</d:propertyupdate>");
                let answer = dav.send("PROPPATCH", "/f", &[], body).await;
                assert_eq!(answer.status, 207, "{}", answer.text());
                if !poisoned {
                    model = next;
                }
                for (number, value) in model.iter().enumerate() {
                    let name = format!("{{urn:x}}p{number}").parse().unwrap();
                    assert_eq!(&dav.propfind("/f", "0", &name).await["/dav/f"], value);
                }
            }
        });
    }
}
