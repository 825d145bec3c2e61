//! The page on which people choose a password, by a link that came by mail.

use allmende_accounts::ErrorKind;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, request::Parts};

use super::{Web, fields, unavailable};
use crate::{dav::Body, discovery, ocs::settings::Settings};

impl Web<'_> {
    /// `/lostpassword/reset/form/{token}`; the original adds the person's id, which says
    /// nothing that the token does not.
    pub(super) async fn choose_password(
        &self,
        rest: &str,
        request: Request<Body>,
    ) -> Response<Bytes> {
        let token = rest.split('/').next().unwrap_or_default().to_owned();
        match *request.method() {
            Method::GET | Method::HEAD => {
                self.choose_password_page(&token, &request.into_parts().0, None).await
            }
            Method::POST => self.take_chosen_password(&token, request).await,
            _ => discovery::empty(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    async fn choose_password_page(
        &self,
        token: &str,
        request: &Parts,
        problem: Option<&str>,
    ) -> Response<Bytes> {
        let frame = self.frame(&request.headers);
        let person = match self.inner.accounts.password_link(token, self.inner.now()).await {
            Ok(Some(person)) => person,
            Ok(None) => {
                let words = frame.words();
                let status = StatusCode::NOT_FOUND;
                return frame.message(status, words.choose_password, words.password_link_over);
            }
            Err(_) => return unavailable(),
        };
        let Some(browser) = self.browser(&request.headers) else { return unavailable() };
        let Ok(form_token) = self.inner.accounts.request_token(&browser.cookie) else {
            return unavailable();
        };
        let mut response = frame.choose_password(&form_token, person.as_str(), problem);
        self.introduce(&mut response, &browser);
        response
    }

    async fn take_chosen_password(&self, token: &str, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let head = parts.clone();
        let Ok(fields) = fields(Request::from_parts(parts, body)).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let frame = self.frame(&head.headers);
        let words = frame.words();
        if !self.form_is_own(&head.headers, field("requesttoken")) {
            return self.choose_password_page(token, &head, Some(words.form_expired)).await;
        }
        let password = field("password");
        if password != field("repeated") {
            return self.choose_password_page(token, &head, Some(words.passwords_differ)).await;
        }
        let Ok(settings) = Settings::of(self.inner).await else { return unavailable() };
        if let Err(weak) = settings.check_password(password) {
            return self.choose_password_page(token, &head, Some(&weak.message)).await;
        }
        let accounts = crate::auth::acting(self.inner, self.origin, &head.headers, None);
        match accounts.set_password_by_link(token, password, self.inner.now()).await {
            Ok(person) => {
                let user: String =
                    form_urlencoded::byte_serialize(person.as_str().as_bytes()).collect();
                self.to(&format!("/login?user={user}"))
            }
            Err(error) => match error.kind() {
                // The page says that the link is over.
                ErrorKind::NotFound => self.choose_password_page(token, &head, None).await,
                ErrorKind::UnfitPassword => {
                    self.choose_password_page(token, &head, Some(words.unfit_password)).await
                }
                _ => unavailable(),
            },
        }
    }
}
