//! Every entity tag that was ever seen, and what it stood for.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use super::model::Hash;
use crate::failure::{Result, ensure};

/// Remembers what each pair of a file's number and tag stood for, over all restarts.
#[derive(Debug, Default)]
pub(super) struct Book {
    seen: Mutex<HashMap<(u64, String), Hash>>,
    roots: Mutex<HashSet<(String, String)>>,
}

impl Book {
    /// Notes what a tag stands for; one that stood for something else is a failure.
    pub(super) fn note(&self, id: u64, etag: &str, content: Hash) -> Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.entry((id, etag.to_owned())).or_insert(content);
        ensure!(*before == content, "the tag {etag} of number {id} stood for other content before");
        Ok(())
    }

    /// Notes the tag of a client's folder after something in it has changed: a new one.
    pub(super) fn note_new_root(&self, client: &str, etag: &str) -> Result<()> {
        let mut roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        let new = roots.insert((client.to_owned(), etag.to_owned()));
        ensure!(new, "the folder of {client} changed, and its tag {etag} is an old one");
        Ok(())
    }

    /// How many tags are known.
    pub(super) fn len(&self) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_comes_again_for_other_content_is_found() {
        let book = Book::default();
        book.note(1, "\"a\"", [1; 32]).unwrap();
        book.note(1, "\"a\"", [1; 32]).unwrap();
        book.note(2, "\"a\"", [2; 32]).unwrap();
        assert!(book.note(1, "\"a\"", [2; 32]).is_err());
        assert_eq!(book.len(), 2);
    }

    #[test]
    fn the_tag_of_a_changed_folder_is_new() {
        let book = Book::default();
        book.note_new_root("c0", "\"a\"").unwrap();
        book.note_new_root("c1", "\"a\"").unwrap();
        assert!(book.note_new_root("c0", "\"a\"").is_err());
    }
}
