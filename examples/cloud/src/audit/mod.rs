//! `allmende audit …`: what happened, and whether all of it is there.

mod arguments;
mod cursor;
mod export;
mod gaps;

use allmende_events::Events;
use allmende_server::Databases;

pub(crate) use self::{arguments::AuditCommand, gaps::Numbers};
use crate::{Failure, output};

/// Runs a command on the events. The server may run.
pub(crate) async fn run(databases: &Databases, command: AuditCommand) -> Result<(), Failure> {
    let events = Events::new(databases.sql.clone());
    match command {
        AuditCommand::Export(options) => export::run(&events, options).await,
        AuditCommand::Verify(options) => {
            let numbers = Numbers::of(&events).await?;
            if options.json {
                output::json(&numbers)?;
            } else {
                numbers.print();
            }
            numbers.verdict()
        }
    }
}
