//! From method and path to an endpoint.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Response};
use percent_encoding::percent_decode_str;

use crate::endpoint::parameter_name;
use crate::{Endpoint, Envelope, Metadata, OcsError, method_not_allowed};

/// The parameters of a path, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathParams(Vec<(&'static str, String)>);

impl PathParams {
    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// All parameters, in the path's order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

/// The endpoints of a server.
///
/// `T` is whatever the server wants to get back for a route: an enum, a function, a boxed handler.
/// A fixed segment is preferred to a parameter (`/cloud/users/details` is never a person called
/// *details*), and a route that is added again replaces the earlier one, so an embedder can put
/// its own handler in the place of a ready one.
///
/// ```
/// use allmende_ocs::endpoints::cloud::users;
/// use allmende_ocs::{RouteError, Router};
/// use http::Method;
///
/// let router = Router::default().with::<users::Get>("get").with::<users::Details>("details");
/// let route = router.find(&Method::GET, "/cloud/users/a%20b").unwrap();
/// assert_eq!((*route.target, route.params.get("userid")), ("get", Some("a b")));
/// assert_eq!(*router.find(&Method::HEAD, "/cloud/users/details").unwrap().target, "details");
/// assert_eq!(router.find(&Method::GET, "/cloud/nothing").unwrap_err(), RouteError::Unknown);
/// ```
#[derive(Debug, Clone)]
pub struct Router<T> {
    nodes: Vec<Node>,
    routes: Vec<Entry<T>>,
}

#[derive(Debug, Clone)]
struct Entry<T> {
    metadata: Metadata,
    parameters: Vec<&'static str>,
    target: T,
}

#[derive(Debug, Clone, Default)]
struct Node {
    fixed: BTreeMap<&'static str, usize>,
    parameter: Option<usize>,
    routes: Vec<usize>,
}

/// A route that was found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Route<'r, T> {
    /// What the server put there.
    pub target: &'r T,
    /// Who may call it, and the rest of what is known about it.
    pub metadata: &'r Metadata,
    /// The path's parameters.
    pub params: PathParams,
}

/// Why there is no route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// No endpoint has this path.
    #[error("no such route")]
    Unknown,
    /// Endpoints have this path, with these methods.
    #[error("the route exists with other methods")]
    MethodNotAllowed(Vec<Method>),
}

impl RouteError {
    /// The answer: 998 in the envelope, or 405 with an empty body.
    #[must_use]
    pub fn into_response(self, envelope: Envelope) -> Response<Bytes> {
        match self {
            Self::Unknown => envelope.failure(&OcsError::unknown_route()),
            Self::MethodNotAllowed(allowed) => method_not_allowed(&allowed),
        }
    }
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], routes: Vec::new() }
    }
}

impl<T> Router<T> {
    /// Adds an endpoint at its path and its older paths.
    #[must_use]
    pub fn with<E: Endpoint>(mut self, target: T) -> Self
    where
        T: Clone,
    {
        self.insert(&E::METADATA, target);
        self
    }

    /// Adds a route that is known at run time only.
    pub fn insert(&mut self, metadata: &Metadata, target: T)
    where
        T: Clone,
    {
        for path in std::iter::once(metadata.path).chain(metadata.aliases.iter().copied()) {
            self.insert_at(path, metadata.clone(), target.clone());
        }
    }

    fn insert_at(&mut self, path: &'static str, metadata: Metadata, target: T) {
        let mut at = 0;
        let mut parameters = Vec::new();
        for segment in segments(path) {
            let fresh = self.nodes.len();
            at = match parameter_name(segment) {
                Some(name) => {
                    parameters.push(name);
                    *self.nodes[at].parameter.get_or_insert(fresh)
                }
                None => *self.nodes[at].fixed.entry(segment).or_insert(fresh),
            };
            if at == fresh {
                self.nodes.push(Node::default());
            }
        }
        let entry = Entry { metadata, parameters, target };
        let here = &mut self.nodes[at].routes;
        match here.iter().find(|id| self.routes[**id].metadata.method == entry.metadata.method) {
            Some(id) => self.routes[*id] = entry,
            None => {
                here.push(self.routes.len());
                self.routes.push(entry);
            }
        }
    }

    /// Finds the endpoint of a method and a path below `/ocs/v1.php` or `/ocs/v2.php` (see
    /// [`Version::split_path`](crate::Version::split_path)), still percent-encoded.
    ///
    /// # Errors
    /// [`RouteError`]; segments that are not UTF-8 match nothing.
    pub fn find(&self, method: &Method, path: &str) -> Result<Route<'_, T>, RouteError> {
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        let decoded: Result<Vec<String>, _> = segments(path)
            .map(|segment| percent_decode_str(segment).decode_utf8().map(String::from))
            .collect();
        let decoded = decoded.map_err(|_| RouteError::Unknown)?;
        let mut search = Search { router: self, wanted, values: Vec::new(), allowed: Vec::new() };
        if let Some(entry) = search.walk(0, &decoded) {
            let values = search.values.into_iter().map(String::from);
            let params = PathParams(entry.parameters.iter().copied().zip(values).collect());
            return Ok(Route { target: &entry.target, metadata: &entry.metadata, params });
        }
        if search.allowed.is_empty() {
            Err(RouteError::Unknown)
        } else {
            Err(RouteError::MethodNotAllowed(search.allowed))
        }
    }

    /// The metadata of all routes, in the order in which they were added.
    pub fn metadata(&self) -> impl Iterator<Item = &Metadata> {
        self.routes.iter().map(|entry| &entry.metadata)
    }
}

fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

struct Search<'r, 's, T> {
    router: &'r Router<T>,
    wanted: &'s Method,
    values: Vec<&'s str>,
    allowed: Vec<Method>,
}

impl<'r, 's, T> Search<'r, 's, T> {
    /// Depth first, fixed segments before parameters. The depth is that of the longest template.
    fn walk(&mut self, at: usize, rest: &'s [String]) -> Option<&'r Entry<T>> {
        let router = self.router;
        let node = &router.nodes[at];
        let Some((segment, rest)) = rest.split_first() else {
            let here = node.routes.iter().map(|id| &router.routes[*id]);
            let found = here.clone().find(|entry| entry.metadata.method == *self.wanted);
            if found.is_none() {
                for entry in here {
                    self.allow(&entry.metadata.method);
                }
            }
            return found;
        };
        if let Some(next) = node.fixed.get(segment.as_str())
            && let Some(found) = self.walk(*next, rest)
        {
            return Some(found);
        }
        let next = node.parameter.filter(|_| !segment.is_empty())?;
        self.values.push(segment);
        let found = self.walk(next, rest);
        if found.is_none() {
            self.values.pop();
        }
        found
    }

    fn allow(&mut self, method: &Method) {
        let with_head = (method == Method::GET).then_some(Method::HEAD);
        for method in std::iter::once(method.clone()).chain(with_head) {
            if !self.allowed.contains(&method) {
                self.allowed.push(method);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn router() -> Router<&'static str> {
        let mut router = Router::default();
        for (metadata, target) in [
            (Metadata::get("/cloud/users"), "list"),
            (Metadata::post("/cloud/users"), "create"),
            (Metadata::get("/cloud/users/details"), "details"),
            (Metadata::get("/cloud/users/{userid}"), "get"),
            (Metadata::delete("/cloud/users/{userid}"), "delete"),
            (Metadata::get("/cloud/users/{userid}/groups"), "groups"),
            (Metadata::get("/a/v2/{id}").also_at(&["/a/v1/{id}"]), "versioned"),
        ] {
            router.insert(&metadata, target);
        }
        router
    }

    fn found(method: &Method, path: &str) -> Option<(&'static str, Vec<(&'static str, String)>)> {
        let router = router();
        let route = router.find(method, path).ok()?;
        Some((*route.target, route.params.iter().map(|(k, v)| (k, v.to_owned())).collect()))
    }

    #[test]
    fn paths_and_parameters() {
        let get = |path| found(&Method::GET, path);
        assert_eq!(get("/cloud/users"), Some(("list", vec![])));
        assert_eq!(get("/cloud/users/details"), Some(("details", vec![])));
        assert_eq!(get("/cloud/users/o%27neil"), Some(("get", vec![("userid", "o'neil".into())])));
        assert_eq!(get("/cloud/users/a%2Fb"), Some(("get", vec![("userid", "a/b".into())])));
        assert_eq!(get("/cloud/users/with@at/groups").map(|found| found.0), Some("groups"));
        assert_eq!(get("/a/v1/7"), Some(("versioned", vec![("id", "7".into())])));
        for path in ["/", "", "/cloud", "/cloud/users/", "/cloud/users//groups", "/cloud/users/%ff"]
        {
            assert_eq!(get(path), None, "{path}");
        }
    }

    #[test]
    fn a_parameter_may_equal_a_fixed_segment_where_only_it_has_the_method() {
        let (target, params) = found(&Method::DELETE, "/cloud/users/details").unwrap();
        assert_eq!((target, params[0].1.as_str()), ("delete", "details"));
        let (target, params) = found(&Method::GET, "/cloud/users/details/groups").unwrap();
        assert_eq!((target, params[0].1.as_str()), ("groups", "details"));
    }

    #[test]
    fn other_methods_are_not_allowed() {
        let router = router();
        let error = router.find(&Method::PUT, "/cloud/users").unwrap_err();
        let response = error.into_response(Envelope::default());
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["allow"], "GET, HEAD, POST");
        assert!(response.body().is_empty());
        assert!(router.find(&Method::OPTIONS, "/cloud/users").is_err());
        assert_eq!(*router.find(&Method::HEAD, "/cloud/users").unwrap().target, "list");
        let unknown = router.find(&Method::GET, "/nothing").unwrap_err();
        assert_eq!(unknown.into_response(Envelope::default()).status(), 404);
    }

    #[test]
    fn a_route_added_again_replaces_the_first() {
        let mut router = router();
        router.insert(&Metadata::get("/cloud/users/{other}"), "mine");
        let route = router.find(&Method::GET, "/cloud/users/ann").unwrap();
        assert_eq!((*route.target, route.params.get("other")), ("mine", Some("ann")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn every_id_arrives_unchanged(id in "\\PC{1,12}") {
            prop_assume!(id != "details");
            let path = format!(
                "/cloud/users/{}",
                percent_encoding::utf8_percent_encode(&id, percent_encoding::NON_ALPHANUMERIC)
            );
            prop_assert_eq!(found(&Method::GET, &path), Some(("get", vec![("userid", id)])));
        }

        #[test]
        fn any_path_is_answered(path in "[/a-z%{}.\u{e4}]{0,40}") {
            let _ = found(&Method::GET, &path);
        }
    }
}
