//! COPY (RFC 4918, section 9.8).

use allmende_webdav_proto::headers::Depth;
use http::Response;

use super::transfer::{plan, written};
use crate::{
    backend::{Backend, TransferDepth},
    body::DavBody,
    condition::check,
    error::{Error, ErrorKind, Result},
    handler::Call,
};

pub(super) async fn copy<B: Backend>(call: &Call<'_, B>) -> Result<Response<DavBody>> {
    let depth = match Depth::from_headers(call.headers())? {
        None | Some(Depth::Infinity) => TransferDepth::Everything,
        Some(Depth::Zero) => TransferDepth::Alone,
        Some(_) => {
            let message = "COPY takes Depth 0 or infinity";
            return Err(Error::new(ErrorKind::BadRequest, message));
        }
    };
    let checked = check(call, call.existing()?).await?;
    let transfer = plan(call, &checked, depth).await?;
    Ok(written(call, call.backend.copy(transfer).await?))
}
