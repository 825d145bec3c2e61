//! `allmende export`, `import` and `digest`.

use allmende_care::export::{self, ExportSource, Exported, ImportTarget, Imported};
use allmende_server::{Databases, Stores, contents_beside, link_key};
use serde_json::json;

use super::{
    Ending,
    arguments::{Digest, Export, Import},
    progress::Progress,
};
use crate::{Failure, arguments::Settings, open, output, people::now};

pub(super) async fn export(settings: &Settings, given: Export) -> Result<Ending, Failure> {
    let exported = look(settings, Some(&given.dir), given.json).await?;
    tell(&exported, given.json)
}

pub(super) async fn digest(settings: &Settings, given: Digest) -> Result<Ending, Failure> {
    let exported = look(settings, None, given.json).await?;
    if given.json || !exported.unreadable.is_empty() {
        return tell(&exported, given.json);
    }
    println!("{}", exported.digest);
    Ok(Ending::Clean)
}

/// Goes through everything, and writes it if there is a folder.
async fn look(
    settings: &Settings,
    dir: Option<&std::path::Path>,
    json: bool,
) -> Result<Exported, Failure> {
    let config = settings.config(None)?;
    let Databases { sql, tree, .. } = open(settings, &config).await?;
    let (blobs, key) = (contents_beside(&config)?, link_key(&config)?);
    let source = ExportSource { sql: &sql, tree: &tree, blobs: &blobs, key: &key };
    let progress = Progress::new(json);
    let exported = match dir {
        Some(dir) => export::export(source, dir, now(), &progress).await?,
        None => export::digest(source, now(), &progress).await?,
    };
    progress.end();
    sql.close().await;
    Ok(exported)
}

fn tell(exported: &Exported, json: bool) -> Result<Ending, Failure> {
    let Exported { digest, spaces, folders, files, versions, bytes, rows, unreadable, .. } =
        exported;
    if json {
        output::json(&json!({
            "digest": digest,
            "spaces": spaces,
            "folders": folders,
            "files": files,
            "versions": versions,
            "bytes": bytes,
            "rows": rows,
            "unreadable": unreadable,
        }))?;
    } else {
        println!("Digest:      {digest}");
        println!("Spaces:      {spaces}");
        println!("Folders:     {folders}");
        println!("Files:       {files}, {versions} versions ({bytes} bytes)");
        println!("Rows:        {rows}");
        println!("Unreadable:  {}", unreadable.len());
        unreadable.iter().for_each(|path| println!("  {path}"));
    }
    Ok(if unreadable.is_empty() { Ending::Clean } else { Ending::Damaged })
}

pub(super) async fn import(settings: &Settings, given: Import) -> Result<Ending, Failure> {
    let config = settings.config(None)?;
    let Databases { sql, accounts, tree } = Databases::open(&config).await?;
    // The lock of the store says that no server runs on this folder.
    let (blobs, key) = (Stores::contents(&config)?, link_key(&config)?);
    let target =
        ImportTarget { sql: &sql, accounts: &accounts, tree: &tree, blobs: &blobs, key: &key };
    let progress = Progress::new(given.json);
    let Imported { people, folders, files, versions, bytes, rows, skipped, .. } = if given.nextcloud
    {
        export::import_nextcloud(target, &given.dir, now(), &progress).await?
    } else {
        export::import(target, &given.dir, now(), &progress).await?
    };
    progress.end();
    sql.close().await;
    if given.json {
        output::json(&json!({
            "people": people,
            "folders": folders,
            "files": files,
            "versions": versions,
            "bytes": bytes,
            "rows": rows,
            "skipped": skipped,
        }))?;
    } else {
        println!("People:   {people}");
        println!("Folders:  {folders}");
        println!("Files:    {files}, {versions} versions ({bytes} bytes)");
        println!("Rows:     {rows}");
        println!("Skipped:  {}", skipped.len());
        skipped.iter().for_each(|path| println!("  {path}"));
    }
    Ok(if skipped.is_empty() { Ending::Clean } else { Ending::Damaged })
}
