//! Arrows between crates point downward only, and some dependencies have one place each.
//!
//! The layers are those of ARCHITECTURE.md. The test reads the dependency graph from cargo, so
//! it cannot be out of date.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Every crate of the workspace and its layer. An arrow may point only to a lower layer, or,
/// within a layer, to a crate that stands further up in this list.
const LAYERS: &[(u8, &[&str])] = &[
    (
        0,
        &[
            "allmende-types",
            "allmende-webdav-proto",
            "allmende-ocs",
            "allmende-share",
            "allmende-storage",
        ],
    ),
    (1, &["allmende-storage-local", "allmende-sql", "allmende-events", "allmende-tree-sql"]),
    (
        2,
        &[
            "allmende-accounts",
            "allmende-files",
            "allmende-previews",
            "allmende-webdav",
            "allmende-sharing",
            "allmende-care",
            "allmende-tags",
            "allmende-comments",
            "allmende-reminders",
        ],
    ),
    (3, &["allmende-nextcloud", "allmende-server"]),
    (
        4,
        &["allmende-cloud", "allmende-dav-folder", "allmende-ocs-cli", "allmende-benches", "xtask"],
    ),
];

/// Arrows that no layer forbids but the plan does: who must never know whom.
const STRANGERS: &[(&str, &[&str])] = &[
    // Protocols know no storage, storage knows no protocol.
    ("allmende-webdav-proto", &["allmende-storage", "allmende-ocs"]),
    ("allmende-ocs", &["allmende-storage", "allmende-webdav-proto"]),
    ("allmende-storage", &["allmende-webdav-proto", "allmende-ocs"]),
    // What shares give is decided without knowing where anything is kept.
    ("allmende-share", &["allmende-storage", "allmende-webdav-proto", "allmende-ocs"]),
    // Blobs know no metadata, metadata know no blobs.
    ("allmende-storage-local", &["allmende-sql"]),
    ("allmende-tree-sql", &["allmende-storage-local"]),
    // Tags, comments and reminders know nodes by their ids, and people by theirs.
    ("allmende-tags", &["allmende-files", "allmende-accounts", "allmende-sharing"]),
    ("allmende-comments", &["allmende-files", "allmende-accounts", "allmende-tags"]),
    ("allmende-reminders", &["allmende-files", "allmende-accounts", "allmende-comments"]),
    // The file service is free of any transport, WebDAV free of any storage.
    ("allmende-files", &["allmende-webdav-proto", "allmende-webdav", "allmende-accounts"]),
    ("allmende-webdav", &["allmende-storage", "allmende-files", "allmende-accounts"]),
    // The dialect works on any database.
    ("allmende-nextcloud", &["allmende-sql", "allmende-tree-sql", "allmende-storage-local"]),
];

/// A foreign crate and the only crates that may name it. Tests may use what they like.
const ONE_PLACE: &[(&str, &[&str])] = &[
    ("axum", &["allmende-dav-folder", "allmende-benches"]),
    ("hyper", &["allmende-server", "allmende-benches"]),
    ("hyper-util", &["allmende-server", "allmende-benches"]),
    // Two places: what comes in from browsers and clients, and what goes out to PostgreSQL,
    // whose driver wants its connections encrypted from below.
    ("rustls", &["allmende-server", "allmende-sql"]),
    ("tokio-rustls", &["allmende-server", "allmende-sql"]),
    ("rusqlite", &["allmende-sql"]),
    ("tokio-postgres", &["allmende-sql"]),
    ("quick-xml", &["allmende-webdav-proto", "allmende-ocs"]),
    ("object_store", &["allmende-storage-object"]),
    ("tracing-subscriber", &["allmende-server", "allmende-benches"]),
    (
        "clap",
        &["allmende-cloud", "allmende-dav-folder", "allmende-ocs-cli", "allmende-benches", "xtask"],
    ),
    // What goes out over HTTP: from the command line to a server, and from a server to proxies
    // of pushes.
    ("ureq", &["allmende-ocs-cli", "allmende-server"]),
];

/// Crates that must stay free of any runtime.
const NO_RUNTIME: &[&str] =
    &["allmende-types", "allmende-webdav-proto", "allmende-ocs", "allmende-share"];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata")
}

fn place(name: &str) -> Option<(u8, usize)> {
    LAYERS.iter().find_map(|(layer, names)| {
        names.iter().position(|other| *other == name).map(|at| (*layer, at))
    })
}

/// What a crate itself names, but for its tests.
fn named(package: &Package) -> BTreeSet<&str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.as_str())
        .collect()
}

fn packages(metadata: &Metadata) -> BTreeMap<&str, &Package> {
    metadata.workspace_packages().into_iter().map(|p| (p.name.as_str(), p)).collect()
}

/// Why this arrow must not be, if it must not.
fn fault(from: &str, to: &str) -> Option<String> {
    let (Some(start), Some(end)) = (place(from), place(to)) else {
        // Foreign crates are judged by their own rules.
        return None;
    };
    if end >= start {
        return Some(format!("{from} -> {to}: upward"));
    }
    let strangers = STRANGERS.iter().find(|(name, _)| *name == from).map(|(_, list)| *list);
    strangers
        .is_some_and(|list| list.contains(&to))
        .then(|| format!("{from} -> {to}: must not know one another"))
}

#[test]
fn every_crate_has_a_layer() {
    let metadata = metadata();
    let without: Vec<_> =
        packages(&metadata).into_keys().filter(|name| place(name).is_none()).collect();
    assert_eq!(without, Vec::<&str>::new(), "add them to LAYERS and to ARCHITECTURE.md");
}

#[test]
fn arrows_point_downward() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for (from, package) in packages(&metadata) {
        faults.extend(named(package).into_iter().filter_map(|to| fault(from, to)));
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn frameworks_and_databases_have_one_place_each() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for (name, package) in packages(&metadata) {
        let named = named(package);
        for (foreign, allowed) in ONE_PLACE {
            if named.contains(foreign) && !allowed.contains(&name) {
                faults.push(format!("{name} names {foreign}, allowed for {allowed:?}"));
            }
        }
        if NO_RUNTIME.contains(&name) && named.contains("tokio") {
            faults.push(format!("{name} names tokio"));
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn a_forbidden_arrow_would_be_found() {
    assert_eq!(
        fault("allmende-types", "allmende-server").as_deref(),
        Some("allmende-types -> allmende-server: upward")
    );
    assert_eq!(
        fault("allmende-webdav", "allmende-files").as_deref(),
        Some("allmende-webdav -> allmende-files: must not know one another")
    );
    assert_eq!(
        fault("allmende-webdav", "allmende-storage").as_deref(),
        Some("allmende-webdav -> allmende-storage: must not know one another")
    );
    assert_eq!(fault("allmende-server", "allmende-types"), None);
    assert_eq!(fault("allmende-server", "tokio"), None);
}

#[test]
fn every_rule_names_crates_that_exist_or_are_planned() {
    let metadata = metadata();
    let packages = packages(&metadata);
    let planned = ["allmende-storage-object"];
    for name in STRANGERS.iter().map(|(name, _)| name).chain(NO_RUNTIME) {
        assert!(packages.contains_key(name), "{name}");
    }
    for name in ONE_PLACE.iter().flat_map(|(_, allowed)| *allowed) {
        assert!(packages.contains_key(name) || planned.contains(name), "{name}");
    }
}
