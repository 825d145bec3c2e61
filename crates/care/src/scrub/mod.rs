//! Reading every content now and then, before somebody needs it.
//!
//! [`scrub`] reads all that is left of a round, as a command does. [`step`] reads a part of it,
//! as a server does that goes on for ever: it rests until the next round is due. Both share one
//! file that says how far it has come. A step that finds that a [`scrub`] is at work stops, and
//! takes the round up where that left it.

mod places;
mod progress;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use allmende_storage::{BlobStore, ErrorKind as StoreKind, Tree};
use allmende_types::{BlobId, Timestamp};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};

use self::progress::{Claim, Progress, Round};
use crate::{Rate, Result, Watch, pace::Pace, read};

pub use self::places::places;

/// How often it is noted how far a scrub has come.
const NOTE: Duration = Duration::from_secs(10);
/// How often a step looks whether somebody else is at work.
const LOOK: Duration = Duration::from_secs(1);

/// How a scrub works.
#[derive(Debug, Clone)]
pub struct Options {
    /// The most bytes that are read in a second; as many as the disk gives, if none.
    pub rate: Option<Rate>,
    /// The file that says how far a scrub has come, and when the last round ended. A file with
    /// the ending `lock` beside it keeps two from writing it.
    pub progress: PathBuf,
}

/// What a scrub has read, together with the runs that it goes on from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scrubbed {
    /// Contents.
    pub contents: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Contents that cannot be read as they were written.
    pub damaged: Vec<String>,
}

/// How long a [`step`] works, and when it rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How long it reads before it returns. A content that has been begun is read to its end.
    pub span: Duration,
    /// How long after the end of a round the next one begins.
    pub every: Duration,
}

/// What a [`step`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// How it goes on.
    pub next: Next,
    /// Contents that this step read.
    pub contents: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Contents that this step found damaged.
    pub found: Vec<BlobId>,
    /// How many are damaged of those that were read in this round and, as far as this one has
    /// not come, in the last one. A round begins with what the last one found.
    pub damaged: u64,
    /// When the last round ended, if there ever was one.
    pub ended: Option<Timestamp>,
}

/// How it goes on after a [`step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next {
    /// There is more to read.
    More,
    /// The round is complete, or the next one is not due.
    Rest(Duration),
    /// Another process is at work on the same round.
    Elsewhere,
}

/// Reads every content once, and compares it with the store's checksums. It changes nothing
/// and can run beside a server.
///
/// A content that no file ever had is no damage, whatever it looks like: a loss of power may
/// tear what was never acknowledged, and the collector removes it.
///
/// # Errors
/// [`Busy`](crate::ErrorKind::Busy) when another scrub is at work,
/// [`Unavailable`](crate::ErrorKind::Unavailable) when the store cannot be read or the
/// progress not noted: the next call goes on.
pub async fn scrub(
    blobs: &dyn BlobStore,
    tree: &dyn Tree,
    options: &Options,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<Scrubbed> {
    let claim = Claim::take(&options.progress).await?;
    let mut run = Run::begin(options, Turn::Kept(claim), now)?;
    watch.done(run.progress.so_far.contents, run.progress.so_far.bytes);
    match run.read(blobs, tree, None, watch).await? {
        Some(End::All) => run.finish(),
        // What keeps its claim is stopped by nothing.
        Some(End::Span) | None => Ok(run.progress.so_far),
    }
}

/// Reads a part of a round.
///
/// # Errors
/// [`Unavailable`](crate::ErrorKind::Unavailable) as of [`scrub`].
pub async fn step(
    blobs: &dyn BlobStore,
    tree: &dyn Tree,
    options: &Options,
    plan: Plan,
    now: Timestamp,
) -> Result<Step> {
    let mut run = Run::begin(options, Turn::Lent, now)?;
    let wait = run.progress.last.as_ref().filter(|_| run.progress.after.is_none()).map(|last| {
        let passed = u64::try_from(now.unix().saturating_sub(last.ended)).unwrap_or(0);
        plan.every.saturating_sub(Duration::from_secs(passed))
    });
    if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
        return Ok(run.step(Next::Rest(wait)));
    }
    let next = match run.read(blobs, tree, Some(plan.span), &()).await? {
        Some(End::All) => match Claim::attempt(&options.progress)? {
            Some(_claim) => {
                run.finish()?;
                Next::Rest(plan.every)
            }
            None => Next::Elsewhere,
        },
        Some(End::Span) => Next::More,
        None => Next::Elsewhere,
    };
    Ok(run.step(next))
}

/// Who may note how far it has come.
#[derive(Debug)]
enum Turn {
    /// Nobody else, until the end.
    Kept(#[expect(dead_code, reason = "it is its being there that matters")] Claim),
    /// Whoever asks for it: it is taken for each note.
    Lent,
}

impl Turn {
    /// The right for a moment; none if somebody else has it.
    fn claim(&self, options: &Options) -> Result<Option<Option<Claim>>> {
        match self {
            Self::Kept(_) => Ok(Some(None)),
            Self::Lent => Ok(Claim::attempt(&options.progress)?.map(Some)),
        }
    }
}

/// Why reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// There is nothing more.
    All,
    /// The time is over.
    Span,
}

