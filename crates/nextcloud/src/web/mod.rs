//! A person's browser: signing in and out, the login flow of clients, app passwords, and
//! deep links.

mod app_passwords;
mod avatars;
mod choose_password;
mod contacts;
mod flow;
mod form_data;
mod form_stream;
mod legacy_flow;
mod links;
mod oauth2;
mod openproject;
mod profile;
mod session;

use std::collections::HashMap;

use allmende_types::NodeId;
use allmende_webdav_proto::Href;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};

use crate::{
    Origin,
    auth::{self, Stranger},
    dav::Body,
    discovery,
    pages::{FileLink, Frame},
    route::Page,
    service::Inner,
};

/// The pages and calls of a browser, for one request.
pub(crate) struct Web<'a> {
    pub(crate) inner: &'a Inner,
    pub(crate) origin: &'a Origin,
}

/// The fields of a form or of a JSON object; what is neither has none.
pub(crate) async fn fields(
    request: Request<Body>,
) -> Result<HashMap<String, String>, allmende_webdav::Error> {
    const LONGEST: usize = 64 * 1024;
    let (parts, body) = request.into_parts();
    let body = body.collect(LONGEST).await?;
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    if media_type.is_some_and(|media_type| media_type.starts_with("application/json")) {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&body).unwrap_or_default();
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        return Ok(object.into_iter().map(|(key, value)| (key, text(value))).collect());
    }
    Ok(form_urlencoded::parse(&body).into_owned().collect())
}

