//! Whether a conditional request goes ahead: pure functions over what the caller knows
//! of the resource.

mod if_header;

use allmende_types::{ETag, Timestamp};
use http::{HeaderMap, Method};

use crate::headers::{ETagList, HeaderError, IfRange, single};

pub use if_header::{IfOutcome, IfState, evaluate_if};

/// What is known of an existing resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceState {
    /// Its entity tag, if it has one.
    pub etag: Option<ETag>,
    /// When it was last changed, if known.
    pub last_modified: Option<Timestamp>,
}

/// The conditions of a request (RFC 9110, section 13.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Only if the resource has one of these tags.
    pub if_match: Option<ETagList>,
    /// Only if it has none of these.
    pub if_none_match: Option<ETagList>,
    /// Only if it was changed later.
    pub if_modified_since: Option<Timestamp>,
    /// Only if it was not changed later.
    pub if_unmodified_since: Option<Timestamp>,
}

/// What to do with a conditional request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Go ahead.
    Proceed,
    /// Answer 304: the client has the present version.
    NotModified,
    /// Answer 412.
    Failed {
        /// The header that was not met, in its usual spelling (for `s:header`).
        header: &'static str,
    },
}

const IF_MATCH: &str = "If-Match";
const IF_NONE_MATCH: &str = "If-None-Match";
const IF_MODIFIED_SINCE: &str = "If-Modified-Since";
const IF_UNMODIFIED_SINCE: &str = "If-Unmodified-Since";

impl Conditions {
    /// Reads the headers of a request. A date that is none counts as not sent (RFC 9110,
    /// sections 13.1.3 and 13.1.4).
    ///
    /// # Errors
    /// When a list of tags makes no sense: to go ahead could destroy what the client
    /// meant to protect.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, HeaderError> {
        let date = |name| {
            let text = single(headers, name).ok().flatten()?;
            Timestamp::from_http_date(text.trim()).ok()
        };
        Ok(Self {
            if_match: ETagList::from_headers(headers, IF_MATCH)?,
            if_none_match: ETagList::from_headers(headers, IF_NONE_MATCH)?,
            if_modified_since: date(IF_MODIFIED_SINCE),
            if_unmodified_since: date(IF_UNMODIFIED_SINCE),
        })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Judges the conditions in the order of RFC 9110, section 13.2.2. `current` is `None`
/// when nothing exists at the URL.
///
/// ```
/// use allmende_webdav_proto::precondition::{Conditions, Outcome, evaluate};
/// use http::{HeaderMap, HeaderValue, Method};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("if-match", HeaderValue::from_static("*"));
/// let conditions = Conditions::from_headers(&headers)?;
/// let outcome = evaluate(&Method::PUT, None, &conditions);
/// assert_eq!(outcome, Outcome::Failed { header: "If-Match" });
/// # Ok::<(), allmende_webdav_proto::headers::HeaderError>(())
/// ```
#[must_use]
pub fn evaluate(
    method: &Method,
    current: Option<&ResourceState>,
    conditions: &Conditions,
) -> Outcome {
    let reading = *method == Method::GET || *method == Method::HEAD;
    let modified = current.and_then(|state| state.last_modified);
    if let Some(wanted) = &conditions.if_match {
        if !matches(wanted, current, ETag::strong_eq) {
            return Outcome::Failed { header: IF_MATCH };
        }
    } else if let (Some(since), Some(modified)) = (conditions.if_unmodified_since, modified)
        && modified > since
    {
        return Outcome::Failed { header: IF_UNMODIFIED_SINCE };
    }
    if let Some(unwanted) = &conditions.if_none_match {
        match matches(unwanted, current, ETag::weak_eq) {
            true if reading => return Outcome::NotModified,
            true => return Outcome::Failed { header: IF_NONE_MATCH },
            false => {}
        }
    } else if let (Some(since), Some(modified)) = (conditions.if_modified_since, modified)
        && reading
        && modified <= since
    {
        return Outcome::NotModified;
    }
    Outcome::Proceed
}

fn matches(
    list: &ETagList,
    current: Option<&ResourceState>,
    same: fn(&ETag, &ETag) -> bool,
) -> bool {
    match (list, current) {
        (_, None) => false,
        (ETagList::Any, Some(_)) => true,
        (ETagList::Tags(tags), Some(state)) => {
            state.etag.as_ref().is_some_and(|etag| tags.iter().any(|tag| same(tag, etag)))
        }
    }
}

/// Whether the `Range` header of a request is to be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeUse {
    /// Send the ranges.
    Honour,
    /// Send everything: the client's part is of another version.
    Ignore,
}

