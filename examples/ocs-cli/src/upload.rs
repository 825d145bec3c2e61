//! `ocs put`: in one piece, or in pieces that the server joins.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::UNIX_EPOCH;

use allmende_ocs::endpoints::NoParameters;
use allmende_ocs::endpoints::cloud::capabilities;
use allmende_webdav_proto::Href;
use http::{Method, header};
use indicatif::ProgressBar;

use crate::arguments::Put;
use crate::dav;
use crate::failure::Failure;
use crate::output::Output;
use crate::path::RemotePath;
use crate::progress;
use crate::session::Session;

/// Servers number at most so many pieces.
const MOST_PIECES: u64 = 10_000;
/// How often a piece is sent before the upload is given up.
const ATTEMPTS: u32 = 3;
const ANSWER_BYTES: u64 = 1 << 20;

pub(crate) fn put(session: &Session, wish: &Put, output: Output) -> Result<(), Failure> {
    let name = wish.file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Failure::Wish("the local file has no usable name".into()))?;
    let target = wish.path.target_for(name);
    let file = File::open(&wish.file).map_err(Failure::file(&wish.file))?;
    let metadata = file.metadata().map_err(Failure::file(&wish.file))?;
    if !metadata.is_file() {
        return Err(Failure::Wish(format!("{} is no file", wish.file.display())));
    }
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let bar = progress::bar(Some(metadata.len()));
    let mut upload = Upload {
        session,
        file,
        size: metadata.len(),
        modified: modified.map(|since| since.as_secs().to_string()),
        target: &target,
        bar: &bar,
    };
    match upload.piece_size(wish.chunk << 20)? {
        Some(piece) => upload.in_pieces(piece)?,
        None => upload.whole()?,
    }
    bar.finish_and_clear();
    output.done(&format!("{target} ({} bytes)", metadata.len()))
}

struct Upload<'a> {
    session: &'a Session,
    file: File,
    size: u64,
    /// In seconds since 1970.
    modified: Option<String>,
    target: &'a RemotePath,
    bar: &'a ProgressBar,
}

impl Upload<'_> {
    /// How large the pieces are, if the file is to be sent in pieces.
    fn piece_size(&self, wished: u64) -> Result<Option<u64>, Failure> {
        if self.size <= wished {
            return Ok(None);
        }
        let told = self.session.client.call::<capabilities::Get>(&NoParameters {})?.capabilities;
        if told.dav.and_then(|dav| dav.chunking).is_none() {
            return Ok(None);
        }
        let most = told.files.and_then(|files| files.chunked_upload).map(|limits| limits.max_size);
        Ok(Some(piece_size(self.size, wished, most)))
    }

    fn whole(&mut self) -> Result<(), Failure> {
        let mut request = self
            .session
            .client
            .request(Method::PUT, &self.session.file(self.target))
            .header(header::CONTENT_LENGTH, self.size);
        if let Some(modified) = &self.modified {
            request = request.header("X-OC-Mtime", modified);
        }
        let mut body = self.bar.wrap_read((&self.file).take(self.size));
        self.session.client.upload(request, &mut body).map(|_| ())
    }

    fn in_pieces(&mut self, piece: u64) -> Result<(), Failure> {
        let folder = self.session.upload(&format!("ocs-{}", random_name()?));
        self.act("MKCOL", &folder)?;
        let sent = self.send_pieces(&folder, piece).and_then(|()| {
            // The pseudo-member `.file` is all the pieces, joined.
            self.act("MOVE", &folder.join(".file"))
        });
        if sent.is_err() {
            // The server forgets it in time by itself; the reason is told already.
            let _ = self.act("DELETE", &folder);
        }
        sent
    }

    fn send_pieces(&mut self, folder: &Href, piece: u64) -> Result<(), Failure> {
        for (index, start) in
            (0..self.size).step_by(usize::try_from(piece).unwrap_or(usize::MAX)).enumerate()
        {
            let href = folder.join(&format!("{:05}", index + 1));
            let length = piece.min(self.size - start);
            let mut attempt = 1;
            while let Err(failure) = self.send_piece(&href, start, length) {
                if attempt == ATTEMPTS || !failure.is_retryable() {
                    return Err(failure);
                }
                attempt += 1;
            }
        }
        Ok(())
    }

    fn send_piece(&mut self, href: &Href, start: u64, length: u64) -> Result<(), Failure> {
        self.file.seek(SeekFrom::Start(start))?;
        self.bar.set_position(start);
        let request = self
            .session
            .client
            .request(Method::PUT, href)
            .header("Destination", self.session.destination(self.target))
            .header("OC-Total-Length", self.size)
            .header(header::CONTENT_LENGTH, length);
        let mut body = self.bar.wrap_read((&self.file).take(length));
        self.session.client.upload(request, &mut body).map(|_| ())
    }

    fn act(&self, method: &str, href: &Href) -> Result<(), Failure> {
        let mut request = self
            .session
            .client
            .request(dav::method(method)?, href)
            .header("Destination", self.session.destination(self.target))
            .header("OC-Total-Length", self.size);
        if let Some(modified) = &self.modified {
            request = request.header("X-OC-Mtime", modified);
        }
        self.session.client.dav(request.body("")?, ANSWER_BYTES).map(|_| ())
    }
}

/// The size of pieces as wished, within what the server takes, and never too many of them.
fn piece_size(size: u64, wished: u64, most: Option<u64>) -> u64 {
    let most = most.filter(|most| *most > 0).unwrap_or(u64::MAX);
    wished.min(most).max(size.div_ceil(MOST_PIECES)).max(1)
}

/// A name that no other upload has.
fn random_name() -> Result<String, Failure> {
    let number = getrandom::u64()
        .map_err(|error| Failure::Wish(format!("this machine gives no random numbers: {error}")))?;
    Ok(format!("{number:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_neither_too_large_nor_too_many() {
        const MIB: u64 = 1 << 20;
        assert_eq!(piece_size(300 * MIB, 10 * MIB, None), 10 * MIB);
        assert_eq!(piece_size(300 * MIB, 200 * MIB, Some(100 * MIB)), 100 * MIB);
        assert_eq!(piece_size(300 * MIB, 10 * MIB, Some(0)), 10 * MIB);
        let huge = piece_size(1 << 40, 10 * MIB, Some(100 * MIB));
        assert!((1_u64 << 40).div_ceil(huge) <= MOST_PIECES);
    }
}
