//! `allmende backup` and `allmende restore`, as an operator runs them: with relative folders,
//! and scripts that read how a command ended.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// Runs a command in a folder; says how it ended, and what it printed.
fn allmende(folder: &Path, words: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allmende"));
    for variable in ["ALLMENDE_CONFIG", "ALLMENDE_DATA", "ALLMENDE_DATABASE"] {
        command.env_remove(variable);
    }
    let ended = command.current_dir(folder).args(words.split(' ')).output().unwrap();
    let Output { status, stdout, stderr } = ended;
    let text = String::from_utf8_lossy(&stdout).into_owned();
    (status.code(), text + &String::from_utf8_lossy(&stderr))
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_backup_is_taken_verified_and_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let files = folder.join("nextcloud/anna/files");
    fs::create_dir_all(&files).unwrap();
    fs::write(files.join("a.txt"), "a").unwrap();
    fs::write(files.join("large"), [7; 100_000]).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", files.join("link")).unwrap();
    let (code, said) = allmende(folder, "--data old import --nextcloud nextcloud --json");
    assert_eq!(code, Some(4), "something was skipped: {said}");
    assert_eq!(
        (&json(&said)["files"], json(&said)["skipped"].as_array().unwrap().len()),
        (&2.into(), 1)
    );

    let (code, said) = allmende(folder, "--data old backup backups");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = allmende(folder, "backup --verify backups --json");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(json(&said)["contents"], 2);
    let (code, said) = allmende(folder, "--data new restore backups");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Database:    SQLite in new\n"), "{said}");
    assert_eq!(allmende(folder, "--data new fsck").0, Some(0));
    let (code, said) = allmende(folder, "--data new gc --json");
    assert_eq!((code, &json(&said)["orphans"]), (Some(0), &0.into()), "{said}");

    let pack = fs::read_dir(folder.join("backups/packs")).unwrap().next().unwrap().unwrap();
    let mut bytes = fs::read(pack.path()).unwrap();
    bytes[50_000] ^= 1;
    fs::write(pack.path(), bytes).unwrap();
    let (code, said) = allmende(folder, "backup --verify backups");
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("Damaged:   1\n"), "{said}");
    let (code, said) = allmende(folder, "--data newer restore backups --json");
    assert_eq!(code, Some(4), "{said}");
    assert_eq!(
        (&json(&said)["contents"], json(&said)["unreadable"].as_array().unwrap().len()),
        (&1.into(), 1)
    );
    assert_eq!(allmende(folder, "--data newer fsck").0, Some(4));
}
