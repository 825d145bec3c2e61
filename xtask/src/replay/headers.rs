//! The headers of an answer that a client reads.

use super::differences::Differences;
use super::people::People;
use super::recording::Exchange;
use super::relations::Relations;
use crate::http::Response;

/// Compared by value, or by relation where the value is one of the changing kinds.
const COMPARED: &[&str] = &[
    "ETag",
    "OC-ETag",
    "OC-FileId",
    "Location",
    "Content-Location",
    "Lock-Token",
    "X-OC-MTime",
    "X-OC-CTime",
    "OC-Checksum",
    "Content-Range",
    "Last-Modified",
    "Content-Disposition",
    "X-NC-OwnerId",
    "X-NC-Permissions",
    "X-NC-IsCustomAvatar",
    "X-Hash-MD5",
    "X-Hash-SHA1",
    "X-Hash-SHA256",
    "X-Content-Type-Options",
];

/// The compliance classes and extensions of files; those of calendars come with calendars.
const CLASSES: &[&str] =
    &["1", "2", "3", "extended-mkcol", "nc-paginate", "nextcloud-checksum-update"];

pub(super) fn compare(
    recorded: &Exchange,
    ours: &Response,
    people: &People,
    relations: &mut Relations,
    differences: &mut Differences<'_>,
) {
    for name in COMPARED {
        let place = format!("header {name}");
        let own = ours.header(name).map(|value| people.to_recorded(value));
        match (recorded.header(name), own) {
            (None, None) => {}
            (Some(value), None) => differences.add(&place, format!("is missing, was {value:?}")),
            (None, Some(own)) => differences.add(&place, format!("is {own:?}, was missing")),
            (Some(value), Some(own)) => {
                // An address may hold the number of a file.
                let value =
                    if *name == "Location" { relations.to_ours(value) } else { value.to_owned() };
                if let Err(text) = relations.compare(&place, &value, &own, recorded.time) {
                    differences.add(&place, text);
                }
            }
        }
    }
    compare_classes(recorded, ours, differences);
    compare_content_type(recorded, ours, differences);
    compare_challenge(recorded, ours, differences);
}

fn compare_challenge(recorded: &Exchange, ours: &Response, differences: &mut Differences<'_>) {
    let Some(theirs) = recorded.header("WWW-Authenticate") else { return };
    let own = ours.header("WWW-Authenticate").unwrap_or_default();
    // Whoever made the recordings took the word before the realm for credentials and hid it.
    let equal = match theirs.split_once("<credentials>") {
        Some((start, end)) => own.starts_with(start) && own.ends_with(end),
        None => own == theirs,
    };
    if !equal {
        differences.add("header WWW-Authenticate", format!("{own:?} instead of {theirs:?}"));
    }
}

fn compare_classes(recorded: &Exchange, ours: &Response, differences: &mut Differences<'_>) {
    let classes = |value: Option<&str>| -> Vec<&str> {
        let value = value.unwrap_or_default();
        let named: Vec<&str> = value.split(',').map(str::trim).collect();
        CLASSES.iter().filter(|class| named.contains(class)).copied().collect()
    };
    let (theirs, own) = (classes(recorded.header("DAV")), classes(ours.header("DAV")));
    // More is said than was only where the answer is about a DAV resource anyway.
    if theirs.iter().any(|class| !own.contains(class)) {
        differences.add("header DAV", format!("{own:?} instead of {theirs:?}"));
    }
}

fn compare_content_type(recorded: &Exchange, ours: &Response, differences: &mut Differences<'_>) {
    let empty = recorded.body.as_text().is_empty() && recorded.body.length.is_none();
    if empty && recorded.method != "HEAD" {
        return;
    }
    let plain = |value: &str| value.to_ascii_lowercase().replace(' ', "");
    let theirs = recorded.header("Content-Type").map(plain);
    let own = ours.header("Content-Type").map(plain);
    if theirs != own {
        differences.add("header Content-Type", format!("{own:?} instead of {theirs:?}"));
    }
}
