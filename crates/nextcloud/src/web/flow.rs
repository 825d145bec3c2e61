//! Login flow v2: a client gets an app password, and a person says yes in a browser.

use std::sync::Arc;

use allmende_accounts::{
    Authenticated, Credentials, ErrorKind, Grant, Method as Proven, WaitingFlow,
};
use allmende_types::UserId;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header, request::Parts};
use serde_json::json;

use super::{Web, fields, forged, query, unavailable};
use crate::{
    auth::{self, cookie},
    dav::Body,
    discovery,
};

/// The cookie that binds a flow to a browser: the login token and a random text.
const COOKIE: &str = "allmende_flow";
/// Seconds that a flow lasts.
const LIFETIME: i64 = 20 * 60;

/// A flow in a browser.
struct Flow {
    login: String,
    random: String,
    waiting: WaitingFlow,
}

impl Web<'_> {
    /// `POST /login/v2`: a client starts, and is named by its `User-Agent`.
    pub(super) async fn flow_start(&self, request: &Parts) -> Response<Bytes> {
        let name = request.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok());
        let now = self.inner.now();
        match self.inner.accounts.start_login_flow(name.unwrap_or_default(), now).await {
            Ok(flow) => {
                let base = self.origin.base_url();
                let answer = json!({
                    "poll": {
                        "token": flow.poll.expose(),
                        "endpoint": format!("{base}/login/v2/poll"),
                    },
                    "login": format!("{base}/login/v2/flow/{}", flow.login.expose()),
                });
                discovery::json(StatusCode::OK, &answer)
            }
            Err(error) if error.kind() == ErrorKind::TooMany => {
                discovery::empty(StatusCode::TOO_MANY_REQUESTS)
            }
            Err(_) => unavailable(),
        }
    }

    /// `POST /login/v2/poll`: 404 until the person has agreed, then the app password once.
    pub(super) async fn flow_poll(&self, request: Request<Body>) -> Response<Bytes> {
        let Ok(fields) = fields(request).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let token = fields.get("token").map_or("", String::as_str);
        match self.inner.accounts.poll_login_flow(token, self.inner.now()).await {
            Ok(Some(granted)) => {
                let answer = json!({
                    "server": self.origin.base_url(),
                    "loginName": granted.login_name,
                    "appPassword": granted.app_password.expose(),
                });
                discovery::json(StatusCode::OK, &answer)
            }
            Ok(None) => discovery::json(StatusCode::NOT_FOUND, &[(); 0]),
            Err(_) => unavailable(),
        }
    }

    /// `GET /login/v2/flow/{token}`: the client sends the person here.
    pub(super) async fn flow_open(&self, token: &str, request: &Parts) -> Response<Bytes> {
        match self.inner.accounts.waiting_login_flow(token, self.inner.now()).await {
            Ok(Some(_)) => {}
            Ok(None) => return self.refused(&request.headers, Why::Expired),
            Err(_) => return unavailable(),
        }
        let Ok(random) = self.inner.accounts.anonymous_cookie() else { return unavailable() };
        let user = query(request, "user").unwrap_or_default();
        let user: String = form_urlencoded::byte_serialize(user.as_bytes()).collect();
        let mut response = self.to(&format!("/login/v2/flow?user={user}&direct=0"));
        let value = format!("{token}.{}", random.expose());
        self.set_cookie(&mut response, COOKIE, &value, Some(LIFETIME));
        response
    }

    /// The flow that this browser was sent with.
    async fn flow(&self, headers: &HeaderMap) -> Result<Flow, Response<Bytes>> {
        let bound = cookie(headers, COOKIE).and_then(|value| value.split_once('.'));
        let Some((login, random)) = bound else { return Err(self.refused(headers, Why::Expired)) };
        match self.inner.accounts.waiting_login_flow(login, self.inner.now()).await {
            Ok(Some(waiting)) => {
                Ok(Flow { login: login.to_owned(), random: random.to_owned(), waiting })
            }
            Ok(None) => Err(self.refused(headers, Why::Expired)),
            Err(_) => Err(unavailable()),
        }
    }

    pub(super) async fn flow_page(&self, request: &Parts) -> Response<Bytes> {
        let flow = match self.flow(&request.headers).await {
            Ok(flow) => flow,
            Err(response) => return response,
        };
        let state = self.inner.accounts.login_flow_state(&flow.login, &flow.random);
        let user = query(request, "user").unwrap_or_default();
        let client = &flow.waiting.client_name;
        self.frame(&request.headers).connect("/login/v2/grant", state.expose(), &user, client)
    }

    /// `GET /login/v2/grant`: the question to the person, who signs in first.
    pub(super) async fn flow_grant_page(&self, request: &Parts) -> Response<Bytes> {
        let flow = match self.flow(&request.headers).await {
            Ok(flow) => flow,
            Err(response) => return response,
        };
        let state = query(request, "stateToken").unwrap_or_default();
        if self.inner.accounts.login_flow_state(&flow.login, &flow.random).expose() != state {
            return self.refused(&request.headers, Why::State);
        }
        let who = match self.inner.authenticate(request, self.origin).await {
            Ok(who) => who,
            Err(auth::Stranger::Unknown(_)) => return unavailable(),
            Err(_) => return self.sign_in_for("/login/v2/grant", &state, request),
        };
        let session = cookie(&request.headers, self.inner.session_cookie()).unwrap_or_default();
        let Ok(token) = self.inner.accounts.request_token(session) else { return unavailable() };
        let (name, client) = (&who.person.display_name, &flow.waiting.client_name);
        self.frame(&request.headers).grant("/login/v2/grant", &token, &state, name, client)
    }

    /// The way of a person who is to sign in before the question of a flow, and back to it.
    pub(super) fn sign_in_for(&self, grant: &str, state: &str, request: &Parts) -> Response<Bytes> {
        let encoded =
            |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        let back = format!("{grant}?stateToken={}", encoded(state));
        let user = query(request, "user").unwrap_or_default();
        self.to(&format!("/login?redirect_url={}&user={}", encoded(&back), encoded(&user)))
    }

    /// `POST /login/v2/grant`: the person says yes.
    pub(super) async fn flow_grant(&self, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let flow = match self.flow(&parts.headers).await {
            Ok(flow) => flow,
            Err(response) => return response,
        };
        let who = match self.inner.authenticate(&parts, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return self.sign_in_first(&parts, &stranger),
        };
        let headers = parts.headers.clone();
        let Ok(fields) = fields(Request::from_parts(parts, body)).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        // Only a browser has a form; whoever shows a password needs no protection from it.
        if matches!(who.method, Proven::Session { .. })
            && !self.form_is_own(&headers, field("requesttoken"))
        {
            return forged();
        }
        let id = who.person.id.clone();
        self.grant(&headers, &flow, field("stateToken"), &id, id.as_str()).await
    }

    /// `POST /login/v2/apptoken`: let in by an app password that the person typed.
    pub(super) async fn flow_app_password(&self, request: Request<Body>) -> Response<Bytes> {
        let headers = request.headers().clone();
        let Ok(fields) = fields(request).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let Ok(flow) = self.flow(&headers).await else { return forged() };
        let state = self.inner.accounts.login_flow_state(&flow.login, &flow.random);
        if state.expose() != field("stateToken") {
            return forged();
        }
        let (login, secret) = (field("user"), field("password"));
        match self.typed_app_password(&headers, login, secret).await {
            Ok(who) => {
                self.grant(&headers, &flow, field("stateToken"), &who.person.id, login).await
            }
            Err(response) => response,
        }
    }

    /// Who shows an app password in a form. The real password is not for these.
    pub(super) async fn typed_app_password(
        &self,
        headers: &HeaderMap,
        login: &str,
        secret: &str,
    ) -> Result<Arc<Authenticated>, Response<Bytes>> {
        let credentials = Credentials::Basic { login, secret };
        let (client, now) = (self.origin.client, self.inner.now());
        match self.inner.accounts.authenticate(credentials, client, now).await {
            Ok(who) if matches!(who.method, Proven::AppPassword { .. }) => Ok(who),
            Ok(_) => Err(self.refused(headers, Why::Credentials)),
            Err(error) => Err(match auth::stranger(error).await {
                auth::Stranger::Unknown(_) => unavailable(),
                _ => self.refused(headers, Why::Credentials),
            }),
        }
    }

    async fn grant(
        &self,
        headers: &HeaderMap,
        flow: &Flow,
        state: &str,
        person: &UserId,
        login_name: &str,
    ) -> Response<Bytes> {
        let Flow { login, random, .. } = flow;
        let grant = Grant { login, state, cookie: random, person, login_name };
        match self.inner.accounts.grant_login_flow(grant, self.inner.now()).await {
            Ok(()) => {
                let frame = self.frame(headers);
                let words = frame.words();
                let mut page =
                    frame.message(StatusCode::OK, words.connected_title, words.connected);
                self.set_cookie(&mut page, COOKIE, "", Some(0));
                page
            }
            Err(error) => match error.kind() {
                ErrorKind::StateMismatch => self.refused(headers, Why::State),
                ErrorKind::NotFound | ErrorKind::NoSuchPerson => {
                    self.refused(headers, Why::Expired)
                }
                _ => unavailable(),
            },
        }
    }

    fn refused(&self, headers: &HeaderMap, why: Why) -> Response<Bytes> {
        let frame = self.frame(headers);
        let words = frame.words();
        let text = match why {
            Why::Expired => words.login_expired,
            Why::State => words.state_mismatch,
            Why::Credentials => words.wrong_password,
        };
        frame.message(StatusCode::FORBIDDEN, words.refused_title, text)
    }
}

/// Why a flow does not go on.
#[derive(Clone, Copy)]
enum Why {
    Expired,
    State,
    Credentials,
}
