//! The root poll: what every idle desktop client asks every half minute.

use crate::{
    Failure,
    drive::drive,
    requests::{FILES, POLL, propfind},
    rig::Rig,
};

pub(crate) fn run() -> Result<(), Failure> {
    let rig = Rig::start()?;
    let request = propfind(&rig.target, &format!("{FILES}/"), "0", POLL);
    let send = |connections, count| {
        let request = request.clone();
        drive(&rig.target, connections, count, move |_| request.clone())
    };
    send(8, 2_000)?;
    let before = rig.stores.databases.sql.stats().statements;
    let eight = send(8, 40_000)?;
    let statements = rig.stores.databases.sql.stats().statements - before;
    eight.print("8 connections");
    let one = send(1, 10_000)?;
    one.print("1 connection");
    println!("  statements a poll: {:.3}", statements as f64 / eight.count as f64);
    Ok(())
}
