//! `allmende backup` and `allmende restore`.

use allmende_care::backup::{self, BackupSource, RestoreTarget, Verified};
use allmende_server::{Config, Databases, contents_beside, secrets};
use serde::Serialize;
use serde_json::json;

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
    /// Which database was filled.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
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
            if let Some(database) = &self.database {
                println!("Database:    {database}");
            }
            println!("Unreadable:  {}", self.unreadable.len());
            self.unreadable.iter().for_each(|id| println!("  {id}"));
        }
        Ok(if self.unreadable.is_empty() { Ending::Clean } else { Ending::Damaged })
    }
}

/// Reads what is there instead of taking one more.
fn verify(given: &Backup) -> Result<Ending, Failure> {
    let progress = Progress::new(given.json);
    let Verified { backups, contents, bytes, damaged, .. } = backup::verify(&given.dir, &progress)?;
    progress.end();
    if given.json {
        output::json(&json!({
            "backups": backups,
            "contents": contents,
            "bytes": bytes,
            "damaged": damaged,
        }))?;
    } else {
        println!("Backups:   {backups}");
        println!("Contents:  {contents} ({bytes} bytes)");
        println!("Damaged:   {}", damaged.len());
        damaged.iter().for_each(|what| println!("  {what}"));
    }
    Ok(if damaged.is_empty() { Ending::Clean } else { Ending::Damaged })
}

pub(super) async fn take(settings: &Settings, given: Backup) -> Result<Ending, Failure> {
    if given.verify {
        return verify(&given);
    }
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
        database: None,
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
        database: Some(database(&config)),
    };
    done.tell(given.json)
}

/// The database of a configuration, to be read by people: without who logs in, and how.
fn database(config: &Config) -> String {
    let Some(url) = &config.database else {
        return format!("SQLite in {}", config.data.display());
    };
    let rest = url.split_once("://").map(|(_, rest)| rest.split('?').next().unwrap_or_default());
    match rest.map(|rest| rest.rsplit_once('@').map_or(rest, |(_, place)| place)) {
        Some(place) => format!("PostgreSQL at {place}"),
        None => "PostgreSQL".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_without_its_password() {
        let mut config = Config::default();
        config.data = "/srv/new".into();
        assert_eq!(database(&config), "SQLite in /srv/new");
        let named = |url: &str| {
            let mut config = Config::default();
            config.database = Some(url.to_owned());
            database(&config)
        };
        let url = "postgres://allmende:a@b:c@db.example.org:5432/files?password=x";
        assert_eq!(named(url), "PostgreSQL at db.example.org:5432/files");
        assert_eq!(named("postgresql://db/files"), "PostgreSQL at db/files");
        assert_eq!(named("host=db user=a password=b"), "PostgreSQL");
    }
}
