//! The pages of public links: what is shared, a password in front of it, and forms to put
//! files there. They work without scripts.
//!
//! No form here needs a token against forgery: a link is open to everyone who knows it, and
//! the cookie of a password is not sent along from other sites (`SameSite=Lax`).

mod form;

use allmende_files::Entry;
use allmende_sharing::Link;
use allmende_types::{Name, Permissions, SpacePath, Timestamp};
use allmende_webdav_proto::Href;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header, request::Parts};

use super::{Web, fields, not_found, query, unavailable};
use crate::{
    auth,
    dav::{Body, Home},
    discovery,
    pages::link::{Crumb, Line, Shown, Told, Uploads},
    public::{Closed, closed, unlocked},
};

/// Lines on a page.
const PAGE: usize = 500;
/// Seconds for which a browser need not show the password again.
const UNLOCKED: i64 = 24 * 3600;

impl Web<'_> {
    /// `/s/{token}` and what follows.
    pub(super) async fn link(
        &self,
        token: &str,
        rest: &str,
        request: Request<Body>,
    ) -> Response<Bytes> {
        let headers = request.headers().clone();
        let link = match self.inner.link(token, self.origin).await {
            Ok(link) => link,
            Err(closed) => return self.closed(&headers, &closed),
        };
        let method = match request.method() {
            &Method::HEAD => Method::GET,
            other => other.clone(),
        };
        let place = format!("/s/{token}");
        let open = self.inner.is_unlocked(&link, &headers);
        let asks = rest == "authenticate" || rest.starts_with("authenticate/");
        match (method, asks) {
            (Method::POST, true) => self.unlock(&link, &place, request).await,
            (Method::GET, true) if !open => {
                self.frame(&headers).link_password(&format!("{place}/authenticate/showShare"), None)
            }
            (Method::GET, true) => self.to(&place),
            (_, false) if !open => self.to(&format!("{place}/authenticate/showShare")),
            (method, false) => {
                let home = match self.inner.guests(&link).await {
                    Ok(home) => home,
                    Err(closed) => return self.closed(&headers, &closed),
                };
                let visit = Visit { web: self, link: &link, home, place, token };
                match (method, rest) {
                    (Method::GET, "") => visit.page(&request.into_parts().0, None).await,
                    (Method::GET, "download") => visit.download(&request.into_parts().0).await,
                    (Method::POST, "") => visit.upload(request).await,
                    _ => not_found(self.inner, &headers),
                }
            }
            _ => discovery::empty(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    async fn unlock(&self, link: &Link, place: &str, request: Request<Body>) -> Response<Bytes> {
        let headers = request.headers().clone();
        let Ok(fields) = fields(request).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let password = fields.get("password").map_or("", String::as_str);
        let (from, now) = (self.origin.client, self.inner.now());
        match self.inner.sharing.unlock_link(link, password, from, now).await {
            Ok(proof) => {
                let mut response = self.to(place);
                self.set_cookie(&mut response, &unlocked(link), &proof, Some(UNLOCKED));
                response
            }
            Err(error) => match closed(error).await {
                Closed::WrongPassword => {
                    let frame = self.frame(&headers);
                    let words = frame.words();
                    let action = format!("{place}/authenticate/showShare");
                    frame.link_password(&action, Some(words.link_wrong_password))
                }
                closed => self.closed(&headers, &closed),
            },
        }
    }

    fn closed(&self, headers: &HeaderMap, closed: &Closed) -> Response<Bytes> {
        match closed {
            Closed::Unavailable => unavailable(),
            Closed::TooMany(retry_after) => {
                let frame = self.frame(headers);
                let words = frame.words();
                let (title, text) = (words.refused_title, words.too_many_attempts);
                let mut page = frame.message(StatusCode::TOO_MANY_REQUESTS, title, text);
                page.headers_mut().insert(header::RETRY_AFTER, auth::seconds(*retry_after));
                page
            }
            _ => not_found(self.inner, headers),
        }
    }
}

/// One visit to an open link.
struct Visit<'a> {
    web: &'a Web<'a>,
    link: &'a Link,
    home: Home,
    /// The address of the page.
    place: String,
    token: &'a str,
}

impl Visit<'_> {
    /// Where the bytes of a path of the link are.
    fn href(&self, path: &SpacePath) -> String {
        let base = format!("/public.php/dav/files/{}", self.token);
        let whole = if path.is_root() { base } else { format!("{base}/{path}") };
        Href::from_path(&whole).as_str().to_owned()
    }

    /// The page of a folder of the link.
    fn folder_page(&self, path: &SpacePath) -> String {
        if path.is_root() {
            return self.place.clone();
        }
        let path: String = form_urlencoded::byte_serialize(path.to_string().as_bytes()).collect();
        format!("{}?path={path}", self.place)
    }

    /// Whether the page offers to take anything away.
    fn offers_download(&self) -> bool {
        self.link.download && !self.link.share.hide_download
    }

    /// What a request's `path` means in the link.
    async fn entry(&self, path: &str) -> Result<Option<Entry>, Response<Bytes>> {
        let Ok(path) = path.trim_matches('/').parse::<SpacePath>() else { return Ok(None) };
        self.home.view.resolve(&path).await.map_err(|_| unavailable())
    }

    async fn page(&self, request: &Parts, told: Option<Told>) -> Response<Bytes> {
        let path = query(request, "path").unwrap_or_default();
        let after = query(request, "after");
        self.show(&request.headers, &path, after.as_deref(), told).await
    }

    async fn show(
        &self,
        headers: &HeaderMap,
        path: &str,
        after: Option<&str>,
        told: Option<Told>,
    ) -> Response<Bytes> {
        let frame = self.web.frame(headers);
        let name = self.link.root.name.as_ref().map_or_else(String::new, ToString::to_string);
        let Ok(policy) = self.web.inner.sharing.policy().await else { return unavailable() };
        let mut shown = Shown {
            title: name,
            owner: self.link.owner_name.clone(),
            note: self.link.share.note.clone(),
            disclaimer: policy.disclaimer.clone(),
            here: self.place.clone(),
            downloads_left: self.link.downloads_left().filter(|_| self.offers_download()),
            told,
            ..Shown::default()
        };
        if self.link.is_drop() {
            return frame.link_drop(&shown);
        }
        let entry = match self.entry(path).await {
            Ok(Some(entry)) => entry,
            Ok(None) => return not_found(self.web.inner, headers),
            Err(response) => return response,
        };
        let path = entry.path.clone().unwrap_or_default();
        if !entry.is_folder() {
            shown.download = self.offers_download().then(|| self.href(&path));
            return frame.link_file(&shown, &self.line(&entry, &path));
        }
        shown.download = self.offers_download().then(|| format!("{}?accept=zip", self.href(&path)));
        shown.path = path.to_string();
        let after = after.and_then(|name| Name::new(name).ok()).map(allmende_storage::Cursor);
        let page = self.home.view.children(&entry, after.as_ref(), PAGE).await;
        let Ok(page) = page else { return unavailable() };
        let lines: Vec<Line> = (page.items.iter())
            .filter_map(|child| Some(self.line(child, &path.join(child.name()?.clone()))))
            .collect();
        let more = page.next.map(|cursor| {
            let serialize = |text: &str| -> String {
                form_urlencoded::byte_serialize(text.as_bytes()).collect()
            };
            let (path, after) = (serialize(&shown.path), serialize(cursor.0.as_str()));
            format!("{}?path={path}&after={after}", self.place)
        });
        let uploads = if entry.permissions.contains(Permissions::CREATE) {
            Uploads::Allowed
        } else {
            Uploads::Refused
        };
        let crumbs = self.crumbs(&shown.title, &path);
        frame.link_folder(&shown, &crumbs, &lines, more.as_deref(), uploads)
    }

    fn crumbs(&self, root: &str, path: &SpacePath) -> Vec<Crumb> {
        let mut at = SpacePath::root();
        let mut crumbs = vec![Crumb { name: root.to_owned(), href: self.place.clone() }];
        for name in path.names() {
            at = at.join(name.clone());
            crumbs.push(Crumb { name: name.to_string(), href: self.folder_page(&at) });
        }
        crumbs
    }

    fn line(&self, entry: &Entry, path: &SpacePath) -> Line {
        let href = if entry.is_folder() {
            Some(self.folder_page(path))
        } else {
            self.offers_download().then(|| self.href(path))
        };
        Line {
            name: entry.name().map_or_else(String::new, ToString::to_string),
            href,
            folder: entry.is_folder(),
            size: size(entry.node.size),
            modified: moment(entry.node.modified),
        }
    }

    /// `/s/{token}/download`: leads to the bytes.
    async fn download(&self, request: &Parts) -> Response<Bytes> {
        if self.link.is_drop() || !self.offers_download() {
            return not_found(self.web.inner, &request.headers);
        }
        let mut path = query(request, "path").unwrap_or_default();
        let mut files = query(request, "files");
        // One name, and no list in JSON: that itself is meant.
        if let Some(one) = files.take_if(|files| !files.starts_with('[')) {
            path = format!("{}/{one}", path.trim_end_matches('/'));
        }
        let entry = match self.entry(&path).await {
            Ok(Some(entry)) => entry,
            Ok(None) => return not_found(self.web.inner, &request.headers),
            Err(response) => return response,
        };
        let mut place = self.href(&entry.path.clone().unwrap_or_default());
        if entry.is_folder() {
            place.push_str("?accept=zip");
            if let Some(files) = files {
                let files: String = form_urlencoded::byte_serialize(files.as_bytes()).collect();
                place.push_str("&files=");
                place.push_str(&files);
            }
        }
        self.web.to(&place)
    }
}

/// A size for people, in steps of 1024.
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut units = ["B", "KiB", "MiB", "GiB", "TiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for next in units {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

/// A time for people: `2027-01-15 08:00`, in UTC.
fn moment(time: Timestamp) -> String {
    let text = time.to_rfc3339();
    text.get(..16).map_or_else(|| text.clone(), |text| text.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_sizes_and_times() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1024), "1.0 KiB");
        assert_eq!(size(5 * 1024 * 1024 + 512 * 1024), "5.5 MiB");
        assert_eq!(size(u64::MAX), "16777216.0 TiB");
        assert_eq!(moment(Timestamp::from_unix(1_800_000_000)), "2027-01-15 08:00");
    }
}
