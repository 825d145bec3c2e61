//! `allmende check`: whether the configuration and the stores can be used.

use allmende_events::Events;
use allmende_server::{Config, Stores};
use allmende_storage::{BlobStore, Tree};
use futures_util::TryStreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{Failure, arguments::Check, audit::Numbers, output};

#[derive(Debug, Default, Serialize)]
struct Findings {
    people: u64,
    contents: u64,
    bytes: u64,
    /// Contents that no file references. The collector removes them in its time.
    unreferenced: u64,
    /// Contents that cannot be read as they were written.
    damaged: Vec<String>,
    /// Events of all streams, but for those that were removed because they were old.
    events: i64,
    /// Numbers of events that are missing, or that are there and should not be.
    gaps: Vec<String>,
}

/// Reads every content once and compares it with its checksums, and looks for events that are
/// missing. The server must not run.
pub(crate) async fn run(config: &Config, options: Check) -> Result<(), Failure> {
    const PAGE: usize = 500;
    let stores = Stores::open(config).await?;
    let mut findings =
        Findings { people: stores.databases.accounts.count_people().await?, ..Findings::default() };
    let progress = if options.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    let style = ProgressStyle::with_template("{spinner} {pos} contents, {msg}, {elapsed}");
    progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));

    let mut page = Vec::with_capacity(PAGE);
    let mut broken = Vec::new();
    let mut all = stores.blobs.list(None);
    loop {
        let next = all.try_next().await?;
        if let Some(info) = &next {
            page.push(info.id);
            findings.contents += 1;
            findings.bytes += info.size;
            if let Err(error) = read_whole(&stores, info.id).await {
                broken.push((info.id, error));
            }
            progress.set_position(findings.contents);
            progress.set_message(format!("{} MiB", findings.bytes >> 20));
        }
        if page.len() == PAGE || next.is_none() {
            let orphans = stores.databases.tree.as_ref() as &dyn Tree;
            let unreferenced = orphans.unreferenced(&page).await?;
            findings.unreferenced += unreferenced.len() as u64;
            // What a loss of power has torn was never acknowledged, and is nobody's.
            broken.retain(|(id, _)| !unreferenced.contains(id));
            findings.damaged.extend(broken.drain(..).map(|(id, error)| format!("{id}: {error}")));
            page.clear();
        }
        if next.is_none() {
            break;
        }
    }
    progress.finish_and_clear();
    let numbers = Numbers::of(&Events::new(stores.databases.sql.clone())).await?;
    (findings.events, findings.gaps) = (numbers.events, numbers.gaps);
    if options.json {
        output::json(&findings)?;
    } else {
        println!("Configuration: usable");
        println!("People:        {}", findings.people);
        println!("Contents:      {} ({} bytes)", findings.contents, findings.bytes);
        println!("Unreferenced:  {} (removed in time)", findings.unreferenced);
        println!("Damaged:       {}", findings.damaged.len());
        findings.damaged.iter().for_each(|damage| println!("  {damage}"));
        println!("Events:        {} ({} gaps)", findings.events, findings.gaps.len());
        findings.gaps.iter().for_each(|gap| println!("  {gap}"));
    }
    match (findings.damaged.is_empty(), findings.gaps.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => Err("contents are damaged".into()),
        (true, false) => Err("events are missing".into()),
    }
}

async fn read_whole(stores: &Stores, id: allmende_types::BlobId) -> Result<(), Failure> {
    let mut body = stores.blobs.get(id, allmende_storage::ByteRange::ALL).await?.body;
    while body.try_next().await?.is_some() {}
    Ok(())
}
