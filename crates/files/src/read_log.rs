//! Who read what: told, where it is to be told, before the first byte leaves.

use std::{fmt, sync::Arc};

use allmende_storage::ByteRange;
use allmende_types::{
    EventKind, EventNode, NewEvent, NodeShape, Origin, Principal, Stream, UserId,
};
use async_trait::async_trait;

use crate::{Entry, Files, Reading, Result, View, versions::Version};

/// Keeps the events of contents that people and guests read.
///
/// # What is told
/// * Each opening of a content: of a file, of a part of it (the details say which: `offset`,
///   `length`), of something in the trash, of an old content (the detail `version` is its
///   number).
/// * For an archive one event of what is packed, before it begins, and one of each file when its
///   turn comes; all have the detail `as` = `archive`. So it is known what was asked for, and
///   what was got when it broke off.
/// * Each picture of a content (`as` = `preview`), since what it shows is the content.
/// * Not listings, properties and `HEAD` of files, which tell of a file and not what is in it; nor
///   what the server reads for itself, such as to compute a checksum.
///
/// The events are those of [`Stream::Reads`] of the space.
///
/// # Contract for implementers
/// * When [`note`](Self::note) returns, the event is durable.
/// * What cannot be noted is an error, for which the read is refused.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use allmende_files::{Files, FilesOptions, PutRequest, ReadLog, Result, Stores, SystemClock};
/// use allmende_storage::{ByteRange, memory};
/// use allmende_types::{NewEvent, SpacePath};
///
/// #[derive(Debug, Default)]
/// struct Log(Mutex<Vec<NewEvent>>);
///
/// #[async_trait::async_trait]
/// impl ReadLog for Log {
///     async fn note(&self, event: NewEvent) -> Result<()> {
///         self.0.lock().unwrap().push(event);
///         Ok(())
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let tree = Arc::new(memory::MemoryTree::default());
/// # let blobs = Arc::new(memory::MemoryBlobs::default());
/// # let stores = Stores { tree: tree.clone(), blobs, locks: tree };
/// let log = Arc::new(Log::default());
/// let files = Files::new(stores, Arc::new(SystemClock), FilesOptions::default())?;
/// let view = files.with_read_log(log.clone()).view(&"alice".parse()?).await?;
/// let body = Box::pin(futures_util::stream::iter([Ok("good morning".into())]));
/// let file = view.put(PutRequest::new("a.txt".parse::<SpacePath>()?), body).await?.entry;
/// view.read(&file, ByteRange::new(5, 3)).await?;
/// let told = log.0.lock().unwrap();
/// assert_eq!(told[0].actor.as_ref().unwrap().to_string(), "person:alice");
/// assert_eq!((&*told[0].details["offset"], &*told[0].details["length"]), ("5", "3"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[async_trait]
pub trait ReadLog: fmt::Debug + Send + Sync + 'static {
    /// Writes an event.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn note(&self, event: NewEvent) -> Result<()>;
}

/// In what form a content is read, if not byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadForm {
    /// Packed into an archive.
    Archive,
    /// As a picture of it.
    Preview,
}

impl View {
    /// The same view for a request that comes from somewhere: its events say so.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin.into();
        self
    }

    /// The same view, whose events name a person: for a link that stands for them, such as
    /// one that they made for a player.
    #[must_use]
    pub fn in_the_name_of(mut self, person: UserId) -> Self {
        self.acting = Some(person);
        self
    }

    /// Tells that a content is about to be shown in a form that [`View::read`] does not know
    /// of. Nothing may leave before it has returned. Costs nothing where reads are not told.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): then it must not be shown.
    pub async fn note_read(&self, entry: &Entry, form: ReadForm) -> Result<()> {
        let Some(log) = self.files().read_log() else { return Ok(()) };
        let form = match form {
            ReadForm::Archive => "archive",
            ReadForm::Preview => "preview",
        };
        log.note(self.reading_of(entry).detail("as", form)).await
    }

    /// Opens the content of a version, or a part of it.
    ///
    /// # Errors
    /// As of [`View::read`].
    pub async fn read_version(&self, version: &Version, range: ByteRange) -> Result<Reading> {
        let reading = self.read_for_itself(&version.entry, range).await?;
        if let Some(log) = self.files().read_log() {
            let mut event = self.reading_of(&version.entry);
            event.stream = Stream::Reads(version.file.0);
            if let Some(node) = &mut event.node {
                (node.space, node.node) = version.file;
            }
            let event = part(event.detail("version", version.number.to_string()), &reading);
            log.note(event).await?;
        }
        Ok(reading)
    }

    /// Hands out a content that was opened, when it was told of.
    pub(crate) async fn noted(&self, entry: &Entry, reading: Reading) -> Result<Reading> {
        if let Some(log) = self.files().read_log() {
            let event = part(self.reading_of(entry), &reading);
            log.note(event).await?;
        }
        Ok(reading)
    }

    fn reading_of(&self, entry: &Entry) -> NewEvent {
        let node = &entry.node;
        let about = EventNode {
            space: node.space,
            node: node.id,
            parent: node.parent,
            name: node.name.as_ref().map_or("", |name| name.as_str()).into(),
            shape: if node.is_folder() { NodeShape::Folder } else { NodeShape::File },
            from: None,
        };
        let (person, link) = self.actor();
        let by = person.map(Principal::Person).or(link.map(Principal::Link));
        NewEvent::new(Stream::Reads(node.space), EventKind::FileRead, self.files().now())
            .by(by)
            .from((*self.origin).clone())
            .about(about)
    }
}

impl Files {
    /// The same service, which tells of what is read through its views.
    #[must_use]
    pub fn with_read_log(mut self, log: Arc<dyn ReadLog>) -> Self {
        self.reads = Some(log);
        self
    }

    fn read_log(&self) -> Option<&dyn ReadLog> {
        self.reads.as_deref()
    }
}

/// Says which part it is, unless it is all.
fn part(event: NewEvent, reading: &Reading) -> NewEvent {
    let Reading { size, offset, length, .. } = reading;
    if length == size {
        return event;
    }
    event.detail("offset", offset.to_string()).detail("length", length.to_string())
}
