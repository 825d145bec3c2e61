//! Files that a person may want to open next: what was changed, talked about, shared with them
//! or opened by them of late.
//!
//! Nothing is kept for it: it is read from the events of what the person sees, and each file is
//! asked of their view, so that nothing is named that they may not see.

use std::collections::HashMap;

use allmende_events::{Doer, Event, EventQuery};
use allmende_files::Entry;
use allmende_ocs::{
    OcsError, Reply,
    endpoints::{
        NoParameters,
        recommendations::{Recommendation, Recommendations},
    },
};
use allmende_types::{EventKind, NodeId, Principal, Timestamp, UserId};

use super::{Call, Outcome, activity::Seen, unavailable};

/// Files that are recommended at most.
pub(super) const MOST: usize = 7;
/// Events that are looked through for them.
const LOOKED_THROUGH: usize = 300;

/// Acts that make a file worth a look.
const ACTS: [EventKind; 6] = [
    EventKind::FileCreated,
    EventKind::FileChanged,
    EventKind::FileCopied,
    EventKind::FileRestored,
    EventKind::CommentCreated,
    EventKind::ShareCreated,
];

/// A file, and why it may be wanted.
#[derive(Debug)]
pub(super) struct Recommended {
    pub(super) file: Entry,
    pub(super) at: Timestamp,
    reason: &'static str,
}

pub(super) async fn get(call: &Call<'_>, _: NoParameters) -> Outcome<Recommendations> {
    let found = recommended(call, MOST).await?;
    let recommendations = Some(found.iter().map(shown).collect());
    Ok(Reply::new(Recommendations { enabled: true, recommendations }))
}

/// The files, the latest first: three reads of events and files, however many there are.
pub(super) async fn recommended(
    call: &Call<'_>,
    limit: usize,
) -> Result<Vec<Recommended>, OcsError> {
    // An app password that opens no files is told of none.
    let view = call.view().await?;
    let me = &call.who()?.person.id;
    let seen = Seen::of(call).await?;
    let mut acts = EventQuery::of_spaces(seen.spaces.clone());
    acts.audience = seen.reader.principals();
    acts.kinds = ACTS.to_vec();
    acts.limit = LOOKED_THROUGH;
    let mut reads = EventQuery::default();
    reads.reads.clone_from(&seen.spaces);
    reads.kinds = vec![EventKind::FileRead];
    reads.doer = Doer::Only(Principal::Person(me.clone()));
    reads.limit = LOOKED_THROUGH;
    let mut events = call.inner.events.page(&acts).await.map_err(unavailable)?;
    events.extend(call.inner.events.page(&reads).await.map_err(unavailable)?);
    let latest = latest(me, &events);
    let ids: Vec<NodeId> = latest.iter().map(|(id, ..)| *id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let files = view.stat(&ids).await.map_err(unavailable)?;
    let found = latest.into_iter().zip(files).filter_map(|((_, at, reason), file)| {
        let file = file.filter(|file| !file.is_folder() && file.path.is_some())?;
        Some(Recommended { file, at, reason })
    });
    Ok(found.take(limit).collect())
}

/// Each node once, by the latest of what makes it interesting, the latest first.
fn latest(me: &UserId, events: &[Event]) -> Vec<(NodeId, Timestamp, &'static str)> {
    let mut latest: HashMap<NodeId, (Timestamp, &'static str)> = HashMap::new();
    for event in events {
        let fact = &event.fact;
        let (Some(node), Some(reason)) = (&fact.node, reason(me, event)) else { continue };
        let known = latest.entry(node.node).or_insert((fact.at, reason));
        // What somebody did says more than that the file was opened in the same second.
        if fact.at > known.0 || fact.at == known.0 && known.1 == OPENED {
            *known = (fact.at, reason);
        }
    }
    let mut all: Vec<_> = latest.into_iter().map(|(id, (at, why))| (id, at, why)).collect();
    all.sort_unstable_by_key(|(id, at, _)| std::cmp::Reverse((*at, *id)));
    all.truncate(LOOKED_THROUGH);
    all
}

const OPENED: &str = "recently-opened";

fn reason(me: &UserId, event: &Event) -> Option<&'static str> {
    let own = event.fact.actor.as_ref().and_then(Principal::person);
    match event.fact.kind {
        EventKind::CommentCreated => Some("recently-commented"),
        // What one gives away oneself is no news.
        EventKind::ShareCreated if own.is_some_and(|own| own.key() == me.key()) => None,
        EventKind::ShareCreated => Some("recently-shared"),
        EventKind::FileRead => Some(OPENED),
        _ => Some("recently-edited"),
    }
}

fn shown(one: &Recommended) -> Recommendation {
    let file = &one.file;
    let name = file.name().map_or("", |name| name.as_str());
    let folder = file.path.as_ref().and_then(allmende_types::SpacePath::parent);
    let media_type = file.media_type().unwrap_or_default();
    Recommendation {
        id: file.id().to_string(),
        timestamp: one.at.unix(),
        name: name.to_owned(),
        directory: format!("/{}", folder.unwrap_or_default()),
        extension: name.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned(),
        mime_type: media_type.to_owned(),
        has_preview: allmende_previews::renders(media_type),
        reason: one.reason.to_owned(),
    }
}
