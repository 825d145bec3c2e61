//! What a client knows of its files: what was acknowledged, and what was under way.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::failure::{Result, ensure, fail};

/// What content hashes to.
pub(super) type Hash = [u8; 32];

/// The hash of bytes.
pub(super) fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Folder,
    File {
        length: u64,
        hash: Hash,
        /// The value of a property that the client has set.
        mark: Option<String>,
    },
    /// A part of an upload, whose content cannot be read back.
    Part {
        length: u64,
    },
}

impl Node {
    pub(super) fn file(content: &[u8]) -> Self {
        Self::File { length: content.len() as u64, hash: hash(content), mark: None }
    }
}

/// Changes that are made together or not at all: what stands at each path afterwards.
#[derive(Debug, Clone, Default)]
pub(super) struct Change(pub(super) Vec<(String, Option<Node>)>);

impl Change {
    pub(super) fn one(path: impl Into<String>, node: Node) -> Self {
        Self(vec![(path.into(), Some(node))])
    }
}

/// All nodes by path. Folders of files begin with `files/`, uploads with `uploads/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Model(BTreeMap<String, Node>);

/// What became of the requests that were under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// Changes that are there as a whole.
    pub(super) there: u64,
    /// Changes of which nothing is there.
    pub(super) absent: u64,
}

impl Model {
    pub(super) fn get(&self, path: &str) -> Option<&Node> {
        self.0.get(path)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(path, node)| (path.as_str(), node))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// A node and all below it.
    pub(super) fn subtree<'a>(
        &'a self,
        path: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Node)> {
        self.iter().filter(move |(other, _)| {
            other.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    pub(super) fn insert(&mut self, path: String, node: Node) {
        self.0.insert(path, node);
    }

    pub(super) fn apply(&mut self, change: &Change) {
        for (path, node) in &change.0 {
            match node {
                Some(node) => self.0.insert(path.clone(), node.clone()),
                None => self.0.remove(path),
            };
        }
    }

    /// Compares with what is really there. Everything acknowledged must be; each change that
    /// was under way must be there as a whole or not at all, and is taken over as it is.
    pub(super) fn reconcile(&mut self, actual: &Self, under_way: &[Change]) -> Result<Settled> {
        let mut settled = Settled::default();
        for change in under_way {
            let after = |(path, node): &(String, Option<Node>)| actual.get(path) == node.as_ref();
            let before = |(path, _): &(String, Option<Node>)| actual.get(path) == self.get(path);
            if change.0.iter().all(after) {
                self.apply(change);
                settled.there += 1;
            } else if change.0.iter().all(before) {
                settled.absent += 1;
            } else {
                let paths: Vec<&str> = change.0.iter().map(|(path, _)| path.as_str()).collect();
                fail!("half of what was not acknowledged is visible, among {paths:?}");
            }
        }
        for (path, node) in self.iter() {
            match actual.get(path) {
                Some(found) if found == node => {}
                Some(found) => fail!("{path} was acknowledged as {node:?} and is {found:?}"),
                None => fail!("{path} was acknowledged and is lost"),
            }
        }
        for (path, node) in actual.iter() {
            ensure!(self.get(path).is_some(), "{path} was removed and is there: {node:?}");
        }
        Ok(settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(nodes: &[(&str, &str)]) -> Model {
        let mut model = Model::default();
        for (path, content) in nodes {
            model.insert((*path).to_owned(), Node::file(content.as_bytes()));
        }
        model
    }

    fn change(nodes: &[(&str, Option<&str>)]) -> Change {
        let node = |content: &str| Node::file(content.as_bytes());
        Change(nodes.iter().map(|(path, to)| ((*path).to_owned(), to.map(node))).collect())
    }

    #[test]
    fn what_was_under_way_is_whole_or_absent() {
        let renamed = change(&[("a", None), ("b", Some("1"))]);
        let before = model(&[("a", "1"), ("c", "2")]);
        for (found, there) in [(&[("a", "1"), ("c", "2")], 0), (&[("b", "1"), ("c", "2")], 1)] {
            let found = model(found);
            let mut known = before.clone();
            let settled = known.reconcile(&found, std::slice::from_ref(&renamed)).unwrap();
            assert_eq!((settled.there, settled.absent), (there, 1 - there));
            assert_eq!(known, found);
        }
        let half = model(&[("a", "1"), ("b", "1"), ("c", "2")]);
        let failure = before.clone().reconcile(&half, &[renamed]).unwrap_err().to_string();
        assert!(failure.starts_with("half of what"), "{failure}");
    }

    #[test]
    fn what_was_acknowledged_is_there_and_nothing_else() {
        let known = model(&[("a", "1")]);
        let judge = |found: &[(&str, &str)]| {
            known.clone().reconcile(&model(found), &[]).map_err(|failure| failure.to_string())
        };
        assert!(judge(&[("a", "1")]).is_ok());
        assert_eq!(judge(&[]).unwrap_err(), "a was acknowledged and is lost");
        assert!(judge(&[("a", "2")]).unwrap_err().starts_with("a was acknowledged as"));
        assert!(judge(&[("a", "1"), ("b", "1")]).unwrap_err().starts_with("b was removed"));
    }
}
