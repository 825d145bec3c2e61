//! Finding files: SEARCH (RFC 5323) as the mobile clients and `nc_py_api` send it, and the
//! report `oc:filter-files`, by which favourites are listed.

use allmende_files::{SearchReach, SearchRequest};
use allmende_storage::{
    NodeField, NodeFilter, Pattern, PropertyOwner, Relation, SearchDepth, SortOrder,
};
use allmende_types::{SpacePath, Timestamp};
use allmende_webdav::{
    DavBody, Entry, Error, ErrorKind, Found, Reply, ReportHandler, ReportRequest, Result,
    SearchHandler, Source,
};
use allmende_webdav_proto::{
    Element, PropName,
    headers::Depth,
    request::{Comparison, Direction, Filter, Propfind, Search, Select},
};
use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::{errors::from_files, home::Home, item::Item, tags};

/// How many results there are where a search names no number.
const DEFAULT_RESULTS: usize = 100;
/// How many there are at the most; a client that wants more asks for the next page.
const MAX_RESULTS: u64 = 10_000;
/// What clients call the media type of a folder.
const FOLDER_TYPE: &str = "httpd/unix-directory";

static FILTER_FILES: PropName = PropName::oc("filter-files");

/// SEARCH on the root of the WebDAV part.
#[derive(Debug)]
pub(crate) struct FileSearch;

#[async_trait]
impl SearchHandler<Home> for FileSearch {
    async fn run(&self, home: &Home, request: ReportRequest<'_, Item>) -> Result<Reply<Home>> {
        let search = Search::from_element(request.body)
            .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
        let mut asked = Asked { home, reach: SearchReach::All };
        let filter = match &search.filter {
            None => Err(Refused::Property),
            Some(filter) => asked.condition(filter, Place::Required),
        };
        let order = search.order.iter().map(|by| {
            let field = field(&by.property).ok_or(Refused::Property)?;
            let descending = by.direction == Direction::Descending;
            Ok((field, if descending { SortOrder::Descending } else { SortOrder::Ascending }))
        });
        let (filter, order) = match (filter, order.collect::<std::result::Result<Vec<_>, _>>()) {
            (Ok(filter), Ok(order)) => (filter, order),
            (Err(refused), _) | (_, Err(refused)) => return Ok(Reply::Response(refused.answer())),
        };
        let mut below = Vec::with_capacity(search.scopes.len());
        let mut depth = SearchDepth::Children;
        for scope in &search.scopes {
            if !matches!(scope.depth, Depth::Zero | Depth::One) {
                depth = SearchDepth::Infinity;
            }
            below.push(folder(home, &scope.href).await?);
        }
        let number = |wanted: Option<u64>, default| match wanted {
            Some(wanted) => usize::try_from(wanted.min(MAX_RESULTS)).unwrap_or(default),
            None => default,
        };
        let wanted = SearchRequest {
            below,
            depth,
            reach: asked.reach,
            filter,
            order,
            skip: number(search.limit.first, 0),
            limit: number(search.limit.results, DEFAULT_RESULTS),
        };
        let found = home.view.search(wanted).await.map_err(from_files)?;
        let selection = match search.select {
            Select::Allprop => Propfind::Allprop { include: Vec::new() },
            Select::Props(props) => Propfind::Prop(props),
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, XML);
        Ok(listing(found, selection, headers))
    }
}

/// Observed: the one answer whose character set stands in quotes.
const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=\"utf-8\"");

/// The folder that a scope names: an address below the root of the WebDAV part.
async fn folder(home: &Home, href: &str) -> Result<allmende_files::Entry> {
    let path = href.strip_prefix(super::ROOT).unwrap_or(href).trim_start_matches('/');
    let decoded = super::decode(path)?;
    let own = decoded.strip_prefix("files/").and_then(|rest| {
        let (person, path) = rest.split_once('/').unwrap_or((rest, ""));
        person.eq_ignore_ascii_case(home.view.person().as_str()).then_some(path)
    });
    let foreign = || Error::new(ErrorKind::Forbidden, "Only one's own files can be searched");
    let path = own.ok_or_else(foreign)?.parse::<SpacePath>()?;
    home.view.get(&path).await.map_err(from_files)
}

/// A search that asks for what is not known here; told in plain text, as observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Property,
    Value,
}

impl Refused {
    fn answer(self) -> Response<DavBody> {
        let text = match self {
            Self::Property => "requested search property is not a valid property for this scope",
            Self::Value => "a value to search for does not fit its property",
        };
        let mut response = Response::new(DavBody::full(text));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response.headers_mut().insert(header::CONTENT_TYPE, XML);
        response
    }
}

type Condition = std::result::Result<NodeFilter, Refused>;

