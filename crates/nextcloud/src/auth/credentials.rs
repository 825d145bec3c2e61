//! What a request brings to prove who sends it.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};

/// The proof that a request carries.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// `Authorization: Basic`: a login name with a password or an app password.
    Basic { login: String, secret: String },
    /// `Authorization: Bearer`: an app password alone.
    Bearer(String),
    /// The cookie of a browser session.
    Session(String),
    /// Nothing that is understood. An unknown scheme counts as none, as the original has it.
    None,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(…)",
            Self::Bearer(_) => "Bearer(…)",
            Self::Session(_) => "Session(…)",
            Self::None => "None",
        })
    }
}

impl Proof {
    /// Reads the proof. A header counts before a cookie: clients keep both.
    pub(crate) fn of(headers: &HeaderMap, session_cookie: &str) -> Self {
        let authorization = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        if let Some((scheme, value)) = authorization.and_then(|text| text.trim().split_once(' ')) {
            let value = value.trim();
            if scheme.eq_ignore_ascii_case("basic") {
                return basic(value).unwrap_or(Self::None);
            }
            if scheme.eq_ignore_ascii_case("bearer") && !value.is_empty() {
                return Self::Bearer(value.to_owned());
            }
        }
        cookie(headers, session_cookie).map_or(Self::None, |id| Self::Session(id.to_owned()))
    }
}

/// `Basic` credentials (RFC 7617). Names and passwords are UTF-8; a client that sends
/// Latin-1 is understood too.
fn basic(value: &str) -> Option<Proof> {
    const LONGEST: usize = 4096;
    if value.len() > LONGEST {
        return None;
    }
    let bytes = STANDARD.decode(value).ok()?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(latin) => latin.into_bytes().into_iter().map(char::from).collect(),
    };
    let (login, secret) = text.split_once(':')?;
    Some(Proof::Basic { login: login.to_owned(), secret: secret.to_owned() })
}

/// The name and the password of `Basic` credentials.
pub(crate) fn basic_of(headers: &HeaderMap) -> Option<(String, String)> {
    match Proof::of(headers, "") {
        Proof::Basic { login, secret } => Some((login, secret)),
        _ => None,
    }
}

/// The value of a cookie, if the request has it.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(pairs: &[(header::HeaderName, &str)]) -> Proof {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value.parse().unwrap());
        }
        Proof::of(&headers, "sid")
    }

    fn authorization(value: &str) -> Proof {
        proof(&[(header::AUTHORIZATION, value), (header::COOKIE, "a=b; sid=cookie; c=d")])
    }

    #[test]
    fn headers_count_before_cookies() {
        let basic =
            |login: &str, secret: &str| Proof::Basic { login: login.into(), secret: secret.into() };
        assert_eq!(authorization("Basic YTpiOmM="), basic("a", "b:c"));
        assert_eq!(authorization("basic  w6Q6w7w="), basic("ä", "ü"));
        assert_eq!(authorization("BASIC 5Dr8"), basic("ä", "ü"));
        assert_eq!(authorization("Bearer tok"), Proof::Bearer("tok".into()));
        assert_eq!(authorization("Digest x"), Proof::Session("cookie".into()));
        assert_eq!(authorization("Basic !!!"), Proof::None);
        assert_eq!(authorization("Basic YWI="), Proof::None);
        assert_eq!(proof(&[]), Proof::None);
        assert_eq!(proof(&[(header::COOKIE, "xsid=1;sid=2")]), Proof::Session("2".into()));
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(format!("{:?}", authorization("Basic YTpzZWNyZXQ=")), "Basic(…)");
    }
}
