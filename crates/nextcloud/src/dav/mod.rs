//! The WebDAV part: `/remote.php/dav/…` and `/remote.php/webdav/…`.

mod answer;
mod bulk;
mod checksum;
mod client;
mod comments;
mod errors;
mod fixed;
mod folder;
mod hand_lock;
mod headers;
mod home;
mod item;
mod json;
mod lock;
mod node;
mod owner;
mod paginate;
mod patch;
mod places;
mod properties;
mod reminders;
mod search;
mod sync;
mod tags;
mod team_list;
mod teams;
mod trash;
mod uploads;
mod versions;

use allmende_types::SpacePath;
use allmende_webdav::{
    CoreOptions, DavBody, DavHandler, Error, ErrorKind, Kind, MissingParent, Mount, Options,
    Result, Spawner, UnreadableDepth,
};
use allmende_webdav_proto::{PropName, XmlLimits, headers::Depth};
use http::{HeaderValue, Request, Response, StatusCode};

pub(crate) use self::{
    answer::Body,
    errors::from_files,
    hand_lock::wish as hand_lock_wish,
    home::{Home, OC_FILE_ID},
    item::{OC_CHECKSUM, OC_ETAG},
};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::{
    bulk::multipart::{Malformed, Multipart},
    uploads::Place as UploadPlace,
};
use self::{
    fixed::{Fixed, Members},
    owner::{Owner, below, decode},
};
use crate::{
    people::{Known, People},
    route::DavRoot,
};

/// What the server is capable of, as its `DAV` header tells it. Clients ask for features
/// by these words.
const COMPLIANCE: &str = "1, 3, extended-mkcol, nc-paginate, nextcloud-checksum-update, 2";
/// What a PROPFIND without a body shows, as observed.
const ALLPROP: [&str; 7] = [
    "getlastmodified",
    "getcontentlength",
    "resourcetype",
    "getetag",
    "getcontenttype",
    "quota-used-bytes",
    "quota-available-bytes",
];
const ROOT: &str = "/remote.php/dav";
const LEGACY: &str = "/remote.php/webdav";

/// The handlers of the WebDAV part. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Dav {
    files: DavHandler<Home>,
    trash: DavHandler<trash::Bin>,
    versions: DavHandler<versions::Shelf>,
    pages: paginate::Pages,
}

impl Dav {
    pub(crate) fn new() -> Self {
        let options = Options {
            compliance: COMPLIANCE.to_owned(),
            // Observed: no depth, and one that cannot be read, are depth 1.
            missing_depth: Depth::One,
            unreadable_depth: UnreadableDepth::Ignore,
            missing_parent: MissingParent::NotFound,
            removed_property: StatusCode::NO_CONTENT,
            // Two processors help one listing: one reads while the other writes.
            spawner: Some(Spawner::new(|work| {
                tokio::spawn(work);
            })),
            ..Options::default()
        };
        let trash = trash::handler(options.clone());
        let versions = versions::handler(options.clone());
        let core =
            CoreOptions { allprop: ALLPROP.map(PropName::dav).into(), unlimited_quota: Some(-3) };
        let files = DavHandler::builder(options)
            .provider(teams::TeamProperties)
            .provider(properties::Properties)
            .provider(properties::LockProperties)
            .provider(properties::SharingProperties)
            .provider(tags::TagProperties)
            .provider(comments::CommentProperties)
            .provider(reminders::ReminderProperties)
            .provider(sync::SyncProperty)
            .core(core)
            .collections(folder::FolderDownload)
            .report(search::FilterFiles)
            .report(sync::SyncReport)
            .search(search::FileSearch)
            .build();
        Self { files, trash, versions, pages: paginate::Pages::default() }
    }