/// The conditions of a search, read for one person.
struct Asked<'a> {
    home: &'a Home,
    /// Where the results may lie, as far as the conditions on the owner have told.
    reach: SearchReach,
}

/// Where a condition stands.
#[derive(Clone, Copy)]
enum Place {
    /// Every result fulfils it.
    Required,
    /// Below an `or` or a `not`.
    Inner,
}

impl Asked<'_> {
    fn condition(&mut self, filter: &Filter, place: Place) -> Condition {
        match filter {
            Filter::And(filters) => Ok(NodeFilter::All(self.all(filters, place)?)),
            Filter::Or(filters) => Ok(NodeFilter::Any(self.all(filters, Place::Inner)?)),
            Filter::Not(filter) => {
                Ok(NodeFilter::Not(Box::new(self.condition(filter, Place::Inner)?)))
            }
            Filter::IsCollection => Ok(NodeFilter::Folder),
            Filter::IsDefined(property) if *property == FAVOURITE => Ok(marked(self.home)),
            Filter::IsDefined(property) => match field(property) {
                Some(_) => Ok(NodeFilter::All(Vec::new())),
                None => Err(Refused::Property),
            },
            Filter::Like { property, pattern } => text(property, &Pattern::new(pattern)),
            Filter::Compare { op, property, literal } if *property == OWNER => {
                self.owner(*op, literal.trim(), place)
            }
            Filter::Compare { op, property, literal } => {
                compare(*op, property, literal.trim(), self.home)
            }
            _ => Err(Refused::Property),
        }
    }

    fn all(
        &mut self,
        filters: &[Filter],
        place: Place,
    ) -> std::result::Result<Vec<NodeFilter>, Refused> {
        filters.iter().map(|filter| self.condition(filter, place)).collect()
    }

    /// Clients say so to leave out what others share with them. As in the original, it is no
    /// condition on a result but on the search as a whole.
    fn owner(&mut self, op: Comparison, literal: &str, place: Place) -> Condition {
        if op != Comparison::Eq || matches!(place, Place::Inner) {
            return Err(Refused::Property);
        }
        if !literal.eq_ignore_ascii_case(self.home.view.person().as_str()) {
            return Err(Refused::Value);
        }
        self.reach = SearchReach::Home;
        Ok(NodeFilter::All(Vec::new()))
    }
}

static FAVOURITE: PropName = PropName::oc("favorite");
static TAG: PropName = PropName::oc("systemtag");
static OWNER: PropName = PropName::oc("owner-id");

/// What the person has marked.
fn marked(home: &Home) -> NodeFilter {
    let owner = PropertyOwner::Person(home.view.person().clone());
    NodeFilter::Has(owner, allmende_files::favourite_key())
}

fn text(property: &PropName, pattern: &Pattern) -> Condition {
    match field(property) {
        Some(NodeField::Name) => Ok(NodeFilter::Name(pattern.clone())),
        Some(NodeField::MediaType) => {
            let mut any = vec![NodeFilter::MediaType(pattern.clone())];
            if pattern.fits(FOLDER_TYPE) {
                any.push(NodeFilter::Folder);
            }
            Ok(NodeFilter::Any(any))
        }
        _ => Err(Refused::Property),
    }
}

fn compare(op: Comparison, property: &PropName, literal: &str, home: &Home) -> Condition {
    if *property == FAVOURITE && op == Comparison::Eq {
        return match literal {
            "yes" | "true" | "1" => Ok(marked(home)),
            "no" | "false" | "0" => Ok(NodeFilter::Not(Box::new(marked(home)))),
            _ => Err(Refused::Value),
        };
    }
    let field = field(property).ok_or(Refused::Property)?;
    let value = match field {
        NodeField::Name | NodeField::MediaType if op == Comparison::Eq => {
            return text(property, &Pattern::exactly(literal));
        }
        NodeField::Name | NodeField::MediaType => return Err(Refused::Property),
        NodeField::Size => literal.parse().ok(),
        NodeField::Id => {
            // Also in the long form with the instance behind it, as writes tell it.
            let digits = literal.bytes().take_while(u8::is_ascii_digit).count();
            literal[..digits].parse().ok()
        }
        _ => literal.parse().ok().or_else(|| Some(Timestamp::from_rfc3339(literal).ok()?.unix())),
    };
    let relation = match op {
        Comparison::Eq => Relation::Equal,
        Comparison::Lt => Relation::Less,
        Comparison::Lte => Relation::AtMost,
        Comparison::Gt => Relation::Greater,
        Comparison::Gte => Relation::AtLeast,
    };
    Ok(NodeFilter::Figure(field, relation, value.ok_or(Refused::Value)?))
}

