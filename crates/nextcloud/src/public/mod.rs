//! Public links over WebDAV: `/public.php/dav/files/{token}`, the uploads beside it, and
//! `/public.php/webdav` of old clients, which show the token as their name.

mod download;
mod guest;

use allmende_sharing::Link;
use allmende_types::Name;
use allmende_webdav::{DavBody, Error, ErrorKind, Mount};
use allmende_webdav_proto::href;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};

use self::download::Asked;
pub(crate) use self::guest::{Closed, Proofs, closed, unlocked};
use crate::{
    Origin, auth,
    dav::{Body, Home, OC_FILE_ID},
    service::Inner,
};

/// A part of the public WebDAV tree, with what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublicRoot<'a> {
    /// `dav/files/{token}`.
    Files(&'a str),
    /// `dav/uploads/{token}`, with what follows `uploads`.
    Uploads { token: &'a str, rest: &'a str },
    /// `webdav`.
    Legacy,
    /// Anything else.
    Unknown,
}

impl<'a> PublicRoot<'a> {
    /// The part for what follows `/public.php`.
    pub(crate) fn of(rest: &'a str) -> Self {
        let first = |rest: &'a str| rest.split('/').next().unwrap_or_default();
        // Observed: what names no link is answered as a link that there is not.
        if matches!(rest, "/dav" | "/dav/" | "/dav/files") {
            return Self::Files("");
        }
        if let Some(rest) = rest.strip_prefix("/dav/files/") {
            return Self::Files(first(rest));
        }
        if let Some(rest) = rest.strip_prefix("/dav/uploads/") {
            return Self::Uploads { token: first(rest), rest };
        }
        match rest.strip_prefix("/webdav") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Self::Legacy,
            _ => Self::Unknown,
        }
    }
}

const NICKNAME: HeaderName = HeaderName::from_static("x-nc-nickname");
const AUTO_MKCOL: HeaderName = HeaderName::from_static("x-nc-webdav-auto-mkcol");
const LEGACY: &str = "/public.php/webdav";

impl Inner {
    /// Answers a request of a guest.
    pub(crate) async fn public(
        &self,
        root: PublicRoot<'_>,
        request: Request<Body>,
        origin: &Origin,
    ) -> Response<DavBody> {
        let headers = request.headers();
        let (token, mount) = match root {
            PublicRoot::Files(token) | PublicRoot::Uploads { token, .. } => {
                (token.to_owned(), Mount::new(&format!("/public.php/dav/files/{token}")))
            }
            PublicRoot::Legacy => {
                let name = auth::basic_of(headers).map(|(name, _)| name);
                (name.unwrap_or_default(), Mount::new(LEGACY))
            }
            PublicRoot::Unknown => {
                let error = Error::new(ErrorKind::NotFound, "There is nothing here");
                return self.dav.refuse(&Mount::root(), &error);
            }
        };
        let legacy = root == PublicRoot::Legacy;
        if legacy && token.is_empty() {
            return self.refuse_guest(&mount, Closed::PasswordNeeded, true);
        }
        let link = match self.open_link(&token, headers, origin).await {
            Ok(link) => link,
            Err(closed) => return self.refuse_guest(&mount, closed, legacy),
        };
        let home = match self.guests(&link).await {
            Ok(home) => Home { view: home.view.with_origin(origin.told(headers)), ..home },
            Err(closed) => return self.refuse_guest(&mount, closed, legacy),
        };
        let home = match (root, self.guest_of(&link, headers, origin)) {
            (PublicRoot::Uploads { .. }, Some(guest)) => {
                Home { view: home.view.for_guest(guest), ..home }
            }
            (PublicRoot::Uploads { .. }, None) => {
                return self.refuse_guest(&mount, Closed::Unavailable, legacy);
            }
            _ => home,
        };
        let written = request.method() == Method::PUT;
        let asked =
            (request.method() == Method::GET).then(|| Asked::of(request.uri().path(), headers));
        let answered = self.serve_guest(&link, &home, &mount, root, request).await;
        let mut response = answered.unwrap_or_else(|error| self.dav.refuse(&mount, &error));
        if let Some(asked) = asked {
            let admitted = self.admit_download(&link, &asked, origin, response).await;
            response = admitted.unwrap_or_else(|closed| self.refuse_guest(&mount, closed, legacy));
        }
        let headers = response.headers_mut();
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(HeaderValue::from_static("default-src 'none';"));
        if link.is_drop() {
            // What was put there cannot be named again.
            headers.remove(OC_FILE_ID);
            headers.remove("x-nc-permissions");
        }
        if written {
            // Observed: guests who write are not told whose it is.
            headers.remove("x-nc-ownerid");
        }
        response
    }

