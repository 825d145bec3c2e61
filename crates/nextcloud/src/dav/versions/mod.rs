//! The versions of files: `/remote.php/dav/versions/{user}/versions/{file}/{number}`, and
//! `…/restore`, into which a client moves the one that is to come back.

mod properties;
mod shelf;

use allmende_files::versions::Version;
use allmende_types::{NodeId, Permissions, SpacePath};
use allmende_webdav::{DavBody, DavHandler, Error, ErrorKind, Mount, Options, Result};
use allmende_webdav_proto::{
    Destination,
    error::{Retry, RetryAdvice},
};
use http::{HeaderMap, Request, Response, StatusCode};

pub(super) use self::shelf::Shelf;
use super::{
    Dav, Owner, ROOT,
    answer::{self, Body},
    errors::from_files,
    fixed::{Fixed, Members},
    home::Home,
};
use crate::people::People;

/// The versions as a handler of its own, with the properties that only they have.
pub(super) fn handler(options: Options) -> DavHandler<Shelf> {
    DavHandler::builder(options).provider(properties::VersionProperties).build()
}

/// Whether there are versions.
pub(super) fn are_kept(home: &Home) -> bool {
    home.view.files().options().versions.is_some()
}

/// A place below a person's `/versions/{user}`.
#[derive(Debug, PartialEq, Eq)]
enum Spot {
    /// The list of the two others.
    Top,
    /// `versions` and below.
    Versions(SpacePath),
    /// `restore` and below.
    Restore,
}

impl Spot {
    fn of(mount: &Mount, path: &str) -> Result<Self> {
        let path = mount.locate(path)?;
        let Some((first, rest)) = path.names().split_first() else { return Ok(Self::Top) };
        match first.as_str() {
            "versions" => Ok(Self::Versions(SpacePath::from_names(rest.to_vec())?)),
            "restore" => Ok(Self::Restore),
            _ => Err(Error::new(ErrorKind::NotFound, "")),
        }
    }
}

/// What the name of a file's versions, or of one of them, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// The list of all files.
    All,
    /// The versions of a file.
    File(NodeId),
    /// One of them.
    Version(NodeId, i64),
    Nothing,
}

impl Named {
    fn of(path: &SpacePath) -> Self {
        let number = |text: &str| text.parse().ok().filter(|n: &i64| n.to_string() == text);
        match path.names() {
            [] => Self::All,
            [file] => number(file.as_str()).map_or(Self::Nothing, |id| Self::File(NodeId(id))),
            [file, version] => match (number(file.as_str()), number(version.as_str())) {
                (Some(file), Some(number)) => Self::Version(NodeId(file), number),
                _ => Self::Nothing,
            },
            _ => Self::Nothing,
        }
    }
}

impl Dav {
    /// A request on the versions of the caller's files; of others not even that they are
    /// there.
    pub(super) async fn versions(
        &self,
        home: &Home,
        people: &People,
        request: Request<Body>,
    ) -> Result<Response<DavBody>> {
        let root = "/versions";
        let owner = match Owner::of(request.uri().path(), root, home, people).await? {
            Owner::Caller(spelling) => spelling,
            Owner::Nobody => {
                let own = Fixed::collection(format!("{ROOT}{root}/"));
                return self.fixed(home, &own, Members::Secret, request).await;
            }
            Owner::Other(_) => return Err(Error::new(ErrorKind::Forbidden, "")),
        };
        let top = format!("{ROOT}{root}/{owner}");
        let mount = Mount::new(&top);
        let [all, restore] =
            ["versions", "restore"].map(|name| Fixed::collection(format!("{top}/{name}/")));
        let path = match Spot::of(&mount, request.uri().path())? {
            Spot::Top => {
                let own = Fixed::collection(format!("{top}/"));
                return self.fixed(home, &own, Members::Listed(&[all, restore]), request).await;
            }
            Spot::Restore => {
                return self.fixed(home, &restore, Members::Listed(&[]), request).await;
            }
            Spot::Versions(path) if path.is_root() => {
                // Of which files there are versions is not told.
                return self.fixed(home, &all, Members::Listed(&[]), request).await;
            }
            Spot::Versions(path) => path,
        };
        match request.method().as_str() {
            "MOVE" => restore_to(home, &mount, &path, request.headers()).await,
            "COPY" => {
                let text = "Versions can be brought back, not copied";
                Err(Error::new(ErrorKind::Forbidden, text))
            }
            method => {
                let shelf = Shelf::new(home.clone(), method);
                let mount = Mount::new(&format!("{top}/versions"));
                let request = request.map(Body::into_inner);
                Ok(self.versions.handle(&shelf, &mount, request).await)
            }
        }
    }
}

/// Gives a file an older content back.
async fn restore_to(
    home: &Home,
    mount: &Mount,
    path: &SpacePath,
    headers: &HeaderMap,
) -> Result<Response<DavBody>> {
    let destination = Destination::from_headers(headers)?;
    let target = mount.locate_decoded(destination.path()).ok();
    let back = |path: &SpacePath| path.names().first().is_some_and(|n| n.as_str() == "restore");
    let Named::Version(file, number) = Named::of(path) else {
        return Err(Error::new(ErrorKind::NotFound, ""));
    };
    let missing = || Error::new(ErrorKind::NotFound, "");
    let entry = home.view.stat(&[file]).await.map_err(from_files)?.pop().flatten();
    let entry = entry.filter(|entry| !entry.is_folder()).ok_or_else(missing)?;
    let version: Option<Version> = home.view.version(&entry, number).await.map_err(from_files)?;
    let version = version.ok_or_else(missing)?;
    if !target.as_ref().is_some_and(back) {
        let text = "Versions are moved into the collection `restore`";
        return Err(Error::new(ErrorKind::Forbidden, text));
    }
    if !entry.permissions.contains(Permissions::UPDATE) {
        return Err(refused("restore this version", "update"));
    }
    home.view.restore_version(&entry, &version).await.map_err(from_files)?;
    Ok(answer::status(StatusCode::CREATED))
}

/// The refusal of what takes a right to the file.
fn refused(what: &str, right: &str) -> Error {
    let reason = format!(
        "You cannot {what} because you do not have {right} permissions on the source file."
    );
    let retry = Retry { advice: RetryAdvice::GiveUp, reason: reason.clone() };
    Error::new(ErrorKind::Forbidden, reason).with_retry(retry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let mount = Mount::new("/remote.php/dav/versions/alice");
        let of = |rest: &str| Spot::of(&mount, &format!("/remote.php/dav/versions/alice{rest}"));
        assert_eq!(of("/").unwrap(), Spot::Top);
        assert_eq!(of("/restore/target").unwrap(), Spot::Restore);
        assert_eq!(of("/versions/7/1").unwrap(), Spot::Versions("7/1".parse().unwrap()));
        assert_eq!(of("/other").unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn names_are_numbers() {
        let of = |path: &str| Named::of(&path.parse().unwrap());
        assert_eq!(of(""), Named::All);
        assert_eq!(of("17"), Named::File(NodeId(17)));
        assert_eq!(of("17/1500000000"), Named::Version(NodeId(17), 1_500_000_000));
        assert_eq!(of("17/-5"), Named::Version(NodeId(17), -5));
        for junk in ["junk", "007", "+7", "17/x", "17/01", "17/1/2", "99999999999999999999"] {
            assert_eq!(of(junk), Named::Nothing, "{junk}");
        }
    }
}
