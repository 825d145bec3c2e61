//! `ocs`: files, shares and people of a Nextcloud server from the command line.
//!
//! It speaks through the `client` half of `allmende-ocs` and through `allmende-webdav-proto`
//! alone, so that it works against Allmende and any Nextcloud.

mod account;
mod arguments;
mod client;
mod dav;
mod download;
mod failure;
mod files;
mod login;
mod output;
mod path;
mod person;
mod progress;
mod session;
mod sharing;
mod upload;

use std::process::ExitCode;

use clap::Parser;

use crate::account::Account;
use crate::arguments::{Arguments, Command};
use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command, Output::new(arguments.json)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            output::failure(&failure);
            failure.exit_code().into()
        }
    }
}

fn run(command: Command, output: Output) -> Result<(), Failure> {
    if let Command::Login(wish) = &command {
        return login::login(wish, output);
    }
    let account = Account::load()?;
    let session = Session::of(&account)?;
    match command {
        // It was done above, without an account.
        Command::Login(_) => Ok(()),
        Command::Logout => login::logout(&session, &account, output),
        Command::Whoami => person::whoami(&session, &account, output),
        Command::Ls { path } => files::list(&session, &path, output),
        Command::Get(wish) => download::get(&session, &wish, output),
        Command::Put(wish) => upload::put(&session, &wish, output),
        Command::Mkdir { path } => files::make_folder(&session, &path),
        Command::Rm { path } => files::remove(&session, &path),
        Command::Mv(wish) => files::rename(&session, &wish),
        Command::Find(wish) => files::find(&session, &wish, output),
        Command::Share(wish) => sharing::share(&session, *wish, output),
        Command::Shares { path } => sharing::made(&session, path.as_ref(), output),
        Command::Unshare { id } => sharing::end(&session, id),
        Command::Received => sharing::received(&session, output),
        Command::People { search } => sharing::people(&session, search, output),
        Command::Status(wish) => person::status(&session, wish, output),
        Command::Capabilities => person::capabilities(&session, output),
    }
}
