//! Signing in and out with a browser.

use allmende_accounts::{Method as Proven, SessionKind};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header, request::Parts};

use super::{Web, fields, forged, not_logged_in, query, unavailable};
use crate::{
    auth::{self, Stranger, cookie},
    dav::Body,
    discovery,
};

impl Web<'_> {
    /// The cookie of the browser, or a fresh one that it must be told.
    pub(super) fn browser(&self, headers: &HeaderMap) -> Option<Browser> {
        if let Some(known) = cookie(headers, self.inner.session_cookie()) {
            return Some(Browser { cookie: known.to_owned(), fresh: false });
        }
        let fresh = self.inner.accounts.anonymous_cookie().ok()?;
        Some(Browser { cookie: fresh.expose().to_owned(), fresh: true })
    }

    /// Adds a cookie to an answer. `lifetime` in seconds; to the browser's end if none.
    pub(super) fn set_cookie(
        &self,
        response: &mut Response<Bytes>,
        name: &str,
        value: &str,
        lifetime: Option<i64>,
    ) {
        let secure = if self.origin.https { "; Secure" } else { "" };
        let lasts = lifetime.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{lasts}");
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }

    pub(super) async fn login_page(&self, request: &Parts) -> Response<Bytes> {
        let back = query(request, "redirect_url").unwrap_or_default();
        if self.inner.authenticate(request, self.origin).await.is_ok() {
            return self.to(&safe_path(&back));
        }
        let user = query(request, "user").unwrap_or_default();
        let failed = query(request, "direct").is_some() && !user.is_empty();
        let frame = self.frame(&request.headers);
        let problem = match query(request, "expired") {
            Some(_) => Some(frame.words().form_expired),
            None => failed.then_some(frame.words().wrong_password),
        };
        let Some(browser) = self.browser(&request.headers) else { return unavailable() };
        let Ok(token) = self.inner.accounts.request_token(&browser.cookie) else {
            return unavailable();
        };
        let mut response = frame.login(&token, &user, &back, problem);
        self.introduce(&mut response, &browser);
        response
    }

    pub(super) fn introduce(&self, response: &mut Response<Bytes>, browser: &Browser) {
        if browser.fresh {
            self.set_cookie(response, self.inner.session_cookie(), &browser.cookie, None);
        }
    }

    pub(super) async fn log_in(&self, request: Request<Body>) -> Response<Bytes> {
        let headers = request.headers().clone();
        let Ok(fields) = fields(request).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let (user, back) = (field("user"), field("redirect_url"));
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        if !self.form_is_own(&headers, field("requesttoken")) {
            let back = encoded(back);
            return self.to(&format!("/login?expired=1&redirect_url={back}"));
        }
        let (accounts, now) = (&self.inner.accounts, self.inner.now());
        let who = match accounts.log_in(user, field("password"), self.origin.client, now).await {
            Ok(who) => who,
            Err(error) => {
                return match auth::stranger(error).await {
                    Stranger::Unknown(_) => unavailable(),
                    Stranger::TooMany { .. } => {
                        let frame = self.frame(&headers);
                        let words = frame.words();
                        let status = StatusCode::TOO_MANY_REQUESTS;
                        frame.message(status, words.log_in, words.too_many_attempts)
                    }
                    _ => {
                        let (user, back) = (encoded(user), encoded(back));
                        self.to(&format!("/login?direct=1&user={user}&redirect_url={back}"))
                    }
                };
            }
        };
        let kind = match field("rememberme") {
            "" | "0" => SessionKind::Browser,
            _ => SessionKind::Remembered,
        };
        let Ok(session) = accounts.open_session(&who.person.id, kind, now).await else {
            return unavailable();
        };
        let mut response = self.to(&safe_path(back));
        let lasts = (kind == SessionKind::Remembered).then_some(15 * 24 * 3600);
        let name = self.inner.session_cookie();
        self.set_cookie(&mut response, name, session.expose(), lasts);
        response
    }

    /// Whether a form was sent from a page of ours: it has the token of the browser's
    /// cookie, and no other origin stands in the request.
    pub(super) fn form_is_own(&self, headers: &HeaderMap, token: &str) -> bool {
        let session = cookie(headers, self.inner.session_cookie()).unwrap_or_default();
        let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
        let same = origin.is_none_or(|origin| {
            // Behind a proxy that was not announced only the host is certain.
            let host = origin.split("//").nth(1);
            origin == "null" || host == self.origin.host.as_deref()
        });
        same && !session.is_empty() && self.inner.accounts.check_request_token(session, token)
    }

    pub(super) async fn log_out(&self, request: &Parts) -> Response<Bytes> {
        let who = match self.inner.authenticate(request, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return self.sign_in_first(request, &stranger),
        };
        let token = query(request, "requesttoken").unwrap_or_default();
        if !self.form_is_own(&request.headers, &token) {
            return forged();
        }
        if let Proven::Session { id } = who.method
            && self.inner.accounts.close_session(id).await.is_err()
        {
            return unavailable();
        }
        let mut response = self.to("/login?clear=1");
        self.set_cookie(&mut response, self.inner.session_cookie(), "", Some(0));
        response
    }

    /// A token for scripts of ours, and for clients that keep a session.
    pub(super) fn csrf_token(&self, request: &Parts) -> Response<Bytes> {
        let Some(browser) = self.browser(&request.headers) else { return unavailable() };
        let Ok(token) = self.inner.accounts.request_token(&browser.cookie) else {
            return unavailable();
        };
        let mut response = discovery::json(StatusCode::OK, &serde_json::json!({ "token": token }));
        self.introduce(&mut response, &browser);
        response
    }

    /// The password once more, before something that a borrowed browser must not do.
    pub(super) async fn confirm(&self, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let who = match self.inner.authenticate(&parts, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return not_logged_in(&stranger),
        };
        if !auth::is_own(&self.inner.accounts, &who, &parts.headers, self.inner.session_cookie()) {
            return forged();
        }
        let Ok(fields) = fields(Request::from_parts(parts, body)).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let password = fields.get("password").map_or("", String::as_str);
        let (client, now) = (self.origin.client, self.inner.now());
        match self.inner.accounts.confirm_password(&who, password, client, now).await {
            Ok(()) => {
                discovery::json(StatusCode::OK, &serde_json::json!({ "lastLogin": now.unix() }))
            }
            Err(error) => match auth::stranger(error).await {
                Stranger::Unknown(_) => unavailable(),
                _ => discovery::json(StatusCode::FORBIDDEN, &[(); 0]),
            },
        }
    }
}

/// A browser, by its cookie.
pub(super) struct Browser {
    pub(super) cookie: String,
    fresh: bool,
}

/// A path of this server to go to after signing in; the home page for anything else, so
/// that a link cannot lead people away.
fn safe_path(path: &str) -> String {
    let local = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if local { path.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_nowhere_else() {
        assert_eq!(
            safe_path("/login/v2/grant?stateToken=a&user="),
            "/login/v2/grant?stateToken=a&user="
        );
        for evil in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "evil",
            "/a\r\nX: y",
            "javascript:alert(1)",
        ] {
            assert_eq!(safe_path(evil), "/", "{evil:?}");
        }
    }
}