/// A parameter of the query.
pub(crate) fn query(request: &Parts, name: &str) -> Option<String> {
    let query = request.uri.query().unwrap_or_default();
    let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

/// The page for an address at which nothing is.
pub(crate) fn not_found(inner: &Inner, headers: &HeaderMap) -> Response<Bytes> {
    let frame = Frame::new(&inner.options.name, headers);
    let words = frame.words();
    frame.message(StatusCode::NOT_FOUND, words.not_found_title, words.not_found)
}

/// What a call that needs a person says to a stranger.
pub(crate) fn not_logged_in(stranger: &Stranger) -> Response<Bytes> {
    match stranger {
        Stranger::Unknown(_) => discovery::empty(StatusCode::SERVICE_UNAVAILABLE),
        Stranger::TooMany { retry_after } => {
            let mut response = discovery::empty(StatusCode::TOO_MANY_REQUESTS);
            response.headers_mut().insert(header::RETRY_AFTER, auth::seconds(*retry_after));
            response
        }
        _ => {
            let message = serde_json::json!({ "message": "Current user is not logged in" });
            discovery::json(StatusCode::UNAUTHORIZED, &message)
        }
    }
}

/// 412 for a request that another site may have forged.
fn forged() -> Response<Bytes> {
    let message = serde_json::json!({ "message": "CSRF check failed" });
    discovery::json(StatusCode::PRECONDITION_FAILED, &message)
}

fn unavailable() -> Response<Bytes> {
    discovery::empty(StatusCode::SERVICE_UNAVAILABLE)
}

impl Web<'_> {
    /// Answers a request on a page or call.
    pub(crate) async fn answer(&self, page: Page<'_>, request: Request<Body>) -> Response<Bytes> {
        let method = match request.method() {
            &Method::HEAD => Method::GET,
            other => other.clone(),
        };
        let mut response = match (page, method) {
            (Page::Home, Method::GET) => self.home(&request.into_parts().0, None).await,
            (Page::Login, Method::GET) => self.login_page(&request.into_parts().0).await,
            (Page::Login, Method::POST) => self.log_in(request).await,
            (Page::LoginConfirm, Method::POST) => self.confirm(request).await,
            (Page::Logout, Method::GET) => self.log_out(&request.into_parts().0).await,
            (Page::ChoosePassword(rest), _) => self.choose_password(rest, request).await,
            (Page::CsrfToken, Method::GET) => self.csrf_token(&request.into_parts().0),
            (Page::LegacyFlow(rest), _) => self.legacy_flow(rest, request).await,
            (Page::FlowStart, Method::POST) => self.flow_start(&request.into_parts().0).await,
            (Page::FlowPoll, Method::POST) => self.flow_poll(request).await,
            (Page::FlowOpen(token), Method::GET) => {
                self.flow_open(token, &request.into_parts().0).await
            }
            (Page::FlowConnect, Method::GET) => self.flow_page(&request.into_parts().0).await,
            (Page::FlowGrant, Method::GET) => self.flow_grant_page(&request.into_parts().0).await,
            (Page::FlowGrant, Method::POST) => self.flow_grant(request).await,
            (Page::FlowAppPassword, Method::POST) => self.flow_app_password(request).await,
            (Page::Link { token, rest }, _) => self.link(token, rest, request).await,
            (Page::OAuth2(rest), _) => self.oauth2(rest, request).await,
            (Page::AppPasswords(rest), _) => self.app_passwords(rest, request).await,
            (Page::OpenProject(rest), _) => self.openproject(rest, request).await,
            (Page::OwnAvatar, _) => self.own_avatar(request).await,
            (Page::Contacts(call), Method::POST | Method::GET) => {
                self.contacts(call, request).await
            }
            (Page::Profile(user), Method::GET) => self.profile(user, &request.into_parts().0).await,
            (Page::File(id), Method::GET) => self.file(id, &request.into_parts().0).await,
            (Page::FilesApp(rest), Method::GET) => {
                let id = rest.strip_prefix("files/").and_then(|id| id.parse().ok());
                self.home(&request.into_parts().0, id).await
            }
            _ => discovery::empty(StatusCode::METHOD_NOT_ALLOWED),
        };
        response
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-cache, no-store, must-revalidate"));
        response
    }

    fn frame(&self, headers: &HeaderMap) -> Frame {
        Frame::new(&self.inner.options.name, headers)
    }

    /// An absolute redirect within this server.
    fn to(&self, path: &str) -> Response<Bytes> {
        let place = format!("{}{path}", self.origin.base_url());
        discovery::redirect(StatusCode::SEE_OTHER, &place)
    }

    /// A page needs a person: people go to the login form and come back.
    fn sign_in_first(&self, request: &Parts, stranger: &Stranger) -> Response<Bytes> {
        if !matches!(stranger, Stranger::Anonymous | Stranger::Rejected)
            || !auth::wants_html(&request.headers)
        {
            return not_logged_in(stranger);
        }
        let back = request.uri.path_and_query().map_or("/", |path| path.as_str());
        let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
        self.to(&format!("/login?redirect_url={back}"))
    }

    /// The page of someone who is signed in, with a file if a deep link led here.
    async fn home(&self, request: &Parts, file: Option<NodeId>) -> Response<Bytes> {
        let who = match self.inner.authenticate(request, self.origin).await {
            Ok(who) => who,
            Err(Stranger::Anonymous)
                if matches!(request.uri.path(), "/" | "/index.php" | "/index.php/") =>
            {
                let place = format!("{}/login", self.origin.base_url());
                return discovery::redirect(StatusCode::FOUND, &place);
            }
            Err(stranger) => return self.sign_in_first(request, &stranger),
        };
        let person = &who.person;
        let found = match file {
            None => None,
            Some(id) => match self.entry(person, id).await {
                Ok(Some(entry)) => Some(entry),
                Ok(None) => return not_found(self.inner, &request.headers),
                Err(()) => return unavailable(),
            },
        };
        let link = found.and_then(|entry| {
            let path = entry.path?;
            let href = Href::from_path(&format!("/remote.php/dav/files/{}/{path}", person.id));
            Some((href, path.to_string()))
        });
        let file = link.as_ref().map(|(href, name)| FileLink { href: href.as_str(), name });
        let session = auth::cookie(&request.headers, self.inner.session_cookie());
        let Ok(token) = self.inner.accounts.request_token(session.unwrap_or_default()) else {
            return unavailable();
        };
        let base = self.origin.base_url();
        self.frame(&request.headers).home(
            &token,
            person.id.as_str(),
            &person.display_name,
            &base,
            file,
        )
    }

    /// `/f/{id}`: the link that clients copy for people.
    async fn file(&self, id: &str, request: &Parts) -> Response<Bytes> {
        let who = match self.inner.authenticate(request, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return self.sign_in_first(request, &stranger),
        };
        let Ok(id) = id.parse::<NodeId>() else { return not_found(self.inner, &request.headers) };
        let entry = match self.entry(&who.person, id).await {
            Ok(Some(entry)) => entry,
            // As the original: the page of the files says that there is none.
            Ok(None) => return self.to(&format!("/apps/files/files/{id}")),
            Err(()) => return unavailable(),
        };
        let folder = entry.path.as_ref().and_then(allmende_types::SpacePath::parent);
        let folder = format!("/{}", folder.unwrap_or_default());
        let folder = Href::from_path(&folder);
        let open =
            if query(request, "openfile").as_deref() == Some("0") { "false" } else { "true" };
        self.to(&format!("/apps/files/files/{id}?dir={}&openfile={open}", folder.as_str()))
    }

    async fn entry(
        &self,
        person: &allmende_accounts::Person,
        id: NodeId,
    ) -> Result<Option<allmende_files::Entry>, ()> {
        let view = self.inner.files.view(&person.id).await.map_err(drop)?;
        Ok(view.stat(&[id]).await.map_err(drop)?.pop().flatten())
    }
}
