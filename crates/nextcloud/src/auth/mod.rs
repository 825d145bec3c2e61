//! Who sends a request, and what those hear who cannot tell.

mod credentials;

use std::{sync::Arc, time::Duration};

use allmende_accounts::{Accounts, Act, AuthError, Authenticated, Credentials, Method};
use allmende_types::{Principal, Timestamp};
use http::{HeaderMap, HeaderValue, header, request::Parts};

pub(crate) use self::credentials::{Proof, basic_of, cookie};
use crate::{Origin, service::Inner};

/// Why a request has no person.
#[derive(Debug)]
pub(crate) enum Stranger {
    /// It brought no proof.
    Anonymous,
    /// Its proof is not valid. The answer was held back already.
    Rejected,
    /// Its proof is right, and the account is disabled.
    Disabled,
    /// Too many wrong proofs came from its network.
    TooMany {
        /// When another one will be looked at.
        retry_after: Duration,
    },
    /// It cannot be found out now.
    Unknown(allmende_accounts::Error),
}

/// Says who sends a request. `session` is the name of the session cookie.
pub(crate) async fn authenticate(
    accounts: &Accounts,
    request: &Parts,
    origin: &Origin,
    session: &str,
    now: Timestamp,
) -> Result<Arc<Authenticated>, Stranger> {
    let proof = Proof::of(&request.headers, session);
    let credentials = match &proof {
        Proof::Basic { login, secret } => Credentials::Basic { login, secret },
        Proof::Bearer(secret) => Credentials::Bearer(secret),
        Proof::Session(cookie) => Credentials::Session(cookie),
        Proof::None => return Err(Stranger::Anonymous),
    };
    match accounts.authenticate(credentials, origin.client, now).await {
        Ok(who) => Ok(who),
        Err(error) => {
            let stranger = stranger(error).await;
            // A cookie of an ended session, or of a browser that never signed in, is none.
            match (&proof, stranger) {
                (Proof::Session(_), Stranger::Rejected) => Err(Stranger::Anonymous),
                (_, stranger) => Err(stranger),
            }
        }
    }
}

/// Waits as long as a failure asks for, and says what it means.
pub(crate) async fn stranger(error: AuthError) -> Stranger {
    match error {
        AuthError::Rejected { delay } => {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            Stranger::Rejected
        }
        AuthError::Disabled => Stranger::Disabled,
        AuthError::TooManyAttempts { retry_after } => Stranger::TooMany { retry_after },
        AuthError::Unavailable(error) => Stranger::Unknown(error),
        _ => Stranger::Rejected,
    }
}

/// The value of `Retry-After` for a network that has to wait.
pub(crate) fn seconds(retry_after: Duration) -> HeaderValue {
    HeaderValue::from(retry_after.as_secs().max(1))
}

/// Whether a request is protected against being forged by another site: it shows more
/// than a cookie, or it brings what no other site can send.
pub(crate) fn is_own(
    accounts: &Accounts,
    who: &Authenticated,
    headers: &HeaderMap,
    session: &str,
) -> bool {
    if !matches!(who.method, Method::Session { .. }) || headers.contains_key("ocs-apirequest") {
        return true;
    }
    let token = headers.get("requesttoken").and_then(|value| value.to_str().ok());
    match (cookie(headers, session), token) {
        (Some(cookie), Some(token)) => accounts.check_request_token(cookie, token),
        _ => false,
    }
}

/// The challenge of the WebDAV part. Scripts get a scheme that no browser knows, so that
/// it opens no dialogue.
pub(crate) fn challenge(headers: &HeaderMap) -> HeaderValue {
    let script = headers.get("x-requested-with").is_some_and(|v| v == "XMLHttpRequest");
    HeaderValue::from_static(if script {
        "DummyBasic realm=\"Nextcloud\""
    } else {
        "Basic realm=\"Nextcloud\", charset=\"UTF-8\""
    })
}

/// Whether a client would show a page.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("html"))
}

/// The people, in whose events stands who acts with this request.
pub(crate) fn acting(
    inner: &Inner,
    origin: &Origin,
    headers: &HeaderMap,
    who: Option<&Authenticated>,
) -> Accounts {
    inner.accounts.acting(Act {
        by: who.map(|who| Principal::Person(who.person.id.clone())),
        origin: origin.told(headers),
        now: inner.now(),
    })
}
