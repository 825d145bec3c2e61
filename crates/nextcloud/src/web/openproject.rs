//! What OpenProject's pages do with this server beside WebDAV: a person's browser puts files
//! into folders, by an address that OpenProject asked for in their name.
//!
//! The calls are those of the application `integration_openproject`; answers are plain JSON.

use allmende_accounts::Status;
use allmende_files::{
    Assembly, Entry, Error as FilesError, ErrorKind as Kind, PartRequest, View, Written,
};
use allmende_sharing::Caller;
use allmende_storage::Expect;
use allmende_types::{Name, NodeId, Permissions};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::json;

use super::{Web, fields, forged, form_stream::FormStream, not_logged_in};
use crate::{auth, dav::Body, discovery};

/// Seconds that an address is good for.
const LIFETIME: i64 = 3600;
/// Bytes of a text in a form.
const MAX_TEXT: usize = 64;
/// Names that are tried where both files are to stay.
const NAMES: u32 = 100;

/// An answer that is not what was asked for: the status, and why.
type Refused = (StatusCode, &'static str);

const UNAUTHORIZED: Refused = (StatusCode::UNAUTHORIZED, "unauthorized");
const NO_FOLDER: Refused = (StatusCode::NOT_FOUND, "folder not found or not enough permissions");
const UNAVAILABLE: Refused = (StatusCode::SERVICE_UNAVAILABLE, "the server cannot answer now");
const BROKEN: Refused = (StatusCode::BAD_REQUEST, "the form cannot be read");

impl Web<'_> {
    /// `/apps/integration_openproject/…`.
    pub(super) async fn openproject(&self, rest: &str, request: Request<Body>) -> Response<Bytes> {
        match (rest.split_once('/').unwrap_or((rest, "")), request.method()) {
            (("direct-upload-token", ""), &Method::POST) => self.upload_token(request).await,
            (("direct-upload", token), &Method::OPTIONS) if !token.is_empty() => preflight(),
            (("direct-upload", token), &Method::POST) if !token.is_empty() => {
                let mut response = match self.direct_upload(token, request).await {
                    Ok((status, file)) => discovery::json(status, &file),
                    Err((status, why)) => discovery::json(status, &json!({ "error": why })),
                };
                allow_everywhere(&mut response);
                response
            }
            (("direct-upload-token", "") | ("direct-upload", _), _) => {
                discovery::empty(StatusCode::METHOD_NOT_ALLOWED)
            }
            _ => super::not_found(self.inner, request.headers()),
        }
    }

    /// Gives an address by which one file can be put into a folder of the person.
    async fn upload_token(&self, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let who = match self.inner.authenticate(&parts, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return not_logged_in(&stranger),
        };
        let (accounts, cookie) = (&self.inner.accounts, self.inner.session_cookie());
        if !auth::is_own(accounts, &who, &parts.headers, cookie) {
            return forged();
        }
        let refuse = |(status, why): Refused| discovery::json(status, &json!({ "error": why }));
        let Ok(fields) = fields(Request::from_parts(parts, body)).await else {
            return refuse(BROKEN);
        };
        let id = fields.get("folder_id").and_then(|id| id.trim().parse().ok()).map(NodeId);
        let Some(id) = id else { return refuse((StatusCode::BAD_REQUEST, "invalid folder id")) };
        if !who.opens_files() {
            return refuse(NO_FOLDER);
        }
        let person = &who.person.id;
        let view = match self.inner.files.view(person).await {
            Ok(view) => view,
            Err(_) => return refuse(UNAVAILABLE),
        };
        if let Err(refused) = target(&view, id).await {
            return refuse(refused);
        }
        let now = self.inner.now();
        let (caller, expires) = (Caller { person, now }, now.plus_seconds(LIFETIME));
        match self.inner.sharing.create_upload_link(caller, id, expires).await {
            Ok(token) => {
                let given = json!({ "token": token, "expires_on": expires.unix() });
                discovery::json(StatusCode::OK, &given)
            }
            Err(_) => refuse(UNAVAILABLE),
        }
    }

    /// Takes the file of a form. With what is in its way is dealt as the form says: it is
    /// replaced (`overwrite=true`), the new one gets another name (`overwrite=false`), or
    /// there is a conflict.
    async fn direct_upload(
        &self,
        token: &str,
        request: Request<Body>,
    ) -> Result<(StatusCode, serde_json::Value), Refused> {
        let sharing = &self.inner.sharing;
        let link = sharing.upload_link(token, self.inner.now()).await;
        let link = link.map_err(|_| UNAVAILABLE)?.ok_or(UNAUTHORIZED)?;
        let person = self.inner.accounts.person(&link.person).await.map_err(|_| UNAVAILABLE)?;
        let person = person.filter(|person| person.status == Status::Enabled);
        let person = person.ok_or(UNAUTHORIZED)?;
        let view = self.inner.files.view(&person.id).await.map_err(|_| UNAVAILABLE)?;
        let view = view.with_origin(self.origin.told(request.headers()));
        let folder = target(&view, link.node).await?;

        let (parts, body) = request.into_parts();
        let form = FormStream::of(&parts.headers, body, MAX_TEXT);
        let form = form.ok_or((StatusCode::UNSUPPORTED_MEDIA_TYPE, "not a form"))?;
        // The form may say behind the file what is to become of it: until then the file
        // waits as an upload.
        // Each attempt has a name of its own, which says nothing of the address.
        let random = self.inner.accounts.anonymous_cookie().map_err(|_| UNAVAILABLE)?;
        let upload = Name::new(&format!("direct-{}", random.expose())).map_err(|_| UNAVAILABLE)?;
        let uploads = view.uploads();
        uploads.create(&upload).await.map_err(|error| refused(&error))?;
        let taken = async {
            let form = take(&view, &upload, form).await?;
            place(&view, &upload, &folder, form).await
        };
        let written = match taken.await {
            Ok(written) => written,
            Err(refused) => {
                // What cannot be cleared away now expires as every upload.
                let _ = uploads.abort(&upload).await;
                return Err(refused);
            }
        };
        if sharing.end_upload_link(token).await.is_err() {
            tracing::warn!("an upload by an address is done, and the address is still good");
        }
        let status = if written.is_new() { StatusCode::CREATED } else { StatusCode::OK };
        let name = written.entry.name().map_or("", |name| name.as_str());
        Ok((status, json!({ "file_name": name, "file_id": written.entry.id().get().to_string() })))
    }
}

