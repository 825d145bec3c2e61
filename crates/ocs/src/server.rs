//! Endpoints from the server's side.

use bytes::Bytes;
use http::Response;

use crate::{Endpoint, OcsError, OcsRequest, PathParams, Reply};

/// The server's half of an [`Endpoint`].
///
/// ```
/// use allmende_ocs::endpoints::cloud::groups;
/// use allmende_ocs::{OcsRequest, Reply, RequestLimits, Router, ServerEndpoint, Version};
/// use bytes::Bytes;
/// use http::{Request, Response};
///
/// /// The routes of this little server, by name.
/// #[derive(Clone, Copy)]
/// enum Handler { ListGroups }
///
/// fn serve(router: &Router<Handler>, request: Request<Bytes>) -> Response<Bytes> {
///     let (parts, body) = request.into_parts();
///     if !allmende_ocs::is_api_request(&parts.headers) {
///         return allmende_ocs::csrf_failed();
///     }
///     let request = match OcsRequest::parse(&parts, &body, RequestLimits::default()) {
///         Ok(request) => request,
///         Err(refusal) => return refusal.into_response(),
///     };
///     let route = match router.find(request.method(), request.path()) {
///         Ok(route) => route,
///         Err(error) => return error.into_response(request.envelope()),
///     };
///     // Here the caller is authenticated and compared with `route.metadata.access`.
///     match route.target {
///         Handler::ListGroups => groups::List::write_response(&request, {
///             groups::List::read_request(&request, &route.params).map(|query| {
///                 let all = ["admin", "staff"];
///                 let wanted = query.search.unwrap_or_default();
///                 let found = all.into_iter().filter(|group| group.contains(&wanted));
///                 Reply::new(groups::GroupIds { groups: found.map(String::from).collect() })
///             })
///         }),
///     }
/// }
///
/// let router = Router::default().with::<groups::List>(Handler::ListGroups);
/// let request = Request::get("/ocs/v2.php/cloud/groups?search=st&format=json")
///     .header("OCS-APIRequest", "true")
///     .body(Bytes::new())
///     .unwrap();
/// let response = serve(&router, request);
/// assert_eq!(
///     response.body(),
///     r#"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":{"groups":["staff"]}}}"#,
/// );
/// ```
pub trait ServerEndpoint: Endpoint {
    /// Reads the typed request from path, query and body.
    ///
    /// # Errors
    /// 400 with the name of the parameter that is missing or malformed.
    fn read_request(request: &OcsRequest, path: &PathParams) -> Result<Self::Request, OcsError> {
        request.extract(path)
    }

    /// Writes this endpoint's answer as [`OcsRequest::respond`] does.
    fn write_response(
        request: &OcsRequest,
        outcome: Result<Reply<Self::Response>, OcsError>,
    ) -> Response<Bytes> {
        request.respond(outcome)
    }
}

impl<E: Endpoint> ServerEndpoint for E {}
