//! `allmende fsck`, `scrub` and `gc`.

use allmende_care::{
    fsck::{self, Depth, Mode, Outcome, Problem, Report, Subject, Verdict},
    scrub,
};
use allmende_server::{Stores, contents_beside, scrub_progress};
use allmende_storage::BlobStore;
use serde::Serialize;
use serde_json::json;

use super::{
    Ending,
    arguments::{Fsck, Gc, Scrub},
    progress::Progress,
};
use crate::{Failure, arguments::Settings, open, output, people::now};

/// How many problems the output for machines lists; the counts are of all.
const LISTED: usize = 100_000;

#[derive(Serialize)]
struct Found<'a> {
    verdict: Verdict,
    report: &'a Report,
    problems: &'a [Problem],
}

pub(super) async fn fsck(settings: &Settings, given: Fsck) -> Result<Ending, Failure> {
    let config = settings.config(None)?;
    let databases = open(settings, &config).await?;
    let mut options = fsck::Options::default();
    if given.quick {
        options.depth = Depth::Lengths;
    }
    let blobs: Box<dyn BlobStore> = if given.repair {
        options.mode = Mode::Repair;
        // The lock of the store says that no server runs on this folder.
        Box::new(Stores::contents(&config)?)
    } else {
        Box::new(contents_beside(&config)?)
    };
    let quarantine = config.data.join("quarantine");
    let subject = Subject {
        sql: &databases.sql,
        tree: &databases.tree,
        blobs: &*blobs,
        quarantine: &quarantine,
    };
    let progress = Progress::new(given.json);
    let mut problems = Vec::new();
    let mut tell = |problem: Problem| {
        if !given.json {
            println!("{}", line(&problem));
        } else if problems.len() < LISTED {
            problems.push(problem);
        }
    };
    let report = fsck::check(subject, options, now(), &progress, &mut tell).await?;
    progress.end();
    let verdict = report.verdict();
    if given.json {
        output::json(&Found { verdict, report: &report, problems: &problems })?;
    } else {
        println!("Nodes:         {}", report.nodes);
        println!("Contents:      {} ({} bytes)", report.contents, report.bytes);
        println!("References:    {}", report.references);
        println!("Unreferenced:  {} (removed in time)", report.collectable);
        println!("Repaired:      {}", report.repaired);
        println!("Damaged:       {}", report.found);
    }
    Ok(match verdict {
        Verdict::Clean => Ending::Clean,
        Verdict::Repaired => Ending::Repaired,
        Verdict::Damaged => Ending::Damaged,
    })
}

fn line(problem: &Problem) -> String {
    let what = match problem.outcome {
        Outcome::Found => "",
        Outcome::Repaired => " (repaired)",
        Outcome::Quarantined => " (quarantined)",
    };
    format!("{}: {}{what}", problem.kind, problem.what)
}

pub(super) async fn scrub(settings: &Settings, given: Scrub) -> Result<Ending, Failure> {
    let config = settings.config(None)?;
    let databases = open(settings, &config).await?;
    let blobs = contents_beside(&config)?;
    let options = scrub::Options { rate: given.rate, progress: scrub_progress(&config) };
    let progress = Progress::new(given.json);
    let scrubbed = scrub::scrub(&blobs, &*databases.tree, &options, now(), &progress).await?;
    progress.end();
    if given.json {
        output::json(&scrubbed)?;
    } else {
        println!("Contents:  {} ({} bytes)", scrubbed.contents, scrubbed.bytes);
        println!("Damaged:   {}", scrubbed.damaged.len());
        for id in &scrubbed.damaged {
            println!("  {id}");
            let Ok(content) = id.parse() else { continue };
            let whose = scrub::places(&databases.sql, &*databases.tree, content).await?;
            whose.iter().for_each(|place| println!("    {place}"));
        }
    }
    databases.sql.close().await;
    Ok(if scrubbed.damaged.is_empty() { Ending::Clean } else { Ending::Damaged })
}

pub(super) async fn collect(settings: &Settings, given: Gc) -> Result<Ending, Failure> {
    let config = settings.config(None)?;
    drop(open(settings, &config).await?);
    let stores = Stores::open(&config).await?;
    let done = stores.files.collector().run_once().await?;
    if given.json {
        output::json(&json!({
            "rows": done.rows,
            "contents": done.contents,
            "orphans": done.orphans,
            "leases": done.leases,
            "locks": done.locks,
            "uploads": done.uploads,
        }))?;
    } else {
        println!("Rows:      {}", done.rows);
        println!("Contents:  {}", done.contents);
        println!("Orphans:   {}", done.orphans);
        println!("Leases:    {}", done.leases);
        println!("Locks:     {}", done.locks);
        println!("Uploads:   {}", done.uploads);
    }
    stores.databases.sql.close().await;
    Ok(Ending::Clean)
}
