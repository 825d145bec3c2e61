//! What GET says of a folder: an archive of it, or a word of explanation.

use allmende_files::archive::{self, Selection};
use allmende_types::Name;
use allmende_webdav::{CollectionHandler, DavBody, Entry, Error, ErrorKind, Resource, Result};
use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Method, Response, header, request::Parts};

use super::{
    errors::from_files,
    headers,
    home::Home,
    item::{Item, attachment},
};

/// Folder downloads (`Accept: application/zip`, `?accept=zip`, and the same for tar).
#[derive(Debug)]
pub(crate) struct FolderDownload;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Zip,
    Tar,
}

impl Form {
    fn wanted(request: &Parts) -> Option<Self> {
        let query = request.uri.query().unwrap_or_default();
        let asked = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "accept");
        let accept = request.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let value = asked.as_ref().map(|(_, value)| value.as_ref()).or(accept)?;
        match value.split([',', ';']).next()?.trim() {
            "zip" | "application/zip" => Some(Self::Zip),
            "tar" | "application/x-tar" => Some(Self::Tar),
            _ => None,
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Zip => "application/zip",
            Self::Tar => "application/x-tar",
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Tar => "tar",
        }
    }
}

/// The entries that the request names: `files` as a JSON list, or one name in a header.
fn selection(request: &Parts) -> Result<Selection> {
    let query = request.uri.query().unwrap_or_default();
    let listed = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "files");
    let names: Vec<String> = match &listed {
        Some((_, value)) if value.starts_with('[') => {
            serde_json::from_str(value).map_err(|error| {
                Error::new(ErrorKind::BadRequest, "files is no list of names").with_source(error)
            })?
        }
        Some((_, value)) => vec![value.clone().into_owned()],
        None => match headers::text(&request.headers, "x-nc-files")? {
            Some(name) => vec![name.to_owned()],
            None => return Ok(Selection::Whole),
        },
    };
    if names.is_empty() {
        return Ok(Selection::Whole);
    }
    let names = names.iter().map(|name| Name::new(name)).collect::<std::result::Result<_, _>>()?;
    Ok(Selection::Names(names))
}

#[async_trait]
impl CollectionHandler<Home> for FolderDownload {
    async fn get(
        &self,
        home: &Home,
        folder: &Entry<Item>,
        request: &Parts,
    ) -> Result<Response<DavBody>> {
        let form = Form::wanted(request).filter(|_| request.method == Method::GET);
        let Some(form) = form else { return Ok(explanation()) };
        let (entry, selection) = (&folder.resource.0, selection(request)?);
        let body = match form {
            Form::Zip => archive::zip(&home.view, entry, selection).await,
            Form::Tar => archive::tar(&home.view, entry, selection).await,
        };
        let mut response = Response::new(DavBody::stream(body.map_err(from_files)?, None));
        let name = folder.resource.name().map_or("download", Name::as_str);
        let name = attachment(&format!("{name}.{}", form.ending()));
        let headers: &mut HeaderMap = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
        if let Ok(name) = HeaderValue::from_str(&name) {
            headers.insert(header::CONTENT_DISPOSITION, name);
        }
        Ok(response)
    }
}

/// For people who open a WebDAV address in a browser.
fn explanation() -> Response<DavBody> {
    let mut response = Response::new(DavBody::full(
        "This is a WebDAV address. It can only be opened with a WebDAV client, such as the \
         Nextcloud desktop app.",
    ));
    let plain = HeaderValue::from_static("text/plain;charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(uri: &str, accept: &str) -> Parts {
        Request::get(uri).header(header::ACCEPT, accept).body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_query_counts_before_the_header() {
        assert_eq!(Form::wanted(&parts("/a", "application/zip")), Some(Form::Zip));
        assert_eq!(Form::wanted(&parts("/a?accept=tar", "*/*")), Some(Form::Tar));
        assert_eq!(Form::wanted(&parts("/a", "text/html,application/zip")), None);
        assert_eq!(Form::wanted(&parts("/a", "*/*")), None);
    }

    #[test]
    fn names_come_as_a_list() {
        let chosen = |uri: &str| selection(&parts(uri, "*/*"));
        assert!(matches!(chosen("/a").unwrap(), Selection::Whole));
        let Selection::Names(names) = chosen("/a?files=%5B%22x%22%2C%22y%20z%22%5D").unwrap()
        else {
            panic!("no names")
        };
        assert_eq!(names.iter().map(Name::as_str).collect::<Vec<_>>(), ["x", "y z"]);
        assert!(chosen("/a?files=%5B%22..%22%5D").is_err());
        assert!(chosen("/a?files=%5B1").is_err());
    }
}
