//! Arbitrary messages.

use allmende_webdav_proto::{
    ActiveLock, Attribute, Condition, DavErrorBody, Element, Href, LockScope, Multistatus,
    Namespace, PropName,
    error::{Retry, RetryAdvice},
    headers::{Depth, LockTimeout},
    multistatus::{Propstat, Response, ResponseContent, StatusNote},
    request::{
        Comparison, Direction, Filter, Lockinfo, Mkcol, Order, PropUpdate, Propfind, Proppatch,
        Search, SearchLimit, SearchScope, Select, SyncCollection,
    },
};
use http::StatusCode;
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Text with everything that XML treats in its own way.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let odd = "ab 01&<>\"'\r\n\t]é\u{85}\u{2028}\u{fffd}😀".chars().collect::<Vec<_>>();
    vec(select(odd), 0..8).prop_map(|chars| chars.into_iter().collect())
}

/// Text without blanks at its ends.
pub(crate) fn word() -> impl Strategy<Value = String> {
    "[a-z0-9/:&<é]{1,12}"
}

fn namespace() -> impl Strategy<Value = Namespace> {
    let uris = ["", "DAV:", "http://owncloud.org/ns", "http://nextcloud.org/ns"];
    let more = ["http://sabredav.org/ns", "http://open-cloud-mesh.org/ns", "urn:x", "a&\"b<\n"];
    select([uris, more].concat()).prop_map(Namespace::new)
}

pub(crate) fn name() -> impl Strategy<Value = PropName> {
    let local = select(vec!["a", "b", "getetag", "größe", "_x-1.y"]);
    (namespace(), local).prop_map(|(ns, local)| PropName::new(ns, local).expect("a valid name"))
}

/// Names, each once.
pub(crate) fn names() -> impl Strategy<Value = Vec<PropName>> {
    proptest::collection::btree_set(name(), 0..5).prop_map(|set| set.into_iter().collect())
}

pub(crate) fn element() -> impl Strategy<Value = Element> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        (leaf(), vec((inner, text()), 0..4)).prop_map(|(element, children)| {
            let add = |element: Element, (child, text)| element.push(child).push_text(text);
            children.into_iter().fold(element, add)
        })
    })
}

fn leaf() -> impl Strategy<Value = Element> {
    let language = option::of(select(vec!["de", "en"]));
    let attributes = proptest::collection::btree_map(name(), text(), 0..3);
    (name(), attributes, language, text()).prop_map(|(name, attributes, language, text)| {
        let mut element = Element::new(name).push_text(text);
        let pairs = attributes.into_iter().map(|(name, value)| Attribute { name, value });
        element.attributes = pairs.collect();
        if let Some(value) = language {
            let name = "{http://www.w3.org/XML/1998/namespace}lang".parse().expect("a valid name");
            element.attributes.push(Attribute { name, value: value.to_owned() });
        }
        element
    })
}

pub(crate) fn propfind() -> impl Strategy<Value = Propfind> {
    prop_oneof![
        Just(Propfind::Propname),
        names().prop_map(|include| Propfind::Allprop { include }),
        names().prop_map(Propfind::Prop),
    ]
}

pub(crate) fn proppatch() -> impl Strategy<Value = Proppatch> {
    let update =
        prop_oneof![element().prop_map(PropUpdate::Set), name().prop_map(PropUpdate::Remove)];
    vec(update, 1..4).prop_map(Proppatch::new)
}

pub(crate) fn mkcol() -> impl Strategy<Value = Mkcol> {
    vec(element(), 0..3).prop_map(Mkcol::new)
}

fn owner() -> impl Strategy<Value = Option<Element>> {
    option::of(element().prop_map(|mut owner| {
        owner.name = PropName::dav("owner");
        owner
    }))
}

fn scope() -> impl Strategy<Value = LockScope> {
    select(vec![LockScope::Exclusive, LockScope::Shared])
}

pub(crate) fn lockinfo() -> impl Strategy<Value = Lockinfo> {
    (scope(), owner()).prop_map(|(scope, owner)| {
        let mut info = Lockinfo::new(scope);
        info.owner = owner;
        info
    })
}

pub(crate) fn lock() -> impl Strategy<Value = ActiveLock> {
    let timeout =
        prop_oneof![Just(LockTimeout::Infinite), any::<u64>().prop_map(LockTimeout::Seconds)];
    (scope(), owner(), timeout, word(), word()).prop_map(|(scope, owner, timeout, token, root)| {
        let mut lock = ActiveLock::new(token, Href::from_path(&root), scope);
        lock.owner = owner;
        lock.timeout = timeout;
        lock.depth = if scope == LockScope::Shared { Depth::Infinity } else { Depth::Zero };
        lock
    })
}

