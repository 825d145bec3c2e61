use allmende_types::SpacePath;
use allmende_webdav::{
    Backend, DavHandler, Entry, Error, ErrorKind, Found, Options, Reply, ReportHandler,
    ReportRequest, Result, SearchHandler, Source,
};
use allmende_webdav_proto::{
    PropName,
    request::{Propfind, prop_names},
};
use http::HeaderMap;

use crate::support::{Dav, MemoryTree};

/// Two pages: what it was asked about, then something that is gone.
#[derive(Debug)]
struct Twice(PropName);

struct Pages<R> {
    entry: Option<Entry<R>>,
    gone: Option<SpacePath>,
}

#[async_trait::async_trait]
impl<B: Backend> Source<B> for Pages<B::Resource> {
    async fn next_page(&mut self, _: &B) -> Result<Option<Vec<Found<B::Resource>>>> {
        if let Some(entry) = self.entry.take() {
            return Ok(Some(vec![Found::Resource(entry)]));
        }
        Ok(self.gone.take().map(|path| vec![Found::Gone(path)]))
    }
}

fn reply<B: Backend>(request: &ReportRequest<'_, B::Resource>) -> Result<Reply<B>> {
    let Some(prop) = request.body.child(&PropName::dav("prop")) else {
        return Err(Error::new(ErrorKind::BadRequest, "Which properties?"));
    };
    Ok(Reply::Listing {
        source: Box::new(Pages { entry: Some(request.target.clone()), gone: "old".parse().ok() }),
        selection: Propfind::Prop(prop_names(prop)),
        sync_token: Some("urn:token:7".to_owned()),
        headers: HeaderMap::new(),
    })
}

#[async_trait::async_trait]
impl<B: Backend> ReportHandler<B> for Twice {
    fn name(&self) -> &PropName {
        &self.0
    }

    async fn run(&self, _: &B, request: ReportRequest<'_, B::Resource>) -> Result<Reply<B>> {
        reply(&request)
    }
}

#[async_trait::async_trait]
impl<B: Backend> SearchHandler<B> for Twice {
    async fn run(&self, _: &B, request: ReportRequest<'_, B::Resource>) -> Result<Reply<B>> {
        reply(&request)
    }
}

fn dav() -> Dav<MemoryTree> {
    let name: PropName = "{urn:x}twice".parse().unwrap();
    let mut dav = Dav::memory(Options::default());
    dav.handler = DavHandler::builder(Options::default())
        .report(Twice(name.clone()))
        .search(Twice(name))
        .build();
    dav
}

const BODY: &str =
    "<x:twice xmlns:x='urn:x'><d:prop xmlns:d='DAV:'><d:getcontentlength/></d:prop></x:twice>";

#[tokio::test]
async fn a_report_is_found_by_its_root_element() {
    let dav = dav();
    dav.put("/f", "12345").await;
    let answer = dav.send("REPORT", "/f", &[], BODY).await;
    assert_eq!(answer.status, 207);
    let all = answer.multistatus();
    assert_eq!(all.sync_token.as_deref(), Some("urn:token:7"));
    let length = all.responses[0].found(&PropName::dav("getcontentlength")).unwrap();
    assert_eq!(length.text(), "5");
    assert_eq!(all.responses[1].href.as_str(), "/dav/old");
    assert!(answer.text().contains("<d:status>HTTP/1.1 404 Not Found</d:status>"));

    let unknown = dav.send("REPORT", "/f", &[], "<d:sync-collection xmlns:d='DAV:'/>").await;
    assert_eq!(unknown.status, 415);
    assert!(unknown.text().contains("Sabre\\DAV\\Exception\\ReportNotSupported"));
    assert!(unknown.text().contains("<d:supported-report/>"));
    assert_eq!(dav.send("REPORT", "/none", &[], BODY).await.status, 404);
    assert_eq!(dav.send("REPORT", "/f", &[], "<x:twice xmlns:x='urn:x'/>").await.status, 400);
    let set = dav
        .send(
            "PROPFIND",
            "/f",
            &[("Depth", "0")],
            crate::support::prop_body(&PropName::dav("supported-report-set")),
        )
        .await;
    assert!(set.text().contains("twice"), "{}", set.text());
}

#[tokio::test]
async fn a_search_needs_xml() {
    let dav = dav();
    let answer =
        dav.send("SEARCH", "/", &[("Content-Type", "text/xml; charset=utf-8")], BODY).await;
    assert_eq!(answer.status, 207);
    assert_eq!(dav.send("SEARCH", "/", &[("Content-Type", "text/plain")], BODY).await.status, 501);
    assert_eq!(dav.send("OPTIONS", "/", &[], "").await.header("dasl"), "<DAV:basicsearch>");
}
