//! The time in which the server is being worked on: every part says so in its own way, and
//! clients wait instead of taking anything for gone.

use std::sync::{Mutex, PoisonError};

use allmende_accounts::{Accounts, Maintenance};
use allmende_ocs::{Envelope, OcsError};
use allmende_types::Timestamp;
use allmende_webdav::{DavBody, Error as DavError, ErrorKind, Mount};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};

use crate::{dav::Body, discovery, pages::Frame, route::Route, service::Inner};

/// Seconds for which a look at the setting is good.
const TRUST: i64 = 3;
/// Seconds after which a browser may try again.
const RETRY: HeaderValue = HeaderValue::from_static("120");
const MODE: HeaderName = HeaderName::from_static("x-nextcloud-maintenance-mode");

/// What was seen last.
#[derive(Debug, Default)]
pub(crate) struct Switch(Mutex<Option<(Timestamp, Maintenance)>>);

impl Switch {
    /// Whether the server is in maintenance. Where that cannot be looked up, what was seen
    /// last holds: the parts of the server say by themselves what they cannot do.
    pub(crate) async fn is_on(&self, accounts: &Accounts, now: Timestamp) -> bool {
        let seen = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |at: Timestamp| (0..TRUST).contains(&now.unix().saturating_sub(at.unix()));
        if let Some((at, maintenance)) = seen
            && fresh(at)
        {
            return maintenance == Maintenance::On;
        }
        let maintenance = match accounts.maintenance().await {
            Ok(maintenance) => maintenance,
            Err(_) => seen.map(|(_, maintenance)| maintenance).unwrap_or_default(),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, maintenance));
        maintenance == Maintenance::On
    }
}

impl Inner {
    /// The answer to a request while the server is in maintenance; none where it answers
    /// as always.
    pub(crate) fn refuse_in_maintenance(
        &self,
        route: &Route<'_>,
        request: &Request<Body>,
    ) -> Option<Response<DavBody>> {
        let full = |response: Response<Bytes>| response.map(DavBody::full);
        Some(match route {
            Route::Status => full(discovery::status(Maintenance::On)),
            Route::Asset(_) | Route::Robots => return None,
            Route::Dav(_) | Route::Direct(_) | Route::Public(_) => {
                let text = "System is in maintenance mode.";
                let error = DavError::new(ErrorKind::Unavailable, text)
                    .with_exception("OCA\\DAV\\Exception\\ServerMaintenanceMode");
                let mut response = self.dav().refuse(&Mount::root(), &error);
                response.headers_mut().remove(header::RETRY_AFTER);
                response
            }
            Route::Ocs | Route::TeamFolders => {
                let envelope = Envelope::of_request(request);
                full(envelope.failure(&OcsError::maintenance()))
            }
            _ => {
                let frame = Frame::new(&self.options.name, request.headers());
                let words = frame.words();
                let mut response = frame.message(
                    StatusCode::SERVICE_UNAVAILABLE,
                    words.maintenance_title,
                    words.maintenance,
                );
                let headers = response.headers_mut();
                headers.insert(MODE, HeaderValue::from_static("1"));
                headers.insert(header::RETRY_AFTER, RETRY);
                full(response)
            }
        })
    }
}