pub(crate) fn sync_collection() -> impl Strategy<Value = SyncCollection> {
    (option::of(word()), any::<bool>(), option::of(any::<u64>()), names()).prop_map(
        |(token, deep, limit, props)| {
            let mut sync = SyncCollection::new(props);
            sync.token = token;
            sync.limit = limit;
            sync.level = if deep { Depth::Infinity } else { Depth::One };
            sync
        },
    )
}

fn filter() -> impl Strategy<Value = Filter> {
    let ops =
        vec![Comparison::Eq, Comparison::Lt, Comparison::Lte, Comparison::Gt, Comparison::Gte];
    let leaf = prop_oneof![
        (select(ops), name(), text()).prop_map(|(op, property, literal)| Filter::Compare {
            op,
            property,
            literal
        }),
        (name(), text()).prop_map(|(property, pattern)| Filter::Like { property, pattern }),
        Just(Filter::IsCollection),
        name().prop_map(Filter::IsDefined),
        text().prop_map(Filter::Contains),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..3).prop_map(Filter::And),
            vec(inner.clone(), 1..3).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

pub(crate) fn search() -> impl Strategy<Value = Search> {
    let depth = select(vec![Depth::Zero, Depth::One, Depth::Levels(3), Depth::Infinity]);
    let scope = (word(), depth).prop_map(|(href, depth)| SearchScope::new(href, depth));
    let direction = select(vec![Direction::Ascending, Direction::Descending]);
    let order = (name(), direction).prop_map(|(name, direction)| Order::new(name, direction));
    let limit = (option::of(any::<u64>()), option::of(any::<u64>()));
    let select = prop_oneof![Just(Select::Allprop), names().prop_map(Select::Props)];
    (select, vec(scope, 1..3), option::of(filter()), vec(order, 0..3), limit).prop_map(
        |(select, scopes, filter, order, (results, first))| {
            let mut search = Search::new(scopes[0].clone());
            search.select = select;
            search.scopes = scopes;
            search.filter = filter;
            search.order = order;
            search.limit = SearchLimit { results, first };
            search
        },
    )
}

fn href() -> impl Strategy<Value = Href> {
    "/[a-z &<é]{0,8}".prop_map(|path| Href::from_path(&path))
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        vec(href(), 0..3).prop_map(Condition::LockTokenSubmitted),
        vec(href(), 0..3).prop_map(Condition::NoConflictingLock),
        Just(Condition::SupportedReport),
        Just(Condition::ValidSyncToken),
        (element(), text()).prop_map(|(mut element, _)| {
            element.name = PropName::from_static(Namespace::from_static("urn:c"), "c");
            Condition::Other(element)
        }),
    ]
}

pub(crate) fn error() -> impl Strategy<Value = DavErrorBody> {
    let advice = select(vec![RetryAdvice::Retry, RetryAdvice::GiveUp]);
    let retry = (advice, text()).prop_map(|(advice, reason)| Retry { advice, reason });
    let texts = (text(), text(), option::of(text()), option::of(text()));
    (texts, option::of(retry), vec(condition(), 0..3)).prop_map(
        |((exception, message, header, hint), retry, conditions)| {
            let mut error = DavErrorBody::new(exception, message);
            error.header = header;
            error.hint = hint;
            error.retry = retry;
            error.conditions = conditions;
            error
        },
    )
}

fn note() -> impl Strategy<Value = StatusNote> {
    (option::of(condition()), option::of(text()))
        .prop_map(|(condition, description)| StatusNote { condition, description })
}

fn response() -> impl Strategy<Value = Response> {
    let failed = select(vec![StatusCode::NOT_FOUND, StatusCode::LOCKED, StatusCode::FORBIDDEN])
        .prop_map(ResponseContent::Status);
    // 200 first, as the writer puts it.
    let groups = [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::FAILED_DEPENDENCY];
    let propstats = (vec((vec(element(), 0..3), note()), 1..4)).prop_map(move |contents| {
        let statuses = groups.into_iter().zip(contents);
        let propstats = statuses.map(|(status, (props, note))| {
            let mut propstat = Propstat::new(status, props);
            propstat.note = note;
            propstat
        });
        ResponseContent::Props(propstats.collect())
    });
    let content = prop_oneof![failed, propstats];
    (href(), vec(href(), 0..2), content, note()).prop_map(|(href, more, content, note)| {
        let mut response = Response::new(href, content);
        response.more_hrefs = more;
        response.note = note;
        response
    })
}

pub(crate) fn multistatus() -> impl Strategy<Value = Multistatus> {
    (vec(response(), 0..4), option::of(text()), option::of(text())).prop_map(
        |(responses, sync_token, description)| {
            let mut whole = Multistatus::default();
            whole.responses = responses;
            whole.sync_token = sync_token;
            whole.description = description;
            whole
        },
    )
}
