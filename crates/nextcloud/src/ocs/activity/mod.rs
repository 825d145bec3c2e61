//! Activity: what happened that a person may know of.
//!
//! Nothing is kept per person. A page is read from the events of the spaces that the person
//! sees and from those that are addressed to them; whether they see the file of an event is
//! asked of their view, once for a page.

mod show;
mod text;

use std::collections::{HashMap, HashSet};

use allmende_accounts::Memberships;
use allmende_events::{Doer, Event, EventId, EventQuery, Order as EventOrder, Reader};
use allmende_files::{Entry, Mounts, View};
use allmende_ocs::{
    Code, OcsError, Reply,
    endpoints::{
        NoParameters,
        activity::{Activity, Filter, Order, Query},
    },
};
use allmende_types::{EventKind, NodeId, Principal, SpaceId, Stream};
use http::{HeaderName, HeaderValue, header};

use self::show::Stage;
use super::{Call, Outcome, rich, unavailable};

/// Activities of a page without a wish, and at most.
const LIMIT: u32 = 50;
const MOST: u32 = 200;
/// How many pages of events are looked through for one page of activities: who sees hardly
/// anything of a space gets shorter pages.
const ROUNDS: usize = 8;

const FIRST_KNOWN: HeaderName = HeaderName::from_static("x-activity-first-known");
const LAST_GIVEN: HeaderName = HeaderName::from_static("x-activity-last-given");

pub(super) async fn list(call: &Call<'_>, query: Query) -> Outcome<Vec<Activity>> {
    let asked = Asked::of(call, &query)?;
    let inner = call.inner;
    let seen = Seen::of(call).await?;
    let mut events = EventQuery::of_spaces(seen.spaces.clone());
    events.audience = seen.reader.principals();
    if let Some(since) = asked.since {
        events.since = Some(known(call, &events, since).await?);
    }
    let first = match asked.since {
        Some(_) => None,
        None => {
            let mut newest = events.clone();
            (newest.limit, newest.order) = (1, asked.order);
            inner.events.page(&newest).await.map_err(unavailable)?.pop()
        }
    };
    (events.node, events.kinds) = (asked.node, asked.kinds);
    (events.doer, events.order, events.limit) = (asked.doer, asked.order, asked.limit);
    let mut shown = Vec::new();
    // Whether there may be more behind.
    let mut more = !events.kinds.is_empty();
    let rounds = if more { ROUNDS } else { 0 };
    for _ in 0..rounds {
        // One more than is shown tells whether this is the end.
        events.limit = asked.limit - shown.len() + 1;
        let page = inner.events.page(&events).await.map_err(unavailable)?;
        more = page.len() == events.limit;
        events.since = page.last().map(|event| event.id).or(events.since);
        let visible = seen.visible(page).await?;
        shown.extend(visible);
        if !more || shown.len() > asked.limit {
            break;
        }
    }
    more |= shown.len() > asked.limit;
    shown.truncate(asked.limit);
    let last = if shown.len() == asked.limit || !more {
        shown.last().map(|(event, _)| event.id)
    } else {
        // Events that the person does not see: the next page goes on behind them.
        events.since
    };
    let stage = Stage::set(call, &shown).await?;
    let previews = query.previews.unwrap_or(false);
    let activities = shown.iter().filter_map(|(event, place)| stage.show(event, place, previews));
    let mut reply = Reply::new(activities.collect::<Vec<_>>());
    if let Some(first) = first {
        reply = reply.with_header(FIRST_KNOWN, HeaderValue::from(first.id.0));
    }
    if let Some(last) = last {
        reply = reply.with_header(LAST_GIVEN, HeaderValue::from(last.0));
        if more && let Ok(link) = HeaderValue::from_str(&next(call, &query, last)) {
            reply = reply.with_header(header::LINK, link);
        }
    }
    Ok(if reply.data.is_empty() { reply.not_modified() } else { reply })
}

