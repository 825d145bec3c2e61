//! The collections that are always there: the DAV root, principals, and the roots of
//! people's files and avatars. Groupware clients find their way by them.

use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use allmende_webdav_proto::{
    Href, MultistatusWriter, PropName, XmlLimits,
    headers::Depth,
    multistatus::{MissingProps, MultistatusOptions, PropsWriter},
    request::Propfind,
};
use http::{Response, request::Parts};

use super::answer;

/// A collection with nothing but a name and a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fixed {
    /// Its address, decoded, with a slash at its end.
    pub(super) path: String,
    pub(super) display_name: Option<String>,
    pub(super) kind: FixedKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FixedKind {
    Collection,
    /// A person (RFC 3744, section 2).
    Principal,
    /// A picture.
    Picture,
}

impl Fixed {
    pub(super) fn collection(path: impl Into<String>) -> Self {
        Self { path: path.into(), display_name: None, kind: FixedKind::Collection }
    }
}

/// Whether the members of a collection are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Members<'a> {
    Listed(&'a [Fixed]),
    /// Listing is refused with 405: gvfs finds the root of WebDAV by that answer.
    Secret,
}

/// Answers PROPFIND (and OPTIONS) on a fixed collection. `principal` is the caller's own.
pub(super) fn answer(
    own: &Fixed,
    members: Members<'_>,
    principal: &str,
    request: &Parts,
    body: &[u8],
) -> Result<Response<DavBody>> {
    if request.method.as_str() == "OPTIONS" {
        return Ok(answer::options());
    }
    if request.method.as_str() != "PROPFIND" {
        let text = "This collection can only be looked at";
        return Err(Error::new(ErrorKind::MethodNotAllowed, text));
    }
    let propfind = Propfind::parse(body, &XmlLimits::default())
        .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
    let (wanted, missing) = match propfind {
        Propfind::Prop(names) => (names, MissingProps::Report),
        _ => (vec![TYPE], MissingProps::Omit),
    };
    let depth = Depth::from_headers(&request.headers).ok().flatten().unwrap_or(Depth::One);
    let members = match members {
        Members::Listed(members) if depth != Depth::Zero => members,
        Members::Secret if depth != Depth::Zero => {
            let text = "Listing members of this collection is disabled";
            return Err(Error::new(ErrorKind::MethodNotAllowed, text));
        }
        _ => &[],
    };
    let mut out =
        MultistatusWriter::new(Vec::new(), MultistatusOptions::default().missing(missing));
    out.reserve_prefixes(&wanted);
    for one in std::iter::once(own).chain(members) {
        out.response(&Href::from_path(&one.path), |props| {
            wanted.iter().for_each(|name| property(one, principal, name, props));
        });
    }
    Ok(answer::multistatus(out.finish()))
}

const TYPE: PropName = PropName::dav("resourcetype");
const HREF: PropName = PropName::dav("href");

fn property(one: &Fixed, principal: &str, name: &PropName, props: &mut PropsWriter<'_>) {
    let link = |props: &mut PropsWriter<'_>, path: &str| {
        props.found(name, |xml| xml.text_element(&HREF, Href::from_path(path).as_str()));
    };
    if *name == TYPE {
        props.found(name, |xml| {
            if one.kind != FixedKind::Picture {
                xml.empty(&PropName::dav("collection"));
            }
            if one.kind == FixedKind::Principal {
                xml.empty(&PropName::dav("principal"));
            }
        });
    } else if *name == PropName::dav("current-user-principal") {
        link(props, principal);
    } else if *name == PropName::dav("principal-URL") && one.kind == FixedKind::Principal {
        link(props, &one.path);
    } else if *name == PropName::dav("displayname") && one.display_name.is_some() {
        props.found_text(name, one.display_name.as_deref().unwrap_or_default());
    } else {
        props.missing(name);
    }
}

#[cfg(test)]
mod tests {
    use http::{Request, StatusCode};
    use http_body_util::BodyExt;

    use super::*;

    fn ask(members: Members<'_>, depth: &str) -> Result<(StatusCode, String)> {
        let request = Request::builder().method("PROPFIND").uri("/x/").header("depth", depth);
        let parts = request.body(()).unwrap().into_parts().0;
        let body = b"<propfind xmlns='DAV:'><prop><resourcetype/><current-user-principal/></prop></propfind>";
        let own = Fixed::collection("/x/");
        let response = answer(&own, members, "/p/\u{e4}/", &parts, body)?;
        let status = response.status();
        let body = futures_util::FutureExt::now_or_never(response.into_body().collect());
        let body = body.unwrap().unwrap().to_bytes();
        Ok((status, String::from_utf8(body.to_vec()).unwrap()))
    }

    #[test]
    fn members_are_told_or_secret() {
        let members = [Fixed::collection("/x/a/"), Fixed::collection("/x/b/")];
        let (status, text) = ask(Members::Listed(&members), "1").unwrap();
        assert_eq!((status, text.matches("<d:response>").count()), (StatusCode::MULTI_STATUS, 3));
        assert!(text.contains("<d:current-user-principal><d:href>/p/%c3%a4/</d:href>"), "{text}");
        assert_eq!(
            ask(Members::Listed(&members), "0").unwrap().1.matches("<d:response>").count(),
            1
        );
        assert_eq!(ask(Members::Secret, "1").unwrap_err().kind(), ErrorKind::MethodNotAllowed);
        assert!(ask(Members::Secret, "0").is_ok());
    }
}
