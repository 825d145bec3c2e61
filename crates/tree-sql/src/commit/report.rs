//! From the outcomes of a write to what came of its changes.

use allmende_sql::Outcome;
use allmende_storage::{Committed, Result, Written};
use allmende_types::{Revision, SpaceId};

use crate::{
    error::Context,
    row::{self, Home},
};

/// Where the nodes of a [`Written`] come from: the statement and what its row does not say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    pub(super) statement: usize,
    pub(super) home: Home,
}

/// How to read the outcomes of a write.
pub(super) struct Report {
    /// How many statements stand before those of the changes.
    pub(super) head: usize,
    pub(super) revisions: Vec<(SpaceId, usize)>,
    pub(super) written: Vec<(Source, Option<Source>)>,
}

impl Report {
    pub(super) fn read(&self, outcomes: &[Outcome]) -> Result<Committed> {
        let row = |at: usize| outcomes[at].rows.one().context("the answer of a commit");
        let revision = |(space, at): &(SpaceId, usize)| {
            let revision = row(*at)?.int(0).context("the revision of a commit")?;
            Ok((*space, Revision(revision)))
        };
        let node = |source: &Source| row::node(row(self.head + source.statement)?, source.home);
        let written = |(changed, replaced): &(Source, Option<Source>)| {
            let replaced = replaced.as_ref().map(node).transpose()?;
            Ok(Written { node: node(changed)?, replaced })
        };
        Ok(Committed {
            written: self.written.iter().map(written).collect::<Result<_>>()?,
            revisions: self.revisions.iter().map(revision).collect::<Result<_>>()?,
        })
    }
}
