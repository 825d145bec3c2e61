//! The comments of a node, listed.

use std::io;

use allmende_comments::{Comment, Place, Slice};
use allmende_files::Entry;
use allmende_types::{NodeId, Timestamp};
use allmende_webdav::{ByteStream, DavBody, Error, ErrorKind, Result};
use allmende_webdav_proto::{
    Element, Href, MultistatusWriter, PropName, XmlLimits,
    headers::Depth,
    multistatus::{MissingProps, MultistatusOptions},
    request::Propfind,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderValue, Response, StatusCode, header, request::Parts};

use super::{
    FILES, depth, failed,
    shown::{self, ALL, Names, TYPE},
};
use crate::dav::{answer, home::Home};

/// How many comments are read and written at once.
const PAGE: u32 = 500;

static FILTER: PropName = PropName::oc("filter-comments");
/// Up to when the caller has read.
pub(super) static READ_MARKER: PropName = PropName::oc("readMarker");

/// PROPFIND on the comments of a node.
pub(super) async fn propfind(
    home: &Home,
    entry: &Entry,
    request: &Parts,
    body: &[u8],
) -> Result<Response<DavBody>> {
    let (wanted, missing) = wanted(body)?;
    let marker = match wanted.contains(&READ_MARKER) {
        true => home.comments.read_mark(home.view.person(), entry.id()).await.map_err(failed)?,
        false => None,
    };
    let options = MultistatusOptions::default().missing(missing);
    let mut out = MultistatusWriter::new(Vec::new(), options);
    out.reserve_prefixes(&wanted);
    out.response(&Href::from_path(&format!("{FILES}/{}/", entry.id())), |props| {
        for name in &wanted {
            if *name == TYPE {
                props.found(name, |xml| xml.empty(&PropName::dav("collection")));
            } else if *name == READ_MARKER {
                let marker = marker.map_or_else(String::new, Timestamp::to_http_date);
                props.found_text(name, &marker);
            } else {
                props.missing(name);
            }
        }
    });
    if depth(request) == Depth::Zero {
        return Ok(answer::multistatus(out.finish()));
    }
    let rest = Rest { before: None, skip: 0, left: u64::MAX, until: None };
    Listing { home: home.clone(), node: entry.id(), wanted, out, rest }.answer().await
}

/// REPORT `oc:filter-comments`: some of the comments, with all that is known of each.
pub(super) async fn report(home: &Home, entry: &Entry, body: &[u8]) -> Result<Response<DavBody>> {
    let report = Element::parse(body, &XmlLimits::default())
        .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
    if report.name != FILTER {
        return Err(Error::new(ErrorKind::ReportNotSupported, "This report is not known here"));
    }
    let options = MultistatusOptions::default().missing(MissingProps::Omit);
    let out = MultistatusWriter::new(Vec::new(), options);
    let rest = Rest::asked(&report)?;
    Listing { home: home.clone(), node: entry.id(), wanted: ALL.to_vec(), out, rest }.answer().await
}

/// PROPFIND on one comment.
pub(super) async fn one(
    home: &Home,
    comment: Comment,
    request: &Parts,
    body: &[u8],
) -> Result<Response<DavBody>> {
    let (wanted, missing) = wanted(body)?;
    let comments = [comment];
    let names = Names::of(home, &comments).await?;
    let options = MultistatusOptions::default().missing(missing);
    let mut out = MultistatusWriter::new(Vec::new(), options);
    out.reserve_prefixes(&wanted);
    out.response(&Href::from_encoded(request.uri.path()), |props| {
        wanted.iter().for_each(|name| shown::write(&comments[0], &names, name, props));
    });
    Ok(answer::multistatus(out.finish()))
}

fn wanted(body: &[u8]) -> Result<(Vec<PropName>, MissingProps)> {
    let propfind = Propfind::parse(body, &XmlLimits::default())
        .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
    Ok(match propfind {
        Propfind::Prop(names) => (names, MissingProps::Report),
        _ => (vec![TYPE], MissingProps::Omit),
    })
}

/// What is still to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rest {
    before: Option<Place>,
    skip: u32,
    left: u64,
    until: Option<Timestamp>,
}

