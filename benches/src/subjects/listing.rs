//! Listings of whole folders, with what the desktop client asks of each entry.

use crate::{
    Failure,
    drive::{Series, drive},
    fill,
    requests::{DISCOVERY, FILES, POLL, propfind},
    rig::Rig,
};

pub(crate) fn run() -> Result<(), Failure> {
    let rig = Rig::start()?;
    let databases = &rig.stores.databases;
    rig.runtime.block_on(async {
        let home = fill::home(&*databases.tree).await?;
        for files in [1_000, 10_000] {
            fill::folder(&*databases.tree, &home, &files.to_string(), files).await?;
        }
        Ok::<(), Failure>(())
    })?;
    let list = |files: usize, connections, count, wish| -> Result<(Series, f64), Failure> {
        let request = propfind(&rig.target, &format!("{FILES}/{files}/"), "1", wish);
        let before = databases.sql.stats().statements;
        let series = drive(&rig.target, connections, count, move |_| request.clone())?;
        let statements = databases.sql.stats().statements - before;
        Ok((series, statements as f64 / count as f64))
    };
    list(1_000, 8, 50, DISCOVERY)?;
    let (thousand, _) = list(1_000, 8, 600, DISCOVERY)?;
    thousand.print("1,000 files, desktop's properties, 8 connections");
    let (etags, _) = list(1_000, 8, 600, POLL)?;
    etags.print("1,000 files, etag alone, 8 connections");
    let (one, one_statements) = list(1_000, 1, 200, DISCOVERY)?;
    one.print("1,000 files, 1 connection");
    let (ten, ten_statements) = list(10_000, 1, 40, DISCOVERY)?;
    ten.print("10,000 files, 1 connection");
    let each = |series: &Series, files: f64| series.median.as_secs_f64() * 1e6 / files;
    let (small, large) = (each(&one, 1e3), each(&ten, 1e4));
    println!(
        "  time per entry: {small:.2} µs of 1,000, {large:.2} µs of 10,000: ratio {:.2}",
        large / small
    );
    println!("  bytes per entry: {}", ten.last.bytes / 10_000);
    println!("  statements a listing: {one_statements:.1} of 1,000, {ten_statements:.1} of 10,000");
    Ok(())
}
