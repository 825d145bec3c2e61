//! How far an export got, in a file.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use allmende_events::{Event, EventId};
use allmende_types::Stream;
use serde::{Deserialize, Serialize};

use crate::Failure;

/// The form of the file.
const VERSION: u32 = 1;

/// The last event of each stream that was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    version: u32,
    streams: BTreeMap<String, At>,
}

/// An event by its id and its number in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct At {
    event: i64,
    seq: i64,
}

impl Default for Cursor {
    fn default() -> Self {
        Self { version: VERSION, streams: BTreeMap::new() }
    }
}

impl Cursor {
    /// The cursor of a file; at the start, if there is none.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let about = |why: &dyn std::fmt::Display| format!("the cursor {}: {why}", path.display());
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(about(&error).into()),
        };
        let cursor: Self = serde_json::from_str(&text).map_err(|error| about(&error))?;
        if cursor.version != VERSION {
            return Err(about(&"another version of this program wrote it").into());
        }
        Ok(cursor)
    }

    /// Puts the cursor into its file, which has the old one or the new one whatever happens.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// The last event of a stream that was exported.
    pub(super) fn event(&self, stream: Stream) -> Option<EventId> {
        self.streams.get(&stream.to_string()).map(|at| EventId(at.event))
    }

    /// Its number.
    pub(super) fn seq(&self, stream: Stream) -> Option<i64> {
        self.streams.get(&stream.to_string()).map(|at| at.seq)
    }

    /// An event was exported.
    pub(super) fn pass(&mut self, event: &Event) {
        let at = At { event: event.id.0, seq: event.seq };
        self.streams.insert(event.fact.stream.to_string(), at);
    }
}
