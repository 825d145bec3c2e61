//! Small files, read.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::{
    Failure,
    drive::drive,
    requests::{FILES, request},
    rig::Rig,
};

const SIZE: usize = 10 * 1024;
const FILES_READ: usize = 500;

pub(crate) fn run() -> Result<(), Failure> {
    let rig = Rig::start()?;
    let (target, body) = (rig.target.clone(), vec![0x5a; SIZE]);
    let path = |n: usize| format!("{FILES}/read-{}.bin", n % FILES_READ);
    let put = target.clone();
    drive(&target, 32, FILES_READ, move |n| request(&put, "PUT", &path(n), &[], &body))?;
    let get = target.clone();
    let read = move |n| request(&get, "GET", &path(n), &[], b"");
    drive(&target, 8, 1_000, read.clone())?;
    let before = rig.stores.databases.sql.stats().statements;
    let series = drive(&target, 8, 20_000, read)?;
    let statements = rig.stores.databases.sql.stats().statements - before;
    series.print("GET of 10 KiB, 8 connections");
    println!("  statements a file: {:.3}", statements as f64 / series.count as f64);
    let plain = plainly(series.count)?;
    let each = plain.as_secs_f64() * 1e6 / series.count as f64;
    println!(
        "  opening and reading such a file plainly: {each:.1} µs: ratio {:.1}",
        series.micros() / each
    );
    Ok(())
}

/// How long it takes to open and read as many files of this size.
fn plainly(count: usize) -> Result<Duration, Failure> {
    let folder = tempfile::tempdir()?;
    let path = |n: usize| folder.path().join(format!("{}", n % FILES_READ));
    for n in 0..FILES_READ {
        fs::write(path(n), [0x5a; SIZE])?;
    }
    let started = Instant::now();
    for n in 0..count {
        fs::read(path(n))?;
    }
    Ok(started.elapsed())
}
