//! The one place where a check writes to the database.

use allmende_sql::{Batch, ErrorKind, Expect, Statement};

use super::survey::Survey;
use crate::Result;

/// Runs one repair. Each statement repeats what makes it certain; whether there was still
/// anything to repair.
pub(super) async fn run(survey: &Survey<'_>, statement: Statement) -> Result<bool> {
    debug_assert!(survey.repairs());
    let outcomes = survey.subject.sql.write(Batch::one(statement, Expect::Any)).await?;
    Ok(outcomes.first().is_some_and(|outcome| outcome.affected > 0))
}

/// Runs a repair and what follows from it, together; whether there was still anything to
/// repair.
pub(super) async fn run_all(
    survey: &Survey<'_>,
    first: Statement,
    following: impl IntoIterator<Item = Statement>,
) -> Result<bool> {
    debug_assert!(survey.repairs());
    let mut batch = Batch::one(first, Expect::ONE);
    for statement in following {
        batch.push(statement);
    }
    match survey.subject.sql.write(batch).await {
        Err(error) if matches!(error.kind(), ErrorKind::Expectation { .. }) => Ok(false),
        answer => Ok(answer.map(|_| true)?),
    }
}
