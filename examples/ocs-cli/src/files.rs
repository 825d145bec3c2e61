//! `ocs ls`, `mkdir`, `rm`, `mv` and `find`.

use http::{Method, Request};

use crate::arguments::{Find, Mv};
use crate::dav::{self, Entry, Kind};
use crate::failure::Failure;
use crate::output::{self, Output};
use crate::path::RemotePath;
use crate::session::Session;

/// The answers to these acts are short or empty.
const ANSWER_BYTES: u64 = 1 << 20;

pub(crate) fn list(session: &Session, path: &RemotePath, output: Output) -> Result<(), Failure> {
    let mut found = dav::list(session, path)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    output.tell(&found, |found| rows(found, |entry| entry.name().to_owned()))
}

pub(crate) fn find(session: &Session, wish: &Find, output: Output) -> Result<(), Failure> {
    let found = dav::search(session, &wish.name, wish.limit)?;
    output.tell(&found, |found| rows(found, |entry| entry.path.clone()))
}

pub(crate) fn make_folder(session: &Session, path: &RemotePath) -> Result<(), Failure> {
    act(session, session.client.request(dav::method("MKCOL")?, &session.file(path)).body("")?)
}

pub(crate) fn remove(session: &Session, path: &RemotePath) -> Result<(), Failure> {
    if path.name().is_none() {
        return Err(Failure::Wish("the home itself cannot be removed".into()));
    }
    act(session, session.client.request(Method::DELETE, &session.file(path)).body("")?)
}

pub(crate) fn rename(session: &Session, wish: &Mv) -> Result<(), Failure> {
    let Some(name) = wish.from.name() else {
        return Err(Failure::Wish("the home itself cannot be moved".into()));
    };
    let request = session
        .client
        .request(dav::method("MOVE")?, &session.file(&wish.from))
        .header("Destination", session.destination(&wish.to.target_for(name)))
        .header("Overwrite", if wish.force { "T" } else { "F" })
        .body("")?;
    act(session, request)
}

fn act(session: &Session, request: Request<&str>) -> Result<(), Failure> {
    session.client.dav(request, ANSWER_BYTES).map(|_| ())
}

fn rows(found: &[Entry], shown: impl Fn(&Entry) -> String) -> String {
    let rows: Vec<_> = found
        .iter()
        .map(|entry| {
            let slash = if entry.kind == Kind::Folder { "/" } else { "" };
            [
                entry.size.map(output::size).unwrap_or_default(),
                entry.modified.clone().unwrap_or_default(),
                format!("{}{slash}", shown(entry)),
            ]
        })
        .collect();
    output::table(["SIZE", "MODIFIED", "NAME"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_end_with_a_slash() {
        let entry = Entry {
            path: "/a/b".into(),
            kind: Kind::Folder,
            size: Some(2048),
            modified: None,
            media_type: None,
            etag: None,
            id: None,
            permissions: None,
        };
        assert_eq!(
            rows(std::slice::from_ref(&entry), |entry| entry.name().to_owned()),
            "SIZE     MODIFIED  NAME\n2.0 KiB            b/\n"
        );
        let json = serde_json::to_value(&entry).unwrap();
        assert_eq!(
            (&json["path"], &json["kind"], &json["size"]),
            (&"/a/b".into(), &"folder".into(), &2048.into())
        );
    }
}