/// The folder that something is to be put into.
async fn target(view: &View, id: NodeId) -> Result<Entry, Refused> {
    let found = view.stat(&[id]).await.map_err(|_| UNAVAILABLE)?.pop().flatten();
    let folder = found.filter(Entry::is_folder).ok_or(NO_FOLDER)?;
    if folder.permissions.contains(Permissions::CREATE) { Ok(folder) } else { Err(NO_FOLDER) }
}

/// What a form brought.
struct Form {
    name: Name,
    overwrite: Option<bool>,
}

/// Reads a form; its file becomes the only part of an upload.
async fn take(view: &View, upload: &Name, mut form: FormStream) -> Result<Form, Refused> {
    let (mut name, mut overwrite) = (None, None);
    while let Some(field) = form.next_field().await.map_err(|_| BROKEN)? {
        match field.name() {
            Some("file") if name.is_none() => {
                let told = field.file_name().unwrap_or_default();
                let own = Name::new(told).map_err(|_| INVALID_NAME)?;
                let request = PartRequest::new(Name::new("1").map_err(|_| INVALID_NAME)?);
                let part = view.uploads().put_part(upload, request, field.into_body()).await;
                part.map_err(|error| refused(&error))?;
                name = Some(own);
            }
            Some("overwrite") => {
                overwrite = match field.text().await.map_err(|_| BROKEN)?.trim() {
                    "true" | "1" => Some(true),
                    "false" | "0" => Some(false),
                    _ => return Err((StatusCode::BAD_REQUEST, "invalid overwrite value")),
                };
            }
            _ => {}
        }
    }
    let name = name.ok_or((StatusCode::BAD_REQUEST, "no file in the form"))?;
    Ok(Form { name, overwrite })
}

