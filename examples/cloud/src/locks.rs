//! `allmende locks …`.

use allmende_server::Databases;
use allmende_storage::{BreakLock, Lock, LockKind, LockStore, LockToken, Tree};
use allmende_types::{NodeId, Origin, SpaceId};
use serde_json::json;

use crate::{Failure, arguments::LocksCommand, output, people::now};

/// How many locks are read at once.
const PAGE: usize = 500;

/// Runs a command on what is locked.
pub(crate) async fn run(databases: &Databases, command: LocksCommand) -> Result<(), Failure> {
    match command {
        LocksCommand::List { json } => list(databases, json).await,
        LocksCommand::Break { file, token, json } => end(databases, file, token, json).await,
    }
}

async fn list(databases: &Databases, json: bool) -> Result<(), Failure> {
    let locks: &dyn LockStore = &*databases.tree;
    let (mut shown, mut after): (Vec<Shown>, Option<LockToken>) = (Vec::new(), None);
    loop {
        let page = locks.all(after.as_ref(), PAGE, now()).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.token.clone());
        shown.extend(look_up(databases, page).await?);
    }
    tell(&shown, json)
}

/// Ends the locks of one file, or the one of them with this token.
async fn end(
    databases: &Databases,
    file: i64,
    token: Option<String>,
    json: bool,
) -> Result<(), Failure> {
    let (locks, node): (&dyn LockStore, NodeId) = (&*databases.tree, NodeId(file));
    let token: Option<LockToken> = token.map(|text| text.parse()).transpose()?;
    let mut standing = locks.covering(&[node], now()).await?.pop().unwrap_or_default();
    standing.retain(|lock| lock.node == node);
    standing.retain(|lock| token.as_ref().is_none_or(|token| *token == lock.token));
    if standing.is_empty() {
        return Err(format!("there is no such lock on the file {file}").into());
    }
    let mut broken = Vec::new();
    for lock in standing {
        // Nobody in particular: whoever is at the machine.
        let (by, origin) = (None, Origin::default());
        let order = BreakLock { node, token: lock.token, by, origin, now: now() };
        broken.push(locks.break_lock(order).await?);
    }
    let shown = look_up(databases, broken).await?;
    if !json {
        println!("{} locks were broken; who held them is told.", shown.len());
    }
    tell(&shown, json)
}

/// A lock and where its node lies.
struct Shown {
    lock: Lock,
    place: String,
}

async fn look_up(databases: &Databases, locks: Vec<Lock>) -> Result<Vec<Shown>, Failure> {
    let tree: &dyn Tree = &*databases.tree;
    let nodes: Vec<NodeId> = locks.iter().map(|lock| lock.node).collect();
    let found = tree.stat(&nodes).await?;
    let paths = tree.paths(&nodes).await?;
    let mut spaces: Vec<SpaceId> = found.iter().flatten().map(|node| node.space).collect();
    spaces.sort_unstable();
    spaces.dedup();
    let mut keys = Vec::new();
    for id in spaces {
        keys.push((id, tree.space(id).await?.key));
    }
    let place =
        |(node, path): (Option<allmende_storage::Node>, Option<allmende_types::SpacePath>)| {
            let key = node.and_then(|node| keys.iter().find(|(id, _)| *id == node.space));
            match (key, path) {
                (Some((_, key)), Some(path)) => format!("{key}/{path}"),
                _ => String::new(),
            }
        };
    let places = found.into_iter().zip(paths).map(place);
    Ok(locks.into_iter().zip(places).map(|(lock, place)| Shown { lock, place }).collect())
}

fn tell(locks: &[Shown], json: bool) -> Result<(), Failure> {
    if json {
        let all: Vec<_> = (locks.iter())
            .map(|Shown { lock, place }| {
                json!({
                    "file": lock.node.0,
                    "place": place,
                    "kind": kind(lock.kind),
                    "holder": lock.holder.as_str(),
                    "token": lock.token.as_str(),
                    "since": lock.created.to_rfc3339(),
                    "until": lock.expires.map(|end| end.to_rfc3339()),
                })
            })
            .collect();
        return output::json(&all);
    }
    let rows: Vec<Vec<String>> = (locks.iter())
        .map(|Shown { lock, place }| {
            vec![
                lock.node.to_string(),
                kind(lock.kind).to_owned(),
                lock.holder.to_string(),
                lock.created.to_rfc3339(),
                lock.expires.map_or_else(String::new, |end| end.to_rfc3339()),
                place.clone(),
            ]
        })
        .collect();
    output::table(&["FILE", "KIND", "HOLDER", "SINCE", "UNTIL", "PLACE"], &rows);
    Ok(())
}

const fn kind(kind: LockKind) -> &'static str {
    match kind {
        LockKind::Person => "person",
        LockKind::App => "app",
        LockKind::Token => "token",
    }
}