    async fn serve_guest(
        &self,
        link: &Link,
        home: &Home,
        mount: &Mount,
        root: PublicRoot<'_>,
        mut request: Request<Body>,
    ) -> Result<Response<DavBody>, Error> {
        if let PublicRoot::Uploads { rest, .. } = root {
            let rest = rest.to_owned();
            return self.dav.guest_upload(home, mount, &rest, request).await;
        }
        if link.is_drop() {
            admit_to_drop(mount, &mut request)?;
        }
        Ok(self.dav.guest(home, mount, request).await)
    }

    /// What a guest hears to whom a link does not open.
    fn refuse_guest(&self, mount: &Mount, closed: Closed, legacy: bool) -> Response<DavBody> {
        let mut wait = None;
        let error = match closed {
            // Observed: clients take this one for a passing failure, and delete nothing.
            Closed::NotFound if !legacy => {
                Error::new(ErrorKind::Unavailable, "Sabre\\DAV\\Exception\\NotFound: ")
            }
            Closed::NotFound | Closed::WrongPassword => {
                Error::new(ErrorKind::Unauthorized, "Username or password was incorrect")
            }
            Closed::PasswordNeeded => Error::new(ErrorKind::Unauthorized, "Cannot authenticate"),
            Closed::TooMany(retry_after) => {
                wait = Some(auth::seconds(retry_after));
                Error::new(ErrorKind::Throttled, "Too many failed attempts")
            }
            Closed::Unavailable => {
                Error::new(ErrorKind::Unavailable, "The server cannot answer now")
            }
        };
        let mut response = self.dav.refuse(mount, &error);
        // Observed: only a wrong password brings the challenge, so that pages get no dialogue.
        if matches!(closed, Closed::WrongPassword)
            || (legacy && error.kind() == ErrorKind::Unauthorized)
        {
            let basic = HeaderValue::from_static("Basic realm=\"Nextcloud\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }
}

/// What a file drop lets in: new files and folders, each guest's below their own name.
fn admit_to_drop(mount: &Mount, request: &mut Request<Body>) -> Result<(), Error> {
    match request.method().as_str() {
        "PUT" | "MKCOL" => {}
        "OPTIONS" => return Ok(()),
        "GET" | "HEAD" => return Err(Error::new(ErrorKind::NotFound, "")),
        _ => {
            let text = "Only PUT, MKCOL and MOVE are allowed on files drop";
            return Err(Error::new(ErrorKind::MethodNotAllowed, text));
        }
    }
    let path = mount.locate(request.uri().path())?;
    if let Some(nickname) = nickname(request.headers())? {
        let own = allmende_types::SpacePath::root().join(nickname);
        let path = path.names().iter().fold(own, |path, name| path.join(name.clone()));
        let place = mount.href(&path, allmende_webdav::Kind::File);
        *request.uri_mut() = place.as_str().parse().map_err(|error| {
            Error::new(ErrorKind::BadRequest, "The name makes no URL").with_source(error)
        })?;
    }
    // Guests cannot see which folders there are.
    request.headers_mut().insert(AUTO_MKCOL, HeaderValue::from_static("1"));
    Ok(())
}

/// The folder of a guest who told a name.
fn nickname(headers: &HeaderMap) -> Result<Option<Name>, Error> {
    let Some(told) = headers.get(NICKNAME) else { return Ok(None) };
    let bad = || Error::new(ErrorKind::BadRequest, "Invalid nickname");
    let told = told.to_str().map_err(|_| bad())?;
    // Browsers encode what is not ASCII.
    let told = href::decode(told).map_err(|_| bad())?;
    let told = told.trim();
    if told.is_empty() {
        return Ok(None);
    }
    if told.starts_with('.') || told.contains(['/', '\\']) {
        return Err(bad());
    }
    Name::new(told).map(Some).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_part() {
        for (path, root) in [
            ("/dav/files/abc", PublicRoot::Files("abc")),
            ("/dav/files/abc/d/e", PublicRoot::Files("abc")),
            ("/dav/files/", PublicRoot::Files("")),
            ("/dav/files", PublicRoot::Files("")),
            ("/dav", PublicRoot::Files("")),
            ("/dav/uploads/abc/u/1", PublicRoot::Uploads { token: "abc", rest: "abc/u/1" }),
            ("/webdav", PublicRoot::Legacy),
            ("/webdav/a", PublicRoot::Legacy),
            ("/webdavx", PublicRoot::Unknown),
            ("/dav/trashbin/abc", PublicRoot::Unknown),
        ] {
            assert_eq!(PublicRoot::of(path), root, "{path}");
        }
    }
}
