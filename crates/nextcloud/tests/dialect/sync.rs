//! `sync-collection` (RFC 6578) on files.

use crate::common::{Answer, FILES, World};

const XML: (&str, &str) = ("content-type", "application/xml");

fn report(token: &str, level: &str, rest: &str) -> String {
    format!(
        "<d:sync-collection xmlns:d='DAV:'><d:sync-token>{token}</d:sync-token>\
         <d:sync-level>{level}</d:sync-level>{rest}<d:prop><d:getetag/></d:prop></d:sync-collection>"
    )
}

/// The state that an answer describes.
fn token(reply: &Answer) -> String {
    let text = reply.text();
    let (_, rest) = text.rsplit_once("<d:sync-token>").unwrap_or_else(|| panic!("{text}"));
    rest.split('<').next().unwrap().to_owned()
}

/// What is told, below the home: each path with its status.
fn told(reply: &Answer) -> Vec<String> {
    assert_eq!(reply.status, 207, "{}", reply.text());
    let own = "/remote.php/dav/files/alice/";
    let mut told: Vec<String> = (reply.text().split("<d:response>").skip(1))
        .map(|one| {
            let href = one.split("<d:href>").nth(1).unwrap().split('<').next().unwrap();
            let status = one.split("HTTP/1.1 ").nth(1).unwrap().split(' ').next().unwrap();
            format!("{status} {}", href.strip_prefix(own).unwrap())
        })
        .collect();
    told.sort();
    told
}

async fn filled() -> World {
    let world = World::new().await;
    let alice = world.alice();
    for folder in ["a", "a/deep", "b"] {
        alice.send("MKCOL", &format!("{FILES}/{folder}"), &[], "").await;
    }
    for file in ["a/one", "a/deep/two", "three"] {
        alice.send("PUT", &format!("{FILES}/{file}"), &[], file).await;
    }
    world
}

#[tokio::test]
async fn a_client_reads_everything_once_and_then_what_has_changed() {
    let world = filled().await;
    let alice = world.alice();
    let sync = async |token: &str, level: &str| {
        alice.send("REPORT", FILES, &[XML], report(token, level, "")).await
    };
    let all = sync("", "infinite").await;
    assert_eq!(
        told(&all),
        ["200 a/", "200 a/deep/", "200 a/deep/two", "200 a/one", "200 b/", "200 three"]
    );
    let members = sync("", "1").await;
    assert_eq!(told(&members), ["200 a/", "200 b/", "200 three"]);
    assert_eq!(token(&all), token(&members));
    let start = token(&all);
    let nothing = sync(&start, "infinite").await;
    assert_eq!((told(&nothing), token(&nothing)), (vec![], start.clone()));

    alice.send("PUT", &format!("{FILES}/a/deep/two"), &[], "changed").await;
    alice.send("DELETE", &format!("{FILES}/three"), &[], "").await;
    let to = [("destination", "/remote.php/dav/files/alice/c")];
    alice.send("MOVE", &format!("{FILES}/b"), &to, "").await;
    let all = sync(&start, "infinite").await;
    assert_eq!(told(&all), ["200 a/deep/two", "200 c/", "404 b", "404 three"]);
    let members = sync(&start, "1").await;
    assert_eq!(told(&members), ["200 a/", "200 c/", "404 b", "404 three"]);

    // A folder that comes brings what is in it.
    let to = [("destination", "/remote.php/dav/files/alice/c/new")];
    alice.send("COPY", &format!("{FILES}/a"), &to, "").await;
    let all = sync(&token(&all), "infinite").await;
    assert_eq!(
        told(&all),
        ["200 c/new/", "200 c/new/deep/", "200 c/new/deep/two", "200 c/new/one"]
    );
}

#[tokio::test]
async fn a_folder_tells_its_token_and_the_report() {
    let world = filled().await;
    let alice = world.alice();
    let ask = "<d:propfind xmlns:d='DAV:'><d:prop><d:sync-token/><d:supported-report-set/>\
               </d:prop></d:propfind>";
    let depth = [("depth", "0"), XML];
    let folder = alice.send("PROPFIND", &format!("{FILES}/a"), &depth, ask).await;
    assert!(folder.text().contains("<d:sync-collection/>"), "{}", folder.text());
    let start = token(&folder);
    let target = format!("{FILES}/a");
    alice.send("PUT", &format!("{FILES}/a/new"), &[], "new").await;
    alice.send("PUT", &format!("{FILES}/elsewhere"), &[], "new").await;
    let changed = alice.send("REPORT", &target, &[XML], report(&start, "1", "")).await;
    assert_eq!(told(&changed), ["200 a/new"]);
    let file = alice.send("PROPFIND", &format!("{FILES}/a/one"), &depth, ask).await;
    assert!(!file.text().contains("allmende-sync:"), "{}", file.text());
}

#[tokio::test]
async fn a_limit_cuts_changes_and_refuses_a_walk() {
    let world = filled().await;
    let alice = world.alice();
    let limit = "<d:limit><d:nresults>2</d:nresults></d:limit>";
    let start = token(&alice.send("REPORT", FILES, &[XML], report("", "1", "")).await);
    let refused = alice.send("REPORT", FILES, &[XML], report("", "1", limit)).await;
    assert_eq!(refused.status, 507, "{}", refused.text());
    assert!(refused.text().contains("<d:number-of-matches-within-limits/>"));
    for file in ["x1", "x2", "x3"] {
        alice.send("PUT", &format!("{FILES}/{file}"), &[], file).await;
    }
    let part = alice.send("REPORT", FILES, &[XML], report(&start, "1", limit)).await;
    assert_eq!(told(&part), ["200 x1", "200 x2", "507 "]);
    assert!(part.text().contains("<d:number-of-matches-within-limits/>"));
    let rest = alice.send("REPORT", FILES, &[XML], report(&token(&part), "1", limit)).await;
    assert_eq!(told(&rest), ["200 x3"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = filled().await;
    let alice = world.alice();
    for unknown in ["allmende-sync:", "http://sabre.io/ns/sync/1", "allmende-sync:1-0-1.1.99999"] {
        let reply = alice.send("REPORT", FILES, &[XML], report(unknown, "1", "")).await;
        assert_eq!(reply.status, 403, "{unknown}");
        assert!(reply.text().contains("<d:valid-sync-token/>"), "{}", reply.text());
    }
    let other = alice.send("REPORT", &format!("{FILES}/a"), &[XML], report("", "1", "")).await;
    let reply = alice.send("REPORT", FILES, &[XML], report(&token(&other), "1", "")).await;
    assert_eq!(reply.status, 403);
    let level = alice.send("REPORT", FILES, &[XML], report("", "2", "")).await;
    assert_eq!(level.status, 400);
    let file = format!("{FILES}/three");
    let reply = alice.send("REPORT", &file, &[XML], report("", "1", "")).await;
    assert_eq!(reply.status, 403, "{}", reply.text());
}