pub(super) async fn filters(call: &Call<'_>, _: NoParameters) -> Outcome<Vec<Filter>> {
    let language = rich::language(&call.who()?.person.language, call.headers);
    let icon = format!("{}/core/img/logo.svg", call.origin.base_url());
    let filter = |choice: &text::Choice| Filter {
        id: choice.id.into(),
        name: choice.name.of(language).into(),
        icon: icon.clone(),
        priority: choice.priority,
    };
    Ok(Reply::new(text::CHOICES.iter().map(filter).collect()))
}

/// A request that makes sense.
struct Asked {
    /// Nothing, if it is empty.
    kinds: Vec<EventKind>,
    doer: Doer,
    node: Option<NodeId>,
    since: Option<EventId>,
    order: EventOrder,
    limit: usize,
}

impl Asked {
    fn of(call: &Call<'_>, query: &Query) -> Result<Self, OcsError> {
        let me = Principal::Person(call.who()?.person.id.clone());
        let filter = query.filter.as_deref().unwrap_or("all");
        let limit = query.limit.unwrap_or(LIMIT);
        if limit == 0 {
            return Err(OcsError::bad_request("The limit must be at least 1"));
        }
        let mut asked = Self {
            kinds: text::kinds(""),
            doer: Doer::Anybody,
            node: None,
            since: query.since.filter(|since| *since > 0).map(event_id),
            order: match query.sort {
                Some(Order::Asc) => EventOrder::OldestFirst,
                Some(Order::Desc) | None => EventOrder::NewestFirst,
            },
            limit: limit.min(MOST) as usize,
        };
        match filter {
            "all" => {}
            "self" => asked.doer = Doer::Only(me),
            "by" => asked.doer = Doer::Others(me),
            "filter" => {}
            // There is nothing of these applications yet.
            "calendar" | "contacts" | "files_favorites" | "deck" => {
                asked.kinds = text::kinds(filter);
            }
            _ => {
                let choice = text::CHOICES.iter().find(|choice| choice.id == filter);
                let unknown = || OcsError::new(Code::NOT_FOUND, "");
                asked.kinds = text::kinds(choice.ok_or_else(unknown)?.app);
            }
        }
        if let Some(object) = query.object_id.filter(|_| filter == "filter") {
            if query.object_type.as_deref().is_some_and(|kind| kind != "files") {
                asked.kinds.clear();
            }
            asked.node = Some(NodeId(i64::try_from(object).unwrap_or(0)));
        }
        Ok(asked)
    }
}

fn event_id(id: u64) -> EventId {
    EventId(i64::try_from(id).unwrap_or(i64::MAX))
}

/// The event that a client goes on from must be one that it can have seen.
async fn known(call: &Call<'_>, all: &EventQuery, id: EventId) -> Result<EventId, OcsError> {
    let mut exactly = all.clone();
    exactly.limit = 1;
    exactly.since = id.0.checked_add(1).map(EventId);
    let found = call.inner.events.page(&exactly).await.map_err(unavailable)?;
    if found.first().is_some_and(|event| event.id == id) {
        Ok(id)
    } else {
        Err(OcsError::new(Code::FORBIDDEN, ""))
    }
}

/// The address of the next page: the same request from another place.
fn next(call: &Call<'_>, query: &Query, last: EventId) -> String {
    let mut ask = form_urlencoded::Serializer::new(String::new());
    ask.append_pair("since", &last.to_string());
    if let Some(limit) = query.limit {
        ask.append_pair("limit", &limit.to_string());
    }
    let order = if query.sort == Some(Order::Asc) { "asc" } else { "desc" };
    ask.append_pair("sort", order);
    if let (Some(kind), Some(id)) = (&query.object_type, query.object_id) {
        ask.append_pair("object_type", kind).append_pair("object_id", &id.to_string());
    }
    if query.previews == Some(true) {
        ask.append_pair("previews", "true");
    }
    ask.append_pair("format", "json");
    let filter = query.filter.as_deref().map_or(String::new(), |filter| format!("/{filter}"));
    let base = call.origin.base_url();
    let path = "/ocs/v2.php/apps/activity/api/v2/activity";
    format!("<{base}{path}{filter}?{}>; rel=\"next\"", ask.finish())
}

