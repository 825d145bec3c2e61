//! Small files, written durably: how many share a flush.

use std::time::Duration;

use crate::{
    Failure,
    drive::{Series, drive},
    requests::{FILES, request},
    rig::Rig,
};

const SIZE: usize = 10 * 1024;
/// The flush of a disk on which it matters most.
const SLOW: Duration = Duration::from_millis(4);

pub(crate) fn run() -> Result<(), Failure> {
    for (disk, delay) in [("as it is", None), ("4 ms a flush", Some(SLOW))] {
        let rig = match delay {
            None => Rig::start()?,
            Some(delay) => Rig::start_on_slow_disk(delay)?,
        };
        upload(&rig, "warm", 32, 320)?;
        let one = upload(&rig, "one", 1, if delay.is_some() { 100 } else { 1_000 })?;
        let many = upload(&rig, "many", 32, 6_000)?;
        println!("  disk {disk}: 32 connections against 1: {:.1} times", many.rate() / one.rate());
    }
    Ok(())
}

fn upload(rig: &Rig, name: &str, connections: usize, count: usize) -> Result<Series, Failure> {
    let (target, name) = (rig.target.clone(), name.to_owned());
    let body = vec![0x5a; SIZE];
    let before = rig.flushes();
    let series = drive(&rig.target, connections, count, {
        let name = name.clone();
        move |n| request(&target, "PUT", &format!("{FILES}/{name}-{n}.bin"), &[], &body)
    })?;
    let after = rig.flushes();
    if name != "warm" {
        series.print(&format!("PUT of 10 KiB, {connections} connections"));
        let each = |flushes: u64| flushes as f64 / count as f64;
        println!(
            "    flushes a file: {:.3} (database {:.3}, contents {:.3})",
            each(after.database - before.database + after.contents - before.contents),
            each(after.database - before.database),
            each(after.contents - before.contents),
        );
    }
    Ok(series)
}
