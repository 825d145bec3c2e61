//! `/remote.php/direct/{token}`: a file for whoever knows the address, as its maker sees it
//! at that moment.

use allmende_accounts::Status;
use allmende_files::{Entry, LinkView, Mount as FileMount, MountId, MountKind, MountPlace};
use allmende_types::{Permissions, SpacePath};
use allmende_webdav::{DavBody, Error, ErrorKind, Kind, Mount, Result};
use http::{HeaderValue, Request, Response, header};

use crate::{
    Origin,
    dav::{Body, Home, OC_CHECKSUM, OC_ETAG, from_files},
    ocs::may_take,
    service::Inner,
};

impl Inner {
    /// Answers a request of somebody who shows nothing but a token.
    pub(crate) async fn direct(
        &self,
        token: &str,
        request: Request<Body>,
        origin: &Origin,
    ) -> Response<DavBody> {
        let mount = Mount::new(&format!("/remote.php/direct/{token}"));
        let answered = self.serve_direct(token, &mount, request, origin).await;
        let mut response = answered.unwrap_or_else(|error| self.dav.refuse(&mount, &error));
        let headers = response.headers_mut();
        // It is shown where it is opened, and nothing of it runs.
        for name in [header::CONTENT_DISPOSITION, OC_ETAG, OC_CHECKSUM] {
            headers.remove(name);
        }
        let nothing = HeaderValue::from_static("default-src 'none';");
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
        response
    }

    async fn serve_direct(
        &self,
        token: &str,
        mount: &Mount,
        mut request: Request<Body>,
        origin: &Origin,
    ) -> Result<Response<DavBody>> {
        if !matches!(request.method().as_str(), "GET" | "HEAD" | "PROPFIND" | "OPTIONS") {
            return Err(Error::new(ErrorKind::Forbidden, ""));
        }
        let unavailable = || Error::new(ErrorKind::Unavailable, "The server cannot answer now");
        let missing = || Error::new(ErrorKind::NotFound, "");
        let link = self.sharing.direct_link(token, self.now()).await;
        let link = link.map_err(|error| unavailable().with_source(error))?.ok_or_else(missing)?;
        let person = self.accounts.person(&link.person).await;
        let person = person.map_err(|error| unavailable().with_source(error))?;
        let person = person.filter(|person| person.status == Status::Enabled);
        let person = person.ok_or_else(missing)?;
        let view = self.files.view(&person.id).await.map_err(from_files)?;
        let entry = view.stat(&[link.node]).await.map_err(from_files)?.pop().flatten();
        let entry = entry.filter(|entry| !entry.is_folder()).ok_or_else(missing)?;
        if !may_take(&entry) {
            return Err(Error::new(ErrorKind::Forbidden, ""));
        }
        let view = self.files.node_view(only(&entry).ok_or_else(missing)?);
        let view = view.with_origin(origin.told(request.headers())).in_the_name_of(person.id);
        let home = Home {
            view,
            display_name: person.display_name.as_str().into(),
            sharing: self.sharing.clone(),
            tags: self.tags.clone(),
            comments: self.comments.clone(),
            reminders: self.reminders.clone(),
            instance: self.instance.clone(),
            data_fingerprint: self.options.data_fingerprint.clone(),
        };
        // OpenProject has another address for it.
        let address = mount.href(&SpacePath::root(), Kind::File);
        *request.uri_mut() = address.as_str().parse().map_err(|_| missing())?;
        Ok(self.dav.guest(&home, mount, request).await)
    }
}

/// A view of one file, to be read and nothing else.
fn only(entry: &Entry) -> Option<LinkView> {
    let place = MountPlace { parent: None, name: entry.name()?.clone() };
    let owner = (*entry.owner).clone();
    let mut mount = FileMount::new(MountId(0), MountKind::Link, place, entry.id(), owner);
    mount.permissions = Permissions::READ;
    let holder = "direct-link".parse().ok()?;
    Some(LinkView { mount, holder, number: None })
}
