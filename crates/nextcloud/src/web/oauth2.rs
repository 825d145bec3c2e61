//! OAuth 2 (RFC 6749): a program such as OpenProject asks a person for consent in their
//! browser, and exchanges what it gets for tokens.

use allmende_accounts::{
    ErrorKind, Method as Proven, OAuthClient, OAuthClientId, OAuthGrant, OAuthTokens,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use serde_json::json;

use super::{Web, fields, forged, not_logged_in, query, unavailable};
use crate::{auth, dav::Body, discovery};

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
        let basic = auth::basic_of(request.headers());
        let Ok(fields) = fields(request).await else { return refused("invalid_request") };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let (identifier, secret) = match &basic {
            Some((identifier, secret)) => (identifier.as_str(), secret.as_str()),
            None => (field("client_id"), field("client_secret")),
        };
        let grant = match field("grant_type") {
            "authorization_code" => {
                OAuthGrant::Code(field("code"), fields.get("code_verifier").map(String::as_str))
            }
            "refresh_token" => OAuthGrant::Refresh(field("refresh_token")),
            _ => return refused("invalid_grant"),
        };
        let accounts = &self.inner.accounts;
        let client = match accounts.authenticate_oauth_client(identifier, secret).await {
            Ok(Some(client)) => client,
            Ok(None) => return refused("invalid_client"),
            Err(_) => return unavailable(),
        };
        match accounts.exchange_oauth_grant(&client, grant, self.inner.now()).await {
            Ok(OAuthTokens { access, refresh, expires_in, person, .. }) => {
                let answer = json!({
                    "access_token": access.expose(),
                    "token_type": "Bearer",
                    "expires_in": expires_in,
                    "refresh_token": refresh.expose(),
                    "user_id": person.as_str(),
                });
                discovery::json(StatusCode::OK, &answer)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => refused("invalid_request"),
            Err(_) => unavailable(),
        }
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

/// An error of the token endpoint (RFC 6749, section 5.2).
fn refused(error: &str) -> Response<Bytes> {
    discovery::json(StatusCode::BAD_REQUEST, &json!({ "error": error }))
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
