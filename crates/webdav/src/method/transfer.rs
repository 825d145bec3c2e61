//! What COPY and MOVE have in common (RFC 4918, sections 9.8 and 9.9).

use allmende_types::SpacePath;
use allmende_webdav_proto::{Destination, headers::Overwrite};
use http::{Response, StatusCode};

use crate::{
    backend::{Backend, Change, Expect, Resource, Target, Transfer, TransferDepth, Written},
    body::DavBody,
    condition::Checked,
    error::{Error, ErrorKind, Result},
    handler::Call,
    respond,
};

/// The transfer that a request asks for, from a source whose conditions hold.
pub(super) async fn plan<'a, B: Backend>(
    call: &'a Call<'_, B>,
    checked: &'a Checked<B::Resource>,
    depth: TransferDepth,
) -> Result<Transfer<'a, B::Resource>> {
    let source = checked.entry()?;
    let overwrite = Overwrite::from_headers(call.headers())?;
    let path = destination(call)?;
    let seen = call.backend.resolve(&path).await?;
    if overwrite == Overwrite::Keep && seen.is_some() {
        let message = "The destination node already exists, and the overwrite header is set to \
                       false";
        let etag = seen.and_then(|resource| resource.etag());
        return Err(Error::precondition("Overwrite", message).with_etag(etag));
    }
    separate(&source.path, &path)?;
    // A condition may have been about the destination as well (a tagged `If`).
    let expect = if overwrite == Overwrite::Keep { Expect::AsSeen } else { checked.expect };
    let target = Target { path, seen, expect };
    let context = checked.context(call);
    Ok(Transfer { source, expect: checked.expect, target, depth, context })
}

/// The path in `Destination`. Its host is not looked at: behind a proxy it is often not
/// the one that we would call ours.
fn destination<B: Backend>(call: &Call<'_, B>) -> Result<SpacePath> {
    let destination = Destination::from_headers(call.headers())?;
    call.mount.locate_decoded(destination.path())
}

/// A resource can be put neither in its own place, nor below itself, nor in the place of a
/// folder that holds it.
fn separate(source: &SpacePath, target: &SpacePath) -> Result<()> {
    let refuse = |kind, message: String| Err(Error::new(kind, message));
    if source == target {
        let message = "Source and destination uri are identical.";
        refuse(ErrorKind::Forbidden, message.to_owned())
    } else if target.starts_with(source) {
        let message = format!("The destination may not be part of the same subtree as /{source}.");
        refuse(ErrorKind::Conflict, message)
    } else if source.starts_with(target) {
        refuse(ErrorKind::Forbidden, format!("/{source} cannot replace a folder that holds it"))
    } else {
        Ok(())
    }
}

/// The answer to a write.
pub(super) fn written<B: Backend>(
    call: &Call<'_, B>,
    written: Written<B::Resource>,
) -> Response<DavBody> {
    let mut response = if written.failures.is_empty() {
        respond::empty(match written.change {
            Change::Created => StatusCode::CREATED,
            Change::Replaced => StatusCode::NO_CONTENT,
        })
    } else {
        respond::failures(call, &written.failures)
    };
    response.headers_mut().extend(written.headers);
    response
}
