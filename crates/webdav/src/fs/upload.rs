//! Contents on their way from and to the disk.

use std::{
    io::{self, Write},
    os::{fd::OwnedFd, unix::fs::FileExt},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, openat, unlinkat};

use super::{
    LocalFolder,
    dir::scratch_name,
    failure::{blocking, from_errno, from_io},
    node::LocalNode,
};
use crate::{
    backend::{Put, ReadRange, Written},
    body::ByteStream,
    error::{Error, Result},
};

const CHUNK: usize = 256 * 1024;

/// The bytes of an open file.
pub(super) fn read(file: std::fs::File, range: ReadRange) -> ByteStream {
    let (start, end) = match range {
        ReadRange::Whole => (0, u64::MAX),
        ReadRange::Part { start, length } => (start, start.saturating_add(length)),
    };
    let file = Arc::new(file);
    Box::pin(stream::try_unfold(start, move |at| {
        let file = Arc::clone(&file);
        async move {
            let length = usize::try_from(end - at).map_or(CHUNK, |rest| rest.min(CHUNK));
            let read = tokio::task::spawn_blocking(move || {
                let mut chunk = BytesMut::zeroed(length);
                let count = file.read_at(&mut chunk, at)?;
                chunk.truncate(count);
                Ok::<Bytes, io::Error>(chunk.freeze())
            });
            let chunk = read.await.map_err(io::Error::other)??;
            let next = at + chunk.len() as u64;
            Ok(if chunk.is_empty() { None } else { Some((chunk, next)) })
        }
    }))
}

/// A file that has no name of its own yet. It is gone when this value is dropped.
pub(super) struct Scratch {
    pub(super) directory: OwnedFd,
    pub(super) name: String,
    pub(super) file: std::fs::File,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Scratch,
    Named,
}

impl Scratch {
    pub(super) fn create(directory: OwnedFd) -> Result<Self> {
        let name = scratch_name();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH;
        let file = openat(&directory, name.as_str(), flags | OFlags::CLOEXEC, mode);
        let file = file.map_err(from_errno)?.into();
        Ok(Self { directory, name, file, state: State::Scratch })
    }

    /// Makes the content durable, with a time of change that no other content has.
    pub(super) fn finish(&self) -> Result<()> {
        let times = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            last_modification: unique_time(),
        };
        rustix::fs::futimens(&self.file, &times).map_err(from_errno)?;
        self.file.sync_all().map_err(from_io)
    }

    /// The file has got its name: it stays.
    pub(super) fn keep(mut self) {
        self.state = State::Named;
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.state == State::Scratch {
            // A file that cannot be removed stays hidden; nobody can be told here.
            let _ = unlinkat(&self.directory, self.name.as_str(), AtFlags::empty());
        }
    }
}

/// The time now, and at least a nanosecond after every time given out before: the clock of
/// a file system stands still for milliseconds, in which two contents must not look alike.
fn unique_time() -> Timespec {
    static LAST: AtomicI64 = AtomicI64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
    let next = |last: i64| Some(now.max(last.saturating_add(1)));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(0);
    let nanos = now.max(last.saturating_add(1));
    Timespec { tv_sec: nanos / 1_000_000_000, tv_nsec: (nanos % 1_000_000_000) as _ }
}

/// Writes a content beside the old one and lets it take the name.
pub(super) async fn put(
    folder: &LocalFolder,
    put: Put<'_, LocalNode>,
) -> Result<Written<LocalNode>> {
    let Put { target, mut body, context, .. } = put;
    let tokens = context.tokens.to_vec();
    let path = target.path.clone();
    // Before the first byte is read: a client need not send what cannot be stored.
    let early = (target.clone(), tokens.clone());
    let mut scratch = folder
        .run(move |inner| {
            inner.check_put(&early.0, &early.1)?;
            Scratch::create(inner.parent_of(&path)?.0)
        })
        .await?;
    let mut buffer = BytesMut::new();
    loop {
        let chunk = body.next().await.transpose().map_err(Error::body)?;
        let done = chunk.is_none();
        buffer.extend_from_slice(&chunk.unwrap_or_default());
        if buffer.len() >= CHUNK || (done && !buffer.is_empty()) {
            let piece = buffer.split().freeze();
            scratch = blocking(move || {
                scratch.file.write_all(&piece).map_err(from_io)?;
                Ok(scratch)
            })
            .await?;
        }
        if done {
            break;
        }
    }
    folder
        .run(move |inner| {
            scratch.finish()?;
            inner.commit_put(scratch, &target, &tokens)
        })
        .await
}
