//! The folders below a folder, in plain JSON.

use std::collections::HashMap;

use allmende_files::{Entry, ErrorKind, SearchRequest, View};
use allmende_ocs::{
    OcsError, OcsRequest, PathParams, ServerEndpoint,
    endpoints::files::tree::{Folder, Get, Query},
};
use allmende_storage::{NodeFilter, SearchDepth};
use allmende_types::{NodeId, SpacePath};
use bytes::Bytes;
use http::{Response, StatusCode};

use super::{Call, unavailable};
use crate::discovery::json;

/// Levels at most.
const DEEPEST: u32 = 20;
/// Folders at most, in one answer; the rest is asked for by path.
const MOST: usize = 10_000;
/// Folders whose folders are read at once.
const AT_ONCE: usize = 500;

/// Answers without an envelope, as the original does.
pub(super) async fn answer(
    call: &Call<'_>,
    request: &OcsRequest,
    params: &PathParams,
) -> Response<Bytes> {
    let tree = match Get::read_request(request, params) {
        Ok(query) => read(call, query).await,
        Err(error) => Err(error),
    };
    match tree {
        Ok(Some(folders)) => json(StatusCode::OK, &folders),
        Ok(None) => {
            let message = serde_json::json!({ "message": "Folder not found" });
            json(StatusCode::NOT_FOUND, &message)
        }
        Err(error) => request.envelope().failure(&error),
    }
}

/// The tree; none if there is no such folder.
async fn read(call: &Call<'_>, query: Query) -> Result<Option<Vec<Folder>>, OcsError> {
    let view = call.view().await?;
    let path = query.path.unwrap_or_default();
    let Ok(path) = path.trim_matches('/').parse::<SpacePath>() else { return Ok(None) };
    let root = view.resolve(&path).await.map_err(unavailable)?;
    let Some(root) = root.filter(Entry::is_folder) else { return Ok(None) };
    let depth = query.depth.unwrap_or(1).min(DEEPEST);
    let top = root.id();
    let mut below: HashMap<NodeId, Vec<Entry>> = HashMap::new();
    let mut level = vec![root];
    let mut left = MOST;
    for _ in 0..depth {
        let mut next = Vec::new();
        for some in level.chunks(AT_ONCE) {
            next.extend(folders_in(&view, some.to_vec(), left).await?);
            left = MOST.saturating_sub(next.len());
        }
        for folder in &next {
            let parent = folder.node.parent.unwrap_or(top);
            below.entry(parent).or_default().push(folder.clone());
        }
        if next.is_empty() || left == 0 {
            break;
        }
        level = next;
    }
    Ok(Some(assemble(&mut below, top)))
}

async fn folders_in(view: &View, folders: Vec<Entry>, most: usize) -> Result<Vec<Entry>, OcsError> {
    let Some(first) = folders.first().cloned() else { return Ok(Vec::new()) };
    let mut request = SearchRequest::new(first, NodeFilter::Folder);
    request.below = folders;
    request.depth = SearchDepth::Children;
    request.limit = most;
    view.search(request).await.map_err(|error| match error.kind() {
        // Removed while it was looked at.
        ErrorKind::NotFound => OcsError::unavailable(),
        _ => unavailable(error),
    })
}

fn assemble(below: &mut HashMap<NodeId, Vec<Entry>>, parent: NodeId) -> Vec<Folder> {
    let mut folders: Vec<Folder> = below
        .remove(&parent)
        .unwrap_or_default()
        .into_iter()
        .map(|entry| Folder {
            id: entry.id().0,
            basename: entry.name().map_or("", |name| name.as_str()).to_owned(),
            children: assemble(below, entry.id()),
            display_name: None,
        })
        .collect();
    folders.sort_by_cached_key(|folder| folder.basename.to_lowercase());
    folders
}