const INVALID_NAME: Refused = (StatusCode::BAD_REQUEST, "invalid file name");

/// Puts what was uploaded where it belongs.
async fn place(view: &View, upload: &Name, folder: &Entry, form: Form) -> Result<Written, Refused> {
    let put = async |name: &Name, expect: Expect| {
        let place = (folder.clone(), name.clone());
        view.uploads().assemble(upload, Assembly { expect, ..Assembly::new(place) }).await
    };
    let taken = |error: &FilesError| matches!(error.kind(), Kind::Exists | Kind::Changed);
    match form.overwrite {
        Some(true) => put(&form.name, Expect::Any).await.map_err(|error| refused(&error)),
        None => put(&form.name, Expect::Absent).await.map_err(|error| match taken(&error) {
            true => (StatusCode::CONFLICT, "conflict, file name already exists"),
            false => refused(&error),
        }),
        Some(false) => {
            for number in 1..=NAMES {
                let name = numbered(&form.name, number).ok_or(INVALID_NAME)?;
                match put(&name, Expect::Absent).await {
                    Err(error) if taken(&error) => {}
                    other => return other.map_err(|error| refused(&error)),
                }
            }
            Err((StatusCode::CONFLICT, "conflict, file name already exists"))
        }
    }
}

/// The name of the first file, and those of further ones: `a (2).txt`.
fn numbered(name: &Name, number: u32) -> Option<Name> {
    if number == 1 {
        return Some(name.clone());
    }
    let (stem, end) = match name.as_str().rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() => (stem, format!(".{end}")),
        _ => (name.as_str(), String::new()),
    };
    Name::new(&format!("{stem} ({number}){end}")).ok()
}

/// What a failure of the file service means to OpenProject.
fn refused(error: &FilesError) -> Refused {
    match error.kind() {
        Kind::NotFound | Kind::ParentNotFound | Kind::NotAFolder => NO_FOLDER,
        Kind::Forbidden => (StatusCode::FORBIDDEN, "not enough permissions"),
        Kind::Exists | Kind::NotAFile => (StatusCode::CONFLICT, "a folder has this name"),
        Kind::Changed => (StatusCode::CONFLICT, "conflict, file name already exists"),
        Kind::InvalidName(_) | Kind::PathTooDeep => INVALID_NAME,
        Kind::Locked(_) => (StatusCode::LOCKED, "file is locked"),
        Kind::Quota { .. } | Kind::Full => (StatusCode::INSUFFICIENT_STORAGE, "insufficient quota"),
        Kind::BodyTooShort { .. } | Kind::BodyTooLong { .. } | Kind::BodyInterrupted => BROKEN,
        _ => {
            tracing::warn!(%error, "a direct upload failed");
            UNAVAILABLE
        }
    }
}

/// What a browser asks before it sends a file from a page of OpenProject.
fn preflight() -> Response<Bytes> {
    let mut response = discovery::empty(StatusCode::OK);
    allow_everywhere(&mut response);
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS");
    set(header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, Accept");
    set(header::ACCESS_CONTROL_MAX_AGE, "86400");
    response
}

/// Pages of any site may use the address: whoever knows it may. Cookies have no part in it.
fn allow_everywhere(response: &mut Response<Bytes>) {
    let anybody = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anybody);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_files_are_numbered_before_the_ending() {
        for (name, expected) in [
            ("a.txt", "a (2).txt"),
            ("a.tar.gz", "a.tar (2).gz"),
            ("README", "README (2)"),
            (".profile", ".profile (2)"),
        ] {
            let name = Name::new(name).unwrap();
            assert_eq!(numbered(&name, 1).unwrap(), name);
            assert_eq!(numbered(&name, 2).unwrap().as_str(), expected);
        }
        assert!(numbered(&Name::new(&"x".repeat(249)).unwrap(), 2).is_none());
    }
}
