//! SEARCH (RFC 5323).

use allmende_webdav_proto::Element;
use bytes::Bytes;
use http::{Response, header};

use super::report::answer;
use crate::{
    backend::Backend,
    body::DavBody,
    condition::check,
    error::{Error, ErrorKind, Result},
    handler::Call,
    report::ReportRequest,
};

pub(super) async fn search<B: Backend>(
    call: &Call<'_, B>,
    body: Bytes,
) -> Result<Response<DavBody>> {
    let kind = call.header(&header::CONTENT_TYPE)?.unwrap_or_default();
    let is_xml = ["text/xml", "application/xml"].iter().any(|xml| kind.starts_with(xml));
    let Some(search) = call.handler.inner().search.as_ref().filter(|_| is_xml) else {
        // The original says so of a body in another format as well.
        return Err(Error::new(ErrorKind::NotImplemented, "This kind of search is not known here"));
    };
    let body = Element::parse(&body, &call.options().xml)?;
    let target = check(call, call.existing()?).await?.entry()?;
    let request = ReportRequest { target: &target, headers: call.headers(), body: &body };
    let reply = search.run(call.backend, request).await?;
    answer(call, reply).await
}
