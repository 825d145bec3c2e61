//! What a scenario found when it began: the recordings leave that out.

use std::collections::BTreeSet;

use super::people::People;
use super::recording::Exchange;
use super::xml::Multistatus;
use crate::failure::{Context as _, Result, ensure};
use crate::http::{Endpoint, Response};

/// The content of the file that the range scenarios read.
const RANGE_CONTENT: &str = "0123456789abcdefghij";

/// The files that the searches find, by name, content and time, oldest first.
const SEARCHED: &[(&str, &str, &str)] = &[
    ("one.txt", "1", "1500000000"),
    ("two.txt", "22", "1500000060"),
    ("d/three.txt", "333", "1500000120"),
    ("d/pic.png", "4444", "1500000180"),
    ("UPPER.TXT", "1", "1500000240"),
];

/// Lays the scenario's folder and the files that it reads without having written them.
pub(super) fn lay(people: &People, scenario: &str, exchanges: &[Exchange]) -> Result<()> {
    let home = people.home("alice");
    let folder = folder_name(scenario);
    let inside = format!("/{folder}");
    let used = exchanges.iter().any(|exchange| {
        names_folder(&exchange.path, &inside)
            || names_folder(exchange.request_body.as_text(), &inside)
    });
    if used {
        make(&home, "MKCOL", &folder, "")?;
    }
    for role in RECIPIENTS {
        if exchanges.iter().any(|exchange| works_inside(role, exchange, &inside)) {
            make(&people.home(role), "MKCOL", &folder, "")?;
        }
    }
    match scenario {
        "files.get-content-types" => {
            for exchange in exchanges {
                let name = exchange.path.rsplit('/').next().unwrap_or_default();
                make(&home, "PUT", &format!("{folder}/{name}"), exchange.body.as_text())?;
            }
        }
        "files.mimetypes" => {
            for (name, _) in listed(exchanges.first(), "mimetypes/")? {
                make(&home, "PUT", &format!("{folder}/{name}"), "x")?;
            }
        }
        "copy.many-files" | "move.many-files" => {
            make(&home, "MKCOL", &format!("{folder}/d"), "")?;
            for (name, length) in listed(exchanges.last(), "many-files/e/")? {
                make(&home, "PUT", &format!("{folder}/d/{name}"), &"x".repeat(length))?;
            }
        }
        "groups.members" => {
            call(people.admin(), "groups", "groupid=gm")?;
            for role in ["alice", "bob"] {
                call(people.admin(), &format!("users/{}/groups", people.name(role)), "groupid=gm")?;
            }
        }
        "shares.group" => {
            call(people.admin(), "groups", "groupid=grp")?;
            for role in RECIPIENTS {
                let groups = format!("users/{}/groups", people.name(role));
                call(people.admin(), &groups, "groupid=grp")?;
            }
        }
        _ if scenario.starts_with("search.") => {
            make(&home, "MKCOL", "d", "")?;
            for (name, content, modified) in SEARCHED {
                let answer = home
                    .request("PUT", &format!("{}{name}", home.path))
                    .header("X-OC-MTime", modified)
                    .body(*content)
                    .send()?;
                ensure!(answer.status == 201, "set-up: {name} was answered {}", answer.status);
            }
        }
        "names.deep-path" => {
            // Every folder above the leaf that the first request writes.
            let path = exchanges.first().map(|exchange| exchange.path.as_str());
            let (_, below) = path.and_then(|path| path.split_once(&inside)).context("no path")?;
            let mut made = folder.clone();
            let mut levels: Vec<&str> = below.split('/').skip(1).collect();
            levels.pop();
            for level in levels {
                made = format!("{made}/{level}");
                make(&home, "MKCOL", &made, "")?;
            }
        }
        _ if scenario.starts_with("range.") => {
            let writes = exchanges
                .iter()
                .any(|exchange| exchange.method != "GET" && exchange.method != "HEAD");
            if !writes {
                make(&home, "PUT", &format!("{folder}/r.txt"), RANGE_CONTENT)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Those to whom others share.
const RECIPIENTS: &[&str] = &["bob", "carol"];

/// Whether a recipient does something in their own folder of the scenario's name.
fn works_inside(role: &str, exchange: &Exchange, inside: &str) -> bool {
    let body = exchange.request_body.as_text().replace("%2F", "/");
    let own = format!("/files/{role}{inside}");
    exchange.sender == role
        && (names_folder(&exchange.path, &own)
            || exchange.request_headers.iter().any(|(_, value)| names_folder(value, &own))
            || names_folder(&body, inside))
}

/// A recipient who goes on in the scenario's folder has moved there what was shared with them.
pub(super) fn take_along(
    people: &People,
    scenario: &str,
    exchange: &Exchange,
    answer: &Response,
    later: &[Exchange],
) -> Result<()> {
    let made = exchange.method == "POST" && exchange.path.contains("/files_sharing/api/v1/shares?");
    if !made || answer.status != 200 {
        return Ok(());
    }
    let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let share = &told["ocs"]["data"];
    let Some(target) = share["file_target"].as_str() else { return Ok(()) };
    let inside = format!("/{}{target}", folder_name(scenario));
    for role in RECIPIENTS {
        let theirs = share["share_with"].as_str() == Some(&people.name(role));
        if theirs && later.iter().any(|exchange| works_inside(role, exchange, &inside)) {
            let home = people.home(role);
            let address = |path: &str| format!("{}{}", home.path, path.trim_start_matches('/'));
            let moved = home
                .request("MOVE", &address(target))
                .header("Destination", &address(&inside))
                .header("Overwrite", "F")
                .send()?;
            ensure!(moved.status == 201, "moving a share was answered {}", moved.status);
        }
    }
    Ok(())
}

/// `range.00-bytes_0-4` works in the folder `00-bytes-0-4`.
fn folder_name(scenario: &str) -> String {
    let name = scenario.split_once('.').map_or(scenario, |(_, name)| name);
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
        .to_ascii_lowercase()
}

fn names_folder(text: &str, inside: &str) -> bool {
    text.match_indices(inside).any(|(at, _)| {
        let next = text[at + inside.len()..].bytes().next();
        next.is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'-' && byte != b'_')
    })
}

/// The files in a recorded listing, by the part of their address below `folder`, with lengths.
fn listed(exchange: Option<&Exchange>, folder: &str) -> Result<BTreeSet<(String, usize)>> {
    let exchange = exchange.context("no listing is recorded")?;
    let listing = Multistatus::parse(exchange.body.as_text())?;
    let mut files = BTreeSet::new();
    for response in &listing.responses {
        let (_, name) = response.href.rsplit_once(folder).context("an address elsewhere")?;
        if !name.is_empty() && !name.ends_with('/') {
            let length = response.text("getcontentlength").and_then(|text| text.parse().ok());
            files.insert((name.to_owned(), length.unwrap_or(1)));
        }
    }
    ensure!(!files.is_empty(), "the recorded listing names no file");
    Ok(files)
}

fn make(home: &Endpoint, method: &str, path: &str, body: &str) -> Result<()> {
    let answer = home.request(method, &format!("{}{path}", home.path)).body(body).send()?;
    ensure!(answer.status == 201, "set-up: {method} {path} was answered {}", answer.status);
    Ok(())
}

fn call(admin: &Endpoint, what: &str, form: &str) -> Result<()> {
    let answer = admin
        .request("POST", &format!("/ocs/v2.php/cloud/{what}?format=json"))
        .header("OCS-APIRequest", "true")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form)
        .send()?;
    ensure!(answer.status == 200, "set-up: {what} was answered {}", answer.status);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_in_the_recordings() {
        assert_eq!(folder_name("range.17-bytes_0-4_"), "17-bytes-0-4");
        assert_eq!(folder_name("names.len-255"), "len-255");
        assert!(names_folder("/files/alice/range/x", "/range"));
        assert!(names_folder("X-File-Path: /range\r\n", "/range"));
        assert!(!names_folder("/files/alice/range-2/x", "/range"));
    }
}
