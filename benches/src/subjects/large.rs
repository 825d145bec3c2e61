//! One large file, written and read: against the disk itself, and how much memory it takes.

use std::{
    fs::File,
    io::Read,
    time::{Duration, Instant},
};

use allmende_server::Databases;

use crate::{
    Failure,
    child::Process,
    client::Connection,
    machine::{forget_peak, memory, write_plainly},
    requests::{FILES, head, request},
    rig::{self, Target},
};

pub(crate) fn run() -> Result<(), Failure> {
    let mib = std::env::var("ALLMENDE_BENCH_LARGE").ok().and_then(|text| text.parse().ok());
    let mib: u64 = mib.unwrap_or(1024);
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let authorization = runtime.block_on(async {
        let databases = Databases::open(&rig::config(folder.path())).await?;
        let authorization = rig::prepare(&databases).await?;
        databases.sql.close().await;
        Ok::<_, Failure>(authorization)
    })?;
    let process = Process::start(folder.path())?;
    let target = process.target(&authorization);
    runtime.block_on(small(&target))?;

    let plain = folder.path().join("plain");
    // What is overwritten stays until it is collected: a second round of a very large file
    // would need twice the room.
    for round in 1..=if mib > 4096 { 1 } else { 2 } {
        let written = write_plainly(&plain, mib)?;
        let read = read_plainly(&plain)?;
        std::fs::remove_file(&plain)?;

        let (before, _) = memory(process.id())?;
        forget_peak(process.id())?;
        let server = runtime.block_on(put(&target, mib))?;
        let (_, peak) = memory(process.id())?;
        print("PUT", round, mib, server, written, peak.saturating_sub(before));

        let (before, _) = memory(process.id())?;
        forget_peak(process.id())?;
        let server = runtime.block_on(get(&target, mib))?;
        let (_, peak) = memory(process.id())?;
        print("GET", round, mib, server, read, peak.saturating_sub(before));
    }
    Ok(())
}

fn print(what: &str, round: u32, mib: u64, server: Duration, disk: Duration, memory: u64) {
    let rate = |time: Duration| mib as f64 / time.as_secs_f64();
    println!(
        "  {what} of {mib} MiB, round {round}: {:.0} MiB/s, the disk alone {:.0} MiB/s: share \
         {:.2}; {:.1} MiB of memory more",
        rate(server),
        rate(disk),
        disk.as_secs_f64() / server.as_secs_f64(),
        memory as f64 / 1024.0
    );
}

/// Lets the server make what it makes once.
async fn small(target: &Target) -> Result<(), Failure> {
    let mut connection = Connection::open(target.address).await?;
    let path = format!("{FILES}/small.bin");
    connection.exchange(&request(target, "PUT", &path, &[], b"small")).await?;
    connection.exchange(&request(target, "GET", &path, &[], b"")).await?;
    Ok(())
}

async fn put(target: &Target, mib: u64) -> Result<Duration, Failure> {
    let block = vec![0x5a; 1 << 20];
    let started = Instant::now();
    let mut connection = Connection::open(target.address).await?;
    connection.send(&head(target, "PUT", &format!("{FILES}/large.bin"), &[], mib << 20)).await?;
    for _ in 0..mib {
        connection.send(&block).await?;
    }
    let answer = connection.answer().await?;
    if !(200..300).contains(&answer.status) {
        return Err(format!("PUT was answered {}", answer.status).into());
    }
    Ok(started.elapsed())
}

async fn get(target: &Target, mib: u64) -> Result<Duration, Failure> {
    let started = Instant::now();
    let mut connection = Connection::open(target.address).await?;
    let path = format!("{FILES}/large.bin");
    let answer = connection.exchange(&request(target, "GET", &path, &[], b"")).await?;
    if answer.status != 200 || answer.bytes != mib << 20 {
        return Err(format!("GET was answered {answer:?}").into());
    }
    Ok(started.elapsed())
}

/// Reads a file as the server's is read: from the system's cache, as far as it fits.
fn read_plainly(path: &std::path::Path) -> Result<Duration, Failure> {
    let mut block = vec![0; 1 << 20];
    let started = Instant::now();
    let mut file = File::open(path)?;
    while file.read(&mut block)? > 0 {}
    Ok(started.elapsed())
}