/// Judges `If-Range` (RFC 9110, section 13.1.5). An invalid header is to be treated as
/// one that does not match.
#[must_use]
pub fn range_use(if_range: Option<&IfRange>, current: &ResourceState) -> RangeUse {
    let same = match if_range {
        None => true,
        Some(IfRange::ETag(tag)) => current.etag.as_ref().is_some_and(|etag| etag.strong_eq(tag)),
        Some(IfRange::Date(date)) => current.last_modified == Some(*date),
    };
    if same { RangeUse::Honour } else { RangeUse::Ignore }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(etag: &str, modified: i64) -> ResourceState {
        ResourceState {
            etag: Some(etag.parse().unwrap()),
            last_modified: Some(Timestamp::from_unix(modified)),
        }
    }

    fn conditions(headers: &[(&'static str, &str)]) -> Conditions {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Conditions::from_headers(&map).unwrap()
    }

    #[test]
    fn literal_results() {
        const OLD: &str = "Thu, 01 Jan 1970 00:01:00 GMT"; // 60
        const NEW: &str = "Thu, 01 Jan 1970 00:05:00 GMT"; // 300
        let (get, put) = (Method::GET, Method::PUT);
        let now = state("\"a\"", 120);
        let weak = state("W/\"a\"", 120);
        let failed = |header| Outcome::Failed { header };
        let here = Some(&now);
        for (method, current, headers, expected) in [
            (&put, here, vec![("if-match", "\"a\"")], Outcome::Proceed),
            (&put, here, vec![("if-match", "\"b\"")], failed("If-Match")),
            (&put, here, vec![("if-match", "\"b\", \"a\"")], Outcome::Proceed),
            (&put, here, vec![("if-match", "W/\"a\"")], failed("If-Match")),
            (&put, Some(&weak), vec![("if-match", "W/\"a\"")], failed("If-Match")),
            (&put, here, vec![("if-match", "*")], Outcome::Proceed),
            (&put, None, vec![("if-match", "\"a\"")], failed("If-Match")),
            (&put, here, vec![("if-none-match", "*")], failed("If-None-Match")),
            (&put, None, vec![("if-none-match", "*")], Outcome::Proceed),
            (&get, here, vec![("if-none-match", "W/\"a\"")], Outcome::NotModified),
            (&get, here, vec![("if-none-match", "\"b\"")], Outcome::Proceed),
            (&get, here, vec![("if-modified-since", NEW)], Outcome::NotModified),
            (&get, here, vec![("if-modified-since", OLD)], Outcome::Proceed),
            (&put, here, vec![("if-modified-since", NEW)], Outcome::Proceed),
            (&get, None, vec![("if-modified-since", NEW)], Outcome::Proceed),
            (&put, here, vec![("if-unmodified-since", OLD)], failed("If-Unmodified-Since")),
            (&put, here, vec![("if-unmodified-since", NEW)], Outcome::Proceed),
            (&put, None, vec![("if-unmodified-since", OLD)], Outcome::Proceed),
            (&get, here, vec![("if-modified-since", "yesterday")], Outcome::Proceed),
            // The tag decides where both are sent.
            (&put, here, vec![("if-match", "*"), ("if-unmodified-since", OLD)], Outcome::Proceed),
            (
                &get,
                here,
                vec![("if-none-match", "\"b\""), ("if-modified-since", NEW)],
                Outcome::Proceed,
            ),
            // If-Match comes first.
            (
                &get,
                here,
                vec![("if-match", "\"b\""), ("if-none-match", "\"a\"")],
                failed("If-Match"),
            ),
            (&put, here, vec![], Outcome::Proceed),
        ] {
            let outcome = evaluate(method, current, &conditions(&headers));
            assert_eq!(outcome, expected, "{method} {headers:?}");
        }
    }

    #[test]
    fn ranges_of_another_version_are_ignored() {
        let now = state("\"a\"", 120);
        let used = |text: &str| range_use(Some(&IfRange::parse(text).unwrap()), &now);
        assert_eq!(range_use(None, &now), RangeUse::Honour);
        assert_eq!(used("\"a\""), RangeUse::Honour);
        assert_eq!(used("\"b\""), RangeUse::Ignore);
        assert_eq!(used("W/\"a\""), RangeUse::Ignore);
        assert_eq!(used("Thu, 01 Jan 1970 00:02:00 GMT"), RangeUse::Honour);
        assert_eq!(used("Thu, 01 Jan 1970 00:03:00 GMT"), RangeUse::Ignore);
    }

    #[test]
    fn broken_tags_are_an_error() {
        let mut headers = HeaderMap::new();
        headers.insert("if-match", "\"a".parse().unwrap());
        assert_eq!(Conditions::from_headers(&headers).unwrap_err().header(), "If-Match");
        assert!(Conditions::from_headers(&HeaderMap::new()).unwrap().is_empty());
    }
}
