//! What there is beside trees of files: the root, people as principals, their pictures.

use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use allmende_webdav_proto::XmlLimits;
use http::{HeaderValue, Request, Response, header};

use super::{
    Body, COMPLIANCE, Dav, Home, ROOT,
    fixed::{self, Fixed, FixedKind, Members},
    owner::{below, decode, known},
    trash, versions,
};
use crate::{avatar, people::People};

/// What may be sent to the root, which is the one place to search from.
const SEARCHED: &str = "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT, \
                        LOCK, UNLOCK, SEARCH";

impl Dav {
    pub(super) async fn root(
        &self,
        home: &Home,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        let own = Fixed::collection(format!("{ROOT}/"));
        let mut names = vec![
            "principals",
            "files",
            "systemtags",
            "systemtags-relations",
            "systemtags-assigned",
            "comments",
            "uploads",
            "avatars",
        ];
        if trash::is_kept(home) {
            names.push("trashbin");
        }
        if versions::are_kept(home) {
            names.push("versions");
        }
        let member = |name: &str| Fixed::collection(format!("{ROOT}/{name}/"));
        let members: Vec<Fixed> = names.into_iter().map(member).collect();
        let asks = request.method() == http::Method::OPTIONS;
        let mut response = self.fixed(home, &own, Members::Listed(&members), request).await?;
        if asks {
            // Android searches nothing where it is not told that it may.
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(SEARCHED));
        }
        Ok(response)
    }

    pub(super) async fn principals(
        &self,
        home: &Home,
        people: &People,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        let rest = decode(below(request.uri().path(), "/principals"))?;
        let segments: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        match segments[..] {
            [] => {
                let own = Fixed::collection(format!("{ROOT}/principals/"));
                let users = [Fixed::collection(format!("{ROOT}/principals/users/"))];
                self.fixed(home, &own, Members::Listed(&users), request).await
            }
            ["users"] => {
                let own = Fixed::collection(format!("{ROOT}/principals/users/"));
                self.fixed(home, &own, Members::Secret, request).await
            }
            ["users", user] => {
                let known = known(people, user).await?;
                let own = Fixed {
                    path: principal(known.id.as_str()),
                    display_name: Some(known.display_name),
                    kind: FixedKind::Principal,
                };
                self.fixed(home, &own, Members::Listed(&[]), request).await
            }
            _ => Err(Error::new(ErrorKind::NotFound, "There is no such principal")),
        }
    }

    pub(super) async fn avatars(
        &self,
        home: &Home,
        people: &People,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        let rest = decode(below(request.uri().path(), "/avatars"))?;
        let segments: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        match segments[..] {
            [] => {
                let own = Fixed::collection(format!("{ROOT}/avatars/"));
                self.fixed(home, &own, Members::Secret, request).await
            }
            [user] => {
                let known = known(people, user).await?;
                let own = Fixed::collection(format!("{ROOT}/avatars/{}/", known.id));
                let path = format!("{}96.jpeg", own.path);
                let picture = [Fixed { path, display_name: None, kind: FixedKind::Picture }];
                self.fixed(home, &own, Members::Listed(&picture), request).await
            }
            [user, file] => {
                let known = known(people, user).await?;
                let size = file.split_once('.').and_then(|(size, ending)| {
                    let form = match ending {
                        "png" => avatar::Form::Png,
                        "jpeg" | "jpg" => avatar::Form::Jpeg,
                        _ => return None,
                    };
                    Some((size.parse::<u32>().ok()?, form))
                });
                let missing = || Error::new(ErrorKind::NotFound, "There is no such picture");
                let (size, form) = size.ok_or_else(missing)?;
                let picture = avatar::Picture::of(&people.0, &known, size, form);
                let picture = picture.await.ok_or_else(missing)?;
                Ok(picture.respond(request.headers()).map(DavBody::full))
            }
            _ => Err(Error::new(ErrorKind::NotFound, "There is no such picture")),
        }
    }

    pub(super) async fn fixed(
        &self,
        home: &Home,
        own: &Fixed,
        members: Members<'_>,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        let (parts, body) = request.into_parts();
        let body = body.collect(XmlLimits::default().max_bytes).await?;
        let principal = principal(home.view.person().as_str());
        let mut response = fixed::answer(own, members, &principal, &parts, &body)?;
        response.headers_mut().insert("dav", HeaderValue::from_static(COMPLIANCE));
        Ok(response)
    }
}

/// The address of a person as a principal.
fn principal(user: &str) -> String {
    format!("{ROOT}/principals/users/{user}/")
}
