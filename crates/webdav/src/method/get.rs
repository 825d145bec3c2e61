//! GET and HEAD (RFC 9110, sections 9.3.1, 13 and 14).

use allmende_webdav_proto::{
    headers::{ByteRanges, ByteSpan, ContentRange, IfRange, ResolvedRange},
    precondition::{RangeUse, ResourceState, range_use},
};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use crate::{
    backend::{Backend, Entry, ReadRange, Resource},
    body::{ByteStream, DavBody},
    condition::check,
    error::{Error, ErrorKind, Result},
    handler::Call,
    respond,
};

/// More ranges than this are answered with the whole file (RFC 9110, section 14.2).
const MAX_RANGES: usize = 32;

pub(super) async fn get<B: Backend>(call: &Call<'_, B>) -> Result<Response<DavBody>> {
    let checked = check(call, call.existing()?).await?;
    let entry = checked.entry()?;
    let mut headers = HeaderMap::new();
    describe(&entry.resource, &mut headers);
    if checked.unmodified.is_some() {
        let mut response = respond::empty(StatusCode::NOT_MODIFIED);
        response.headers_mut().extend(headers);
        return Ok(response);
    }
    if entry.resource.is_collection() {
        return match &call.handler.inner().collections {
            Some(collections) => collections.get(call.backend, &entry, call.parts).await,
            None => Err(Error::new(ErrorKind::MethodNotAllowed, "A folder has no content to read")),
        };
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let size = entry.resource.content_length();
    let mut response = match spans(call, &entry.resource)? {
        ResolvedRange::Unsatisfiable => {
            let error = Error::new(ErrorKind::RangeNotSatisfiable, "No byte of the range exists");
            let mut response = call.error(&error);
            let range = ContentRange::Unsatisfied { size };
            let answer = response.headers_mut();
            respond::set(answer, header::CONTENT_RANGE, &range.to_string());
            // Whose range it is not: a download that goes on sees that the file changed.
            for name in [header::ETAG, header::LAST_MODIFIED] {
                if let Some(value) = headers.remove(&name) {
                    answer.insert(name, value);
                }
            }
            return Ok(response);
        }
        ResolvedRange::Partial(spans) if spans.len() == 1 => part(call, entry, spans[0]).await?,
        ResolvedRange::Partial(spans) => parts(call, entry, spans).await?,
        _ => whole(call, entry).await?,
    };
    for (name, value) in &headers {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    Ok(response)
}

fn describe<R: Resource>(resource: &R, headers: &mut HeaderMap) {
    if let Some(etag) = resource.etag() {
        respond::set(headers, header::ETAG, &etag.to_string());
    }
    let modified = resource.last_modified().to_http_date();
    respond::set(headers, header::LAST_MODIFIED, &modified);
    if !resource.is_collection() {
        respond::set(headers, header::CONTENT_TYPE, resource.content_type());
        resource.add_headers(headers);
    }
}

/// The parts of the file that the request wants.
fn spans<B: Backend>(call: &Call<'_, B>, resource: &B::Resource) -> Result<ResolvedRange> {
    let size = resource.content_length();
    let Some(ranges) = ByteRanges::from_headers(call.headers()) else {
        return Ok(ResolvedRange::Whole);
    };
    let state =
        ResourceState { etag: resource.etag(), last_modified: Some(resource.last_modified()) };
    // Range means something for GET only (RFC 9110, section 14.2), and clients want to read an
    // empty file rather than to be told that no byte of it exists.
    if call.parts.method != Method::GET
        || size == 0
        || range_use(IfRange::from_headers(call.headers())?.as_ref(), &state) != RangeUse::Honour
    {
        return Ok(ResolvedRange::Whole);
    }
    Ok(match ranges.resolve(size) {
        ResolvedRange::Partial(spans) if spans.len() > MAX_RANGES => ResolvedRange::Whole,
        resolved => resolved,
    })
}

async fn read<B: Backend>(
    call: &Call<'_, B>,
    entry: &Entry<B::Resource>,
    range: ReadRange,
) -> Result<ByteStream> {
    if call.parts.method == Method::HEAD {
        return Ok(Box::pin(stream::empty()));
    }
    call.backend.read(entry, range).await
}

async fn whole<B: Backend>(
    call: &Call<'_, B>,
    entry: Entry<B::Resource>,
) -> Result<Response<DavBody>> {
    let body = read(call, &entry, ReadRange::Whole).await?;
    Ok(Response::new(DavBody::stream(body, Some(entry.resource.content_length()))))
}

async fn part<B: Backend>(
    call: &Call<'_, B>,
    entry: Entry<B::Resource>,
    span: ByteSpan,
) -> Result<Response<DavBody>> {
    let length = span.end - span.start;
    let body = read(call, &entry, ReadRange::Part { start: span.start, length }).await?;
    let mut response = Response::new(DavBody::stream(body, Some(length)));
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let range = ContentRange::Span { span, size: Some(entry.resource.content_length()) };
    respond::set(response.headers_mut(), header::CONTENT_RANGE, &range.to_string());
    Ok(response)
}

/// Several parts as `multipart/byteranges` (RFC 9110, section 14.6).
async fn parts<B: Backend>(
    call: &Call<'_, B>,
    entry: Entry<B::Resource>,
    spans: Vec<ByteSpan>,
) -> Result<Response<DavBody>> {
    let boundary = uuid::Uuid::new_v4().simple().to_string();
    let size = entry.resource.content_length();
    let heads = spans.into_iter().map(|span| {
        let range = ContentRange::Span { span, size: Some(size) };
        let kind = entry.resource.content_type();
        let head =
            format!("\r\n--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: {range}\r\n\r\n");
        (Bytes::from(head), span)
    });
    let heads: Vec<(Bytes, ByteSpan)> = heads.collect();
    let tail = Bytes::from(format!("\r\n--{boundary}--\r\n"));
    let length = heads.iter().map(|(head, span)| head.len() as u64 + (span.end - span.start));
    let length = length.sum::<u64>() + tail.len() as u64;

    let (backend, file) = (call.backend.clone(), entry);
    let pieces = stream::iter(heads).then(move |(head, span)| {
        let (backend, file) = (backend.clone(), file.clone());
        async move {
            let range = ReadRange::Part { start: span.start, length: span.end - span.start };
            let body = backend.read(&file, range).await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(stream::once(async { Ok(head) }).chain(body))
        }
    });
    let body = pieces.try_flatten().chain(stream::once(async { Ok(tail) }));
    let mut response = Response::new(DavBody::stream(Box::pin(body), Some(length)));
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let kind = format!("multipart/byteranges; boundary={boundary}");
    respond::set(response.headers_mut(), header::CONTENT_TYPE, &kind);
    Ok(response)
}
