//! The start of a server with many files, and what it takes while nobody asks anything.

use std::time::{Duration, Instant};

use allmende_server::Databases;

use crate::{
    Failure,
    child::Process,
    drive::drive,
    fill,
    machine::memory,
    requests::{FILES, POLL, propfind},
    rig,
};

/// Files of one folder.
const FOLDER: usize = 10_000;

pub(crate) fn run() -> Result<(), Failure> {
    let files = std::env::var("ALLMENDE_BENCH_TREE").ok().and_then(|text| text.parse().ok());
    let files: usize = files.unwrap_or(100_000);
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let started = Instant::now();
    let authorization = runtime.block_on(async {
        let databases = Databases::open(&rig::config(folder.path())).await?;
        let authorization = rig::prepare(&databases).await?;
        let home = fill::home(&*databases.tree).await?;
        for n in 0..files.div_ceil(FOLDER) {
            let here = FOLDER.min(files - n * FOLDER);
            fill::folder(&*databases.tree, &home, &format!("{n:04}"), here).await?;
        }
        databases.sql.close().await;
        Ok::<_, Failure>(authorization)
    })?;
    println!("  {files} files were written in {:.1?}", started.elapsed());

    let process = Process::start(folder.path())?;
    let ready = process.ready;
    let first = first_answer(&process, &authorization)?;
    std::thread::sleep(Duration::from_secs(1));
    let (idle, _) = memory(process.id())?;
    println!("  ready after {ready:.0?}, first answer {first:.1?} later, {} idle", mib(idle));
    let target = process.target(&authorization);
    let poll = propfind(&target, &format!("{FILES}/"), "0", POLL);
    drive(&target, 8, 5_000, move |_| poll.clone())?;
    let list = propfind(&target, &format!("{FILES}/0000/"), "1", POLL);
    drive(&target, 8, 16, move |_| list.clone())?;
    std::thread::sleep(Duration::from_secs(1));
    let (after, most) = memory(process.id())?;
    println!("  after 5,000 polls and 16 listings: {}, {} at the most", mib(after), mib(most));
    Ok(())
}

fn first_answer(process: &Process, authorization: &str) -> Result<Duration, Failure> {
    let target = process.target(authorization);
    let poll = propfind(&target, &format!("{FILES}/"), "0", POLL);
    Ok(drive(&target, 1, 1, move |_| poll.clone())?.median)
}

fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}
