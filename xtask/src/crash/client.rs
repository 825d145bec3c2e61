//! One client: works until the server dies, and knows what has to be there afterwards.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::book::Book;
use super::model::{Change, Model, Settled};
use super::observe;
use super::workload::{Operation, Sizes, Told, Workload};
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;

/// The header by which a trace of the server's system calls tells requests apart.
pub(super) const NUMBER: &str = "X-Crash-Number";

/// What a client does, always the same for the same seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Character {
    /// Counts the clients; each has a folder of its own.
    pub(super) index: u64,
    pub(super) seed: u64,
    pub(super) sizes: Sizes,
}

impl Character {
    fn folder(self) -> String {
        format!("c{}", self.index)
    }

    fn workload(self) -> Workload {
        Workload::new(&self.folder(), self.seed.wrapping_add(self.index), self.sizes)
    }
}

/// A request, as it is needed to tell later what was there at a point of time.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) changes: Vec<Change>,
    /// What the answer told; nothing if there was none.
    pub(super) told: Vec<Told>,
}

/// What a look at everything after a crash has found.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    pub(super) nodes: u64,
    pub(super) settled: Settled,
}

/// A client of the workload.
#[derive(Debug)]
pub(super) struct Client {
    character: Character,
    home: Endpoint,
    workload: Workload,
    model: Model,
    under_way: Option<Vec<Change>>,
    /// Requests that were answered with success.
    pub(super) acknowledged: u64,
    /// Whether the tag of the client's folder has to be new at the next look.
    changed: bool,
    history: Option<Vec<Recorded>>,
}

impl Client {
    pub(super) fn new(character: Character, home: Endpoint) -> Self {
        Self {
            character,
            home,
            workload: character.workload(),
            model: Model::default(),
            under_way: None,
            acknowledged: 0,
            changed: false,
            history: None,
        }
    }

    /// Keeps every request from now on.
    pub(super) fn recording(self) -> Self {
        Self { history: Some(Vec::new()), ..self }
    }

    /// The requests that were kept.
    pub(super) fn history(&self) -> &[Recorded] {
        self.history.as_deref().unwrap_or_default()
    }

    /// The same client at another server, as it was when it had this many answers.
    pub(super) fn at(&self, authority: &str, answers: usize, book: &Book) -> Result<Self> {
        let home = Endpoint { authority: authority.to_owned(), ..self.home.clone() };
        let mut past = Self::new(self.character, home);
        past.workload = self.character.workload().resumed();
        let history = self.history();
        for recorded in &history[..answers.min(history.len())] {
            recorded.changes.iter().for_each(|change| past.model.apply(change));
            for told in &recorded.told {
                book.note(told.id, &told.etag, told.content)?;
            }
            past.acknowledged += 1;
        }
        past.under_way = history.get(answers).map(|recorded| recorded.changes.clone());
        Ok(past)
    }

    /// Works until the server is killed, which is announced before. A server that is gone
    /// earlier has ended by itself.
    pub(super) fn work_until_killed(&mut self, book: &Book, announced: &AtomicBool) -> Result<()> {
        while self.step(book)? {}
        ensure!(announced.load(Ordering::SeqCst), "the server was gone before it was killed");
        Ok(())
    }

    /// Works until it is told to stop, on a server that has to be there all the time.
    pub(super) fn work(&mut self, book: &Book, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            ensure!(self.step(book)?, "the server is gone");
        }
        Ok(())
    }

    /// Makes one request; whether it was answered.
    pub(super) fn step(&mut self, book: &Book) -> Result<bool> {
        let operation = self.workload.next(&self.home, &self.model);
        let number = format!("{}-{}", self.character.index, self.history().len());
        let request = operation.request.clone().header(NUMBER, &number);
        self.under_way = Some(operation.changes.clone());
        let Ok(answer) = request.send() else {
            self.record(operation, Vec::new());
            return Ok(false);
        };
        let told = operation.judge(&answer).context(request.line())?;
        for told in &told {
            book.note(told.id, &told.etag, told.content).context(request.line())?;
        }
        operation.changes.iter().for_each(|change| self.model.apply(change));
        self.under_way = None;
        self.acknowledged += 1;
        self.changed |= operation.is_of_files();
        self.record(operation, told);
        Ok(true)
    }

    fn record(&mut self, operation: Operation, told: Vec<Told>) {
        if let Some(history) = &mut self.history {
            history.push(Recorded { changes: operation.changes, told });
        }
    }

    /// Reads everything and compares it with what has to be there.
    pub(super) fn verify(&mut self, book: &Book) -> Result<Found> {
        let folder = self.character.folder();
        let (mut actual, root) = observe::files(&self.home, &folder, book)?;
        let under_way = self.under_way.take().unwrap_or_default();
        for upload in self.uploads(&under_way) {
            observe::upload(&self.home, &upload, &mut actual)?;
        }
        let settled = self.model.reconcile(&actual, &under_way)?;
        if let Some(root) = root
            && std::mem::take(&mut self.changed)
        {
            book.note_new_root(&folder, &root)?;
        }
        Ok(Found { nodes: actual.len() as u64, settled })
    }

    /// The uploads that are open, or may be.
    fn uploads(&self, under_way: &[Change]) -> BTreeSet<String> {
        let changed = under_way.iter().flat_map(|change| &change.0).map(|(path, _)| path.as_str());
        let paths = self.model.iter().map(|(path, _)| path).chain(changed);
        let name = |path: &str| {
            let rest = path.strip_prefix("uploads/")?;
            Some(rest.split('/').next().unwrap_or_default().to_owned())
        };
        paths.filter_map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client of a server that is not there.
    fn lonely() -> Client {
        let authority = format!("127.0.0.1:{}", crate::server::free_port().unwrap());
        let url = format!("http://{authority}/remote.php/dav/files/wanda/");
        let home = Endpoint::new(&url, "wanda", "password").unwrap();
        Client::new(Character { index: 0, seed: 7, sizes: Sizes { largest: 1000 } }, home)
    }

    #[test]
    fn a_server_that_ends_by_itself_is_no_kill() {
        let book = Book::default();
        let ended = |announced| {
            let ended = lonely().work_until_killed(&book, &AtomicBool::new(announced));
            ended.map_err(|failure| failure.to_string())
        };
        assert_eq!(ended(true), Ok(()));
        assert_eq!(ended(false), Err("the server was gone before it was killed".to_owned()));
        let failure = lonely().work(&book, &AtomicBool::new(false)).unwrap_err();
        assert_eq!(failure.to_string(), "the server is gone");
    }
}