/// One run.
#[derive(Debug)]
struct Run<'a> {
    options: &'a Options,
    turn: Turn,
    now: Timestamp,
    begun: Instant,
    looked: Instant,
    progress: Progress,
    pace: Option<Pace>,
    contents: u64,
    bytes: u64,
    found: Vec<BlobId>,
}

/// A content was not read to its end: somebody else is at work.
struct Interrupted;

impl<'a> Run<'a> {
    fn begin(options: &'a Options, turn: Turn, now: Timestamp) -> Result<Self> {
        let begun = Instant::now();
        Ok(Self {
            options,
            turn,
            now,
            begun,
            looked: begun,
            progress: Progress::read(&options.progress)?,
            pace: options.rate.map(|rate| Pace::new(rate, begun)),
            contents: 0,
            bytes: 0,
            found: Vec::new(),
        })
    }

    /// Reads contents; none where somebody else is at work.
    async fn read(
        &mut self,
        blobs: &dyn BlobStore,
        tree: &dyn Tree,
        span: Option<Duration>,
        watch: &dyn Watch,
    ) -> Result<Option<End>> {
        let mut noted = Instant::now();
        let mut all = blobs.list(self.progress.after(&self.options.progress)?);
        while let Some(info) = all.try_next().await? {
            if self.turn.claim(self.options)?.is_none() {
                return Ok(None);
            }
            match self.one(blobs, info.id, watch).await {
                Ok(Ok(bytes)) => {
                    self.progress.so_far.bytes += bytes;
                    self.bytes += bytes;
                }
                Ok(Err(Interrupted)) => return Ok(None),
                // Removed since it was listed.
                Err(error) if *error.kind() == StoreKind::NotFound => continue,
                Err(error) if *error.kind() == StoreKind::Corrupt => {
                    if tree.unreferenced(&[info.id]).await?.is_empty() {
                        self.progress.so_far.damaged.push(info.id.to_string());
                        self.found.push(info.id);
                    }
                }
                Err(error) => return Err(error.into()),
            }
            self.progress.so_far.contents += 1;
            self.contents += 1;
            self.progress.after = Some(info.id.to_string());
            watch.done(1, 0);
            let is_over = span.is_some_and(|span| self.begun.elapsed() >= span);
            if is_over || noted.elapsed() >= NOTE {
                let Some(_claim) = self.turn.claim(self.options)? else { return Ok(None) };
                self.progress.write(&self.options.progress)?;
                noted = Instant::now();
            }
            if is_over {
                return Ok(Some(End::Span));
            }
        }
        Ok(Some(End::All))
    }

    async fn one(
        &mut self,
        blobs: &dyn BlobStore,
        id: BlobId,
        watch: &dyn Watch,
    ) -> allmende_storage::Result<Result<u64, Interrupted>> {
        let opened = match blobs.get(id, allmende_storage::ByteRange::ALL).await {
            // Beside a process that writes, a torn read of its neighbour is possible.
            Err(error) if *error.kind() == StoreKind::Corrupt => {
                blobs.get(id, allmende_storage::ByteRange::ALL).await
            }
            answer => answer,
        };
        let mut body = opened?.body;
        let mut bytes = 0;
        while let Some(piece) = body.try_next().await.map_err(read::broken)? {
            let length = piece.len() as u64;
            bytes += length;
            watch.done(0, length);
            if let Some(pace) = &mut self.pace {
                let wait = pace.spend(length, Instant::now());
                if !wait.is_zero() {
                    tokio::time::sleep(wait).await;
                }
            }
            if self.looked.elapsed() >= LOOK {
                self.looked = Instant::now();
                // What cannot be looked at is told when it is to be noted.
                if matches!(self.turn.claim(self.options), Ok(None)) {
                    return Ok(Err(Interrupted));
                }
            }
        }
        Ok(Ok(bytes))
    }

    /// The round is complete. To be called by who may write.
    fn finish(&mut self) -> Result<Scrubbed> {
        let read = std::mem::take(&mut self.progress.so_far);
        let passed = i64::try_from(self.begun.elapsed().as_secs()).unwrap_or(0);
        let ended = self.now.plus_seconds(passed).unix();
        self.progress.after = None;
        self.progress.last = Some(Round { ended, read: read.clone() });
        self.progress.write(&self.options.progress)?;
        Ok(read)
    }

    fn step(self, next: Next) -> Step {
        let Self { progress, contents, bytes, found, .. } = self;
        let after = progress.after.as_ref().and_then(|text| text.parse::<BlobId>().ok());
        let last = progress.last.iter().flat_map(|last| &last.read.damaged);
        // Ahead of it, the last round has the last word.
        let ahead = last.filter_map(|text| text.parse::<BlobId>().ok());
        let ahead = ahead.filter(|id| after.is_none_or(|after| *id > after)).count();
        let damaged = (ahead + progress.so_far.damaged.len()) as u64;
        let ended = progress.last.map(|last| Timestamp::from_unix(last.ended));
        Step { next, contents, bytes, found, damaged, ended }
    }
}
