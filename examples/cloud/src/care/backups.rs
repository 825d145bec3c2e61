//! `allmende backup` and `allmende restore`.

use allmende_care::backup::{self, BackupSource, RestoreTarget};
use allmende_server::{Databases, contents_beside, secrets};
use serde::Serialize;

use super::{
    Ending,
    arguments::{Backup, Restore},
    progress::Progress,
};
use crate::{Failure, arguments::Settings, open, output, people::now};

#[derive(Serialize)]
struct Done<'a> {
    backup: &'a str,
    rows: u64,
    contents: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    copied: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copied_bytes: Option<u64>,
    unreadable: &'a [String],
}

impl Done<'_> {
    fn tell(&self, json: bool) -> Result<Ending, Failure> {
        if json {
            output::json(self)?;
        } else {
            println!("Backup:      {}", self.backup);
            println!("Rows:        {}", self.rows);
            println!("Contents:    {} ({} bytes)", self.contents, self.bytes);
            if let (Some(copied), Some(bytes)) = (self.copied, self.copied_bytes) {
                println!("Copied:      {copied} ({bytes} bytes)");
            }
            println!("Unreadable:  {}", self.unreadable.len());
            self.unreadable.iter().for_each(|id| println!("  {id}"));
        }
        Ok(if self.unreadable.is_empty() { Ending::Clean } else { Ending::Damaged })
    }
}

pub(super) async fn take(settings: &Settings, given: Backup) -> Result<Ending, Failure> {
    let config = settings.config(None)?;
    let databases = open(settings, &config).await?;
    let blobs = contents_beside(&config)?;
    let secrets = secrets(&config);
    let files: Vec<_> = secrets.iter().map(std::path::PathBuf::as_path).collect();
    let source =
        BackupSource { sql: &databases.sql, tree: &databases.tree, blobs: &blobs, files: &files };
    let progress = Progress::new(given.json);
    let taken = backup::take(source, &given.dir, now(), &progress).await?;
    progress.end();
    databases.sql.close().await;
    let done = Done {
        backup: taken.id.as_str(),
        rows: taken.rows,
        contents: taken.contents,
        bytes: taken.bytes,
        copied: Some(taken.copied),
        copied_bytes: Some(taken.copied_bytes),
        unreadable: &taken.unreadable,
    };
    done.tell(given.json)
}

pub(super) async fn restore(settings: &Settings, given: Restore) -> Result<Ending, Failure> {
    if given.list {
        let backups = backup::list(&given.dir)?;
        if given.json {
            output::json(&backups)?;
        } else {
            backups.iter().for_each(|id| println!("{id}"));
        }
        return Ok(Ending::Clean);
    }
    let config = settings.config(None)?;
    let target = RestoreTarget {
        data: config.data.clone(),
        database: config.database.clone(),
        schemas: Databases::SCHEMAS.to_vec(),
        tree: Databases::tree_options(&config),
    };
    let progress = Progress::new(given.json);
    let back =
        backup::restore(&given.dir, given.backup.as_ref(), &target, now(), &progress).await?;
    progress.end();
    let done = Done {
        backup: back.id.as_str(),
        rows: back.rows,
        contents: back.contents,
        bytes: back.bytes,
        copied: None,
        copied_bytes: None,
        unreadable: &back.unreadable,
    };
    done.tell(given.json)
}
