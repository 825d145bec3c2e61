//! The token endpoint of OAuth 2 (RFC 6749): no OCS, but what applications such as OpenProject
//! use to get at it.
//!
//! There are no scopes; an access token is an app password that ends after an hour. A refresh
//! replaces both tokens. PKCE (RFC 7636) is possible and not required, as in the original.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::{EncodeError, Secret, codec};

/// The path of the endpoint below the server's address.
pub const TOKEN_PATH: &str = "/index.php/apps/oauth2/api/v1/token";

/// A code or a refresh token, to be exchanged for an access token.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// `authorization_code` or `refresh_token`; others are [`TokenError::InvalidGrant`].
    pub grant_type: String,
    /// The code that the person's consent brought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
    /// The refresh token of the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// The address that the code was sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// The text whose hash came with the request for consent (RFC 7636 section 4.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_verifier: Option<Secret>,
    /// Id of the application, in the body or as the name of `Authorization: Basic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its secret, in the body or as the password of `Authorization: Basic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
}

/// An access token.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Token {
    /// The token.
    pub access_token: Secret,
    /// `Bearer`.
    pub token_type: String,
    /// For how many seconds it is good.
    pub expires_in: u64,
    /// What to get the next one with.
    pub refresh_token: Secret,
    /// Id of the person.
    pub user_id: String,
}

/// Why there is no token (RFC 6749 section 5.2). The original answers all of them with 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenError {
    /// The code or the refresh token is wrong, used or too old.
    #[error("the code or refresh token is not valid")]
    InvalidRequest,
    /// The application is unknown, or its secret is wrong.
    #[error("the application is not known by this id and secret")]
    InvalidClient,
    /// There is no such grant type.
    #[error("the grant type is not known")]
    InvalidGrant,
    /// Something else.
    #[error("there is no token for another reason")]
    #[serde(other)]
    Other,
}

#[derive(Serialize, Deserialize)]
struct Refused {
    error: TokenError,
}

impl Token {
    /// The answer with this token. Nothing on the way may keep it (RFC 6749 section 5.1).
    ///
    /// # Errors
    /// [`EncodeError`] if it cannot be written.
    pub fn to_response(&self) -> Result<Response<Bytes>, EncodeError> {
        Ok(json(StatusCode::OK, codec::json::write(self)?))
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// [`TokenError`]; [`Other`](TokenError::Other) for what is no answer of this endpoint.
    pub fn from_response(response: &Response<Bytes>) -> Result<Self, TokenError> {
        if response.status() == StatusCode::OK {
            let token: Self =
                serde_json::from_slice(response.body()).map_err(|_| TokenError::Other)?;
            return if token.access_token.is_empty() { Err(TokenError::Other) } else { Ok(token) };
        }
        let refused: Result<Refused, _> = serde_json::from_slice(response.body());
        Err(refused.map_or(TokenError::Other, |refused| refused.error))
    }
}

impl TokenError {
    /// The answer: 400 and `{"error":"…"}`.
    ///
    /// ```
    /// use allmende_ocs::oauth2::TokenError;
    ///
    /// let response = TokenError::InvalidClient.to_response();
    /// assert_eq!(response.status(), 400);
    /// assert_eq!(response.body(), r#"{"error":"invalid_client"}"#);
    /// ```
    #[must_use]
    pub fn to_response(self) -> Response<Bytes> {
        let error = match self {
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRequest | Self::Other => "invalid_request",
        };
        json(StatusCode::BAD_REQUEST, format!(r#"{{"error":"{error}"}}"#).into_bytes())
    }
}

fn json(status: StatusCode, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(feature = "server")]
mod server {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use http::{HeaderMap, header, request::Parts};

    use super::{TokenError, TokenRequest};
    use crate::request::gather;
    use crate::{RequestLimits, Value, from_value};

    impl TokenRequest {
        /// Reads a request: a form or JSON, the application's id and secret in there or in
        /// `Authorization: Basic`.
        ///
        /// # Errors
        /// [`TokenError::InvalidRequest`] for a malformed body or one beyond the limits.
        pub fn read(parts: &Parts, body: &[u8], limits: RequestLimits) -> Result<Self, TokenError> {
            let params = gather(parts, body, limits).map_err(|_| TokenError::InvalidRequest)?;
            let mut request: Self =
                from_value(Value::Map(params)).map_err(|_| TokenError::InvalidRequest)?;
            // As in the original, the header wins.
            if let Some((id, secret)) = basic(&parts.headers) {
                request.client_id = Some(id);
                request.client_secret = Some(secret.into());
            }
            Ok(request)
        }
    }

    fn basic(headers: &HeaderMap) -> Option<(String, String)> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, credentials) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((id.to_owned(), secret.to_owned()))
    }
}

#[cfg(feature = "client")]
mod client {
    use bytes::Bytes;
    use http::{Request, header};

    use super::{TOKEN_PATH, TokenRequest};
    use crate::{EncodeError, Site, codec};

    impl TokenRequest {
        /// Makes the request, with JSON as its body.
        ///
        /// # Errors
        /// [`EncodeError`] if the address is no URI.
        pub fn to_http(&self, site: &Site) -> Result<Request<Bytes>, EncodeError> {
            Request::post(format!("{}{TOKEN_PATH}", site.base))
                .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
                .header(header::ACCEPT, "application/json")
                .body(codec::json::write(self)?.into())
                .map_err(EncodeError::new)
        }
    }
}
