//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::check::{Check, Need};
use crate::context::{Context, WhenAbsent};
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;
use crate::plan::{self, Selection};
use crate::postgres::Postgres;
use crate::process::Log;
use crate::{crash, fuzz, replay, strangers};

/// The commands of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install what is needed, check the sources, run every test and every foreign client.
    Test(TestArgs),
    /// Replay the recorded exchanges against a freshly started server.
    Replay(ReplayArgs),
    /// Kill the server and cut its power under load, many times: the long mode of these checks.
    Crash(CrashArgs),
    /// Run the fuzz targets, each for some minutes.
    Fuzz(FuzzArgs),
    /// Load the server for long and watch what it uses: the long mode of this check.
    Soak(SoakArgs),
    /// Let one foreign client work against a server that already runs.
    Stranger(StrangerArgs),
    /// Run a command with a PostgreSQL of its own, for the tests of one crate.
    WithPostgres(WithPostgresArgs),
}

#[derive(Debug, Args)]
struct TestArgs {
    /// Run only the checks whose names begin so, and what they need.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Leave out the checks whose names begin so.
    #[arg(long, value_name = "NAME")]
    skip: Vec<String>,
    /// Print the checks and what each shows.
    #[arg(long)]
    list: bool,
    /// The folder of recorded exchanges (default: `ALLMENDE_WIRE`, else `../shared/wire`).
    #[arg(long, value_name = "DIR")]
    wire: Option<PathBuf>,
    /// Fail if the recorded exchanges are not present.
    #[arg(long)]
    require_wire: bool,
}

#[derive(Debug, Args)]
struct ReplayArgs {
    /// The folder of recorded exchanges (default: `ALLMENDE_WIRE`, else `../shared/wire`).
    #[arg(long, value_name = "DIR")]
    wire: Option<PathBuf>,
    /// Only scenarios whose names begin so, for example `chunks.`.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// A server that already runs; without it one is started from the release build.
    #[arg(long, value_name = "URL", requires_all = ["user", "password"])]
    url: Option<String>,
    /// The administrator of that server.
    #[arg(long)]
    user: Option<String>,
    /// The administrator's password.
    #[arg(long, env = "ALLMENDE_STRANGER_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

#[derive(Debug, Args)]
struct CrashArgs {
    /// How often the server is killed, on each database.
    #[arg(long, default_value_t = 500)]
    kills: u64,
    /// How often its power is cut.
    #[arg(long, default_value_t = 200)]
    cuts: u64,
    /// The seed that an earlier run printed, to do the same again.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Args)]
struct FuzzArgs {
    /// How long each target runs.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Only targets whose names begin so.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

#[derive(Debug, Args)]
struct SoakArgs {
    /// How long the load lasts.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// The seed that an earlier run printed, to do the same again.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Args)]
struct StrangerArgs {
    /// The name of the client's check, for example `cadaver`.
    name: String,
    /// The collection to work in, with a slash at its end.
    #[arg(long)]
    url: String,
    /// Who works there.
    #[arg(long)]
    user: String,
    /// The password.
    #[arg(long, env = "ALLMENDE_STRANGER_PASSWORD", hide_env_values = true)]
    password: String,
}

#[derive(Debug, Args)]
struct WithPostgresArgs {
    /// The command, for example `cargo nextest run -p allmende-sql`.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

impl Cli {
    /// Carries the command out; the code says whether everything passed.
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Test(args) => test(args),
            Command::Replay(args) => replay_command(args),
            Command::Crash(args) => {
                let context = Context::discover(None, WhenAbsent::Report)?;
                provide(&context, &[Need::Debian, Need::Release])?;
                crash::long(&context, args.kills, args.cuts, args.seed)?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Fuzz(args) => {
                let context = Context::discover(None, WhenAbsent::Report)?;
                let lasts = Duration::from_secs(args.seconds);
                fuzz::run(&context, &fuzz::Selection { lasts, only: args.only })?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Soak(args) => {
                let context = Context::discover(None, WhenAbsent::Report)?;
                provide(&context, &[Need::Debian, Need::Release])?;
                crash::long_soak(&context, Duration::from_secs(60 * args.minutes), args.seed)?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Stranger(args) => {
                let context = Context::discover(None, WhenAbsent::Report)?;
                let endpoint = Endpoint::new(&args.url, &args.user, &args.password)?;
                println!("{}", strangers::run_against(&args.name, &context, &endpoint)?);
                Ok(ExitCode::SUCCESS)
            }
            Command::WithPostgres(args) => with_postgres(&args.command),
        }
    }
}

/// Does what the test command does before it runs checks with these needs, so that a fresh
/// clone works, and never a binary is tested that is older than the sources.
fn provide(context: &Context, needs: &[Need]) -> Result<()> {
    let outcomes = plan::execute(context, &providers(needs)?);
    let failed = outcomes.into_iter().find_map(|outcome| outcome.result.err());
    failed.map_or(Ok(()), Err)
}

/// The checks that provide what is needed, and nothing else.
fn providers(needs: &[Need]) -> Result<Vec<Check>> {
    let only = needs.iter().map(|need| need.check_name().to_owned()).collect();
    Selection { only, ..Selection::default() }.choose(&plan::all())
}

fn with_postgres(command: &[OsString]) -> Result<ExitCode> {
    let context = Context::discover(None, WhenAbsent::Report)?;
    let postgres = Postgres::start(&context, &Log::create(context.log_path("postgres"))?)?;
    let (program, args) = command.split_first().context("no command")?;
    let status = std::process::Command::new(program)
        .args(args)
        .envs(postgres.environment())
        .status()
        .context(program.display())?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn test(args: TestArgs) -> Result<ExitCode> {
    let checks = plan::all();
    if args.list {
        for check in &checks {
            println!("{:<20} {}", check.name, check.shows);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let absent = if args.require_wire { WhenAbsent::Fail } else { WhenAbsent::Report };
    let context = Context::discover(args.wire, absent)?;
    let chosen = Selection { only: args.only, skip: args.skip }.choose(&checks)?;
    ensure!(!chosen.is_empty(), "no check is left to run");
    let outcomes = plan::execute(&context, &chosen);
    print!("{}", plan::summary(&outcomes));
    let failed = outcomes.iter().any(|outcome| outcome.result.is_err());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn replay_command(args: ReplayArgs) -> Result<ExitCode> {
    let context = Context::discover(args.wire, WhenAbsent::Fail)?;
    let report = match (args.url, args.user, args.password) {
        (Some(url), Some(user), Some(password)) => {
            replay::against(&context, &Endpoint::new(&url, &user, &password)?, &args.only)?
        }
        _ => replay::fresh(&context, &args.only)?,
    };
    print!("{}", report.text());
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_modes_build_what_they_test() {
        let providers = providers(&[Need::Debian, Need::Release]).unwrap();
        let names: Vec<&str> = providers.iter().map(|check| check.name).collect();
        assert_eq!(names, ["debian-packages", "release-build"]);
    }
}
