//! The commands of this workspace.
//!
//! `cargo xtask test` is the one test command: it installs what it needs, checks the sources,
//! runs every test on both database engines, and lets unmodified foreign clients work against
//! the finished server. `cargo xtask replay` compares the server with recorded exchanges, and
//! `cargo xtask crash` kills it and cuts its power as often as it is told.

mod check;
mod checks;
mod cli;
mod context;
mod crash;
mod failure;
mod fuzz;
mod http;
mod login_flow;
mod operation;
mod plan;
mod postgres;
mod process;
mod relay;
mod replay;
mod server;
mod strangers;
mod tools;
mod tree;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::from(2)
        }
    }
}