    /// Answers a request of someone who is signed in.
    pub(crate) async fn handle(
        &self,
        root: DavRoot,
        home: &Home,
        people: &People,
        request: Request<Body>,
    ) -> Response<DavBody> {
        let listing = request.method().as_str() == "PROPFIND";
        let own = home.view.person().as_str();
        let mut mount = Mount::new(&format!("{ROOT}/files/{own}"));
        if let Err(outdated) = client::check(request.headers()) {
            return self.refuse(&mount, &outdated);
        }
        let outcome = match root {
            DavRoot::Legacy => {
                mount = Mount::new(LEGACY);
                self.tree(home, &mount, request).await
            }
            DavRoot::Files => {
                match Owner::of(request.uri().path(), "/files", home, people).await {
                    Ok(Owner::Caller(spelling)) => {
                        // Hrefs start with the name as the client wrote it.
                        mount = Mount::new(&format!("{ROOT}/files/{spelling}"));
                        self.tree(home, &mount, request).await
                    }
                    Ok(Owner::Nobody) => {
                        let own = Fixed::collection(format!("{ROOT}/files/"));
                        self.fixed(home, &own, Members::Secret, request).await
                    }
                    Ok(Owner::Other(known)) => self.others(home, &known, request).await,
                    Err(error) => Err(error),
                }
            }
            DavRoot::TeamFolders => self.team_folders(home, people, request).await,
            DavRoot::Uploads => {
                let (parts, body) = request.into_parts();
                let rest = below(parts.uri.path(), "/uploads").to_owned();
                uploads::handle(home, &mount, &rest, &parts, body).await
            }
            DavRoot::Bulk if request.method() == http::Method::POST => {
                let (parts, body) = request.into_parts();
                bulk::handle(home, &parts, body).await
            }
            DavRoot::Trash if trash::is_kept(home) => self.trash(home, people, request).await,
            DavRoot::Versions if versions::are_kept(home) => {
                self.versions(home, people, request).await
            }
            DavRoot::Root if request.method().as_str() == "SEARCH" => {
                self.search(home, &mount, request).await
            }
            DavRoot::Root => self.root(home, request).await,
            DavRoot::Principals => self.principals(home, people, request).await,
            DavRoot::Avatars => self.avatars(home, people, request).await,
            DavRoot::Tags | DavRoot::TagRelations | DavRoot::TagsInUse | DavRoot::Comments => {
                notes(root, home, request).await
            }
            DavRoot::Bulk | DavRoot::Trash | DavRoot::Versions | DavRoot::Unknown => {
                let name = match root {
                    DavRoot::Trash => "trashbin",
                    DavRoot::Versions => "versions",
                    _ => below(request.uri().path(), "").trim_matches('/'),
                };
                let text = format!("File not found: {name} in 'root'");
                Err(Error::new(ErrorKind::NotFound, text))
            }
        };
        let mut response = outcome.unwrap_or_else(|error| self.refuse(&mount, &error));
        if listing {
            // Also with an error: clients look for features in the answer to any listing.
            response.headers_mut().entry("dav").or_insert(HeaderValue::from_static(COMPLIANCE));
        }
        response
    }

    /// A request of somebody who came with a link; `home` shows what it leads to.
    pub(crate) async fn guest(
        &self,
        home: &Home,
        mount: &Mount,
        request: Request<Body>,
    ) -> Response<DavBody> {
        let listing = request.method().as_str() == "PROPFIND";
        let mut response = match request.method().as_str() {
            "COPY" => {
                let error = Error::new(ErrorKind::Conflict, "Links cannot copy");
                self.refuse(mount, &error)
            }
            _ => self.files.handle(home, mount, request.map(Body::into_inner)).await,
        };
        if listing {
            response.headers_mut().entry("dav").or_insert(HeaderValue::from_static(COMPLIANCE));
        }
        response
    }

    /// A request on the uploads of the guests of a link, whose files lie at `mount`.
    pub(crate) async fn guest_upload(
        &self,
        home: &Home,
        mount: &Mount,
        rest: &str,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        let (parts, body) = request.into_parts();
        uploads::handle(home, mount, rest, &parts, body).await
    }

    /// An error in the form of this part.
    pub(crate) fn refuse(&self, mount: &Mount, error: &Error) -> Response<DavBody> {
        self.files.error_response(mount, error)
    }

    /// A request on the caller's own tree.
    async fn tree(
        &self,
        home: &Home,
        mount: &Mount,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        if request.method() == http::Method::PATCH {
            let path = mount.locate(request.uri().path())?;
            return checksum::recalculate(home, &path, request.headers()).await;
        }
        if hand_lock::is_meant(request.method(), request.headers()) {
            let path = mount.locate(request.uri().path())?;
            return hand_lock::handle(home, &path, request.method(), request.headers()).await;
        }
        if request.method().as_str() == "PROPFIND"
            && let Some(wish) = paginate::Wish::of(request.headers())?
        {
            return self.page(home, mount, wish, request).await;
        }
        if request.method() == http::Method::POST {
            let text = "There was no handler in the system that was willing to handle this POST";
            return Err(Error::new(ErrorKind::NotImplemented, text));
        }
        Ok(self.files.handle(home, mount, request.map(Body::into_inner)).await)
    }

    /// A page of a folder; a file is listed as always.
    async fn page(
        &self,
        home: &Home,
        mount: &Mount,
        wish: paginate::Wish,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        let path = mount.locate(request.uri().path())?;
        let folder = home.view.resolve(&path).await.map_err(from_files)?;
        let Some(folder) = folder.filter(allmende_files::Entry::is_folder) else {
            return Ok(self.files.handle(home, mount, request.map(Body::into_inner)).await);
        };
        let (parts, body) = request.into_parts();
        let body = body.collect(XmlLimits::default().max_bytes).await?;
        let page = self.pages.page(home, path, folder, wish).await?;
        let mut response = self.files.list(home, mount, &parts, &body, page.source).await;
        if response.status() == StatusCode::MULTI_STATUS {
            response.headers_mut().extend(page.headers);
        }
        Ok(response)
    }

