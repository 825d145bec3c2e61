//! The page of a person.

use askama::Template;
use bytes::Bytes;
use http::{Response, StatusCode};

use super::{Frame, Language, Words};
use crate::ocs::contact::Way;

/// What is shown of a person; what they keep from the reader is not here.
#[derive(Debug)]
pub(crate) struct Profile<'a> {
    pub(crate) user: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) has_picture: bool,
    pub(crate) pronouns: Option<&'a str>,
    pub(crate) headline: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
    pub(crate) role: Option<&'a str>,
    pub(crate) organisation: Option<&'a str>,
    pub(crate) address: Option<&'a str>,
    pub(crate) biography: Option<&'a str>,
    pub(crate) ways: &'a [Way],
}

pages! {
    ProfilePage("profile.html") { shown: &'a Profile<'a> }
}

impl Frame {
    /// The page of a person.
    pub(crate) fn profile(&self, shown: &Profile<'_>) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &ProfilePage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: None,
                shown,
            },
        )
    }
}

impl Words {
    /// What a way to reach somebody is called.
    fn way(&self, field: &str) -> &'static str {
        match field {
            "email" => self.profile_email,
            "phone" => self.profile_phone,
            "website" => self.profile_website,
            "bluesky" => "Bluesky",
            "twitter" => "X",
            _ => "Fediverse",
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::*;

    #[test]
    fn nothing_that_a_person_says_of_themselves_becomes_markup() {
        let evil = "<script>alert('1')</script>\"";
        let way = Way {
            field: "website",
            app: "website",
            title: evil.to_owned(),
            icon: evil.to_owned(),
            target: evil.to_owned(),
        };
        let all = Profile {
            user: evil,
            display_name: evil,
            has_picture: true,
            pronouns: Some(evil),
            headline: Some(evil),
            status: Some(evil),
            role: Some(evil),
            organisation: Some(evil),
            address: Some(evil),
            biography: Some(evil),
            ways: &[way],
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de"));
        let page = Frame::new(evil, &headers).profile(&all);
        let text = std::str::from_utf8(page.body()).unwrap();
        assert!(!text.contains("<script") && !text.contains(evil), "{text}");
        assert!(text.contains("<html lang=\"de\">") && text.contains("<dt>Funktion</dt>"));
    }
}
