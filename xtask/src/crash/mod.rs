//! Nothing acknowledged is lost: the server is killed, and loses its power, under load.
//!
//! * [`kills`] ends the server with SIGKILL at random moments while several clients write,
//!   and reads everything after each restart.
//! * [`power`] records the system calls of the server while the clients write, and rebuilds
//!   from them what a disk may hold after a loss of power at a random moment: what was not
//!   flushed is there, or not, or torn. On each such disk the server is started and read.
//!
//! * [`rot`] flips single bits of what lies on the disk.
//! * [`soak`] lets the clients work for long, and watches what the server uses.
//!
//! In the first two, every acknowledged write has to be there byte for byte, a request that was under
//! way is there as a whole or not at all, no entity tag stands for other content than before,
//! and the numbers of events have no gap.

mod book;
mod client;
mod kills;
mod model;
mod observe;
mod power;
mod rot;
mod soak;
mod workload;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::check::{Check, Need};
use crate::context::Context;
use crate::failure::Result;
use crate::postgres::Postgres;
use crate::process::Log;

pub(crate) use kills::Plan;

/// Kills of the test command; [`long`] has its own number.
const KILLS: u64 = 25;
/// On PostgreSQL the contents are the same store, so that fewer kills show what differs.
const KILLS_POSTGRES: u64 = 10;
/// Losses of power of the test command.
const CUTS: u64 = 25;

/// Flipped bits of the test command.
const FLIPS: u64 = 30;

/// How long the load lasts in the test command.
const SOAK: Duration = Duration::from_secs(30);

/// The checks of the test command.
pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "crash-sqlite",
        shows: "killed under load, the server keeps every acknowledged write",
        needs: &[Need::Release],
        run: |context, log| {
            let plan = Plan { kills: KILLS, seed: seed(), database: None };
            kills::run(context, log, &plan, "crash-sqlite")
        },
    },
    Check {
        name: "crash-postgres",
        shows: "the same with its database on PostgreSQL",
        needs: &[Need::Debian, Need::Release],
        run: |context, log| on_postgres(context, log, KILLS_POSTGRES, seed()),
    },
    Check {
        name: "power-loss",
        shows: "what a disk holds that lost everything unflushed has every acknowledged write",
        needs: &[Need::Debian, Need::Release],
        run: |context, log| power::run(context, log, CUTS, seed()),
    },
    Check {
        name: "bit-rot",
        shows: "a bit that flips on the disk is found and reported, and never served",
        needs: &[Need::Release],
        run: |context, log| rot::run(context, log, FLIPS, seed()),
    },
    Check {
        name: "soak",
        shows: "under mixed load the server's memory, handles and database stay flat",
        needs: &[Need::Release],
        run: |context, log| soak::run(context, log, SOAK, seed()),
    },
];

/// The long mode: as often as a person asks for.
pub(crate) fn long(context: &Context, kills: u64, cuts: u64, chosen: Option<u64>) -> Result<()> {
    let seed = chosen.unwrap_or_else(seed);
    println!("seed {seed}");
    let log = |name: &str| Log::create(context.log_path(name));
    let plan = Plan { kills, seed, database: None };
    println!("SQLite: {}", kills::run(context, &log("crash-sqlite")?, &plan, "crash-sqlite")?);
    println!("PostgreSQL: {}", on_postgres(context, &log("crash-postgres")?, kills, seed)?);
    println!("{}", power::run(context, &log("power-loss")?, cuts, seed)?);
    println!("{}", rot::run(context, &log("bit-rot")?, cuts, seed)?);
    Ok(())
}

/// The long mode of the load: as long as a person asks for.
pub(crate) fn long_soak(context: &Context, lasts: Duration, chosen: Option<u64>) -> Result<()> {
    let log = Log::create(context.log_path("soak"))?;
    println!("{}", soak::run(context, &log, lasts, chosen.unwrap_or_else(seed))?);
    Ok(())
}

/// The database server stays up while its client is killed.
fn on_postgres(context: &Context, log: &Log, kills: u64, seed: u64) -> Result<String> {
    let postgres = Postgres::start(context, log)?;
    let plan = Plan { kills, seed, database: Some(postgres.url()) };
    kills::run(context, log, &plan, "crash-postgres")
}

/// Another one in each run; it stands in the log, and in the message of a failure.
fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) ^ now.as_secs()
}
