//! Batches of changes.
//!
//! A commit reads what it needs, checks everything on it (so that errors are precise),
//! and writes one batch whose guards repeat the checks. If a guard is not met, it starts
//! over: either the new state is an error, or the write is tried again.

mod copy;
mod delta;
mod draft;
mod facts;
mod make_folder;
mod move_node;
mod properties;
mod put_file;
mod remove;
mod report;
mod view;

use allmende_sql::{Expect, Statement, params};
use allmende_storage::{Batch, Committed, Error, ErrorKind, Op, Result};
use allmende_types::{NodeId, SpaceId};

use self::{draft::Draft, view::View};
use crate::{
    SqlTree,
    error::{Context, is_stale},
};

/// How often a write is tried when others come first each time.
pub(crate) const ATTEMPTS: usize = 16;

impl SqlTree {
    pub(crate) async fn commit(&self, batch: Batch) -> Result<Committed> {
        if batch.ops.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "a batch has at least one change"));
        }
        let mut ids = Vec::new();
        for attempt in 0..ATTEMPTS {
            let view = View::load(self, &batch).await?;
            let fresh = view.makes_nodes(&batch.ops, &self.options.policy);
            let missing = fresh.saturating_sub(ids.len());
            ids.extend(self.ids.take(missing).await?);
            let mut draft = Draft::new(self, view, &batch, ids.clone());
            for op in &batch.ops {
                draft.op(op)?;
            }
            if attempt > 0 {
                self.check_contents(&batch.ops).await?;
            }
            let (statements, report) = draft.finish();
            match self.sql.write(statements).await {
                Err(error) if is_stale(&error) => {
                    tracing::debug!(%error, attempt, "commit met another state");
                }
                answer => return report.read(&answer.context("commit")?),
            }
        }
        Err(too_busy("commit"))
    }

    /// Says which content a guard refused; nothing if it was another guard.
    async fn check_contents(&self, ops: &[Op]) -> Result<()> {
        for op in ops {
            let Op::PutFile(op) = op else { continue };
            for guard in draft::content_guards(&op.segments) {
                if !self.sql.read(guard).await.context("look for contents")?.is_empty() {
                    let context = "a blob has another length, or was given to the collector";
                    return Err(Error::new(ErrorKind::Invalid, context));
                }
            }
        }
        Ok(())
    }
}

/// The answer when all attempts met another state than the one they were made for.
pub(crate) fn too_busy(what: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unavailable, what).with_source("others changed the same nodes meanwhile")
}

/// Puts the write behind others that touch the space.
pub(crate) fn hold(batch: &mut allmende_sql::Batch, space: SpaceId) {
    const HOLD: &str = "UPDATE spaces SET revision = revision WHERE id = $1 AND root IS NOT NULL";
    batch.expect(Statement::new(HOLD, params![space.0]), Expect::ONE);
}

/// Guards that the node still hangs in the space.
pub(crate) fn guard_alive(batch: &mut allmende_sql::Batch, node: NodeId, space: SpaceId) {
    const ALIVE: &str = "WITH RECURSIVE up(parent, space) AS (\
         SELECT parent, space FROM nodes WHERE id = $1 UNION ALL \
         SELECT n.parent, n.space FROM up CROSS JOIN nodes n WHERE n.id = up.parent) \
         SELECT space FROM up WHERE space = $2";
    batch.expect(Statement::new(ALIVE, params![node.0, space.0]), Expect::ONE);
}
