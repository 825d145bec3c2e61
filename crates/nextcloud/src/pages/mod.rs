//! The HTML pages that a browser, or the web view of a client, shows.
//!
//! They work without scripts, with the keyboard and with a screen reader, in German and
//! English. Each is one form or one message; whatever a person or a client chose (names,
//! user agents) is escaped by the templates.

/// Each page is a template with the fields that it needs beside those of all.
macro_rules! pages {
    ($($page:ident($path:literal) { $($field:ident: $type:ty),* $(,)? })*) => {$(
        #[derive(Template)]
        #[template(path = $path)]
        struct $page<'a> {
            name: &'a str,
            language: Language,
            t: &'static Words,
            request_token: Option<&'a str>,
            $($field: $type,)*
        }
    )*};
}

pub(crate) mod link;
pub(crate) mod profile;
mod text;

use askama::Template;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

pub(crate) use self::text::{Language, Words};

/// What every page needs.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The name of the installation.
    pub(crate) name: String,
    /// The reader's language.
    pub(crate) language: Language,
}

impl Frame {
    pub(crate) fn new(name: &str, headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self { name: name.to_owned(), language: Language::accepted(accepted) }
    }

    pub(crate) fn words(&self) -> &'static Words {
        self.language.words()
    }

    /// The form in which people sign in. `problem` is what went wrong before.
    pub(crate) fn login(
        &self,
        form_token: &str,
        user: &str,
        redirect_url: &str,
        problem: Option<&str>,
    ) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &LoginPage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: Some(form_token),
                form_token,
                user,
                redirect_url,
                problem,
            },
        )
    }

    /// The form in which somebody chooses a password. `problem` is what went wrong before.
    pub(crate) fn choose_password(
        &self,
        form_token: &str,
        user: &str,
        problem: Option<&str>,
    ) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &ChoosePasswordPage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: Some(form_token),
                form_token,
                user,
                problem,
            },
        )
    }

    /// The first page of a login flow: a client wants to connect. `action` is where its form
    /// leads.
    pub(crate) fn connect(
        &self,
        action: &str,
        state_token: &str,
        user: &str,
        client: &str,
    ) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &ConnectPage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: None,
                action,
                state_token,
                user,
                client,
            },
        )
    }

    /// The page on which a person who is signed in lets the client in. `action` is where its
    /// form leads.
    pub(crate) fn grant(
        &self,
        action: &str,
        form_token: &str,
        state_token: &str,
        display_name: &str,
        client: &str,
    ) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &GrantPage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: Some(form_token),
                action,
                form_token,
                state_token,
                display_name,
                client,
            },
        )
    }

    /// The page on which a person lets a program act for them (OAuth 2).
    pub(crate) fn consent(
        &self,
        form_token: &str,
        display_name: &str,
        client: &str,
        client_id: &str,
        state: &str,
        challenge: &str,
    ) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &ConsentPage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: Some(form_token),
                form_token,
                display_name,
                client,
                client_id,
                state,
                challenge,
            },
        )
    }

    /// Where a person lands after signing in, or on the deep link of a file.
    pub(crate) fn home(
        &self,
        form_token: &str,
        user: &str,
        display_name: &str,
        base_url: &str,
        file: Option<FileLink<'_>>,
    ) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &HomePage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: Some(form_token),
                form_token,
                user,
                display_name,
                base_url,
                file,
            },
        )
    }

    /// A page that only tells something.
    pub(crate) fn message(&self, status: StatusCode, title: &str, text: &str) -> Response<Bytes> {
        self.page(
            status,
            &MessagePage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: None,
                title,
                text,
                problem: status.is_client_error() || status.is_server_error(),
            },
        )
    }

    fn page(&self, status: StatusCode, template: &impl Template) -> Response<Bytes> {
        // Rendering fails only where a value cannot be displayed; ours are text.
        let (status, body) = match template.render() {
            Ok(body) => (status, body),
            Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
        set(header::CONTENT_TYPE, "text/html; charset=UTF-8");
        set(header::CONTENT_LANGUAGE, self.language.tag());
        set(header::CACHE_CONTROL, "no-cache, no-store, must-revalidate");
        // Web views of older clients follow the last step to a scheme of their own.
        set(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' nc://*; frame-ancestors 'none'; base-uri 'none'",
        );
        set(header::X_FRAME_OPTIONS, "DENY");
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(header::REFERRER_POLICY, "no-referrer");
        response
    }
}

/// A file as a page links it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileLink<'a> {
    pub(crate) href: &'a str,
    pub(crate) name: &'a str,
}

pages! {
    LoginPage("login.html") {
        form_token: &'a str, user: &'a str, redirect_url: &'a str, problem: Option<&'a str>,
    }
    ChoosePasswordPage("choose_password.html") {
        form_token: &'a str, user: &'a str, problem: Option<&'a str>,
    }
    ConnectPage("connect.html") {
        action: &'a str, state_token: &'a str, user: &'a str, client: &'a str,
    }
    GrantPage("grant.html") {
        action: &'a str, form_token: &'a str, state_token: &'a str, display_name: &'a str,
        client: &'a str,
    }
    ConsentPage("consent.html") {
        form_token: &'a str, display_name: &'a str, client: &'a str, client_id: &'a str,
        state: &'a str, challenge: &'a str,
    }
    HomePage("home.html") {
        form_token: &'a str, user: &'a str, display_name: &'a str, base_url: &'a str,
        file: Option<FileLink<'a>>,
    }
    MessagePage("message.html") { title: &'a str, text: &'a str, problem: bool }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(language: &'static str) -> Frame {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(language));
        Frame::new("Amt <b>", &headers)
    }

    fn text(response: &Response<Bytes>) -> &str {
        std::str::from_utf8(response.body()).unwrap()
    }

    #[test]
    fn nothing_that_others_chose_becomes_markup() {
        let evil = "<script>alert('1')</script>\"";
        let pages = [
            frame("en").login(evil, evil, evil, Some(evil)),
            frame("en").choose_password(evil, evil, Some(evil)),
            frame("en").connect(evil, evil, evil, evil),
            frame("en").grant(evil, evil, evil, evil, evil),
            frame("en").consent(evil, evil, evil, evil, evil, evil),
            frame("en").home(evil, evil, evil, evil, Some(FileLink { href: evil, name: evil })),
            frame("en").message(StatusCode::OK, evil, evil),
        ];
        for page in &pages {
            assert!(!text(page).contains("<script"), "{}", text(page));
            assert!(!text(page).contains("<b>"));
            assert!(!text(page).contains(evil), "{}", text(page));
            assert!(
                page.headers()[header::CONTENT_SECURITY_POLICY]
                    .to_str()
                    .unwrap()
                    .starts_with("default-src 'none'")
            );
        }
    }

    #[test]
    fn pages_speak_the_readers_language() {
        let german = frame("de").login("t", "", "", None);
        assert!(text(&german).contains("<html lang=\"de\">"));
        assert!(text(&german).contains("<label for=\"password\">Passwort</label>"));
        let english = frame("en").login("t", "alice", "/x", Some("Wrong."));
        assert!(text(&english).contains("role=\"alert\""));
        assert!(text(&english).contains("value=\"alice\""));
    }
}
