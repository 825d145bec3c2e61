//! Giving a file another content, and keeping the one that it had: one commit.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
};

use allmende_storage::{
    Cause, CopyNode, ErrorKind as StoreKind, Expect, LockDepth, Node, Op, PutFile, Target,
    Written as StoreWritten,
};
use allmende_types::{Checksums, Name, NodeId, SpacePath};

use super::{
    Author, Marks,
    place::{Prepared, Trust},
};
use crate::{Algorithm, Entry, Error, ErrorKind, Files, Result, View, view::PAGE};

/// How often a content is written anew because another one came first.
const ATTEMPTS: u32 = 16;

/// A content that a file is to get.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) put: PutFile,
    /// What happens with it.
    pub(crate) others: Vec<Op>,
    pub(crate) cause: Cause,
    /// Who wrote it and what it is called.
    pub(crate) marks: Marks,
}

impl Content {
    /// What somebody writes.
    pub(crate) fn written(put: PutFile, others: Vec<Op>, author: Author) -> Self {
        let marks = Marks { author, ..Marks::default() };
        Self { put, others, cause: Cause::Request, marks }
    }

    /// Of what stands there, the file whose content would be lost if it was not kept.
    fn loses<'a>(&self, seen: Option<&'a Node>) -> Option<&'a Node> {
        let lost = |old: &&Node| !old.is_folder() && old.size > 0 && !same_content(old, &self.put);
        seen.filter(lost)
    }

    /// What is committed where nothing would be lost.
    fn plain(&self, seen: Option<&Node>) -> Attempt {
        let Self { put, cause, marks, .. } = self;
        let put = match seen.filter(|node| !node.is_folder()) {
            None if put.target.expect == Expect::Any => self.expecting(Expect::Absent),
            None => put.clone(),
            Some(old) => {
                let mut expecting = self.expecting(Expect::Unchanged(old.id, old.revision));
                // Who writes what is there has written nothing.
                let idle = same_content(old, put) && *cause == Cause::Request;
                expecting.properties = if idle { Vec::new() } else { marks.updates() };
                expecting
            }
        };
        Attempt { keep: Vec::new(), put }
    }

    /// What is committed where the content of `old` is kept at a place under a number.
    fn keeping(&self, old: &Node, place: Prepared, number: i64) -> Result<Attempt> {
        let Prepared { folder, ops: mut keep, note: mut properties } = place;
        let (parent, name) = (folder, Name::new(&number.to_string())?);
        let target = Target { parent, name, expect: Expect::Absent, space: None };
        // Whatever content it has by then is the one that is kept.
        keep.push(Op::Copy(CopyNode { node: old.id, target, depth: LockDepth::Zero }));
        properties.extend(self.marks.updates());
        let put = PutFile { properties, ..self.expecting(Expect::Node(old.id)) };
        Ok(Attempt { keep, put })
    }

    /// The change, which expects more than the caller does, never less.
    fn expecting(&self, expect: Expect) -> PutFile {
        let Self { put, .. } = self;
        let wanted = put.target.expect;
        let expect = if let Expect::Unchanged(..) = wanted { wanted } else { expect };
        PutFile { target: Target { expect, ..put.target.clone() }, ..put.clone() }
    }
}

/// One attempt to write.
struct Attempt {
    /// The changes that keep the old content.
    keep: Vec<Op>,
    put: PutFile,
}

impl View {
    /// Who writes through this view.
    pub(crate) fn author(&self) -> Author {
        match self.link() {
            Some(_) => Author::Nobody,
            None => Author::Person(self.person().clone()),
        }
    }

    /// Who is noted at a new file of a folder: its owner need not be.
    pub(crate) fn author_in(&self, folder: &Entry) -> Author {
        let kept = self.files().options().versions.is_some();
        if kept && folder.mount.is_some() { self.author() } else { Author::Owner }
    }

