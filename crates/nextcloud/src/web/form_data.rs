//! Files in forms: `multipart/form-data` (RFC 7578), read whole and with a limit.

use bytes::Bytes;
use http::{HeaderMap, header};

/// Parts of a form at most.
const PARTS: usize = 64;
/// Bytes of a part's header fields.
const FIELDS: usize = 4096;

/// The content of the first part with one of these names; none if the body is no such form
/// or has no such part.
pub(crate) fn part(headers: &HeaderMap, body: &Bytes, names: &[&str]) -> Option<Bytes> {
    let boundary = boundary(headers)?;
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    // The first one may stand at the very beginning.
    let mut at = if body.starts_with(&delimiter[2..]) {
        delimiter.len() - 2
    } else {
        find(body, &delimiter)? + delimiter.len()
    };
    for _ in 0..PARTS {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return None;
        }
        let start = at + find(&rest[..rest.len().min(128)], b"\r\n")?;
        let head = body.get(start..body.len().min(start + FIELDS))?;
        let (fields, content) = if head.starts_with(b"\r\n\r\n") {
            (&head[..2], start + 4)
        } else {
            let end = find(head, b"\r\n\r\n")?;
            (&head[2..end], start + end + 4)
        };
        let end = content + find(body.get(content..)?, &delimiter)?;
        if name(fields).is_some_and(|name| names.contains(&&*name)) {
            return Some(body.slice(content..end));
        }
        at = end + delimiter.len();
    }
    None
}

fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (media, parameters) = value.split_once(';')?;
    if !media.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

/// The name of a part by its header fields.
fn name(fields: &[u8]) -> Option<String> {
    let fields = std::str::from_utf8(fields).ok()?;
    fields.split("\r\n").find_map(|line| {
        let (field, value) = line.split_once(':')?;
        let (kind, parameters) = value.split_once(';')?;
        let wanted = field.trim().eq_ignore_ascii_case("content-disposition")
            && kind.trim().eq_ignore_ascii_case("form-data");
        if wanted { parameter(parameters, "name") } else { None }
    })
}

/// A parameter of a header field, with or without quotes.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.to_owned())
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
        headers
    }

    fn form(content: &[u8]) -> Bytes {
        let before = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b\r\n\
                      Content-Disposition: form-data; name=\"files[]\"; filename=\"p.png\"\r\n\
                      Content-Type: image/png\r\n\r\n";
        [before.as_bytes(), content, b"\r\n--b--\r\n"].concat().into()
    }

    #[test]
    fn parts_are_found_by_their_names() {
        let headers_of = headers("multipart/form-data; boundary=b");
        let found = |names: &[&str]| part(&headers_of, &form(b"\x89PNG"), names);
        assert_eq!(found(&["files[]"]).unwrap(), &b"\x89PNG"[..]);
        assert_eq!(found(&["a"]).unwrap(), "x");
        assert_eq!(found(&["b"]), None);
        let quoted = headers("multipart/form-data; boundary=\"b\"");
        assert!(part(&quoted, &form(b""), &["files[]"]).unwrap().is_empty());
        for other in ["multipart/mixed; boundary=b", "multipart/form-data", "image/png"] {
            assert_eq!(part(&headers(other), &form(b"x"), &["a"]), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_content_comes_through(content in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assume!(find(&content, b"\r\n--b").is_none());
            let headers = headers("multipart/form-data; boundary=b");
            let found = part(&headers, &form(&content), &["files[]"]);
            prop_assert_eq!(found.as_deref(), Some(&content[..]));
        }

        #[test]
        fn no_body_makes_it_fail(body in "(--b|\r\n|name=a|;|:|x){0,30}") {
            let headers = headers("multipart/form-data; boundary=b");
            let _ = part(&headers, &Bytes::from(body), &["a"]);
        }
    }
}
