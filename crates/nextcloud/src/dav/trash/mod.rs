//! The trash: `/remote.php/dav/trashbin/{user}/trash`, and `…/restore`, into which a client
//! moves what is to come back.
//!
//! Nothing can be written into it: things come by being deleted, and go by being moved out or
//! deleted once more.

mod bin;
mod properties;

use allmende_files::{Place, Trash, TrashPolicy, Trashed};
use allmende_storage::Expect;
use allmende_types::{Name, SpacePath};
use allmende_webdav::{
    DavBody, DavHandler, Error, ErrorKind, Kind, Mount, Options, Resource, Result,
};
use allmende_webdav_proto::{Destination, headers::Overwrite};
use http::{HeaderMap, Request, Response, StatusCode};

pub(super) use self::bin::Bin;
use super::{
    ROOT,
    answer::{self, Body},
    errors::from_files,
    home::{ETagHeaders, Home},
    item::Item,
};
use crate::people::People;

/// The trash as a handler of its own, with the properties that only it has.
pub(super) fn handler(options: Options) -> DavHandler<Bin> {
    DavHandler::builder(options).provider(properties::TrashProperties).build()
}

/// A place below a person's `/trashbin/{user}`.
enum Spot {
    /// The list of the two others.
    Top,
    /// `trash` and below.
    Trash(SpacePath),
    /// `restore` and below.
    Restore,
}

impl Spot {
    fn of(mount: &Mount, path: &str) -> Result<Self> {
        let path = mount.locate(path)?;
        let Some((first, rest)) = path.names().split_first() else { return Ok(Self::Top) };
        match first.as_str() {
            "trash" => Ok(Self::Trash(SpacePath::from_names(rest.to_vec())?)),
            "restore" => Ok(Self::Restore),
            _ => Err(Error::new(ErrorKind::NotFound, "")),
        }
    }
}

/// Where in the trash of its owner a request is answered.
pub(super) struct Call<'a> {
    pub(super) handler: &'a DavHandler<Bin>,
    pub(super) home: &'a Home,
    pub(super) people: &'a People,
    /// `/remote.php/dav/trashbin/{user}`, as the client spells it.
    pub(super) mount: Mount,
    /// The spelling of the owner.
    pub(super) owner: &'a str,
}

/// What a request on the trash of its owner comes to.
pub(super) enum Answer {
    /// This.
    Done(Response<DavBody>),
    /// The list of what is in a collection that is always there.
    Fixed(Request<Body>, Collection),
}

/// A collection that is always there.
pub(super) enum Collection {
    /// Of `trash` and `restore`.
    Top,
    /// `restore`, which holds nothing.
    Restore,
}

/// Whether there is a trash.
pub(super) fn is_kept(home: &Home) -> bool {
    home.view.files().options().trash != TrashPolicy::Off
}

impl Call<'_> {
    pub(super) async fn answer(&self, request: Request<Body>) -> Result<Answer> {
        let path = match Spot::of(&self.mount, request.uri().path())? {
            Spot::Top => return Ok(Answer::Fixed(request, Collection::Top)),
            Spot::Restore => return Ok(Answer::Fixed(request, Collection::Restore)),
            Spot::Trash(path) => path,
        };
        let trash = self.home.view.trash().map_err(from_files)?;
        match request.method().as_str() {
            "MOVE" => self.restore(&trash, &path, request.headers()).await.map(Answer::Done),
            "COPY" => {
                find(&trash, &path).await?;
                let text = "What lies in the trash can be restored, not copied";
                Err(Error::new(ErrorKind::Forbidden, text))
            }
            "DELETE" if path.is_root() => {
                trash.empty().await.map_err(from_files)?;
                Ok(Answer::Done(answer::status(StatusCode::NO_CONTENT)))
            }
            _ => {
                let bin = Bin { home: self.home.clone(), people: self.people.clone(), trash };
                let mount = Mount::new(&format!("{ROOT}/trashbin/{}/trash", self.owner));
                let request = request.map(Body::into_inner);
                Ok(Answer::Done(self.handler.handle(&bin, &mount, request).await))
            }
        }
    }

    /// Moves something out: to where it was, or to a place among the files.
    async fn restore(
        &self,
        trash: &Trash,
        path: &SpacePath,
        headers: &HeaderMap,
    ) -> Result<Response<DavBody>> {
        let item = find(trash, path).await?;
        let destination = Destination::from_headers(headers)?;
        let inside = |root: &str| {
            let mount = Mount::new(&format!("{ROOT}/{root}/{}", self.owner));
            mount.locate_decoded(destination.path()).ok()
        };
        if inside("trashbin").is_some_and(|path| path.names().first().is_some_and(is_restore)) {
            trash.restore(&item).await.map_err(from_restore)?;
            return Ok(answer::status(StatusCode::CREATED));
        }
        let Some(place) = inside("files") else {
            let text = "Things are moved out of the trash, to where they were or among the files";
            return Err(Error::new(ErrorKind::Forbidden, text));
        };
        let expect = match Overwrite::from_headers(headers)? {
            Overwrite::Replace => Expect::Any,
            Overwrite::Keep => Expect::Absent,
        };
        let written = trash.restore_to(&item, Place::Path(place), expect).await;
        let written = written.map_err(from_restore)?;
        let status = if written.is_new() { StatusCode::CREATED } else { StatusCode::NO_CONTENT };
        let mut response = answer::status(status);
        let item = Item(written.entry);
        let etag = if item.kind() == Kind::File { ETagHeaders::Tell } else { ETagHeaders::Omit };
        self.home.identify(&item, response.headers_mut(), etag);
        Ok(response)
    }
}

fn is_restore(name: &Name) -> bool {
    name.as_str() == "restore"
}

async fn find(trash: &Trash, path: &SpacePath) -> Result<Trashed> {
    if path.is_root() {
        return Err(Error::new(ErrorKind::Forbidden, "The trash stays where it is"));
    }
    let found = trash.resolve(path).await.map_err(from_files)?;
    found.ok_or_else(|| Error::new(ErrorKind::NotFound, ""))
}

/// The answer to a restore that failed.
fn from_restore(error: allmende_files::Error) -> Error {
    match error.kind() {
        allmende_files::ErrorKind::Exists => {
            let text = "The destination node already exists, and the overwrite header is set to \
                        false";
            Error::precondition("Overwrite", text).with_source(error)
        }
        _ => from_files(error),
    }
}