/// Where the file of an event is for the reader.
#[derive(Debug, Clone, Default)]
struct Place {
    /// The file, if they see it.
    file: Option<Entry>,
    /// The folder it lies or lay in, if they see that.
    folder: Option<Entry>,
    /// The folder it lay in before it was moved.
    before: Option<Entry>,
}

/// What a person sees.
pub(super) struct Seen {
    view: View,
    pub(super) reader: Reader,
    home: SpaceId,
    pub(super) spaces: Vec<SpaceId>,
    /// Spaces in which rules hide some nodes from the person.
    ruled: HashSet<SpaceId>,
}

impl Seen {
    pub(super) async fn of(call: &Call<'_>) -> Result<Self, OcsError> {
        let person = call.who()?.person.id.clone();
        let inner = call.inner;
        let memberships = inner.accounts.memberships_of(&person).await.map_err(unavailable)?;
        let Memberships { groups, circles, .. } = memberships;
        let view = inner.files.view(&person).await.map_err(unavailable)?;
        let home = view.root().await.map_err(unavailable)?.node.space;
        let mounts = inner.sharing.mounts(&person).await.map_err(unavailable)?;
        let roots: Vec<NodeId> = mounts.iter().map(|mount| mount.root).collect();
        let roots = if roots.is_empty() {
            Vec::new()
        } else {
            view.stat(&roots).await.map_err(unavailable)?
        };
        let (mut spaces, mut ruled) = (vec![home], HashSet::new());
        for (mount, root) in mounts.iter().zip(roots) {
            let Some(space) = root.map(|root| root.node.space) else { continue };
            if !spaces.contains(&space) {
                spaces.push(space);
            }
            if mount.rules.is_some() {
                ruled.insert(space);
            }
        }
        Ok(Self { view, reader: Reader { person, groups, circles }, home, spaces, ruled })
    }

    /// Of these events those that the person may know of, with where they are: two look-ups,
    /// whatever their number.
    ///
    /// An event of files is for those who see the file. Of one that is gone it is for those
    /// who see the folder it was in, unless rules hide some of what is in it; in their own
    /// home people see all.
    async fn visible(&self, events: Vec<Event>) -> Result<Vec<(Event, Place)>, OcsError> {
        let mut ids: Vec<NodeId> = Vec::new();
        for node in events.iter().filter_map(|event| event.fact.node.as_ref()) {
            ids.push(node.node);
            ids.extend(node.parent);
            ids.extend(node.from.as_ref().map(|(parent, _)| *parent));
        }
        ids.sort_unstable();
        ids.dedup();
        let entries: HashMap<NodeId, Entry> = if ids.is_empty() {
            HashMap::new()
        } else {
            let entries = self.view.stat(&ids).await.map_err(unavailable)?;
            ids.iter().copied().zip(entries).filter_map(|(id, entry)| Some((id, entry?))).collect()
        };
        let place = |event: Event| {
            let addressed = !matches!(event.fact.stream, Stream::Space(_));
            let Some(node) = &event.fact.node else {
                return addressed.then_some((event, Place::default()));
            };
            let of = |id: Option<NodeId>| id.and_then(|id| entries.get(&id).cloned());
            let place = Place {
                file: of(Some(node.node)),
                folder: of(node.parent),
                before: of(node.from.as_ref().map(|(parent, _)| *parent)),
            };
            let gone = node.space == self.home
                || place.folder.is_some() && !self.ruled.contains(&node.space);
            let visible = addressed || place.file.is_some() || gone;
            visible.then_some((event, place))
        };
        Ok(events.into_iter().filter_map(place).collect())
    }
}
