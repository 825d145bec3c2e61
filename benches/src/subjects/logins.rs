//! The memory that slow hashes leave behind: each takes 19 MiB while it runs.

use std::time::Duration;

use allmende_accounts::NewPerson;
use allmende_server::Databases;
use allmende_types::Timestamp;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    Failure,
    child::Process,
    drive::drive,
    machine::memory,
    requests::{POLL, propfind},
    rig::{self, Target},
};

/// People who sign in, each for the first time and so with a hash.
const PEOPLE: usize = 20;
/// The allocator gives memory back after ten seconds without use.
const IDLE: Duration = Duration::from_secs(15);
const PASSWORD: &str = "Only-4-benches.x";

pub(crate) fn run() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let databases = Databases::open(&rig::config(folder.path())).await?;
        rig::prepare(&databases).await?;
        let now = Timestamp::from(std::time::SystemTime::now());
        for n in 0..PEOPLE {
            let mut new = NewPerson::new(format!("person-{n}").parse()?);
            new.password = Some(PASSWORD.into());
            databases.accounts.create_person(new, now).await?;
        }
        databases.sql.close().await;
        Ok::<_, Failure>(())
    })?;
    let process = Process::start(folder.path())?;
    std::thread::sleep(Duration::from_secs(1));
    let (before, _) = memory(process.id())?;
    let address = process.address;
    let series = drive(&process.target(""), 8, PEOPLE, move |n| {
        let pair = STANDARD.encode(format!("person-{n}:{PASSWORD}"));
        let target = Target { address, authorization: format!("Basic {pair}") };
        propfind(&target, &format!("/remote.php/dav/files/person-{n}/"), "0", POLL)
    })?;
    std::thread::sleep(Duration::from_secs(2));
    let (soon, most) = memory(process.id())?;
    std::thread::sleep(IDLE);
    let (idle, _) = memory(process.id())?;
    let mib = |kib: u64| kib as f64 / 1024.0;
    println!(
        "  {PEOPLE} logins with a password, {:.1?} each at the median: {:.1} MiB before, {:.1} \
         MiB at the most, {:.1} MiB two seconds later, {:.1} MiB after {IDLE:.0?} more",
        series.median,
        mib(before),
        mib(most),
        mib(soon),
        mib(idle)
    );
    Ok(())
}
