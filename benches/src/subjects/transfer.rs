//! Folders with many files, moved and copied.

use std::time::Duration;

use crate::{
    Failure,
    drive::drive,
    fill,
    requests::{FILES, request},
    rig::Rig,
};

const ROUNDS: usize = 5;

pub(crate) fn run() -> Result<(), Failure> {
    let rig = Rig::start()?;
    let databases = &rig.stores.databases;
    rig.runtime.block_on(async {
        let home = fill::home(&*databases.tree).await?;
        for files in [10, 10_000] {
            fill::folder(&*databases.tree, &home, &format!("{files}-0"), files).await?;
        }
        Ok::<(), Failure>(())
    })?;
    // Each round moves the folder on by one name, and copies it to another one.
    let send = |method: &'static str, files: usize| -> Result<Duration, Failure> {
        let target = rig.target.clone();
        let series = drive(&rig.target, 1, ROUNDS, move |n| {
            let (from, to) = match method {
                "MOVE" => (format!("{files}-{n}"), format!("{files}-{}", n + 1)),
                _ => (format!("{files}-{ROUNDS}"), format!("{files}-copy-{n}")),
            };
            let to = format!("http://{}{FILES}/{to}", target.address);
            request(&target, method, &format!("{FILES}/{from}"), &[("Destination", &to)], b"")
        })?;
        println!("  {method} of a folder with {files} files: median {:.2?}", series.median);
        Ok(series.median)
    };
    let (few, many) = (send("MOVE", 10)?, send("MOVE", 10_000)?);
    let (copy_few, copy_many) = (send("COPY", 10)?, send("COPY", 10_000)?);
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!("  MOVE, 10,000 files against 10: {:.2} times", ratio(many, few));
    println!("  COPY, 10,000 files against 10: {:.2} times", ratio(copy_many, copy_few));
    println!("  COPY against MOVE of 10,000: {:.1} times", ratio(copy_many, many));
    Ok(())
}
