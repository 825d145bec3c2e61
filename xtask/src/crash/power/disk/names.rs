//! The names in folders: those that are durable, and the changes that are not yet.

use std::collections::{BTreeMap, HashMap};

use super::{Inode, ROOT, content::Survival};
use crate::failure::{Context as _, Result};
use crate::tree::Noise;

/// The names in each folder.
pub(super) type Names = HashMap<Inode, BTreeMap<String, Inode>>;

/// Names as the running program sees them, and as they would be found again.
#[derive(Debug, Default)]
pub(super) struct Folders {
    live: Names,
    durable: Names,
    pending: Vec<NameChange>,
}

/// A name comes, goes, or both at once.
#[derive(Debug, Clone)]
struct NameChange {
    line: usize,
    gone: Option<(Inode, String)>,
    new: Option<(Inode, String, Inode)>,
}

impl NameChange {
    fn touches(&self, folder: Inode) -> bool {
        self.gone.as_ref().is_some_and(|(of, _)| *of == folder)
            || self.new.as_ref().is_some_and(|(of, ..)| *of == folder)
    }

    fn apply(&self, names: &mut Names) {
        if let Some((folder, name)) = &self.gone {
            names.entry(*folder).or_default().remove(name);
        }
        if let Some((folder, name, inode)) = &self.new {
            names.entry(*folder).or_default().insert(name.clone(), *inode);
        }
    }
}

impl Folders {
    pub(super) fn find(&self, parts: &[String]) -> Option<Inode> {
        parts.iter().try_fold(ROOT, |at, part| self.live.get(&at)?.get(part).copied())
    }

    pub(super) fn name(&self, inode: Inode) -> Option<&str> {
        let mut all = self.live.values().flatten();
        all.find(|(_, other)| **other == inode).map(|(name, _)| name.as_str())
    }

    /// One name goes, another comes, or both.
    pub(super) fn renamed(
        &mut self,
        line: usize,
        gone: Option<&[String]>,
        new: Option<(&[String], Inode)>,
    ) -> Result<()> {
        let gone = gone.map(|parts| self.place(parts)).transpose()?;
        let new = match new {
            Some((parts, inode)) => {
                let (folder, name) = self.place(parts)?;
                Some((folder, name, inode))
            }
            None => None,
        };
        let change = NameChange { line, gone, new };
        change.apply(&mut self.live);
        self.pending.push(change);
        Ok(())
    }

    fn place(&self, parts: &[String]) -> Result<(Inode, String)> {
        let (name, folder) = parts.split_last().context("the root itself")?;
        let folder = self.find(folder).context(format!("{name}: its folder is not known"))?;
        Ok((folder, name.clone()))
    }

    /// What had ended when the flush of a folder began is durable now.
    pub(super) fn flush(&mut self, folder: Inode, since: usize) {
        let mut flushed = self.flushed(folder, since).into_iter();
        let durable = &mut self.durable;
        self.pending.retain(|change| {
            let keep = !flushed.next().unwrap_or(false);
            if !keep {
                change.apply(durable);
            }
            keep
        });
    }

    /// Which pending changes become durable with a folder: those of its names, and those that
    /// they build on, such as the making of a file in the folder that it was moved from.
    fn flushed(&self, folder: Inode, since: usize) -> Vec<bool> {
        let mut flushed = vec![false; self.pending.len()];
        let mut built_on: Vec<(Inode, &str)> = Vec::new();
        for (at, change) in self.pending.iter().enumerate().rev() {
            let new = change.new.as_ref().map(|(folder, name, _)| (*folder, name.as_str()));
            flushed[at] = (change.line < since && change.touches(folder))
                || new.is_some_and(|new| built_on.contains(&new));
            if flushed[at] {
                built_on.extend(change.gone.as_ref().map(|(of, name)| (*of, name.as_str())));
            }
        }
        flushed
    }

    /// How many changes are not durable.
    pub(super) fn unflushed(&self) -> usize {
        self.pending.len()
    }

    /// The names that may be there if the power is lost now.
    pub(super) fn after_loss(&self, survival: Survival, noise: &mut Noise) -> Names {
        let mut names = self.durable.clone();
        if matches!(survival, Survival::Some { .. }) {
            let kept = noise.below(self.pending.len() as u64 + 1);
            let kept = usize::try_from(kept).unwrap_or(0);
            self.pending[..kept].iter().for_each(|change| change.apply(&mut names));
        }
        names
    }
}
