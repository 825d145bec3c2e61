//! The form by which visitors put files into what a link shows.

use allmende_files::{MissingParents, PutRequest};
use allmende_types::{Name, SpacePath};
use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::Visit;
use crate::{dav::Body, discovery, pages::link::Told, web::form_stream::FormStream};

/// Files in one form.
const MAX_FILES: usize = 200;
/// Bytes of a text in a form.
const MAX_TEXT: usize = 4096;

impl Visit<'_> {
    /// Stores the files of a form, each as it arrives.
    pub(super) async fn upload(&self, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let Some(form) = FormStream::of(&parts.headers, body, MAX_TEXT) else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let words = self.web.frame(&parts.headers).words();
        let mut taken = Taken::default();
        let outcome = self.take(form, &mut taken).await;
        let told = match (outcome, taken.names.is_empty()) {
            (Ok(()), true) => Told { text: words.link_upload_none.to_owned(), problem: true },
            (Ok(()), false) => {
                let text = format!("{}{}", words.link_uploaded, taken.names.join(", "));
                Told { text, problem: false }
            }
            (Err(Failed::Nickname), _) => {
                Told { text: words.link_nickname_bad.to_owned(), problem: true }
            }
            (Err(Failed::File(name)), _) => {
                let text = format!("{}{name}", words.link_upload_failed);
                Told { text, problem: true }
            }
        };
        let status = if told.problem { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let mut page = self.show(&parts.headers, &taken.path, None, Some(told)).await;
        if page.status() == StatusCode::OK {
            *page.status_mut() = status;
        }
        page
    }

    async fn take(&self, mut form: FormStream, taken: &mut Taken) -> Result<(), Failed> {
        let mut folder = SpacePath::root();
        loop {
            let broken = |_| Failed::File(String::new());
            let Some(field) = form.next_field().await.map_err(broken)? else { return Ok(()) };
            match field.name() {
                Some("path") => {
                    let path = field.text().await.map_err(broken)?;
                    folder = path.trim_matches('/').parse().map_err(|_| Failed::File(path))?;
                    taken.path = folder.to_string();
                }
                Some("nickname") => {
                    let told = field.text().await.map_err(broken)?;
                    folder = folder_of(&told).ok_or(Failed::Nickname)?;
                }
                Some("files") => {
                    let name = field.file_name().unwrap_or_default().to_owned();
                    if name.is_empty() {
                        continue;
                    }
                    if taken.names.len() == MAX_FILES {
                        return Err(Failed::File(name));
                    }
                    let failed = || Failed::File(name.clone());
                    let own = Name::new(&name).map_err(|_| failed())?;
                    let mut put = PutRequest::new(folder.join(own));
                    // A form has no way to say that something is to be replaced.
                    put.expect = allmende_storage::Expect::Absent;
                    if self.link.is_drop() {
                        put.expect = allmende_storage::Expect::Any;
                        put.parents = MissingParents::Make;
                    }
                    self.home.view.put(put, field.into_body()).await.map_err(|_| failed())?;
                    taken.names.push(name);
                }
                _ => {}
            }
        }
    }
}

/// What a form brought so far.
#[derive(Debug, Default)]
struct Taken {
    path: String,
    names: Vec<String>,
}

/// Why a form was not taken to its end.
enum Failed {
    Nickname,
    File(String),
}

/// The folder of a visitor who told a name, or the top for one who did not.
fn folder_of(nickname: &str) -> Option<SpacePath> {
    let nickname = nickname.trim();
    if nickname.is_empty() {
        return Some(SpacePath::root());
    }
    if nickname.starts_with('.') || nickname.contains(['/', '\\']) {
        return None;
    }
    Some(SpacePath::root().join(Name::new(nickname).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nicknames_are_one_folder() {
        assert_eq!(folder_of("  ").unwrap(), SpacePath::root());
        assert_eq!(folder_of("Joe M.").unwrap().to_string(), "Joe M.");
        for bad in ["../x", ".htaccess", "a/b", "a\\b", ".", "..", "a\0"] {
            assert!(folder_of(bad).is_none(), "{bad:?}");
        }
    }
}
