//! Many small files at once: their bytes are stored side by side, and one commit makes all
//! of them visible.

use allmende_storage::{Expect, Op, PutFile, Written as StoreWritten};
use allmende_types::Checksums;
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::{
    Error, ErrorKind, PutRequest, Result, View, Written,
    ingest::{Stored, body_of},
    locate::Spot,
};

/// How many bodies are stored at a time.
const SIDE_BY_SIDE: usize = 16;

/// A file whose bytes are durable and wait for the commit.
#[derive(Debug)]
struct Ready {
    spot: Spot,
    put: PutFile,
    stored: Stored,
    hashes: Checksums,
}

impl View {
    /// Writes many small files, each on its own: the results are in the order of the
    /// requests, and one that fails holds up no other. Two for the same path are written in
    /// their order.
    ///
    /// The bodies are in memory, so the caller bounds their sum.
    ///
    /// # Errors
    /// Each as of [`View::put`].
    pub async fn put_many(&self, files: Vec<(PutRequest, Bytes)>) -> Vec<Result<Written>> {
        let ready: Vec<Result<Ready>> = stream::iter(files)
            .map(|(request, bytes)| self.prepare(request, bytes))
            .buffered(SIDE_BY_SIDE)
            .collect()
            .await;
        let puts: Vec<PutFile> = ready.iter().flatten().map(|ready| ready.put.clone()).collect();
        if puts.is_empty() {
            return ready.into_iter().map(|ready| ready.and_then(never_committed)).collect();
        }
        if self.is_drop() {
            return self.commit_each(ready).await;
        }
        match self.commit_together(&puts).await {
            Ok(written) => {
                let mut written = written.into_iter();
                let mut finish = |ready: Ready| {
                    let written = written.next().ok_or_else(no_result)?;
                    Ok(self.written(&ready.spot, written, ready.hashes))
                };
                ready.into_iter().map(|ready| ready.and_then(&mut finish)).collect()
            }
            // Whether it happened is not known, so it must not be done again.
            Err(error) if error.is(&ErrorKind::Unavailable) => {
                let context = error.to_string();
                let fail = |_| Err(Error::new(ErrorKind::Unavailable, context.clone()));
                ready.into_iter().map(|ready| ready.and_then(fail)).collect()
            }
            // One of them is refused, and nothing has happened: each by itself, in order.
            Err(_) => self.commit_each(ready).await,
        }
    }

    /// Commits files by one commit. Where what they replace is kept, it is tried first whether
    /// all are new.
    async fn commit_together(&self, puts: &[PutFile]) -> Result<Vec<StoreWritten>> {
        let kept = self.files().options().versions.is_some();
        let op = |put: &PutFile| {
            let mut put = put.clone();
            if kept && put.target.expect == Expect::Any {
                put.target.expect = Expect::Absent;
            }
            Op::PutFile(put)
        };
        match self.commit(puts.iter().map(op).collect()).await {
            Ok(committed) => Ok(committed.written),
            Err(error) if kept && !error.is(&ErrorKind::Unavailable) => {
                self.commit_keeping(puts).await
            }
            Err(error) => Err(error),
        }
    }

    async fn commit_each(&self, all: Vec<Result<Ready>>) -> Vec<Result<Written>> {
        let mut results = Vec::with_capacity(all.len());
        for ready in all {
            results.push(match ready {
                Ok(ready) => self.commit_ready(ready).await,
                Err(error) => Err(error),
            });
        }
        results
    }

    async fn prepare(&self, request: PutRequest, bytes: Bytes) -> Result<Ready> {
        let length = Some(request.length.unwrap_or(bytes.len() as u64));
        let request = PutRequest { length, ..request };
        let spot = self.admit(&request).await?;
        let (put, stored, hashes) = self.receive(&spot, request, body_of(bytes)).await?;
        Ok(Ready { spot, put, stored, hashes })
    }

    async fn commit_ready(&self, ready: Ready) -> Result<Written> {
        let Ready { spot, put, stored, hashes } = ready;
        match self.commit_put(put, None, Vec::new()).await {
            Ok(written) => Ok(self.written(&spot, written, hashes)),
            Err(error) => {
                self.files().discard_after(&error, &stored).await;
                Err(error)
            }
        }
    }
}

fn no_result() -> Error {
    Error::new(ErrorKind::Unavailable, "a commit without a result")
}

/// No file was ready, so there is none to answer for.
fn never_committed(_: Ready) -> Result<Written> {
    Err(no_result())
}
