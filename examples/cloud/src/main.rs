//! `allmende`: the complete file server, and the commands by which it is administered.
//!
//! The binary only puts the crates together: what it does lives in them.

mod app_passwords;
mod arguments;
mod audit;
mod care;
mod check;
mod groups;
mod locks;
mod maintenance;
mod output;
mod people;
mod serve;
mod trash;

use std::process::ExitCode;

use allmende_server::{Config, Databases};
use clap::Parser;

use crate::arguments::{Arguments, Command, Settings};

/// A listing is many short-lived allocations, and a login one of 19 MiB that must not stay:
/// jemalloc is faster at the former than the system's, and gives the latter back after a
/// second (`.cargo/config.toml`), by a thread of its own.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The error of a command, told to the person at the terminal.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            output::failure(&*error);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { command, settings } = arguments;
    let command = command.unwrap_or(Command::Serve(arguments::Serve::default()));
    match command {
        Command::Serve(serve) => serve::run(settings.config(Some(&serve))?).await?,
        Command::Check(options) => check::run(&settings.config(None)?, options).await?,
        Command::Care(command) => return care::run(&settings, command).await,
        Command::User(command) => {
            let config = settings.config(None)?;
            people::run(&open(&settings, &config).await?, &config, command).await?;
        }
        Command::Group(command) => {
            groups::run(&open(&settings, &settings.config(None)?).await?, command).await?;
        }
        Command::Audit(command) => {
            audit::run(&open(&settings, &settings.config(None)?).await?, command).await?;
        }
        Command::Trash(command) => {
            trash::run(&open(&settings, &settings.config(None)?).await?, command).await?;
        }
        Command::Locks(command) => {
            locks::run(&open(&settings, &settings.config(None)?).await?, command).await?;
        }
        Command::Maintenance(options) => {
            maintenance::run(&open(&settings, &settings.config(None)?).await?, options).await?;
        }
        Command::AppPassword(command) => {
            app_passwords::run(&open(&settings, &settings.config(None)?).await?, command).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The database of a server, which may be running.
async fn open(settings: &Settings, config: &Config) -> Result<Databases, Failure> {
    if config.database.is_none() && !config.data.join("allmende.db").exists() {
        let hint = if settings.data.is_none() { " (is --data missing?)" } else { "" };
        return Err(format!("there is no server's data in {}{hint}", config.data.display()).into());
    }
    Ok(Databases::open(config).await?)
}
