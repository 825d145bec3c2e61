//! Login flow v1: a client shows the pages in a view of its own, and the last of them sends
//! that view to an address of the client's, with an app password in it.
//!
//! The server keeps nothing meanwhile. Each page has a state token that is made from a random
//! cookie of the view, so neither a link nor another site can lead to the last step.

use allmende_accounts::{Authenticated, Method as Proven, NewAppPassword};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header, request::Parts};

use super::{Web, fields, forged, query, unavailable};
use crate::{
    auth::{self, cookie},
    dav::Body,
    discovery,
};

/// The cookie that binds the pages to a view.
const COOKIE: &str = "allmende_flow_v1";
/// What stands for the token of a flow of version 2 in the state: no such token is so short.
const FLOW: &str = "v1";
/// Seconds that a person may take.
const LIFETIME: i64 = 20 * 60;

impl Web<'_> {
    /// `/login/flow` and what follows.
    pub(super) async fn legacy_flow(&self, rest: &str, request: Request<Body>) -> Response<Bytes> {
        match (rest, request.method().clone()) {
            ("", Method::GET | Method::HEAD) => self.legacy_start(&request.into_parts().0),
            ("", Method::POST) => self.legacy_grant(request).await,
            ("grant", Method::GET | Method::HEAD) => {
                self.legacy_grant_page(&request.into_parts().0).await
            }
            ("apptoken", Method::POST) => self.legacy_app_password(request).await,
            ("" | "grant" | "apptoken", _) => discovery::empty(StatusCode::METHOD_NOT_ALLOWED),
            _ => super::not_found(self.inner, request.headers()),
        }
    }

    /// The first page. Only a client can send its header, so no link leads people here.
    fn legacy_start(&self, request: &Parts) -> Response<Bytes> {
        let headers = &request.headers;
        if let Some(program) = query(request, "clientIdentifier").filter(|id| !id.is_empty()) {
            // Programs have pages of their own here, for which the original uses these.
            let program: String = form_urlencoded::byte_serialize(program.as_bytes()).collect();
            let place = "/apps/oauth2/authorize?response_type=code&state=&client_id=";
            return self.to(&format!("{place}{program}"));
        }
        if !headers.contains_key("ocs-apirequest") {
            let frame = self.frame(headers);
            let words = frame.words();
            let (title, text) = (words.refused_title, words.invalid_request);
            return frame.message(StatusCode::FORBIDDEN, title, text);
        }
        let Ok(random) = self.inner.accounts.anonymous_cookie() else { return unavailable() };
        let state = self.inner.accounts.login_flow_state(FLOW, random.expose());
        let user = query(request, "user").unwrap_or_default();
        let client = client_name(headers);
        let mut page =
            self.frame(headers).connect("/login/flow/grant", state.expose(), &user, client);
        self.set_cookie(&mut page, COOKIE, random.expose(), Some(LIFETIME));
        page
    }

    /// `GET /login/flow/grant`: the question to the person, who signs in first.
    async fn legacy_grant_page(&self, request: &Parts) -> Response<Bytes> {
        let headers = &request.headers;
        let state = query(request, "stateToken").unwrap_or_default();
        if !self.is_state(headers, &state) {
            return self.state_mismatch(headers);
        }
        let who = match self.inner.authenticate(request, self.origin).await {
            Ok(who) => who,
            Err(auth::Stranger::Unknown(_)) => return unavailable(),
            Err(_) => return self.sign_in_for("/login/flow/grant", &state, request),
        };
        let session = cookie(headers, self.inner.session_cookie()).unwrap_or_default();
        let Ok(token) = self.inner.accounts.request_token(session) else { return unavailable() };
        let (name, client) = (&who.person.display_name, client_name(headers));
        self.frame(headers).grant("/login/flow", &token, &state, name, client)
    }

    /// `POST /login/flow`: the person says yes.
    async fn legacy_grant(&self, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let who = match self.inner.authenticate(&parts, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return self.sign_in_first(&parts, &stranger),
        };
        let headers = parts.headers.clone();
        let Ok(fields) = fields(Request::from_parts(parts, body)).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        // As of version 2: whoever shows a password needs no protection of a form.
        if matches!(who.method, Proven::Session { .. })
            && !self.form_is_own(&headers, field("requesttoken"))
        {
            return forged();
        }
        if !self.is_state(&headers, field("stateToken")) {
            return self.state_mismatch(&headers);
        }
        self.hand_out(&headers, &who, who.person.id.as_str()).await
    }

    /// `POST /login/flow/apptoken`: let in by an app password that the person typed.
    async fn legacy_app_password(&self, request: Request<Body>) -> Response<Bytes> {
        let headers = request.headers().clone();
        let Ok(fields) = fields(request).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        if !self.is_state(&headers, field("stateToken")) {
            return forged();
        }
        match self.typed_app_password(&headers, field("user"), field("password")).await {
            Ok(who) => self.hand_out(&headers, &who, field("user")).await,
            Err(response) => response,
        }
    }

    /// Sends the view to the client, with a new app password.
    async fn hand_out(
        &self,
        headers: &HeaderMap,
        who: &Authenticated,
        login_name: &str,
    ) -> Response<Bytes> {
        let accounts = auth::acting(self.inner, self.origin, headers, Some(who));
        let new = NewAppPassword::new(client_name(headers));
        let made =
            accounts.create_app_password(&who.person.id, login_name, new, self.inner.now()).await;
        let Ok((_, secret)) = made else { return unavailable() };
        let encoded =
            |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        // The server's address is not encoded: clients cut it out as it stands.
        let place = format!(
            "nc://login/server:{}&user:{}&password:{}",
            self.origin.base_url(),
            encoded(login_name),
            encoded(secret.expose()),
        );
        let mut response = discovery::redirect(StatusCode::SEE_OTHER, &place);
        self.set_cookie(&mut response, COOKIE, "", Some(0));
        response
    }

    fn is_state(&self, headers: &HeaderMap, state: &str) -> bool {
        let random = cookie(headers, COOKIE).filter(|random| !random.is_empty());
        random.is_some_and(|random| {
            self.inner.accounts.login_flow_state(FLOW, random).expose() == state
        })
    }

    fn state_mismatch(&self, headers: &HeaderMap) -> Response<Bytes> {
        let frame = self.frame(headers);
        let words = frame.words();
        frame.message(StatusCode::FORBIDDEN, words.refused_title, words.state_mismatch)
    }
}

/// The client, as it calls itself.
fn client_name(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
