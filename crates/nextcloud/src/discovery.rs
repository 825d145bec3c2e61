//! What a client asks before it signs in: `status.php`, `.well-known` and the like.

use allmende_accounts::Maintenance;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use crate::Origin;

/// The release of Nextcloud whose protocol is spoken. Clients choose what they use by it.
pub(crate) const VERSION: Version = Version { major: 34, minor: 0, micro: 1, build: 2 };

/// A version in the four numbers of the original.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) micro: u32,
    build: u32,
}

impl Version {
    /// Three numbers: `34.0.1`.
    pub(crate) fn short(self) -> String {
        format!("{}.{}.{}", self.major, self.minor, self.micro)
    }

    fn long(self) -> String {
        format!("{}.{}", self.short(), self.build)
    }
}

#[derive(Serialize)]
struct Status {
    installed: bool,
    maintenance: bool,
    #[serde(rename = "needsDbUpgrade")]
    needs_db_upgrade: bool,
    version: String,
    versionstring: String,
    edition: &'static str,
    productname: &'static str,
    #[serde(rename = "extendedSupport")]
    extended_support: bool,
}

/// `status.php`. A browser on another origin may read it.
pub(crate) fn status(maintenance: Maintenance) -> Response<Bytes> {
    let status = Status {
        installed: true,
        maintenance: maintenance == Maintenance::On,
        needs_db_upgrade: false,
        version: VERSION.long(),
        versionstring: VERSION.short(),
        edition: "",
        // Clients show it as the kind of the server, and some compare it.
        productname: "Nextcloud",
        extended_support: false,
    };
    let mut response = json(StatusCode::OK, &status);
    let any = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

/// `/.well-known/caldav` and `carddav`: the way to the DAV root.
pub(crate) fn dav(origin: &Origin) -> Response<Bytes> {
    redirect(StatusCode::MOVED_PERMANENTLY, &format!("{}/remote.php/dav/", origin.base_url()))
}

/// A well-known resource that is not there. The header tells clients that it was the
/// server itself that said so.
pub(crate) fn not_supported(name: &str) -> Response<Bytes> {
    let message = serde_json::json!({ "message": format!("{name} not supported") });
    let mut response = json(StatusCode::NOT_FOUND, &message);
    response.headers_mut().insert("x-nextcloud-well-known", HeaderValue::from_static("1"));
    response
}

/// `/ocs-provider/`: which OCS services there are, and where.
pub(crate) fn ocs_provider() -> Response<Bytes> {
    let services = serde_json::json!({
        "version": 2,
        "services": {
            "PROVISIONING": {
                "version": 1,
                "endpoints": {
                    "user": "/ocs/v2.php/cloud/users",
                    "groups": "/ocs/v2.php/cloud/groups",
                },
            },
        },
    });
    json(StatusCode::OK, &services)
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Bytes> {
    let (status, body) = match serde_json::to_vec(value) {
        Ok(body) => (status, body),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, Vec::new()),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store, must-revalidate"),
    );
    response
}

/// An answer that leads elsewhere; an internal error if the place cannot be written.
pub(crate) fn redirect(status: StatusCode, location: &str) -> Response<Bytes> {
    let mut response = empty(status);
    match HeaderValue::from_str(location) {
        Ok(location) => {
            response.headers_mut().insert(header::LOCATION, location);
        }
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_what_every_client_reads_first() {
        let response = status(Maintenance::Off);
        assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(
            std::str::from_utf8(response.body()).unwrap(),
            "{\"installed\":true,\"maintenance\":false,\"needsDbUpgrade\":false,\
             \"version\":\"34.0.1.2\",\"versionstring\":\"34.0.1\",\"edition\":\"\",\
             \"productname\":\"Nextcloud\",\"extendedSupport\":false}"
        );
    }
}