    /// Commits a content. What it replaces is kept, where versions are; `seen` is what stood
    /// there lately.
    ///
    /// A new file takes not one statement more, for it is tried first whether it is new.
    pub(crate) async fn commit_content(
        &self,
        content: Content,
        seen: Option<Box<Node>>,
    ) -> Result<StoreWritten> {
        let target = &content.put.target;
        let wanted = target.expect;
        if self.files().options().versions.is_none() || wanted == Expect::Absent {
            let plain = Attempt { keep: Vec::new(), put: content.put.clone() };
            return self.attempt(&content, plain).await;
        }
        let any = wanted == Expect::Any;
        let mut seen = match seen {
            Some(node) => Some(*node),
            None if any => None,
            None => self.standing_at(target).await?,
        };
        let mut failed = 0;
        for _ in 0..ATTEMPTS {
            let attempt = self.plan(&content, seen.as_ref(), failed).await?;
            let (expected, keeps) = (attempt.put.target.expect, !attempt.keep.is_empty());
            let error = match self.attempt(&content, attempt).await {
                Ok(written) => return Ok(written),
                Err(error) => error,
            };
            // Whether the attempt failed by more than the caller wants: it expected more, or
            // the place or number of the version was not there for it.
            let other_place = match error.kind() {
                ErrorKind::Exists => keeps || any,
                ErrorKind::ParentNotFound => keeps,
                ErrorKind::NotFound | ErrorKind::Changed => false,
                _ => return Err(error),
            };
            let there = self.standing_at(target).await?;
            let state = there.as_ref().map(|node| (node.id, node.revision));
            if let Err(kind) = wanted.check(state) {
                return Err(allmende_storage::Error::new(kind, format!("{target:?}")).into());
            }
            let gone = keeps && seen.map(|node| node.id) != there.as_ref().map(|node| node.id);
            if !other_place && !gone && expected.check(state).is_ok() {
                return Err(error);
            }
            failed += u32::from(keeps);
            seen = there;
        }
        Err(Error::new(ErrorKind::Unavailable, "others wrote the same file meanwhile"))
    }

    /// Commits contents of many files by one commit, with what they replace. Each file must
    /// stand among them once; what is refused, or changed meanwhile, fails them all.
    pub(crate) async fn commit_keeping(&self, puts: &[PutFile]) -> Result<Vec<StoreWritten>> {
        let place = |put: &PutFile| (put.target.parent, put.target.name.clone());
        let places: Vec<_> = puts.iter().map(place).collect();
        let standing = self.files().tree().children_named(&places).await?;
        let content = |put: &PutFile| Content::written(put.clone(), Vec::new(), self.author());
        let contents: Vec<Content> = puts.iter().map(content).collect();
        let standing: Vec<Option<Node>> = puts
            .iter()
            .zip(standing)
            .map(|(put, node)| node.filter(|node| is_in(&put.target, node)))
            .collect();
        let seen = || contents.iter().zip(standing.iter().map(Option::as_ref));
        let kept: Vec<&Node> = seen().filter_map(|(content, seen)| content.loses(seen)).collect();
        let mut places = self.files().version_places(&kept).await?.into_iter();
        let (mut ops, mut at) = (Vec::new(), BTreeSet::new());
        for (content, seen) in seen() {
            let place = content.loses(seen).and_then(|old| Some((old, places.next()?)));
            let Attempt { keep, put } = match place {
                Some((old, place)) => content.keeping(old, place, old.modified.unix())?,
                None => content.plain(seen),
            };
            ops.extend(keep);
            at.insert(ops.len());
            ops.push(Op::PutFile(put));
        }
        let written = self.commit(ops).await?.written.into_iter().enumerate();
        Ok(written.filter(|(n, _)| at.contains(n)).map(|(_, written)| written).collect())
    }

    async fn attempt(&self, content: &Content, attempt: Attempt) -> Result<StoreWritten> {
        let Attempt { keep: mut ops, put } = attempt;
        let at = ops.len();
        ops.push(Op::PutFile(put));
        ops.extend(content.others.iter().cloned());
        let written = self.commit_for(content.cause, ops).await?.written.into_iter().nth(at);
        written.ok_or_else(|| Error::new(ErrorKind::Unavailable, "a commit without a result"))
    }

