//! `PATCH` with `X-Recalculate-Hash`: the desktop client asks for a checksum anew when a
//! download does not fit the one it knows.

use allmende_files::Algorithm;
use allmende_types::SpacePath;
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::{answer, errors::from_files, headers, home::Home, item::OC_CHECKSUM};

/// Computes and stores the checksum of a file, and tells it.
pub(super) async fn recalculate(
    home: &Home,
    path: &SpacePath,
    headers: &HeaderMap,
) -> Result<Response<DavBody>> {
    let wanted = headers::text(headers, "x-recalculate-hash")?.ok_or_else(|| {
        Error::new(ErrorKind::NotImplemented, "PATCH needs the header X-Recalculate-Hash")
    })?;
    let algorithm = match wanted.trim().parse::<Algorithm>() {
        Ok(known @ (Algorithm::Md5 | Algorithm::Sha1 | Algorithm::Sha256)) => known,
        _ => {
            let text = format!("{wanted} is not one of sha1, md5 and sha256");
            return Err(Error::new(ErrorKind::BadRequest, text));
        }
    };
    let entry = home.view.get(path).await.map_err(from_files)?;
    let checksum = home.view.recalculate_checksum(&entry, algorithm).await.map_err(from_files)?;
    let mut response = answer::status(StatusCode::NO_CONTENT);
    if let Ok(value) = HeaderValue::from_str(&checksum.to_string()) {
        response.headers_mut().insert(OC_CHECKSUM, value);
    }
    Ok(response)
}
