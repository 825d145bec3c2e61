//! REPORT (RFC 3253, section 3.6).

use allmende_webdav_proto::{Condition, Element};
use bytes::Bytes;
use http::Response;

use super::propfind::multistatus;
use crate::{
    backend::Backend,
    body::DavBody,
    condition::check,
    error::{Error, ErrorKind, Result},
    handler::Call,
    report::{Reply, ReportRequest},
};

pub(super) async fn report<B: Backend>(
    call: &Call<'_, B>,
    body: Bytes,
) -> Result<Response<DavBody>> {
    let body = Element::parse(&body, &call.options().xml)?;
    let target = check(call, call.existing()?).await?.entry()?;
    let reports = &call.handler.inner().reports;
    let Some(report) = reports.iter().find(|report| *report.name() == body.name) else {
        let message = format!("The report {} is not supported here", body.name);
        return Err(Error::new(ErrorKind::ReportNotSupported, message)
            .with_condition(Condition::SupportedReport));
    };
    let request = ReportRequest { target: &target, headers: call.headers(), body: &body };
    let reply = report.run(call.backend, request).await?;
    answer(call, reply).await
}

/// The answer that a plug-in's reply becomes.
pub(super) async fn answer<B: Backend>(
    call: &Call<'_, B>,
    reply: Reply<B>,
) -> Result<Response<DavBody>> {
    match reply {
        Reply::Response(response) => Ok(response),
        Reply::Listing { source, selection, sync_token, headers } => {
            let mut response = multistatus(call, source, &selection, sync_token).await?;
            response.headers_mut().extend(headers);
            Ok(response)
        }
    }
}