    /// A request on the tree of somebody else: it is there, and that is all.
    async fn others(
        &self,
        home: &Home,
        known: &Known,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        if request.method().as_str() != "PROPFIND" {
            return Err(Error::new(ErrorKind::Forbidden, "This is not your folder"));
        }
        let own = Fixed::collection(format!("{ROOT}/files/{}/", known.id));
        let inside = below(request.uri().path(), "/files").trim_matches('/').contains('/');
        if inside {
            return Err(Error::new(ErrorKind::NotFound, "File could not be located"));
        }
        self.fixed(home, &own, Members::Listed(&[]), request).await
    }

    /// A request on the list of the caller's team folders, or inside of one of them.
    async fn team_folders(
        &self,
        home: &Home,
        people: &People,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        let path = request.uri().path();
        let spelling = match Owner::of(path, "/groupfolders", home, people).await? {
            Owner::Caller(spelling) => spelling,
            Owner::Nobody => {
                let own = Fixed::collection(format!("{}/", team_list::ROOT));
                return self.fixed(home, &own, Members::Secret, request).await;
            }
            Owner::Other(_) => return Err(Error::new(ErrorKind::Forbidden, "")),
        };
        let list = format!("{}/{spelling}", team_list::ROOT);
        let mount = Mount::new(&list);
        let inside = mount.locate(path)?;
        if let Some(name) = inside.names().first() {
            let folders = team_list::folders(home).await?;
            let folder = folders.into_iter().find(|folder| folder.name() == Some(name));
            let folder = folder.and_then(|folder| folder.path);
            let folder = folder.ok_or_else(|| Error::not_found(&inside))?;
            let mount = Mount::new(&format!("{list}/{name}")).within(folder);
            return self.tree(home, &mount, request).await;
        }
        if request.method().as_str() != "PROPFIND" {
            let text = "The list of team folders can only be looked at";
            return Err(Error::new(ErrorKind::MethodNotAllowed, text));
        }
        let (parts, body) = request.into_parts();
        let body = body.collect(XmlLimits::default().max_bytes).await?;
        let source = team_list::listed(home, &parts.headers).await?;
        Ok(self.files.list(home, &mount, &parts, &body, source).await)
    }

    /// A search, which is sent to the root and names its folders in the body.
    async fn search(
        &self,
        home: &Home,
        mount: &Mount,
        mut request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        let root = mount.href(&SpacePath::root(), Kind::Collection);
        *request.uri_mut() = root.as_str().parse().map_err(|error| {
            let text = "The name of the home makes no URL";
            Error::new(ErrorKind::Internal, text).with_source(error)
        })?;
        self.tree(home, mount, request).await
    }

    /// A request on the trash of the caller; of others not even that it is there.
    async fn trash(
        &self,
        home: &Home,
        people: &People,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        let root = "/trashbin";
        let owner = match Owner::of(request.uri().path(), root, home, people).await? {
            Owner::Caller(spelling) => spelling,
            Owner::Nobody => {
                let own = Fixed::collection(format!("{ROOT}{root}/"));
                return self.fixed(home, &own, Members::Secret, request).await;
            }
            Owner::Other(_) => return Err(Error::new(ErrorKind::Forbidden, "")),
        };
        let mount = Mount::new(&format!("{ROOT}{root}/{owner}"));
        let call = trash::Call { handler: &self.trash, home, people, mount, owner: &owner };
        let top = format!("{ROOT}{root}/{owner}/");
        let [bin, restore] =
            ["trash", "restore"].map(|name| Fixed::collection(format!("{top}{name}/")));
        match call.answer(request).await? {
            trash::Answer::Done(response) => Ok(response),
            trash::Answer::Fixed(request, trash::Collection::Top) => {
                let members = [bin, restore];
                let own = Fixed::collection(top);
                self.fixed(home, &own, Members::Listed(&members), request).await
            }
            trash::Answer::Fixed(request, trash::Collection::Restore) => {
                self.fixed(home, &restore, Members::Listed(&[]), request).await
            }
        }
    }
}

/// A request on what is kept of files beside them: tags and comments.
async fn notes(root: DavRoot, home: &Home, request: Request<Body>) -> Result<Response<DavBody>> {
    let (parts, body) = request.into_parts();
    let rest = |root| decode(below(parts.uri.path(), root));
    match root {
        DavRoot::Tags => tags::tags(home, &rest("/systemtags")?, &parts, body).await,
        DavRoot::TagRelations => {
            tags::relations(home, &rest("/systemtags-relations")?, &parts, body).await
        }
        DavRoot::TagsInUse => {
            tags::in_use(home, &rest("/systemtags-assigned")?, &parts, body).await
        }
        _ => comments::handle(home, &rest("/comments")?, &parts, body).await,
    }
}
