//! OAuth 2 (RFC 6749): a program such as OpenProject asks a person for consent in their
//! browser, and exchanges what it gets for tokens.

use allmende_accounts::{ErrorKind, Method as Proven, OAuthClient, OAuthClientId, OAuthGrant};
use allmende_ocs::{
    RequestLimits, Secret,
    oauth2::{Token, TokenError, TokenRequest},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use serde_json::json;

use super::{Web, fields, forged, not_logged_in, query, unavailable};
use crate::{auth, dav::Body, discovery};

/// Bytes of a request for tokens.
const MAX_BODY: usize = 64 * 1024;

/// What a program sent a person's browser with.
struct Asked {
    client: OAuthClient,
    state: String,
    challenge: Option<String>,
}

impl Web<'_> {
    /// `/apps/oauth2/…`.
    pub(super) async fn oauth2(&self, rest: &str, request: Request<Body>) -> Response<Bytes> {
        match (rest, request.method().clone()) {
            ("authorize", Method::GET) => self.consent_page(&request.into_parts().0).await,
            ("authorize", Method::POST) => self.consent(request).await,
            ("api/v1/token", Method::POST) => self.token(request).await,
            ("clients", Method::POST) => self.register_program(request).await,
            (rest, Method::DELETE) => match rest.strip_prefix("clients/").map(str::parse) {
                Some(Ok(id)) => self.remove_program(OAuthClientId(id), request).await,
                _ => discovery::empty(StatusCode::NOT_FOUND),
            },
            ("authorize" | "api/v1/token" | "clients", _) => {
                discovery::empty(StatusCode::METHOD_NOT_ALLOWED)
            }
            _ => discovery::empty(StatusCode::NOT_FOUND),
        }
    }

    /// What a query, or the form made of it, asks for; or the answer to what cannot be.
    async fn asked(
        &self,
        headers: &HeaderMap,
        field: impl Fn(&str) -> String,
    ) -> Result<Asked, Response<Bytes>> {
        let found = self.inner.accounts.oauth_client(&field("client_id")).await;
        let client = match found {
            Ok(Some(client)) => client,
            // Observed: no error, for only people see it; and never a way to elsewhere.
            Ok(None) => {
                let frame = self.frame(headers);
                let words = frame.words();
                return Err(frame.message(
                    StatusCode::OK,
                    words.refused_title,
                    words.unknown_program,
                ));
            }
            Err(_) => return Err(unavailable()),
        };
        let state = field("state");
        let challenge = Some(field("code_challenge")).filter(|text| !text.is_empty());
        let problem = if field("response_type") != "code" {
            Some("unsupported_response_type")
        } else if challenge.is_some() && field("code_challenge_method") != "S256" {
            Some("invalid_request")
        } else {
            None
        };
        match problem {
            Some(problem) => Err(back(&client, &[("error", problem), ("state", &state)])),
            None => Ok(Asked { client, state, challenge }),
        }
    }

    async fn consent_page(&self, request: &Parts) -> Response<Bytes> {
        let field = |name: &str| query(request, name).unwrap_or_default();
        let asked = match self.asked(&request.headers, field).await {
            Ok(asked) => asked,
            Err(response) => return response,
        };
        let who = match self.inner.authenticate(request, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return self.sign_in_first(request, &stranger),
        };
        let session = auth::cookie(&request.headers, self.inner.session_cookie());
        let Ok(token) = self.inner.accounts.request_token(session.unwrap_or_default()) else {
            return unavailable();
        };
        let Asked { client, state, challenge } = asked;
        let (name, challenge) = (&who.person.display_name, challenge.unwrap_or_default());
        let frame = self.frame(&request.headers);
        let mut page =
            frame.consent(&token, name, &client.name, &client.identifier, &state, &challenge);
        // The answer to the form leads to the program, which browsers ask the policy about.
        let origin = origin(&client.redirect_uri);
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; \
             form-action 'self' {origin}; frame-ancestors 'none'; base-uri 'none'"
        );
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        page
    }

    async fn consent(&self, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let who = match self.inner.authenticate(&parts, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return self.sign_in_first(&parts, &stranger),
        };
        let headers = parts.headers.clone();
        let Ok(fields) = fields(Request::from_parts(parts, body)).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        // A program must not let itself in by an app password that it already has.
        if !matches!(who.method, Proven::Session { .. })
            || !self.form_is_own(&headers, &field("requesttoken"))
        {
            return forged();
        }
        let Asked { client, state, challenge } = match self.asked(&headers, field).await {
            Ok(asked) => asked,
            Err(response) => return response,
        };
        let (person, now) = (&who.person.id, self.inner.now());
        let (id, challenge) = (client.id, challenge.as_deref());
        let code =
            self.inner.accounts.grant_oauth_code(id, person, person.as_str(), challenge, now);
        match code.await {
            Ok(code) => back(&client, &[("state", &state), ("code", code.expose())]),
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NoSuchPerson => {
                    back(&client, &[("error", "access_denied"), ("state", &state)])
                }
                _ => unavailable(),
            },
        }
    }

    /// The token endpoint (RFC 6749, section 3.2).
    async fn token(&self, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let Ok(body) = body.collect(MAX_BODY).await else {
            return TokenError::InvalidRequest.to_response();
        };
        let asked = match TokenRequest::read(&parts, &body, RequestLimits::default()) {
            Ok(asked) => asked,
            Err(refused) => return refused.to_response(),
        };
        match self.exchange(&asked).await {
            Ok(token) => token.to_response().unwrap_or_else(|_| unavailable()),
            Err(Some(refused)) => refused.to_response(),
            Err(None) => unavailable(),
        }
    }

    /// The tokens for a request; without a reason where that cannot be found out.
    async fn exchange(&self, asked: &TokenRequest) -> Result<Token, Option<TokenError>> {
        let secret = |text: &Option<Secret>| -> String {
            text.as_ref().map_or_else(String::new, |text| text.expose().to_owned())
        };
        let (code, refresh) = (secret(&asked.code), secret(&asked.refresh_token));
        let verifier = asked.code_verifier.as_ref().map(Secret::expose);
        let grant = match asked.grant_type.as_str() {
            "authorization_code" => OAuthGrant::Code(&code, verifier),
            "refresh_token" => OAuthGrant::Refresh(&refresh),
            _ => return Err(Some(TokenError::InvalidGrant)),
        };
        let accounts = &self.inner.accounts;
        let identifier = asked.client_id.as_deref().unwrap_or_default();
        let client = accounts
            .authenticate_oauth_client(identifier, &secret(&asked.client_secret))
            .await
            .map_err(|_| None)?
            .ok_or(Some(TokenError::InvalidClient))?;
        let tokens = accounts.exchange_oauth_grant(&client, grant, self.inner.now()).await;
        let tokens = tokens.map_err(|error| {
            (error.kind() == ErrorKind::NotFound).then_some(TokenError::InvalidRequest)
        })?;
        Ok(Token {
            access_token: tokens.access.expose().into(),
            token_type: "Bearer".to_owned(),
            expires_in: tokens.expires_in.unsigned_abs(),
            refresh_token: tokens.refresh.expose().into(),
            user_id: tokens.person.to_string(),
        })
    }

    /// Lets an administrator through who gave their password a short while ago.
    async fn administrator(&self, parts: &Parts) -> Result<(), Response<Bytes>> {
        let who = match self.inner.authenticate(parts, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return Err(not_logged_in(&stranger)),
        };
        if !auth::is_own(&self.inner.accounts, &who, &parts.headers, self.inner.session_cookie()) {
            return Err(forged());
        }
        let refused =
            |text: &str| discovery::json(StatusCode::FORBIDDEN, &json!({ "message": text }));
        if !who.administrator {
            return Err(refused("Logged in account must be an admin"));
        }
        if !self.is_confirmed(&who) {
            return Err(refused("Password confirmation is required"));
        }
        Ok(())
    }

    async fn register_program(&self, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        if let Err(response) = self.administrator(&parts).await {
            return response;
        }
        let Ok(fields) = fields(Request::from_parts(parts, body)).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let made = self.inner.accounts.register_oauth_client(field("name"), field("redirectUri"));
        match made.await {
            Ok((client, secret)) => {
                let answer = json!({
                    "id": client.id.0,
                    "name": client.name,
                    "redirectUri": client.redirect_uri,
                    "clientId": client.identifier,
                    "clientSecret": secret.expose(),
                });
                discovery::json(StatusCode::OK, &answer)
            }
            Err(error) if error.kind() == ErrorKind::Invalid => {
                let text = "Your redirect URL needs to be a full URL for example: https://yourdomain.com/path";
                discovery::json(StatusCode::BAD_REQUEST, &json!({ "message": text }))
            }
            Err(_) => unavailable(),
        }
    }

    async fn remove_program(&self, id: OAuthClientId, request: Request<Body>) -> Response<Bytes> {
        if let Err(response) = self.administrator(&request.into_parts().0).await {
            return response;
        }
        match self.inner.accounts.remove_oauth_client(id).await {
            Ok(()) => discovery::json(StatusCode::OK, &[(); 0]),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                discovery::json(StatusCode::NOT_FOUND, &[(); 0])
            }
            Err(_) => unavailable(),
        }
    }
}

/// Scheme, host and port of a registered address.
fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find(['/', '?']).map_or(address.len(), |at| host + at);
    &address[..end]
}

/// The way back to a program: only ever to the address that it registered.
fn back(client: &OAuthClient, fields: &[(&str, &str)]) -> Response<Bytes> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    let glue = if client.redirect_uri.contains('?') { '&' } else { '?' };
    let place = format!("{}{glue}{}", client.redirect_uri, query.finish());
    discovery::redirect(StatusCode::SEE_OTHER, &place)
}