fn field(property: &PropName) -> Option<NodeField> {
    let known = [
        (PropName::dav("displayname"), NodeField::Name),
        (PropName::dav("getcontenttype"), NodeField::MediaType),
        (PropName::dav("getlastmodified"), NodeField::Modified),
        (PropName::dav("creationdate"), NodeField::Created),
        (PropName::nc("creation_time"), NodeField::Created),
        (PropName::nc("upload_time"), NodeField::Uploaded),
        (PropName::nc("last_activity"), NodeField::LastActivity),
        (PropName::dav("getcontentlength"), NodeField::Size),
        (PropName::oc("size"), NodeField::Size),
        (PropName::oc("fileid"), NodeField::Id),
    ];
    known.into_iter().find(|(name, _)| name == property).map(|(_, field)| field)
}

/// The report `oc:filter-files` on a folder: what fits at it and below it.
#[derive(Debug)]
pub(crate) struct FilterFiles;

#[async_trait]
impl ReportHandler<Home> for FilterFiles {
    fn name(&self) -> &PropName {
        &FILTER_FILES
    }

    async fn run(&self, home: &Home, request: ReportRequest<'_, Item>) -> Result<Reply<Home>> {
        let bad = |text: &str| Error::new(ErrorKind::BadRequest, text.to_owned());
        let rules = request.body.child(&PropName::oc("filter-rules"));
        let rules = rules.ok_or_else(|| bad("Missing filter-rule block in request"))?;
        let (mut favourites, mut carried) = (false, Vec::new());
        for rule in rules.elements() {
            if rule.name == FAVOURITE {
                // Observed: whatever the value, the marked ones are meant.
                favourites = true;
            } else if rule.name == TAG {
                let unknown = |_| tags::unknown();
                carried.push(rule.text().trim().parse().map_err(unknown)?);
            } else {
                return Err(bad("There is no such rule"));
            }
        }
        if !favourites && carried.is_empty() {
            return Err(bad("No filter rules specified"));
        }
        let report = allmende_webdav_proto::request::Report::new(request.body.clone());
        let limit = report.limit().map_err(|error| bad(&error.to_string()))?;
        let limit = limit.unwrap_or(MAX_RESULTS).min(MAX_RESULTS);
        let first = first_result(request.body).map_err(|()| bad("a limit that is no number"))?;
        let skip = usize::try_from(first.min(MAX_RESULTS)).unwrap_or(DEFAULT_RESULTS);
        let limit = usize::try_from(limit).unwrap_or(DEFAULT_RESULTS);
        let selection = Propfind::Prop(report.props());
        if !carried.is_empty() {
            let wanted = tags::Wanted { tags: carried, favourites, skip, limit };
            let found = tags::tagged(home, &request.target.path, &wanted).await?;
            return Ok(listing(found, selection, HeaderMap::new()));
        }
        let target = &request.target.resource.0;
        let mut found = Vec::new();
        let mut wanted = SearchRequest::new(target.clone(), marked(home));
        (wanted.skip, wanted.limit) = (skip, limit);
        let favourite = home.view.favourites(&[target.id()]).await.map_err(from_files)?;
        if favourite == [allmende_files::Favourite::Yes] {
            if wanted.skip > 0 {
                wanted.skip -= 1;
            } else if wanted.limit > 0 {
                wanted.limit -= 1;
                found.push(target.clone());
            }
        }
        found.extend(home.view.search(wanted).await.map_err(from_files)?);
        Ok(listing(found, selection, HeaderMap::new()))
    }
}

fn first_result(report: &Element) -> std::result::Result<u64, ()> {
    let first = report.child(&PropName::dav("limit"));
    let first = first.and_then(|limit| limit.child(&PropName::nc("firstresult")));
    first.map_or(Ok(0), |first| first.text().trim().parse().map_err(|_| ()))
}

/// Entries that were found, as a multistatus.
fn listing(
    found: Vec<allmende_files::Entry>,
    selection: Propfind,
    headers: HeaderMap,
) -> Reply<Home> {
    let source = Box::new(Results(found.into_iter()));
    Reply::Listing { source, selection, sync_token: None, headers }
}

#[derive(Debug)]
struct Results(std::vec::IntoIter<allmende_files::Entry>);

/// How many results are written at once.
const PAGE: usize = 500;

#[async_trait]
impl Source<Home> for Results {
    async fn next_page(&mut self, _: &Home) -> Result<Option<Vec<Found<Item>>>> {
        let page: Vec<_> = self.0.by_ref().take(PAGE).collect();
        if page.is_empty() {
            return Ok(None);
        }
        let found = page.into_iter().filter_map(|mut entry| {
            let path = entry.path.take()?;
            Some(Found::Resource(Entry { path, resource: Item(entry) }))
        });
        Ok(Some(found.collect()))
    }
}
