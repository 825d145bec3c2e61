//! What a listing of a large folder allocates at the most, in a process of its own.

use allmende_server::Databases;

use crate::{
    Failure,
    child::Process,
    drive::drive,
    fill,
    requests::{DISCOVERY, FILES, propfind},
    rig,
};

pub(crate) fn run() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sizes = [1_000, 10_000, 50_000];
    let authorization = runtime.block_on(async {
        let databases = Databases::open(&rig::config(folder.path())).await?;
        let authorization = rig::prepare(&databases).await?;
        let home = fill::home(&*databases.tree).await?;
        for files in sizes {
            fill::folder(&*databases.tree, &home, &files.to_string(), files).await?;
        }
        databases.sql.close().await;
        Ok::<_, Failure>(authorization)
    })?;
    let mut process = Process::start(folder.path())?;
    let target = process.target(&authorization);
    for files in sizes {
        let list = propfind(&target, &format!("{FILES}/{files}/"), "1", DISCOVERY);
        let send = |count| {
            let list = list.clone();
            drive(&target, 1, count, move |_| list.clone())
        };
        // What is kept from now on, such as statements and pages of the database, is there.
        send(3)?;
        let (before, _) = process.heap()?;
        send(3)?;
        let (after, most) = process.heap()?;
        println!(
            "  {files} files: {} KiB at the most beside the {} KiB before, {} KiB afterwards",
            most.saturating_sub(before) / 1024,
            before / 1024,
            after / 1024
        );
    }
    Ok(())
}
