//! `ocs get`.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use http::{Method, header};

use crate::arguments::Get;
use crate::dav::{self, Entry, Kind};
use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use crate::session::Session;

pub(crate) fn get(session: &Session, wish: &Get, output: Output) -> Result<(), Failure> {
    let entry = dav::stat(session, &wish.path)?;
    let mut request = session.client.request(Method::GET, &session.file(&wish.path));
    if entry.kind == Kind::Folder {
        request = request.header(header::ACCEPT, "application/zip");
    }
    let to_stdout = wish.file.as_deref() == Some(Path::new("-"));
    let target = target(wish, &entry);
    if !to_stdout && !wish.force && target.exists() {
        let shown = target.display();
        return Err(Failure::Wish(format!("{shown} is there already; --force replaces it")));
    }
    let (parts, body) = session.client.download(request.body(())?)?.into_parts();
    let is_zip = |value: &http::HeaderValue| value.as_bytes().starts_with(b"application/zip");
    if entry.kind == Kind::Folder && !parts.headers.get(header::CONTENT_TYPE).is_some_and(is_zip) {
        return Err(Failure::Wish("this server makes no archives of folders".into()));
    }
    let bar = progress::bar(body.content_length());
    let mut body = bar.wrap_read(body.into_reader());
    if to_stdout {
        io::copy(&mut body, &mut io::stdout().lock())?;
        bar.finish_and_clear();
        return Ok(());
    }
    let bytes = keep(&mut body, &target).map_err(Failure::file(&target))?;
    bar.finish_and_clear();
    output.done(&format!("{} ({bytes} bytes)", target.display()))
}

/// The local file that was asked for, or one of the name that the file has.
fn target(wish: &Get, entry: &Entry) -> PathBuf {
    let name = match (entry.name(), entry.kind) {
        ("", _) => "home.zip".to_owned(),
        (name, Kind::Folder) => format!("{name}.zip"),
        (name, Kind::File) => name.to_owned(),
    };
    match &wish.file {
        Some(file) if file.is_dir() => file.join(name),
        Some(file) => file.clone(),
        None => PathBuf::from(name),
    }
}

/// Writes beside the target and renames, so that a download that breaks off replaces nothing.
fn keep(body: &mut dyn Read, target: &Path) -> io::Result<u64> {
    let mut beside = target.as_os_str().to_owned();
    beside.push(format!(".{:08x}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut write = || {
        let mut file = File::create_new(&beside)?;
        let bytes = io::copy(body, &mut file)?;
        file.flush()?;
        file.sync_all()?;
        fs::rename(&beside, target)?;
        Ok(bytes)
    };
    let written = write();
    if written.is_err() {
        // What is left of it is of no use; the reason is told already.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_that_breaks_off_replaces_nothing() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.txt");
        assert_eq!(keep(&mut &b"old"[..], &target).unwrap(), 3);
        assert!(keep(&mut (&b"new"[..]).chain(Broken), &target).is_err());
        assert_eq!(fs::read(&target).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
