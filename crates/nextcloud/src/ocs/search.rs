//! Unified search: files by their names.

use allmende_files::{Entry as File, ErrorKind, SearchRequest};
use allmende_ocs::{
    Assoc, OcsError, Reply,
    endpoints::search::{Entry, Page, Place, Provider, Query},
};
use allmende_storage::{NodeField, NodeFilter, Pattern, SortOrder};

use super::{Call, Outcome, unavailable};

/// The one thing that can be searched.
const FILES: &str = "files";
/// Its name.
const NAME: &str = "Files";
/// Results without a wish, and at most.
const LIMIT: u32 = 5;
const MOST: u32 = 100;
/// How far one can page: deeper, a narrower term is quicker.
const DEEPEST: usize = 10_000;

pub(super) async fn providers(call: &Call<'_>, _: Place) -> Outcome<Vec<Provider>> {
    let mut files = Provider::new(FILES, FILES, NAME, 0);
    files.icon = format!("{}/core/img/logo.svg", call.origin.base_url());
    Ok(Reply::new(vec![files]))
}

pub(super) async fn search(call: &Call<'_>, input: Query) -> Outcome<Page> {
    if input.provider_id != FILES {
        return Err(OcsError::bad_request(format!("Provider {} is unknown", input.provider_id)));
    }
    let term = input.term.trim();
    if term.is_empty() {
        return Ok(Reply::new(Page::complete(NAME, Vec::new())));
    }
    let limit = input.limit.unwrap_or(LIMIT).clamp(1, MOST) as usize;
    let skip = match input.cursor.as_deref() {
        None | Some("") => 0,
        Some(cursor) => cursor
            .parse()
            .ok()
            .filter(|skip| *skip <= DEEPEST)
            .ok_or_else(|| OcsError::bad_request("Invalid cursor"))?,
    };
    let view = call.view().await?;
    let root = view.root().await.map_err(unavailable)?;
    let mut request = SearchRequest::new(root, NodeFilter::Name(Pattern::containing(term)));
    request.order = vec![(NodeField::Modified, SortOrder::Descending)];
    request.skip = skip;
    request.limit = limit;
    let found = view.search(request).await.map_err(|error| match error.kind() {
        ErrorKind::Forbidden => OcsError::bad_request("This cannot be searched"),
        _ => unavailable(error),
    })?;
    let base = call.origin.base_url();
    let entries: Vec<Entry> = found.iter().map(|file| shown(&base, file)).collect();
    let next = i64::try_from(skip + limit).unwrap_or(i64::MAX);
    Ok(Reply::new(Page::paginated(NAME, entries, next)))
}

/// A file as clients show it. Mobile clients open it by the attributes.
fn shown(base: &str, file: &File) -> Entry {
    let id = file.id().0;
    let path = file.path.as_ref().map(ToString::to_string).unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut entry = Entry::default();
    entry.title = file.name().map_or("", |name| name.as_str()).to_owned();
    entry.subline = if folder.is_empty() { String::new() } else { format!("in {folder}") };
    entry.resource_url = format!("{base}/f/{id}");
    entry.icon = if file.is_folder() { "icon-folder" } else { "icon-file" }.to_owned();
    if file.media_type().is_some_and(|media_type| media_type.starts_with("image/")) {
        entry.thumbnail_url = format!("{base}/core/preview?x=32&y=32&fileId={id}");
    }
    entry.attributes = [("fileId", id.to_string()), ("path", format!("/{path}"))]
        .into_iter()
        .collect::<Assoc<String>>();
    entry
}
