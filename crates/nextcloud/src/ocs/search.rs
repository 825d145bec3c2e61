//! Unified search: files by their names and what else is known of them.

use allmende_files::{Entry as File, ErrorKind, SearchRequest, View};
use allmende_ocs::{
    Assoc, OcsError, Reply,
    endpoints::search::{Entry, Filters, Page, Place, Provider, Query},
};
use allmende_storage::{NodeField, NodeFilter, Pattern, PropertyOwner, Relation, SortOrder};
use allmende_types::{SpacePath, Timestamp};

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
/// Results that are looked through at once for those of one person, and how often for a page.
const AT_ONCE: usize = 200;
const ROUNDS: usize = 5;

pub(super) async fn providers(call: &Call<'_>, _: Place) -> Outcome<Vec<Provider>> {
    let mut files = Provider::new(FILES, FILES, NAME, 0);
    files.icon = format!("{}/core/img/logo.svg", call.origin.base_url());
    for (name, kind) in Filters::ALL {
        files.filters.push(name, kind.to_owned());
    }
    Ok(Reply::new(vec![files]))
}

pub(super) async fn search(call: &Call<'_>, input: Query) -> Outcome<Page> {
    if input.provider_id != FILES {
        return Err(OcsError::bad_request(format!("Provider {} is unknown", input.provider_id)));
    }
    let term = input.term.trim();
    let filters = &input.filters;
    if term.is_empty() && *filters == Filters::default() {
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
    let mut conditions = conditions(filters, &view)?;
    if !term.is_empty() {
        conditions.push(NodeFilter::Name(Pattern::containing(term)));
    }
    let Some(below) = folder(&view, filters.path.as_deref()).await? else {
        return Ok(Reply::new(Page::complete(NAME, Vec::new())));
    };
    let mut request = SearchRequest::new(below, NodeFilter::All(conditions));
    request.order = vec![(NodeField::Modified, SortOrder::Descending)];
    let (found, next) = match &filters.person {
        None => {
            (request.skip, request.limit) = (skip, limit);
            (look(&view, request).await?, skip + limit)
        }
        Some(person) => of_person(&view, request, person, skip, limit).await?,
    };
    let base = call.origin.base_url();
    let entries: Vec<Entry> = found.iter().map(|file| shown(&base, file)).collect();
    let next = i64::try_from(next).unwrap_or(i64::MAX);
    Ok(Reply::new(Page::paginated(NAME, entries, next)))
}

async fn look(view: &View, request: SearchRequest) -> Result<Vec<File>, OcsError> {
    view.search(request).await.map_err(|error| match error.kind() {
        ErrorKind::Forbidden => OcsError::bad_request("This cannot be searched"),
        _ => unavailable(error),
    })
}

/// What is one person's among the results behind a place, and where to go on: a page can be
/// short where much is not theirs.
async fn of_person(
    view: &View,
    request: SearchRequest,
    person: &str,
    mut skip: usize,
    limit: usize,
) -> Result<(Vec<File>, usize), OcsError> {
    let mut found = Vec::new();
    for _ in 0..ROUNDS {
        let mut page = request.clone();
        (page.skip, page.limit) = (skip, AT_ONCE);
        let page = look(view, page).await?;
        let last = page.len() < AT_ONCE;
        for file in page {
            skip += 1;
            if file.owner.as_str().eq_ignore_ascii_case(person) {
                found.push(file);
                if found.len() == limit {
                    return Ok((found, skip));
                }
            }
        }
        if last || skip > DEEPEST {
            break;
        }
    }
    Ok((found, skip))
}

/// The folder to look below; none if the person has none there.
async fn folder(view: &View, path: Option<&str>) -> Result<Option<File>, OcsError> {
    let Ok(path) = path.unwrap_or_default().trim_matches('/').parse::<SpacePath>() else {
        return Ok(None);
    };
    let folder = view.resolve(&path).await.map_err(unavailable)?;
    Ok(folder.filter(File::is_folder))
}

/// What has to hold beside the name.
fn conditions(filters: &Filters, view: &View) -> Result<Vec<NodeFilter>, OcsError> {
    let wrong = |name: &str| OcsError::bad_request(format!("Invalid value for filter {name}"));
    let mut all = Vec::new();
    let times =
        [("since", &filters.since, Relation::AtLeast), ("until", &filters.until, Relation::AtMost)];
    for (name, value, relation) in times {
        if let Some(value) = value {
            let time = time(value).ok_or_else(|| wrong(name))?;
            all.push(NodeFilter::Figure(NodeField::Modified, relation, time));
        }
    }
    let sizes = [
        ("min-size", &filters.min_size, Relation::AtLeast),
        ("max-size", &filters.max_size, Relation::AtMost),
    ];
    for (name, value, relation) in sizes {
        if let Some(value) = value {
            let bytes = value.parse().map_err(|_| wrong(name))?;
            all.push(NodeFilter::Figure(NodeField::Size, relation, bytes));
        }
    }
    if let Some(media_type) = &filters.mime {
        all.push(NodeFilter::MediaType(Pattern::new(media_type)));
    }
    match filters.kind.as_deref() {
        None => {}
        Some("folder") => all.push(NodeFilter::Folder),
        Some("file") => all.push(NodeFilter::Not(Box::new(NodeFilter::Folder))),
        Some(_) => return Err(wrong("type")),
    }
    match filters.is_favorite.as_deref() {
        None => {}
        Some("1" | "true" | "yes") => all.push(marked(view)),
        Some("0" | "false" | "no") => all.push(NodeFilter::Not(Box::new(marked(view)))),
        Some(_) => return Err(wrong("is-favorite")),
    }
    Ok(all)
}

/// Seconds since 1970, a date and time, or a day, which begins at midnight.
fn time(value: &str) -> Option<i64> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(seconds);
    }
    let whole = if value.len() == 10 { format!("{value}T00:00:00Z") } else { value.to_owned() };
    Some(Timestamp::from_rfc3339(&whole).ok()?.unix())
}

/// What the person has marked.
pub(super) fn marked(view: &View) -> NodeFilter {
    let owner = PropertyOwner::Person(view.person().clone());
    NodeFilter::Has(owner, allmende_files::favourite_key())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_days_or_moments() {
        assert_eq!(time("1800000000"), Some(1_800_000_000));
        assert_eq!(time("2027-01-15"), Some(1_799_971_200));
        assert_eq!(time("2027-01-15T08:00:00+00:00"), Some(1_800_000_000));
        assert_eq!(time("2027-1-15"), None);
        assert_eq!(time("yesterday"), None);
    }
}
