//! Care of the data: checks, backups and the way back.

mod arguments;
mod backups;
mod checks;
mod exports;
mod progress;

use std::process::ExitCode;

pub(crate) use self::arguments::CareCommand;
use crate::{Failure, arguments::Settings};

/// What a check found, as the code with which the process ends. 1 is left to failures.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Clean,
    Repaired,
    Damaged,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Clean => Self::SUCCESS,
            Ending::Repaired => Self::from(3),
            Ending::Damaged => Self::from(4),
        }
    }
}

/// Runs a command that cares for the data.
pub(crate) async fn run(settings: &Settings, command: CareCommand) -> Result<ExitCode, Failure> {
    let ending = match command {
        CareCommand::Fsck(options) => checks::fsck(settings, options).await?,
        CareCommand::Scrub(options) => checks::scrub(settings, options).await?,
        CareCommand::Gc(options) => checks::collect(settings, options).await?,
        CareCommand::Backup(options) => backups::take(settings, options).await?,
        CareCommand::Restore(options) => backups::restore(settings, options).await?,
        CareCommand::Export(options) => exports::export(settings, options).await?,
        CareCommand::Import(options) => exports::import(settings, options).await?,
        CareCommand::Digest(options) => exports::digest(settings, options).await?,
    };
    Ok(ending.into())
}