    /// What is committed, given what is known to stand there. `failed` is how many attempts
    /// to keep it have failed.
    async fn plan(&self, content: &Content, seen: Option<&Node>, failed: u32) -> Result<Attempt> {
        let Some(old) = content.loses(seen) else { return Ok(content.plain(seen)) };
        let noted = self.files().marks(&[old.id]).await?.pop().and_then(|marks| marks.place);
        let trust = if failed == 0 { Trust::Note } else { Trust::Nothing };
        let place = self.files().version_place(old, noted, trust).await?;
        let number = self.number_for(old, place.folder, failed).await?;
        content.keeping(old, place, number)
    }

    /// The number of a version: the time of its change, and the first free one behind it
    /// after that was found to be taken. Those who look for one at the same time find
    /// different ones, sooner or later.
    async fn number_for(&self, old: &Node, folder: NodeId, failed: u32) -> Result<i64> {
        let wanted = old.modified.unix();
        if failed == 0 {
            return Ok(wanted);
        }
        let nodes = self.files().version_nodes(folder).await?;
        let number = |node: &Node| node.name.as_ref()?.as_str().parse().ok();
        let taken: BTreeSet<i64> = nodes.iter().filter_map(number).collect();
        let choice = RandomState::new().hash_one(wanted) % u64::from(2 * failed - 1);
        let mut free = (wanted..).filter(|number| !taken.contains(number));
        let free = free.nth(usize::try_from(choice).unwrap_or_default());
        free.ok_or_else(|| Error::new(ErrorKind::Invalid, "no number is free"))
    }

    async fn standing_at(&self, target: &Target) -> Result<Option<Node>> {
        let path = SpacePath::root().join(target.name.clone());
        let there = self.files().tree().resolve_below(target.parent, &path).await?;
        Ok(there.filter(|node| is_in(target, node)))
    }
}

impl Files {
    /// Everything in a folder of versions; nothing where it is gone.
    pub(super) async fn version_nodes(&self, folder: NodeId) -> Result<Vec<Node>> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = match self.tree().list(folder, after.as_ref(), PAGE).await {
                Err(error) if *error.kind() == StoreKind::NotFound => return Ok(Vec::new()),
                page => page?,
            };
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }
}

/// Whether what stands at a target lies in the space in which the target is meant.
fn is_in(target: &Target, node: &Node) -> bool {
    target.space.is_none_or(|space| space == node.space)
}

/// Whether a file gets the content that it has.
fn same_content(old: &Node, put: &PutFile) -> bool {
    let size: u64 = put.segments.iter().map(|segment| segment.size).sum();
    let Some(content) = old.content().filter(|_| old.size == size) else { return false };
    let blob = match put.segments[..] {
        [segment] => Some(segment.blob),
        _ => None,
    };
    let one = blob.is_some() && content.segments == 1 && content.id == blob;
    one || told_same(&content.checksums, &put.checksums)
}

/// Whether a sum that was verified, and is not the same by chance, is the same.
fn told_same(old: &Checksums, new: &Checksums) -> bool {
    use Algorithm::{Sha1, Sha256, Sha512};
    let sure = |sum: &str| matches!(sum.parse(), Ok(Sha1 | Sha256 | Sha512));
    let mut sums = new.iter().filter(|sum| sure(sum.algorithm()));
    sums.any(|sum| old.iter().any(|known| known.agrees(sum)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sums_that_are_sure_tell_that_nothing_changes() {
        let same = |old: &str, new: &str| told_same(&old.parse().unwrap(), &new.parse().unwrap());
        assert!(same("SHA1:aa MD5:bb", "SHA1:AA"));
        assert!(same("MD5:bb SHA256:cc", "SHA1:aa SHA256:cc"));
        assert!(!same("SHA1:aa", "SHA1:ab"));
        assert!(!same("MD5:bb", "MD5:bb"));
        assert!(!same("ADLER32:1", "ADLER32:1"));
        assert!(!same("", "SHA1:aa"));
    }
}