impl Rest {
    /// Reads the wishes of a report: `oc:limit`, of which none and 0 stand for all,
    /// `oc:offset`, and `oc:datetime`, before which the comments were written.
    fn asked(report: &Element) -> Result<Self> {
        let text = |name: &'static str| {
            let child = report.child(&PropName::oc(name))?;
            let text = child.text().trim().to_owned();
            (!text.is_empty()).then_some(text)
        };
        let bad = |what: &str| Error::new(ErrorKind::BadRequest, format!("{what} is no number"));
        let limit = text("limit").map_or(Ok(0), |text| text.parse::<u64>());
        let limit = limit.map_err(|_| bad("limit"))?;
        let skip = text("offset").map_or(Ok(0), |text| text.parse());
        let until = text("datetime").map(|text| time(&text)).transpose()?;
        let left = if limit == 0 { u64::MAX } else { limit };
        Ok(Self { before: None, skip: skip.map_err(|_| bad("offset"))?, left, until })
    }
}

/// A time in one of the forms that clients send.
pub(super) fn time(text: &str) -> Result<Timestamp> {
    let time = Timestamp::from_rfc3339(text).or_else(|_| Timestamp::from_http_date(text));
    time.map_err(|_| Error::new(ErrorKind::BadRequest, format!("{text:?} is no time")))
}

/// A listing on its way, a page of comments at a time, however many there are.
struct Listing {
    home: Home,
    node: NodeId,
    wanted: Vec<PropName>,
    out: MultistatusWriter,
    rest: Rest,
}

impl Listing {
    /// The answer. What fails before its first bytes is told by a status, and what fails
    /// later breaks it off.
    async fn answer(mut self) -> Result<Response<DavBody>> {
        let more = self.write_page().await?;
        if more == More::No {
            return Ok(answer::multistatus(self.out.finish()));
        }
        let first = self.out.take();
        let rest = stream::unfold(Some(self), |listing| async move {
            let mut listing = listing?;
            match listing.write_page().await {
                Ok(More::Yes) => Some((Ok(listing.out.take()), Some(listing))),
                Ok(More::No) => Some((Ok(listing.out.finish()), None)),
                Err(error) => Some((Err(io::Error::other(error)), None)),
            }
        });
        let body: ByteStream = Box::pin(stream::iter([Ok::<Bytes, io::Error>(first)]).chain(rest));
        let mut response = Response::new(DavBody::stream(body, None));
        *response.status_mut() = StatusCode::MULTI_STATUS;
        let xml = HeaderValue::from_static("application/xml; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, xml);
        Ok(response)
    }

    async fn write_page(&mut self) -> Result<More> {
        let mut slice = Slice::default();
        slice.limit = PAGE.min(u32::try_from(self.rest.left).unwrap_or(PAGE));
        (slice.skip, slice.until, slice.before) =
            (self.rest.skip, self.rest.until, self.rest.before);
        let person = self.home.view.person().clone();
        let page = self.home.comments.list(&person, self.node, slice).await.map_err(failed)?;
        let names = Names::of(&self.home, &page).await?;
        for comment in &page {
            let href = Href::from_path(&format!("{FILES}/{}/{}", self.node, comment.id));
            self.out.response(&href, |props| {
                let wanted = self.wanted.iter();
                wanted.for_each(|name| shown::write(comment, &names, name, props));
            });
        }
        let full = page.len() == slice.limit as usize;
        self.rest.left -= page.len() as u64;
        self.rest.skip = 0;
        self.rest.before = page.last().map(Comment::place);
        Ok(if full && self.rest.left > 0 { More::Yes } else { More::No })
    }
}

/// Whether there may be more pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum More {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_say_how_much_they_want() {
        let asked = |wishes: &[(&'static str, &str)]| {
            let report =
                wishes.iter().fold(Element::new(FILTER.clone()), |report, (name, text)| {
                    report.push(Element::with_text(PropName::oc(name), *text))
                });
            Rest::asked(&report)
        };
        let all = Rest { before: None, skip: 0, left: u64::MAX, until: None };
        assert_eq!(asked(&[]).unwrap(), all);
        assert_eq!(asked(&[("limit", "0"), ("offset", "")]).unwrap(), all);
        let some = asked(&[("limit", "5"), ("offset", "7")]).unwrap();
        assert_eq!((some.left, some.skip), (5, 7));
        for time in ["2027-01-15T08:00:00+00:00", "Fri, 15 Jan 2027 08:00:00 GMT"] {
            let until = asked(&[("datetime", time)]).unwrap().until;
            assert_eq!(until, Some(Timestamp::from_unix(1_800_000_000)));
        }
        for bad in [("limit", "-1"), ("offset", "x"), ("datetime", "yesterday")] {
            assert_eq!(asked(&[bad]).unwrap_err().kind(), ErrorKind::BadRequest, "{bad:?}");
        }
    }
}
