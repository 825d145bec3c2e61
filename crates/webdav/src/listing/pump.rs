//! The body of a multistatus: pages are read ahead, and written frame by frame.

use std::{future::Future, io, pin::Pin, sync::Arc};

use allmende_webdav_proto::MultistatusWriter;
use bytes::Bytes;
use futures_util::{FutureExt, stream};

use super::{
    Plan,
    plan::{Progress, Sheet},
};
use crate::{
    backend::Backend,
    body::DavBody,
    error::{Error, ErrorKind, Result},
    mount::Mount,
    report::Source,
};

/// Bytes from which a frame goes out. The next response still fits its buffer.
const FRAME: usize = 60 * 1024;
/// The buffer of a frame: small enough to stay in the processor's cache on its way out.
const ROOM: usize = 64 * 1024;

/// Pages that are read on the connection's own task. Only a listing that is still not at
/// its end is worth the way between two processors.
const SHORT: usize = 4;

/// What a multistatus is made of.
pub(crate) struct Listing<B: Backend> {
    pub(crate) plan: Plan<B>,
    pub(crate) backend: B,
    pub(crate) mount: Mount,
    pub(crate) source: Box<dyn Source<B>>,
    pub(crate) sync_token: Option<String>,
}

/// Begins a listing, and returns when its first page can be written.
///
/// What fails until then is an error with a status. What fails later breaks the body off
/// before the end of the document: no client can take the part for the whole.
pub(crate) async fn start<B: Backend>(listing: Listing<B>) -> Result<DavBody> {
    let Listing { plan, backend, mount, source, sync_token } = listing;
    let writer = plan.writer();
    let reader = Arc::new(Reader { plan, backend, mount });
    let first = read(reader.clone(), source).await?;
    let ahead = Ahead::Read(Ok(None));
    let mut pump = Pump { reader, writer, sync_token, sheet: None, ahead, pages: 1 };
    let Some((first, source)) = first else { return Ok(DavBody::full(pump.finish())) };
    pump.ahead = pump.reader.read_ahead(source, pump.pages);
    // A listing of one page, which most are, is told in full and with its length.
    if matches!(pump.ahead, Ahead::Read(Ok(None))) {
        return Ok(DavBody::full(pump.whole(first)));
    }
    pump.sheet = Some(first);
    let frames = stream::unfold(Some(Box::new(pump)), |pump| async {
        let mut pump = pump?;
        Some(match pump.frame().await {
            Ok(Some(frame)) => (Ok(frame), Some(pump)),
            Ok(None) => (Ok(pump.finish()), None),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a listing broke off");
                (Err(io::Error::other(error)), None)
            }
        })
    });
    Ok(DavBody::stream(Box::pin(frames), None))
}

/// A page with all that its properties need, and the source of the next one. None behind
/// the last one.
type Page<B> = Option<(Sheet<B>, Box<dyn Source<B>>)>;
type Reading<B> = Pin<Box<dyn Future<Output = Result<Page<B>>> + Send>>;

/// What is known of the page behind the present one.
enum Ahead<B: Backend> {
    Reading(Reading<B>),
    Read(Result<Page<B>>),
}

/// What reading a page takes; shared with the task that reads ahead.
struct Reader<B: Backend> {
    plan: Plan<B>,
    backend: B,
    mount: Mount,
}

async fn read<B: Backend>(
    reader: Arc<Reader<B>>,
    mut source: Box<dyn Source<B>>,
) -> Result<Page<B>> {
    let Some(found) = source.next_page(&reader.backend).await? else { return Ok(None) };
    let sheet = reader.plan.load(&reader.backend, &reader.mount, found).await?;
    Ok(Some((sheet, source)))
}

impl<B: Backend> Reader<B> {
    /// Begins to read a page behind so many others. It goes on by itself as far as the
    /// backend has threads of its own, or the embedder gave a spawner.
    fn read_ahead(self: &Arc<Self>, source: Box<dyn Source<B>>, before: usize) -> Ahead<B> {
        let mut reading: Reading<B> = Box::pin(read(self.clone(), source));
        if let Some(page) = (&mut reading).now_or_never() {
            return Ahead::Read(page);
        }
        let spawner = self.plan.spawner().filter(|_| before >= SHORT);
        let Some(spawner) = spawner else { return Ahead::Reading(reading) };
        let page = spawner.spawn(reading);
        Ahead::Reading(Box::pin(async move {
            let stopped = || Error::new(ErrorKind::Unavailable, "The listing was stopped");
            page.await.unwrap_or_else(|| Err(stopped()))
        }))
    }
}

struct Pump<B: Backend> {
    reader: Arc<Reader<B>>,
    writer: MultistatusWriter,
    sync_token: Option<String>,
    /// The page that is being written.
    sheet: Option<Sheet<B>>,
    ahead: Ahead<B>,
    /// Pages that were read.
    pages: usize,
}

impl<B: Backend> Pump<B> {
    /// Writes the next frame; none when only the end of the document is missing.
    async fn frame(&mut self) -> Result<Option<Bytes>> {
        loop {
            self.look_ahead();
            if let Some(sheet) = &mut self.sheet {
                self.writer.reserve(ROOM.saturating_sub(self.writer.len()));
                let Reader { plan, mount, .. } = &*self.reader;
                if plan.render(&mut self.writer, mount, sheet, FRAME) == Progress::Full {
                    return Ok(Some(self.writer.take()));
                }
                self.sheet = None;
                self.look_ahead();
            }
            // What is written does not wait for a page that is still being read.
            if !matches!(self.ahead, Ahead::Read(Ok(_))) && !self.writer.is_empty() {
                return Ok(Some(self.writer.take()));
            }
            let page = match std::mem::replace(&mut self.ahead, Ahead::Read(Ok(None))) {
                Ahead::Read(page) => page?,
                Ahead::Reading(reading) => reading.await?,
            };
            let Some((sheet, source)) = page else { return Ok(None) };
            self.sheet = Some(sheet);
            self.pages += 1;
            self.ahead = self.reader.read_ahead(source, self.pages);
        }
    }

    /// Sees whether the next page has come, and lets it go on.
    fn look_ahead(&mut self) {
        if let Ahead::Reading(reading) = &mut self.ahead
            && let Some(page) = reading.now_or_never()
        {
            self.ahead = Ahead::Read(page);
        }
    }

    /// The whole document of a listing that has one page.
    fn whole(mut self, mut page: Sheet<B>) -> Bytes {
        let Reader { plan, mount, .. } = &*self.reader;
        let head = self.writer.len();
        // One byte is full: the first response tells how much the others will take.
        if plan.render(&mut self.writer, mount, &mut page, head + 1) == Progress::Full {
            let each = self.writer.len() - head;
            self.writer.reserve((each + each / 8) * page.left());
            plan.render(&mut self.writer, mount, &mut page, usize::MAX);
        }
        self.finish()
    }

    /// The end of the document, which only a complete listing gets.
    fn finish(mut self) -> Bytes {
        if let Some(token) = &self.sync_token {
            self.writer.sync_token(token);
        }
        self.writer.finish()
    }
}
