//! The pages of public links.

use askama::Template;
use bytes::Bytes;
use http::{Response, StatusCode};

use super::{Frame, Language, Words};

/// A line of a folder's listing.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// What stands in the link.
    pub(crate) name: String,
    /// Where it leads; nowhere if it may not be taken away.
    pub(crate) href: Option<String>,
    /// Whether it is a folder.
    pub(crate) folder: bool,
    /// The size for people.
    pub(crate) size: String,
    /// When it was changed, as `2027-01-15 08:00`.
    pub(crate) modified: String,
}

/// A folder above the one that is shown.
#[derive(Debug, Clone)]
pub(crate) struct Crumb {
    pub(crate) name: String,
    pub(crate) href: String,
}

/// What of a link every page of it shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    /// The name of what is shared.
    pub(crate) title: String,
    /// Who shares it.
    pub(crate) owner: String,
    /// A note to the visitors, or empty.
    pub(crate) note: String,
    /// What the administration wants to be read, or empty.
    pub(crate) disclaimer: String,
    /// The address of the page itself.
    pub(crate) here: String,
    /// Where the whole can be taken from; none if it may not.
    pub(crate) download: Option<String>,
    /// How often anything can be taken from there, if that is limited.
    pub(crate) downloads_left: Option<u32>,
    /// The folder that is shown, without a slash at its start.
    pub(crate) path: String,
    /// What went wrong, or well.
    pub(crate) told: Option<Told>,
}

/// A message to the visitor above the rest.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) problem: bool,
}

/// What a visitor may put into a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Uploads {
    Refused,
    Allowed,
}

impl Frame {
    /// The form that asks for a link's password.
    pub(crate) fn link_password(&self, action: &str, problem: Option<&str>) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &PasswordPage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: None,
                action,
                problem,
            },
        )
    }

    /// A single file.
    pub(crate) fn link_file(&self, shown: &Shown, line: &Line) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &FilePage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: None,
                shown,
                line,
            },
        )
    }

    /// A folder: what is in it, and a form to add to it.
    pub(crate) fn link_folder(
        &self,
        shown: &Shown,
        crumbs: &[Crumb],
        lines: &[Line],
        more: Option<&str>,
        uploads: Uploads,
    ) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &FolderPage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: None,
                shown,
                crumbs,
                lines,
                more,
                uploads: uploads == Uploads::Allowed,
            },
        )
    }

    /// A folder into which one can only put.
    pub(crate) fn link_drop(&self, shown: &Shown) -> Response<Bytes> {
        self.page(
            StatusCode::OK,
            &DropPage {
                name: &self.name,
                language: self.language,
                t: self.words(),
                request_token: None,
                shown,
            },
        )
    }
}

pages! {
    PasswordPage("link_password.html") { action: &'a str, problem: Option<&'a str> }
    FilePage("link_file.html") { shown: &'a Shown, line: &'a Line }
    FolderPage("link_folder.html") {
        shown: &'a Shown, crumbs: &'a [Crumb], lines: &'a [Line], more: Option<&'a str>,
        uploads: bool,
    }
    DropPage("link_drop.html") { shown: &'a Shown }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::*;

    #[test]
    fn nothing_that_others_chose_becomes_markup() {
        let evil = "<script>alert('1')</script>\"".to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de"));
        let frame = Frame::new("Amt", &headers);
        let shown = Shown {
            title: evil.clone(),
            owner: evil.clone(),
            note: evil.clone(),
            disclaimer: evil.clone(),
            here: evil.clone(),
            download: Some(evil.clone()),
            downloads_left: Some(3),
            path: evil.clone(),
            told: Some(Told { text: evil.clone(), problem: true }),
        };
        let line = Line {
            name: evil.clone(),
            href: Some(evil.clone()),
            folder: false,
            size: evil.clone(),
            modified: evil.clone(),
        };
        let crumb = Crumb { name: evil.clone(), href: evil.clone() };
        for page in [
            frame.link_password(&evil, Some(&evil)),
            frame.link_file(&shown, &line),
            frame.link_folder(
                &shown,
                &[crumb],
                std::slice::from_ref(&line),
                Some(&evil),
                Uploads::Allowed,
            ),
            frame.link_drop(&shown),
        ] {
            let text = std::str::from_utf8(page.body()).unwrap();
            assert!(!text.contains("<script") && !text.contains(&evil), "{text}");
            assert!(text.contains("<html lang=\"de\">"));
        }
    }
}
